"""Where the token goes while plans are published: into the environment of git's calls to the forge and nowhere else."""

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from rig import sample
from rig.blog import OTEL, blog_repository
from rig.fake_github import TOKEN, FakeGithub

from bot.cli import _main
from bot.publish import git
from bot.publish.forge import Remote

BASIC = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
SECRETS = (TOKEN, BASIC, base64.b64encode(TOKEN.encode()).decode().rstrip("="))
# Notes its words, its environment and the configuration of its repository, then does what it was asked to.
WRAPPER = """#!/bin/sh
n=$(mktemp {notes}/XXXXXXXX)
printf '%s\\n' "$@" >"$n.words"
env >"$n.environment"
[ -n "$GIT_DIR" ] && cat "$GIT_DIR/config" >"$n.config" 2>/dev/null
exec {git} "$@"
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return blog_repository(tmp_path)


@pytest.fixture
def plan(tmp_path: Path, repository: Path, github: FakeGithub) -> list[str]:
    """The words of `publish` for a plan that was proven."""
    sample.run(repository, "remote", "add", "origin", f"{github.url}/acme/blog.git")
    (repository / "costmod.toml").write_text("[publish]\nlabels = []\n")  # a second per write is waited
    plan, proof = tmp_path / "plan", tmp_path / "proof"
    assert _main(["plan", str(repository), f"--hotspots={OTEL}", "--out", str(plan)]) == 0
    report = json.loads((plan / "costmod-plan.json").read_text())
    proven = next(result for result in report["results"] if result.get("patch"))
    proven["proof"] = {"verdict": "proven", "reason": "r", "commit": report["commit"]}
    proof.mkdir()
    (proof / "costmod-plan.json").write_text(json.dumps(report))
    return ["publish", str(proof), "--repo", str(repository), "--plan", str(plan), "--forge", "github", "--report"]


def test_token_reaches_gits_own_calls_to_the_forge_alone(tmp_path: Path, github: FakeGithub, plan: list[str]) -> None:
    notes, programs = tmp_path / "notes", tmp_path / "bin"
    notes.mkdir()
    programs.mkdir()
    (programs / "git").write_text(WRAPPER.format(notes=notes, git=shutil.which("git")))
    (programs / "git").chmod(0o755)
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "GITHUB_API_URL": github.url}
    environment |= {"COSTMOD_TOKEN": TOKEN, "GITHUB_TOKEN": TOKEN, "COSTMOD_DEBUG": "1", "GIT_TRACE_CURL": "1"}
    command = [sys.executable, "-m", "bot.cli", *plan, str(tmp_path / "report.json")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert len(github.state.pulls) == 1

    assert holding(done.stdout, done.stderr) == []
    written = [path for path in tmp_path.rglob("*") if path.is_file() and notes not in path.parents]
    assert holding(*(path.read_bytes().decode(errors="replace") for path in written)) == []
    words = {note.stem: note.read_text() for note in notes.glob("*.words")}
    assert holding(*words.values(), *(note.read_text() for note in notes.glob("*.config"))) == []
    for note in notes.glob("*.environment"):
        seen = dict(line.partition("=")[::2] for line in note.read_text().splitlines())
        with_secret = [name for name, value in seen.items() if holding(value)]
        if f"{github.url}/acme/blog.git" not in words[note.stem].splitlines():
            assert (words[note.stem], with_secret) == (words[note.stem], [])
            continue
        (name,) = with_secret
        header, value = seen[name.replace("VALUE", "KEY")], seen[name]
        assert (header, value) == (f"http.{github.url}/.extraHeader", f"Authorization: Basic {BASIC}")
    assert any(text.startswith("push\n") for text in words.values())


def holding(*texts: str) -> list[str]:
    return [text for text in texts if any(secret in text for secret in SECRETS)]


class Elsewhere(BaseHTTPRequestHandler):
    """Sends every request to another server, or is that server."""

    def do_GET(self) -> None:
        server: Any = self.server
        server.seen.append(self.headers.get("Authorization"))
        self.send_response(302 if server.target else 404)
        self.send_header("Location", f"{server.target}{self.path}")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def servers() -> Iterator[list[Any]]:
    """One that redirects to the second; `seen` holds the Authorization header of each request."""
    made: list[Any] = [ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) for _ in range(2)]
    for server, target in zip(made, (f"http://127.0.0.1:{made[1].server_port}", ""), strict=True):
        server.target, server.seen = target, []
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield made
    for server in made:
        server.shutdown()
        server.server_close()


def test_git_follows_nobody_to_another_host(tmp_path: Path, servers: list[Any]) -> None:
    git.create_bare(tmp_path / "copy.git")
    remote = Remote(url=f"http://127.0.0.1:{servers[0].server_port}/acme/blog.git", token=TOKEN)
    with pytest.raises(git.GitFailed):
        git.Repository(tmp_path / "copy.git").head(remote, "main")
    assert (servers[0].seen, servers[1].seen) == ([f"Basic {BASIC}"], [])


def test_errors_of_git_are_told_without_the_token() -> None:
    remote = Remote(url="https://example.com/a/b.git", token=TOKEN)
    said = f"fatal: header 'Authorization: Basic {BASIC}'\n  of https://x-access-token:{TOKEN}@example.com refused"
    shown = "fatal: header 'Authorization: Basic ***' of https://x-access-token:***@example.com refused"
    assert (git._redacted(said, remote), TOKEN in repr(remote)) == (shown, False)
