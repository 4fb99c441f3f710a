"""AWS X-Ray segment documents: one per line as the daemon gets them, or inside the answer of BatchGetTraces.

Subsegments stand inside their segment or, above the SDK's streaming threshold, in documents of their own that name the
parent. There is no route, only a URL. The documents say by which rule a request was sampled, never at what rate, so no
weight is known. Source: docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html.
"""

import re
from collections.abc import Iterator
from functools import partial

import msgspec

from bot.errors import UserError
from bot.hotspots.items import items, kept
from bot.hotspots.jsontext import part
from bot.hotspots.masked import masked_url
from bot.hotspots.moments import moment
from bot.hotspots.source import Source
from bot.hotspots.span import Span, SpanKind

TITLE = "AWS X-Ray segments (JSON lines) or BatchGetTraces JSON"
VENDOR = "aws-xray"
FORMAT = "xray-segments"
NO_STATEMENT = "set `stream_sql` in the X-Ray recorder, and patch the database driver or SQLAlchemy"

REMOTE = frozenset({"remote", "aws"})


class HttpRequest(msgspec.Struct, gc=False):
    """What was asked; of a call, or of the application itself."""

    method: str | None = None
    url: str | None = None


class HttpResponse(msgspec.Struct, gc=False):
    """What was answered."""

    status: int | None = None


class Http(msgspec.Struct, gc=False):
    """An HTTP request with its answer."""

    request: HttpRequest | None = None
    response: HttpResponse | None = None


class Sql(msgspec.Struct, gc=False):
    """A statement; its text only where the SDK streams it."""

    sanitized_query: str | None = None
    database_type: str | None = None


class Aws(msgspec.Struct, gc=False):
    """The call of an AWS client."""

    operation: str | None = None


class Application(msgspec.Struct, gc=False):
    """The process that sent a segment."""

    version: str | None = None


class Stored(msgspec.Struct):
    """A segment in an answer: the document is JSON in a string."""

    document: str = msgspec.field(name="Document", default="")


class Trace(msgspec.Struct, rename="pascal"):
    """A trace in an answer."""

    segments: list[Stored] = []
    limit_exceeded: bool | None = None


class Document(msgspec.Struct, gc=False):
    """A segment, a subsegment, or an answer that holds segments; times in seconds."""

    id: str | None = None
    trace_id: str | None = None
    parent_id: str | None = None
    name: str | None = None
    type: str | None = None
    namespace: str | None = None
    start_time: float | None = None
    end_time: float | None = None
    http: Http | None = None
    sql: Sql | None = None
    aws: Aws | None = None
    service: Application | None = None
    subsegments: list["Document"] | None = None
    traces: list[Trace] | None = msgspec.field(name="Traces", default=None)
    unprocessed: list[str] | None = msgspec.field(name="UnprocessedTraceIds", default=None)
    segments: list[Stored] | None = msgspec.field(name="Segments", default=None)
    next_token: str | None = msgspec.field(name="NextToken", default=None)


_DOCUMENT = msgspec.json.Decoder(Document)
_TRACE_ID = re.compile(rb'"trace_id\\?"\s*:\s*\\?"1-[0-9a-fA-F]{8}-[0-9a-fA-F]{24}')
_ANSWER = re.compile(rb'"Segments"\s*:\s*\[')


def sniff(head: bytes) -> bool:
    """Whether the first bytes hold a segment: X-Ray's own trace id or nested subsegments, and a start in seconds."""
    if _ANSWER.search(head) and b'"Document"' in head:
        return True
    return b'"start_time"' in head and (_TRACE_ID.search(head) is not None or b'"subsegments"' in head)


def read(source: Source) -> Iterator[Span]:
    """Every segment and subsegment of the stream.

    Raises:
        UserError: no JSON, or a field of the wrong type.
    """
    for item in items(source):
        document = part(item, _DOCUMENT, source, source.label)
        if document is not None:
            yield from _answer(document, source)


def _answer(document: Document, source: Source) -> Iterator[Span]:
    if document.traces is None and document.segments is None:
        if document.id is not None or document.start_time is not None:  # else the daemon's header line
            yield from _rows(document, None, None, source)
        return
    if document.unprocessed:
        source.note(f"X-Ray did not return {len(document.unprocessed)} of the traces that were asked for")
    if document.next_token:
        source.note("the answer of X-Ray is one page of several")
    for trace in document.traces or [Trace(document.segments or [])]:
        if trace.limit_exceeded:
            source.note("X-Ray cut a trace at its size limit: repeats may be more than counted")
        for stored in trace.segments:
            segment = part(stored.document.encode("utf-8", "replace"), _DOCUMENT, source, f"{source.label}: a Document")
            if segment is not None:
                yield from _rows(segment, None, None, source)


def _rows(document: Document, trace_id: str | None, parent_id: str | None, source: Source) -> Iterator[Span]:
    """A segment and what is nested in it, which inherits the trace and the parent."""
    pending = [(document, trace_id, parent_id)]
    while pending:
        item, trace, parent = pending.pop()
        trace = item.trace_id or trace
        if not item.id or not trace or item.start_time is None:
            missing = "id" if not item.id else "trace_id" if not trace else "start_time"
            error = UserError(f"{source.label}: a segment has no {missing}; check what wrote the file.")
            source.drop(f"segment without {missing}", error)
            continue
        yield from kept(partial(_row, item, item.id, trace, item.parent_id or parent, source.label), source)
        pending += [(below, trace, item.id) for below in item.subsegments or ()]


def _row(item: Document, span_id: str, trace_id: str, parent_id: str | None, label: str) -> Span:
    kind = _kind(item, nested=parent_id is not None)
    start = moment(item.start_time or 0.0, f"{label}: start_time")
    end = moment(item.end_time, f"{label}: end_time") if item.end_time is not None else start  # in progress
    request = item.http.request if item.http else None
    response = item.http.response if item.http else None
    name = item.name or ""
    return Span(
        trace_id=_hexadecimal(trace_id),
        span_id=span_id.lower(),
        parent_id=parent_id.lower() if parent_id else None,
        kind=kind,
        name=name,
        start_ns=start,
        duration_ns=max(0, end - start),
        service=None if item.type == "subsegment" else name or None,
        release=item.service.version if item.service else None,
        method=request.method.upper() if request and request.method else None,
        url=masked_url(request.url) if request and request.url else None,
        status=response.status if response else None,
        db_system=_database(item),
        statement=item.sql.sanitized_query if item.sql else None,
        rpc_system="aws-api" if item.namespace == "aws" else None,
        operation=item.aws.operation if item.aws else None,
    )


def _kind(item: Document, *, nested: bool) -> SpanKind:
    """A segment is where work came in; its parent, if it has one, is the call in the service before it."""
    if item.type != "subsegment" and not (nested and item.namespace):
        return "server" if item.http and item.http.request else "consumer"
    return "client" if item.namespace in REMOTE or item.sql else "internal"


def _database(item: Document) -> str | None:
    if item.sql:
        return (item.sql.database_type or "other_sql").lower()
    return "dynamodb" if item.namespace == "aws" and (item.name or "").lower() == "dynamodb" else None


def _hexadecimal(trace_id: str) -> str:
    """`1-6b03f3ae-49ae17741718efd6aa7119a7` as the 32 digits that other tracers write."""
    version, _, rest = trace_id.partition("-")
    return (rest.replace("-", "") if version == "1" and rest else trace_id).lower()
