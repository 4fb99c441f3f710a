"""What the probe wrote, read back: operations per test, the tests that reached the site, the frames that repeat."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import msgspec

from bot.prove.junit import Outcomes
from bot.prove.untrusted import read_bounded
from bot.records import OPERATION_NAMES, OperationCount, OperationKind, Site

MAX_BYTES = 512 << 20  # of all files of one run
MAX_ROWS = 2_000_000
_MAX_FRAMES_SHOWN = 5
_TRANSACTION = re.compile(r"(BEGIN|START TRANSACTION|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b", re.IGNORECASE)
_TEST_FILE = re.compile(r"(.*/)?(test_[^/]*\.py|[^/]*_test\.py|tests\.py|conftest\.py|tests?/.*)")


class Frame(msgspec.Struct, frozen=True, array_like=True):
    """A project frame: file relative to the work tree, line, qualified name (plain name before Python 3.11)."""

    file: str
    line: int
    function: str


Number = Annotated[int, msgspec.Meta(ge=0, le=1 << 40)]


class Row(msgspec.Struct, frozen=True):
    """One line of a probe file."""

    kind: Literal[
        "sql", "http", "aws", "redis", "connection", "client", "commit", "write", "reached", "outcome", "elsewhere",
        "size", "digest", "loose", "why",
    ]  # fmt: skip
    test: str
    phase: str
    text: str
    count: Number
    frames: tuple[Frame, ...]
    rows: Number = 0  # taken from a statement, or written
    load: Literal["", "lazy", "deferred"] = ""
    total: str = ""  # of a write: the sum of the hashes of its rows


class Key(NamedTuple):
    """What operations are added up by."""

    test: str
    kind: OperationKind


class Sums(NamedTuple):
    """Operations of one kind in one test."""

    calls: int = 0
    rows: int = 0
    loads: int = 0


NONE = Sums()


def read_rows(directory: Path) -> tuple[Row, ...]:
    """All rows of one run; a line that a killed process cut short is left out."""
    rows: list[Row] = []
    budget = MAX_BYTES
    decoder = msgspec.json.Decoder(Row)
    for path in sorted(directory.glob("*.jsonl")):
        content = read_bounded(path, budget)
        if content is None:
            continue
        budget -= len(content)
        for line in content.splitlines():
            if len(rows) >= MAX_ROWS:
                break
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


def application_counts(rows: Iterable[Row]) -> dict[Key, Sums]:
    """Operations per test that the application issued while the test itself ran: its own seeding does not count."""
    counts: dict[Key, Sums] = {}
    for row in rows:
        if row.kind in OPERATION_NAMES and is_of_application(row):
            key = Key(row.test, row.kind)
            sums = counts.get(key, NONE)
            loads = sums.loads + row.count * bool(row.load)
            counts[key] = Sums(sums.calls + row.count, sums.rows + row.rows, loads)
    return counts


def reached_tests(rows: Iterable[Row], site: Site) -> frozenset[str]:
    """Tests that executed the site, as the marker in it or a frame of an operation shows."""
    return frozenset(
        row.test
        for row in rows
        if row.phase == "call"
        and row.test
        and (row.kind == "reached" or any(_is_at(frame, site) for frame in row.frames))
    )


def compare_counts(
    before: Mapping[Key, Sums], after: Mapping[Key, Sums], tests: Iterable[str]
) -> tuple[OperationCount, ...]:
    """Counts of the tests, largest drop first."""
    wanted = set(tests)
    counts = [
        OperationCount(
            test=key.test, kind=key.kind, before=was.calls, after=now.calls,
            rows_before=was.rows, rows_after=now.rows, loads_before=was.loads, loads_after=now.loads,
        )
        for key in sorted({*before, *after})
        if key.test in wanted
        for was, now in [(before.get(key, NONE), after.get(key, NONE))]
    ]  # fmt: skip
    return tuple(sorted(counts, key=lambda count: (count.after - count.before, count.test, count.kind)))


def repeating_frames(rows: Iterable[Row], tests: frozenset[str]) -> tuple[str, ...]:
    """ "file:line function" of the frames that issued the operation most repeated in one of the tests."""
    repeats: Counter[tuple[str, str]] = Counter()
    frames: dict[tuple[str, str], Counter[Frame]] = {}
    for row in rows:
        if row.test in tests and row.kind in OPERATION_NAMES and is_of_application(row):
            key = (row.test, row.text)
            repeats[key] += row.count
            innermost = next(frame for frame in row.frames if not is_test_file(frame.file))
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


def is_of_application(row: Row) -> bool:
    """Whether a file of the project that is no test had a part in it while a test ran; transactions do not count."""
    return (
        row.phase == "call"
        and bool(row.test)
        and not _TRANSACTION.match(row.text)
        and any(not is_test_file(frame.file) for frame in row.frames)
    )


def is_test_file(file: str) -> bool:
    """Whether the name is one by which tests are found."""
    return _TEST_FILE.fullmatch(file) is not None


def _is_at(frame: Frame, site: Site) -> bool:
    # Before Python 3.11 a frame knows its plain name only.
    return frame.file == site.file and frame.function in (site.function, site.function.rpartition(".")[2])
