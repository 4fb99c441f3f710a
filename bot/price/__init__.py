"""From a proof to a saving: three amounts, a range, a grade."""

from bot.price.estimate import price
from bot.price.explain import explain

__all__ = ["explain", "price"]
