"""Fetch the rows of all rounds of a loop by their keys in one query, instead of looking up one per round.

`Product.objects.get(pk=pk)` in a loop costs a query per round; `Product.objects.in_bulk(pks)` before it costs one. The
loop stays, and asks again for what the one query did not answer: a missing row still raises, a key of another type
is still found. Keys are the primary key or a unique field. Refused: keys that are not unique, keys that depend on what
earlier rounds did, loops that can end early, that delete or reload the rows, or that create rows of the model. A draft
where the loop writes, or changes rows that two rounds may share.
"""

import ast

from codemods._key_lookups import Lookup, answers
from codemods._lazy import names_of
from codemods._loops import Body, imported_as
from codemods.api import Answer, Meta, Repeat, Sighting
from codemods.index import Index
from codemods.index.django_models import DjangoModel
from codemods.index.facts import dotted

__getattr__ = names_of(CASES="codemods._django_in_bulk_cases")

META = Meta(id="django-in-bulk", kinds=("n_plus_one_db",), tier="B", libraries={"Django": ">=4.2"})
# Steps that leave a queryset one over rows of the model, so that `in_bulk` can follow them.
_PLAIN = frozenset(
    {"all", "filter", "exclude", "select_related", "prefetch_related", "only", "defer", "using", "annotate"}
)
_SHORTCUTS = frozenset({"django.shortcuts.get_object_or_404"})


def find(index: Index, sighting: Sighting) -> list[Answer]:
    """A proposal for each statement that a loop repeats to look up one row, and a refusal for each other."""
    return answers(META.id, index, sighting, _lookup)


def _lookup(body: Body, call: ast.Call, repeat: Repeat) -> Lookup | None:
    match call:
        case ast.Call(func=ast.Attribute(attr="get", value=queryset), args=[], keywords=keywords):
            pass
        case ast.Call(
            func=ast.Attribute(
                attr="first",
                value=ast.Call(func=ast.Attribute(attr="filter", value=queryset), args=[], keywords=keywords),
            ),
            args=[],
        ):
            pass
        case ast.Call(args=[queryset], keywords=keywords) if (
            imported_as(body.index, body.path, call.func) in _SHORTCUTS
        ):
            pass
        case _:
            return None
    found = _rows_of(body, queryset)
    if found is None or found[0].table not in repeat.tables[:1]:
        return None
    model, rows = found
    if len(keywords) != 1 or (name := _unique(model, keywords[0].arg)) is None:
        return None
    columns = {column.rpartition(".")[2] for column in repeat.columns if column.startswith(f"{model.table}.")}
    if columns != {model.pk if name == "pk" else name}:
        return None
    by = "" if name == "pk" else f', field_name="{name}"'
    spelled = model.pk if name == "pk" else name
    return Lookup(call, keywords[0].value, model.name, spelled, f"{rows}.in_bulk({{}}{by})", "in_bulk")


def _unique(model: DjangoModel, lookup: str | None) -> str | None:
    """ "pk" for a lookup by primary key, the name of a unique field, None for any other."""
    name = (lookup or "").removesuffix("__exact")
    if name in {*model.keys()}:
        return "pk"
    return name if name in model.unique_names() else None


def _rows_of(body: Body, node: ast.expr) -> tuple[DjangoModel, str] | None:
    """The model whose rows a queryset gives, and the source of the queryset."""
    source = body.source(node)
    inner = node
    while isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute) and inner.func.attr in _PLAIN:
        inner = inner.func.value
    if isinstance(inner, ast.Name) and inner is node:
        model = body.index.django.get(body.path, inner.id, body.function.qualname)
        return (model, f"{source}.objects") if model else None  # a shortcut takes the model itself
    if not isinstance(inner, ast.Attribute) or inner.attr not in ("objects", "_default_manager", "_base_manager"):
        return None
    model = body.index.django.get(body.path, dotted(inner.value), body.function.qualname)
    return (model, source) if model else None
