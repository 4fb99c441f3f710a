"""Units of billing as types: a price per hour cannot be added to, or multiplied by, a number of millions.

A type checker refuses the mixture (`Price` and `Quantity` are invariant in their unit) and so does the run time.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Generic, NewType, TypeAlias, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Draws: TypeAlias = "NDArray[np.float64]"  # one float per draw; money and quantities alike


# Money of the window that a bill covers, and per month of 730 hours: what is a month already is not made one again.
WindowCost = NewType("WindowCost", Decimal)
MonthlyCost = NewType("MonthlyCost", Decimal)


class Unit:
    """What a price is for one of."""

    word: str


class Hour(Unit):
    """One machine for one hour."""

    word = "hour"


class Month(Unit):
    """One thing for a month of 730 hours."""

    word = "month"


class VcpuHour(Unit):
    """One virtual CPU for one hour."""

    word = "vCPU-hour"


class AcuHour(Unit):
    """One Aurora capacity unit for one hour."""

    word = "ACU-hour"


class GbHour(Unit):
    """One gigabyte of memory for one hour."""

    word = "GB-hour"


class GbSecond(Unit):
    """One gigabyte of memory for one second."""

    word = "GB-second"


class Gigabyte(Unit):
    """10^9 bytes on the wire."""

    word = "GB"


class Million(Unit):
    """A million calls."""

    word = "million"


UNITS: dict[str, type[Unit]] = {
    unit.word: unit for unit in (Hour, Month, VcpuHour, AcuHour, GbHour, GbSecond, Gigabyte, Million)
}

U = TypeVar("U", bound=Unit)
V = TypeVar("V", bound=Unit)


@dataclass(frozen=True, eq=False)
class Quantity(Generic[U]):
    """So much of a unit, once per draw."""

    unit: type[U]
    draws: Draws

    def over(self, share: Draws) -> "Quantity[U]":
        """The capacity that has to stand ready when only a share of it may be used."""
        return Quantity(self.unit, self.draws / share)

    def times(self, factor: Draws) -> "Quantity[U]":
        """The same unit, scaled by a plain number."""
        return Quantity(self.unit, self.draws * factor)


@dataclass(frozen=True)
class Price(Generic[U]):
    """Money for one of a unit."""

    amount: Decimal
    unit: type[U]
    currency: str = "USD"

    def __add__(self, other: "Price[U]") -> "Price[U]":
        self._same(other.unit)
        if other.currency != self.currency:
            raise TypeError(f"{self.currency} cannot be added to {other.currency}.")
        return Price(self.amount + other.amount, self.unit, self.currency)

    def per(self, unit: type[V], takes: Decimal) -> "Price[V]":
        """The price of another unit, one of which takes so many of this one."""
        return Price(self.amount * takes, unit, self.currency)

    def of(self, quantity: Quantity[U]) -> Draws:
        """The cost of a quantity, once per draw."""
        self._same(quantity.unit)
        return quantity.draws * float(self.amount)

    def _same(self, unit: type[Unit]) -> None:
        if unit is not self.unit:
            raise TypeError(f"A price per {self.unit.word} does not apply to a {unit.word}.")
