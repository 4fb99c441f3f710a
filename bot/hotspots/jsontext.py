"""JSON from a stream: one document per line, or one document over all lines."""

import re
from collections.abc import Iterator
from typing import TypeVar

import msgspec

from bot.errors import UserError
from bot.hotspots.source import Source

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
T = TypeVar("T")


def documents(source: Source, decoder: msgspec.json.Decoder[T]) -> Iterator[T]:
    """Every JSON document of the stream; JSON lines are decoded one at a time.

    Raises:
        UserError: see `decode`; the message also says which line.
    """
    lines = ((number, text) for number, text in enumerate(iter(source.readline, b""), 1) if not text.isspace())
    first, line = next(lines, (1, b""))
    line = line.removeprefix(BYTE_ORDER_MARK)
    if _is_document(line):
        yield decode(line, decoder, source.label, first)
        for number, text in lines:
            yield decode(text, decoder, source.label, number)
    else:
        yield decode(_whole(line, source, first), decoder, source.label, first)


def decode(text: bytes | msgspec.Raw, decoder: msgspec.json.Decoder[T], name: str, first_line: int = 1) -> T:
    """One document; `name` is what an error calls it, `first_line` where the text starts in it.

    Raises:
        UserError: no JSON (which line), invalid UTF-8, nesting without end, or another shape than the decoder's type
            (which field).
    """
    try:
        return decoder.decode(text)
    except RecursionError:
        raise UserError(f"{name}: line {first_line} is nested too deeply; check what wrote the file.") from None
    except UnicodeDecodeError:
        raise UserError(f"{name} is not valid UTF-8; export it again as UTF-8.") from None
    except msgspec.ValidationError as error:
        raise UserError(f"{name}: {_field(error)}; check what wrote the file.") from None
    except msgspec.DecodeError as error:
        byte = re.search(r"\(byte (\d+)\)", str(error))
        line = first_line + bytes(text).rstrip().count(b"\n", 0, int(byte[1]) if byte else None)
        problem = "is no JSON" if byte else "is truncated JSON"
        raise UserError(f"{name}: line {line} {problem}; export it again.") from None


def part(text: bytes | msgspec.Raw, decoder: msgspec.json.Decoder[T], source: Source, name: str) -> T | None:
    """One of many items of a document; a bad one is dropped and gives None. `name` is what the error calls it."""
    try:
        return decode(text, decoder, name)
    except UserError as error:
        source.drop("a field is missing or wrong", error)
        return None


def _is_document(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    except RecursionError:
        return True
    return True


def _whole(line: bytes, source: Source, first: int) -> bytes:
    second = source.readline()
    if second.strip() and not line.rstrip().endswith((b"[", b"{", b",", b":")) and _is_document(second):
        raise UserError(f"{source.label}: line {first} is truncated or no JSON; export it again.")
    return line + second + source.read()


def _field(error: msgspec.ValidationError) -> str:
    message, _, path = str(error).partition(" - at `$")
    return f"the field {path.strip('.`') or 'at the top'} is wrong ({message[:1].lower()}{message[1:]})"
