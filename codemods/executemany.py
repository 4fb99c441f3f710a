"""Send the rows of a loop of `cursor.execute(sql, row)` in one call, the one that pays for the driver in use.

A round trip per row becomes `executemany`; with psycopg2, whose `executemany` is such a loop itself (1.4 times as
fast, measured), an INSERT becomes `execute_values` (31 times) and another statement `execute_batch` (4 times).
Refused: what a single statement gives back is used, a text that varies, other statements between, rounds that handle
their own errors, end early or commit, and connections that commit every statement. A draft where errors are handled
around the loop, or where calls in it are not known.
"""

import ast
import re

from codemods import _cst, _loop_edits
from codemods._lazy import names_of
from codemods._loop_answers import proposed
from codemods._loops import Body
from codemods._row_writes import Found, answers
from codemods._row_writes_batch import batch_call
from codemods._row_writes_cursor import cursor_of, driver_of, is_free, sql_of
from codemods._row_writes_effects import Table, others
from codemods._row_writes_loop import LATER, leave, loops_around
from codemods._row_writes_text import after, new_line
from codemods.api import Answer, Load, Meta, Proposal, Repeat, Sighting
from codemods.index import Index, first_party
from codemods.index.facts import dotted
from codemods.refusals import RefusedError

__getattr__ = names_of(CASES="codemods._executemany_cases")

META = Meta(
    id="executemany",
    kinds=("n_plus_one_db",),
    tier="B",
    effect="500 -> 1 calls; 15 times less CPU on sqlite3; psycopg2 31 times, psycopg 5 times as fast",
)
_WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "REPLACE"})


def find(index: Index, sighting: Sighting) -> list[Answer]:
    """A proposal for each write that a loop repeats on a cursor, and a refusal for each other."""
    return answers(index, sighting, _WRITES, _executes, _edit)


def _executes(body: Body, call: ast.Call, repeat: Repeat) -> bool:
    """Whether it executes a text that writes the table as the statement does."""
    words = sql_of(body, call)
    if words is None:
        return False
    operation = repeat.statement.split(" ", 1)[0].upper()
    tables = {table.rpartition(".")[2].lower() for table in repeat.tables[:1]}
    return words.lstrip()[: len(operation)].upper() == operation and tables <= set(re.findall(r"\w+", words.lower()))


def _edit(found: Found) -> Proposal:
    body, call = found.body, found.calls[0]
    if any(dotted(one.func).rpartition(".")[2] != "execute" for one in found.calls if dotted(one.func)):
        raise RefusedError("R-BATCHED", f"{found.where} sends the rows of all rounds in one call")
    loops = loops_around(body, found.calls)
    if len(found.calls) > 1 or not loops:
        raise RefusedError(
            "R-AMBIGUOUS", f"several calls of {body.path} send the same statement, or no `for` is around"
        )
    refused: RefusedError | None = None
    for loop in loops:
        try:
            return _after(found, loop, call)
        except RefusedError as why:
            refused = why
    assert refused is not None
    raise refused


def _after(found: Found, loop: ast.For, call: ast.Call) -> Proposal:
    body = found.body
    leave(body, loop, [call])
    cursor = cursor_of(body, loop, call)
    is_free(body, loop, call, cursor)
    driver = driver_of(body)
    doubts = others(body, loop, Table("\0", frozenset()), [call])
    if any(isinstance(above, ast.Try) and above.handlers for above in body.parents(loop)):
        doubts.append("errors are handled around the loop: rows before one that failed were sent, now none may be")
    rows = _loop_edits.fresh(body, "rows", "new_rows")
    place = _loop_edits.before(body, loop)
    assert place is not None  # a `for` begins its line
    newline = _cst.newline(body.text)
    start, end = body.offsets(body.statement(call))
    given = body.text[slice(*body.offsets(call.args[1]))]
    batch = batch_call(body, call, driver, cursor, rows, place.indent)
    edits = [
        (place.at, place.at, f"{place.indent}{rows} = []{newline}"),
        (start, end, f"{rows}.append({given})"),
        new_line(body, after(body, loop, place.indent), batch.text + newline),
    ]
    if batch.imports:
        local = first_party(body.index)
        edit = _cst.import_edit(body.text, "psycopg2.extras", [batch.imports], local)
        edits += [edit] if edit else []
    why = f"{batch.name} sends the rows of all rounds"
    after_it = -(-found.repeat.count // batch.rows)
    load = Load(found.repeat.tables[0], batch.name, why, found.repeat, after_it)
    return proposed(
        META.id,
        found.reached,
        body,
        call,
        load,
        {body.path: _cst.replace(body.text, edits)},
        doubts=doubts,
        notes=(LATER,),
        does=f"send the rows of {found.repeat.tables[0]} in one call",
    )
