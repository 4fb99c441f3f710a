"""Who costs what: a bill's resources split into hotspots, other work, what stands idle and what nobody is known for.

The parts of a resource add up to what it was billed, to the last digit: each part is rounded, and the rest is a part.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from bot.price.bill.charges import COST_COLUMNS, CostColumn
from bot.price.bill.resources import Resource
from bot.price.billed import Account
from bot.price.model import Model

METHOD = "costmod-cpu-v1"
DIGITS = Decimal("0.0000000001")
Kind = Literal["hotspot", "other work", "idle", "not driven by requests", "unmatched"]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What one hotspot takes of the resources of its service."""

    hotspot: str
    endpoint: str
    model: Model


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a resource; money of the window of the bill."""

    resource: Resource
    kind: Kind
    costs: Mapping[CostColumn, Decimal]
    ratio: Decimal  # of the resource
    hotspot: str | None = None
    endpoint: str | None = None
    basis: str = ""

    @property
    def cost(self) -> Decimal:
        """In the column that is believed."""
        return self.costs[self.resource.column]


def attribute(resources: Iterable[Resource], claims: Sequence[Claim]) -> tuple[Part, ...]:
    """Every resource in parts; a resource that no claim is on stays whole under a name that says why."""
    found: list[Part] = []
    for resource in resources:
        taken = [(claim, share) for claim in claims if (share := _share(resource, claim))]
        account = next((a for claim, _ in taken if (a := _account(resource, claim.model))), None)
        found += _parts(resource, taken, account)
    return tuple(found)


def _share(resource: Resource, claim: Claim) -> tuple[Decimal, str] | None:
    """The part of a resource that a hotspot takes, and what shows it."""
    import numpy as np

    for mode in claim.model.modes:
        account = mode.account
        if account and resource.id in account.resources and resource.serves == account.serves and account.monthly:
            monthly = Decimal(f"{float(np.median(claim.model.cost(mode))):.10f}")
            measured = account.serves == "database" and all(r.server_ms is not None for r in claim.model.repeated)
            basis = "server time of its statements" if measured else "statements x measured constants"
            return max(Decimal(0), monthly / account.monthly), basis
    return None


def _account(resource: Resource, model: Model) -> Account | None:
    accounts = (mode.account for mode in model.modes if mode.account)
    return next((a for a in accounts if resource.id in a.resources and resource.serves == a.serves), None)


def _parts(
    resource: Resource, taken: Sequence[tuple[Claim, tuple[Decimal, str]]], account: Account | None
) -> Iterable[Part]:
    if account is None or not taken:
        whole: Kind = (
            "unmatched" if resource.service is None else "other work" if resource.serves else "not driven by requests"
        )
        return [
            Part(resource=resource, kind=whole, costs=dict(resource.costs), ratio=Decimal(1), basis=resource.matched_by)
        ]
    busy = Decimal(1) if account.busy is None else account.busy
    total = sum((share for _, (share, _) in taken), Decimal(0))
    scale = busy / total if total > busy else Decimal(1)
    left = dict(resource.costs)
    parts = []
    for claim, (share, basis) in taken:
        ratio = (share * scale).quantize(DIGITS)
        parts.append(
            Part(resource=resource, kind="hotspot", costs=_cut(resource, left, ratio), ratio=ratio,
                 hotspot=claim.hotspot, endpoint=claim.endpoint, basis=basis)
        )  # fmt: skip
    idle = (1 - busy).quantize(DIGITS)
    if idle > 0:
        parts.append(Part(resource=resource, kind="idle", costs=_cut(resource, left, idle), ratio=idle))
    rest = 1 - sum((part.ratio for part in parts), Decimal(0))
    unknown = "idle or other work: its utilisation is not known" if account.busy is None else ""
    parts.append(Part(resource=resource, kind="other work", costs=left, ratio=rest, basis=unknown))
    return parts


def _cut(resource: Resource, left: dict[CostColumn, Decimal], ratio: Decimal) -> dict[CostColumn, Decimal]:
    """A part of each cost, taken from what is left of it."""
    cut = {column: (resource.costs[column] * ratio).quantize(DIGITS) for column in COST_COLUMNS}
    for column, value in cut.items():
        left[column] -= value
    return cut


def closure(parts: Sequence[Part]) -> tuple[tuple[str, Decimal], ...]:
    """The sum of each kind of part, and of all of them."""
    kinds: tuple[Kind, ...] = ("hotspot", "other work", "idle", "not driven by requests", "unmatched")
    sums = [(str(kind), sum((part.cost for part in parts if part.kind == kind), Decimal(0))) for kind in kinds]
    return (*sums, ("all", sum((value for _, value in sums), Decimal(0))))
