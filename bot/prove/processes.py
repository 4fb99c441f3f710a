"""The processes that one command left behind: found under /proc, measured, ended. Standard library only."""

import os
import signal
import time
from pathlib import Path

_SWEEP_SECONDS = 5.0


def descendants() -> list[int]:
    """Process ids below this one; orphans come back to a subreaper, so leaving the session hides nothing."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name in parentheses may hold anything, so the fields are counted from its end.
            parents[int(entry.parent.name)] = int(entry.read_text(errors="replace").rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
    found: list[int] = []
    frontier = {os.getpid()}
    while frontier:
        frontier = {pid for pid, parent in parents.items() if parent in frontier}
        found += frontier
    return found


def resident_bytes(pids: list[int]) -> int:
    """Memory in use; what processes share is counted once for each."""
    pages = 0
    for pid in pids:
        try:
            pages += int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        except (OSError, ValueError, IndexError):
            continue
    return pages * os.sysconf("SC_PAGE_SIZE")


def sweep(spared: frozenset[int] = frozenset()) -> None:
    """End all descendants but the spared ones, and reap them."""
    end = time.monotonic() + _SWEEP_SECONDS
    while time.monotonic() < end:
        # All stopped first: what forks without end would outrun a signal that ends one at a time.
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in descendants():
                if pid not in spared:
                    _send(pid, number)
        if not _reap(spared):
            return
        time.sleep(0.005)


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except OSError:
        return


def _reap(spared: frozenset[int]) -> bool:
    """Whether any process is left to end."""
    left = [pid for pid in descendants() if pid not in spared]
    for pid in left:
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:  # not ours yet, or gone
            continue
    return bool(left)
