"""Functions in which much of the CPU is used, what they call outside the project included.

Database work is left out: what it costs is a matter of the statement. A profile of wall time tells nothing about CPU.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

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

LEAST_SHARE = 0.2  # of all that runs, for a function that computes
LEAST_SAMPLES = 50  # in it
LEAST_NS = 500_000_000  # in it, where the profile counts no samples


def computing(seen: Sequence[Seen], parts: Sequence[Profile], export: Export) -> list[Hotspot]:
    """The functions that compute; `parts` are the profiles that the samples are of."""
    if parts[0].measure == "wall":
        return []
    functions: dict[tuple[str, str], list[Seen]] = defaultdict(list)
    for one in seen:
        if one.at is not None and not one.queries and not _imports(one.sample.stack, one.at):
            file, function, _ = place_at(one.sample.stack, one.at)
            functions[file, function].append(one)
    total = sum(one.weight for one in seen)
    return [
        _computes(functions[name], total, parts, export)
        for name in sorted(functions)
        if sum(one.weight for one in functions[name]) >= LEAST_SHARE * total
        and often(functions[name], LEAST_SAMPLES, LEAST_NS)
    ]


def _imports(stack: Sequence[Frame], at: int) -> bool:
    return stack[at].function.endswith("<module>") or frames.imports(stack[at:])


def _computes(seen: Sequence[Seen], total: int, parts: Sequence[Profile], export: Export) -> Hotspot:
    lines: Counter[Place] = Counter()
    for one in seen:
        if one.at is not None:
            lines[place_at(one.sample.stack, one.at)] += one.weight
    place = min(lines, key=lambda p: (-lines[p], repr(p)))
    share = sum(one.weight for one in seen) / total
    word = WORDS[parts[0].measure]
    labels = {one.sample.entry for one in seen}
    at = location(place, "the profile's deepest project frame")
    return stacks.hotspot(
        "cpu_self", export, stacks.entry_of(label_of(seen) if len(labels) == 1 else None, served_by(seen)),
        (at,), metrics(seen, share),
        trust(parts, (f"{place[1]} itself takes {share:.0%} of the {word}",), exact=at.line is not None),
        service=parts[0].service, window=window(parts),
    )  # fmt: skip
