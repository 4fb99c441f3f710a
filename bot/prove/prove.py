"""From a patch to a proof: baseline, patch, a second look at what newly fails, verdict."""

from dataclasses import dataclass, replace
from pathlib import Path

from msgspec.structs import replace as replace_record

from bot.config import Config
from bot.prove import observe
from bot.prove.checkout import Checkout
from bot.prove.command import TestCommand, find_command
from bot.prove.environment import refused_names
from bot.prove.harness import run_harness
from bot.prove.keep import keep
from bot.prove.run import Place
from bot.prove.sandbox import Sandbox, best_sandbox
from bot.prove.scratch import scratch_directory
from bot.prove.slope import Measured, measure
from bot.prove.snapshot import check_changes, restore_snapshot, take_snapshot, write_changes
from bot.prove.suite import Suite, run_suite
from bot.prove.verdict import Seen, decide, why_unprovable
from bot.prove.writes import compare_writes
from bot.records import Change, Patch, Proof, RegressionTest

_HARNESS = ("python", "-m", "costmod_probe.harness")


@dataclass(frozen=True)
class _Bench:
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
        try:
            write_changes(self.place.tree, (*self.patch.changes, *more) if patched else more)
            return run_suite(command, replace(self.place, probe=probe or {}), self.config, self.sandbox)
        finally:
            restore_snapshot(self.place.tree, self.kept)


def prove(checkout: Checkout, repository: Path, patch: Patch, config: Config) -> Proof:
    """Run the repository's tests without and with the patch; the checkout's files are afterwards what they were.

    Raises:
        UserError: the test command or interpreter cannot be run, or the patch does not fit the commit.
    """
    check_changes(checkout.path, patch.changes)
    command = find_command(checkout.path, repository.resolve(), config)
    with scratch_directory() as scratch:
        take_snapshot(checkout.path, scratch / "kept")
        place = Place(checkout.path, repository.resolve(), patch.site)
        bench, before = _baseline(_Bench(command, place, scratch / "kept", patch, config, best_sandbox()))
        baseline = _seen_before(before, config)
        if why_unprovable(baseline):
            return _proof(checkout, bench, baseline)
        after = bench.run(command, patched=True)
        new_failures, flaky = _second_look(bench, before, after)
        kept = None
        seen = _seen(bench, before, after, new_failures, flaky)
        if seen.reached and decide(seen)[0] != "broken":
            seen = replace(seen, measured=_measured(bench, seen))
            kept = _regression_test(bench, seen, after)
        elif not seen.reached and decide(seen)[0] == "held":
            seen = replace(seen, measured=_in_harness(bench))
    return replace_record(_proof(checkout, bench, seen, before), regression_test=kept)


def _measured(bench: _Bench, seen: Seen) -> Measured:
    def run(tests: tuple[str, ...], probe: dict[str, str], patched: bool) -> Suite:
        return bench.run(bench.command.only(tests), patched=patched, probe=probe)

    return measure(bench.patch, seen.operations, run)


def _in_harness(bench: _Bench) -> Measured:
    command = TestCommand(bench.command.interpreter, _HARNESS, bench.command.variables)
    slope, said = run_harness(
        bench.patch, bench.place.tree, lambda probe, patched: bench.run(command, patched=patched, probe=probe)
    )
    return Measured(None, said, harness=slope)


def _regression_test(bench: _Bench, seen: Seen, after: Suite) -> RegressionTest | None:
    if bench.config.regression_test == "off" or decide(seen)[0] != "proven":
        return None

    def run(tests: tuple[str, ...], test: Change, patched: bool) -> Suite:
        return bench.run(bench.command.only(tests), patched=patched, more=(test,))

    return keep(bench.place.tree, seen.operations, after, run)


def _baseline(bench: _Bench) -> tuple[_Bench, Suite]:
    """The run before the patch; with the network open when it fails without: services often listen on this host."""
    suite = bench.run(bench.command, patched=False)
    if (
        not bench.sandbox.network
        or suite.timed_out
        or not why_unprovable(_seen_before(suite, bench.config))
        or not suite.run.exit_status
    ):
        return bench, suite
    sandbox = bench.sandbox.with_network("the tests failed without it")
    opened = _Bench(bench.command, bench.place, bench.kept, bench.patch, bench.config, sandbox)
    second = opened.run(bench.command, patched=False)
    return (bench, suite) if why_unprovable(_seen_before(second, bench.config)) else (opened, second)


def _second_look(bench: _Bench, before: Suite, after: Suite) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """New failures and flaky tests. Flaky takes evidence: passed with the patch once more, or failed without it.

    A test that ran before and is missing from a run that failed counts as failing.
    """
    suspects = _suspects(before, after)
    if not suspects or after.timed_out:
        return (), ()
    again = bench.run(bench.command.only(suspects), patched=True)
    flaky = (again.ran - again.failed) & set(suspects)
    if still := tuple(test for test in suspects if test not in flaky):
        flaky |= bench.run(bench.command.only(still), patched=False).failed & set(still)
    return tuple(test for test in suspects if test not in flaky), tuple(sorted(flaky))


def _suspects(before: Suite, after: Suite) -> tuple[str, ...]:
    missing = before.ran - after.ran if after.run.exit_status and after.ran else frozenset()
    return tuple(sorted((after.failed | missing) - before.failed))


def _seen_before(before: Suite, config: Config) -> Seen:
    elsewhere = observe.imported_elsewhere(before.rows)
    return Seen(
        before.run,
        timed_out=before.timed_out,
        seconds_allowed=config.test_timeout_seconds,
        last_words=before.last_words,
        elsewhere=elsewhere,
    )


def _seen(bench: _Bench, before: Suite, after: Suite, new_failures: tuple[str, ...], flaky: tuple[str, ...]) -> Seen:
    # A test that stops early issues fewer statements: only tests that passed both times are compared.
    passed = (before.ran & after.ran) - after.failed - set(flaky) if after.ran else frozenset()
    site = bench.place.site
    in_both = observe.reached_tests(before.rows, site) & observe.reached_tests(after.rows, site) & passed
    counts = observe.application_counts(before.rows), observe.application_counts(after.rows)
    return Seen(
        before=before.run,
        after=after.run,
        timed_out=after.timed_out,
        seconds_allowed=bench.config.test_timeout_seconds,
        last_words=after.last_words,
        elsewhere=observe.imported_elsewhere(after.rows),
        new_failures=new_failures,
        flaky=flaky,
        reached=tuple(sorted(in_both)),
        operations=observe.compare_counts(*counts, in_both),
        writes=compare_writes(before.rows, after.rows, in_both),
    )


def _proof(checkout: Checkout, bench: _Bench, seen: Seen, before: Suite | None = None) -> Proof:
    verdict, reason = decide(seen)
    refused = refused_names(bench.config.test_environment)
    environment = "environment allow-list" + (f" (refused: {', '.join(refused)})" if refused else "")
    return Proof(
        verdict=verdict,
        reason=reason,
        commit=checkout.commit,
        before=seen.before,
        after=seen.after,
        new_failures=seen.new_failures,
        flaky=seen.flaky,
        reached=seen.reached,
        operations=seen.operations,
        slope=seen.measured.slope if seen.measured else None,
        harness=seen.measured.harness if seen.measured else None,
        growth=seen.measured.growth if seen.measured else "",
        results=seen.measured.results if seen.measured else "",
        writes=seen.writes,
        frames=observe.repeating_frames(before.rows, frozenset(seen.reached)) if before else (),
        limits=(*bench.sandbox.limits(bench.config.test_timeout_seconds), environment),
    )
