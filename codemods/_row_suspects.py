"""The rows of one query, followed down into calls and templates and up to the callers that get them."""

import ast
import re
from collections.abc import Iterable, Mapping

from codemods._row_trace import M, Mapper, Rows, Sources, Trace, Way, Where, callee
from codemods.api import Reached, Repeat, Sighting, Suspect
from codemods.index.calls import Key
from codemods.index.facts import Call, Function, Query

KIND = "n_plus_one_db"
_ALWAYS = frozenset({"commit", "rollback", "flush", "save", "asave", "adelete", "bulk_create", "bulk_update"})
_OF_SESSIONS = frozenset({"add", "add_all", "delete", "merge", "refresh", "expire", "expunge"})
_SESSION = re.compile(r"(session|sess|db|self|super\(\))$", re.IGNORECASE)
_LEVELS = 3  # callers above the function that holds the query
_MANY_CALLERS = 20  # of a function that everybody uses: what one of them reads says little


def trace_rows(sources: Sources, mapper: Mapper[M], model: M, function: Function, query: Query) -> Trace[M]:
    """What every row of the query is read for: in its function, below it, in most of the callers it returns to."""
    home = (function.path, function.qualname)
    trace: Trace[M] = Trace(sources, mapper, home)

    def origin(node: ast.expr, inside: Function) -> Rows[M] | None:
        here = (inside.path, inside.qualname) == home and _span(node) == query.chain
        return Rows(model) if here else None

    if trace.walk(home, {}, origin) is not None:
        _above(trace, model, home, _LEVELS)
    return trace


def _above(trace: Trace[M], model: M, key: Key, levels: int) -> None:
    """Add what callers read on the rows that the function returns, when at least half of them read it."""
    calls = trace.sources.index.calls
    callers = [caller for caller in calls.callers(key) if caller != key and caller[1] != "<module>"]
    if len(callers) > _MANY_CALLERS:
        return

    def origin(node: ast.expr, inside: Function) -> Rows[M] | None:
        called = isinstance(node, ast.Call) and callee(node.func).rpartition(".")[2] == key[1].rpartition(".")[2]
        if not called or not isinstance(node, ast.Call):
            return None
        return Rows(model) if key in calls.targets(inside, Call(callee(node.func), node.lineno)) else None

    found: list[Trace[M]] = []
    for caller in callers:
        above: Trace[M] = Trace(trace.sources, trace.mapper, trace.home)
        if above.walk(caller, {}, origin) is not None and levels > 1:
            _above(above, model, caller, levels - 1)
        found.append(above)
    for one in found:
        trace.written |= one.written
        trace.below.update(one.below)
        for way, where in one.reads.items():
            if 2 * sum(way in other.reads for other in found) >= len(found):
                trace.reads.setdefault(way, where)
                trace.visited.update(one.visited)


def suspect(trace: Trace[M], query: Query, loads: Mapping[str, tuple[Repeat, Where]]) -> Suspect | None:
    """The suspect of a query, when anything is left to load."""
    if not loads or writes_below(trace):
        return None
    path, qualname = trace.home
    via = f"every row of `{query.root}` in {path}:{qualname} is read"
    others = (Reached(*key, 1, via) for key in trace.visited if key != trace.home)
    sighting = Sighting(KIND, distinct(r for r, _ in loads.values()), (Reached(path, qualname, 0, via), *others))
    return Suspect(sighting, path, qualname, query.line, {name: where for name, (_, where) in loads.items()})


def writes_below(trace: Trace[M]) -> bool:
    """Whether a function that gets the rows saves, deletes or commits: what is loaded ahead could be stale for others.

    The codemods see to the loops themselves.
    """
    functions = (trace.sources.index.calls.function(key) for key in trace.below)
    return any(_writes(call.callee) for function in functions if function for call in function.calls)


def _writes(called: str) -> bool:
    receiver, _, name = called.rpartition(".")
    owner = receiver.rpartition(".")[2]
    return bool(receiver) and (name in _ALWAYS or (name in _OF_SESSIONS and bool(_SESSION.search(owner))))


def repeat_of(tables: tuple[str, ...], column: str, shape: str) -> Repeat:
    """A lazy load as a source would report it, on the "table.column" that it compares; count unknown."""
    where = f"? = {column}" if shape == "parameter_equals_column" else f"{column} = ?"
    statement = " ".join(("SELECT ... FROM", ", ".join(tables), "WHERE", where))
    return Repeat(statement, tables, (column,), 0, shape, statement)


def distinct(repeats: Iterable[Repeat]) -> tuple[Repeat, ...]:
    """Each statement once: two relations to one model repeat the same one."""
    return tuple({repeat.fingerprint: repeat for repeat in repeats}.values())


def untouched(trace: Trace[M]) -> list[Way]:
    """The ways that are read and of which no hop, nor a key of one, is assigned; shortest first."""
    written = trace.written | {(*way[:-1], way[-1].removesuffix("_id")) for way in trace.written}
    kept = (way for way in trace.reads if not any(way[: n + 1] in written for n in range(len(way))))
    return sorted(kept, key=lambda way: (len(way), way))


def _span(node: ast.expr) -> tuple[int, int, int | None, int | None]:
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset
