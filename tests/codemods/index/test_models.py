"""Models as SQLAlchemy and Flask-SQLAlchemy would map them, read off the declarations alone."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.index import Index
from codemods.index.models import Column, Model, foreign_keys

Checkout = Callable[[dict[str, str]], Path]


def models(root: Path) -> dict[str, Model]:
    return {model.qualname: model for model in Index(root).models.all}


# ---- which classes are models, and their tables ----

TABLES = [
    pytest.param('class Post(Base):\n    __tablename__ = "posts"', {"Post": "posts"}, id="__tablename__"),
    pytest.param('class Post(Base):\n    __tablename__: str = "posts"', {"Post": "posts"}, id="annotated"),
    pytest.param("class Post(db.Model):\n    pass", {"Post": "post"}, id="Flask-SQLAlchemy's default"),
    pytest.param("class HTTPLog2Entry(db.Model):\n    pass", {"HTTPLog2Entry": "http_log2_entry"}, id="camel case"),
    pytest.param("class _Draft(db.Model):\n    pass", {"_Draft": "draft"}, id="a leading underscore"),
    pytest.param("class Post(db.Model):\n    __tablename__ = PREFIX + 'post'", {"Post": None}, id="a computed name"),
    pytest.param(
        "class A(db.Model):\n    __abstract__ = True\nclass Post(A):\n    id = Column(Integer)",
        {"A": None, "Post": "post"},
        id="an abstract base has no table",
    ),
    pytest.param(
        "class Post(db.Model):\n    id = db.Column(primary_key=True)\nclass Video(Post):\n    size = db.Column()",
        {"Post": "post", "Video": None},
        id="single-table inheritance",
    ),
    pytest.param(
        "class Post(db.Model):\n    id = db.Column(primary_key=True)\n"
        "class Video(Post):\n    id = db.Column(db.ForeignKey('post.id'), primary_key=True)",
        {"Post": "post", "Video": "video"},
        id="joined-table inheritance",
    ),
    pytest.param(
        "class Named:\n    @declared_attr.directive\n    def __tablename__(cls): return cls.__name__.lower()\n"
        "class PostTag(Named, Base):\n    id = Column(Integer)",
        {"Named": None, "PostTag": "posttag"},
        id="a mixin that names tables",
    ),
    pytest.param(
        "class Base(DeclarativeBase):\n    @declared_attr\n"
        "    def __tablename__(cls) -> str: return snake(cls.__name__)\n"
        "class PostTag(Base):\n    id = Column(Integer)",
        {"Base": None, "PostTag": "post_tag"},
        id="a base that names tables in its own way",
    ),
    pytest.param('class Post(Base):\n    __table__ = Table("posts", m)', {"Post": "posts"}, id="__table__"),
    pytest.param(
        't = Table("posts", m)\nclass Post(Base):\n    __table__ = t', {"Post": "posts"}, id="__table__ by name"
    ),
    pytest.param("class Post(db.Model):\n    __table__ = reflected()", {"Post": None}, id="__table__ from elsewhere"),
    pytest.param("class Post(db.Model):\n    __table__ = TABLES[0]", {"Post": None}, id="__table__ out of a list"),
    pytest.param("class Post(Base):\n    id = Column(Integer)", {"Post": None}, id="no name is given"),
    pytest.param("class Post(Base[int]):\n    id: Mapped[int]", {"Post": None}, id="an annotated column is enough"),
    pytest.param("class Column: ...\nclass Post(Column): ...", {}, id="plain classes"),
    pytest.param("class Post(Post):\n    pass\nColumn = 1", {}, id="a class below itself"),
    pytest.param("Column = 1\nclass Post(db.Model):\n def f(:", {}, id="a file that cannot be parsed"),
]


@pytest.mark.parametrize(("text", "expected"), TABLES)
def test_tables(text: str, expected: dict[str, str | None], checkout: Checkout) -> None:
    assert {name: model.table for name, model in models(checkout({"models.py": text})).items()} == expected


def test_inheritance_over_files(checkout: Checkout) -> None:
    found = models(
        checkout(
            {
                "app/__init__.py": "",
                "app/base.py": "class Base(DeclarativeBase):\n    id: Mapped[int] = mapped_column(primary_key=True)\n",
                "app/user.py": "from .base import Base\n"
                "class User(Base):\n    __tablename__ = 'users'\n    name: Mapped[str]\n",
                "app/admin.py": "from app.user import User as Person\n"
                "class Admin(Person):\n    __mapper_args__ = {'polymorphic_identity': 'admin'}\n",
            }
        )
    )
    admin = found["Admin"]
    assert [m.qualname for m in admin.lineage()] == ["Admin", "User", "Base"]
    assert (admin.table, admin.tables(), admin.primary_key()) == (None, {"users"}, ["id"])
    assert list(admin.all_columns()) == ["id", "name"]


def test_a_diamond_of_mixins(checkout: Checkout) -> None:
    text = """\
class Key:
    id = Column(Integer, primary_key=True)
class Dated(Key):
    at = Column(DateTime)
class Named(Key):
    name = Column(String)
class Post(Dated, Named, Base):
    __tablename__ = "posts"
"""
    post = models(checkout({"models.py": text}))["Post"]
    assert [m.qualname for m in post.lineage()] == ["Post", "Dated", "Named", "Key"]
    assert list(post.all_columns()) == ["id", "name", "at"]


# ---- columns ----

COLUMNS = [
    pytest.param("id = Column(Integer, primary_key=True)", Column("id", True, required=True), id="Column"),
    pytest.param(
        "id: Mapped[int] = mapped_column('pk', primary_key=True)", Column("pk", True, required=True), id="named"
    ),
    pytest.param("id = Column(Integer, nullable=False)", Column("id", required=True), id="not null"),
    pytest.param("id: Mapped[str] = mapped_column(unique=True)", Column("id", unique=True, required=True), id="typed"),
    pytest.param("id: Mapped[str | None] = mapped_column()", Column("id"), id="typed, or nothing"),
    pytest.param("id = Column(name='pk', type_=Integer)", Column("pk"), id="named by keyword"),
    pytest.param("id = db.Column(db.String(9), unique=True)", Column("id", unique=True), id="unique"),
    pytest.param("id: Mapped[int]", Column("id"), id="annotation only"),
    pytest.param("id: so.Mapped[int]", Column("id"), id="annotation by module"),
    pytest.param("id: 'Mapped[int]'", Column("id"), id="annotation in quotes"),
    pytest.param("id = Column(ForeignKey('users.id'))", Column("id", references=("users.id",)), id="foreign key"),
    pytest.param(
        "id = Column(ForeignKey('app.users.id'))", Column("id", references=("users.id",)), id="schema dropped"
    ),
    pytest.param("id = Column(ForeignKey(User.id))", Column("id", references=("User.id",)), id="key by class"),
    pytest.param("id = Column(ForeignKey(models.User.id))", Column("id", references=("User.id",)), id="key by module"),
    pytest.param("id = Column(ForeignKey(pick()), ForeignKey())", Column("id"), id="a key that cannot be read"),
    pytest.param("id = Column(primary_key=maybe())", Column("id"), id="an option that cannot be read"),
    pytest.param(
        "@declared_attr\n    def id(cls): return Column(ForeignKey('users.id'))",
        Column("id", references=("users.id",)),
        id="declared_attr",
    ),
]


@pytest.mark.parametrize(("declaration", "expected"), COLUMNS)
def test_a_column(declaration: str, expected: Column, checkout: Checkout) -> None:
    root = checkout({"models.py": f"class Post(Base):\n    __tablename__ = 'posts'\n    {declaration}\n"})
    assert models(root)["Post"].columns == {"id": expected}


@pytest.mark.parametrize(
    "declaration",
    [
        "id: int",
        "id: ClassVar[int]",
        "id: 'Mapped['",
        "id: 'Mapped\\0'",
        "id = Integer()",
        "id = [Column()]",
        "id: x",
        "@property\n    def id(self): return Column()",
        "@declared_attr\n    def id(cls): pass",
        "id.x: Mapped[int]",
        "(a, b) = Column(), Column()",
    ],
)
def test_what_is_no_column(declaration: str, checkout: Checkout) -> None:
    root = checkout({"models.py": f"class Post(Base):\n    __tablename__ = 'posts'\n    {declaration}\n"})
    assert models(root)["Post"].columns == {}


def test_columns_of_a_table(checkout: Checkout) -> None:
    text = """\
posts = Table("posts", metadata, Column("id", Integer, primary_key=True), Column("user_id", ForeignKey("users.id")),
              Column(), Column(name), Index("i"), *more)
class Post(Base):
    __table__ = posts
    note = column_property(posts.c.id)
"""
    assert models(checkout({"models.py": text}))["Post"].columns == {
        "id": Column("id", True, required=True),
        "user_id": Column("user_id", references=("users.id",)),
        "note": Column("note"),
    }


# ---- relationships ----

SHOP = """\
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
{user}

class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
{post}

links = db.Table("post_user", Column("post_id"), Column("user_id"))
class Link(Base):
    __tablename__ = "link"
"""

Row = tuple[str, bool | None, str, str | None]  # target, many, lazy, secondary

POST = [
    pytest.param('x: Mapped["User"] = relationship()', ("User", False, "select", None), id="Mapped in quotes"),
    pytest.param("x: Mapped[User] = relationship()", ("User", False, "select", None), id="Mapped"),
    pytest.param('x: Mapped[Optional["User"]] = relationship()', ("User", False, "select", None), id="Optional"),
    pytest.param('x: Mapped["Optional[User]"] = relationship()', ("User", False, "select", None), id="Optional inside"),
    pytest.param("x: Mapped[User | None] = relationship()", ("User", False, "select", None), id="or None"),
    pytest.param("x: Mapped['None | User'] = relationship()", ("User", False, "select", None), id="None or"),
    pytest.param("x: Mapped[Union[User, None]] = relationship()", ("User", False, "select", None), id="Union"),
    pytest.param("x: 'Mapped[User]' = relationship()", ("User", False, "select", None), id="the whole in quotes"),
    pytest.param("x: orm.Mapped[models.User] = relationship()", ("User", False, "select", None), id="by module"),
    pytest.param("x = relationship('User')", ("User", False, "select", None), id="a string"),
    pytest.param("x = relationship(User)", ("User", False, "select", None), id="a class"),
    pytest.param("x = relationship(lambda: User)", ("User", False, "select", None), id="a lambda"),
    pytest.param("x = relationship(argument='User')", ("User", False, "select", None), id="by keyword"),
    pytest.param("x = relationship('models.User')", ("User", False, "select", None), id="a string with its module"),
    pytest.param("x = so.relationship('User', back_populates='posts')", ("User", False, "select", None), id="by alias"),
    pytest.param("x: List['User'] = relationship('User')", ("User", False, "select", None), id="a plain annotation"),
    pytest.param("x = relationship('User', lazy='joined')", ("User", False, "joined", None), id="lazy joined"),
    pytest.param("x = relationship('User', lazy=True)", ("User", False, "select", None), id="lazy True"),
    pytest.param("x = relationship('User', lazy=False)", ("User", False, "joined", None), id="lazy False"),
    pytest.param("x = relationship('User', lazy=None)", ("User", False, "noload", None), id="lazy None"),
    pytest.param("x = relationship('User', lazy=STRATEGY)", ("User", False, "unknown", None), id="lazy from a name"),
    pytest.param("x = relationship('User', lazy=1)", ("User", False, "unknown", None), id="lazy from a number"),
    pytest.param(
        "@declared_attr\n    def x(cls): return relationship('User')",
        ("User", False, "select", None),
        id="declared_attr",
    ),
    pytest.param("x = relationship('User', secondary=links)", ("User", True, "select", "post_user"), id="link table"),
    pytest.param("x = relationship('User', links)", ("User", True, "select", "post_user"), id="link table by position"),
    pytest.param(
        "x = relationship('User', secondary='post_user')", ("User", True, "select", "post_user"), id="by its name"
    ),
    pytest.param(
        "x = relationship('User', secondary='s.post_user')", ("User", True, "select", "post_user"), id="with schema"
    ),
    pytest.param(
        "x = relationship('User', secondary=lambda: links)", ("User", True, "select", "post_user"), id="by lambda"
    ),
    pytest.param(
        "x = relationship('User', secondary=Link.__table__)", ("User", True, "select", "link"), id="of a class"
    ),
    pytest.param(
        "x = relationship('User', secondary='Link.__table__')", ("User", True, "select", "link"), id="of its name"
    ),
    pytest.param(
        "x = relationship('User', secondary=Gone.__table__)", ("User", True, "select", "Gone.__table__"), id="of nobody"
    ),
    pytest.param(
        "x = relationship('User', secondary=gone)", ("User", True, "select", "gone"), id="an unknown link table"
    ),
    pytest.param(
        "x = relationship('User', secondary=tables['x'])", ("User", True, "select", "tables['x']"), id="no name at all"
    ),
    pytest.param(
        "x = relationship('User', secondary=links, uselist=False)",
        ("User", False, "select", "post_user"),
        id="one row over a link table",
    ),
]

USER = [
    pytest.param('x: Mapped[list["Post"]] = relationship()', ("Post", True, "select", None), id="list"),
    pytest.param('x: Mapped["List[Post]"] = relationship()', ("Post", True, "select", None), id="List in quotes"),
    pytest.param(
        'x: Mapped[Optional[set["Post"]]] = relationship()', ("Post", True, "select", None), id="optional set"
    ),
    pytest.param('x: Mapped[dict[str, "Post"]] = relationship()', ("Post", True, "select", None), id="dict"),
    pytest.param("x: DynamicMapped['Post'] = relationship()", ("Post", True, "dynamic", None), id="dynamic"),
    pytest.param("x: WriteOnlyMapped[Post] = relationship()", ("Post", True, "write_only", None), id="write-only"),
    pytest.param("x = dynamic_loader('Post')", ("Post", True, "dynamic", None), id="dynamic_loader"),
    pytest.param("x = relationship('Post')", ("Post", True, "select", None), id="by the foreign key"),
    pytest.param("x = relationship('Post', uselist=True)", ("Post", True, "select", None), id="uselist"),
    pytest.param(
        "x = relationship('Post', uselist=False)", ("Post", None, "select", None), id="one, the key over there"
    ),
    pytest.param("x: Mapped['Post'] = relationship()", ("Post", None, "select", None), id="one, annotated"),
]


def only(model: Model) -> dict[str, Row]:
    found = model.relationships.items()
    return {name: (r.target.qualname, r.many, r.lazy, r.secondary) for name, r in found}


@pytest.mark.parametrize(("declaration", "expected"), POST)
def test_a_relationship_where_the_key_is(declaration: str, expected: Row, checkout: Checkout) -> None:
    root = checkout({"models.py": SHOP.format(user="", post=f"    {declaration}")})
    assert only(models(root)["Post"]) == {"x": expected}


@pytest.mark.parametrize(("declaration", "expected"), USER)
def test_a_relationship_to_where_the_key_is(declaration: str, expected: Row, checkout: Checkout) -> None:
    root = checkout({"models.py": SHOP.format(user=f"    {declaration}", post="")})
    assert only(models(root)["User"]) == {"x": expected}


NONE = [
    pytest.param("x = relationship('Gone')", id="no such model"),
    pytest.param("x = relationship()", id="no target"),
    pytest.param("x: Mapped[None] = relationship()", id="None"),
    pytest.param("x: Mapped['x['] = relationship()", id="an annotation that is no expression"),
    pytest.param("x: Mapped[1] = relationship()", id="a number"),
    pytest.param("x: User = relationship()", id="SQLAlchemy reads no plain annotation"),
    pytest.param("x: list[User] = relationship()", id="nor a plain list"),
    pytest.param("x = relationship('lambda: User')", id="an expression in a string"),
    pytest.param("x = relationship(User[0])", id="an expression"),
    pytest.param("x = relationship(**options)", id="options from elsewhere"),
    pytest.param("x = make_relationship('User')", id="another function"),
    pytest.param("x = [relationship('User')]", id="inside a list"),
    pytest.param("def x(self): return relationship('User')", id="a plain method"),
    pytest.param("@declared_attr\n    def x(cls): relationship('User')", id="declared_attr without a return"),
    pytest.param("x: Mapped[User]", id="an annotation alone"),
]


@pytest.mark.parametrize("declaration", NONE)
def test_what_is_no_relationship(declaration: str, checkout: Checkout) -> None:
    root = checkout({"models.py": SHOP.format(user="", post=f"    {declaration}")})
    assert {name: only(m) for name, m in models(root).items()} == {"User": {}, "Post": {}, "Link": {}}


BACKREFS = [
    pytest.param("user = relationship('User', backref='posts')", ("Post", True, "select", None), id="a string"),
    pytest.param(
        "user = relationship('User', backref=db.backref('posts', lazy='dynamic'))",
        ("Post", True, "dynamic", None),
        id="lazy",
    ),
    pytest.param(
        "user = relationship('User', backref=backref('posts', uselist=False))",
        ("Post", None, "select", None),
        id="uselist",
    ),
    pytest.param(
        "user = relationship('User', secondary=links, backref='posts')",
        ("Post", True, "select", "post_user"),
        id="link table",
    ),
]


@pytest.mark.parametrize(("declaration", "expected"), BACKREFS)
def test_a_backref(declaration: str, expected: Row, checkout: Checkout) -> None:
    user = models(checkout({"models.py": SHOP.format(user="", post=f"    {declaration}")}))["User"]
    assert (only(user), user.relationships["posts"].from_backref) == ({"posts": expected}, True)


@pytest.mark.parametrize(
    "declaration",
    ["backref=NAME", "backref=backref()", "backref=backref(NAME)", "backref=None", "back_populates='posts'"],
)
def test_what_is_no_backref(declaration: str, checkout: Checkout) -> None:
    root = checkout({"models.py": SHOP.format(user="", post=f"    user = relationship('User', {declaration})")})
    assert only(models(root)["User"]) == {}


def test_the_backref_of_a_one_to_one_is_a_to_one(checkout: Checkout) -> None:
    root = checkout(
        {"models.py": SHOP.format(user="    post = relationship('Post', uselist=False, backref='user')", post="")}
    )
    assert only(models(root)["Post"]) == {"user": ("User", False, "select", None)}


def test_what_a_class_says_itself_counts_more_than_a_backref(checkout: Checkout) -> None:
    text = SHOP.format(
        user="    posts = relationship('Post', lazy='selectin')",
        post="    user = relationship('User', backref='posts')",
    )
    user = models(checkout({"models.py": text}))["User"]
    assert (only(user), user.relationships["posts"].from_backref) == (
        {"posts": ("Post", True, "selectin", None)},
        False,
    )


NODE = """\
class Node(Base):
    __tablename__ = "nodes"
    id = Column(Integer, primary_key=True)
    parent_id = Column(ForeignKey("nodes.id"))
    {declaration}
"""

TREES = [
    pytest.param("up = relationship('Node', remote_side=[id])", {"up": False}, id="parent"),
    pytest.param("up = relationship('Node', remote_side='Node.id')", {"up": False}, id="remote side in a string"),
    pytest.param("up: Mapped['Node'] = relationship(remote_side=lambda: Node.id)", {"up": False}, id="by lambda"),
    pytest.param("down = relationship('Node')", {"down": True}, id="children by default"),
    pytest.param("down = relationship('Node', remote_side=[parent_id])", {"down": True}, id="children by remote side"),
    pytest.param("down: Mapped[list['Node']] = relationship()", {"down": True}, id="children, annotated"),
    pytest.param("one: Mapped['Node'] = relationship()", {"one": None}, id="one child"),
    pytest.param(
        "one = relationship('Node', uselist=False, remote_side=[parent_id])", {"one": None}, id="one child, said"
    ),
    pytest.param(
        "up = relationship('Node', remote_side=[id], backref='down')",
        {"up": False, "down": True},
        id="parent with backref",
    ),
    pytest.param(
        "down = relationship('Node', backref=backref('up', remote_side=[id]))",
        {"down": True, "up": False},
        id="children with backref",
    ),
    pytest.param(
        "a = relationship('Node', secondary='edges', backref='b')", {"a": True, "b": True}, id="a link table to itself"
    ),
]


@pytest.mark.parametrize(("declaration", "expected"), TREES)
def test_a_table_that_refers_to_itself(declaration: str, expected: dict[str, bool | None], checkout: Checkout) -> None:
    node = models(checkout({"models.py": NODE.format(declaration=declaration)}))["Node"]
    assert {name: r.many for name, r in node.relationships.items()} == expected


def test_two_tables_that_refer_to_each_other_take_the_key_that_the_join_names(checkout: Checkout) -> None:
    text = SHOP.format(
        user="    pinned_id = Column(ForeignKey('posts.id'))\n"
        "    pinned = relationship('Post', foreign_keys=[pinned_id])\n"
        "    last: Mapped['Post'] = relationship(foreign_keys=[pinned_id])",
        post="",
    )
    assert only(models(checkout({"models.py": text}))["User"]) == {
        "pinned": ("Post", False, "select", None),
        "last": ("Post", False, "select", None),
    }


def test_composite_keys(checkout: Checkout) -> None:
    text = """\
class Order(Base):
    __tablename__ = "orders"
    shop = Column(Integer, primary_key=True)
    number = Column(Integer, primary_key=True)
    lines = relationship("Line")
class Line(Base):
    __tablename__ = "lines"
    id = Column(Integer, primary_key=True)
    shop = Column(Integer)
    number = Column(Integer)
    __table_args__ = (ForeignKeyConstraint(["shop", "number"], ["orders.shop", "orders.number"]),)
"""
    order = models(checkout({"models.py": text}))["Order"]
    assert order.primary_key() == ["shop", "number"]
    assert only(order) == {"lines": ("Line", None, "select", None)}  # the constraint is not read: no direction


def test_relationships_of_a_parent_and_of_a_mixin(checkout: Checkout) -> None:
    text = """\
class Owned:
    owner_id = Column(ForeignKey("users.id"))
    @declared_attr
    def owner(cls): return relationship("User")
class User(Base):
    __tablename__ = "users"
class Post(Owned, Base):
    __tablename__ = "posts"
    first = relationship("User")
class Video(Post):
    first = relationship("Post")
"""
    video = models(checkout({"models.py": text}))["Video"]
    assert {n: (r.target.qualname, r.many) for n, r in video.all_relationships().items()} == {
        "owner": ("User", False),
        "first": ("Post", True),
    }


TWO = {
    "blog/models.py": "class Tag(Base):\n    __tablename__ = 'blog_tag'\n",
    "shop/models.py": "class Tag(Base):\n    __tablename__ = 'shop_tag'\n",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("x = relationship('Tag')", {}, id="two of that name"),
        pytest.param("x = relationship('shop.models.Tag')", {"x": "shop_tag"}, id="named with its module"),
        pytest.param("x = relationship('models.Tag')", {}, id="a module that both have"),
        pytest.param("x = relationship('other.Tag')", {}, id="a module that neither has"),
        pytest.param("x = relationship(Tag)", {"x": "blog_tag"}, id="imported"),
    ],
)
def test_two_models_of_one_name(text: str, expected: dict[str, str], checkout: Checkout) -> None:
    head = "from blog.models import Tag\n" if "(Tag)" in text else ""
    post = f"{head}class Post(Base):\n    __tablename__ = 'posts'\n    {text}\n"
    found = models(checkout({**TWO, "post.py": post}))["Post"].relationships.items()
    assert {name: r.target.table for name, r in found} == expected


def test_a_model_by_the_name_that_a_file_uses(checkout: Checkout) -> None:
    index = Index(checkout({**TWO, "app.py": "from blog import models as m\nx = 1\ndef f(): ...\n"}))
    found = index.models.get("app.py", "m.Tag")
    assert found is not None
    assert (found.path, found.name, found.table) == ("blog/models.py", "Tag", "blog_tag")
    assert [index.models.get("app.py", name) for name in ("Tag", "f", "x", "m", "m.None", "")] == [None] * 6


JOINS = [
    pytest.param("relationship('User')", frozenset(), ["user_id", "editor_id"], id="no join: every key"),
    pytest.param(
        "relationship('User', foreign_keys=[editor_id])",
        frozenset({"editor_id"}),
        ["editor_id"],
        id="foreign_keys",
    ),
    pytest.param(
        "relationship('User', foreign_keys='Post.user_id')",
        frozenset({"Post", "user_id"}),
        ["user_id"],
        id="foreign_keys as a string",
    ),
    pytest.param(
        "relationship('User', primaryjoin=lambda: Post.editor_id == User.id)",
        frozenset({"lambda", "Post", "editor_id", "User", "id"}),
        ["editor_id"],
        id="primaryjoin",
    ),
    pytest.param(
        "relationship('User', primaryjoin='User.id == foreign(Post.ref)')",
        frozenset({"User", "id", "foreign", "Post", "ref"}),
        [],
        id="a join over no declared key",
    ),
    pytest.param(
        "relationship('User', primaryjoin='User.post_id == Post.id')",
        frozenset({"User", "post_id", "Post", "id"}),
        [],
        id="a join over the other side's key",
    ),
]


@pytest.mark.parametrize(("declaration", "words", "keys"), JOINS)
def test_the_join_names_the_keys(declaration: str, words: frozenset[str], keys: list[str], checkout: Checkout) -> None:
    text = SHOP.format(
        user="    post_id = Column(ForeignKey('posts.id'))",
        post=f"    editor_id = Column(ForeignKey('users.id'))\n    who = {declaration}",
    )
    found = models(checkout({"models.py": text}))
    relationship = found["Post"].relationships["who"]
    assert relationship.join == words
    assert [c.name for c in foreign_keys(found["Post"], found["User"], relationship.join)] == keys


def test_a_join_over_other_columns_than_the_keys_proves_no_direction(checkout: Checkout) -> None:
    text = SHOP.format(
        user="    code = Column(String)",
        post="    who = relationship('User', primaryjoin='Post.id == foreign(User.code)')",
    )
    assert only(models(checkout({"models.py": text}))["Post"]) == {"who": ("User", None, "select", None)}


def test_a_backref_goes_over_the_same_columns(checkout: Checkout) -> None:
    text = SHOP.format(
        user="",
        post="    author_id = Column(ForeignKey('users.id'))\n"
        "    author = relationship('User', foreign_keys=[author_id], backref='posts')",
    )
    assert models(checkout({"models.py": text}))["User"].relationships["posts"].join == frozenset({"author_id"})
