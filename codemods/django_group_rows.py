"""Fetch the rows of all rounds of a loop in one query and group them by their key, instead of one query per round.

`Post.objects.filter(author=author)` in a loop over authors costs a query per author; one query `author__in` before the
loop, its rows put into lists by `author_id`, costs one. The order inside a group is that of the same ORDER BY. Where a
round asks by the key of a row that the database gave, a key without rows has none; any other key that the one query has
no rows of is asked for as before. Refused: limits, locks, `distinct` and values in place of rows, relations through a
link table, querysets that are handed on, loops that write such rows. A draft where no order is named, where keys are
text, and where the loop writes.
"""

import ast

from codemods._django_key_conditions import (
    NUMBERS,
    STEPS,
    condition,
    is_key_of_row,
    keywords_of,
    kind,
    many_of,
    row_model,
)
from codemods._group_edits import GroupEdit, fills_groups, unless_done
from codemods._helper_lookups import with_helpers
from codemods._key_lookups import Lookup, Unfit, answers
from codemods._lazy import names_of
from codemods._lookups import Grouped
from codemods._loop_gates import moving
from codemods._loops import Body, Loop, names_in
from codemods.api import Answer, Meta, Repeat, Sighting
from codemods.django_in_bulk import rows_of
from codemods.index import Index

__getattr__ = names_of(CASES="codemods._django_group_rows_cases")

META = Meta(
    id="django-group-rows",
    kinds=("n_plus_one_db",),
    tier="B",
    libraries={"Django": ">=4.2"},
    effect="10 -> 1 queries, 15 -> 3 ms CPU",
)
_ONE = frozenset({"get", "aget", "first", "afirst", "get_or_create", "update_or_create", "create"})


class _Edit(GroupEdit):
    def is_key_of_row(self, body: Body, loop: Loop, key: ast.expr) -> bool:
        return is_key_of_row(body, loop, key)


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
    changing = moving(body, loop)
    where = f"line {call.lineno} of {body.path}"
    asked = [condition(body, model, keyword) for keyword in keywords_of(call) if names_in(keyword.value) & changing]
    columns = {column.rpartition(".")[2] for column in repeat.columns}
    if not any(one is not None and one.column in columns for one in asked) or fills_groups(body, call):
        return None
    if extra := steps - STEPS:
        return Unfit(call, "R-SHAPE", f"{where} asks for rows with `{min(extra)}`, which no query for many would keep")
    one = asked[0]
    if one is None or len(asked) > 1:
        return Unfit(call, "R-KEYEQ", f"{where} asks for rows of {model.name} by more than one key, or by no key")
    key, target = one.keyword.value, one.link.target if one.link is not None else None
    by_row = one.link is not None and (one.keyword.arg or "").removesuffix("__exact") == one.link.name
    if by_row and (loop is None or row_model(body, loop, key) is not target):
        return Unfit(call, "R-KEYEQ", f"{where} compares `{one.keyword.arg}` with what is not known to be a row")
    exact = kind(body, *((target, target.pk) if target is not None else (model, one.attribute))).endswith(NUMBERS)
    grouped = Grouped(
        of_key=".pk" if by_row else "",
        ordered="order_by" in steps or bool(model.ordering),
        is_list=False,
        exact=exact,
    )
    query = many_of(body, call, one)
    return Lookup(call, key, model.name, one.attribute, query, "IN query", text_column=not exact, grouped=grouped)


def _asks_for_many(body: Body, call: ast.Call, repeat: Repeat) -> bool:
    """`Post.objects.filter(author__in=...)`, whose statement is the repeated one for many keys."""
    found = rows_of(body, call)
    if found is None or found[0].table not in repeat.tables[:1]:
        return False
    many = [k for k in call.keywords if (k.arg or "").endswith("__in")]
    named = [ast.keyword((k.arg or "").removesuffix("__in"), k.value) for k in many]
    columns = {column.rpartition(".")[2] for column in repeat.columns}
    return any((one := condition(body, found[0], k)) is not None and one.column in columns for k in named)
