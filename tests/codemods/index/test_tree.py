"""Which files are read, and why the others are not: a skip has a reason, and nothing crashes."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.index.django_templates import Templates
from codemods.index.looking_git import look
from codemods.index.policies import lacking
from codemods.index.tree import MAX_BYTES, MAX_LINES, Tree, is_test

Checkout = Callable[[dict[str, str]], Path]


def add(root: Path, name: str, content: bytes) -> None:
    (root / name).write_bytes(content)
    subprocess.run(["git", "add", "-A"], cwd=root, check=True)


def test_tracked_files_in_order(checkout: Checkout) -> None:
    root = checkout({"b.py": "", "a/c.py": "", "a/d.txt": "", "a/ü.py": ""})
    (root / "untracked.py").write_text("")
    assert Tree(root).files == ("a/c.py", "a/ü.py", "b.py")


def test_templates_by_their_suffix(checkout: Checkout) -> None:
    tree = Tree(
        checkout(
            {"a.py": "", "t/b.html": "{{ x }}", "t/c.jinja2": "", "tests/d.html": "", "e.css": "", "lib/f.html": ""}
        ),
        ("lib/",),
    )
    assert (tree.files, tree.templates, tree.source("t/b.html")) == (("a.py",), ("t/b.html", "t/c.jinja2"), "{{ x }}")


def test_tests_are_read_and_never_planned_on(checkout: Checkout) -> None:
    tree = Tree(
        checkout({"app.py": "", "tests/test_app.py": "x = 1\n", "conftest.py": "", "app/migrations/0001.py": ""})
    )
    assert (tree.files, tree.tests) == (("app.py",), ("conftest.py", "tests/test_app.py"))
    assert tree.source("tests/test_app.py") == "x = 1\n"
    assert tree.module("tests/test_app.py") is None


def test_a_test_that_cannot_be_read_is_empty(checkout: Checkout) -> None:
    root = checkout({"test_a.py": "x = 1\n", "test_b.py": "x = 1\n"})
    (root / "test_b.py").unlink()
    tree = Tree(root)
    assert {path: tree.test_text(path) for path in tree.tests} == {"test_a.py": "x = 1\n", "test_b.py": ""}
    assert tree.skipped == {}


def test_a_test_is_read_once(checkout: Checkout) -> None:
    root = checkout({"test_a.py": "x = 1\n"})
    tree = Tree(root)
    assert tree.test_text("test_a.py") == "x = 1\n"
    (root / "test_a.py").write_text("y = 2\n")
    assert tree.test_text("test_a.py") == "x = 1\n"


def test_tests_and_policies_are_asked_again(checkout: Checkout) -> None:
    root = checkout({"test_a.py": "x = 1\n", "a.json": '"sqs:SendMessage"', "b.json": '"sqs:SendMessage"'})
    tree, asked = Tree(root), ("policies", "sqs:SendMessage", "sqs:Other")
    assert tree.policies_lacking("sqs:SendMessage", "sqs:Other") == ["a.json", "b.json"]
    assert (tree.again(("test", "test_a.py")), tree.again(asked)) == ("x = 1\n", "a.json\0b.json")
    (root / "test_a.py").write_text("y = 2\n")
    (root / "a.json").write_text('"sqs:Sen*", "sqs:Oth*"')
    (root / "b.json").write_text('"sqs:SendMessage", "sqs:Other"')
    assert (tree.again(("test", "test_a.py")), tree.again(asked)) == ("y = 2\n", "")
    (root / "test_a.py").unlink()
    assert tree.again(("test", "test_a.py")) == ""


def test_files_that_hold_a_word(checkout: Checkout) -> None:
    tree = Tree(checkout({"a.py": "x.y()", "b.py": "xzy()", "c.py": "", "d.html": "x.y"}))
    assert [tree.containing("x.y"), tree.containing("x.y"), tree.containing("x.y", "xz")] == [
        ["a.py"], ["a.py"], ["a.py", "b.py"],
    ]  # fmt: skip


def test_a_folder_inside_a_checkout(checkout: Checkout) -> None:
    assert Tree(checkout({"services/api/app.py": "", "other.py": ""}) / "services/api").files == ("app.py",)


def test_links_and_submodules_are_no_files(checkout: Checkout) -> None:
    root = checkout({"a.py": "", "real/b.py": ""})
    (root / "link.py").symlink_to("/etc/passwd")
    subprocess.run(["git", "init", "-q", "module.py"], cwd=root, check=True)
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, "commit", "-q", "--allow-empty", "-m", "m"], cwd=root / "module.py", check=True)
    subprocess.run(["git", "add", "-A"], cwd=root, check=True, capture_output=True)
    assert Tree(root).files == ("a.py", "real/b.py")


def test_a_file_that_became_a_link_is_not_followed(checkout: Checkout) -> None:
    root = checkout({"a.py": "x = 1\n", "b.py": ""})
    (root / "a.py").unlink()
    (root / "a.py").symlink_to("b.py")
    tree = Tree(root)
    assert (tree.source("a.py"), tree.skipped) == (None, {"a.py": "a symbolic link"})


def test_excluded_prefixes(checkout: Checkout) -> None:
    root = checkout({"app/a.py": "", "vendor/b.py": "", "gen.py": ""})
    assert Tree(root, ("vendor/", "gen.py")).files == ("app/a.py",)


@pytest.mark.parametrize(
    "path",
    [
        "tests/a.py",
        "app/test/a.py",
        "app/test_a.py",
        "a_test.py",
        "conftest.py",
        "app/tests.py",
        "db/migrations/1.py",
        "alembic/versions/1.py",
        "venv/a.py",
        ".venv/lib/a.py",
        "lib/site-packages/x/a.py",
    ],
)
def test_test_code_is_never_planned_on(path: str) -> None:
    assert is_test(path)


@pytest.mark.parametrize(
    "path", ["app/a.py", "contest.py", "latest/a.py", "testament.py", "attests.py", "alembic/env.py", "my_venv.py"]
)
def test_what_only_looks_like_test_code(path: str) -> None:
    assert not is_test(path)


SKIPPED = [
    pytest.param(b"x = '\0'\n", "a NUL byte or a byte order mark", id="NUL"),
    pytest.param(b"\xef\xbb\xbfx = 1\n", "a NUL byte or a byte order mark", id="BOM"),
    pytest.param(b"x = '\xff'\n", "not UTF-8", id="Latin-1"),
    pytest.param(b"# -*- coding: latin-1 -*-\nx = '\xe4'\n", "not UTF-8", id="Latin-1, declared"),
    pytest.param(b"#" * (MAX_BYTES + 1), "too large to be hand-written code", id="bytes"),
    pytest.param(b"\n" * (MAX_LINES + 1), "too large to be hand-written code", id="lines"),
]


@pytest.mark.parametrize(("content", "reason"), SKIPPED)
def test_a_file_that_is_not_read(content: bytes, reason: str, checkout: Checkout) -> None:
    root = checkout({"ok.py": "y = 1\n"})
    add(root, "a.py", content)
    tree = Tree(root)
    assert (tree.source("a.py"), tree.module("a.py"), tree.containing("=", "#")) == (None, None, ["ok.py"])
    assert tree.skipped == {"a.py": reason}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def f(:\n", id="syntax"),
        pytest.param("print 'python 2'\n", id="Python 2"),
        pytest.param("def {{ name }}():\n    pass\n", id="a template"),
        pytest.param("x = " + "(" * 500 + ")" * 500, id="parentheses"),
        pytest.param("x = (a" + ".b\n" * 19_000 + ")", id="attributes"),
        pytest.param("x = (" + "+\n".join("a" * 19_000) + ")", id="a sum"),
        pytest.param("x = (" + ("-" * 1_000 + "\n") * 100 + "1)", id="signs"),
        pytest.param("if a: pass\n" + "elif a: pass\n" * 5_000, id="elif"),
        pytest.param("\n".join(" " * n + "if x:" for n in range(200)), id="indentation"),
    ],
)
def test_what_cannot_be_parsed_is_skipped_with_a_reason(text: str, checkout: Checkout) -> None:
    tree = Tree(checkout({"a.py": text}))
    assert tree.module("a.py") is None
    assert tree.source("a.py") == text
    assert [reason.partition(":")[0] for reason in tree.skipped.values()] == ["not parsed"]


def test_deep_but_legal_code_is_read(checkout: Checkout) -> None:
    tree = Tree(checkout({"a.py": "x = a" + ".b()" * 200 + "\ny = " + "[" * 80 + "]" * 80 + "\n"}))
    assert tree.module("a.py") is not None
    assert tree.skipped == {}


@pytest.mark.parametrize(
    "text", ["", "\n", "# only a comment", '"""Only a docstring."""', "\x0cx = 1\n", "x = 1\r\n", "x = '\\d'\n"]
)
def test_small_files_are_read(text: str, checkout: Checkout) -> None:
    tree = Tree(checkout({"a.py": text}))
    assert tree.source("a.py") == text
    assert tree.module("a.py") is not None
    assert tree.skipped == {}


def test_a_file_that_is_gone(checkout: Checkout) -> None:
    root = checkout({"a.py": ""})
    (root / "a.py").unlink()
    tree = Tree(root)
    assert (tree.module("a.py"), tree.skipped) == (None, {"a.py": "unreadable: No such file or directory"})


def test_an_overlay_stands_for_an_edited_file(checkout: Checkout) -> None:
    tree = Tree(checkout({"a.py": "x = 1\n"}), overlay={"a.py": "y = 2\n"})
    assert tree.source("a.py") == "y = 2\n"
    assert tree.containing("x") == []


def test_no_checkout_at_all(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("")
    tree = Tree(tmp_path)
    assert tree.files == ()
    assert tree.skipped[""].startswith("git lists no files: fatal: not a git repository")


def test_no_folder(tmp_path: Path) -> None:
    assert Tree(tmp_path / "none").skipped == {"": "git cannot run: No such file or directory"}


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"])
def test_another_repository_in_the_environment_is_not_listed(
    name: str, checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = checkout({"a.py": ""})
    monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    tree = Tree(root)
    assert (tree.files, tree.skipped) == (("a.py",), {})


@pytest.mark.parametrize(
    "reads",
    [
        pytest.param(lambda root: Tree(root).files == ("a.py",), id="code"),
        pytest.param(lambda root: Templates(root)._files == ["a.html"], id="templates"),
        pytest.param(lambda root: lacking(root, "s3:Get", "s3:Put") == ["a.json"], id="policies"),
    ],
)
def test_the_configuration_of_the_repository_runs_nothing(reads: Callable[[Path], bool], checkout: Checkout) -> None:
    root = checkout({"a.py": "", "a.html": "", "a.json": "s3:Get"})
    program = root / "program"
    program.write_text(f"#!/bin/sh\ntouch {root}/ran\n")
    program.chmod(0o755)
    subprocess.run(["git", "config", "core.fsmonitor", str(program)], cwd=root, check=True)
    assert reads(root)
    assert not (root / "ran").exists()
    subprocess.run(["git", "ls-files"], cwd=root, check=True, capture_output=True)
    assert (root / "ran").exists(), "the trap must work, or this test proves nothing"


def test_a_folder_that_looks_like_a_repository_runs_nothing(checkout: Checkout) -> None:
    """Its settings are those of whoever wrote the tree; git takes it for a bare repository when started there."""
    root = checkout({
        "in/HEAD": "ref: refs/heads/main\n", "in/objects/keep": "", "in/refs/keep": "", "in/a.py": "",
        "in/config": "[core]\n\tbare = false\n\tworktree = ..\n\trepositoryformatversion = 0\n",
    })  # fmt: skip
    assert Tree(root / "in").files == ()
    assert next(iter(Tree(root / "in").skipped.values())).startswith("git lists no files: fatal: cannot use bare repo")


def test_git_sees_no_secret(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    root = checkout({})
    monkeypatch.setenv("COSTMOD_TOKEN", "canary")
    monkeypatch.setenv("GIT_DIR", "canary")
    said = look(root, "-c", "alias.env=!env", "env").stdout.decode()
    assert ("PATH=" in said, "canary" in said) == (True, False)


def test_names_are_found_whole_however_often_is_asked(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first questions search the texts, later ones an index of their identifiers."""
    monkeypatch.setattr("codemods.index.tree._MANY", 0)
    files = {"a.py": "def pay(x): pass\n", "b.py": "def repay(x): x.pay()\n", "c.py": "pay2, y.payment\n"}
    asked = {"pay": ["a.py", "b.py"], "pay(": ["a.py", "b.py"], "def pay(": ["a.py"], ".pay": ["b.py"], "none(": []}
    root = checkout({**files, "ü.py": "größe = 1\n"})
    few, many = Tree(root), Tree(root)
    for number in range(30):
        many.naming(f"other{number}")
    assert {text: few.naming(text) for text in asked} == {text: many.naming(text) for text in asked} == asked
    assert many.naming("größe") == ["ü.py"]
    edited = many.edited({"c.py": "pay(1)\n"})
    for number in range(30):
        edited.naming(f"more{number}")
    assert edited.naming("pay(") == ["a.py", "b.py", "c.py"]


def test_names_among_bases(checkout: Checkout) -> None:
    tree = Tree(
        checkout({
            "a.py": "class A(Base): pass\n",
            "b.py": "from m import Base as B\nclass C(x.y(B), D[int]): pass\n",
            "c.py": "Base = 1\nclass E: pass\n",
        })
    )  # fmt: skip
    assert [tree.deriving(name) for name in ("Base", "D", "E")] == [["a.py", "b.py"], ["b.py"], []]


def test_what_is_not_listed_is_not_read(checkout: Checkout) -> None:
    root = checkout({"a.py": "x = '\0'\n"})
    (root / "untracked.py").write_text("x = 1\n")
    tree = Tree(root)
    assert [tree.module("untracked.py"), tree.parsed("untracked.py"), tree.parsed("a.py")] == [None, None, None]


def test_what_parses_but_nests_too_deeply_for_its_reader(checkout: Checkout) -> None:
    tree = Tree(checkout({"a.py": "x = a" + ".b()" * 600 + "\n"}))
    assert (tree.module("a.py"), [*tree.skipped]) == (None, ["a.py"])
