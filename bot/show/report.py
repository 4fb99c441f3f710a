"""The JSON report `costmod.report/1` and its JSON Schema, both from the records."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from bot.errors import UserError
from bot.prove.git_command import run_git
from bot.records import Report


def encode(report: Report) -> bytes:
    """The report as indented JSON; whole file texts are left out, the diff says what changed."""
    results = tuple(
        msgspec.structs.replace(r, patch=msgspec.structs.replace(r.patch, changes=())) if r.patch else r
        for r in report.results
    )
    return msgspec.json.format(msgspec.json.encode(msgspec.structs.replace(report, results=results)), indent=2) + b"\n"


def write(report: Report, path: Path) -> None:
    """Replace the report file in one step; a symbolic link is replaced, never followed.

    Raises:
        UserError: the file cannot be written.
    """
    write_bytes(encode(report), path)


def write_bytes(data: bytes, path: Path, option: str = "--report") -> None:
    """Replace the file that an option names in one step; a symbolic link is replaced, never followed.

    Raises:
        UserError: the file cannot be written.
    """
    temporary = path.with_name(f".costmod-{os.getpid()}.tmp")
    try:
        with temporary.open("xb") as stream:
            stream.write(data)
        if path.exists():
            shutil.copymode(path, temporary)
        temporary.replace(path)
    except OSError as error:
        raise _refusal(path, f"cannot be written ({error.strerror})", option) from error
    finally:
        temporary.unlink(missing_ok=True)


def require_writable(path: Path, repository: Path, inputs: Iterable[str | Path], option: str = "--report") -> None:
    """Find out before anything is done whether the report can be written afterwards, over nothing but a report.

    Raises:
        UserError: it cannot, or the file is one of the inputs or belongs to the repository.
    """
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise _refusal(path, "is no regular file, so the report cannot be written there", option)
        if path.exists():
            if any(Path(one).is_file() and path.samefile(one) for one in inputs):
                raise _refusal(path, "is an input of this command, and the report would overwrite it", option)
            if not os.access(path, os.W_OK):
                raise _refusal(path, "cannot be written (Permission denied)", option)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
        if _belongs_to(repository, path.parent.resolve() / path.name):
            raise _refusal(path, "belongs to the repository, and the report would overwrite it", option)
    except OSError as error:
        raise _refusal(path, f"cannot be written ({error.strerror})", option) from error


def _belongs_to(repository: Path, path: Path) -> bool:
    """Whether git tracks the file, or keeps its own data there."""
    if ".git" in path.parts:
        return True
    try:
        run_git("ls-files", "--error-unmatch", "--", str(path), directory=repository)
    except subprocess.CalledProcessError:  # not tracked, or outside of the repository
        return False
    return True


def _refusal(path: Path, why: str, option: str) -> UserError:
    return UserError(f"{path}: {why}; choose another {option}.")


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the report."""
    found = msgspec.json.schema(Report)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "costmod.report/1", **found}


def schema_text() -> str:
    """The schema as the file that ships with the package."""
    return json.dumps(schema(), indent=2, sort_keys=True) + "\n"
