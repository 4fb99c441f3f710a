"""Conditions of a queryset on one key: which one a loop asks by, what it compares, and the query for many keys."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from codemods._group_edits import rows_source
from codemods._loops import Body, Loop
from codemods.django_in_bulk import rows_of
from codemods.index.django_models import DjangoModel, Link
from codemods.index.facts import dotted

STEPS = frozenset({"all", "filter", "exclude", "select_related", "prefetch_related", "order_by", "using"})
NUMBERS = ("IntegerField", "AutoField", "UUIDField")
_CONDITIONS = frozenset({"filter"})


class Asked(NamedTuple):
    """A condition of a query: the keyword, what it compares on a row and in the table, and of which relation it is."""

    keyword: ast.keyword
    attribute: str
    column: str
    link: Link | None


def keywords_of(node: ast.expr) -> Iterator[ast.keyword]:
    """The conditions of a chain."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in _CONDITIONS:
            yield from node.keywords
        node = node.func.value


def condition(body: Body, model: DjangoModel, keyword: ast.keyword) -> Asked | None:
    """The condition as one on a column of the rows themselves; None for any other."""
    name = (keyword.arg or "").removesuffix("__exact")
    for link in model.all_links().values():
        own = link.kind in {"fk", "o2o"} and link.column is not None and not link.to_field
        if own and name in {link.name, *(f"{link.name}{end}" for end in ("_id", "__id", "__pk"))}:
            return Asked(keyword, f"{link.name}_id", link.column or "", link)
    is_plain = name not in model.all_links() and kind(body, model, name)
    return Asked(keyword, name, name, None) if is_plain else None


def kind(body: Body, model: DjangoModel, name: str) -> str:
    """The class of a field; that of a primary key that nobody declares is `AutoField`."""
    value = body.index.calls.class_value((model.path, model.qualname), name)
    if value is None and name == "id":
        return "AutoField"
    return dotted(value.func) if isinstance(value, ast.Call) and dotted(value.func).endswith("Field") else ""


def row_model(body: Body, loop: Loop, node: ast.expr) -> DjangoModel | None:
    """The model of which a name is one row per round, as a queryset gives them."""
    source = rows_source(body, loop, node)
    found = rows_of(body, source) if source is not None else None
    return found[0] if found is not None and not found[2] - STEPS else None


def is_key_of_row(body: Body, loop: Loop, key: ast.expr) -> bool:
    """Whether a key is a number or UUID, the primary key of the round's row as a query gives it."""
    model = row_model(body, loop, key.value) if isinstance(key, ast.Attribute) else None
    if model is None:
        return False
    assert isinstance(key, ast.Attribute)
    return key.attr in {"pk", model.pk} and kind(body, model, model.pk).endswith(NUMBERS)


def many_of(body: Body, call: ast.Call, asked: Asked) -> tuple[str, str]:
    """The source of the query before and after the keys."""
    start, end = body.offsets(call)
    value, stop = body.offsets(asked.keyword.value)
    assert asked.keyword.arg is not None
    name = asked.keyword.arg.removesuffix("__exact")
    whole, condition = body.source(call), f"{asked.keyword.arg}={body.source(asked.keyword.value)}"
    if "\n" in body.text[start:end] and whole.count(condition) == 1:
        first, _, last = whole.partition(condition)
        return f"{first}{name}__in=", last
    at = body.text.rindex(asked.keyword.arg, start, value)
    before = f"{body.text[start:at]}{name}__in="
    return before, body.text[stop:end]
