"""Calls of a loop at two sizes, as two tests show them."""

import pytest

from bot.prove.loops import between_tests
from bot.records import OperationCount, OperationKind, Slope


def calls(test: str, before: int, after: int, kind: OperationKind = "http") -> OperationCount:
    return OperationCount(test=test, kind=kind, before=before, after=after)


CASES = {
    "one request": ((8, 1), "O(N) -> O(1) between two tests: 3 -> 1 HTTP calls in few, 8 -> 1 in many."),
    "portions": (
        (40, 4),
        "Grows less with the rounds of the loop, but still grows, between two tests: "
        "3 -> 1 HTTP calls in few, 40 -> 4 in many.",
    ),
    "as before": ((8, 6), "No slower growth was seen between two tests: 3 -> 1 HTTP calls in few, 8 -> 6 in many."),
}


@pytest.mark.parametrize(("many", "said"), CASES.values(), ids=CASES)
def test_two_sizes(many: tuple[int, int], said: str) -> None:
    # A test between them, one without a call, and the connections of the calls say nothing more.
    counts = (calls("many", *many), calls("few", 3, 1), calls("mid", 5, 2), calls("none", 0, 0))
    found = between_tests((calls("many", 90, 1, "connection"), *counts))
    assert found.growth == said
    assert found.slope == Slope(
        test="few and many", kind="http", rows=(3, many[0]), before=(3, many[0]), after=(1, many[1])
    )


def test_connections_alone() -> None:
    found = between_tests((calls("many", 8, 1, "connection"), calls("few", 3, 1, "connection"), calls("few", 3, 3)))
    assert found.growth == "O(N) -> O(1) between two tests: 3 -> 1 new connections in few, 8 -> 1 in many."


@pytest.mark.parametrize(
    ("counts", "why"),
    [
        ((), "no test makes fewer calls"),
        ((calls("a", 3, 3),), "no test makes fewer calls"),
        ((calls("a", 3, 1), calls("b", 3, 1)), "no two tests make a different number of HTTP calls"),
        ((calls("a", 3, 1), calls("b", 0, 0)), "no two tests make a different number of HTTP calls"),
    ],
)
def test_one_size_says_nothing(counts: tuple[OperationCount, ...], why: str) -> None:
    assert between_tests(counts) == (None, f"Not measured at two sizes: {why}.", "", None)
