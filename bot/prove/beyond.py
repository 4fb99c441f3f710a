"""What is shown beyond the verdict: operations on more rows, a regression test, a harness where no test is."""

from dataclasses import replace

from bot.prove.harness import run_harness
from bot.prove.keep import keep
from bot.prove.looks import Bench
from bot.prove.loops import between_tests
from bot.prove.slope import Measured, measure
from bot.prove.suite import Suite
from bot.prove.verdict import Seen, decide
from bot.records import Change, RegressionTest

_HARNESS = ("python", "-m", "costmod_probe.harness")


def measured(bench: Bench, seen: Seen) -> Measured | None:
    """The tests that reached the site on more rows; None where the command cannot be narrowed to them."""
    if any(load.batched or "." not in load.path for load in bench.patch.loads):
        return between_tests(seen.operations)
    command = bench.narrow(frozenset(seen.reached))
    if command is None:
        return None

    def run(tests: tuple[str, ...], probe: dict[str, str], patched: bool) -> Suite:
        return bench.run(bench.narrow(frozenset(tests)) or command, patched=patched, probe=probe)

    return measure(bench.patch, seen.operations, run)


def in_harness(bench: Bench, measured: Measured | None) -> Measured:
    """The edited query on rows made from the repository's own models, beside what the tests showed."""
    command = replace(bench.command, words=_HARNESS)
    slope, said = run_harness(
        bench.patch, bench.place.tree, lambda probe, patched: bench.run(command, patched=patched, probe=probe)
    )
    if measured is None:
        return Measured(None, said, harness=slope)
    return measured._replace(harness=slope, growth=f"{measured.growth} {said}")


def regression_test(bench: Bench, seen: Seen, after: Suite) -> RegressionTest | None:
    """A test with a query budget that is green with the patch and red without; None where none was made."""
    command = bench.narrow(frozenset(seen.reached))
    if command is None or bench.config.regression_test == "off" or decide(seen)[0] != "proven":
        return None

    def run(tests: tuple[str, ...], test: Change, patched: bool) -> Suite:
        return bench.run(bench.narrow(frozenset(tests)) or command, patched=patched, more=(test,))

    return keep(bench.place.tree, seen.operations, after, run)
