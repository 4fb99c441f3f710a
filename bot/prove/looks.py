"""Suites run again where one run leaves a doubt: a fence that was too tight, a test that is flaky."""

from dataclasses import dataclass, replace
from pathlib import Path

from bot.config import Config
from bot.prove import observe
from bot.prove.command import TestCommand
from bot.prove.run import Place
from bot.prove.sandbox import Sandbox
from bot.prove.snapshot import restore_snapshot, write_changes
from bot.prove.suite import Suite, run_suite
from bot.prove.verdict import Seen, why_unprovable
from bot.records import Change, Patch

QUICK_SECONDS = 20.0  # a suite that takes no longer is run as a whole: a part of it decides nothing sooner


@dataclass(frozen=True)
class Bench:
    """Runs suites, each on the same files: the commit's, with or without the patch."""

    command: TestCommand
    place: Place
    kept: Path
    patch: Patch
    config: Config
    sandbox: Sandbox

    def run(
        self, command: TestCommand, *, patched: bool, probe: dict[str, str] | None = None, more: tuple[Change, ...] = ()
    ) -> Suite:
        """One run; the files of the work tree are afterwards what they were."""
        try:
            write_changes(self.place.tree, (*self.patch.changes, *more) if patched else more)
            return run_suite(command, replace(self.place, probe=probe or {}), self.config, self.sandbox)
        finally:
            restore_snapshot(self.place.tree, self.kept)

    def narrow(self, tests: frozenset[str]) -> TestCommand | None:
        """The command for these tests alone, where it can be narrowed to them."""
        return self.command.only(tuple(sorted(tests)), self.place.tree)

    def reached(self, suite: Suite) -> frozenset[str]:
        """The tests that reached the site and passed."""
        return (observe.reached_tests(suite.rows, self.place.site) & (suite.ran or frozenset())) - suite.failed

    def seen(self, before: Suite) -> Seen:
        """What a baseline says by itself."""
        return Seen(
            before.run,
            timed_out=before.timed_out,
            seconds_allowed=self.config.test_timeout_seconds,
            last_words=before.last_words,
            elsewhere=observe.imported_elsewhere(before.rows),
            reached=tuple(sorted(self.reached(before))),
        )


def baseline(bench: Bench) -> tuple[Bench, Suite]:
    """The run before the patch; with the fence opened where tests fail because of it: services listen on this host."""
    suite = bench.run(bench.command, patched=False)
    fine = not suite.failed and not why_unprovable(bench.seen(suite))
    if fine or suite.timed_out or not suite.run.exit_status or bench.config.sandbox == "require":
        return bench, suite
    for sandbox in bench.sandbox.opened("the tests failed without it"):
        opened = replace(bench, sandbox=sandbox)
        narrow = bench.narrow(suite.failed) if suite.ran - suite.failed else None
        if narrow is not None and opened.run(narrow, patched=False).failed >= suite.failed:
            continue  # these fail in any case
        second = opened.run(bench.command, patched=False)
        if second.ran and (len(second.failed) < len(suite.failed) or not suite.ran - suite.failed):
            return opened, second
    return bench, suite


def second_look(bench: Bench, before: Suite, after: Suite) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """New failures and flaky tests. Flaky takes evidence: the same command passed with the patch, or failed without it.

    Alone, a test may pass or fail for want of those that ran in front of it, so what one test does alone is evidence
    only where it fails with the patch and passes without it. A test that ran before and is missing from a run that
    failed counts as failing.
    """
    suspects = _suspects(before, after)
    if not suspects or after.timed_out:
        return (), ()
    sure = _surely_broken(bench, suspects) if before.run.seconds > QUICK_SECONDS else frozenset()
    flaky: frozenset[str] = frozenset()
    if doubtful := suspects - sure:
        again = bench.run(bench.command, patched=True)
        flaky = (again.ran - again.failed) & doubtful
        if still := doubtful - flaky:
            flaky |= bench.run(bench.command, patched=False).failed & still
    return tuple(sorted(suspects - flaky)), tuple(sorted(flaky))


def quick_look(bench: Bench, before: Suite) -> Suite | None:
    """The run with the patch of the tests that reach the site, if it settles that the patch breaks one of them."""
    reached = bench.reached(before)
    command = bench.narrow(reached) if before.run.seconds > QUICK_SECONDS else None
    if command is None:
        return None
    suite = bench.run(command, patched=True)
    suspects = reached & (suite.failed | (reached - suite.ran))
    return suite if suspects and _surely_broken(bench, suspects) else None


def _surely_broken(bench: Bench, tests: frozenset[str]) -> frozenset[str]:
    """Those that fail with the patch and pass without it, alone both times."""
    command = bench.narrow(tests)
    if command is None:
        return frozenset()
    without = bench.run(command, patched=False)
    passing = (without.ran - without.failed) & tests
    if not passing:
        return frozenset()
    patched = bench.run(command, patched=True)
    return passing & (patched.failed | (passing - patched.ran))


def _suspects(before: Suite, after: Suite) -> frozenset[str]:
    missing = before.ran - after.ran if after.run.exit_status and after.ran else frozenset()
    return (after.failed | missing) - before.failed
