"""Write bot/price/prices.toml anew from the AWS Price List API: `python bench/prices.py [--check]`.

Needs boto3 (`pip install costmod[aws]`) and credentials that may call pricing:GetProducts; what is read is public list
prices, on demand. A row whose query does not find exactly one price stays as it is, is named, and ends the run with 1.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parents[1] / "bot" / "price" / "prices.toml"
SOURCE = "AWS Price List API"
ENDPOINT_REGION = "us-east-1"  # where the API itself is; the region of the prices is in each row
_LINUX = {
    "operatingSystem": "Linux", "tenancy": "Shared", "preInstalledSw": "NA", "capacitystatus": "Used",
    "marketoption": "OnDemand",
}  # fmt: skip
# sku of ours -> service code and attributes of the one product that it is.
QUERIES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "fargate-linux-x86-vcpu": ("AmazonECS", {"usagetype": "USE1-Fargate-vCPU-Hours:perCPU"}),
    "fargate-linux-x86-memory": ("AmazonECS", {"usagetype": "USE1-Fargate-GB-Hours"}),
    "lambda-x86-duration": ("AWSLambda", {"usagetype": "Lambda-GB-Second", "group": "AWS-Lambda-Duration"}),
    "ec2-m7i.large": ("AmazonEC2", {"instanceType": "m7i.large", **_LINUX}),
    "aurora-serverless-v2": (
        "AmazonRDS", {"usagetype": "Aurora:ServerlessV2Usage", "databaseEngine": "Aurora PostgreSQL"},
    ),
    "aurora-db.r6g.2xlarge": (
        "AmazonRDS", {"usagetype": "InstanceUsage:db.r6g.2xl", "databaseEngine": "Aurora PostgreSQL"},
    ),
    "rds-db.r6g.2xlarge": (
        "AmazonRDS",
        {"instanceType": "db.r6g.2xlarge", "databaseEngine": "PostgreSQL", "deploymentOption": "Single-AZ"},
    ),
    "inter-zone-transfer": ("AWSDataTransfer", {"usagetype": "DataTransfer-Regional-Bytes"}),
    "nat-gateway-bytes": ("AmazonEC2", {"usagetype": "NatGateway-Bytes"}),
    "internet-egress": ("AWSDataTransfer", {"usagetype": "DataTransfer-Out-Bytes", "transferType": "AWS Outbound"}),
    "sqs-standard": ("AWSQueueService", {"usagetype": "Requests-Tier1"}),
}  # fmt: skip
# The unit of a row -> the API's units for it, and how many of those one of the row's holds.
UNITS: Mapping[str, tuple[frozenset[str], Decimal]] = {
    "hour": (frozenset({"Hrs", "hours"}), Decimal(1)),
    "vCPU-hour": (frozenset({"hours", "vCPU-Hours"}), Decimal(1)),
    "GB-hour": (frozenset({"hours", "GB-Hours"}), Decimal(1)),
    "GB-second": (frozenset({"Lambda-GB-Second", "seconds", "Second"}), Decimal(1)),
    "ACU-hour": (frozenset({"ACU-Hr", "ACU-Hrs"}), Decimal(1)),
    "GB": (frozenset({"GB"}), Decimal(1)),
    "million": (frozenset({"Requests", "requests"}), Decimal(1_000_000)),
}


class NotFoundError(Exception):
    """Why a row cannot be written anew."""


def regenerated(text: str, client: Any) -> tuple[str, list[str]]:
    """The table with the prices of the API, and why some rows are as they were."""
    head, *blocks = re.split(r"(?m)^(?=\[\[price\]\]$)", text)
    kept, out = [], [head]
    for block in blocks:
        row = {name: value.strip('"') for name, value in re.findall(r'(?m)^(\w+) = ("[^"]*"|\S+)', block)}
        try:
            price, stated = current(row, client)
        except NotFoundError as error:
            kept.append(f"{row['sku']}: {error}")
            out.append(block)
            continue
        changed = {"price": f'"{price:f}"', "source": f'"{SOURCE}"', "stated": stated}
        new = block
        for name, value in changed.items():
            new = re.sub(rf"(?m)^{name} = .*$", f"{name} = {value}", new)
        out.append(new)
    return "".join(out), kept


def current(row: Mapping[str, str], client: Any) -> tuple[Decimal, str]:
    """The price of a row in its own unit and currency, and the day on which it was published.

    Raises:
        NotFoundError: no product, several prices, or another unit.
    """
    if row["sku"] not in QUERIES:
        raise NotFoundError("has no query")
    service, attributes = QUERIES[row["sku"]]
    filters = {**attributes, "regionCode": row["region"]} if service != "AWSDataTransfer" else {
        **attributes, "fromRegionCode": row["region"]
    }  # fmt: skip
    found = {price for product in products(client, service, filters) for price in _prices(product, row)}
    if len(found) != 1:
        raise NotFoundError(f"{len(found)} prices of {service} with {', '.join(filters.values())}")
    return found.pop()


def products(client: Any, service: str, attributes: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The products of a service with these attributes, all pages."""
    filters = [{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in sorted(attributes.items())]
    asked: dict[str, Any] = {"ServiceCode": service, "Filters": filters, "FormatVersion": "aws_v1"}
    while True:
        page = client.get_products(**asked)
        yield from (json.loads(text) for text in page["PriceList"])
        if not page.get("NextToken"):
            return
        asked["NextToken"] = page["NextToken"]


def _prices(product: Mapping[str, Any], row: Mapping[str, str]) -> Iterator[tuple[Decimal, str]]:
    """The on-demand prices of the first tier, in the row's unit."""
    allowed, holds = UNITS[row["unit"]]
    for term in product.get("terms", {}).get("OnDemand", {}).values():
        for dimension in term["priceDimensions"].values():
            amount = Decimal(dimension["pricePerUnit"].get(row["currency"], "0"))
            if dimension.get("beginRange", "0") != "0" or not amount:
                continue
            if dimension["unit"] not in allowed:
                raise NotFoundError(f"is priced per {dimension['unit']}, not per {row['unit']}")
            yield (amount * holds).normalize(), product["publicationDate"][:10]


def main(arguments: Sequence[str]) -> int:
    """Write the table, or with --check only say what would change."""
    import boto3

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="Write nothing; 1 when a row would change.")
    options = parser.parse_args(arguments)
    text = TABLE.read_text(encoding="utf-8")
    new, kept = regenerated(text, boto3.client("pricing", region_name=ENDPOINT_REGION))
    for reason in kept:
        sys.stderr.write(f"kept: {reason}\n")
    if options.check:
        return int(new != text or bool(kept))
    TABLE.write_text(new, encoding="utf-8")
    return int(bool(kept))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
