"""The cases of `sqlalchemy-eager-load`: what it changes, and what it leaves alone with which code."""

from codemods.api import Case, Repeat, Tier

MODELS = """\
from sqlalchemy import Column, ForeignKey, Integer, String, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, backref, mapped_column, relationship


class Base(DeclarativeBase):
    pass


post_tags = Table("post_tags", Base.metadata, Column("post_id", ForeignKey("posts.id")), Column("tag_id", ForeignKey("tags.id")))


class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(80), unique=True)


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    author: Mapped["Author"] = relationship()
    tags: Mapped[list["Tag"]] = relationship(secondary=post_tags)
    comments = relationship("Comment", back_populates="post")
    hits: Mapped[list["Hit"]] = relationship(lazy="dynamic")
    drafts = relationship("Draft", lazy="noload")
    edits = relationship(lambda: Edit, lazy="selectin")

    def byline(self):
        return self.author.email


class Video(Post):
    __tablename__ = "videos"
    id = Column(Integer, ForeignKey("posts.id"), primary_key=True)
    studio_id = Column(ForeignKey("studios.id"))
    studio = relationship("Studio", backref=backref("videos"))


class Studio(Base):
    __tablename__ = "studios"
    id = Column(Integer, primary_key=True)


class Comment(Base):
    __tablename__ = "comments"
    id = Column(Integer, primary_key=True)
    post_id = Column(Integer, ForeignKey("posts.id"))
    writer_id = Column(Integer, ForeignKey("authors.id"))
    checker_id = Column(Integer, ForeignKey(Author.id))
    post = relationship("Post", back_populates="comments")
    writer = relationship("Author", foreign_keys=[writer_id])
    checker = relationship(Author, foreign_keys=[checker_id])


class Hit(Base):
    __tablename__ = "hits"
    id = Column(Integer, primary_key=True)
    post_id = Column(Integer, ForeignKey("posts.id"))


class Draft(Base):
    __tablename__ = "drafts"
    id = Column(Integer, primary_key=True)
    post_id = Column(Integer, ForeignKey("posts.id"))


class Edit(Base):
    __tablename__ = "edits"
    id = Column(Integer, primary_key=True)
    post_id = Column(Integer, ForeignKey("posts.id"))
"""

_COMMENT = MODELS[MODELS.index("class Comment(") : MODELS.index("class Hit(")]
_WITHOUT_COMMENT = MODELS.replace(_COMMENT, "")

_WITH_FIND = MODELS.replace(
    "    def byline(self):",
    """\
    @classmethod
    def find(cls, title):
        return cls.query.filter(cls.title != title)

    def byline(self):""",
)
_WITH_REPLIES = MODELS.replace(
    "    def byline(self):",
    '    replies = relationship("Comment", lazy="dynamic", viewonly=True)\n\n    def byline(self):',
)
_WITH_PROXY = MODELS.replace(
    "    def byline(self):", '    writers = association_proxy("comments", "writer")\n\n    def byline(self):'
).replace(
    "from sqlalchemy.orm", "from sqlalchemy.ext.associationproxy import association_proxy\nfrom sqlalchemy.orm", 1
)
_WITH_SHOWN = MODELS.replace(
    "    def byline(self):",
    """\
    @property
    def shown(self):
        return [comment for comment in self.comments if comment.id]

    def byline(self):""",
)

_WITH_OWNER = MODELS.replace(
    "    writer = relationship(",
    """\
    draft_id = Column(Integer, ForeignKey("drafts.id"))
    draft = relationship("Draft")

    @property
    def owner(self):
        if self.post_id:
            return self.post
        else:
            return self.draft

    writer = relationship(""",
)

AUTHOR = Repeat(
    "author",
    ("authors",),
    ("authors.id",),
    50,
    "column_equals_parameter",
    "SELECT authors.id FROM authors WHERE authors.id = ?",
)
COMMENTS = Repeat(
    "comments",
    ("comments",),
    ("comments.post_id",),
    50,
    "parameter_equals_column",
    "SELECT comments.id FROM comments WHERE ? = comments.post_id",
)
TAGS = Repeat(
    "tags",
    ("tags", "post_tags"),
    ("post_tags.post_id",),
    50,
    "link_table",
    "SELECT tags.id FROM tags, post_tags WHERE ? = post_tags.post_id",
)


def _child(table: str) -> Repeat:
    return Repeat(
        table,
        (table,),
        (f"{table}.post_id",),
        50,
        "parameter_equals_column",
        f"SELECT {table}.id FROM {table} WHERE ? = {table}.post_id",
    )


def _studio() -> Repeat:
    return Repeat(
        "studio", ("studios",), ("studios.id",), 50, statement="SELECT studios.id FROM studios WHERE studios.id = ?"
    )


def _post_by_id() -> Repeat:
    return Repeat("post", ("posts",), ("posts.id",), 50, statement="SELECT posts.id FROM posts WHERE posts.id = ?")


def changed(
    name: str, before: str, after: str, *repeats: Repeat, tier: Tier = "B", files: dict[str, str] | None = None
) -> Case:
    return Case(name, before, after, repeats or (AUTHOR,), tier=tier, files={"models.py": MODELS, **(files or {})})


def untouched(name: str, code: str, before: str, *repeats: Repeat, files: dict[str, str] | None = None) -> Case:
    return Case(name, before, None, repeats or (AUTHOR,), code, files={"models.py": MODELS, **(files or {})})


def _runs_on(version: str) -> dict[str, str]:
    return {"requirements.txt": f"SQLAlchemy=={version}\n"}


_LEGACY = """\
from models import Post


def view(session):
    posts = session.query(Post).order_by(Post.id){steps}.all()
    return [post.author.email for post in posts]
"""

_SELECT = """\
from sqlalchemy import select
{imports}
from models import Post


def view(session):
    posts = session.scalars(select(Post){steps}).all()
    return [{read} for post in posts]
"""

_BYLINES = _LEGACY.format(steps="").replace("author.email", "byline()").replace("import Post", "import Comment, Post")
_BYLINE = """byline(self):
        if self.comments:
            return self.comments[-1].writer.email
"""
_PAGED = """\
from lib import paginate_query
from models import Post


def view(session):
    posts = paginate_query(session, Post)
    if not posts:
        return []
    return [post.author.email for post in posts.all()]
"""
_PAGED_AFTER = """\
from lib import paginate_query
from sqlalchemy.orm import selectinload
from models import Post


def view(session):
    posts = paginate_query(session, Post)
    if not posts:
        return []
    return [post.author.email for post in posts.options(selectinload(Post.author)).all()]
"""

_ENTRY = """\
from app import Posts


def view():
    posts = Posts()
    return posts.page()
"""

_SERVICE = """\
from models import Post


class Posts:
    def page(self):
        return [row(post) for post in Post.query.order_by(Post.id)]


def row(post):
    return post.author.email
"""

_LOOP = """\
from models import Post


def view(session):
    found = []
    for post in session.query(Post).order_by(Post.id):
{body}
    return found
"""


def _legacy(steps: str = "") -> str:
    return _LEGACY.replace("{steps}", steps)


def _some_rows(steps: str = "") -> str:
    return _legacy(f"{steps}.limit(90)").replace(".order_by(Post.id)", ".order_by(Post.title)")


def _select(steps: str, imports: str = "", read: str = "post.author.email") -> str:
    return _SELECT.format(steps=steps, imports=f"{imports}\n" if imports else "", read=read)


def _loop(*lines: str) -> str:
    return _LOOP.replace("{body}", "\n".join(f"        {line}" for line in lines))


def _joined(text: str) -> str:
    """The loop over `session.query(Post)` with its author joined."""
    text = text.replace("session.query(Post)", "session.query(Post).options(joinedload(Post.author))")
    return text.replace("from models import", "from sqlalchemy.orm import joinedload\n\nfrom models import", 1)


_COMMENTS_OF_POSTS = """\
from sqlalchemy import select
from sqlalchemy.orm import {loaders}

from models import Author, Comment, Post


def view(session):
    posts = session.scalars(select(Post){steps}).all()
    return [[comment.{read}.email for comment in post.comments] for post in posts]
"""

_POST_OF_COMMENTS = """\
from sqlalchemy.orm import {loaders}

from models import Author, Comment, Post


def view(session):
    return [comment.post.author.email for comment in session.query(Comment){steps}.order_by(Comment.id)]
"""


def _comments(steps: str, loaders: str, read: str = "writer") -> str:
    return _COMMENTS_OF_POSTS.format(steps=steps, loaders=loaders, read=read)


def _post(steps: str, loaders: str) -> str:
    return _POST_OF_COMMENTS.format(steps=steps, loaders=loaders)


_STRATEGY = """\
from sqlalchemy.orm import joinedload

from models import Comment, Post


def view(session):
    posts = joinedload(Post.comments)
    {more}
    rows = session.query(Post).options(posts).order_by(Post.id).all()
    return [[comment.writer.email for comment in post.comments] for post in rows]
"""

_MADE = """\
from sqlalchemy.orm import joinedload

from models import Post


def view(session):
    return [post.author.email for post in posts(session).filter(Post.id > 9)]


def posts(session):
    return session.query(Post).options(joinedload(Post.tags))
"""

_ANOTHER = """

def titles(session):
    return [post.title for post in posts(session)]
"""


_CHANGED = (
    changed("legacy query, ordered by primary key: join", _legacy(), _joined(_legacy())),
    changed(
        "legacy query, ordered, with a limit: join",
        _legacy(".limit(50)"),
        _joined(_legacy(".limit(50)")),
    ),
    changed(
        "select, ordered by a unique column: join",
        _select(".order_by(Post.title, Post.slug.desc()).limit(50)"),
        _select(
            ".options(joinedload(Post.author)).order_by(Post.title, Post.slug.desc()).limit(50)",
            "from sqlalchemy.orm import joinedload",
        ),
    ),
    changed(
        "limit without an order: separate select",
        _select(".limit(50)"),
        _select(".options(selectinload(Post.author)).limit(50)", "from sqlalchemy.orm import selectinload"),
    ),
    changed(
        "order by a column that is not unique: separate select",
        _select(".order_by(Post.title)"),
        _select(".options(selectinload(Post.author)).order_by(Post.title)", "from sqlalchemy.orm import selectinload"),
    ),
    changed(
        "order by a function, then a cancelled order: separate select",
        _select(".order_by(func.random()).order_by(Post.id).order_by(None)"),
        _select(
            ".options(selectinload(Post.author)).order_by(func.random()).order_by(Post.id).order_by(None)",
            "from sqlalchemy.orm import selectinload",
        ),
    ),
    changed(
        "row locks: separate select",
        _legacy(".with_for_update()"),
        _joined(_legacy(".with_for_update()")).replace("joinedload", "selectinload"),
    ),
    changed(
        "a version without selectinload: the separate select that it has",
        _legacy(".distinct()"),
        _joined(_legacy(".distinct()")).replace("joinedload", "subqueryload"),
        tier="C",
        files=_runs_on("1.1.15"),
    ),
    changed(
        "a version without selectinload, ordered: join",
        _legacy(),
        _joined(_legacy()),
        files=_runs_on("1.1.15"),
    ),
    changed(
        "the first version with selectinload",
        _legacy(".distinct()"),
        _joined(_legacy(".distinct()")).replace("joinedload", "selectinload"),
        files=_runs_on("1.2"),
    ),
    changed(
        "a step that is not known to keep rows: separate select",
        _legacy(".distinct()"),
        _joined(_legacy(".distinct()")).replace("joinedload", "selectinload"),
    ),
    changed(
        "collection: separate select, import merged in place",
        _select(".order_by(Post.id)", "from sqlalchemy.orm import Session", "len(post.comments)"),
        _select(
            ".options(selectinload(Post.comments)).order_by(Post.id)",
            "from sqlalchemy.orm import Session, selectinload",
            "len(post.comments)",
        ),
        COMMENTS,
    ),
    changed(
        "many-to-many by its link table",
        _select("", read="post.tags"),
        _select(".options(selectinload(Post.tags))", "from sqlalchemy.orm import selectinload", "post.tags"),
        TAGS,
    ),
    changed(
        "two relationships of one loop: one patch",
        _select(".order_by(Post.id)", read="(post.author.email, post.comments)"),
        _select(
            ".options(joinedload(Post.author), selectinload(Post.comments)).order_by(Post.id)",
            "from sqlalchemy.orm import joinedload, selectinload",
            "(post.author.email, post.comments)",
        ),
        AUTHOR,
        COMMENTS,
    ),
    changed(
        "one relationship is loaded already: the other is added to the same options",
        _select(
            ".options(selectinload(Post.comments)).order_by(Post.id)",
            "from sqlalchemy.orm import selectinload",
            "(post.author.email, post.comments)",
        ),
        _select(
            ".options(selectinload(Post.comments), joinedload(Post.author)).order_by(Post.id)",
            "from sqlalchemy.orm import joinedload, selectinload",
            "(post.author.email, post.comments)",
        ),
        AUTHOR,
        COMMENTS,
    ),
    changed(
        "two relationships with the same SQL, both read: both, in rows since the line would be too long",
        """\
from models import Comment


def view(session):
    return [(c.writer.email, c.checker.email) for c in session.query(Comment).order_by(Comment.id)]
""",
        """\
from sqlalchemy.orm import joinedload

from models import Comment


def view(session):
    return [(c.writer.email, c.checker.email) for c in session.query(Comment).options(
        joinedload(Comment.writer),
        joinedload(Comment.checker),
    ).order_by(Comment.id)]
""",
    ),
    changed(
        "two relationships with the same SQL, one read: that one",
        """\
from models import Comment


def view(session):
    return [c.checker.email for c in session.query(Comment).order_by(Comment.id)]
""",
        """\
from sqlalchemy.orm import joinedload

from models import Comment


def view(session):
    return [c.checker.email for c in session.query(Comment).options(joinedload(Comment.checker)).order_by(Comment.id)]
""",
    ),
    changed(
        "a chain over several lines keeps its layout, comments and continuation",
        """\
import models


def view(session):
    query = (
        session.query(models.Post)
        .filter(models.Post.title != "")  # drafts
        .order_by(models.Post.id)
    )
    query = query.limit(100)
    return [post.author.email for post in query.all()]
""",
        """\
from sqlalchemy.orm import joinedload

import models


def view(session):
    query = (
        session.query(models.Post)
        .options(joinedload(models.Post.author))
        .filter(models.Post.title != "")  # drafts
        .order_by(models.Post.id)
    )
    query = query.limit(100)
    return [post.author.email for post in query.all()]
""",
    ),
    Case(
        "Model.query, found behind a service and a method",
        _SERVICE,
        _SERVICE.replace("Post.query", "Post.query.options(joinedload(Post.author))").replace(
            "from models import", "from sqlalchemy.orm import joinedload\n\nfrom models import"
        ),
        (AUTHOR,),
        files={"models.py": MODELS, "entry.py": _ENTRY},
        entry="entry.py",
    ),
    changed(
        "a relationship inherited from the parent model",
        """\
from models import Video


def view(session):
    return [video.author.email for video in session.query(Video).order_by(Video.title)]
""",
        """\
from sqlalchemy.orm import selectinload

from models import Video


def view(session):
    return [video.author.email for video in session.query(Video).options(selectinload(Video.author)).order_by(Video.title)]
""",
    ),
    changed(
        "a None check on the relationship or its key is no condition",
        _loop("if post.author_id:", "    found.append(post.author.email if post.author else None)"),
        _joined(_loop("if post.author_id:", "    found.append(post.author.email if post.author else None)")),
    ),
    changed(
        "read under a condition: a draft",
        _loop("if post.title:", "    found.append(post.author.email)"),
        _joined(_loop("if post.title:", "    found.append(post.author.email)")),
        tier="C",
    ),
    changed(
        "a dictionary is updated, rows are read in a helper: no write of the database",
        """\
from models import Post


def posts(session):
    return session.query(Post).order_by(Post.id).all()


def view(session):
    found = {}
    for post in posts(session):
        found.update({post.id: post.author.email})
    return found
""",
        """\
from sqlalchemy.orm import joinedload

from models import Post


def posts(session):
    return session.query(Post).options(joinedload(Post.author)).order_by(Post.id).all()


def view(session):
    found = {}
    for post in posts(session):
        found.update({post.id: post.author.email})
    return found
""",
    ),
    changed(
        "the loop assigns to its rows: a draft",
        _loop("post.title = post.author.email"),
        _joined(_loop("post.title = post.author.email")),
        tier="C",
    ),
    changed(
        "the loop flushes: a draft",
        _loop("found.append(post.author.email)", "session.flush()"),
        _joined(_loop("found.append(post.author.email)", "session.flush()")),
        tier="C",
    ),
    changed(
        "nothing is seen to read it: a draft",
        """\
from models import Post


def view(session):
    return render(session.query(Post).order_by(Post.id).all())
""",
        """\
from sqlalchemy.orm import joinedload

from models import Post


def view(session):
    return render(session.query(Post).options(joinedload(Post.author)).order_by(Post.id).all())
""",
        tier="C",
    ),
    changed(
        "a backref under select(): a draft",
        """\
from sqlalchemy import select

from models import Studio


def view(session):
    return [studio.videos for studio in session.scalars(select(Studio))]
""",
        """\
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from models import Studio


def view(session):
    return [studio.videos for studio in session.scalars(select(Studio).options(selectinload(Studio.videos)))]
""",
        Repeat(
            "videos",
            ("videos",),
            ("videos.studio_id",),
            50,
            statement="SELECT videos.id FROM videos WHERE ? = videos.studio_id",
        ),
        tier="C",
    ),
    changed(
        "read by a method of the model",
        _legacy().replace("post.author.email", "post.byline()"),
        _joined(_legacy()).replace("post.author.email", "post.byline()"),
    ),
    changed(
        "two hops, to-one and to-one, ordered by primary key: joins",
        _post("", "joinedload"),
        _post(".options(joinedload(Comment.post).joinedload(Post.author))", "joinedload"),
    ),
    changed(
        "two hops, a collection and to-one: separate selects, both repeats in one path",
        _comments("", "selectinload"),
        _comments(".options(selectinload(Post.comments).selectinload(Comment.writer))", "selectinload"),
        AUTHOR,
        COMMENTS,
    ),
    changed(
        "two hops, the model on the way named through its module",
        """\
import models


def view(session):
    posts = session.query(models.Post).order_by(models.Post.id)
    return [[comment.writer.email for comment in post.comments] for post in posts]
""",
        """\
from sqlalchemy.orm import selectinload

import models


def view(session):
    posts = session.query(models.Post).options(selectinload(models.Post.comments).selectinload(models.Comment.writer)).order_by(models.Post.id)
    return [[comment.writer.email for comment in post.comments] for post in posts]
""",
    ),
    changed(
        "a model on the way that is not imported: it is, beside the one that is",
        _comments("", "selectinload").replace("Comment, ", ""),
        _comments(".options(selectinload(Post.comments).selectinload(Comment.writer))", "selectinload"),
    ),
    changed(
        "two queries of one function, both seen to read it: both",
        """\
from models import Post


def view(session):
    a = session.query(Post).order_by(Post.id)
    b = session.query(Post).order_by(Post.title)
    return [p.author for p in a], [p.author for p in b]
""",
        """\
from sqlalchemy.orm import joinedload, selectinload

from models import Post


def view(session):
    a = session.query(Post).options(joinedload(Post.author)).order_by(Post.id)
    b = session.query(Post).options(selectinload(Post.author)).order_by(Post.title)
    return [p.author for p in a], [p.author for p in b]
""",
    ),
    changed(
        "the first hop is loaded already: the path repeats its option",
        _comments(".options(selectinload(Post.comments))", "selectinload"),
        _comments(
            ".options(selectinload(Post.comments), selectinload(Post.comments).selectinload(Comment.writer))",
            "selectinload",
        ),
    ),
    changed(
        "the first hop is loaded by an inner join: it stays one",
        _post(".options(joinedload(Comment.post, innerjoin=True))", "joinedload"),
        _post(
            ".options(joinedload(Comment.post, innerjoin=True), joinedload(Comment.post, innerjoin=True).joinedload(Post.author))",
            "joinedload",
        ),
    ),
    changed(
        "the first hop is loaded with a criterion: it keeps it",
        _comments(".options(selectinload(Post.comments.and_(Comment.id > 9)))", "selectinload"),
        _comments(
            ".options(selectinload(Post.comments.and_(Comment.id > 9)), selectinload(Post.comments.and_(Comment.id > 9)).selectinload(Comment.writer))",
            "selectinload",
        ),
    ),
    changed(
        "options inside the options of the first hop stay",
        _comments(
            ".options(selectinload(Post.comments).options(joinedload(Comment.checker), load_only(Comment.writer_id)))",
            "joinedload, load_only, selectinload",
        ),
        _comments(
            ".options(selectinload(Post.comments).options(joinedload(Comment.checker), load_only(Comment.writer_id)), selectinload(Post.comments).selectinload(Comment.writer))",
            "joinedload, load_only, selectinload",
        ),
    ),
    changed(
        "defaultload loads nothing by itself",
        _legacy(".options(defaultload(Post.author).load_only(Author.email))").replace(
            "from models import", "from sqlalchemy.orm import defaultload, joinedload\n\nfrom models import Author,"
        ),
        _joined(_legacy(".options(defaultload(Post.author).load_only(Author.email))")).replace(
            "import joinedload\n\nfrom models import", "import defaultload, joinedload\n\nfrom models import Author,"
        ),
    ),
    changed(
        "an opt-out below another hop",
        _select(
            ".options(defaultload(Post.comments).raiseload(Comment.checker)).order_by(Post.id)",
            "from sqlalchemy.orm import defaultload, joinedload, raiseload\n\nfrom models import Comment",
        ),
        _select(
            ".options(defaultload(Post.comments).raiseload(Comment.checker), joinedload(Post.author)).order_by(Post.id)",
            "from sqlalchemy.orm import defaultload, joinedload, raiseload\n\nfrom models import Comment",
        ),
    ),
    changed(
        "read on every row beside what the trace shows: into the same patch",
        _loop("found.append((post.author.email, post.tags, len(post.comments)))"),
        _joined(_loop("found.append((post.author.email, post.tags, len(post.comments)))"))
        .replace(
            "joinedload(Post.author)",
            """
        joinedload(Post.author),
        selectinload(Post.tags),
        selectinload(Post.comments),
    """,
        )
        .replace("import joinedload", "import joinedload, selectinload"),
    ),
    changed(
        "two ways of the same length, both read: both",
        _comments("", "selectinload").replace("comment.writer.email", "(comment.writer.email, comment.checker.email)"),
        _comments(
            """.options(
        selectinload(Post.comments).selectinload(Comment.checker),
        selectinload(Post.comments).selectinload(Comment.writer),
    )""",
            "selectinload",
        ).replace("comment.writer.email", "(comment.writer.email, comment.checker.email)"),
    ),
    changed(
        "two ways of the same length, one read on some rows only: the other",
        _comments("", "selectinload").replace("comment.writer.email", "comment.writer.email or comment.checker"),
        _comments(".options(selectinload(Post.comments).selectinload(Comment.writer))", "selectinload").replace(
            "comment.writer.email", "comment.writer.email or comment.checker"
        ),
    ),
    changed(
        "what the rows of a collection stand for, which only the model's default loads: named with it",
        _comments("", "selectinload"),
        _comments(".options(selectinload(Post.comments).joinedload(Comment.writer))", "joinedload, selectinload"),
        COMMENTS,
        files={"models.py": MODELS.replace("[writer_id])", '[writer_id], lazy="joined")')},
    ),
    changed(
        "what a single row leads to, which the model's default loads: left to it",
        _post("", "joinedload"),
        _post(".options(joinedload(Comment.post))", "joinedload"),
        _post_by_id(),
        files={"models.py": MODELS.replace('"Author"] = relationship()', '"Author"] = relationship(lazy="joined")')},
    ),
    changed(
        "a hop on the way that the model joins stays joined",
        _post("", "joinedload").replace("order_by(Comment.id)", "order_by(Comment.post_id)"),
        _post(".options(joinedload(Comment.post).selectinload(Post.author))", "joinedload, selectinload").replace(
            "order_by(Comment.id)", "order_by(Comment.post_id)"
        ),
        files={"models.py": MODELS.replace('"comments")', '"comments", lazy="joined")')},
    ),
    changed(
        "a property leads to what is read, or to another relationship on other rows: both",
        _post("", "joinedload").replace("comment.post.author", "comment.owner.author"),
        _post(
            ".options(\n        joinedload(Comment.post).joinedload(Post.author),\n        joinedload(Comment.draft),\n    )",
            "joinedload",
        ).replace("comment.post.author", "comment.owner.author"),
        files={"models.py": _WITH_OWNER},
    ),
    changed(
        "read beside it on some rows only: not into the patch",
        _loop("found.append(post.author.email)", "if post.title == 'none':", "    found.append(post.tags)"),
        _joined(_loop("found.append(post.author.email)", "if post.title == 'none':", "    found.append(post.tags)")),
    ),
    changed(
        "a query that a class method makes",
        """\
from models import Post


def view():
    return [post.author.email for post in Post.find("").filter(Post.id > 3).order_by(Post.id)]
""",
        """\
from sqlalchemy.orm import joinedload

from models import Post


def view():
    return [post.author.email for post in Post.find("").options(joinedload(Post.author)).filter(Post.id > 3).order_by(Post.id)]
""",
        files={"models.py": _WITH_FIND},
    ),
    changed(
        "a query that a function makes of a model",
        """\
from models import Post
from queries import model_query


def view(session):
    return [post.author.email for post in model_query(session, Post).filter(Post.id > 0).order_by(Post.id)]
""",
        """\
from sqlalchemy.orm import joinedload

from models import Post
from queries import model_query


def view(session):
    return [post.author.email for post in model_query(session, Post).options(joinedload(Post.author)).filter(Post.id > 0).order_by(Post.id)]
""",
        files={"queries.py": "def model_query(session, model):\n    return session.query(model)\n"},
    ),
    changed(
        "a query that another function builds and this one refines",
        """\
from models import Post


def posts(session):
    return session.query(Post)


def view(session):
    return [post.author.email for post in posts(session).filter(Post.id > 3).order_by(Post.id)]
""",
        """\
from sqlalchemy.orm import joinedload

from models import Post


def posts(session):
    return session.query(Post)


def view(session):
    return [post.author.email for post in posts(session).options(joinedload(Post.author)).filter(Post.id > 3).order_by(Post.id)]
""",
    ),
    changed(
        "a dynamic relationship is a query",
        """\
from models import Post


def view(session):
    post = session.query(Post).order_by(Post.id).first()
    return [comment.writer.email for comment in post.replies.filter_by(post_id=post.id)]
""",
        """\
from sqlalchemy.orm import selectinload

from models import Comment, Post


def view(session):
    post = session.query(Post).order_by(Post.id).first()
    return [comment.writer.email for comment in post.replies.options(selectinload(Comment.writer)).filter_by(post_id=post.id)]
""",
        files={"models.py": _WITH_REPLIES},
    ),
    changed(
        "one row, and what the rows of its collection read",
        """\
from models import Post


def view(session):
    post = session.query(Post).filter(Post.id > 3).order_by(Post.id).first()
    return [comment.writer.email for comment in post.comments]
""",
        """\
from sqlalchemy.orm import selectinload

from models import Comment, Post


def view(session):
    post = session.query(Post).options(selectinload(Post.comments).selectinload(Comment.writer)).filter(Post.id > 3).order_by(Post.id).first()
    return [comment.writer.email for comment in post.comments]
""",
    ),
    changed(
        "one row by its key, and what the rows of its collection read",
        """\
from models import Post


def view(session):
    first = session.query(Post.id).order_by(Post.id).first()
    return [comment.writer.email for comment in session.get(Post, first.id).comments]
""",
        """\
from sqlalchemy.orm import selectinload

from models import Comment, Post


def view(session):
    first = session.query(Post.id).order_by(Post.id).first()
    return [comment.writer.email for comment in session.get(Post, first.id, options=[selectinload(Post.comments).selectinload(Comment.writer)]).comments]
""",
    ),
    changed(
        "a query whose filters alone tell what it returns: a draft",
        """\
from models import Post
from queries import rows


def view(session):
    return [post.author.email for post in rows(session, "Post").filter(Post.id > 0).order_by(Post.id)]
""",
        """\
from sqlalchemy.orm import joinedload

from models import Post
from queries import rows


def view(session):
    return [post.author.email for post in rows(session, "Post").options(joinedload(Post.author)).filter(Post.id > 0).order_by(Post.id)]
""",
        tier="C",
        files={
            "queries.py": "import models\n\n\ndef rows(session, name):\n    return session.query(getattr(models, name))\n"
        },
    ),
    changed(
        "read in the guard of a match",
        _loop(
            "match post.title:",
            "    case 'a' if post.author.email: found.append(1)",
            "    case _ if post.author.email: pass",
        ),
        _joined(
            _loop(
                "match post.title:",
                "    case 'a' if post.author.email: found.append(1)",
                "    case _ if post.author.email: pass",
            )
        ),
    ),
    changed(
        "no selectinload, some rows in an order that leaves equal ones: join",
        _some_rows(),
        _joined(_some_rows()),
        tier="C",
        files=_runs_on("1.1.15"),
    ),
    changed(
        "options that the function builds on by their name",
        _STRATEGY.replace("{more}", "posts.joinedload(Comment.post)"),
        _STRATEGY.replace("{more}", "posts.joinedload(Comment.post)")
        .replace("options(posts", "options(posts, defaultload(Post.comments).selectinload(Comment.writer)")
        .replace("import joinedload", "import defaultload, joinedload, selectinload"),
    ),
    changed(
        "a function makes the query with options: more of them go there",
        _MADE,
        _MADE.replace("joinedload(Post.tags)", "joinedload(Post.tags), selectinload(Post.author)").replace(
            "import joinedload", "import joinedload, selectinload"
        ),
    ),
    changed(
        "a function makes the query with options for others, too: they go to its caller's",
        _MADE + _ANOTHER,
        _MADE.replace("posts(session).", "posts(session).options(selectinload(Post.author)).").replace(
            "import joinedload", "import joinedload, selectinload"
        )
        + _ANOTHER,
    ),
    changed(
        "a function makes the query without options: they go to its caller's",
        _MADE.replace(".options(joinedload(Post.tags))", ""),
        _MADE.replace(".options(joinedload(Post.tags))", "")
        .replace("posts(session).", "posts(session).options(selectinload(Post.author)).")
        .replace("import joinedload", "import joinedload, selectinload"),
    ),
    changed(
        "options in a list of the function that all are plain",
        """\
from sqlalchemy.orm import joinedload, selectinload

from models import Post


def view(session):
    options = [selectinload(Post.tags)]
    options.append(selectinload(Post.edits))
    return [post.author.email for post in session.query(Post).options(*options).order_by(Post.id)]
""",
        """\
from sqlalchemy.orm import joinedload, selectinload

from models import Post


def view(session):
    options = [selectinload(Post.tags)]
    options.append(selectinload(Post.edits))
    return [post.author.email for post in session.query(Post).options(joinedload(Post.author), *options).order_by(Post.id)]
""",
    ),
    changed(
        "options in a class attribute",
        """\
from sqlalchemy.orm import joinedload, selectinload

from models import Post


class Posts:
    options = (selectinload(Post.tags),)

    def page(self, session):
        return [post.author.email for post in session.query(Post).options(*self.options).order_by(Post.id)]


def view(session):
    return Posts().page(session)
""",
        """\
from sqlalchemy.orm import joinedload, selectinload

from models import Post


class Posts:
    options = (selectinload(Post.tags),)

    def page(self, session):
        return [post.author.email for post in session.query(Post).options(joinedload(Post.author), *self.options).order_by(Post.id)]


def view(session):
    return Posts().page(session)
""",
    ),
    changed(
        "rows kept by an object and read by another method of it",
        """\
from models import Post


class Feed:
    def __init__(self, session):
        self.posts = session.query(Post).order_by(Post.id).all()

    def lines(self):
        return [post.author.email for post in self.posts]


def view(session):
    return Feed(session).lines()
""",
        """\
from sqlalchemy.orm import joinedload

from models import Post


class Feed:
    def __init__(self, session):
        self.posts = session.query(Post).options(joinedload(Post.author)).order_by(Post.id).all()

    def lines(self):
        return [post.author.email for post in self.posts]


def view(session):
    return Feed(session).lines()
""",
    ),
    changed(
        "read through an association proxy",
        """\
from models import Post


def view(session):
    return [list(post.writers) for post in session.query(Post).order_by(Post.id)]
""",
        """\
from sqlalchemy.orm import selectinload

from models import Comment, Post


def view(session):
    return [list(post.writers) for post in session.query(Post).options(selectinload(Post.comments).selectinload(Comment.writer)).order_by(Post.id)]
""",
        files={"models.py": _WITH_PROXY},
    ),
    changed(
        "no chains of options: one for each hop, with its whole path",
        _post("", "joinedload"),
        _post(
            ".options(\n        joinedload(Comment.post),\n        joinedload(Comment.post, Post.author),\n    )",
            "joinedload",
        ),
        files=_runs_on("0.8.2"),
    ),
    changed(
        "no chains of options: what is loaded already stays",
        _post(".options(joinedload(Comment.post))", "joinedload"),
        _post(".options(joinedload(Comment.post), joinedload(Comment.post, Post.author))", "joinedload"),
        files=_runs_on("0.8.2"),
    ),
    changed(
        "read on longer ways by the same statement: those as well",
        _BYLINES,
        "from sqlalchemy.orm import joinedload, selectinload\n\n"
        + _BYLINES.replace(
            "Post).",
            "Post).options(\n        joinedload(Post.author),\n"
            "        selectinload(Post.comments).selectinload(Comment.writer),\n    ).",
        ),
        files={"models.py": MODELS.replace("byline(self):\n", _BYLINE)},
    ),
    changed(
        "a helper outside the tree that is named as a query, and may give none",
        _PAGED,
        _PAGED_AFTER,
    ),
    changed(
        "read through a property that filters a collection",
        """\
from models import Post


def view(session):
    return [[comment.writer.email for comment in post.shown] for post in session.query(Post).order_by(Post.id)]
""",
        """\
from sqlalchemy.orm import selectinload

from models import Comment, Post


def view(session):
    return [[comment.writer.email for comment in post.shown] for post in session.query(Post).options(selectinload(Post.comments).selectinload(Comment.writer)).order_by(Post.id)]
""",
        files={"models.py": _WITH_SHOWN},
    ),
)

_UNTOUCHED = (
    untouched("already loaded by the query", "R-ALREADY-EAGER", _joined(_legacy())),
    untouched(
        "loaded by contains_eager",
        "R-ALREADY-EAGER",
        _legacy(".join(Post.author).options(contains_eager(Post.author))"),
    ),
    untouched("loaded by a string option", "R-ALREADY-EAGER", _legacy('.options(joinedload("author"))')),
    untouched(
        "loaded with a criterion", "R-ALREADY-EAGER", _legacy(".options(joinedload(Post.author.and_(Author.id > 1)))")
    ),
    untouched(
        "loaded by a chain that goes on",
        "R-ALREADY-EAGER",
        _legacy(".options(joinedload(Post.author).load_only(Author.id))"),
    ),
    untouched("declared eager on the model", "R-ALREADY-EAGER", _select("", read="post.edits"), _child("edits")),
    untouched("loader options in a variable", "R-OPTION-VAR", _legacy(".options(STRATEGY)")),
    untouched(
        "loaded by what the function builds on an option",
        "R-ALREADY-EAGER",
        _STRATEGY.replace("{more}", "posts.joinedload(Comment.writer)"),
    ),
    untouched(
        "an opt-out that the function builds on an option",
        "R-OPTION-VAR",
        _STRATEGY.replace("{more}", "posts.lazyload('*')"),
    ),
    untouched("an opt-out by hand", "R-OPTION-VAR", _legacy(".options(lazyload(Post.author))")),
    untouched("every lazy load forbidden", "R-OPTION-VAR", _legacy('.options(raiseload("*"))')),
    untouched("an option that is no loader", "R-OPTION-VAR", _legacy(".options(FromCache())")),
    untouched("a loader without an argument", "R-OPTION-VAR", _legacy(".options(joinedload())")),
    untouched("dynamic relationship", "R-DYNAMIC", _select("", read="post.hits"), _child("hits")),
    untouched("noload relationship", "R-NOLOAD", _select("", read="post.drafts"), _child("drafts")),
    untouched(
        "relationship of a subclass",
        "R-SUBCLASS",
        _select("", read="post.studio"),
        _studio(),
    ),
    untouched("commit in the loop", "R-COMMIT", _loop("found.append(post.author.email)", "session.commit()")),
    untouched("write in the loop", "R-WRITE", _loop("session.delete(post.author)")),
    untouched("the loop assigns the key", "R-WRITE", _loop("post.author_id = 1", "found.append(post.author)")),
    untouched(
        "the loop sets attributes by name", "R-WRITE", _loop("setattr(post, key, 1)", "found.append(post.author)")
    ),
    untouched(
        "an UPDATE statement in the loop",
        "R-WRITE",
        _loop("session.execute(update(Post))", "found.append(post.author)").replace(
            "from models", "from sqlalchemy import update\n\nfrom models"
        ),
    ),
    untouched(
        "a bulk update in the loop",
        "R-WRITE",
        _loop("session.query(Tag).filter(x).update({})", "found.append(post.author)"),
    ),
    untouched(
        "a commit where the rows are read",
        "R-COMMIT",
        """\
from models import Post


def posts(session):
    return session.query(Post).order_by(Post.id).all()


def view(session):
    for post in posts(session):
        post.author.email
        session.commit()
""",
    ),
    untouched(
        "one of two queries",
        "R-UNRESOLVED",
        """\
from models import Post


def view(session, new):
    a = session.query(Post).order_by(Post.id)
    b = session.query(Post).order_by(Post.title)
    return [post.author for post in (a if new else b)]
""",
    ),
    untouched("fewer rows than repeats", "R-UNRESOLVED", _legacy(".limit(3)")),
    untouched(
        "an aggregate",
        "R-UNRESOLVED",
        _legacy(),
        Repeat("n", ("authors",), ("authors.id",), 50, statement="SELECT count(*) FROM authors WHERE authors.id = ?"),
    ),
    untouched(
        "a write",
        "R-UNRESOLVED",
        _legacy(),
        Repeat("n", ("authors",), ("authors.id",), 50, statement="DELETE FROM authors WHERE authors.id = ?"),
    ),
    untouched(
        "a parameter of the loader's name", "R-UNRESOLVED", _legacy().replace("(session)", "(session, joinedload)")
    ),
    untouched("the loop assigns the relationship", "R-WRITE", _loop("post.author = post.author.heir")),
    untouched(
        "commit in a helper that the loop calls",
        "R-COMMIT",
        _loop("found.append(post.author.email)", "note(session)")
        + "\n\ndef note(session):\n    session.add(1)\n    session.commit()\n",
    ),
    untouched(
        "write in a helper of a helper",
        "R-WRITE",
        _loop("found.append(post.author.email)", "note(session)")
        + "\n\ndef note(session):\n    keep(session)\n\n\ndef keep(orm: Session):\n    orm.add(1)\n",
    ),
    untouched("the loop breaks", "R-COND", _loop("found.append(post.author.email)", "if found:", "    break")),
    untouched("the loop returns", "R-COND", _loop("if post.author.email:", "    return post")),
    untouched("streamed rows", "R-STREAM", _legacy(".yield_per(10)")),
    untouched(
        "no selectinload, locked rows",
        "R-VERSION",
        _legacy(".with_for_update()"),
        files=_runs_on("1.1.15"),
    ),
    untouched(
        "no selectinload, large chunks",
        "R-VERSION",
        _legacy(".yield_per(500)"),
        files=_runs_on("1.1.15"),
    ),
    untouched(
        "no selectinload, some rows of an unordered query",
        "R-VERSION",
        _legacy().replace(".order_by(Post.id)", ".limit(90)"),
        files=_runs_on("1.1.15"),
    ),
    untouched(
        "no selectinload, a collection of some rows",
        "R-VERSION",
        _some_rows().replace("post.author.email", "post.comments"),
        _child("comments"),
        files=_runs_on("1.1.15"),
    ),
    untouched(
        "no selectinload, some rows that a join could change",
        "R-VERSION",
        _some_rows(".distinct()"),
        files=_runs_on("1.1.15"),
    ),
    untouched(
        "no selectinload, some rows in raw SQL",
        "R-VERSION",
        _some_rows('.filter(text("title > 1"))'),
        files=_runs_on("1.1.15"),
    ),
    untouched("no such relationship", "R-UNRESOLVED", _legacy(), Repeat("other", ("invoices",), ("invoices.id",), 50)),
    untouched("no table in the statement", "R-UNRESOLVED", _legacy(), Repeat("call", (), (), 50)),
    untouched(
        "another column of the table", "R-UNRESOLVED", _legacy(), Repeat("mail", ("authors",), ("authors.email",), 50)
    ),
    untouched(
        "a collection's table by its own key",
        "R-UNRESOLVED",
        _select("", read="post.comments"),
        Repeat("pk", ("comments",), ("comments.id",), 50),
    ),
    untouched("columns only", "R-UNRESOLVED", _legacy().replace("query(Post)", "query(Post.id)")),
    untouched("rows turned into columns", "R-UNRESOLVED", _legacy(".with_entities(Post.id)")),
    untouched("one row only", "R-UNRESOLVED", _legacy().replace(".all()", ".first()")),
    untouched("an alias", "R-UNRESOLVED", _legacy().replace("query(Post)", "query(aliased(Post))")),
    untouched("a class of another name space", "R-UNRESOLVED", _legacy().replace("from models", "from elsewhere")),
    untouched(
        "two queries that fit equally well",
        "R-AMBIGUOUS",
        """\
from models import Post


def view(session):
    return new(session) + old(session)


def new(session):
    return [p.author for p in session.query(Post).order_by(Post.id)]


def old(session):
    return [p.author for p in session.query(Post).order_by(Post.title)]
""",
    ),
    untouched(
        "two queries of one function, nothing seen to read them",
        "R-AMBIGUOUS",
        """\
from models import Post


def view(session):
    new = session.query(Post).order_by(Post.id).all()
    old = session.query(Post).order_by(Post.title).all()
    return render(new), render(old)
""",
    ),
    untouched(
        "two relationships with the same SQL, neither seen",
        "R-AMBIGUOUS",
        """\
from models import Comment


def view(session):
    return render(session.query(Comment).order_by(Comment.id).all())
""",
    ),
    untouched(
        "loaded by options inside the options of another hop",
        "R-ALREADY-EAGER",
        _comments(".options(selectinload(Post.comments).options(joinedload(Comment.writer)))", "selectinload"),
    ),
    untouched(
        "an opt-out on the way",
        "R-OPTION-VAR",
        _comments(".options(lazyload(Post.comments))", "lazyload"),
    ),
    untouched(
        "an opt-out of all below the hop before",
        "R-OPTION-VAR",
        _comments('.options(defaultload(Post.comments).raiseload("*"))', "defaultload"),
    ),
    untouched(
        "a variable inside the options of a hop",
        "R-OPTION-VAR",
        _comments(".options(selectinload(Post.comments).options(STRATEGY))", "selectinload"),
    ),
    untouched(
        "a model on the way that is not imported, and whose file imports this one",
        "R-UNRESOLVED",
        _comments("", "selectinload").replace("Author, Comment, Post", "Post"),
        files={
            "models.py": _WITHOUT_COMMENT,
            "comments.py": f"from app import view\nfrom models import Author, Base\n\n\n{_COMMENT}",
            "start.py": "from comments import Comment\n",
        },
    ),
    untouched(
        "a model on the way that only type checkers import",
        "R-UNRESOLVED",
        _comments("", "selectinload").replace(
            "Comment, Post\n", "Post\n\nif TYPE_CHECKING:\n    from models import Comment\n"
        ),
    ),
    untouched(
        "a model on the way that only another function imports",
        "R-UNRESOLVED",
        _comments("", "selectinload").replace("Comment, ", "") + "\n\ndef other():\n    from models import Comment\n",
    ),
    untouched(
        "the loader's name is taken",
        "R-UNRESOLVED",
        _legacy().replace("def view", "def joinedload(x):\n    return x\n\n\ndef view"),
    ),
    untouched(
        "a helper outside the tree, which may give rows",
        "R-UNRESOLVED",
        _PAGED.replace("paginate_query", "repository"),
    ),
    untouched(
        "a query that a function makes of more than one model",
        "R-UNRESOLVED",
        """\
from models import Comment, Post


def view(session):
    return [post.author for post in model_query(session, Post, Comment).filter_by(title="a")]
""",
    ),
    untouched(
        "a class method that returns rows",
        "R-UNRESOLVED",
        """\
from models import Post


def view():
    return [post.author for post in Post.find("").all()]
""",
        files={"models.py": _WITH_FIND.replace("cls.query.filter(cls.title != title)", "[cls(title=title)]")},
    ),
    untouched(
        "a query that one of two functions builds",
        "R-UNRESOLVED",
        """\
from models import Comment, Post


def rows(session, comments):
    if comments:
        return session.query(Comment)
    return session.query(Post)


def view(session, comments=False):
    return show(rows(session, comments).filter_by(id=3))
""",
    ),
    untouched(
        "one row, and what it reads itself",
        "R-UNRESOLVED",
        """\
from models import Post


def view(session):
    post = session.query(Post).filter(Post.id > 3).one()
    return [post.author.email for _ in range(9)]
""",
    ),
    untouched(
        "one row by its key that has options already",
        "R-OPTION-VAR",
        """\
from models import Post


def view(session):
    post = session.get(Post, 1, options=[selectinload(Post.tags)])
    return [comment.writer.email for comment in post.comments]
""",
    ),
    untouched(
        "a function that returns no query",
        "R-UNRESOLVED",
        """\
from models import Post


def rows(session):
    return make(session)


def view(session):
    return [post.author for post in rows(session).filter(id == 3)]
""",
    ),
    untouched(
        "options in a list that is added to out of sight",
        "R-OPTION-VAR",
        """\
from sqlalchemy.orm import selectinload

from models import Post


def view(session):
    options = [selectinload(Post.tags)]
    options += more_options()[1:]
    return [post.author.email for post in session.query(Post).options(*options).order_by(Post.id)]
""",
    ),
    untouched(
        "options in a parameter",
        "R-OPTION-VAR",
        """\
from models import Post


def page(session, options):
    return [post.author.email for post in session.query(Post).options(*options).order_by(Post.id)]


def view(session):
    return page(session, [])
""",
    ),
    untouched(
        "options in a property",
        "R-OPTION-VAR",
        """\
from models import Post


class Posts:
    @property
    def options(self):
        return []

    def page(self, session):
        return [post.author.email for post in session.query(Post).options(*self.options).order_by(Post.id)]


def view(session):
    return Posts().page(session)
""",
    ),
    untouched(
        "loaded by options in a list of the module",
        "R-ALREADY-EAGER",
        """\
from sqlalchemy.orm import joinedload

from models import Post

EAGER = [joinedload(Post.author)]


def view(session):
    return [post.author.email for post in session.query(Post).options(*EAGER).order_by(Post.id)]
""",
    ),
    untouched(
        "loaded by the options of the function that is given the query",
        "R-ALREADY-EAGER",
        """\
from sqlalchemy.orm import joinedload

from models import Post


def with_author(query):
    return query.options(joinedload(Post.author))


def view(session):
    return [post.author.email for post in with_author(session.query(Post)).all()]
""",
    ),
    untouched(
        "dynamic relationships of one name with two targets",
        "R-DYNAMIC",
        """\
from models import Post


def view(session):
    post = session.query(Post).order_by(Post.id).first()
    return [comment.writer.email for comment in post.replies.filter_by(post_id=post.id)]
""",
        files={
            "models.py": _WITH_REPLIES.replace(
                "class Studio(Base):", 'class Studio(Base):\n    replies = relationship("Video", lazy="dynamic")'
            )
        },
    ),
    untouched(
        "a model of the name that the file uses for something else",
        "R-UNRESOLVED",
        _comments("", "selectinload").replace("Comment, ", "") + "\n\nComment = None\n",
    ),
    untouched(
        "the loop commits in a method of the object that keeps the rows",
        "R-COMMIT",
        """\
from models import Post


class Feed:
    def __init__(self, session):
        self.session = session
        self.posts = session.query(Post).order_by(Post.id).all()

    def lines(self):
        for post in self.posts:
            yield post.author.email
            self.session.commit()


def view(session):
    return list(Feed(session).lines())
""",
    ),
)

CASES = _CHANGED + _UNTOUCHED
