"""Hours of two entries over some weeks, with a deployment in between."""

import math

from bot.price.after.effects import Window
from bot.price.after.series import Hour

DEPLOYED = 20_000 * 24 + 10  # hours since 1970: ten o'clock
HOME = "GET /health"
POSTS = "GET /posts"


def hours(
    before: int = 7, after: int = 7, factor: float = 0.6, entry: str = POSTS, requests: float = 500, cpu: bool = True
) -> list[Hour]:
    """Days of an entry; per request 10 ms of the application and 4 ms of the database, with a day's shape and ripple.

    `factor` is what the deployment multiplies both with.
    """
    found = []
    for at in range(DEPLOYED - 2 - before * 24, DEPLOYED + 2 + after * 24):
        day = 1 + 0.3 * math.sin(at % 24 / 24 * 2 * math.pi)
        ripple = 1 + 0.02 * math.sin(at * (1.7 if entry == POSTS else 2.3))
        each = day * ripple * (factor if at >= DEPLOYED else 1.0)
        found.append(
            Hour(
                at=at,
                entry=entry,
                requests=requests,
                db_ms=4 * each * requests,
                cpu_ms=10 * each * requests if cpu else None,
            )
        )
    return found


def window(*incidents: tuple[int, int]) -> Window:
    return Window(DEPLOYED * 3600, incidents)
