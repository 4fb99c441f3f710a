"""The guards of SQLAlchemy's loaders. Names begin with their number in the project's list of surprises, if any."""

import random

from guards.guard import MORE_ROWS, OTHER_ROWS, OTHER_WRITES, RIGHT, SAVES_NOTHING, STILL_GROWS, Guard
from guards.libraries import Rows

from codemods.api import Repeat

MODELS = """\
from sqlalchemy import JSON, Column, ForeignKey, Integer, String, Table
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()

post_tags = Table(
    "post_tags", Base.metadata, Column("post_id", ForeignKey("posts.id")), Column("tag_id", ForeignKey("tags.id"))
)


class Company(Base):
    __tablename__ = "companies"
    id = Column(Integer, primary_key=True)


class Author(Base):
    __tablename__ = "authors"
    id = Column(Integer, primary_key=True)
    settings = Column(JSON)
    company_id = Column(ForeignKey("companies.id"))
    company = relationship("Company")


class Tag(Base):
    __tablename__ = "tags"
    id = Column(Integer, primary_key=True)


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String(20))
    kind = Column(String(10))
    author_id = Column(ForeignKey("authors.id"))
    studio_id = Column(ForeignKey("studios.id"))
    author = relationship("Author")
    comments = relationship("Comment", back_populates="post")
    hits = relationship("Hit", backref="post")
    tags = relationship("Tag", secondary=post_tags)
    replies = association_proxy("comments", "writer")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "post"}


class Video(Post):
    studio = relationship("Studio", backref="videos")
    __mapper_args__ = {"polymorphic_identity": "video"}


class Studio(Base):
    __tablename__ = "studios"
    id = Column(Integer, primary_key=True)


class Comment(Base):
    __tablename__ = "comments"
    id = Column(Integer, primary_key=True)
    post_id = Column(ForeignKey("posts.id"))
    writer_id = Column(ForeignKey("authors.id"))
    post = relationship("Post", back_populates="comments")
    writer = relationship("Author")


class Hit(Base):
    __tablename__ = "hits"
    id = Column(Integer, primary_key=True)
    post_id = Column(ForeignKey("posts.id"))


class Node(Base):
    __tablename__ = "nodes"
    id = Column(Integer, primary_key=True)
    parent_id = Column(ForeignKey("nodes.id"))
    children = relationship("Node")
"""


def rows(size: int, *, one_author: bool = False) -> Rows:
    """`size` posts, each with an author, a studio, 4 comments, 4 hits and 2 tags of its own, in no order at all."""
    shuffle = random.Random(5)
    numbers = shuffle.sample(range(1, 5 * size), size)
    found: dict[str, list[dict[str, object]]] = {
        "companies": [{"id": 1000 + n} for n in numbers],
        "studios": [{"id": n} for n in numbers],
        "tags": [{"id": n} for n in range(1, 6)],
        "authors": [{"id": 500 - n, "company_id": 1000 + n, "settings": {}} for n in numbers],
        "posts": [
            {
                "id": n, "title": "b" if i % 6 else "a", "kind": "video", "studio_id": n,
                "author_id": 500 - numbers[0] if one_author else None if i == 1 else 500 - n,
            }
            for i, n in enumerate(numbers)
        ],
        "comments": [{"id": 10 * n + k, "post_id": n, "writer_id": 2000 + 10 * n + k} for n in numbers for k in range(4)],
        "hits": [{"id": 10 * n + k, "post_id": n} for n in numbers for k in range(4)],
        "post_tags": [{"post_id": n, "tag_id": t} for n in numbers for t in shuffle.sample(range(1, 6), 2)],
        "nodes": [{"id": n, "parent_id": None} for n in numbers]
        + [{"id": 100 * k + n, "parent_id": 100 * (k - 1) + n} for k in (1, 2) for n in numbers],
        "notes": [{"id": n, "author_id": 500 - n if i else None} for i, n in enumerate(numbers)],
        "shelves": [{"id": n} for n in numbers],
        "books": [{"id": 10 * n + k, "shelf_id": n} for n in numbers for k in range(2)],
        "lines": [{"id": n, "item_id": n} for n in numbers],
        "items": [{"id": n, "twin_id": 1000 + n} for n in numbers] + [{"id": 1000 + n, "twin_id": None} for n in numbers],
        "editors": [{"id": n} for n in numbers],
        "logs": [{"id": n, "editor_id": n} for n in numbers],
    }  # fmt: skip
    found["authors"] += [{"id": row["writer_id"], "company_id": None, "settings": {}} for row in found["comments"]]
    return {table: shuffle.sample(given, len(given)) for table, given in found.items()}


def _app(body: str, models: str = "Post", core: str = "", loaders: str = "") -> str:
    imports = [f"from sqlalchemy import {core}\n"] if core else []
    imports += [f"from sqlalchemy.orm import {loaders}\n"] if loaders else []
    between = "\n" if imports else ""
    lines = "".join(f"    {line}\n" if line else "\n" for line in body.splitlines())
    return f"{''.join(imports)}{between}from models import {models}\n\n\ndef view(session):\n{lines}"


_ALL = "aliased, contains_eager, defaultload, joinedload, selectinload, subqueryload"


def _guard(
    name: str, before: str, naive: str, does: dict[str, str] | str, ours: str, *, models: str = "Post", core: str = "",
    loaders: str = "", orm: str = "", add: str = "", one_author: bool = False, **more: object,
) -> Guard:  # fmt: skip
    """The texts are bodies of `view`; `loaders` is what our edit imports, `add` more source of models."""
    return Guard(
        name, MODELS + add, _app(before, models, core, orm), _app(naive, "*", "select, text", _ALL),
        {"": does} if isinstance(does, str) else does,
        ours if ours.startswith("R-") or not ours else _app(ours, models, core, loaders),
        (lambda size: rows(size, one_author=one_author)), **more,  # type: ignore[arg-type]
    )  # fmt: skip


_AUTHORS = "return [(post.id, post.author and post.author.id) for post in posts]"
_COMMENTS = "return [[post.id, sorted(comment.id for comment in post.comments)] for post in posts]"
AUTHOR = Repeat(
    "author", ("authors",), ("authors.id",), 12, statement="SELECT authors.id FROM authors WHERE authors.id = ?"
)
WRITE_ONLY = """

class Log(Base):
    __tablename__ = "logs"
    id = Column(Integer, primary_key=True)
    editor_id = Column(ForeignKey("editors.id"))


class Editor(Base):
    __tablename__ = "editors"
    id = Column(Integer, primary_key=True)
    logs = relationship("Log", lazy="write_only")
"""


_DEPTH = "def depth(node):\n    return 1 + max((depth(child) for child in node.children), default=0)\n\n"


def _child(column: str) -> Repeat:
    table = column.partition(".")[0]
    shape = "parameter_equals_column"
    return Repeat(column, (table,), (column,), 12, shape, f"SELECT {table}.id FROM {table} WHERE ? = {column}")


def _lazy(how: str) -> str:
    return f"""

class Shelf(Base):
    __tablename__ = "shelves"
    id = Column(Integer, primary_key=True)
    books = relationship("Book", lazy="{how}")


class Book(Base):
    __tablename__ = "books"
    id = Column(Integer, primary_key=True)
    shelf_id = Column(ForeignKey("shelves.id"))
"""


GUARDS = (
    _guard(
        "a collection joined under select() needs unique()",
        f"posts = session.scalars(select(Post)).all()\n{_COMMENTS}",
        f"posts = session.scalars(select(Post).options(joinedload(Post.comments))).all()\n{_COMMENTS}",
        "raises InvalidRequestError",
        f"posts = session.scalars(select(Post).options(selectinload(Post.comments))).all()\n{_COMMENTS}",
        core="select", loaders="selectinload",
    ),
    _guard(
        "the same with a legacy query works, and is a separate select all the same",
        f"posts = session.query(Post).order_by(Post.id).all()\n{_COMMENTS}",
        f"posts = session.query(Post).options(joinedload(Post.comments)).order_by(Post.id).all()\n{_COMMENTS}",
        RIGHT,
        f"posts = session.query(Post).options(selectinload(Post.comments)).order_by(Post.id).all()\n{_COMMENTS}",
        loaders="selectinload",
    ),
    _guard(
        "to-one, ordered by the key: a join is right",
        f"posts = session.scalars(select(Post).order_by(Post.id)).all()\n{_AUTHORS}",
        f"posts = session.scalars(select(Post).options(joinedload(Post.author)).order_by(Post.id)).all()\n{_AUTHORS}",
        RIGHT,
        f"posts = session.scalars(select(Post).options(joinedload(Post.author)).order_by(Post.id)).all()\n{_AUTHORS}",
        core="select", loaders="joinedload",
    ),
    _guard(
        "a collection joined under yield_per",
        f"posts = session.query(Post).order_by(Post.id).yield_per(500)\n{_COMMENTS}",
        f"posts = session.query(Post).options(joinedload(Post.comments)).order_by(Post.id).yield_per(500)\n{_COMMENTS}",
        "raises InvalidRequestError",
        f"posts = session.query(Post).options(selectinload(Post.comments)).order_by(Post.id).yield_per(500)\n{_COMMENTS}",
        loaders="selectinload",
    ),
    _guard(
        "a collection loaded by subquery under yield_per",
        f"posts = session.query(Post).order_by(Post.id).yield_per(500)\n{_COMMENTS}",
        f"posts = session.query(Post).options(subqueryload(Post.comments)).order_by(Post.id).yield_per(500)\n{_COMMENTS}",
        "raises InvalidRequestError",
        f"posts = session.query(Post).options(selectinload(Post.comments)).order_by(Post.id).yield_per(500)\n{_COMMENTS}",
        loaders="selectinload",
    ),
    _guard(
        "small chunks: one more statement per chunk",
        f"posts = session.query(Post).order_by(Post.id).yield_per(1)\n{_COMMENTS}",
        f"posts = session.query(Post).options(selectinload(Post.comments)).order_by(Post.id).yield_per(1)\n{_COMMENTS}",
        SAVES_NOTHING, "R-STREAM",
    ),
    _guard(
        "columns only",
        "posts = session.execute(select(Post.id, Post.author_id).order_by(Post.id)).all()\n"
        "return [(post.id, session.query(Author).filter(Author.id == post.author_id).all() != []) for post in posts]",
        "posts = session.execute(select(Post.id, Post.author_id).options(joinedload(Post.author)).order_by(Post.id)).all()\n"
        "return [(post.id, session.query(Author).filter(Author.id == post.author_id).all() != []) for post in posts]",
        "raises ArgumentError", "R-UNRESOLVED", models="Author, Post", core="select",
    ),
    _guard(
        "a relationship named by a string",
        f"posts = session.query(Post).order_by(Post.id).all()\n{_AUTHORS}",
        f'posts = session.query(Post).options(joinedload("author")).order_by(Post.id).all()\n{_AUTHORS}',
        {"": "raises ArgumentError", "1.4": RIGHT},
        f"posts = session.query(Post).options(joinedload(Post.author)).order_by(Post.id).all()\n{_AUTHORS}",
        loaders="joinedload",
    ),
    _guard(
        "a dynamic relationship",
        "return [[s.id, sorted(book.id for book in s.books)] for s in session.query(Shelf).order_by(Shelf.id)]",
        "shelves = session.query(Shelf).options(selectinload(Shelf.books)).order_by(Shelf.id)\n"
        "return [[s.id, sorted(book.id for book in s.books)] for s in shelves]",
        "raises InvalidRequestError", "R-DYNAMIC", models="Shelf", add=_lazy("dynamic"),
    ),
    _guard(
        "a write-only relationship",
        "return [[e.id, len(session.scalars(e.logs.select()).all())] for e in session.query(Editor).order_by(Editor.id)]",
        "editors = session.query(Editor).options(selectinload(Editor.logs)).order_by(Editor.id)\n"
        "return [[e.id, len(session.scalars(e.logs.select()).all())] for e in editors]",
        "raises InvalidRequestError", "R-WRITEONLY", models="Editor", add=WRITE_ONLY, since="2.0",
        repeat=_child("logs.editor_id"),
    ),
    _guard(
        "S8 a noload relationship",
        "return [[s.id, len(s.books)] for s in session.query(Shelf).order_by(Shelf.id)]",
        "shelves = session.query(Shelf).options(selectinload(Shelf.books)).order_by(Shelf.id)\n"
        "return [[s.id, len(s.books)] for s in shelves]",
        OTHER_ROWS, "R-NOLOAD", models="Shelf", add=_lazy("noload"), repeat=_child("books.shelf_id"),
    ),
    _guard(
        "S8 a relationship that raises",
        "return [[s.id, len(s.books)] for s in session.query(Shelf).order_by(Shelf.id)]",
        "shelves = session.query(Shelf).options(selectinload(Shelf.books)).order_by(Shelf.id)\n"
        "return [[s.id, len(s.books)] for s in shelves]",
        OTHER_ROWS, "R-RAISE", models="Shelf", add=_lazy("raise"), repeat=_child("books.shelf_id"),
        fails="InvalidRequestError",
    ),
    _guard(
        "session.get() gives an object, not a query",
        "post = session.get(Post, session.query(Post.id).order_by(Post.id).first()[0])\n"
        "return sorted(comment.writer.id for comment in post.comments)",
        "post = session.get(Post, session.query(Post.id).order_by(Post.id).first()[0])"
        ".options(selectinload(Post.comments).joinedload(Comment.writer))\n"
        "return sorted(comment.writer.id for comment in post.comments)",
        "raises AttributeError",
        "post = session.get(Post, session.query(Post.id).order_by(Post.id).first()[0], "
        "options=[selectinload(Post.comments).selectinload(Comment.writer)])\n"
        "return sorted(comment.writer.id for comment in post.comments)",
        models="Comment, Post", loaders="selectinload",
    ),
    _guard(
        "S7 options of session.get() on an object that is there already",
        "posts = session.query(Post).order_by(Post.id).all()\n"
        "return [sorted(c.id for c in session.get(Post, post.id).comments) for post in posts]",
        "posts = session.query(Post).order_by(Post.id).all()\n"
        "return [sorted(c.id for c in session.get(Post, post.id, options=[selectinload(Post.comments)]).comments) "
        "for post in posts]",
        SAVES_NOTHING,
        "posts = session.query(Post).options(selectinload(Post.comments)).order_by(Post.id).all()\n"
        "return [sorted(c.id for c in session.get(Post, post.id).comments) for post in posts]",
        loaders="selectinload", tier="C",
    ),
    _guard(
        "S1 a join changes the order of unordered rows",
        f"posts = session.query(Post).all()\n{_AUTHORS}",
        f"posts = session.query(Post).options(joinedload(Post.author)).all()\n{_AUTHORS}",
        {"": RIGHT, "postgresql": OTHER_ROWS},
        f"posts = session.query(Post).options(selectinload(Post.author)).all()\n{_AUTHORS}",
        loaders="selectinload",
    ),
    _guard(
        "S1 a join changes which rows a LIMIT returns",
        f"posts = session.scalars(select(Post).limit(8)).all()\n{_AUTHORS}",
        f"posts = session.scalars(select(Post).options(joinedload(Post.author)).limit(8)).all()\n{_AUTHORS}",
        {"": RIGHT, "postgresql": OTHER_ROWS},
        f"posts = session.scalars(select(Post).options(selectinload(Post.author)).limit(8)).all()\n{_AUTHORS}",
        core="select", loaders="selectinload",
    ),
    _guard(
        "S1 ordered by a column with equal values",
        f"posts = session.query(Post).order_by(Post.title).all()\n{_AUTHORS}",
        f"posts = session.query(Post).options(joinedload(Post.author)).order_by(Post.title).all()\n{_AUTHORS}",
        {"": RIGHT, "postgresql": OTHER_ROWS},
        f"posts = session.query(Post).options(selectinload(Post.author)).order_by(Post.title).all()\n{_AUTHORS}",
        loaders="selectinload",
    ),
    _guard(
        "S2 two collections joined multiply each other",
        "posts = session.query(Post).order_by(Post.id).all()\n"
        "return [(post.id, len(post.comments), len(post.hits)) for post in posts]",
        "posts = session.query(Post).options(joinedload(Post.comments), joinedload(Post.hits)).order_by(Post.id).all()\n"
        "return [(post.id, len(post.comments), len(post.hits)) for post in posts]",
        MORE_ROWS,
        "posts = session.query(Post).options(selectinload(Post.comments), selectinload(Post.hits)).order_by(Post.id).all()\n"
        "return [(post.id, len(post.comments), len(post.hits)) for post in posts]",
        loaders="selectinload",
    ),
    _guard(
        "S3 the loop ends after a few rows",
        "found = []\nfor post in session.query(Post).order_by(Post.id):\n"
        "    found.append(len(post.comments))\n    if len(found) == 3:\n        break\nreturn found",
        "found = []\nfor post in session.query(Post).options(selectinload(Post.comments)).order_by(Post.id):\n"
        "    found.append(len(post.comments))\n    if len(found) == 3:\n        break\nreturn found",
        MORE_ROWS, "R-COND",
    ),
    _guard(
        "S3 read on few rows",
        "found = []\nfor post in session.query(Post).order_by(Post.id):\n"
        '    if post.title == "a":\n        found.append((len(post.comments), len(post.hits)))\nreturn found',
        "found = []\n"
        "for post in session.query(Post).options(selectinload(Post.comments), selectinload(Post.hits)).order_by(Post.id):\n"
        '    if post.title == "a":\n        found.append((len(post.comments), len(post.hits)))\nreturn found',
        MORE_ROWS, "", repeats=False,
    ),
    _guard(
        "S4 all rows share one target: nothing repeats",
        f"posts = session.query(Post).order_by(Post.id).all()\n{_AUTHORS}",
        f"posts = session.query(Post).options(joinedload(Post.author)).order_by(Post.id).all()\n{_AUTHORS}",
        SAVES_NOTHING, "", repeats=False, one_author=True,
    ),
    _guard(
        "S5 a commit in the loop",
        "found = []\nfor post in session.query(Post).order_by(Post.id).all():\n"
        '    found.append(len(post.comments))\n    post.title = "c"\n    session.commit()\nreturn found',
        "found = []\nfor post in session.query(Post).options(selectinload(Post.comments)).order_by(Post.id).all():\n"
        '    found.append(len(post.comments))\n    post.title = "c"\n    session.commit()\nreturn found',
        SAVES_NOTHING, "R-COMMIT",
    ),
    _guard(
        "S6 unique() takes the duplicates of an explicit join away",
        f"posts = session.scalars(select(Post).join(Post.hits).order_by(Post.id)).all()\n{_COMMENTS}",
        "posts = session.scalars(select(Post).join(Post.hits).options(joinedload(Post.comments)).order_by(Post.id))"
        f".unique().all()\n{_COMMENTS}",
        OTHER_ROWS,
        "posts = session.scalars(select(Post).options(selectinload(Post.comments)).join(Post.hits).order_by(Post.id))"
        f".all()\n{_COMMENTS}",
        core="select", loaders="selectinload",
    ),
    _guard(
        "S7 a relationship of a subclass",
        'videos = session.query(Post).filter(Post.kind == "video").order_by(Post.id).all()\n'
        "return [(video.id, video.studio.id) for video in videos]",
        'videos = session.query(Post).options(joinedload(Video.studio)).filter(Post.kind == "video").order_by(Post.id)\n'
        "return [(video.id, video.studio.id) for video in videos]",
        SAVES_NOTHING, "R-SUBCLASS",
    ),
    _guard(
        "S7 a statement written by hand",
        f'posts = session.query(Post).from_statement(text("SELECT * FROM posts ORDER BY id")).all()\n{_AUTHORS}',
        "posts = session.query(Post).options(joinedload(Post.author))"
        f'.from_statement(text("SELECT * FROM posts ORDER BY id")).all()\n{_AUTHORS}',
        SAVES_NOTHING,
        "posts = session.query(Post).options(selectinload(Post.author))"
        f'.from_statement(text("SELECT * FROM posts ORDER BY id")).all()\n{_AUTHORS}',
        core="text", loaders="selectinload",
    ),
    _guard(
        "S7 a statement written by hand, in the 2.0 style",
        f'posts = session.scalars(select(Post).from_statement(text("SELECT * FROM posts ORDER BY id"))).all()\n{_AUTHORS}',
        "posts = session.scalars(select(Post).options(joinedload(Post.author))"
        f'.from_statement(text("SELECT * FROM posts ORDER BY id"))).all()\n{_AUTHORS}',
        SAVES_NOTHING,
        "posts = session.scalars(select(Post).options(selectinload(Post.author))"
        f'.from_statement(text("SELECT * FROM posts ORDER BY id"))).all()\n{_AUTHORS}',
        core="select, text", loaders="selectinload",
    ),
    _guard(
        "S9 the loop adds to what it reads",
        "found = []\nfirst = session.query(Post).order_by(Post.id).first()\n"
        "for post in session.query(Post).order_by(Post.id.desc()).all():\n"
        "    session.add(Comment(id=9000 + post.id, post_id=first.id))\n    session.flush()\n    found.append(len(post.comments))\n"
        "return found",
        "found = []\nfirst = session.query(Post).order_by(Post.id).first()\n"
        "for post in session.query(Post).options(selectinload(Post.comments)).order_by(Post.id.desc()).all():\n"
        "    session.add(Comment(id=9000 + post.id, post_id=first.id))\n    session.flush()\n    found.append(len(post.comments))\n"
        "return found",
        OTHER_ROWS, "R-WRITE", models="Comment, Post",
    ),
    _guard(
        "S10 a backref before the mappers are configured, under select()",
        "hits = session.scalars(select(Hit).order_by(Hit.id)).all()\nreturn [hit.post.id for hit in hits]",
        "hits = session.scalars(select(Hit).options(joinedload(Hit.post)).order_by(Hit.id)).all()\n"
        "return [hit.post.id for hit in hits]",
        "raises AttributeError",
        "hits = session.scalars(select(Hit).options(joinedload(Hit.post)).order_by(Hit.id)).all()\n"
        "return [hit.post.id for hit in hits]",
        models="Hit", core="select", loaders="joinedload", tier="C",
    ),
    _guard(
        "S10 a backref with a legacy query, which configures them first",
        "hits = session.query(Hit).order_by(Hit.id).all()\nreturn [hit.post.id for hit in hits]",
        "hits = session.query(Hit).options(joinedload(Hit.post)).order_by(Hit.id).all()\n"
        "return [hit.post.id for hit in hits]",
        RIGHT,
        "hits = session.query(Hit).options(joinedload(Hit.post)).order_by(Hit.id).all()\n"
        "return [hit.post.id for hit in hits]",
        models="Hit", loaders="joinedload",
    ),
    _guard(
        "S14 row locks on the nullable side of a join",
        f"posts = session.query(Post).order_by(Post.id).with_for_update().all()\n{_AUTHORS}",
        f"posts = session.query(Post).options(joinedload(Post.author)).order_by(Post.id).with_for_update().all()\n{_AUTHORS}",
        {"": RIGHT, "postgresql": "raises NotSupportedError"},
        "posts = session.query(Post).options(selectinload(Post.author)).order_by(Post.id).with_for_update().all()\n"
        f"{_AUTHORS}",
        loaders="selectinload",
    ),
    _guard(
        "S14 rows grouped by their key",
        f"posts = session.query(Post).join(Post.hits).group_by(Post.id).order_by(Post.id).all()\n{_AUTHORS}",
        "posts = session.query(Post).options(joinedload(Post.author)).join(Post.hits).group_by(Post.id)"
        f".order_by(Post.id).all()\n{_AUTHORS}",
        {"": RIGHT, "1.4 postgresql": "raises ProgrammingError", "2.0 postgresql": "raises ProgrammingError"},
        "posts = session.query(Post).options(selectinload(Post.author)).join(Post.hits).group_by(Post.id)"
        f".order_by(Post.id).all()\n{_AUTHORS}",
        loaders="selectinload",
    ),
    _guard(
        "S14 distinct rows, joined with a column that has no equality",
        f"posts = session.query(Post).distinct().order_by(Post.id).all()\n{_AUTHORS}",
        f"posts = session.query(Post).options(joinedload(Post.author)).distinct().order_by(Post.id).all()\n{_AUTHORS}",
        {"": RIGHT, "1.4 postgresql": "raises ProgrammingError", "2.0 postgresql": "raises ProgrammingError"},
        f"posts = session.query(Post).options(selectinload(Post.author)).distinct().order_by(Post.id).all()\n{_AUTHORS}",
        loaders="selectinload",
    ),
    _guard(
        "S22 lazy loads flush what the loop assigns",
        "found = []\nfor post in session.query(Post).order_by(Post.id).all():\n"
        '    found.append(len(post.comments))\n    post.title = "c"\nreturn found',
        "found = []\nfor post in session.query(Post).options(selectinload(Post.comments)).order_by(Post.id).all():\n"
        '    found.append(len(post.comments))\n    post.title = "c"\nreturn found',
        OTHER_WRITES,
        "found = []\nfor post in session.query(Post).options(selectinload(Post.comments)).order_by(Post.id).all():\n"
        '    found.append(len(post.comments))\n    post.title = "c"\nreturn found',
        loaders="selectinload", tier="C",
    ),
    _guard(
        "an alias",
        "writing = aliased(Post)\nposts = session.query(writing).order_by(writing.id).all()\n" + _AUTHORS,
        "writing = aliased(Post)\n"
        "posts = session.query(writing).options(joinedload(Post.author)).order_by(writing.id).all()\n" + _AUTHORS,
        "raises ArgumentError", "R-UNRESOLVED", orm="aliased",
    ),
    _guard(
        "a union",
        f"posts = session.query(Post).union(session.query(Post)).order_by(Post.id).all()\n{_AUTHORS}",
        f"posts = session.query(Post).options(joinedload(Post.author)).union(session.query(Post)).order_by(Post.id).all()\n"
        f"{_AUTHORS}",
        RIGHT,
        f"posts = session.query(Post).options(selectinload(Post.author)).union(session.query(Post)).order_by(Post.id).all()\n"
        f"{_AUTHORS}",
        loaders="selectinload",
    ),
    _guard(
        "an inner join drops rows without a target",
        f"posts = session.query(Post).order_by(Post.id).all()\n{_AUTHORS}",
        f"posts = session.query(Post).options(joinedload(Post.author, innerjoin=True)).order_by(Post.id).all()\n{_AUTHORS}",
        OTHER_ROWS,
        f"posts = session.query(Post).options(joinedload(Post.author)).order_by(Post.id).all()\n{_AUTHORS}",
        loaders="joinedload",
    ),
    _guard(
        "a relationship declared with an inner join drops them too",
        f"posts = session.query(Note).order_by(Note.id).all()\n{_AUTHORS}",
        f"posts = session.query(Note).options(joinedload(Note.author)).order_by(Note.id).all()\n{_AUTHORS}",
        OTHER_ROWS,
        f"posts = session.query(Note).options(selectinload(Note.author)).order_by(Note.id).all()\n{_AUTHORS}",
        models="Note", loaders="selectinload",
        add="""

class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    author_id = Column(ForeignKey("authors.id"))
    author = relationship("Author", innerjoin=True)
""",
    ),
    _guard(
        "a leaf without its path",
        "posts = session.query(Post).order_by(Post.id).all()\n"
        "return [sorted(comment.writer.id for comment in post.comments) for post in posts]",
        "posts = session.query(Post).options(joinedload(Comment.writer)).order_by(Post.id).all()\n"
        "return [sorted(comment.writer.id for comment in post.comments) for post in posts]",
        "raises ArgumentError",
        "posts = session.query(Post).options(selectinload(Post.comments).selectinload(Comment.writer))"
        ".order_by(Post.id).all()\n"
        "return [sorted(comment.writer.id for comment in post.comments) for post in posts]",
        models="Comment, Post", loaders="selectinload",
    ),
    _guard(
        "a default loader in the middle of a path leaves it lazy",
        "posts = session.query(Post).order_by(Post.id).all()\n"
        "return [post.author.company.id if post.author else None for post in posts]",
        "posts = session.query(Post).options(defaultload(Post.author).joinedload(Author.company)).order_by(Post.id).all()\n"
        "return [post.author.company.id if post.author else None for post in posts]",
        STILL_GROWS,
        "posts = session.query(Post).options(joinedload(Post.author).joinedload(Author.company)).order_by(Post.id).all()\n"
        "return [post.author.company.id if post.author else None for post in posts]",
        models="Author, Post", loaders="joinedload",
    ),
    _guard(
        "an association proxy takes no loader",
        "posts = session.query(Post).order_by(Post.id).all()\nreturn [sorted(w.id for w in post.replies) for post in posts]",
        "posts = session.query(Post).options(selectinload(Post.replies)).order_by(Post.id).all()\n"
        "return [sorted(w.id for w in post.replies) for post in posts]",
        {"": "raises ArgumentError", "1.4": "raises TypeError"},
        "posts = session.query(Post).options(selectinload(Post.comments).selectinload(Comment.writer))"
        ".order_by(Post.id).all()\nreturn [sorted(w.id for w in post.replies) for post in posts]",
        models="Comment, Post", loaders="selectinload",
    ),
    _guard(
        "a tree: one option loads one level",
        f"{_DEPTH}nodes = session.query(Node).filter(Node.parent_id.is_(None)).order_by(Node.id).all()\n"
        "return [depth(node) for node in nodes]",
        f"{_DEPTH}nodes = session.query(Node).options(selectinload(Node.children)).filter(Node.parent_id.is_(None))"
        ".order_by(Node.id).all()\nreturn [depth(node) for node in nodes]",
        STILL_GROWS, "R-UNRESOLVED", models="Node",
    ),
    _guard(
        "two hops that issue the same statement",
        "comments = session.query(Line).order_by(Line.id).all()\nreturn [line.item.twin.id for line in comments]",
        "comments = session.query(Line).options(joinedload(Line.item)).order_by(Line.id).all()\n"
        "return [line.item.twin.id for line in comments]",
        STILL_GROWS,
        "comments = session.query(Line).options(joinedload(Line.item).joinedload(Item.twin)).order_by(Line.id).all()\n"
        "return [line.item.twin.id for line in comments]",
        models="Item, Line", loaders="joinedload",
        add="""

class Item(Base):
    __tablename__ = "items"
    id = Column(Integer, primary_key=True)
    twin_id = Column(ForeignKey("items.id"))
    twin = relationship("Item", remote_side=[id])


class Line(Base):
    __tablename__ = "lines"
    id = Column(Integer, primary_key=True)
    item_id = Column(ForeignKey("items.id"))
    item = relationship("Item")
""",
    ),
    _guard(
        "two entities in one row",
        "pairs = session.query(Post, Author).join(Author, Post.author_id == Author.id).order_by(Post.id).all()\n"
        "return [(post.id, len(post.comments), author.id) for post, author in pairs]",
        "pairs = session.query(Post, Author).options(joinedload(Post.comments))"
        ".join(Author, Post.author_id == Author.id).order_by(Post.id).all()\n"
        "return [(post.id, len(post.comments), author.id) for post, author in pairs]",
        RIGHT,
        "pairs = session.query(Post, Author).options(selectinload(Post.comments))"
        ".join(Author, Post.author_id == Author.id).order_by(Post.id).all()\n"
        "return [(post.id, len(post.comments), author.id) for post, author in pairs]",
        models="Author, Post", loaders="selectinload",
    ),
    _guard(
        "contains_eager on a filtered join loads a part of the collection",
        "posts = session.query(Post).join(Post.hits).filter(Hit.id % 10 == 1).order_by(Post.id).all()\n"
        "return [(post.id, len(post.hits)) for post in posts]",
        "posts = session.query(Post).options(contains_eager(Post.hits)).join(Post.hits).filter(Hit.id % 10 == 1)"
        ".order_by(Post.id).all()\nreturn [(post.id, len(post.hits)) for post in posts]",
        OTHER_ROWS,
        "posts = session.query(Post).options(selectinload(Post.hits)).join(Post.hits).filter(Hit.id % 10 == 1)"
        ".order_by(Post.id).all()\nreturn [(post.id, len(post.hits)) for post in posts]",
        models="Hit, Post", loaders="selectinload",
    ),
)  # fmt: skip
