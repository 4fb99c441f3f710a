"""Rows of `bench/loops.py` for eager loading: 50 posts, each by an author of its own, on SQLite in memory.

The statements are those that the codemods write: `selectinload` and `prefetch_related`, which leave the first as it is,
and the join that Django's `select_related` makes where order and locks allow it.
"""

import time
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

POSTS = 50


@cache
def _sqlalchemy() -> Any:
    """Posts and authors, and what gives a session whose every statement waits first."""
    from sqlalchemy import ForeignKey, String, create_engine, event
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
    from sqlalchemy.pool import StaticPool

    class Base(DeclarativeBase):
        pass

    class Author(Base):
        __tablename__ = "authors"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(String(20))

    class Post(Base):
        __tablename__ = "posts"
        id: Mapped[int] = mapped_column(primary_key=True)
        author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
        author: Mapped[Author] = relationship()

    engine = create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Post(author=Author(name=f"author {n}")) for n in range(POSTS))
        session.commit()
    wait = [0.0]
    event.listen(engine, "before_cursor_execute", lambda *_: time.sleep(wait[0]))

    def opened(latency: float) -> Any:
        wait[0] = latency
        return Session(engine)

    return SimpleNamespace(post=Post, session=opened)


def _lazy(latency: float) -> None:
    s = _sqlalchemy()
    with s.session(latency) as session:
        assert len([post.author.name for post in session.query(s.post)]) == POSTS


def _selectin(latency: float) -> None:
    from sqlalchemy.orm import selectinload

    s = _sqlalchemy()
    with s.session(latency) as session:
        posts = session.query(s.post).options(selectinload(s.post.author))
        assert len([post.author.name for post in posts]) == POSTS


@cache
def _django() -> Any:
    """A model of posts, and what runs a function with a wait before every statement."""
    import django
    from django.conf import settings

    engine = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    settings.configure(DATABASES={"default": engine}, DEFAULT_AUTO_FIELD="django.db.models.AutoField")
    django.setup()
    from django.db import connection, models

    meta = type("Meta", (), {"app_label": "blog"})
    common = {"Meta": meta, "__module__": __name__}
    author: Any = type("Author", (models.Model,), {"name": models.CharField(max_length=20), **common})
    post: Any = type("Post", (models.Model,), {"author": models.ForeignKey(author, models.CASCADE), **common})
    with connection.schema_editor() as editor:
        editor.create_model(author)
        editor.create_model(post)
    for n in range(POSTS):
        post.objects.create(author=author.objects.create(name=f"author {n}"))

    def slowly(work: Callable[[], object], latency: float) -> None:
        def slow(execute: Any, *given: Any) -> Any:
            time.sleep(latency)
            return execute(*given)

        with connection.execute_wrapper(slow):
            work()

    return SimpleNamespace(posts=post.objects.order_by("id"), slowly=slowly)


def _read(narrowed: Callable[[Any], Any]) -> Callable[[float], None]:
    def run(latency: float) -> None:
        d = _django()
        d.slowly(lambda: [post.author.name for post in narrowed(d.posts.all())], latency)

    return run


def _id_read(latency: float) -> None:
    d = _django()
    d.slowly(lambda: [post.author.id for post in d.posts.all()], latency)


def _key_read(latency: float) -> None:
    d = _django()
    d.slowly(lambda: [post.author_id for post in d.posts.all()], latency)


ROWS = [
    ("sqlalchemy-eager-load (selectinload)", (POSTS + 1, 2), _lazy, _selectin),
    ("django-eager-load (prefetch)", (POSTS + 1, 2), _read(lambda q: q), _read(lambda q: q.prefetch_related("author"))),
    ("django-eager-load (join)", (POSTS + 1, 1), _read(lambda q: q), _read(lambda q: q.select_related("author"))),
    ("django-fk-id", (POSTS + 1, 1), _id_read, _key_read),
]
