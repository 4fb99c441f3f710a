"""The protobuf wire format, as far as one message needs it: no schema, no generated code (protobuf.dev, "Encoding")."""

from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
LONGEST_VARINT = 10
SIGN_BIT, WORD = 1 << 63, 1 << 64

Field = tuple[int, int | memoryview]


class WireError(ValueError):
    """The bytes are no protobuf message."""


def fields(message: memoryview) -> Iterator[Field]:
    """Every field of a message in order: its number, and an unsigned integer or the bytes that it holds.

    Raises:
        WireError: the message ends inside a field, or a field has a type that no current encoder writes.
    """
    position, end = 0, len(message)
    while position < end:
        key, position = _varint(message, position)
        number, kind = key >> 3, key & 7
        if number == 0:
            raise WireError("field number 0")
        value: int | memoryview
        if kind == VARINT:
            value, position = _varint(message, position)
        elif kind in (BYTES, FIXED64, FIXED32):
            size = {FIXED64: 8, FIXED32: 4}.get(kind, 0)
            if kind == BYTES:
                size, position = _varint(message, position)
            if position + size > end:
                raise WireError("a field is cut off")
            value = message[position : position + size]
            position += size
        else:
            raise WireError(f"wire type {kind}")
        yield number, value


def integers(value: int | memoryview) -> list[int]:
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


def _varint(message: memoryview, position: int) -> tuple[int, int]:
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
