"""The cases of `mongo-insert-many`: what it changes, and what it leaves alone with which code."""

from codemods.api import Case, Repeat

SENT = Repeat("f", (), (), 20, "call", "INSERT ?", "mongodb")
FOUND = Repeat("f", (), (), 20, "call", "FIND ?", "mongodb")

CASES: tuple[Case, ...] = (
    Case(
        "a document that a round makes",
        """\
def view(rows, db):
    for row in rows:
        if not row.ok:
            continue
        db.users.insert_one({"name": row.name})
""",
        """\
def view(rows, db):
    documents = []
    for row in rows:
        if not row.ok:
            continue
        documents.append({"name": row.name})
    if documents:
        db.users.insert_many(documents)
""",
        (SENT,),
        tier="C",
    ),
    Case(
        "documents that are there",
        """\
def view(users, db):
    for user in users:
        db.users.insert_one(user)
    return len(users)
""",
        """\
def view(users, db):
    documents = list(users)
    if documents:
        db.users.insert_many(documents)
    return len(users)
""",
        (SENT,),
        tier="C",
    ),
    Case(
        "a comment in the loop",
        """\
def view(users, db):
    for user in users:
        # As it came.
        db.users.insert_one(user)
""",
        """\
def view(users, db):
    documents = []
    for user in users:
        # As it came.
        documents.append(user)
    if documents:
        db.users.insert_many(documents)
""",
        (SENT,),
        tier="C",
    ),
    Case(
        "awaited, in a session, a name that is bound in the round",
        """\
async def view(users, db, session, documents):
    for n, user in enumerate(users):
        doc = {"user": user}
        doc["n"] = n
        tags = []
        tags.append(n)
        await db["users"].insert_one(
            doc, session=session
        )
        print(n, documents, tags)
""",
        """\
async def view(users, db, session, documents):
    new_documents = []
    for n, user in enumerate(users):
        doc = {"user": user}
        doc["n"] = n
        tags = []
        tags.append(n)
        new_documents.append(doc)
        print(n, documents, tags)
    if new_documents:
        await db["users"].insert_many(new_documents, session=session)
""",
        (SENT,),
        tier="C",
    ),
    Case(
        "the last line of a file, a round's own list, errors of all kinds",
        """\
def latest(db):
    return db.events.find_one({})


def note(db):
    return latest(db)


def view(users, db):
    try:
        for user in users:
            tags = [user]
            tags.append(note(db) or db.logs.find_one({}))
            db.users.insert_one({"tags": tags, "name": user})
    except Exception:
        raise
""",
        """\
def latest(db):
    return db.events.find_one({})


def note(db):
    return latest(db)


def view(users, db):
    try:
        documents = []
        for user in users:
            tags = [user]
            tags.append(note(db) or db.logs.find_one({}))
            documents.append({"tags": tags, "name": user})
        if documents:
            db.users.insert_many(documents)
    except Exception:
        raise
""",
        (SENT,),
        tier="C",
    ),
    Case(
        "no insert",
        """\
def view(users, db):
    for user in users:
        db.users.insert_one(user)
""",
        None,
        (FOUND,),
        "R-UNRESOLVED",
    ),
    Case(
        "no loop",
        """\
def view(user, db):
    db.users.insert_one(user)
""",
        None,
        (SENT,),
        "R-UNRESOLVED",
    ),
    Case(
        "two",
        """\
def view(users, db):
    for user in users:
        db.users.insert_one(user)
        db.events.insert_one({"user": user})
""",
        None,
        (SENT,),
        "R-AMBIGUOUS",
    ),
    Case(
        "a loop without an end",
        """\
def view(users, db):
    while users:
        db.users.insert_one(users.pop())
""",
        None,
        (SENT,),
        "R-SHAPE",
    ),
    Case(
        "the result is used",
        """\
def view(users, db):
    for user in users:
        print(db.users.insert_one(user).inserted_id)
""",
        None,
        (SENT,),
        "R-RESULT",
    ),
    Case(
        "the document is used",
        """\
def view(users, db):
    for user in users:
        db.users.insert_one(user); print(user["_id"])
""",
        None,
        (SENT,),
        "R-RESULT",
    ),
    Case(
        "a stream",
        """\
def view(stream, db):
    for part in stream.iter_content():
        db.parts.insert_one({"part": part})
""",
        None,
        (SENT,),
        "R-STREAM",
    ),
    Case(
        "the function can be left",
        """\
def view(users, db):
    for user in users:
        db.users.insert_one({"user": user})
        if user:
            return
""",
        None,
        (SENT,),
        "R-COND",
    ),
    Case(
        "errors of a round",
        """\
def view(users, db):
    for user in users:
        try:
            db.users.insert_one({"user": user})
        except ValueError:
            print(user)
""",
        None,
        (SENT,),
        "R-EXC",
    ),
    Case(
        "errors of the loop",
        """\
from pymongo.errors import DuplicateKeyError


def view(users, db):
    try:
        for user in users:
            db.users.insert_one({"user": user})
    except (DuplicateKeyError, ValueError):
        print(users)
""",
        None,
        (SENT,),
        "R-EXC",
    ),
    Case(
        "the collection is asked in between",
        """\
def view(users, db):
    for user in users:
        if db.users.find_one({"_id": user}) is None:
            db.users.insert_one({"_id": user})
""",
        None,
        (SENT,),
        "R-CARRY",
    ),
    Case(
        "a helper that asks",
        """\
def known(users, user):
    return users.count_documents({"_id": user})


def view(users, db):
    for user in users:
        if not known(db.users, user):
            db.users.insert_one({"_id": user})
""",
        None,
        (SENT,),
        "R-CARRY",
    ),
    Case(
        "a collection per round",
        """\
def view(users, db):
    for user in users:
        db[user].insert_one({"_id": user})
""",
        None,
        (SENT,),
        "R-CARRY",
    ),
    Case(
        "arguments of a round",
        """\
def view(users, db):
    for user in users:
        db.users.insert_one({"_id": user}, comment=user)
""",
        None,
        (SENT,),
        "R-SHAPE",
    ),
    Case(
        "one document for all",
        """\
def view(users, db, document):
    for user in users:
        db.users.insert_one(document)
""",
        None,
        (SENT,),
        "R-CARRY",
    ),
    Case(
        "a part that changes",
        """\
def view(users, db):
    counts = {}
    seen = []
    for user in users:
        counts[user] = 1
        seen += [user]
        seen.append(user)
        db.users.insert_one({"counts": counts})
""",
        None,
        (SENT,),
        "R-CARRY",
    ),
    Case(
        "another's document",
        """\
def view(users, db):
    for user in users:
        db.users.insert_one(user.document)
""",
        None,
        (SENT,),
        "R-CARRY",
    ),
    Case(
        "tests that watch it",
        """\
def view(users, db):
    for user in users:
        db.users.insert_one({"_id": user})
""",
        None,
        (SENT,),
        "R-MOCKED",
        files={
            "tests/test_app.py": """\
import app


def test_view(db):
    app.view([1], db)
    db.users.insert_one.assert_called_once()
"""
        },
    ),
    Case(
        "the last line",
        """\
def view(users, db):
    for user in users: db.users.insert_one({"_id": user})  # all of them""",
        """\
def view(users, db):
    documents = []
    for user in users: documents.append({"_id": user})  # all of them
    if documents:
        db.users.insert_many(documents)
""",
        (SENT,),
        tier="C",
    ),
    Case(
        "the collection changes",
        """\
def view(users, db):
    for user in users:
        db.users.insert_one(user)
        db = db
""",
        None,
        (SENT,),
        "R-CARRY",
    ),
    Case(
        "more than a document",
        """\
def view(users, db):
    for user in users:
        db.users.insert_one(*user)
""",
        None,
        (SENT,),
        "R-SHAPE",
    ),
    Case(
        "no longer single",
        """\
def view(users, db):
    db.users.insert_many(users)
""",
        None,
        (SENT,),
        "R-BATCHED",
    ),
)
