"""From attribute paths to the relationships that reading them loads; "?" marks what is loaded for some rows only."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.index import Index
from codemods.index.follow import Chains, Follow
from codemods.index.models import Model
from codemods.index.rowflow import RowFlow

Checkout = Callable[[dict[str, str]], Path]
MODELS = """\
class Team(Base):
    __tablename__ = "teams"
    id = Column(Integer, primary_key=True)
    lead_id = Column(ForeignKey("authors.id"))
    lead = relationship("Author", foreign_keys=[lead_id])


class Author(Base):
    __tablename__ = "authors"
    id = Column(Integer, primary_key=True)
    team_id = Column(ForeignKey("teams.id"))
    team = relationship("Team", foreign_keys=[team_id])
    posts = relationship("Post", back_populates="author")


class Named(Base):
    __abstract__ = True
    def heading(self): return self.author.team


class Post(Named):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    author_id = Column(ForeignKey("authors.id"))
    author = relationship("Author", back_populates="posts")
    comments = relationship("Comment", back_populates="post")
    writers = association_proxy("comments", "writer")
    odd = association_proxy(NAME)
    persons = association_proxy("comments", "person")
    title = deferred(Column(String))

    @property
    def label(self): return self.author.team.id if self.title else ""

    @hybrid_property
    def people(self): return [c.writer for c in self.comments if c.shown]

    @property
    def one(self): return self.two

    @property
    def two(self): return self.one or self.author

    def me(self): return self

    def by(self, name): return self.author.posts


class Comment(Base):
    __tablename__ = "comments"
    id = Column(Integer, primary_key=True)
    post_id = Column(ForeignKey("posts.id"))
    writer_id = Column(ForeignKey("authors.id"))
    post = relationship("Post", back_populates="comments")
    writer = relationship("Author")

    @property
    def person(self): return self.writer if self.shown else self.id
"""

PATHS = [
    pytest.param("author", {"author"}, id="a relationship"),
    pytest.param("author.team.id", {"author", "author.team"}, id="two"),
    pytest.param("title", set(), id="a column"),
    pytest.param("gone.author", set(), id="nothing that the model has"),
    pytest.param("comments.filter().writer", {"comments", "comments.writer"}, id="the same rows by a method"),
    pytest.param("comments.items.writer", {"comments", "comments.writer"}, id="a page of them"),
    pytest.param("comments.count().writer", {"comments"}, id="a method that hands out something else"),
    pytest.param("comments.post", {"comments"}, id="back where it came from"),
    pytest.param("comments.post.author", {"comments", "author"}, id="on from there"),
    pytest.param("label", {"author?", "author.team?"}, id="a property that reads under a condition"),
    pytest.param("heading().lead", {"author", "author.team", "author.team.lead"}, id="an inherited method"),
    pytest.param("people.team", {"comments", "comments.writer?", "comments.writer.team"}, id="a hybrid property"),
    pytest.param("writers.team", {"comments", "comments.writer", "comments.writer.team"}, id="an association proxy"),
    pytest.param("persons", {"comments", "comments.writer?"}, id="a proxy of what is read under a condition"),
    pytest.param("odd", set(), id="an association proxy of a name"),
    pytest.param("one.team", {"author?"}, id="properties that read each other, the first of two values"),
    pytest.param("me().author", set(), id="a method that returns the row is not followed"),
    pytest.param("by().comments", {"author", "author.posts", "author.posts.comments"}, id="a method with an argument"),
    pytest.param(
        "author.team.lead.team.lead",
        {"author", "author.team", "author.team.lead", "author.team.lead.team"},
        id="not for ever",
    ),
]


def follow(root: Path) -> tuple[Follow, Model]:
    index = Index(root)
    model = index.models.get("models.py", "Post", "")
    assert model is not None
    return Follow(index.calls, RowFlow(index.calls, index.definitions)), model


def names(chains: Chains) -> set[str]:
    return {
        ".".join(hop.relationship.name for hop in chain) + "?" * (() not in contexts)
        for chain, contexts in chains.items()
    }


@pytest.mark.parametrize(("path", "expected"), PATHS)
def test_what_a_path_loads(path: str, expected: set[str], checkout: Checkout) -> None:
    follower, model = follow(checkout({"models.py": MODELS}))
    assert names(follower.chains(model, {tuple(path.split(".")): {()}})) == expected


def test_contexts_of_all_paths_are_kept(checkout: Checkout) -> None:
    follower, model = follow(checkout({"models.py": MODELS}))
    found = follower.chains(model, {("author",): {("if",)}, ("label",): {(), ("if",)}})
    assert {contexts for chain, contexts in ((len(c), frozenset(x)) for c, x in found.items()) if chain == 1} == {
        frozenset({("if",), ("label",), ("if", "label")})
    }


def test_members_that_read_members_come_to_an_end(checkout: Checkout) -> None:
    steps = "".join(f"    def a{n}(self): return self.a{n + 1}()\n" for n in range(9))
    models = MODELS + f"\nclass Long(Post):\n{steps}    def a9(self): return self.author\n"
    index = Index(checkout({"models.py": models}))
    model = index.models.get("models.py", "Long", "")
    assert model is not None
    chains = Follow(index.calls, RowFlow(index.calls, index.definitions)).chains
    assert names(chains(model, {("a0()",): {()}})) == set()
    assert names(chains(model, {("a6()",): {()}})) == {"author"}
