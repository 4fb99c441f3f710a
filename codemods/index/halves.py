"""Facts of many files, some of them read by a second process where the machine has a processor for it.

The other process is a copy of this one and ends with its answer, which is what this one would have found itself. Where
there can be none (one processor, threads, another system than Linux, no room), this process reads all by itself.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from io import FileIO
from pathlib import Path

import msgspec

LEAST = 40  # files, below which a second process does not pay
_GROUPS = 256  # of paths, which the processes share out
_LOAD = Path("/proc/loadavg")


def in_halves(
    paths: Sequence[str], read: Callable[[str], bytes | None], besides: Callable[[], object] = lambda: None
) -> dict[str, bytes | None]:
    """What `read` gives for each path; the paths are best in the order of their cost.

    Each process takes the next path when it is ready for one. `besides` is work that this process will have to do
    anyway, and does first where the other one reads in the meantime.
    """
    if len(paths) < LEAST or not _can_copy():
        return {path: read(path) for path in paths}
    with contextlib.ExitStack() as ends:
        queue, source, target = _queue(len(paths), ends), *_pipe(ends)
        try:
            child = os.fork()
        except OSError:
            return {path: read(path) for path in paths}
        if not child:
            _answer(target, queue, paths, read)
        target.close()
        try:
            besides()
            found = _taken(queue, paths, read)
            found |= _received(source)
        except BaseException:
            os.kill(child, signal.SIGKILL)
            raise
        finally:
            os.waitpid(child, 0)
    return {path: found[path] if path in found else read(path) for path in paths}


def _pipe(ends: contextlib.ExitStack) -> tuple[FileIO, FileIO]:
    source, target = os.pipe()
    return ends.enter_context(FileIO(source)), ends.enter_context(FileIO(target, "w"))


def _queue(count: int, ends: contextlib.ExitStack) -> FileIO:
    """A pipe that holds the numbers of all groups of paths, a byte each: who reads one has taken it."""
    source, target = _pipe(ends)
    target.write(bytes(range(min(count, _GROUPS))))
    target.close()
    return source


def _taken(queue: FileIO, paths: Sequence[str], read: Callable[[str], bytes | None]) -> dict[str, bytes | None]:
    found: dict[str, bytes | None] = {}
    while number := queue.read(1):
        found.update((path, read(path)) for path in paths[number[0] :: _GROUPS])
    return found


def _can_copy() -> bool:
    if sys.platform != "linux" or threading.active_count() > 1:
        return False
    processors = len(os.sched_getaffinity(0))
    return processors > 1 and processors >= _running()  # else both only get in each other's way


def _running() -> int:
    """How many threads of the machine run or wait for a processor now, this one included; see proc_loadavg(5).

    The load average would do only where nothing else has run for a minute.
    """
    try:
        return int(_LOAD.read_bytes().split()[3].partition(b"/")[0])
    except (OSError, ValueError, IndexError):
        return 1


def _answer(target: FileIO, queue: FileIO, paths: Sequence[str], read: Callable[[str], bytes | None]) -> None:
    """Write what was found, and end without anything that this process would do at its end."""
    try:
        data = msgspec.msgpack.encode(_taken(queue, paths, read))
        while data:
            data = data[target.write(data) :]
    finally:
        os._exit(0)


def _received(source: FileIO) -> dict[str, bytes | None]:
    """What the other process has found; nothing when it did not come to its end."""
    with contextlib.suppress(msgspec.MsgspecError):
        return msgspec.msgpack.decode(source.readall(), type=dict[str, bytes | None])
    return {}
