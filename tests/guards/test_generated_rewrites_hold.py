"""Generated models and queries are run, rewritten for what repeats, and run again: equal rows, O(1) statements."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from guards.guard import MODELS_AT, find, measured
from guards.libraries import DATABASES, Library, Rows
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from codemods.api import Proposal

pytestmark = pytest.mark.slow
SIZES = (4, 12)
# Configured, as by any query of an application before this one: else a backref is not there yet, which a note says.
_ALCHEMY = """\
from sqlalchemy import Column, ForeignKey, Integer, String, Table
from sqlalchemy.orm import configure_mappers, declarative_base, relationship

Base = declarative_base()
post_tags = Table(
    "blog_post_tags", Base.metadata, Column("id", Integer, primary_key=True),
    Column("post_id", ForeignKey("blog_post.id")), Column("tag_id", ForeignKey("blog_tag.id")),
)


class Author(Base):
    __tablename__ = "blog_author"
    id = Column(Integer, primary_key=True)
    boss_id = Column(ForeignKey("blog_author.id"))
    boss = relationship("Author", remote_side=[id])


class Tag(Base):
    __tablename__ = "blog_tag"
    id = Column(Integer, primary_key=True)


class Post(Base):
    __tablename__ = "blog_post"
    id = Column(Integer, primary_key=True)
    title = Column(String(20))
    score = Column(Integer)
    author_id = Column(ForeignKey("blog_author.id"))
    author = relationship("Author")
    tags = relationship("Tag", secondary=post_tags)
{declared}

class Article(Post):
    __tablename__ = "blog_article"
    id = Column(ForeignKey("blog_post.id"), primary_key=True)


class Comment(Base):
    __tablename__ = "blog_comment"
    id = Column(Integer, primary_key=True)
    post_id = Column(ForeignKey("blog_post.id"))
    writer_id = Column(ForeignKey("blog_author.id"))
    writer = relationship("Author")
    post = relationship("Post", {back})


configure_mappers()
"""
_DJANGO = """\
from django.db import models


class Author(models.Model):
    boss = models.ForeignKey("self", on_delete=models.CASCADE, null=True)


class Tag(models.Model):
    pass


class Post(models.Model):
    title = models.CharField(max_length=20)
    score = models.IntegerField()
    author = models.ForeignKey(Author, on_delete=models.CASCADE, null=True)
    tags = models.ManyToManyField(Tag)
{declared}

class Detail(models.Model):
    post = models.OneToOneField(Post, on_delete=models.CASCADE)


class Comment(models.Model):
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="comments")
    writer = models.ForeignKey(Author, on_delete=models.CASCADE)
"""


@dataclass(frozen=True)
class Program:
    """Two modules: the models, and the view that reads related objects of a query's rows."""

    models: str
    app: str

    @property
    def one_statement_for_two(self) -> bool:
        """Whether authors are read on two paths, by the same statement."""
        return "boss" in self.app or ("row.author" in self.app and "comment.writer" in self.app)


def rows(size: int) -> Rows:
    """`size` posts with related rows of their own; keys, values and physical order tell nothing of each other."""
    shuffle = random.Random(size)
    numbers = shuffle.sample(range(1, 6 * size), size)
    people = [500 - n for n in numbers] + [2000 + 10 * n + k for n in numbers for k in range(2)]
    found: dict[str, list[dict[str, object]]] = {
        "blog_author": [{"id": p, "boss_id": 10_000 + p} for p in people]
        + [{"id": 10_000 + p, "boss_id": None} for p in people],
        "blog_tag": [{"id": n} for n in range(1, 6)],
        "blog_post": [
            {"id": n, "title": shuffle.choice("ab"), "score": shuffle.randint(1, 3),
             "author_id": 500 - n if i else None}
            for i, n in enumerate(numbers)
        ],
        "blog_post_tags": [
            {"id": 10 * n + k, "post_id": n, "tag_id": t}
            for n in numbers for k, t in enumerate(shuffle.sample(range(1, 6), 2))
        ],
        "blog_comment": [
            {"id": 10 * n + k, "post_id": n, "writer_id": 2000 + 10 * n + k} for n in numbers for k in range(2)
        ],
    }  # fmt: skip
    return {table: shuffle.sample(given, len(given)) for table, given in found.items()}


@st.composite
def alchemy(draw: st.DrawFn) -> Program:
    """SQLAlchemy: legacy queries, Model.query and select(), of a class or its subclass."""
    back = draw(st.sampled_from(["backref", "back_populates"]))
    declared = '    comments = relationship("Comment", back_populates="post")\n' if back == "back_populates" else ""
    root = draw(st.sampled_from(["Post", "Post", "Article"]))
    orders = ["", ".order_by({0}.id)", ".order_by({0}.title)", ".order_by({0}.score.desc(), {0}.title, {0}.id)"]
    steps = [
        draw(st.sampled_from(["", ".filter({0}.score > 1)", ".outerjoin({0}.author).filter(Author.id > 1)"])),
        draw(st.sampled_from(orders)),
        draw(st.sampled_from(["", "", ".distinct()", ".limit(8)", ".limit(9).offset(1)"])),
    ]
    chain = "".join(steps).format(root)
    style = draw(
        st.sampled_from(["session.query({0}){1}.all()", "{0}.query{1}.all()", "session.scalars(select({0}){1}).all()"])
    )
    reads = draw(st.lists(st.sampled_from([
        "row.author and row.author.id",
        "row.author.boss.id if row.author else None",
        "sorted(comment.id for comment in row.comments)",
        "sorted(comment.writer.id for comment in row.comments)",
        "sorted(tag.id for tag in row.tags)",
    ]), min_size=1, max_size=3, unique=True))  # fmt: skip
    imports = "from sqlalchemy import select\n\n" if "select(" in style else ""
    app = (
        f"{imports}from models import Article, Author, Comment, Post\n\n\ndef view(session):\n"
        f"    rows = {style.format(root, chain)}\n    return [[row.id, {', '.join(reads)}] for row in rows]\n"
    )
    return Program(_ALCHEMY.format(declared=declared, back=f'{back}="comments"'), app)


@st.composite
def django(draw: st.DrawFn) -> Program:
    """Django: keys, one-to-one and many-to-many relations, their other sides, orders by Meta or the query, slices."""
    ordering = draw(st.sampled_from(["", '["id"]', '["title"]', '["-score", "id"]']))
    declared = f"\n    class Meta:\n        ordering = {ordering}\n" if ordering else ""
    steps = draw(st.sampled_from(["", ".filter(score__gt=1)", ".exclude(author__isnull=True)"]))
    steps += draw(
        st.sampled_from(["", "", '.order_by("pk")', '.order_by("title")', '.order_by("-score", "title", "id")'])
    )
    steps += draw(st.sampled_from(["", "", ".distinct()", "[:8]", "[1:9]"]))
    reads = draw(st.lists(st.sampled_from([
        "row.author and row.author.pk",
        "row.author.boss.id if row.author else None",
        "row.detail.id",
        "sorted(comment.id for comment in row.comments.all())",
        "sorted(comment.writer.id for comment in row.comments.all())",
        "sorted(tag.id for tag in row.tags.all())",
        "sorted(comment.id for comment in row.comments.filter(id__gt=5))",
    ]), min_size=1, max_size=3, unique=True))  # fmt: skip
    app = (
        "from blog.models import Post\n\n\ndef view(request):\n"
        f"    rows = Post.objects.all(){steps}\n    return [[row.id, {', '.join(reads)}] for row in rows]\n"
    )
    return Program(_DJANGO.format(declared=declared), app)


def _data(orm: str, size: int) -> Rows:
    found = dict(rows(size))
    posts = [row["id"] for row in found["blog_post"]]
    if orm == "django":
        return found | {"blog_detail": [{"id": 9000 - n, "post_id": n} for n in posts[::-1]]}  # type: ignore[operator]
    return found | {"blog_article": [{"id": n} for n in posts[::-1]]}


@pytest.mark.parametrize("library", [("sqlalchemy", "2.0", d) for d in DATABASES], indirect=True, ids=" ".join)
def test_sqlalchemy(library: Library, tmp_path_factory: pytest.TempPathFactory) -> None:
    check(library, alchemy(), tmp_path_factory.mktemp)


@pytest.mark.parametrize("library", [("django", "5.2", d) for d in DATABASES], indirect=True, ids=" ".join)
def test_django(library: Library, tmp_path_factory: pytest.TempPathFactory) -> None:
    check(library, django(), tmp_path_factory.mktemp)


def check(library: Library, programs: st.SearchStrategy[Program], folder: Callable[[str], Path]) -> None:
    """Rewrite generated programs; at least half of those in which something repeats are to be rewritten."""
    repeating: list[bool] = []
    most = 25 if library.database == "sqlite" else 12

    @settings(
        max_examples=most, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(programs)
    def rewritten(program: Program) -> None:
        before = [library.run(program.models, program.app, _data(library.orm, size)) for size in SIZES]
        assert [run.error for run in before] == [None, None]
        repeats = measured(before[1])
        if not repeats:
            return
        files = {"app.py": program.app, MODELS_AT[library.orm]: program.models}
        proposals = [a for a in find(library.orm, files, repeats, folder("generated")) if isinstance(a, Proposal)]
        repeating.append(bool(proposals))
        event("rewritten" if proposals else "refused")
        for proposal in proposals:
            text = proposal.texts["app.py"]
            after = [library.run(program.models, text, _data(library.orm, size)) for size in SIZES]
            assert [run.error for run in after] == [None, None], text
            assert [run.value for run in after] == [run.value for run in before], text
            assert len(after[1].selects) < len(before[1].selects), text
            if program.one_statement_for_two:
                continue  # only the shorter path is loaded: a guard of its own tells so
            loaded = {load.repeat.fingerprint for load in proposal.loads}
            assert not loaded & {repeat.fingerprint for repeat in measured(after[1])}, text
            saved = sum(repeat.count for repeat in repeats if repeat.fingerprint in loaded)
            assert len(after[1].selects) <= len(before[1].selects) - saved + 3 * len(loaded), text

    rewritten()
    assert sum(repeating) * 2 >= len(repeating) >= 10
