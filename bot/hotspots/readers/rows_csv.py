"""Our own table of spans as CSV, with the columns of `bot.hotspots.rows`; comma, semicolon or tab between them."""

import csv
import io
from collections.abc import Iterator

from bot.errors import UserError
from bot.hotspots.rows import missing_columns, span_of
from bot.hotspots.source import Source
from bot.hotspots.span import Span

TITLE = "costmod span rows as CSV"
VENDOR = "costmod"
FORMAT = "rows-csv"
NO_STATEMENT = "fill the column statement"

DELIMITERS = ",;\t"
LONGEST_CELL = 1 << 20


def sniff(head: bytes) -> bool:
    """Whether the first line names the ids of a span as columns."""
    names = _header(head)
    return "trace_id" in names and "span_id" in names


def read(source: Source) -> Iterator[Span]:
    """Every span of the table; a bad row is dropped.

    Raises:
        UserError: a column that every row needs is missing.
    """
    names = _header(source.head)
    if (error := missing_columns(names, source.label)) is not None:
        raise error
    csv.field_size_limit(LONGEST_CELL)
    text = io.TextIOWrapper(source, encoding="utf-8-sig", errors="replace", newline="")
    try:
        rows = csv.reader(text, delimiter=_delimiter(source.head))
        while True:
            try:
                cells = next(rows, None)
            except csv.Error as damage:
                source.drop("a row that is no CSV", UserError(f"{source.label}: row {rows.line_num}: {damage}."))
                continue
            if cells is None:
                return
            if rows.line_num > 1 and cells:
                try:
                    yield span_of(dict(zip(names, cells, strict=False)))
                except UserError as wrong:
                    message = f"{source.label}: line {rows.line_num}: {wrong}"
                    source.drop("a row without a valid time or id", UserError(message))
    finally:
        text.detach()


def _header(head: bytes) -> list[str]:
    line = head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode("utf-8", "replace").strip()
    return [] if line[:1] in ("{", "[") else [name.strip(' "') for name in line.split(_delimiter(head))]


def _delimiter(head: bytes) -> str:
    line = head.split(b"\n", 1)[0].decode("utf-8", "replace")
    return max(DELIMITERS, key=line.count)
