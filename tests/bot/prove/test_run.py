"""What a sandboxed run holds back, at both levels of isolation."""

import os
import sys
import time
from pathlib import Path

import pytest

from bot.config import Config
from bot.prove.command import TestCommand
from bot.prove.run import Place, Run, run_tests
from bot.prove.sandbox import Sandbox, best_sandbox
from bot.records import Site

SITE = Site(file="a.py", function="f", line=1, query="", loads=(), located_by=())
LEVELS = [
    pytest.param(best_sandbox, id="best level"),
    pytest.param(lambda: Sandbox(why="none"), id="no namespaces"),
]


def run(tmp_path: Path, code: str, sandbox: Sandbox, seconds: int = 20, **settings: object) -> tuple[Run, str]:
    tree, scratch = tmp_path / "tree", tmp_path / "scratch"
    tree.mkdir()
    scratch.mkdir()
    command = TestCommand(Path(sys.executable), ("python", "-c", code))
    config = Config(test_timeout_seconds=seconds, **settings)
    done = run_tests(command, Place(tree, tmp_path, SITE), scratch, config, sandbox)
    return done, (scratch / "output").read_text()


def alive(word: str) -> list[str]:
    """Command lines of running processes that hold the word."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if word in line and int(entry.parent.name) != os.getpid():
            found.append(line)
    return found


# Leaves its session and is orphaned: killing the group of the test command does not reach it.
ESCAPE = """
import os, subprocess, sys, time
escaped = "import os; os.fork() and os._exit(0); os.setsid(); os.execvp('sleep', ['sleep', sys.argv[1]])"
subprocess.run([sys.executable, "-c", "import sys;" + escaped, "{seconds}"])
{then}
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    ("then", "timed_out"), [("time.sleep(60)", True), ("pass", False)], ids=["time over", "left behind"]
)
def test_no_process_outlives_the_run(tmp_path: Path, level, then: str, timed_out: bool) -> None:
    seconds = f"{os.getpid()}.{time.monotonic_ns()}"
    done, _ = run(tmp_path, ESCAPE.format(seconds=seconds, then=then), level(), seconds=1 if timed_out else 20)
    assert (done.timed_out, done.exit_status) == (timed_out, 124 if timed_out else 0)
    assert alive(seconds) == []


@pytest.mark.parametrize("level", LEVELS)
def test_secrets_are_out_of_reach(tmp_path: Path, level, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "canary-1")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-2")
    monkeypatch.setenv("DATABASE_URL", "kept")
    code = "import os; print(sorted(os.environ.values())); print(os.environ['HOME']); print(open(0).read())"
    done, output = run(tmp_path, code, level(), test_environment=("DATABASE_URL", "GITHUB_TOKEN"))
    assert done.exit_status == 0
    assert ("canary" in output, "kept" in output, str(tmp_path / "scratch/home") in output) == (False, True, True)


def test_a_process_namespace_hides_the_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not best_sandbox().processes:
        pytest.skip("no process namespace here")
    code = "from pathlib import Path\nprint(len(list(Path('/proc').glob('[0-9]*'))))"
    assert run(tmp_path, code, best_sandbox())[1] == "2\n"  # the caretaker and the command


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    ("code", "status"),
    [("raise SystemExit(3)", 3), ("import os; os.kill(os.getpid(), 9)", 137)],
    ids=["status", "signal"],
)
def test_the_exit_status_is_the_commands(tmp_path: Path, level, code: str, status: int) -> None:
    assert run(tmp_path, code, level())[0].exit_status == status


@pytest.mark.parametrize("level", LEVELS)
def test_loopback_works(tmp_path: Path, level) -> None:
    code = "import socket as s; a = s.create_server(('127.0.0.1', 0)); s.create_connection(a.getsockname()).close()"
    assert run(tmp_path, code, level())[0].exit_status == 0


def test_variables_of_the_command_are_kept_beside_ours(tmp_path: Path) -> None:
    from bot.prove.run import _environment

    variables = {"PYTHONPATH": "lib", "PYTEST_ADDOPTS": "-q", "HOME": "/elsewhere", "STAGE": "test"}
    command = TestCommand(Path(sys.executable), ("python", "-m", "pytest"), variables)
    scratch = tmp_path / "with space"
    run = Run(0, 0.0, False, "", scratch / "junit.xml", scratch / "probe")
    seen = _environment(command, Place(tmp_path, tmp_path, SITE), run, scratch, Config())
    assert seen["PYTHONPATH"].split(os.pathsep)[1:] == ["lib"]
    assert seen["PYTEST_ADDOPTS"] == f"-q -o junit_family=xunit1 --junitxml='{scratch}/junit.xml' --maxfail=0"
    assert (seen["HOME"], seen["STAGE"]) == (str(scratch / "home"), "test")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param("1 passed in 0.01s", "", id="a summary says nothing"),
        pytest.param("E   KeyError: 'x'", "E   KeyError: 'x'", id="an error line"),
        pytest.param("::error::Exception", ":error:Exception", id="a workflow command"),
        pytest.param("ValueError: ::add-mask::x \x1b[1m##[group]", "ValueError: :add-mask:x [1m[group]", id="inert"),
        pytest.param("ValueError: " + "x" * 500, "ValueError: " + "x" * 188, id="cut"),
    ],
)
def test_last_words(tmp_path: Path, line: str, said: str) -> None:
    assert run(tmp_path, f"print({line!r})", Sandbox())[0].last_words == said
