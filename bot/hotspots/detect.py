"""From the requests of all entries to hotspots: one per kind, service and entry."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from bot.hotspots.locate import locations
from bot.hotspots.loops import EntryKey, Loop, Request, requests_in
from bot.hotspots.measure import commonest, metrics, monthly_volume, spread, timestamp
from bot.hotspots.reading import Reading, reading_of
from bot.hotspots.traces import Call, Traces
from bot.records import Entry, Hotspot, HotspotKind, Location, Pattern, Source, Trust

MUCH_SEEN = 3  # requests from which a repetition is no accident


class Export(NamedTuple):
    """Which export the traces came from."""

    vendor: str
    format: str


def detect(traces: Traces, export: Export, minimum_repeats: int) -> list[Hotspot]:
    """The hotspots in a set of traces, in no particular order."""
    requests: dict[EntryKey, list[Request]] = defaultdict(list)
    for request in requests_in(traces.whole(), minimum_repeats):
        requests[request.key].append(request)
    return [
        _hotspot(kind, loops, entry_requests, traces, export)
        for entry_requests in requests.values()
        for kind, loops in _by_kind(entry_requests).items()
    ]


def _by_kind(requests: Sequence[Request]) -> dict[HotspotKind, list[list[Loop]]]:
    """The loops of an entry: by kind, then by call."""
    calls: dict[str, list[Loop]] = defaultdict(list)
    for request in requests:
        for loop in request.loops:
            calls[loop.call].append(loop)
    kinds: dict[HotspotKind, list[list[Loop]]] = defaultdict(list)
    for loops in calls.values():
        kinds[_kind(loops)].append(loops)
    return kinds


def _kind(loops: Sequence[Loop]) -> HotspotKind:
    if all(loop.identical for loop in loops):
        return "repeated_identical"
    return "n_plus_one_db" if loops[0].category == "db" else "n_plus_one_http"


def _hotspot(
    kind: HotspotKind, calls: list[list[Loop]], requests: Sequence[Request], traces: Traces, export: Export
) -> Hotspot:
    readings = [_pattern(loops, traces.call(loops[0].call)) for loops in calls]
    patterns = tuple(sorted((pattern for pattern, _ in readings), key=lambda p: (-p.total_ns, p.fingerprint)))
    entry = _entry(requests, calls)
    places = locations([loop for loops in calls for loop in loops], entry.handler)
    window = (traces.start_ns or 0, traces.end_ns)
    volume, sampling = monthly_volume([request.weight for request in requests], window)
    return Hotspot(
        id=_identity(kind, requests[0].key, entry, patterns, places),
        kind=kind,
        source=_source(requests, window, sampling, export),
        entry=entry,
        patterns=patterns,
        locations=places,
        metrics=metrics(requests, patterns, volume),
        trust=_trust(requests, patterns, all(understood for _, understood in readings)),
    )


def _pattern(loops: Sequence[Loop], call: Call) -> tuple[Pattern, bool]:
    """The pattern that the loops over one call make, and whether its statement was understood."""
    reading = reading_of(call.parseable, call.operation) if call.parseable else Reading(call.operation, shape="call")
    spans, total = sum(loop.repeats for loop in loops), sum(loop.total_ns for loop in loops)
    pattern = Pattern(
        fingerprint=call.fingerprint,
        statement=call.statement,
        dialect=call.system or None if loops[0].category == "db" else None,
        operation=reading.operation,
        tables=reading.tables,
        where_columns=reading.where_columns,
        shape=reading.shape,
        count=spread([loop.repeats for loop in loops]),
        traces=len(loops),
        spans=spans,
        total_ns=total,
        mean_ns=total // spans,
        sequential=round(sum(loop.in_sequence for loop in loops) / sum(loop.pairs for loop in loops), 3),
    )
    return pattern, reading.understood


def _entry(requests: Sequence[Request], calls: Iterable[Sequence[Loop]]) -> Entry:
    key = requests[0].key
    handlers = Counter(loop.handler for loops in calls for loop in loops if loop.handler)
    paths = [request.path for request in requests if request.path]
    return Entry(
        type=key.type,
        method=key.method,
        route_raw=commonest(Counter(request.route_raw for request in requests if request.route_raw is not None)),
        route_canonical=key.route,
        url_sample=min(paths, default=None),
        transaction_name=commonest(Counter(request.name for request in requests if request.name)),
        handler=commonest(handlers),
    )


def _source(requests: Sequence[Request], window: tuple[int, int], sampling: str, export: Export) -> Source:
    facts = [request.facts for request in requests]
    return Source(
        vendor=export.vendor,
        format=export.format,
        service=requests[0].key.service,
        env=commonest(Counter(fact.environment for fact in facts if fact.environment)),
        release=commonest(Counter(fact.release for fact in facts if fact.release)),
        window_start=timestamp(window[0]),
        window_end=timestamp(window[1]),
        sampling=sampling,
    )


def _identity(
    kind: HotspotKind, key: EntryKey, entry: Entry, patterns: Sequence[Pattern], places: Sequence[Location]
) -> str:
    """The same for the same problem from any APM, framework dialect or ORM version."""
    where = f"{key.method or ''} {key.route}" if key.route is not None else _handler_name(entry) or key.name or ""
    exact = sorted(f"{place.file}:{place.line}" for place in places if place.precision == "exact_line")
    parts = (kind, key.service or "", where, *sorted(pattern.fingerprint for pattern in patterns), *exact)
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:16]


def _handler_name(entry: Entry) -> str:
    handler = entry.handler
    return f"{handler.module or ''}:{handler.qualname}" if handler and handler.qualname else ""


def _trust(requests: Sequence[Request], patterns: Sequence[Pattern], understood: bool) -> Trust:
    seen = max(pattern.traces for pattern in patterns)
    sequential = min(pattern.sequential for pattern in patterns)
    limits = []
    if seen < len(requests):
        limits.append(f"repeats in {seen} of {len(requests)} requests")
    if seen < MUCH_SEEN:
        limits.append(f"seen in {seen} request{'s' if seen > 1 else ''} only")
    if requests[0].key.route and all(request.route_raw is None for request in requests):
        limits.append("the export names no route; it is guessed from the URL")
    if not understood:
        limits.append("a repeated statement could not be parsed")
    if sequential < 1:
        limits.append("some of the repeated calls overlap")
    most = max(pattern.count.max for pattern in patterns)
    reasons = (f"up to {most} equal calls under one parent span", "different calls that repeat: " + str(len(patterns)))
    return Trust(confidence=max(0.1, round(0.95 - 0.1 * len(limits), 2)), reasons=reasons, limits=tuple(limits))
