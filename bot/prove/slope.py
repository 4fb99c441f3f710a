"""Operations at two numbers of rows: the tests that reached the site once more, on rows that the probe multiplies."""

import json
from collections.abc import Callable, Mapping
from typing import NamedTuple

from bot.prove.observe import NONE, Key, Row, Sums, application_counts
from bot.prove.suite import Suite
from bot.records import OPERATION_NAMES, OperationCount, Patch, Slope
from bot.words import counted

MOST_TESTS = 3  # those whose count fell most, or rose least
_Run = Callable[[tuple[str, ...], dict[str, str], bool], Suite]  # tests, settings of the probe, whether patched
_PRINTABLE = 200
OTHER_ROWS = "the edited query gives other rows"


class Measured(NamedTuple):
    """What the tests showed on more rows; sentences for the proof."""

    slope: Slope | None
    growth: str
    results: str = ""
    harness: Slope | None = None


def measure(patch: Patch, counts: tuple[OperationCount, ...], run: _Run) -> Measured:
    """Run the tests twice more, without and with the patch, on about twice the rows, and on six times a row or two.

    How they end does not matter: asserts that count rows fail there, in both runs at the same place.
    """
    statements = [count for count in counts if count.kind == "sql"]
    # On a row or two an edit may cost as many statements as it saves: more rows tell.
    fell = ([count for count in statements if count.after < count.before] or statements)[:MOST_TESTS]
    if not fell:
        return Measured(None, "Not measured at two sizes: no test issues statements.", "")
    settings = {"COSTMOD_PROBE_GROW": json.dumps({"loads": [load.path for load in patch.loads]})}
    tests = tuple(count.test for count in fell)
    before, after = run(tests, settings, False), run(tests, settings, True)
    found = [(count, _notes(before, count.test), _notes(after, count.test)) for count in fell]
    totals = application_counts(before.rows), application_counts(after.rows)
    slopes = [made for count, was, now in found if (made := _slope(count, was, now, totals))]
    slope = min(slopes, key=lambda one: one.after[1] - one.before[1], default=None)
    results = _results([(was, now) for _, was, now in found])
    return Measured(slope, _told(slope) if slope else _why_not([*before.rows, *after.rows], tests), results)


def _notes(suite: Suite, test: str) -> dict[str, Row]:
    notes = {}
    for row in suite.rows:
        if row.test == test and row.kind in ("size", "digest", "loose"):
            notes[row.kind + (row.text if row.kind == "size" else "")] = row
    return notes


def _slope(
    count: OperationCount,
    was: Mapping[str, Row],
    now: Mapping[str, Row],
    totals: tuple[Mapping[Key, Sums], Mapping[Key, Sums]],
) -> Slope | None:
    sizes = [tuple(notes[name].rows for name in ("size1", "size2") if name in notes) for notes in (was, now)]
    if len(sizes[0]) != 2 or sizes[0] != sizes[1] or sizes[0][1] <= sizes[0][0]:
        return None
    grown = [total.get(Key(count.test, count.kind), NONE).calls for total in totals]
    return Slope(
        test=count.test,
        kind=count.kind,
        rows=(sizes[0][0], sizes[0][1]),
        before=(count.before, grown[0]),
        after=(count.after, grown[1]),
    )


def _told(slope: Slope) -> str:
    name, (few, many) = OPERATION_NAMES[slope.kind], slope.rows
    pairs = zip(slope.before, slope.after, strict=True)
    seen = ", ".join(
        f"{a} -> {b} {name} at {counted(rows, 'row')}" for (a, b), rows in zip(pairs, slope.rows, strict=True)
    )
    grew = slope.before[1] - slope.before[0], slope.after[1] - slope.after[0]
    if grew[0] * 2 >= many - few and grew[1] <= 0:
        return f"O(N) -> O(1) in {slope.test}: {seen}."
    if grew[1] < grew[0]:
        return f"Grows less with the rows in {slope.test}, but still grows: {seen}."
    return f"No slower growth was seen in {slope.test}: {seen}."


def _why_not(rows: list[Row], tests: tuple[str, ...]) -> str:
    """Why there is no slope, in the probe's words: they come from a process that nobody has vetted."""
    said = sorted({row.text for row in rows if row.kind == "why" and row.test in tests})
    sizes = {row.text: row.rows for row in rows if row.kind == "size" and row.test in tests}
    if said:
        words = "".join(c for c in said[0] if " " <= c <= "~")[:_PRINTABLE]
        return f"Not measured at two sizes: {words}."
    if "1" in sizes and sizes.get("2", 0) <= sizes["1"]:
        return f"Not measured at two sizes: the query gives {counted(sizes['1'], 'row')} however many there are."
    return "Not measured at two sizes: the query was not seen to take its rows after the site was reached."


def _results(found: list[tuple[Mapping[str, Row], Mapping[str, Row]]]) -> str:
    both = [(was, now) for was, now in found if "digest" in was and "digest" in now]
    if not both:
        return ""
    rows = sum(was["size2"].rows for was, _ in both if "size2" in was)
    if all(was["digest"].text == now["digest"].text for was, now in both):
        return (
            f"the edited query gives the same {counted(rows, 'row')}, with what they lead to, in another physical order"
        )
    if all(was["loose"].text == now["loose"].text for was, now in both):
        return f"the edited query gives the same {counted(rows, 'row')} but for times and random keys"
    return OTHER_ROWS
