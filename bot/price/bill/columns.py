"""Where each format keeps what is needed: one SQL expression per field, over the columns that a file has."""

from collections.abc import Mapping

FIELDS = (
    "provider", "account", "service", "service_category", "resource", "resource_name", "resource_type", "region",
    "category", "correction", "commitment", "commitment_status", "meter", "unit", "instance_type", "cores", "memory",
    "tags", "currency", "start_s", "end_s", "quantity", "effective", "contracted", "billed", "list_",
)  # fmt: skip
COSTS = ("quantity", "effective", "contracted", "billed", "list_")
NEEDED = {
    "FOCUS": ("BilledCost", "BillingCurrency", "ChargeCategory", "ChargePeriodStart", "ChargePeriodEnd", "ServiceName"),
    "CUR": (
        "line_item_line_item_type",
        "line_item_unblended_cost",
        "line_item_usage_start_date",
        "line_item_usage_end_date",
        "line_item_currency_code",
        "line_item_product_code",
    ),
}
# AWS: the cost after discounts is in another column for each way to commit, and the fee itself is no usage.
_CUR_EFFECTIVE = {
    "DiscountedUsage": "reservation_effective_cost",
    "SavingsPlanCoveredUsage": "savings_plan_savings_plan_effective_cost",
}
_CUR_CATEGORIES = {
    "Tax": "Tax",
    "Credit": "Credit",
    "Refund": "Credit",
    "Fee": "Purchase",
    "RIFee": "Purchase",
    "SavingsPlanUpfrontFee": "Purchase",
    "SavingsPlanRecurringFee": "Purchase",
    "SavingsPlanNegation": "Adjustment",
    "BundledDiscount": "Adjustment",
    "EdpDiscount": "Adjustment",
    "PrivateRateDiscount": "Adjustment",
}


def version(types: Mapping[str, str]) -> str | None:
    """What a file with these columns is, or None."""
    if types.keys() >= set(NEEDED["CUR"]):
        return "CUR 2.0"
    if not types.keys() >= set(NEEDED["FOCUS"]):
        return None
    if "ServiceProviderName" in types:
        return "FOCUS 1.3" if "ProviderName" in types else "FOCUS 1.4"
    if "InvoiceId" in types:
        return "FOCUS 1.2"
    return "FOCUS 1.1" if "SkuMeter" in types else "FOCUS 1.0"


def expressions(types: Mapping[str, str]) -> dict[str, str]:
    """A field's name to the SQL that reads it: instants as seconds, everything else as text, whatever the format."""
    found = _cur(types) if version(types) == "CUR 2.0" else _focus(types)
    return {field: found.get(field, "NULL") for field in FIELDS}


def _focus(types: Mapping[str, str]) -> dict[str, str]:
    details = _json(types, "SkuPriceDetails")
    return {
        "provider": _first(types, "ServiceProviderName", "ProviderName"),
        "account": _first(types, "BillingAccountId"),
        "service": _first(types, "ServiceName"),
        "service_category": _first(types, "ServiceCategory"),
        "resource": _first(types, "ResourceId"),
        "resource_name": _first(types, "ResourceName"),
        "resource_type": _first(types, "ResourceType"),
        "region": _first(types, "RegionId"),
        "category": _first(types, "ChargeCategory"),
        "correction": f"coalesce({_first(types, 'ChargeClass')} = 'Correction', false)",
        "commitment": _first(types, "CommitmentDiscountId"),
        "commitment_status": _first(types, "CommitmentDiscountStatus"),
        "meter": _first(types, "x_UsageType", "x_SkuMeterName", "SkuMeter", "ChargeDescription"),
        "unit": _first(types, "ConsumedUnit", "PricingUnit"),
        "instance_type": f"coalesce({_key(details, 'InstanceType')}, {_key(details, 'x_InstanceType')})",
        "cores": _key(details, "CoreCount"),
        "memory": _key(details, "MemorySize"),
        "tags": _json(types, "Tags"),
        "currency": _first(types, "BillingCurrency"),
        "start_s": _instant(types, "ChargePeriodStart"),
        "end_s": _instant(types, "ChargePeriodEnd"),
        "quantity": _first(types, "ConsumedQuantity", "PricingQuantity"),
        "effective": _first(types, "EffectiveCost"),
        "contracted": _first(types, "ContractedCost"),
        "billed": _first(types, "BilledCost"),
        "list_": _first(types, "ListCost"),
    }


def _cur(types: Mapping[str, str]) -> dict[str, str]:
    kind, product = _first(types, "line_item_line_item_type"), _json(types, "product")
    unblended = _first(types, "line_item_unblended_cost")
    effective = " ".join(f"WHEN '{name}' THEN {_first(types, column)}" for name, column in _CUR_EFFECTIVE.items())
    categories = " ".join(f"WHEN '{name}' THEN '{category}'" for name, category in _CUR_CATEGORIES.items())
    plan = _first(types, "savings_plan_savings_plan_a_r_n", "reservation_reservation_a_r_n")
    instance = _first(types, "product_instance_type")
    return {
        "provider": "'AWS'",
        "account": _first(types, "bill_payer_account_id"),
        "service": _first(types, "line_item_product_code"),
        "service_category": f"coalesce({_first(types, 'product_product_family')}, {_key(product, 'product_family')})",
        "resource": _first(types, "line_item_resource_id"),
        "region": _first(types, "product_region_code"),
        "category": f"CASE {kind} {categories} ELSE 'Usage' END",
        "commitment": plan,
        "commitment_status": f"CASE WHEN {kind} IN ('DiscountedUsage', 'SavingsPlanCoveredUsage') THEN 'Used' END",
        "meter": _first(types, "line_item_usage_type"),
        "unit": _first(types, "pricing_unit"),
        "instance_type": f"coalesce({instance}, {_key(product, 'instance_type')})",
        "cores": _key(product, "vcpu"),
        "memory": _key(product, "memory"),
        "tags": _json(types, "resource_tags"),
        "currency": _first(types, "line_item_currency_code"),
        "start_s": _instant(types, "line_item_usage_start_date"),
        "end_s": _instant(types, "line_item_usage_end_date"),
        "quantity": _first(types, "line_item_usage_amount"),
        "effective": f"CASE {kind} {effective} ELSE {unblended} END",
        "contracted": _first(types, "line_item_net_unblended_cost", "line_item_unblended_cost"),
        "billed": unblended,
        "list_": _first(types, "pricing_public_on_demand_cost"),
    }


def _first(types: Mapping[str, str], *columns: str) -> str:
    """The first of these columns that has a value in the row, as text."""
    known = [f"nullif(nullif(CAST({column} AS VARCHAR), ''), 'NULL')" for column in columns if column in types]
    if not known:
        return "NULL::VARCHAR"
    return known[0] if len(known) == 1 else f"coalesce({', '.join(known)})"


def _json(types: Mapping[str, str], column: str) -> str:
    """A column of JSON text, or a map or struct of Parquet, as JSON text."""
    kind = types.get(column, "VARCHAR")
    if kind.startswith(("MAP", "STRUCT")):
        return f"CAST(to_json({column}) AS VARCHAR)"
    text = _first(types, column)
    return f"CASE WHEN json_valid({text}) THEN {text} END"


def _key(json: str, name: str) -> str:
    return f"json_extract_string({json}, '$.{name}')"


def _instant(types: Mapping[str, str], column: str) -> str:
    """Seconds since 1970, a time without a zone being UTC."""
    if types.get(column, "").startswith("TIMESTAMP"):
        return f"CAST(epoch({column}) AS BIGINT)"
    return f"CAST(epoch(TRY_CAST({_first(types, column)} AS TIMESTAMP)) AS BIGINT)"
