"""From a statement to the relationships whose lazy load it can be; the statements are those SQLAlchemy emits."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.index import Index
from codemods.index.relations import Relation, lazy_loads, paths

MODELS = """\
post_tags = Table("post_tags", Base.metadata, Column("post_id"), Column("tag_id"))

class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    email = Column(String, unique=True)
    posts = relationship("Post", back_populates="author")
    profile = relationship("Profile", uselist=False)

class Profile(Base):
    __tablename__ = "profiles"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey(User.id))
    user = relationship(User)

class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    author_id = Column(ForeignKey("users.id"))
    editor_email = Column(ForeignKey("users.email"))
    author = relationship("User", foreign_keys=[author_id])
    editor = relationship("User", foreign_keys=[editor_email])
    tags = relationship("Tag", secondary=post_tags, backref="posts")

class Video(Post):
    __tablename__ = "videos"
    id = Column(ForeignKey("posts.id"), primary_key=True)
    reviewer_id = Column(ForeignKey("users.id"))
    reviewer = relationship("User")

class Tag(Base):
    __tablename__ = "tags"
    id = Column(Integer, primary_key=True)

class Node(Base):
    __tablename__ = "nodes"
    id = Column(Integer, primary_key=True)
    parent_id = Column(ForeignKey("nodes.id"))
    parent = relationship("Node", remote_side=[id], backref="children")

class Event(Base):
    __tablename__ = "events"
    user_ref = Column(Integer)
    user = relationship("User", primaryjoin="foreign(Event.user_ref) == User.id")
    views = relationship("View", primaryjoin="foreign(View.event_ref) == Event.id")

class View(Base):
    __tablename__ = "views"
    event_ref = Column(Integer)
"""

FOUND = [
    pytest.param(
        ("users",),
        ("users.id",),
        ["Profile.user", "Post.author", "Video.reviewer", "Event.user"],
        id="many-to-one by the key",
    ),
    pytest.param(
        ("users",),
        ("users.email",),
        ["Post.editor", "Video.reviewer"],
        id="many-to-one by another unique column",
    ),
    pytest.param(("posts",), ("posts.author_id",), ["User.posts"], id="collection"),
    pytest.param(("profiles",), ("profiles.user_id",), ["User.profile"], id="one-to-one from the other side"),
    pytest.param(("tags", "post_tags"), ("post_tags.post_id",), ["Post.tags"], id="many-to-many"),
    pytest.param(("posts", "post_tags"), ("post_tags.tag_id",), ["Tag.posts"], id="many-to-many, the backref"),
    pytest.param(("nodes",), ("nodes.id",), ["Node.parent"], id="parent of a tree"),
    pytest.param(("nodes",), ("nodes.parent_id",), ["Node.children"], id="children of a tree"),
    pytest.param(("views",), ("views.id",), ["Event.views"], id="no key is declared: the usual one"),
]


@pytest.mark.parametrize(("tables", "columns", "expected"), FOUND)
def test_a_statement_names_its_relationships(
    tables: tuple[str, ...], columns: tuple[str, ...], expected: list[str], checkout: Callable[[dict[str, str]], Path]
) -> None:
    models = Index(checkout({"models.py": MODELS})).models
    assert [relation.path for relation in lazy_loads(models, tables, columns)] == expected


NOTHING = [
    pytest.param((), (), id="no table"),
    pytest.param(("users",), (), id="no column"),
    pytest.param(("invoices",), ("invoices.id",), id="no such table"),
    pytest.param(("users",), ("users.name",), id="another column"),
    pytest.param(("users",), ("accounts.id",), id="a column of another table"),
    pytest.param(("users", "accounts"), ("users.id", "accounts.id"), id="a second table is compared too"),
    pytest.param(("profiles",), ("profiles.id",), id="one-to-one is not loaded by the other key"),
    pytest.param(("posts",), ("posts.id",), id="a collection is not loaded by its own key"),
    pytest.param(("tags",), ("tags.id",), id="many-to-many without its link table"),
    pytest.param(("post_tags", "tags"), ("post_tags.post_id",), id="the link table first"),
    pytest.param(("videos",), ("videos.reviewer_id",), id="nothing leads back"),
    pytest.param(("users",), ("id",), id="a column without its table"),
]


@pytest.mark.parametrize(("tables", "columns"), NOTHING)
def test_a_statement_that_is_no_lazy_load(
    tables: tuple[str, ...], columns: tuple[str, ...], checkout: Callable[[dict[str, str]], Path]
) -> None:
    assert lazy_loads(Index(checkout({"models.py": MODELS})).models, tables, columns) == []


ALL = {"author", "editor", "user", "posts", "tags", "parent", "children", "profile", "reviewer"}


@pytest.mark.parametrize(
    ("root", "wanted", "through", "expected"),
    [
        pytest.param("Post", "Post.author", set(), [["Post.author"]], id="on the rows themselves"),
        pytest.param("Video", "Post.author", set(), [["Post.author"]], id="inherited"),
        pytest.param("Profile", "User.posts", ALL, [["Profile.user", "User.posts"]], id="one hop before"),
        pytest.param(
            "Post",
            "User.profile",
            ALL,
            [["Post.author", "User.profile"], ["Post.editor", "User.profile"]],
            id="two ways",
        ),
        pytest.param("Post", "User.profile", {"editor"}, [["Post.editor", "User.profile"]], id="the way that is read"),
        pytest.param("Profile", "Tag.posts", ALL, [], id="too far"),
        pytest.param("Profile", "Post.tags", ALL, [["Profile.user", "User.posts", "Post.tags"]], id="three hops"),
        pytest.param("Post", "User.profile", set(), [], id="nothing is read on the way"),
        pytest.param("Tag", "Node.parent", ALL, [], id="no way"),
        pytest.param("Node", "User.posts", ALL, [], id="a tree leads only to itself"),
        pytest.param("Post", "Video.reviewer", {"tags"}, [], id="a subclass is not on the way"),
    ],
)
def test_the_ways_from_rows_to_a_relationship(
    root: str, wanted: str, through: set[str], expected: list[list[str]], checkout: Callable[[dict[str, str]], Path]
) -> None:
    models = {m.name: m for m in Index(checkout({"models.py": MODELS})).models.all}
    owner, _, name = wanted.partition(".")
    relation = Relation(models[owner], models[owner].relationships[name])
    assert [[hop.path for hop in way] for way in paths(models[root], relation, through)] == expected
