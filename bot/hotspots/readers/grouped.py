"""What the statement of `costmod sql` returned, as CSV or as JSON (lines, or one list)."""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from bot.errors import UserError
from bot.hotspots.detect import identity
from bot.hotspots.jsontext import documents
from bot.hotspots.loops import EntryKey
from bot.hotspots.measure import timestamp
from bot.hotspots.reading import Reading, reading_of
from bot.hotspots.route import call_target, canonical
from bot.hotspots.source import Source
from bot.hotspots.statement import fingerprint as fingerprint_of
from bot.hotspots.statement import normalise
from bot.records import Count, Entry, Hotspot, HotspotKind, Metrics, Pattern, Trust
from bot.records import Source as Origin

TITLE = "rows of `costmod sql` (CSV or JSON)"
VENDOR = "warehouse"
FORMAT = "grouped-rows"
NO_STATEMENT = ""

_COLUMNS = ("repeats_p50", "repeats_p95", "repeats_max", "entry_ns")
_HTTP = re.compile(r"[A-Z]+ [^ ]*/[^ ]*")
Number = int | float  # a warehouse may write a count with a point, or as text


class Row(msgspec.Struct, frozen=True, gc=False):
    """One call that repeats under one entry; times in nanoseconds."""

    service: str
    method: str
    route: str
    statement: str
    traces: Number
    repeats_p50: Number
    repeats_p95: Number
    repeats_max: Number
    spans: Number
    total_ns: Number
    requests: Number
    entry_ns: Number
    p50_ns: Number
    p95_ns: Number
    p99_ns: Number
    first_ns: Number
    last_ns: Number
    system: str | None = None


def sniff(head: bytes) -> bool:
    """Whether the columns of the statement are named."""
    return all(column.encode() in head for column in _COLUMNS)


def read(source: Source) -> Iterator[Hotspot]:
    """One hotspot per kind and entry.

    Raises:
        UserError: a column that is missing or holds something else.
    """
    entries: dict[tuple[EntryKey, HotspotKind], list[Row]] = defaultdict(list)
    for row in _rows(source):
        key = EntryKey(row.service or None, "http", row.method or None, canonical(row.route), None)
        kind: HotspotKind = "n_plus_one_http" if _HTTP.fullmatch(row.statement) else "n_plus_one_db"
        entries[key, kind].append(row)
    for (key, kind), rows in entries.items():
        yield _hotspot(key, kind, rows)


def _rows(source: Source) -> Iterator[Row]:
    for number, row in enumerate(_records(source), 1):
        try:
            yield msgspec.convert(row, Row, strict=False)
        except msgspec.ValidationError as error:
            problem = str(error).replace(" - at `$.", " in `")
            raise UserError(f"{source.label}: row {number}: {problem}; export every column of `costmod sql`.") from None


def _records(source: Source) -> Iterator[object]:
    if source.head.lstrip()[:1] in (b"{", b"["):
        for document in documents(source, msgspec.json.Decoder()):
            yield from document if isinstance(document, list) else [document]
    else:
        yield from csv.DictReader(io.TextIOWrapper(source, encoding="utf-8-sig", errors="replace", newline=""))


def _hotspot(key: EntryKey, kind: HotspotKind, rows: Sequence[Row]) -> Hotspot:
    first = rows[0]
    patterns = tuple(sorted((_pattern(row, kind) for row in rows), key=lambda p: (-p.total_ns, p.fingerprint)))
    entry = Entry(type="http", method=key.method, route_raw=first.route, route_canonical=key.route)
    requests = max(1, int(first.requests))
    avoidable = sum(pattern.total_ns - pattern.traces * pattern.mean_ns for pattern in patterns)
    return Hotspot(
        id=identity(kind, key, entry, patterns, ()),
        kind=kind,
        source=Origin(
            vendor=VENDOR,
            format=FORMAT,
            service=key.service,
            window_start=timestamp(int(first.first_ns)),
            window_end=timestamp(int(first.last_ns)),
        ),
        entry=entry,
        patterns=patterns,
        metrics=Metrics(
            requests_in_window=requests,
            p50_ns=int(first.p50_ns),
            p95_ns=int(first.p95_ns),
            p99_ns=int(first.p99_ns),
            total_ns=int(first.entry_ns),
            avoidable_ns_per_request=avoidable // requests,
        ),
        trust=Trust(
            confidence=0.85,
            reasons=(f"up to {max(p.count.max for p in patterns)} equal calls under one parent span",),
            limits=("grouped in a warehouse: only whole loops are seen, not the traces",),
        ),
    )


def _pattern(row: Row, kind: HotspotKind) -> Pattern:
    if kind == "n_plus_one_db":
        normal = normalise(row.statement, row.system)
        reading = reading_of(normal.parseable, normal.operation)
        fingerprint, statement = normal.fingerprint, normal.statement
    else:
        method, _, url = row.statement.partition(" ")
        statement = f"{method} {call_target(url)}"
        reading, fingerprint = Reading(method, shape="call"), fingerprint_of(statement)
    spans = max(1, int(row.spans))
    return Pattern(
        fingerprint=fingerprint,
        statement=statement,
        dialect=row.system or None,
        operation=reading.operation,
        tables=reading.tables,
        where_columns=reading.where_columns,
        shape=reading.shape,
        count=Count(p50=int(row.repeats_p50), p95=int(row.repeats_p95), max=int(row.repeats_max)),
        traces=max(1, int(row.traces)),
        spans=spans,
        total_ns=int(row.total_ns),
        mean_ns=int(row.total_ns) // spans,
        sequential=1.0,
    )
