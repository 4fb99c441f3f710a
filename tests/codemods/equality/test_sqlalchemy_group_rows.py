"""Rows listed by key in a loop, before and after: equal lists, errors and writes on real databases."""

from collections.abc import Callable
from pathlib import Path

import pytest
from guards.conftest import children, library, postgres  # noqa: F401
from guards.libraries import Library, libraries

from codemods import sqlalchemy_group_rows
from codemods.api import Proposal, Reached, Repeat, Sighting
from codemods.index import Index

pytestmark = pytest.mark.slow
MODELS = """\
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)


class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    city = Column(String)
    user_id = Column(ForeignKey("users.id"))
    user = relationship("User")
    lines = relationship("Line", lazy="joined")


class Line(Base):
    __tablename__ = "lines"
    id = Column(Integer, primary_key=True)
    order_id = Column(ForeignKey("orders.id"))
"""
APP = """\
from sqlalchemy import select

from models import Order, User


def orders_of(db, user_id):
    return db.query(Order).filter(Order.user_id == user_id).order_by(Order.city, Order.id).all()


def turned(db, user_id):
    found = db.query(Order).filter(Order.user_id == user_id).order_by(Order.city, Order.id).all()
    found.reverse()
    return found


def turned_of(db, user):
    found = db.query(Order).filter(Order.user_id == user.id).order_by(Order.city, Order.id).all()
    found.reverse()
    return found


def look_up(session, keys, out):
    for key in {rows}:
        orders = {lookup}
        out.append([repr(getattr(key, "id", key)), [(order.id, order.city, len(order.lines)) for order in orders]])
{more}

def view(session):
    every = []
    for keys in ({keys},):
        every.append([])
        try:
            look_up(session, keys, every[-1])
        except Exception as raised:
            every[-1].append(type(raised).__name__)
            session.rollback()
    session.flush()
    return every, session.execute(select(Order.id, Order.city).order_by(Order.id)).all().__repr__()
"""
USERS = "session.query(User).order_by(User.id.desc())"
BY_KEY = "session.query(Order).filter_by(user_id=key).order_by(Order.city, Order.id).all()"
SELECTED = "session.scalars(select(Order).where(Order.user == key, Order.city != '').order_by(Order.id)).unique().all()"
LOOKUPS = {
    "keys": (BY_KEY, "keys", ""),
    "rows": (SELECTED, USERS, ""),
    "rows' keys": (BY_KEY.replace("=key", "=key.id"), f"{USERS}.all()", ""),
    "helper": ("orders_of(session, key)", "keys", ""),
    "lent": ("turned(session, key)", "keys", ""),
    "lent by rows": ("turned_of(session, key)", USERS, ""),
    "city": ("session.query(Order).filter(Order.city == key).order_by(Order.id).all()", "keys", ""),
    "lists of their own": (BY_KEY, "keys", "        orders.append(None)\n        orders.sort(key=id)\n"),
    "writes": (SELECTED, USERS, "        for order in orders:\n            order.city += '!'\n"),
}
KEYS = {
    "none": "[]",
    "known": "[1, 2, 3]",
    "repeated": "[2, 1, 2, 1]",
    "missing": "[1, 99, 2]",
    "null": "[1, None, 2]",
    "many": "[n % 4 + 1 for n in range(20)]",
    "portions": "[n % 501 for n in range(502)]",
    "failing": "(1 // n for n in (1, 0, 2))",
}
CITIES = {"none": "[]", "known": "['Bonn', '']", "null": "['Bonn', None]", "spaces": "['Bonn ', ' Bonn', 'bonn']"}
ROWS = {
    "users": [{"id": n, "name": str(n)} for n in range(1, 5)],
    "orders": [
        {"id": n, "city": "Bonn" if n % 2 else "", "user_id": user}
        for n, user in enumerate([1, 3, 1, None, 3, 3, 1, None, 4], 1)
    ],
    "lines": [{"id": n, "order_id": n % 4 + 1} for n in range(1, 9)],
}


@pytest.mark.parametrize("name", LOOKUPS)
@pytest.mark.parametrize("library", libraries("sqlalchemy")[::5], indirect=True, ids="-".join)
def test_equal(name: str, library: Library, checkout: Callable[[dict[str, str]], Path]) -> None:  # noqa: F811
    lookup, rows, more = LOOKUPS[name]
    keys = {"rows": "None"} if rows != "keys" else CITIES if name == "city" else dict(KEYS)
    if (name, library.database, library.version) != ("keys", "sqlite", "1.4"):
        keys.pop("portions", None)
    before = APP.format(lookup=lookup, rows=rows, keys=", ".join(keys.values()), more=more)
    after = rewritten(before, "city" if name == "city" else "user_id", checkout)
    was, now = library.run(MODELS, before, ROWS), library.run(MODELS, after, ROWS)
    assert (now.error, set(now.writes)) == (was.error, set(was.writes))  # flushed together
    assert now.value[1] == was.value[1]
    for case, expected, found in zip(keys, was.value[0], now.value[0], strict=True):
        if case == "failing":
            assert found == expected[-1:]  # the error comes before the rounds
        else:
            assert found == expected, case
    if rows != "keys":
        assert (len(was.selects), len(now.selects)) == (6, 3)  # the last is the one of `view`
    elif name != "city" and "portions" not in keys:
        assert len(now.selects) < len(was.selects) * 2 / 3


def rewritten(app: str, column: str, checkout: Callable[[dict[str, str]], Path]) -> str:
    """The text of the app after the codemod."""
    root = checkout({"app.py": app, "models.py": MODELS})
    named = f"orders.{column}"
    repeat = Repeat(named, ("orders",), (named,), 50, statement=f"SELECT * FROM orders WHERE {named} = ?")
    reached = (Reached("app.py", "look_up", 0, "the entry"),)
    (found,) = sqlalchemy_group_rows.find(Index(root), Sighting("n_plus_one_db", (repeat,), reached))
    assert isinstance(found, Proposal), found
    return found.texts["app.py"]
