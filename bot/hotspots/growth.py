"""Memory that stays to hotspots: the project line whose allocations are kept, never those of an import."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec

from bot.hotspots import frames, stacks
from bot.hotspots.frames import Frame
from bot.hotspots.traces import Export
from bot.records import Hotspot, Location, Metrics, Trust

LEAST_BYTES = 1 << 20  # kept by one line in the window
LEAST_SHARE = 0.1  # of all that is kept, imports left out
LEAST_FILES = 3  # of live memory, one after the other, to call it growth
LEAST_FIT = 0.9  # r2 of a straight line through them
ALLOCATION = "the allocation's deepest project frame"
NS_PER_HOUR = 3_600_000_000_000


class Held(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Memory that is in use: bytes and objects, by the stack that allocated it, root first."""

    stack: tuple[Frame, ...]
    size: int
    objects: int = 0


class Place(msgspec.Struct, frozen=True):
    """A line (or function, where the source knows no line) that allocates."""

    file: str
    function: str
    line: int | None


def growth(  # noqa: PLR0913 - one parameter per thing that a source may know
    held: Iterable[Held], export: Export, *, least_bytes: int = LEAST_BYTES, requests: float | None = None,
    hours: float | None = None, confidence: float = 0.85, limits: Sequence[str] = (), verb: str = "stay",
) -> list[Hotspot]:  # fmt: skip
    """The lines that keep much of the memory that a leak report or a difference of two snapshots lists."""
    sizes, objects, entered = _by_line(held)
    total = sum(size for size in sizes.values() if size > 0)
    found = []
    for place in sorted(sizes, key=repr):
        size = sizes[place]
        if size >= least_bytes and size >= LEAST_SHARE * total:
            memory = {"growth_bytes": float(size)}
            if objects[place]:
                memory["live_objects"] = float(objects[place])
            if requests:
                memory["growth_bytes_per_request"] = round(size / requests, 3)
            if hours:
                memory["growth_bytes_per_hour"] = round(size / hours, 3)
            objects_ = f" in {objects[place]} objects" if objects[place] else ""
            reasons = (f"{size} bytes{objects_} {verb}, {size / total:.0%} of all at the lines of the project",)
            trust = Trust(confidence=confidence, reasons=reasons, limits=tuple(limits))
            found.append(_hotspot(place, entered.get(place), export, memory, trust, ALLOCATION))
    return found


def series(files: Sequence[tuple[int | None, int | None, Sequence[Held]]], export: Export) -> list[Hotspot]:
    """The lines whose live memory rises from file to file; each is when it starts, ends, and what is held then.

    Heap profilers sample, so the bytes say which line grows and how steadily, not how much.
    """
    files = sorted((f for f in files if f[2]), key=lambda f: (f[0] or 0, repr(f[2])))
    if len(files) < LEAST_FILES:
        return []
    times = [end if end is not None else number for number, (_, end, _) in enumerate(files)]
    hours = (times[-1] - times[0]) / NS_PER_HOUR if all(end for _, end, _ in files) else 0
    counted = [_by_line(held) for _, _, held in files]
    grown = {place: [sizes[place] for sizes, _, _ in counted] for place in counted[-1][0]}
    risen = sum(max(0, sizes[-1] - sizes[0]) for sizes in grown.values())
    found = []
    for place in sorted(grown, key=repr):
        sizes = grown[place]
        rise, fit = sizes[-1] - sizes[0], _fit(times, sizes)
        steady = all(after > before for before, after in pairwise(sizes)) and fit >= LEAST_FIT
        if steady and rise >= LEAST_BYTES and rise >= LEAST_SHARE * risen:
            memory = {"growth_bytes": float(rise), "live_objects": float(counted[-1][1][place]), "r2": round(fit, 3)}
            if hours:
                memory["growth_bytes_per_hour"] = round(rise / hours, 3)
            trust = Trust(
                confidence=0.8,
                reasons=(f"live memory rises over {len(files)} profiles, {rise / risen:.0%} of all that rises",),
                limits=("a heap profiler samples: the bytes rank, they do not measure",),
            )
            window = (files[0][0], files[-1][1])
            entered = counted[-1][2].get(place)
            found.append(_hotspot(place, entered, export, memory, trust, "the heap profile's deepest project frame",
                                  window))  # fmt: skip
    return found


def _by_line(held: Iterable[Held]) -> tuple[Counter[Place], Counter[Place], dict[Place, Frame]]:
    """Bytes, objects and the function that served the entry, by the deepest project line; imports are left out."""
    sizes: Counter[Place] = Counter()
    objects: Counter[Place] = Counter()
    entered: dict[Place, Frame] = {}
    for one in held:
        at = frames.deepest_project(one.stack)
        if at is None or frames.imports(one.stack):
            continue
        frame = one.stack[at]
        place = Place(frame.file, frames.enclosing(one.stack, at), frame.line)
        sizes[place] += one.size
        objects[place] += one.objects
        served_by = frames.handler(one.stack)
        if served_by is not None and served_by != frame:
            entered[place] = min(entered.get(place, served_by), served_by, key=repr)
    return sizes, objects, entered


def _fit(times: Sequence[int], sizes: Sequence[int]) -> float:
    """The coefficient of determination of a straight line, 0 where nothing varies."""
    mean_time, mean_size = sum(times) / len(times), sum(sizes) / len(sizes)
    spread = sum((time - mean_time) ** 2 for time in times)
    varied = sum((size - mean_size) ** 2 for size in sizes)
    together = sum((time - mean_time) * (size - mean_size) for time, size in zip(times, sizes, strict=True))
    return together**2 / (spread * varied) if spread and varied else 0.0


def _hotspot(  # noqa: PLR0913, PLR0917 - one parameter per part of the record
    place: Place, served_by: Frame | None, export: Export, memory: dict[str, float], trust: Trust, provenance: str,
    window: stacks.Window = (None, None),
) -> Hotspot:  # fmt: skip
    location = Location(
        file=place.file, line=place.line, function=place.function or None,
        precision="exact_line" if place.line else "function", provenance=provenance,
    )  # fmt: skip
    metrics = Metrics(requests_in_window=0, p50_ns=0, p95_ns=0, p99_ns=0, total_ns=0)
    entry = stacks.entry_of(None, served_by)
    return stacks.hotspot("memory_growth", export, entry, (location,), metrics, trust, window=window, memory=memory)
