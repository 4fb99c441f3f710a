"""The price table: dated list prices with a source per row."""

import tomllib
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files

import msgspec

from bot.price.units import UNITS, Hour, Price, U, VcpuHour

MAX_AGE_DAYS = 365
REGION = "us-east-1"


class PriceRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One list price; `stated` is the day for which the source states it."""

    sku: str
    region: str
    unit: str
    price: Decimal
    currency: str
    source: str
    stated: date
    vcpu: int | None = None  # of a machine: what one hour of it buys
    billed: bool = False  # paid by this very bill, and no list price

    def per(self, unit: type[U]) -> Price[U]:
        """The price in the row's own unit.

        Raises:
            TypeError: the row is per something else.
        """
        if UNITS[self.unit] is not unit:
            raise TypeError(f"{self.sku} is priced per {self.unit}, not per {unit.word}.")
        return Price(self.price, unit, self.currency)

    def per_vcpu_hour(self) -> Price[VcpuHour]:
        """The price of one virtual CPU of a machine that is priced by the hour."""
        if self.vcpu is None:
            raise TypeError(f"{self.sku} is not a machine with a number of vCPUs.")
        return self.per(Hour).per(VcpuHour, 1 / Decimal(self.vcpu))

    def age_days(self, today: date) -> int:
        """Days since the source stated it."""
        return (today - self.stated).days


Table = dict[str, PriceRow]


def read(text: str) -> Table:
    """The rows of a price table for `REGION`, by sku.

    Raises:
        msgspec.ValidationError: a field is missing, unknown or of another type.
        ValueError: a unit that is not known, two rows for one sku, or two currencies.
    """
    rows = [
        row
        for row in msgspec.convert(tomllib.loads(text, parse_float=Decimal)["price"], list[PriceRow])
        if row.region == REGION
    ]
    for row in rows:
        if row.unit not in UNITS:
            raise ValueError(f"prices.toml: {row.sku}: unit {row.unit!r} is none of {', '.join(sorted(UNITS))}.")
    table = {row.sku: row for row in rows}
    if len(table) != len(rows):
        raise ValueError("prices.toml: two rows have the same sku.")
    if len({row.currency for row in rows}) > 1:
        raise ValueError("prices.toml: two currencies in one table; they are never mixed.")
    return table


@cache
def shipped() -> Table:
    """The table that comes with the package."""
    return read((files("bot.price") / "prices.toml").read_text(encoding="utf-8"))


def too_old(row: PriceRow, today: date) -> str | None:
    """Why a row is not used, if it is older than a year."""
    age = row.age_days(today)
    if age <= MAX_AGE_DAYS:
        return None
    return f"the price of {row.sku} is {age} days old (stated {row.stated}; at most {MAX_AGE_DAYS} are accepted)"
