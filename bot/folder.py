"""The plan folder: what one step of the pipeline leaves for the next, in one file."""

import hashlib
from pathlib import Path

import msgspec

from bot.errors import UserError
from bot.records import Report

FILE = "costmod-plan.json"


def save(folder: Path, report: Report) -> str:
    """Write the results with their whole texts; returns the sha256 digest of the file.

    Raises:
        UserError: the folder cannot be written.
    """
    content = msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_bytes(content)
    except OSError as error:
        raise UserError(f"{folder}: the plan folder cannot be written ({error.strerror}); choose another.") from error
    return hashlib.sha256(content).hexdigest()


def read(folder: Path, digest: str | None = None) -> Report:
    """The results of the step before.

    Raises:
        UserError: no plan there, not one of ours, or not the file with the expected digest.
    """
    return read_file(folder / FILE, digest)


def read_file(path: Path, digest: str | None = None) -> Report:
    """The results in a plan, or in a report that was written by `--report`.

    Raises:
        UserError: see `read`.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: no plan to read ({error.strerror}); run `costmod plan` first.") from error
    if digest is not None and hashlib.sha256(content).hexdigest() != digest:
        raise UserError(f"{path}: its digest is not {digest[:12]}; somebody changed the plan, so nothing is done.")
    try:
        return msgspec.json.decode(content, type=Report)
    except msgspec.DecodeError as error:
        raise UserError(
            f"{path}: not a plan of this version of costmod ({error}); run `costmod plan` again."
        ) from error
