"""The cases of `aws-batch`: what it changes, and what it leaves alone with which code."""

from codemods.api import Case, Repeat


def _call(operation: str, count: int = 50) -> Repeat:
    return Repeat(operation, (), (), count, "call", f"aws-api {operation}")


SEND, DELETE, HIDE = _call("SendMessage"), _call("DeleteMessage"), _call("ChangeMessageVisibility")
PUBLISH, S3_DELETE, PUT = _call("Publish"), _call("DeleteObject"), Repeat("p", (), (), 50, "call", "PUTITEM ?")
DELETE_ITEM, GET_ITEM = Repeat("d", (), (), 50, "call", "DELETEITEM ?"), Repeat("g", (), (), 50, "call", "GETITEM ?")
RECORD, EVENTS, PARAMETER, METRIC = (
    _call("PutRecord"),
    _call("PutEvents"),
    _call("GetParameter"),
    _call("PutMetricData"),
)
OVER_HTTP = Repeat("h", (), (), 50, "call", "POST sqs.eu-west-1.amazonaws.com/")
OTHER = Repeat("o", (), (), 50, "call", "GET example.com/users/{}")

CASES = (
    Case(
        name="messages of a list",
        before="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def view(messages: list[str]):
    for message in messages:
        sqs.send_message(QueueUrl=QUEUE, MessageBody=message)
""",
        after="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def view(messages: list[str]):
    entries = [{"MessageBody": message} for message in messages]
    for start in range(0, len(entries), 10):
        batch = entries[start : start + 10]
        try:
            response = sqs.send_message_batch(
                QueueUrl=QUEUE,
                Entries=[{"Id": str(number), **entry} for number, entry in enumerate(batch)],
            )
        except sqs.exceptions.BatchRequestTooLong:
            response = {"Failed": [{"Id": number} for number in range(len(batch))]}
        # Once more alone: what fails for good raises what it raised before.
        for failed in response.get("Failed", []):
            sqs.send_message(QueueUrl=QUEUE, **batch[int(failed["Id"])])
""",
        repeats=(SEND,),
    ),
    Case(
        name="a body that is made in the round",
        before="""import json

import boto3

QUEUE = "https://sqs.example.com/1/orders"


class Sender:
    def __init__(self):
        self.client = boto3.client("sqs", region_name="eu-west-1")

    def send(self, orders):
        for order in orders:
            if not order.paid:
                continue
            body = {"id": order.id}
            body["total"] = str(order.total)
            self.client.send_message(
                QueueUrl=QUEUE,
                MessageBody=json.dumps(body),
                MessageAttributes={"kind": {"StringValue": order.kind, "DataType": "String"}},
            )


def view(orders):
    Sender().send(orders)
""",
        after="""import json

import boto3

QUEUE = "https://sqs.example.com/1/orders"


class Sender:
    def __init__(self):
        self.client = boto3.client("sqs", region_name="eu-west-1")

    def send(self, orders):
        entries = []
        try:
            for order in orders:
                if not order.paid:
                    continue
                body = {"id": order.id}
                body["total"] = str(order.total)
                entries.append(
                    {
                        "MessageBody": json.dumps(body),
                        "MessageAttributes": {"kind": {"StringValue": order.kind, "DataType": "String"}},
                    }
                )
        finally:
            # Also when a round fails: what came before it is sent, as without batches.
            for start in range(0, len(entries), 10):
                batch = entries[start : start + 10]
                try:
                    response = self.client.send_message_batch(
                        QueueUrl=QUEUE,
                        Entries=[{"Id": str(number), **entry} for number, entry in enumerate(batch)],
                    )
                except self.client.exceptions.BatchRequestTooLong:
                    response = {"Failed": [{"Id": number} for number in range(len(batch))]}
                # Once more alone: what fails for good raises what it raised before.
                for failed in response.get("Failed", []):
                    self.client.send_message(QueueUrl=QUEUE, **batch[int(failed["Id"])])


def view(orders):
    Sender().send(orders)
""",
        repeats=(SEND,),
    ),
    Case(
        name="a helper that only computes",
        before="""import json

import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def body_of(message):
    parts = {}
    parts["text"] = message
    return json.dumps(parts)


def view(messages: list[str]):
    sent = []
    for message in messages:
        sqs.send_message(QueueUrl=QUEUE, MessageBody=body_of(message))
        sent.append(message)
        if len(sent) > 100:
            return sent
    return sent
""",
        after="""import json

import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def body_of(message):
    parts = {}
    parts["text"] = message
    return json.dumps(parts)


def view(messages: list[str]):
    sent = []
    entries = []
    try:
        for message in messages:
            entries.append({"MessageBody": body_of(message)})
            sent.append(message)
            if len(sent) > 100:
                return sent
    finally:
        # Also when a round fails: what came before it is sent, as without batches.
        for start in range(0, len(entries), 10):
            batch = entries[start : start + 10]
            try:
                response = sqs.send_message_batch(
                    QueueUrl=QUEUE,
                    Entries=[{"Id": str(number), **entry} for number, entry in enumerate(batch)],
                )
            except sqs.exceptions.BatchRequestTooLong:
                response = {"Failed": [{"Id": number} for number in range(len(batch))]}
            # Once more alone: what fails for good raises what it raised before.
            for failed in response.get("Failed", []):
                sqs.send_message(QueueUrl=QUEUE, **batch[int(failed["Id"])])
    return sent
""",
        repeats=(OVER_HTTP,),
    ),
    Case(
        name="messages that were worked on",
        before="""import boto3
from handlers import handle


def get_queue_client():
    return boto3.client("sqs")


def view(url):
    client = get_queue_client()
    response = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    for message in response.get("Messages", []):
        handle(message["Body"])
        client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
""",
        after="""import boto3
from handlers import handle


def get_queue_client():
    return boto3.client("sqs")


def view(url):
    client = get_queue_client()
    response = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    entries = []
    try:
        for message in response.get("Messages", []):
            handle(message["Body"])
            entries.append({"ReceiptHandle": message["ReceiptHandle"]})
    finally:
        # Also when a round fails: what came before it is sent, as without batches.
        for start in range(0, len(entries), 10):
            batch = entries[start : start + 10]
            batch_response = client.delete_message_batch(
                QueueUrl=url,
                Entries=[{"Id": str(number), **entry} for number, entry in enumerate(batch)],
            )
            # Once more alone: what fails for good raises what it raised before.
            for failed in batch_response.get("Failed", []):
                client.delete_message(QueueUrl=url, **batch[int(failed["Id"])])
""",
        repeats=(DELETE,),
        tier="C",
    ),
    Case(
        name="visibility, in the quotes of the file",
        before="""import boto3

session = boto3.Session(profile_name='jobs')
client = session.client('sqs')


def view(handles: 'list', url='https://sqs.example.com/1/jobs'):
    for handle in handles:
        client.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
""",
        after="""import boto3

session = boto3.Session(profile_name='jobs')
client = session.client('sqs')


def view(handles: 'list', url='https://sqs.example.com/1/jobs'):
    entries = [{'ReceiptHandle': handle, 'VisibilityTimeout': 0} for handle in handles]
    for start in range(0, len(entries), 10):
        batch = entries[start : start + 10]
        response = client.change_message_visibility_batch(
            QueueUrl=url,
            Entries=[{'Id': str(number), **entry} for number, entry in enumerate(batch)],
        )
        # Once more alone: what fails for good raises what it raised before.
        for failed in response.get('Failed', []):
            client.change_message_visibility(QueueUrl=url, **batch[int(failed['Id'])])
""",
        repeats=(HIDE,),
    ),
    Case(
        name="a topic given by the caller",
        before="""from typing import List

from mypy_boto3_sns import SNSClient


def view(sns: SNSClient, topic: str, users: List[str]):
    for user in users:
        sns.publish(TopicArn=topic, Message=f"Hello {user}", Subject="Greetings")
""",
        after="""from typing import List

from mypy_boto3_sns import SNSClient


def view(sns: SNSClient, topic: str, users: List[str]):
    entries = [{"Message": f"Hello {user}", "Subject": "Greetings"} for user in users]
    for start in range(0, len(entries), 10):
        batch = entries[start : start + 10]
        try:
            response = sns.publish_batch(
                TopicArn=topic,
                PublishBatchRequestEntries=[{"Id": str(number), **entry} for number, entry in enumerate(batch)],
            )
        except sns.exceptions.BatchRequestTooLongException:
            response = {"Failed": [{"Id": number} for number in range(len(batch))]}
        # Once more alone: what fails for good raises what it raised before.
        for failed in response.get("Failed", []):
            sns.publish(TopicArn=topic, **batch[int(failed["Id"])])
""",
        repeats=(PUBLISH,),
    ),
    Case(
        name="a client that only its arguments tell",
        before="""def view(client, topic, users):
    for user in users:
        client.publish(TopicArn=topic, Message=user.greeting, MessageGroupId=user.group)
""",
        after="""def view(client, topic, users):
    entries = []
    try:
        for user in users:
            entries.append({"Message": user.greeting, "MessageGroupId": user.group})
    finally:
        # Also when a round fails: what came before it is sent, as without batches.
        for start in range(0, len(entries), 10):
            batch = entries[start : start + 10]
            try:
                response = client.publish_batch(
                    TopicArn=topic,
                    PublishBatchRequestEntries=[{"Id": str(number), **entry} for number, entry in enumerate(batch)],
                )
            except client.exceptions.BatchRequestTooLongException:
                response = {"Failed": [{"Id": number} for number in range(len(batch))]}
            # Once more alone: what fails for good raises what it raised before.
            for failed in response.get("Failed", []):
                client.publish(TopicArn=topic, **batch[int(failed["Id"])])
""",
        repeats=(PUBLISH,),
        tier="C",
    ),
    Case(
        name="objects of a bucket, page by page",
        before="""import boto3


def view(bucket, prefix):
    s3 = boto3.client("s3")
    paginator = s3.get_paginator("list_objects_v2")
    for page in paginator.paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=item["Key"])
""",
        after="""import boto3


def view(bucket, prefix):
    s3 = boto3.client("s3")
    paginator = s3.get_paginator("list_objects_v2")
    for page in paginator.paginate(Bucket=bucket, Prefix=prefix):
        objects = []
        try:
            for item in page.get("Contents", []):
                objects.append({"Key": item["Key"]})
        finally:
            # Also when a round fails: what came before it is sent, as without batches.
            for start in range(0, len(objects), 1000):
                response = s3.delete_objects(
                    Bucket=bucket,
                    Delete={"Objects": objects[start : start + 1000], "Quiet": True},
                )
                # Once more alone: what fails for good raises what it raised before.
                for failed in response.get("Errors", []):
                    s3.delete_object(Bucket=bucket, Key=failed["Key"])
""",
        repeats=(S3_DELETE,),
    ),
    Case(
        name="versions of objects",
        before="""import boto3

s3 = boto3.client("s3")


def view(bucket: str, versions: list[tuple[str, str]]):
    for key, version in versions:
        s3.delete_object(Bucket=bucket, Key=key, VersionId=version, ExpectedBucketOwner="111122223333")
""",
        after="""import boto3

s3 = boto3.client("s3")


def view(bucket: str, versions: list[tuple[str, str]]):
    objects = [{"Key": key, "VersionId": version} for key, version in versions]
    for start in range(0, len(objects), 1000):
        response = s3.delete_objects(
            Bucket=bucket,
            ExpectedBucketOwner="111122223333",
            Delete={"Objects": objects[start : start + 1000], "Quiet": True},
        )
        # Once more alone: what fails for good raises what it raised before.
        for failed in response.get("Errors", []):
            s3.delete_object(
                Bucket=bucket,
                ExpectedBucketOwner="111122223333",
                Key=failed["Key"],
                VersionId=failed["VersionId"],
            )
""",
        repeats=(S3_DELETE,),
    ),
    Case(
        name="items of a table whose key the file tells",
        before="""import boto3

table = boto3.resource("dynamodb").Table("users")


def find(user_id):
    return table.get_item(Key={"id": user_id}).get("Item")


def view(users):
    for user in users:
        # Kept for a year.
        table.put_item(Item={"id": user.id, "name": user.name})
""",
        after="""import boto3

table = boto3.resource("dynamodb").Table("users")


def find(user_id):
    return table.get_item(Key={"id": user_id}).get("Item")


def view(users):
    with table.batch_writer(overwrite_by_pkeys=["id"]) as batch:
        for user in users:
            # Kept for a year.
            batch.put_item(Item={"id": user.id, "name": user.name})
""",
        repeats=(PUT,),
    ),
    Case(
        name="items of a table that the repository creates",
        before="""import boto3

dynamodb = boto3.resource("dynamodb")


def view(rows):
    table = dynamodb.Table("events")
    for row in rows:
        table.put_item(Item=dict(row))
""",
        after="""import boto3

dynamodb = boto3.resource("dynamodb")


def view(rows):
    table = dynamodb.Table("events")
    with table.batch_writer(overwrite_by_pkeys=["owner", "at"]) as batch:
        for row in rows:
            batch.put_item(Item=dict(row))
""",
        repeats=(PUT,),
        files={
            "schema.py": """import boto3

boto3.client("dynamodb").create_table(
    TableName="events",
    KeySchema=[
        {"AttributeName": "owner", "KeyType": "HASH"},
        {"AttributeName": "at", "KeyType": "RANGE"},
    ],
)
"""
        },
    ),
    Case(
        name="items of a table whose key nothing tells",
        before="""import boto3


def view(rows, name):
    table = boto3.resource("dynamodb").Table(name)
    for row in rows:
        table.put_item(Item=row)
""",
        after="""import boto3


def view(rows, name):
    table = boto3.resource("dynamodb").Table(name)
    with table.batch_writer() as batch:
        for row in rows:
            batch.put_item(Item=row)
""",
        repeats=(PUT,),
        tier="C",
    ),
    Case(
        name="items that are deleted",
        before="""import boto3


class Store:
    table = boto3.resource("dynamodb").Table("carts")

    def drop(self, carts):
        for cart in carts:
            self.table.delete_item(Key={"owner": cart.owner, "id": cart.id})


def view(carts):
    Store().drop(carts)
""",
        after="""import boto3


class Store:
    table = boto3.resource("dynamodb").Table("carts")

    def drop(self, carts):
        with self.table.batch_writer(overwrite_by_pkeys=["owner", "id"]) as batch:
            for cart in carts:
                batch.delete_item(Key={"owner": cart.owner, "id": cart.id})


def view(carts):
    Store().drop(carts)
""",
        repeats=(DELETE_ITEM,),
    ),
    Case(
        name="records of a stream",
        before="""import boto3

kinesis = boto3.client("kinesis")


def view(rows, stream):
    for row in rows:
        kinesis.put_record(StreamName=stream, Data=row.data, PartitionKey=row.key)
""",
        after="""import boto3

kinesis = boto3.client("kinesis")


def view(rows, stream):
    records = []
    try:
        for row in rows:
            records.append({"Data": row.data, "PartitionKey": row.key})
    finally:
        # Also when a round fails: what came before it is sent, as without batches.
        for start in range(0, len(records), 500):
            batch = records[start : start + 500]
            response = kinesis.put_records(StreamName=stream, Records=batch)
            # Once more alone: what fails for good raises what it raised before.
            for entry, result in zip(batch, response["Records"]):
                if result.get("ErrorCode"):
                    kinesis.put_record(StreamName=stream, **entry)
""",
        repeats=(RECORD,),
        tier="C",
    ),
    Case(
        name="records of a delivery stream",
        before="""import boto3

firehose = boto3.client("firehose")


def view(rows: list[bytes]):
    for row in rows:
        firehose.put_record(DeliveryStreamName="clicks", Record={"Data": row})
""",
        after="""import boto3

firehose = boto3.client("firehose")


def view(rows: list[bytes]):
    records = [{"Data": row} for row in rows]
    for start in range(0, len(records), 500):
        batch = records[start : start + 500]
        response = firehose.put_record_batch(DeliveryStreamName="clicks", Records=batch)
        # Once more alone: what fails for good raises what it raised before.
        for entry, result in zip(batch, response["RequestResponses"]):
            if result.get("ErrorCode"):
                firehose.put_record(DeliveryStreamName="clicks", Record=entry)
""",
        repeats=(RECORD,),
        tier="C",
    ),
    Case(
        name="events of a bus",
        before="""import boto3

events = boto3.client("events")


def view(orders):
    for order in orders:
        events.put_events(Entries=[{"Source": "shop", "DetailType": "order", "Detail": order.detail}])
""",
        after="""import boto3

events = boto3.client("events")


def view(orders):
    entries = []
    try:
        for order in orders:
            entries.append({"Source": "shop", "DetailType": "order", "Detail": order.detail})
    finally:
        # Also when a round fails: what came before it is sent, as without batches.
        for start in range(0, len(entries), 10):
            batch = entries[start : start + 10]
            response = events.put_events(Entries=batch)
            for result in response["Entries"]:
                if result.get("ErrorCode"):
                    raise RuntimeError(f"not accepted: {result}")
""",
        repeats=(EVENTS,),
        tier="C",
    ),
    Case(
        name="metrics",
        before="""import boto3


def view(counts: dict):
    cloudwatch = boto3.client("cloudwatch")
    for name, value in counts.items():
        cloudwatch.put_metric_data(
            Namespace="shop",
            MetricData=[{"MetricName": name, "Value": value, "Unit": "Count"}],
        )
""",
        after="""import boto3


def view(counts: dict):
    cloudwatch = boto3.client("cloudwatch")
    metrics = [
        {"MetricName": name, "Value": value, "Unit": "Count"}
        for name, value in counts.items()
    ]
    for start in range(0, len(metrics), 1000):
        batch = metrics[start : start + 1000]
        cloudwatch.put_metric_data(Namespace="shop", MetricData=batch)
""",
        repeats=(METRIC,),
        tier="C",
    ),
    Case(
        name="parameters",
        before="""import boto3

ssm = boto3.client("ssm")


def view(names: list[str]):
    found = {}
    for name in names:
        found[name] = ssm.get_parameter(Name=f"/shop/{name}", WithDecryption=True)["Parameter"]["Value"]
    return found
""",
        after="""import boto3

ssm = boto3.client("ssm")


def view(names: list[str]):
    found = {}
    parameter_names = list(dict.fromkeys(f"/shop/{name}" for name in names))
    parameters_by_name = {
        parameter["Name"]: {"Parameter": parameter}
        for start in range(0, len(parameter_names), 10)
        for parameter in ssm.get_parameters(Names=parameter_names[start : start + 10], WithDecryption=True)["Parameters"]
    }
    for name in names:
        answer = parameters_by_name.get(f"/shop/{name}")
        if answer is None:
            answer = ssm.get_parameter(Name=f"/shop/{name}", WithDecryption=True)
        found[name] = answer["Parameter"]["Value"]
    return found
""",
        repeats=(PARAMETER,),
    ),
    Case(
        name="parameters in a comprehension",
        before="""import boto3

ssm = boto3.client("ssm")


def view(names: list[str]):
    return [ssm.get_parameter(Name=name)["Parameter"]["Value"] for name in names]
""",
        after="""import boto3

ssm = boto3.client("ssm")


def view(names: list[str]):
    parameter_names = list(dict.fromkeys(names))
    parameters_by_name = {
        parameter["Name"]: {"Parameter": parameter}
        for start in range(0, len(parameter_names), 10)
        for parameter in ssm.get_parameters(Names=parameter_names[start : start + 10])["Parameters"]
    }
    return [(parameters_by_name.get(name) or ssm.get_parameter(Name=name))["Parameter"]["Value"] for name in names]
""",
        repeats=(PARAMETER,),
    ),
    Case(
        name="items that are read",
        before="""import boto3

table = boto3.resource("dynamodb").Table("users")


def view(orders: list):
    users = []
    for order in orders:
        answer = table.get_item(Key={"id": order.user_id}, ConsistentRead=True)
        if "Item" in answer:
            users.append(answer["Item"])
    return users
""",
        after="""import boto3

table = boto3.resource("dynamodb").Table("users")


def view(orders: list):
    users = []
    item_ids = list(dict.fromkeys(order.user_id for order in orders))
    items_by_id = {
        item["id"]: {"Item": item}
        for start in range(0, len(item_ids), 100)
        for item in table.meta.client.batch_get_item(
            RequestItems={table.name: {"Keys": [{"id": key} for key in item_ids[start : start + 100]], "ConsistentRead": True}}
        )["Responses"].get(table.name, [])
    }
    for order in orders:
        answer = items_by_id.get(order.user_id)
        if answer is None:
            answer = table.get_item(Key={"id": order.user_id}, ConsistentRead=True)
        if "Item" in answer:
            users.append(answer["Item"])
    return users
""",
        repeats=(GET_ITEM,),
        tier="C",
    ),
    Case(
        name="something set in every round",
        before="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def view(messages: list[str]):
    for order in messages:
        order.queued = True
        sqs.send_message(QueueUrl=QUEUE, MessageBody=order.body)
""",
        after="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def view(messages: list[str]):
    entries = []
    try:
        for order in messages:
            order.queued = True
            entries.append({"MessageBody": order.body})
    finally:
        # Also when a round fails: what came before it is sent, as without batches.
        for start in range(0, len(entries), 10):
            batch = entries[start : start + 10]
            try:
                response = sqs.send_message_batch(
                    QueueUrl=QUEUE,
                    Entries=[{"Id": str(number), **entry} for number, entry in enumerate(batch)],
                )
            except sqs.exceptions.BatchRequestTooLong:
                response = {"Failed": [{"Id": number} for number in range(len(batch))]}
            # Once more alone: what fails for good raises what it raised before.
            for failed in response.get("Failed", []):
                sqs.send_message(QueueUrl=QUEUE, **batch[int(failed["Id"])])
""",
        repeats=(SEND,),
        tier="C",
    ),
    Case(
        name="a handler that names the round",
        before="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def view(messages: list[str]):
    try:
        for message in messages:
            sqs.send_message(QueueUrl=get_url(), MessageBody=message.strip())
    except ValueError:
        print("failed at", message)
""",
        after="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def view(messages: list[str]):
    try:
        entries = []
        try:
            for message in messages:
                entries.append({"MessageBody": message.strip()})
        finally:
            # Also when a round fails: what came before it is sent, as without batches.
            for start in range(0, len(entries), 10):
                batch = entries[start : start + 10]
                try:
                    response = sqs.send_message_batch(
                        QueueUrl=get_url(),
                        Entries=[{"Id": str(number), **entry} for number, entry in enumerate(batch)],
                    )
                except sqs.exceptions.BatchRequestTooLong:
                    response = {"Failed": [{"Id": number} for number in range(len(batch))]}
                # Once more alone: what fails for good raises what it raised before.
                for failed in response.get("Failed", []):
                    sqs.send_message(QueueUrl=get_url(), **batch[int(failed["Id"])])
    except ValueError:
        print("failed at", message)
""",
        repeats=(SEND,),
        tier="C",
    ),
    Case(
        name="a condition that only looks at names",
        before="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def view(messages: list[str]):
    for message in messages:
        if message:
            sqs.send_message(QueueUrl=QUEUE, MessageBody=message)
""",
        after="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def view(messages: list[str]):
    entries = []
    for message in messages:
        if message:
            entries.append({"MessageBody": message})
    for start in range(0, len(entries), 10):
        batch = entries[start : start + 10]
        try:
            response = sqs.send_message_batch(
                QueueUrl=QUEUE,
                Entries=[{"Id": str(number), **entry} for number, entry in enumerate(batch)],
            )
        except sqs.exceptions.BatchRequestTooLong:
            response = {"Failed": [{"Id": number} for number in range(len(batch))]}
        # Once more alone: what fails for good raises what it raised before.
        for failed in response.get("Failed", []):
            sqs.send_message(QueueUrl=QUEUE, **batch[int(failed["Id"])])
""",
        repeats=(SEND,),
    ),
    Case(
        name="a name of the loop that is read after it",
        before="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def view(messages: list[str]):
    for message in messages:
        sqs.send_message(QueueUrl=QUEUE, MessageBody=message)
    return message
""",
        after="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def view(messages: list[str]):
    entries = []
    for message in messages:
        entries.append({"MessageBody": message})
    for start in range(0, len(entries), 10):
        batch = entries[start : start + 10]
        try:
            response = sqs.send_message_batch(
                QueueUrl=QUEUE,
                Entries=[{"Id": str(number), **entry} for number, entry in enumerate(batch)],
            )
        except sqs.exceptions.BatchRequestTooLong:
            response = {"Failed": [{"Id": number} for number in range(len(batch))]}
        # Once more alone: what fails for good raises what it raised before.
        for failed in response.get("Failed", []):
            sqs.send_message(QueueUrl=QUEUE, **batch[int(failed["Id"])])
    return message
""",
        repeats=(SEND,),
    ),
    Case(
        name="many names",
        before="""import boto3

s3 = boto3.client("s3")


def view(bucket, document_names_with_version: list[tuple[str, str]]):
    for document_name, document_version in document_names_with_version:
        s3.delete_object(Bucket=bucket, Key=document_name, VersionId=document_version)
""",
        after="""import boto3

s3 = boto3.client("s3")


def view(bucket, document_names_with_version: list[tuple[str, str]]):
    objects = [
        {"Key": document_name, "VersionId": document_version}
        for document_name, document_version in document_names_with_version
    ]
    for start in range(0, len(objects), 1000):
        response = s3.delete_objects(
            Bucket=bucket,
            Delete={"Objects": objects[start : start + 1000], "Quiet": True},
        )
        # Once more alone: what fails for good raises what it raised before.
        for failed in response.get("Errors", []):
            s3.delete_object(
                Bucket=bucket, Key=failed["Key"], VersionId=failed["VersionId"]
            )
""",
        repeats=(S3_DELETE,),
    ),
    Case(
        name="a helper that changes something",
        before="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def mark(message):
    message.sent = True
    return message.text


def view(messages: list[str]):
    for message in messages:
        sqs.send_message(QueueUrl=QUEUE, MessageBody=mark(message))
""",
        after="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def mark(message):
    message.sent = True
    return message.text


def view(messages: list[str]):
    entries = []
    try:
        for message in messages:
            entries.append({"MessageBody": mark(message)})
    finally:
        # Also when a round fails: what came before it is sent, as without batches.
        for start in range(0, len(entries), 10):
            batch = entries[start : start + 10]
            try:
                response = sqs.send_message_batch(
                    QueueUrl=QUEUE,
                    Entries=[{"Id": str(number), **entry} for number, entry in enumerate(batch)],
                )
            except sqs.exceptions.BatchRequestTooLong:
                response = {"Failed": [{"Id": number} for number in range(len(batch))]}
            # Once more alone: what fails for good raises what it raised before.
            for failed in response.get("Failed", []):
                sqs.send_message(QueueUrl=QUEUE, **batch[int(failed["Id"])])
""",
        repeats=(SEND,),
        tier="C",
    ),
    Case(
        name="a helper that counts",
        before="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def mark(message):
    global count
    count += 1
    return message.text


def view(messages: list[str]):
    for message in messages:
        sqs.send_message(QueueUrl=QUEUE, MessageBody=mark(message))
""",
        after="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def mark(message):
    global count
    count += 1
    return message.text


def view(messages: list[str]):
    entries = []
    try:
        for message in messages:
            entries.append({"MessageBody": mark(message)})
    finally:
        # Also when a round fails: what came before it is sent, as without batches.
        for start in range(0, len(entries), 10):
            batch = entries[start : start + 10]
            try:
                response = sqs.send_message_batch(
                    QueueUrl=QUEUE,
                    Entries=[{"Id": str(number), **entry} for number, entry in enumerate(batch)],
                )
            except sqs.exceptions.BatchRequestTooLong:
                response = {"Failed": [{"Id": number} for number in range(len(batch))]}
            # Once more alone: what fails for good raises what it raised before.
            for failed in response.get("Failed", []):
                sqs.send_message(QueueUrl=QUEUE, **batch[int(failed["Id"])])
""",
        repeats=(SEND,),
        tier="C",
    ),
    Case(
        name="a helper that fills what it is given",
        before="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def mark(message):
    message["sent"] = True
    return message.text


def view(messages: list[str]):
    for message in messages:
        sqs.send_message(QueueUrl=QUEUE, MessageBody=mark(message))
""",
        after="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def mark(message):
    message["sent"] = True
    return message.text


def view(messages: list[str]):
    entries = []
    try:
        for message in messages:
            entries.append({"MessageBody": mark(message)})
    finally:
        # Also when a round fails: what came before it is sent, as without batches.
        for start in range(0, len(entries), 10):
            batch = entries[start : start + 10]
            try:
                response = sqs.send_message_batch(
                    QueueUrl=QUEUE,
                    Entries=[{"Id": str(number), **entry} for number, entry in enumerate(batch)],
                )
            except sqs.exceptions.BatchRequestTooLong:
                response = {"Failed": [{"Id": number} for number in range(len(batch))]}
            # Once more alone: what fails for good raises what it raised before.
            for failed in response.get("Failed", []):
                sqs.send_message(QueueUrl=QUEUE, **batch[int(failed["Id"])])
""",
        repeats=(SEND,),
        tier="C",
    ),
    Case(
        name="a helper that calls another",
        before="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def mark(message):
    return call_out(message)


def view(messages: list[str]):
    for message in messages:
        sqs.send_message(QueueUrl=QUEUE, MessageBody=mark(message))
        logger.info("sent %s", message)
        del seen[message]
""",
        after="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def mark(message):
    return call_out(message)


def view(messages: list[str]):
    entries = []
    try:
        for message in messages:
            entries.append({"MessageBody": mark(message)})
            logger.info("sent %s", message)
            del seen[message]
    finally:
        # Also when a round fails: what came before it is sent, as without batches.
        for start in range(0, len(entries), 10):
            batch = entries[start : start + 10]
            try:
                response = sqs.send_message_batch(
                    QueueUrl=QUEUE,
                    Entries=[{"Id": str(number), **entry} for number, entry in enumerate(batch)],
                )
            except sqs.exceptions.BatchRequestTooLong:
                response = {"Failed": [{"Id": number} for number in range(len(batch))]}
            # Once more alone: what fails for good raises what it raised before.
            for failed in response.get("Failed", []):
                sqs.send_message(QueueUrl=QUEUE, **batch[int(failed["Id"])])
""",
        repeats=(SEND,),
        tier="C",
    ),
    Case(
        name="a read on a client that only its arguments tell",
        before="""def view(client, names: list[str]):
    return [client.get_parameter(Name=name)["Parameter"]["Value"] for name in names]
""",
        after="""def view(client, names: list[str]):
    parameter_names = list(dict.fromkeys(names))
    parameters_by_name = {
        parameter["Name"]: {"Parameter": parameter}
        for start in range(0, len(parameter_names), 10)
        for parameter in client.get_parameters(Names=parameter_names[start : start + 10])["Parameters"]
    }
    return [(parameters_by_name.get(name) or client.get_parameter(Name=name))["Parameter"]["Value"] for name in names]
""",
        repeats=(PARAMETER,),
        tier="C",
    ),
    Case(
        name="the key of another table",
        before="""import boto3

dynamodb = boto3.resource("dynamodb")
table = dynamodb.Table("users")
carts = dynamodb.Table("carts")


def view(rows):
    for row in rows:
        table.put_item(Item=row)


def cart(key, keys):
    table.get_item(Key=key)
    table.get_item(Key={key: 1})
    return carts.get_item(Key={"cart": key}), dynamodb.create_table(KeySchema=keys, TableName="users")
""",
        after="""import boto3

dynamodb = boto3.resource("dynamodb")
table = dynamodb.Table("users")
carts = dynamodb.Table("carts")


def view(rows):
    with table.batch_writer() as batch:
        for row in rows:
            batch.put_item(Item=row)


def cart(key, keys):
    table.get_item(Key=key)
    table.get_item(Key={key: 1})
    return carts.get_item(Key={"cart": key}), dynamodb.create_table(KeySchema=keys, TableName="users")
""",
        repeats=(PUT,),
        tier="C",
        files={
            "schema.py": """import boto3

client = boto3.client("dynamodb")
print("KeySchema")
client.create_table(TableName="orders", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
client.create_table(TableName="other", KeySchema=[key])
"""
        },
    ),
    Case(
        name="an asynchronous task in the round",
        before="""async def view(client, messages):
    for message in messages:
        client.send_message(QueueUrl="q", MessageBody=message)
        await message.done()
""",
        after=None,
        repeats=(SEND,),
        code="R-CARRY",
    ),
    Case(
        name="no call of AWS",
        before="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def view(messages: list[str]):
    for message in messages:
        sqs.send_message(QueueUrl=QUEUE, MessageBody=message)
""",
        after=None,
        repeats=(OTHER,),
        code="R-UNRESOLVED",
    ),
    Case(
        name="no loop",
        before="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def view(messages: list[str]):
    sqs.send_message(QueueUrl=QUEUE, MessageBody=messages[0])
""",
        after=None,
        repeats=(SEND,),
        code="R-UNRESOLVED",
    ),
    Case(
        name="not the client of that service",
        before="""from mail import Mailer

mailer = Mailer()


def view(messages):
    for message in messages:
        mailer.send_message(message)
""",
        after=None,
        repeats=(SEND,),
        code="R-UNRESOLVED",
    ),
    Case(
        name="an object of the repository",
        before="""class Queue:
    def send_message(self, QueueUrl, MessageBody):
        print(QueueUrl, MessageBody)


def view(messages):
    queue = Queue()
    for message in messages:
        queue.send_message(QueueUrl="q", MessageBody=message)
""",
        after=None,
        repeats=(SEND,),
        code="R-UNRESOLVED",
    ),
    Case(
        name="a client of DynamoDB with typed items",
        before="""import boto3

client = boto3.client("dynamodb")


def view(rows):
    for row in rows:
        client.put_item(TableName="users", Item={"id": {"S": row.id}})
""",
        after=None,
        repeats=(PUT,),
        code="R-UNRESOLVED",
    ),
    Case(
        name="two loops",
        before="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def view(messages: list[str]):
    for message in messages:
        sqs.send_message(QueueUrl=QUEUE, MessageBody=message)
    for message in messages:
        sqs.send_message(QueueUrl=QUEUE, MessageBody=message.upper())
""",
        after=None,
        repeats=(SEND,),
        code="R-AMBIGUOUS",
    ),
    Case(
        name="an answer that is used",
        before="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def view(messages: list[str]):
    ids = []
    for message in messages:
        response = sqs.send_message(QueueUrl=QUEUE, MessageBody=message)
        ids.append(response["MessageId"])
    return ids
""",
        after=None,
        repeats=(SEND,),
        code="R-PARTIAL",
    ),
    Case(
        name="an error that is handled per message",
        before="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def view(messages: list[str]):
    for message in messages:
        try:
            sqs.send_message(QueueUrl=QUEUE, MessageBody=message)
        except sqs.exceptions.InvalidMessageContents:
            print("dropped", message)
""",
        after=None,
        repeats=(SEND,),
        code="R-PARTIAL",
    ),
    Case(
        name="a condition",
        before="""import boto3

table = boto3.resource("dynamodb").Table("users")


def view(rows):
    for row in rows:
        table.put_item(Item=row, ConditionExpression="attribute_not_exists(id)")
""",
        after=None,
        repeats=(PUT,),
        code="R-PARTIAL",
    ),
    Case(
        name="arguments that are not spelled out",
        before="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def view(messages: list[str]):
    for message in messages:
        sqs.send_message(QueueUrl=QUEUE, **message)
""",
        after=None,
        repeats=(SEND,),
        code="R-SHAPE",
    ),
    Case(
        name="an asynchronous client",
        before="""async def view(client, messages):
    for message in messages:
        await client.send_message(QueueUrl="q", MessageBody=message)
""",
        after=None,
        repeats=(SEND,),
        code="R-SHAPE",
    ),
    Case(
        name="a while loop",
        before="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def view(messages: list[str]):
    while messages:
        sqs.send_message(QueueUrl=QUEUE, MessageBody=messages.pop())
""",
        after=None,
        repeats=(SEND,),
        code="R-SHAPE",
    ),
    Case(
        name="a block around each call",
        before="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def view(messages: list[str]):
    for message in messages:
        with trace(message):
            sqs.send_message(QueueUrl=QUEUE, MessageBody=message)
""",
        after=None,
        repeats=(SEND,),
        code="R-SHAPE",
    ),
    Case(
        name="an else of the loop",
        before="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def view(messages: list[str]):
    for message in messages:
        sqs.send_message(QueueUrl=QUEUE, MessageBody=message)
    else:
        print("all sent")
""",
        after=None,
        repeats=(SEND,),
        code="R-SHAPE",
    ),
    Case(
        name="a string of several lines",
        before="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def view(messages: list[str]):
    for message in messages:
        text = f\"\"\"Dear
{message.name}\"\"\"
        sqs.send_message(QueueUrl=QUEUE, MessageBody=text)
""",
        after=None,
        repeats=(SEND,),
        code="R-SHAPE",
    ),
    Case(
        name="a string of several lines around an item",
        before="""import boto3

table = boto3.resource("dynamodb").Table("texts")


def view(rows):
    for row in rows:
        text = \"\"\"Dear
friend\"\"\"
        table.put_item(Item={"id": row, "text": text})
""",
        after=None,
        repeats=(PUT,),
        code="R-SHAPE",
    ),
    Case(
        name="a stream",
        before="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def view(messages: list[str]):
    for row in messages.iterator():
        sqs.send_message(QueueUrl=QUEUE, MessageBody=row.body)
""",
        after=None,
        repeats=(SEND,),
        code="R-STREAM",
    ),
    Case(
        name="a queue per message",
        before="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def view(messages: list[str]):
    for message in messages:
        sqs.send_message(QueueUrl=message.queue, MessageBody=message.body)
""",
        after=None,
        repeats=(SEND,),
        code="R-CARRY",
    ),
    Case(
        name="a generator",
        before="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def view(messages: list[str]):
    for message in messages:
        sqs.send_message(QueueUrl=QUEUE, MessageBody=message)
        yield message
""",
        after=None,
        repeats=(SEND,),
        code="R-CARRY",
    ),
    Case(
        name="a second request in the round",
        before="""import boto3

table = boto3.resource("dynamodb").Table("users")


def view(rows):
    for row in rows:
        table.put_item(Item=row)
        table.update_item(Key={"id": "count"}, UpdateExpression="ADD n :one")
""",
        after=None,
        repeats=(PUT,),
        code="R-CARRY",
    ),
    Case(
        name="one item that changes from round to round",
        before="""import boto3

table = boto3.resource("dynamodb").Table("users")


def view(ids):
    item = {"kind": "user"}
    for id in ids:
        item["id"] = id
        table.put_item(Item=item)
""",
        after=None,
        repeats=(PUT,),
        code="R-CARRY",
    ),
    Case(
        name="an item that changes after the call",
        before="""import boto3

table = boto3.resource("dynamodb").Table("users")


def view(ids):
    for id in ids:
        item = {"id": id}
        table.put_item(Item=item)
        item.update(done=True)
""",
        after=None,
        repeats=(PUT,),
        code="R-CARRY",
    ),
    Case(
        name="several events at once",
        before="""import boto3

events = boto3.client("events")


def view(groups):
    for group in groups:
        events.put_events(Entries=group)
""",
        after=None,
        repeats=(EVENTS,),
        code="R-BATCHED",
    ),
    Case(
        name="tests that watch the call",
        before="""import boto3

sqs = boto3.client("sqs")
QUEUE = "https://sqs.example.com/1/orders"


def view(messages: list[str]):
    for message in messages:
        sqs.send_message(QueueUrl=QUEUE, MessageBody=message)
""",
        after=None,
        repeats=(SEND,),
        code="R-MOCKED",
        files={
            "tests/test_app.py": """from unittest.mock import patch

import app


@patch("app.sqs")
def test_view(sqs):
    app.view(["a"])
    sqs.send_message.assert_called_once()
"""
        },
    ),
    Case(
        name="tests that watch the read",
        before="""import boto3

ssm = boto3.client("ssm")


def view(names: list[str]):
    return [ssm.get_parameter(Name=name)["Parameter"]["Value"] for name in names]
""",
        after=None,
        repeats=(PARAMETER,),
        code="R-MOCKED",
        files={
            "tests/test_app.py": """import app


def test_view(stubber):
    stubber.add_response("get_parameter", {"Parameter": {"Value": "1"}})
    assert app.view(["a"]) == ["1"]
"""
        },
    ),
    Case(
        name="a policy without the action",
        before="""import boto3

table = boto3.resource("dynamodb").Table("users")


def view(rows):
    for row in rows:
        table.put_item(Item=row)
""",
        after=None,
        repeats=(PUT,),
        code="R-IAM",
        files={
            "deploy/policy.yml": """Statement:
  - Effect: Allow
    Action: ["dynamodb:PutItem"]
    Resource: "*"
"""
        },
    ),
    Case(
        name="a policy without the action of the read",
        before="""import boto3

ssm = boto3.client("ssm")


def view(names: list[str]):
    return [ssm.get_parameter(Name=name)["Parameter"]["Value"] for name in names]
""",
        after=None,
        repeats=(PARAMETER,),
        code="R-IAM",
        files={
            "deploy/policy.yml": """Statement:
  - Effect: Allow
    Action: ["ssm:GetParameter", "ssm:GetParameterHistory"]
    Resource: "*"
"""
        },
    ),
    Case(
        name="a policy with all actions that begin so",
        before="""import boto3

ssm = boto3.client("ssm")


def view(names: list[str]):
    return [ssm.get_parameter(Name=name)["Parameter"]["Value"] for name in names]
""",
        after="""import boto3

ssm = boto3.client("ssm")


def view(names: list[str]):
    parameter_names = list(dict.fromkeys(names))
    parameters_by_name = {
        parameter["Name"]: {"Parameter": parameter}
        for start in range(0, len(parameter_names), 10)
        for parameter in ssm.get_parameters(Names=parameter_names[start : start + 10])["Parameters"]
    }
    return [(parameters_by_name.get(name) or ssm.get_parameter(Name=name))["Parameter"]["Value"] for name in names]
""",
        repeats=(PARAMETER,),
        files={
            "deploy/policy.yml": """Statement:
  - Effect: Allow
    Action: ["ssm:GetParameter", "ssm:GetParam*"]
    Resource: "*"
""",
            "README.md": """It needs ssm:GetParameter.
""",
        },
    ),
    Case(
        name="more of the answer",
        before="""import boto3

ssm = boto3.client("ssm")


def view(names: list[str]):
    found = []
    for name in names:
        answer = ssm.get_parameter(Name=name)
        found.append((answer["Parameter"]["Value"], answer["ResponseMetadata"]["HTTPStatusCode"]))
    return found
""",
        after=None,
        repeats=(PARAMETER,),
        code="R-PARTIAL",
    ),
    Case(
        name="the whole answer",
        before="""import boto3

ssm = boto3.client("ssm")


def view(names: list[str]):
    return [ssm.get_parameter(Name=name) for name in names]
""",
        after=None,
        repeats=(PARAMETER,),
        code="R-PARTIAL",
    ),
    Case(
        name="attributes of an item",
        before="""import boto3

table = boto3.resource("dynamodb").Table("users")


def view(ids: list[str]):
    return [table.get_item(Key={"id": id}, ProjectionExpression="email").get("Item") for id in ids]
""",
        after=None,
        repeats=(GET_ITEM,),
        code="R-PARTIAL",
    ),
    Case(
        name="a key of two parts",
        before="""import boto3

table = boto3.resource("dynamodb").Table("carts")


def view(carts: list):
    return [table.get_item(Key={"owner": cart.owner, "id": cart.id}).get("Item") for cart in carts]
""",
        after=None,
        repeats=(GET_ITEM,),
        code="R-SHAPE",
    ),
    Case(
        name="a table per round",
        before="""import boto3

dynamodb = boto3.resource("dynamodb")


def view(orders: list):
    return [dynamodb.Table(order.table).get_item(Key={"id": order.id}).get("Item") for order in orders]
""",
        after=None,
        repeats=(GET_ITEM,),
        code="R-CARRY",
    ),
    Case(
        name="a parameter that the round decides to decrypt",
        before="""import boto3

ssm = boto3.client("ssm")


def view(settings: list):
    return [ssm.get_parameter(Name=one.name, WithDecryption=one.secret)["Parameter"] for one in settings]
""",
        after=None,
        repeats=(PARAMETER,),
        code="R-CARRY",
    ),
    Case(
        name="items that are written in between",
        before="""import boto3

table = boto3.resource("dynamodb").Table("users")


def view(ids: list[str]):
    for id in ids:
        user = table.get_item(Key={"id": id}).get("Item")
        table.put_item(Item=dict(user, seen=True))
""",
        after=None,
        repeats=(GET_ITEM,),
        code="R-CARRY",
    ),
    Case(
        name="a read that is conditional on the answer before",
        before="""import boto3

table = boto3.resource("dynamodb").Table("users")


def view(ids: list[str], id):
    for _ in ids:
        id = table.get_item(Key={"id": id})["Item"]["parent"]
    return id
""",
        after=None,
        repeats=(GET_ITEM,),
        code="R-CARRY",
    ),
)
