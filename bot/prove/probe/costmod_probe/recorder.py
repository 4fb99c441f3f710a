"""Adds up what was seen per test and appends it to one file per process, as JSON lines."""

# No pathlib: the probe starts in every interpreter of the run.
# ruff: noqa: PTH100

from __future__ import annotations

import _thread
import os
from typing import Any

_ALL = (1 << 64) - 1
_WITHOUT_TOTAL = 2  # numbers: calls and rows


class Recorder:
    """Counters of the current test, written out when the next test begins and when the process ends."""

    def __init__(self, directory: str) -> None:
        # Held here and not looked up: tests replace os functions and the working directory with fakes.
        self._open, self._write, self._close, self._getpid = os.open, os.write, os.close, os.getpid
        self._directory = os.path.abspath(directory)
        self._separator = os.sep
        self._lock = _thread.RLock()
        self._test = ""
        self._sums: dict[Any, list[int]] = {}

    def count(self, test: str, what: tuple[Any, ...], rows: int = 0) -> list[int]:
        """Add a call and its rows; `what` is kind, phase, fingerprint, frames and the sort of load.

        Returns its sums, to which `more_rows` adds.
        """
        with self._lock:
            if test != self._test:
                self.flush()
                self._test = test
            sums = self._sums.get(what)
            if sums is None:
                sums = self._sums[what] = [1, rows]
            else:
                sums[0] += 1
                sums[1] += rows
            return sums

    def more_rows(self, sums: list[int], rows: int) -> None:
        """Add rows to a call that was counted."""
        with self._lock:
            sums[1] += rows

    def wrote(self, test: str, phase: str, what: str, rows: int, total: int) -> None:
        """Add written rows, with the sum of their hashes."""
        with self._lock:
            sums = self.count(test, ("write", phase, what, (), ""), rows)
            if len(sums) == _WITHOUT_TOTAL:
                sums.append(0)
            sums[2] = (sums[2] + total) & _ALL

    def reached(self, test: str, phase: str) -> None:
        """Note that the site was executed."""
        self.count(test, ("reached", phase, "", (), ""))

    def outcome(self, test: str, outcome: str) -> None:
        """Note how a unittest test ended ("passed", "failed" or "skipped"), and write what is known so far."""
        with self._lock:
            self.count(test, ("outcome", outcome, "", (), ""))
            self.flush()

    def has_reached(self, test: str) -> bool:
        """Whether the running test has executed the site."""
        return test == self._test and ("reached", "call", "", (), "") in self._sums

    def note(self, test: str, kind: str, text: str, rows: int = 0) -> None:
        """Note one fact of a test."""
        self.count(test, (kind, "call", text, (), ""), rows)

    def modules_elsewhere(self, files: list[str]) -> None:
        """Note project files that were imported from the original repository."""
        for file in files:
            self.count("", ("elsewhere", "", file, (), ""))

    def flush(self) -> None:
        """Append the counters to this process's file and start again from zero."""
        with self._lock:
            sums, self._sums = self._sums, {}
            if not sums:
                return
            encode = __import__("json").JSONEncoder().encode  # only here: most processes of a run count nothing
            lines = [encode(self._row(what, *numbers)) for what, numbers in sums.items()]
            path = self._directory + self._separator + str(self._getpid()) + ".jsonl"
            file = self._open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                self._write(file, ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace"))
            finally:
                self._close(file)

    def _row(self, what: tuple[Any, ...], calls: int, rows: int, total: int = 0) -> dict[str, Any]:
        kind, phase, text, frames, load = what
        row = {"kind": kind, "test": self._test, "phase": phase, "text": text, "count": calls, "frames": frames}
        if rows:
            row["rows"] = rows
        if load:
            row["load"] = load
        if kind == "write":
            row["total"] = format(total, "016x")
        return row

    def forget(self) -> None:
        """In a forked child: the parent writes what it counted; its lock may be held by a thread that is not here."""
        self._lock = _thread.RLock()
        self._sums = {}
