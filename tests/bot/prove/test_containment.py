"""The hostile programs of `containment/`, each bare, where it must succeed, and under the sandbox."""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.config import Config
from bot.errors import UserError
from bot.prove import run as running
from bot.prove.command import TestCommand
from bot.prove.launch import OVER_LIMIT
from bot.prove.limits import Limits
from bot.prove.run import Place, run_tests
from bot.prove.sandbox import Sandbox, best_sandbox
from bot.prove.snapshot import restore_snapshot, take_snapshot
from bot.prove.suite import run_suite
from bot.prove.verdict import Seen, decide
from bot.records import Site

HERE = Path(__file__).parent
PROGRAMS = HERE / "containment"
SITE = Site(file="a.py", function="f", line=1, query="", loads=(), located_by=())
NONE = Sandbox(why="none")
LEVELS = [pytest.param(best_sandbox, id="best level"), pytest.param(lambda: NONE, id="no namespaces")]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the fences are Linux's")


def command(name: str, *arguments: object) -> TestCommand:
    return TestCommand(Path(sys.executable), ("python", str(PROGRAMS / name), *map(str, arguments)))


def contained(tmp_path: Path, name: str, *arguments: object, sandbox: Sandbox, repository: Path | None = None):
    """How it ended, and what it printed."""
    tree, scratch = tmp_path / "tree", tmp_path / "scratch"
    for directory in (tree, scratch):
        directory.mkdir(exist_ok=True)
    place = Place(tree, repository or tree, SITE)
    done = run_tests(command(name, *arguments), place, scratch, Config(test_timeout_seconds=20), sandbox)
    return done, (scratch / "output").read_text(errors="replace")


def bare(tmp_path: Path, name: str, *arguments: object) -> str:
    done = subprocess.run(
        command(name, *arguments).argv, cwd=tmp_path, env={}, check=False, capture_output=True, text=True, timeout=30
    )
    return done.stdout


def fenced() -> Sandbox:
    if not best_sandbox().files:
        pytest.skip("no mounts of its own here")
    return best_sandbox()


@pytest.mark.parametrize("program", ["reads_environment_of_others.py", "reads_memory_of_others.py"])
def test_what_runs_the_tests_cannot_be_read(tmp_path: Path, program: str) -> None:
    if os.geteuid() != 0 and Path("/proc/sys/kernel/yama/ptrace_scope").exists():
        pytest.skip("the kernel alone keeps memory apart here")
    said = {}
    for level in ("bare", "none", "best"):
        done = subprocess.run(
            [sys.executable, str(HERE / "contained.py"), level, str(tmp_path), str(PROGRAMS / program)],
            env={**os.environ, "COSTMOD_CANARY": "costmod-canary", "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        said[level] = "REACHED" in done.stdout
    assert said == {"bare": True, "none": False, "best": False}


@pytest.mark.parametrize("level", LEVELS)
def test_no_new_rights(tmp_path: Path, level) -> None:
    assert "REACHED" in bare(tmp_path, "takes_rights.py")
    subprocess.run(["umount", str(tmp_path / "point")], check=False, capture_output=True)
    assert "REACHED" not in contained(tmp_path, "takes_rights.py", sandbox=level())[1]


def test_credentials_of_the_real_home_are_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "home" / ".netrc"
    secret.parent.mkdir()
    secret.write_text("costmod-canary")
    monkeypatch.setenv("HOME", str(secret.parent))
    assert "REACHED" in bare(tmp_path, "reads_credentials.py", secret)
    assert "REACHED" not in contained(tmp_path, "reads_credentials.py", secret, sandbox=fenced())[1]


def test_settings_of_the_users_repository_are_hidden(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    secret = repository / ".git" / "config"
    secret.write_text(secret.read_text() + "[http]\n\textraheader = costmod-canary\n")
    output = contained(tmp_path, "reads_credentials.py", secret, sandbox=fenced(), repository=repository)[1]
    assert "REACHED" not in output


def test_files_elsewhere_stay_what_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runner, repository = tmp_path / "runner", tmp_path / "repository"
    for directory in (runner, repository):
        directory.mkdir()
        (directory / "file").write_text("kept")
    monkeypatch.setenv("RUNNER_TEMP", str(runner))
    monkeypatch.setenv("GITHUB_ENV", str(runner / "file"))
    files = (runner / "file", repository / "file", Path("/etc/hostname"), Path(os.__file__))
    assert "REACHED" in bare(tmp_path, "writes_elsewhere.py", tmp_path / "other")
    output = contained(tmp_path, "writes_elsewhere.py", *files, sandbox=fenced(), repository=repository)[1]
    assert "REACHED" not in output
    assert [path.read_text() for path in (runner / "file", repository / "file")] == ["kept", "kept"]


def test_services_of_this_host_are_out_of_reach(tmp_path: Path) -> None:
    if not best_sandbox().network:
        pytest.skip("no network namespace here")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert "REACHED" in bare(tmp_path, "calls_out.py", port)
        assert "REACHED" not in contained(tmp_path, "calls_out.py", port, sandbox=best_sandbox())[1]


def sleeping(seconds: str) -> list[str]:
    lines = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(entry.read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return [line for line in lines if line.startswith("sleep") and seconds in line]


@pytest.mark.parametrize("level", LEVELS)
def test_nothing_is_left_even_without_a_caretaker(tmp_path: Path, level) -> None:
    seconds = f"20.{time.monotonic_ns()}"
    assert "left" in contained(tmp_path, "leaves_processes.py", seconds, sandbox=level())[1]
    assert sleeping(seconds) == []


@pytest.mark.parametrize("level", LEVELS)
def test_a_fork_bomb_ends(tmp_path: Path, level, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "limits_for", lambda _: Limits(20, processes=20))
    done, output = contained(tmp_path, "forks_without_end.py", 60, sandbox=level())
    assert (done.exit_status, done.last_words) == (OVER_LIMIT, "sandbox error: more than 20 processes")
    assert done.seconds < 9, output


@pytest.mark.parametrize(
    ("size", "number", "status", "said"),
    [
        pytest.param(150, 1, 1, "MemoryError", id="one process"),
        pytest.param(60, 3, OVER_LIMIT, "sandbox error: more than 100 MiB of memory", id="many processes"),
    ],
)
def test_memory_is_limited(
    tmp_path: Path, size: int, number: int, status: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "limits_for", lambda _: Limits(20, memory=100 << 20))
    done, output = contained(tmp_path, "fills_memory.py", size, number, sandbox=NONE)
    assert (done.exit_status, done.last_words, "REACHED" in output) == (status, said, False)


def test_no_endless_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "limits_for", lambda _: Limits(20, file_bytes=2 << 20))
    assert "REACHED" not in contained(tmp_path, "fills_disk.py", sandbox=NONE)[1]
    assert (tmp_path / "tree" / "large").stat().st_size == 2 << 20


def test_output_is_kept_up_to_a_limit_and_shown_inert(tmp_path: Path) -> None:
    done, output = contained(tmp_path, "prints_without_end.py", sandbox=NONE)
    assert 3 << 20 < len(output) < 5 << 20
    assert "bytes left out]" in output
    assert done.last_words == "ValueError: :add-mask:last [group]words"


def test_a_forged_report_does_not_outweigh_the_exit_status(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    suite = run_suite(command("forges_report.py"), Place(tree, tree, SITE), Config(), NONE)
    assert (suite.run.tests, suite.run.failed) == (1, ())
    assert decide(Seen(before=suite.run))[0] == "unprovable"


def test_links_and_pipes_are_not_followed(tmp_path: Path) -> None:
    victim, tree, kept = tmp_path / "victim", tmp_path / "tree", tmp_path / "kept"
    for directory in (victim, tree):
        directory.mkdir()
    (victim / "kept.txt").write_text("kept")
    take_snapshot(tree, kept)
    suite = run_suite(command("plants_links.py", victim), Place(tree, tree, SITE, kept), Config(), NONE)
    assert (suite.run.exit_status, suite.ran, suite.rows, tree.is_symlink()) == (0, frozenset(), (), True)
    restore_snapshot(tree, kept)
    assert (tree.is_symlink(), (victim / "kept.txt").read_text()) == (False, "kept")


def test_a_link_above_the_tree_stops_the_restoring(tmp_path: Path) -> None:
    victim, kept = tmp_path / "victim", tmp_path / "kept"
    (victim / "tree").mkdir(parents=True)
    (victim / "tree" / "file").write_text("kept")
    kept.mkdir()
    (tmp_path / "above").symlink_to(victim)
    with pytest.raises(UserError, match="replaced their own work tree"):
        restore_snapshot(tmp_path / "above" / "tree", kept)
    assert (victim / "tree" / "file").read_text() == "kept"


def test_modules_of_the_repository_are_not_costmods(tmp_path: Path) -> None:
    for name in ("json.py", "socket.py", "sitecustomize.py", "usercustomize.py", "jinja2.py", "bot.py", "conftest.py"):
        shutil.copy(PROGRAMS / "shadows_modules.py", tmp_path / name)
    subprocess.run([sys.executable, "-c", "import json"], cwd=tmp_path, check=True)
    assert (tmp_path / "REACHED").exists()
    (tmp_path / "REACHED").unlink()
    for level in ("none", "best"):
        words = [sys.executable, str(HERE / "contained.py"), level, str(tmp_path), "-I", "-c", "pass"]
        path = os.pathsep.join(filter(None, sys.path))
        subprocess.run(words, cwd=tmp_path, env={**os.environ, "PYTHONPATH": path}, check=True, timeout=60)
    assert not (tmp_path / "REACHED").exists()


def test_every_program_is_run() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    listed = (PROGRAMS / "README.md").read_text(encoding="utf-8")
    programs = [path.name for path in PROGRAMS.glob("*.py")]
    assert [name for name in programs if name not in text or f"`{name}`" not in listed] == []
