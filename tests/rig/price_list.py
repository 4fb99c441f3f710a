"""Runs bench/prices.py against botocore's Stubber, which checks each call by the model of the API."""

import importlib.util
import json
import sys
from pathlib import Path

import boto3
from botocore.stub import Stubber

SCRIPT = Path(__file__).parents[2] / "bench" / "prices.py"


def main() -> None:
    given = json.loads(sys.stdin.read())
    spec = importlib.util.spec_from_file_location("prices", SCRIPT)
    prices = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(prices)
    client = boto3.client("pricing", region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s")
    with Stubber(client) as stubber:
        for expected, answer in given["calls"]:
            stubber.add_response("get_products", answer, expected)
        text, kept = prices.regenerated(given["table"], client)
        stubber.assert_no_pending_responses()
    sys.stdout.write(json.dumps({"table": text, "kept": kept}))


main()
