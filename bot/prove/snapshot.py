"""The files of a work tree, kept aside so that each test run starts from the same ones."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import UserError
from bot.records import Change


@contextmanager
def brought_files(tree: Path, repository: Path, names: tuple[str, ...]) -> Iterator[None]:
    """Copies of untracked files of the repository, in the tree as long as this lasts; a file of the commit stays.

    Raises:
        UserError: no such file, or none that lies in the repository.
    """
    wanted = []
    for name in names:
        source = (repository / name).resolve()
        if not source.is_relative_to(repository.resolve()) or ".git" in source.parts or not source.is_file():
            raise UserError(f"test-files: {name!r} is no file of the repository; correct the setting.")
        if not (tree / name).exists():
            wanted.append((source, tree / name))
    try:
        for source, place in wanted:
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, place)
        yield
    finally:
        for _, place in wanted:
            place.unlink(missing_ok=True)


def take_snapshot(tree: Path, kept: Path) -> None:
    """Copy the tree, git's own link file excepted; links stay links."""
    shutil.copytree(tree, kept, symlinks=True, ignore=shutil.ignore_patterns(".git"))


def restore_snapshot(tree: Path, kept: Path) -> None:
    """Make the tree what it was: whatever the tests wrote goes, whatever they changed comes back.

    Raises:
        UserError: the tests put a link in the place of the tree or of a directory above it.
    """
    if tree.is_symlink():
        tree.unlink()
    tree.mkdir(parents=True, exist_ok=True)
    if tree.resolve() != tree:  # what is removed below would be someone else's
        raise UserError(f"The tests replaced their own work tree by a link to {tree.resolve()}; nothing was removed.")
    tree.chmod(0o700)
    for entry in list(tree.iterdir()):
        if entry.name == ".git":
            continue
        if entry.is_dir() and not entry.is_symlink():
            _make_writable(entry)
            shutil.rmtree(entry)
        else:
            entry.unlink()
    shutil.copytree(kept, tree, symlinks=True, dirs_exist_ok=True)


def write_changes(tree: Path, changes: tuple[Change, ...]) -> None:
    """Write the patched files; `check_changes` says whether they fit."""
    check_changes(tree, changes)
    for change in changes:
        (tree / change.path).write_bytes(change.after.encode("utf-8"))


def check_changes(tree: Path, changes: tuple[Change, ...]) -> None:
    """Refuse changes that were made for other files than these.

    Raises:
        UserError: a path that leaves the tree, or a file that is not what the patch was made for.
    """
    for change in changes:
        path = tree / change.path
        if not path.resolve().is_relative_to(tree.resolve()) or path.is_symlink():
            raise UserError(f"{change.path}: outside of the repository; a patch stays inside.")
        try:
            content = path.read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(
                f"{change.path}: not readable in the commit under test; commit it as UTF-8 text."
            ) from error
        if content != change.before:
            raise UserError(f"{change.path}: differs from the commit under test; commit or stash the changes first.")


def _make_writable(directory: Path) -> None:
    directory.chmod(0o700)
    for entry in directory.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            _make_writable(entry)
