"""The samples that run, as the rules about them see them, and the parts of a hotspot that samples give."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from bot.hotspots import frames, stacks
from bot.hotspots.frames import Frame
from bot.hotspots.profile import Measure, Profile, Sample
from bot.records import Location, Metrics, Precision, Trust

WORDS: dict[Measure, str] = {"cpu": "CPU time", "wall": "wall time", "running": "samples"}
Place = tuple[str, str, int | None]  # file, function, line


class Seen(NamedTuple):
    """A sample that runs: its weight in the profile's measure, and where it is in the project."""

    sample: Sample
    weight: int
    at: int | None  # position of the deepest project frame, of the frame above the loader where rows are loaded
    loads: bool
    queries: bool


def running(samples: Iterable[Sample], measure: Measure) -> list[Seen]:
    """Every sample that does not only wait."""
    weigh: Callable[[Sample], int] = {
        "cpu": lambda s: s.cpu_ns, "wall": lambda s: s.wall_ns, "running": lambda s: s.count or s.wall_ns,
    }[measure]  # fmt: skip
    active = [(s, weigh(s)) for s in samples if weigh(s) > 0 and not frames.is_idle(s.stack)]
    managers = {place_at(s.stack, at) for s, _ in active if (at := _builds_manager(s.stack)) is not None}
    return [_seen(sample, weight, managers) for sample, weight in active]


def _seen(sample: Sample, weight: int, managers: set[Place]) -> Seen:
    stack = sample.stack
    loader = frames.lazy_load(stack)
    if loader is not None:
        return Seen(sample, weight, frames.deepest_project(stack, loader), loads=True, queries=True)
    at = frames.deepest_project(stack)
    below = stack[at + 1 :] if at is not None else stack
    if at is None or place_at(stack, at) not in managers:
        return Seen(sample, weight, at, loads=False, queries=frames.in_database(below))
    if stack[at].line is None:  # of a function's queries, those of the manager cannot be told from the others
        return Seen(sample, weight, at, loads=False, queries=False)
    loads = frames.fetches_rows(below)
    return Seen(sample, weight, at, loads=loads, queries=frames.in_database(below))


def _builds_manager(stack: Sequence[Frame]) -> int | None:
    """Where the project asks a related manager for rows."""
    at = frames.deepest_project(stack)
    return at if at is not None and frames.builds_manager(stack[at + 1 :]) else None


def place_at(stack: Sequence[Frame], at: int) -> Place:
    """The place of a frame, comprehensions under the name of the function around them."""
    return stack[at].file, frames.enclosing(stack, at), stack[at].line


def often(seen: Sequence[Seen], samples: int, nanoseconds: int) -> bool:
    """Whether there are enough samples; where the profile counts none, whether they took long enough."""
    if any(one.sample.count for one in seen):
        return sum(one.sample.count for one in seen) >= samples
    return sum(one.weight for one in seen) >= nanoseconds


def label_of(seen: Sequence[Seen]) -> str | None:
    """The endpoint that the profiler names, of those there are the first by name."""
    return min((one.sample.entry for one in seen if one.sample.entry), default=None)


def served_by(seen: Iterable[Seen]) -> Frame | None:
    """The function that serves most of the samples."""
    weights: Counter[Frame] = Counter()
    for one in seen:
        if (frame := frames.handler(one.sample.stack)) is not None:
            weights[frame] += one.weight
    return min(weights, key=lambda frame: (-weights[frame], repr(frame)), default=None)


def location(place: Place, provenance: str) -> Location:
    """A place as the record has it; without a line it is that of the function."""
    file, function, line = place
    precision: Precision = "exact_line" if line else "function"
    return Location(file=file, line=line, function=function, precision=precision, provenance=provenance)


def metrics(seen: Sequence[Seen], share: float) -> Metrics:
    """What was seen of the entry; the CPU time stands in for wall time that was not measured: it is at least that."""
    cpu, wall = sum(one.sample.cpu_ns for one in seen), sum(one.sample.wall_ns for one in seen)
    requests = {one.sample.request for one in seen if one.sample.request}
    return Metrics(
        requests_in_window=len(requests), p50_ns=0, p95_ns=0, p99_ns=0,
        total_ns=wall or cpu, cpu_ns=cpu or None, share_of_service=round(share, 4),
    )  # fmt: skip


def trust(parts: Sequence[Profile], reasons: tuple[str, ...], *, exact: bool, limits: Sequence[str] = ()) -> Trust:
    """How far to believe it: less where only the function is known."""
    known = dict.fromkeys([*limits, *(limit for part in parts for limit in part.limits)])
    return Trust(confidence=0.9 if exact else 0.7, reasons=reasons, limits=tuple(known))


def window(parts: Sequence[Profile]) -> stacks.Window:
    """From the first to the last moment of all profiles, as far as they say."""
    starts, ends = [p.start_ns for p in parts if p.start_ns], [p.end_ns for p in parts if p.end_ns]
    return min(starts, default=None), max(ends, default=None)
