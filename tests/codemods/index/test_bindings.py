"""Which classes a name for a model stands for: class bodies, properties, constructors, generics, callers."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.index import Index

Checkout = Callable[[dict[str, str]], Path]
HEAD = "from models import Post, Tag\nclass Repo:\n    def all(self): return select(self.model)\n"
INIT = "    def __init__(self, session, model): self.session, self.model = session, model; self.model = model\n"

ATTRIBUTES = [
    pytest.param("class A(Repo):\n    model = Post\n", {"A Post"}, id="the body of a class"),
    pytest.param(
        "class A(Repo):\n    model = Post\nclass B(A):\n    model = Tag\n", {"A Post", "B Tag"}, id="below it"
    ),
    pytest.param("class A(Repo):\n    model = Post\nclass B(A): ...\n", {"A Post", "B Post"}, id="inherited"),
    pytest.param("class A(Repo):\n    @property\n    def model(self): return Post\n", {"A Post"}, id="a property"),
    pytest.param("class A(Repo[Post, int]): ...\n", {"A Post"}, id="a parameter of the base"),
    pytest.param("class A(Repo[Post]):\n    model = Tag\n", {"A Tag"}, id="the body before the parameter"),
    pytest.param(
        f"class A(Repo):\n{INIT}class B(A):\n    def __init__(self): super().__init__(1, Post)\n",
        {"B Post"},
        id="super",
    ),
    pytest.param(
        f"class A(Repo):\n{INIT}class B(A):\n    def __init__(self): A.__init__(self, 1, model=Post)\n",
        {"B Post"},
        id="by the class and its keyword",
    ),
    pytest.param(f"class A(Repo):\n{INIT}def posts(): return A(1, Post), A(1, Tag)\n", {"A Post", "A Tag"}, id="made"),
    pytest.param(f"class A(Repo):\n{INIT}def posts(x): return A(1, x), A(*x), A(1), B(1, Post)\n", set(), id="unknown"),
    pytest.param("class A(Repo):\n    model = make()\n", set(), id="a value that is computed"),
    pytest.param("class A(Repo):\n    def model(self): return x.y()\n", set(), id="a method that computes it"),
    pytest.param("class A(Repo):\n    def __init__(self, y): self.model = x\n", set(), id="no parameter is kept"),
    pytest.param("class A(Repo):\n    def __init__(self, y): self.model = y.x\n", set(), id="a part of one is kept"),
    pytest.param(
        f"class A(Repo):\n{INIT}class B(A):\n    def __init__(self, x): super().__init__(1, x); f()\n",
        set(),
        id="passed on",
    ),
]


@pytest.mark.parametrize(("text", "expected"), ATTRIBUTES)
def test_an_attribute_of_self(text: str, expected: set[str], checkout: Checkout) -> None:
    index = Index(checkout({"app.py": HEAD + text, "models.py": "class Post: ...\nclass Tag: ...\n"}))
    found = index.bindings.of(("app.py", "Repo.all"), "self.model")
    assert {f"{b.holder[1]} {b.model[1]}" for b in found if b.holder} == expected


FIND = "from models import Post, Tag\ndef find(session, model, *, kind=None): return select(model)\n"
PARAMETERS = [
    pytest.param("def a(): return find(1, Post)\n", {"Post a"}, id="a call"),
    pytest.param("def a(): return find(1, model=Post)\n", {"Post a"}, id="a keyword"),
    pytest.param("def a(x): return find(1, Post if x else Tag)\n", {"Post a", "Tag a"}, id="either"),
    pytest.param("def a(x): return find(1, x or Tag)\n", {"Tag a"}, id="or"),
    pytest.param("def a(m): return find(1, m)\ndef b(): return a(Tag)\n", {"Tag a b"}, id="handed on"),
    pytest.param("def a():\n    m = Post\n    return find(1, m)\n", {"Post a"}, id="a name"),
    pytest.param("class A:\n    m = Post\n    def a(self): return find(1, self.m)\n", {"Post A.a"}, id="an attribute"),
    pytest.param("def a(x): return find(1), find(*x), find(1, x()), other(1, Post)\n", set(), id="nothing named"),
    pytest.param("def a(m): return find(1, m), a(m)\n", set(), id="a circle"),
    pytest.param("rows = find(1, Post)\n", set(), id="at the top of a file"),
]


@pytest.mark.parametrize(("text", "expected"), PARAMETERS)
def test_a_parameter(text: str, expected: set[str], checkout: Checkout) -> None:
    index = Index(checkout({"app.py": FIND + text, "models.py": "class Post: ...\nclass Tag: ...\n"}))
    found = index.bindings.of(("app.py", "find"), "model")
    assert {" ".join((b.model[1], *(given.key[1] for given in b.calls))) for b in found} == expected


@pytest.mark.parametrize(
    ("key", "name"),
    [
        pytest.param("gone", "model", id="no function"),
        pytest.param("find", "self.model", id="no self"),
        pytest.param("find", "a.b", id="an attribute of another object"),
        pytest.param("find", "other", id="a name that nothing assigns"),
        pytest.param("<module>", "other", id="a file"),
    ],
)
def test_what_stands_for_nothing(key: str, name: str, checkout: Checkout) -> None:
    assert Index(checkout({"app.py": FIND})).bindings.of(("app.py", key), name) == ()


def test_a_static_method_is_given_no_self(checkout: Checkout) -> None:
    text = """\
from models import Post, Tag
class Find:
    @staticmethod
    def one(model): return select(model)
    def two(self, model): return select(model)
def view(find: Find): return Find.one(Post), find.two(Tag)
"""
    index = Index(checkout({"app.py": text, "models.py": "class Post: ...\nclass Tag: ...\n"}))
    for name, model in (("one", "Post"), ("two", "Tag")):
        assert [b.model[1] for b in index.bindings.of(("app.py", f"Find.{name}"), "model")] == [model]
