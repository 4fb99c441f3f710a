"""What New Relic's transaction events say: how often an entry ran, and how many calls it made, but not which.

They are counted apart from spans, by entry. Where they are all there is, many calls per request are a hint at a loop.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bot.errors import UserError
from bot.hotspots.detect import identity
from bot.hotspots.loops import EntryKey
from bot.hotspots.measure import commonest, percentile, spread, timestamp
from bot.hotspots.newrelic import Row, duration_of, handler_of, number, short_name, start_of, text
from bot.hotspots.route import canonical_of_url, path_of
from bot.hotspots.source import Source
from bot.hotspots.statement import fingerprint
from bot.hotspots.traces import Export
from bot.hotspots.traffic import Traffic
from bot.records import Entry, Hotspot, HotspotKind, Metrics, Pattern, Trust
from bot.records import Source as From

Window = tuple[int, int]  # from, to, in nanoseconds
LEAST_CALLS = 2  # per request; the threshold of the settings comes after this one
MOST_CALLS = 1_000_000_000  # per request; more is no count
NANOSECONDS = 1_000_000_000
CONFIDENCE = 0.3
LIMIT = "the export holds no statements; export Span rows of this transaction"
CALLS: tuple[tuple[HotspotKind, str, str, str], ...] = (
    ("n_plus_one_db", "databaseCallCount", "databaseDuration", "SELECT"),
    ("n_plus_one_http", "externalCallCount", "externalDuration", "GET"),
)


class Ran(NamedTuple):
    """One transaction event; times in nanoseconds."""

    row: Row
    start_ns: int
    duration_ns: int
    path: str | None


def traffic_of(rows: Sequence[Row], scale: float, source: Source) -> Iterator[Traffic]:
    """How often each transaction ran; `scale` is how many transactions one event stands for."""
    for (service, method, name), events in sorted(_by_entry(rows, source).items()):
        durations = sorted(event.duration_ns for event in events)
        yield Traffic(
            requests=round(len(events) * scale, 3),
            service=service or None,
            method=method or None,
            transaction=short_name(name),
            start_ns=min(event.start_ns for event in events),
            end_ns=max(event.start_ns + event.duration_ns for event in events),
            p50_ns=percentile(durations, 50),
            p99_ns=percentile(durations, 99),
            total_ns=round(sum(durations) * scale),
        )


def traffic_of_facets(rows: Sequence[Row], windows: Sequence[Window]) -> Iterator[Traffic]:
    """The counts of `SELECT count(*), sum(duration) FACET name`, in the one window of `windows`, if it is one."""
    start, end = windows[0] if len(set(windows)) == 1 else (None, None)
    for row in rows:
        facet = row.get("facet")
        name = text(row, "name") or str(facet[0] if isinstance(facet, list) and facet else facet)
        total = number(row, "sum.duration")
        yield Traffic(
            requests=number(row, "count") or 0.0,
            service=text(row, "appName"),
            transaction=short_name(name),
            start_ns=start,
            end_ns=end,
            total_ns=round(total * NANOSECONDS) if total is not None else None,
        )


def without_statements(rows: Sequence[Row], export: Export, source: Source) -> Iterator[Hotspot]:
    """A hotspot of little confidence for each transaction of which at least half make many calls of one sort."""
    for (service, method, name), events in sorted(_by_entry(rows, source).items()):
        for kind, count, time, operation in CALLS:
            counts = [min(MOST_CALLS, max(0, round(number(event.row, count) or 0))) for event in events]
            if percentile(sorted(counts), 50) >= LEAST_CALLS:
                called_ns = round(sum(number(event.row, time) or 0.0 for event in events) * NANOSECONDS)
                pattern = _pattern(operation, counts, called_ns)
                yield _hotspot(kind, (service, method, name), events, pattern, export)


def _by_entry(rows: Sequence[Row], source: Source) -> dict[tuple[str, str, str], list[Ran]]:
    entries: dict[tuple[str, str, str], list[Ran]] = defaultdict(list)
    for row in rows:
        name = text(row, "name") or ""
        if "Transaction/" not in name or text(row, "http.statusCode", "response.status", "httpResponseCode") == "404":
            continue
        key = (text(row, "appName", "service.name", "entity.name") or "", text(row, "request.method") or "", name)
        url = text(row, "request.uri")
        try:
            start, duration = start_of(row, f"{source.label}: timestamp"), duration_of(row, f"{source.label}: duration")
        except UserError as error:
            source.drop("a value is out of range", error)
            continue
        entries[key].append(Ran(row, start, duration, path_of(url) if url else None))
    return entries


def _pattern(operation: str, counts: Sequence[int], called_ns: int) -> Pattern:
    calls = sum(counts)
    return Pattern(
        fingerprint=fingerprint(""),
        statement="",
        operation=operation,
        shape="other",
        count=spread(counts),
        traces=len(counts),
        spans=calls,
        total_ns=called_ns,
        mean_ns=called_ns // calls,
        sequential=1.0,
    )


def _hotspot(
    kind: HotspotKind, entry_key: tuple[str, str, str], events: Sequence[Ran], pattern: Pattern, export: Export
) -> Hotspot:
    service, method, name = entry_key
    web = name.startswith("WebTransaction")
    paths = Counter(event.path for event in events if event.path)
    path = commonest(paths) if web else None
    route = canonical_of_url(path) if path is not None else None
    entry = Entry(
        type="http" if web else "task",
        method=(method or None) if web else None,
        route_canonical=route,
        url_sample=min(paths, default=None),
        transaction_name=short_name(name),
        handler=handler_of(name),
    )
    key = EntryKey(service or None, "http" if web else "task", entry.method, route, short_name(name))
    durations = sorted(event.duration_ns for event in events)
    starts = [event.start_ns for event in events]
    database = kind == "n_plus_one_db"
    return Hotspot(
        id=identity(kind, key, entry, (pattern,), ()),
        kind=kind,
        source=From(
            vendor=export.vendor,
            format=export.format,
            service=service or None,
            window_start=timestamp(min(starts)),
            window_end=timestamp(max(event.start_ns + event.duration_ns for event in events)),
        ),
        entry=entry,
        patterns=(pattern,),
        metrics=Metrics(
            requests_in_window=len(events),
            p50_ns=percentile(durations, 50),
            p95_ns=percentile(durations, 95),
            p99_ns=percentile(durations, 99),
            total_ns=sum(durations),
            db_ns=pattern.total_ns if database else 0,
            http_ns=0 if database else pattern.total_ns,
            avoidable_ns_per_request=max(0, pattern.total_ns - len(events) * pattern.mean_ns) // len(events),
        ),
        trust=Trust(confidence=CONFIDENCE, reasons=(f"{pattern.count.p50} calls per request",), limits=(LIMIT,)),
    )
