"""One value for all rows of a query, before and after: equal rows in the database and the session; one UPDATE."""

from pathlib import Path

import pytest
from guards.conftest import children, library, postgres  # noqa: F401
from guards.libraries import Library, outermost
from guards.rewritten import rewritten

from codemods.api import Proposal, Repeat

pytestmark = pytest.mark.slow
MODELS = """\
from sqlalchemy import Boolean, CheckConstraint, Column, Integer, String
from sqlalchemy.orm import declarative_base, validates

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    size = Column(Integer, CheckConstraint("size < 50"))
    seen = Column(Integer, default=0)
{more}"""
APP = """\
from models import User


def change(session, name, size):
    users = session.query(User).filter(User.name == name)
    for user in users:
        user.size = size


def view(session):
    held = session.query(User).filter(User.name == "a").order_by(User.id).first()
    outcomes = []
    for name, size in (("a", 5), ("nobody", 6), ("A", 8), ("b", None), ("c", 60)):
        try:
            with session.begin_nested():
                change(session, name, size)
        except Exception as raised:
            outcomes.append(type(raised).__name__)
        users = session.query(User).order_by(User.id)
        outcomes.append([[user.id, user.name, user.size, user.seen] for user in users])
        outcomes.append(held.size)
    return outcomes
"""
VALIDATOR = """
    @validates("size")
    def doubled(self, key, value):
        return value and value * 2
"""
ROWS = {"users": [{"id": n, "name": "abc"[n % 3], "size": n, "seen": 0} for n in range(1, 31)]}
UPDATE = Repeat("update", ("users",), ("users.id",), 50, "write", "UPDATE users SET size = ? WHERE users.id = ?")
EACH = pytest.mark.parametrize("library", outermost("sqlalchemy"), indirect=True, ids=" ".join)


def edited(root: Path, models: str) -> Proposal:
    answer = rewritten(root, "sqlalchemy-bulk-update", {"app.py": APP, "models.py": models}, UPDATE)
    assert isinstance(answer, Proposal)
    return answer


@EACH
def test_same_rows_and_errors(library: Library, tmp_path: Path) -> None:  # noqa: F811
    models = MODELS.format(more="")
    proposal = edited(tmp_path, models)
    assert proposal.tier == "B"
    before, after = library.run(models, APP, ROWS), library.run(models, proposal.texts["app.py"], ROWS)
    assert before.error is None
    assert "IntegrityError" in before.value
    assert (after.value, after.error) == (before.value, before.error)
    assert len([write for write in after.writes if write.startswith("UPDATE")]) == 5


@EACH
def test_the_notes_of_a_draft_are_true(library: Library, tmp_path: Path) -> None:  # noqa: F811
    models = MODELS.replace("default=0", "default=0, onupdate=7").format(more=VALIDATOR)
    proposal = edited(tmp_path, models)
    assert (proposal.tier, proposal.notes) == (
        "C",
        (
            "rows that the session holds may keep their old `seen`, which has a new value at each UPDATE",
            "the validator `doubled` (models.py:15) is not called for each row",
        ),
    )
    before, after = library.run(models, APP, ROWS), library.run(models, proposal.texts["app.py"], ROWS)
    assert (before.value[1], after.value[1]) == (10, 5)
    held = {row[0]: row[3] for row in after.value[0]}[3]
    assert held == (0 if library.version == "1.4" else 7)
