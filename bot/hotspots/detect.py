"""From what the requests of all entries add up to, to hotspots: one per kind, service and entry."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from bot.hotspots.locate import locations
from bot.hotspots.loops import EntryKey
from bot.hotspots.measure import commonest, metrics, monthly_volume, spread, timestamp
from bot.hotspots.reading import Reading, reading_of
from bot.hotspots.totals import CallTotals, EntryTotals, Totals
from bot.hotspots.traces import Call, Export
from bot.records import Entry, Handler, Hotspot, HotspotKind, Location, Pattern, Source, Trust
from bot.words import counted

_MASKED_NAME = re.compile(r"\?\s*\.\s*\?")
MUCH_SEEN = 3  # requests from which a repetition is no accident
# Stores whose commands are no SQL (OpenTelemetry's `db.system.name`): a round trip each, and nothing to parse.
_NO_SQL = frozenset(
    {"redis", "memcached", "mongodb", "elasticsearch", "opensearch", "aws.dynamodb", "dynamodb", "couchdb", "couchbase"}
    | {"azure.cosmosdb", "cosmosdb", "hbase", "neo4j", "influxdb"}
)


Window = tuple[int, int]  # first start and last end of all spans, nanoseconds since 1970


class _Whole(NamedTuple):
    """What all hotspots of an export share."""

    export: Export
    window: Window
    calls: Mapping[str, Call]
    services: Counter[str | None]  # nanoseconds of all requests


def detect(totals: Totals, calls: Mapping[str, Call], window: Window, export: Export) -> list[Hotspot]:
    """The hotspots in what the requests of an export add up to, in no particular order."""
    services: Counter[str | None] = Counter()
    for entry in totals.values():
        services[entry.key.service] += sum(entry.durations)
    whole = _Whole(export, window, calls, services)
    return [_hotspot(kind, entry, repeated, whole) for entry in totals.values() for kind, repeated in _by_kind(entry)]


def _by_kind(entry: EntryTotals) -> Iterator[tuple[HotspotKind, dict[str, CallTotals]]]:
    """What is wrong with an entry: the calls that repeat, one group per kind, and each slow statement by itself."""
    kinds: dict[HotspotKind, dict[str, CallTotals]] = defaultdict(dict)
    for call, loops in entry.loops.items():
        kinds[_kind(loops)][call] = loops
    yield from kinds.items()
    for call, slow in entry.slow.items():
        if call not in entry.loops:
            yield "slow_query", {call: slow}


def _kind(loops: CallTotals) -> HotspotKind:
    if loops.identical:
        return "repeated_identical"
    return "n_plus_one_db" if loops.category == "db" else "n_plus_one_http"


def _hotspot(kind: HotspotKind, totals: EntryTotals, repeated: Mapping[str, CallTotals], whole: _Whole) -> Hotspot:
    readings = [_pattern(loops, whole.calls[call]) for call, loops in repeated.items()]
    patterns = tuple(sorted((pattern for pattern, _ in readings), key=lambda p: (-p.total_ns, p.fingerprint)))
    entry = _entry(totals, repeated.values())
    places = locations(repeated.values(), entry.handler)
    volume, sampling = monthly_volume(totals, whole.window)
    return Hotspot(
        id=identity(kind, totals.key, entry, patterns, places),
        kind=kind,
        source=Source(
            vendor=whole.export.vendor,
            format=whole.export.format,
            service=totals.key.service,
            env=commonest(totals.environments),
            release=commonest(totals.releases),
            window_start=timestamp(whole.window[0]),
            window_end=timestamp(whole.window[1]),
            sampling=sampling,
        ),
        entry=entry,
        patterns=patterns,
        locations=places,
        metrics=metrics(totals, patterns, volume, whole.services[totals.key.service]),
        trust=_trust(kind, totals, patterns, all(understood for _, understood in readings)),
    )


def _pattern(loops: CallTotals, call: Call) -> tuple[Pattern, bool]:
    """The pattern that the loops over one call make, and whether its statement was understood."""
    is_sql = call.parseable and call.system not in _NO_SQL
    reading = reading_of(call.parseable, call.operation) if is_sql else Reading(call.operation, shape="call")
    spans = sum(loops.repeats)
    pattern = Pattern(
        fingerprint=call.fingerprint,
        statement=call.statement,
        dialect=call.system or None if loops.category == "db" else None,
        operation=reading.operation,
        tables=reading.tables,
        where_columns=reading.where_columns,
        shape=reading.shape,
        count=spread(loops.repeats),
        traces=len(loops.repeats),
        spans=spans,
        total_ns=loops.total_ns,
        mean_ns=loops.total_ns // spans,
        sequential=round(loops.in_sequence / loops.pairs, 3) if loops.pairs else 1.0,
    )
    return pattern, reading.understood


def _entry(totals: EntryTotals, repeated: Iterable[CallTotals]) -> Entry:
    handlers: Counter[Handler] = Counter()
    for loops in repeated:
        handlers += loops.handlers
    return Entry(
        type=totals.key.type,
        method=totals.key.method,
        route_raw=commonest(totals.routes),
        route_canonical=totals.key.route,
        url_sample=totals.path,
        transaction_name=commonest(totals.names),
        handler=commonest(handlers),
    )


def identity(
    kind: HotspotKind, key: EntryKey, entry: Entry, patterns: Sequence[Pattern], places: Sequence[Location]
) -> str:
    """The same for the same problem from any APM, framework dialect or ORM version."""
    where = f"{key.method or ''} {key.route}" if key.route is not None else _handler_name(entry) or key.name or ""
    # Agents name a file from different folders up; where statements tell hotspots apart, its own name is enough.
    names = {place: place.file.rpartition("/")[2] if patterns else place.file for place in places}
    exact = sorted(f"{names[place]}:{place.line}" for place in places if place.precision == "exact_line")
    parts = (kind, key.service or "", where, *sorted(pattern.fingerprint for pattern in patterns), *exact)
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:16]


def _handler_name(entry: Entry) -> str:
    handler = entry.handler
    return f"{handler.module or ''}:{handler.qualname}" if handler and handler.qualname else ""


def _trust(kind: HotspotKind, totals: EntryTotals, patterns: Sequence[Pattern], understood: bool) -> Trust:
    seen = max(pattern.traces for pattern in patterns)
    limits = []
    if seen < totals.requests:
        limits.append(f"{'slow' if kind == 'slow_query' else 'repeats'} in {seen} of {totals.requests} requests")
    if seen < MUCH_SEEN:
        limits.append(f"seen in {counted(seen, 'request')} only")
    if totals.key.route and not totals.routes:
        limits.append("the export names no route; it is guessed from the URL")
    if not understood:
        limits.append("a statement could not be parsed")
    if any(_MASKED_NAME.search(pattern.statement) for pattern in patterns):
        limits.append("the export masks the columns of a statement; only its table is known")
    if min(pattern.sequential for pattern in patterns) < 1:
        limits.append("some of the repeated calls overlap")
    return Trust(
        confidence=max(0.1, round(0.95 - 0.1 * len(limits), 2)), reasons=_reasons(kind, patterns), limits=tuple(limits)
    )


def _reasons(kind: HotspotKind, patterns: Sequence[Pattern]) -> tuple[str, ...]:
    if kind == "slow_query":
        return (f"a single call takes {patterns[0].mean_ns // 1_000_000} ms on average",)
    most = max(pattern.count.max for pattern in patterns)
    return f"up to {most} equal calls under one parent span", f"different calls that repeat: {len(patterns)}"
