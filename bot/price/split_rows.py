"""The attribution as FOCUS 1.3 rows: each charge split, with method and ratio, so that finance can add it up."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime

from bot.price.attribution import METHOD, Part
from bot.price.bill.charges import Bill

COLUMNS = (
    "AllocatedMethodDetails", "AllocatedMethodId", "AllocatedResourceId", "AllocatedResourceName", "AllocatedTags",
    "AvailabilityZone", "BilledCost", "BillingAccountId", "BillingAccountName", "BillingAccountType",
    "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart", "CapacityReservationId", "CapacityReservationStatus",
    "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart",
    "CommitmentDiscountCategory", "CommitmentDiscountId", "CommitmentDiscountName", "CommitmentDiscountQuantity",
    "CommitmentDiscountStatus", "CommitmentDiscountType", "CommitmentDiscountUnit", "ConsumedQuantity",
    "ConsumedUnit", "ContractApplied", "ContractedCost", "ContractedUnitPrice", "EffectiveCost", "HostProviderName",
    "InvoiceId", "InvoiceIssuerName", "ListCost", "ListUnitPrice", "PricingCategory", "PricingCurrency",
    "PricingCurrencyContractedUnitPrice", "PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice",
    "PricingQuantity", "PricingUnit", "ProviderName", "PublisherName", "RegionId", "RegionName", "ResourceId",
    "ResourceName", "ResourceType", "ServiceCategory", "ServiceName", "ServiceProviderName", "ServiceSubcategory",
    "SkuId", "SkuMeter", "SkuPriceDetails", "SkuPriceId", "SubAccountId", "SubAccountName", "SubAccountType", "Tags",
    "x_endpoint", "x_hotspot", "x_kind",
)  # fmt: skip


def split_rows(bill: Bill, parts: Sequence[Part]) -> str:
    """CSV with one row for each part; the rows of a resource add up to its charges in each cost column."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for part in parts:
        row = _row(bill, part)
        writer.writerow([_plain(row.get(column, "")) for column in COLUMNS])
    return out.getvalue()


def _row(bill: Bill, part: Part) -> dict[str, str]:
    resource = part.resource
    name = part.endpoint or part.kind
    details = {"Elements": [{"AllocatedRatio": float(part.ratio), "x_Basis": part.basis or part.kind}]}
    return {
        "AllocatedMethodDetails": json.dumps(details),
        "AllocatedMethodId": METHOD,
        "AllocatedResourceId": f"{resource.service or 'unmatched'}/{part.hotspot or part.kind}",
        "AllocatedResourceName": name,
        "AllocatedTags": json.dumps({"service": resource.service}) if resource.service else "{}",
        "BillingAccountId": resource.account or "",
        "BillingAccountType": "Billing Account",
        "BillingCurrency": bill.currency,
        "BillingPeriodEnd": _text(_next_month(bill.end)),
        "BillingPeriodStart": _text(bill.start.replace(day=1, hour=0, minute=0, second=0)),
        "ChargeCategory": "Usage",
        "ChargeDescription": f"{resource.name}: {name}",
        "ChargeFrequency": "Usage-Based",
        "ChargePeriodEnd": _text(bill.end),
        "ChargePeriodStart": _text(bill.start),
        "HostProviderName": resource.provider,
        "InvoiceIssuerName": resource.provider,
        "PricingCurrency": bill.currency,
        "PricingCurrencyEffectiveCost": format(part.costs["EffectiveCost"], "f"),
        "PricingQuantity": format(resource.units * part.ratio, "f") if resource.units else "",
        "PricingUnit": resource.unit.word if resource.units and resource.unit else "",
        "ProviderName": resource.provider,
        "PublisherName": resource.provider,
        "RegionId": resource.region or "",
        "ResourceId": resource.id,
        "ResourceName": resource.name,
        "ServiceCategory": resource.service_category,
        "ServiceName": resource.provider_service,
        "ServiceProviderName": resource.provider,
        "ServiceSubcategory": f"Other ({resource.service_category or 'Other'})",
        "x_endpoint": part.endpoint or "",
        "x_hotspot": part.hotspot or "",
        "x_kind": part.kind,
        **{column: format(cost, "f") for column, cost in part.costs.items()},
    }


def _next_month(moment: datetime) -> datetime:
    last = datetime.fromtimestamp(moment.timestamp() - 1, UTC)
    year, month = divmod(last.year * 12 + last.month, 12)
    return datetime(year, month + 1, 1, tzinfo=UTC)


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _plain(text: str) -> str:
    """No cell that a spreadsheet takes for a formula; costs may be negative."""
    dangerous = text[:1] in ("=", "+", "@", "\t", "\r") or (text[:1] == "-" and not text[1:2].isdigit())
    return f"'{text}" if dangerous else text
