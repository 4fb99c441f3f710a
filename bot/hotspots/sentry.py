"""What Sentry's transactions and spans mean, whichever of its formats carries them.

A span has an `op` (`db`, `http.client`), a `description` (the SQL) and `data`, whose names are those of OpenTelemetry,
old or new. Names: develop.sentry.dev/sdk/telemetry/traces/span-operations.
"""

from collections.abc import Iterator, Mapping
from functools import partial

import msgspec

from bot.errors import UserError
from bot.hotspots.items import kept
from bot.hotspots.jsontext import part
from bot.hotspots.masked import masked_url
from bot.hotspots.moments import moment
from bot.hotspots.source import Source
from bot.hotspots.span import Code, Span, SpanKind
from bot.hotspots.values import is_project_file, small_number

NO_STATEMENT = "keep the SDK and Sentry's data scrubbing from removing the description of `db` spans"

Data = Mapping[str, object]
LOWEST_RATE = 1e-9  # below it, and above 1, a number is no sampling rate
KINDS: dict[str, SpanKind] = {
    "http.server": "server", "websocket.server": "server", "queue.process": "consumer", "queue.task": "consumer",
    "http.client": "client", "db": "client", "cache": "client", "rpc.client": "client", "grpc.client": "client",
}  # fmt: skip
# The attributes that are read, each under its new name and the deprecated ones.
NAMES = {
    "file": ("code.file.path", "code.filepath"),
    "line": ("code.line.number", "code.lineno"),
    "function": ("code.function.name", "code.function"),
    "system": ("db.system.name", "db.system"),
    "statement": ("db.query.text", "db.statement"),
    "url": ("url.full", "http.url", "url"),
    "query": ("http.query", "url.query"),
    "method": ("http.request.method", "http.method", "method"),
    "status": ("http.response.status_code", "http.status_code"),
}


class SpanItem(msgspec.Struct, gc=False):
    """A span of a transaction; times in seconds or ISO 8601."""

    span_id: str
    start_timestamp: float | str
    timestamp: float | str
    trace_id: str | None = None
    parent_span_id: str | None = None
    op: str | None = None
    description: str | None = None
    data: dict[str, object] | None = None


class TraceContext(msgspec.Struct, gc=False):
    """The root span of a transaction."""

    trace_id: str
    span_id: str
    parent_span_id: str | None = None
    op: str | None = None
    data: dict[str, object] | None = None


class Response(msgspec.Struct, gc=False):
    """What the request was answered."""

    status_code: int | str | None = None


class Contexts(msgspec.Struct, gc=False):
    """What a transaction says of its surroundings; only what is read."""

    trace: TraceContext | None = None
    response: Response | None = None


class RequestInfo(msgspec.Struct, gc=False):
    """The request that a transaction served."""

    url: str | None = None
    method: str | None = None


class Info(msgspec.Struct, gc=False):
    """Where the name of a transaction comes from: `route`, `component`, `url`, ..."""

    source: str | None = None


class Transaction(msgspec.Struct, gc=False):
    """A transaction with its spans."""

    transaction: str | None = None
    transaction_info: Info | None = None
    contexts: Contexts | None = None
    request: RequestInfo | None = None
    start_timestamp: float | str | None = None
    timestamp: float | str | None = None
    spans: list[msgspec.Raw] | None = None
    release: object = None
    environment: str | None = None


_SPAN = msgspec.json.Decoder(SpanItem)


def spans_of(event: Transaction, source: Source, weight: float | None = None) -> Iterator[Span]:
    """The root span of a transaction and all its spans; a bad one is dropped."""
    trace = event.contexts.trace if event.contexts else None
    if trace is None or event.start_timestamp is None or event.timestamp is None:
        error = UserError(f"{source.label}: a transaction has no trace context or no times; check what wrote the file.")
        source.drop("transaction without a trace context or times", error)
        return
    yield from kept(partial(_root, event, trace, weight, source.label), source)
    for raw in event.spans or ():
        item = part(raw, _SPAN, source, f"{source.label}: a span")
        yield from kept(partial(span_of, item, item.trace_id or trace.trace_id, source.label), source) if item else ()


def _root(event: Transaction, trace: TraceContext, weight: float | None, label: str) -> Span:
    start = moment(event.start_timestamp or 0.0, f"{label}: start_timestamp")
    request, data = event.request or RequestInfo(), trace.data or {}
    response = event.contexts.response if event.contexts else None
    status = response.status_code if response and response.status_code is not None else _text(data, "status")
    return Span(
        trace_id=identifier(trace.trace_id),
        span_id=identifier(trace.span_id),
        parent_id=identifier(trace.parent_span_id) if trace.parent_span_id else None,
        kind=kind_of(trace.op or "") or "internal",
        name=event.transaction or trace.op or "",
        start_ns=start,
        duration_ns=max(0, moment(event.timestamp or 0.0, f"{label}: timestamp") - start),
        environment=event.environment,
        release=event.release if isinstance(event.release, str) else None,
        weight=weight,
        method=request.method or _text(data, "method"),
        route=_route(event),
        url=masked_url(request.url) if request.url else None,
        status=small_number(str(status)) if status is not None else None,
        transaction=event.transaction,
    )


def span_of(item: SpanItem, trace_id: str, label: str) -> Span:
    """One span below the root of its transaction, or one that came by itself."""
    op, data = item.op or "", item.data or {}
    start = moment(item.start_timestamp, f"{label}: start_timestamp")
    kind = kind_of(op) or "internal"
    called = kind == "client"
    system = _system(op, data) if called and op.startswith("db") else None
    method, url = _request(item.description or "", data) if op.startswith("http.client") else (None, None)
    amazon = url is None and (item.description or "").startswith("aws.")
    remote = amazon or op in ("rpc.client", "grpc.client")
    return Span(
        trace_id=identifier(trace_id),
        span_id=identifier(item.span_id),
        parent_id=identifier(item.parent_span_id) if item.parent_span_id else None,
        kind=kind,
        name=op if called else item.description or op,  # the description of a call holds its SQL or URL as sent
        start_ns=start,
        duration_ns=max(0, moment(item.timestamp, f"{label}: timestamp") - start),
        method=method,
        url=url,
        db_system=system,
        statement=_statement(item.description, data) if system else None,
        rpc_system=("aws-api" if amazon else "grpc") if remote and called else None,
        operation=(item.description or "").rpartition(".")[2] if remote else None,
        code=_code(data),
    )


def kind_of(op: str) -> SpanKind | None:
    """The kind of span that an operation stands for; None for work inside the application."""
    parts = op.split(".")
    return next((KINDS[".".join(parts[:n])] for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in KINDS), None)


def rate_weight(rate: float | str | None) -> float | None:
    """How many requests one sampled at this rate stands for; None for what is no sampling rate."""
    try:
        number = float(rate) if rate is not None else 0.0
    except ValueError:
        return None
    return 1 / number if LOWEST_RATE <= number <= 1 else None


def identifier(text: str) -> str:
    """An id as lower-case hexadecimal digits."""
    return text.replace("-", "").lower()


def _route(event: Transaction) -> str | None:
    """The name of a transaction, where it is a route: Flask's is an endpoint, and a 404 has a made-up one."""
    name, info = event.transaction or "", event.transaction_info
    is_route = info.source == "route" if info else any(bracket in name for bracket in "{<")
    return name if is_route and name.startswith("/") else None


def _statement(description: str | None, data: Data) -> str | None:
    text = _text(data, "statement") or description
    return text.replace("[Filtered]", "?") if text else None  # the SDK's word for a value that it hides


def _system(op: str, data: Data) -> str:
    kind = op.partition(".")[2].partition(".")[0]
    known = _text(data, "system") or (kind if kind not in ("", "sql", "query") else "other_sql")
    return known.lower()


def _request(description: str, data: Data) -> tuple[str | None, str | None]:
    """Method and URL, which the description repeats."""
    word, _, rest = description.partition(" ")
    url = _text(data, "url") or (rest if "://" in rest else None)
    method = _text(data, "method") or (word if word.isupper() else None)
    return method, masked_url(url, _text(data, "query") or "") if url else None


def _code(data: Data) -> Code | None:
    file, function, space = _text(data, "file") or "", _text(data, "function"), data.get("code.namespace")
    if not file or not is_project_file(file):
        return None
    line = small_number(_text(data, "line"))
    name = f"{space}.{function}" if function and isinstance(space, str) else function
    return Code(file, line, name, "sentry.code.lineno")


def _text(data: Data, what: str) -> str | None:
    found = next((data[name] for name in NAMES[what] if data.get(name) not in (None, "")), None)
    if isinstance(found, float) and found.is_integer():
        found = int(found)
    return str(found) if isinstance(found, str | int | float) else None
