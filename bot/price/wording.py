"""The one sentence on top. It estimates and never promises; with little money it leads with latency."""

from dataclasses import dataclass
from decimal import Decimal

from bot.price.amounts import is_wide
from bot.records import Amount

SMALL = Decimal(10)
_SIGNS = {"USD": "$"}
_NS_PER_MS = 1_000_000


@dataclass(frozen=True)
class Change:
    """What one request does less of."""

    queries_before: int
    queries_after: int
    wall_before_ns: int
    wall_after_ns: int
    what: str = "SQL statement"
    counted: bool = True  # whether the source says how many statements a request makes


def without_money(change: Change, gaps: tuple[str, ...]) -> str:
    """The sentence of grade D: no figure in money at all, and the first thing that is missing for one."""
    return f"{_upper(_effects(change))}; no money figure: {gaps[0] if gaps else 'nothing was priced'}."


@dataclass(frozen=True)
class Money:
    """The three amounts per month."""

    cash: Amount
    headroom: Amount | None = None
    after: Amount | None = None
    action: str | None = None
    at: str = " at list price"  # how the freed capacity is valued


def with_money(change: Change, amounts: Money, minimum: Decimal, currency: str) -> str:
    """The sentence of the better grades. Amounts of different kinds are never added up."""
    cash = amounts.cash
    effects, sign = _effects(change), _SIGNS.get(currency, f"{currency} ")
    if change.queries_before == change.queries_after:
        return f"{_upper(effects)}: no saving."
    worth = max(cash.expected, amounts.after.expected if amounts.after else cash.expected)
    most = max(worth, headroom.expected) if (headroom := amounts.headroom) else worth
    if abs(most) < SMALL and cash.expected > -SMALL:
        return f"{_upper(effects)}; under {sign}{SMALL} a month: merge for latency, not for money."
    money = _money(amounts, sign)
    if worth < minimum or worth <= 0:
        size = "It costs money" if worth < 0 else f"Expected cash is under {sign}{minimum:,f} a month"
        return f"Opened for latency: {effects}. {size}: an estimated {money}."
    return f"Estimated: {money}; {effects}."


def _money(amounts: Money, sign: str) -> str:
    said, cash = [], amounts.cash
    if cash.high > 0 or cash.low < 0:
        said.append(f"{_figure(cash, sign)} a month in cash")
    if amounts.after is not None:
        said.append(f"{_signed(amounts.after.high, sign)} a month in cash after one action: {amounts.action}")
    if amounts.headroom is not None:
        said.append(f"{_figure(amounts.headroom, sign)} a month of freed capacity{amounts.at}, not cash")
    return " and ".join(said)


def _figure(amount: Amount, sign: str) -> str:
    low, expected, high = (_signed(value, sign) for value in (amount.low, amount.expected, amount.high))
    if 0 <= amount.expected < SMALL:
        return f"under {sign}{SMALL}"
    if low == high:
        return expected
    return f"{low} to {high}" if is_wide(amount) else f"{expected} [{low} to {high}]"


def _signed(value: Decimal, sign: str) -> str:
    return f"-{sign}{-value:,f}" if value < 0 else f"{sign}{value:,f}"


def _effects(change: Change) -> str:
    if not change.counted:
        return "the source does not count the statements of a request"
    if change.queries_before == change.queries_after:
        return f"no {change.what} fewer per request"
    queries = f"{change.queries_before} -> {change.queries_after} {change.what}s per request"
    if change.wall_before_ns <= change.wall_after_ns:
        return f"estimated {queries}"
    return f"estimated p50 latency {_ms(change.wall_before_ns)} -> {_ms(change.wall_after_ns)} ms, {queries}"


def _ms(ns: int) -> str:
    ms = ns / _NS_PER_MS
    return f"{ms:,.0f}" if ms >= 10 else f"{ms:.1f}"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
