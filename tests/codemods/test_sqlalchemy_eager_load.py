"""What the cases of the codemod do not show: the whole proposal with its reasons and notes."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from codemods import sqlalchemy_eager_load
from codemods._sqlalchemy_cases import AUTHOR, COMMENTS, MODELS
from codemods.api import Answer, Load, No, Proposal, Reached, Repeat, Sighting
from codemods.index import Index

BEFORE = """\
from sqlalchemy.orm import joinedload

from models import Post


def page(session):
    return [post.author.email for post in session.query(Post).order_by(Post.id)]


def view(session):
    return page(session)


def feed(session):
    return page(session)
"""
AFTER = BEFORE.replace("query(Post)", "query(Post).options(joinedload(Post.author))")


def find(index: Index, *repeats: Repeat, entry: str = "view") -> list[Answer]:
    hops = index.calls.reach([("app.py", entry)], 6)
    reached = tuple(Reached(*key, hop.distance, f"{hop.distance} calls away") for key, hop in hops.items())
    return sqlalchemy_eager_load.find(index, Sighting("n_plus_one_db", repeats, reached))


def test_a_query_of_many_callers_says_who_else_pays(checkout: Callable[[dict[str, str]], Path]) -> None:
    index = Index(checkout({"app.py": BEFORE, "models.py": MODELS}))
    assert find(index, AUTHOR) == [
        Proposal(
            codemod="sqlalchemy-eager-load",
            tier="B",
            path="app.py",
            qualname="page",
            line=7,
            query="session.query(Post)",
            loads=(
                Load(
                    "Post.author", "joinedload",
                    "to-one, ordered by the unique Post.id: a join changes no row and no order", AUTHOR, 0,
                ),
            ),
            texts={"app.py": AFTER},
            located_by=(
                "1 calls away",
                f"`{AUTHOR.statement}` is the lazy load of Post.author",
                "`session.query(Post)` in app.py:page returns the rows that own Post.author",
            ),
            notes=(
                "this query has 2 callers, and all of them load the relationship now: "
                "`view` in app.py, `feed` in app.py",
            ),
        )
    ]  # fmt: skip


def test_an_edit_can_be_read_before_it_is_written(checkout: Callable[[dict[str, str]], Path]) -> None:
    index = Index(checkout({"app.py": BEFORE, "models.py": MODELS}))
    edited = index.edited({"app.py": AFTER})
    assert [(type(a), a.done) for a in find(edited, AUTHOR) if isinstance(a, No)] == [(No, True)]
    assert edited.edited({"models.py": ""}).tree.source("app.py") == AFTER
    assert index.tree.source("app.py") == BEFORE


def test_every_repeat_is_in_exactly_one_answer(checkout: Callable[[dict[str, str]], Path]) -> None:
    index = Index(checkout({"app.py": BEFORE, "models.py": MODELS}))
    other = replace(AUTHOR, fingerprint="other", tables=("invoices",), columns=("invoices.id",))
    answers = find(index, AUTHOR, COMMENTS, other)
    repeats = [
        [r.fingerprint for r in a.repeats] if isinstance(a, No) else [load.repeat.fingerprint for load in a.loads]
        for a in answers
    ]
    assert sorted(repeats) == [["author"], ["comments"], ["other"]]  # nothing is seen to read `.comments`


def test_a_query_of_something_else_is_left_alone(checkout: Callable[[dict[str, str]], Path]) -> None:
    text = "from models import Tag\n\n\ndef view(session):\n    return [tag.author for tag in session.query(Tag)]\n"
    index = Index(checkout({"app.py": text, "models.py": MODELS}))
    assert find(index, AUTHOR) == [
        No(
            "R-UNRESOLVED",
            "no query on the way from the entry returns rows that own Comment.checker, Comment.writer, Post.author",
            (AUTHOR,),
        )
    ]
