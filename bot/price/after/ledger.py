"""The ledger: one JSON line per check of a merged patch, only ever appended to, each line once."""

import hashlib
import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Literal

import msgspec

from bot.errors import UserError
from bot.records import Basis, Realisation, Record, Verification, Worth

MONTHS = 12  # that a saving is counted


class Entry(Record, frozen=True, kw_only=True):
    """One line. `id` is the patch: its last line speaks for it; `key` is the same for the same content."""

    schema: Literal["costmod.ledger/1"] = "costmod.ledger/1"
    key: str = ""
    id: str
    hotspot: str
    title: str
    pull_request: int | None = None
    merge: str | None = None
    model: str  # version of costmod
    price_date: str | None = None
    expected: Worth | None = None
    realised: Worth | None = None
    basis: Basis | None = None
    action: str | None = None
    status: Realisation
    file: str | None = None  # of the patch, and the lines that it added there
    lines: tuple[str, ...] = ()
    measured_until: str
    expires: str  # first day on which it is not counted any more


def entry_of(found: Verification) -> Entry:
    """The line of a verification.

    Raises:
        UserError: nothing was measured, so there is no day to write down.
    """
    if found.measured_until is None:
        raise UserError("nothing was measured after the merge, so there is nothing to write into the ledger.")
    start = (found.deployed or found.measured_until)[:10]
    entry = Entry(
        id=found.patch, hotspot=found.hotspot, title=found.title, pull_request=found.pull_request, merge=found.merge,
        model=found.version, price_date=found.price_date, expected=found.expected, realised=found.realised,
        basis=found.basis,
        action=found.action, status=found.verdict, file=found.file, lines=found.lines,
        measured_until=found.measured_until,
        expires=in_a_year(date.fromisoformat(start)).isoformat(),
    )  # fmt: skip
    content = msgspec.json.encode(entry, order="sorted")
    return msgspec.structs.replace(entry, key=hashlib.sha256(content).hexdigest())


def in_a_year(day: date) -> date:
    """The same day a year later; the last of February for its 29th."""
    try:
        return day.replace(year=day.year + MONTHS // 12)
    except ValueError:
        return day.replace(year=day.year + MONTHS // 12, day=28)


def append(path: Path, entry: Entry) -> bool:
    """Write one line unless it is there; False when it is. Others may write at the same time.

    A line that an interrupted write left behind is closed first, and skipped by whoever reads.

    Raises:
        UserError: the file cannot be read or written.
    """
    import fcntl

    line = msgspec.json.encode(entry) + b"\n"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # until the file is closed
            content = file.read()
            if any(known.key == entry.key for known in _entries(content, path)):
                return False
            os.write(file.fileno(), line if content[-1:] in (b"", b"\n") else b"\n" + line)
            os.fsync(file.fileno())
    except OSError as error:
        raise UserError(f"{path}: the ledger cannot be written ({error.strerror}); choose another --ledger.") from error
    return True


def read(path: Path) -> tuple[Entry, ...]:
    """All lines in their order.

    Raises:
        UserError: the file cannot be read, or a whole line of it is none of ours.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(
            f"{path}: no ledger to read ({error.strerror}); `costmod verify --ledger` writes it."
        ) from error
    return tuple(_entries(content, path))


def _entries(content: bytes, path: Path) -> Sequence[Entry]:
    found = []
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found.append(msgspec.json.decode(line, type=Entry))
        except msgspec.ValidationError as error:
            raise UserError(f"{path}: line {number}: no line of this ledger ({error}); correct it.") from error
        except msgspec.DecodeError as error:
            if line.startswith(b"{") and not line.endswith(b"}"):  # its write was interrupted
                continue
            raise UserError(f"{path}: line {number}: no JSON ({error}); correct it.") from error
    return found
