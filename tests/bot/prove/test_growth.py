"""Rows multiplied in the test's own process: on SQLAlchemy and Django, in one interpreter per case."""

import json
from pathlib import Path

import pytest
from test_probe import TEST, start

from bot.prove.observe import Row

SQLALCHEMY = """
from sqlalchemy import Column, ForeignKey, Integer, String, Table, create_engine, func, select
from sqlalchemy.orm import Session, declarative_base, relationship, selectinload
Base = declarative_base()
marks = Table("mark", Base.metadata, Column("post_id", ForeignKey("post.id"), primary_key=True),
              Column("tag_id", ForeignKey("tag.id"), primary_key=True))
class Author(Base):
    __tablename__ = "author"
    id = Column(Integer, primary_key=True)
    email = Column(String(20), unique=True)
    posts = relationship("Post", back_populates="author")
class Tag(Base):
    __tablename__ = "tag"
    id = Column(Integer, primary_key=True)
class Post(Base):
    __tablename__ = "post"
    id = Column(Integer, primary_key=True)
    author_id = Column(ForeignKey("author.id"))
    author = relationship(Author, back_populates="posts")
    tags = relationship(Tag, secondary=marks)
class Animal(Base):
    __tablename__ = "animal"
    id = Column(Integer, primary_key=True)
class Dog(Animal):
    __tablename__ = "dog"
    id = Column(ForeignKey("animal.id"), primary_key=True)
    owner_id = Column(ForeignKey("author.id"))
    owner = relationship(Author)
engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
with Session(engine) as session:
    tag = Tag(id=1)
    for n in range(4):
        session.add(Post(author=Author(email=f"a{n}@example.com"), tags=[tag]))
    session.add(Dog(owner=Author(email="dog@example.com")))
    session.commit()
def site(session, statement, read):
    return [read(row) for row in session.scalars(statement)]
def run(statement, read):
    with Session(engine) as session:
        values = site(session, statement, read)
        print(len(values))
        session.commit()
        print(session.scalar(select(func.count()).select_from(Post)))
"""
CASES = {
    "many to one": ("Post.author", "select(Post)", "lambda p: p.author.email", 4, 8, 9),
    "eager": ("Post.author", "select(Post).options(selectinload(Post.author))", "lambda p: p.author.email", 4, 8, 2),
    "one to many": ("Author.posts", "select(Author)", "lambda a: len(a.posts)", 5, 10, 11),
    "many to many": ("Post.tags", "select(Post)", "lambda p: len(p.tags)", 4, 8, 9),
    "two hops": ("Tag.x", "select(Post)", "lambda p: len(p.tags)", None, None, 5),
    "a limit": ("Post.author", "select(Post).limit(3)", "lambda p: p.author.email", 3, 3, 4),
}


def grown(tmp_path: Path, code: str, loads: str) -> tuple[str, dict[str, Row], list[Row]]:
    settings = json.dumps({"loads": [loads]})
    more = {"COSTMOD_PROBE_GROW": settings, "COSTMOD_PROBE_FILE": "lib.py", "COSTMOD_PROBE_FUNCTION": "site"}
    output, rows = start(tmp_path, code, **more)
    notes = {r.kind + (r.text if r.kind == "size" else ""): r for r in rows if r.test == TEST and r.phase == "call"}
    return output, notes, [r for r in rows if r.kind == "sql" and any(f.function == "site" for f in r.frames)]


def library(tmp_path: Path, text: str) -> None:
    (tmp_path / "tree/shop").mkdir(parents=True)
    (tmp_path / "tree/shop/__init__.py").touch()
    (tmp_path / "tree/shop/models.py").write_text(MODELS)
    (tmp_path / "tree/lib.py").write_text(text)


@pytest.mark.parametrize(("loads", "query", "read", "few", "many", "statements"), CASES.values(), ids=CASES)
def test_sqlalchemy(  # noqa: PLR0917
    tmp_path: Path, loads: str, query: str, read: str, few: int | None, many: int | None, statements: int
) -> None:
    library(tmp_path, SQLALCHEMY)
    output, notes, rows = grown(tmp_path, f"from lib import *\nrun({query}, {read})\n", loads)
    sizes = tuple(notes[name].rows if name in notes else None for name in ("size1", "size2"))
    assert sizes == (few, many)
    assert sum(row.count for row in rows) == statements
    assert output.split()[1] == "4"  # clones are gone before the commit
    assert ("digest" in notes) == (few is not None)


DOG = "from lib import *\nrun(select(Dog), lambda d: d.owner.email)\n"
FACTORIES = """
import factory
class AuthorFactory(factory.alchemy.SQLAlchemyModelFactory):
    class Meta:
        model = Author
    email = factory.Faker("first_name")
class DogFactory(factory.alchemy.SQLAlchemyModelFactory):
    class Meta:
        model = Dog
    owner = factory.SubFactory(AuthorFactory)
"""


@pytest.mark.slow
def test_factory_boy_makes_what_cannot_be_cloned(tmp_path: Path) -> None:
    pytest.importorskip("factory")
    library(tmp_path, SQLALCHEMY + FACTORIES)
    seen = [
        grown(tmp_path, DOG + "with Session(engine) as s:\n    print(len(s.scalars(select(Dog)).all()))\n", "Dog.owner")
    ]
    (tmp_path / "again").mkdir()
    library(tmp_path / "again", SQLALCHEMY + FACTORIES)
    seen.append(grown(tmp_path / "again", DOG, "Dog.owner"))
    for _, notes, rows in seen:
        assert (notes["size1"].rows, notes["size2"].rows, sum(row.count for row in rows)) == (1, 6, 7)
    assert seen[0][0].split() == ["6", "4", "1"]  # they are gone before the commit
    assert seen[0][1]["digest"].text == seen[1][1]["digest"].text  # the same names are drawn


@pytest.mark.slow
def test_what_lies_in_several_tables_is_left_alone(tmp_path: Path) -> None:
    library(tmp_path, SQLALCHEMY)
    notes = grown(tmp_path, DOG, "Dog.owner")[1]
    assert notes["why"].text == "Dog is kept in several tables"


@pytest.mark.slow
def test_rows_of_both_sides_are_the_same_and_other_rows_are_seen(tmp_path: Path) -> None:
    digests = []
    for name, query in (
        ("lazy", "select(Post)"),
        ("eager", "select(Post).options(selectinload(Post.author))"),
        ("other", "select(Post).where(Post.id != 2)"),
    ):
        (tmp_path / name).mkdir()
        library(tmp_path / name, SQLALCHEMY)
        code = f"from lib import *\nrun({query}, lambda p: p.author.email)\n"
        digests.append(grown(tmp_path / name, code, "Post.author")[1]["digest"].text)
    assert digests[0] == digests[1] != digests[2]


MODELS = """
from django.db import models
class Author(models.Model):
    email = models.CharField(max_length=20, unique=True)
class Tag(models.Model):
    pass
class Post(models.Model):
    author = models.ForeignKey(Author, models.CASCADE, related_name="posts")
    tags = models.ManyToManyField(Tag)
"""
DJANGO = """
import django
from django.conf import settings
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField", INSTALLED_APPS=["shop"],
)
django.setup()
from django.db import connection, transaction
from shop.models import Author, Post, Tag
with connection.schema_editor() as editor:
    for model in (Author, Tag, Post):
        editor.create_model(model)
def site(query, read):
    return [read(row) for row in query]
def run(query, read):
    with transaction.atomic():
        print(len(site(query, read)))
    print(Post.objects.count())
tag = Tag.objects.create()
for n in range(4):
    Post.objects.create(author=Author.objects.create(email=f"a{n}@example.com")).tags.add(tag)
"""
DJANGO_CASES = {
    "many to one": ("Post.author", "Post.objects.all()", "lambda p: p.author.email", 4, 8, 9),
    "eager": ("Post.author", "Post.objects.select_related('author')", "lambda p: p.author.email", 4, 8, 1),
    "one to many": ("Author.posts", "Author.objects.all()", "lambda a: len(a.posts.all())", 4, 8, 9),
    "many to many": ("Post.tags", "Post.objects.all()", "lambda p: len(p.tags.all())", 4, 8, 9),
    "a slice": ("Post.author", "Post.objects.all()[:3]", "lambda p: p.author.email", 3, 3, 4),
}


@pytest.mark.parametrize(
    ("loads", "query", "read", "few", "many", "statements"), DJANGO_CASES.values(), ids=DJANGO_CASES
)
def test_django(  # noqa: PLR0917
    tmp_path: Path, loads: str, query: str, read: str, few: int, many: int, statements: int
) -> None:
    library(tmp_path, DJANGO)
    output, notes, rows = grown(tmp_path, f"from lib import *\nrun({query}, {read})\n", loads)
    assert (notes["size1"].rows, notes["size2"].rows) == (few, many)
    assert sum(row.count for row in rows) == statements
    assert output.split()[1] == "4"


@pytest.mark.slow
def test_django_outside_of_a_transaction(tmp_path: Path) -> None:
    library(tmp_path, DJANGO)
    code = "from lib import *\nprint(len(site(Post.objects.all(), lambda p: p.author.email)))\n"
    output, notes, _ = grown(tmp_path, code, "Post.author")
    assert (output, notes["why"].text) == ("4\n", "the test reads outside of a transaction")


GUEST = "class Guest(Post):\n    title = models.CharField(max_length=9)\n"
DJANGO_FACTORIES = {
    "factory_boy": (
        "factory",
        "import factory\nclass AuthorFactory(factory.django.DjangoModelFactory):\n    class Meta:\n"
        "        model = Author\n    email = factory.Faker('first_name')\n"
        "class GuestFactory(factory.django.DjangoModelFactory):\n    class Meta:\n        model = Guest\n"
        "    author = factory.SubFactory(AuthorFactory)\n",
    ),
    "model_bakery": ("model_bakery", ""),
}


@pytest.mark.slow
@pytest.mark.parametrize(("package", "factories"), DJANGO_FACTORIES.values(), ids=DJANGO_FACTORIES)
def test_factories_of_django_make_what_cannot_be_cloned(tmp_path: Path, package: str, factories: str) -> None:
    pytest.importorskip(package)
    text = DJANGO.replace("import Author,", "import Author, Guest,").replace("Tag, Post)", "Tag, Post, Guest)")
    library(tmp_path, text + factories + "Guest.objects.create(title='t', author=Author.objects.first())\n")
    with (tmp_path / "tree/shop/models.py").open("a") as models:
        models.write(GUEST)
    code = "from lib import *\nrun(Guest.objects.all(), lambda p: p.author.email)\nprint(Guest.objects.count())\n"
    output, notes, rows = grown(tmp_path, code, "Guest.author")
    assert (notes["size1"].rows, notes["size2"].rows, sum(row.count for row in rows)) == (1, 6, 7)
    assert output.split() == ["6", "5", "1"]  # they are gone before the commit
