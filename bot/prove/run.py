"""One sandboxed run of the test command: what the process did, and where it left its report and observations."""

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bot.config import Config
from bot.errors import UserError
from bot.prove import fence, launch
from bot.prove.command import TestCommand, tool_path
from bot.prove.environment import allowed_environment
from bot.prove.hidden import hidden_places
from bot.prove.limits import limits_for
from bot.prove.output import Output, last_words
from bot.prove.processes import descendants, sweep
from bot.prove.sandbox import Paths, Sandbox
from bot.records import Site

_PROBE = Path(__file__).with_name("probe")
_GRACE_SECONDS = 10.0  # for the caretaker to end everything
_OUTPUT_SECONDS = 2.0  # for what an ended process wrote to arrive
_SHARED_DIRECTORIES = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108  # nosec B108 - programs write there


@dataclass(frozen=True)
class Run:
    """How the process ended; the files live as long as the scratch directory."""

    exit_status: int
    seconds: float
    timed_out: bool
    last_words: str  # the last error line of the output: printable ASCII, at most 200 characters
    report: Path  # JUnit XML, when pytest ran
    observations: Path  # directory of the probe's files


@dataclass(frozen=True)
class Place:
    """Where the tests run, and what the probe looks out for."""

    tree: Path
    repository: Path
    site: Site
    kept: Path | None = None  # the tree's snapshot: what runs may not write to it
    probe: dict[str, str] = field(default_factory=dict)  # further settings of the probe, by their variables


def run_tests(command: TestCommand, place: Place, scratch: Path, config: Config, sandbox: Sandbox) -> Run:
    """Run the command in the work tree until it ends or `test-timeout-seconds` are over.

    Raises:
        UserError: not a POSIX system, or the program cannot be executed.
    """
    if os.name != "posix":
        raise UserError("The tests can be run on Linux and macOS only; run costmod there.")
    run = Run(0, 0.0, False, "", scratch / "junit.xml", scratch / "probe")
    for directory in (run.observations, scratch / "home", scratch / "t"):
        directory.mkdir()
    environment = _environment(command, place, run, scratch, config)
    wrapped = sandbox.wrap(command.argv, limits_for(config), _paths(command, place, scratch))
    status, seconds = _watched(wrapped, place.tree / command.directory, environment, scratch / "output", config)
    timed_out = status == launch.TIMED_OUT and seconds >= config.test_timeout_seconds
    names = {place.tree: ".", scratch: "TMP", command.interpreter: "python", place.repository: "."}
    said = last_words(scratch / "output", names)
    return Run(status, seconds, timed_out, said, run.report, run.observations)


def _watched(
    command: list[str], directory: Path, environment: dict[str, str], printed: Path, config: Config
) -> tuple[int, float]:
    """Exit status and seconds of the caretaker; whatever it left behind is ended."""
    output = Output(printed)
    started = time.monotonic()
    with _watched_from_here():
        process = subprocess.Popen(
            command,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output.sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        output.started()
        try:
            status = process.wait(config.test_timeout_seconds + 2 * _GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            status = launch.TIMED_OUT
        finally:
            _end(process)
    seconds = time.monotonic() - started
    output.finish(_OUTPUT_SECONDS)
    return status, seconds


def _environment(command: TestCommand, place: Place, run: Run, scratch: Path, config: Config) -> dict[str, str]:
    own = {**os.environ, **command.variables}
    options = f"-o junit_family=xunit1 --junitxml={shlex.quote(str(run.report))} --maxfail=0"
    return {
        **allowed_environment(os.environ, config.test_environment),
        **command.variables,
        "PATH": tool_path(command.interpreter),
        "HOME": str(scratch / "home"),
        "TMPDIR": str(scratch / "t"),
        "PYTHONHASHSEED": "0",
        # The patch may keep a file's size within the second that a .pyc remembers: the old code would run again.
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, (str(_PROBE), command.variables.get("PYTHONPATH")))),
        "PYTEST_ADDOPTS": " ".join(filter(None, (own.get("PYTEST_ADDOPTS"), options))),
        "COSTMOD_PROBE_ROOT": str(place.tree),
        "COSTMOD_PROBE_PROJECT": command.directory,
        "COSTMOD_PROBE_ORIGIN": str(place.repository.resolve()),
        "COSTMOD_PROBE_DIR": str(run.observations),
        "COSTMOD_PROBE_FILE": place.site.file,
        "COSTMOD_PROBE_FUNCTION": place.site.function,
        **place.probe,
    }


def _paths(command: TestCommand, place: Place, scratch: Path) -> Paths:
    # Not the links' targets: an environment is where its interpreter is called by.
    environment = command.interpreter.parent.parent
    ours = Path(__file__).resolve().parents[2]
    frozen = [place.repository, environment, ours, Path(sys.prefix), *([place.kept] if place.kept else [])]
    return Paths(
        own=(str(scratch), str(place.tree)),
        writable=tuple(dict.fromkeys((*_SHARED_DIRECTORIES, tempfile.gettempdir()))),
        frozen=tuple(dict.fromkeys(str(path) for path in frozen if path != Path("/usr"))),
        hidden=hidden_places(os.environ, place.repository),
    )


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ask the caretaker to end what it started; when it does not answer, end the group."""
    for number, patience in ((signal.SIGTERM, _GRACE_SECONDS), (signal.SIGKILL, None)):
        if process.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)


@contextlib.contextmanager
def _watched_from_here() -> Iterator[None]:
    """For a caretaker that the tests may kill: this process cannot be read by them, and orphans come to it."""
    if sys.platform != "linux":
        yield
        return
    spared = frozenset(descendants())
    fence.prctl(fence.SET_DUMPABLE, 0)
    fence.prctl(fence.SET_CHILD_SUBREAPER, 1)
    try:
        yield
    finally:
        sweep(spared)
        fence.prctl(fence.SET_CHILD_SUBREAPER, 0)
        fence.prctl(fence.SET_DUMPABLE, 1)
