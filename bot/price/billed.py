"""Billing modes from a bill: the pools of a service, each with the price that was paid for one unit of its work."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal

from bot.config import PriceConfig, ResourceConfig, SmallerConfig
from bot.price.bill.charges import Bill, CostColumn
from bot.price.bill.meters import Serves
from bot.price.bill.resources import Pool, Resource, pools
from bot.price.factors import Factor
from bot.price.replay import Policy
from bot.price.sources import Sources
from bot.price.table import PriceRow
from bot.price.units import AcuHour, Hour, MonthlyCost, Unit, VcpuHour
from bot.price.usage import Usage

_TWELVE = Context(prec=12, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True)
class Account:
    """What stands behind a mode that a bill prices; money per month of 730 hours."""

    name: str  # of the resources, as everybody may see it
    sku: str
    monthly: MonthlyCost
    busy: Decimal | None  # share of it that is in use; None: unknown
    committed: Decimal  # share of it that a commitment pays for
    committed_until: date | None
    serves: Serves
    resources: frozenset[str]
    arithmetic: str  # how the unit price follows from the bill
    columns: frozenset[CostColumn] = frozenset()  # of the bill, that its cost is read from
    is_serverless: bool = False  # billed by the vCPU: the count of replicas follows something
    usage: Usage | None = None
    policy: Policy | None = None
    smaller: SmallerConfig | None = None

    @property
    def is_replayed(self) -> bool:
        """Whether it is known what its scaling makes of less CPU."""
        return self.policy is not None and (self.policy.kind == "fixed" or self.usage is not None)

    @property
    def ceiling(self) -> float:
        """No hotspot costs more than the part that is in use."""
        return float(self.monthly * (1 if self.busy is None else self.busy))


@dataclass(frozen=True)
class Billing:
    """The part of a bill that a hotspot's service pays."""

    accounts: dict[str, Account]  # by the work: database, application, duration, traffic
    rows: dict[str, PriceRow]
    fixed: dict[str, Factor]  # factors that are known better than the constants
    missing: tuple[str, ...]


def billing(service: str | None, sources: Sources, found: tuple[Resource, ...], config: PriceConfig) -> Billing | None:
    """What the bill says about a service; None without a bill, or where nothing in it is this service's."""
    bill = sources.bill
    own = pools(found, service)
    if bill is None or not own:
        return None
    accounts: dict[str, Account] = {}
    rows: dict[str, PriceRow] = {}
    fixed: dict[str, Factor] = {}
    missing: list[str] = []
    for serves, pool in sorted(own.items()):
        if serves == "calls" or (serves == "traffic" and config.cross_az_share is None):
            continue
        row, arithmetic, lacking = _unit_price(pool, bill)
        missing += [f"{other.name}: billed by another unit than {pool.first.name}" for other in pool.others[:3]]
        if row is None:
            missing.append(lacking)
            continue
        account = _account(pool, bill, row, arithmetic, sources)
        accounts[serves], rows[row.sku] = account, row
        if account.policy and account.policy.kind == "replicas" and serves == "application":
            fixed["scaling-target"] = Factor.fixed(
                "scaling-target", account.policy.target, "CPU target of the service's autoscaling", "config (scaling)"
            )
    return Billing(accounts, rows, fixed, tuple(missing))


def _unit_price(pool: Pool, bill: Bill) -> tuple[PriceRow | None, str, str]:
    """What one unit has cost, how that was computed, or why it cannot be."""
    first = pool.first
    assert first.unit is not None  # a pool does work
    unit: type[Unit] = first.unit
    units, shown = pool.units, f"{pool.units:,.2f} {unit.word}s"
    if unit is Hour:
        if first.vcpu is None:
            return None, "", f"{first.name}: its number of vCPUs is not in the bill (set price.resources vcpu)"
        units, shown, unit = units * first.vcpu, f"({shown} x {first.vcpu.normalize():f} vCPU)", VcpuHour
    if units <= 0 or pool.cost <= 0:
        return None, "", f"{first.name}: it was billed nothing, or no {unit.word}"
    price = _TWELVE.divide(pool.cost, units)
    row = PriceRow(
        sku=f"billed {first.serves}",
        region=first.region or "unknown region",
        unit=unit.word,
        price=price,
        currency=bill.currency,
        source=f"bill ({bill.format}, {bill.start:%Y-%m-%d} to {bill.last_day}, {names(pool)})",
        stated=bill.last_day,
        billed=True,
    )
    arithmetic = f"{pool.cost:,.2f} {bill.currency} / {shown} = {price:.6g} {bill.currency} per {unit.word}"
    return row, arithmetic, ""


def _account(pool: Pool, bill: Bill, row: PriceRow, arithmetic: str, sources: Sources) -> Account:
    known = pool.known
    usage = sources.usage.get(known.id) if known else None
    return Account(
        name=names(pool),
        sku=row.sku,
        monthly=bill.monthly(pool.cost),
        busy=_busy(pool, known, usage, bill),
        committed=pool.committed_share,
        committed_until=known.committed_until if known else None,
        serves=row_serves(pool),
        resources=frozenset(resource.id for resource in pool.resources),
        arithmetic=arithmetic,
        columns=frozenset(resource.column for resource in pool.resources),
        is_serverless=pool.first.unit is VcpuHour,
        usage=usage,
        policy=_policy(pool, known),
        smaller=known.smaller if known else None,
    )


def _busy(pool: Pool, known: ResourceConfig | None, usage: Usage | None, bill: Bill) -> Decimal | None:
    """The share of the cost that use explains: of a machine its CPU in use, of replicas what the target makes of it."""
    if known and known.utilisation:
        used = Decimal(str(known.utilisation))
    elif usage and pool.first.unit in (Hour, VcpuHour):
        there = pool.first.vcpu if pool.first.unit is Hour else pool.units / bill.hours
        used = min(Decimal(1), Decimal(f"{usage.mean_vcpu:.6f}") / there) if there else Decimal(1)
    else:
        return None
    policy = _policy(pool, known)
    return min(Decimal(1), used / Decimal(str(policy.target))) if policy and policy.kind == "replicas" else used


def _policy(pool: Pool, known: ResourceConfig | None) -> Policy | None:
    if known is None or known.scaling is None:
        return None
    scaling = known.scaling
    if scaling.follows != "cpu":
        return Policy("fixed", scaling.minimum)
    if pool.first.unit is AcuHour:
        return Policy("acu", scaling.minimum)
    return Policy("replicas", scaling.minimum, scaling.target, float(pool.first.vcpu or scaling.replica_vcpu))


def row_serves(pool: Pool) -> Serves:
    """The work of a pool."""
    assert pool.first.serves is not None  # or it would be no pool
    return pool.first.serves


def names(pool: Pool) -> str:
    """The resources of a pool in a few words."""
    more = len(pool.resources) - 1
    return pool.first.name + (f" and {more} more" if more else "")
