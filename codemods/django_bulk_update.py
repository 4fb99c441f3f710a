"""Write the rows that a loop changes in one statement per 500, or with one UPDATE where all get the same value.

`row.save()` in a loop costs a round trip per row and writes every column. The loop collects the rows now and
`bulk_update` after it writes the fields that were set; a loop that only sets one value on all rows of a queryset
becomes `update()` of that queryset. Refused: rows that later rounds read, rounds that handle their own errors or end
early, changes that are not seen, models whose `save()` or `pre_save` receivers set values, models over several
tables. A draft that says what is skipped where `save()` is overridden, receivers get the rows, a field has a new
value at each save, or no transaction is seen around the loop.
"""

import ast

from codemods import _cst, _loop_edits
from codemods._lazy import names_of
from codemods._loop_answers import proposed
from codemods._loops import Body
from codemods._row_writes import Found, answers
from codemods._row_writes_django import skipped
from codemods._row_writes_effects import Table, others
from codemods._row_writes_fields import saved_last, written
from codemods._row_writes_loop import LATER, NOT_ATOMIC, in_transaction, leave, loops_around
from codemods._row_writes_models import automatic, named_in
from codemods._row_writes_saved import Saved, may_repeat, saved, saves_one, writes_many
from codemods._row_writes_sets import one_update
from codemods._row_writes_text import after, new_line
from codemods.api import Answer, Load, Meta, Proposal, Repeat, Sighting
from codemods.index import Index
from codemods.refusals import RefusedError

__getattr__ = names_of(CASES="codemods._django_bulk_update_cases")

META = Meta(
    id="django-bulk-update",
    kinds=("n_plus_one_db",),
    tier="B",
    libraries={"Django": ">=4.2"},
    effect="501 -> 2 statements, a third less CPU; with one value for all rows 501 -> 1 and next to none",
)
_ROWS = 500  # per statement: each row stands in it with a CASE for every field


def find(index: Index, sighting: Sighting) -> list[Answer]:
    """A proposal for each UPDATE that a loop repeats, and a refusal for each other."""
    return answers(index, sighting, frozenset({"UPDATE"}), _saves, _edit)


def _saves(body: Body, call: ast.Call, repeat: Repeat) -> bool:
    found = saved(body, call, repeat) is not None or writes_many(body, call, repeat)
    return found or saves_one(body, call, repeat)


def _edit(found: Found) -> Proposal:
    body = found.body
    if all(writes_many(body, call, found.repeat) for call in found.calls):
        raise RefusedError("R-BATCHED", f"{found.where} writes the rows of all rounds in one call")
    saves = [save for call in found.calls if (save := saved(body, call, found.repeat))]
    if len({(save.row, id(save.loop)) for save in saves}) > 1:
        raise RefusedError("R-AMBIGUOUS", f"several loops of {body.path} save rows with the same statement")
    one = saves[0]
    name = one.name or named_in(body, one.model)
    if name is None:
        raise RefusedError("R-SHAPE", f"{body.path} has no name for {one.model.name}, whose rows it saves")
    saved_last(saves)
    fields = written(body, saves)
    plain = not one.call.keywords
    doubts = [*skipped(body.index, one.model, "bulk_update"), *automatic(body.index, one.model, fields, plain)]
    if one.queryset is None:
        doubts.append(f"where the rows come from is not seen: each must be one of `{name}.objects`, and come once")
    if may_repeat(body, one):
        doubts.append("the query may give a row twice: then the first of its values is kept now, and it was the last")
    refused: RefusedError | None = None
    loops = loops_around(body, [save.call for save in saves])
    for loop in loops[: loops.index(one.loop) + 1]:
        try:
            return _after(found, loop, saves, fields, one.manager or f"{name}.objects", doubts)
        except RefusedError as why:
            refused = why
    assert refused is not None
    raise refused


def _after(
    found: Found, loop: ast.For, saves: list[Saved], fields: list[str], manager: str, doubts: list[str]
) -> Proposal:
    body, one = found.body, saves[0]
    calls = [save.call for save in saves]
    leave(body, loop, calls)
    links = {
        link.name
        for owner in body.index.django.all
        for link in owner.links.values()
        if link.target is one.model
    }  # fmt: skip
    doubts = [*doubts, *others(body, loop, Table(one.model.name, frozenset(links)), calls)]
    if not in_transaction(body, loop):
        doubts.append(NOT_ATOMIC)
    edits = one_update(body, one) if loop is one.loop and len(saves) == 1 else None
    strategy = "update()" if edits else "bulk_update"
    edits = edits or _collected(found, loop, saves, fields, manager)
    after_it = 1 if strategy == "update()" else -(-found.repeat.count // _ROWS)
    load = Load(one.model.name, strategy, "one statement writes the rows of all rounds", found.repeat, after_it)
    notes = [LATER] if strategy == "bulk_update" else []
    if not one.call.keywords:
        notes.append(f"`save()` wrote back every column as it was read, now {' and '.join(fields)} alone")
    return proposed(
        META.id,
        found.reached,
        body,
        one.call,
        load,
        {body.path: _cst.replace(body.text, edits)},
        doubts=doubts,
        notes=notes,
        does=f"write {_loop_edits.plural(one.model.name)} in one call",
    )


def _collected(
    found: Found, loop: ast.For, saves: list[Saved], fields: list[str], manager: str
) -> list[tuple[int, int, str]]:
    body, one = found.body, saves[0]
    place = _loop_edits.before(body, loop)
    assert place is not None  # a `for` begins its line
    row = one.row if len(one.row) > 2 else _loop_edits.snake(one.model.name)
    name = _loop_edits.fresh(body, f"changed_{_loop_edits.plural(row)}")
    newline = _cst.newline(body.text)
    edits = [(place.at, place.at, f"{place.indent}{name} = []{newline}")]
    edits += [(*body.offsets(save.statement), f"{name}.append({one.row})") for save in saves]
    named = ", ".join(_loop_edits.quoted(body, field) for field in fields)
    behind = after(body, loop, place.indent)
    write = _loop_edits.line(
        body, place.indent, f"{manager}.bulk_update(", f"{name}, [{named}], batch_size={_ROWS}", ")"
    )
    return [*edits, new_line(body, behind, write)]
