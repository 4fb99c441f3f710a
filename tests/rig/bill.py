"""Small bills: rows in the words of FOCUS, written as any of its versions, as CUR 2.0, as CSV or as Parquet."""

import csv
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

START = datetime(2026, 11, 1, tzinfo=UTC)
COLUMNS_1_0 = (
    "AvailabilityZone", "BilledCost", "BillingAccountId", "BillingCurrency", "ChargeCategory", "ChargeClass",
    "ChargeDescription", "ChargePeriodEnd", "ChargePeriodStart", "CommitmentDiscountId", "CommitmentDiscountStatus",
    "ConsumedQuantity", "ConsumedUnit", "ContractedCost", "EffectiveCost", "ListCost", "ProviderName", "RegionId",
    "ResourceId", "ResourceName", "ServiceCategory", "ServiceName", "Tags",
)  # fmt: skip
COLUMNS = {
    "1.0": COLUMNS_1_0,
    "1.2": (*COLUMNS_1_0, "InvoiceId", "SkuMeter", "SkuPriceDetails"),
    "1.3": (*COLUMNS_1_0, "InvoiceId", "SkuMeter", "SkuPriceDetails", "ServiceProviderName", "HostProviderName"),
    "1.4": (
        *(column for column in COLUMNS_1_0 if column != "ProviderName"),
        "InvoiceId", "SkuMeter", "SkuPriceDetails", "ServiceProviderName", "HostProviderName",
    ),
}  # fmt: skip
TASK = "arn:aws:ecs:us-east-1:123456789012:service/main/shop"
DATABASE = "arn:aws:rds:us-east-1:123456789012:db:shop"


def row(cost: str = "1", **fields: Any) -> dict[str, str]:
    """One row; its four costs are `cost` unless they are given."""
    known = {
        "BillingAccountId": "123456789012",
        "BillingCurrency": "USD",
        "ChargeCategory": "Usage",
        "ProviderName": "AWS",
        "ServiceProviderName": "AWS",
        "HostProviderName": "AWS",
        "RegionId": "us-east-1",
        "ServiceCategory": "Databases",
        "ServiceName": "Amazon Relational Database Service",
        "SkuMeter": "InstanceUsage:db.r6g.4xlarge",
        "SkuPriceDetails": '{"CoreCount": 16, "InstanceType": "db.r6g.4xlarge"}',
        "ConsumedUnit": "Hours",
        "ConsumedQuantity": "1",
        "ResourceId": DATABASE,
        "Tags": '{"service": "shop"}',
    }
    costs = dict.fromkeys(("BilledCost", "EffectiveCost", "ContractedCost", "ListCost"), cost)
    return known | costs | {name: str(value) for name, value in fields.items()}


def hourly(rows: Iterable[dict[str, str]], days: int = 20, start: datetime = START) -> list[dict[str, str]]:
    """Each of the rows in every hour of so many days."""
    rows = list(rows)
    return [
        one
        | {
            "ChargePeriodStart": text(start + timedelta(hours=h)),
            "ChargePeriodEnd": text(start + timedelta(hours=h + 1)),
        }
        for h in range(days * 24)
        for one in rows
    ]


def text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def machine(cost: str, name: str = "shop", **fields: Any) -> dict[str, str]:
    """A database server with 16 vCPU."""
    return row(cost, ResourceId=f"arn:aws:rds:us-east-1:123456789012:db:{name}", **fields)


def tasks(vcpu: str = "10", price: str = "0.04048", memory: str = "0.004445") -> list[dict[str, str]]:
    """Fargate: so many vCPUs with 2 GB each, in two rows as it is billed."""
    from decimal import Decimal

    kind = {"ServiceCategory": "Compute", "ServiceName": "Amazon Elastic Container Service", "ResourceId": TASK}
    no_details = {"SkuPriceDetails": "", "Tags": ""}
    cpu = format(Decimal(vcpu) * Decimal(price), "f")
    gib = format(Decimal(vcpu) * 2 * Decimal(memory), "f")
    return [
        row(cpu, **kind, **no_details, SkuMeter="USE1-Fargate-vCPU-Hours:perCPU", ConsumedUnit="vCPU-Hours",
            ConsumedQuantity=vcpu),
        row(gib, **kind, **no_details, SkuMeter="USE1-Fargate-GB-Hours", ConsumedUnit="GB-Hours",
            ConsumedQuantity=format(Decimal(vcpu) * 2, "f")),
    ]  # fmt: skip


def traffic(gigabytes: str) -> dict[str, str]:
    """Bytes between zones, at 0.01 a side."""
    from decimal import Decimal

    return row(
        format(Decimal(gigabytes) / 100, "f"), ServiceName="AmazonEC2", ServiceCategory="Networking",
        SkuMeter="USE1-DataTransfer-Regional-Bytes", ConsumedUnit="GB", ConsumedQuantity=gigabytes, SkuPriceDetails="",
        ResourceId="arn:aws:ec2:us-east-1:123456789012:network/shop",
    )  # fmt: skip


def write(path: Path, rows: Iterable[dict[str, str]], version: str = "1.2") -> Path:
    """The rows as a FOCUS export; Parquet by the name, with the types that providers use."""
    plain = path.with_suffix(".csv")
    with plain.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS[version], restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    if path.suffix != ".parquet":
        return plain
    costs = ("BilledCost", "EffectiveCost", "ContractedCost", "ListCost", "ConsumedQuantity")
    replaced = ", ".join(
        [f"CAST(nullif({name}, '') AS DOUBLE) AS {name}" for name in costs]
        + [f"CAST({name} AS TIMESTAMP) AS {name}" for name in ("ChargePeriodStart", "ChargePeriodEnd")]
        + ["CAST(json(nullif(Tags, '')) AS MAP(VARCHAR, VARCHAR)) AS Tags"]
    )
    duckdb.sql(
        f"COPY (SELECT * REPLACE ({replaced}) FROM read_csv('{plain}', all_varchar = true)) "
        f"TO '{path}' (FORMAT parquet)"
    )
    return path


def cur(path: Path, rows: Iterable[dict[str, str]]) -> Path:
    """Rows of a CUR 2.0, by its own column names."""
    rows = list(rows)
    names = list(dict.fromkeys(name for one in rows for name in one))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def usage(path: Path, hours: int = 14 * 24, **columns: Any) -> Path:
    """A usage file; each column is a number or a function of the hour."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["hour", *columns])
        for hour in range(hours):
            values = [round(c(hour), 6) if callable(c) else c for c in columns.values()]
            writer.writerow([text(START + timedelta(hours=hour)), *values])
    return path
