"""Which cost column to believe. EffectiveCost is right by the standard, and in real exports sometimes plainly not."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import groupby

from bot.price.bill.charges import COST_COLUMNS, Basis, Charge, CostColumn

PLAUSIBLE = (Decimal("0.5"), Decimal("1.2"))  # of what was billed, where nothing is committed
MOST_WITHOUT = Decimal("0.5")  # share of rows billed more than nothing that the column has at nothing


def bases(charges: Iterable[Charge]) -> tuple[Basis, ...]:
    """One decision for each service of each provider."""

    def key(charge: Charge) -> tuple[str, str]:
        return charge.provider, charge.service

    groups = groupby(sorted(charges, key=key), key)
    return tuple(_basis(provider, service, tuple(found)) for (provider, service), found in groups)


def _basis(provider: str, service: str, charges: Sequence[Charge]) -> Basis:
    reasons: list[str] = []
    for column in COST_COLUMNS:
        wrong = _wrong(column, charges)
        if wrong is None:
            return Basis(provider=provider, service=service, column=column, reason="; ".join(reasons))
        reasons.append(f"{column} {wrong}")
    return Basis(provider=provider, service=service, column="BilledCost", reason="; ".join(reasons))


def _wrong(column: CostColumn, charges: Sequence[Charge]) -> str | None:
    """Why a column cannot stand for what these charges cost."""
    cost, billed = (sum((c.cost(name) for c in charges), Decimal(0)) for name in (column, "BilledCost"))
    if column == "BilledCost":
        committed = any(charge.commitment_status for charge in charges)
        return "leaves out what a commitment has paid" if committed and not billed and _listed(charges) else None
    if billed <= 0:
        return "is not above nothing" if cost <= 0 and _listed(charges) else None
    priced = sum(charge.priced for charge in charges)
    without = sum(_unpriced(column, charge) for charge in charges)
    if priced and without > MOST_WITHOUT * priced:
        return f"is nothing in {without:,} of {priced:,} rows that were billed"
    if any(charge.commitment_status for charge in charges):
        return "is nothing in spite of commitments" if cost <= 0 else None  # any ratio can be right
    if not PLAUSIBLE[0] <= cost / billed <= PLAUSIBLE[1]:
        return f"is {cost / billed:.2f} of what was billed"
    return None


def _unpriced(column: CostColumn, charge: Charge) -> int:
    return {"EffectiveCost": charge.unpriced_effective, "ContractedCost": charge.unpriced_contracted}.get(column, 0)


def _listed(charges: Sequence[Charge]) -> bool:
    return any(charge.cost("ListCost") > 0 for charge in charges)
