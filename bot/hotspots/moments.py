"""Times of vendors that count in seconds or write dates, as integer nanoseconds since 1970."""

from datetime import UTC, datetime, timedelta

from bot.errors import UserError
from bot.hotspots.values import LATEST_NS

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECONDS = 1_000_000
_LATEST = LATEST_NS // 1_000  # in microseconds: what a 64-bit float of seconds tells apart today


def moment(value: float | str, where: str) -> int:
    """Seconds since 1970, as a number or as text, or an ISO 8601 date (without a zone: UTC), to the microsecond.

    Raises:
        UserError: no time, a negative one or one beyond the year 2262; `where` names the file and field.
    """
    try:
        microseconds = _of_text(value) if isinstance(value, str) else round(value * MICROSECONDS)
    except (ValueError, OverflowError):
        microseconds = -1
    if not 0 <= microseconds <= _LATEST:
        raise UserError(
            f"{where} is {str(value)[:40]!r}, expected seconds since 1970 or a date; check what wrote the file."
        )
    return microseconds * 1_000


def _of_text(text: str) -> int:
    try:
        return round(float(text) * MICROSECONDS)
    except ValueError:
        date = datetime.fromisoformat(text)
    date = date.replace(tzinfo=UTC) if date.tzinfo is None else date
    return (date - EPOCH) // timedelta(microseconds=1)
