"""Adds up the plain traces of a table of spans as a whole, many times faster than span by span, with the same result.

It works where spans are alike but for their ids and times, as they are where statements and URLs are masked: whatever
tells them apart is looked at once, by the code that looks at every span elsewhere.
"""

from array import array
from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from bot.hotspots import plaintraces_sql as sql
from bot.hotspots.loops import LEAST_SEQUENTIAL, Limits, Request, is_unrouted_miss, request_of
from bot.hotspots.rows import COLUMNS, span_of
from bot.hotspots.span import Code
from bot.hotspots.statement import Comment
from bot.hotspots.totals import CallTotals, EntryTotals, Totals
from bot.hotspots.traces import Call, Node, Traces
from bot.records import Handler

if TYPE_CHECKING:
    import duckdb

MOST_SHAPES = 10_000
LONGEST = 2_000  # bytes of a text, which the reader of single rows would cut
LOOKED_AT = 100_000  # rows that tell whether there will be more
INTEGERS = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"})
NUMBERS = INTEGERS | {"FLOAT", "DOUBLE"}
_KNOWN = (
    ("shape", "UBIGINT"), ("call", "INTEGER"), ("category", "VARCHAR"), ("vals", "BIGINT"), ("route", "VARCHAR"),
    ("controller", "VARCHAR"), ("code", "INTEGER"), ("handler", "INTEGER"),
)  # fmt: skip

Kind = tuple[int, str | None, str | None]  # of request: its shape, the route and the controller that comments name


class Plain(NamedTuple):
    """What the plain traces of a table come to."""

    totals: Totals
    calls: dict[str, Call]
    start_ns: int | None
    end_ns: int
    with_statement: int
    without_statement: int


class _Shapes:
    """What the spans of each shape are, by the code that looks at single spans."""

    def __init__(self, database: "duckdb.DuckDBPyConnection", names: list[str]) -> None:
        traces = Traces()
        self.nodes: dict[int, Node] = {}
        self.statements: dict[int, tuple[int, int]] = {}  # with and without the text that there should be
        columns = ["shape", *names]
        for number, row in enumerate(database.table("shapes").select(*columns).fetchall()):
            record = dict(zip(columns, row, strict=True))
            span = span_of(record | {"trace_id": "0", "span_id": f"{number}", "start_ns": 0, "dur_ns": 0})
            before = traces.with_statement, traces.without_statement
            traces.add(span)
            self.nodes[record["shape"]] = traces.nodes["0"][-1]
            self.statements[record["shape"]] = (
                traces.with_statement - before[0],
                traces.without_statement - before[1],
            )
        nodes = self.nodes.values()
        self.calls = traces.calls
        self.fingerprints = list(traces.calls)
        self.codes: list[Code] = list(dict.fromkeys(node.code for node in nodes if node.code))
        self.handlers: list[Handler] = list(dict.fromkeys(node.facts.handler for node in nodes if node.facts.handler))

    def tell(self, database: "duckdb.DuckDBPyConnection") -> None:
        """Makes the table `known`: the same as numbers."""
        calls, codes, handlers = (
            dict(zip(values, count(), strict=False)) for values in (self.fingerprints, self.codes, self.handlers)
        )
        rows = [
            (
                shape, calls.get(node.call), node.category, node.values, node.comment and node.comment.route,
                node.comment and node.comment.controller, codes.get(node.code), handlers.get(node.facts.handler),
            )
            for shape, node in self.nodes.items()
        ]  # fmt: skip
        cells = ", ".join(f"unnest($c{place}::{type_}[]) AS {name}" for place, (name, type_) in enumerate(_KNOWN))
        given = {f"c{place}": [row[place] for row in rows] for place in range(len(_KNOWN))}
        database.execute(f"CREATE TEMP TABLE known AS SELECT {cells}", given)


def add_up_plain(database: "duckdb.DuckDBPyConnection", types: dict[str, str], limits: Limits) -> Plain | None:
    """The totals of the plain traces in the view `rows`; the condition `REST` then selects the rows of all others.

    `types` are the SQL types of its columns. None where the rows differ too much, or hold numbers as text.
    """
    columns = frozenset(types)
    numeric = (
        all(types[name] in INTEGERS for name in ("start_ns", "dur_ns")) and types.get("weight", "DOUBLE") in NUMBERS
    )
    if not numeric or _number(database, sql.shapes_in(columns, LOOKED_AT)) > MOST_SHAPES:
        return None
    shapes_table, slim_table = sql.load(columns)
    database.execute(shapes_table)
    if (
        _number(database, "SELECT count(*) FROM shapes") > MOST_SHAPES
        or _number(database, sql.longest(columns)) > LONGEST
    ):
        return None
    if _number(database, "SELECT count(*) - count(DISTINCT shape) FROM shapes"):  # never, with so few hashes
        return None
    names = [name for name in COLUMNS if name in columns and name in sql.described(columns)]
    shapes = _Shapes(database, names)
    shapes.tell(database)
    for statement in (slim_table, *sql.PLAIN):
        database.execute(statement)
    for _ in range(sql.LEVELS):
        database.execute(sql.CLIMB)
    for statement in sql.PLAIN_AT_LAST:
        database.execute(statement)
    database.execute(sql.LOOPS.format(repeats=limits.repeats, least=LEAST_SEQUENTIAL))
    database.execute(sql.SLOW.format(slow_ns=limits.slow_ns))
    database.execute(sql.REQUESTS)
    return _plain(database, shapes, limits)


def _plain(database: "duckdb.DuckDBPyConnection", shapes: _Shapes, limits: Limits) -> Plain:
    seen = database.execute(sql.SEEN).fetchall()
    return Plain(
        totals=_totals(database, shapes, limits),
        calls=shapes.calls,
        start_ns=min((start for _, _, start, _ in seen), default=None),
        end_ns=max((end for *_, end in seen), default=0),
        with_statement=sum(number * shapes.statements[shape][0] for shape, number, *_ in seen),
        without_statement=sum(number * shapes.statements[shape][1] for shape, number, *_ in seen),
    )


def _totals(database: "duckdb.DuckDBPyConnection", shapes: _Shapes, limits: Limits) -> Totals:
    totals: Totals = {}
    entries: dict[Kind, EntryTotals] = {}
    for shape, route, controller, durations, weights, self_ns, db_ns, http_ns in _rows(database, sql.ENTRIES):
        node = shapes.nodes[shape]
        if is_unrouted_miss(node):
            continue
        request = _request(node, route, controller)
        entry = entries[shape, route, controller] = totals.setdefault(request.key, EntryTotals(request.key))
        entry.describe(request, len(durations))
        entry.durations.extend(durations)
        entry.weights.extend(weights or ())
        entry.self_ns += self_ns
        entry.db_ns += db_ns
        entry.http_ns += http_ns
    for shape, route, controller, call, slow, category, repeats, total, in_sequence, pairs, same in _rows(
        database, sql.CALLS
    ):
        if (seen := entries.get((shape, route, controller))) is None:
            continue
        new = CallTotals(category)
        new.repeats, new.total_ns, new.in_sequence = array("q", repeats), total, in_sequence
        new.pairs, new.identical = pairs, same
        known = (seen.slow if slow else seen.loops).setdefault(shapes.fingerprints[call], new)
        if known is not new:
            known.merge(new)
    _count(database, shapes, entries, limits)
    return totals


def _count(
    database: "duckdb.DuckDBPyConnection", shapes: _Shapes, entries: dict[Kind, EntryTotals], limits: Limits
) -> None:
    """Counts the lines, the callers and the handlers of what repeats."""
    wanted = (
        ("lines", sql.LINES.format(slow_ns=limits.slow_ns), shapes.codes),
        ("callers", sql.CALLERS, shapes.codes),
        ("handlers", sql.HANDLERS, shapes.handlers),
    )
    for attribute, statement, values in wanted:
        for shape, route, controller, call, slow, place, number in _rows(database, statement) if values else ():
            if (entry := entries.get((shape, route, controller))) is not None:
                calls = entry.slow if slow else entry.loops
                getattr(calls[shapes.fingerprints[call]], attribute)[values[place]] += number


def _request(node: Node, route: str | None, controller: str | None) -> Request:
    """A request of the shape whose calls name that route and controller."""
    call = Node(
        span_id="", parent_id=None, kind="client", name="", start_ns=0, duration_ns=0, facts=node.facts,
        comment=Comment(route, controller),
    )  # fmt: skip
    return request_of(node, [call], (), (), [])


def _rows(database: "duckdb.DuckDBPyConnection", statement: str) -> Iterator[tuple]:  # type: ignore[type-arg]
    cells = database.execute(statement)
    while batch := cells.fetchmany(64):
        yield from batch


def _number(database: "duckdb.DuckDBPyConnection", statement: str) -> int:
    ((number,),) = database.execute(statement).fetchall()
    return int(number or 0)
