"""The running entry of each thread and task, and what it calls."""

# No error of the probe may reach the target.
# ruff: noqa: S110, SIM105

from __future__ import annotations

import itertools
import os
import time
from contextvars import ContextVar
from typing import Any

from ..calls.listener import Call, Listener
from .entry import CLIENT, INTERNAL, Entry, command
from .places import Places
from .writer import Writer, attributes

_FLUSH = 500  # lines
_running: ContextVar[Entry | None] = ContextVar("costmod_entry", default=None)


class Tracer(Listener):
    """Begins and ends entries, and writes down their calls; nothing here raises."""

    def __init__(self, directory: str, root: str, service: str) -> None:
        self._writer, self._places = Writer(directory, service), Places(root)
        # Held here: tests replace the clock, and perf_counter is the one that they leave alone.
        self._clock = time.perf_counter_ns
        self._epoch = time.time_ns() - self._clock()
        self._urandom, self._pid = os.urandom, os.getpid()
        self._count = itertools.count(1)
        self._random = self._urandom(12).hex()
        self._test: Entry | None = None
        self._script: Entry | None = None
        self._has_entries = False

    def now(self) -> int:
        """Nanoseconds since 1970, never going back."""
        return self._epoch + self._clock()

    def begin(self, kind: int, name: str) -> Entry:
        """An entry for this thread or task."""
        self.no_script()
        entry = self._entry(kind, name)
        entry.token = _running.set(entry)
        return entry

    def within(self, entry: Entry, function: Any, *args: Any, **kwargs: Any) -> Any:
        """What a request hands to a thread belongs to it."""
        token = _running.set(entry)
        try:
            return function(*args, **kwargs)
        finally:
            _running.reset(token)

    def running(self) -> Entry | None:
        """The entry of this thread or task."""
        return _running.get()

    def end(self, entry: Entry, **facts: Any) -> None:
        """The end of a request or task."""
        try:
            if entry.token is not None:
                _running.reset(entry.token)
        except Exception:  # it ends in another context than it began in
            pass
        try:
            self._close(entry, facts)
        except Exception:
            pass

    def enter_test(self, name: str) -> Entry | None:
        """A test begins, for all threads; None inside of another one."""
        self.no_script()
        if self._test is not None:
            return None
        self._test = self._entry(INTERNAL, name)
        return self._test

    def leave_test(self, entry: Entry | None) -> None:
        """The test ends; one that calls nothing by itself is no entry."""
        if entry is None:
            return
        self._test = None
        try:
            if entry.called:
                self._close(entry, {})
        except Exception:
            pass

    def no_script(self) -> None:
        """Tests, requests or tasks run here: what runs outside of them is set-up."""
        if not self._has_entries:
            self._has_entries, self._script = True, None
            self._writer.drop_script()

    def started(self, call: Call) -> Any:
        """A call of the running entry begins."""
        return call, self.now()

    def ended(self, begun: Any) -> None:
        """Write down one statement or outbound request of the running entry."""
        try:
            if begun is None:
                return
            call, start_ns = begun
            end_ns, facts = self.now(), _facts(call)
            entry = _running.get() or self._test or self._script_entry()
            if entry is None:
                return
            is_test = entry is self._test
            place, phase = self._places.read_place(phase_matters=is_test)
            if entry.kind == INTERNAL and (place is None or (is_test and phase not in ("", "call"))):
                return
            if place is not None:
                facts["code.file.path"], facts["code.line.number"], facts["code.function.name"] = place
            entry.called = True
            self._add(entry, call.name, CLIENT, start_ns, end_ns, facts)
        except Exception:
            pass

    def here(self) -> Any:
        """Another entry in the same context is a request that a test client makes."""
        return self.running() or self

    def leave(self) -> None:
        """The process ends."""
        try:
            for entry in (self._test, self._script):
                if entry is not None and entry.called:
                    self._close(entry, {})
            self._script = None
        except Exception:
            pass

    def forget(self) -> None:
        """In a forked child: ids of its own, and nothing of what the parent still has to write."""
        self._random, self._pid = self._urandom(12).hex(), os.getpid()
        self._script = None

    def _script_entry(self) -> Entry | None:
        if self._script is None and not self._has_entries:
            self._script = self._entry(INTERNAL, command())
        return self._script

    def _entry(self, kind: int, name: str) -> Entry:
        number = next(self._count)
        return Entry(f"{self._random}{number & 0xFFFFFFFF:08x}", kind, name, self.now(), self._pid)

    def _close(self, entry: Entry, facts: dict[str, Any]) -> None:
        facts = {**entry.facts, **facts}
        method, route = facts.get("http.request.method"), facts.get("http.route")
        name = f"{method} {route}" if method and route else entry.name
        self._add(entry, name, entry.kind, entry.start_ns, self.now(), facts)
        entry.ended = True
        self._flush(entry)

    def _add(self, entry: Entry, name: str, kind: int, start_ns: int, end_ns: int, facts: dict[str, Any]) -> None:
        if entry.process != self._pid:
            entry.process, entry.lines = self._pid, []
        span = {
            "traceId": entry.trace_id,
            "spanId": entry.span_id,
            "name": name,
            "kind": kind,
            "startTimeUnixNano": str(start_ns),
            "endTimeUnixNano": str(max(start_ns, end_ns)),
            "attributes": attributes(facts),
        }
        if kind == CLIENT:
            number = next(self._count)
            span["parentSpanId"], span["spanId"] = entry.span_id, f"{self._random[:8]}{number & 0xFFFFFFFF:08x}"
        entry.lines.append(self._writer.line(span))
        if entry.ended or len(entry.lines) >= _FLUSH:
            self._flush(entry)

    def _flush(self, entry: Entry) -> None:
        lines, entry.lines = entry.lines, []
        self._writer.append(lines, script=entry is self._script)


def _facts(call: Call) -> dict[str, Any]:
    """The call in the names of OpenTelemetry's semantic conventions."""
    if call.kind == "http":
        return {"http.request.method": call.name, "url.full": call.text}
    if call.kind == "aws":
        return {"rpc.system": "aws-api", "rpc.service": call.system, "rpc.method": call.name}
    return {"db.system.name": call.system, "db.query.text": call.text}
