"""What the probe costs a test run: the same tests with and without it, one after the other.

    python bench/probe.py [--rounds 7] [--statements 200]

An application's tests of a page with an N+1; then, on SQLAlchemy and on Django, tests that do nothing but write that
many rows and load them one by one from SQLite in memory, which is the most that a test can ask of the probe; and tests
without a database. The runs alternate, so that what else the machine does falls on both sides; the ratio is that of
the fastest run of each side, in CPU time of the process and in wall time. "Inside the probe" is what its functions take
of one process, which other load does not move.
"""

import argparse
import compileall
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROBE = Path(__file__).parent.parent / "bot/prove/probe"
SQLALCHEMY = """
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
import pytest
class Base(DeclarativeBase): pass
class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
class Post(Base):
    __tablename__ = "post"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship()
@pytest.mark.parametrize("number", range(20))
def test_names(number):
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Post(author=Author(name=f"a{n}")) for n in range({N})])
        session.commit()
    with Session(engine) as session:
        assert len([post.author.name for post in session.scalars(select(Post))]) == {N}
"""
DJANGO = """
import django
from django.conf import settings
settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})
django.setup()
from django.db import connection, models
import pytest
class Author(models.Model):
    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=9)
    class Meta: app_label = "x"
class Post(models.Model):
    id = models.AutoField(primary_key=True)
    author = models.ForeignKey(Author, models.CASCADE)
    class Meta: app_label = "x"
with connection.schema_editor() as editor:
    editor.create_model(Author)
    editor.create_model(Post)
@pytest.mark.parametrize("number", range(20))
def test_names(number):
    Post.objects.all().delete()
    authors = Author.objects.bulk_create([Author(name="a") for n in range({N})])
    Post.objects.bulk_create([Post(author=author) for author in authors])
    assert len([post.author.name for post in Post.objects.all()]) == {N}
"""
FLASK = """
from flask import Flask, jsonify
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.pool import StaticPool
import pytest
engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
class Base(DeclarativeBase): pass
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
@app.get("/posts")
def posts():
    with Session(engine) as session:
        return jsonify([{"id": post.id, "author": post.author.name} for post in session.scalars(select(Post))])
@pytest.fixture(autouse=True)
def tables():
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Post(author=Author(name=f"a{n}")) for n in range(5)])
        session.commit()
    yield
    Base.metadata.drop_all(engine)
@pytest.mark.parametrize("number", range(100))
def test_posts(number):
    assert len(app.test_client().get("/posts").json) == 5
"""
PLAIN = """
import pytest
@pytest.mark.parametrize("number", range(400))
def test_sum(number):
    assert sum(range(9999))
"""


# Runs the tests with the probe and times what it does: within one process the ratio does not hang on other load.
INSIDE = """
import sys, time
sys.path.insert(0, sys.argv[1])
from costmod_probe import counter, start
spent = calls = 0
def timed(owner, name):
    original = getattr(owner, name)
    def method(*args, **kwargs):
        global spent, calls
        before = time.thread_time_ns()
        try:
            return original(*args, **kwargs)
        finally:
            spent += time.thread_time_ns() - before
            calls += 1
    setattr(owner, name, method)
class Nothing:
    def method(self): pass
timed(Nothing, "method")
for _ in range(20000):
    Nothing().method()
each = spent / calls
for name in ("started", "rows", "committed"):
    timed(counter.Counter, name)
spent = calls = 0
start.start()
import pytest
pytest.main(["-q", "-p", "no:cacheprovider", "test_it.py"])
own = spent - each * calls
print(own / (time.process_time_ns() - own))
"""


def main() -> None:
    """Print a row per suite."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--statements", type=int, default=200)
    arguments = parser.parse_args()
    compileall.compile_dir(PROBE, quiet=1)  # as an installation leaves it
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {arguments.rounds} rounds")
    print("| suite | inside the probe | CPU without, s | CPU with, s | more CPU | wall without, s | wall with, s |")
    print("|---|---|---|---|---|---|---|")
    suites = {
        "Flask, 100 tests of a page of 5 rows with an N+1": FLASK,
        f"SQLAlchemy, 20 tests of {arguments.statements} lazy loads": SQLALCHEMY,
        f"Django, 20 tests of {arguments.statements} lazy loads": DJANGO,
        "400 tests without a database": PLAIN,
    }
    for name, text in suites.items():
        with tempfile.TemporaryDirectory() as directory:
            tree = Path(directory, "tree")
            tree.mkdir()
            (tree / "test_it.py").write_text(text.replace("{N}", str(arguments.statements)))
            runs: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
            for number in range(arguments.rounds):
                for probed in (False, True) if number % 2 else (True, False):
                    runs[probed].append(_run(tree, Path(directory), probed=probed))
            share = min(_inside(tree, Path(directory)) for _ in range(arguments.rounds))
        (cpu, wall), (cpu_with, wall_with) = (tuple(map(min, zip(*runs[side], strict=True))) for side in (False, True))
        pairs = [b / a - 1 for (a, _), (b, _) in zip(runs[False], runs[True], strict=True)]
        more = f"{cpu_with / cpu - 1:+.1%} (median of pairs {statistics.median(pairs):+.1%})"
        print(f"| {name} | {share:.1%} | {cpu:.2f} | {cpu_with:.2f} | {more} | {wall:.2f} | {wall_with:.2f} |")


def _environment(tree: Path, directory: Path, *, probed: bool) -> dict[str, str]:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
    }
    settings = {
        "COSTMOD_PROBE_ROOT": str(tree),
        "COSTMOD_PROBE_ORIGIN": str(directory / "origin"),
        "COSTMOD_PROBE_DIR": tempfile.mkdtemp(dir=directory),
    }
    return environment | (settings if probed else {})


def _inside(tree: Path, directory: Path) -> float:
    """The part of the other work of the process that the probe's own work comes to."""
    command = [sys.executable, "-c", INSIDE, str(PROBE)]
    environment = _environment(tree, directory, probed=True)
    return float(subprocess.check_output(command, cwd=tree, env=environment, text=True).split()[-1])


def _run(tree: Path, directory: Path, *, probed: bool) -> tuple[float, float]:
    environment = _environment(tree, directory, probed=probed)
    if probed:
        environment["PYTHONPATH"] = str(PROBE)
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"]
    subprocess.run(command, cwd=tree, env=environment, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.monotonic() - started


if __name__ == "__main__":
    main()
