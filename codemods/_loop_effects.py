"""What happens while the rows are read: writes, commits, early exits, reads on some rows only."""

import re

import msgspec

from codemods.index import Index
from codemods.index.facts import Call, Function, Loop, Query, Read

_COMMITS = frozenset({"commit", "rollback"})
_WRITES = frozenset(
    {"add", "add_all", "delete", "merge", "expire", "expire_all", "refresh", "expunge", "expunge_all"}
    | {"bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings", "begin_nested"}
)
_ALWAYS_WRITES = frozenset({"add_all", "bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings"})
_STATEMENTS = frozenset({"update", "insert", "delete"})  # of SQLAlchemy, or of a query
_SESSION = re.compile(r"(^|[._])(sessions?|sess|dbs?|s|tx|conn|connection)$", re.IGNORECASE)
_CALLEE_DEPTH = 4


class Verdict(msgspec.Struct, frozen=True):
    """A refusal code with its detail, or sentences that demote the edit to a draft."""

    refusal: tuple[str, str] | None = None
    doubts: tuple[str, ...] = ()


def judge(
    index: Index, function: Function, query: Query, attribute: str, key_columns: frozenset[str], readers: list[Function]
) -> Verdict:
    """Whether the relationship may be loaded ahead: for the loops over the query's rows here, and in `readers`.

    Readers are other functions on the way that loop and read the attribute: the rows can have been returned to them.
    """
    read_elsewhere = [
        (reader, loop, set(loop.targets))
        for reader in readers
        for loop in reader.loops
        if any(r.attr == attribute and r.base in loop.targets for r in loop.reads)
    ]
    doubts: list[str] = []
    loops = [*((function, loop, query.rows) for loop in query.loops), *read_elsewhere]
    for reader, loop, rows in loops:
        verdict = _judge(index, reader, loop, rows, attribute, key_columns)
        if verdict.refusal:
            return verdict
        doubts += verdict.doubts
    # One loop that runs to its end is what repeats; those that may end early are not told from it by the trace.
    cut = [(reader, loop) for reader, loop, rows in loops if loop.early_exit and set(loop.targets) & rows]
    whole = [loop for _, loop, rows in loops if not loop.early_exit and _reads(loop, attribute, rows)]
    if cut and not whole:
        return Verdict(("R-COND", f"the loop at line {cut[0][1].line} of {cut[0][0].path} can end early"))
    return Verdict(None, tuple(dict.fromkeys(doubts)))


def _reads(loop: Loop, attribute: str, rows: set[str]) -> list[Read]:
    return [read for read in loop.reads if read.attr == attribute and read.base in rows]


def _judge(
    index: Index, function: Function, loop: Loop, rows: set[str], attribute: str, key_columns: frozenset[str]
) -> Verdict:
    doubts: list[str] = []
    reads = _reads(loop, attribute, rows)
    where = f"line {loop.line} of {function.path}"
    if code := _effect(index, function, loop.calls, _CALLEE_DEPTH):
        return Verdict((code, where))
    if written := sorted(loop.writes & {attribute, *key_columns}):
        return Verdict(("R-WRITE", f"the loop at {where} assigns `.{written[0]}`"))
    if any(call.callee == "setattr" and set(call.names) & rows for call in loop.calls):
        return Verdict(("R-WRITE", f"the loop at {where} sets attributes of its rows"))
    if loop.writes or any(call.callee.endswith(".flush") for call in loop.calls):
        doubts.append("the loop changes its rows: lazy loads flushed them one by one, now they flush together")
    if reads and all(_on_some_rows(read, attribute, key_columns) for read in reads):
        doubts.append(
            f"`.{attribute}` is read under a condition (line {reads[0].line}): rows that skip it pay for nothing"
        )
    return Verdict(None, tuple(doubts))


def _on_some_rows(read: Read, attribute: str, key_columns: frozenset[str]) -> bool:
    """A guard that tests the relationship itself or its key column is the None check of a nullable one."""
    allowed = {attribute, *key_columns}
    return any(not (set(re.findall(r"\.(\w+)", guard)) & allowed) for guard in read.guards)


def _effect(index: Index, function: Function, calls: list[Call], depth: int) -> str | None:
    found = None
    for call in calls:
        receiver, _, name = call.callee.rpartition(".")
        if name in _COMMITS and receiver:
            return "R-COMMIT"
        writes = name in _ALWAYS_WRITES or (name in _WRITES and _is_session(function, receiver))
        if writes or (name in _STATEMENTS and _is_statement(index, function, receiver, name)):
            found = "R-WRITE"
    for call in calls if depth else ():
        for key in index.calls.targets(function, call):
            callee = index.calls.function(key)
            if callee and (inner := _effect(index, callee, callee.calls, depth - 1)):
                if inner == "R-COMMIT":
                    return inner
                found = inner
    return found


def _is_statement(index: Index, function: Function, receiver: str, name: str) -> bool:
    """Whether `update(...)` is SQLAlchemy's, or ends a query chain; a dictionary's `.update()` has a plain name."""
    module = index.tree.module(function.path)
    imported = module.imports.get(receiver.partition(".")[0] or name) if module else None
    return receiver == "?" or receiver.endswith("query()") or bool(imported and imported[1].startswith("sqlalchemy"))


def _is_session(function: Function, receiver: str) -> bool:
    annotation = function.params.get(receiver) or ""
    return (
        bool(_SESSION.search(receiver)) or "Session" in annotation or "Session" in function.instances.get(receiver, "")
    )
