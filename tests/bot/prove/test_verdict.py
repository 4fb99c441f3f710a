import msgspec
import pytest

from bot.prove.slope import Measured
from bot.prove.verdict import Hang, Seen, decide
from bot.records import OperationCount, Slope, SuiteRun


def run(exit_status: int = 0, tests: int = 2, failed: tuple[str, ...] = ()) -> SuiteRun:
    return SuiteRun(
        command=("python", "-m", "pytest"), exit_status=exit_status, seconds=1.0, tests=tests, failed=failed
    )


def counts(*pairs: tuple[int, int]) -> tuple[OperationCount, ...]:
    return tuple(OperationCount(test=f"t{n}", before=before, after=after) for n, (before, after) in enumerate(pairs))


def reached(*pairs: tuple[int, int], **more: object) -> Seen:
    names = tuple(f"t{n}" for n in range(len(pairs)))
    return Seen(before=run(), after=run(), reached=names, operations=counts(*pairs), **more)


HELD = "The tests pass, but the {} that reached the site issued {} SQL statements before and {} after: "
CALLS = OperationCount(test="t0", kind="http", before=50, after=1)
NO_FIX = "applying the edit is not fixing."
GROWN = Slope(test="t0", rows=(1, 2), before=(2, 3), after=(2, 2))
CASES = {
    "fewer statements": (reached((51, 1)), "proven", "51 -> 1 SQL statements in t0, and nothing new fails."),
    "fewer in all, more in one": (
        reached((51, 1), (1, 2)),
        "proven",
        "51 -> 1 SQL statements in t0, and nothing new fails. 1 reached test issued more statements.",
    ),
    "fewer HTTP calls": (
        Seen(before=run(), after=run(), reached=("t0",), operations=(CALLS, *counts((3, 3)))),
        "proven",
        "50 -> 1 HTTP calls in t0, and nothing new fails.",
    ),
    "fewer HTTP calls for more statements": (
        Seen(before=run(), after=run(), reached=("t0",), operations=(CALLS, *counts((3, 4)))),
        "held",
        "The tests pass, but the 1 test that reached the site issued 50 HTTP calls before and 1 after, "
        "3 SQL statements before and 4 after: what falls on one side rises on another.",
    ),
    "fewer, one flaky test": (
        reached((51, 1), flaky=("t9",)),
        "proven",
        "51 -> 1 SQL statements in t0, and nothing new fails.",
    ),
    "same count": (reached((51, 51)), "held", HELD.format("1 test", 51, 51) + NO_FIX),
    "more in all": (reached((3, 1), (1, 9)), "held", HELD.format("2 tests", 4, 10) + NO_FIX),
    "no statement at all": (reached((0, 0)), "held", HELD.format("1 test", 0, 0) + NO_FIX),
    "fewer on more rows only": (
        reached((2, 2), (1, 2), measured=Measured(GROWN, "")),
        "proven",
        "3 -> 2 SQL statements in t0 on 2 rows (2 -> 2 on the 1 that it makes), and nothing new fails. "
        "1 reached test issued more statements.",
    ),
    "no fewer on more rows": (
        reached((2, 2), measured=Measured(msgspec.structs.replace(GROWN, before=(2, 2)), "")),
        "held",
        HELD.format("1 test", 2, 2) + NO_FIX,
    ),
    "fewer on more rows, and growing as before": (
        reached((2, 2), measured=Measured(msgspec.structs.replace(GROWN, before=(2, 9), after=(1, 8)), "")),
        "held",
        HELD.format("1 test", 2, 2) + NO_FIX,
    ),
    "fewer on more rows, for more calls": (
        Seen(
            before=run(),
            after=run(),
            reached=("t0",),
            measured=Measured(GROWN, ""),
            operations=(*counts((2, 2)), OperationCount(test="t0", kind="http", before=1, after=2)),
        ),
        "held",
        "The tests pass, but the 1 test that reached the site issued 1 HTTP calls before and 2 after, "
        "2 SQL statements before and 2 after: " + NO_FIX,
    ),
    "calls before the connections that they need": (
        Seen(
            before=run(),
            after=run(),
            reached=("t0",),
            operations=(OperationCount(test="t0", kind="connection", before=60, after=1), CALLS),
        ),
        "proven",
        "50 -> 1 HTTP calls in t0, and nothing new fails.",
    ),
    "site not reached": (
        Seen(before=run(), after=run()),
        "held",
        "The tests pass with the patch, but no test reaches the site.",
    ),
    "new failure in spite of fewer statements": (
        reached((51, 1), new_failures=("t3",)),
        "broken",
        "1 test that passed before did not pass: t3.",
    ),
    "many new failures": (
        reached(new_failures=("a", "b", "c", "d", "e")),
        "broken",
        "5 tests that passed before did not pass: a, b, c and 2 more.",
    ),
    "exit status without a name": (
        Seen(before=run(), after=run(3), last_words="MemoryError"),
        "broken",
        "With the patch the test command ended with exit status 3 (MemoryError).",
    ),
    "no test any more": (
        Seen(before=run(), after=run(tests=0)),
        "broken",
        "With the patch the test command ran no test.",
    ),
    "time over with the patch": (
        Seen(before=run(), after=run(124, 0), timed_out=True, seconds_allowed=9),
        "unprovable",
        "Not finished: with the patch the tests ran longer than 9 s, without it 1 s; no test was seen to hang. "
        "Raise `test-timeout-seconds`.",
    ),
    "a hang with the patch": (
        Seen(before=run(), after=run(124, 0), timed_out=True, seconds_allowed=900, hang=Hang(("t0",), 60, 0.82)),
        "broken",
        "With the patch 1 test did not end within 60 s, alone and again, and passed in 0.8 s without it: t0.",
    ),
    "time over before": (
        Seen(before=run(124, 0), timed_out=True, seconds_allowed=9),
        "unprovable",
        "The tests did not finish within 9 s before the patch; raise `test-timeout-seconds`.",
    ),
    "failing baseline": (
        Seen(before=run(1, failed=("t1", "t2"))),
        "unprovable",
        "2 tests failed before the patch: t1, t2.",
    ),
    "failing baseline that exits with 0": (
        Seen(before=run(0, failed=("t1",)), last_words="E KeyError"),
        "unprovable",
        "1 test failed before the patch: t1 (E KeyError).",
    ),
    "failing baseline, and a test that reaches the site": (
        Seen(before=run(1, failed=("t9",)), after=run(1, failed=("t9",)), reached=("t0",), operations=counts((51, 1))),
        "proven",
        "51 -> 1 SQL statements in t0, and nothing new fails. 1 test failed before the patch too: t9.",
    ),
    "failing baseline, and no effect": (
        Seen(before=run(1, failed=("t9",)), after=run(1, failed=("t9",)), reached=("t0",), operations=counts((3, 3))),
        "held",
        HELD.format("1 test", 3, 3) + NO_FIX + " 1 test failed before the patch too: t9.",
    ),
    "failing baseline, and no test reaches the site any more": (
        Seen(before=run(1, failed=("t9",)), after=run(1, failed=("t9",))),
        "unprovable",
        "1 test failed before the patch: t9.",
    ),
    "failing baseline, and another exit without a name": (
        Seen(before=run(1, failed=("t9",)), after=run(3), reached=("t0",), operations=counts((51, 1))),
        "broken",
        "With the patch the test command ended with exit status 3.",
    ),
    "not finished": (
        reached((51, 1), unfinished=True, seconds_allowed=9),
        "held",
        "Not finished: the whole suite ran longer than 9 s before the patch. What had reached the site by then: "
        "51 -> 1 SQL statements in t0, and nothing new fails.",
    ),
    "exit status before": (
        Seen(before=run(1), last_words=""),
        "unprovable",
        "The test command ended with exit status 1 before the patch.",
    ),
    "no tests": (
        Seen(before=run(tests=0)),
        "unprovable",
        "The test command ran no test; set `test-command` in [tool.costmod].",
    ),
    "code from elsewhere": (
        Seen(before=run(), elsewhere=("app.py",)),
        "unprovable",
        "The tests import app.py from the repository itself and not from the checkout under test; "
        "use an environment without the project installed, or name it in `python`.",
    ),
}


@pytest.mark.parametrize(("seen", "verdict", "reason"), CASES.values(), ids=CASES)
def test_verdicts(seen: Seen, verdict: str, reason: str) -> None:
    assert decide(seen) == (verdict, reason)
