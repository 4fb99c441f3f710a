"""`aws-batch` on moto: what the code does before and after, with hostile items, failures and counted requests."""

from collections.abc import Callable
from pathlib import Path

import pytest
from rig.moto import moto_python, ran

from codemods import aws_batch
from codemods.api import Proposal, Reached, Repeat, Sighting
from codemods.index import Index

MANY = [f"m{number}" for number in range(25)]
HOSTILE = ["a", "a", "é\u20ac", "a b+c%20&<>\"'/../x", "n\nl", "", " "]
LOOP = "import boto3\n\n{name} = None\n{made}\n\n\ndef view(items: list):\n    for item in items:\n        {call}\n"
SQS = LOOP.format(
    name="QUEUE",
    made='sqs = boto3.client("sqs")',
    call="sqs.send_message(QueueUrl=QUEUE, MessageBody=item.text)",
)
SNS = LOOP.format(name="TOPIC", made='sns = boto3.client("sns")', call="sns.publish(TopicArn=TOPIC, Message=item.text)")
S3 = LOOP.format(name="BUCKET", made='s3 = boto3.client("s3")', call="s3.delete_object(Bucket=BUCKET, Key=item.text)")
TABLE = 'table = boto3.resource("dynamodb").Table("users")'
KEYED = f'{TABLE}\n\n\ndef find(key):\n    return table.get_item(Key={{"id": key}})'
CODE = {
    "sqs": (SQS, "aws-api SendMessage"),
    "sqs_delete": (
        SQS.replace("send_message", "delete_message").replace("MessageBody", "ReceiptHandle"),
        "DeleteMessage",
    ),
    "sns": (SNS, "aws-api Publish"),
    "s3": (S3, "aws-api DeleteObject"),
    "put": (
        LOOP.format(name="X", made=KEYED, call='table.put_item(Item={"id": item.text, "text": f"now {item.text}"})'),
        "PUTITEM ?",
    ),
    "delete": (LOOP.format(name="X", made=TABLE, call='table.delete_item(Key={"id": item.text})'), "DELETEITEM ?"),
    "ssm": (
        'import boto3\n\nssm = boto3.client("ssm")\n\n\ndef view(items: list):\n'
        '    return [ssm.get_parameter(Name=item.text)["Parameter"]["Value"] for item in items]\n',
        "aws-api GetParameter",
    ),
    "get": (
        f"import boto3\n\n{TABLE}\n\n\ndef view(items: list):\n"
        '    return [table.get_item(Key={"id": item.text}).get("Item") for item in items]\n',
        "GETITEM ?",
    ),
    "kinesis": (
        LOOP.format(
            name="X",
            made='kinesis = boto3.client("kinesis")',
            call='kinesis.put_record(StreamName="clicks", Data=item.text, PartitionKey="1")',
        ),
        "aws-api PutRecord",
    ),
    "firehose": (
        LOOP.format(
            name="X",
            made='firehose = boto3.client("firehose")',
            call='firehose.put_record(DeliveryStreamName="clicks", Record={"Data": item.text + ";"})',
        ),
        "aws-api PutRecord",
    ),
    "events": (
        LOOP.format(
            name="X",
            made='events = boto3.client("events")',
            call='events.put_events(Entries=[{"Source": "shop", "DetailType": "o", "Detail": item.json}])',
        ),
        "aws-api PutEvents",
    ),
    "cloudwatch": (
        LOOP.format(
            name="X",
            made='cloudwatch = boto3.client("cloudwatch")',
            call='cloudwatch.put_metric_data(Namespace="shop", MetricData=[{"MetricName": item.text, "Value": 1}])',
        ),
        "aws-api PutMetricData",
    ),
}
RIGS = {"put": "dynamodb", "delete": "dynamodb", "get": "dynamodb"}
# Code, items, requests before and after.
SAME: list[tuple[str, list[str], int, int]] = [
    ("sqs", [], 0, 0),
    ("sqs", ["a"], 1, 1),
    ("sqs", MANY, 25, 3),
    ("sqs", HOSTILE, 7, 1),
    ("sqs", [*MANY[:12], "BROKEN", *MANY], 12, 2),
    ("sqs", ["x" * 200_000] * 12, 12, 12),  # ten are too large together: two batches, and ten alone
    ("sqs", [*MANY[:3], "FLAKY", *MANY], 29, 4),
    ("sqs", ["FLAKY"], 1, 2),
    ("sqs_delete", [], 0, 0),
    ("sqs_delete", MANY, 25, 3),
    ("sns", [], 0, 0),
    ("sns", [*MANY, "a", "a"], 27, 3),
    ("sns", [*MANY[:12], "BROKEN"], 12, 2),
    ("sns", ["FLAKY", "a"], 2, 2),
    ("s3", [], 0, 0),
    ("s3", [*MANY, "missing"], 26, 1),
    ("s3", [key for key in HOSTILE if key], 6, 1),
    ("s3", [*MANY[:12], "BROKEN", *MANY], 12, 1),
    ("s3", [f"k{number}" for number in range(1001)], 1001, 2),
    ("s3", ["a", "FLAKY", "b"], 3, 2),
    ("put", [], 0, 0),
    ("put", [*MANY, *MANY, "a", "z", "a"], 53, 3),
    ("put", [*MANY[:12], "BROKEN", *MANY], 12, 1),
    ("delete", ["a", "a", "c"], 3, 1),
    ("delete", ["a", "BROKEN", "b"], 1, 1),
    ("ssm", [], 0, 0),
    ("ssm", [*MANY, *MANY], 50, 3),
    ("ssm", ["a", "missing", "b"], 2, 2),
    ("ssm", ["a", "BROKEN"], 1, 0),
    ("get", [], 0, 0),
    ("get", ["a", "a", "b", "z"], 4, 2),
    ("get", ["a", "", "b"], 2, 2),
    ("kinesis", [*MANY, "a", "a"], 27, 1),
    ("kinesis", ["a", "BROKEN"], 1, 1),
    ("kinesis", ["x"] * 501, 501, 2),
    ("firehose", [*MANY, "a", "a"], 27, 1),
    ("firehose", ["a", "FLAKY", "b"], 3, 2),
    ("events", MANY, 25, 3),
    ("events", ["a", "BROKEN"], 1, 1),
    ("cloudwatch", MANY, 25, 1),
    ("cloudwatch", ["a", "BROKEN"], 1, 1),
]


Checkout = Callable[[dict[str, str]], Path]


@pytest.fixture
def python() -> Path:
    return moto_python()


def edited(checkout: Checkout, name: str) -> list[str]:
    """The code, and as the codemod leaves it."""
    code, statement = CODE[name]
    index = Index(checkout({"app.py": code}))
    sighting = Sighting(
        "n_plus_one_http", (Repeat("f", (), (), 50, "call", statement),), (Reached("app.py", "view", 0, ""),)
    )
    (answer,) = aws_batch.find(index, sighting)
    assert isinstance(answer, Proposal), answer
    return [code, answer.texts["app.py"]]


def test_the_same_is_done_with_fewer_requests(python: Path, checkout: Checkout) -> None:
    texts = {name: edited(checkout, name) for name in CODE}
    scenarios = [{"service": RIGS.get(name, name), "texts": texts[name], "items": items} for name, items, _, _ in SAME]
    for (name, items, many, few), (before, after) in zip(SAME, ran(python, scenarios), strict=True):
        where = (name, items[:3], len(items))
        assert (where, sum(before.pop("requests").values())) == (where, many)
        assert (where, sum(after.pop("requests").values())) == (where, few)
        assert (where, before) == (where, after)


def test_an_entry_that_is_never_accepted_raises_the_same_and_the_rest_of_its_batch_is_sent(
    python: Path, checkout: Checkout
) -> None:
    names = ("sqs", "sns", "s3")
    items = [*MANY[:3], "POISON", *MANY[3:]]
    scenarios = [{"service": name, "texts": edited(checkout, name), "items": items} for name in names]
    for name, (before, after) in zip(names, ran(python, scenarios), strict=True):
        assert before["error"] == after["error"] == ["ClientError", "InvalidMessageContents"]
        sent = [[item for item in items if (item in one["state"]) == (name != "s3")] for one in (before, after)]
        assert sent == [MANY[:3], MANY[:9] if name != "s3" else MANY]


def test_an_item_that_dynamodb_refuses_raises_the_same_and_takes_its_request_with_it(
    python: Path, checkout: Checkout
) -> None:
    scenario = {"service": "dynamodb", "texts": edited(checkout, "put"), "items": [*MANY, "x", "", "y"]}
    ((before, after),) = ran(python, [scenario])
    assert before["error"] == after["error"] == ["ClientError", "ValidationException"]
    assert set(before["state"]) - set(after["state"]) == {"x now x"}


def test_what_a_stream_or_bus_does_not_take_at_first(python: Path, checkout: Checkout) -> None:
    items = ["a", "FLAKY", "b"]
    scenarios = [{"service": name, "texts": edited(checkout, name), "items": items} for name in ("kinesis", "events")]
    stream, bus = ran(python, scenarios)
    assert [one["state"] for one in stream] == [items, ["a", "b", "FLAKY"]]
    assert bus[0]["error"] is None
    assert bus[1]["error"][0] == "RuntimeError"
