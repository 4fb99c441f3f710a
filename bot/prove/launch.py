"""Runs one command as its caretaker: sets limits, waits, and ends every process that the command leaves behind.

Executed as a script (`python -I -S launch.py SECONDS LOOPBACK COMMAND...`), inside the namespaces when there are any,
so it imports the standard library only. Exit status: that of the command, 128 + signal when a signal ended it, 124
after SECONDS, 127 when the command cannot be executed.
"""

import ctypes
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn

TIMED_OUT = 124
MAX_PROCESSES = 8192
MAX_FILE_BYTES = 4 << 30

# Numbers of prctl(2), from the Linux headers linux/prctl.h.
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 1, 36, 38, 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
# linux/sockios.h and linux/if.h
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1
_SWEEP_SECONDS = 5.0


class _StopError(Exception):
    """The time is up, or the parent asked to end."""


def main(arguments: list[str]) -> int:
    """Run the command and return the exit status to leave with."""
    seconds, loopback, command = float(arguments[0]), arguments[1] == "loopback", arguments[2:]
    if loopback:
        _raise_loopback()
    prctl(_PR_SET_CHILD_SUBREAPER, 1)
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _stop)
    status = 128 + signal.SIGTERM
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        started = time.monotonic()
        child = os.fork()
        if child == 0:
            _become(command, seconds)
        status = _wait_for(child)
    except _StopError:
        if time.monotonic() - started >= seconds:
            status = TIMED_OUT
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        _sweep()
    return status


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise _StopError


def _become(command: list[str], seconds: float) -> NoReturn:
    """In the child: its own session, limits, no way to more rights; then the command."""
    import resource

    try:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.setsid()
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
        prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
        prctl(_PR_SET_NO_NEW_PRIVS, 1)
        for kind, most in (
            (resource.RLIMIT_CPU, int(seconds * (os.cpu_count() or 1)) + 1),
            (resource.RLIMIT_FSIZE, MAX_FILE_BYTES),
            (resource.RLIMIT_NPROC, MAX_PROCESSES),
            (resource.RLIMIT_CORE, 0),
        ):
            hard = resource.getrlimit(kind)[1]
            value = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (value, value))
        os.execvp(command[0], command)  # noqa: S606 - there is no shell on purpose
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
    finally:
        os._exit(127)


def _wait_for(child: int) -> int:
    """Reap whatever ends until the command itself does."""
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _sweep() -> None:
    """End all descendants; those that left the session are found because orphans come back to a subreaper."""
    end = time.monotonic() + _SWEEP_SECONDS
    while time.monotonic() < end:
        for pid in _descendants():
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                continue
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.005)


def _descendants() -> list[int]:
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


def prctl(option: int, argument: int) -> None:
    """Set one attribute of this process where the kernel has it."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, *(ctypes.c_ulong(value) for value in (argument, 0, 0, 0)))


def _raise_loopback() -> None:
    """Bring 127.0.0.1 up in a new network namespace, where it starts down."""
    import fcntl
    import socket
    import struct

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        request = fcntl.ioctl(handle, _SIOCGIFFLAGS, struct.pack("16sH14s", b"lo", 0, b""))
        flags = struct.unpack("16sH14s", request)[1]
        fcntl.ioctl(handle, _SIOCSIFFLAGS, struct.pack("16sH14s", b"lo", flags | _IFF_UP, b""))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
