"""Which rows of a bill can be attributed to code: usage, paid and settled. The rest is summed up by name."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256

from bot.errors import UserError
from bot.price.bill.basis import bases
from bot.price.bill.charges import Bill, Charge

LATE_HOURS = 48  # rows of the last two days are still being corrected
FEWEST_DAYS = 3
SHORT_DAYS = 7
GOOD_DAYS = 14


def bill_of(kind: str, currency: str, start_s: int, end_s: int, charges: Sequence[Charge]) -> Bill:
    """The charges that count, in the window from the first of them to the last that is not late.

    Raises:
        UserError: the bill covers fewer than three days, or nothing of it is usage.
    """
    kept, aside = [], defaultdict[str, Decimal](Decimal)
    for charge in charges:
        name = _aside(charge)
        if name is None:
            kept.append(charge)
        else:
            aside[name] += charge.cost("BilledCost")
    days = Decimal(end_s - start_s) / 86_400
    if days < FEWEST_DAYS:
        raise UserError(
            f"the bill covers {max(days, Decimal(0)):.1f} days without the last {LATE_HOURS} hours, in which rows are "
            f"late; at least {FEWEST_DAYS} are needed, {GOOD_DAYS} are good."
        )
    if not kept:
        raise UserError("the bill holds no usage: only taxes, credits, purchases and corrections.")
    text = repr((kind, currency, start_s, end_s, [_canonical(charge) for charge in charges]))
    return Bill(
        format=kind,
        currency=currency,
        start=datetime.fromtimestamp(start_s, UTC),
        end=datetime.fromtimestamp(end_s, UTC),
        charges=tuple(kept),
        set_aside=dict(sorted(aside.items())),
        bases=bases(kept),
        digest=sha256(text.encode()).hexdigest(),
    )


def _aside(charge: Charge) -> str | None:
    """The name under which a charge is set aside; None when it counts."""
    if charge.correction:
        return "corrections"
    if charge.category != "Usage":
        return {"Tax": "taxes", "Credit": "credits", "Purchase": "purchases"}.get(charge.category, "adjustments")
    if charge.commitment_status == "Unused":
        return "unused commitments"
    return f"usage of the last {LATE_HOURS} hours" if charge.late else None


def _canonical(charge: Charge) -> str:
    return repr([(name, str(value)) for name, value in sorted(vars(charge).items())])


def quality(bill: Bill) -> tuple[str, str]:
    """The best grade that the length of a bill allows, and why it is not better."""
    if bill.days >= GOOD_DAYS:
        return "A", ""
    shown = f"the bill covers {bill.days:.0f} days"
    return ("B" if bill.days >= SHORT_DAYS else "C"), f"{shown}; {GOOD_DAYS} are good"
