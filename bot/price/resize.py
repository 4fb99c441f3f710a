"""Whether the next smaller size would do once the statements are gone: CPU at its worst, memory, connections."""

from dataclasses import dataclass
from decimal import Decimal

from bot.config import SmallerConfig
from bot.price.units import Draws, MonthlyCost
from bot.price.usage import HIGH, Usage

ROOM = 0.80  # of the smaller size that may be in use
LIKELY = 0.5  # below this chance no amount is named


@dataclass(frozen=True, eq=False)
class Step:
    """One step down: what it is worth where it fits, and why not where it cannot."""

    action: str
    fits: Draws  # 1 where it does, 0 where not
    monthly: MonthlyCost  # what the step saves per month of 730 hours
    obstacles: tuple[str, ...] = ()

    @property
    def chance(self) -> float:
        """The share of draws in which it fits."""
        return float(self.fits.mean())

    @property
    def is_named(self) -> bool:
        """Whether it is worth proposing."""
        return not self.obstacles and self.chance >= LIKELY


def step(name: str, monthly: MonthlyCost, smaller: SmallerConfig, usage: Usage, vcpu_hours: Draws) -> Step:
    """The step from the size of today, costing `monthly` for all machines, to a smaller one.

    `vcpu_hours` per month fall away; at the worst hour as much more as that hour lies above the mean.
    """
    obstacles = _obstacles(smaller, usage)
    high = usage.high_vcpu
    mean = usage.mean_vcpu
    less = vcpu_hours / 730 * (high / mean if mean > 0 else 1.0)
    allowed = ROOM * smaller.vcpu
    fits = ((high - less) <= allowed).astype(float)
    if high <= allowed and not obstacles:
        obstacles += (f"{smaller.name} fits already without this change, so it is no part of its saving",)
    return Step(
        action=f"resize {name} to {smaller.name}",
        fits=fits,
        monthly=MonthlyCost(monthly * (1 - Decimal(str(smaller.cost_share)))),
        obstacles=obstacles,
    )


def _obstacles(smaller: SmallerConfig, usage: Usage) -> tuple[str, ...]:
    found = []
    for what, peak, most in (
        ("GiB of memory", max(usage.memory_gib, default=None), smaller.memory_gib and ROOM * smaller.memory_gib),
        ("connections", max(usage.connections, default=None), smaller.connections),
    ):
        if most is None:
            continue
        if peak is None:
            found.append(f"{smaller.name}: the {what} in use are not in the usage")
        elif peak > most:
            found.append(f"{smaller.name} has room for {most:,.0f} {what}, of which {peak:,.0f} are in use")
    return tuple(found)


def percentile_name() -> str:
    """How the worst hour is called."""
    return f"P{HIGH * 100:.1f}"
