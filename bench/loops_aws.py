"""Rows of `bench/loops.py` for AWS: the client's own work in full, and a canned answer that comes after the latency.

A row is (codemod, operations before and after, before, after). boto3 comes from the environment of the guards
(`make .venvs/.ready`).
"""

import json
import os
import sys
import time
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
sys.path.append(str(Path(__file__).resolve().parents[1] / ".venvs" / "aws" / "lib" / VERSION / "site-packages"))

import boto3  # noqa: E402
from botocore.awsrequest import AWSResponse  # noqa: E402

N = 100
URL = "https://sqs.eu-west-1.amazonaws.com/1/orders"
XML = b'<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></DeleteResult>'
PARAMETERS = [{"Name": f"/shop/{n}", "Value": "x"} for n in range(10)]
ANSWERS = {
    "SendMessage": {"MessageId": "1"}, "SendMessageBatch": {"Successful": [], "Failed": []}, "PutItem": {},
    "BatchWriteItem": {"UnprocessedItems": {}}, "GetParameter": {"Parameter": PARAMETERS[0]},
    "GetParameters": {"Parameters": PARAMETERS, "InvalidParameters": []},
}  # fmt: skip
os.environ |= {"AWS_ACCESS_KEY_ID": "-", "AWS_SECRET_ACCESS_KEY": "-", "AWS_EC2_METADATA_DISABLED": "true"}
wait = 0.0


class _Raw(BytesIO):
    def stream(self, **_: Any) -> Any:
        """What botocore reads of an answer."""
        yield self.read()


def _answer(request: Any, event_name: str, **_: Any) -> AWSResponse:
    time.sleep(wait)
    name = event_name.rpartition(".")[2]
    body = XML if name in ("DeleteObject", "DeleteObjects") else json.dumps(ANSWERS[name]).encode()
    return AWSResponse(request.url, 200, {"content-length": str(len(body))}, _Raw(body))


@cache
def _session() -> Any:
    session = boto3.Session(region_name="eu-west-1")
    session.events.register("before-send", _answer)
    return session


@cache
def _client(service: str) -> Any:
    return _session().client(service)


@cache
def _table() -> Any:
    return _session().resource("dynamodb").Table("users")


def _timed(work: Callable[[], object]) -> Callable[[float], None]:
    def run(latency: float) -> None:
        global wait  # noqa: PLW0603 - the answer waits, which has no other way to know
        wait = latency
        work()

    return run


def _send_each() -> None:
    for n in range(N):
        _client("sqs").send_message(QueueUrl=URL, MessageBody=f"order {n}")


def _send_batches() -> None:
    entries = [{"MessageBody": f"order {n}"} for n in range(N)]
    for start in range(0, N, 10):
        batch = [{"Id": str(n), **entry} for n, entry in enumerate(entries[start : start + 10])]
        _client("sqs").send_message_batch(QueueUrl=URL, Entries=batch)


def _delete_each() -> None:
    for n in range(N):
        _client("s3").delete_object(Bucket="pages", Key=f"page/{n}")


def _delete_all() -> None:
    objects = [{"Key": f"page/{n}"} for n in range(N)]
    _client("s3").delete_objects(Bucket="pages", Delete={"Objects": objects, "Quiet": True})


def _put_each() -> None:
    for n in range(N):
        _table().put_item(Item={"id": str(n), "text": "x" * 50})


def _put_batches() -> None:
    with _table().batch_writer(overwrite_by_pkeys=["id"]) as batch:
        for n in range(N):
            batch.put_item(Item={"id": str(n), "text": "x" * 50})


def _read_each() -> None:
    for n in range(N):
        _client("ssm").get_parameter(Name=f"/shop/{n}")


def _read_batches() -> None:
    names = [f"/shop/{n}" for n in range(N)]
    for start in range(0, N, 10):
        _client("ssm").get_parameters(Names=names[start : start + 10])


def _new_clients() -> None:
    for _ in range(10):
        _session().client("sqs").send_message(QueueUrl=URL, MessageBody="order")


def _kept_client() -> None:
    for _ in range(10):
        _client("sqs").send_message(QueueUrl=URL, MessageBody="order")


ROWS = [
    ("aws-batch (SQS send_message)", (N, 10), _timed(_send_each), _timed(_send_batches)),
    ("aws-batch (S3 delete_object)", (N, 1), _timed(_delete_each), _timed(_delete_all)),
    ("aws-batch (DynamoDB put_item)", (N, 4), _timed(_put_each), _timed(_put_batches)),
    ("aws-batch (SSM get_parameter)", (N, 10), _timed(_read_each), _timed(_read_batches)),
    ("client-hoist (boto3, clients made)", (10, 1), _timed(_new_clients), _timed(_kept_client)),
]
