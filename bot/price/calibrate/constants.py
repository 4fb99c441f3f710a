"""From runs with and without the repeated statements to what one of them costs. Pure: samples in, ranges out."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from bot.errors import UserError
from bot.price.factors import Constant

Way = Literal["orm", "orm joined", "orm separate", "dbapi", "dbapi joined"]
# What replaces the loop, and how many statements it issues itself; the loop issues one and one per row.
_PAIRS: tuple[tuple[Way, Way, int], ...] = (
    ("orm", "orm joined", 1),
    ("orm", "orm separate", 2),
    ("dbapi", "dbapi joined", 1),
)
_PERCENTILES = (10, 50, 90)
_OF_WAITING = (25, 50, 75)  # a wait is as long as the machine is busy: its tail is not the network's
_NS_PER_MS = 1e6


class Run(msgspec.Struct, frozen=True):
    """One run: nanoseconds of wall time, of CPU in the client, and in the server where it can be seen."""

    wall: int
    client: int
    server: int | None = None


class Sample(Run, frozen=True):
    """One run of one way to read `size` rows."""

    way: Way = "orm"
    size: int = 0
    round: int = 0


class Answer(msgspec.Struct, frozen=True):
    """What the experiment says."""

    samples: list[Sample] = []
    round_trips: list[Run] = []
    versions: dict[str, str] = {}
    server: str = ""  # why the server's CPU is not known
    error: str = ""


class Measured(msgspec.Struct, frozen=True):
    """One constant and, for people, its middle at each size."""

    constant: Constant
    by_size: dict[int, float]


def constants_of(answer: Answer) -> dict[str, Measured]:
    """The constants by name, in milliseconds per avoided statement; the server's only where its CPU was seen.

    Raises:
        UserError: the runs differ more from each other than the ways do.
    """
    found = {
        "application-cpu-orm": _avoided(answer.samples, "client", "orm"),
        "application-cpu-dbapi": _avoided(answer.samples, "client", "dbapi"),
        "round-trip": {1: [_waited(run) for run in answer.round_trips]},
    }
    if not answer.server:
        found["database-cpu"] = _avoided(answer.samples, "server", "")
    return {name: _measured(name, values) for name, values in sorted(found.items())}


def _avoided(samples: Sequence[Sample], of: str, loop: str) -> dict[int, list[float]]:
    """Per size, what each avoided statement took, round by round; of both loops where none is named."""
    known = {(s.way, s.size, s.round): getattr(s, of) for s in samples}
    values: dict[int, list[float]] = {}
    for before, after, left in _PAIRS:
        if before.startswith(loop):
            for (way, size, number), cost in known.items():
                if way == before:
                    avoided = size + 1 - left
                    values.setdefault(size, []).append((cost - known[after, size, number]) / avoided / _NS_PER_MS)
    return values


def _waited(run: Run) -> float:
    return max(0, run.wall - run.client - (run.server or 0)) / _NS_PER_MS


def _measured(name: str, by_size: dict[int, list[float]]) -> Measured:
    import numpy as np

    percentiles = _OF_WAITING if name == "round-trip" else _PERCENTILES
    low, mid, high = np.percentile([value for values in by_size.values() for value in values], percentiles)
    if mid < 0 or (mid == 0 and name != "round-trip"):
        raise UserError(f"{name}: the machine is too busy to measure it; try again when it has less to do.")
    constant = Constant(
        unit="ms per avoided statement", source="", low=_short(max(0.0, low)), mid=_short(mid), high=_short(high)
    )
    return Measured(constant, {size: _short(float(np.median(values))) for size, values in sorted(by_size.items())})


def _short(value: float) -> float:
    return float(f"{value:.3g}")
