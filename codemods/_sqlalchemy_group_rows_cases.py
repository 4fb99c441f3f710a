"""The cases of `sqlalchemy-group-rows`: what it changes, and what it leaves alone with which code."""

from codemods._sqlalchemy_group_rows_lent_cases import LENT
from codemods.api import Case, Repeat

MODELS = """\
import uuid

from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, declarative_base, mapped_column, relationship

Base = declarative_base()


class Author(Base):
    __tablename__ = "authors"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    posts = relationship("Post", back_populates="author")


class Country(Base):
    __tablename__ = "countries"
    code = Column(String(2), primary_key=True)


class Seat(Base):
    __tablename__ = "seats"
    row = Column(Integer, primary_key=True)
    number = Column(Integer, primary_key=True)
    posts = relationship("Post", back_populates="seat")


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String)
    year: Mapped[int] = mapped_column()
    author_id = Column(ForeignKey("authors.id"))
    editor_id = Column(ForeignKey("authors.id"))
    country_code = Column(ForeignKey("countries.code"))
    seat_row = Column(ForeignKey("seats.row"))
    lost_id = Column(ForeignKey("elsewhere.id"))
    author = relationship("Author", back_populates="posts", foreign_keys=[author_id])
    early = relationship("Author", primaryjoin="and_(Post.author_id == Author.id, Post.year < 2000)")
    country = relationship("Country")
    seat = relationship("Seat", back_populates="posts")


class Comment(Base):
    __tablename__ = "comments"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    post_id = Column(ForeignKey("posts.id"))
    post = relationship("Post", lazy="joined")
"""

FILES = {"models.py": MODELS}
HEADER = "from models import Author, Comment, Country, Post, Seat\n"


def _repeat(table: str, *columns: str) -> Repeat:
    named = tuple(f"{table}.{column}" for column in columns)
    return Repeat(
        named[0],
        (table,),
        named,
        50,
        statement=f"SELECT * FROM {table} WHERE {' AND '.join(f'{n} = ?' for n in named)}",
    )


AUTHOR = _repeat("posts", "author_id")
COUNTRY = _repeat("posts", "country_code")
YEAR = _repeat("posts", "year")
SEAT = _repeat("posts", "seat_row")
LOST = _repeat("posts", "lost_id")
BOTH = _repeat("posts", "author_id", "year")
COMMENTS = _repeat("comments", "post_id")


CASES: tuple[Case, ...] = (
    Case(
        "rows of each row, in order",
        HEADER
        + """

def view(session):
    for author in session.query(Author).filter(Author.name != "").all():
        for post in session.query(Post).filter(Post.author_id == author.id).order_by(Post.title):
            print(author.name, post.title)
""",
        HEADER
        + """

def view(session):
    authors = session.query(Author).filter(Author.name != "").all()
    post_author_ids = list(dict.fromkeys(author.id for author in authors))
    posts_by_author_id = {}
    for start in range(0, len(post_author_ids), 500):
        portion = post_author_ids[start : start + 500]
        for post in (
            session.query(Post).filter(Post.author_id.in_(portion)).order_by(Post.title)
        ):
            posts_by_author_id.setdefault(post.author_id, []).append(post)
    for author in authors:
        for post in posts_by_author_id.get(author.id, []):
            print(author.name, post.title)
""",
        (AUTHOR,),
        tier="B",
        files=FILES,
    ),
    Case(
        "a list of its own is copied",
        HEADER
        + """

def view(session):
    found = {}
    for author in session.query(Author):
        posts = session.query(Post).filter_by(author_id=author.id, year=2000).order_by(Post.title).all()
        posts.append(None)
        found[author.id] = posts
    return found
""",
        HEADER
        + """

def view(session):
    found = {}
    authors = list(session.query(Author))
    post_author_ids = list(dict.fromkeys(author.id for author in authors))
    posts_by_author_id = {}
    for start in range(0, len(post_author_ids), 500):
        portion = post_author_ids[start : start + 500]
        for post in (
            session.query(Post).filter_by(year=2000).filter(Post.author_id.in_(portion)).order_by(Post.title)
        ):
            posts_by_author_id.setdefault(post.author_id, []).append(post)
    for author in authors:
        posts = list(posts_by_author_id.get(author.id, []))
        posts.append(None)
        found[author.id] = posts
    return found
""",
        (BOTH,),
        tier="B",
        files=FILES,
    ),
    Case(
        "select",
        HEADER
        + """from sqlalchemy import select


def view(session):
    authors = list(session.scalars(select(Author)))
    for author in authors:
        posts = session.scalars(select(Post).where(Post.author == author).order_by(Post.id)).all()
        print(author.name, len(posts), [post.title for post in posts])
""",
        HEADER
        + """from sqlalchemy import select


def view(session):
    authors = list(session.scalars(select(Author)))
    post_author_ids = list(dict.fromkeys(author.id for author in authors))
    posts_by_author_id = {}
    for start in range(0, len(post_author_ids), 500):
        portion = post_author_ids[start : start + 500]
        for post in (
            session.scalars(select(Post).where(Post.author_id.in_(portion)).order_by(Post.id))
        ):
            posts_by_author_id.setdefault(post.author_id, []).append(post)
    for author in authors:
        posts = posts_by_author_id.get(author.id, [])
        print(author.name, len(posts), [post.title for post in posts])
""",
        (AUTHOR,),
        tier="B",
        files=FILES,
    ),
    Case(
        "rows that scalars gives",
        HEADER
        + """from sqlalchemy import select


def view(session):
    for author in session.execute(select(Author)).scalars().all():
        for post in session.scalars(select(Post).where(Post.author_id == author.id).order_by(Post.id)):
            print(author.name, post.title)
""",
        HEADER
        + """from sqlalchemy import select


def view(session):
    authors = session.execute(select(Author)).scalars().all()
    post_author_ids = list(dict.fromkeys(author.id for author in authors))
    posts_by_author_id = {}
    for start in range(0, len(post_author_ids), 500):
        portion = post_author_ids[start : start + 500]
        for post in (
            session.scalars(select(Post).where(Post.author_id.in_(portion)).order_by(Post.id))
        ):
            posts_by_author_id.setdefault(post.author_id, []).append(post)
    for author in authors:
        for post in posts_by_author_id.get(author.id, []):
            print(author.name, post.title)
""",
        (AUTHOR,),
        tier="B",
        files=FILES,
    ),
    Case(
        "asynchronously",
        HEADER
        + """from sqlalchemy import select


async def view(session):
    for author in (await session.scalars(select(Author).limit(9))).all():
        posts = (await session.execute(select(Post).where(Post.author_id == author.id).order_by(Post.id))).scalars().all()
        print(author.name, len(posts))
""",
        HEADER
        + """from sqlalchemy import select


async def view(session):
    authors = (await session.scalars(select(Author).limit(9))).all()
    post_author_ids = list(dict.fromkeys(author.id for author in authors))
    posts_by_author_id = {}
    for start in range(0, len(post_author_ids), 500):
        portion = post_author_ids[start : start + 500]
        for post in await session.scalars(select(Post).where(Post.author_id.in_(portion)).order_by(Post.id)):
            posts_by_author_id.setdefault(post.author_id, []).append(post)
    for author in authors:
        posts = posts_by_author_id.get(author.id, [])
        print(author.name, len(posts))
""",
        (AUTHOR,),
        tier="B",
        files=FILES,
    ),
    Case(
        "rows with joins are told apart",
        HEADER
        + """from sqlalchemy import select


def view(session):
    for post in session.query(Post).all():
        comments = session.scalars(select(Comment).where(Comment.post_id == post.id).order_by(Comment.id)).unique().all()
        print(post.title, len(comments))
""",
        HEADER
        + """from sqlalchemy import select


def view(session):
    posts = session.query(Post).all()
    comment_post_ids = list(dict.fromkeys(post.id for post in posts))
    comments_by_post_id = {}
    for start in range(0, len(comment_post_ids), 500):
        portion = comment_post_ids[start : start + 500]
        for comment in (
            session.scalars(select(Comment).where(Comment.post_id.in_(portion)).order_by(Comment.id)).unique()
        ):
            comments_by_post_id.setdefault(comment.post_id, []).append(comment)
    for post in posts:
        comments = comments_by_post_id.get(post.id, [])
        print(post.title, len(comments))
""",
        (COMMENTS,),
        tier="B",
        files=FILES,
    ),
    Case(
        "a property of the model",
        HEADER
        + """

def view():
    for author in Author.query.all():
        print(author.name, list(Post.query.filter_by(author=author).order_by(Post.id)))
""",
        HEADER
        + """

def view():
    authors = Author.query.all()
    post_author_ids = list(dict.fromkeys(author.id for author in authors))
    posts_by_author_id = {}
    for start in range(0, len(post_author_ids), 500):
        portion = post_author_ids[start : start + 500]
        for post in Post.query.filter(Post.author_id.in_(portion)).order_by(Post.id):
            posts_by_author_id.setdefault(post.author_id, []).append(post)
    for author in authors:
        print(author.name, list(posts_by_author_id.get(author.id, [])))
""",
        (AUTHOR,),
        tier="B",
        files=FILES,
    ),
    Case(
        "no order is a draft",
        HEADER
        + """

def view(session):
    return {author.id: session.query(Post).filter_by(author_id=author.id).all() for author in session.query(Author)}
""",
        HEADER
        + """

def view(session):
    authors = list(session.query(Author))
    post_author_ids = list(dict.fromkeys(author.id for author in authors))
    posts_by_author_id = {}
    for start in range(0, len(post_author_ids), 500):
        portion = post_author_ids[start : start + 500]
        for post in session.query(Post).filter(Post.author_id.in_(portion)):
            posts_by_author_id.setdefault(post.author_id, []).append(post)
    return {author.id: list(posts_by_author_id.get(author.id, [])) for author in authors}
""",
        (AUTHOR,),
        tier="C",
        files=FILES,
    ),
    Case(
        "keys of unknown origin are asked for again",
        HEADER
        + """

def view(session, ids: list[int]):
    for key in ids:
        posts = session.query(Post).filter(Post.author_id == key).order_by(Post.id).all()
        if posts:
            print(len(posts))
""",
        HEADER
        + """

def view(session, ids: list[int]):
    post_author_ids = list(dict.fromkeys(ids))
    posts_by_author_id = {}
    for start in range(0, len(post_author_ids), 500):
        portion = post_author_ids[start : start + 500]
        for post in (
            session.query(Post).filter(Post.author_id.in_(portion)).order_by(Post.id)
        ):
            posts_by_author_id.setdefault(post.author_id, []).append(post)
    for key in ids:
        posts = posts_by_author_id.get(key)
        if posts is None:
            posts = session.query(Post).filter(Post.author_id == key).order_by(Post.id).all()
        if posts:
            print(len(posts))
""",
        (AUTHOR,),
        tier="B",
        files=FILES,
    ),
    Case(
        "lists that are asked for again are copied too",
        HEADER
        + """

def view(session, years: set[int]):
    return [session.query(Post).filter(Post.year == year).order_by(Post.id).all() for year in years]
""",
        HEADER
        + """

def view(session, years: set[int]):
    post_years = list(dict.fromkeys(years))
    posts_by_year = {}
    for start in range(0, len(post_years), 500):
        portion = post_years[start : start + 500]
        for post in session.query(Post).filter(Post.year.in_(portion)).order_by(Post.id):
            posts_by_year.setdefault(post.year, []).append(post)
    return [list(posts_by_year.get(year) or session.query(Post).filter(Post.year == year).order_by(Post.id).all()) for year in years]
""",
        (YEAR,),
        tier="B",
        files=FILES,
    ),
    Case(
        "keys of text are a draft",
        HEADER
        + """

def view(session):
    for country in session.query(Country):
        for post in session.query(Post).filter_by(country=country).order_by(Post.id):
            print(country.code, post.title)
""",
        HEADER
        + """

def view(session):
    countries = list(session.query(Country))
    post_country_codes = list(dict.fromkeys(country.code for country in countries))
    posts_by_country_code = {}
    for start in range(0, len(post_country_codes), 500):
        portion = post_country_codes[start : start + 500]
        for post in (
            session.query(Post).filter(Post.country_code.in_(portion)).order_by(Post.id)
        ):
            posts_by_country_code.setdefault(post.country_code, []).append(post)
    for country in countries:
        for post in (posts_by_country_code.get(country.code) or session.query(Post).filter_by(country=country).order_by(Post.id)):
            print(country.code, post.title)
""",
        (COUNTRY,),
        tier="C",
        files=FILES,
    ),
    Case(
        "keys to an unknown table are a draft",
        HEADER
        + """

def view(session, ids: list[int]):
    for key in ids:
        print(len(session.query(Post).filter_by(lost_id=key).all()))
""",
        HEADER
        + """

def view(session, ids: list[int]):
    post_lost_ids = list(dict.fromkeys(ids))
    posts_by_lost_id = {}
    for start in range(0, len(post_lost_ids), 500):
        portion = post_lost_ids[start : start + 500]
        for post in session.query(Post).filter(Post.lost_id.in_(portion)):
            posts_by_lost_id.setdefault(post.lost_id, []).append(post)
    for key in ids:
        print(len(posts_by_lost_id.get(key) or session.query(Post).filter_by(lost_id=key).all()))
""",
        (LOST,),
        tier="C",
        files=FILES,
    ),
    Case(
        "changed rows are a draft",
        HEADER
        + """

def view(session):
    for author in session.query(Author).all():
        for post in session.query(Post).filter_by(author_id=author.id).order_by(Post.id):
            post.title = author.name
""",
        HEADER
        + """

def view(session):
    authors = session.query(Author).all()
    post_author_ids = list(dict.fromkeys(author.id for author in authors))
    posts_by_author_id = {}
    for start in range(0, len(post_author_ids), 500):
        portion = post_author_ids[start : start + 500]
        for post in (
            session.query(Post).filter(Post.author_id.in_(portion)).order_by(Post.id)
        ):
            posts_by_author_id.setdefault(post.author_id, []).append(post)
    for author in authors:
        for post in posts_by_author_id.get(author.id, []):
            post.title = author.name
""",
        (AUTHOR,),
        tier="C",
        files=FILES,
    ),
    Case(
        "a list that grows need not be of rows",
        HEADER
        + """

def view(session):
    authors = session.query(Author).all()
    authors.append(Author())
    for author in authors:
        print(len(session.query(Post).filter_by(author_id=author.id).all()))
""",
        HEADER
        + """

def view(session):
    authors = session.query(Author).all()
    authors.append(Author())
    post_author_ids = list(dict.fromkeys(author.id for author in authors))
    posts_by_author_id = {}
    for start in range(0, len(post_author_ids), 500):
        portion = post_author_ids[start : start + 500]
        for post in session.query(Post).filter(Post.author_id.in_(portion)):
            posts_by_author_id.setdefault(post.author_id, []).append(post)
    for author in authors:
        print(len(posts_by_author_id.get(author.id) or session.query(Post).filter_by(author_id=author.id).all()))
""",
        (AUTHOR,),
        tier="B",
        files=FILES,
    ),
    Case(
        "a helper gets a twin",
        HEADER
        + '''

def posts_of(session, author_id: int) -> list[Post]:
    """The posts of an author."""
    return session.query(Post).filter(Post.author_id == author_id).order_by(Post.title).all()


def view(session):
    for author in session.query(Author):
        for post in posts_of(session, author.id):
            print(author.name, post.title)
''',
        HEADER
        + '''

def posts_of(session, author_id: int) -> list[Post]:
    """The posts of an author."""
    return session.query(Post).filter(Post.author_id == author_id).order_by(Post.title).all()


def posts_of_many(session, author_ids: list[int]) -> dict[int, list[Post]]:
    """Lists of posts by author_id; keys without any are left out."""
    post_author_ids = list(dict.fromkeys(author_ids))
    posts_by_author_id = {}
    for start in range(0, len(post_author_ids), 500):
        portion = post_author_ids[start : start + 500]
        for post in (
            session.query(Post).filter(Post.author_id.in_(portion)).order_by(Post.title)
        ):
            posts_by_author_id.setdefault(post.author_id, []).append(post)
    return posts_by_author_id


def view(session):
    authors = list(session.query(Author))
    posts_by_author_id = posts_of_many(session, [author.id for author in authors])
    for author in authors:
        for post in posts_by_author_id.get(author.id, []):
            print(author.name, post.title)
''',
        (AUTHOR,),
        tier="B",
        files=FILES,
    ),
    Case(
        "a helper behind a helper, and a year that no round changes",
        HEADER
        + """

def posts_in(session, author_id, year):
    return session.query(Post).filter(Post.author_id == author_id, Post.year == year).order_by(Post.title).all()


def posts_of(session, author_id, year=None):
    return posts_in(session, author_id, year)


def view(session, year):
    for author in session.query(Author):
        print(len(posts_of(session, author.id, year)))
""",
        HEADER
        + '''

def posts_in(session, author_id, year):
    return session.query(Post).filter(Post.author_id == author_id, Post.year == year).order_by(Post.title).all()


def posts_in_many(session, author_ids, year):
    """Lists of posts by author_id; keys without any are left out."""
    post_author_ids = list(dict.fromkeys(author_ids))
    posts_by_author_id = {}
    for start in range(0, len(post_author_ids), 500):
        portion = post_author_ids[start : start + 500]
        for post in (
            session.query(Post).filter(Post.year == year, Post.author_id.in_(portion)).order_by(Post.title)
        ):
            posts_by_author_id.setdefault(post.author_id, []).append(post)
    return posts_by_author_id


def posts_of(session, author_id, year=None):
    return posts_in(session, author_id, year)


def posts_of_many(session, author_ids, year=None):
    """Lists of posts by author_id; keys without any are left out."""
    return posts_in_many(session, author_ids, year)


def view(session, year):
    authors = list(session.query(Author))
    posts_by_author_id = posts_of_many(session, [author.id for author in authors], year)
    for author in authors:
        print(len(posts_by_author_id.get(author.id, [])))
''',
        (AUTHOR,),
        tier="B",
        files=FILES,
    ),
    Case(
        "a helper of which two parameters change with the rounds",
        HEADER
        + """

def posts_in(session, author_id, year):
    return session.query(Post).filter(Post.author_id == author_id, Post.year == year).all()


def view(session):
    for author in session.query(Author):
        print(len(posts_in(session, author.id, author.year)))
""",
        None,
        (AUTHOR,),
        "R-KEYEQ",
        files=FILES,
    ),
    Case(
        "a limit",
        HEADER
        + """

def view(session):
    for author in session.query(Author):
        print(session.query(Post).filter_by(author_id=author.id).limit(3).all())
""",
        None,
        (AUTHOR,),
        "R-SHAPE",
        files=FILES,
    ),
    Case(
        "a join",
        HEADER
        + """

def view(session):
    for author in session.query(Author):
        print(session.query(Post).join(Comment).filter(Post.author_id == author.id).all())
""",
        None,
        (AUTHOR,),
        "R-SHAPE",
        files=FILES,
    ),
    Case(
        "a lock",
        HEADER
        + """

def view(session):
    for author in session.query(Author):
        print(session.query(Post).filter(Post.author_id == author.id).with_for_update().all())
""",
        None,
        (AUTHOR,),
        "R-SHAPE",
        files=FILES,
    ),
    Case(
        "one row of a key",
        HEADER
        + """

def view(session):
    for author in session.query(Author):
        print(session.query(Post).filter(Post.author_id == author.id).first())
""",
        None,
        (AUTHOR,),
        "R-UNRESOLVED",
        files=FILES,
    ),
    Case(
        "an aggregate",
        HEADER
        + """

def view(session):
    for author in session.query(Author):
        print(session.query(Post).filter(Post.author_id == author.id).count())
""",
        None,
        (AUTHOR,),
        "R-UNRESOLVED",
        files=FILES,
    ),
    Case(
        "rows that are tuples",
        HEADER
        + """from sqlalchemy import select


def view(session):
    for author in session.query(Author):
        print(session.execute(select(Post).where(Post.author_id == author.id)).all())
""",
        None,
        (AUTHOR,),
        "R-UNRESOLVED",
        files=FILES,
    ),
    Case(
        "a result that is asked for more",
        HEADER
        + """from sqlalchemy import select


def view(session):
    for author in session.query(Author):
        print(session.scalars(select(Post).where(Post.author_id == author.id)).first())
""",
        None,
        (AUTHOR,),
        "R-UNRESOLVED",
        files=FILES,
    ),
    Case(
        "a query that is handed on",
        HEADER
        + """

def view(session):
    for author in session.query(Author):
        show(session.query(Post).filter(Post.author_id == author.id))
""",
        None,
        (AUTHOR,),
        "R-UNRESOLVED",
        files=FILES,
    ),
    Case(
        "a statement without a session",
        HEADER
        + """from sqlalchemy import select


def view(session):
    for author in session.query(Author):
        print(list(select(Post).where(Post.author_id == author.id)))
""",
        None,
        (AUTHOR,),
        "R-UNRESOLVED",
        files=FILES,
    ),
    Case(
        "what is compared need not be a row",
        HEADER
        + """

def view(session, authors):
    for author in authors:
        print(len(session.query(Post).filter_by(author=author).all()))
""",
        None,
        (AUTHOR,),
        "R-KEYEQ",
        files=FILES,
    ),
    Case(
        "rows of another model",
        HEADER
        + """

def view(session):
    for country in session.query(Country):
        print(len(session.query(Post).filter_by(author=country).all()))
""",
        None,
        (AUTHOR,),
        "R-KEYEQ",
        files=FILES,
    ),
    Case(
        "conditions in the relationship itself",
        HEADER
        + """

def view(session):
    for author in session.query(Author):
        print(len(session.query(Post).filter_by(early=author).all()))
""",
        None,
        (AUTHOR,),
        "R-UNRESOLVED",
        files=FILES,
    ),
    Case(
        "a key of two columns",
        HEADER
        + """

def view(session):
    for seat in session.query(Seat):
        print(len(session.query(Post).filter_by(seat=seat).all()))
""",
        None,
        (SEAT,),
        "R-UNRESOLVED",
        files=FILES,
    ),
    Case(
        "two keys",
        HEADER
        + """

def view(session):
    for author in session.query(Author):
        print(len(session.query(Post).filter_by(author_id=author.id, year=author.id).all()))
""",
        None,
        (BOTH,),
        "R-KEYEQ",
        files=FILES,
    ),
    Case(
        "a condition that is no key",
        HEADER
        + """

def view(session):
    for author in session.query(Author):
        print(len(session.query(Post).filter(Post.author_id == author.id, Post.year > author.id).all()))
""",
        None,
        (AUTHOR,),
        "R-KEYEQ",
        files=FILES,
    ),
    Case(
        "a relationship to many is no column",
        HEADER
        + """

def view(session):
    for post in session.query(Post):
        print(len(session.query(Author).filter_by(posts=post).all()))
    for author in session.query(Author):
        print(session.query(Post).filter_by(unknown=author).all())
""",
        None,
        (AUTHOR,),
        "R-UNRESOLVED",
        files=FILES,
    ),
    Case(
        "a loop that commits",
        HEADER
        + """

def view(session):
    for author in session.query(Author).all():
        for post in session.query(Post).filter_by(author_id=author.id).order_by(Post.id):
            print(post.title)
        session.commit()
""",
        None,
        (AUTHOR,),
        "R-COMMIT",
        files=FILES,
    ),
    Case(
        "a loop that makes such rows",
        HEADER
        + """

def view(session):
    for author in session.query(Author).all():
        for post in session.query(Post).filter_by(author_id=author.id).all():
            session.add(Post(title=post.title))
""",
        None,
        (AUTHOR,),
        "R-GET-OR-CREATE",
        files=FILES,
    ),
    Case(
        "a loop that deletes its rows",
        HEADER
        + """

def view(session):
    for author in session.query(Author).all():
        for post in session.query(Post).filter_by(author_id=author.id).all():
            session.delete(post)
""",
        None,
        (AUTHOR,),
        "R-WRITE",
        files=FILES,
    ),
    Case(
        "a helper that is given the row",
        HEADER
        + """

def posts_of(session, author):
    return session.query(Post).filter_by(author=author).all()


def view(session):
    for author in session.query(Author):
        print(len(posts_of(session, author)))
""",
        None,
        (AUTHOR,),
        "R-KEYEQ",
        files=FILES,
    ),
    Case(
        "another model's rows in one query",
        HEADER
        + """

def view(session, ids):
    comments = {}
    for comment in session.query(Comment).filter(Comment.post_id.in_(ids)):
        comments.setdefault(comment.post_id, []).append(comment)
    for comment in session.query(Comment).filter(Comment.post_id == 1):
        print(comment)
    return comments
""",
        None,
        (AUTHOR,),
        "R-UNRESOLVED",
        files=FILES,
    ),
    Case(
        "done already",
        HEADER
        + """

def view(session, ids):
    posts_by_author_id = {}
    for post in session.query(Post).filter(Post.author_id.in_(ids)):
        posts_by_author_id.setdefault(post.author_id, []).append(post)
    for key in ids:
        print(posts_by_author_id.get(key, []))
""",
        None,
        (AUTHOR,),
        "R-BATCHED",
        files=FILES,
    ),
    *LENT,
)
