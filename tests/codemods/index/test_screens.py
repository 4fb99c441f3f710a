"""What is kept of searches does not show: after any change of the tree a warm answer is the one without a cache."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from codemods import cache
from codemods.index import screens
from codemods.index.screens import Screens
from codemods.index.tree import Tree

Checkout = Callable[[dict[str, str]], Path]
FILES = {
    "a.py": "from b import Base as B, x as y\nclass A(B): pass\n",
    "b.py": "class Base: pass\ndef pay(): pass\n",
    "lib/c.py": "pay(1)\nB\n",
    "lib/bad.py": "\0",
    "tests/test_a.py": "pay(2)\n",
}


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder that is switched on; a file counts as settled at once."""
    found = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv(cache.VARIABLE, str(found))
    monkeypatch.setattr(screens, "SETTLED", -1_000_000_000)
    return found


def answers(root: Path) -> dict[str, object]:
    tree = Tree(root)
    found: dict[str, object] = {
        "matching": tree.matching("B", "pay"),
        "containing": tree.containing("class "),
        "naming": [tree.naming("pay("), tree.naming("def pay("), tree.naming("B")],
        "deriving": [tree.deriving("Base"), tree.deriving("B"), tree.deriving("Other")],
        "functions": {path: sorted(m.functions) for path in tree.files if (m := tree.module(path))},
        "texts": {path: tree.source(path) for path in tree.files},
    }
    tree.save()
    return {**found, "skipped": tree.skipped, "files": tree.files}


def uncached(root: Path) -> dict[str, object]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(cache.VARIABLE, "off")
        return answers(root)


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments], cwd=root, check=True)


def edit(root: Path) -> None:
    (root / "lib/c.py").write_text("class C(Base): pass\n")


def same_size(root: Path) -> None:
    (root / "lib/c.py").write_text("pax(1)\nB\n")


def add(root: Path) -> None:
    (root / "d.py").write_text("pay(B)\n")
    git(root, "add", "d.py")


def untracked(root: Path) -> None:
    (root / "d.py").write_text("pay(B)\n")


def delete(root: Path) -> None:
    git(root, "rm", "-qf", "b.py")


def vanish(root: Path) -> None:
    (root / "b.py").unlink()


def rename(root: Path) -> None:
    git(root, "mv", "b.py", "z.py")


def swap(root: Path) -> None:
    a, b = (root / "a.py").read_text(), (root / "b.py").read_text()
    (root / "a.py").write_text(b)
    (root / "b.py").write_text(a)


def touch(root: Path) -> None:
    os.utime(root / "a.py", (1, 1))


def mend(root: Path) -> None:
    (root / "lib/bad.py").write_text("pay(3)\n")


def spoil(root: Path) -> None:
    (root / "a.py").write_text("\0 B")


def link_folder(root: Path) -> None:
    (root / "lib").rename(root / "elsewhere")
    (root / "lib").symlink_to("elsewhere")


def link_file(root: Path) -> None:
    (root / "b.py").rename(root / "elsewhere.py")
    (root / "b.py").symlink_to("elsewhere.py")


def forbid(root: Path) -> None:
    (root / "b.py").unlink()
    os.mkfifo(root / "b.py")


def line_ends(root: Path) -> None:
    (root / ".gitattributes").write_text("*.py text eol=crlf\n")
    (root / "b.py").write_bytes(FILES["b.py"].replace("\n", "\r\n").encode())  # unchanged for git
    git(root, "add", "-A")


CHANGES = [
    edit, same_size, add, untracked, delete, vanish, rename, swap, touch, mend, spoil, link_folder, link_file, forbid,
    line_ends,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_between_two_runs_is_seen(change: Callable[[Path], None], folder: Path, checkout: Checkout) -> None:
    root = checkout(FILES)
    first = uncached(root)
    assert [answers(root), answers(root)] == [first, first]
    change(root)
    second = uncached(root)
    assert (second != first) is (change not in (untracked, touch))
    assert [answers(root), answers(root)] == [second, second]


def test_there_and_back_again(folder: Path, checkout: Checkout) -> None:
    root = checkout(FILES)
    git(root, "commit", "-qm", "a")
    seen = []
    for step in ("edit", "stash", "pop", "checkout"):
        if step == "edit":
            edit(root)
            delete(root)
            add(root)
        elif step == "checkout":
            git(root, "reset", "-q", "--hard")
        else:
            git(root, "stash", *(("pop", "-q") if step == "pop" else ("-q",)))
        seen.append(answers(root))
        assert seen[-1] == uncached(root)
    assert seen[0]["naming"] == seen[2]["naming"] != seen[1]["naming"] == seen[3]["naming"]


def test_a_folder_that_was_a_link_for_a_while(folder: Path, checkout: Checkout) -> None:
    root = checkout(FILES)
    link_folder(root)
    assert [answers(root), answers(root)] == [uncached(root)] * 2
    (root / "lib").unlink()
    (root / "elsewhere").rename(root / "lib")
    assert [answers(root), answers(root)] == [uncached(root)] * 2


def test_a_warm_run_reads_what_changed(folder: Path, checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    root = checkout(FILES)
    read: list[str] = []
    inner = Tree._read
    monkeypatch.setattr(Tree, "_read", lambda tree, path: read.append(path) or inner(tree, path))  # type: ignore[func-returns-value]

    def ask() -> tuple[list[str], list[str]]:
        read.clear()
        tree = Tree(root)
        found = tree.matching("pay")
        tree.save()
        return found, sorted(read)

    assert ask() == (["b.py", "lib/c.py"], ["a.py", "b.py", "lib/bad.py", "lib/c.py"])
    assert ask() == (["b.py", "lib/c.py"], ["lib/bad.py"])
    (root / "a.py").write_text("pay(5)\n")
    assert ask() == (["a.py", "b.py", "lib/c.py"], ["a.py", "lib/bad.py"])
    assert ask() == (["a.py", "b.py", "lib/c.py"], ["lib/bad.py"])
    monkeypatch.setattr(screens, "SETTLED", 3_600_000_000_000)
    touch(root)
    assert (
        ask() == ask() == (["a.py", "b.py", "lib/c.py"], ["a.py", "lib/bad.py"])
    )  # written within the hour: not trusted


def test_an_edited_tree_asks_about_its_own_texts(folder: Path, checkout: Checkout) -> None:
    root = checkout(FILES)
    for _ in range(2):
        tree = Tree(root)
        edited = tree.edited({"a.py": "pay(7)\nclass D(Base): pass\n", "lib/bad.py": "pay(8)\n"})
        assert edited.naming("pay(") == ["a.py", "b.py", "lib/bad.py", "lib/c.py"]
        assert edited.deriving("Base") == ["a.py"]
        assert edited.skipped == {}
        assert [tree.naming("pay("), tree.deriving("B")] == [["b.py", "lib/c.py"], ["a.py"]]
        assert tree.skipped == {"lib/bad.py": "a NUL byte or a byte order mark"}
        assert (edited.containing("pay(8)"), edited.skipped) == (["lib/bad.py"], {})
        assert [m and sorted(m.classes) for m in map(edited.module, ("a.py", "b.py"))] == [["D"], ["Base"]]
        tree.save()


def test_a_file_that_changes_during_the_run(folder: Path, checkout: Checkout) -> None:
    root = checkout(FILES)
    answers(root)
    tree = Tree(root)
    assert tree.containing("class ") == ["a.py", "b.py"]
    edit(root)
    (root / "b.py").write_text("x = 1\n")
    assert (tree.source("lib/c.py"), tree.source("b.py")) == (None, None)
    assert tree.skipped["b.py"] == "changed while it was read"
    other = Tree(root)
    other.containing("class ")
    other.store.put(f"{cache.blob_id((root / 'a.py').read_bytes())} a.py", b"damaged")
    (root / "a.py").write_text("x = 1\n")
    assert (other.module("a.py"), other.skipped["a.py"]) == (None, "changed while it was read")


def test_too_much_source_is_not_kept(folder: Path, checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    root = checkout(FILES)
    monkeypatch.setattr("codemods.index.tree.MAX_TOTAL", 60)
    assert answers(root) == answers(root) == uncached(root)
    assert not [key for file in folder.iterdir() for key in cache._load(file) if key.startswith("screens")]


def kept(root: Path) -> tuple[str, screens._Record]:
    store = cache.store_for(root)
    key = Screens(root, store, (), 0)._key()
    record = screens._decoded(store.get(key))
    assert record
    return key, record


def test_what_is_kept_is_bounded(folder: Path, checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    root = checkout(FILES)
    monkeypatch.setattr(screens, "MAX_ANSWERS", 2)
    for words in (("qx", "qy"), ("qz",), ("qx",)):
        tree = Tree(root)
        assert [tree.containing(word) for word in words] == [[]] * len(words)
        tree.save()
        tree.save()
    assert [question.rpartition("\0")[2] for question in kept(root)[1].answers] == ["qz", "qx"]
    key, record = kept(root)
    record.paths += [f"gone{number}.py" for number in range(2_000)]
    record.states += [None] * 2_000
    record.ids += [""] * 2_000
    record.answers = {question: answer + bytes(2_000) for question, answer in record.answers.items()}
    for data in (screens.zlib.compress(msgspec.msgpack.encode(record)), screens.zlib.compress(b"\x81"), b"x"):
        store = cache.store_for(root)
        store.put(key, data)
        store.save()
        assert answers(root) == uncached(root)
        assert len(kept(root)[1].paths) == 4
    store.put(key, screens.zlib.compress(msgspec.msgpack.encode(screens._Record(paths=["a.py"]))))
    store.save()
    assert answers(root) == uncached(root)
