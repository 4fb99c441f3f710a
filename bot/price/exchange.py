"""The amounts once more in another currency, for display alone: nothing is computed in it."""

from decimal import Decimal

from bot.config import ExchangeConfig
from bot.price.amounts import two_digits
from bot.records import Amount, Saving


def converted(saving: Saving, exchange: ExchangeConfig | None) -> str | None:
    """The three amounts at a rate and its day, in words; None without a rate, an amount, or a need."""
    if exchange is None or exchange.to == saving.currency:
        return None
    amounts = (
        ("cash now", saving.cash_now),
        ("cash after one action", saving.cash_after_action),
        ("headroom", saving.headroom),
    )
    shown = "; ".join(f"{name} {_range(amount, exchange.rate)}" for name, amount in amounts if amount)
    rate = f"at {exchange.rate} per {saving.currency} of {exchange.date}"
    return f"in {exchange.to} {rate}: {shown}" if shown else None


def _range(amount: Amount, rate: Decimal) -> str:
    low, expected, high = (two_digits(float(v * rate)) for v in (amount.low, amount.expected, amount.high))
    return f"{expected:,f} [{low:,f} to {high:,f}]"
