"""Spans as OTLP JSON lines, one span a line, in one file per process."""

# No pathlib: the probe starts in every interpreter of the run.
# ruff: noqa: PTH100

from __future__ import annotations

import json
import os
from typing import Any

MAX_BYTES = 1 << 30  # of one process


class Writer:
    """Appends to `PID.jsonl`, and to `PID.script.jsonl` what turns out to be no script when a test begins."""

    def __init__(self, directory: str, service: str) -> None:
        # Held here and not looked up: tests replace os functions and the working directory with fakes.
        self._open, self._write, self._close, self._getpid = os.open, os.write, os.close, os.getpid
        self._unlink, self._encode = os.unlink, json.JSONEncoder(separators=(",", ":")).encode
        self._place = os.path.abspath(directory) + os.sep
        resource = {"attributes": attributes({"service.name": service} if service else {})}
        self._head = '{"resourceSpans":[{"resource":' + self._encode(resource) + ',"scopeSpans":[{"spans":['
        self._left = MAX_BYTES

    def line(self, span: dict[str, Any]) -> str:
        """One span as a line."""
        return self._head + self._encode(span) + "]}]}]}\n"

    def append(self, lines: list[str], *, script: bool = False) -> None:
        """Write lines at once, so that those of two threads do not mix; past the limit they are dropped."""
        data = "".join(lines).encode("utf-8", "backslashreplace")
        self._left -= len(data)
        if not data or self._left < 0:
            return
        file = self._open(self._path(script), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            self._write(file, data)
        finally:
            self._close(file)

    def drop_script(self) -> None:
        """Forget what ran outside of every entry."""
        try:
            self._unlink(self._path(script=True))
        except OSError:
            return

    def _path(self, script: bool) -> str:
        return self._place + str(self._getpid()) + (".script.jsonl" if script else ".jsonl")


def attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    """OTLP's form of attributes; those without a value are left out."""
    return [
        {"key": key, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}
        for key, value in values.items()
        if value not in (None, "")
    ]
