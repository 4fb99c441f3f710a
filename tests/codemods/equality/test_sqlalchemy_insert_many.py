"""Rows that a loop inserts, before and after: equal rows and errors on SQLite and PostgreSQL."""

from pathlib import Path

import pytest
from guards.conftest import children, library, postgres  # noqa: F401
from guards.libraries import Library, libraries
from guards.rewritten import rewritten

from codemods.api import Proposal, Repeat

pytestmark = pytest.mark.slow
MODELS = """\
from sqlalchemy import Column, Integer, String, Table
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Item(Base):
    __tablename__ = "item"
    a = Column(Integer, primary_key=True, autoincrement=False)
    b = Column(String(20), server_default="none")
    c = Column(String(20), default=lambda: "made")
    d = Column(Integer)


table = Item.__table__
"""
APP = """\
from sqlalchemy import insert, select

from models import Item, table

DATA = [
    [],
    [(1, "a"), (2, "ß"), (3, None), (4, "it's; --"), (5, "%s ? %(a)s :b"), (6, "")],
    [(n, str(n)) for n in range(1, 302)],
    [(1, "a"), (2, "b"), (1, "c"), (3, "d")],  # a duplicate midway
    [(1, "a"), (None, "b"), (2, "c")],  # no key
    [(1, "a"), (2, object()), (3, "c")],  # a value that the driver refuses midway
    [(1, "a"), (2,), (3, "c")],  # an error of the loop midway
]


def send(connection, session, pairs):
    for a, b in pairs:
        {send}


def view(session):
    connection = session.connection()
    outcomes = []
    for pairs in DATA:
        error = None
        nested = connection.begin_nested()
        try:
            send(connection, session, pairs)
        except Exception as raised:
            error = type(raised).__name__
        else:
            session.flush()
            rows = session.execute(select(table.c.a, table.c.b, table.c.c, table.c.d).order_by(table.c.a)).all()
        outcomes.append([error, [] if error else [list(row) for row in rows]])
        if error:
            nested.rollback()
        session.execute(table.delete())
    return outcomes
"""
INSERT = Repeat("insert", ("item",), (), 50, "write", "INSERT INTO item (a, b) VALUES (?, ?)")
SENDS = {
    "a model on a connection": "connection.execute(insert(Item).values(a=a, b=b))",
    "a model on a session": "session.execute(insert(Item).values(a=a, b=b))",
    "the table of a model": "session.execute(insert(Item.__table__).values(a=a, b=b, d=a))",
    "some rows": 'if b != "b":\n            session.execute(Item.__table__.insert().values(a=a, b=b))',
}


@pytest.mark.parametrize("library", libraries("sqlalchemy")[::5], indirect=True, ids="-".join)
@pytest.mark.parametrize("send", SENDS.values(), ids=SENDS)
def test_same_rows_and_errors(library: Library, send: str, tmp_path: Path) -> None:  # noqa: F811
    before = APP.format(send=send)
    answer = rewritten(tmp_path, "sqlalchemy-insert-many", {"app.py": before, "models.py": MODELS}, INSERT)
    assert isinstance(answer, Proposal), answer
    was, now = library.run(MODELS, before, {}), library.run(MODELS, answer.texts["app.py"], {})
    assert (now.value, now.error) == (was.value, was.error)
    assert was.value
    assert len(now.writes) < len(was.writes)
