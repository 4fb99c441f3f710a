"""What every row of a SQLAlchemy query is seen to read, and what is no suspect."""

import re
import subprocess
from pathlib import Path

import pytest

from codemods.index import Index
from codemods.sqlalchemy_eager_load import suspects

MODELS = """\
from sqlalchemy import Column, ForeignKey, Integer, Table
from sqlalchemy.ext.declarative import declarative_base
from sqlalchemy.orm import relationship

Base = declarative_base()
post_tags = Table("post_tags", Base.metadata, Column("post_id", ForeignKey("posts.id")))


class Company(Base):
    __tablename__ = "companies"
    id = Column(Integer, primary_key=True)


class Author(Base):
    __tablename__ = "authors"
    id = Column(Integer, primary_key=True)
    company_id = Column(ForeignKey("companies.id"))
    company = relationship(Company)
    posts = relationship("Post", back_populates="author")

    def __str__(self):
        return self.company.name


class Tag(Base):
    __tablename__ = "tags"
    id = Column(Integer, primary_key=True)


class Comment(Base):
    __tablename__ = "comments"
    id = Column(Integer, primary_key=True)
    post_id = Column(ForeignKey("posts.id"))
    writer_id = Column(ForeignKey("authors.id"))
    post = relationship("Post", back_populates="comments")
    writer = relationship(Author)


class Cover(Base):
    __tablename__ = "covers"
    id = Column(Integer, primary_key=True)
    post_id = Column(ForeignKey("posts.id"))


class View(Base):
    __abstract__ = True
    id = Column(Integer, primary_key=True)


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    author_id = Column(ForeignKey("authors.id"))
    editor_id = Column(ForeignKey("authors.id"))
    parent_id = Column(ForeignKey("posts.id"))
    author = relationship(Author, back_populates="posts", foreign_keys=[author_id])
    editor = relationship(Author, lazy="joined", foreign_keys=[editor_id])
    comments = relationship(Comment, back_populates="post")
    drafts = relationship(Comment, lazy="dynamic")
    cover = relationship(Cover, uselist=False)
    tags = relationship(Tag, secondary=post_tags)
    parent = relationship("Post", remote_side=[id])
    view = relationship(View)

    @property
    def byline(self):
        return self.author.name

    @property
    def again(self):
        return self.again or self.author

    def to_dict(self):
        return {"author": self.author.name}

    def maybe(self, full):
        if not full:
            return {}
        return {"author": self.author.name}

    def publish(self, session):
        self.author.notify()
        session.commit()

    @staticmethod
    def nothing():
        return None
"""
HEAD = "from models import Author, Comment, Post\n\n\n"


def found(root: Path, files: dict[str, str]) -> dict[str, list[str]]:
    """The loads of each suspect by the function that holds the query."""
    for name, text in {"models.py": MODELS, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    subprocess.run(["git", "add", "-A"], cwd=root, check=True)
    return {f"{s.path}:{s.qualname}": sorted(s.loads) for s in suspects(Index(root))}


def view(body: str) -> str:
    """A function of these lines."""
    return HEAD + "def view(session, ids, flag):\n" + "".join(f"    {line}\n" for line in body.splitlines())


POSTS = "posts = session.query(Post).filter(Post.id.in_(ids)).all()\n"
READ = [
    ("a lambda under a condition", POSTS + "for post in posts:\n    if flag:\n        f = lambda: 1\n    print(post.author)", ["Post.author"]),
    ("an attribute that is assigned", POSTS + "flag.x = 1\nreturn [post.author for post in posts]", ["Post.author"]),
    ("a loop", POSTS + "for post in posts:\n    print(post.author.name)", ["Post.author"]),
    ("a chain", POSTS + "for post in posts:\n    print(post.author.company.name)", ["Post.author", "Post.author.company"]),
    ("a comprehension", POSTS + "return [post.author for post in posts]", ["Post.author"]),
    ("a dictionary", POSTS + "return {post.id: post.author for post in posts}", ["Post.author"]),
    ("a condition of a comprehension", POSTS + "return [1 for post in posts if post.author]", ["Post.author"]),
    ("a collection", POSTS + "return [len(post.comments) for post in posts]", ["Post.comments"]),
    (
        "rows of a collection",
        POSTS + "for post in posts:\n    for comment in post.comments:\n        print(comment.writer)",
        ["Post.comments", "Post.comments.writer"],
    ),
    ("a link table", POSTS + "return [post.tags for post in posts]", ["Post.tags"]),
    ("a row of the other side", POSTS + "return [post.cover for post in posts]", ["Post.cover"]),
    ("a member", POSTS + "return [post.byline for post in posts]", ["Post.author"]),
    ("a member that reads itself", POSTS + "return [post.again for post in posts]", []),
    ("a method", POSTS + "return [post.to_dict() for post in posts]", ["Post.author"]),
    ("text", POSTS + "for post in posts:\n    print(f'{post.author}')", ["Post.author", "Post.author.company"]),
    ("str()", POSTS + "return [str(post.author) for post in posts]", ["Post.author", "Post.author.company"]),
    ("select", "return [p.author for p in session.scalars(select(Post).order_by(Post.id)).all()]", ["Post.author"]),
    ("execute", "for (post,) in session.execute(select(Post)):\n    print(post.author)", ["Post.author"]),
    ("Model.query", "return [p.author for p in Post.query.order_by(Post.id)]", ["Post.author"]),
    ("enumerate", POSTS + "for n, post in enumerate(posts):\n    print(post.author)", ["Post.author"]),
    ("zip", POSTS + "for n, post in zip(ids, posts):\n    print(post.author)", ["Post.author"]),
    ("a name that is checked", POSTS + "return [post.author.name if post.author_id else '' for post in posts]", ["Post.author"]),
    ("and", POSTS + "return [post.author and post.author.name for post in posts]", ["Post.author"]),
    ("a None check", POSTS + "for post in posts:\n    if post.author:\n        print(1)", ["Post.author"]),
    ("try", POSTS + "for post in posts:\n    try:\n        print(post.author)\n    except KeyError:\n        pass", ["Post.author"]),
    ("with", POSTS + "for post in posts:\n    with flag:\n        print(post.author)", ["Post.author"]),
    ("a page", "page = Post.query.paginate()\nreturn [post.author for post in page.items]", ["Post.author"]),
    ("steps on a name", "q = session.query(Post)\nq = q.order_by(Post.id)\nfor post in q:\n    print(post.author)", ["Post.author"]),
    ("annotated", "q: list = session.query(Post).all()\nfor post in q:\n    print(post.author)", ["Post.author"]),
    ("a slice", POSTS + "for post in posts[:50]:\n    print(post.author)", ["Post.author"]),
    ("one or the other", POSTS + "rows = posts if flag else []\nfor post in rows:\n    print(post.author)", ["Post.author"]),
    ("walrus", "if rows := session.query(Post).all():\n    for post in rows:\n        print(post.author)", ["Post.author"]),
    ("sorted", POSTS + "for post in sorted(posts, key=lambda p: p.id):\n    print(post.author)", ["Post.author"]),
    ("rows in a list", POSTS + "rows = [p for p in posts]\nreturn [post.author for post in rows]", ["Post.author"]),
    ("an early return before", "if flag:\n    return []\n" + POSTS + "return [post.author for post in posts]", ["Post.author"]),
    ("match on something", POSTS + "match flag:\n    case 1:\n        print()\nreturn [p.author for p in posts]", ["Post.author"]),
    ("under a condition before", POSTS + "if flag:\n    return [post.author for post in posts]", ["Post.author"]),
    ("async", "async def inner():\n    pass\n" + POSTS + "for post in posts:\n    print((yield post.author))", ["Post.author"]),
    ("options beside", "for p in session.query(Post).options(joinedload(Post.tags)):\n    print(p.tags, p.author)", ["Post.author"]),
    ("a number of rows", "for post in session.query(Post).limit(50):\n    print(post.author)", ["Post.author"]),
    ("attribute of the list", POSTS + "print(posts.count)\nreturn [post.author for post in posts]", ["Post.author"]),
]  # fmt: skip
BESIDE = {
    "rows of a collection under a condition": [],
    "back to the owner": ["Author.posts"],
}
QUIET = [
    ("already eager", "return [p.author for p in session.query(Post).options(joinedload(Post.author))]"),
    ("eager by the model", POSTS + "return [post.editor for post in posts]"),
    ("dynamic", POSTS + "return [post.drafts for post in posts]"),
    ("a single row", "post = session.query(Post).first()\nprint(post.author)"),
    ("one of a list", POSTS + "print(posts[0].author)"),
    ("a few rows", "for post in session.query(Post).limit(3):\n    print(post.author)"),
    ("a few of a list", POSTS + "for post in posts[:2]:\n    print(post.author)"),
    ("a few of a name", "q = session.query(Post)\nfor post in q.limit(2):\n    print(post.author)"),
    ("a condition", POSTS + "for post in posts:\n    if post.hot:\n        print(post.author)"),
    ("a condition with continue", POSTS + "for post in posts:\n    if post.cold:\n        continue\n    print(post.author)"),
    (
        "a condition with a deep continue",
        POSTS + "for post in posts:\n    if flag:\n        if post.cold:\n            continue\n    print(post.author)",
    ),
    ("an else", POSTS + "for post in posts:\n    if post.hot:\n        pass\n    else:\n        print(post.author)"),
    ("a filter in the comprehension", POSTS + "return [post.author for post in posts if post.hot]"),
    ("some rows of a list", POSTS + "hot = [p for p in posts if p.hot]\nreturn [p.author for p in hot]"),
    ("or", POSTS + "return [post.hot or post.author for post in posts]"),
    ("a conditional expression", POSTS + "return [post.author if post.hot else 1 for post in posts]"),
    ("an early break", POSTS + "for post in posts:\n    print(post.author)\n    if flag:\n        break"),
    ("a return in a loop inside", POSTS + "for post in posts:\n    print(post.author)\n    for i in ids:\n        return 1"),
    ("any", POSTS + "return any(post.author for post in posts)"),
    ("an error handler", POSTS + "for p in posts:\n    try:\n        pass\n    except KeyError:\n        print(p.author)"),
    ("match", POSTS + "for post in posts:\n    match flag:\n        case 1:\n            print(post.author)"),
    ("while", POSTS + "for post in posts:\n    while post.hot:\n        print(post.author)"),
    ("rows of a collection under a condition", POSTS + "for p in posts:\n    if p.hot:\n        for c in p.comments:\n            c.writer"),
    ("assigned", POSTS + "for post in posts:\n    post.author = flag\n    print(post.author)"),
    ("its key is assigned", POSTS + "for post in posts:\n    post.author_id = flag\n    print(post.author)"),
    ("a method that may not", POSTS + "return [post.maybe(flag) for post in posts]"),
    ("a method that commits", POSTS + "for post in posts:\n    post.publish(session)"),
    ("a method without self", POSTS + "for post in posts:\n    post.nothing()"),
    ("a method under a condition", POSTS + "for post in posts:\n    if flag:\n        post.to_dict()"),
    ("text under a condition", POSTS + "for post in posts:\n    if flag:\n        print(f'{post.author}')"),
    ("back to the owner", "for a in session.query(Author):\n    for p in a.posts:\n        print(p.author)"),
    ("the queried model itself", POSTS + "return [post.parent for post in posts]"),
    ("filtered by the key", "return [p.author for p in session.query(Post).filter(Post.author_id == flag)]"),
    ("filtered by the relationship", "return [p.author for p in session.query(Post).filter_by(author=flag)]"),
    ("filtered by keys at hand", "return [p.author for p in session.query(Post).filter(Post.author_id.in_(ids))]"),
    ("conditions from elsewhere", "return [p.author for p in session.query(Post).filter(*ids)]"),
    ("the parent of the query", "return [c.post for c in session.query(Comment).with_parent(flag.post)]"),
    ("the rows have no relationships", "return [c.id for c in session.query(Company)]"),
    ("two entities", "return [p.author for p in session.query(Post, Author)]"),
    ("columns", "return [p.author for p in session.query(Post).with_entities(Post.id)]"),
    ("an unknown function", "q = session.query(Post)\nq = visible(q)\nfor post in q:\n    print(post.author)"),
    ("an unknown step", "q = session.query(Post)\nfor post in q.group(1):\n    print(post.author)"),
    ("another value", POSTS + "posts = ids\nfor post in posts:\n    print(post.author)"),
    ("unpacked", POSTS + "a, *posts = ids\nfor post in posts:\n    print(post.author)"),
    ("unpacked as a list", POSTS + "[a, posts] = ids, ids\nfor post in posts:\n    print(post.author)"),
    ("a function inside", POSTS + "def inner():\n    return [post.author for post in posts]"),
    ("a lambda", POSTS + "key = lambda post: post.author"),
    ("no table", POSTS + "return [post.view for post in posts]"),
    ("pairs", POSTS + "for a, b in posts:\n    print(b.author)"),
    ("zip of another length", POSTS + "for a, b in zip(posts):\n    print(b.author)"),
    ("one row as a list", POSTS + "for post in posts:\n    for x in post:\n        print(x.author)"),
    ("one row through sorted", POSTS + "for post in posts:\n    for x in sorted(post):\n        print(x.author)"),
    ("an attribute of something", POSTS + "for post in posts:\n    post.x[0] = 1\n    print(flag.author)"),
    ("not looped over", POSTS + "return flag"),
]  # fmt: skip


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The suspects of all cases, each in a module of its own, in one checkout."""
    cases = [*((name, body) for name, body, _ in READ), *QUIET]
    files = {f"{slug(name)}.py": view(body) for name, body in cases}
    assert len(files) == len(cases)
    return found(tmp_path_factory.mktemp("cases"), files)


def slug(name: str) -> str:
    return re.sub(r"\W+", "_", name)


@pytest.mark.parametrize(("name", "loads"), [(c[0], c[2]) for c in READ], ids=[c[0] for c in READ])
def test_read_on_every_row(name: str, loads: list[str], shown: dict[str, list[str]]) -> None:
    assert shown.get(f"{slug(name)}.py:view", []) == loads


@pytest.mark.parametrize("name", [c[0] for c in QUIET])
def test_no_suspect(name: str, shown: dict[str, list[str]]) -> None:
    assert shown.get(f"{slug(name)}.py:view", []) == BESIDE.get(name, [])


# ---- across functions and templates ----

ACROSS = [
    (
        "rows handed to a function",
        {"a.py": HEAD + "def row(post):\n    return post.author\n\n\ndef v(s):\n    return [row(p) for p in s.query(Post)]\n"},
        {"a.py:v": ["Post.author"]},
    ),
    (
        "all rows handed to a function by name",
        {"a.py": HEAD + "def rows(x, ps=()):\n    return [p.author for p in ps]\n\n\ndef v(s):\n    return rows(1, ps=s.query(Post).all())\n"},
        {"a.py:v": ["Post.author"]},
    ),
    (
        "rows that a function hands back",
        {"a.py": HEAD + "def hot(ps):\n    return ps\n\n\ndef v(s):\n    ps = hot(s.query(Post).all())\n    for p in ps:\n        print(p.author)\n"},
        {"a.py:v": ["Post.author"]},
    ),
    (
        "a function that calls itself",
        {"a.py": HEAD + "def walk(ps):\n    walk(ps)\n    return [p.author for p in ps]\n\n\ndef v(s):\n    walk(s.query(Post).all())\n"},
        {"a.py:v": ["Post.author"]},
    ),
    (
        "a method of an object",
        {"a.py": HEAD + "class Rows:\n    def show(self, ps):\n        return [p.author for p in ps]\n\n    def v(self, s):\n        return self.show(s.query(Post).all())\n"},
        {"a.py:Rows.v": ["Post.author"]},
    ),
    (
        "a row handed on under a condition",
        {"a.py": HEAD + "def row(p):\n    return p.author\n\n\ndef v(s):\n    for p in s.query(Post):\n        if p.hot:\n            row(p)\n            row(q=p)\n"},
        {},
    ),
    (
        "rows that go back to the caller",
        {"a.py": HEAD + "def posts(s):\n    return s.query(Post).all()\n\n\ndef v(s):\n    return [p.author for p in posts(s)]\n"},
        {"a.py:posts": ["Post.author"]},
    ),
    (
        "a generator of rows",
        {"a.py": HEAD + "def posts(s):\n    for p in s.query(Post):\n        yield p\n\n\ndef all(s):\n    yield from posts(s)\n\n\ndef v(s):\n    for p in all(s):\n        print(p.author)\n"},
        {"a.py:posts": ["Post.author"]},
    ),
    (
        "a generator of some rows",
        {"a.py": HEAD + "def posts(s):\n    for p in s.query(Post):\n        if p.hot:\n            yield p\n\n\ndef v(s):\n    for p in posts(s):\n        print(p.author)\n"},
        {},
    ),
    (
        "two callers above",
        {"a.py": HEAD + "class Posts:\n    def page(self, s):\n        return s.query(Post)\n\n\ndef all(s):\n    return Posts().page(s).order_by(Post.id)\n\n\ndef v(s):\n    return [p.author for p in all(s)]\n"},
        {"a.py:Posts.page": ["Post.author"]},
    ),
    (
        "most callers read nothing",
        {"a.py": HEAD + "def posts(s):\n    return s.query(Post).all()\n\n\ndef v(s):\n    return [p.author for p in posts(s)]\n\n\ndef w(s):\n    return len(posts(s))\n\n\ndef x(s):\n    return [p.id for p in posts(s)]\n"},
        {},
    ),
    (
        "everybody calls it",
        {"a.py": HEAD + "def posts(s):\n    return s.query(Post).all()\n\n\n" + "".join(f"def v{n}(s):\n    return [p.author for p in posts(s)]\n\n\n" for n in range(21))},
        {},
    ),
    (
        "a caller loads eagerly",
        {"a.py": HEAD + "def posts(s):\n    return s.query(Post)\n\n\ndef v(s):\n    return [p.author for p in posts(s).options(x)]\n"},
        {},
    ),
    (
        "a caller of something else of that name",
        {"a.py": HEAD + "def posts(s):\n    return s.query(Post)\n\n\ndef v(s, posts):\n    return [p.author for p in posts(s)]\n"},
        {},
    ),
    (
        "a template",
        {
            "a.py": HEAD + "def v(s):\n    posts = s.query(Post).all()\n    return render_template('posts.html', posts=posts, n=1)\n",
            "templates/posts.html": "{% for post in posts %}{{ post.title.x.y }}{{ post.author.name }}{% endfor %}",
        },
        {"a.py:v": ["Post.author"]},
    ),
    (
        "a template with a context",
        {
            "a.py": HEAD + "def v(s):\n    c = {'posts': s.query(Post).all(), **x}\n    c['n'] = 1\n    return render('posts.html', c)\n",
            "templates/posts.html": "{% for post in posts %}{{ post.byline }}{% endfor %}",
        },
        {"a.py:v": ["Post.author"]},
    ),
    (
        "a context that grows",
        {
            "a.py": HEAD + "def v(s):\n    c = make()\n    c['posts'] = s.query(Post).all()\n    c['more'] = c['posts']\n    c['x'] = s.query(Post).all()\n    return render('posts.html', c)\n",
            "templates/posts.html": "{% for post in posts %}{{ post.author }}{% endfor %}",
        },
        {"a.py:v": ["Post.author"]},
    ),
    (
        "the renderer of a decorator",
        {
            "a.py": HEAD + "@view_config(renderer='posts.jinja2')\ndef v(s):\n    return {'posts': s.query(Post).all()}\n",
            "templates/posts.jinja2": "{% for post in posts %}{{ post.author }}{% endfor %}",
        },
        {"a.py:v": ["Post.author"]},
    ),
    (
        "one row in a template",
        {
            "a.py": HEAD + "def v(s):\n    for post in s.query(Post):\n        render_template('posts.html', posts=post)\n",
            "templates/posts.html": "{% for post in posts %}{{ post.author }}{% endfor %}",
        },
        {},
    ),
    ("a lone call with a name that is no text", {"a.py": HEAD + "def v(s):\n    x()().y(s.query(Post).all())\n"}, {}),
    ("a method that is called on what is called", {"a.py": HEAD + "def v(s):\n    x().y(s.query(Post).all())\n"}, {}),
    ("at module level", {"a.py": HEAD + "for p in session.query(Post):\n    print(p.author)\n"}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("files", "loads"), [c[1:] for c in ACROSS], ids=[c[0] for c in ACROSS])
def test_across_functions(files: dict[str, str], loads: dict[str, list[str]], tmp_path: Path) -> None:
    assert found(tmp_path, files) == loads


def test_no_models(tmp_path: Path) -> None:
    assert (
        found(tmp_path, {"models.py": "", "a.py": HEAD + "def v(s):\n    return [p.a for p in s.query(Post)]\n"}) == {}
    )


def test_the_sighting_of_a_suspect(tmp_path: Path) -> None:
    """What a trace would say: the statement with its table and column, and the functions that get the rows."""
    text = HEAD + "def row(post):\n    return post.author\n\n\ndef v(s):\n    return [row(p) for p in s.query(Post)]\n"
    found(tmp_path, {"a.py": text})
    (one,) = suspects(Index(tmp_path))
    (repeat,) = one.sighting.repeats
    assert (repeat.statement, repeat.tables, repeat.columns, repeat.count, repeat.shape) == (
        "SELECT ... FROM authors WHERE authors.id = ?", ("authors",), ("authors.id",), 0, "column_equals_parameter",
    )  # fmt: skip
    assert [(r.path, r.qualname, r.distance) for r in one.sighting.reached] == [("a.py", "v", 0), ("a.py", "row", 1)]
    assert (one.line, one.loads) == (9, {"Post.author": ("a.py", 5)})
