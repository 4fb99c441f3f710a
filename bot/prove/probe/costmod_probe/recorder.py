"""Adds up what was seen per test and appends it to one file per process, as JSON lines."""

# No pathlib: the probe starts in every interpreter of the run.
# ruff: noqa: PTH100

from __future__ import annotations

import _thread
import json
import os
from typing import Any


class Recorder:
    """Counters of the current test, written out when the next test begins and when the process ends."""

    def __init__(self, directory: str) -> None:
        # Held here and not looked up: tests replace os functions and the working directory with fakes.
        self._open, self._write, self._close, self._getpid = os.open, os.write, os.close, os.getpid
        self._dumps, self._directory = json.dumps, os.path.abspath(directory)
        self._separator = os.sep
        self._lock = _thread.RLock()
        self._test = ""
        self._counts: dict[Any, int] = {}

    def statement(self, test: str, phase: str, text: str, frames: tuple[Any, ...]) -> None:
        """Count one statement."""
        self._add(test, ("statement", phase, text, frames))

    def reached(self, test: str, phase: str) -> None:
        """Note that the site was executed."""
        self._add(test, ("reached", phase, "", ()))

    def outcome(self, test: str, outcome: str) -> None:
        """Note how a unittest test ended ("passed", "failed" or "skipped"), and write what is known so far."""
        with self._lock:
            self._add(test, ("outcome", outcome, "", ()))
            self.flush()

    def modules_elsewhere(self, files: list[str]) -> None:
        """Note project files that were imported from the original repository."""
        for file in files:
            self._add("", ("elsewhere", "", file, ()))

    def _add(self, test: str, what: tuple[Any, ...]) -> None:
        with self._lock:
            if test != self._test:
                self.flush()
                self._test = test
            self._counts[what] = self._counts.get(what, 0) + 1

    def flush(self) -> None:
        """Append the counters to this process's file and start again from zero."""
        with self._lock:
            counts, self._counts = self._counts, {}
            if not counts:
                return
            lines = [
                self._dumps(
                    {"kind": kind, "test": self._test, "phase": phase, "text": text, "count": count, "frames": frames}
                )
                for (kind, phase, text, frames), count in counts.items()
            ]
            path = self._directory + self._separator + str(self._getpid()) + ".jsonl"
            file = self._open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                self._write(file, ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace"))
            finally:
                self._close(file)

    def forget(self) -> None:
        """In a forked child: the parent writes what it counted; its lock may be held by a thread that is not here."""
        self._lock = _thread.RLock()
        self._counts = {}
