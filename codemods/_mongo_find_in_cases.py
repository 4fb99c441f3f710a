"""The cases of `mongo-find-in`: what it changes, and what it leaves alone with which code."""

from codemods.api import Case, Repeat

FOUND = Repeat("f", (), (), 20, "call", "FIND ?", "mongodb")
SAID = Repeat("f", (), (), 20, "call", "shop.find", "mongodb")
REDIS = Repeat("f", (), (), 20, "call", "GET ?", "redis")

CASES: tuple[Case, ...] = (
    Case(
        "a document per round",
        """\
from app_db import db


def view(orders):
    names = []
    for order in orders:
        user = db.users.find_one({"_id": order["user_id"]})
        if user is None:
            raise KeyError(order["user_id"])
        names.append(user["name"])
    return names
""",
        """\
from app_db import db


def view(orders):
    names = []
    all_orders = list(orders)
    user_ids = [order["user_id"] for order in all_orders]
    users_by_id = {}
    for start in range(0, len(user_ids), 1000):
        for found_user in db.users.find(
            {"_id": {"$in": user_ids[start : start + 1000]}}
        ):
            users_by_id[found_user["_id"]] = found_user
    for order in all_orders:
        user = users_by_id.get(order["user_id"])
        if user is None:
            user = db.users.find_one({"_id": order["user_id"]})
        if user is None:
            raise KeyError(order["user_id"])
        names.append(user["name"])
    return names
""",
        (FOUND,),
        tier="C",
    ),
    Case(
        "a comprehension, some fields, a list of keys",
        """\
def view(db, ids: list[str]):
    return [db["companies"].find_one({"_id": i}, {"name": 1})["name"] for i in ids]
""",
        """\
def view(db, ids: list[str]):
    companies_by_id = {}
    for start in range(0, len(ids), 1000):
        for company in db["companies"].find(
            {"_id": {"$in": ids[start : start + 1000]}}, {"name": 1}
        ):
            companies_by_id[company["_id"]] = company
    return [(companies_by_id.get(i) or db["companies"].find_one({"_id": i}, {"name": 1}))["name"] for i in ids]
""",
        (FOUND,),
        tier="C",
    ),
    Case(
        "text that becomes an ObjectId, a collection with a name, rounds that ask for nothing",
        """\
from bson import ObjectId


def view(db, keys: set[str]):
    people = db.get_collection("people")
    for key in keys:
        if key:
            print(people.find_one({"_id": ObjectId(key)}, projection=["name", "address"]))
""",
        """\
from bson import ObjectId


def view(db, keys: set[str]):
    people = db.get_collection("people")
    document_ids = [ObjectId(key) for key in keys if key]
    documents_by_id = {}
    for start in range(0, len(document_ids), 1000):
        for document in people.find(
            {"_id": {"$in": document_ids[start : start + 1000]}},
            projection=["name", "address"],
        ):
            documents_by_id[document["_id"]] = document
    for key in keys:
        if key:
            print(documents_by_id.get(ObjectId(key)) or people.find_one({"_id": ObjectId(key)}, projection=["name", "address"]))
""",
        (SAID,),
        tier="C",
    ),
    Case(
        "single quotes, awaited, a name that is taken",
        """\
class Boxes:
    async def view(self, box, ids: list[str]):
        for i in ids:
            print(await self._boxes_collection.find_one({'_id': i}), box)


async def view(boxes: Boxes, ids):
    return await boxes.view(None, ids)
""",
        """\
class Boxes:
    async def view(self, box, ids: list[str]):
        boxes_by_id = {}
        for start in range(0, len(ids), 1000):
            async for found_box in self._boxes_collection.find(
                {'_id': {'$in': ids[start : start + 1000]}}
            ):
                boxes_by_id[found_box['_id']] = found_box
        for i in ids:
            print(boxes_by_id.get(i) or await self._boxes_collection.find_one({'_id': i}), box)


async def view(boxes: Boxes, ids):
    return await boxes.view(None, ids)
""",
        (FOUND,),
        tier="C",
    ),
    Case(
        "no command of MongoDB",
        """\
def view(db, ids: list[str]):
    for i in ids:
        print(db.boxes.find_one({"_id": i}))
""",
        None,
        (REDIS,),
        "R-UNRESOLVED",
    ),
    Case(
        "no loop",
        """\
def view(db, i):
    return db.boxes.find_one({"_id": i})
""",
        None,
        (FOUND,),
        "R-UNRESOLVED",
    ),
    Case(
        "another field",
        """\
def view(db, names: list[str]):
    for name in names:
        print(db.boxes.find_one({"name": name}))
""",
        None,
        (FOUND,),
        "R-KEYEQ",
    ),
    Case(
        "more than one",
        """\
def view(db, ids: list[str], more):
    for i in ids:
        print(db.boxes.find_one({"_id": i, **more}))
""",
        None,
        (FOUND,),
        "R-KEYEQ",
    ),
    Case(
        "a comparison",
        """\
def view(db, ids: list[str]):
    for i in ids:
        print(db.boxes.find_one({"_id": {"$gt": i}}))
""",
        None,
        (FOUND,),
        "R-KEYEQ",
    ),
    Case(
        "a filter that is not spelled out",
        """\
def view(db, ids: list[str]):
    for i in ids:
        print(db.boxes.find_one(i), db.boxes.find_one())
""",
        None,
        (FOUND,),
        "R-KEYEQ",
    ),
    Case(
        "an order",
        """\
def view(db, ids: list[str]):
    for i in ids:
        print(db.boxes.find_one({"_id": i}, sort=[("n", 1)]))
""",
        None,
        (FOUND,),
        "R-SHAPE",
    ),
    Case(
        "without the key",
        """\
def view(db, ids: list[str]):
    for i in ids:
        print(db.boxes.find_one({"_id": i}, {"_id": 0, "name": 1}))
""",
        None,
        (FOUND,),
        "R-SHAPE",
    ),
    Case(
        "fields that are not known",
        """\
def view(db, ids: list[str], fields):
    for i in ids:
        print(db.boxes.find_one({"_id": i}, fields))
""",
        None,
        (FOUND,),
        "R-SHAPE",
    ),
    Case(
        "a method of the project",
        """\
class Boxes:
    def find_one(self, what):
        return what


def view(ids: list[str]):
    boxes = Boxes()
    for i in ids:
        print(boxes.find_one({"_id": i}))
""",
        None,
        (FOUND,),
        "R-UNRESOLVED",
    ),
    Case(
        "an early end",
        """\
def view(db, ids: list[str]):
    for i in ids:
        if db.boxes.find_one({"_id": i}):
            return i
""",
        None,
        (FOUND,),
        "R-COND",
    ),
    Case(
        "errors of a round",
        """\
def view(db, ids: list[str]):
    for i in ids:
        try:
            print(db.boxes.find_one({"_id": i}))
        except OSError:
            print(i)
""",
        None,
        (FOUND,),
        "R-EXC",
    ),
    Case(
        "a collection per round",
        """\
def view(db, ids: list[str]):
    for i in ids:
        print(db[i].find_one({"_id": i}))
""",
        None,
        (FOUND,),
        "R-CARRY",
    ),
    Case(
        "rounds that write",
        """\
def view(db, ids: list[str]):
    for i in ids:
        print(db.boxes.find_one({"_id": i}))
        db["boxes"].update_one({"_id": i}, {"$set": {"seen": 1}})
""",
        None,
        (FOUND,),
        "R-WRITE",
    ),
    Case(
        "a helper that writes",
        """\
def seen(boxes, i):
    boxes.update_one({"_id": i}, {"$set": {"seen": 1}})


def noted(db, i):
    seen(db.boxes, i)


def view(db, ids: list[str]):
    for i in ids:
        print(db.boxes.find_one({"_id": i}), str(i))
        noted(db, i)
""",
        None,
        (FOUND,),
        "R-WRITE",
    ),
    Case(
        "keys that come from the documents",
        """\
def view(db, ids: list[str]):
    parent = None
    for i in ids:
        parent = db.boxes.find_one({"_id": parent or i})
""",
        None,
        (FOUND,),
        "R-CARRY",
    ),
)
