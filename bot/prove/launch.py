"""Runs one command as its caretaker: sets limits, waits, and ends every process that the command leaves behind.

Executed inside the namespaces when there are any, in an interpreter without site-packages (`-I -S`), so it and what it
imports stay with the standard library. Exit status: that of the command, 128 + signal when a signal ended it,
`TIMED_OUT` after the seconds are over, `OVER_LIMIT` when the tree took more memory or processes than it may, 127 when
the command cannot be executed, 126 when the fence could not be set up.
"""

import json
import os
import signal
import sys
import time
from types import FrameType
from typing import Any, NoReturn

from bot.prove import fence
from bot.prove.processes import descendants, resident_bytes, sweep

TIMED_OUT, OVER_LIMIT, NOT_FENCED = 124, 125, 126
_WATCH_SECONDS = 0.25
_MAX_TASKS = 8192  # of the user, threads and other programs of theirs included


class _StopError(Exception):
    """The time is up, a limit is passed, or the parent asked to end; holds the exit status."""


def main(arguments: list[str]) -> int:
    """Run `arguments[1:]` under the settings of `arguments[0]`: JSON, as `Sandbox.wrap` writes it."""
    order, command = json.loads(arguments[0]), arguments[1:]
    try:
        _fence(order)
    except OSError as error:
        sys.stderr.write(f"sandbox: {error}\n")
        return NOT_FENCED
    fence.prctl(fence.SET_CHILD_SUBREAPER, 1)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _stop)
    signal.signal(signal.SIGALRM, _watcher(order))
    status = 128 + signal.SIGTERM
    try:
        signal.setitimer(signal.ITIMER_REAL, min(_WATCH_SECONDS, order["seconds"]), _WATCH_SECONDS)
        child = os.fork()
        if child == 0:
            _become(command, order)
        status = _wait_for(child)
    except _StopError as reason:
        status = reason.args[0]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        sweep()
    return status


def _fence(order: dict[str, Any]) -> None:
    if order["network"]:
        fence.raise_loopback()
    if order["files"]:
        fence.fence_files(order["own"], order["writable"], order["frozen"], order["hidden"])


def _stop(number: int, _frame: FrameType | None) -> None:
    raise _StopError(128 + number)


def _watcher(order: dict[str, Any]) -> Any:
    end = time.monotonic() + order["seconds"]

    def watch(_number: int, _frame: FrameType | None) -> None:
        if time.monotonic() >= end:
            raise _StopError(TIMED_OUT)
        pids = descendants()
        if len(pids) > order["processes"]:
            sys.stderr.write(f"\nsandbox error: more than {order['processes']} processes\n")
            raise _StopError(OVER_LIMIT)
        if resident_bytes(pids) > order["memory"]:
            sys.stderr.write(f"\nsandbox error: more than {order['memory'] >> 20} MiB of memory\n")
            raise _StopError(OVER_LIMIT)

    return watch


def _become(command: list[str], order: dict[str, Any]) -> NoReturn:
    """In the child: its own session, limits, no way to more rights; then the command."""
    import resource

    try:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.setsid()
        fence.prctl(fence.SET_PDEATHSIG, int(signal.SIGKILL))
        if order["rights"]:
            fence.give_up_rights()
        for kind, most in (
            (resource.RLIMIT_CPU, int(order["seconds"] * (os.cpu_count() or 1)) + 1),
            (resource.RLIMIT_FSIZE, order["file_bytes"]),
            (resource.RLIMIT_DATA, order["memory"]),
            (resource.RLIMIT_NPROC, _MAX_TASKS),
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
