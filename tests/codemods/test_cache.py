"""The cache changes nothing but the time: cold, warm, damaged or foreign, the answers are the same."""

import ast
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pytest

from codemods import cache
from codemods._expressions import Listed
from codemods.index import Index
from codemods.index.facts import Call, Module, module_facts
from codemods.index.tree import Tree

Checkout = Callable[[dict[str, str]], Path]

ODD = '''\
import a.b as c
from . import d
from .e import *
class Ü(Base, metaclass=(M)):
    x = relationship("Post", lazy=(
        "joined"  # why
    ))
    y: Mapped[list["Post"]] = mapped_column(
        ForeignKey("ü.id"))
    z = """two
  lines"""
    @declared_attr
    def w(cls):
        return Column(String)
    @app.get("/ü/{id}", response_model=X[
        int])
    async def v(self, a: int = Depends(q), *b, **k):
        for row in session.query(Post).filter(Post.id == 1, *more).all():
            if row.x: continue
            self.made = Made()
            yield row.author.name
app.register((yield), (n := 1), lambda: 0, f"{a!r:>{w}}")
T = Table("t", m, Column("é", *c))
'''


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder that is switched on."""
    found = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv(cache.VARIABLE, str(found))
    return found


def plain(value: object) -> object:
    """Facts without the positions of expressions."""
    if isinstance(value, ast.AST):
        return ast.dump(value)
    if isinstance(value, msgspec.Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | Listed):
        return [plain(item) for item in value]
    return value


def facts(root: Path) -> dict[str, object]:
    tree = Tree(root)
    found = {path: plain(tree.module(path)) for path in tree.files}
    tree.save()
    return {**found, "skipped": tree.skipped}


def test_cold_warm_and_off_are_alike(folder: Path, checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Path(cache.__file__).parent
    files = {f"own/{path.name}": path.read_text() for path in [*own.glob("*.py"), *own.glob("index/*.py")]}
    root = checkout({"odd.py": ODD, "windows.py": ODD.replace("\n", "\r\n"), "bad.py": "x = (\n", **files})
    cold, warm = facts(root), facts(root)
    monkeypatch.setenv(cache.VARIABLE, "off")
    assert cold == warm == facts(root)
    assert cold["skipped"] == {"bad.py": "not parsed: '(' was never closed (line 1)"}


def test_a_warm_run_parses_nothing(folder: Path, checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    root = checkout({"a.py": ODD, "b.py": "x = 1\n"})
    cold = facts(root)
    monkeypatch.setattr(Tree, "parsed", None)
    assert facts(root) == cold


def test_an_edit_between_two_runs_is_seen(folder: Path, checkout: Checkout) -> None:
    root = checkout({"a.py": "x = 1\n", "b.py": "y = 1\n"})
    facts(root)
    state = (root / "a.py").stat()
    (root / "a.py").write_text("z = 1\n")  # not known to git, of the same size and time
    os.utime(root / "a.py", ns=(state.st_atime_ns, state.st_mtime_ns))
    tree = Tree(root)
    assert [list(module.values) for path in tree.files if (module := tree.module(path))] == [["z"], ["y"]]


def test_the_same_content_at_two_places(folder: Path, checkout: Checkout) -> None:
    root = checkout({"a.py": "def f(): pass\n", "b.py": "def f(): pass\n"})
    facts(root)
    tree = Tree(root)
    assert [m.functions["f"].path for p in tree.files if (m := tree.module(p))] == ["a.py", "b.py"]


def test_an_edited_index_keeps_what_it_knows(checkout: Checkout) -> None:
    index = Index(checkout({"a.py": "x = 1\n", "b.py": "(\n", "c.py": "class C(D): pass\n"}))
    before = [index.tree.module(path) for path in index.tree.files]
    after = index.edited({"a.py": "y = 1\n", "b.py": "z = 1\n"})
    assert [m and list(m.values) for path in after.tree.files if (m := after.tree.module(path))] == [["y"], ["z"], []]
    assert after.tree.module("c.py") is before[2]
    assert (after.tree.skipped, after.tree.naming("y"), after.tree.naming("x")) == ({}, ["a.py"], [])
    assert [index.tree.module(path) for path in index.tree.files] == before
    assert [*index.tree.skipped] == ["b.py"]


def damage(file: Path, content: bytes) -> None:
    file.write_bytes(content)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(lambda data: data[:40], id="cut short"),
        pytest.param(lambda data: data[:100] + bytes(len(data) - 100), id="overwritten"),
        pytest.param(lambda data: b"\0" * 32 + data[32:], id="of another release"),
        pytest.param(lambda data: data[:32] + b"\x81\xa1a\x01", id="another type"),
        pytest.param(lambda data: data[:32] + b"\x81\xa1\xff\xc4\x00", id="no text"),
    ],
)
def test_a_damaged_file_is_no_cache(change: Callable[[bytes], bytes], folder: Path, checkout: Checkout) -> None:
    root = checkout({"a.py": ODD})
    cold = facts(root)
    (file,) = folder.glob("*.facts")
    good = file.read_bytes()
    file.write_bytes(change(good))
    assert facts(root) == cold
    assert file.read_bytes() == good


def packed(*values: object) -> bytes:
    return cache.zlib.compress(msgspec.msgpack.encode(values))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"x", id="not packed"),
        pytest.param(cache.zlib.compress(b"\x01"), id="no facts"),
        pytest.param(packed(), id="fields missing"),
        pytest.param(packed("a.py", {}, [], {}, {"f": "text"}, {}, []), id="no function"),
        pytest.param(packed("a.py", {}, [], {}, [], {}, []), id="no functions"),
        pytest.param(packed("a.py", {}, [], {}, {}, {"x": 1}, []), id="no expression"),
        pytest.param(packed("a.py", {}, [], {}, {}, {}, [1]), id="no expressions"),
    ],
)
def test_a_damaged_entry_is_none(data: bytes) -> None:
    assert plain(cache.decode(Module, packed("a.py", {}, [], {}, {}, {}, []))) == plain(Module("a.py"))
    assert cache.decode(Module, data) is None


def test_facts_are_packed_again_as_they_are() -> None:
    text = "x = f(\n  1)\ndef g(): h()\n"
    data = cache.encode(module_facts("a.py", ast.parse(text)), text)
    found = cache.decode(Module, data)
    assert isinstance(found, Module)
    assert cache.encode(found, "") == data
    assert (ast.unparse(found.values["x"]), found.functions["g"].calls) == ("f(1)", [Call("h", 3)])


def test_only_facts_are_kept() -> None:
    with pytest.raises(TypeError):
        cache.encode(object(), "")


@pytest.mark.parametrize("word", ["off", "OFF", "0", ""])
def test_off(word: str, checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    root = checkout({"a.py": "x = 1\n"})
    monkeypatch.setenv(cache.VARIABLE, word)
    monkeypatch.chdir(root)
    facts(root)
    assert cache.answer(("q",), (), lambda: "a") == "a"
    cache.save_answers()
    assert sorted(path.name for path in root.iterdir()) == [".git", "a.py"]


def test_the_users_folder_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(cache.VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    store = cache.store_for(Path("/srv/a shop"))
    store.put("k", b"v")
    store.save()
    assert cache.store_for(Path("/srv/a shop")).get("k") == b"v"
    assert cache.store_for(Path("/srv/another")).get("k") is None


def test_a_folder_that_cannot_be_written(tmp_path: Path, checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "file"))
    assert facts(checkout({"a.py": "x = 1\n"}))["skipped"] == {}


def test_what_was_not_asked_for_longest_goes_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MAX_BYTES", 25)
    store = cache.Store(folder / "a.facts")
    store.put("a", b"0123456789")
    store.put("b", b"0123456789")
    store.save()
    store = cache.Store(folder / "a.facts")
    assert store.get("b") == b"0123456789"
    store.put("c", b"0123456789")
    store.save()
    store = cache.Store(folder / "a.facts")
    assert [store.get(key) is not None for key in "abc"] == [False, True, True]


def test_few_repositories_are_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MAX_FILES", 2)
    for number, name in enumerate(("a", "b", "c")):
        store = cache.Store(folder / f"{name}.facts")
        store.put("k", b"v")
        store.save()
        if (folder / f"{name}.facts").exists():
            os.utime(folder / f"{name}.facts", (number + 1, number + 1))
    assert sorted(path.name for path in folder.iterdir()) == ["b.facts", "c.facts"]


def test_nothing_new_writes_nothing(folder: Path) -> None:
    store = cache.Store(folder / "a.facts")
    assert store.get("k") is None
    store.save()
    assert list(folder.iterdir()) == []


def test_an_answer_is_worked_out_once(folder: Path) -> None:
    asked: list[int] = []

    def work() -> str:
        asked.append(1)
        return "ü\ud800"

    for _ in range(2):
        assert cache.answer(("question", "ü"), ("libcst", "codemods.api"), work) == "ü\ud800"
        cache.save_answers()
        cache._answers.cache_clear()
    assert len(asked) == 1
    assert cache.answer(("another",), ("libcst",), work) == "ü\ud800"
    assert cache.answer(("question", "ü"), ("json", "no_such_module"), work) == "ü\ud800"
    assert len(asked) == 3
