"""The detector: finds the calls that repeat under one parent span, request by request.

Grouping is by (trace, parent span, fingerprint), not by neighbours: a loop over two relationships interleaves A B A B.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from bot.hotspots.focus import Focus, in_focus
from bot.hotspots.route import canonical, canonical_of_url
from bot.hotspots.span import Code
from bot.hotspots.traces import Category, Facts, Node
from bot.hotspots.tree import Tree
from bot.records import Handler

LEAST_SEQUENTIAL = 0.5  # below it the calls overlap: a fan-out, not a loop


class EntryKey(NamedTuple):
    """What makes two requests requests of the same entry."""

    service: str | None
    type: Literal["http", "task", "unknown"]
    method: str | None
    route: str | None  # canonical
    name: str | None  # where there is no route


class Loop(NamedTuple):
    """One call repeated in one request; durations in nanoseconds."""

    call: str
    category: Category
    repeats: int
    total_ns: int
    in_sequence: int  # of the pairs of neighbours, those that do not overlap
    pairs: int
    identical: bool  # all parameters visible and equal
    lines: Counter[Code]  # on the repeated spans
    callers: Counter[Code]  # on the spans above them
    handler: Handler | None


class Request(NamedTuple):
    """One time that an entry ran."""

    key: EntryKey
    name: str
    facts: Facts
    path: str | None
    route_raw: str | None
    duration_ns: int
    self_ns: int
    db_ns: int
    http_ns: int
    weight: float | None
    loops: tuple[Loop, ...]
    slow: tuple[Loop, ...]  # single database calls that take long by themselves


class Limits(NamedTuple):
    """From where on a call is worth a look."""

    repeats: int  # equal calls under one parent span
    slow_ns: int  # one database call
    focus: tuple[Focus, ...] = ()  # the services and times that alarms are about; none: all


def requests_in(traces: Iterable[Sequence[Node]], limits: Limits) -> Iterator[Request]:
    """Every request, with the loops and the slow calls in it."""
    for nodes in traces:
        tree = Tree(nodes)
        calls: dict[str | None, list[Node]] = defaultdict(list)
        inside: dict[str, list[Node]] = defaultdict(list)
        for node in nodes:
            entry = tree.entry(node)
            parent = tree.parent(node)
            if parent is not None and tree.entry(parent) is parent:
                inside[parent.span_id].append(node)
            if node.kind == "client":
                if node.category and not tree.is_inner(node):
                    calls[entry.span_id if entry else None].append(node)
            elif entry is node:
                calls.setdefault(node.span_id, [])
        for span_id, called in calls.items():
            entry = tree.node(span_id) if span_id is not None else _imagined(called)
            if not in_focus(limits.focus, entry.facts.service, entry.start_ns, entry.end_ns):
                continue
            loops = tuple(_loops(called, tree, limits.repeats))
            slow = tuple(_slow(called, tree, limits.slow_ns, {loop.call for loop in loops}))
            if not is_unrouted_miss(entry) and (loops or slow or span_id is not None):
                yield request_of(entry, called, loops, slow, inside.get(entry.span_id, []))


def is_unrouted_miss(entry: Node) -> bool:
    """Whether nothing served the request: then its path says nothing either."""
    return entry.facts.status == 404 and entry.facts.route is None


def _imagined(called: Sequence[Node]) -> Node:
    """An entry for calls whose callers were not exported at all."""
    start = min(node.start_ns for node in called)
    facts = called[0].facts
    return Node(
        span_id="", parent_id=None, kind="internal", name="", start_ns=start,
        duration_ns=max(node.end_ns for node in called) - start, facts=facts,
    )  # fmt: skip


def request_of(
    entry: Node, called: Sequence[Node], loops: tuple[Loop, ...], slow: tuple[Loop, ...], inside: Sequence[Node]
) -> Request:
    """The request of an entry, the calls that it made and its direct children."""
    routes = sorted({node.comment.route for node in called if node.comment and node.comment.route})
    controllers = sorted({node.comment.controller for node in called if node.comment and node.comment.controller})
    route = entry.facts.route if entry.facts.route is not None or not routes else routes[0]
    controller = controllers[0] if controllers else ""
    return Request(
        key=_key(entry, route, entry.facts.transaction or entry.name or controller),
        name=entry.facts.transaction or controller or entry.name,
        facts=entry.facts,
        path=entry.path,
        route_raw=route,
        duration_ns=entry.duration_ns,
        self_ns=entry.duration_ns - _covered(entry, inside),
        db_ns=sum(node.duration_ns for node in called if node.category == "db"),
        http_ns=sum(node.duration_ns for node in called if node.category == "http"),
        weight=entry.weight,
        loops=loops,
        slow=slow,
    )


def _key(entry: Node, route: str | None, name: str) -> EntryKey:
    service, method = entry.facts.service, entry.facts.method
    if route is not None:
        return EntryKey(service, "http", method, canonical(route), None)
    if entry.kind == "server" and (method or entry.path):
        guess = canonical_of_url(entry.path) if entry.path else None
        return EntryKey(service, "http", method, guess, None if guess is not None else name)
    return EntryKey(service, "unknown" if entry.kind == "server" or not name else "task", None, None, name or None)


def _covered(entry: Node, inside: Sequence[Node]) -> int:
    """Nanoseconds of the entry during which at least one direct child runs."""
    covered, position = 0, entry.start_ns
    for child in inside:  # by start, since the nodes of a trace are
        end = min(child.end_ns, entry.end_ns)
        covered += max(0, end - max(position, child.start_ns))
        position = max(position, end)
    return covered


def _loops(called: Sequence[Node], tree: Tree, minimum_repeats: int) -> Iterator[Loop]:
    if len(called) < minimum_repeats:
        return
    groups: dict[tuple[str, str], list[Node]] = defaultdict(list)
    for node in called:
        if node.call is not None:
            parent = tree.parent(node)
            if parent is not None and parent.kind == "client":
                parent = next(tree.callers(node), None)
            groups[node.call, parent.span_id if parent else ""].append(node)
    repeated: dict[str, list[list[Node]]] = defaultdict(list)
    for (call, _), group in groups.items():
        if len(group) >= minimum_repeats and _in_sequence(group) >= LEAST_SEQUENTIAL * (len(group) - 1):
            repeated[call].append(group)
    for call in sorted(repeated):
        yield _loop(call, repeated[call], tree)


def _slow(called: Sequence[Node], tree: Tree, slow_ns: int, repeated: set[str]) -> Iterator[Loop]:
    groups: dict[str, list[list[Node]]] = defaultdict(list)
    for node in called:
        if node.category == "db" and node.duration_ns >= slow_ns and node.call and node.call not in repeated:
            groups[node.call].append([node])
    for call in sorted(groups):
        yield _loop(call, groups[call], tree)


def _loop(call: str, groups: Sequence[Sequence[Node]], tree: Tree) -> Loop:
    nodes = [node for group in groups for node in group]
    above = [list(tree.callers(group[0])) for group in groups]
    ends = {caller.span_id: caller for callers in above if callers for caller in (callers[0], callers[-1])}
    handlers = [caller.facts.handler for callers in above for caller in reversed(callers) if caller.facts.handler]
    return Loop(
        call=call,
        category=nodes[0].category or "db",
        repeats=len(nodes),
        total_ns=sum(node.duration_ns for node in nodes),
        in_sequence=sum(_in_sequence(group) for group in groups),
        pairs=len(nodes) - len(groups),
        identical=all(len({node.values for node in group}) == 1 and group[0].values is not None for group in groups),
        lines=Counter(node.code for node in nodes if node.code),
        callers=Counter(caller.code for caller in ends.values() if caller.code),
        handler=handlers[0] if handlers else None,
    )


def _in_sequence(group: Sequence[Node]) -> int:
    """How many spans start after all spans before them have ended, or wait for one another by nature."""
    count, end = 0, group[0].end_ns
    for before, node in pairwise(group):
        count += node.start_ns >= end or (node.lane is not None and node.lane == before.lane)
        end = max(end, node.end_ns)
    return count
