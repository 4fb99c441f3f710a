"""unittest and Django's runner: the running test and how it ended."""

# No error of the probe may reach the target.
# ruff: noqa: S110

from __future__ import annotations

import functools
from typing import Any

from . import current, seeds
from .recorder import Recorder


def instrument(module: Any, log: Recorder) -> None:
    """Wrap TestCase.run, which every runner calls once per test."""
    original = module.TestCase.run

    @functools.wraps(original)
    def run(self: Any, result: Any = None) -> Any:
        name = _identity(self)
        if not current.test_and_phase("")[0]:  # pytest has begun it already
            seeds.pin(name)
        before, kept = current.enter(name), _marks(result)
        try:
            return original(self, result)
        finally:
            current.enter(before)
            _note(log, self, kept, _marks(result))

    module.TestCase.run = run


def _identity(case: Any) -> str:
    try:
        return str(case.id())
    except Exception:  # a test may override id()
        return ""


def _marks(result: Any) -> tuple[int, int]:
    """Numbers that grow when a test fails, and when it is skipped."""
    bad = sum(len(getattr(result, name, ())) for name in ("failures", "errors", "unexpectedSuccesses"))
    return bad, len(getattr(result, "skipped", ()))


def _note(log: Recorder, case: Any, before: tuple[int, int], after: tuple[int, int]) -> None:
    try:
        outcome = "failed" if after[0] > before[0] else "skipped" if after[1] > before[1] else "passed"
        log.outcome(_identity(case), outcome)
    except Exception:  # the test's own outcome stands
        pass
