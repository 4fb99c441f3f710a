"""Insert the rows that a loop creates in one statement per thousand, instead of one statement per round.

`Item.objects.create(...)` in a loop costs a round trip per row; the loop collects the objects now, and `bulk_create`
after it writes them. Refused: objects that are used after their creation, rows that later rounds read, rounds that
handle their own errors or end early, models whose `save()` or `pre_save` receivers set values, models over several
tables. A draft that says what is skipped where `save()` is overridden, receivers get the rows, or no transaction is
seen around the loop.
"""

import ast

from codemods import _cst, _loop_edits
from codemods._lazy import names_of
from codemods._loop_answers import proposed
from codemods._loops import Body
from codemods._row_writes import Found, answers
from codemods._row_writes_created import Created, created
from codemods._row_writes_django import skipped
from codemods._row_writes_effects import Table, others
from codemods._row_writes_loop import LATER, NOT_ATOMIC, in_transaction, leave, loops_around
from codemods._row_writes_text import after, new_line
from codemods._row_writes_unused import is_unused
from codemods.api import Answer, Load, Meta, Proposal, Repeat, Sighting
from codemods.index import Index
from codemods.refusals import RefusedError

__getattr__ = names_of(CASES="codemods._django_bulk_create_cases")

META = Meta(
    id="django-bulk-create",
    kinds=("n_plus_one_db",),
    tier="B",
    libraries={"Django": ">=4.2"},
    effect="500 -> 1 statements; 11 times less CPU",
)
_BATCH = 1000  # rows per statement: a list of any length stays within the limits of drivers and servers


def find(index: Index, sighting: Sighting) -> list[Answer]:
    """A proposal for each INSERT that a loop repeats, and a refusal for each other."""
    return answers(index, sighting, frozenset({"INSERT"}), _creates, _edit)


def _creates(body: Body, call: ast.Call, repeat: Repeat) -> bool:
    return created(body, call, repeat) is not None


def _edit(found: Found) -> Proposal:
    rows = [row for call in found.calls if (row := created(found.body, call, found.repeat))]
    for row in rows:
        if row.way == "bulk_create":
            raise RefusedError("R-BATCHED", f"{found.where} creates the rows of all rounds in one call")
        if row.way.endswith("or_create"):
            raise RefusedError("R-GET-OR-CREATE", f"line {row.call.lineno} of {found.body.path} calls `{row.way}`")
    loops = loops_around(found.body, [row.call for row in rows])
    if not loops and len(rows) == 1:
        raise RefusedError("R-SHAPE", f"{found.where} creates rows in a comprehension or in a `while`")
    if len({(row.name, row.manager) for row in rows}) > 1 or not loops:
        raise RefusedError("R-AMBIGUOUS", f"several loops of {found.body.path} create rows with the same statement")
    doubts = skipped(found.body.index, rows[0].model, "bulk_create")
    refused: RefusedError | None = None
    for loop in loops:
        try:
            return _after(found, loop, rows, doubts)
        except RefusedError as why:
            refused = why
    assert refused is not None
    raise refused


def _after(found: Found, loop: ast.For, rows: list[Created], doubts: list[str]) -> Proposal:
    body, first = found.body, rows[0]
    leave(body, loop, [row.call for row in rows])
    for row in rows:
        is_unused(body, row)
        doubts = [*doubts, *row.doubts]
    back = {link.name for owner in body.index.django.all for link in owner.links.values()
            if link.target is first.model and link.kind.startswith("reverse")}  # fmt: skip
    table = Table(first.model.name, frozenset(back), frozenset({first.manager}))
    doubts = [*doubts, *others(body, loop, table, [row.call for row in rows])]
    if not in_transaction(body, loop):
        doubts.append(NOT_ATOMIC)
    place = _loop_edits.before(body, loop)
    assert place is not None  # a `for` begins its line
    many = _loop_edits.plural(_loop_edits.snake(first.model.name))
    name = _loop_edits.fresh(body, many, f"new_{many}")
    newline = _cst.newline(body.text)
    edits = [(place.at, place.at, f"{place.indent}{name} = []{newline}")]
    for row in rows:
        start, end = body.offsets(row.statement)
        edits.append((start, end, row.collected(body, name)))
    write = f"{first.manager}.bulk_create({name}, batch_size={_BATCH})"
    behind = after(body, loop, place.indent)
    edits.append(new_line(body, behind, f"{place.indent}{write}{newline}"))
    load = Load(
        first.model.name, "bulk_create", "one statement inserts the rows of all rounds", found.repeat,
        -(-found.repeat.count // _BATCH),
    )  # fmt: skip
    return proposed(
        META.id,
        found.reached,
        body,
        first.call,
        load,
        {body.path: _cst.replace(body.text, edits)},
        doubts=doubts,
        notes=(LATER,),
        does=f"create {_loop_edits.plural(first.model.name)} in one call",
    )
