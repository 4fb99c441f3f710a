"""The rows that profiles are made of: samples of call stacks, and the profile that a file holds."""

from typing import Literal

import msgspec

from bot.hotspots.frames import Frame
from bot.hotspots.growth import Held

Measure = Literal["cpu", "wall", "running"]


class Sample(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A call stack, root first, and what was seen there.

    `count` is how many samples it stands for, 0 where the profiler counts none. Times are nanoseconds, 0 where the
    profile does not measure them. `entry` is the endpoint that the profiler names, `request` an id of the request.
    """

    stack: tuple[Frame, ...]
    count: int = 0
    cpu_ns: int = 0
    wall_ns: int = 0
    entry: str | None = None
    request: str | None = None


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What one profile file holds; times in nanoseconds since 1970, None where it says none.

    `measure` is what the samples stand for: "running" where only running threads were sampled, but no CPU clock read.
    """

    measure: Measure
    samples: tuple[Sample, ...] = ()
    held: tuple[Held, ...] = ()
    service: str | None = None
    start_ns: int | None = None
    end_ns: int | None = None
    limits: tuple[str, ...] = ()  # what a reader of the hotspot should know about the profiler
