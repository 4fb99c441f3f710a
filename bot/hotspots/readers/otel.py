"""OpenTelemetry traces as OTLP JSON: one request per line (file exporters, Collector) or one document.

Attribute names: the stable semantic conventions first, then the deprecated ones (opentelemetry.io/docs/specs/semconv).
"""

import re
from collections.abc import Iterator

import msgspec

from bot.hotspots.jsontext import documents
from bot.hotspots.source import Source
from bot.hotspots.span import Code, Span, SpanKind
from bot.hotspots.values import is_project_file, nanoseconds, small_number

TITLE = "OpenTelemetry OTLP JSON (lines or one document)"
VENDOR = "opentelemetry"
FORMAT = "otlp-json"
LINES = True
NO_STATEMENT = (
    "switch statement capture on in the instrumentation, and stop the Collector from redacting db.query.text "
    "(or the older db.statement)"
)

KINDS: dict[int | str, SpanKind] = {
    2: "server",
    3: "client",
    5: "consumer",
    "SPAN_KIND_SERVER": "server",
    "SPAN_KIND_CLIENT": "client",
    "SPAN_KIND_CONSUMER": "consumer",
}
THRESHOLD_DIGITS = 14  # a sampling threshold is a 56-bit fraction in hexadecimal, trailing zeros dropped
_THRESHOLD = re.compile(r"(?:^|,)\s*ot=(?:[^,]*;)?th:([0-9a-f]{1,14})(?=[;,\s]|$)")

# Every attribute that is read, under its stable name.
STABLE_NAMES = {
    name: names[0]
    for names in (
        ("service.name",),
        ("service.version",),
        ("deployment.environment.name", "deployment.environment"),
        ("http.request.method", "http.method"),
        ("http.response.status_code", "http.status_code"),
        ("http.route",),
        ("url.full", "http.url"),
        ("url.path", "http.target"),
        ("url.template",),
        ("db.system.name", "db.system"),
        ("db.query.text", "db.statement"),
        ("db.operation.name", "db.operation"),
        ("rpc.system.name", "rpc.system"),
        ("rpc.method",),
        ("celery.task_name",),
        ("code.file.path", "code.filepath"),
        ("code.line.number", "code.lineno"),
        ("code.function.name", "code.function"),
        ("code.namespace",),
    )
    for name in names
}

Attributes = dict[str, str]


class Value(msgspec.Struct, gc=False):
    """An attribute value; only the kinds that are read."""

    stringValue: str | None = None  # noqa: N815
    intValue: int | str | None = None  # noqa: N815


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


class Request(msgspec.Struct, rename="camel"):
    """One OTLP export request; lines with metrics or logs have no spans."""

    resource_spans: list[ResourceSpans] = []


def sniff(head: bytes) -> bool:
    """Whether the first bytes hold OTLP's outer key."""
    return b'"resourceSpans"' in head


def read(source: Source) -> Iterator[Span]:
    """Every span of the stream.

    Raises:
        UserError: no JSON, or a field that is missing or of the wrong type.
    """
    for request in documents(source, msgspec.json.Decoder(Request)):
        for process in request.resource_spans:
            resource = _texts(process.resource.attributes)
            for scope in process.scope_spans:
                for span in scope.spans:
                    yield _row(span, resource, source.label)


def _row(span: OtlpSpan, resource: Attributes, label: str) -> Span:
    attributes = _texts(span.attributes)
    kind = KINDS.get(span.kind, "internal")
    start = nanoseconds(span.start_time_unix_nano, f"{label}: startTimeUnixNano")
    end = nanoseconds(span.end_time_unix_nano, f"{label}: endTimeUnixNano")
    service = resource.get("service.name", "")
    url = attributes.get("url.full")
    parent = (span.parent_span_id or "").lower()
    return Span(
        trace_id=span.trace_id.lower(),
        span_id=span.span_id.lower(),
        parent_id=parent if parent.strip("0") else None,
        kind=kind,
        name=span.name,
        start_ns=start,
        duration_ns=max(0, end - start),
        service=None if service.startswith("unknown_service") else service or None,  # the SDK's own placeholder
        environment=resource.get("deployment.environment.name"),
        release=resource.get("service.version"),
        weight=_weight(span.trace_state) if span.trace_state else None,
        method=attributes.get("http.request.method"),
        route=attributes.get("http.route"),
        url=url or attributes.get("url.path") if kind == "server" else url,
        url_template=attributes.get("url.template"),
        status=small_number(attributes.get("http.response.status_code")),
        transaction=attributes.get("celery.task_name"),
        db_system=attributes.get("db.system.name"),
        statement=attributes.get("db.query.text"),
        rpc_system=attributes.get("rpc.system.name"),
        operation=_operation(span, attributes),
        code=_code(attributes),
    )


def _texts(attributes: list[Attribute]) -> Attributes:
    """The attributes that are read, under their stable names; a stable name wins over a deprecated one."""
    found: Attributes = {}
    for attribute in attributes:
        stable = STABLE_NAMES.get(attribute.key)
        if stable is None or (stable != attribute.key and stable in found):
            continue
        value = attribute.value.stringValue
        if value is None and attribute.value.intValue is not None:
            value = str(attribute.value.intValue)
        if value:
            found[stable] = value
    return found


def _operation(span: OtlpSpan, attributes: Attributes) -> str | None:
    """The operation alone: SQLAlchemy on PostgreSQL writes `SELECT shop`, operation and database."""
    text = attributes.get("db.operation.name") or attributes.get("rpc.method") or span.name
    return text.partition(" ")[0] or None


def _code(attributes: Attributes) -> Code | None:
    function = attributes.get("code.function.name")
    if function is None and "code.file.path" not in attributes:
        return None
    if function and "code.namespace" in attributes:  # only the deprecated spelling splits the name
        function = f"{attributes['code.namespace']}.{function}"
    file = attributes.get("code.file.path", "")
    if not is_project_file(file) or not (file or function):
        return None
    line = small_number(attributes.get("code.line.number"))
    return Code(file, line, function, "otel.code.line.number" if line else "otel.code.function.name")


def _weight(trace_state: str) -> float | None:
    """How many requests one sampled request stands for: 2^56 / (2^56 - threshold), from `ot=th:<threshold>`.

    Source: opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling.
    """
    found = _THRESHOLD.search(trace_state)
    if found is None:
        return None
    return 2**56 / (2**56 - int(found[1].ljust(THRESHOLD_DIGITS, "0"), 16))
