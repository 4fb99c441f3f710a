"""Rows that a loop sends on a cursor, before and after: equal rows and errors with sqlite3 and psycopg2."""

from pathlib import Path

import pytest
from guards.conftest import children, library, postgres  # noqa: F401
from guards.libraries import Library, libraries
from guards.rewritten import rewritten

from codemods.api import Proposal, Repeat

pytestmark = pytest.mark.slow
MODELS = """\
from sqlalchemy import Column, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Item(Base):
    __tablename__ = "item"
    a = Column(Integer, primary_key=True, autoincrement=False)
    b = Column(String(20))
"""
APP = """\
import {driver}

DATA = [
    [],
    [(1, "a"), (2, "ß"), (3, None), (4, "it's; --"), (5, "%s ? %(a)s"), (6, ""), (7, 7)],
    [(n, str(n)) for n in range(1, 2502)],
    [(1, "a"), (2, "b"), (1, "c"), (3, "d")],  # a duplicate midway
    [(1, "a"), (0, "b"), (2, "c")],  # a duplicate of a row that is there
    [(1, "a"), (2, object()), (3, "c")],  # a value that the driver refuses midway
    [(1, "a"), (2,), (3, "c")],  # an error of the loop midway
]


def send(cursor, pairs):
    for a, b in pairs:
        {send}


def view(session):
    cursor = session.connection().connection.cursor()
    outcomes = []
    for pairs in DATA:
        error = None
        cursor.execute("SAVEPOINT one")
        try:
            send(cursor, pairs)
        except Exception as raised:
            error = type(raised).__name__
            {undo}
        cursor.execute("SELECT a, b FROM item ORDER BY a")
        outcomes.append([error, [list(row) for row in cursor.fetchall()]])
        cursor.execute("ROLLBACK TO SAVEPOINT one")
    return outcomes
"""
UNDO = 'cursor.execute("ROLLBACK TO SAVEPOINT one")'
INSERT = Repeat("insert", ("item",), (), 50, "write", "INSERT INTO item (a, b) VALUES (?, ?)")
UPDATE = Repeat("update", ("item",), ("item.a",), 50, "write", "UPDATE item SET b = ? WHERE a = ?")
SENDS = {
    "insert": ("INSERT INTO item (a, b) VALUES (%s, %s)", "(a, b)", INSERT),
    "insert with a function": ("INSERT INTO item (a, b) VALUES (%s, lower(%s))", "(a, b)", INSERT),
    "upsert": ("INSERT INTO item (a, b) VALUES (%s, %s) ON CONFLICT (a) DO UPDATE SET b = 'x'", "(a, b)", INSERT),
    "ignore": ("INSERT INTO item (a, b) VALUES (%s, %s) ON CONFLICT DO NOTHING", "[a, b]", INSERT),
    "update": ("UPDATE item SET b = %s WHERE a = %s", "(b, a)", UPDATE),
}
EACH = pytest.mark.parametrize("library", libraries("sqlalchemy")[2:4], indirect=True, ids=" ".join)


@EACH
@pytest.mark.parametrize("send", SENDS.values(), ids=SENDS)
def test_same_rows_and_errors(library: Library, send: tuple[str, str, Repeat], tmp_path: Path) -> None:  # noqa: F811
    sql, values, repeat = send
    driver, undo = ("psycopg2", UNDO) if library.database == "postgresql" else ("sqlite3", "pass")
    sql = sql if driver == "psycopg2" else sql.replace("%s", "?")
    app = APP.format(driver=driver, undo=undo, send=f'cursor.execute("{sql}", {values})')
    proposal = rewritten(tmp_path, "executemany", {"app.py": app, "models.py": MODELS}, repeat)
    assert isinstance(proposal, Proposal)
    assert proposal.tier == "B"
    rows = {"item": [{"a": 0, "b": "old"}]}
    before, after = library.run(MODELS, app, rows), library.run(MODELS, proposal.texts["app.py"], rows)
    assert before.error is None
    if library.database == "sqlite":  # the rows before an error of the loop were sent; its transaction is undone
        assert before.value.pop()[0] == after.value.pop()[0] == "ValueError"
    assert (after.value, after.error) == (before.value, before.error)
