"""New Relic query results: rows of Span or Transaction from NerdGraph, or as JSON or CSV from the query page.

Rows of `FROM Transaction SELECT count(*), sum(duration) FACET name` are read as well, as request counts.
"""

import csv
import io
from collections.abc import Iterator

import msgspec

from bot.errors import UserError
from bot.hotspots import newrelic
from bot.hotspots.items import items
from bot.hotspots.jsontext import BYTE_ORDER_MARK, decode
from bot.hotspots.newrelic import Row, number, spans_of, text
from bot.hotspots.newrelic_transactions import Window, traffic_of, traffic_of_facets, without_statements
from bot.hotspots.source import Source
from bot.hotspots.span import Span
from bot.hotspots.traces import Export
from bot.hotspots.traffic import Traffic
from bot.hotspots.values import LATEST_NS
from bot.records import Hotspot

TITLE = "New Relic NRQL results (NerdGraph JSON, or JSON or CSV of the query page)"
VENDOR = "newrelic"
FORMAT = "newrelic-nrql"
NO_STATEMENT = f"{newrelic.NO_STATEMENT}, and select db.statement"

DEPTH = 12  # of the envelope around the rows
NS_PER_MS = 1_000_000
MOST_ROWS = 5_000  # that one query returns
TRACE_IDS = frozenset({"trace.id", "traceId"})
OF_SPANS = frozenset({"category", "nr.entryPoint"})
OF_TRANSACTIONS = frozenset({"databaseCallCount", "externalCallCount", "totalTime", "transactionType"})
_ANY = msgspec.json.Decoder()


def sniff(head: bytes) -> bool:
    """Whether the first bytes are rows of events as NRQL returns them."""
    start = head.removeprefix(BYTE_ORDER_MARK).lstrip()
    if start.startswith((b"{", b"[")):
        if b'"nrql"' in head and b'"results"' in head:
            return True
        names = {n for n in TRACE_IDS | OF_SPANS | OF_TRANSACTIONS if f'"{n}"'.encode() in head}
        times = b'"timestamp"' in head and (b'"duration"' in head or b'"duration.ms"' in head)
        others = (b"_event_data", b"_trace_data", b'"localEndpoint"')  # agent payloads, Zipkin
        return times and _is_of_events(names) and not any(other in head for other in others)
    columns = {name.strip(b' "\r').decode("latin-1") for name in start.partition(b"\n")[0].split(b",")}
    return "timestamp" in columns and _is_of_events(columns)


def read(source: Source) -> Iterator[Span | Traffic | Hotspot]:
    """Every span, and how often each transaction ran; hotspots of transactions only where there are no spans.

    Raises:
        UserError: no JSON or CSV.
    """
    windows: list[Window] = []
    rows = list(_rows(source, windows))
    if len(rows) >= MOST_ROWS:
        source.note(f"a query returns {MOST_ROWS} rows at most: more spans may have been there")
    spans = [row for row in rows if _is_span(row)]
    transactions = [row for row in rows if not _is_span(row) and "timestamp" in row]
    yield from spans_of(spans, {}, source)
    yield from traffic_of(transactions, 1.0, source)
    yield from traffic_of_facets([row for row in rows if "facet" in row and number(row, "count")], windows)
    if not spans:
        yield from without_statements(transactions, Export(VENDOR, FORMAT), source)


def _is_span(row: Row) -> bool:
    return bool(TRACE_IDS & row.keys()) and any(text(row, name) for name in OF_SPANS)


def _is_of_events(names: set[str]) -> bool:
    return bool(names & OF_TRANSACTIONS) or (bool(names & TRACE_IDS) and bool(names & OF_SPANS))


def _rows(source: Source, windows: list[Window]) -> Iterator[Row]:
    """The rows; the windows that an answer names are put into `windows`."""
    if source.head.removeprefix(BYTE_ORDER_MARK).lstrip().startswith((b"{", b"[")):
        for item in items(source):
            yield from _flat(decode(item, _ANY, source.label), DEPTH, windows)
        return
    try:
        for row in csv.DictReader(io.TextIOWrapper(source, "utf-8-sig", newline="")):
            yield {name: value for name, value in row.items() if name and value}
    except csv.Error as error:
        raise UserError(f"{source.label} is no CSV ({error}); download the result again.") from None
    except UnicodeDecodeError:
        raise UserError(f"{source.label} is not valid UTF-8; download the result again.") from None


def _flat(value: object, depth: int, windows: list[Window]) -> Iterator[Row]:
    """The rows inside any envelope: objects of plain values with a time or a facet."""
    if isinstance(value, list):
        for item in value if depth else ():
            yield from _flat(item, depth - 1, windows)
    elif isinstance(value, dict) and ("timestamp" in value or "facet" in value) and "results" not in value:
        yield value
    elif isinstance(value, dict) and depth:
        if isinstance(times := value.get("timeWindow"), dict):
            windows += [window for window in [_window(times)] if window is not None]
        for item in value.values():
            yield from _flat(item, depth - 1, windows)


def _window(times: Row) -> Window | None:
    """What `metadata { timeWindow { begin end } }` says, in nanoseconds."""
    begin, end = number(times, "begin"), number(times, "end")
    if begin is None or end is None or not 0 <= begin <= end <= LATEST_NS / NS_PER_MS:
        return None
    return round(begin) * NS_PER_MS, round(end) * NS_PER_MS
