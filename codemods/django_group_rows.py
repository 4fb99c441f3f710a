"""Fetch the rows of all rounds of a loop in one query and group them by their key, instead of one query per round.

`Post.objects.filter(author=author)` in a loop over authors costs a query per author; one query `author__in` before the
loop, its rows put into lists by `author_id`, costs one. The order inside a group is that of the same ORDER BY. Where a
round asks by the key of a row that the database gave, a key without rows has none; any other key that the one query has
no rows of is asked for as before. Refused: limits, locks, `distinct` and values in place of rows, relations through a
link table, querysets that are handed on, loops that write such rows. A draft where no order is named, where keys are
text, and where the loop writes.
"""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from codemods._group_edits import GroupEdit, fills_groups, rows_source, unless_done
from codemods._helper_lookups import with_helpers
from codemods._key_lookups import Lookup, Unfit, answers
from codemods._lazy import names_of
from codemods._lookups import Grouped
from codemods._loop_gates import rebound
from codemods._loops import Body, Loop, names_in, targets
from codemods.api import Answer, Meta, Repeat, Sighting
from codemods.django_in_bulk import rows_of
from codemods.index import Index
from codemods.index.django_models import DjangoModel, Link
from codemods.index.facts import dotted

__getattr__ = names_of(CASES="codemods._django_group_rows_cases")

META = Meta(
    id="django-group-rows",
    kinds=("n_plus_one_db",),
    tier="B",
    libraries={"Django": ">=4.2"},
    effect="10 -> 1 queries, 15 -> 3 ms CPU",
)
_STEPS = frozenset({"all", "filter", "exclude", "select_related", "prefetch_related", "order_by", "using"})
_ONE = frozenset({"get", "aget", "first", "afirst", "get_or_create", "update_or_create", "create"})
_CONDITIONS = frozenset({"filter"})
_NUMBERS = ("IntegerField", "AutoField", "UUIDField")


class _Asked(NamedTuple):
    """A condition of a query: the keyword, what it compares on a row and in the table, and of which relation it is."""

    keyword: ast.keyword
    attribute: str
    column: str
    link: Link | None


class _Edit(GroupEdit):
    def is_key_of_row(self, body: Body, loop: Loop, key: ast.expr) -> bool:
        model = _row(body, loop, key.value) if isinstance(key, ast.Attribute) else None
        if model is None:
            return False
        assert isinstance(key, ast.Attribute)
        return key.attr in {"pk", model.pk} and _kind(body, model, model.pk).endswith(_NUMBERS)


def find(index: Index, sighting: Sighting) -> list[Answer]:
    """A proposal for each statement that a loop repeats to list rows by a key, and a refusal for each other."""
    tables = frozenset(model.table for model in index.django.all)
    found = answers(META.id, index, sighting, with_helpers(lookup, None), tables, _Edit)
    return [unless_done(index, sighting, answer, _asks_for_many) for answer in found]


def lookup(body: Body, call: ast.Call, repeat: Repeat) -> Lookup | Unfit | None:
    """The call as one that gives all rows of a key."""
    loop = body.loop(call)
    if isinstance(next(body.parents(call)), ast.Attribute) or not isinstance(call.func, ast.Attribute):
        return None
    found = rows_of(body, call)
    if found is None or found[0].table not in repeat.tables[:1] or found[2] & _ONE:
        return None
    model, _, steps = found
    moving = targets(loop) | rebound(body, loop) if loop else set(body.function.params)
    where = f"line {call.lineno} of {body.path}"
    asked = [_asked(body, model, keyword) for keyword in _keywords(call) if names_in(keyword.value) & moving]
    columns = {column.rpartition(".")[2] for column in repeat.columns}
    if not any(one is not None and one.column in columns for one in asked) or fills_groups(body, call):
        return None
    if extra := steps - _STEPS:
        return Unfit(call, "R-SHAPE", f"{where} asks for rows with `{min(extra)}`, which no query for many would keep")
    one = asked[0]
    if one is None or len(asked) > 1:
        return Unfit(call, "R-KEYEQ", f"{where} asks for rows of {model.name} by more than one key, or by no key")
    key, target = one.keyword.value, one.link.target if one.link is not None else None
    by_row = one.link is not None and (one.keyword.arg or "").removesuffix("__exact") == one.link.name
    if by_row and (loop is None or _row(body, loop, key) is not target):
        return Unfit(call, "R-KEYEQ", f"{where} compares `{one.keyword.arg}` with what is not known to be a row")
    exact = _kind(body, *((target, target.pk) if target is not None else (model, one.attribute))).endswith(_NUMBERS)
    grouped = Grouped(
        of_key=".pk" if by_row else "",
        ordered="order_by" in steps or bool(model.ordering),
        is_list=False,
        exact=exact,
    )
    query = _cut(body, call, one)
    return Lookup(call, key, model.name, one.attribute, query, "IN query", text_column=not exact, grouped=grouped)


def _asks_for_many(body: Body, call: ast.Call, repeat: Repeat) -> bool:
    """`Post.objects.filter(author__in=...)`, whose statement is the repeated one for many keys."""
    found = rows_of(body, call)
    if found is None or found[0].table not in repeat.tables[:1]:
        return False
    many = [k for k in call.keywords if (k.arg or "").endswith("__in")]
    named = [ast.keyword((k.arg or "").removesuffix("__in"), k.value) for k in many]
    columns = {column.rpartition(".")[2] for column in repeat.columns}
    return any((one := _asked(body, found[0], k)) is not None and one.column in columns for k in named)


def _keywords(node: ast.expr) -> Iterator[ast.keyword]:
    """The conditions of a chain."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in _CONDITIONS:
            yield from node.keywords
        node = node.func.value


def _asked(body: Body, model: DjangoModel, keyword: ast.keyword) -> _Asked | None:
    """The condition as one on a column of the rows themselves; None for any other."""
    name = (keyword.arg or "").removesuffix("__exact")
    for link in model.all_links().values():
        own = link.kind in {"fk", "o2o"} and link.column is not None and not link.to_field
        if own and name in {link.name, *(f"{link.name}{end}" for end in ("_id", "__id", "__pk"))}:
            return _Asked(keyword, f"{link.name}_id", link.column or "", link)
    is_plain = name not in model.all_links() and _kind(body, model, name)
    return _Asked(keyword, name, name, None) if is_plain else None


def _kind(body: Body, model: DjangoModel, name: str) -> str:
    """The class of a field; that of a primary key that nobody declares is `AutoField`."""
    value = body.index.calls.class_value((model.path, model.qualname), name)
    if value is None and name == "id":
        return "AutoField"
    return dotted(value.func) if isinstance(value, ast.Call) and dotted(value.func).endswith("Field") else ""


def _row(body: Body, loop: Loop, node: ast.expr) -> DjangoModel | None:
    """The model of which a name is one row per round, as a queryset gives them."""
    source = rows_source(body, loop, node)
    found = rows_of(body, source) if source is not None else None
    return found[0] if found is not None and not found[2] - _STEPS else None


def _cut(body: Body, call: ast.Call, asked: _Asked) -> tuple[str, str]:
    """The source of the query before and after the keys."""
    start, end = body.offsets(call)
    value, stop = body.offsets(asked.keyword.value)
    assert asked.keyword.arg is not None
    at = body.text.rindex(asked.keyword.arg, start, value)
    before = f"{body.text[start:at]}{asked.keyword.arg.removesuffix('__exact')}__in="
    return before, body.text[stop:end]
