"""The model: lines of money from factors, once per draw, and what moving one factor does to the result."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from bot.price.amounts import amount
from bot.price.factors import DRAWS, Factors
from bot.price.modes import Mode
from bot.price.repeats import Repeat
from bot.price.units import Draws
from bot.price.work import Part, Work, attributed, avoided
from bot.records import Amount

Kind = Literal["cash_now", "headroom"]  # cash after an action needs evidence of sizes, which only a bill brings
_KINDS: tuple[Kind, ...] = ("cash_now", "headroom")
_MOVE = 0.2


@dataclass(frozen=True, eq=False)
class Line:
    """One row of the money table, per draw; `certain` is what is left of its cash if nothing scales in by itself."""

    name: str
    kind: Kind
    cash_when: str
    draws: Draws
    certain: Draws


@dataclass(frozen=True)
class Model:
    """Repeated statements under the billing modes that can be priced."""

    modes: tuple[Mode, ...]
    repeated: tuple[Repeat, ...]
    factors: Factors

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The value of the avoided statements, split by what becomes cash; never above what the hotspot costs."""
        import numpy as np

        found: list[Line] = []
        for mode in self.modes:
            value = np.minimum(self._cost(mode, avoided(self.repeated)), self._cost(mode, attributed(self.repeated)))
            found += _split(mode, value, self.factors)
        return tuple(found)

    def total(self, kind: Kind) -> Amount:
        """The sum of the lines of one kind: draws are added, never percentiles."""
        own = [line for line in self.lines if line.kind == kind]
        return amount(_sum(line.draws for line in own), _sum(line.certain for line in own))

    def attributed(self) -> Amount:
        """What all repeated statements of the hotspot cost at the same prices."""
        return amount(_sum(self._cost(mode, attributed(self.repeated)) for mode in self.modes))

    def per_million(self) -> Amount | None:
        """Value of a million avoided statements, cash and freed capacity alike; None when none is avoided or priced."""
        count = sum(repeat.avoided for repeat in self.repeated)
        if not count or not self.modes:
            return None
        one_request = replace(self, factors=replace(self.factors, moved={}))
        return amount(_sum(line.draws for line in one_request.lines) / count * 1_000_000)

    def moved(self, name: str, by: float) -> "Model":
        """The same draws with one factor, or one price, multiplied."""
        return replace(self, factors=self.factors.with_moved(name, by))

    def effect(self, name: str) -> float:
        """How far 20 % more or less of a factor or price moves the expected amount that it moves most."""
        less, more = self.moved(name, 1 - _MOVE), self.moved(name, 1 + _MOVE)
        return max(abs(more.expected(kind) - less.expected(kind)) / 2 for kind in _KINDS)

    def expected(self, kind: Kind) -> float:
        """The median of the sum of one kind, not rounded."""
        import numpy as np

        return float(np.median(_sum(line.draws for line in self.lines if line.kind == kind)))

    def _cost(self, mode: Mode, parts: tuple[Part, ...]) -> Draws:
        return mode.cost(Work(parts, self.factors), self.factors)


def _split(mode: Mode, value: Draws, factors: Factors) -> list[Line]:
    if mode.billing == "metered":
        return [Line(mode.name, "cash_now", "by itself: it is metered", value, value)]
    if mode.billing == "stepped":
        return [Line(mode.name, "headroom", "not cash until a smaller size is chosen", value, value)]
    cash, nothing = value * factors.share("scaling-share"), value * 0.0
    return [
        Line(f"{mode.name}, scaled in", "cash_now", "by itself, if it scales on CPU above its minimum", cash, nothing),
        Line(f"{mode.name}, not scaled in", "headroom", "not cash until it scales in", value - cash, value - cash),
    ]


def _sum(draws: Iterable[Draws]) -> Draws:
    import numpy as np

    return sum(draws, start=np.zeros(DRAWS))
