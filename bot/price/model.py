"""The model: lines of money from factors, once per draw, and what moving one factor does to the result."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from bot.price.amounts import amount
from bot.price.factors import DRAWS, Factors
from bot.price.modes import Mode
from bot.price.repeats import Repeat
from bot.price.split import KINDS, Freed, Kind, Line, split
from bot.price.units import Draws
from bot.price.work import Part, Work, attributed, avoided
from bot.records import Amount

_MOVE = 0.2


@dataclass(frozen=True)
class Model:
    """Repeated statements under the billing modes that can be priced."""

    modes: tuple[Mode, ...]
    repeated: tuple[Repeat, ...]
    factors: Factors
    seed: str = ""

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The value of the avoided statements, split by what becomes cash; never above what the hotspot costs."""
        found: list[Line] = []
        for mode in self.modes:
            found += split(mode, Freed(self.value(mode), self.cost(mode), self.freed(mode)), self.factors, self.seed)
        return _one_action(found)

    def freed(self, mode: Mode) -> "Draws | None":
        """vCPU-hours per month that the avoided statements took from the mode's resources."""
        return mode.cpu(Work(avoided(self.repeated), self.factors)).draws if mode.cpu else None

    def cost(self, mode: Mode) -> Draws:
        """What all repeated statements of the hotspot cost under one mode."""
        return self._cost(mode, attributed(self.repeated))

    def total(self, kind: Kind) -> Amount:
        """The sum of the lines of one kind: draws are added, never percentiles."""
        own = [line for line in self.lines if line.kind == kind]
        return amount(_sum(line.draws for line in own), _sum(line.certain for line in own))

    def attributed(self) -> Amount:
        """What all repeated statements of the hotspot cost at the same prices."""
        return amount(_sum(self.cost(mode) for mode in self.modes))

    def per_million(self) -> Amount | None:
        """Value of a million avoided statements, cash and freed capacity alike; None when none is avoided or priced."""
        count = sum(repeat.avoided for repeat in self.repeated)
        if not count or not self.modes:
            return None
        drawn = {name: draws for name, draws in self.factors.drawn.items() if name != "sampling-error"}
        one = replace(self, factors=replace(self.factors, drawn=drawn, moved={}))
        return amount(_sum(one.value(mode) for mode in one.modes) / count * 1_000_000)

    def moved(self, name: str, by: float) -> "Model":
        """The same draws with one factor, or one price, multiplied."""
        return replace(self, factors=self.factors.with_moved(name, by))

    def effect(self, name: str) -> float:
        """How far 20 % more or less of a factor or price moves the expected amount that it moves most."""
        less, more = self.moved(name, 1 - _MOVE), self.moved(name, 1 + _MOVE)
        return max(abs(more.expected(kind) - less.expected(kind)) / 2 for kind in KINDS)

    def expected(self, kind: Kind) -> float:
        """The median of the sum of one kind, not rounded."""
        import numpy as np

        return float(np.median(_sum(line.draws for line in self.lines if line.kind == kind)))

    def value(self, mode: Mode) -> Draws:
        """What the avoided statements cost under one mode."""
        import numpy as np

        return np.minimum(self._cost(mode, avoided(self.repeated)), self.cost(mode))

    def _cost(self, mode: Mode, parts: tuple[Part, ...]) -> Draws:
        import numpy as np

        cost = mode.cost(Work(parts, self.factors), self.factors)
        return np.minimum(cost, mode.account.ceiling) if mode.account else cost


def _one_action(lines: list[Line]) -> tuple[Line, ...]:
    """The lines with one action at most, the one that is worth most: two are not what somebody decides at once."""
    steps = [line for line in lines if line.kind == "cash_after_action"]
    if len(steps) < 2:
        return tuple(lines)
    best = max(steps, key=lambda line: (float(line.draws.mean()), line.name))
    return tuple(line for line in lines if line.kind != "cash_after_action" or line is best)


def _sum(draws: Iterable[Draws]) -> Draws:
    import numpy as np

    return sum(draws, start=np.zeros(DRAWS))
