"""Points in time as exports of many makes write them, as integer nanoseconds since 1970."""

import re
from datetime import UTC, datetime

from bot.errors import UserError
from bot.hotspots.values import EPOCH, LATEST_NS

_ISO = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:[.,](\d{1,9})\d*)?\s*(Z|UTC|[+-]\d\d:?\d\d)?", re.IGNORECASE)
# A number of this size or above counts in units of so many nanoseconds: all times from 1973 to 2262 are told apart.
_UNITS = ((10**17, 1), (10**14, 1_000), (10**11, 1_000_000), (0, 1_000_000_000))


def instant(value: object, where: str) -> int:
    """An ISO 8601 date (without a zone: UTC), or seconds, milliseconds, microseconds or nanoseconds, told by the size.

    Raises:
        UserError: none of these, or beyond the year 2262; `where` names the field.
    """
    found = None
    if isinstance(value, str):
        found = _of_text(value.strip())
    elif isinstance(value, int | float) and not isinstance(value, bool):
        found = _of_number(value)
    if found is None or not 0 <= found <= LATEST_NS:
        raise UserError(f"{where} is {str(value)[:40]!r}, expected a time; check what wrote the file.")
    return found


def _of_text(text: str) -> int | None:
    if text.isascii() and text.isdigit() and len(text) < 20:
        return _of_number(int(text))
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    zone = (found[3] or "Z").upper().replace("UTC", "Z")
    try:
        moment = datetime.fromisoformat(found[1] + ("+00:00" if zone == "Z" else zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    elapsed = moment - EPOCH
    return (elapsed.days * 86_400 + elapsed.seconds) * 1_000_000_000 + int((found[2] or "").ljust(9, "0"))


def _of_number(number: float) -> int | None:
    if not 0 <= number <= LATEST_NS:
        return None
    unit = next(unit for least, unit in _UNITS if number >= least)
    whole = int(number)
    return whole * unit + round((number - whole) * unit)  # the product of a float would lose the last digits
