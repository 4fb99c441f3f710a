"""From what was seen to one word and one sentence."""

from dataclasses import dataclass

from bot.records import QueryCount, SuiteRun, Verdict

_NAMES_SHOWN = 3


@dataclass(frozen=True)
class Seen:
    """Everything the verdict rests on; None for a run that did not take place."""

    before: SuiteRun
    after: SuiteRun | None = None
    timed_out: bool = False  # the last run that took place
    unfinished: bool = False  # the whole suite did not end in time: the runs are those of the tests that reach the site
    seconds_allowed: int = 0
    last_words: str = ""  # of the last run
    elsewhere: tuple[str, ...] = ()  # files imported from outside the work tree
    new_failures: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()
    reached: tuple[str, ...] = ()  # tests that reached the site and passed, with the patch too once it was there
    queries: tuple[QueryCount, ...] = ()


def decide(seen: Seen) -> tuple[Verdict, str]:
    """The verdict as `bot.records.Proof` defines it, and why."""
    if seen.after is None:
        return "unprovable", why_unprovable(seen) or "The tests did not run with the patch."
    if why := _why_broken(seen, seen.after):
        return "broken", why
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
    before, after = sum(count.before for count in seen.queries), sum(count.after for count in seen.queries)
    if after >= before:
        return "held", (
            f"The tests pass, but the {_count(len(seen.reached), 'test')} that reached the site issued {before} SQL "
            f"statements before and {after} after: applying the edit is not fixing." + _failed_before(seen.before)
        )
    best = seen.queries[0]
    rises = sum(count.after > count.before for count in seen.queries)
    more = f" {_count(rises, 'reached test')} issued more statements." if rises else ""
    drop = f"{best.before} -> {best.after} SQL statements in {best.test}, and nothing new fails.{more}"
    return "proven", drop + _failed_before(seen.before)


def _failed_before(run: SuiteRun) -> str:
    failed = _count(len(run.failed), "test")
    return f" {failed} failed before the patch too: {_names(run.failed)}." if run.failed else ""


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
        return f"{_count(len(run.failed), 'test')} failed before the patch: {_names(run.failed)}{said}."
    if run.exit_status != 0 and not run.failed:
        return f"The test command ended with exit status {run.exit_status} before the patch{said}."
    if run.tests == 0:
        return "The test command ran no test; set `test-command` in [tool.costmod]."
    return _elsewhere(seen) if seen.elsewhere else ""


def _why_broken(seen: Seen, after: SuiteRun) -> str:
    if seen.timed_out:
        return f"With the patch the tests did not finish within {seen.seconds_allowed} s."
    if seen.new_failures:
        return f"{_count(len(seen.new_failures), 'test')} that passed before did not pass: {_names(seen.new_failures)}."
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


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
