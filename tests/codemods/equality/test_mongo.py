"""Before and after against a server of MongoDB's protocol: the same documents and results in fewer calls."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from rig import mongo_server
from rig.edited import loaded

from codemods import mongo_find_in, mongo_insert_many
from codemods.api import Proposal, Reached, Repeat, Sighting
from codemods.index import Index

pytestmark = pytest.mark.skipif(mongo_server.missing(), reason="nx-27017 and pymongo are not installed")

FOUND = """\
def view(db, keys):
    names = []
    for key in keys:
        user = db.users.find_one({"_id": key})
        names.append(user["name"] if user is not None else None)
    return names
"""
WANTED = """\
from bson import ObjectId


def view(db, keys):
    return [db.users.find_one({"_id": ObjectId(key)}, {"name": 1})["name"] for key in keys if key]
"""
KNOWN = [f"{n:024x}" for n in range(1, 1203)]
KEYS: dict[str, tuple[str, Callable[[], Any], int]] = {  # the most calls that it may take, by a hundred documents each
    "none": (FOUND, list, 0),
    "known": (FOUND, lambda: [3, 1, 2], 1),
    "repeated and unordered": (FOUND, lambda: [3, 1, 3, 2, 1], 1),
    "missing, and of other types": (FOUND, lambda: [1, 99999, "1", None, 2.0, "x"], 6),
    "a generator": (FOUND, lambda: (n for n in (2, 1)), 1),
    "ObjectIds, more than a portion": (WANTED, lambda: [*KNOWN, ""], 14),
    "an ObjectId that is missing": (WANTED, lambda: [KNOWN[0], "f" * 24], 2),
    "no ObjectId": (WANTED, lambda: [KNOWN[0], "nothing"], 0),
}
MADE = """\
def view(db, rows):
    for n, row in enumerate(rows):
        if row != "skipped":
            db.users.insert_one({"_id": row, "n": n})
"""
THERE = """\
def view(db, rows):
    documents = [{"_id": row} for row in rows]
    for document in documents:
        db.users.insert_one(document)
    return documents
"""
GIVEN = """\
def view(db, rows):
    found = [{"row": str(row)} for row in rows]
    for one in found:
        db.users.insert_one(one)
    return ["_id" in one for one in found]
"""
ROWS: dict[str, list[object]] = {
    "none": [],
    "some": [1, "skipped", 2, "a"],
    "one that is there, midway": [1, 2, 1000, 3],
    "one twice": [1, 2, 1, 3],
}


class Calls:
    """The commands that the driver sent."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def listener(self) -> Any:
        from pymongo import monitoring

        calls = self.names

        class Listener(monitoring.CommandListener):
            def started(self, event: Any) -> None:
                calls.append(event.command_name)

            def succeeded(self, event: Any) -> None: ...

            def failed(self, event: Any) -> None: ...

        return Listener()


@pytest.fixture(scope="module")
def mongo() -> Iterator[tuple[Any, Calls]]:
    import pymongo

    calls = Calls()
    with mongo_server.server() as address, pymongo.MongoClient(address, event_listeners=[calls.listener()]) as client:
        yield client.shop, calls


def outcome(module: ModuleType, db: Any, given: Any) -> Any:
    """What it gives, or the error; errors of the driver as what its callers would catch."""
    from bson.errors import BSONError
    from pymongo.errors import OperationFailure

    try:
        return module.view(db, given)
    except (OperationFailure, BSONError, TypeError) as error:
        return next(kind for kind in (OperationFailure, BSONError, TypeError) if isinstance(error, kind))


def test_documents_are_found(tmp_path: Path, mongo: tuple[Any, Calls]) -> None:
    from bson import ObjectId

    db, calls = mongo
    db.users.drop()
    db.users.insert_many([{"_id": n, "name": f"user {n}"} for n in range(10)])
    db.users.insert_many([{"_id": ObjectId(key), "name": key} for key in KNOWN])
    after = {text: edited(tmp_path, mongo_find_in, text, "FIND ?") for text in (FOUND, WANTED)}
    for name, (text, keys, most) in KEYS.items():
        calls.names.clear()
        was = outcome(loaded(text), db, keys())
        asked = len(calls.names)
        calls.names.clear()
        assert outcome(loaded(after[text]), db, keys()) == was, name
        assert len(calls.names) <= min(most, asked), name


@pytest.mark.parametrize("text", [MADE, THERE, GIVEN], ids=["made", "there", "given"])
def test_documents_are_inserted(tmp_path: Path, mongo: tuple[Any, Calls], text: str) -> None:
    db, calls = mongo
    after = edited(tmp_path, mongo_insert_many, text, "INSERT ?")
    for name, rows in ROWS.items():
        states = []
        for version in (text, after):
            db.users.drop()
            db.users.insert_one({"_id": 1000})
            calls.names.clear()
            result = outcome(loaded(version), db, rows)
            sent = calls.names.count("insert")
            states.append((result, list(db.users.find({}, {"_id": text is not GIVEN}))))
        assert states[0] == states[1], name
        assert sent == bool(rows), name


def test_the_errors_differ_as_the_draft_says(tmp_path: Path, mongo: tuple[Any, Calls]) -> None:
    from pymongo.errors import BulkWriteError, DuplicateKeyError

    db, _ = mongo
    after = edited(tmp_path, mongo_insert_many, MADE, "INSERT ?")
    for version, error in ((MADE, DuplicateKeyError), (after, BulkWriteError)):
        db.users.drop()
        with pytest.raises(error):
            loaded(version).view(db, [1, 1])
    stored = []
    for version in (MADE, after):
        db.users.drop()
        assert outcome(loaded(version), db, [1, object(), 2]) is not None
        stored.append(db.users.count_documents({}))
    assert stored == [1, 0]


def edited(folder: Path, codemod: Any, text: str, statement: str) -> str:
    """The text after the codemod."""
    (folder / "app.py").write_text(text)
    subprocess.run("git init -q && git add -A", shell=True, cwd=folder, check=True)
    repeat = Repeat("f", (), (), 20, "call", statement, "mongodb")
    sighting = Sighting("n_plus_one_db", (repeat,), (Reached("app.py", "view", 0, "the entry"),))
    (found,) = codemod.find(Index(folder), sighting)
    assert isinstance(found, Proposal), found
    assert found.tier == "C"
    return found.texts["app.py"]
