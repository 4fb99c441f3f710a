"""Whether `post.author.id` is the very value that `post.author_id` holds, as the declarations of both models say."""

import ast

from codemods.index import Index
from codemods.index.django_models import DjangoModel, Link
from codemods.index.facts import Class, Query, dotted

_FIELDS = frozenset({"ForeignKey", "OneToOneField", "ParentalKey"})
_WITH_ID = frozenset({"auth", "contenttypes", "sites", "admin"})  # apps of Django whose models all have `id`
_COMBINES = frozenset({"union", "intersection", "difference", "|"})


class KeyColumn:
    """What is known of the key of a to-one relation.

    Attributes:
        attribute: the name of the column's value on the row.
        why: why the codemod must not use it; None when it may.
        names: attributes of the related object that are its primary key.
        nullable: whether a row may lead nowhere.
        truthy: whether every related object is true in a test.
    """

    def __init__(self, index: Index, link: Link) -> None:
        self.link = link
        self.attribute = f"{link.name}_id"
        self._index = index
        declared = self._declaration()
        options = {k.arg: k.value for k in declared.keywords} if declared else {}
        null = options.get("null")
        self.nullable = null is not None and not (isinstance(null, ast.Constant) and null.value is False)
        self.names = self._names()
        members = [name for class_ in self._classes(link.target) for name in class_.methods]
        known = link.target.path or link.target.app in _WITH_ID
        self.truthy = bool(known) and not {"__bool__", "__len__"} & set(members)
        self.why = self._why(declared, options)

    def _why(self, declared: ast.Call | None, options: dict[str | None, ast.expr]) -> str | None:
        path = self.link.path
        if self.link.kind not in ("fk", "o2o"):
            return f"{path} holds no key of its own"
        if declared is None or dotted(declared.func).rpartition(".")[2] not in _FIELDS or None in options:
            return f"how {path} is declared is not known"
        if "to_field" in options:
            return f"{path} refers to another field than the primary key"
        constraint = options.get("db_constraint")
        if constraint is not None and not (isinstance(constraint, ast.Constant) and constraint.value is True):
            return f"{path} may hold keys of rows that do not exist"
        if any(self.attribute in {*owner.values, *owner.methods} for owner in self._classes(self.link.owner)):
            return f"`{self.attribute}` is defined otherwise"
        return None

    def _declaration(self) -> ast.Call | None:
        values = (owner.values.get(self.link.name) for owner in self._classes(self.link.owner))
        return next((value for value in values if isinstance(value, ast.Call)), None)

    def _names(self) -> frozenset[str]:
        """`pk`, and `id` where that is the field; a field of the name `id` is the primary key, or Django refuses it."""
        target = self.link.target
        if any(len([b for b in m.bases if b.table]) > 1 for m in target.lineage()):
            return frozenset({"pk"})
        keys: set[str] = set()
        for class_ in self._classes(target):
            fields = {name: value for name, value in class_.values.items() if _is_primary(value)}
            keys |= fields.keys()
            if {"id", "pk"} & ({*class_.values, *class_.methods} - fields.keys()):
                return frozenset()
        foreign = [m for m in target.lineage() if not m.path and m.app not in _WITH_ID]
        return frozenset({"pk"}) if keys - {"id"} or foreign else frozenset({"pk", "id"})

    def _classes(self, model: DjangoModel) -> list[Class]:
        modules = ((m, self._index.tree.module(m.path)) for m in model.lineage() if m.path)
        return [module.classes[above.qualname] for above, module in modules if module]


def _is_primary(value: ast.expr) -> bool:
    options = {k.arg: k.value for k in value.keywords} if isinstance(value, ast.Call) else {}
    primary = options.get("primary_key")
    return isinstance(primary, ast.Constant) and primary.value is True


def leaves_out_nulls(query: Query, name: str) -> bool:
    """Whether the query only gives rows whose relation leads somewhere."""
    steps = [step for step in query.steps if not step.conditional]
    if _COMBINES & {step.name for step in query.steps}:
        return False  # the rows of another query too
    present = (f"{name}__isnull", "False")
    absent = {(f"{name}__isnull", "True"), (name, "None"), (f"{name}_id", "None")}
    filtered = any(step.name == "filter" and present in step.keywords for step in steps)
    # Two conditions of one exclude() must hold together.
    return filtered or any(
        step.name == "exclude" and not step.args and len(step.keywords) == 1 and step.keywords[0] in absent
        for step in steps
    )
