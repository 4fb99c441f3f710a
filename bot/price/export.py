"""The bill as it was attributed, and the report that shows that nothing of it was lost on the way."""

from collections.abc import Iterable, Sequence

from bot.config import PriceConfig
from bot.price.attribution import Claim, Part, attribute, closure
from bot.price.bill.charges import Bill
from bot.price.bill.resources import resources
from bot.price.estimate import Priced
from bot.records import Result


def export(bill: Bill, config: PriceConfig, priced: Iterable[tuple[Result, Priced | None]]) -> tuple[Part, ...]:
    """The bill in parts; each hotspot that was priced by it has its own."""
    claims = [
        Claim(hotspot=result.hotspot.id, endpoint=_endpoint(result), model=one.month)
        for result, one in priced
        if one and one.month
    ]
    return attribute(resources(bill, config), claims)


def report_of(bill: Bill, parts: Sequence[Part]) -> str:
    """What was read, what was set aside, which cost columns were not believed, and the sums of the parts."""
    lines = [
        f"Bill {bill.format}: {bill.start:%Y-%m-%d} to {bill.last_day}, {bill.days:.1f} days, {bill.currency}, "
        f"{sum(charge.rows for charge in bill.charges):,} rows of usage"
    ]
    lines += [f"  set aside: {name} {value:,.2f}" for name, value in bill.set_aside.items()]
    wrong: dict[str, list[str]] = {}
    for basis in bill.bases:
        if basis.column != "EffectiveCost":
            wrong.setdefault(f"{basis.column} of {basis.provider}", []).append(f"{basis.service} ({basis.reason})")
    for column, services in wrong.items():
        more = f", and {len(services) - 1} more services" if len(services) > 1 else ""
        lines.append(f"  {column} in place of EffectiveCost: {services[0]}{more}")
    *sums, (_, whole) = closure(parts)
    lines += [f"  {kind}: {value:,.2f}" for kind, value in sums]
    usage = sum(bill.cost(charge) for charge in bill.charges)
    lines.append(f"  all parts: {whole:,.2f}; usage of the bill: {usage:,.2f}; difference {whole - usage:,.10f}")
    return "\n".join(lines) + "\n"


def _endpoint(result: Result) -> str:
    entry = result.hotspot.entry
    named = f"{entry.method or ''} {entry.route_raw or ''}".strip()
    return named or entry.transaction_name or result.hotspot.id
