"""What a scaling policy would have made of less CPU: its hours again, with the work of the avoided statements gone.

Replicas come and go whole, and never below the minimum, so the cash is seldom the share of CPU that is freed; here it
is what these hours would have cost less, and nothing is assumed about how much "scales in".
"""

from dataclasses import dataclass
from typing import Literal

from bot.price.units import Draws
from bot.price.usage import Usage

HOURS = 730
GRID = 401  # values of less CPU that are replayed; draws lie between two of them


@dataclass(frozen=True)
class Policy:
    """How many are there for so much CPU: replicas at a CPU target, or capacity units of Aurora Serverless v2."""

    kind: Literal["replicas", "acu", "fixed"]
    minimum: float
    target: float = 0.6  # share of a replica's CPU
    replica_vcpu: float = 1.0
    gib_per_unit: float = 2.0  # an ACU holds so much memory, and the working set has to fit
    units_per_vcpu: float = 4.0

    def needed(self, vcpu: Draws, memory_gib: float = 0.0) -> Draws:
        """Replicas, or units, that stand for so many vCPUs in use."""
        import numpy as np

        if self.kind == "fixed":
            return np.full_like(vcpu, self.minimum)
        if self.kind == "acu":
            return np.maximum(max(self.minimum, memory_gib / self.gib_per_unit), vcpu * self.units_per_vcpu)
        # an exact multiple of a replica is that many, whatever the last bit of a product says
        return np.maximum(self.minimum, np.ceil(vcpu / (self.target * self.replica_vcpu) - 1e-9))


def standing_units(usage: Usage, policy: Policy) -> float:
    """Replica-hours (or ACU-hours) per month that the policy asks for as it is."""
    import numpy as np

    memory = usage.memory_gib or (0.0,) * len(usage.vcpu)
    needed = [float(policy.needed(np.array([u]), m)[0]) for u, m in zip(usage.vcpu, memory, strict=True)]
    return sum(needed) * HOURS / len(needed)


def avoided_units(usage: Usage, policy: Policy, vcpu_hours: Draws, seed: str) -> Draws:
    """Replica-hours (or ACU-hours) per month that fall away when so many vCPU-hours per month do.

    Each draw sees the days of the usage drawn anew with repetition: how far the weeks to come are like those measured.
    """
    import numpy as np

    drawn = vcpu_hours / HOURS  # vCPUs on average
    low, high = float(drawn.min()), float(drawn.max())
    less = np.linspace(low, high, GRID) if high > low else np.array([low])
    hours = len(usage.vcpu)
    day_of = [hour // 24 for hour in range(hours)]
    days = [np.zeros_like(less) for _ in range(day_of[-1] + 1)]
    for hour, (used, part) in enumerate(zip(usage.vcpu, usage.profile, strict=True)):
        memory = usage.memory_gib[hour] if usage.memory_gib else 0.0
        before = policy.needed(np.array([used]), memory)
        after = policy.needed(np.maximum(0.0, used - less * part), memory)
        days[day_of[hour]] += before - after
    weights = _day_weights(len(days), len(drawn), seed)
    total = np.zeros_like(drawn)
    for day, of_day in enumerate(days):
        total += weights[day] * np.interp(drawn, less, of_day)
    return total * HOURS / hours


def _day_weights(days: int, draws: int, seed: str) -> "Draws":
    """How often each day is drawn, an array of days x draws."""
    from hashlib import sha256

    import numpy as np

    stream = int.from_bytes(sha256(f"{seed}:days".encode()).digest(), "big")
    drawn = np.random.Generator(np.random.PCG64(stream)).integers(0, days, size=(draws, days))
    return np.stack([(drawn == day).sum(axis=1).astype(float) for day in range(days)])
