"""OpenTelemetry traces as OTLP JSON: one request per line (file exporters, Collector) or one document.

Also inside the answers of Tempo (`batches`, or in `trace`) and of Jaeger's v3 API (in `result`), and with the scopes
under their name of before 2022.
"""

from collections.abc import Iterator

import msgspec

from bot.errors import UserError
from bot.hotspots import semconv
from bot.hotspots.jsontext import Text, documents, part
from bot.hotspots.mending import Records
from bot.hotspots.semconv import STABLE_NAMES, Attributes, Core
from bot.hotspots.source import Source
from bot.hotspots.span import Span, SpanKind
from bot.hotspots.values import identity, nanoseconds, parent_identity

TITLE = "OpenTelemetry OTLP JSON (lines or one document)"
VENDOR = "opentelemetry"
FORMAT = "otlp-json"
LINES = True
NO_STATEMENT = semconv.NO_STATEMENT

SCOPES = (b'"scopeSpans"', b'"instrumentationLibrarySpans"')
RECORDS = Records((b'"resourceSpans"', b'"batches"'), b'"spans"', needs=b'"resource"')
KINDS: dict[int | str, SpanKind] = {1: "internal", 2: "server", 3: "client", 5: "consumer"}


class Value(msgspec.Struct, gc=False):
    """An attribute value; only the kinds that are read."""

    stringValue: str | None = None  # noqa: N815
    intValue: int | str | None = None  # noqa: N815
    doubleValue: float | str | None = None  # noqa: N815
    boolValue: bool | None = None  # noqa: N815


class Attribute(msgspec.Struct, gc=False):
    """A key and its value."""

    key: str
    value: Value = msgspec.field(default_factory=Value)


class OtlpSpan(msgspec.Struct, gc=False, rename="camel"):
    """A span; 64-bit integers come as text, ids as hexadecimal text."""

    trace_id: str
    span_id: str
    start_time_unix_nano: int | str
    end_time_unix_nano: int | str
    name: str = ""
    parent_span_id: str | None = None
    trace_state: str | None = None
    kind: int | str = 1
    attributes: list[Attribute] = []


class ScopeSpans(msgspec.Struct, rename="camel"):
    """The spans of one instrumentation."""

    spans: list[OtlpSpan] = []


class Resource(msgspec.Struct):
    """The process that sent the spans."""

    attributes: list[Attribute] = []


class ResourceSpans(msgspec.Struct, rename="camel"):
    """The spans of one process."""

    resource: Resource = msgspec.field(default_factory=Resource)
    scope_spans: list[ScopeSpans] = []
    instrumentation_library_spans: list[ScopeSpans] = []


class Request(msgspec.Struct, rename="camel"):
    """One OTLP export request; lines with metrics or logs have no spans."""

    resource_spans: list[ResourceSpans] = []
    batches: list[ResourceSpans] = []
    trace: "Request | None" = None
    result: "Request | None" = None


class RawScopeSpans(msgspec.Struct, rename="camel"):
    """As `ScopeSpans`, each span still text."""

    spans: list[msgspec.Raw] = []


class RawResourceSpans(msgspec.Struct, rename="camel"):
    """As `ResourceSpans`, each span still text."""

    resource: Resource = msgspec.field(default_factory=Resource)
    scope_spans: list[RawScopeSpans] = []
    instrumentation_library_spans: list[RawScopeSpans] = []


class RawRequest(msgspec.Struct, rename="camel"):
    """As `Request`, each span still text."""

    resource_spans: list[RawResourceSpans] = []
    batches: list[RawResourceSpans] = []
    trace: "RawRequest | None" = None
    result: "RawRequest | None" = None


_REQUEST = msgspec.json.Decoder(Request)
_RAW_REQUEST = msgspec.json.Decoder(RawRequest)
_SPAN = msgspec.json.Decoder(OtlpSpan)


def sniff(head: bytes) -> bool:
    """Whether the first bytes hold OTLP's outer key, or Tempo's in its place."""
    return b'"resourceSpans"' in head or (b'"batches"' in head and any(key in head for key in SCOPES))


def read(source: Source) -> Iterator[Span]:
    """Every span of the stream; a span with a wrong field is dropped.

    Raises:
        UserError: no JSON at all.
    """
    for document in documents(source, _REQUEST, lambda text: _salvaged(text, source), RECORDS):
        request = document
        while (inner := request.trace or request.result) is not None:
            request = inner
        for process in request.resource_spans or request.batches:
            resource = _texts(process.resource.attributes)
            for scope in process.scope_spans or process.instrumentation_library_spans:
                for span in scope.spans:
                    try:
                        yield _row(span, resource)
                    except UserError as error:
                        source.drop("a span without a valid time or id", UserError(f"{source.label}: {error}"))


def _salvaged(text: Text, source: Source) -> Request:
    """The good spans of a request in which something is wrong."""
    request = part(text, _RAW_REQUEST, source, source.label) or RawRequest()
    while (inner := request.trace or request.result) is not None:
        request = inner
    good = []
    for process in request.resource_spans or request.batches:
        scopes = process.scope_spans or process.instrumentation_library_spans
        found = (part(raw, _SPAN, source, f"{source.label}: a span") for scope in scopes for raw in scope.spans)
        good.append(ResourceSpans(process.resource, [ScopeSpans([span for span in found if span is not None])]))
    return Request(good)


def _row(span: OtlpSpan, resource: Attributes) -> Span:
    start = nanoseconds(span.start_time_unix_nano, "startTimeUnixNano")
    duration = nanoseconds(span.end_time_unix_nano, "endTimeUnixNano") - start
    kind = KINDS.get(span.kind) or semconv.kind_of(span.kind)
    core = Core(
        identity(span.trace_id, "traceId"),
        identity(span.span_id, "spanId"),
        parent_identity(span.parent_span_id, "parentSpanId"),
        kind,
        span.name,
        start,
        duration if duration > 0 else 0,
    )
    return semconv.row(core, _texts(span.attributes), resource, span.trace_state)


def _texts(attributes: list[Attribute]) -> Attributes:
    """As `semconv.stable`; most values are text, and most attributes are not read at all."""
    found: Attributes = {}
    for attribute in attributes:
        name = STABLE_NAMES.get(attribute.key)
        if name is not None and (name == attribute.key or name not in found):
            value = attribute.value
            text = value.stringValue if value.stringValue is not None else _number(value)
            if text:
                found[name] = text
    return found


def _number(value: Value) -> str:
    number = value.intValue if value.intValue is not None else value.doubleValue
    return semconv.text_of(number if number is not None else value.boolValue)
