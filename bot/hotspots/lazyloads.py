"""Lines that load related rows one by one.

The project frame directly above an ORM's lazy loader is the line of an N+1. A profile shows no repeats, so a line
counts only where loading takes a good share of its entry and a multiple of all other database work there: a single
lazy load costs about what the query above it costs.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from bot.hotspots import frames, stacks
from bot.hotspots.frames import Frame
from bot.hotspots.profile import Profile
from bot.hotspots.running import (
    WORDS,
    Place,
    Seen,
    label_of,
    location,
    metrics,
    often,
    place_at,
    served_by,
    trust,
    window,
)  # fmt: skip
from bot.hotspots.traces import Export
from bot.records import Hotspot

LEAST_SHARE = 0.1  # of the entry's samples, for one line that loads lazily
LEAST_SAMPLES = 10  # on that line
LEAST_NS = 100_000_000  # on that line, where the profile counts no samples
LEAST_TO_OTHER_QUERIES = 2.5  # that line compared with all other database work of the entry
NO_REPEATS = "a profile does not show how often it repeats per request"


def lazy_loads(seen: Sequence[Seen], parts: Sequence[Profile], export: Export) -> list[Hotspot]:
    """The entries in which lines load related rows one by one; `parts` are the profiles that the samples are of."""
    entries: dict[str, list[Seen]] = defaultdict(list)
    whole = sum(one.weight for one in seen)
    labels = _labels(seen)
    for one in seen:
        handler = frames.handler(one.sample.stack)
        name = one.sample.entry or labels.get(_function(handler), _function(handler))
        entries[name].append(one)
    return [found for name in sorted(entries) for found in _of_entry(entries[name], whole, parts, export)]


def _labels(seen: Iterable[Seen]) -> dict[str, str]:
    """The endpoint of each function that serves one: profilers leave the label off some of the samples."""
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for one in seen:
        handler = frames.handler(one.sample.stack)
        if one.sample.entry and handler is not None:
            votes[_function(handler)][one.sample.entry] += one.weight
    return {function: max(names, key=lambda n: (names[n], n)) for function, names in votes.items()}


def _function(frame: Frame | None) -> str:
    return f"{stacks.short(frame.file)}:{frame.function}" if frame else ""


def _of_entry(seen: Sequence[Seen], whole: int, parts: Sequence[Profile], export: Export) -> list[Hotspot]:
    total = sum(one.weight for one in seen)
    other = sum(one.weight for one in seen if one.queries and not one.loads)
    lines: dict[Place, list[Seen]] = defaultdict(list)
    for one in seen:
        if one.loads and one.at is not None:
            lines[place_at(one.sample.stack, one.at)].append(one)
    weights = {place: sum(one.weight for one in loading) for place, loading in lines.items()}
    kept = [
        place for place in sorted(lines, key=lambda p: (-weights[p], repr(p)))
        if weights[place] >= max(LEAST_SHARE * total, LEAST_TO_OTHER_QUERIES * other)
        and often(lines[place], LEAST_SAMPLES, LEAST_NS)
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
            "n_plus_one_db", export, stacks.entry_of(label_of(seen), served_by(loading)),
            tuple(location(place, "the profile's frame above the lazy loader") for place in kept),
            metrics(seen, sum(weights[place] for place in kept) / whole),
            trust(parts, reasons, exact=all(line for _, _, line in kept), limits=[NO_REPEATS]),
            service=parts[0].service, window=window(parts),
        )
    ]  # fmt: skip
