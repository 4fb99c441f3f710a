"""What commands leave behind: text, messages, reports, the plan folder, an exit code."""

import contextlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from bot import __version__

if TYPE_CHECKING:
    from bot.records import Result

LONGEST_MESSAGE = 4000  # characters: paths may be long


def say(message: str, code: int) -> int:
    """One line on standard error, in characters that a terminal only shows; the exit code that was given."""
    from bot.show.plain import plain

    with contextlib.suppress(OSError):  # nobody reads it; the exit code still tells
        sys.stderr.write(f"costmod: {plain(message, LONGEST_MESSAGE)}\n")
        sys.stderr.flush()
    return code


def say_so(message: str) -> None:
    """One line on standard error, in passing."""
    say(message, 0)


def show(text: str) -> None:
    """Text on standard output."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough, but the command is not done yet
        drop_output()


def drop_output() -> None:
    """Let what is still buffered go nowhere, or the interpreter would try once more as it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def save_plan(folder: Path, command: str, commit: str | None, results: "list[Result]") -> None:
    """Write the plan folder, and say under which digest the next step finds it."""
    from bot.folder import save
    from bot.records import Report
    from bot.show.plain import plain

    digest = save(folder, Report(version=__version__, command=command, commit=commit, results=tuple(results)))
    show(f"{plain(folder, LONGEST_MESSAGE)} sha256 {digest}\n")


def check_report(path: Path | None, repo: Path, inputs: Iterable[str | Path]) -> None:
    """Refuse now a report that could not be written later."""
    if path is not None:
        from bot.show.report import require_writable

        require_writable(path, repo, inputs)


def write_report(path: Path | None, command: str, results: "list[Result]", commit: str | None) -> None:
    """Write the JSON report, where one is asked for."""
    if path is not None:
        from bot.records import Report
        from bot.show.report import write

        write(Report(version=__version__, command=command, commit=commit, results=tuple(results)), path)


def exit_code(results: "list[Result]", done: set[str]) -> int:
    """0 when something was done or nothing was to do, 1 when all there was is refused or stopped."""
    proven = [r for r in results if r.proof is None or r.proof.verdict in ("proven", "held")]
    if any(r.outcome in done for r in proven):
        return 0
    return int(any(r.outcome not in ("nothing_to_do", "deferred") for r in results))
