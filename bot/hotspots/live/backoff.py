"""How long to wait before a call is made again: what the server asks for, else twice as long each time."""

from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
ATTEMPTS = 5
LONGEST_WAIT_S = 120.0  # of one wait; a server that asks for more is left alone
AFTER = ("retry-after", "x-ratelimit-reset", "x-rate-limit-reset", "x-sentry-rate-limit-reset")
EPOCH_S = 1_000_000_000  # a number above it is a time, below it a duration


def wait_s(headers: Mapping[str, str], attempt: int, now_s: float) -> float:
    """Seconds to wait after an attempt (0 is the first); at most `LONGEST_WAIT_S` where the server asks for none."""
    for name in AFTER:
        asked = _seconds(headers.get(name, ""), now_s)
        if asked is not None:
            return asked
    return min(LONGEST_WAIT_S, float(2**attempt))


def _seconds(text: str, now_s: float) -> float | None:
    """A duration in seconds, a time in seconds since 1970, or a date of HTTP."""
    try:
        value = float(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        value = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if value != value or value < 0:  # noqa: PLR0124 - not a number
        return None
    return max(0.0, value - now_s) if value >= EPOCH_S else value
