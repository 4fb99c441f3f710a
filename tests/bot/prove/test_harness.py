"""The harness in interpreters of its own, and what it is said to be."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from prove_apps import eager, patch_of
from test_probe import PROBE

from bot.prove.harness import run_harness
from bot.prove.observe import Row, read_rows
from bot.prove.suite import Suite
from bot.records import Patch, Slope, SuiteRun

SHOP = """
import enum
from sqlalchemy import JSON, Column, DateTime, Enum, ForeignKey, Integer, Numeric, String, Table
from sqlalchemy.orm import declarative_base, relationship, selectinload
Base = declarative_base()
class Colour(enum.Enum):
    RED = "red"
class Country(Base):
    __tablename__ = "country"
    code = Column(String(2), primary_key=True)
marks = Table("mark", Base.metadata, Column("post_id", ForeignKey("post.id"), primary_key=True),
              Column("tag_id", ForeignKey("tag.id"), primary_key=True))
class Device(Base):
    __tablename__ = "device"
    id = Column(Integer, primary_key=True)
    kind = Column(String(9), nullable=False)
    facts = Column(JSON, unique=True, nullable=False)
    __mapper_args__ = {"polymorphic_on": kind}
class Phone(Device):
    __mapper_args__ = {"polymorphic_identity": "phone"}
class Author(Base):
    __tablename__ = "author"
    id = Column(Integer, primary_key=True)
    device_id = Column(ForeignKey("device.id"), nullable=False)
    device = relationship(Device, lazy="joined")
    email = Column(String(9), unique=True, nullable=False)
    colour = Column(Enum(Colour), nullable=False)
    born = Column(DateTime, nullable=False)
    debt = Column(Numeric(9, 2), nullable=False)
    country_code = Column(ForeignKey("country.code"), nullable=False)
    posts = relationship("Post", back_populates="author")
class Tag(Base):
    __tablename__ = "tag"
    id = Column(Integer, primary_key=True)
class Post(Base):
    __tablename__ = "post"
    id = Column(Integer, primary_key=True)
    author_id = Column(ForeignKey("author.id"), nullable=False)
    author = relationship(Author, back_populates="posts")
    tags = relationship(Tag, secondary=marks)
class Page(Post):
    __tablename__ = "page"
    id = Column(ForeignKey("post.id"), primary_key=True)
"""
SQLALCHEMY = {
    "many to one": ("Post.author", [["options", "selectinload(Post.author)"]], (4, 7), (2, 2)),
    "one to many": ("Author.posts", [["options", "selectinload(Author.posts)"]], (4, 7), (2, 2)),
    "many to many": ("Post.tags", [["options", "selectinload(Post.tags)"]], (4, 7), (2, 2)),
}


def run(tree: Path, given: dict[str, object]) -> tuple[Counter[str], str, int]:
    rows = tree.parent / f"rows{len(list(tree.parent.iterdir()))}"
    rows.mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(PROBE),
        "PYTHONDONTWRITEBYTECODE": "1",
        "COSTMOD_PROBE_ROOT": str(tree),
        "COSTMOD_PROBE_DIR": str(rows),
        "COSTMOD_HARNESS": json.dumps({"rows": [3, 6], "settings": "", **given}),
    }
    command = [sys.executable, "-m", "costmod_probe.harness"]
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    counts: Counter[str] = Counter()
    for row in read_rows(rows):
        counts[row.test] += row.count * (row.kind == "sql" and row.phase == "call")
    return counts, done.stderr.strip(), done.returncode


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/shop.py").write_text(SHOP)
    return tmp_path / "tree"


@pytest.mark.slow
@pytest.mark.parametrize(("path", "calls", "lazy", "eager"), SQLALCHEMY.values(), ids=SQLALCHEMY)
def test_sqlalchemy(tree: Path, path: str, calls: object, lazy: tuple[int, int], eager: tuple[int, int]) -> None:
    given = {"module": "shop", "root": path.split(".", maxsplit=1)[0], "edges": [path.split(".")]}
    for added, expected in (([], lazy), (calls, eager)):
        counts, said, status = run(tree, {**given, "calls": added})
        assert (said, status) == ("", 0)
        assert (counts["harness 3"], counts["harness 6"]) == expected


WHY = {
    "several tables": ("Page", [], "Error: TypeError: Page is kept in several tables"),
    "no such model": ("Gone", [], "Error: KeyError: 'Gone'"),
    "options that need what the function has": (
        "Post", [["options", "selectinload(chosen)"]], "Error: NameError: name 'chosen' is not defined",
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("root", "calls", "why"), WHY.values(), ids=WHY)
def test_why_it_does_not_run(tree: Path, root: str, calls: object, why: str) -> None:
    given = {"module": "shop", "root": root, "edges": [["Post", "author"]], "calls": calls}
    assert run(tree, given)[1:] == (why, 1)


MODELS = """
from django.db import models
class Author(models.Model):
    email = models.CharField(max_length=9, unique=True)
    born = models.DateField()
class Tag(models.Model):
    pass
class Post(models.Model):
    author = models.ForeignKey(Author, models.CASCADE, related_name="posts")
    tags = models.ManyToManyField(Tag)
"""
DJANGO = {
    "many to one": ("Post.author", [["select_related", "'author'"]], (4, 7), (1, 1)),
    "one to many": ("Author.posts", [["prefetch_related", "'posts'"]], (4, 7), (2, 2)),
    "many to many": ("Post.tags", [["prefetch_related", "'tags'"]], (4, 7), (2, 2)),
}


@pytest.mark.slow
@pytest.mark.parametrize(("path", "calls", "lazy", "eager"), DJANGO.values(), ids=DJANGO)
def test_django(tree: Path, path: str, calls: object, lazy: tuple[int, int], eager: tuple[int, int]) -> None:
    (tree / "settings.py").write_text('SECRET_KEY = "x"\nINSTALLED_APPS = ["blog"]\n')
    (tree / "blog").mkdir()
    (tree / "blog/__init__.py").touch()
    (tree / "blog/models.py").write_text(MODELS)
    given = {
        "module": "blog.models",
        "root": path.split(".", maxsplit=1)[0],
        "edges": [path.split(".")],
        "settings": "settings",
    }
    for added, expected in (([], lazy), (calls, eager)):
        counts, said, status = run(tree, {**given, "calls": added})
        assert (said, status) == ("", 0)
        assert (counts["harness 3"], counts["harness 6"]) == expected


LABEL = "harness, not a test of the repository"


def suite(few: int, many: int, status: int = 0, words: str = "") -> Suite:
    rows = tuple(Row("sql", f"harness {n}", "call", "SELECT", count, ()) for n, count in ((3, few), (6, many)))
    run = SuiteRun(command=(), exit_status=status, seconds=0, tests=0, failed=())
    return Suite(run, frozenset(), rows, False, words)


def test_what_it_says(tmp_path: Path) -> None:
    asked = []

    def runs(settings: dict[str, str], patched: bool) -> Suite:
        asked.append(json.loads(settings["COSTMOD_HARNESS"]))
        return suite(1, 1) if patched else suite(4, 7)

    assert run_harness(eager(), tmp_path, runs) == (
        Slope(test=LABEL, rows=(3, 6), before=(4, 7), after=(1, 1)),
        "Harness, not a test of the repository: 4 -> 1 SQL statements at 3 rows of Post, "
        "7 -> 1 SQL statements at 6 rows of Post, made from the models and read with the patch's options.",
    )
    given = {"module": "shop", "root": "Post", "edges": [["Post", "author"]], "rows": [3, 6], "settings": ""}
    assert asked == [{**given, "calls": []}, {**given, "calls": [["options", "joinedload(Post.author)"]]}]


def test_what_keeps_it_from_running_is_said(tmp_path: Path) -> None:
    found = run_harness(eager(), tmp_path, lambda _settings, _patched: suite(0, 0, 1, "Error: no table"))
    assert found == (None, f"The {LABEL}, could not run (Error: no table).")


@pytest.mark.parametrize(
    "patch",
    [
        pytest.param(patch_of("shop.py", "total = sum(a)\n", ("sum(a)", "max(a)"), function="f"), id="no options"),
        pytest.param(patch_of("other.py", "total = sum(a)\n", ("sum(a)", "max(a)"), function="gone"), id="no function"),
    ],
)
def test_only_options_are_run(tmp_path: Path, patch: Patch) -> None:
    assert run_harness(patch, tmp_path, lambda *_: suite(1, 1)) == (
        None,
        f"No {LABEL}: the patch does not add options to one query.",
    )


def test_settings_of_django_are_found(tmp_path: Path) -> None:
    (tmp_path / "manage.py").write_text('os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site.settings")\n')
    text = "def all():\n    return Post.objects.order_by('id')\n"
    patch = patch_of("src/blog/names.py", text, (".objects.", ".objects.select_related('author')."), function="all")
    asked = []

    def runs(settings: dict[str, str], patched: bool) -> Suite:
        asked.append(json.loads(settings["COSTMOD_HARNESS"]))
        return suite(4, 7)

    run_harness(patch, tmp_path, runs)
    assert (asked[0]["module"], asked[0]["settings"]) == ("blog.names", "site.settings")
    assert asked[1]["calls"] == [["select_related", "'author'"]]
