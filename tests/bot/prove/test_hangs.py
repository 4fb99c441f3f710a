"""A patched run that did not end: only tests that end quickly without the patch are shown to hang."""

from dataclasses import dataclass
from typing import Any, cast

import pytest

from bot.config import Config
from bot.prove.hangs import hanging
from bot.prove.looks import Bench
from bot.prove.suite import Suite
from bot.prove.verdict import Hang
from bot.records import SuiteRun


def suite(seconds: float, *, timed_out: bool = False, failed: tuple[str, ...] = ()) -> Suite:
    run = SuiteRun(command=(), exit_status=124 if timed_out else 0, seconds=seconds, tests=2, failed=failed)
    return Suite(run, frozenset() if timed_out else frozenset({"t1", "t2"}), (), timed_out, "")


CONFIG = Config(test_timeout_seconds=900)


@dataclass(frozen=True)
class Runs:
    """Stands for a bench whose tests t1 and t2 reach the site."""

    without: Suite
    ends_after: float  # with the patch
    narrows: bool = True
    config: Config = CONFIG

    def reached(self, _before: Suite) -> frozenset[str]:
        return frozenset({"t1", "t2"})

    def narrow(self, tests: frozenset[str]) -> Any:
        return tuple(tests) if self.narrows else None

    def run(self, _command: object, *, patched: bool) -> Suite:
        allowed = self.config.test_timeout_seconds
        return suite(min(self.ends_after, allowed), timed_out=self.ends_after > allowed) if patched else self.without


FOREVER = 1e9
CASES = {
    "it hangs": (Runs(suite(0.5), FOREVER), Hang(("t1", "t2"), 60, 0.5)),
    "ten times longer is long enough": (Runs(suite(20.0), FOREVER), Hang(("t1", "t2"), 200, 20.0)),
    "it ends, late": (Runs(suite(0.5), 59.0), None),
    "slow without it too": (Runs(suite(400.0), FOREVER), None),
    "not in time without it": (Runs(suite(900.0, timed_out=True), FOREVER), None),
    "fails without it": (Runs(suite(0.5, failed=("t2",)), FOREVER), None),
    "cannot be narrowed": (Runs(suite(0.5), FOREVER, narrows=False), None),
}


@pytest.mark.parametrize(("runs", "expected"), CASES.values(), ids=CASES)
def test_hanging(runs: Runs, expected: Hang | None) -> None:
    assert hanging(cast("Bench", runs), suite(800.0)) == expected
