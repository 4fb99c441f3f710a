"""What a bill says, summed over equal charges: exact decimals, no float."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Literal

from bot.price.units import MonthlyCost, WindowCost

MONTH_HOURS = Decimal(730)
CostColumn = Literal["EffectiveCost", "ContractedCost", "BilledCost", "ListCost"]
COST_COLUMNS: tuple[CostColumn, ...] = ("EffectiveCost", "ContractedCost", "BilledCost", "ListCost")


@dataclass(frozen=True, kw_only=True)
class Charge:
    """Rows of one resource, meter and kind of charge; costs in the billing currency, None where the column is empty."""

    provider: str
    service: str
    account: str | None = None
    service_category: str = ""
    resource: str | None
    resource_name: str | None = None
    resource_type: str | None = None
    region: str | None = None
    category: str = "Usage"  # Usage, Purchase, Tax, Credit, Adjustment
    correction: bool = False
    commitment: str | None = None
    commitment_status: str | None = None  # Used, Unused
    meter: str = ""
    unit: str = ""
    instance_type: str | None = None
    cores: Decimal | None = None
    memory: Decimal | None = None  # GiB
    tags: str = ""  # JSON object
    late: bool = False  # starts in the last 48 hours of the bill
    rows: int = 1
    priced: int = 1  # rows that were billed more than nothing
    quantity: Decimal = Decimal(0)
    effective: Decimal | None = None
    contracted: Decimal | None = None
    billed: Decimal | None = None
    list_: Decimal | None = None
    unpriced_effective: int = 0  # rows billed more than nothing whose EffectiveCost is nothing
    unpriced_contracted: int = 0

    def cost(self, column: CostColumn) -> Decimal:
        """The sum of one cost column; an empty one is nothing."""
        found = {
            "EffectiveCost": self.effective,
            "ContractedCost": self.contracted,
            "BilledCost": self.billed,
            "ListCost": self.list_,
        }[column]
        return Decimal(0) if found is None else found


@dataclass(frozen=True, kw_only=True)
class Basis:
    """Which cost column stands for a provider's service, and why it is not EffectiveCost."""

    provider: str
    service: str
    column: CostColumn
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Bill:
    """What can be attributed, and what is set aside by name; `hours` are those that the kept rows cover."""

    format: str
    currency: str
    start: datetime
    end: datetime
    charges: tuple[Charge, ...]
    set_aside: dict[str, Decimal]
    bases: tuple[Basis, ...]
    digest: str  # of the sums that were read: the same bill has the same one, wherever and however it is stored

    @cached_property
    def _columns(self) -> dict[tuple[str, str], CostColumn]:
        return {(basis.provider, basis.service): basis.column for basis in self.bases}

    @property
    def hours(self) -> Decimal:
        """Hours from the first charge to the last."""
        return Decimal(int((self.end - self.start).total_seconds())) / 3600

    @property
    def days(self) -> Decimal:
        """The same in days."""
        return self.hours / 24

    def column(self, charge: Charge) -> CostColumn:
        """The cost column that stands for a charge."""
        return self._columns[charge.provider, charge.service]

    def cost(self, charge: Charge) -> WindowCost:
        """What a charge cost in the window of the bill."""
        return WindowCost(charge.cost(self.column(charge)))

    def monthly(self, cost: WindowCost) -> MonthlyCost:
        """A cost of the window per month of 730 hours."""
        return MonthlyCost(cost * MONTH_HOURS / self.hours)

    @property
    def last_day(self) -> date:
        """The last day that is covered."""
        return datetime.fromtimestamp(self.end.timestamp() - 1, UTC).date()
