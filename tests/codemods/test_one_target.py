"""Relationships that have one target for all rows of a query are not loaded beside what repeats."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codemods import sqlalchemy_eager_load
from codemods._sqlalchemy_cases import MODELS, TAGS
from codemods.api import Proposal, Reached, Sighting
from codemods.index import Index

TEXT = """\
from sqlalchemy import or_
from sqlalchemy.orm import joinedload, selectinload

from models import Post


def view(session, author):
    posts = {query}
    return [(post.author.email, post.tags) for post in posts]
"""
BOTH = ".options(selectinload(Post.tags), joinedload(Post.author))"
TAGS_ONLY = ".options(selectinload(Post.tags))"

STEPS = [
    pytest.param(".filter_by(author=author)", TAGS_ONLY, id="the relationship"),
    pytest.param(".filter_by(title='a', author_id=author.id)", TAGS_ONLY, id="its key"),
    pytest.param(".filter(Post.author == author)", TAGS_ONLY, id="an expression of the relationship"),
    pytest.param(".filter(Post.title, Post.author_id == 1)", TAGS_ONLY, id="an expression of its key"),
    pytest.param(".with_parent(author)", TAGS_ONLY, id="the rows of an object that is called like it"),
    pytest.param(
        ".with_parent(session.writer)", BOTH.replace("joinedload", "selectinload"), id="the rows of another object"
    ),
    pytest.param(".filter(Post.author != author)", BOTH, id="all but one"),
    pytest.param(".filter(Post.author_id < 3)", BOTH, id="some"),
    pytest.param(".filter(or_(Post.author_id == 1, Post.title == 'a'))", BOTH, id="one or others"),
    pytest.param(".filter_by(title='a')", BOTH, id="something else"),
]


def after(checkout: Callable[[dict[str, str]], Path], text: str, models: str = MODELS) -> str:
    index = Index(checkout({"app.py": text, "models.py": models}))
    reached = (Reached("app.py", "view", 0, "the entry"),)
    (answer,) = sqlalchemy_eager_load.find(index, Sighting("n_plus_one_db", (TAGS,), reached))
    assert isinstance(answer, Proposal), answer
    return answer.texts["app.py"]


@pytest.mark.parametrize(("steps", "options"), STEPS)
def test_what_a_query_asks_for(steps: str, options: str, checkout: Callable[[dict[str, str]], Path]) -> None:
    query = "(session.query(Post){}\n        " + steps + ".order_by(Post.id))"
    text = TEXT.format(query=query.format(""))
    assert after(checkout, text) == TEXT.format(query=query.format(f"\n        {options}"))


def test_what_it_asks_for_under_a_condition(checkout: Callable[[dict[str, str]], Path]) -> None:
    query = "session.query(Post){}.order_by(Post.id)\n    if author:\n        posts = posts.filter_by(author=author)"
    text = TEXT.format(query=query.format(""))
    assert after(checkout, text) == TEXT.format(query=query.format(BOTH))


@pytest.mark.parametrize(("owner", "both"), [("author", False), ("writer", True)])
def test_rows_of_a_dynamic_relationship(owner: str, both: bool, checkout: Callable[[dict[str, str]], Path]) -> None:
    models = MODELS.replace(
        "    email: Mapped[str]", '    posts = relationship("Post", lazy="dynamic")\n    email: Mapped[str]'
    )
    query = owner + ".posts{}.order_by(Post.id).filter(Post.title)"
    text = TEXT.format(query=query.format(""))
    assert after(checkout, text, models) == TEXT.format(query=query.format(BOTH if both else TAGS_ONLY))


@pytest.mark.parametrize(
    ("given", "options"),
    [
        pytest.param("Post.author == author", TAGS_ONLY, id="asked for one"),
        pytest.param("author_id=1", TAGS_ONLY, id="asked for one by its key"),
        pytest.param("Post.title == 'a'", BOTH, id="asked for something else"),
        pytest.param("_eager=Post.author", TAGS_ONLY, id="told to load it"),
        pytest.param("eager=(Post.author, x)", TAGS_ONLY, id="among others"),
        pytest.param("eager=make(x).tags", BOTH, id="no path"),
        pytest.param("join=Post.author", BOTH, id="a join"),
        pytest.param("**more", BOTH, id="not known"),
    ],
)
def test_what_the_maker_of_a_query_is_told(
    given: str, options: str, checkout: Callable[[dict[str, str]], Path]
) -> None:
    query = f"(Post.find({given}){{}}\n        .order_by(Post.id).all())"
    text = TEXT.format(query=query.format(""))
    assert after(checkout, text) == TEXT.format(query=query.format(f"\n        {options}"))
