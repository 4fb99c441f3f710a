"""Where a Django query starts: a manager of a model, or the queryset that a class-based view works on."""

import ast

from codemods.index.facts import dotted

# Entity of a query on the model that the class around it is about.
OWN_MODEL = "self"
_MANAGERS = frozenset({"objects", "_default_manager", "_base_manager", "all_objects"})
# Methods of a queryset, as far as they return rows.
QUERYSET = frozenset(
    {"all", "filter", "exclude", "order_by", "annotate", "select_related", "prefetch_related", "distinct", "only"}
    | {"defer", "iterator", "reverse", "select_for_update", "using", "none", "alias", "extra", "complex_filter"}
)
_ON_MANAGERS = QUERYSET | {"get", "first", "last", "values", "values_list", "count", "exists"}


def manager_root(node: ast.expr, above: ast.expr | None) -> tuple[str, ...]:
    """The entity of `Post.objects`, `Post.published.filter(...)`, `self.queryset`, `super().get_queryset()`.

    `above` is the hop that is made on the node. Empty when it is no manager.
    """
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="get_queryset" | "queryset")):
            return (OWN_MODEL,)
        case ast.Attribute(value=ast.Name(id="self"), attr="queryset", ctx=ast.Load()):
            return (OWN_MODEL,)
        case ast.Attribute(value=(ast.Name() | ast.Attribute()) as owner, attr=manager):
            method = above.attr if isinstance(above, ast.Attribute) else ""
            if manager not in _MANAGERS and not (manager.islower() and method in _ON_MANAGERS):
                return ()  # asked first: nearly every attribute ends here
            name = dotted(owner)
            if name in ("cls", "self.model", "self.Meta.model") and manager in _MANAGERS:
                return (OWN_MODEL,)
            if name.rpartition(".")[2][:1].isupper():
                return (name,)
    return ()
