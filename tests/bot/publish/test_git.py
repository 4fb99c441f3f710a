"""Git without a work tree, in repositories that an attacker prepared."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rig import sample

from bot.errors import UserError
from bot.publish import git
from bot.publish.choose import forge_for
from bot.publish.forge import Remote

HOOKS = (
    "pre-push", "post-checkout", "post-index-change", "reference-transaction", "pre-receive", "post-receive", "update",
    "post-update", "pre-commit", "commit-msg", "prepare-commit-msg", "post-commit", "pre-auto-gc",
)  # fmt: skip
FILES = {sample.PATH: sample.AFTER.encode()}


def executable(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(0o755)
    return path


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def remote(tmp_path: Path, repository: Path, commit: str) -> Remote:
    bare = tmp_path / "remote.git"
    git.create_bare(bare)
    with git.private_copy(repository, commit) as copy:
        copy.push(Remote(url=str(bare)), commit, "main", lease="")
    return Remote(url=str(bare))


def test_same_inputs_give_the_same_commit(repository: Path, commit: str) -> None:
    heads = []
    for _ in range(2):
        with git.private_copy(repository, commit) as copy:
            heads.append(copy.commit_on(commit, FILES, "perf: load authors\n"))
    assert heads[0] == heads[1]


def test_commit_is_one_bot_commit_with_the_dates_of_its_parent(repository: Path, commit: str) -> None:
    with git.private_copy(repository, commit) as copy:
        head = copy.commit_on(commit, FILES, "perf: load authors\n\nCostmod-Fingerprint: f\n")
        shown = copy._run("show", "--no-patch", "--format=%an <%ae>|%cn <%ce>|%ad|%cd|%P|%B", "--date=raw", head)
        date = sample.run(repository, "show", "--no-patch", "--format=%cd", "--date=raw")
        bot = "costmod-bot <costmod-bot@costmod.invalid>"
        expected = f"{bot}|{bot}|{date}|{date}|{commit}|perf: load authors\n\nCostmod-Fingerprint: f\n\n"
        assert (shown, copy.is_bot_commit(head, "Costmod-Fingerprint: f")) == (expected, True)


@pytest.mark.parametrize(
    "amend",
    [
        pytest.param(["--author=costmod-bot <costmod-bot@costmod.invalid>"], id="author-only"),
        pytest.param(["--allow-empty", "--message=Costmod-Fingerprint: f"], id="message-only"),
    ],
)
def test_commit_of_a_human_is_not_taken_for_the_bots(repository: Path, commit: str, amend: list[str]) -> None:
    sample.run(repository, "commit", "--quiet", "--allow-empty", "--message=Costmod-Fingerprint: f")
    sample.run(repository, "commit", "--quiet", "--amend", "--no-edit", "--allow-empty", *amend)
    head = sample.run(repository, "rev-parse", "HEAD")
    with git.private_copy(repository, head) as copy:
        assert [copy.is_bot_commit(name, "Costmod-Fingerprint: f") for name in (head, commit, "0" * 40)] == [False] * 3


def test_file_modes_are_kept(repository: Path) -> None:
    script = repository / sample.PATH
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    commit = sample.commit_all(repository, "chore: make it a script")
    with git.private_copy(repository, commit) as copy:
        head = copy.commit_on(commit, FILES | {"blog/new.py": b"x = 1\n"}, "perf: x\n")
        listed = copy._run("ls-tree", "-r", "--format=%(objectmode) %(path)", head).splitlines()
    assert listed == ["100644 README.md", "100644 blog/new.py", "100755 blog/views.py"]


def test_link_is_refused(repository: Path) -> None:
    (repository / "link.py").symlink_to("/etc/passwd")
    commit = sample.commit_all(repository, "chore: link")
    with git.private_copy(repository, commit) as copy, pytest.raises(UserError) as raised:
        copy.file_at(commit, "link.py")
    assert str(raised.value) == f"link.py: is no regular file in {commit[:12]}; costmod edits regular files only."


def test_nothing_of_a_hostile_repository_runs_and_nothing_in_it_changes(
    tmp_path: Path, repository: Path, commit: str, remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = executable(tmp_path / "evil", f"#!/bin/sh\ntouch {tmp_path}/ran\ncat\n")
    for hook in HOOKS:
        executable(repository / ".git" / "hooks" / hook, f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    for key in (
        "core.fsmonitor", "core.sshCommand", "core.pager", "diff.external", "diff.evil.textconv", "filter.evil.clean",
        "filter.evil.smudge", "gpg.program", "credential.helper", "uploadpack.packObjectsHook", "core.editor",
    ):  # fmt: skip
        sample.run(repository, "config", key, str(evil))
    sample.run(repository, "config", "commit.gpgSign", "true")
    sample.run(repository, "config", f"url.ext::{evil} .insteadOf", remote.url)
    sample.write(repository / ".git", "info/attributes", "*.py filter=evil diff=evil\n")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_EXTERNAL_DIFF", "GIT_SSH_COMMAND", "GIT_ASKPASS"):
        monkeypatch.setenv(name, str(evil))
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", f"'core.fsmonitor={evil}'")
    before = snapshot(repository)
    with git.private_copy(repository, commit) as copy:
        head = copy.commit_on(commit, FILES, "perf: x\n")
        assert copy.push(remote, head, "costmod/a/b", lease="") is True
        assert copy.heads(remote, "costmod/a/b", "nowhere") == {"costmod/a/b": head}
    with git.private_copy(repository, commit) as copy:
        copy.bring(remote, "costmod/a/b", head)
        assert copy.is_bot_commit(head, "perf: x")
        assert git.difference(Path(remote.url), "main", "costmod/a/b") != ""
    assert git.origin_url(repository) is None
    assert snapshot(repository) == before
    assert not (tmp_path / "ran").exists()
    monkeypatch.undo()
    sample.run(repository, "status")
    assert (tmp_path / "ran").exists(), "the traps must work, or this test proves nothing"


def test_lease(repository: Path, commit: str, remote: Remote) -> None:
    with git.private_copy(repository, commit) as copy:
        first, second = (copy.commit_on(commit, FILES, f"perf: {word}\n") for word in ("one", "two"))
        pushed = [
            copy.push(remote, first, "costmod/a/b", lease=""),  # must not exist: fine
            copy.push(remote, second, "costmod/a/b", lease=""),  # exists now
            copy.push(remote, second, "costmod/a/b", lease=commit),  # is somewhere else
            copy.push(remote, second, "costmod/a/b", lease=first),
            copy.delete(remote, "costmod/a/b", lease=first),
        ]
        assert (pushed, copy.head(remote, "costmod/a/b")) == ([True, False, False, True, False], second)
        assert copy.delete(remote, "costmod/a/b", lease=second) is True
        assert copy.head(remote, "costmod/a/b") is None


@pytest.mark.parametrize(
    "url",
    ["ext::sh -c touch% /tmp/x", "http://example.com/a/b.git", "ssh://git@example.com/a/b.git", "git://example.com/a.git",
     "file:///tmp/x.git", "-oProxyCommand=x", "fd::17"],
)  # fmt: skip
def test_other_transports_are_refused(repository: Path, commit: str, url: str) -> None:
    with git.private_copy(repository, commit) as copy, pytest.raises(UserError) as raised:
        copy.head(Remote(url=url), "main")
    assert str(raised.value) == f"{url}: git may not push there; use an https:// URL."


@given(
    st.text(max_size=12) | st.sampled_from(["-x", "a..b", "a//b", "a.lock", "a@{1}", "a b", "a/", "@", "refs/*", "a\n"])
)
def test_branch_names(name: str) -> None:
    try:
        checked = git._checked_ref(name)
    except UserError:
        return
    assert checked == name
    assert git.run("check-ref-format", "--branch", name).decode().strip() == name


@pytest.mark.parametrize("name", ["main", "release/1.x", "costmod/a-b/0123456789ab", "feature/JIRA-1_x+y"])
def test_ordinary_branch_names_are_allowed(name: str) -> None:
    assert git._checked_ref(name) == name


@pytest.mark.parametrize(
    "name", ["", "-x", "a..b", "/a", "a/", "a b", "a\nb", "a.lock", "a.lock/b", "a@{1}", "a:b", "+a:b"]
)
def test_hostile_branch_names_are_refused(name: str) -> None:
    with pytest.raises(UserError):
        git._checked_ref(name)


def test_unreadable_repository_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError) as raised, git.private_copy(tmp_path, "a" * 40):
        pass
    assert str(raised.value).startswith(f"{tmp_path}: is no git repository that can be read (")


def test_unknown_commit_is_one_sentence(repository: Path) -> None:
    with pytest.raises(UserError) as raised, git.private_copy(repository, "a" * 40):
        pass
    assert str(raised.value).startswith(f"{repository}: commit aaaaaaaaaaaa cannot be read (")


@pytest.mark.parametrize("name", ["", "HEAD", "--upload-pack=x", "a" * 39, "a" * 41, "A" * 40, f"{'a' * 40}\n"])
def test_what_is_no_commit_id_is_refused(name: str) -> None:
    with pytest.raises(UserError):
        git._checked_id(name)


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_an_interrupted_git_holds_up_nothing(tmp_path: Path, silent: socket.socket) -> None:
    git.create_bare(tmp_path / "copy.git")
    url = f"http://127.0.0.1:{silent.getsockname()[1]}/acme/blog.git"
    script = (
        "import signal, sys\nfrom pathlib import Path\nfrom bot.publish import git\n"
        "from bot.publish.forge import Remote\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(143))\n"
        f"git.Repository(Path({str(tmp_path / 'copy.git')!r})).head(Remote(url={url!r}), 'main')\n"
    )
    with subprocess.Popen([sys.executable, "-c", script]) as child:
        connection, _ = silent.accept()
        with connection:
            child.send_signal(signal.SIGTERM)
            assert child.wait(20) == 143
            while connection.recv(4096):  # ends when git has ended too
                pass


def test_a_git_that_does_not_end_is_ended(
    tmp_path: Path, silent: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    git.create_bare(tmp_path / "copy.git")
    monkeypatch.setattr(git, "_TIMEOUT_SECONDS", 0.3)
    remote = Remote(url=f"http://127.0.0.1:{silent.getsockname()[1]}/acme/blog.git")
    with pytest.raises(git.GitFailed) as raised:
        git.Repository(tmp_path / "copy.git").head(remote, "main")
    assert str(raised.value) == "git ls-remote did not end within 0.3 s"


def test_child_environment_is_built_from_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    shown = git.run("-c", "alias.env=!env", "env").decode()
    names = {line.split("=")[0] for line in shown.splitlines() if "=" in line}
    assert "canary" not in shown
    assert {name for name in names if not name.startswith("GIT_")} <= git._INHERITED | {
        "HOME", "LANG", "LANGUAGE", "LC_ALL", "PWD", "SHLVL", "_", "OLDPWD",
    }  # fmt: skip
    assert os.environ["AWS_SECRET_ACCESS_KEY"] == "canary"


def test_sha256_repository_is_refused_at_once(tmp_path: Path) -> None:
    sample.run(tmp_path, "init", "--quiet", "--object-format=sha256")
    with pytest.raises(UserError) as raised:
        forge_for("local", tmp_path, folder=tmp_path / "forge")
    assert str(raised.value) == f"{tmp_path}: has sha256 object ids; costmod publishes sha1 only."


def test_full_disk_is_said(repository: Path, tmp_path: Path) -> None:
    (repository / "noise.bin").write_bytes(os.urandom(2 << 20))
    commit = sample.commit_all(repository, "chore: noise")
    (tmp_path / "small").mkdir()
    script = (
        "from pathlib import Path\nfrom bot.errors import UserError\nfrom bot.prove.checkout import checkout\n"
        f"from bot.publish import git\nfolder, commit = Path({str(repository)!r}), {commit!r}\n"
        "for way in (lambda: checkout(folder), lambda: git.private_copy(folder, commit)):\n"
        "    try:\n        with way():\n            pass\n"
        "    except UserError as error:\n        print(str(error).partition(': ')[2])\n"
    )
    mounted = f"mount -t tmpfs -o size=1m tmpfs {tmp_path}/small"
    unshare = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    if not shutil.which("unshare") or subprocess.run([*unshare, mounted], check=False, capture_output=True).returncode:
        pytest.skip("this machine does not let us mount a small disk")
    shown = subprocess.run(
        [*unshare, f'{mounted} && TMPDIR={tmp_path}/small exec "$@"', "sh", sys.executable, "-c", script],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert shown == "no space left; free some, or set TMPDIR to a larger disk.\n" * 2
