"""Which test is running, and in which of its phases."""

from __future__ import annotations

import os

_unittest = ""


def enter(test: str) -> str:
    """Name the running unittest test; returns the one before, to be entered again at its end."""
    global _unittest
    before, _unittest = _unittest, test
    return before


def test_and_phase(unittest_phase: str) -> tuple[str, str]:
    """What pytest says in its variable; inside a unittest test the stack knows the phase better."""
    named, _, phase = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")
    if named:
        return named, unittest_phase or phase.strip("()")
    return _unittest, unittest_phase or ("call" if _unittest else "")
