"""Checks of single values that several readers share."""

import binascii
import re
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime

from bot.errors import UserError

LATEST_NS = (1 << 63) - 1  # the year 2262
LONGEST_DECIMAL = 20  # digits of a 64-bit number
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LOW_64_BITS = (1 << 64) - 1
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]{1,32}")
FOREIGN_FOLDERS = ("/site-packages/", "/dist-packages/")


def nanoseconds(value: int | str, where: str) -> int:
    """A time or duration, which may come as text.

    Raises:
        UserError: no integer, negative, or beyond the year 2262; `where` names the file and field.
    """
    try:
        number = int(value)
    except ValueError:
        number = -1
    if not 0 <= number <= LATEST_NS:
        raise UserError(f"{where} is {str(value)[:40]!r}, expected nanoseconds; check what wrote the file.")
    return number


def hexadecimal(value: int | str, where: str) -> str:
    """The low 64 bits of a decimal id, signed or not, as 16 hexadecimal digits.

    Raises:
        UserError: no integer; `where` names the file and field.
    """
    try:
        return f"{int(value) & LOW_64_BITS:016x}"
    except ValueError:
        raise UserError(f"{where} is {str(value)[:40]!r}, expected a decimal id; check what wrote the file.") from None


def identity(text: str, where: str) -> str:
    """An id as lower-case hexadecimal digits, also from `0x...` and from base64 (protobuf's own JSON).

    Raises:
        UserError: no id; `where` names the file and field.
    """
    if len(text) in (16, 32):
        return text.lower()
    if text.endswith("="):
        try:
            return binascii.a2b_base64(text, strict_mode=True).hex()
        except binascii.Error:
            text = ""
    found = text.lower().removeprefix("0x")
    if not found:
        raise UserError(f"{where} is {text[:40]!r}, expected a hexadecimal id; check what wrote the file.")
    return found


def decimal_of(text: str, where: str) -> int:
    """An id as Datadog's answers write it: 128 bits in hexadecimal, 64 bits in decimal or hexadecimal.

    Raises:
        UserError: neither; `where` names the file and field.
    """
    is_decimal = text.lstrip("-").isdecimal() and text.isascii() and len(text) <= LONGEST_DECIMAL
    if not is_decimal and not _HEXADECIMAL.fullmatch(text):
        raise UserError(f"{where} is {text[:40]!r}, expected a decimal or hexadecimal id; check what wrote the file.")
    return int(text, 10 if is_decimal else 16)


def low_half(text: str, where: str) -> str:
    """The low 64 bits of a hexadecimal id as 16 digits: leading zeros, and the high half, are not always written.

    Raises:
        UserError: no hexadecimal digits; `where` names the field.
    """
    if not _HEXADECIMAL.fullmatch(text):
        raise UserError(f"{where} is {text[:40]!r}, expected a hexadecimal id; check what wrote the file.")
    return text[-16:].lower().rjust(16, "0")


def microseconds(value: int, where: str) -> int:
    """A time or duration in microseconds, as nanoseconds; raises as `nanoseconds` does."""
    return nanoseconds(value * 1_000, where)


def parent_identity(text: str | None, where: str) -> str | None:
    """As `identity`; no parent is written as nothing or as zeros."""
    return identity(text, where) if text and text.strip("0") else None


def small_number(text: str | None) -> int | None:
    """A line number or status code; None for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def hashed(values: Iterable[str]) -> int:
    """A number that stands for values which must not be kept, the same in every process."""
    return zlib.crc32("\0".join(values).encode("utf-8", "replace"))


def is_project_file(path: str) -> bool:
    """Whether a source file can belong to the project: agents also name drivers and frozen modules."""
    return not path.startswith("<") and not any(folder in path for folder in FOREIGN_FOLDERS)
