"""Datadog's v2 trace by id: `{"data": {"attributes": {"spans": [...], "is_truncated": ...}}}`, one answer or more.

The spans are those of the tracer under other names, without the keys that start with an underscore: no code origin.
Source: the datadog-api-client models.
"""

from collections.abc import Iterator

import msgspec

from bot.errors import UserError
from bot.hotspots.agent_span import NO_STATEMENT, AgentSpan, row
from bot.hotspots.jsontext import documents, part
from bot.hotspots.source import Source
from bot.hotspots.span import Span

__all__ = ["FORMAT", "NO_STATEMENT", "TITLE", "VENDOR", "read", "sniff"]

TITLE = "Datadog trace by id (API v2)"
VENDOR = "datadog"
FORMAT = "trace-v2"
TRUNCATED = "Datadog cut a trace short (is_truncated), so counts in it may be too low"


class TraceSpan(msgspec.Struct, gc=False):
    """A span of the answer; `self_time` is not read: it is worked out from the children, as for every source."""

    traceID: int | str  # noqa: N815
    spanID: int | str  # noqa: N815
    startTime: int | str  # noqa: N815
    duration: int | str
    parentID: int | str | None = None  # noqa: N815
    name: str = ""
    resource: str | None = None
    service: str | None = None
    type: str | None = None
    meta: dict[str, str | int | float | bool | None] | None = None
    metrics: dict[str, float | None] | None = None


class Attributes(msgspec.Struct):
    """The trace."""

    spans: list[msgspec.Raw] = []
    is_truncated: bool = False


class Trace(msgspec.Struct):
    """The data of the answer."""

    attributes: Attributes = msgspec.field(default_factory=Attributes)


class Answer(msgspec.Struct):
    """The answer."""

    data: Trace = msgspec.field(default_factory=Trace)


_ANSWER = msgspec.json.Decoder(Answer)
_SPAN = msgspec.json.Decoder(TraceSpan)


def sniff(head: bytes) -> bool:
    """Whether the spans have the names of a trace."""
    return all(key in head for key in (b'"spanID"', b'"parentID"', b'"resource"', b'"startTime"'))


def read(source: Source) -> Iterator[Span]:
    """Every span of the stream; a bad one is dropped.

    Raises:
        UserError: no JSON at all.
    """
    for answer in documents(source, _ANSWER):
        if answer.data.attributes.is_truncated:
            source.note(TRUNCATED)
        for index, raw in enumerate(answer.data.attributes.spans):
            where = f"{source.label}: spans[{index}]"
            span = part(raw, _SPAN, source, where)
            if span is not None:
                try:
                    yield row(_agent_span(span), where)
                except UserError as error:
                    source.drop("a span without a valid time or id", error)


def _agent_span(span: TraceSpan) -> AgentSpan:
    return AgentSpan(
        trace_id=span.traceID,
        span_id=span.spanID,
        parent_id=span.parentID,
        start=span.startTime,
        duration=span.duration,
        name=span.name,
        resource=span.resource,
        service=span.service,
        type=span.type,
        meta=span.meta,
        metrics=span.metrics,
    )
