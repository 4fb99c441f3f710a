"""A call graph with times (cProfile) to samples: where a function was called from is estimated by the time per caller.

A graph knows no stacks. The time of a function outside the project is shared out among its callers, as they took part
of its time, up to the project functions; on the way it is noted whether the path leads through a lazy loader.
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from bot.hotspots import frames
from bot.hotspots.frames import SCOPES, Frame
from bot.hotspots.profile import Sample

NS_PER_SECOND = 1_000_000_000
PRECISION = 1e-4  # of a function's time; smaller parts are not followed
MOST_ROUNDS = 30


class Function(NamedTuple):
    """A function of the program: file, first line, name."""

    file: str
    line: int
    name: str


class Times(NamedTuple):
    """Seconds in a function itself, and with all that it calls."""

    own: float
    total: float


class Node(NamedTuple):
    """A function, its times, and the times per caller."""

    times: Times
    callers: Mapping[Function, Times]


class Owner(NamedTuple):
    """A project function, and what lies on the way from it: the frames of a lazy loader or of the database layer."""

    function: Function
    between: tuple[Frame, ...]


Owners = dict[Owner, float]  # which project functions a function works for, and which part of it for each


def samples(graph: Mapping[Function, Node]) -> Iterator[Sample]:
    """A sample per project function and kind of work below it; wall time in nanoseconds."""
    owners = _owners(graph)
    seconds: dict[Owner, float] = defaultdict(float)
    for function in sorted(graph):
        for owner, part in owners[function].items():
            seconds[owner] += part * graph[function].times.own
    for owner in sorted(seconds):
        nanoseconds = round(seconds[owner] * NS_PER_SECOND)
        if nanoseconds > 0:
            yield Sample(stack=(_frame(owner.function), *owner.between), wall_ns=nanoseconds)


def _owners(graph: Mapping[Function, Node]) -> dict[Function, Owners]:
    """Solved by repetition, since functions call one another in circles: a round carries each part a call further."""
    owners: dict[Function, Owners] = {f: {Owner(f, ()): 1.0} if _is_own(f, node) else {} for f, node in graph.items()}
    open_ = [f for f in _nearest_first(graph) if not owners[f]]
    for _ in range(MOST_ROUNDS):
        moved = False
        for function in open_:
            found = _shared(function, graph[function], owners)
            before = owners[function]
            moved = moved or any(abs(part - before.get(owner, 0)) > PRECISION for owner, part in found.items())
            owners[function] = found
        if not moved:
            break
    return owners


def _is_own(function: Function, node: Node) -> bool:
    return frames.is_project(function.file) and not (function.name in SCOPES and node.callers)


def _nearest_first(graph: Mapping[Function, Node]) -> list[Function]:
    """All functions by their distance from a project function, so that few rounds are needed."""
    called: dict[Function, list[Function]] = defaultdict(list)
    for function in sorted(graph):
        for caller in graph[function].callers:
            called[caller].append(function)
    order = dict.fromkeys(f for f in sorted(graph) if _is_own(f, graph[f]))
    pending = deque(order)
    while pending:
        for function in called[pending.popleft()]:
            if function not in order:
                order[function] = None
                pending.append(function)
    return list(order)


def _shared(function: Function, node: Node, owners: Mapping[Function, Owners]) -> Owners:
    callers = {caller: times.total for caller, times in node.callers.items() if caller in owners and caller != function}
    whole = sum(callers.values())
    frame = _frame(function)
    found: Owners = defaultdict(float)
    for caller, total in callers.items() if whole else ():
        for owner, part in owners[caller].items():
            if part * total / whole > PRECISION:
                found[Owner(owner.function, _between(owner.between, frame))] += part * total / whole
    return dict(found)


def _between(before: tuple[Frame, ...], frame: Frame) -> tuple[Frame, ...]:
    """A lazy loader or related manager on the way counts more than the database layer around it."""
    if before and frames.lazy_load(before) is not None:
        return before
    if frames.lazy_load((frame, _QUERY)) is not None:
        return (frame, _QUERY)
    if frames.builds_manager((frame,)):
        return (frame,)
    return before or ((_QUERY,) if frames.in_database((frame,)) else ())


_QUERY = Frame("django/db/models/sql/compiler.py", "execute_sql", None)  # stands for all that a database layer does


def _frame(function: Function) -> Frame:
    return Frame(function.file, function.name, None)
