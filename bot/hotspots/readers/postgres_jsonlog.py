"""PostgreSQL's log in its JSON form (`log_destination = jsonlog`, version 15 and newer), an entry per line."""

from collections.abc import Iterator

import msgspec

from bot.hotspots import pglog
from bot.hotspots.jsontext import documents
from bot.hotspots.pglog import LogEntry, Statements
from bot.hotspots.source import Source
from bot.hotspots.span import Span

TITLE = "PostgreSQL log (JSON)"
VENDOR = "postgresql"
FORMAT = "jsonlog"
NO_STATEMENT = pglog.NO_STATEMENT


class Line(msgspec.Struct):
    """An entry; keys without a value are left out by the server."""

    error_severity: str
    timestamp: str = ""
    message: str = ""
    detail: str = ""
    pid: int = 0
    session_id: str = ""
    line_num: int = 0
    vxid: str = ""
    application_name: str = ""


def sniff(head: bytes) -> bool:
    """Whether the lines are objects with PostgreSQL's severity."""
    begins = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    return begins and b'"error_severity"' in head and (b'"session_id"' in head or b'"line_num"' in head)


def read(source: Source) -> Iterator[Span]:
    """Every statement that the log gives a duration for.

    Raises:
        UserError: no line is an entry.
    """
    statements = Statements()
    for line in documents(source, msgspec.json.Decoder(Line)):
        entry = LogEntry(
            message=line.message, detail=line.detail, end_ns=pglog.time_ns(line.timestamp),
            session=line.session_id or str(line.pid), number=str(line.line_num), transaction=line.vxid,
            application=line.application_name,
        )  # fmt: skip
        if (span := statements.span(entry)) is not None:
            yield span
