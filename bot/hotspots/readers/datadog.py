"""Datadog agent traces (the v0.4 shape): a list of traces of spans, or one trace as a flat list of spans."""

import re
from collections.abc import Iterator

import msgspec

from bot.errors import UserError
from bot.hotspots.agent_span import NO_STATEMENT, AgentSpan, row
from bot.hotspots.jsontext import documents, part
from bot.hotspots.mending import Records
from bot.hotspots.source import Source
from bot.hotspots.span import Span

__all__ = ["FORMAT", "NO_STATEMENT", "TITLE", "VENDOR", "read", "sniff"]

TITLE = "Datadog agent traces (JSON list of traces)"
VENDOR = "datadog"
FORMAT = "agent-v0.4"

_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_SPAN = msgspec.json.Decoder(AgentSpan)
_OPENING = re.compile(rb"\s*\[\s*(?:\[\s*\]\s*,\s*)*(?:\[\s*)?\{")


def sniff(head: bytes) -> bool:
    """Whether a list opens with an agent span."""
    keys = (b'"trace_id"', b'"span_id"', b'"duration"', b'"start"')
    return _OPENING.match(head) is not None and all(key in head for key in keys)


def read(source: Source) -> Iterator[Span]:
    """Every span of the stream; a bad one is dropped.

    Raises:
        UserError: no JSON at all.
    """
    for document in documents(source, _LIST, records=Records()):
        for index, raw in enumerate(document):
            where = f"{source.label}: item {index}"
            nested = bytes(memoryview(raw)[:1]) == b"["
            for item in (part(raw, _LIST, source, where) or []) if nested else [raw]:
                span = part(item, _SPAN, source, where)
                if span is not None:
                    try:
                        yield row(span, where)
                    except UserError as error:
                        source.drop("a span without a valid time or id", error)
