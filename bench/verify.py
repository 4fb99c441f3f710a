"""How often the check after a merge cries wolf, and how small a saving it sees, by simulated hours."""

import argparse
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.price.after.control import DAY, WEEK, Differences, differences, widened

METHODS = ("hourly t", "matched", "control", "control, week before")
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """How hours of an endpoint behave when nothing is deployed; the parts are standard deviations of a log."""

    noise: float = 0.08  # AR(1), each endpoint its own
    memory: float = 0.7  # of that noise from one hour to the next
    season: float = 0.15  # how much of the week's profile shows in a request
    shared_drift: float = 0.0036  # steps of a random walk that target and control have in common
    own_drift: float = 0.0  # steps of one that the control does not follow


def week() -> Floats:
    """Traffic over a week: nights are quiet, weekends more so."""
    hours = np.arange(WEEK)
    return 1 + 0.35 * np.sin((hours % DAY - 9) / DAY * 2 * np.pi) - 0.25 * (hours // DAY >= 5)


def hours_of(world: World, runs: int, hours: int, first: Floats, rng: np.random.Generator) -> Floats:
    """Logs of a cost per request, one row per run."""
    shocks = rng.normal(0, world.noise * np.sqrt(1 - world.memory**2), (runs, hours))
    noise = np.zeros((runs, hours))
    for hour in range(1, hours):
        noise[:, hour] = world.memory * noise[:, hour - 1] + shocks[:, hour]
    profile = week()[(first[:, None].astype(int) + np.arange(hours)) % WEEK]
    own = np.cumsum(rng.normal(0, world.own_drift, (runs, hours)), axis=1)
    return noise + np.log1p(world.season * (profile - 1)) + own


def found(world: World, days: tuple[int, int], effect: float, runs: int, seed: int) -> dict[str, float]:
    """Share of the runs in which each method sees a change; `effect` 0.3 is a saving of 30 %."""
    rng = np.random.Generator(np.random.PCG64(seed))
    before, after = days[0] * DAY, days[1] * DAY
    earlier = WEEK if days == (7, 7) else 0  # what tells how much drifts without a deployment
    before += earlier
    first = np.full(runs, rng.integers(0, WEEK), dtype=float)
    drift = np.cumsum(rng.normal(0, world.shared_drift, (runs, before + after)), axis=1)
    target = hours_of(world, runs, before + after, first, rng) + drift
    control = hours_of(world, runs, before + after, first, rng) + drift
    target[:, before:] += np.log1p(-effect)
    start = int(first[0])
    week = slice(earlier, before)
    later, first_hour = (start + before) % WEEK, (start + earlier) % WEEK
    shares = {"hourly t": float(np.mean(_hourly(target[:, week], target[:, before:])))}
    for name, logs in {"matched": target, "control": target - control}.items():
        seen = differences(logs[:, week], logs[:, before:], first_hour, later)
        shares[name] = _share(seen)
    if earlier:
        shares["control, week before"] = _share(
            widened(seen, differences(logs[:, :earlier], logs[:, week], start, first_hour))
        )
    return shares


def _share(seen: Differences) -> float:
    return float(np.mean(np.abs(seen.mean) > seen.margin))


def _hourly(before: Floats, after: Floats) -> NDArray[np.bool_]:
    error = np.sqrt(before.var(1, ddof=1) / before.shape[1] + after.var(1, ddof=1) / after.shape[1])
    return np.abs(after.mean(1) - before.mean(1)) > 1.96 * error


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=4000)
    options.add_argument("--seed", type=int, default=7)
    given = options.parse_args()
    worlds = {
        "control shares all drift": World(),
        "own drift too, a quarter": World(own_drift=0.0009),
        "own drift too, as much again": World(own_drift=0.0036),
    }
    print("| world | days before/after | effect | hourly t | matched | control | control, week before |")
    print("|---|---|--:|--:|--:|--:|--:|")
    for name, world in worlds.items():
        for days in ((7, 7), (14, 14), (28, 28), (3, 3)):
            for effect in (0.0, 0.05, 0.1, 0.3) if days == (7, 7) else (0.0,) if days != (3, 3) else (0.3,):
                seen = found(world, days, effect, given.runs, given.seed)
                shares = " | ".join(f"{100 * seen[method]:.1f} %" if method in seen else "" for method in METHODS)
                print(f"| {name} | {days[0]}/{days[1]} | {-100 * effect:.0f} % | {shares} |")


if __name__ == "__main__":
    main()
