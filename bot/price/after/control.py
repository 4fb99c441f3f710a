"""The before and after of one hourly metric against a control: difference in differences, hour of week by hour of week.

Every hour after is compared with the same hours of the week before, the control's own change is taken off, and what is
left is averaged by day: days are nearly independent of each other, hours and requests are not. All functions take
arrays whose last axis is time, so a simulation runs thousands of windows through the very code that decides.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

WEEK = 168
DAY = 24
LEAST_DAYS = 7  # before and after: with less, the hours of a week are not covered
LEAST_HOURS = 12  # of a day, or the day is left out
# Two-sided 5 % points of Student's t for 1 to 30 degrees of freedom; beyond, that of 30, which is on the safe side.
_T = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip


@dataclass(frozen=True)
class Differences:
    """Mean log ratio of after to before, its 95 % interval, and the days on both sides; NaN without enough."""

    mean: "Floats"
    margin: "Floats"
    days_before: "NDArray[np.int64]"
    days_after: "NDArray[np.int64]"


def differences(before: "Floats", after: "Floats", first_before: int, first_after: int) -> Differences:
    """Compare two windows of hourly log ratios (target to control), NaN where an hour is left out.

    `first_before` and `first_after` are the hours of the week, 0 to 167, of the first hour of each window. Days are
    counted from the deployment in both directions, so a part of one is at the far end of a window.
    """
    import numpy as np

    missing = -before.shape[-1] % DAY
    before, first_before = _filled(before, missing, 0), (first_before - missing) % WEEK
    after = _filled(after, 0, -after.shape[-1] % DAY)
    of_week = (first_before + np.arange(before.shape[-1])) % WEEK
    usual = np.full((*before.shape[:-1], WEEK), np.nan)
    for hour in np.unique(of_week):
        usual[..., hour] = _mean(before[..., of_week == hour])
    changed = _days(after - usual[..., (first_after + np.arange(after.shape[-1])) % WEEK])
    days_before, days_after = (np.isfinite(days).sum(-1) for days in (_days(before), changed))
    enough = (days_before >= LEAST_DAYS) & (days_after >= LEAST_DAYS)
    spread = np.fmax(_deviation(changed), _deviation(_days(before - usual[..., of_week])))
    fewest = np.where(enough, np.minimum(days_before, days_after), LEAST_DAYS)
    # Each difference already holds the noise of both sides: adding that of the days before once more makes the
    # interval wider than a paired one, which is what drift that the control does not share needs (bench/verify.py).
    error = spread * np.sqrt(1 / np.fmax(days_after, 1) + 1 / np.fmax(days_before, 1))
    margin = np.asarray(_T)[np.minimum(fewest - 1, len(_T)) - 1] * error
    return Differences(
        np.where(enough, _mean(changed), np.nan), np.where(enough, margin, np.nan), days_before, days_after
    )


def _filled(hours: "Floats", front: int, back: int) -> "Floats":
    """The hours with others in front and behind of which nothing is known."""
    import numpy as np

    return np.pad(hours, [(0, 0)] * (hours.ndim - 1) + [(front, back)], constant_values=np.nan)


def widened(found: Differences, without: Differences) -> Differences:
    """The same with an interval wider by what moved in the week before, when nothing was deployed, if that is known.

    It keeps a drift that the control does not follow from being taken for the deployment (bench/verify.py).
    """
    import numpy as np

    return replace(found, margin=found.margin + np.nan_to_num(np.abs(without.mean)))


def _days(hours: "Floats") -> "Floats":
    """Means of whole days; NaN for a day with too few hours."""
    import numpy as np

    days = hours.reshape(*hours.shape[:-1], -1, DAY)
    return np.where(np.isfinite(days).sum(-1) >= LEAST_HOURS, _mean(days), np.nan)


def _mean(values: "Floats") -> "Floats":
    """The mean of the last axis without NaN; NaN where there is nothing."""
    import numpy as np

    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(-1)
    count = known.sum(-1)
    return np.where(count > 0, total / np.fmax(count, 1), np.nan)


def _deviation(values: "Floats") -> "Floats":
    """The standard deviation of the last axis without NaN."""
    import numpy as np

    known = np.isfinite(values)
    squares = np.where(known, (values - _mean(values)[..., None]) ** 2, 0.0).sum(-1)
    return np.asarray(np.sqrt(squares / np.fmax(known.sum(-1) - 1, 1)))
