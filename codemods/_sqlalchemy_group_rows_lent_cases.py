"""The cases of `sqlalchemy-group-rows` whose rows are lent to helpers."""

from codemods.api import Case, Repeat, Tier

MODELS = """\
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Author(Base):
    __tablename__ = "authors"
    id = Column(Integer, primary_key=True)


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String)
    year = Column(Integer)
    author_id = Column(ForeignKey("authors.id"))
"""
AUTHOR = Repeat(
    "author", ("posts",), ("posts.author_id",), 50, statement="SELECT * FROM posts WHERE posts.author_id = ?"
)


def _changed(name: str, before: str, after: str, repeat: Repeat, *, tier: Tier = "B") -> Case:
    return Case(name, before, after, (repeat,), tier=tier, files={"models.py": MODELS})


def _left(name: str, code: str, text: str, repeat: Repeat) -> Case:
    return Case(name, text, None, (repeat,), code, files={"models.py": MODELS})


LENT: tuple[Case, ...] = (
    _changed(
        "rows that are lent to a helper",
        """\
from models import Author, Post


def titles(session, author):
    posts = session.query(Post).filter(Post.author_id == author.id).order_by(Post.title).all()
    return [post.title for post in posts]


def view(session, authors):
    for author in session.query(Author):
        print(titles(session, author))
""",
        """\
from models import Author, Post


def titles(session, author, posts=None):
    if posts is None:
        posts = session.query(Post).filter(Post.author_id == author.id).order_by(Post.title).all()
    return [post.title for post in posts]


def view(session, authors):
    all_authors = list(session.query(Author))
    post_author_ids = list(dict.fromkeys(author.id for author in all_authors))
    posts_by_author_id = {}
    for start in range(0, len(post_author_ids), 500):
        portion = post_author_ids[start : start + 500]
        for row in (
            session.query(Post).filter(Post.author_id.in_(portion)).order_by(Post.title)
        ):
            posts_by_author_id.setdefault(row.author_id, []).append(row)
    for author in all_authors:
        print(titles(session, author, posts=list(posts_by_author_id.get(author.id, []))))
""",
        AUTHOR,
        tier="C",
    ),
    _changed(
        "rows of unknown keys",
        """\
from models import Author, Post


def titles(session, author):
    posts = session.query(Post).filter(Post.author_id == author.id).order_by(Post.title).all()
    return [post.title for post in posts]


def view(session, authors):
    for author in authors:
        print(titles(session, author))
""",
        """\
from models import Author, Post


def titles(session, author, posts=None):
    if posts is None:
        posts = session.query(Post).filter(Post.author_id == author.id).order_by(Post.title).all()
    return [post.title for post in posts]


def view(session, authors):
    all_authors = list(authors)
    post_author_ids = list(dict.fromkeys(author.id for author in all_authors))
    posts_by_author_id = {}
    for start in range(0, len(post_author_ids), 500):
        portion = post_author_ids[start : start + 500]
        for row in (
            session.query(Post).filter(Post.author_id.in_(portion)).order_by(Post.title)
        ):
            posts_by_author_id.setdefault(row.author_id, []).append(row)
    for author in all_authors:
        print(titles(session, author, posts=list(posts_by_author_id.get(author.id, [])) or None))
""",
        AUTHOR,
        tier="C",
    ),
    _changed(
        "rows without an order",
        """\
from models import Author, Post


def newest(session, author, year=None):
    return max(session.query(Post).filter(Post.author_id == author.id).all())


def view(session, authors):
    for author in authors:
        print(newest(session, author))
""",
        """\
from models import Author, Post


def newest(session, author, year=None, posts=None):
    return max(posts or session.query(Post).filter(Post.author_id == author.id).all())


def view(session, authors):
    all_authors = list(authors)
    post_author_ids = list(dict.fromkeys(author.id for author in all_authors))
    posts_by_author_id = {}
    for start in range(0, len(post_author_ids), 500):
        portion = post_author_ids[start : start + 500]
        for post in session.query(Post).filter(Post.author_id.in_(portion)):
            posts_by_author_id.setdefault(post.author_id, []).append(post)
    for author in all_authors:
        print(newest(session, author, posts=list(posts_by_author_id.get(author.id, [])) or None))
""",
        AUTHOR,
        tier="C",
    ),
    _left(
        "a helper that writes such rows",
        "R-SHAPE",
        """\
from models import Author, Post


def titles(session, author):
    posts = session.query(Post).filter(Post.author_id == author.id).all()
    for post in posts:
        session.delete(post)
    return 1


def view(session, authors):
    for author in authors:
        print(titles(session, author))
""",
        AUTHOR,
    ),
    _left(
        "a helper that writes other rows",
        "R-SHAPE",
        """\
from models import Author, Post


def titles(session, author):
    posts = session.query(Post).filter(Post.author_id == author.id).all()
    session.add(author.log())
    return posts[0]


def view(session, authors):
    for author in authors:
        print(titles(session, author))
""",
        AUTHOR,
    ),
    _left(
        "a helper that goes over a query",
        "R-SHAPE",
        """\
from models import Author, Post


def titles(session, author):
    posts = set(session.query(Post).filter(Post.author_id == author.id))
    return posts


def view(session, authors):
    for author in authors:
        print(titles(session, author))
""",
        AUTHOR,
    ),
    _left(
        "a loop that ends early",
        "R-COND",
        """\
from models import Author, Post


def titles(session, author):
    posts = session.query(Post).filter(Post.author_id == author.id).order_by(Post.title).all()
    return [post.title for post in posts]


def view(session, authors):
    for author in authors:
        if titles(session, author):
            break
""",
        AUTHOR,
    ),
)
