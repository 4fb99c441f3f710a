"""Runs the new test with and without the patch: only one that is green, and red without, is worth keeping."""

from collections.abc import Callable
from pathlib import Path

from bot.prove.regression import write_test
from bot.prove.suite import Suite
from bot.records import Change, OperationCount, RegressionTest

_Run = Callable[[tuple[str, ...], Change, bool], Suite]  # tests, the test file's change, whether patched


def keep(tree: Path, counts: tuple[OperationCount, ...], after: Suite, run: _Run) -> RegressionTest | None:
    """The test for the reached test whose statements fell most; None when it cannot be written or does not tell."""
    best = next((count for count in counts if count.kind == "sql" and count.after < count.before), None)
    if best is None:
        return None
    rows = [row for row in after.rows if row.kind == "sql" and row.phase == "call" and row.test == best.test]
    written = write_test(tree, best.test, sum(row.count for row in rows))
    if written is None:
        return None
    green, red = (run((written.test,), written.change, patched) for patched in (True, False))
    if written.test not in green.ran - green.failed or written.test not in red.failed:
        return None
    return RegressionTest(
        test=written.test,
        style=written.style,
        code=written.code,
        change=written.change,
        green=f"passed, exit status {green.run.exit_status}",
        red=f"failed, exit status {red.run.exit_status}" + (f" ({red.last_words})" if red.last_words else ""),
    )
