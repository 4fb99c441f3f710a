"""MySQL's, MariaDB's and Percona's slow query log (`long_query_time = 0` for the time that is exported).

An entry is a few lines that start with `#`, then `use` and `SET timestamp` where they apply, then the statement.
"""

import re
from collections.abc import Iterator

from bot.hotspots import pglog
from bot.hotspots.source import Source
from bot.hotspots.span import Span
from bot.hotspots.sqllog import Sessions, Statement
from bot.hotspots.values import LATEST_NS

TITLE = "MySQL slow query log"
VENDOR = "mysql"
FORMAT = "slow-log"
NO_STATEMENT = "set `slow_query_log = 1` and `long_query_time = 0` for the time that is exported"

LONGEST_STATEMENT = 1 << 20
NS_PER_SECOND = 1_000_000_000
_TIME = re.compile(r"# Time: +(?P<time>\S.*)")
_OLD_TIME = re.compile(r"(\d\d)(\d\d)(\d\d) +(\d{1,2}):(\d\d):(\d\d)")  # 260131  9:05:07
_SESSION = re.compile(r"# (?:User@Host:.*\bId|Thread_id): *(?P<id>\d+)")
_DURATION = re.compile(r"# Query_time: (?P<seconds>\d{1,9}(?:\.\d{1,9})?)\b.*\bRows_sent: ")
_PREAMBLE = re.compile(r"(?:use [^;]+;|SET timestamp=(?P<start>\d{1,10})(?:\.\d+)?;)\s*", re.I)
_SERVER_START = re.compile(r"\S.*, Version: .*started with:$|Tcp port: |Time +Id +Command +Argument")


def sniff(head: bytes) -> bool:
    """Whether a line gives the query time and the rows as these logs do."""
    return head[:1] not in (b"{", b"[") and any(
        _DURATION.match(line) for line in head.decode("utf-8", "replace").splitlines()
    )


def read(source: Source) -> Iterator[Span]:
    """Every statement of the log."""
    entries = _Entries()
    for raw in iter(source.readline, b""):
        if (span := entries.take(raw.decode("utf-8", "replace").rstrip("\r\n"))) is not None:
            yield span
    if (span := entries.finish()) is not None:
        yield span


class _Entries:
    """The entry that is open, and what holds for those after it."""

    def __init__(self) -> None:
        self._sessions = Sessions()
        self._end_ns = 0
        self._session = ""
        self._duration_ns: int | None = None
        self._text: list[str] = []
        self._numbers: dict[str, tuple[int, int]] = {}

    def take(self, line: str) -> Span | None:
        """Takes a line in; the span of the entry that it ends."""
        span = None
        if line.startswith("#") and self._text:
            span = self.finish()
        if found := _TIME.match(line):
            self._end_ns = _time(found["time"])
        elif found := _SESSION.match(line):
            self._session = found["id"]
        elif found := _DURATION.match(line):
            self._duration_ns = min(round(float(found["seconds"]) * NS_PER_SECOND), LATEST_NS)
        elif not line.startswith("#") and self._is_wanted(line):
            self._text.append(line)
        return span

    def _is_wanted(self, line: str) -> bool:
        short = sum(map(len, self._text)) < LONGEST_STATEMENT
        return short and self._duration_ns is not None and not _SERVER_START.match(line)

    def finish(self) -> Span | None:
        """The span of the open entry, None where there is none or it is no statement."""
        text, duration = "\n".join(self._text), self._duration_ns
        self._text, self._duration_ns = [], None
        start = None
        while found := _PREAMBLE.match(text):
            start = int(found["start"]) * NS_PER_SECOND if found["start"] else start
            text = text[found.end() :]
        text = text.strip().removesuffix(";").rstrip()
        if duration is None or not text:
            return None
        end = self._end_ns or (start + duration if start is not None else 0)
        before, count = self._numbers.get(self._session, (end, 0))
        self._numbers[self._session] = (end, count + 1 if before == end else 1)
        return self._sessions.span(
            Statement(
                text=text, system="mysql", session=self._session, number=f"{end}.{self._numbers[self._session][1]}",
                end_ns=end, duration_ns=duration,
            )
        )  # fmt: skip


def _time(text: str) -> int:
    if found := _OLD_TIME.match(text):
        year, month, day, hour, minute, second = found.groups()
        return pglog.time_ns(f"20{year}-{month}-{day} {int(hour):02}:{minute}:{second}")
    return pglog.time_ns(text)
