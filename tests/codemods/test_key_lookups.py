"""Lookups by key where the evidence itself names the function that looks up."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codemods import sqlalchemy_batch_get
from codemods._sqlalchemy_batch_get_cases import MODELS, USER
from codemods.api import No, Proposal, Reached, Sighting
from codemods.index import Index

TEXT = """\
from models import User


def one(session, ids):
    for id in ids:
        print(session.get(User, id))


def view(session, ids):
    for id in ids:
        print(session.get(User, id))
    one(session, ids)
"""
REACHED = (Reached("app.py", "view", 0, "the entry"), Reached("app.py", "one", 1, "a call"))


@pytest.mark.parametrize("reader", ["view", "one"])
def test_the_reader_of_the_evidence_comes_first(reader: str, checkout: Callable[[dict[str, str]], Path]) -> None:
    index = Index(checkout({"app.py": TEXT, "models.py": MODELS}))
    readers = frozenset({("app.py", reader)})
    (answer,) = sqlalchemy_batch_get.find(index, Sighting("n_plus_one_db", (USER,), REACHED, readers))
    assert isinstance(answer, Proposal), answer
    assert answer.qualname == reader


@pytest.mark.parametrize("readers", [frozenset(), frozenset({("app.py", "other")})])
def test_without_a_reader_that_looks_up_both_could_be_meant(
    readers: frozenset[tuple[str, str]], checkout: Callable[[dict[str, str]], Path]
) -> None:
    index = Index(checkout({"app.py": TEXT, "models.py": MODELS}))
    (answer,) = sqlalchemy_batch_get.find(index, Sighting("n_plus_one_db", (USER,), REACHED, readers))
    assert isinstance(answer, No), answer
    assert answer.code == "R-AMBIGUOUS"


@pytest.mark.parametrize(("reader", "code"), [("view", "R-COND"), ("one", None)])
def test_only_a_loop_that_the_evidence_names_may_end_early(
    reader: str, code: str | None, checkout: Callable[[dict[str, str]], Path]
) -> None:
    text = TEXT.replace("        print(session.get(User, id))\n    one", "        print(id)\n    one").replace(
        "        print(session.get(User, id))\n", "        print(session.get(User, id))\n        break\n"
    )
    index = Index(checkout({"app.py": text, "models.py": MODELS}))
    readers = frozenset({("app.py", reader)})
    (answer,) = sqlalchemy_batch_get.find(index, Sighting("n_plus_one_db", (USER,), REACHED, readers))
    assert getattr(answer, "code", None) == code, answer
