"""Code that was written to hurt: skipped with a reason or read within bounds, and the good query is still found."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.api import Proposal, Reached, Repeat, Sighting
from codemods.index import Index
from codemods.index.interpreter import planning
from codemods.index.tree import MAX_COLUMNS, Tree
from codemods.sqlalchemy_eager_load import find

Checkout = Callable[[dict[str, str]], Path]
SECONDS = 60.0  # many times what any of these takes, on a busy machine too

GOOD = """\
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
class Base(DeclarativeBase):
    pass
class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
class Post(Base):
    __tablename__ = "post"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship()
def view(s):
    rows = s.scalars(select(Post))
    return [row.author.id for row in rows]
"""
GOOD_LINE = "    rows = s.scalars(select(Post).options(selectinload(Post.author)))"
REPEAT = Repeat("f", ("author",), ("author.id",), 50, statement="SELECT * FROM author WHERE author.id = ?")


def edited(root: Path) -> list[str]:
    """The query line of every proposal for the good file, within the time bound."""
    begin = time.monotonic()
    with planning():
        index = Index(root)
        answers = find(index, Sighting("n_plus_one_db", (REPEAT,), (Reached("app.py", "view", 0, "the trace"),)))
        assert index.django.all is not None
        assert index.routes.handlers("/posts/{id}", "GET") is not None
        assert index.urls.handlers("/posts/{id}") is not None
        assert index.calls.possible_callers(("app.py", "view")) is not None
    assert time.monotonic() - begin < SECONDS
    return [a.texts["app.py"].splitlines()[-2] for a in answers if isinstance(a, Proposal)]


BOMBS = {
    "a chain of classes": "from app import Base as C0\n"
    + "".join(f'class C{n}(C{n - 1}):\n    __tablename__ = "c{n}"\n' for n in range(1, 1_000)),
    "a chain of classes, backwards": "from app import Base as C0\n"
    + "".join(f'class C{n}(C{n - 1}):\n    __tablename__ = "c{n}"\n' for n in range(3_000, 0, -1)),
    "a chain of Django models": "from django.db import models\nclass C0(models.Model): pass\n"
    + "".join(f"class C{n}(C{n - 1}):\n    x = models.IntegerField()\n" for n in range(1, 600)),
    "a chain of Django models, backwards": "from django.db import models\n"
    + "".join(f"class C{n}(C{n - 1}):\n    x = models.IntegerField()\n" for n in range(3_000, 0, -1))
    + "class C0(models.Model): pass\n",
    "a chain of calls": "".join(f"def f{n}():\n    return f{n + 1}()\n" for n in range(2_000))
    + "from app import view\ndef f2000():\n    return view(None)\n",
    "open braces in routes": "".join(f'@app.get("{"{<" * 7_000}")\ndef v{n}(): pass\n' for n in range(20)),
    "open braces in a URLconf": "urlpatterns = [\n" + f'path("{"{" * 15_000}", view),\n' * 20 + "]\n",
    "open parentheses in a URLconf": "urlpatterns = [\n" + f're_path(r"{"(" * 15_000}", view),\n' * 20 + "]\n",
    "open parentheses of classes": '"""' + "class A(((\n" * 15_000 + '"""\n',
    "one condition after the other": "def f(rows):\n    for r in rows:\n"
    + "".join(f"        if r.a{n}: continue\n" for n in range(8_000)),
    "nested conditions": "def f(a):\n" + "".join(f"{' ' * n} if a.b{n}:\n" for n in range(95)) + " " * 97 + "a.x\n",
    "a long chain": "def f(session):\n    return (session.query(Post)" + ".filter(Post.id == 1)\n" * 200 + ")\n",
    "many callers": "".join(f"def f{n}(a):\n    view(a)\n" for n in range(3_000)),
    "a wide literal": "x = [" + ("[]," * 6_000 + "\n") * 20 + "]\n",
    "nested lambdas": "f = " + "lambda: " * 300 + "0\n",
    "an f-string": 'x = f"' + "{a}" * 6_000 + '"\n',
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_beside_the_good_query(text: str, checkout: Checkout) -> None:
    assert edited(checkout({"app.py": GOOD, "bomb.py": text})) == [GOOD_LINE]


def test_modules_that_import_everything_of_each_other(checkout: Checkout) -> None:
    stars = "".join(f"from pkg.m{n} import *\n" for n in range(20))
    files = {f"pkg/m{n}.py": f"{stars}class K{n}(Missing):\n    x = Column(Thing)\n" for n in range(20)}
    assert edited(checkout({"app.py": GOOD, **files})) == [GOOD_LINE]


def test_a_memory_bound() -> None:
    """A whole process that reads two files of as much as is read, and one of more."""
    program = """
import resource, subprocess, sys, tempfile
from pathlib import Path
from codemods.index import Index
from codemods.index.interpreter import planning
root = Path(tempfile.mkdtemp())
for n, rows in enumerate((12, 12, 30)):
    (root / f"b{n}.py").write_text("x = relationship([" + ("[]," * 6_000 + "\\n") * rows + "])\\n")
subprocess.run("git init -q && git add -A", shell=True, cwd=root, check=True)
with planning():
    index = Index(root)
    assert index.models.all == []
    assert index.tree.skipped == {"b2.py": "too many expressions to be hand-written code"}
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 400_000


def add(root: Path, name: str, content: bytes) -> None:
    (root / name).write_bytes(content)
    subprocess.run(["git", "add", "-A"], cwd=root, check=True)


SKIPPED = [
    pytest.param(b"x = 1 # " + b"a" * MAX_COLUMNS, "a line too long to be hand-written code", id="a long line"),
    pytest.param(
        b"x = 1\n" * 5_000 + b"#" * (MAX_COLUMNS + 1), "a line too long to be hand-written code", id="a last line"
    ),
    pytest.param(b"# @generated by a tool\nx = 1\n", "generated code", id="generated"),
    pytest.param(b'"""Doc."""\n# Generated by protoc. DO NOT EDIT!\n', "generated code", id="do not edit"),
    pytest.param(b"# coding: utf-7\nx = 1\n", "in the encoding utf-7", id="another encoding"),
    pytest.param(b"#!/bin/python\n# -*- coding: rot13 -*-\n", "in the encoding rot13", id="in the second line"),
    pytest.param(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "a Git LFS pointer", id="Git LFS"),
]


@pytest.mark.parametrize(("content", "reason"), SKIPPED)
def test_a_file_that_is_no_hand_written_text(content: bytes, reason: str, checkout: Checkout) -> None:
    root = checkout({"ok.py": ""})
    add(root, "a.py", content)
    tree = Tree(root)
    assert (tree.module("a.py"), tree.skipped) == (None, {"a.py": reason})


READ = [
    pytest.param(b"# coding: latin-1\nx = 1\n", id="an encoding that reads ASCII alike"),
    pytest.param(b"x = 1\n# coding: utf-7\n", id="not in the first lines"),
    pytest.param(b"x = '@generated'\n", id="in a string"),
    pytest.param(b"# this edits generated code\nx = 1\n", id="only about generated code"),
    pytest.param(b"x = 1\n" * 200 + b"# @generated\n", id="far below"),
    pytest.param(b"# " + b"a" * (MAX_COLUMNS - 3) + b"\nx = 1\n", id="a line that is long enough"),
    pytest.param(b"x = 1\n" * 5_000, id="many short lines"),
]


@pytest.mark.parametrize("content", READ)
def test_a_file_that_only_looks_odd(content: bytes, checkout: Checkout) -> None:
    root = checkout({"ok.py": ""})
    add(root, "a.py", content)
    tree = Tree(root)
    assert tree.module("a.py") is not None
    assert tree.skipped == {}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("x = 1\nprint 'python 2'\n", 2, id="Python 2"),
        pytest.param("x = 1\n\nexcept_ = 1\ntry:\n    pass\nexcept A, b:\n    pass\n", 6, id="Python 2, except"),
        pytest.param("x = 1\nfor for\n", 2, id="no Python"),
    ],
)
def test_another_syntax_names_its_line(text: str, line: int, checkout: Checkout) -> None:
    tree = Tree(checkout({"a.py": text, "app.py": GOOD}))
    assert tree.module("a.py") is None
    assert tree.skipped["a.py"].startswith("not parsed: ")
    assert tree.skipped["a.py"].endswith(f"(line {line})")


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python reads it")
@pytest.mark.parametrize("text", ["type X = int\n", "def f[T](x: T): ...\n", "x = f'{a['b']}'\n", "x = t'{a}'\n"])
def test_a_newer_syntax_is_skipped(text: str, checkout: Checkout) -> None:
    root = checkout({"a.py": text, "app.py": GOOD})
    assert edited(root) == [GOOD_LINE]
    assert Tree(root).module("a.py") is None


def test_links_submodules_and_odd_names_have_a_reason(checkout: Checkout) -> None:
    root = checkout({"app.py": GOOD, "a\nb.py": ""})
    (root / "link.py").symlink_to("/etc/passwd")
    (root / os.fsdecode(b"\xff.py")).write_text("")
    subprocess.run(["git", "init", "-q", "sub"], cwd=root, check=True)
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, "commit", "-q", "--allow-empty", "-m", "m"], cwd=root / "sub", check=True)
    subprocess.run(["git", "add", "-A"], cwd=root, check=True, capture_output=True)
    assert Tree(root).skipped == {
        "a\nb.py": "a name that cannot be printed",
        "link.py": "a symbolic link",
        "sub": "a submodule",
        "\udcff.py": "a name that cannot be printed",
    }
    assert edited(root) == [GOOD_LINE]


def test_a_folder_that_became_a_link_out_of_the_tree(
    checkout: Checkout, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = checkout({"app.py": GOOD, "lib/inner/a.py": "x = 1\n"})
    outside = tmp_path_factory.mktemp("outside")
    (root / "lib").rename(outside / "lib")
    (root / "lib").symlink_to(outside / "lib")
    tree = Tree(root)
    assert tree.source("lib/inner/a.py") is None
    assert tree.skipped == {"lib/inner/a.py": "in a folder that is a symbolic link"}
    assert edited(root) == [GOOD_LINE]


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_a_file_that_became_something_else_is_not_waited_for(kind: str, checkout: Checkout) -> None:
    root = checkout({"app.py": GOOD, "a.py": ""})
    (root / "a.py").unlink()
    os.mkfifo(root / "a.py") if kind == "pipe" else (root / "a.py").mkdir()
    tree = Tree(root)
    assert (tree.source("a.py"), tree.skipped) == (None, {"a.py": "not a regular file"})
    assert edited(root) == [GOOD_LINE]


def test_no_more_source_than_fits(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codemods.index.tree.MAX_TOTAL", 2_000_000)
    root = checkout({f"f{n}.py": "x = '0123456789'\n" * 19_000 for n in range(9)})
    tree = Tree(root)
    assert [tree.source(path) is None for path in tree.files] == [n >= 6 for n in range(9)]
    assert tree.skipped == {f"f{n}.py": "beyond the first 2 MB of source" for n in range(6, 9)}


def test_many_files(checkout: Checkout) -> None:
    begin = time.monotonic()
    tree = Tree(checkout({"app.py": GOOD, **{f"many/f{n}.py": f"x = {n}\n" for n in range(5_000)}}))
    assert tree.containing("relationship") == ["app.py"]
    assert time.monotonic() - begin < SECONDS


def test_git_that_does_not_answer(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    root = checkout({"a.py": ""})
    folder = root / "bin"
    folder.mkdir()
    (folder / "git").write_text("#!/bin/sh\nexec sleep 30\n")
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("codemods.index.tree.GIT_SECONDS", 0.2)
    assert Tree(root).skipped == {"": "git lists no files within 0.2 s"}
