"""From draws to the figures that are printed: P10, P50, P90 with two significant digits."""

from decimal import ROUND_HALF_EVEN, Context, Decimal

from bot.price.units import Draws
from bot.records import Amount

WIDE = 5  # high over low: beyond it only the range is printed
_NOTHING = 1e-6
_TWO_DIGITS = Context(prec=2, rounding=ROUND_HALF_EVEN)


def amount(draws: Draws, floor: "Draws | None" = None) -> Amount:
    """P10, P50 and P90; the low one from `floor` when part of the draws may not come true at all."""
    import numpy as np

    low, expected, high = (float(value) for value in np.percentile(draws, [10, 50, 90]))
    if floor is not None:
        low = min(low, float(np.percentile(floor, 10)))
    return Amount(low=two_digits(low), expected=two_digits(expected), high=two_digits(high))


def two_digits(value: float) -> Decimal:
    """Two significant digits, written without an exponent; the order of values is kept, a millionth is nothing."""
    if abs(value) < _NOTHING:
        return Decimal(0)
    return Decimal(format(_TWO_DIGITS.create_decimal(repr(value)), "f"))


def is_wide(amount: Amount) -> bool:
    """Whether one figure would pretend to more than is known."""
    return amount.low <= 0 < amount.high or amount.high > WIDE * amount.low > 0
