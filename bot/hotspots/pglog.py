"""PostgreSQL's log entries to spans, whatever the format of the log: durations, statements, bound values, times."""

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from bot.hotspots.span import Span
from bot.hotspots.sqllog import Sessions, Statement
from bot.hotspots.values import LATEST_NS

NS_PER_MS = 1_000_000
NO_STATEMENT = "set `log_min_duration_statement = 0` (or a sampled form) for the time that is exported"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_STATEMENT = r"(?:statement|execute (?!fetch from )[^:\n]*): (?P<statement>.*)"
_TIMED = re.compile(rf"duration: (?P<ms>\d{{1,12}}(?:\.\d{{1,9}})?) ms(?:  {_STATEMENT})?", re.DOTALL)
_UNTIMED = re.compile(_STATEMENT, re.DOTALL)
_PARAMETER = re.compile(r"\$(?P<number>\d+) = (?P<value>'(?:[^']|'')*'|NULL)")
_PLACEHOLDER = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\$(?P<number>\d+)")
_TIME = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)[ T](?P<time>\d\d:\d\d:\d\d)(?:[.,](?P<fraction>\d{1,9}))?"
    r"(?: ?(?P<zone>[+-]\d\d(?::?\d\d)?|Z))?"
)


class LogEntry(NamedTuple):
    """One entry of a log; `number` is its place in its session, `end_ns` when it was written."""

    message: str
    detail: str
    end_ns: int
    session: str
    number: str
    transaction: str = ""  # virtual transaction id
    application: str = ""


class Statements:
    """The statements of one log."""

    def __init__(self) -> None:
        self._sessions = Sessions()
        self._untimed: dict[str, str] = {}  # logged before its duration is known, by session

    def span(self, entry: LogEntry) -> Span | None:
        """The span of an entry, None where it is about no finished statement."""
        timed = _TIMED.match(entry.message)
        if timed is None:
            if untimed := _UNTIMED.match(entry.message):
                self._untimed[entry.session] = untimed["statement"]
            return None
        text = timed["statement"] or self._untimed.pop(entry.session, None)
        if not text:
            return None
        return self._sessions.span(
            Statement(
                text=_with_parameters(text, entry.detail), system="postgresql", session=entry.session,
                number=entry.number, end_ns=entry.end_ns,
                duration_ns=min(round(float(timed["ms"]) * NS_PER_MS), LATEST_NS),
                transaction="" if entry.transaction.endswith("/0") else entry.transaction,
                application=entry.application,
            )
        )  # fmt: skip


def time_ns(text: str) -> int:
    """A timestamp as PostgreSQL writes it, in nanoseconds; 0 where there is none. A zone by name counts as UTC."""
    found = _TIME.search(text)
    if found is None:
        return 0
    try:
        moment = datetime.fromisoformat(f"{found['date']}T{found['time']}+00:00")
    except ValueError:
        return 0
    seconds = (moment - EPOCH) // timedelta(seconds=1) - _offset(found["zone"] or "")
    return max(0, seconds * 1_000_000_000 + int((found["fraction"] or "0").ljust(9, "0")))


def _offset(zone: str) -> int:
    digits = zone[1:].replace(":", "").ljust(4, "0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60 if digits.isdigit() else 0
    return -seconds if zone.startswith("-") else seconds


def _with_parameters(statement: str, detail: str) -> str:
    """The statement with its bound values in place, so that equal values show; the normaliser masks them all."""
    if not detail[:11].lower().startswith("parameters:"):
        return statement
    values = {found["number"]: found["value"] for found in _PARAMETER.finditer(detail)}
    return _PLACEHOLDER.sub(lambda match: values.get(match["number"] or "", match[0]), statement)
