"""Facts of many files, half of them read by a second process where the machine has a processor for it.

The other process is a copy of this one and ends with its answer, which is what this one would have found itself. Where
there can be none (one processor, threads, another system than Linux, no room), this process reads all by itself.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

LEAST = 40  # files, below which a second process does not pay
_CHUNK = 1 << 20
_LOAD = Path("/proc/loadavg")


def in_halves(paths: Sequence[str], read: Callable[[str], bytes | None]) -> dict[str, bytes | None]:
    """What `read` gives for each path; both halves take as long when the paths are in the order of their cost."""
    mine, others = paths[::2], paths[1::2]
    if len(paths) < LEAST or not _can_copy():
        return {path: read(path) for path in paths}
    source, target = os.pipe()
    try:
        child = os.fork()
    except OSError:
        os.close(source)
        os.close(target)
        return {path: read(path) for path in paths}
    if not child:
        _answer(target, others, read)
    os.close(target)
    try:
        found = {path: read(path) for path in mine}
        theirs = _received(source)
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        os.close(source)
        os.waitpid(child, 0)
    return found | {path: theirs[path] if path in theirs else read(path) for path in others}


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


def _answer(target: int, paths: Sequence[str], read: Callable[[str], bytes | None]) -> None:
    """Write what was found, and end without anything that this process would do at its end."""
    try:
        data = msgspec.msgpack.encode({path: read(path) for path in paths})
        while data:
            data = data[os.write(target, data) :]
    finally:
        os._exit(0)


def _received(source: int) -> dict[str, bytes | None]:
    """What the other process has found; nothing when it did not come to its end."""
    data = b""
    while chunk := os.read(source, _CHUNK):
        data += chunk
    with contextlib.suppress(msgspec.MsgspecError):
        return msgspec.msgpack.decode(data, type=dict[str, bytes | None])
    return {}
