"""`client-hoist` on moto and SQLite: the same results and requests, from one client."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rig.moto import moto_python, ran
from sqlalchemy import event
from sqlalchemy.pool import Pool

from codemods import client_hoist
from codemods.api import Proposal, Reached, Repeat, Sighting
from codemods.index import Index

Checkout = Callable[[dict[str, str]], Path]
QUEUE = """\
import boto3

QUEUE = None


def view(items):
    return [send(item) for item in items]


def send(item):
    sqs = boto3.client("sqs")
    sqs.send_message(QueueUrl=QUEUE, MessageBody=item.text)
    return len(item.text)
"""
ENGINE = """\
from sqlalchemy import create_engine, text

URL = "sqlite:///{path}"


def view(number):
    engine = create_engine(URL)
    with engine.begin() as connection:
        connection.execute(text("create table if not exists t (n integer unique)"))
        connection.execute(text("insert into t values (:n)"), {{"n": number}})
        return connection.execute(text("select count(*) from t")).scalar()
"""


def edited(checkout: Checkout, code: str, name: str) -> list[str]:
    index = Index(checkout({"app.py": code}))
    sighting = Sighting("cpu_self", (Repeat("f", (), (), 1, "call"),), (Reached("app.py", name, 0, ""),))
    (answer,) = client_hoist.find(index, sighting)
    assert isinstance(answer, Proposal), answer
    return [code, answer.texts["app.py"]]


def test_one_client_sends_what_many_sent(checkout: Checkout) -> None:
    items = [*(f"m{number}" for number in range(8)), "m1", "BROKEN", "m9"]
    texts = edited(checkout, QUEUE, "send")
    ((before, after),) = ran(moto_python(), [{"service": "sqs", "texts": texts, "items": items}])
    assert (before.pop("clients"), after.pop("clients")) == (10, 1)
    assert before == after
    assert before["requests"] == {"SendMessage": 9}


def test_one_engine_does_what_many_did(checkout: Checkout, tmp_path: Path) -> None:
    def did(text: str, path: Path) -> tuple[list[Any], int]:
        names: dict[str, Any] = {}
        connections: list[object] = []

        def connected(connection: object, _: object) -> None:
            connections.append(connection)

        event.listen(Pool, "connect", connected)
        exec(compile(text, "app.py", "exec"), names)
        names["URL"] = f"sqlite:///{path}"
        results: list[Any] = []
        for number in (1, 2, 2, 3):
            try:
                results.append(names["view"](number))
            except Exception as raised:
                results.append(type(raised).__name__)
        event.remove(Pool, "connect", connected)
        return results, len(connections)

    before, after = edited(checkout, ENGINE.format(path="app.db"), "view")
    assert did(before, tmp_path / "before.db") == ([1, 2, "IntegrityError", 3], 4)
    assert did(after, tmp_path / "after.db") == ([1, 2, "IntegrityError", 3], 1)
