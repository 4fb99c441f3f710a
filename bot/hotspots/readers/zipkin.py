"""Zipkin v2 spans: one list, a list of traces, or one such list per line (zipkin.io/zipkin-api).

A client span and the server span that answers it may share one id (B3 propagation); here they get two.
"""

import re
from collections.abc import Iterator

import msgspec

from bot.errors import UserError
from bot.hotspots import semconv
from bot.hotspots.jsontext import documents, part
from bot.hotspots.mending import Records
from bot.hotspots.semconv import Core
from bot.hotspots.source import Source
from bot.hotspots.span import Span, SpanKind
from bot.hotspots.values import low_half, microseconds

TITLE = "Zipkin v2 spans JSON"
VENDOR = "zipkin"
FORMAT = "v2-json"
NO_STATEMENT = "let the instrumentation tag the SQL text as db.query.text (or db.statement, sql.query)"

CALLER = "-caller"  # what the id of the client half of a shared span gets
KINDS: dict[str | None, SpanKind] = {"SERVER": "server", "CLIENT": "client", "CONSUMER": "consumer"}


class Endpoint(msgspec.Struct, rename="camel", gc=False):
    """Where a span was recorded; the server writes service names in lower case."""

    service_name: str | None = None


class ZipkinSpan(msgspec.Struct, rename="camel", gc=False):
    """A span; times are microseconds, every tag is text."""

    trace_id: str
    id: str
    timestamp: int
    duration: int = 0
    name: str | None = None
    parent_id: str | None = None
    kind: str | None = None
    shared: bool | None = None
    local_endpoint: Endpoint | None = None
    tags: dict[str, str | int | float | bool | None] | None = None


_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_SPAN = msgspec.json.Decoder(ZipkinSpan)
_ID = re.compile(rb'[{,]\s*"id"\s*:\s*"[0-9a-fA-F]{1,16}"')


def sniff(head: bytes) -> bool:
    """Whether a list of spans has Zipkin's names."""
    is_list = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
    return is_list and b'"traceId"' in head and b'"localEndpoint"' in head and _ID.search(head) is not None


def read(source: Source) -> Iterator[Span]:
    """Every span of the stream; a bad one is dropped.

    All are held at once: whether an id is shared is only known at the end.

    Raises:
        UserError: no JSON at all.
    """
    rows: list[Span] = []
    shared: set[tuple[str, str]] = set()
    for span in _spans(source):
        try:
            row = _row(span)
        except UserError as error:
            source.drop("a span without a valid time or id", UserError(f"{source.label}: {error}"))
            continue
        if row.kind == "server" and span.shared:
            shared.add((row.trace_id, row.span_id))
        rows.append(row)
    callers = {(row.trace_id, row.span_id) for row in rows if row.kind == "client"} & shared
    for row in rows:
        yield _apart(row) if (row.trace_id, row.span_id) in callers else row


def _spans(source: Source) -> Iterator[ZipkinSpan]:
    for document in documents(source, _LIST, records=Records()):
        for raw in document:
            if bytes(memoryview(raw)[:1]) == b"[":
                inner = part(raw, _LIST, source, f"{source.label}: a trace") or []
            else:
                inner = [raw]
            for item in inner:
                if (span := part(item, _SPAN, source, f"{source.label}: a span")) is not None:
                    yield span


def _row(span: ZipkinSpan) -> Span:
    attributes = semconv.stable((span.tags or {}).items())
    service = span.local_endpoint.service_name if span.local_endpoint else None
    core = Core(
        low_half(span.trace_id, "traceId"),
        low_half(span.id, "id"),
        low_half(span.parent_id, "parentId") if span.parent_id and span.parent_id.strip("0") else None,
        KINDS.get((span.kind or "").upper(), "internal"),
        span.name or "",
        microseconds(span.timestamp, "timestamp"),
        microseconds(span.duration, "duration"),
    )
    resource = attributes if "service.name" in attributes else attributes | {"service.name": service or ""}
    return semconv.row(core, attributes, resource)


def _apart(row: Span) -> Span:
    """One half of a shared span: the caller under another id, the one that answers as its child."""
    caller = row.span_id + CALLER
    if row.kind == "client":
        return msgspec.structs.replace(row, span_id=caller)
    return msgspec.structs.replace(row, parent_id=caller)
