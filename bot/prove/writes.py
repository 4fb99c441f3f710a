"""Whether two runs of the same tests wrote the same rows: the cheapest strong sign that a patch only reads."""

from collections import Counter
from collections.abc import Iterable, Mapping

from bot.prove.observe import Row
from bot.words import counted

Log = Mapping[tuple[str, str], tuple[int, int]]  # test and "INSERT post": rows, sum of their hashes


def compare_writes(before: Iterable[Row], after: Iterable[Row], tests: frozenset[str]) -> str:
    """One sentence on what the tests wrote and committed, "" when there is no test to compare."""
    if not tests:
        return ""
    was, now = _log(before, tests), _log(after, tests)
    commits = _commits(before, tests), _commits(after, tests)
    rows = sum(number for number, _ in was.values())
    if commits[0] != commits[1]:
        committed = f"; commits differ: {commits[0].total()} before, {commits[1].total()} after"
    else:
        committed = f", {counted(commits[0].total(), 'commit')} as before" if commits[0] else ""
    if was == now:
        return (f"the same {counted(rows, 'row')} written" if rows else "nothing written before or after") + committed
    if {key: number for key, (number, _) in was.items()} == {key: number for key, (number, _) in now.items()}:
        written = f"{counted(rows, 'row')} written to the same tables"
        return f"{written}, with other values (a clock or random keys?){committed}"
    after_rows = sum(number for number, _ in now.values())
    return f"other writes: {counted(rows, 'row')} before, {after_rows} after" + committed


def _log(rows: Iterable[Row], tests: frozenset[str]) -> Log:
    log: dict[tuple[str, str], tuple[int, int]] = {}
    for row in rows:
        if row.kind == "write" and row.phase == "call" and row.test in tests:
            number, total = log.get((row.test, row.text), (0, 0))
            log[row.test, row.text] = (number + row.rows, (total + _number(row.total)) % (1 << 64))
    return log


def _number(total: str) -> int:
    try:
        return int(total[:16], 16)
    except ValueError:  # the file was written by code that nobody has vetted
        return 0


def _commits(rows: Iterable[Row], tests: frozenset[str]) -> Counter[str]:
    commits: Counter[str] = Counter()
    for row in rows:
        if row.kind == "commit" and row.phase == "call" and row.test in tests:
            commits[row.test] += row.count
    return commits
