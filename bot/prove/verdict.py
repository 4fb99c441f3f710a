"""From what was seen to one word and one sentence."""

from dataclasses import dataclass
from typing import NamedTuple

from bot.prove.slope import OTHER_ROWS, Measured
from bot.records import OPERATION_NAMES, OperationCount, OperationKind, SuiteRun, Verdict
from bot.words import counted

_NAMES_SHOWN = 3
_COUNTED: tuple[OperationKind, ...] = ("sql", "http", "aws", "redis")  # connections come with the calls


class Hang(NamedTuple):
    """Tests that do not end with the patch; seconds that they were given, and that they take without it."""

    tests: tuple[str, ...]
    allowed: int
    without: float


@dataclass(frozen=True)
class Seen:
    """Everything the verdict rests on; None for a run that did not take place."""

    before: SuiteRun
    after: SuiteRun | None = None
    timed_out: bool = False  # the last run that took place
    unfinished: bool = False  # the whole suite did not end in time: the runs are those of the tests that reach the site
    hang: Hang | None = None  # why the run with the patch did not end
    seconds_allowed: int = 0
    last_words: str = ""  # of the last run
    elsewhere: tuple[str, ...] = ()  # files imported from outside the work tree
    new_failures: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()
    reached: tuple[str, ...] = ()  # tests that reached the site and passed, with the patch too once it was there
    operations: tuple[OperationCount, ...] = ()
    writes: str = ""
    measured: Measured | None = None  # on more rows


def decide(seen: Seen) -> tuple[Verdict, str]:
    """The verdict as `bot.records.Proof` defines it, and why."""
    if seen.after is None:
        return "unprovable", why_unprovable(seen) or "The tests did not run with the patch."
    if why := _why_broken(seen, seen.after):
        return "broken", why
    if seen.timed_out:
        return "unprovable", (
            f"Not finished: with the patch the tests ran longer than {seen.seconds_allowed} s, without it "
            f"{seen.before.seconds:.0f} s; no test was seen to hang. Raise `test-timeout-seconds`."
        )
    if why := why_unprovable(seen):
        return "unprovable", why
    if seen.unfinished:
        return "held", (
            f"Not finished: the whole suite ran longer than {seen.seconds_allowed} s before the patch. "
            f"What had reached the site by then: {_effect(seen)[1]}"
        )
    return _effect(seen)


def _effect(seen: Seen) -> tuple[Verdict, str]:
    if not seen.reached:
        return "held", "The tests pass with the patch, but no test reaches the site."
    if seen.measured and seen.measured.results == OTHER_ROWS:
        return "held", "The tests pass with the patch, but on more rows the edited query gives other rows than before."
    totals = _totals(seen.operations)
    fell = [c for c in seen.operations if c.after < c.before and totals[c.kind][1] < totals[c.kind][0]]
    best = min(fell, key=lambda c: c.kind not in _COUNTED, default=None)  # the first of them fell most
    risen = [kind for kind in _COUNTED if best and totals.get(kind, (0, 0))[1] > totals.get(kind, (0, 0))[0]]
    if best is None and (more := _on_more_rows(seen, totals)):
        return "proven", more + _failed_before(seen.before)
    if best is None or risen:
        why = "applying the edit is not fixing" if best is None else "what falls on one side rises on another"
        return "held", (
            f"The tests pass, but the {counted(len(seen.reached), 'test')} that reached the site issued "
            f"{_listed(totals)}: {why}." + _failed_before(seen.before)
        )
    return "proven", _drop(best, seen.operations) + _failed_before(seen.before)


def _drop(best: OperationCount, operations: tuple[OperationCount, ...]) -> str:
    name = OPERATION_NAMES[best.kind]
    return f"{best.before} -> {best.after} {name} in {best.test}, and nothing new fails." + _rises(
        best.kind, operations
    )


def _on_more_rows(seen: Seen, totals: dict[OperationKind, tuple[int, int]]) -> str:
    """What a test shows only when its few rows are multiplied: a query more per relationship, however many rows."""
    slope = seen.measured.slope if seen.measured else None
    if slope is None or any(totals[kind][1] > totals[kind][0] for kind in totals if kind != slope.kind):
        return ""
    (fewer, before), (few, after), name = slope.before, slope.after, OPERATION_NAMES[slope.kind]
    if after >= before or after - few >= before - fewer:
        return ""
    return (
        f"{before} -> {after} {name} in {slope.test} on {slope.rows[1]} rows ({fewer} -> {few} on the "
        f"{slope.rows[0]} that it makes), and nothing new fails."
    ) + _rises(slope.kind, seen.operations)


def _rises(kind: OperationKind, operations: tuple[OperationCount, ...]) -> str:
    rises = sum(count.after > count.before for count in operations if count.kind == kind)
    name = OPERATION_NAMES[kind].replace("SQL ", "")
    return f" {counted(rises, 'reached test')} issued more {name}." if rises else ""


def _failed_before(run: SuiteRun) -> str:
    failed = counted(len(run.failed), "test")
    return f" {failed} failed before the patch too: {_names(run.failed)}." if run.failed else ""


def _totals(operations: tuple[OperationCount, ...]) -> dict[OperationKind, tuple[int, int]]:
    totals: dict[OperationKind, tuple[int, int]] = {}
    for count in operations:
        before, after = totals.get(count.kind, (0, 0))
        totals[count.kind] = (before + count.before, after + count.after)
    return totals


def _listed(totals: dict[OperationKind, tuple[int, int]]) -> str:
    seen = {kind: pair for kind, pair in totals.items() if any(pair)} or {"sql": (0, 0)}
    return ", ".join(
        f"{before} {OPERATION_NAMES[kind]} before and {after} after" for kind, (before, after) in sorted(seen.items())
    )


def why_unprovable(seen: Seen) -> str:
    """What keeps the baseline from being a measure; empty when nothing does.

    Tests that failed before do not block, as long as a test that reached the site passed.
    """
    run = seen.before
    if seen.timed_out and seen.after is None:
        return (
            f"The tests did not finish within {seen.seconds_allowed} s before the patch; raise `test-timeout-seconds`."
        )
    said = f" ({seen.last_words})" if seen.last_words else ""
    if run.failed and not seen.reached:
        return f"{counted(len(run.failed), 'test')} failed before the patch: {_names(run.failed)}{said}."
    if run.exit_status != 0 and not run.failed:
        return f"The test command ended with exit status {run.exit_status} before the patch{said}."
    if run.tests == 0:
        return "The test command ran no test; set `test-command` in [tool.costmod]."
    return _elsewhere(seen) if seen.elsewhere else ""


def _why_broken(seen: Seen, after: SuiteRun) -> str:
    if seen.new_failures:
        return (
            f"{counted(len(seen.new_failures), 'test')} that passed before did not pass: {_names(seen.new_failures)}."
        )
    if seen.hang:
        return (
            f"With the patch {counted(len(seen.hang.tests), 'test')} did not end within {seen.hang.allowed} s, alone "
            f"and again, and passed in {seen.hang.without:.1f} s without it: {_names(seen.hang.tests)}."
        )
    if seen.timed_out:
        return ""
    if after.tests == 0:
        return "With the patch the test command ran no test."
    explained = seen.flaky or (after.failed and set(after.failed) <= set(seen.before.failed))
    if after.exit_status != 0 and not explained:
        said = f" ({seen.last_words})" if seen.last_words else ""
        return f"With the patch the test command ended with exit status {after.exit_status}{said}."
    return ""


def _elsewhere(seen: Seen) -> str:
    return (
        f"The tests import {_names(seen.elsewhere)} from the repository itself and not from the checkout under test; "
        "use an environment without the project installed, or name it in `python`."
    )


def _names(names: tuple[str, ...]) -> str:
    more = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
