"""PostgreSQL's log in its CSV form (`log_destination = csvlog`); columns by position, newer versions add to the end."""

import csv
import io
import re
from collections.abc import Iterator, Sequence

from bot.hotspots import pglog
from bot.hotspots.pglog import LogEntry, Statements
from bot.hotspots.source import Source
from bot.hotspots.span import Span

TITLE = "PostgreSQL log (CSV)"
VENDOR = "postgresql"
FORMAT = "csvlog"
NO_STATEMENT = pglog.NO_STATEMENT

TIME, PID, SESSION, NUMBER, TRANSACTION, MESSAGE, DETAIL, APPLICATION = 0, 3, 5, 6, 9, 13, 14, 22
LEAST_COLUMNS = 23  # version 9 and newer
LONGEST_FIELD = 16 << 20
_OPENING = re.compile(
    rb'(?:\xef\xbb\xbf)?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? [^,]{1,40},(?:"(?:[^"]|"")*"|[^,"]*),'
    rb'(?:"(?:[^"]|"")*"|[^,"]*),\d*,'
)


def sniff(head: bytes) -> bool:
    """Whether the first record has a time, a user, a database and a process, in this order."""
    return _OPENING.match(head) is not None


def read(source: Source) -> Iterator[Span]:
    """Every statement that the log gives a duration for; records that are cut off are dropped."""
    csv.field_size_limit(LONGEST_FIELD)
    statements = Statements()
    text = io.TextIOWrapper(source, "utf-8-sig", errors="replace", newline="")
    try:
        for record in csv.reader(text):
            if len(record) < LEAST_COLUMNS:
                source.drop("record with too few columns")
            elif (span := statements.span(_entry(record))) is not None:
                yield span
    except csv.Error:
        source.drop("rest of the file, which is no CSV")
    finally:
        text.detach()


def _entry(record: Sequence[str]) -> LogEntry:
    return LogEntry(
        message=record[MESSAGE], detail=record[DETAIL], end_ns=pglog.time_ns(record[TIME]),
        session=record[SESSION] or record[PID], number=record[NUMBER], transaction=record[TRANSACTION],
        application=record[APPLICATION],
    )  # fmt: skip
