"""The cases of `client-hoist`: what it changes, and what it leaves alone with which code."""

from codemods.api import Case, Repeat

WORK = Repeat("w", (), (), 1, "call")
SEND = Repeat("s", (), (), 50, "call", "aws-api SendMessage")
GET = Repeat("g", (), (), 50, "call", "GET ?")
EMPTY = Repeat("e", (), (), 50, "call", " ")
SELECT = Repeat("q", ("users",), (), 50, "other", "SELECT * FROM users")

CASES = (
    Case(
        name="a client that is used at once",
        before="""import json

import boto3


def view(order):
    boto3.client("sqs").send_message(QueueUrl=order.queue, MessageBody=json.dumps(order.body))
""",
        after="""import json
from functools import cache

import boto3


@cache
def _sqs():
    return boto3.client("sqs")


def view(order):
    _sqs().send_message(QueueUrl=order.queue, MessageBody=json.dumps(order.body))
""",
        repeats=(WORK,),
    ),
    Case(
        name="a client with arguments of the module, in a method",
        before="""\"\"\"Orders.\"\"\"
import functools

import boto3
from botocore.config import Config

REGION = "eu-west-1"


# What sends orders.
class Sender:
    def send(self, order):
        client = boto3.client(
            "cognito-idp", region_name=REGION, config=Config(retries={"mode": "standard"}, read_timeout=3)
        )
        client.admin_get_user(Username=order.user)


def view(order):
    Sender().send(order)
""",
        after="""\"\"\"Orders.\"\"\"
import functools

import boto3
from botocore.config import Config

REGION = "eu-west-1"


@functools.cache
def _cognito_idp():
    return boto3.client("cognito-idp", region_name=REGION, config=Config(retries={"mode": "standard"}, read_timeout=3))


# What sends orders.
class Sender:
    def send(self, order):
        client = _cognito_idp()
        client.admin_get_user(Username=order.user)


def view(order):
    Sender().send(order)
""",
        repeats=(WORK,),
    ),
    Case(
        name="a function that does nothing else",
        before="""import redis


@traced
def connection():
    \"\"\"The connection to Redis.\"\"\"
    return redis.Redis(host="redis", port=6379)


def view(key):
    return connection().get(key)
""",
        after="""from functools import cache

import redis


@cache
@traced
def connection():
    \"\"\"The connection to Redis.\"\"\"
    return redis.Redis(host="redis", port=6379)


def view(key):
    return connection().get(key)
""",
        repeats=(WORK,),
    ),
    Case(
        name="an engine",
        before="""from functools import lru_cache

from sqlalchemy import create_engine, text


def view():
    engine = create_engine("sqlite:///app.db")
    with engine.connect() as connection:
        return connection.execute(text("select 1")).scalar()
""",
        after="""from functools import cache, lru_cache

from sqlalchemy import create_engine, text


@cache
def _engine():
    return create_engine("sqlite:///app.db")


def view():
    engine = _engine()
    with engine.connect() as connection:
        return connection.execute(text("select 1")).scalar()
""",
        repeats=(WORK,),
    ),
    Case(
        name="a word that means something else",
        before="""import redis
from django.core.cache import cache


def view(key):
    r = redis.from_url("redis://localhost")
    return cache.get(key) or r.get(key)
""",
        after="""from functools import lru_cache

import redis
from django.core.cache import cache


@lru_cache(maxsize=None)
def _redis():
    return redis.from_url("redis://localhost")


def view(key):
    r = _redis()
    return cache.get(key) or r.get(key)
""",
        repeats=(WORK,),
    ),
    Case(
        name="a database of MongoDB",
        before="""import os

from pymongo import MongoClient


def view(name):
    client = MongoClient(os.environ["MONGO_URL"])
    return client["shop"].users.find_one({"name": name})
""",
        after="""import os
from functools import cache

from pymongo import MongoClient


@cache
def _mongo_client():
    return MongoClient(os.environ["MONGO_URL"])


def view(name):
    client = _mongo_client()
    return client["shop"].users.find_one({"name": name})
""",
        repeats=(WORK,),
        tier="C",
    ),
    Case(
        name="settings",
        before="""import boto3
from django.conf import settings


def view(key):
    s3 = boto3.client("s3", endpoint_url=settings.S3_URL, aws_access_key_id=getenv("KEY"))
    return s3.get_object(Bucket="b", Key=key)


def getenv(name):
    return name
""",
        after=None,
        repeats=(WORK,),
        code="R-CARRY",
    ),
    Case(
        name="arguments that are read",
        before="""import os

import boto3
from shop import settings

BUCKETS = make_buckets()


def view(key):
    s3 = boto3.client("s3", endpoint_url=settings.S3_URL, region_name=os.getenv("REGION", "eu-west-1"))
    return s3.get_object(Bucket=BUCKETS[0], Key=key)
""",
        after="""import os
from functools import cache

import boto3
from shop import settings

BUCKETS = make_buckets()


@cache
def _s3():
    return boto3.client("s3", endpoint_url=settings.S3_URL, region_name=os.getenv("REGION", "eu-west-1"))


def view(key):
    s3 = _s3()
    return s3.get_object(Bucket=BUCKETS[0], Key=key)
""",
        repeats=(WORK,),
        tier="C",
    ),
    Case(
        name="an HTTP client",
        before="""import httpx

HEADERS = {"Accept": "application/json"}


def view(key):
    client = httpx.Client(timeout=5, headers=HEADERS)
    return client.get("https://example.com/users", params={"id": key}).json()
""",
        after="""from functools import cache

import httpx

HEADERS = {"Accept": "application/json"}


@cache
def _http_client():
    return httpx.Client(timeout=5, headers=HEADERS)


def view(key):
    client = _http_client()
    return client.get("https://example.com/users", params={"id": key}).json()
""",
        repeats=(WORK,),
        tier="C",
    ),
    Case(
        name="a client that is handed on",
        before="""import redis

from shop import lookup


def view(key):
    client = redis.Redis("redis")
    return lookup(client, key)
""",
        after="""from functools import cache

import redis

from shop import lookup


@cache
def _redis():
    return redis.Redis("redis")


def view(key):
    client = _redis()
    return lookup(client, key)
""",
        repeats=(WORK,),
        tier="C",
    ),
    Case(
        name="a client that is made for another",
        before="""import redis

from shop import lookup


def view(key):
    return lookup(redis.Redis("redis"), key, retries=[1, 2])
""",
        after="""from functools import cache

import redis

from shop import lookup


@cache
def _redis():
    return redis.Redis("redis")


def view(key):
    return lookup(_redis(), key, retries=[1, 2])
""",
        repeats=(WORK,),
        tier="C",
    ),
    Case(
        name="a client that an object keeps",
        before="""import boto3


class Sender:
    def __init__(self):
        self.client = boto3.client("sqs")


def view(order):
    Sender().client.send_message(QueueUrl="q", MessageBody=order)
""",
        after="""from functools import cache

import boto3


@cache
def _sqs():
    return boto3.client("sqs")


class Sender:
    def __init__(self):
        self.client = _sqs()


def view(order):
    Sender().client.send_message(QueueUrl="q", MessageBody=order)
""",
        repeats=(WORK,),
    ),
    Case(
        name="calls on a client",
        before="""import boto3


def view(orders):
    for order in orders:
        send(order)


def send(order):
    sqs = boto3.client("sqs")
    sqs.send_message(QueueUrl="q", MessageBody=order)
""",
        after="""from functools import cache

import boto3


def view(orders):
    for order in orders:
        send(order)


@cache
def _sqs():
    return boto3.client("sqs")


def send(order):
    sqs = _sqs()
    sqs.send_message(QueueUrl="q", MessageBody=order)
""",
        repeats=(SEND,),
        kind="n_plus_one_http",
    ),
    Case(
        name="commands",
        before="""import redis


def view(keys):
    return [read(key) for key in keys]


def read(key):
    r = redis.Redis()
    return r.get(key)
""",
        after="""from functools import cache

import redis


def view(keys):
    return [read(key) for key in keys]


@cache
def _redis():
    return redis.Redis()


def read(key):
    r = _redis()
    return r.get(key)
""",
        repeats=(GET,),
        kind="n_plus_one_db",
    ),
    Case(
        name="a client of AWS that is handed on",
        before="""import boto3

from shop import lookup


def view(key):
    return lookup(boto3.client("s3", config={"a": [1]}), key)
""",
        after="""from functools import cache

import boto3

from shop import lookup


@cache
def _s3():
    return boto3.client("s3", config={"a": [1]})


def view(key):
    return lookup(_s3(), key)
""",
        repeats=(WORK,),
    ),
    Case(
        name="no client",
        before="""def view(order):
    return order.total
""",
        after=None,
        repeats=(WORK,),
        code="R-UNRESOLVED",
    ),
    Case(
        name="a statement",
        before="""import redis


def view(key):
    return redis.Redis().get(key)
""",
        after=None,
        repeats=(SELECT,),
        code="R-UNRESOLVED",
        kind="n_plus_one_db",
    ),
    Case(
        name="no statement",
        before="""import redis


def view(key):
    return redis.Redis().get(key)
""",
        after=None,
        repeats=(EMPTY,),
        code="R-UNRESOLVED",
        kind="n_plus_one_http",
    ),
    Case(
        name="another call",
        before="""import boto3


def view(order):
    client = boto3.client("sqs")
    client.receive_message(QueueUrl="q")
""",
        after=None,
        repeats=(SEND,),
        code="R-UNRESOLVED",
        kind="n_plus_one_http",
    ),
    Case(
        name="a client of the module",
        before="""import boto3

sqs = boto3.client("sqs")


def view(order):
    sqs.send_message(QueueUrl="q", MessageBody=order)
""",
        after=None,
        repeats=(WORK,),
        code="R-UNRESOLVED",
    ),
    Case(
        name="an accessor",
        before="""import functools

import boto3


@functools.lru_cache(maxsize=None)
def sqs():
    return boto3.client("sqs")


def view(order):
    sqs().send_message(QueueUrl="q", MessageBody=order)
""",
        after=None,
        repeats=(WORK,),
        code="R-CACHED",
    ),
    Case(
        name="a name of the module that is filled once",
        before="""import redis

_client = None


def connection():
    global _client
    if _client is None:
        _client = redis.Redis("redis")
    return _client


def view(key):
    return connection().get(key)
""",
        after=None,
        repeats=(WORK,),
        code="R-CACHED",
    ),
    Case(
        name="two functions",
        before="""import redis


def one(key):
    return redis.Redis("one").get(key)


def view(key):
    return one(key) or redis.Redis("two").get(key)
""",
        after=None,
        repeats=(WORK,),
        code="R-AMBIGUOUS",
    ),
    Case(
        name="a resource",
        before="""import boto3


def view(item):
    boto3.resource("dynamodb").Table("users").put_item(Item=item)
""",
        after=None,
        repeats=(WORK,),
        code="R-SHARED-SESSION",
    ),
    Case(
        name="a region per call",
        before="""import boto3


def view(region):
    return boto3.client("ec2", region_name=region).describe_instances()
""",
        after=None,
        repeats=(WORK,),
        code="R-CARRY",
    ),
    Case(
        name="a server per tenant",
        before="""import redis


def view(request, key):
    return redis.Redis(host=request.tenant.host).get(key)
""",
        after=None,
        repeats=(WORK,),
        code="R-CARRY",
    ),
    Case(
        name="arguments worked out",
        before="""import redis


def view(key):
    return redis.Redis(host="redis" + suffix).get(key)
""",
        after=None,
        repeats=(WORK,),
        code="R-CARRY",
    ),
    Case(
        name="arguments in a dictionary",
        before="""import boto3

OPTIONS = {}


def view(key):
    return boto3.client("s3", **OPTIONS).get_object(Bucket="b", Key=key)
""",
        after=None,
        repeats=(WORK,),
        code="R-CARRY",
    ),
    Case(
        name="credentials for a while",
        before="""import boto3

from shop import settings


def view(key):
    return boto3.client("s3", aws_session_token=settings.TOKEN).get_object(Bucket="b", Key=key)
""",
        after=None,
        repeats=(WORK,),
        code="R-CARRY",
    ),
    Case(
        name="a list of arguments that differ",
        before="""import redis


def view(hosts, key):
    return redis.Redis("redis", retry_on_error=[hosts]).get(key)
""",
        after=None,
        repeats=(WORK,),
        code="R-CARRY",
    ),
    Case(
        name="an argument that a function gives",
        before="""import boto3

from shop import region_of_today


def view(key):
    return boto3.client("s3", region_name=region_of_today()).get_object(Bucket="b", Key=key)
""",
        after=None,
        repeats=(WORK,),
        code="R-CARRY",
    ),
    Case(
        name="a block that closes it",
        before="""import httpx


def view(key):
    with httpx.Client() as client:
        return client.get(key).json()
""",
        after=None,
        repeats=(WORK,),
        code="R-SHAPE",
    ),
    Case(
        name="a block that closes it later",
        before="""import httpx


def view(key):
    client = httpx.Client()
    with client:
        return client.get(key).json()
""",
        after=None,
        repeats=(WORK,),
        code="R-SHAPE",
    ),
    Case(
        name="a client that is closed",
        before="""import redis


def view(key):
    client = redis.Redis()
    try:
        return client.get(key)
    finally:
        client.close()
""",
        after=None,
        repeats=(WORK,),
        code="R-SHAPE",
    ),
    Case(
        name="handlers of a client",
        before="""import boto3


def view(key):
    s3 = boto3.client("s3")
    s3.meta.events.register("before-send", print)
    return s3.get_object(Bucket="b", Key=key)
""",
        after=None,
        repeats=(WORK,),
        code="R-CARRY",
    ),
    Case(
        name="a client that is changed",
        before="""import httpx


def view(key):
    client = httpx.Client()
    client.base_url = key
    return client.get("/").json()
""",
        after=None,
        repeats=(WORK,),
        code="R-CARRY",
    ),
    Case(
        name="an import in the function",
        before="""def view(key):
    import boto3

    return boto3.client("s3").get_object(Bucket="b", Key=key)
""",
        after=None,
        repeats=(WORK,),
        code="R-SHAPE",
    ),
    Case(
        name="both words mean something else",
        before="""import redis
from shop import cache, lru_cache


def view(key):
    return redis.Redis().get(key)
""",
        after=None,
        repeats=(WORK,),
        code="R-SHAPE",
    ),
    Case(
        name="tests that patch the constructor",
        before="""import boto3


def view(key):
    return boto3.client("s3").get_object(Bucket="b", Key=key)
""",
        after=None,
        repeats=(WORK,),
        code="R-MOCKED",
        files={
            "tests/test_app.py": """from unittest.mock import patch

import app


def test_view():
    with patch("app.boto3.client") as client:
        app.view("k")
    client.assert_called_once()
"""
        },
    ),
)
