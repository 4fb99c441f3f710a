"""Small real applications with an N+1, each a real git repository, and the hand-written patch that fixes them."""

import difflib
import subprocess
import sys
from pathlib import Path

from bot.config import Config
from bot.prove.checkout import checkout
from bot.prove.prove import prove
from bot.records import Change, Load, Patch, Proof, Site

CONFIG = Config(python=sys.executable, test_timeout_seconds=60)

SHOP = '''
from flask import Flask, jsonify
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Post(Base):
    __tablename__ = "post"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship()


app = Flask(__name__)


def newest_posts():
    """The query, executed by the caller."""
    return select(Post).order_by(Post.id)


@app.get("/posts")
def list_posts():
    with Session(engine) as session:
        posts = session.scalars(newest_posts()).all()
        return jsonify([post.author.name for post in posts])


@app.get("/health")
def health():
    return jsonify("ok")
'''

SHOP_TESTS = """
import pytest
from sqlalchemy.orm import Session

from shop import Author, Base, Post, app, engine


@pytest.fixture(autouse=True)
def posts():
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Post(author=Author(name=f"a{n}")) for n in range(50)])
        session.commit()
    yield
    Base.metadata.drop_all(engine)


def test_list_posts():
    with Session(engine) as session:
        assert session.get(Post, 1) is not None
    assert app.test_client().get("/posts").json == [f"a{n}" for n in range(50)]


def test_health():
    assert app.test_client().get("/health").json == "ok"
"""

HEALTH_TEST_ONLY = """
from shop import app


def test_health():
    assert app.test_client().get("/health").json == "ok"
"""


def shop_files(tests: str = SHOP_TESTS) -> dict[str, str]:
    return {"shop.py": SHOP, "test_shop.py": tests, "pytest.ini": "[pytest]\n"}


def eager(function: str = "newest_posts") -> Patch:
    """The right edit: one join instead of 50 lazy loads."""
    return shop_patch(
        ("select(Post).order_by", "select(Post).options(joinedload(Post.author)).order_by"),
        ("mapped_column, relationship", "joinedload, mapped_column, relationship"),
        function=function,
    )


def shop_patch(*replacements: tuple[str, str], function: str = "newest_posts") -> Patch:
    return patch_of("shop.py", SHOP, *replacements, function=function)


def patch_of(path: str, before: str, *replacements: tuple[str, str], function: str) -> Patch:
    after = before
    for old, new in replacements:
        assert after.count(old) == 1
        after = after.replace(old, new)
    site = Site(file=path, function=function, line=1, query="", loads=("Post.author",), located_by=())
    load = Load(
        path="Post.author", strategy="joinedload", why="", fingerprint="", statements_before=50, statements_after=0
    )
    return Patch(
        hotspot="h",
        codemod="c",
        tier="B",
        fingerprint="f",
        title="perf: load authors with the posts",
        site=site,
        loads=(load,),
        changes=(Change(path=path, before=before, after=after),),
        diff="".join(difflib.unified_diff(before.splitlines(True), after.splitlines(True), path, path)),
    )


def make_repository(path: Path, files: dict[str, str]) -> Path:
    """A git repository with one commit."""
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text, encoding="utf-8")
    git(path, "init", "-q", "-b", "main")
    commit_all(path)
    return path


def commit_all(path: Path) -> None:
    git(path, "add", "-A")
    git(path, "commit", "-q", "--no-verify", "-m", "state")


def git(path: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    return subprocess.run(["git", *identity, *arguments], cwd=path, check=True, capture_output=True, text=True).stdout


def proof_of(repository: Path, patch: Patch, config: Config = CONFIG) -> Proof:
    with checkout(repository) as tree:
        return prove(tree, repository, patch, config)
