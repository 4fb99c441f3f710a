"""What happens while the rows are read: writes, commits, early exits, reads on some rows only."""

import re
from dataclasses import dataclass

from codemods.index import Index
from codemods.index.facts import Call, Function, Loop, Query, Read

_COMMITS = frozenset({"commit", "rollback"})
_WRITES = frozenset(
    {"add", "add_all", "delete", "merge", "flush", "expire", "expire_all", "refresh", "expunge", "expunge_all"}
    | {"bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings", "begin_nested"}
)
_SESSION = re.compile(r"(^|[._])(session|sess|db|s|tx)$", re.IGNORECASE)
_CALLEE_DEPTH = 2


@dataclass(frozen=True, slots=True)
class Verdict:
    """A refusal code with its detail, or sentences that demote the edit to a draft."""

    refusal: tuple[str, str] | None = None
    doubts: tuple[str, ...] = ()


def judge(index: Index, function: Function, query: Query, attribute: str, key_columns: frozenset[str]) -> Verdict:
    """Whether the relationship may be loaded ahead for the loops over the query's rows in this function."""
    doubts: list[str] = []
    for loop in query.loops:
        reads = [r for r in loop.reads if r.attr == attribute and r.base in query.rows]
        if code := _effect(index, function, loop.calls, _CALLEE_DEPTH):
            return Verdict((code, f"line {loop.line} of {function.path}"))
        if attribute in loop.writes:
            return Verdict(("R-WRITE", f"the loop at line {loop.line} assigns `.{attribute}`"))
        if loop.writes:
            doubts.append(
                "the loop assigns attributes of its rows: lazy loads flushed them one by one, now they flush together"
            )
        if loop.early_exit and _is_over_rows(loop, query):
            return Verdict(("R-COND", f"the loop at line {loop.line} of {function.path} can end early"))
        if reads and all(_on_some_rows(read, attribute, key_columns) for read in reads):
            doubts.append(
                f"`.{attribute}` is read under a condition (line {reads[0].line}): rows that skip it pay for nothing"
            )
    return Verdict(None, tuple(dict.fromkeys(doubts)))


def _is_over_rows(loop: Loop, query: Query) -> bool:
    return bool(set(loop.targets) & query.rows)


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
        if name == "flush" or (name in _WRITES and _is_session(function, receiver)):
            found = "R-WRITE"
    if depth:
        for call in calls:
            for key in index.calls.targets(function, call):
                callee = index.calls.function(key)
                if callee and (inner := _effect(index, callee, callee.calls, depth - 1)):
                    if inner == "R-COMMIT":
                        return inner
                    found = inner
    return found


def _is_session(function: Function, receiver: str) -> bool:
    annotation = function.params.get(receiver) or ""
    return (
        bool(_SESSION.search(receiver)) or "Session" in annotation or "Session" in function.instances.get(receiver, "")
    )
