"""A function from its own lines is the function of the whole file."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.index import Index
from codemods.index.definitions import _definitions

Checkout = Callable[[dict[str, str]], Path]

TEXT = '''\
import re

@app.get("/x",
         name="x")
async def view(a, b=(1,
                     2)):
    """Text
def not_this(): ...
"""
    def inner():
        yield a
    return inner

class A:
    posts = Post.objects.all()
    class B:
        @staticmethod
        def deep(self): return "é", self.x
    if re:
        @property
        def tabbed(self):
            return 1
    @property
    def both(self):
        return self._both
    @both.setter
    def both(self, value):
        self._both = value

if re:
    def branch(): return 1
else:
    def branch(): return 2
try:
    def attempt(): return 1
except ImportError:
    def attempt(): return 2
match re:
    case 1:
        def cased(): return re
def last(): return '\\d'
'''


def dumped(node: ast.AST) -> str:
    """Everything but decorators, which are known from the facts."""
    node.decorator_list = []  # type: ignore[attr-defined]
    return ast.dump(node, include_attributes=True)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_each_function_is_that_of_the_whole_file(end: str, checkout: Checkout) -> None:
    root = checkout({"a.py": ""})
    (root / "a.py").write_bytes(TEXT.replace("\n", end).encode())
    whole: dict[str, ast.AST] = {}
    for name, node in _definitions(ast.parse(TEXT), ()):
        whole.setdefault(name, node)
    at_once = Index(root).definitions.of("a.py")
    assert list(at_once) == list(whole)
    assert len(at_once) == len(whole) == 9
    for name, node in whole.items():
        one_by_one = Index(root).definitions
        found = one_by_one.get(("a.py", name))
        assert found is not None
        assert found is one_by_one.get(("a.py", name))
        assert dumped(found) == dumped(at_once[name]) == dumped(node)


def test_decorators_are_those_of_the_facts(checkout: Checkout) -> None:
    definitions = Index(checkout({"a.py": TEXT})).definitions
    found = [definitions.get(("a.py", name)) for name in ("view", "A.both")]
    assert [[ast.unparse(d) for d in node.decorator_list] for node in found if node] == [
        ["app.get('/x', name='x')"],
        ["property", "both.setter"],
    ]


@pytest.mark.parametrize("name", ["view.not_this", "nothing", "A", "<module>", "A.<body>", "A.view"])
def test_no_function_of_that_name(name: str, checkout: Checkout) -> None:
    definitions = Index(checkout({"a.py": TEXT, "bad.py": "def f(:\n"})).definitions
    assert definitions.get(("a.py", name)) is None
    assert name not in definitions.of("a.py")
    assert definitions.of("bad.py") == {}
    assert definitions.get(("none.py", name)) is None
