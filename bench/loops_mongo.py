"""Rows of `bench/loops.py` for MongoDB: the real driver against a server of its protocol on the loopback interface.

The latency is slept before each command that the driver sends.
"""

import atexit
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import pymongo
from pymongo import monitoring
from rig import mongo_server

if mongo_server.missing():
    raise ImportError("nx-27017 is not installed")

N = 100
_OPEN = ExitStack()
atexit.register(_OPEN.close)


class _Slow(monitoring.CommandListener):
    """Waits before each command."""

    latency = 0.0

    def started(self, event: Any) -> None:  # noqa: ARG002 - the driver calls it
        """Waits."""
        time.sleep(self.latency)

    def succeeded(self, event: Any) -> None:
        """Nothing to do."""

    def failed(self, event: Any) -> None:
        """Nothing to do."""


@cache
def _shop() -> Any:
    address = _OPEN.enter_context(mongo_server.server())
    db = _OPEN.enter_context(pymongo.MongoClient(address, event_listeners=[_Slow()])).shop
    db.users.insert_many([{"_id": n, "name": f"user {n}"} for n in range(N)])
    return db


def _with_mongo(work: Callable[[Any], object]) -> Callable[[float], None]:
    def run(latency: float) -> None:
        db, _Slow.latency = _shop(), latency
        work(db)

    return run


def _found_each(db: Any) -> list[str]:
    return [db.users.find_one({"_id": key})["name"] for key in range(N)]


def _found(db: Any) -> list[str]:
    users_by_id = {}
    for user in db.users.find({"_id": {"$in": [*range(N)]}}):
        users_by_id[user["_id"]] = user
    return [users_by_id[key]["name"] for key in range(N)]


def _inserted_each(db: Any) -> None:
    for key in range(N):
        db.events.insert_one({"user": key})


def _inserted(db: Any) -> None:
    db.events.insert_many([{"user": key} for key in range(N)])


ROWS = [
    ("mongo-find-in", (N, 1), _with_mongo(_found_each), _with_mongo(_found)),
    ("mongo-insert-many", (N, 1), _with_mongo(_inserted_each), _with_mongo(_inserted)),
]
