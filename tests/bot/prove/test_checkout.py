import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from prove_apps import commit_all, git, make_repository

from bot.errors import UserError
from bot.prove.checkout import checkout, current_branch, head_commit, require_clean

FILES = {"app.py": "x = 1\n", "service/main.py": "y = 2\n"}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "shop", FILES)


def names(tree: Path) -> dict[str, str]:
    return {str(p.relative_to(tree)): p.read_text() for p in tree.rglob("*.py")}


def everything(directory: Path) -> dict[str, bytes]:
    return {str(p.relative_to(directory)): p.read_bytes() for p in sorted(directory.rglob("*")) if p.is_file()}


def test_the_tree_is_the_commit_and_not_the_edits(repository: Path) -> None:
    (repository / "app.py").write_text("x = 3\n")
    (repository / "new.py").write_text("")
    with checkout(repository) as tree:
        assert names(tree.path) == FILES
        assert tree.commit == git(repository, "rev-parse", "HEAD").strip() == head_commit(repository)
        assert tree.path.name == "shop"


def test_the_commit_time_is_utc(repository: Path) -> None:
    env = {**os.environ, "GIT_COMMITTER_DATE": "2024-05-06T01:02:03+02:00"}
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run(["git", *identity, "commit", "-q", "--allow-empty", "-m", "x"], cwd=repository, env=env, check=True)
    with checkout(repository) as tree:
        assert tree.committed_at == "2024-05-05T23:02:03Z"


def test_a_revision_can_be_named(repository: Path) -> None:
    first = head_commit(repository)
    (repository / "app.py").write_text("x = 9\n")
    commit_all(repository)
    with checkout(repository, first) as tree:
        assert (tree.commit, names(tree.path)) == (first, FILES)


def test_a_subdirectory_is_its_own_root(repository: Path) -> None:
    with checkout(repository / "service") as tree:
        assert names(tree.path) == {"main.py": "y = 2\n"}


def test_the_users_repository_is_not_touched(repository: Path) -> None:
    before = everything(repository)
    with checkout(repository) as tree:
        (tree.path / "app.py").write_text("changed")
    assert everything(repository) == before


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_nothing_is_left_after_an_error(repository: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), checkout(repository) as tree:
        locked = tree.path / "locked"
        locked.mkdir()
        (locked / "file").touch()
        locked.chmod(0o500)
        raise error
    assert not tree.path.parent.parent.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminate"])
def test_a_signal_leaves_nothing_behind(repository: Path, tmp_path: Path, number: signal.Signals) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom bot.prove.checkout import checkout\n"
        "with checkout(Path(sys.argv[1])):\n    print('ready', flush=True)\n    time.sleep(60)\n"
    )
    command = [sys.executable, "-c", script, str(repository)]
    env = {**os.environ, "TMPDIR": str(scratch)}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        assert len(list(scratch.iterdir())) == 1
        child.send_signal(number)
        child.wait(20)
    assert child.returncode in (-number, 128 + number)
    assert list(scratch.iterdir()) == []
    assert git(repository, "worktree", "list").count("\n") == 1


def plant(repository: Path, marker: Path) -> None:
    """Everything in a repository that git would execute."""
    script = f"#!/bin/sh\ntouch {marker}\ncat\n"
    tool = repository / ".git" / "tool"
    tool.write_text(script)
    tool.chmod(0o755)
    for hook in ("post-checkout", "post-index-change", "reference-transaction", "pre-commit"):
        (repository / ".git" / "hooks").mkdir(exist_ok=True)
        (repository / ".git" / "hooks" / hook).write_text(script)
        (repository / ".git" / "hooks" / hook).chmod(0o755)
    for key in ("core.fsmonitor", "filter.evil.clean", "filter.evil.smudge", "diff.external", "gpg.program"):
        git(repository, "config", key, str(tool))
    git(repository, "config", "log.showSignature", "true")
    git(repository, "config", "filter.evil.required", "true")


def test_nothing_in_the_repository_is_executed(repository: Path, tmp_path: Path) -> None:
    (repository / ".gitattributes").write_text("*.py filter=evil diff=evil\n")
    commit_all(repository)
    marker = tmp_path / "executed"
    plant(repository, marker)
    os.utime(repository / "app.py", (time.time() + 5, time.time() + 5))
    with checkout(repository) as tree:
        assert names(tree.path) == FILES
    require_clean(repository)
    head_commit(repository)
    assert not marker.exists()
    git(repository, "status")
    assert marker.exists()  # the traps are real: git as users call it springs them


def bare(path: Path) -> Path:
    git(path, "init", "-q", "--bare")
    return path


def empty(path: Path) -> Path:
    git(path, "init", "-q")
    return path


def missing(path: Path) -> Path:
    return path / "nowhere"


def plain(path: Path) -> Path:
    return path


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (plain, "{}: not a git repository; run `git init` and commit, or name another."),
        (empty, "{}: no commit yet; commit the code first."),
        (missing, "{}: no such directory; name the repository to work on."),
    ],
    ids=["no repository", "no commit", "no directory"],
)
def test_wrong_repositories(tmp_path: Path, prepare, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = prepare(tmp_path)
    with pytest.raises(UserError) as caught, checkout(path):
        pass
    assert str(caught.value) == message.format(path)


def test_a_bare_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError), checkout(bare(tmp_path)):
        pass


@pytest.mark.parametrize("revision", ["no-such", "--output=/tmp/x", "-h"])
def test_wrong_revisions(repository: Path, revision: str) -> None:
    with pytest.raises(UserError) as caught, checkout(repository, revision):
        pass
    assert str(caught.value) == f"{repository}: no commit {revision!r}; name a branch, tag or commit id."


def test_an_untracked_directory_is_refused(repository: Path) -> None:
    (repository / "later").mkdir()
    with pytest.raises(UserError) as caught, checkout(repository / "later"):
        pass
    commit = head_commit(repository)[:12]
    assert str(caught.value) == (f"{repository / 'later'}: not part of commit {commit}; commit the directory first.")


def test_git_missing(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(UserError) as caught:
        head_commit(repository)
    assert str(caught.value) == "git was not found on PATH; install git."


def test_no_room_for_temporary_files(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/proc/nowhere")
    with pytest.raises(UserError), checkout(repository):
        pass


def edited(repository: Path) -> None:
    (repository / "service/main.py").write_text("y = 3\n")


def staged(repository: Path) -> None:
    edited(repository)
    git(repository, "add", "-A")


def deleted(repository: Path) -> None:
    (repository / "service/main.py").unlink()


@pytest.mark.parametrize("change", [edited, staged, deleted])
def test_changes_are_named(repository: Path, change) -> None:
    change(repository)
    with pytest.raises(UserError) as caught:
        require_clean(repository)
    assert str(caught.value) == (f"{repository}: service/main.py has uncommitted changes; commit or stash them first.")


def untracked(repository: Path) -> None:
    (repository / "hotspots.json").write_text("{}")


def touched(repository: Path) -> None:
    os.utime(repository / "app.py", (1, 1))


def nothing(repository: Path) -> None:
    pass


@pytest.mark.parametrize("change", [nothing, untracked, touched])
def test_clean_repositories(repository: Path, change) -> None:
    change(repository)
    assert require_clean(repository) is None


def test_the_branch_is_named(repository: Path) -> None:
    assert current_branch(repository) == "main"


def test_a_detached_head_has_no_branch(repository: Path) -> None:
    git(repository, "checkout", "-q", "--detach")
    with pytest.raises(UserError) as caught:
        current_branch(repository)
    assert str(caught.value) == f"{repository}: no branch is checked out; set `base` in [tool.costmod.publish]."
