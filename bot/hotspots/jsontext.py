"""JSON from a stream: documents on a line each or over several lines; bad ones among good ones are dropped."""

import re
from collections.abc import Callable, Iterator
from itertools import chain
from typing import TypeVar

import msgspec

from bot.errors import UserError
from bot.hotspots.mending import Records, mended
from bot.hotspots.source import Source

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
T = TypeVar("T")
Text = bytes | memoryview | msgspec.Raw


class BadJsonError(UserError):
    """Text that does not decode; `reason` says why in a few words, without the name of the file."""

    def __init__(self, message: str, reason: str = "") -> None:  # the default is for unpickling
        super().__init__(message)
        self.reason = reason


def documents(
    source: Source,
    decoder: msgspec.json.Decoder[T],
    salvage: Callable[[Text], T] | None = None,
    records: Records | None = None,
) -> Iterator[T]:
    """Every JSON document of the stream; JSON lines are decoded one at a time.

    Among good lines a bad one is dropped (`Source.drop`). `salvage` reads what it can from a document of which only a
    field is wrong, and drops the rest itself. Of a document that ends early, what comes before its last whole record is
    kept, where `records` says what one is.

    Raises:
        UserError: no document at all; see `decode`, the message also says which line.
    """
    good = False
    error: UserError | None = None
    for number, text in _texts(source):
        try:
            document = decode(text, decoder, source.label, number)
        except BadJsonError as bad:
            error = error or bad
            if salvage is not None and bad.reason == WRONG_FIELD:
                source.losses.blame(bad)
                document = salvage(text)
            elif (kept := _good_part(text, bad, decoder, records)) is not None:
                source.drop("the end of a document, which is truncated", bad)
                document = kept
            else:
                source.drop(bad.reason, bad)
                continue
        good = True
        yield document
    if error is not None and not good:
        raise error


def _good_part(text: Text, bad: BadJsonError, decoder: msgspec.json.Decoder[T], records: Records | None) -> T | None:
    """What comes before the end of a truncated document, None where nothing is whole."""
    if records is None or bad.reason != TRUNCATED or (whole := mended(bytes(text), records)) is None:
        return None
    try:
        return decoder.decode(whole)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def decode(text: Text, decoder: msgspec.json.Decoder[T], name: str, first_line: int = 1) -> T:
    """One document; `name` is what an error calls it, `first_line` where the text starts in it.

    Raises:
        BadJsonError: no JSON (which line), invalid UTF-8, nesting without end, or another shape than the decoder's type
            (which field).
    """
    try:
        return decoder.decode(text)
    except RecursionError:
        message = f"{name}: line {first_line} is nested too deeply; check what wrote the file."
        raise BadJsonError(message, "JSON nested too deeply") from None
    except UnicodeDecodeError:
        raise BadJsonError(f"{name} is not valid UTF-8; export it again as UTF-8.", "text that is not UTF-8") from None
    except msgspec.ValidationError as error:
        raise BadJsonError(f"{name}: {_field(error)}; check what wrote the file.", WRONG_FIELD) from None
    except msgspec.DecodeError as error:
        byte = re.search(r"\(byte (\d+)\)", str(error))
        line = first_line + bytes(text).rstrip().count(b"\n", 0, int(byte[1]) if byte else None)
        problem = "is no JSON" if byte else f"is {TRUNCATED}"
        raise BadJsonError(f"{name}: line {line} {problem}; export it again.", problem.removeprefix("is ")) from None


def part(text: Text, decoder: msgspec.json.Decoder[T], source: Source, name: str) -> T | None:
    """One of many items of a document; a bad one is dropped and gives None. `name` is what the error calls it."""
    try:
        return decode(text, decoder, name)
    except BadJsonError as error:
        source.drop(error.reason, error)
        return None


TRUNCATED = "truncated JSON"
WRONG_FIELD = "a field is missing or wrong"
_ENDS_HERE = re.compile(r"trailing characters \(byte (\d+)\)")


def _texts(source: Source) -> Iterator[tuple[int, Text]]:
    """The texts of the documents, each with the number of its first line."""
    lines = ((number, text) for number, text in enumerate(iter(source.readline, b""), 1) if not text.isspace())
    first, line = next(lines, (1, b""))
    line = line.removeprefix(BYTE_ORDER_MARK)
    if _is_document(line):
        yield from chain([(first, line)], lines)
        return
    second = next(lines, None)
    if second and _is_line_of_its_own(second[1]) and not line.rstrip().endswith((b"[", b"{", b",", b":")):
        yield from chain([(first, line), second], lines)
        return
    rest = source.read()
    text = line + (b"\n" * (second[0] - first - 1) + second[1] if second else b"") + rest
    opens_well = _is_document(memoryview(text)[: _length(memoryview(text))])
    if not opens_well and any(_is_line_of_its_own(candidate) for candidate in rest.splitlines()):
        yield from ((number, item) for number, item in enumerate(text.splitlines(), first) if item.strip())
    else:
        yield from _in_one_text(text, first)


def _is_line_of_its_own(text: bytes) -> bool:
    """Whether a line is a document that no indented document has inside: those start further right or end later."""
    return text[:1] in (b"{", b"[") and len(text.rstrip()) > len("{}") and _is_document(text)


def _is_document(text: bytes | memoryview) -> bool:
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    except RecursionError:
        return True
    return True


def _in_one_text(text: bytes, line: int) -> Iterator[tuple[int, Text]]:
    """Documents one after the other, each over any number of lines."""
    view, position = memoryview(text), 0
    while position < len(text):
        end = position + _length(view[position:])
        yield line, view[position:end]
        line += text.count(b"\n", position, end)
        position = end


def _length(text: memoryview) -> int:
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if found := _ENDS_HERE.search(str(error)):
            return int(found[1]) - 1  # it counts the first byte that is too much
    return len(text)


def _field(error: msgspec.ValidationError) -> str:
    message, _, path = str(error).partition(" - at `$")
    return f"the field {path.strip('.`') or 'at the top'} is wrong ({message[:1].lower()}{message[1:]})"
