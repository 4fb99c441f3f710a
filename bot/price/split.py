"""Value split by what becomes of it: cash by itself, cash after somebody acts, capacity freed, or a later avoidance."""

from dataclasses import dataclass
from typing import Literal

from bot.price.billed import Account
from bot.price.factors import Factors
from bot.price.modes import Mode
from bot.price.replay import avoided_units, standing_units
from bot.price.resize import Step, step
from bot.price.units import Draws

Kind = Literal["cash_now", "cash_after_action", "headroom"]
KINDS: tuple[Kind, ...] = ("cash_now", "cash_after_action", "headroom")


@dataclass(frozen=True, eq=False)
class Line:
    """One row of the money table, per draw; `certain` is what is left of its cash if nothing scales in by itself."""

    name: str
    kind: Kind
    cash_when: str
    draws: Draws
    certain: Draws
    step: Step | None = None


@dataclass(frozen=True, eq=False)
class Freed:
    """What the avoided statements leave in one mode, per month and draw."""

    value: Draws  # money
    most: Draws  # money: what the whole hotspot costs there
    vcpu_hours: "Draws | None"  # None where CPU is not what is billed

    def part(self, share: float) -> "Freed":
        """A share of the money; the CPU is the same."""
        return Freed(self.value * share, self.most * share, self.vcpu_hours)


def split(mode: Mode, freed: Freed, factors: Factors, seed: str) -> list[Line]:
    """The lines of one mode."""
    account = mode.account
    if account is None or not account.committed:
        return _uncommitted(mode, freed, 1.0, factors, seed)
    committed = float(account.committed)
    until = f" ({account.committed_until:%Y-%m})" if account.committed_until else ""
    later = f"not cash: avoidance when the commitment ends{until}"
    lines = [_line(f"{mode.name}, committed", "headroom", later, freed.value * committed)]
    if committed < 1:
        lines += _uncommitted(mode, freed.part(1 - committed), 1 - committed, factors, seed)
    return lines


def _uncommitted(mode: Mode, freed: Freed, free: float, factors: Factors, seed: str) -> list[Line]:
    """The lines of the share of the cost that no commitment pays for."""
    import numpy as np

    account, value, vcpu_hours = mode.account, freed.value, freed.vcpu_hours
    if mode.billing == "metered":
        return [_line(mode.name, "cash_now", "by itself: it is metered", value)]
    if mode.billing == "elastic" and account and account.policy and vcpu_hours is not None:
        if account.policy.kind == "fixed":
            why = "not cash: the count does not follow CPU"
            return [_line(mode.name, "headroom", why, value)]
        if account.usage:
            cash = np.minimum(_replayed(account, vcpu_hours, factors, seed) * free, freed.most)
            days = len(account.usage.vcpu) // 24
            return [
                _line(f"{mode.name}, scaled in", "cash_now", f"by itself: replayed over {days} days", cash),
                _line(f"{mode.name}, not scaled in", "headroom", "not cash: whole replicas, and the minimum, stay",
                      np.maximum(value - cash, 0.0)),
            ]  # fmt: skip
    if mode.billing == "elastic":
        cash, nothing = value * factors.share("scaling-share"), value * 0.0
        return [
            Line(f"{mode.name}, scaled in", "cash_now", "by itself, if it scales on CPU above its minimum", cash,
                 nothing),
            _line(f"{mode.name}, not scaled in", "headroom", "not cash until it scales in", value - cash),
        ]  # fmt: skip
    lines = [_line(mode.name, "headroom", "not cash until a smaller size is chosen", value)]
    if account and account.usage and account.smaller and vcpu_hours is not None:
        found = step(account.name, account.monthly, account.smaller, account.usage, vcpu_hours)
        if found.is_named:
            worth = found.fits * float(found.monthly) * free
            when = f"after: {found.action} (fits with {found.chance:.0%})"
            lines.append(Line(f"{mode.name}, resized", "cash_after_action", when, worth, worth, found))
    return lines


def not_taken(mode: Mode, vcpu_hours: "Draws | None") -> tuple[str, ...]:
    """Why no action is named for a mode that has sizes."""
    account = mode.account
    if mode.billing != "stepped":
        return ()
    if account is None:
        return ("cash after an action (a smaller size, a lower minimum): no evidence of sizes, peaks and working set",)
    if account.smaller is None or account.usage is None or vcpu_hours is None:
        return (f"a smaller size of {account.name}: set smaller and usage of its price.resources",)
    found = step(account.name, account.monthly, account.smaller, account.usage, vcpu_hours)
    if found.is_named:
        return ()
    why = found.obstacles or (f"{account.smaller.name} would fit with {found.chance:.0%} only",)
    return tuple(f"a smaller size of {account.name}: {reason}" for reason in why)


def _replayed(account: Account, vcpu_hours: Draws, factors: Factors, seed: str) -> Draws:
    assert account.usage and account.policy
    standing = standing_units(account.usage, account.policy)
    if standing <= 0:
        return vcpu_hours * 0.0
    # Of what was billed the share of replicas that falls away: usage and bill may disagree on how many there were.
    share = avoided_units(account.usage, account.policy, vcpu_hours, f"{seed}:{account.sku}") / standing
    return share * float(account.monthly) * factors.scale(account.sku)


def _line(name: str, kind: Kind, when: str, draws: Draws) -> Line:
    return Line(name, kind, when, draws, draws)
