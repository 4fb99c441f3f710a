"""The price table from the AWS Price List API, as botocore's Stubber plays it."""

import json
import os
import subprocess
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from guards.libraries import ENVIRONMENTS

from bot.price.table import read, shipped

AWS = ENVIRONMENTS / "aws"
RUN = Path(__file__).parents[2] / "rig" / "price_list.py"
HEAD = "# Prices.\n\n"
ROW = """[[price]]
sku = "{sku}"
region = "us-east-1"
unit = "{unit}"
price = "{price}"
currency = "USD"
source = "{source}"
stated = {stated}
"""
OLD = {"price": "9.99", "source": "somewhere", "stated": "2025-01-01"}
NEW = {"source": "AWS Price List API", "stated": "2026-11-20"}


@pytest.fixture(scope="module")
def python() -> Path:
    if not (AWS / "built").exists():
        reason = "no environment with boto3 and moto: run `make .venvs/.ready`"
        if os.environ.get("COSTMOD_REQUIRE_GUARDS"):
            pytest.fail(reason)
        pytest.skip(reason)
    return AWS / "bin" / "python"


def run(python: Path, table: str, *calls: tuple[dict[str, Any], dict[str, Any]]) -> tuple[str, list[str]]:
    given = json.dumps({"table": table, "calls": calls})
    done = subprocess.run([python, RUN], input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return found["table"], found["kept"]


def asked(service: str, token: str | None = None, **attributes: str) -> dict[str, Any]:
    filters = [{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in sorted(attributes.items())]
    known = {"ServiceCode": service, "Filters": filters, "FormatVersion": "aws_v1"}
    return known | ({"NextToken": token} if token else {})


def product(unit: str, *prices: tuple[str, str]) -> str:
    dimensions = {
        f"r{place}": {"unit": unit, "beginRange": begin, "pricePerUnit": {"USD": price}}
        for place, (begin, price) in enumerate(prices)
    }
    return json.dumps(
        {"publicationDate": "2026-11-20T01:02:03Z", "terms": {"OnDemand": {"o": {"priceDimensions": dimensions}}}}
    )


QUEUE = ("AWSQueueService", {"usagetype": "Requests-Tier1", "regionCode": "us-east-1"})
SQS = ROW.format(sku="sqs-standard", unit="million", **OLD)


def test_rows_are_written_anew_in_their_own_unit(python: Path):
    task = ROW.format(sku="fargate-linux-x86-vcpu", unit="vCPU-hour", **OLD)
    table, kept = run(
        python,
        HEAD + task + "\n" + SQS,
        (
            asked("AmazonECS", usagetype="USE1-Fargate-vCPU-Hours:perCPU", regionCode="us-east-1"),
            {"PriceList": [product("hours", ("0", "0.0404800000"))]},
        ),
        # the free tier and the later tiers are no price of the first million
        (
            asked(QUEUE[0], **QUEUE[1]),
            {"PriceList": [product("Requests", ("0", "0.0000004000"), ("100000000000", "0.0000003000"))]},
        ),
    )
    assert kept == []
    assert table == HEAD + ROW.format(sku="fargate-linux-x86-vcpu", unit="vCPU-hour", price="0.04048", **NEW) + "\n" + (
        ROW.format(sku="sqs-standard", unit="million", price="0.4", **NEW)
    )
    assert read(table)["sqs-standard"].price * 10 == 4


def test_all_pages_are_read(python: Path):
    table, kept = run(
        python,
        HEAD + SQS,
        (asked(QUEUE[0], **QUEUE[1]), {"PriceList": [], "NextToken": "more"}),
        (asked(QUEUE[0], "more", **QUEUE[1]), {"PriceList": [product("Requests", ("0", "0.0000005"))]}),
    )
    assert (table, kept) == (HEAD + ROW.format(sku="sqs-standard", unit="million", price="0.5", **NEW), [])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param([], "0 prices of AWSQueueService with Requests-Tier1, us-east-1", id="none"),
        pytest.param(
            [product("Requests", ("0", "0.0000004")), product("Requests", ("0", "0.0000005"))],
            "2 prices of AWSQueueService with Requests-Tier1, us-east-1",
            id="two",
        ),
        pytest.param([product("Requests", ("0", "0"))], "0 prices of AWSQueueService with Requests-Tier1, us-east-1",
                     id="free"),
        pytest.param([product("GB", ("0", "0.4"))], "is priced per GB, not per million", id="another unit"),
    ],
)  # fmt: skip
def test_a_doubtful_row_stays_and_is_named(python: Path, answer: list[str], reason: str):
    table, kept = run(python, HEAD + SQS, (asked(QUEUE[0], **QUEUE[1]), {"PriceList": answer}))
    assert (table, kept) == (HEAD + SQS, [f"sqs-standard: {reason}"])


def test_every_row_of_the_table_has_a_query():
    script = (Path(__file__).parents[3] / "bench" / "prices.py").read_text(encoding="utf-8")
    table = tomllib.loads((files("bot.price") / "prices.toml").read_text(encoding="utf-8"))
    assert [row["sku"] for row in table["price"] if f'"{row["sku"]}": (' not in script] == []
    assert len(shipped()) == len(table["price"])
