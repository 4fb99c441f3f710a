"""Resources per request before and after a deployment, hour by hour, against a control entry."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bot.price.after.control import LEAST_DAYS, WEEK, differences, widened
from bot.price.after.series import RESOURCES, Hour
from bot.records import Effect, Metric

if TYPE_CHECKING:
    from bot.price.after.control import Floats

LEAST_REQUESTS = 50  # of an hour, or its mean says little
AROUND_HOURS = 2  # before and after a deployment: caches are cold, two versions run
SMALLEST = 0.05  # a change that is smaller is none that anybody should act on
# The days nearest to the deployment: a drift that the control does not share grows with the distance
# (bench/verify.py). A second week stands in where the first one has holes; else the one before tells how much drifts.
WEEKS = (1, 2)
_MONDAY = 96  # hours from 1970-01-01, a Thursday, to the first Monday


@dataclass(frozen=True)
class Window:
    """The deployment and what to leave out; times in seconds since 1970, ends are not part of it."""

    deployed: int
    incidents: tuple[tuple[int, int], ...] = ()

    def leaves_out(self, at: int) -> bool:
        """Whether an incident touches the hour."""
        start, end = at * 3600, (at + 1) * 3600
        return any(first < end and start < last for first, last in self.incidents)


def effects(target: Sequence[Hour], control: Sequence[Hour], window: Window) -> tuple[Effect, ...]:
    """The effect on every resource that the target's hours have; pending where whole days are missing."""
    measured = [name for name in RESOURCES if any(getattr(hour, name) is not None for hour in target)]
    return tuple(_effect(name, target, control, window) for name in measured)


def _effect(name: Metric, target: Sequence[Hour], control: Sequence[Hour], window: Window) -> Effect:
    import numpy as np

    mine, theirs = (_per_request(hours, name, window) for hours in (target, control))
    ratios = {at: float(np.log(mine[at] / theirs[at])) for at in mine.keys() & theirs.keys()}
    end = window.deployed // 3600 - AROUND_HOURS  # first hour that is left out
    start = -(-window.deployed // 3600) + AROUND_HOURS
    for weeks in WEEKS:
        span = weeks * WEEK
        last = min(start + span, max(ratios, default=start) + 1)
        before = _array(ratios, max(end - span, min(ratios, default=end)), end)
        seen = differences(before, _array(ratios, start, last), _of_week(end - len(before)), _of_week(start))
        if weeks == 1:
            earlier = _array(ratios, end - 2 * WEEK, end - WEEK)
            seen = widened(seen, differences(earlier, before, _of_week(end), _of_week(end - len(before))))
        days = int(seen.days_before), int(seen.days_after)
        if min(days) >= LEAST_DAYS:
            usual = float(np.mean([mine[at] for at in sorted(mine) if end - span <= at < end]))
            change, low, high = (
                round(float(np.expm1(x)), 4) for x in (seen.mean, seen.mean - seen.margin, seen.mean + seen.margin)
            )
            return Effect(
                metric=name, state=_state(low, high), days_before=days[0], days_after=days[1],
                before=round(usual, 4), change=change, low=low, high=high,
            )  # fmt: skip
    return Effect(metric=name, state="pending", days_before=days[0], days_after=days[1])


def _state(low: float, high: float) -> Literal["fell", "unchanged", "rose", "undecided"]:
    if high < 0:
        return "fell"
    if low > 0:
        return "rose"
    return "unchanged" if low > -SMALLEST and high < SMALLEST else "undecided"


def _per_request(hours: Iterable[Hour], name: str, window: Window) -> dict[int, float]:
    found = {}
    for hour in hours:
        amount = getattr(hour, name)
        if amount and hour.requests >= LEAST_REQUESTS and not window.leaves_out(hour.at):
            found[hour.at] = amount / hour.requests
    return found


def _array(ratios: Mapping[int, float], first: int, end: int) -> "Floats":
    import numpy as np

    return np.array([ratios.get(at, np.nan) for at in range(first, max(first, end))])


def _of_week(at: int) -> int:
    return (at - _MONDAY) % WEEK
