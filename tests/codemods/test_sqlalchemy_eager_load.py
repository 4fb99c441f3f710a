"""What the cases of the codemod do not show: the whole proposal with its reasons and notes."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from codemods import _sqlalchemy_places, sqlalchemy_eager_load
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


def test_a_path_of_two_hops_tells_both_ways_in(checkout: Callable[[dict[str, str]], Path]) -> None:
    text = """\
from sqlalchemy.orm import selectinload

from models import Comment as C, Post


def view(session):
    return [[c.writer for c in p.comments] for p in session.query(Post).order_by(Post.id)]
"""
    index = Index(checkout({"app.py": text, "models.py": MODELS}))
    assert find(index, AUTHOR, COMMENTS) == [
        Proposal(
            codemod="sqlalchemy-eager-load",
            tier="B",
            path="app.py",
            qualname="view",
            line=7,
            query="session.query(Post)",
            loads=(
                Load(
                    "Post.comments", "selectinload",
                    "a collection: one separate SELECT leaves the primary statement alone", COMMENTS, 1,
                ),
                Load(
                    "Post.comments.writer", "selectinload",
                    "one separate SELECT per hop leaves the statements before it alone", AUTHOR, 1,
                ),
            ),
            texts={
                "app.py": text.replace(
                    "query(Post)", "query(Post).options(selectinload(Post.comments).selectinload(C.writer))"
                )
            },
            located_by=(
                "0 calls away",
                f"`{COMMENTS.statement}` is the lazy load of Post.comments",
                f"`{AUTHOR.statement}` is the lazy load of Post.comments.writer",
                "`session.query(Post)` in app.py:view returns the rows that own Post.comments, Post.comments.writer",
            ),
        )
    ]  # fmt: skip


def proposed(checkout: Callable[[dict[str, str]], Path], models: str, app: str, *repeats: Repeat) -> str:
    (proposal,) = find(Index(checkout({"app.py": app, "models.py": models})), *repeats)
    assert isinstance(proposal, Proposal)
    return proposal.texts["app.py"]


def test_joins_follow_each_other(checkout: Callable[[dict[str, str]], Path]) -> None:
    text = """\
from models import Comment, Post


def view(session):
    return [c.post.author for c in session.query(Comment).order_by(Comment.id)]
"""
    (proposal,) = find(Index(checkout({"app.py": text, "models.py": MODELS})), AUTHOR)
    assert isinstance(proposal, Proposal)
    assert proposal.loads == (
        Load("Comment.post.author", "joinedload", "to-one: a join there changes no row and no order", AUTHOR, 0),
    )


def test_a_lazy_raise_that_the_query_lifts_is_no_hindrance_on_the_way(
    checkout: Callable[[dict[str, str]], Path],
) -> None:
    models = MODELS.replace('"Post", back_populates="comments")', '"Post", back_populates="comments", lazy="raise")')
    text = """\
from sqlalchemy.orm import joinedload

from models import Comment, Post


def view(session):
    return [c.post.author for c in session.query(Comment).options(joinedload(Comment.post)).order_by(Comment.id)]
"""
    added = text.replace(
        "joinedload(Comment.post)", "joinedload(Comment.post), joinedload(Comment.post).joinedload(Post.author)"
    )
    assert proposed(checkout, models, text, AUTHOR) == added
    (no,) = find(
        Index(checkout({"app.py": text.replace(".options(joinedload(Comment.post))", ""), "models.py": models})), AUTHOR
    )
    assert no == No(
        "R-RAISE", "Comment.post is declared lazy='raise'", (AUTHOR,), path="app.py", qualname="view"
    )  # fmt: skip


def test_a_relationship_of_a_mixin_is_named_by_the_model_that_has_it(
    checkout: Callable[[dict[str, str]], Path],
) -> None:
    models = """\
class Author(Base):
    __tablename__ = "authors"
    id = Column(Integer, primary_key=True)

class Written:
    author_id = Column(ForeignKey("authors.id"))

    @declared_attr
    def author(cls): return relationship("Author")

class Post(Written, Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)

class Comment(Base):
    __tablename__ = "comments"
    id = Column(Integer, primary_key=True)
    post_id = Column(ForeignKey("posts.id"))
    post = relationship("Post")
"""
    text = """\
from sqlalchemy.orm import joinedload

from models import Comment, Post, Written


def view(session):
    return [c.post.author for c in session.query(Comment).order_by(Comment.id)]
"""
    assert proposed(checkout, models, text, AUTHOR) == text.replace(
        "query(Comment)", "query(Comment).options(joinedload(Comment.post).joinedload(Post.author))"
    )


def test_two_queries_of_one_function_are_told_apart_by_their_lines(checkout: Callable[[dict[str, str]], Path]) -> None:
    text = """\
from models import Post


def view(session):
    new = session.query(Post).order_by(Post.id).all()
    return show(new, session.query(Post).order_by(Post.title).all())
"""
    candidates = ("Post.author in app.py:view (line 5)", "Post.author in app.py:view (line 6)")
    assert find(Index(checkout({"app.py": text, "models.py": MODELS})), AUTHOR) == [
        No("R-AMBIGUOUS", f"{candidates[0]} and {candidates[1]} fit equally well", (AUTHOR,), candidates)
    ]


def test_two_queries_of_two_functions_need_no_lines(checkout: Callable[[dict[str, str]], Path]) -> None:
    text = """\
from models import Post


def view(session):
    return new(session), old(session)


def new(session):
    return [p.author for p in session.query(Post).order_by(Post.id)]


def old(session):
    return [p.author for p in session.query(Post).order_by(Post.title)]
"""
    candidates = ("Post.author in app.py:new", "Post.author in app.py:old")
    assert find(Index(checkout({"app.py": text, "models.py": MODELS})), AUTHOR) == [
        No("R-AMBIGUOUS", f"{candidates[0]} and {candidates[1]} fit equally well", (AUTHOR,), candidates)
    ]


def test_rows_that_hold_rows_of_their_own_kind(checkout: Callable[[dict[str, str]], Path]) -> None:
    """No option is as deep as a tree."""
    models = """\
class Node(Base):
    __tablename__ = "nodes"
    id = Column(Integer, primary_key=True)
    parent_id = Column(ForeignKey("nodes.id"))
    children = relationship("Node")
"""
    text = """\
from models import Node


def view(session):
    return [tree(node) for node in session.query(Node)]


def tree(node):
    return [tree(child) for child in node.children]
"""
    repeat = Repeat("nodes", ("nodes",), ("nodes.parent_id",), 50, "parameter_equals_column", "SELECT nodes")
    (no,) = find(Index(checkout({"app.py": text, "models.py": models})), repeat)
    assert no == No(
        "R-UNRESOLVED",
        "Node.children is read on its own rows again, as deep as the data go",
        (repeat,),
        path="app.py",
        qualname="view",
    )


@pytest.mark.parametrize(
    ("most", "options"),
    [
        pytest.param(1, "joinedload(Post.author), selectinload(Post.comments)", id="its rows are followed"),
        pytest.param(0, "joinedload(Post.author)", id="too many queries: names alone tell the one of the trace"),
    ],
)
def test_the_rows_of_the_nearest_queries_are_followed(
    most: int, options: str, checkout: Callable[[dict[str, str]], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = """\
from models import Post


def view(session):
    rows = session.query(Post).order_by(Post.id)
    return [shown(row) for row in rows]


def shown(one):
    return one.author.email, [comment.id for comment in one.comments]
"""
    monkeypatch.setattr(_sqlalchemy_places, "MOST_FOLLOWED", most)
    (answer,) = find(Index(checkout({"app.py": text, "models.py": MODELS})), AUTHOR)
    assert isinstance(answer, Proposal)
    names = ", ".join(sorted({option.partition("(")[0] for option in options.split(", ")}))
    imported = text.replace("from models", f"from sqlalchemy.orm import {names}\n\nfrom models")
    assert answer.texts == {"app.py": imported.replace("query(Post)", f"query(Post).options({options})")}


TWO = """\
from models import Post


def view(session):
    return show(new(session)), show(old(session))


def new(session):
    return session.query(Post){join}.order_by(Post.id).all()


def old(session):
    return session.query(Post){select}.order_by(Post.title).all()


def show(posts):
    return [post.author.email for post in posts]
"""


def two(checkout: Callable[[dict[str, str]], Path], text: str, readers: tuple[str, ...]) -> list[Answer]:
    """The answers for the entry `view` when the evidence names the readers."""
    index = Index(checkout({"app.py": text, "models.py": MODELS}))
    hops = index.calls.reach([("app.py", "view")], 6)
    reached = tuple(Reached(*key, hop.distance, "called") for key, hop in hops.items())
    named = frozenset(("app.py", name) for name in readers)
    return sqlalchemy_eager_load.find(index, Sighting("n_plus_one_db", (AUTHOR,), reached, named, "reader"))


def test_two_queries_whose_rows_come_to_the_reader_are_one_patch(checkout: Callable[[dict[str, str]], Path]) -> None:
    (answer,) = two(checkout, TWO.format(join="", select=""), ("show",))
    assert isinstance(answer, Proposal)
    after = TWO.format(join=".options(joinedload(Post.author))", select=".options(selectinload(Post.author))")
    assert answer.texts == {"app.py": "from sqlalchemy.orm import joinedload, selectinload\n\n" + after}
    assert [(load.path, load.strategy, load.statements_after) for load in answer.loads] == [
        ("Post.author", "joinedload", 0),
        ("Post.author", "selectinload", 1),
    ]
    assert answer.notes == ("their rows are read by the same code, and load it as well: app.py:old",)


def test_of_two_queries_the_one_that_loads_it_is_left_alone(checkout: Callable[[dict[str, str]], Path]) -> None:
    before = TWO.format(join=".options(joinedload(Post.author))", select="")
    (answer,) = two(checkout, f"from sqlalchemy.orm import joinedload\n\n{before}", ("show",))
    assert isinstance(answer, Proposal)
    after = TWO.format(join=".options(joinedload(Post.author))", select=".options(selectinload(Post.author))")
    assert answer.texts == {"app.py": f"from sqlalchemy.orm import joinedload, selectinload\n\n{after}"}
    assert answer.notes == ()
