"""PostgreSQL's log in its CSV form (`log_destination = csvlog`); columns by position, newer versions add to the end."""

import re
from collections.abc import Iterator, Sequence

from bot.hotspots import pglog
from bot.hotspots.csvtext import records
from bot.hotspots.pglog import LogEntry, Statements
from bot.hotspots.source import Source
from bot.hotspots.span import Span

TITLE = "PostgreSQL log (CSV)"
VENDOR = "postgresql"
FORMAT = "csvlog"
NO_STATEMENT = pglog.NO_STATEMENT

TIME, PID, SESSION, NUMBER, TRANSACTION, MESSAGE, DETAIL, APPLICATION = 0, 3, 5, 6, 9, 13, 14, 22
LEAST_COLUMNS = 23  # version 9 and newer
_OPENING = re.compile(
    rb'(?:\xef\xbb\xbf)?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? [^,]{1,40},(?:"(?:[^"]|"")*"|[^,"]*),'
    rb'(?:"(?:[^"]|"")*"|[^,"]*),\d*,'
)


def sniff(head: bytes) -> bool:
    """Whether the first record has a time, a user, a database and a process, in this order."""
    return _OPENING.match(head) is not None


def read(source: Source) -> Iterator[Span]:
    """Every statement that the log gives a duration for; records that are cut off are dropped."""
    statements = Statements()
    for record in records(source):
        if len(record) < LEAST_COLUMNS:
            source.drop("record with too few columns")
        elif (span := statements.span(_entry(record))) is not None:
            yield span


def _entry(record: Sequence[str]) -> LogEntry:
    return LogEntry(
        message=record[MESSAGE], detail=record[DETAIL], end_ns=pglog.time_ns(record[TIME]),
        session=record[SESSION] or record[PID], number=record[NUMBER], transaction=record[TRANSACTION],
        application=record[APPLICATION],
    )  # fmt: skip
