"""What two sizes say."""

import msgspec
import pytest
from prove_apps import eager

from bot.prove.observe import Frame, Row
from bot.prove.slope import OTHER_ROWS, Measured, measure
from bot.prove.suite import Suite
from bot.records import OperationCount, Slope, SuiteRun

FELL = (OperationCount(test="t", before=51, after=1),)
HTTP = OperationCount(test="t", kind="http", before=9, after=1)
APP = (Frame("app.py", 1, "f"),)


def note(kind: str, text: str, rows: int = 0) -> Row:
    return Row(kind=kind, test="t", phase="call", text=text, count=1, frames=(), rows=rows)


def suite(statements: int, *notes: Row) -> Suite:
    run = SuiteRun(command=(), exit_status=1, seconds=0, tests=1, failed=("t",))
    made = Row(kind="sql", test="t", phase="call", text="SELECT", count=statements, frames=APP)
    return Suite(run, frozenset("t"), (made, *notes), False, "")


def sized(few: int, many: int, digest: str = "d", loose: str = "l") -> tuple[Row, ...]:
    return note("size", "1", few), note("size", "2", many), note("digest", digest), note("loose", loose)


def measured(before: Suite, after: Suite, counts: tuple[OperationCount, ...] = FELL, **load: object) -> Measured:
    patch = eager()
    patch = msgspec.structs.replace(patch, loads=(msgspec.structs.replace(patch.loads[0], **load),))
    return measure(patch, counts, lambda tests, _settings, patched: {("t",): (before, after)}[tests][patched])


SLOPES = {
    "constant": (suite(101, *sized(50, 100)), suite(1, *sized(50, 100)), (101, 1), "O(N) -> O(1) in t: "),
    "a leftover": (
        suite(201, *sized(50, 100)), suite(51, *sized(50, 100)), (201, 51),
        "Grows less with the rows in t, but still grows: ",
    ),
    "no growth before": (
        suite(51, *sized(50, 100)), suite(1, *sized(50, 100)), (51, 1), "No slower growth was seen in t: ",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after", "grown", "said"), SLOPES.values(), ids=SLOPES)
def test_slopes(before: Suite, after: Suite, grown: tuple[int, int], said: str) -> None:
    found = measured(before, after)
    assert found.slope == Slope(test="t", rows=(50, 100), before=(51, grown[0]), after=(1, grown[1]))
    assert found.growth == (
        f"{said}51 -> 1 SQL statements at 50 rows, {grown[0]} -> {grown[1]} SQL statements at 100 rows."
    )


WHY = {
    "a limit": (
        suite(51, *sized(50, 50)), suite(1, *sized(50, 50)), "the query gives 50 rows however many there are",
    ),
    "the probe's words, printable": (
        suite(51, note("why", "several\ttables\x1b[0m")), suite(1), "severaltables[0m",
    ),
    "other sizes on the other side": (
        suite(101, *sized(50, 100)), suite(1, *sized(50, 90)),
        "the query was not seen to take its rows after the site was reached",
    ),
    "nothing seen": (suite(51), suite(1), "the query was not seen to take its rows after the site was reached"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after", "why"), WHY.values(), ids=WHY)
def test_no_slope(before: Suite, after: Suite, why: str) -> None:
    assert measured(before, after)[:2] == (None, f"Not measured at two sizes: {why}.")


def test_a_count_that_falls_on_more_rows_only() -> None:
    found = measured(
        suite(3, *sized(1, 2)), suite(2, *sized(1, 2)), (OperationCount(test="t", before=2, after=2), HTTP)
    )
    assert found.slope == Slope(test="t", rows=(1, 2), before=(2, 3), after=(2, 2))
    assert found.growth == ("O(N) -> O(1) in t: 2 -> 2 SQL statements at 1 row, 3 -> 2 SQL statements at 2 rows.")


def test_without_statements_nothing_runs() -> None:
    assert measured(suite(1), suite(1), (HTTP,)).growth == "Not measured at two sizes: no test issues statements."


RESULTS = {
    "the same": (
        "d",
        "l",
        "the edited query gives the same 100 rows, with what they lead to, in another physical order",
    ),
    "a clock": ("e", "l", "the edited query gives the same 100 rows but for times and random keys"),
    "others": ("e", "m", OTHER_ROWS),
}


@pytest.mark.parametrize(("digest", "loose", "said"), RESULTS.values(), ids=RESULTS)
def test_results(digest: str, loose: str, said: str) -> None:
    after = suite(1, *sized(50, 100, digest, loose))
    assert measured(suite(101, *sized(50, 100)), after).results == said
