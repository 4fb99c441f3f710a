"""Datadog's v2 spans search: `{"data": [{"type": "spans", "attributes": {...}}]}`, one answer or one per line.

The tags stand un-dotted in `custom`. Spans that a search finds are those that retention filters kept: their number says
nothing about volume. Source: the datadog-api-client models.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from bot.errors import UserError
from bot.hotspots.agent_span import NO_STATEMENT, AgentSpan, row
from bot.hotspots.jsontext import documents, part
from bot.hotspots.source import Source
from bot.hotspots.span import Span
from bot.hotspots.ticks import settled
from bot.hotspots.values import EPOCH, decimal_of, nanoseconds

__all__ = ["FORMAT", "NO_STATEMENT", "TITLE", "VENDOR", "read", "sniff"]

TITLE = "Datadog spans search (API v2)"
VENDOR = "datadog"
FORMAT = "spans-v2"

TICK_NS = 1_000_000  # times are written to the millisecond, durations are exact
DEEPEST_TAG = 16


class Found(msgspec.Struct):
    """The attributes of a span that was found; times are ISO 8601."""

    trace_id: str
    span_id: str
    start_timestamp: datetime
    end_timestamp: datetime
    parent_id: str | None = None
    resource_name: str | None = None
    service: str | None = None
    env: str | None = None
    type: str | None = None
    tags: list[str] = []
    custom: dict[str, object] = {}


class Item(msgspec.Struct):
    """One item of the answer."""

    attributes: Found


class Answer(msgspec.Struct):
    """One page of the answer."""

    data: list[msgspec.Raw] = []


_ANSWER = msgspec.json.Decoder(Answer)
_ITEM = msgspec.json.Decoder(Item)


def sniff(head: bytes) -> bool:
    """Whether the items have the names of a search."""
    return all(key in head for key in (b'"attributes"', b'"resource_name"', b'"start_timestamp"', b'"span_id"'))


def read(source: Source) -> Iterator[Span]:
    """Every span of the stream; a bad one is dropped.

    Raises:
        UserError: no JSON at all.
    """
    for answer in documents(source, _ANSWER):
        yield from settled(_page(answer, source), TICK_NS)


def _page(answer: Answer, source: Source) -> Iterator[Span]:
    for index, raw in enumerate(answer.data):
        where = f"{source.label}: data[{index}]"
        item = part(raw, _ITEM, source, where)
        if item is not None:
            try:
                yield row(_agent_span(item.attributes, where), where)
            except UserError as error:
                source.drop("a span without a valid time or id", error)


def _agent_span(found: Found, where: str) -> AgentSpan:
    meta = dict(_dotted(found.custom))
    tags = dict(tag.split(":", 1) for tag in found.tags if ":" in tag)
    start, end = _nanoseconds(found.start_timestamp), _nanoseconds(found.end_timestamp)
    duration = meta.get("duration")
    return AgentSpan(
        trace_id=decimal_of(found.trace_id, f"{where}: trace_id"),
        span_id=decimal_of(found.span_id, f"{where}: span_id"),
        parent_id=decimal_of(found.parent_id or "0", f"{where}: parent_id"),
        start=start,
        duration=nanoseconds(duration, f"{where}: custom.duration") if duration else max(0, end - start),
        name=meta.get("operation_name", ""),
        resource=found.resource_name,
        service=found.service,
        type=found.type,
        meta={"env": found.env, "version": tags.get("version"), **meta},
    )


def _dotted(custom: Mapping[str, object], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    for key, value in custom.items():
        if isinstance(value, dict):
            if depth < DEEPEST_TAG:
                yield from _dotted(value, f"{prefix}{key}.", depth + 1)
        elif isinstance(value, str):
            yield prefix + key, value
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield prefix + key, str(int(value) if value == int(value) else value)


def _nanoseconds(moment: datetime) -> int:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=EPOCH.tzinfo)
    elapsed = moment - EPOCH
    return ((elapsed.days * 86_400 + elapsed.seconds) * 1_000_000 + elapsed.microseconds) * 1_000
