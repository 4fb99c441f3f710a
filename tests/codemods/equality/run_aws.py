"""Runs both texts of each scenario on standard input against moto, and says on standard output what each did.

A scenario is {"service", "texts": [before, after], "items": [...]}; both modules have `view(items)`.
Items that hold "POISON" are not accepted by the service, alone or in a batch, "FLAKY" ones not in a batch; at "BROKEN"
the code itself fails. What a text did is {"result", "error", "state", "requests", "clients"}.
"""

import json
import sys
from collections import Counter
from typing import Any

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

REGION = "eu-west-1"
ENTRIES = {
    "SendMessageBatch": "Entries", "PublishBatch": "PublishBatchRequestEntries", "PutRecords": "Records",
    "PutRecordBatch": "Records", "PutEvents": "Entries",
}  # fmt: skip
RESULTS = {"PutRecords": "Records", "PutRecordBatch": "RequestResponses", "PutEvents": "Entries"}
SINGLE = ("SendMessage", "Publish", "DeleteObject")


class Item:
    """What a loop goes over; its text cannot be read when it is broken."""

    def __init__(self, text: str) -> None:
        self._text = text

    @property
    def text(self) -> str:
        """The text."""
        if "BROKEN" in self._text:
            raise LookupError("broken")
        return self._text

    @property
    def json(self) -> str:
        """An object that holds the text."""
        return json.dumps({"text": self.text})


class Service:
    """Counts requests, and does not accept some entries."""

    def __init__(self, session: Any) -> None:
        self.requests: Counter[str] = Counter()
        self.asked: list[dict[str, Any]] = []
        self.clients = 0
        session.events.register("creating-client-class", self._made)
        session.events.register("provide-client-params", self._take)
        session.events.register("before-call", self._refuse)
        session.events.register("after-call", self._tell)

    def _made(self, **_: Any) -> None:
        self.clients += 1

    def _take(self, params: dict[str, Any], model: Any, **_: Any) -> dict[str, Any]:
        name = model.name
        self.requests[name] += 1
        if name in SINGLE and "POISON" in str(params):
            raise ClientError({"Error": {"Code": "InvalidMessageContents", "Message": "poison"}}, name)
        if name == "DeleteObjects":
            self.asked = params["Delete"]["Objects"]
            return {**params, "Delete": {**params["Delete"], "Objects": [o for o in self.asked if not fails(o)]}}
        if name not in ENTRIES:
            return params
        self.asked = params[ENTRIES[name]]
        ids = [entry["Id"] for entry in self.asked if "Id" in entry]
        assert len(set(ids)) == len(ids)
        taken = self.asked if name == "PutEvents" else [entry for entry in self.asked if not fails(entry)]
        return {**params, ENTRIES[name]: taken}

    def _refuse(self, model: Any, **_: Any) -> Any:
        nothing = model.name in ENTRIES and model.name != "PutEvents" and all(map(fails, self.asked))
        return (type("Answer", (), {"status_code": 200})(), {}) if nothing else None

    def _tell(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        name = model.name
        failed = [entry for entry in self.asked if fails(entry)] if name in (*ENTRIES, "DeleteObjects") else []
        if failed and name in ("SendMessageBatch", "PublishBatch"):
            parsed["Failed"] = [{"Id": e["Id"], "SenderFault": True, "Code": "InvalidMessageContents"} for e in failed]
        elif failed and name == "DeleteObjects":
            parsed["Errors"] = [{"Key": o["Key"], "Code": "AccessDenied", "Message": "no"} for o in failed]
        elif failed:
            told = iter(parsed.get(RESULTS[name], []))
            error = {"ErrorCode": "InternalFailure", "ErrorMessage": "once"}
            parsed[RESULTS[name]] = [error if fails(entry) else next(told) for entry in self.asked]


def fails(entry: Any) -> bool:
    """Whether a batch does not take the entry."""
    return "POISON" in str(entry) or "FLAKY" in str(entry)


def received(sqs: Any, url: str) -> list[str]:
    """All messages of a queue, sorted."""
    found: list[str] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            found.append(message["Body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return sorted(found)


class Rig:
    """What the scenarios of a service need, and what is left in it."""

    def __init__(self, service: str, items: list[str]) -> None:
        self.service, self.items = service, items
        self.session = RIG
        getattr(self, f"_{service}")()

    def _sqs(self) -> None:
        sqs = self.session.client("sqs")
        url = sqs.create_queue(QueueName="orders")["QueueUrl"]
        self.names = {"QUEUE": url}
        self.state = lambda: received(sqs, url)

    def _sqs_delete(self) -> None:
        self._sqs()
        sqs, url = self.session.client("sqs"), self.names["QUEUE"]
        for item in self.items:
            sqs.send_message(QueueUrl=url, MessageBody=item)
        handles: list[str] = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            handles += [message["ReceiptHandle"] for message in messages]
        self.items = handles
        self.state = lambda: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"][
            "ApproximateNumberOfMessagesNotVisible"
        ]

    def _sns(self) -> None:
        sqs, sns = self.session.client("sqs"), self.session.client("sns")
        url = sqs.create_queue(QueueName="inbox")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        topic = sns.create_topic(Name="news")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
        self.names = {"TOPIC": topic}
        self.state = lambda: received(sqs, url)

    def _s3(self) -> None:
        s3 = self.session.client("s3")
        s3.create_bucket(Bucket="pages", CreateBucketConfiguration={"LocationConstraint": REGION})
        for key in {*self.items, "kept"} - {"BROKEN", "missing"}:
            s3.put_object(Bucket="pages", Key=key, Body=b"x")
        self.names = {"BUCKET": "pages"}
        self.state = lambda: sorted(
            o["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket="pages") for o in page["Contents"]
        )

    def _dynamodb(self) -> None:
        resource = self.session.resource("dynamodb")
        table = resource.create_table(
            TableName="users", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )  # fmt: skip
        for known in ("a", "b", "c"):
            table.put_item(Item={"id": known, "text": f"before {known}"})
        self.names = {}
        self.state = lambda: sorted(f"{item['id']} {item['text']}" for item in table.scan()["Items"])

    def _ssm(self) -> None:
        ssm = self.session.client("ssm")
        for name in {*self.items} - {"missing", "BROKEN"}:
            ssm.put_parameter(Name=name, Value=f"value of {name}", Type="String")
        self.names = {}
        self.state = lambda: None

    def _kinesis(self) -> None:
        kinesis = self.session.client("kinesis")
        kinesis.create_stream(StreamName="clicks", ShardCount=1)
        self.names = {}

        def state() -> list[str]:
            shard = kinesis.get_shard_iterator(
                StreamName="clicks", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            return [record["Data"].decode() for record in kinesis.get_records(ShardIterator=shard)["Records"]]

        self.state = state

    def _firehose(self) -> None:
        s3, firehose = self.session.client("s3"), self.session.client("firehose")
        s3.create_bucket(Bucket="clicks", CreateBucketConfiguration={"LocationConstraint": REGION})
        role, bucket = "arn:aws:iam::123456789012:role/clicks", "arn:aws:s3:::clicks"
        where = {"RoleARN": role, "BucketARN": bucket}
        firehose.create_delivery_stream(DeliveryStreamName="clicks", ExtendedS3DestinationConfiguration=where)
        self.names = {}

        def state() -> list[str]:
            keys = [o["Key"] for o in s3.list_objects_v2(Bucket="clicks").get("Contents", [])]
            text = "".join(s3.get_object(Bucket="clicks", Key=key)["Body"].read().decode() for key in keys)
            return sorted(text.split(";"))

        self.state = state

    def _events(self) -> None:
        events = self.session.client("events")
        bus = events.describe_event_bus()["Arn"]
        events.create_archive(ArchiveName="all", EventSourceArn=bus, EventPattern='{"source": ["shop"]}')
        self.names = {}
        self.state = lambda: events.describe_archive(ArchiveName="all")["EventCount"]

    def _cloudwatch(self) -> None:
        cloudwatch = self.session.client("cloudwatch")
        self.names = {}
        self.state = lambda: sorted(m["MetricName"] for m in cloudwatch.list_metrics(Namespace="shop")["Metrics"])


# Sessions are dear to make; only what the code under test asks of its own is counted.
RIG = boto3.Session(region_name=REGION)
DEFAULT = boto3.Session(region_name=REGION)
SEEN = Service(DEFAULT)


def did(text: str, service: str, items: list[str]) -> dict[str, Any]:
    """What one text does in a new account."""
    with mock_aws():
        rig = Rig(service, items)
        SEEN.requests.clear()
        SEEN.clients = 0
        boto3.DEFAULT_SESSION = DEFAULT
        names: dict[str, Any] = {}
        exec(compile(text, "app.py", "exec"), names)
        names |= rig.names
        result = error = None
        try:
            result = names["view"]([Item(item) for item in rig.items])
        except ClientError as raised:
            error = [type(raised).__name__, raised.response["Error"]["Code"]]
        except Exception as raised:
            error = [type(raised).__name__, str(raised)]
        return {
            "result": result,
            "error": error,
            "state": rig.state(),
            "requests": dict(SEEN.requests),
            "clients": SEEN.clients,
        }


answers = [[did(text, s["service"], s["items"]) for text in s["texts"]] for s in json.load(sys.stdin)]
sys.stdout.write(json.dumps(answers, default=str))
