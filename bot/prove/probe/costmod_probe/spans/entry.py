"""One request, task, test or script: what its calls belong to."""

from __future__ import annotations

import sys
from contextvars import Token
from typing import Any

INTERNAL, SERVER, CLIENT, CONSUMER = 1, 2, 3, 5  # OTLP's numbers
MAX_TEXT = 64 << 10  # characters of a statement or URL


class Entry:
    """One request, task, test or script; what is known of it when it ends may be set until then."""

    def __init__(self, trace_id: str, kind: int, name: str, start_ns: int, process: int) -> None:
        self.trace_id, self.kind, self.name, self.start_ns = trace_id, kind, name, start_ns
        self.span_id = trace_id[-16:]
        self.facts: dict[str, Any] = {}
        self.lines: list[str] = []
        self.process = process  # a forked child must not write what its parent will
        self.called = self.ended = False
        self.token: Token[Entry | None] | None = None


def command() -> str:
    """The program, with its sub-command where there is one: further words may be values."""
    words = getattr(sys, "argv", None) or [""]
    name = words[0].replace("\\", "/")
    name = "/".join(name.split("/")[-2:]) if name.endswith("__main__.py") else name.rpartition("/")[2]
    sub = words[1] if name in ("manage.py", "flask", "django-admin") and len(words) > 1 else ""
    return f"{name} {sub}" if sub.replace("_", "").isalnum() else name or "python"
