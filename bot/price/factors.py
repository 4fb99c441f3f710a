"""Everything the model multiplies, by name: drawn once, so that one of them can be moved and the rest stays."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from hashlib import sha256
from importlib.resources import files
from math import isfinite
from pathlib import Path

import msgspec

from bot.errors import UserError
from bot.price.table import PriceRow
from bot.price.units import Draws

DRAWS = 10_000


class Constant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of constants.toml: a range with its most likely value, or one fixed value."""

    unit: str
    source: str
    low: float = 0.0
    mid: float = 0.0
    high: float = 0.0
    value: float | None = None


@dataclass(frozen=True)
class Factor:
    """One number of the calculation; a triangle over low, mid and high, or fixed when low is high."""

    name: str
    low: float
    mid: float
    high: float
    unit: str
    origin: str

    @classmethod
    def fixed(cls, name: str, value: float, unit: str, origin: str) -> "Factor":
        """A number that does not vary."""
        return cls(name, value, value, value, unit, origin)


@cache
def _shipped() -> dict[str, Factor]:
    text = (files("bot.price") / "constants.toml").read_text(encoding="utf-8")
    return {name: _factor(name, constant) for name, constant in _read(text).items()}


def constants(path: str | None = None) -> dict[str, Factor]:
    """The constants that come with the package, those of a file such as `price --calibrate` writes in their place.

    Raises:
        UserError: the file cannot be read, or holds anything else.
    """
    return _shipped() if path is None else _shipped() | _of_file(path)


def _of_file(path: str) -> dict[str, Factor]:
    try:
        read = _read(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: no constants to read ({error}); `costmod price --calibrate` writes them.") from error
    for name, constant in read.items():
        if name not in _shipped():
            raise UserError(f"{path}: {name}: no such constant; known are {', '.join(sorted(_shipped()))}.")
        bounds = (constant.low, constant.mid, constant.high, constant.value or 0.0)
        if not all(map(isfinite, bounds)) or not constant.low <= constant.mid <= constant.high:
            raise UserError(f"{path}: {name}: low, mid and high are to be numbers in this order.")
    return {name: _factor(name, constant) for name, constant in read.items()}


def _read(text: str) -> dict[str, Constant]:
    return msgspec.convert(tomllib.loads(text), dict[str, Constant])


def _factor(name: str, constant: Constant) -> Factor:
    origin = f"constant ({constant.source})"
    if constant.value is not None:
        return Factor.fixed(name, constant.value, constant.unit, origin)
    return Factor(name, constant.low, constant.mid, constant.high, constant.unit, origin)


def draw(factor: Factor, seed: str) -> Draws:
    """10,000 values of a factor. Each factor has its own stream: adding one never moves the digits of another."""
    import numpy as np

    if factor.low == factor.high:
        return np.full(DRAWS, factor.low)
    stream = int.from_bytes(sha256(f"{seed}:{factor.name}".encode()).digest(), "big")
    return np.random.Generator(np.random.PCG64(stream)).triangular(factor.low, factor.mid, factor.high, DRAWS)


@dataclass(frozen=True, eq=False)
class Factors:
    """The drawn factors and the price rows of one calculation."""

    drawn: Mapping[str, Draws]
    rows: Mapping[str, PriceRow]
    moved: Mapping[str, float] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Draws:
        return self.drawn[name] * self.scale(name)

    def scale(self, name: str) -> float:
        """By how much a name is moved; the month is one request until "requests" is."""
        return self.moved.get(name, 1.0)

    def share(self, name: str) -> Draws:
        """A factor that is a share, never above one."""
        import numpy as np

        return np.minimum(self[name], 1.0)

    def number(self, name: str) -> Decimal:
        """A factor that does not vary, exact, for use inside a price."""
        return Decimal(str(float(self[name][0])))

    def row(self, sku: str) -> PriceRow:
        """A price row."""
        row = self.rows[sku]
        return msgspec.structs.replace(row, price=row.price * Decimal(str(self.scale(sku))))

    def with_moved(self, name: str, by: float) -> "Factors":
        """The same draws with one factor, or one price, multiplied."""
        return replace(self, moved={**self.moved, name: self.scale(name) * by})
