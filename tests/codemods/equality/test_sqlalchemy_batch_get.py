"""Rows looked up by key in a loop, before and after: equal results, errors and writes on real databases."""

from collections.abc import Callable
from pathlib import Path

import pytest
from guards.conftest import children, library, postgres  # noqa: F401
from guards.libraries import Library, outermost

from codemods import sqlalchemy_batch_get
from codemods.api import Proposal, Reached, Repeat, Sighting
from codemods.index import Index

pytestmark = pytest.mark.slow
MODELS = """\
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.dialects.postgresql import CHAR
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    email = Column({type}, unique=True)
    city = Column(String)
    orders = relationship("Order", lazy="joined")


class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"))
"""
APP = """\
from sqlalchemy import select

from models import User


def user_of(db, key):
    user = db.get(User, key)
    if user is None:
        raise LookupError(key)
    return user


def by_email(db, email):
    found = found_by(db, email)
    return found


def found_by(db, address, city=None):
    return db.query(User).filter(User.email == address).one_or_none()


def checked(db, key, out):
    out.append("asked")
    found = db.query(User).filter(User.id == key).first()
    return found


def look_up(session, keys, out):
    for key in keys:
        user = {lookup}
        out.append([repr(key), user and user.email, user and len(user.orders)])
{more}

def view(session):
    out = []
    try:
        look_up(session, {keys}, out)
    except Exception as raised:
        out.append(type(raised).__name__)
        session.rollback()
    session.flush()
    return out, session.execute(select(User.id, User.city).order_by(User.id)).all().__repr__()
"""
ID, EMAIL = "id", "email"
LOOKUPS = {
    "get": ("session.get(User, key)", ID, ""),
    "query": ("session.query(User).filter_by(id=key).first()", ID, ""),
    "one": ("session.query(User).filter(User.id == key).one()", ID, ""),
    "scalar": ("session.execute(select(User).where(User.id == key)).unique().scalar_one_or_none()", ID, ""),
    "helper": ("user_of(session, key)", ID, ""),
    "column": ("session.query(User).filter(User.email == key).first()", EMAIL, ""),
    "scalars": (
        "session.scalars(select(User).where(User.email == key, User.city == 'Bonn')).unique().first()",
        EMAIL,
        "",
    ),
    "twin": ("by_email(session, key)", EMAIL, ""),
    "lent": ("checked(session, key, out)", ID, "        if user and user.id == 3:\n            break\n"),
    "writes": ("session.get(User, key)", ID, "        if user:\n            user.city += '!'\n"),
}
KEYS = {
    ID: {
        "none": "[]",
        "known": "[1, 2, 3]",
        "repeated": "[2, 1, 2, 1]",
        "missing": "[1, 99, 2]",
        "null": "[1, None, 2]",
        "text": "['1', 2, '3']",
        "like a number": "[1.0, 2]",
        "many": "[n % 4 + 1 for n in range(1200)]",
        "generator": "(n for n in (3, 1, 99, 2))",
        "failing": "(1 // n for n in (1, 0, 2))",
    },
    EMAIL: {
        "none": "[]",
        "known": "['a@x', 'B@x', 'ß']",
        "other case": "['A@X', 'b@x', 'SS', 'ss']",
        "spaces": "['a@x ', ' a@x', '', 'a@x']",
        "null": "[None, 'a@x', None]",
        "repeated": "['a@x', 'a@x', \"'\"]",
    },
}
EARLY = ("failing", "no key")  # an error of a key comes before the first round: a draft says so
ROWS = {
    "users": [
        {"id": n, "email": email, "city": "Bonn" if n % 2 else ""}
        for n, email in enumerate(["a@x", "B@x", "ß", "'", "5", "", None], 1)
    ],
    "orders": [{"id": n, "user_id": n % 3 + 1} for n in range(1, 8)],
}


@pytest.mark.parametrize("name", LOOKUPS)
@pytest.mark.parametrize("library", outermost("sqlalchemy"), indirect=True, ids="-".join)
def test_equal(name: str, library: Library, checkout: Callable[[dict[str, str]], Path]) -> None:  # noqa: F811
    lookup, column, more = LOOKUPS[name]
    text = "String(8, collation='NOCASE')" if library.database == "sqlite" else "CHAR(8)"
    models = MODELS.format(type=text)
    before = APP.format(lookup=lookup, keys="KEYS", more=more)
    after = rewritten(before, models, column, checkout)
    for case, keys in KEYS[column].items():
        was, now = (library.run(models, app.replace("KEYS", keys), ROWS) for app in (before, after))
        if case in EARLY:
            assert (now.value[0][-1], now.error) == (was.value[0][-1], was.error), case
        else:
            assert (now.value, now.error, set(now.writes)) == (was.value, was.error, set(was.writes)), (
                case
            )  # flushed together
        if case == "known" and (column == ID or library.database == "sqlite"):  # CHAR pads: Python tells them apart
            assert (len(was.selects), len(now.selects)) == (4, 3 if name == "scalars" else 2)  # one is not in Bonn


def rewritten(app: str, models: str, column: str, checkout: Callable[[dict[str, str]], Path]) -> str:
    """The text of the app after the codemod."""
    root = checkout({"app.py": app, "models.py": models})
    named = f"users.{column}"
    repeat = Repeat(named, ("users",), (named,), 50, statement=f"SELECT * FROM users WHERE {named} = ?")
    reached = (Reached("app.py", "look_up", 0, "the entry"),)
    (found,) = sqlalchemy_batch_get.find(Index(root), Sighting("n_plus_one_db", (repeat,), reached))
    assert isinstance(found, Proposal), found
    assert found.tier == "C"  # `keys` can be a generator
    return found.texts["app.py"]
