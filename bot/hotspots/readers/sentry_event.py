"""Sentry events as JSON: a stored transaction, or the event of an issue with Sentry's own finding (one or a list).

The spans of an issue's event go through our detector; what Sentry found is only a reason to believe the result. The
API writes `evidenceData` in camel case, the server's own export in snake case.
"""

from collections.abc import Iterator, Mapping

import msgspec

from bot.errors import UserError
from bot.hotspots import sentry
from bot.hotspots.items import items
from bot.hotspots.jsontext import part
from bot.hotspots.sentry import Contexts, RequestInfo, TraceContext, Transaction, spans_of
from bot.hotspots.source import Source
from bot.hotspots.span import Span
from bot.hotspots.traces import Traces
from bot.hotspots.verdict import Verdict

TITLE = "Sentry event JSON (a transaction, or the latest event of an issue)"
VENDOR = "sentry"
FORMAT = "sentry-event"
NO_STATEMENT = sentry.NO_STATEMENT

# Sentry's own numbers of the findings that are ours as well.
FINDINGS = {1001: "Slow DB Query", 1006: "N+1 Query", 1007: "Consecutive DB Queries", 1010: "N+1 API Call",
            1009: "Consecutive HTTP"}  # fmt: skip


class Entry(msgspec.Struct):
    """A part of an event: spans, the request, breadcrumbs, ..."""

    type: str | None = None
    data: msgspec.Raw = msgspec.Raw(b"null")


class Occurrence(msgspec.Struct):
    """What Sentry's detector found; `type` is the number of the finding."""

    type: int | None = None
    camel: dict[str, object] | None = msgspec.field(name="evidenceData", default=None)
    snake: dict[str, object] | None = msgspec.field(name="evidence_data", default=None)


class Event(Transaction):
    """An event of the API (its times and spans elsewhere) or of the store."""

    entries: list[Entry] | None = None
    occurrence: Occurrence | None = None
    tags: object = None
    begin: float | str | None = msgspec.field(name="startTimestamp", default=None)
    end: float | str | None = msgspec.field(name="endTimestamp", default=None)


class Times(msgspec.Struct):
    """When a span ran, and in which trace."""

    trace_id: str | None = None
    start_timestamp: float | str | None = None
    timestamp: float | str | None = None


_EVENT = msgspec.json.Decoder(Event)
_SPANS = msgspec.json.Decoder(list[msgspec.Raw])
_REQUEST = msgspec.json.Decoder(RequestInfo)
_TIMES = msgspec.json.Decoder(Times)


def sniff(head: bytes) -> bool:
    """Whether the first bytes hold what only an event of Sentry has."""
    if b'"entries"' in head and any(key in head for key in (b'"eventID"', b'"occurrence"', b'"start_timestamp"')):
        return True
    first = head.lstrip()[:1] in (b"{", b"[")
    stored = all(key in head for key in (b'"transaction"', b'"spans"', b'"start_timestamp"'))
    return first and stored and b'"content_type"' not in head and b'"sent_at"' not in head


def read(source: Source) -> Iterator[Span | Verdict]:
    """Every span of the events, and what Sentry found about them.

    Raises:
        UserError: no JSON, or no event with spans.
    """
    for item in items(source):
        event = part(item, _EVENT, source, f"{source.label}: an event")
        if event is None:
            continue
        whole = _completed(event, source)
        if not whole.spans:
            hint = "fetch the event itself, with its entries, and not the issue"
            source.drop("event without spans", UserError(f"{source.label}: an event holds no spans; {hint}."))
            continue
        spans = list(spans_of(whole, source))
        yield from spans
        yield from _verdict(event.occurrence, spans)


def _completed(event: Event, source: Source) -> Event:
    """The event with all that the API keeps apart in its place."""
    entries = {entry.type: entry.data for entry in event.entries or ()}
    spans = event.spans
    if spans is None and "spans" in entries:
        spans = part(entries["spans"], _SPANS, source, f"{source.label}: the spans of an event")
    request = event.request
    if request is None and "request" in entries:
        request = part(entries["request"], _REQUEST, source, f"{source.label}: the request of an event")
    times = [t for raw in spans or () if (t := part(raw, _TIMES, source, f"{source.label}: a span"))]
    starts = sorted((t.start_timestamp for t in times if t.start_timestamp is not None), key=_order)
    ends = sorted((t.timestamp for t in times if t.timestamp is not None), key=_order)
    tags = _tags(event.tags)
    evidence = _evidence(event.occurrence)
    release = event.release.get("version") if isinstance(event.release, dict) else event.release
    return msgspec.structs.replace(
        event,
        spans=spans,
        request=request,
        start_timestamp=event.start_timestamp or event.begin or next(iter(starts), None),
        timestamp=event.timestamp or event.end or next(reversed(ends), None),
        transaction=event.transaction or tags.get("transaction") or _text(evidence, "transactionName"),
        environment=event.environment or tags.get("environment"),
        release=release or tags.get("release"),
        contexts=event.contexts or _made_up(times, evidence),
    )


def _made_up(times: list[Times], evidence: Mapping[str, object]) -> Contexts | None:
    """The root span that Sentry's finding names, where the event has lost its own."""
    parents = evidence.get("parentSpanIds")
    root = parents[0] if isinstance(parents, list) and parents and isinstance(parents[0], str) else None
    trace = next((time.trace_id for time in times if time.trace_id), root)
    return Contexts(TraceContext(trace, root, op="http.server")) if root and trace else None


def _verdict(occurrence: Occurrence | None, spans: list[Span]) -> Iterator[Verdict]:
    name = FINDINGS.get(occurrence.type or 0) if occurrence else None
    offenders = _evidence(occurrence).get("offenderSpanIds")
    if name is None or not isinstance(offenders, list):
        return
    ids = {sentry.identifier(str(offender)) for offender in offenders}
    reported = Traces()
    for span in spans:
        if span.span_id in ids:
            reported.add(span)
    yield Verdict(frozenset(reported.calls), f'Sentry\'s own detector reports it as "{name}"')


def _evidence(occurrence: Occurrence | None) -> Mapping[str, object]:
    """What the detector says, under the names of the API."""
    if occurrence is None:
        return {}
    snake = occurrence.snake or {}
    return {_camel(name): value for name, value in snake.items()} | (occurrence.camel or {})


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _tags(tags: object) -> dict[str, str]:
    """Tags as a mapping: the API writes a list of objects, the store a mapping or a list of pairs."""
    if isinstance(tags, dict):
        return {str(key): str(value) for key, value in tags.items()}
    found: dict[str, str] = {}
    for tag in tags if isinstance(tags, list) else ():
        if isinstance(tag, dict):
            found[str(tag.get("key"))] = str(tag.get("value"))
        elif isinstance(tag, list) and len(tag) == 2:
            found[str(tag[0])] = str(tag[1])
    return found


def _text(evidence: Mapping[str, object], name: str) -> str | None:
    found = evidence.get(name)
    return found if isinstance(found, str) else None


def _order(time: float | str) -> tuple[bool, float, str]:
    """Numbers by size, dates by their text: a file has one kind of them."""
    return isinstance(time, str), 0.0 if isinstance(time, str) else time, time if isinstance(time, str) else ""
