"""From charges to pools: the resources of one service that do the same work, and what one unit of it has cost."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase

from bot.config import PriceConfig, ResourceConfig
from bot.price.bill.charges import COST_COLUMNS, Bill, Charge, CostColumn
from bot.price.bill.meters import Meter, Serves, meter
from bot.price.bill.services import service_of, short_name
from bot.price.table import shipped
from bot.price.units import Hour, Unit, WindowCost

NO_RESOURCE = "(no resource)"


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource and one kind of work; cost and units are those of the window of the bill."""

    id: str
    name: str
    service: str | None
    matched_by: str = ""
    serves: Serves | None  # None: nothing that a request uses
    unit: type[Unit] | None
    units: Decimal
    costs: dict[CostColumn, Decimal]  # in every column of the bill
    column: CostColumn  # that is believed
    cost: WindowCost  # in that column of each charge
    committed: Decimal = Decimal(0)  # the part of the cost that a commitment pays for
    vcpu: Decimal | None = None
    instance_type: str | None = None
    provider: str = ""
    provider_service: str = ""
    service_category: str = ""
    account: str | None = None
    known: ResourceConfig | None = None
    region: str | None = None


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Resources of one service that share a kind of work, for example a writer and its readers."""

    resources: tuple[Resource, ...]
    others: tuple[Resource, ...] = field(default=())  # of the same service and work, billed by another unit

    @property
    def first(self) -> Resource:
        """The dearest: what is said about it holds for the pool."""
        return self.resources[0]

    @property
    def cost(self) -> WindowCost:
        """What all of them cost in the window."""
        return WindowCost(sum((resource.cost for resource in self.resources), Decimal(0)))

    @property
    def units(self) -> Decimal:
        """Units of all of them in the window."""
        return sum((resource.units for resource in self.resources), Decimal(0))

    @property
    def committed_share(self) -> Decimal:
        """The share of the cost that a commitment pays for."""
        committed = sum((resource.committed for resource in self.resources), Decimal(0))
        return committed / self.cost if self.cost > 0 else Decimal(0)

    @property
    def known(self) -> ResourceConfig | None:
        """What the settings say about it."""
        return next((resource.known for resource in self.resources if resource.known), None)


def resources(bill: Bill, config: PriceConfig) -> tuple[Resource, ...]:
    """All that was used, dearest first; costs without a resource are one for each service of the provider."""
    groups: dict[tuple[str, str, str, Meter | None], list[Charge]] = defaultdict(list)
    for charge in bill.charges:
        found = meter(charge)
        known = _known(charge.resource or "", config)
        if found and known and known.serves and found.serves in ("application", "database"):
            found = Meter(known.serves, found.unit, found.each)
        same = Meter(found.serves, found.unit) if found else None
        groups[charge.resource or NO_RESOURCE, charge.provider, charge.service, same].append(charge)
    made = (_resource(bill, config, key[0], key[3], charges) for key, charges in groups.items())
    return tuple(
        sorted(made, key=lambda r: (-r.cost, r.id, r.provider_service, r.serves or "", r.unit.word if r.unit else ""))
    )


def pools(found: Sequence[Resource], service: str | None) -> dict[Serves, Pool]:
    """The pools of a service by the work that they do; the dearest unit of each, the rest beside it."""
    grouped: dict[Serves, list[Resource]] = defaultdict(list)
    for resource in found:
        if service and resource.service and resource.serves and resource.service.casefold() == service.casefold():
            grouped[resource.serves].append(resource)
    made = {}
    for serves, own in grouped.items():
        totals: dict[tuple[type[Unit] | None, Decimal | None], Decimal] = defaultdict(Decimal)
        for resource in own:
            totals[resource.unit, resource.vcpu] += resource.cost
        chosen = max(totals, key=lambda kind: totals[kind])
        same = tuple(resource for resource in own if (resource.unit, resource.vcpu) == chosen)
        made[serves] = Pool(resources=same, others=tuple(resource for resource in own if resource not in same))
    return made


def _resource(
    bill: Bill, config: PriceConfig, identity: str, kind: Meter | None, charges: Sequence[Charge]
) -> Resource:
    first = max(charges, key=lambda charge: (bill.cost(charge), repr(charge)))
    matched = service_of(first, config.services)
    known = _known(identity, config)
    vcpu = _vcpu(charges, known) if kind and kind.unit is Hour else None
    used = [charge for charge in charges if charge.commitment_status == "Used"]
    each = {charge: found.each for charge in charges if (found := meter(charge))}
    return Resource(
        id=identity,
        name=first.resource_name or short_name(identity),
        service=matched[0] if matched else None,
        matched_by=matched[1] if matched else "",
        serves=kind.serves if kind else None,
        unit=kind.unit if kind else None,
        units=sum((charge.quantity * each.get(charge, Decimal(0)) for charge in charges), Decimal(0)),
        costs={name: sum((c.cost(name) for c in charges), Decimal(0)) for name in COST_COLUMNS},
        column=bill.column(first),
        cost=WindowCost(sum((bill.cost(charge) for charge in charges), Decimal(0))),
        committed=sum((bill.cost(charge) for charge in used), Decimal(0)),
        vcpu=vcpu,
        instance_type=_instance(first),
        provider=first.provider,
        provider_service=first.service,
        service_category=first.service_category,
        account=first.account,
        known=known,
        region=first.region,
    )


def _known(identity: str, config: PriceConfig) -> ResourceConfig | None:
    return next((known for known in config.resources if fnmatchcase(identity, known.id)), None)


def _vcpu(charges: Sequence[Charge], known: ResourceConfig | None) -> Decimal | None:
    """Virtual CPUs of one machine: the settings, the bill, or the price table by the name of its type."""
    if known and known.vcpu:
        return Decimal(str(known.vcpu))
    cores = {charge.cores for charge in charges if charge.cores}
    if cores:
        return max(cores)
    types = {instance for charge in charges if (instance := _instance(charge))}
    rows = [
        row.vcpu for sku, row in sorted(shipped().items()) for name in types if sku.endswith(f"-{name}") and row.vcpu
    ]
    return Decimal(rows[0]) if rows else None


def _instance(charge: Charge) -> str | None:
    """The type of a machine, for example db.r6g.2xlarge; AWS writes it behind a colon of the usage type."""
    if charge.instance_type:
        return charge.instance_type
    end = charge.meter.rpartition(":")[2]
    return end if ":" in charge.meter and "." in end else None
