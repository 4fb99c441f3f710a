"""The protobuf wire format, as far as one message needs it: no schema, no generated code (protobuf.dev, "Encoding")."""

from collections.abc import Iterator
from contextlib import suppress
from typing import TypeVar

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
LONGEST_VARINT = 10
SIGN_BIT, WORD = 1 << 63, 1 << 64

Buffer = TypeVar("Buffer", bytes, memoryview)
Field = tuple[int, int | memoryview]


class WireError(ValueError):
    """The bytes are no protobuf message."""


def fields(message: Buffer) -> Iterator[tuple[int, int | Buffer]]:
    """Every field of a message in order: its number, and an unsigned integer or the bytes that it holds.

    Raises:
        WireError: the message ends inside a field, or a field has a type that no current encoder writes.
    """
    position, end = 0, len(message)
    while position < end:
        key = message[position]  # the numbers below 128, which are most, are read here
        position += 1
        if key > 127:
            key, position = _varint(message, position - 1)
        if key < 8:
            raise WireError("field number 0")
        kind = key & 7
        if kind == BYTES:
            size = message[position] if position < end else 128
            position += 1
            if size > 127:
                size, position = _varint(message, position - 1)
        elif kind == VARINT:
            value, position = _varint(message, position)
            yield key >> 3, value
            continue
        elif kind in (FIXED64, FIXED32):
            size = 8 if kind == FIXED64 else 4
        else:
            raise WireError(f"wire type {kind}")
        stop = position + size
        if stop > end:
            raise WireError("a field is cut off")
        yield key >> 3, message[position:stop]
        position = stop


def beginning(message: Buffer) -> list[tuple[int, int | Buffer]]:
    """The fields before the end of the bytes, or before the first of them that is none."""
    found: list[tuple[int, int | Buffer]] = []
    with suppress(WireError):
        for field in fields(message):
            found.append(field)  # noqa: PERF402 - what comes before an error stays
    return found


def integers(value: int | bytes | memoryview) -> list[int]:
    """The numbers of a repeated field, packed or one by one, unsigned."""
    if isinstance(value, int):
        return [value]
    numbers, position = [], 0
    while position < len(value):
        number, position = _varint(value, position)
        numbers.append(number)
    return numbers


def signed(number: int) -> int:
    """A varint as a signed 64-bit integer."""
    return number - WORD if number >= SIGN_BIT else number


def _varint(message: bytes | memoryview, position: int) -> tuple[int, int]:
    byte = message[position] if position < len(message) else -1
    if 0 <= byte < 128:
        return byte, position + 1
    number = shift = 0
    for byte in message[position : position + LONGEST_VARINT]:
        number |= (byte & 127) << shift
        shift += 7
        position += 1
        if byte < 128:
            return number % WORD, position
    raise WireError("a number is cut off")
