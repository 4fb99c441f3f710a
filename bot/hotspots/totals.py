"""What all requests of one entry add up to, in a few bytes per request: the requests themselves are not kept."""

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence

from bot.hotspots.loops import EntryKey, Loop, Request
from bot.hotspots.span import Code
from bot.hotspots.traces import Category
from bot.records import Handler


class CallTotals:
    """One call in all requests of an entry in which it repeats, or in which it is slow; durations in nanoseconds."""

    def __init__(self, category: Category) -> None:
        self.category = category
        self.repeats = array("q")  # per request
        self.total_ns = 0
        self.in_sequence = 0
        self.pairs = 0
        self.identical = True
        self.lines: Counter[Code] = Counter()
        self.callers: Counter[Code] = Counter()
        self.handlers: Counter[Handler] = Counter()

    def add(self, loop: Loop) -> None:
        """Takes in one more request."""
        self.repeats.append(loop.repeats)
        self.total_ns += loop.total_ns
        self.in_sequence += loop.in_sequence
        self.pairs += loop.pairs
        self.identical = self.identical and loop.identical
        self.lines += loop.lines
        self.callers += loop.callers
        if loop.handler:
            self.handlers[loop.handler] += 1

    def merge(self, other: "CallTotals") -> None:
        """Takes in what others saw."""
        self.repeats.extend(other.repeats)
        self.total_ns += other.total_ns
        self.in_sequence += other.in_sequence
        self.pairs += other.pairs
        self.identical = self.identical and other.identical
        self.lines += other.lines
        self.callers += other.callers
        self.handlers += other.handlers


class EntryTotals:
    """All requests of one entry."""

    def __init__(self, key: EntryKey) -> None:
        self.key = key
        self.durations = array("q")
        self.weights = array("d")  # of the requests that say what they stand for
        self.self_ns = self.db_ns = self.http_ns = 0
        self.path: str | None = None  # the first in order
        self.names: Counter[str] = Counter()
        self.routes: Counter[str] = Counter()  # as the source wrote them
        self.environments: Counter[str] = Counter()
        self.releases: Counter[str] = Counter()
        self.loops: dict[str, CallTotals] = {}
        self.slow: dict[str, CallTotals] = {}

    @property
    def requests(self) -> int:
        """How many there were."""
        return len(self.durations)

    def add(self, request: Request) -> None:
        """Takes in one more request."""
        self.durations.append(request.duration_ns)
        if request.weight is not None:
            self.weights.append(request.weight)
        self.self_ns += request.self_ns
        self.db_ns += request.db_ns
        self.http_ns += request.http_ns
        self.describe(request, 1)
        for calls, seen in ((self.loops, request.loops), (self.slow, request.slow)):
            for loop in seen:
                if loop.call not in calls:
                    calls[loop.call] = CallTotals(loop.category)
                calls[loop.call].add(loop)

    def describe(self, request: Request, times: int) -> None:
        """Takes in what that many equal requests say of the entry."""
        self._see(request.path)
        for counter, value in (
            (self.names, request.name),
            (self.routes, request.route_raw),
            (self.environments, request.facts.environment),
            (self.releases, request.facts.release),
        ):
            if value or (value == "" and counter is self.routes):
                counter[value] += times

    def merge(self, other: "EntryTotals") -> None:
        """Takes in the requests that another process saw."""
        self.durations.extend(other.durations)
        self.weights.extend(other.weights)
        self.self_ns += other.self_ns
        self.db_ns += other.db_ns
        self.http_ns += other.http_ns
        self._see(other.path)
        self.names += other.names
        self.routes += other.routes
        self.environments += other.environments
        self.releases += other.releases
        for mine, theirs in ((self.loops, other.loops), (self.slow, other.slow)):
            for call, totals in theirs.items():
                if call in mine:
                    mine[call].merge(totals)
                else:
                    mine[call] = totals

    def _see(self, path: str | None) -> None:
        if path and (self.path is None or path < self.path):
            self.path = path


Totals = dict[EntryKey, EntryTotals]


def add_up(requests: Iterable[Request]) -> Totals:
    """The totals of the requests, by entry."""
    totals: Totals = {}
    for request in requests:
        if request.key not in totals:
            totals[request.key] = EntryTotals(request.key)
        totals[request.key].add(request)
    return totals


def merged(parts: Sequence[Totals]) -> Totals:
    """The totals of several parts as one; the parts are used up."""
    totals: Totals = {}
    for part in parts:
        for key, entry in part.items():
            if key in totals:
                totals[key].merge(entry)
            else:
                totals[key] = entry
    return totals
