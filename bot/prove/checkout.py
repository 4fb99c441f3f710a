"""A throw-away work tree of one commit, made from a private repository so that the user's own is never touched."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bot.errors import UserError
from bot.prove.git_command import run_git


class Checkout(msgspec.Struct, frozen=True):
    """One commit on disk."""

    path: Path  # the repository's directory in the work tree: the top level, or the named sub-directory
    commit: str
    committed_at: str  # RFC 3339, UTC


@contextmanager
def checkout(repository: Path, revision: str = "HEAD") -> Iterator[Checkout]:
    """`revision` of `repository` in a temporary directory that is removed on every way out.

    The private repository borrows the objects of the user's and nothing else: no hook, no configuration, no filter.

    Raises:
        UserError: no git repository, no such commit, git missing, no room for temporary files.
    """
    from bot.prove.scratch import scratch_directory  # it loads what most commands have no use for

    repository = repository.resolve()
    commit = _commit(repository, revision)
    top, prefix, objects, common, object_format = _layout(repository)
    with scratch_directory() as scratch:
        clone, tree = scratch / "clone.git", scratch / "tree" / top.name
        run_git(
            "init",
            "--quiet",
            "--bare",
            "--template=",
            f"--object-format={object_format}",
            str(clone),
            directory=scratch,
        )
        (clone / "objects" / "info" / "alternates").write_text(f"{objects}\n", encoding="utf-8")
        if (common / "shallow").is_file():
            (clone / "shallow").write_bytes((common / "shallow").read_bytes())
        try:
            run_git(
                f"--git-dir={clone}", "worktree", "add", "--quiet", "--detach", str(tree), commit, directory=scratch
            )
        except subprocess.CalledProcessError as error:
            # git gives the reason for some files only; nothing but a full disk stops it in a directory of our own.
            if any(words in str(error.stderr) for words in ("No space left", "unable to write file")):
                raise UserError(f"{scratch}: no space left; free some, or set TMPDIR to a larger disk.") from error
            raise UserError(
                f"{repository}: commit {commit[:12]} cannot be checked out ({_first_line(error)}); run `git fsck`."
            ) from error
        seconds = run_git(f"--git-dir={clone}", "log", "-1", "--format=%ct", commit, "--", directory=scratch)
        path = tree / prefix
        if not path.is_dir():
            raise UserError(f"{repository}: not part of commit {commit[:12]}; commit the directory first.")
        yield Checkout(path, commit, datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def head_commit(repository: Path) -> str:
    """The commit id that HEAD names.

    Raises:
        UserError: no git repository, or no commit yet.
    """
    return _commit(repository.resolve(), "HEAD")


def current_branch(repository: Path) -> str:
    """The name of the checked-out branch.

    Raises:
        UserError: no git repository, or a commit is checked out without a branch.
    """
    repository = repository.resolve()
    _commit(repository, "HEAD")
    try:
        return run_git("symbolic-ref", "--quiet", "--short", "HEAD", directory=repository).strip()
    except subprocess.CalledProcessError as error:
        raise UserError(f"{repository}: no branch is checked out; set `base` in [tool.costmod.publish].") from error


def path_from_top(repository: Path) -> str:
    """Where the directory is in its repository: "" at the top, else with a final slash, "services/shop/".

    Raises:
        UserError: no git repository, or no commit yet.
    """
    repository = repository.resolve()
    _commit(repository, "HEAD")
    return run_git("rev-parse", "--show-prefix", directory=repository).rstrip("\n")


def require_clean(repository: Path) -> None:
    """Refuse a repository whose tracked files differ from HEAD; untracked files are left alone and do not count.

    Raises:
        UserError: names the first file that differs.
    """
    repository = repository.resolve()
    _commit(repository, "HEAD")
    status = ["status", "--porcelain=v1", "-z", "--untracked-files=no", "--no-renames", "--ignore-submodules=dirty"]
    changed = run_git(*_filters_off(repository), *status, "--", ".", directory=repository).split("\0")
    names = sorted(entry[3:] for entry in changed if entry)
    if names:
        raise UserError(f"{repository}: {names[0]} has uncommitted changes; commit or stash them first.")


def _filters_off(repository: Path) -> list[str]:
    """Options that keep `git status` from running clean filters named in the repository's own configuration."""
    try:
        keys = run_git("config", "--null", "--name-only", "--get-regexp", r"^filter\..*", directory=repository)
    except subprocess.CalledProcessError:  # exit status 1: no such key
        return []
    drivers = sorted({key.rpartition(".")[0] for key in keys.split("\0") if key})
    values = ("clean=", "smudge=", "process=", "required=false")
    return [option for driver in drivers for value in values for option in ("-c", f"{driver}.{value}")]


def _commit(repository: Path, revision: str) -> str:
    name = f"{revision}^{{commit}}"
    try:
        return run_git("rev-parse", "--verify", "--quiet", "--end-of-options", name, directory=repository).strip()
    except subprocess.CalledProcessError as error:
        _require_repository(repository)
        if revision == "HEAD":
            raise UserError(f"{repository}: no commit yet; commit the code first.") from error
        raise UserError(f"{repository}: no commit {revision!r}; name a branch, tag or commit id.") from error


def _require_repository(repository: Path) -> None:
    try:
        run_git("rev-parse", "--is-inside-work-tree", directory=repository)
    except subprocess.CalledProcessError as error:
        if "dubious ownership" in error.stderr:
            raise UserError(f"{repository}: its git repository belongs to another user; run as that user.") from error
        raise UserError(f"{repository}: not a git repository; run `git init` and commit, or name another.") from error


def _layout(repository: Path) -> tuple[Path, str, Path, Path, str]:
    """Top level, prefix below it, object directory, common git directory, object format."""
    try:
        top = run_git("rev-parse", "--show-toplevel", directory=repository).rstrip("\n")
    except subprocess.CalledProcessError as error:
        raise UserError(f"{repository}: a bare repository has no files to test; name a work tree.") from error
    prefix = run_git("rev-parse", "--show-prefix", directory=repository).rstrip("\n")
    objects = run_git("rev-parse", "--git-path", "objects", directory=repository).rstrip("\n")
    common = run_git("rev-parse", "--git-common-dir", directory=repository).rstrip("\n")
    object_format = run_git("rev-parse", "--show-object-format", directory=repository).strip()
    return Path(top), prefix, (repository / objects).resolve(), (repository / common).resolve(), object_format


def _first_line(error: subprocess.CalledProcessError) -> str:
    lines = [line for line in str(error.stderr).splitlines() if line.strip()]
    return lines[-1].removeprefix("fatal: ") if lines else f"exit status {error.returncode}"
