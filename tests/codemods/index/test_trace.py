"""What was asked of a checkout is answered the same while nothing that counts has changed, and only then."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from codemods import cache
from codemods.index import Index
from codemods.index.trace import Answer, Question, Trace, result_of
from codemods.index.tree import Tree

Checkout = Callable[[dict[str, str]], Path]
FILES = {
    "app.py": "import lib\n\n\nclass App(lib.Base):\n    if lib:\n        def late(self):\n            return 1\n\n"
    "    def page(self):\n        return 2\n\n    def show(self): return 3\n",
    "lib.py": "class Base:\n    pass\n",
    "broken.py": "def (\n",
    "t/page.html": "{{ post.author.name }}",
}


class Says:
    """A checkout that answers from a dictionary; files of whose content it is sure are not asked about."""

    def __init__(self, answers: dict[Question, Answer], same: set[str]) -> None:
        self.answers, self.same = answers, same
        self.asked: list[Question] = []

    def again(self, question: Question) -> Answer:
        self.asked.append(question)
        return self.answers[question]

    def unchanged(self, blobs: Mapping[str, str]) -> set[str]:
        return {path for path in blobs if path in self.same}


def traced() -> bytes:
    trace = Trace()
    trace.note(("listing",), "a.py")
    trace.note(("facts", "a.py"), b"f", "a.py", "blob")
    trace.note(("facts", "a.py"), b"later answers do not count", "a.py", "blob")
    trace.note(("text", "b.py"), None)
    return trace.packed(b"result")


@pytest.mark.parametrize(
    ("answers", "same", "result", "asked"),
    [
        pytest.param({}, {"a.py"}, b"result", 2, id="the same content"),
        pytest.param({("facts", "a.py"): b"f"}, set(), b"result", 3, id="other content, the same answer"),
        pytest.param({("facts", "a.py"): b"g"}, set(), None, 3, id="another answer"),
        pytest.param({("facts", "a.py"): None}, set(), None, 3, id="none any more"),
        pytest.param({("text", "b.py"): ""}, {"a.py"}, None, 2, id="a text where there was none"),
        pytest.param({("listing",): "a.py\0b.py"}, {"a.py"}, None, 1, id="another file"),
    ],
)
def test_a_result(answers: dict[Question, Answer], same: set[str], result: bytes | None, asked: int) -> None:
    checkout = Says({("listing",): "a.py", ("text", "b.py"): None, **answers}, same)
    assert (result_of(traced(), checkout), len(checkout.asked)) == (result, asked)


@pytest.mark.parametrize("data", [b"", b"x\x9c", traced()[:-4], b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_damage_is_no_result(data: bytes) -> None:
    assert result_of(data, Says({}, set())) is None


def ask_everything(root: Path) -> tuple[Index, bytes]:
    """An index that was asked one question of every kind."""
    index = Index(root)
    tree = index.tree
    index.definitions.of("app.py").get("App.page")
    index.definitions.of("app.py").get("App.late")
    index.definitions.of("app.py").get("App.show")
    index.definitions.of("app.py").get("App.none")
    index.definitions.named("app.py", "late")
    index.definitions.named("none.py", "late")
    tree.parsed("lib.py")
    tree.module("broken.py")
    tree.source("none.py")
    tree.matching(r"\bclass\b", "lib.")
    tree.containing("lib", "page(")
    tree.naming("def page(")
    tree.deriving("Base")
    index.templates.reads("page.html")
    tree.edited({"lib.py": "x = 1\n"}).containing("x = ")
    return index, tree.trace.packed(b"result")


def kept(tree: Tree, packed: bytes) -> bool:
    return result_of(packed, tree) == b"result"


@pytest.fixture
def root(checkout: Checkout, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path_factory.mktemp("cache")))
    return checkout(FILES)


def test_every_kind_of_question_has_its_answer_again(root: Path) -> None:
    index, packed = ask_everything(root)
    kinds = {question[0] for seen in index.tree.trace._seen.values() for question in seen}
    assert kinds == {"listing", "definition", "named", "lines", "text", "facts", "found", "template"}
    for seen in index.tree.trace._seen.values():
        again = Trace()
        for question in seen:
            again.note(question, Tree(root).again(question))
        assert again._seen == {("", ""): seen}
    index.tree.save()
    assert kept(Tree(root), packed) and kept(index.tree, packed)
    assert not kept(Tree(root, ("t/",)), packed)


@pytest.mark.parametrize(
    ("path", "text", "same"),
    [
        ("app.py", FILES["app.py"] + "# more\n", True),
        ("app.py", FILES["app.py"].replace("return 2", "return 4"), False),
        ("app.py", FILES["app.py"].replace("return 1", "return 4"), False),
        ("app.py", FILES["app.py"].replace("return 3", "return 4"), False),
        ("app.py", "\n" + FILES["app.py"], False),
        ("app.py", FILES["app.py"].replace("    def page", "    def none(self): pass\n    def page"), False),
        ("lib.py", FILES["lib.py"] + "# more\n", False),
        ("broken.py", "def f(): pass\n", False),
        ("t/page.html", "{{ post.title }}", False),
    ],
)
def test_an_edit(root: Path, path: str, text: str, *, same: bool) -> None:
    index, packed = ask_everything(root)
    index.tree.save()
    (root / path).write_text(text)
    assert kept(Tree(root), packed) is same


def test_what_was_asked_of_an_edited_file_is_not_believed_of_another_text(root: Path) -> None:
    _, packed = ask_everything(root)
    assert not kept(Tree(root).edited({"app.py": "x = 1\n"}), packed)
    assert kept(Tree(root).edited({"new.py": "x = 1\n"}), packed)
    assert Tree(root).edited({"b.py": "2", "a.py": "1"}).edits == [("a.py", "1"), ("b.py", "2")]


def test_nothing_is_noted_without_a_cache(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.VARIABLE, "off")
    index, _ = ask_everything(checkout(FILES))
    assert [question for seen in index.tree.trace._seen.values() for question in seen] == [
        ("listing",),
        ("template", "t/page.html"),
    ]


def test_a_name_that_was_known_before_somebody_asked_is_noted_as_well(root: Path) -> None:
    index = Index(root)
    index.definitions.named("app.py", "late")  # parses the whole file
    index.definitions.get(("app.py", "App.page"))
    asked = {question for seen in index.tree.trace._seen.values() for question in seen}
    assert ("definition", "app.py", "App.page") in asked
    assert len(list(index.definitions.of("app.py"))) == len(index.definitions.of("app.py")) == 3
