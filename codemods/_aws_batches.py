"""The calls of AWS that one call can make for many: what each takes, how many, how it reports failures, what it costs.

Limits are those of the service models that botocore ships; a total size is named where single calls can exceed it
together. What a batch does to the bill is what the services' price lists count: requests, items or records.
"""

from typing import Literal

import msgspec

Failures = Literal["id", "key", "position", "raises", "writer"]


class Batch(msgspec.Struct, frozen=True):
    """A call for one and the call for many.

    Attributes:
        shared: arguments that are the same for all and that the batch takes once, the first of them required.
        entry: arguments of a single entry, the first of them required.
        wrapped: the single call takes its entry as this argument, in a list when `listed`.
        entries: the argument of the batch that takes the list.
        failures: how failed entries are told: by the "Id" that each was given, by their "Key", by an error code at
            their position in `results`; "raises": there is no partial failure, "writer": boto3 tries them again itself.
        too_large: the error that says that the entries are too large together; each is sent alone then.
        action: the IAM action that the batch needs and the single call does not.
        bill: what becomes of the bill.
        doubts: why it is a draft, whatever the code says.
    """

    service: str
    operation: str
    method: str
    batch: str
    limit: int
    shared: tuple[str, ...]
    entry: tuple[str, ...]
    entries: str
    failures: Failures
    results: str
    bill: str
    noun: str = "entries"
    wrapped: str = ""
    listed: bool = False
    too_large: str = ""
    action: str = ""
    doubts: tuple[str, ...] = ()


_PER_REQUEST = "The bill falls: {} counts requests of up to 64 KB, and ten small entries are one."
_MESSAGE = ("MessageAttributes", "MessageDeduplicationId", "MessageGroupId")

BATCHES = (
    Batch(
        "sqs", "SendMessage", "send_message", "send_message_batch", 10, ("QueueUrl",),
        ("MessageBody", "DelaySeconds", "MessageSystemAttributes", *_MESSAGE), "Entries", "id", "Failed",
        _PER_REQUEST.format("SQS"), too_large="BatchRequestTooLong",
    ),
    Batch(
        "sqs", "DeleteMessage", "delete_message", "delete_message_batch", 10, ("QueueUrl",), ("ReceiptHandle",),
        "Entries", "id", "Failed", _PER_REQUEST.format("SQS"),
    ),
    Batch(
        "sqs", "ChangeMessageVisibility", "change_message_visibility", "change_message_visibility_batch", 10,
        ("QueueUrl",), ("ReceiptHandle", "VisibilityTimeout"), "Entries", "id", "Failed", _PER_REQUEST.format("SQS"),
    ),
    Batch(
        "sns", "Publish", "publish", "publish_batch", 10, ("TopicArn",),
        ("Message", "Subject", "MessageStructure", *_MESSAGE), "PublishBatchRequestEntries", "id", "Failed",
        _PER_REQUEST.format("SNS"), too_large="BatchRequestTooLongException",
    ),
    Batch(
        "s3", "DeleteObject", "delete_object", "delete_objects", 1000,
        ("Bucket", "BypassGovernanceRetention", "ExpectedBucketOwner", "MFA", "RequestPayer"), ("Key", "VersionId"),
        "Objects", "key", "Errors", "The bill stays as it is ($0): S3 does not charge for deletions.", noun="objects",
    ),
    Batch(
        "dynamodb", "PutItem", "put_item", "batch_writer", 25, (), ("Item",), "", "writer", "",
        "The bill stays as it is ($0): DynamoDB counts items.", action="dynamodb:BatchWriteItem",
    ),
    Batch(
        "dynamodb", "DeleteItem", "delete_item", "batch_writer", 25, (), ("Key",), "", "writer", "",
        "The bill stays as it is ($0): DynamoDB counts items.", action="dynamodb:BatchWriteItem",
    ),
    Batch(
        "kinesis", "PutRecord", "put_record", "put_records", 500, ("StreamName", "StreamARN"),
        ("Data", "PartitionKey", "ExplicitHashKey"), "Records", "position", "Records",
        "The bill stays as it is ($0): Kinesis counts each record in steps of 25 KB.", noun="records",
        action="kinesis:PutRecords",
        doubts=(
            "a record that is tried again comes after those of its batch: the order within a shard can change",
            "a batch holds 10 MiB: larger records need smaller batches",
        ),
    ),
    Batch(
        "firehose", "PutRecord", "put_record", "put_record_batch", 500, ("DeliveryStreamName",), (), "Records",
        "position", "RequestResponses", "The bill stays as it is ($0): Firehose counts each record in steps of 5 KB.",
        noun="records", wrapped="Record", action="firehose:PutRecordBatch",
        doubts=("a batch holds 4 MiB: larger records need smaller batches",),
    ),
    Batch(
        "events", "PutEvents", "put_events", "put_events", 10, ("EndpointId",), (), "Entries", "position", "Entries",
        "The bill stays as it is ($0): EventBridge counts events.", wrapped="Entries", listed=True,
        doubts=(
            "an event that the bus does not accept raises now; before, nothing told",
            "a batch holds 1 MB: larger events need smaller batches",
        ),
    ),
    Batch(
        "cloudwatch", "PutMetricData", "put_metric_data", "put_metric_data", 1000, ("Namespace",), (), "MetricData",
        "raises", "", "The bill falls: CloudWatch counts requests.", noun="metrics", wrapped="MetricData", listed=True,
        doubts=(
            "a value that CloudWatch refuses takes the whole batch with it",
            "a batch holds 1 MB: metrics with many dimensions need smaller batches",
        ),
    ),
)  # fmt: skip


class Lookup(msgspec.Struct, frozen=True):
    """A call that reads one thing by its key, and the call that reads many: what it does not give is missing there."""

    service: str
    operation: str
    method: str
    batch: str
    limit: int
    part: str  # of the answer that is read: "Parameter"
    action: str
    bill: str
    doubts: tuple[str, ...] = ()


LOOKUPS = (
    Lookup(
        "ssm", "GetParameter", "get_parameter", "get_parameters", 10, "Parameter", "ssm:GetParameters",
        "The bill stays as it is ($0) for standard parameters.",
    ),
    Lookup(
        "dynamodb", "GetItem", "get_item", "batch_get_item", 100, "Item", "dynamodb:BatchGetItem",
        "The bill stays as it is ($0): DynamoDB counts items.",
        ("a round sees its item as it was before the loop",),
    ),
)  # fmt: skip
_HOSTS = {"monitoring": "cloudwatch"}


def asked(statement: str, row: Batch | Lookup) -> bool:
    """Whether what a trace shows can be this call: "aws-api SendMessage", "PUTITEM", "POST https://sqs.eu-...".

    A request that was seen as HTTP names the service alone.
    """
    words = statement.replace("?", " ").split()
    last = words[-1].rpartition(".")[2].lower() if words else ""
    if last == row.operation.lower() or any(word.lower() == row.operation.lower() for word in words[:1]):
        return True
    labels = statement.partition("amazonaws.com")[0].replace("/", ".").replace(":", ".").replace(" ", ".").split(".")
    return "amazonaws.com" in statement and row.service in {_HOSTS.get(label, label) for label in labels}
