"""Profiles in speedscope's JSON: sampled (py-spy) or as events of frames that open and close (pyinstrument)."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from bot.errors import UserError
from bot.hotspots.frames import Frame
from bot.hotspots.jsontext import decode
from bot.hotspots.profile import Measure, Profile, Sample
from bot.hotspots.source import Source
from bot.hotspots.values import LATEST_NS

TITLE = "speedscope JSON"
VENDOR = "speedscope"
FORMAT = "speedscope"
NO_STATEMENT = ""

NANOSECONDS = {"nanoseconds": 1, "microseconds": 1e3, "milliseconds": 1e6, "seconds": 1e9}
LEAST_VARYING = 0.1  # of all functions; classes of one file share names such as `__init__`, so a few vary always
DEEPEST = 10_000  # frames that are open at once
RUNNING = "only running threads are sampled; CPU time is not measured"
FUNCTIONS_ONLY = "the profiler names the first line of a function, not the line that runs"


class SharedFrame(msgspec.Struct):
    """A frame, which samples and events name by its position."""

    name: str = ""
    file: str | None = None
    line: int | float | None = None


class Shared(msgspec.Struct):
    """What all profiles of the file share."""

    frames: list[SharedFrame]


class Event(msgspec.Struct):
    """A frame opens ("O") or closes ("C")."""

    type: str
    at: float
    frame: int


class Thread(msgspec.Struct):
    """One profile of the file: of a thread, mostly."""

    type: str
    unit: str = "none"
    samples: list[list[int]] = []
    weights: list[float] = []
    events: list[Event] = []


class File(msgspec.Struct):
    """The whole file."""

    shared: Shared
    profiles: list[Thread]
    exporter: str = ""


def sniff(head: bytes) -> bool:
    """Whether the document names speedscope's schema, or opens with its profiles or shared frames."""
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return False
    profiles = b'"profiles"' in head and b'"startValue"' in head
    return b"speedscope.app/file-format-schema" in head or profiles or (b'"shared"' in head and b'"frames"' in head)


def read(source: Source) -> Iterator[Profile]:
    """The threads of the file that measure time or count samples, as one profile.

    Raises:
        UserError: no JSON, another shape, or a thread that names frames which the file does not hold.
    """
    file = decode(source.read(), msgspec.json.Decoder(File), source.label)
    threads = [thread for thread in file.profiles if thread.unit in NANOSECONDS or thread.unit == "none"]
    if not threads:
        raise UserError(f"{source.label} measures no time; record CPU or wall time.")
    exact = not file.exporter.startswith("pyinstrument") and _lines_vary(file.shared.frames)
    frames = [_frame(frame, exact) for frame in file.shared.frames]
    try:
        samples = tuple(sample for thread in threads for sample in _samples(thread, frames, source.label))
    except IndexError:
        raise UserError(
            f"{source.label}: a sample names a frame that the file does not hold; write it again."
        ) from None
    measure: Measure = "running" if file.exporter.startswith("py-spy") else "wall"
    limits = (RUNNING,) * (measure == "running") + (FUNCTIONS_ONLY,) * (not exact)
    yield Profile(measure=measure, samples=samples, limits=limits)


def _lines_vary(frames: Sequence[SharedFrame]) -> bool:
    """Whether functions occur at several lines: then these are lines that ran, not those where functions begin."""
    lines: dict[tuple[str, str | None], set[float]] = defaultdict(set)
    for frame in frames:
        lines[frame.name, frame.file].add(frame.line or 0)
    return sum(len(of_function) > 1 for of_function in lines.values()) >= LEAST_VARYING * len(lines)


def _frame(frame: SharedFrame, exact: bool) -> Frame:
    line = int(frame.line) if frame.line and 0 < frame.line < 1e9 else None
    return Frame(frame.file or "", frame.name, line if exact else None)


def _samples(thread: Thread, frames: Sequence[Frame], label: str) -> Iterator[Sample]:
    if thread.type == "evented":
        yield from _of_events(thread, frames, label)
        return
    if len(thread.weights) != len(thread.samples):
        raise UserError(f"{label}: the field weights has another length than samples; write the file again.")
    for where, weight in zip(thread.samples, thread.weights, strict=True):
        if where and weight > 0:
            count = int(weight) if thread.unit == "none" else 1
            yield Sample(stack=_stack(where, frames), count=count, wall_ns=_nanoseconds(weight, thread.unit))


def _of_events(thread: Thread, frames: Sequence[Frame], label: str) -> Iterator[Sample]:
    """The time between two events belongs to the frames that are open."""
    opened: list[int] = []
    before = 0.0
    for event in thread.events:
        if opened and event.at > before:
            yield Sample(stack=_stack(opened, frames), wall_ns=_nanoseconds(event.at - before, thread.unit))
        before = max(before, event.at)
        if event.type == "O" and len(opened) < DEEPEST:
            opened.append(event.frame)
        elif event.type == "C" and opened and opened[-1] == event.frame:
            opened.pop()
        else:
            raise UserError(
                f"{label}: the field events closes frames in another order than it opens them; write it again."
            )


def _stack(where: Sequence[int], frames: Sequence[Frame]) -> tuple[Frame, ...]:
    if min(where) < 0:
        raise IndexError
    return tuple(frames[index] for index in where)


def _nanoseconds(value: float, unit: str) -> int:
    return int(min(value * NANOSECONDS.get(unit, 0), LATEST_NS))
