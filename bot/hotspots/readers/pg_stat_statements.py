"""The view `pg_stat_statements` as CSV with a header: sums per statement since the last reset, nothing per request.

A loop is a guess here: a statement by key that runs many times as often as the rarest statement with the same comment,
or as all other statements together. A comment is that of the first call only, so its route is one sample.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from bot.errors import UserError
from bot.hotspots.csvtext import records
from bot.hotspots.detect import identity
from bot.hotspots.loops import EntryKey
from bot.hotspots.reading import Reading, reading_of
from bot.hotspots.route import canonical
from bot.hotspots.source import Source
from bot.hotspots.statement import Comment, Normal, comment_of, normalise
from bot.hotspots.values import LATEST_NS
from bot.records import Count, Entry, Hotspot, HotspotKind, Metrics, Pattern, Shape, Trust
from bot.records import Source as From
from bot.words import counted

TITLE = "pg_stat_statements CSV"
VENDOR = "postgresql"
FORMAT = "pg_stat_statements-csv"
NO_STATEMENT = ""

NS_PER_MS = 1_000_000
OPERATIONS = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "MERGE"})  # the others are upkeep
LEAST_REPEATS = 5  # calls per call of the rarest statement with the same comment
LEAST_CALLS = 1_000  # of a statement without a comment
SLOW_NS = 500 * NS_PER_MS  # on average
SLOW_TOTAL_NS = 5_000 * NS_PER_MS
MOST_ROWS: dict[Shape, float] = {"column_equals_parameter": 1.5, "parameter_equals_column": 50, "link_table": 50}
NEEDED = frozenset({"query", "calls", "rows"})
TOTAL = ("total_exec_time", "total_time")  # since version 13, and before; milliseconds


class Stat(NamedTuple):
    """A statement and its sums; nanoseconds."""

    normal: Normal
    comment: Comment | None
    calls: int
    rows: int
    total_ns: int
    is_top: bool  # sent by the application, not run by a function or a constraint


class Keyed(NamedTuple):
    """A statement that selects by one key, how it reads, and how often it runs per run of what it is compared with."""

    stat: Stat
    reading: Reading
    repeats: int


def sniff(head: bytes) -> bool:
    """Whether the first line names the columns of the view."""
    names = _names(head.split(b"\n", 1)[0].decode("utf-8", "replace"))
    return NEEDED.issubset(names) and any(total in names for total in TOTAL)


def read(source: Source) -> Iterator[Hotspot]:
    """Statements that look like a loop, and slow ones.

    Raises:
        UserError: no row can be read.
    """
    stats = _stats(source)
    keyed = {stat: reading for stat in stats if (reading := _by_key(stat)) is not None}
    groups: dict[Comment | None, list[Stat]] = defaultdict(list)
    for stat in stats:
        groups[stat.comment].append(stat)
    for comment in sorted(groups, key=repr):
        if loops := _loops(comment, groups[comment], keyed):
            yield _hotspot("n_plus_one_db", comment, loops)
    for stat in stats:
        mean = stat.total_ns // stat.calls
        if mean >= SLOW_NS and stat.total_ns >= SLOW_TOTAL_NS:
            slow = Keyed(stat, reading_of(stat.normal.parseable, stat.normal.operation), 1)
            yield _hotspot("slow_query", stat.comment, [slow])


def _names(line: str) -> list[str]:
    return [name.strip(' "\r\ufeff').lower() for name in line.split(",")]


def _stats(source: Source) -> list[Stat]:
    sums: dict[tuple[str, Comment | None], Stat] = {}
    rows = records(source)
    names = _names(",".join(next(rows)))
    for values in rows:
        stat = _stat(dict(zip(names, values, strict=False)))
        if stat is None:
            source.drop("row without a statement or its numbers")
        elif stat.normal.operation in OPERATIONS and stat.is_top:
            key = stat.normal.fingerprint, stat.comment
            known = sums.get(key, stat._replace(calls=0, rows=0, total_ns=0))
            sums[key] = stat._replace(
                calls=known.calls + stat.calls, rows=known.rows + stat.rows, total_ns=known.total_ns + stat.total_ns
            )
    if not sums:
        raise UserError(f"{source.label} holds no statement; export the view with a header.")
    return sorted(sums.values(), key=lambda stat: (-stat.total_ns, stat.normal.fingerprint, repr(stat.comment)))


def _stat(row: Mapping[str, str]) -> Stat | None:
    query = row.get("query", "")
    try:
        calls, rows = int(row["calls"]), int(row["rows"])
        milliseconds = float(next(row[name] for name in TOTAL if row.get(name)))
    except (KeyError, ValueError, StopIteration):
        return None
    if calls < 1 or rows < 0 or not 0 <= milliseconds * NS_PER_MS <= LATEST_NS or not query:
        return None
    top = row.get("toplevel", "t")[:1].lower() != "f"
    return Stat(normalise(query, "postgresql"), comment_of(query), calls, rows, round(milliseconds * NS_PER_MS), top)


def _by_key(stat: Stat) -> Reading | None:
    """How a SELECT reads that asks for the rows of one key; None for all others."""
    if stat.normal.operation != "SELECT":
        return None
    reading = reading_of(stat.normal.parseable, stat.normal.operation)
    most = MOST_ROWS.get(reading.shape, 0)
    return reading if len(reading.where_columns) == 1 and stat.rows <= most * stat.calls else None


def _loops(comment: Comment | None, stats: Sequence[Stat], keyed: Mapping[Stat, Reading]) -> list[Keyed]:
    if comment is not None:
        base = min(stat.calls for stat in stats)
        least = LEAST_REPEATS * base
    else:
        base = sum(stat.calls for stat in stats if stat not in keyed and stat.normal.operation == "SELECT") or 1
        least = max(LEAST_CALLS, LEAST_REPEATS * base)
    return [Keyed(stat, keyed[stat], stat.calls // base) for stat in stats if stat in keyed and stat.calls >= least]


def _hotspot(kind: HotspotKind, comment: Comment | None, found: Sequence[Keyed]) -> Hotspot:
    patterns = tuple(_pattern(one) for one in found)
    route, controller = (comment.route, comment.controller) if comment else (None, None)
    entry = Entry(
        type="http" if route is not None else "unknown", route_raw=route,
        route_canonical=canonical(route) if route is not None else None, transaction_name=controller,
    )  # fmt: skip
    key = EntryKey(None, "http" if route is not None else "unknown", None, entry.route_canonical, controller)
    calls = min(one.stat.calls // one.repeats for one in found) if comment else 0
    total = sum(one.stat.total_ns for one in found)
    loop = kind == "n_plus_one_db"
    limits = ["sums of the database: repeats per request are a guess from how often other statements run"] * loop
    limits += ["the route is that of the first call only; other entries may share the statement"] * (
        comment is not None
    )
    return Hotspot(
        id=identity(kind, key, entry, patterns, ()),
        kind=kind,
        source=From(vendor=VENDOR, format=FORMAT),
        entry=entry,
        patterns=patterns,
        metrics=Metrics(
            requests_in_window=calls, p50_ns=0, p95_ns=0, p99_ns=0, total_ns=total, db_ns=total,
            avoidable_ns_per_request=total // calls - sum(p.mean_ns for p in patterns) if loop and calls else 0,
        ),
        trust=Trust(
            confidence=(0.4 if comment else 0.3) if loop else 0.8,
            reasons=tuple(
                f"{counted(one.stat.calls, 'call')} of {one.stat.total_ns // one.stat.calls / NS_PER_MS:.3f} ms, "
                f"{one.stat.rows / one.stat.calls:.1f} rows each" for one in found
            ),
            limits=tuple(limits),
        ),
    )  # fmt: skip


def _pattern(one: Keyed) -> Pattern:
    normal, reading = one.stat.normal, one.reading
    return Pattern(
        fingerprint=normal.fingerprint, statement=normal.statement, dialect="postgresql", operation=reading.operation,
        tables=reading.tables, where_columns=reading.where_columns, shape=reading.shape,
        count=Count(p50=one.repeats, p95=one.repeats, max=one.repeats), traces=0, spans=one.stat.calls,
        total_ns=one.stat.total_ns, mean_ns=one.stat.total_ns // one.stat.calls, sequential=1.0,
    )  # fmt: skip
