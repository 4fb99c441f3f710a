"""Which class an expression is an instance of: attributes, properties, factories, annotations."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.index import Index

Checkout = Callable[[dict[str, str]], Path]
HEAD = """\
from typing import Optional, Union
from lib import Posts, users, load
class Repo:
    @property
    def posts(self): return Posts(self.session)
    def users(self) -> "Posts": ...
    def either(self): return Posts() if self.x else Other() or None
    def mine(self): return self
    def me(self: T) -> T: ...
    def same(self) -> Self: ...
    def loop(self): return self.loop()
    def nothing(self): ...
class Other:
    kept: Posts | None
    made = Posts()
    odd: 3 = 1
    count = 1
"""
LIB = """\
class Posts:
    def page(self): ...
users = Posts()
def load() -> Posts: ...
async def later(): return await load()
"""

EXPRESSIONS = [
    pytest.param("def view(repo: Repo): ...", "repo.posts", ["Posts"], id="a property"),
    pytest.param("def view(repo: Repo): ...", "repo.users()", ["Posts"], id="the annotation of a method"),
    pytest.param("def view(repo: Repo): ...", "repo.either()", ["Other", "Posts"], id="several returns"),
    pytest.param("def view(repo: Repo): ...", "repo.mine().posts", ["Posts"], id="self"),
    pytest.param("def view(repo: Repo): ...", "repo.me().posts", ["Posts"], id="the type of self"),
    pytest.param("def view(repo: Repo): ...", "repo.same().posts", ["Posts"], id="Self"),
    pytest.param("def view(o: Other): ...", "o.kept", ["Posts"], id="an annotation in the body"),
    pytest.param("def view(o: Other): ...", "o.made", ["Posts"], id="a value of the body"),
    pytest.param("def view(o: Optional[Other]): ...", "o.made", ["Posts"], id="optional"),
    pytest.param("def view(o: Optional['Other']): ...", "o.made", ["Posts"], id="optional, with quotes"),
    pytest.param("def view(o: Union[Other, Repo]): ...", "o", ["Other", "Repo"], id="a union"),
    pytest.param("def view(o: list[Other]): ...", "o", [], id="a container is none"),
    pytest.param("def view(o: Repo[Other]): ...", "o", ["Repo"], id="a generic class"),
    pytest.param("def view(): r = Repo()", "r.posts", ["Posts"], id="an instance"),
    pytest.param("def view(): p = load()", "p", ["Posts"], id="what a function makes"),
    pytest.param("def view(): ...", "load()", ["Posts"], id="a call"),
    pytest.param("import lib\ndef view(): ...", "lib.later()", ["Posts"], id="through a module and an await"),
    pytest.param("def view(): ...", "users", ["Posts"], id="a module's own instance"),
    pytest.param("class A:\n    def view(self, r: Repo): self.r = r", "self.r.posts", ["Posts"], id="kept"),
    pytest.param("class A:\n    def view(self, r: 'Repo | None'): self.r = r", "self.r", ["Repo"], id="kept, or none"),
    pytest.param(
        "class A:\n    def view(self): self.r = make()\ndef make(): return Repo()", "self.r", ["Repo"], id="made"
    ),
    pytest.param("def view(repo: Repo): ...", "repo.loop()", [], id="itself"),
    pytest.param("def view(repo: Repo): ...", "repo.nothing()", [], id="no return"),
    pytest.param("def view(repo: Repo): ...", "repo.gone()", [], id="no such method"),
    pytest.param("def view(repo: Repo): ...", "repo.users", [], id="a method that is not called"),
    pytest.param("def view(o: Other): ...", "o.odd", [], id="an annotation that is no class"),
    pytest.param("def view(o: Other): ...", "o.count", [], id="a value that is no call"),
    pytest.param("def view(o: 'not a type'): ...", "o", [], id="an annotation that is no expression"),
    pytest.param("def view(o): ...", "o.made", [], id="no annotation"),
    pytest.param("def view(): ...", "load().page().x", [], id="a method of the result of a call"),
    pytest.param("def view(): ...", "gone()", [], id="unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expression", "expected"), EXPRESSIONS)
def test_the_classes_of_an_expression(text: str, expression: str, expected: list[str], checkout: Checkout) -> None:
    index = Index(checkout({"app.py": HEAD + text, "lib.py": LIB}))
    name = "A.view" if "class A" in text else "view"
    function = index.calls.function(("app.py", name))
    assert function is not None
    assert sorted(name for _, name in index.calls.types.of(function, expression)) == expected


def test_factories_of_factories_end(checkout: Checkout) -> None:
    links = "".join(f"def f{n}(): return f{n + 1}()\n" for n in range(9))
    index = Index(checkout({"app.py": f"{links}def f9(): return Post()\nclass Post: ...\n"}))
    function = index.calls.function(("app.py", "f8"))
    assert function is not None
    assert index.calls.types.of(function, "f8()") == (("app.py", "Post"),)
    assert index.calls.types.of(function, "f0()") == ()
