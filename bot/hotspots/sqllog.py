"""A database's own log of statements to spans, whatever the database.

A statement belongs to a request by the `traceparent` in its comment (sqlcommenter, Datadog DBM). Without one, by the
session and its transaction: weaker, since a transaction may be less than a request, and statements outside of one
stand alone where the log names transactions.
"""

import re
from typing import NamedTuple

from bot.hotspots.span import Span

IDLE_NS = 1_000_000_000  # after which a session without transactions is taken to serve another request
TOOLS = frozenset({"", "[unknown]", "psql", "pg_dump", "pgbench", "pgAdmin 4"})

_TAG = re.compile(r"[*,]\s*(traceparent|route|controller|ddps|dde|ddpv)='([^']*)'")
_TRACE = re.compile(r"[0-9a-f]{2}-(?P<trace>[0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_BEGINS = re.compile(r"\s*(?:begin|start transaction)\b", re.I)
_ENDS = re.compile(r"\s*(?:commit|rollback(?! to)|end|abort)\b", re.I)


class Statement(NamedTuple):
    """A finished statement; `number` is its place in its session. Times in nanoseconds, the end since 1970."""

    text: str
    system: str
    session: str
    number: str
    end_ns: int
    duration_ns: int
    transaction: str = ""
    application: str = ""


class Sessions:
    """The sessions of one log. Their statements must come in order only where the log names no transactions."""

    def __init__(self) -> None:
        self._units: dict[str, tuple[int, int]] = {}  # by session: how many requests before, and when it was busy

    def span(self, statement: Statement) -> Span:
        """The statement as a span of the request that it belongs to."""
        tags = dict(_TAG.findall(statement.text)) if "/*" in statement.text else {}
        application = statement.application if statement.application not in TOOLS else None
        return Span(
            trace_id=self._trace(statement, tags),
            span_id=f"{statement.session}.{statement.number}",
            parent_id=None,
            kind="client",
            name="",
            start_ns=max(0, statement.end_ns - statement.duration_ns),
            duration_ns=statement.duration_ns,
            service=tags.get("ddps") or application,
            environment=tags.get("dde"),
            release=tags.get("ddpv"),
            db_system=statement.system,
            statement=statement.text,
            lane=statement.session,
        )

    def _trace(self, statement: Statement, tags: dict[str, str]) -> str:
        if found := _TRACE.fullmatch(tags.get("traceparent", "")):
            return f"{found['trace']}/{tags.get('route') or tags.get('controller') or ''}"
        if statement.transaction:
            return f"{statement.session}/{statement.transaction}"
        return f"{statement.session}#{self._unit(statement)}"

    def _unit(self, statement: Statement) -> int:
        """Counts the transactions of a session, and the pauses in it."""
        unit, busy = self._units.get(statement.session, (0, statement.end_ns))
        unit += bool(_BEGINS.match(statement.text)) or statement.end_ns - busy > IDLE_NS
        self._units[statement.session] = (unit + bool(_ENDS.match(statement.text)), statement.end_ns)
        return unit
