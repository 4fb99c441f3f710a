"""`costmod record` as a program: signals, exit codes, what is said when nothing was seen, `fix` afterwards."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from record_apps import FLASK
from rig.blog import blog_repository, diff

import bot
from bot.cli import _main, spread
from bot.record import PROBE, environment

PROJECT = Path(bot.__file__).parents[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param([], "name the command behind `--`, for example `costmod record -- pytest`.", id="no command"),
        pytest.param(["--"], "name the command behind `--`, for example `costmod record -- pytest`.", id="only --"),
        pytest.param(["pytest"], "unrecognized arguments: pytest; see `costmod record --help`.", id="no --"),
        pytest.param(
            ["--", "no-such-tool", "-x"],
            "no-such-tool: no such command; give its path, or activate the environment that has it.",
            id="not found",
        ),
        pytest.param(
            ["--", sys.executable, "-c", "raise SystemExit(4)"],
            f"{sys.executable}: the probe saw nothing (exit status 4); it watches Flask, Django, ",
            id="nothing seen",
        ),
        pytest.param(["--out", "none/x.json", "--", "true"], "none/x.json: cannot be written (", id="no folder"),
    ],
)
def test_what_cannot_be_recorded_is_one_sentence(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert _main(["record", *arguments]) == 2
    printed = capfd.readouterr()
    assert printed.err.startswith(f"costmod: {message}")
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert list(tmp_path.iterdir()) == []


def test_words_of_the_command_stay_as_they_are() -> None:
    line = ["record", "--out", "x", "--", "costmod", "fix", "--hotspots", "a", "b", "--", "c"]
    assert spread(line) == line


def test_the_environment_is_the_users_own(tmp_path: Path) -> None:
    parent = {"PYTHONPATH": "lib", "HOME": "/home/x", "COSTMOD_PROBE_DIR": "/elsewhere"}
    assert environment(parent, tmp_path / "spans", tmp_path) == {
        "PYTHONPATH": os.pathsep.join([str(PROBE), "lib"]),
        "HOME": "/home/x",
        "COSTMOD_PROBE_SPANS": str(tmp_path / "spans"),
        "COSTMOD_PROBE_ROOT": str(tmp_path),
    }


def test_no_loop_is_an_empty_document(recorded: Any, capfd: pytest.CaptureFixture[str]) -> None:
    code = (
        "from sqlalchemy import create_engine, text\nwith create_engine('sqlite://').connect() as c:\n"
        "    c.execute(text('SELECT 1'))\n"
    )
    assert recorded({"once.py": code}, "once.py") == []
    assert capfd.readouterr().out.startswith("no hotspots: nothing repeats often enough per request\n  tests load few")


@pytest.fixture
def served(tmp_path: Path) -> str:
    """A folder with a server; the URL of a route of it."""
    for name, text in FLASK.items():
        (tmp_path / name).write_text(text)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "serve.py").write_text(f"from shop import app, seed\nseed()\napp.run(port={port})\n")
    return f"http://127.0.0.1:{port}/shop/posts/1"


SERVE = [sys.executable, "-m", "bot.cli", "record", "--out", "found.json", "--", sys.executable, "serve.py"]
VARIABLES = {**os.environ, "PYTHONPATH": str(PROJECT)}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_server_is_stopped_and_still_read(tmp_path: Path, served: str, number: signal.Signals) -> None:
    background = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"]  # as shells start what runs in the background
    costmod = subprocess.Popen(
        [*background, *SERVE], cwd=tmp_path, env=VARIABLES, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True, start_new_session=True,
    )  # fmt: skip
    try:
        assert [_get(served), _get(served)] == [200, 200]
        costmod.send_signal(number)
        output, _ = costmod.communicate(timeout=60)
    finally:
        costmod.kill()
    assert (costmod.returncode, output.splitlines()[-1][:18]) == (0, "found.json written")
    _is_found(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="a session leader gets its terminal otherwise elsewhere")
def test_ctrl_c_of_a_terminal_reaches_the_server_once(tmp_path: Path, served: str) -> None:
    ours, theirs = os.openpty()
    line = f"exec 0<>{os.ttyname(theirs)} 1>&0 2>&0; exec {shlex.join(SERVE)}"
    costmod = subprocess.Popen(["sh", "-c", line], cwd=tmp_path, env=VARIABLES, start_new_session=True)
    try:
        assert [_get(served), _get(served)] == [200, 200]
        os.write(ours, b"\x03")
        assert costmod.wait(60) == 0
    finally:
        costmod.kill()
        os.close(theirs)
        os.close(ours)
    _is_found(tmp_path)


STAY = """
import signal, time
from sqlalchemy import create_engine, text
signal.signal(signal.SIGTERM, lambda *_: print("no", flush=True))
with create_engine("sqlite://").connect() as connection:
    connection.execute(text("SELECT 1"))
print("up", flush=True)
while True:
    time.sleep(1)
"""


def test_the_second_signal_kills_what_does_not_stop(tmp_path: Path) -> None:
    (tmp_path / "stay.py").write_text(STAY)
    costmod = subprocess.Popen(
        [*SERVE[:-1], "stay.py"], cwd=tmp_path, env=VARIABLES, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    )  # fmt: skip
    assert costmod.stdout
    try:
        assert costmod.stdout.readline() == "up\n"
        costmod.send_signal(signal.SIGTERM)
        assert costmod.stdout.readline() == "no\n"
        costmod.send_signal(signal.SIGTERM)
        assert costmod.wait(60) == 2  # killed: what was not yet written is lost, and here that is all
    finally:
        costmod.kill()


def _is_found(folder: Path) -> None:
    (found,) = json.loads((folder / "found.json").read_text())["hotspots"]  # and not the start of the server
    assert (found["entry"]["method"], found["metrics"]["requests_in_window"]) == ("GET", 2)
    assert [(at["file"], at["line"]) for at in found["locations"]] == [("shop.py", 29)]


def _get(url: str) -> int:
    for _ in range(300):
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return int(answer.status)
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")


def test_the_document_is_what_fix_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blog = blog_repository(tmp_path)
    monkeypatch.chdir(blog)
    assert _main(["record", "--", sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]) == 0
    assert _main(["fix", "--hotspots", "costmod-hotspots.json", "--write"]) == 0
    edits = [line.strip() for line in diff(blog).splitlines() if "load(" in line]
    assert edits == [
        "+    posts = session.scalars(select(Post).options(joinedload(Post.author)).order_by(Post.id).limit(50)).all()",
        "+    posts = session.scalars(select(Post).options(selectinload(Post.author)).limit(50)).all()",
        "+        .options(joinedload(Post.author))",
        "+    posts = db.session.query(Post).options(selectinload(Post.author)).limit(50).all()",
    ]
    assert _main(["record", "--", sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]) == 0
    assert json.loads((blog / "costmod-hotspots.json").read_text())["hotspots"] == []
