"""From a patch to a proof: baseline, patch, a second look at what newly fails, verdict."""

from dataclasses import replace
from pathlib import Path

from bot.config import Config
from bot.prove import observe
from bot.prove.beyond import in_harness, measured, regression_test
from bot.prove.checkout import Checkout
from bot.prove.command import find_command
from bot.prove.environment import refused_names
from bot.prove.hangs import hanging
from bot.prove.limits import limits_for
from bot.prove.looks import Bench, baseline, quick_look, second_look
from bot.prove.run import Place
from bot.prove.sandbox import sandbox_for
from bot.prove.scratch import scratch_directory
from bot.prove.snapshot import brought_files, check_changes, take_snapshot
from bot.prove.suite import Suite
from bot.prove.verdict import Seen, decide, why_unprovable
from bot.prove.writes import compare_writes
from bot.records import Patch, Proof, RegressionTest


def prove(checkout: Checkout, repository: Path, patch: Patch, config: Config) -> Proof:
    """Run the repository's tests without and with the patch; the checkout's files are afterwards what they were.

    Raises:
        UserError: the test command or interpreter cannot be run, the sandbox is not to be had, or the patch does not
            fit the commit.
    """
    check_changes(checkout.path, patch.changes)
    sandbox = sandbox_for(config.sandbox)
    command = find_command(checkout.path, repository.resolve(), config, patch.site.file)
    with scratch_directory() as scratch, brought_files(checkout.path, repository, config.test_files):
        kept = scratch / "kept"
        take_snapshot(checkout.path, kept)
        place = Place(checkout.path, repository.resolve(), patch.site, kept)
        bench, before = baseline(Bench(command, place, kept, patch, config, sandbox))
        seen = bench.seen(before)
        if before.timed_out:
            return _unfinished(checkout, bench, before)
        if why_unprovable(seen):
            return _proof(checkout, bench, seen)
        if (broken := quick_look(bench, before)) is not None:
            failures = tuple(sorted(bench.reached(before) & (broken.failed | (bench.reached(before) - broken.ran))))
            return _proof(checkout, bench, _seen(bench, before, broken, failures, ()), before)
        after = bench.run(bench.command, patched=True)
        if after.timed_out:
            seen = replace(_seen(bench, before, after, (), ()), hang=hanging(bench, before))
            return _proof(checkout, bench, seen, before)
        new_failures, flaky = second_look(bench, before, after)
        test: RegressionTest | None = None
        seen = _seen(bench, before, after, new_failures, flaky)
        if seen.reached and decide(seen)[0] != "broken":
            seen = replace(seen, measured=measured(bench, seen))
            test = regression_test(bench, seen, after)
        if decide(seen)[0] == "held" and not (seen.measured and seen.measured.slope):
            seen = replace(seen, measured=in_harness(bench, seen.measured))
    return _proof(checkout, bench, seen, before, test)


def _unfinished(checkout: Checkout, bench: Bench, whole: Suite) -> Proof:
    """The whole suite did not end in time; what the tests say that had reached the site by then."""
    reached = observe.reached_tests(whole.rows, bench.place.site)
    narrow = bench.narrow(reached)
    if narrow is None:
        return _proof(checkout, bench, bench.seen(whole))
    before = bench.run(narrow, patched=False)
    if before.timed_out or why_unprovable(bench.seen(before)):
        return _proof(checkout, bench, bench.seen(whole))
    part = replace(bench, command=narrow)
    after = part.run(narrow, patched=True)
    seen = _seen(part, before, after, *second_look(part, before, after))
    if after.timed_out:
        seen = replace(seen, hang=hanging(part, before))
    return _proof(checkout, part, replace(seen, unfinished=True), before)


def _seen(bench: Bench, before: Suite, after: Suite, new_failures: tuple[str, ...], flaky: tuple[str, ...]) -> Seen:
    # A test that stops early issues fewer statements: only tests that passed both times are compared.
    in_both = (bench.reached(before) & bench.reached(after)) - set(flaky)
    counts = observe.application_counts(before.rows), observe.application_counts(after.rows)
    return replace(
        bench.seen(before),
        after=after.run,
        timed_out=after.timed_out,
        last_words=after.last_words,
        elsewhere=observe.imported_elsewhere(after.rows),
        new_failures=new_failures,
        flaky=flaky,
        reached=tuple(sorted(in_both)),
        operations=observe.compare_counts(*counts, in_both),
        writes=compare_writes(before.rows, after.rows, in_both),
    )


def _proof(
    checkout: Checkout, bench: Bench, seen: Seen, before: Suite | None = None, test: RegressionTest | None = None
) -> Proof:
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
        reached=seen.reached if seen.after else (),
        operations=seen.operations,
        slope=seen.measured.slope if seen.measured else None,
        harness=seen.measured.harness if seen.measured else None,
        growth=seen.measured.growth if seen.measured else "",
        results=seen.measured.results if seen.measured else "",
        writes=seen.writes,
        regression_test=test,
        frames=observe.repeating_frames(before.rows, frozenset(seen.reached)) if before else (),
        limits=(*bench.sandbox.words(limits_for(bench.config)), environment),
    )
