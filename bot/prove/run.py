"""One sandboxed run of the test command: what the process did, and where it left its report and observations."""

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bot.config import Config
from bot.errors import UserError
from bot.prove import launch
from bot.prove.command import TestCommand, tool_path
from bot.prove.environment import allowed_environment
from bot.prove.sandbox import Sandbox
from bot.records import Site

_PROBE = Path(__file__).with_name("probe")
_PR_SET_DUMPABLE = 4
_GRACE_SECONDS = 10.0  # for the caretaker to end everything
_TAIL_BYTES = 64 << 10
_MAX_WORDS = 200
# Lines that say why; a summary such as "1 failed in 0.31s" says nothing and differs from run to run.
_ERROR_LINE = re.compile(
    r"(E\s+)?[\w.]*(Error|Exception)\b.*|.*(No module named|not found|No such file|error:|\*\*\*).*"
)


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
    started = time.monotonic()
    with _hidden_from_children(sandbox), (scratch / "output").open("wb") as output:
        process = subprocess.Popen(
            sandbox.wrap(command.argv, config.test_timeout_seconds),
            cwd=place.tree,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = process.wait(config.test_timeout_seconds + 2 * _GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            status = launch.TIMED_OUT
        finally:
            _end(process)
    seconds = time.monotonic() - started
    timed_out = status == launch.TIMED_OUT and seconds >= config.test_timeout_seconds
    return Run(status, seconds, timed_out, _last_words(scratch, command, place), run.report, run.observations)


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
        "COSTMOD_PROBE_ORIGIN": str(place.repository.resolve()),
        "COSTMOD_PROBE_DIR": str(run.observations),
        "COSTMOD_PROBE_FILE": place.site.file,
        "COSTMOD_PROBE_FUNCTION": place.site.function,
        **place.probe,
    }


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
def _hidden_from_children(sandbox: Sandbox) -> Iterator[None]:
    """Without a process namespace, keep the tests from reading this process's environment under /proc."""
    if sandbox.processes or sys.platform != "linux":
        yield
        return
    launch.prctl(_PR_SET_DUMPABLE, 0)
    try:
        yield
    finally:
        launch.prctl(_PR_SET_DUMPABLE, 1)


def _last_words(scratch: Path, command: TestCommand, place: Place) -> str:
    output = scratch / "output"
    with output.open("rb") as file:
        file.seek(max(0, output.stat().st_size - _TAIL_BYTES))
        lines = [line.strip() for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]
    chosen = next((line for line in reversed(lines) if _ERROR_LINE.fullmatch(line)), "")
    # Paths of this machine, and of this run, are nobody's business and differ every time.
    for path, word in ((place.tree, "."), (scratch, "TMP"), (command.interpreter, "python"), (place.repository, ".")):
        chosen = chosen.replace(str(path), word)
    # Never a workflow command: "::" and "##[" mean something to the runner that shows this line.
    printable = re.sub(r"[^\x20-\x7e]", "", chosen).replace("::", ":").replace("##[", "[")
    return printable[:_MAX_WORDS]
