"""No APM at all: a command of the user's runs under the probe, and what its requests and tests did becomes hotspots."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from msgspec.structs import replace

from bot import prove
from bot.config import Config
from bot.errors import UserError
from bot.hotspots import read
from bot.prove.git_command import run_git
from bot.prove.scratch import scratch_directory
from bot.records import Hotspot

PROBE = Path(prove.__file__).with_name("probe")
WATCHED = (
    "Flask, Django, Starlette, FastAPI, Celery, pytest, unittest, SQLAlchemy, sqlite3, psycopg, requests, urllib3, "
    "httpx, aiohttp, botocore and redis"
)
_CALL = b'"parentSpanId"'  # an entry of the probe has none
_BASIS = "every request of the recorded command"
_LIMIT = "recorded, not seen in production: the times are those of one run on one machine"


class Recorded(NamedTuple):
    """What a command did; `exit_status` is its own, 128 + the signal that ended it."""

    hotspots: list[Hotspot]
    exit_status: int


def record(command: Sequence[str], directory: Path, config: Config) -> Recorded:
    """Run the command in a directory and read what it did.

    Its input and output are the terminal's. The first Ctrl-C asks it to stop and what it did is still read; the second
    ends it at once.

    Raises:
        UserError: no command, one that cannot be started, or one in which the probe saw nothing.
    """
    if not command:
        raise UserError("name the command behind `--`, for example `costmod record -- pytest`.")
    with scratch_directory() as spans:
        status = _run(command, directory, environment(os.environ, spans, _root(directory)))
        files = sorted(path for path in spans.glob("*.jsonl") if path.is_file())
        if not any(map(_has_call, files)):
            raise UserError(_nothing(command, status, any_entry=bool(files)))
        hotspots = read([str(path) for path in files], config)
    return Recorded([_ours(hotspot) for hotspot in hotspots], status)


def _has_call(path: Path) -> bool:
    with path.open("rb") as lines:
        return any(_CALL in line for line in lines)


def environment(parent: Mapping[str, str], spans: Path, root: Path) -> dict[str, str]:
    """The user's environment with the probe in front of the import path."""
    path = os.pathsep.join(filter(None, (str(PROBE), parent.get("PYTHONPATH"))))
    others = {name: value for name, value in parent.items() if not name.startswith("COSTMOD_PROBE_")}
    return {**others, "PYTHONPATH": path, "COSTMOD_PROBE_SPANS": str(spans), "COSTMOD_PROBE_ROOT": str(root)}


def _root(directory: Path) -> Path:
    """What counts as the project: the repository around the directory, or the directory."""
    try:
        return Path(run_git("rev-parse", "--show-toplevel", directory=directory).rstrip("\n"))
    except (subprocess.CalledProcessError, UserError):
        return directory.resolve()


def _run(command: Sequence[str], directory: Path, variables: Mapping[str, str]) -> int:
    if shutil.which(command[0], path=variables.get("PATH")) is None:
        raise UserError(f"{command[0]}: no such command; give its path, or activate the environment that has it.")
    together = _is_in_foreground()  # then Ctrl-C reaches the command without us
    # Before the command starts: an interrupt that a shell ignores for what runs in its background is none to it.
    with _passing_on(together=together) as started:
        try:
            child = subprocess.Popen(command, cwd=directory, env=variables, process_group=None if together else 0)
        except OSError as error:
            raise UserError(f"{command[0]}: cannot be started ({error.strerror}); name a program.") from error
        started.append(child)
        status = child.wait()
    return status if status >= 0 else 128 - status


@contextmanager
def _passing_on(*, together: bool) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Signals that would end us end the command in the list instead, so that what it did is still read."""
    started: list[subprocess.Popen[bytes]] = []
    interrupts = 0

    def pass_on(number: int, _frame: FrameType | None) -> None:
        nonlocal interrupts
        interrupts += 1
        if not started:
            raise KeyboardInterrupt
        child = started[0]
        with suppress(ProcessLookupError):
            if interrupts > 1:
                child.kill() if together else os.killpg(child.pid, signal.SIGKILL)
            elif not together:
                os.killpg(child.pid, number)
            elif number != signal.SIGINT:
                child.send_signal(number)

    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # else nohup wants it so
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, pass_on) for number in numbers}
    try:
        yield started
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_in_foreground() -> bool:
    """Whether the terminal sends Ctrl-C to this process and all that it starts."""
    try:
        with Path("/dev/tty").open("rb") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


def _nothing(command: Sequence[str], status: int, *, any_entry: bool) -> str:
    what = "no SQL statement and no outbound request" if any_entry else "nothing"
    return (
        f"{command[0]}: the probe saw {what} (exit status {status}); it watches {WATCHED} in Python processes that "
        "take PYTHONPATH (not `python -I` or `-E`)."
    )


def _ours(hotspot: Hotspot) -> Hotspot:
    trust = replace(hotspot.trust, limits=(*hotspot.trust.limits, _LIMIT))
    source = replace(hotspot.source, vendor="costmod", format="record", sampling=_BASIS)
    return replace(hotspot, source=source, trust=trust)
