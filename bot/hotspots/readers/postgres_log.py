"""PostgreSQL's log as plain text, with any `log_line_prefix`; an entry may go over several lines.

The prefix is not in the log. What can tell requests apart is looked for in it: a session id (`%c`), a virtual
transaction (`%v`), a process id (`%p`) in brackets or between colons.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from bot.hotspots import pglog
from bot.hotspots.pglog import LogEntry, Statements
from bot.hotspots.source import Source
from bot.hotspots.span import Span

TITLE = "PostgreSQL log (text)"
VENDOR = "postgresql"
FORMAT = "stderr-log"
NO_STATEMENT = pglog.NO_STATEMENT

LONGEST_PREFIX = 500
LONGEST_ENTRY = 1 << 20  # characters; the rest of a longer entry says nothing new
LINES_TO_JUDGE = 50
_LEVELS = "DEBUG[1-5]?|INFO|NOTICE|WARNING|ERROR|LOG|FATAL|PANIC|DETAIL|HINT|QUERY|CONTEXT|STATEMENT|LOCATION"
_OPENING = re.compile(rf"(?P<prefix>[^\t].{{0,{LONGEST_PREFIX}}}?|)\b(?P<level>{_LEVELS}):  (?P<message>.*)", re.DOTALL)
_JSON = re.compile(rb'\s*(?:\{|\[\s*(?:[\[{"\]]|$))')
_EPOCH_TIME = re.compile(r"(?<![\d.])(?P<seconds>1\d{9})\.(?P<milliseconds>\d{3})(?!\d)")
_SESSION = re.compile(r"(?<![\w.])[0-9a-f]{8}\.[0-9a-f]{1,8}(?![\w.])")
_PROCESS = re.compile(r"\[(\d{1,10})(?:-\d+)?\]|\bpid[=:]\s?(\d{1,10})|:(\d{2,10}):(?!\d\d)", re.I)
_TRANSACTION = re.compile(r"(?<![\w/])(\d{1,9}/\d{1,12})(?![\w/])")
_APPLICATION = re.compile(r"\bapp(?:lication(?:_name)?)?=(\[unknown\]|[^\s,;]*)")


class Open(NamedTuple):
    """An entry of which more lines may follow."""

    prefix: str
    message: list[str]


def sniff(head: bytes) -> bool:
    """Whether one of the first lines holds a level as the server writes it: `LOG:` and two spaces."""
    if _JSON.match(head):
        return False
    lines = head.decode("utf-8", "replace").splitlines()[:LINES_TO_JUDGE]
    openings = [found for line in lines if (found := _OPENING.match(line))]
    return any(_time(found["prefix"]) or found["message"].startswith("duration: ") for found in openings)


def read(source: Source) -> Iterator[Span]:
    """Every statement that the log gives a duration for."""
    statements = Statements()
    last: dict[str, tuple[int, int]] = {}  # by session: a time, and how many entries it has
    for prefix, message, detail in _entries(source):
        entry = _entry(prefix, message, detail)
        end_ns, before = last.get(entry.session, (entry.end_ns, 0))
        last[entry.session] = (entry.end_ns, before + 1 if end_ns == entry.end_ns else 1)
        number = f"{entry.end_ns}.{last[entry.session][1]}"
        if (span := statements.span(entry._replace(number=number))) is not None:
            yield span


def _entries(source: Source) -> Iterator[tuple[str, str, str]]:
    """Prefix, message and detail of every entry of the level LOG."""
    log: Open | None = None
    detail: Open | None = None
    current: Open | None = None
    for raw in iter(source.readline, b""):
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        found = _OPENING.match(line) if not line.startswith("\t") else None
        if found is None:
            if current is not None and sum(map(len, current.message)) < LONGEST_ENTRY:
                current.message.append(line.removeprefix("\t"))
            continue
        current = Open(found["prefix"], [found["message"]])
        if found["level"] == "DETAIL":
            detail = current
        elif found["level"] == "LOG":
            if log is not None:
                yield log.prefix, "\n".join(log.message), "\n".join(detail.message) if detail else ""
            log, detail = current, None
    if log is not None:
        yield log.prefix, "\n".join(log.message), "\n".join(detail.message) if detail else ""


def _entry(prefix: str, message: str, detail: str) -> LogEntry:
    session, process = _SESSION.search(prefix), _PROCESS.search(prefix)
    transaction, application = _TRANSACTION.search(prefix), _APPLICATION.search(prefix)
    named = next(filter(None, process.groups()), "") if process else ""
    return LogEntry(
        message=message, detail=detail, end_ns=_time(prefix), session=session[0] if session else named, number="",
        transaction=transaction[1] if transaction else "", application=application[1] if application else "",
    )  # fmt: skip


def _time(prefix: str) -> int:
    if found := _EPOCH_TIME.search(prefix):
        return int(found["seconds"] + found["milliseconds"]) * pglog.NS_PER_MS
    return pglog.time_ns(prefix)
