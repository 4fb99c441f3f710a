"""What a ledger comes to: totals in which nothing counts twice, and how often the estimates were right."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Literal

from bot.price.after.ledger import Entry
from bot.records import Amount, Realisation, Record, Worth

_KINDS = ("cash_now", "cash_after_action", "headroom")


class Total(Record, frozen=True, kw_only=True):
    """Expected amounts per month in one currency, added over pull requests; ranges are not added."""

    currency: str
    cash_now: Decimal = Decimal(0)
    cash_after_action: Decimal = Decimal(0)
    headroom: Decimal = Decimal(0)


class Summary(Record, frozen=True, kw_only=True):
    """The state of a ledger on a day, `costmod.ledger-summary/1`."""

    schema: Literal["costmod.ledger-summary/1"] = "costmod.ledger-summary/1"
    day: str
    pull_requests: int  # each counts once, by its last line
    expired: int  # older than 12 months: not in the totals
    rewritten: int  # of the others, those whose code is gone: not in the totals either
    status: dict[Realisation, int]
    realised: tuple[Total, ...]  # by currency
    expected: tuple[Total, ...]  # of the same pull requests
    judged: int  # decided, with an amount estimated, and resources measured
    in_range: int  # of those, every realised amount inside [low, high]
    by_counts: int  # with an amount estimated, but only statements counted: they say nothing about the constants
    ratio: Decimal | None = None  # median of expected to realised, above 1: estimates are too high


def summary(entries: Sequence[Entry], day: date, is_there: Callable[[Entry], bool] = lambda _: True) -> Summary:
    """Totals and calibration; `day` decides what has expired and nothing else, `is_there` what was rewritten."""
    last = _last(entries)
    young = [entry for entry in last if entry.expires > day.isoformat()]
    counted = [entry for entry in young if is_there(entry)]
    decided = [entry for entry in counted if entry.status != "pending"]
    pairs = [(e.expected, e.realised, e.basis) for e in last if e.status != "pending" and e.expected and e.realised]
    judged = [(one, other) for one, other, of in pairs if of == "resources" and one.currency == other.currency]
    ratios = [ratio for one, other in judged if (ratio := _ratio(one, other)) is not None]
    status: dict[Realisation, int] = {}
    for entry in sorted(counted, key=lambda entry: entry.status):
        status[entry.status] = status.get(entry.status, 0) + 1
    return Summary(
        day=day.isoformat(),
        pull_requests=len(last),
        expired=len(last) - len(young),
        rewritten=len(young) - len(counted),
        status=status,
        realised=_totals(entry.realised for entry in decided),
        expected=_totals(entry.expected for entry in decided if entry.realised),
        judged=len(judged),
        by_counts=sum(of == "statements" for *_, of in pairs),
        in_range=sum(_is_in_range(one, other) for one, other in judged),
        ratio=Decimal(median(ratios)).quantize(Decimal("0.01")) if ratios else None,
    )


def _last(entries: Iterable[Entry]) -> list[Entry]:
    """The last decided measurement of every patch, later lines winning over equally late ones."""
    found: dict[str, Entry] = {}
    for entry in entries:
        if entry.id not in found or _rank(entry) >= _rank(found[entry.id]):
            found[entry.id] = entry
    return list(found.values())


def _rank(entry: Entry) -> tuple[bool, str]:
    return entry.status != "pending", entry.measured_until


def _totals(worths: Iterable[Worth | None]) -> tuple[Total, ...]:
    found: dict[str, dict[str, Decimal]] = {}
    for worth in worths:
        if worth is not None:
            sums = found.setdefault(worth.currency, dict.fromkeys(_KINDS, Decimal(0)))
            for kind in _KINDS:
                sums[kind] += _expected(worth, kind)
    return tuple(Total(currency=currency, **sums) for currency, sums in sorted(found.items()))


def _is_in_range(expected: Worth, realised: Worth) -> bool:
    ranges = [(getattr(expected, kind), _expected(realised, kind)) for kind in _KINDS]
    return all(_holds(amount, value) for amount, value in ranges if amount is not None)


def _holds(amount: Amount, value: Decimal) -> bool:
    return amount.low <= value <= amount.high


def _ratio(expected: Worth, realised: Worth) -> Decimal | None:
    """Expected to realised over all amounts; None where nothing was realised."""
    one, other = (sum((_expected(worth, kind) for kind in _KINDS), Decimal(0)) for worth in (expected, realised))
    return one / other if other > 0 else None


def _expected(worth: Worth, kind: str) -> Decimal:
    amount: Amount | None = getattr(worth, kind)
    return amount.expected if amount is not None else Decimal(0)
