"""Loops of requests that a codemod made one request: planned, edited and proven on services of this machine."""

import os
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from prove_apps import CONFIG, make_repository, proof_of
from rig.moto import moto_python
from rig.redis_server import binary
from rig.shop import CUSTOMER, hotspot

from bot.config import BatchConfig
from bot.plan.plan import plan
from bot.records import OPERATION_NAMES, OperationKind, Patch, Pattern, Slope
from codemods.index import Index

HTTP = """\
import os

import requests

API = os.environ.get("NAMES_URL", "http://127.0.0.1:1")


def names(ids: list[int]):
    found = []
    for user_id in ids:
        response = requests.get(f"{API}/users/{user_id}", timeout=5)
        response.raise_for_status()
        found.append(response.json()["name"])
    return found
"""
HTTP_TESTS = """\
import json
import threading
import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import app


class Users(BaseHTTPRequestHandler):
    def do_GET(self):
        asked = urlsplit(self.path)
        one = asked.path.rpartition("/")[2]
        many = [{"id": int(key), "name": f"n{key}"} for key in parse_qs(asked.query).get("ids", [one])]
        body = json.dumps(many if asked.path == "/users" else many[0]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Names(unittest.TestCase):
    def setUp(self):
        server = HTTPServer(("127.0.0.1", 0), Users)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.addCleanup(server.shutdown)
        app.API = f"http://127.0.0.1:{server.server_port}"

    def test_few(self):
        self.assertEqual(app.names([1, 2, 3]), ["n1", "n2", "n3"])

    def test_many(self):
        self.assertEqual(app.names(list(range(8))), [f"n{key}" for key in range(8)])
"""
REDIS = """\
import redis

r = redis.Redis()


def visits(ids: list[int]):
    total = 0
    for user_id in ids:
        count = r.get(f"visits:{user_id}")
        if count:
            total += int(count)
    return total
"""
REDIS_TESTS = """\
import pathlib
import subprocess
import tempfile
import time
import unittest

import redis

import app


class Visits(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        path = pathlib.Path(tempfile.mkdtemp()) / "s"
        options = ["--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(path.parent)]
        cls.process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
        while not path.exists():
            time.sleep(0.01)
        app.r = redis.Redis(unix_socket_path=str(path))

    @classmethod
    def tearDownClass(cls):
        cls.process.terminate()
        cls.process.wait()

    def count(self, number):
        for key in range(number):
            app.r.set(f"visits:{key}", 2)
        self.assertEqual(app.visits(list(range(number))), 2 * number)

    def test_few(self):
        self.count(3)

    def test_many(self):
        self.count(8)
"""
AWS = """\
import boto3

sqs = boto3.client("sqs", region_name="eu-west-1")
QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders"


def notify(orders: list):
    for order in orders:
        sqs.send_message(QueueUrl=QUEUE, MessageBody=order.text)
"""
AWS_TESTS = """\
import os
import unittest
from collections import namedtuple

os.environ.update(AWS_ACCESS_KEY_ID="AKIA0123456789ABCDEF", AWS_SECRET_ACCESS_KEY="-")
from moto import mock_aws

import app

Order = namedtuple("Order", "text")


class Sent(unittest.TestCase):
    def send(self, number):
        with mock_aws():
            app.QUEUE = app.sqs.create_queue(QueueName="orders")["QueueUrl"]
            app.notify([Order(f"m{n}") for n in range(number)])
            waiting = app.sqs.get_queue_attributes(QueueUrl=app.QUEUE, AttributeNames=["All"])["Attributes"]
            self.assertEqual(waiting["ApproximateNumberOfMessages"], str(number))

    def test_few(self):
        self.send(3)

    def test_many(self):
        self.send(8)
"""
TEST = {"http": "Names", "redis": "Visits", "aws": "Sent"}
LINE = {"http": 11, "redis": 9, "aws": 9}
USERS = BatchConfig(single="GET /users/{id}", many="GET /users?ids=")


def called(statement: str, dialect: str) -> Pattern:
    """A call of a loop as a trace shows it."""
    name = statement.partition(" ")[0]
    return msgspec.structs.replace(
        CUSTOMER, statement=statement, operation=name, dialect=dialect, tables=(), where_columns=(), shape="call"
    )


TESTS = {"http": HTTP_TESTS, "redis": REDIS_TESTS, "aws": AWS_TESTS}
CASES: dict[OperationKind, tuple[str, Pattern, str, str]] = {
    "http": (HTTP, called("GET 127.0.0.1/users/{}", ""), "n_plus_one_http", "names"),
    "redis": (REDIS, called("GET ?", "redis"), "n_plus_one_db", "visits"),
    "aws": (AWS, called("aws-api SendMessage", "aws-api"), "n_plus_one_http", "notify"),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", CASES)
def test_a_loop_of_calls_is_proven_to_be_one(kind: OperationKind, tmp_path: Path) -> None:
    text, call, seen, function = CASES[kind]
    if kind == "redis" and binary() is None:
        reason = "no redis server is installed (redis-server was not found)"
        pytest.fail(reason) if os.environ.get("COSTMOD_REQUIRE_GUARDS") else pytest.skip(reason)
    python = str(moto_python()) if kind == "aws" else CONFIG.python
    config = replace(CONFIG, batch=(USERS,), python=python, test_command="python -m unittest test_app")
    make_repository(tmp_path, {"app.py": text, "test_app.py": TESTS[kind]})
    index = Index(tmp_path, endpoints=config.endpoints())
    (patch,) = plan(hotspot(call, kind=seen, transaction_name=function), index)
    assert isinstance(patch, Patch), patch
    proof = proof_of(tmp_path, patch, config)
    few, many, name = (f"test_app.{TEST[kind]}.test_few", f"test_app.{TEST[kind]}.test_many", OPERATION_NAMES[kind])
    assert (proof.verdict, proof.reason) == ("proven", f"8 -> 1 {name} in {many}, and nothing new fails.")
    assert {(c.test, c.before, c.after) for c in proof.operations if c.kind == kind} == {(few, 3, 1), (many, 8, 1)}
    assert proof.slope == Slope(test=f"{few} and {many}", kind=kind, rows=(3, 8), before=(3, 8), after=(1, 1))
    assert proof.growth == f"O(N) -> O(1) between two tests: 3 -> 1 {name} in {few}, 8 -> 1 in {many}."
    assert proof.frames == (f"app.py:{LINE[kind]} {function}",)
