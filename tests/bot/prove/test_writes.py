import pytest

from bot.prove.observe import Row
from bot.prove.writes import compare_writes


def wrote(text: str, rows: int, total: str, test: str = "t", phase: str = "call") -> Row:
    return Row("write", test, phase, text, 1, (), rows=rows, total=total)


def committed(count: int) -> Row:
    return Row("commit", "t", "call", "COMMIT", count, ())


CASES = {
    "nothing": ([], [], "nothing written before or after"),
    "the same": (
        [wrote("INSERT a", 3, "0f"), committed(2)],
        [wrote("INSERT a", 1, "0a"), wrote("INSERT a", 2, "05"), committed(2)],
        "the same 3 rows written, 2 commits as before",
    ),
    "other values": (
        [wrote("INSERT a", 3, "0f")],
        [wrote("INSERT a", 3, "0e")],
        "3 rows written to the same tables, with other values (a clock or random keys?)",
    ),
    "fewer rows": (
        [wrote("INSERT a", 3, "0f")],
        [wrote("INSERT a", 2, "0f")],
        "other writes: 3 rows before, 2 after",
    ),
    "another table": (
        [wrote("INSERT a", 3, "0f")],
        [wrote("UPDATE a", 3, "0f")],
        "other writes: 3 rows before, 3 after",
    ),
    "commits": ([committed(5)], [committed(1)], "nothing written before or after; commits differ: 5 before, 1 after"),
    "set-up and other tests": (
        [wrote("INSERT a", 3, "0f", phase="setup"), wrote("INSERT a", 3, "0f", test="u")],
        [],
        "nothing written before or after",
    ),
    "no number": ([wrote("INSERT a", 1, "zz")], [wrote("INSERT a", 1, "")], "the same 1 row written"),
}


@pytest.mark.parametrize(("before", "after", "said"), CASES.values(), ids=CASES)
def test_writes(before: list[Row], after: list[Row], said: str) -> None:
    assert compare_writes(before, after, frozenset("t")) == said


def test_no_test() -> None:
    assert compare_writes([committed(1)], [], frozenset()) == ""
