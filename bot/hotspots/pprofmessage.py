"""The pprof message, decoded as far as its readers need it (`profile.proto` of github.com/google/pprof)."""

import msgspec

from bot.hotspots.wire import fields, signed

SAMPLE_TYPE, SAMPLE, LOCATION, FUNCTION, STRINGS, TIME, DURATION = 1, 2, 4, 5, 6, 9, 10


class Message(msgspec.Struct):
    """The parts of a profile that are read, still encoded where they refer to one another."""

    types: list[dict[int, int]] = []
    samples: list[memoryview] = []
    locations: dict[int, list[dict[int, int]]] = {}  # the lines of each, innermost first
    functions: dict[int, dict[int, int]] = {}
    strings: list[str] = []
    start_ns: int = 0
    duration_ns: int = 0


def message_of(data: memoryview) -> Message:
    """The message in these bytes.

    Raises:
        WireError: they are cut off or no protobuf.
        LookupError: a location or function without an id.
    """
    message = Message()
    for number, value in fields(data):
        if isinstance(value, int):
            if number == TIME:
                message.start_ns = max(0, signed(value))
            elif number == DURATION:
                message.duration_ns = max(0, signed(value))
        elif number == SAMPLE_TYPE:
            message.types.append(numbers(value))
        elif number == SAMPLE:
            message.samples.append(value)
        elif number == LOCATION:
            lines = [numbers(line) for n, line in fields(value) if n == 4 and not isinstance(line, int)]
            message.locations[numbers(value)[1]] = lines
        elif number == FUNCTION:
            function = numbers(value)
            message.functions[function[1]] = function
        elif number == STRINGS:
            message.strings.append(bytes(value).decode("utf-8", "replace"))
    return message


def numbers(message: memoryview) -> dict[int, int]:
    """The fields of a message that are numbers."""
    return {number: value for number, value in fields(message) if isinstance(value, int)}


def text(message: Message, record: dict[int, int], number: int) -> str:
    """The text that a field of a record names by its place in the table."""
    index = record.get(number, 0)
    return message.strings[index] if index else ""
