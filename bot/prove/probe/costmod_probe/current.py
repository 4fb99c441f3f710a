"""Which test is running, and in which of its phases."""

from __future__ import annotations

import os
from typing import Any

_VARIABLE = b"PYTEST_CURRENT_TEST"
_unittest = ""
# Where os.environ keeps bytes: reading them through it decodes and encodes for every statement.
_raw = getattr(os.environ, "_data", None) if os.name == "posix" else None
_last: list[Any] = [(None, "", "")]  # what was said last, and its parts


def enter(test: str) -> str:
    """Name the running unittest test; returns the one before, to be entered again at its end."""
    global _unittest
    before, _unittest = _unittest, test
    return before


def test_and_phase(unittest_phase: str) -> tuple[str, str]:
    """What pytest says in its variable; inside a unittest test the stack knows the phase better."""
    said = _raw.get(_VARIABLE) if _raw is not None else os.environ.get("PYTEST_CURRENT_TEST")
    seen, named, phase = _last[0]
    if said is not seen:
        named, _, phase = os.fsdecode(said or "").rpartition(" ")
        phase = phase.strip("()")
        _last[0] = said, named, phase
    if named:
        return named, unittest_phase or phase
    return _unittest, unittest_phase or ("call" if _unittest else "")
