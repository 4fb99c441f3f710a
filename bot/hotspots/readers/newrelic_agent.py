"""New Relic agent payloads: span and transaction events, slow SQL and transaction traces, by collector method.

Exact lines come from the backtraces of slow SQL and of transaction traces; below 0.5 s the agent writes none
(`transaction_tracer.stack_trace_threshold`, `.explain_threshold`). Names: the agent's own data model (newrelic.core).
"""

import re
from collections.abc import Iterator

import msgspec

from bot.hotspots import newrelic
from bot.hotspots.jsontext import documents, part
from bot.hotspots.newrelic import Row, spans_of
from bot.hotspots.newrelic_lines import lines_of, spans_in, traces_of
from bot.hotspots.newrelic_transactions import traffic_of, without_statements
from bot.hotspots.source import Source
from bot.hotspots.span import Span
from bot.hotspots.traces import Export
from bot.hotspots.traffic import Traffic
from bot.records import Hotspot

TITLE = "New Relic agent payloads (JSON by collector method)"
VENDOR = "newrelic"
FORMAT = "newrelic-agent"
NO_STATEMENT = newrelic.NO_STATEMENT


class Payloads(msgspec.Struct):
    """The payloads of every method, as the agent sent them: `[run id, facts, events]`, rows, or trees."""

    span_event_data: list[msgspec.Raw] = []
    analytic_event_data: list[msgspec.Raw] = []
    sql_trace_data: list[msgspec.Raw] = []
    transaction_sample_data: list[msgspec.Raw] = []


class Reservoir(msgspec.Struct):
    """How many events there were, of which the agent keeps `reservoir_size` at most."""

    events_seen: int | None = None


Event = tuple[dict[str, object], dict[str, object] | None, dict[str, object] | None]
_PAYLOADS = msgspec.json.Decoder(Payloads)
_EVENTS = msgspec.json.Decoder(tuple[object, Reservoir | None, list[msgspec.Raw]])
_EVENT = msgspec.json.Decoder(Event)
_METHODS = "span_event_data analytic_event_data sql_trace_data transaction_sample_data metric_data error_event_data"
_FIRST_KEY = re.compile(rf'\s*\{{\s*"(?:{_METHODS.replace(" ", "|")})"\s*:\s*\['.encode())


def sniff(head: bytes) -> bool:
    """Whether an object opens with the payloads of a collector method."""
    return _FIRST_KEY.match(head) is not None


def read(source: Source) -> Iterator[Span | Traffic | Hotspot]:
    """Every span, and how often each transaction ran; hotspots only where there are no spans.

    Raises:
        UserError: no JSON, or a payload of another shape.
    """
    for payloads in documents(source, _PAYLOADS):
        traces = traces_of(payloads.transaction_sample_data, source)
        lines = lines_of(payloads.sql_trace_data, traces, source)
        spans, seen = _rows(payloads.span_event_data, source)
        if seen > len(spans):
            source.note(f"the agent kept {len(spans)} of {seen} span events: repeats may be more than counted")
        yield from spans_of(spans, lines, source)
        known = {newrelic.text(row, "transactionId") for row in spans}
        traced = list(spans_in(traces, known, lines, source))
        yield from traced
        transactions, seen = _rows(payloads.analytic_event_data, source)
        scale = max(1.0, seen / len(transactions)) if transactions else 1.0
        yield from traffic_of(transactions, scale, source)
        if not spans and not traced:
            yield from without_statements(transactions, Export(VENDOR, FORMAT), source)


def _rows(payloads: list[msgspec.Raw], source: Source) -> tuple[list[Row], int]:
    """The events of all harvests as flat rows, and how many there were before the agent sampled them."""
    rows: list[Row] = []
    seen = 0
    for raw in payloads:
        payload = part(raw, _EVENTS, source, f"{source.label}: a payload of events")
        if payload is None:
            continue
        events = [e for item in payload[2] if (e := part(item, _EVENT, source, f"{source.label}: an event"))]
        rows += [{**(agent or {}), **(user or {}), **intrinsics} for intrinsics, user, agent in events]
        seen += max(len(events), (payload[1] and payload[1].events_seen) or 0)
    return rows, seen
