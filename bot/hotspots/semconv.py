"""From OpenTelemetry's attribute names to the one row: for every source that carries them, in whatever framing.

The stable semantic conventions first, then the deprecated ones (opentelemetry.io/docs/specs/semconv) and those of
OpenTracing and Brave.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from bot.hotspots.span import Code, Span, SpanKind
from bot.hotspots.values import is_project_file, small_number

NO_STATEMENT = (
    "switch statement capture on in the instrumentation, and stop the Collector from redacting db.query.text "
    "(or the older db.statement)"
)
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
        ("url.path", "http.target", "http.path"),
        ("url.template",),
        ("db.system.name", "db.system", "db.type"),
        ("db.query.text", "db.statement", "sql.query"),
        ("db.operation.name", "db.operation"),
        ("rpc.system.name", "rpc.system"),
        ("rpc.method",),
        ("celery.task_name",),
        ("code.file.path", "code.filepath"),
        ("code.line.number", "code.lineno"),
        ("code.function.name", "code.function"),
        ("code.namespace",),
        ("span.kind",),
        ("w3c.tracestate",),
        ("sampler.type",),
        ("sampler.param",),
    )
    for name in names
}
KINDS: dict[str, SpanKind] = {
    "server": "server",
    "client": "client",
    "consumer": "consumer",
    "2": "server",
    "3": "client",
    "5": "consumer",
}
THRESHOLD_DIGITS = 14  # a sampling threshold is a 56-bit fraction in hexadecimal, trailing zeros dropped
_THRESHOLD = re.compile(r"(?:^|,)\s*ot=(?:[^,]*;)?th:([0-9a-f]{1,14})(?=[;,\s]|$)")
_TEMPLATE = re.compile(r"[A-Za-z]+ (\S*[{<:(]\S*)")

Attributes = dict[str, str]


class Core(NamedTuple):
    """What every source says about a span outside its attributes; times in nanoseconds."""

    trace_id: str
    span_id: str
    parent_id: str | None
    kind: SpanKind
    name: str
    start_ns: int
    duration_ns: int


def kind_of(value: str | int) -> SpanKind:
    """The kind in any spelling: `SPAN_KIND_SERVER`, `SpanKind.SERVER`, `Server`, `server`, OTLP's number."""
    return KINDS.get(re.split(r"[._]", str(value).lower())[-1], "internal")


def stable(pairs: Iterable[tuple[str, object]]) -> Attributes:
    """The attributes that are read, under their stable names; a stable name wins over a deprecated one."""
    found: Attributes = {}
    for key, value in pairs:
        name = STABLE_NAMES.get(key)
        if name is not None and (name == key or name not in found) and (text := text_of(value)):
            found[name] = text
    return found


def text_of(value: object) -> str:
    """A value as text: whole numbers without a point, of a list its first item, nothing for what has no text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return text_of(value[0]) if value else ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    return str(value) if isinstance(value, int) else ""


def row(core: Core, attributes: Attributes, resource: Attributes, trace_state: str | None = None) -> Span:
    """The span that a source's fields and attributes make; `resource` describes the process."""
    trace_id, span_id, parent_id, kind, name, start_ns, duration_ns = core
    get = attributes.get
    service = resource.get("service.name")
    if service and service.startswith("unknown_service"):  # the SDK's own placeholder
        service = None
    if kind == "internal" and "db.query.text" in attributes:  # as the conventions allow for a database in the process
        kind = "client"
    if kind == "client":  # by far the most, so they pay only for what a call has
        return Span(
            trace_id=trace_id,
            span_id=span_id,
            parent_id=parent_id,
            kind=kind,
            name=name,
            start_ns=start_ns,
            duration_ns=duration_ns,
            service=service or None,
            environment=resource.get("deployment.environment.name"),
            release=resource.get("service.version"),
            method=get("http.request.method"),
            url=get("url.full"),
            url_template=get("url.template"),
            db_system=get("db.system.name"),
            statement=get("db.query.text"),
            rpc_system=get("rpc.system.name"),
            operation=(get("db.operation.name") or get("rpc.method") or name).partition(" ")[0] or None,
            code=_code(attributes),
        )
    route, url = get("http.route"), get("url.full")
    if kind == "server":
        route = route or _route_in_name(name, attributes)
        url = url or get("url.path")
    return Span(
        trace_id=trace_id,
        span_id=span_id,
        parent_id=parent_id,
        kind=kind,
        name=name,
        start_ns=start_ns,
        duration_ns=duration_ns,
        service=service or None,
        environment=resource.get("deployment.environment.name"),
        release=resource.get("service.version"),
        weight=weight(trace_state) if trace_state else None,
        method=get("http.request.method"),
        route=route,
        url=url,
        status=small_number(get("http.response.status_code")),
        transaction=get("celery.task_name"),
        code=_code(attributes),
    )


def weight(trace_state: str) -> float | None:
    """How many requests one sampled request stands for: 2^56 / (2^56 - threshold), from `ot=th:<threshold>`.

    Source: opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling.
    """
    found = _THRESHOLD.search(trace_state)
    if found is None:
        return None
    return 2**56 / (2**56 - int(found[1].ljust(THRESHOLD_DIGITS, "0"), 16))


def _route_in_name(name: str, attributes: Attributes) -> str | None:
    """`GET /orders/{id}` names the route; without a parameter it may as well be the path of the request."""
    found = _TEMPLATE.fullmatch(name) if "http.request.method" in attributes else None
    return found[1] if found else None


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
