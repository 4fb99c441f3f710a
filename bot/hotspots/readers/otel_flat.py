"""Spans of OpenTelemetry one by one, each with its attributes as a plain map: no OTLP envelope around them.

X-Ray Transaction Search (log group `aws/spans`, whose names are documented but unverified here), the console exporter,
ClickHouse's `otel_traces`, Honeycomb events; on lines, in lists, or as messages in CloudWatch's answers.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from bot.errors import UserError
from bot.hotspots import semconv
from bot.hotspots.instants import instant
from bot.hotspots.jsontext import documents, part
from bot.hotspots.semconv import Attributes, Core
from bot.hotspots.source import Source
from bot.hotspots.span import Span
from bot.hotspots.values import identity, parent_identity

TITLE = "OpenTelemetry spans one by one (X-Ray Transaction Search, console exporter, ClickHouse, Honeycomb)"
VENDOR = "opentelemetry"
FORMAT = "flat-json"
LINES = True
NO_STATEMENT = semconv.NO_STATEMENT


class Dialect(NamedTuple):
    """How one writer names the fields of a span, nested names joined by points; `duration_ns` is the unit."""

    trace: str
    span: str
    parent: str
    name: str
    kind: str
    start: str
    end: str = ""
    duration: str = ""
    duration_ns: int = 1
    state: str = ""


DIALECTS = (
    Dialect(
        "traceId", "spanId", "parentSpanId", "name", "kind", "startTimeUnixNano", "endTimeUnixNano", "durationNano",
        state="traceState",
    ),
    Dialect(
        "context.trace_id", "context.span_id", "parent_id", "name", "kind", "start_time", "end_time",
        state="context.trace_state",
    ),
    Dialect(
        "TraceId", "SpanId", "ParentSpanId", "SpanName", "SpanKind", "Timestamp", duration="Duration",
        state="TraceState",
    ),
    Dialect(
        "trace.trace_id", "trace.span_id", "trace.parent_id", "name", "span.kind", "time", duration="duration_ms",
        duration_ns=1_000_000,
    ),
    Dialect(
        "trace.trace_id", "trace.span_id", "trace.parent_id", "name", "span.kind", "Timestamp", duration="duration_ms",
        duration_ns=1_000_000,
    ),
)  # fmt: skip
WRAPPERS = ("events", "results", "data", "Traces", "Spans")  # of CloudWatch Logs, Honeycomb, X-Ray's retrieved traces
TEXTS = ("message", "value", "Document")  # JSON in JSON
SERVICE_NAMES = ("ServiceName", "service_name", "serviceName")
PREFIXES = {"attributes": "", "SpanAttributes": "", "resource.attributes": "@", "ResourceAttributes": "@"}
VALUE_KINDS = frozenset({"stringValue", "intValue", "doubleValue", "boolValue"})
_SIGNATURES = (
    (b'"spanId"', b'"startTimeUnixNano"'),
    (b'"context"', b'"trace_id"', b'"parent_id"', b'"start_time"'),
    (b'"TraceId"', b'"SpanId"', b'"SpanName"'),
    (b'"trace.trace_id"', b'"trace.span_id"'),
)
_ANY = msgspec.json.Decoder(dict[str, object] | list[object])

Fields = Mapping[str, object]


def sniff(head: bytes) -> bool:
    """Whether the names are those of one of the dialects, without OTLP's envelope."""
    text = head.replace(b'\\"', b'"')  # messages in an answer are JSON in JSON
    return b'"resourceSpans"' not in text and any(all(key in text for key in keys) for keys in _SIGNATURES)


def read(source: Source) -> Iterator[Span]:
    """Every span of the stream; a bad one is dropped.

    Raises:
        UserError: no JSON at all.
    """
    for document in documents(source, _ANY):
        for record in _records(document, source):
            dialect = _dialect(record)
            if dialect is None:
                source.drop("a record that is no span")
                continue
            try:
                yield _row(record, dialect)
            except UserError as error:
                source.drop("a span without a valid time or id", UserError(f"{source.label}: {error}"))


def _records(document: object, source: Source) -> Iterator[Fields]:
    """The flattened spans of a document: itself, its items, or what an answer of CloudWatch or Honeycomb wraps."""
    if isinstance(document, list):
        for item in document:
            yield from _records(item, source)
    elif isinstance(document, dict):
        flat = dict(_flat(document))
        if _dialect(flat) is not None:
            yield flat
        elif inner := next((document[key] for key in WRAPPERS if isinstance(document.get(key), list | dict)), None):
            yield from _records(inner, source)
        elif text := next((document[key] for key in TEXTS if isinstance(document.get(key), str)), None):
            if document.get("field", "@message") == "@message":
                yield from _records(part(text.encode(), _ANY, source, f"{source.label}: a message"), source)
        else:
            yield flat


def _flat(record: Fields, prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in record.items():
        name = prefix + key
        if isinstance(value, dict) and len(value) == 1 and VALUE_KINDS.issuperset(value):
            yield name, next(iter(value.values()))
        elif isinstance(value, dict):
            yield from _flat(value, PREFIXES.get(name, f"{name}."))
        elif name in PREFIXES and isinstance(value, list):  # OTLP's own list of keys and values
            pairs = {pair["key"]: pair.get("value") for pair in value if isinstance(pair, dict) and "key" in pair}
            yield from _flat(pairs, PREFIXES[name])
        else:
            yield name, value


def _dialect(record: Fields) -> Dialect | None:
    return next((known for known in DIALECTS if known.span in record and known.start in record), None)


def _row(record: Fields, dialect: Dialect) -> Span:
    start = instant(record[dialect.start], dialect.start)
    kind = record.get(dialect.kind)
    core = Core(
        identity(_text(record, dialect.trace), dialect.trace),
        identity(_text(record, dialect.span), dialect.span),
        parent_identity(_text(record, dialect.parent), dialect.parent),
        semconv.kind_of(kind if isinstance(kind, str | int) else ""),
        _text(record, dialect.name),
        start,
        _duration(record, dialect, start),
    )
    attributes = semconv.stable(record.items())
    row = semconv.row(core, attributes, attributes | _resource(record), _text(record, dialect.state))
    rate = record.get("SampleRate")
    if isinstance(rate, int | float) and rate >= 1:
        return msgspec.structs.replace(row, weight=float(rate))
    return row


def _resource(record: Fields) -> Attributes:
    name = next((name for key in SERVICE_NAMES if (name := _text(record, key))), "")
    named = {"service.name": name} if name else {}
    return named | semconv.stable((key[1:], value) for key, value in record.items() if key.startswith("@"))


def _duration(record: Fields, dialect: Dialect, start: int) -> int:
    if dialect.end in record:
        return max(0, instant(record[dialect.end], dialect.end) - start)
    value = record.get(dialect.duration)
    try:
        number = float(value) if isinstance(value, str | int | float) else -1.0
        found = round(number * dialect.duration_ns)
    except (ValueError, OverflowError):
        found = -1
    if found < 0:
        raise UserError(f"{dialect.duration} is {str(value)[:40]!r}, expected a duration; check what wrote the file.")
    return found


def _text(record: Fields, key: str) -> str:
    value = record.get(key)
    return value if isinstance(value, str) else ""
