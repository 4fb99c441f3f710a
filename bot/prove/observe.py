"""What the probe wrote, read back: statements per test, the tests that reached the site, the frames that repeat."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import msgspec

from bot.prove.junit import Outcomes
from bot.prove.untrusted import read_bounded
from bot.records import QueryCount, Site

MAX_BYTES = 512 << 20  # of all files of one run
_MAX_FRAMES_SHOWN = 5
_TRANSACTION = re.compile(r"(BEGIN|START TRANSACTION|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b", re.IGNORECASE)
_TEST_FILE = re.compile(r"(.*/)?(test_[^/]*\.py|[^/]*_test\.py|tests\.py|conftest\.py|tests?/.*)")


class Frame(msgspec.Struct, frozen=True, array_like=True):
    """A project frame: file relative to the work tree, line, qualified name (plain name before Python 3.11)."""

    file: str
    line: int
    function: str


class Row(msgspec.Struct, frozen=True):
    """One line of a probe file."""

    kind: Literal["statement", "reached", "outcome", "elsewhere"]
    test: str
    phase: str
    text: str
    count: int
    frames: tuple[Frame, ...]


def read_rows(directory: Path) -> tuple[Row, ...]:
    """All rows of one run; a line that a killed process cut short is left out."""
    rows, budget = [], MAX_BYTES
    decoder = msgspec.json.Decoder(Row)
    for path in sorted(directory.glob("*.jsonl")):
        content = read_bounded(path, budget)
        if content is None:
            continue
        budget -= len(content)
        for line in content.splitlines():
            try:
                rows.append(decoder.decode(line))
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
    return tuple(rows)


def unittest_outcomes(rows: Iterable[Row]) -> Outcomes:
    """How the tests ended that unittest or Django ran."""
    outcomes = [row for row in rows if row.kind == "outcome"]
    return Outcomes(
        frozenset(row.test for row in outcomes if row.phase != "skipped"),
        frozenset(row.test for row in outcomes if row.phase == "failed"),
    )


def imported_elsewhere(rows: Iterable[Row]) -> tuple[str, ...]:
    """Files that the tests imported from the original repository instead of the work tree."""
    return tuple(sorted({row.text for row in rows if row.kind == "elsewhere"}))


def application_counts(rows: Iterable[Row]) -> Counter[str]:
    """Statements per test that the application issued while the test itself ran: its own seeding does not count."""
    counts: Counter[str] = Counter()
    for row in rows:
        if _is_application_statement(row):
            counts[row.test] += row.count
    return counts


def reached_tests(rows: Iterable[Row], site: Site) -> frozenset[str]:
    """Tests that executed the site, as the marker in it or a frame of a statement shows."""
    return frozenset(
        row.test
        for row in rows
        if row.phase == "call"
        and row.test
        and (row.kind == "reached" or (row.kind == "statement" and any(_is_at(frame, site) for frame in row.frames)))
    )


def compare_counts(before: Counter[str], after: Counter[str], tests: Iterable[str]) -> tuple[QueryCount, ...]:
    """Counts of the tests, largest drop first."""
    counts = [QueryCount(test=test, before=before[test], after=after[test]) for test in tests]
    return tuple(sorted(counts, key=lambda count: (count.after - count.before, count.test)))


def repeating_frames(rows: Iterable[Row], tests: frozenset[str]) -> tuple[str, ...]:
    """ "file:line function" of the frames that issued the statement most repeated in one of the tests."""
    repeats: Counter[tuple[str, str]] = Counter()
    frames: dict[tuple[str, str], Counter[Frame]] = {}
    for row in rows:
        if row.test in tests and _is_application_statement(row):
            key = (row.test, row.text)
            repeats[key] += row.count
            innermost = next(frame for frame in row.frames if not _is_test_file(frame.file))
            frames.setdefault(key, Counter())[innermost] += row.count
    most = max(repeats.values(), default=0)
    if most < 2:
        return ()
    total: Counter[Frame] = Counter()
    for key, count in repeats.items():
        if count == most:
            total += frames[key]
    ordered = sorted(total, key=lambda frame: (-total[frame], frame.file, frame.line, frame.function))
    return tuple(f"{frame.file}:{frame.line} {frame.function}" for frame in ordered[:_MAX_FRAMES_SHOWN])


def _is_application_statement(row: Row) -> bool:
    return (
        row.kind == "statement"
        and row.phase == "call"
        and bool(row.test)
        and not _TRANSACTION.match(row.text)
        and any(not _is_test_file(frame.file) for frame in row.frames)
    )


def _is_test_file(file: str) -> bool:
    return _TEST_FILE.fullmatch(file) is not None


def _is_at(frame: Frame, site: Site) -> bool:
    # Before Python 3.11 a frame knows its plain name only.
    return frame.file == site.file and frame.function in (site.function, site.function.rpartition(".")[2])
