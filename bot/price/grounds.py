"""On which grounds a pull request may be opened: for money, for latency, or not at all."""

from decimal import Decimal

import msgspec

from bot.config import PriceConfig
from bot.records import Amount, Saving

LEAST_GAIN = 0.02  # share of the median: below it the reading of a change costs more than the waiting


def grounds(saving: Saving, config: PriceConfig) -> Saving:
    """The saving with its grounds. Freed capacity is no money; a fall that nobody timed counts as latency."""
    cash = max((_expected(amount) for amount in (saving.cash_now, saving.cash_after_action)), default=Decimal(0))
    least = f"{config.minimum_monthly:,f} {saving.currency} a month"
    if saving.grade != "D" and cash >= config.minimum_monthly and cash > 0:
        return _with(saving, "money", f"expected cash is at least {least}")
    short = "no figure in money" if saving.grade == "D" else f"expected cash is under {least}"
    if saving.queries_before and saving.queries_before <= saving.queries_after:
        return _with(saving, "none", f"{short}, and no statement falls away")
    if not saving.wall_before_ns:
        return _with(saving, "latency", f"{short}; fewer statements, though their time is not known")
    gain = 1 - saving.wall_after_ns / saving.wall_before_ns
    if saving.queries_before and gain < LEAST_GAIN:
        return _with(saving, "none", f"{short}, and the median request gains {gain:.1%}, under {LEAST_GAIN:.0%}")
    return _with(saving, "latency", short)


def _with(saving: Saving, found: str, reason: str) -> Saving:
    return msgspec.structs.replace(saving, grounds=found, grounds_reason=reason)


def _expected(amount: Amount | None) -> Decimal:
    return amount.expected if amount else Decimal(0)
