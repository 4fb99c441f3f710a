"""Profiles in the pprof format: the ddtrace profiler, Pyroscope, Parca, Austin, Go's tools (`profile.proto`).

Values are chosen by name and unit; several files given together make one profile, and their live memory a series.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bot.errors import UserError
from bot.hotspots.frames import Frame
from bot.hotspots.growth import Held
from bot.hotspots.pprofmessage import SAMPLE_TYPE, Message, message_of, numbers, text
from bot.hotspots.profile import Profile, Sample
from bot.hotspots.source import Source
from bot.hotspots.values import LOW_64_BITS
from bot.hotspots.wire import WireError, beginning, fields, integers, signed

TITLE = "pprof profile (raw, gzip or zstd)"
VENDOR = "pprof"
FORMAT = "pprof"
NO_STATEMENT = ""

NANOSECONDS = {
    "nanoseconds": 1, "ns": 1, "microseconds": 1_000, "us": 1_000,
    "milliseconds": 1_000_000, "ms": 1_000_000, "seconds": 1_000_000_000, "s": 1_000_000_000,
}  # fmt: skip
CPU = frozenset({"cpu", "cpu-time", "cpu_time", "process_cpu", "on-cpu"})
WALL = frozenset({"wall", "wall-time", "wall_time", "wallclock"})
SAMPLES = ("cpu-samples", "wall-samples", "samples", "sample")
LIVE_BYTES = frozenset({"heap-space", "inuse_space", "inuse_memory", "heap-live-size"})
LIVE_OBJECTS = frozenset({"heap-live-samples", "inuse_objects"})
ENTRY_LABELS = ("trace endpoint", "endpoint", "http.route", "route")
REQUEST_LABEL = "local root span id"
HIGHEST_FIELD = 20  # of the message today 14; a new one does not make a profile another format


class Columns(NamedTuple):
    """Which of a sample's values is what, None where the profile has none; and nanoseconds per unit of the times."""

    cpu: int | None
    wall: int | None
    samples: int | None
    live_bytes: int | None
    live_objects: int | None
    cpu_ns: int
    wall_ns: int


def sniff(head: bytes) -> bool:
    """Whether the first fields are those of a profile: a value type is two small numbers, and nothing else is."""
    seen = False
    for number, value in beginning(memoryview(head))[:64]:  # the head ends inside a field, or is no protobuf at all
        if number > HIGHEST_FIELD:
            return False
        if number == SAMPLE_TYPE:
            if isinstance(value, int) or not _is_value_type(value):
                return False
            seen = True
    return seen


def read(source: Source) -> Iterator[Profile]:
    """The one profile of the stream.

    Raises:
        UserError: the file is cut off, or refers to what it does not hold.
    """
    try:
        yield _profile(message_of(memoryview(source.read())))
    except (WireError, LookupError):
        raise UserError(f"{source.label} is a damaged or truncated pprof file; write it again.") from None


def _is_value_type(message: memoryview) -> bool:
    try:
        return all(number in (1, 2) and isinstance(value, int) for number, value in fields(message))
    except WireError:
        return False


def _profile(message: Message) -> Profile:
    columns = _columns([(text(message, t, 1).lower(), text(message, t, 2).lower()) for t in message.types])
    frames = {identity: [_frame(message, line) for line in reversed(lines)]
              for identity, lines in message.locations.items()}  # fmt: skip
    samples: list[Sample] = []
    held: list[Held] = []
    for encoded in message.samples:
        where: list[int] = []
        values: list[int] = []
        labels: dict[str, str | int] = {}
        for number, value in fields(encoded):
            if number == 1:
                where += integers(value)
            elif number == 2:
                values += map(signed, integers(value))
            elif number == 3 and not isinstance(value, int):
                label = numbers(value)
                labels[text(message, label, 1)] = text(message, label, 2) or label.get(3, 0)
        stack = tuple(frame for location in reversed(where) for frame in frames[location])
        if stack and len(values) == len(message.types):
            _add(samples, held, columns, stack, values, labels)
    return Profile(
        measure="cpu" if columns.cpu is not None else "wall" if columns.wall is not None else "running",
        samples=tuple(samples),
        held=tuple(held),
        start_ns=message.start_ns or None,
        end_ns=message.start_ns + message.duration_ns if message.start_ns else None,
    )


def _add(
    samples: list[Sample], held: list[Held], columns: Columns, stack: tuple[Frame, ...], values: list[int],
    labels: dict[str, str | int],
) -> None:  # fmt: skip
    def value(column: int | None) -> int:
        return max(0, values[column]) if column is not None else 0

    cpu, wall = value(columns.cpu) * columns.cpu_ns, value(columns.wall) * columns.wall_ns
    count = value(columns.samples) if columns.samples is not None else int(bool(cpu or wall))
    if count or cpu or wall:
        request = labels.get(REQUEST_LABEL)
        samples.append(
            Sample(
                stack=stack, count=count, cpu_ns=cpu, wall_ns=wall,
                entry=next((str(labels[key]) for key in ENTRY_LABELS if labels.get(key)), None),
                request=f"{request & LOW_64_BITS:016x}" if isinstance(request, int) and request else None,
            )
        )  # fmt: skip
    if size := value(columns.live_bytes):
        held.append(Held(stack=stack, size=size, objects=value(columns.live_objects)))


def _columns(types: list[tuple[str, str]]) -> Columns:
    def time_named(names: frozenset[str]) -> int | None:
        return next((n for n, (name, unit) in enumerate(types) if name in names and unit in NANOSECONDS), None)

    def named(names: Iterable[str]) -> int | None:
        found = {name: n for n, (name, unit) in enumerate(types) if unit not in NANOSECONDS}
        return next((found[name] for name in names if name in found), None)

    cpu, wall = time_named(CPU), time_named(WALL)
    return Columns(
        cpu=cpu, wall=wall, samples=named(SAMPLES), live_bytes=named(LIVE_BYTES), live_objects=named(LIVE_OBJECTS),
        cpu_ns=NANOSECONDS[types[cpu][1]] if cpu is not None else 1,
        wall_ns=NANOSECONDS[types[wall][1]] if wall is not None else 1,
    )  # fmt: skip


def _frame(message: Message, line: dict[int, int]) -> Frame:
    function = message.functions.get(line.get(1, 0), {})
    return Frame(text(message, function, 4), text(message, function, 2), signed(line.get(2, 0)) or None)
