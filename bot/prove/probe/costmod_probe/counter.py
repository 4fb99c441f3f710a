"""Counts the calls of each test: by fingerprint, with frames, rows, lazy loads, commits, and what was written."""

# No error of the probe may reach the target.
# ruff: noqa: S110

from __future__ import annotations

from typing import Any

from . import fingerprints, writes
from .calls.listener import Call, Listener
from .current import test_and_phase
from .frames import Frames
from .recorder import Recorder

_NOWHERE: tuple[Any, str] = ((), "")


class Counter(Listener):
    """Tells the recorder of every call; whatever goes wrong stays here."""

    def __init__(self, log: Recorder, stack: Frames) -> None:
        self._log, self._stack = log, stack
        self.muted = False  # while the probe itself issues statements

    def started(self, call: Call) -> Any:
        """Count the call for the running test."""
        if self.muted:
            return None
        try:
            test, phase = test_and_phase("")
            frames, load = _NOWHERE
            if phase == "call":  # what happens elsewhere is no part of a proof, and walking the stack costs most
                frames, unittest_phase, load = self._stack.read(call.text)
                phase = unittest_phase or phase
            sums = self._log.count(test, (call.kind, phase, fingerprints.of(call), frames, load))
            if phase == "call" and call.name in writes.VERBS and call.kind == "sql":
                self._log.wrote(test, phase, *writes.of(call.text, call.parameters, many=call.many))
        except Exception:  # the target's call matters, our count does not
            return None
        return sums

    def rows(self, begun: Any, number: int) -> None:
        """Add the rows that were taken to the statement that they came from."""
        try:
            if begun is not None:
                self._log.more_rows(begun, number)
        except Exception:
            pass

    def committed(self, name: str) -> None:
        """Count the end of a transaction or savepoint."""
        if self.muted:
            return
        try:
            test, phase = test_and_phase("")
            if phase == "call":
                phase = self._stack.read()[1] or phase
            self._log.count(test, ("commit", phase, name, (), ""))
        except Exception:
            pass
