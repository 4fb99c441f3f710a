"""Write changes into a work tree: all of them or none, each file replaced in one step."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from bot.errors import UserError
from bot.records import Change, Patch


def apply(root: Path, changes: Iterable[Change]) -> None:
    """Replace each file by its new text, mode kept.

    Raises:
        UserError: a file changed since it was read, or cannot be written; nothing has been changed then. Should the
            system refuse to put a written file in place, those before it are in place already.
    """
    staged: list[tuple[Path, Path]] = []
    try:
        for change in changes:
            _stage(root / change.path, change, staged)
        for temporary, target in staged:
            _put_in_place(temporary, target)
    finally:
        for temporary, _ in staged:
            temporary.unlink(missing_ok=True)


def combined(patches: Iterable[Patch]) -> list[Change]:
    """One change per file from patches that stand on each other: the first text before, the last text after."""
    files: dict[str, Change] = {}
    for change in (change for patch in patches for change in patch.changes):
        first = files.get(change.path, change)
        files[change.path] = Change(path=change.path, before=first.before, after=change.after)
    return list(files.values())


def _put_in_place(temporary: Path, target: Path) -> None:
    try:
        temporary.replace(target)
    except OSError as error:
        raise UserError(
            f"{target}: cannot be replaced ({error.strerror}); `git diff` shows the files that were edited before it."
        ) from error


def _stage(target: Path, change: Change, staged: list[tuple[Path, Path]]) -> None:
    try:
        if target.is_symlink() or target.read_bytes() != change.before.encode():
            raise UserError(f"{target}: the file changed while costmod was planning; run the command again.")
        if not os.access(target, os.W_OK):
            raise UserError(f"{target}: no permission to write the file; make it writable or run without --write.")
        handle, name = tempfile.mkstemp(prefix=".costmod-", dir=target.parent)
        temporary = Path(name)
        staged.append((temporary, target))
        with os.fdopen(handle, "wb") as stream:
            stream.write(change.after.encode())
        temporary.chmod(target.stat().st_mode)
    except OSError as error:
        raise UserError(
            f"{target}: cannot be written ({error.strerror}); make it writable or run without --write."
        ) from error
