"""Times and durations of vendors that count in seconds, as integer nanoseconds."""

from bot.errors import UserError
from bot.hotspots.instants import instant
from bot.hotspots.values import LATEST_NS

MICROSECONDS = 1_000_000
_LATEST = LATEST_NS // 1_000  # in microseconds: what a 64-bit float of seconds tells apart today


def moment(value: float | str, where: str) -> int:
    """Seconds (since 1970, or how long), as a number or as text, to the microsecond; or an ISO 8601 date.

    Raises:
        UserError: no time, a negative one or one beyond the year 2262; `where` names the file and field.
    """
    try:
        microseconds = round(float(value) * MICROSECONDS)
    except (ValueError, OverflowError):
        return instant(value, where)
    if not 0 <= microseconds <= _LATEST:
        raise UserError(f"{where} is {str(value)[:40]!r}, expected a time in seconds; check what wrote the file.")
    return microseconds * 1_000
