"""Tells a patch that hangs from a long suite on a busy machine, when only the patched run did not end in time."""

import math
from dataclasses import replace

from bot.prove.looks import Bench
from bot.prove.suite import Suite
from bot.prove.verdict import Hang

_TIMES_LONGER = 10  # than without the patch
_LEAST_SECONDS = 60  # a small suite starts slowly on a busy machine
_CLEARLY_LONGER = 3  # where the time limit allows no more


def hanging(bench: Bench, before: Suite) -> Hang | None:
    """The tests that reach the site, alone: shown to hang when they pass in a fraction of the time without the patch.

    None where they end with it too, or where the command cannot be narrowed to them.
    """
    tests = bench.reached(before)
    command = bench.narrow(tests)
    if command is None:
        return None
    without = bench.run(command, patched=False)
    allowed = max(_LEAST_SECONDS, math.ceil(_TIMES_LONGER * without.run.seconds))
    allowed = min(allowed, bench.config.test_timeout_seconds)
    if (
        without.timed_out
        or not tests <= without.ran - without.failed
        or allowed < _CLEARLY_LONGER * without.run.seconds
    ):
        return None
    shorter = replace(bench, config=replace(bench.config, test_timeout_seconds=allowed))
    patched = shorter.run(command, patched=True)
    return Hang(tuple(sorted(tests)), allowed, without.run.seconds) if patched.timed_out else None
