"""Samples of call stacks to hotspots: which line loads related rows one by one, and which function computes.

The project frame directly above an ORM's lazy loader is the line of an N+1. A profile shows no repeats, so a line
counts only where loading takes a good share of its entry and a multiple of all other database work there: a single
lazy load costs about what the query above it costs.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

import msgspec

from bot.hotspots import frames, stacks
from bot.hotspots.frames import Frame
from bot.hotspots.growth import Held, series
from bot.hotspots.traces import Export
from bot.records import Hotspot, Location, Metrics, Precision, Trust

LEAST_SHARE = 0.1  # of the entry's samples, for one line that loads lazily
LEAST_SAMPLES = 10  # on that line
LEAST_NS = 100_000_000  # on that line, where the profile counts no samples
LEAST_TO_OTHER_QUERIES = 2.5  # that line compared with all other database work of the entry
LEAST_SELF_SHARE = 0.2  # of all that runs, for a function that computes
LEAST_SELF_SAMPLES = 50
LEAST_SELF_NS = 500_000_000
NO_REPEATS = "a profile does not show how often it repeats per request"

Measure = Literal["cpu", "wall", "running"]
WORDS: dict[Measure, str] = {"cpu": "CPU time", "wall": "wall time", "running": "samples"}
Place = tuple[str, str, int | None]  # file, function, line


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


class Seen(NamedTuple):
    """A sample that runs: its weight in the profile's measure, and where it is in the project."""

    sample: Sample
    weight: int
    at: int | None  # position of the deepest project frame, of the frame above the loader where rows are loaded
    loads: bool
    queries: bool


def hotspots(profiles: Sequence[Profile], export: Export) -> list[Hotspot]:
    """The hotspots in profiles of one format, in no particular order; several files are parts of one profile."""
    found = series([(p.start_ns, p.end_ns, p.held) for p in profiles], export)
    for measure in sorted({profile.measure for profile in profiles}):
        parts = [profile for profile in profiles if profile.measure == measure]
        seen = _running([sample for part in parts for sample in part.samples], measure)
        found += _lazy_loads(seen, parts, export) + _computing(seen, parts, export)
    return found


def _running(samples: Iterable[Sample], measure: Measure) -> list[Seen]:
    """Every sample that does not only wait."""
    weigh: Callable[[Sample], int] = {
        "cpu": lambda s: s.cpu_ns, "wall": lambda s: s.wall_ns, "running": lambda s: s.count or s.wall_ns,
    }[measure]  # fmt: skip
    active = [(s, weigh(s)) for s in samples if weigh(s) > 0 and not frames.is_idle(s.stack)]
    managers = {_place(s.stack, at) for s, _ in active if (at := _builds_manager(s.stack)) is not None}
    return [_seen(sample, weight, managers) for sample, weight in active]


def _seen(sample: Sample, weight: int, managers: set[Place]) -> Seen:
    stack = sample.stack
    loader = frames.lazy_load(stack)
    if loader is not None:
        return Seen(sample, weight, frames.deepest_project(stack, loader), loads=True, queries=True)
    at = frames.deepest_project(stack)
    below = stack[at + 1 :] if at is not None else stack
    if at is None or _place(stack, at) not in managers:
        return Seen(sample, weight, at, loads=False, queries=frames.in_database(below))
    if stack[at].line is None:  # of a function's queries, those of the manager cannot be told from the others
        return Seen(sample, weight, at, loads=False, queries=False)
    loads = frames.fetches_rows(below)
    return Seen(sample, weight, at, loads=loads, queries=frames.in_database(below))


def _builds_manager(stack: Sequence[Frame]) -> int | None:
    """Where the project asks a related manager for rows."""
    at = frames.deepest_project(stack)
    return at if at is not None and frames.builds_manager(stack[at + 1 :]) else None


def _place(stack: Sequence[Frame], at: int) -> Place:
    return stack[at].file, frames.enclosing(stack, at), stack[at].line


# ---- lines that load related rows one by one -------------------------------------------------------------------------


def _lazy_loads(seen: Sequence[Seen], parts: Sequence[Profile], export: Export) -> list[Hotspot]:
    entries: dict[str, list[Seen]] = defaultdict(list)
    whole = sum(one.weight for one in seen)
    labels = _labels(seen)
    for one in seen:
        served_by = frames.handler(one.sample.stack)
        name = one.sample.entry or labels.get(_function(served_by), _function(served_by))
        entries[name].append(one)
    return [found for name in sorted(entries) for found in _of_entry(entries[name], whole, parts, export)]


def _labels(seen: Iterable[Seen]) -> dict[str, str]:
    """The endpoint of each function that serves one: profilers leave the label off some of the samples."""
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for one in seen:
        served_by = frames.handler(one.sample.stack)
        if one.sample.entry and served_by is not None:
            votes[_function(served_by)][one.sample.entry] += one.weight
    return {function: max(names, key=lambda n: (names[n], n)) for function, names in votes.items()}


def _function(frame: Frame | None) -> str:
    return f"{stacks.short(frame.file)}:{frame.function}" if frame else ""


def _of_entry(seen: Sequence[Seen], whole: int, parts: Sequence[Profile], export: Export) -> list[Hotspot]:
    total = sum(one.weight for one in seen)
    other = sum(one.weight for one in seen if one.queries and not one.loads)
    lines: dict[Place, list[Seen]] = defaultdict(list)
    for one in seen:
        if one.loads and one.at is not None:
            lines[_place(one.sample.stack, one.at)].append(one)
    weights = {place: sum(one.weight for one in loading) for place, loading in lines.items()}
    kept = [
        place for place in sorted(lines, key=lambda p: (-weights[p], repr(p)))
        if weights[place] >= max(LEAST_SHARE * total, LEAST_TO_OTHER_QUERIES * other)
        and _often(lines[place], LEAST_SAMPLES, LEAST_NS)
    ]  # fmt: skip
    if not kept:
        return []
    loading = [one for place in kept for one in lines[place]]
    word = WORDS[parts[0].measure]
    reasons = tuple(
        f"{file}:{line or function} loads related rows in {weights[file, function, line] / total:.0%} of the {word}"
        for file, function, line in kept
    )
    return [
        stacks.hotspot(
            "n_plus_one_db", export, stacks.entry_of(_label(seen), _served_by(loading)),
            tuple(_location(place, "the profile's frame above the lazy loader") for place in kept),
            _metrics(seen, sum(weights[place] for place in kept) / whole),
            _trust(parts, reasons, exact=all(line for _, _, line in kept), limits=[NO_REPEATS]),
            service=parts[0].service, window=_window(parts),
        )
    ]  # fmt: skip


def _often(seen: Sequence[Seen], samples: int, nanoseconds: int) -> bool:
    if any(one.sample.count for one in seen):
        return sum(one.sample.count for one in seen) >= samples
    return sum(one.weight for one in seen) >= nanoseconds


def _label(seen: Sequence[Seen]) -> str | None:
    return min((one.sample.entry for one in seen if one.sample.entry), default=None)


def _served_by(seen: Iterable[Seen]) -> Frame | None:
    weights: Counter[Frame] = Counter()
    for one in seen:
        if (frame := frames.handler(one.sample.stack)) is not None:
            weights[frame] += one.weight
    return min(weights, key=lambda frame: (-weights[frame], repr(frame)), default=None)


# ---- functions that compute ------------------------------------------------------------------------------------------


def _computing(seen: Sequence[Seen], parts: Sequence[Profile], export: Export) -> list[Hotspot]:
    """Functions in which much of the CPU is used, what they call outside the project included; waiting is no CPU."""
    if parts[0].measure == "wall":
        return []
    functions: dict[tuple[str, str], list[Seen]] = defaultdict(list)
    for one in seen:
        if one.at is not None and not one.queries and not _imports(one.sample.stack, one.at):
            file, function, _ = _place(one.sample.stack, one.at)
            functions[file, function].append(one)
    total = sum(one.weight for one in seen)
    return [
        _computes(functions[name], total, parts, export)
        for name in sorted(functions)
        if sum(one.weight for one in functions[name]) >= LEAST_SELF_SHARE * total
        and _often(functions[name], LEAST_SELF_SAMPLES, LEAST_SELF_NS)
    ]


def _imports(stack: Sequence[Frame], at: int) -> bool:
    return stack[at].function.endswith("<module>") or frames.imports(stack[at:])


def _computes(seen: Sequence[Seen], total: int, parts: Sequence[Profile], export: Export) -> Hotspot:
    lines: Counter[Place] = Counter()
    for one in seen:
        if one.at is not None:
            lines[_place(one.sample.stack, one.at)] += one.weight
    place = min(lines, key=lambda p: (-lines[p], repr(p)))
    share = sum(one.weight for one in seen) / total
    word = WORDS[parts[0].measure]
    labels = {one.sample.entry for one in seen}
    location = _location(place, "the profile's deepest project frame")
    return stacks.hotspot(
        "cpu_self", export, stacks.entry_of(_label(seen) if len(labels) == 1 else None, _served_by(seen)),
        (location,), _metrics(seen, share),
        _trust(parts, (f"{place[1]} itself takes {share:.0%} of the {word}",), exact=location.line is not None),
        service=parts[0].service, window=_window(parts),
    )  # fmt: skip


# ---- the records -----------------------------------------------------------------------------------------------------


def _location(place: Place, provenance: str) -> Location:
    file, function, line = place
    precision: Precision = "exact_line" if line else "function"
    return Location(file=file, line=line, function=function, precision=precision, provenance=provenance)


def _metrics(seen: Sequence[Seen], share: float) -> Metrics:
    """What was seen of the entry; the CPU time stands in for wall time that was not measured: it is at least that."""
    cpu, wall = sum(one.sample.cpu_ns for one in seen), sum(one.sample.wall_ns for one in seen)
    requests = {one.sample.request for one in seen if one.sample.request}
    return Metrics(
        requests_in_window=len(requests), p50_ns=0, p95_ns=0, p99_ns=0,
        total_ns=wall or cpu, cpu_ns=cpu or None, share_of_service=round(share, 4),
    )  # fmt: skip


def _trust(parts: Sequence[Profile], reasons: tuple[str, ...], *, exact: bool, limits: Sequence[str] = ()) -> Trust:
    known = dict.fromkeys([*limits, *(limit for part in parts for limit in part.limits)])
    return Trust(confidence=0.9 if exact else 0.7, reasons=reasons, limits=tuple(known))


def _window(parts: Sequence[Profile]) -> stacks.Window:
    starts, ends = [p.start_ns for p in parts if p.start_ns], [p.end_ns for p in parts if p.end_ns]
    return min(starts, default=None), max(ends, default=None)
