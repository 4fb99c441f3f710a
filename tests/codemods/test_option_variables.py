"""What a variable among the options of a query can hold: every option, or nothing that is known."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from codemods._option_variables import held_by
from codemods.index import Index

Checkout = Callable[[dict[str, str]], Path]
# (variable, body of `def view(self, given):` in a class, what it holds)
LOCAL = [
    pytest.param("x", "x = [a()]", ["a()"], id="a list"),
    pytest.param("*x", "x = [a(), b()]", ["a()", "b()"], id="starred"),
    pytest.param("x", "x = (a(),)", ["a()"], id="a tuple"),
    pytest.param("x", "x = a()", ["a()"], id="one option"),
    pytest.param("x", "x: list = [a()]", ["a()"], id="annotated"),
    pytest.param("x", "x: list", None, id="annotated, without a value"),
    pytest.param("x", "y: list = [a()]", None, id="another name, annotated"),
    pytest.param("x", "x = []\nx.append(a())", ["a()"], id="append"),
    pytest.param("x", "x = []\ny.append(a())", [], id="append to another"),
    pytest.param("x", "x = []\nx.append(b)", ["b"], id="append of a name, which is judged later"),
    pytest.param("x", "x = [a()]\nx.extend([b()])", ["a()", "b()"], id="extend"),
    pytest.param("x", "x = []\ny.extend([b()])", [], id="extend of another"),
    pytest.param("x", "x = []\nx += [a()]", ["a()"], id="added to"),
    pytest.param("x", "x = []\ny += [a()]", [], id="another is added to"),
    pytest.param("x", "if given:\n    x = [a()]\nelse:\n    x = [b()]", ["a()", "b()"], id="two branches"),
    pytest.param("x", "x = [a()]\nx.clear()", ["a()"], id="what may be emptied: more than it holds is no harm"),
    pytest.param("x", "x = [*y]", None, id="a list of a list"),
    pytest.param("x", "x = y", None, id="another name"),
    pytest.param("x", "x = [a()]\nx += more", None, id="added to by a name"),
    pytest.param("x", "y = [a()]", None, id="no such name"),
    pytest.param("given", "given = [a()]", None, id="a parameter"),
    pytest.param("MODULE", "pass", ["m()"], id="of the module"),
    pytest.param("MODULE", "MODULE = [a()]", ["a()"], id="one of the module that is hidden"),
    pytest.param("self.own", "pass", ["o()", "b()"], id="of the class and the class below"),
    pytest.param("cls.own", "pass", ["o()", "b()"], id="by cls"),
    pytest.param("self.above", "pass", ["u()", "u()"], id="of the class above"),
    pytest.param("self.made", "pass", None, id="a property"),
    pytest.param("self.gone", "pass", None, id="no such attribute"),
    pytest.param("self.a.b", "pass", None, id="an attribute of an attribute"),
    pytest.param("a.b", "pass", None, id="an attribute of something else"),
    pytest.param("make(1)[0]", "pass", None, id="no name"),
    pytest.param("x", "x = a(1)\nx.b(2)", ["a(1)", "a(1).b(2)"], id="an option that is built on"),
    pytest.param("x", "x = a()\nx.b().c()", ["a()", "a().b().c()"], id="built on by a chain"),
    pytest.param("x", "x = a()\ny = x.b()\ny.c()", ["a()", "a().b()", "a().b().c()"], id="built on by its name"),
    pytest.param("x", "x = a()\nx = x.b()", ["a()", "a().b()"], id="built on and named again"),
    pytest.param("x", "x = a()\nself.y = x.b()", ["a()", "a().b()"], id="kept elsewhere"),
    pytest.param("x", "x = a()\nlog(x)\ny.b()\nmake()().c()\nx[0].b()", ["a()"], id="what builds on nothing"),
    pytest.param("x", "y = a()\nx = y.b()", None, id="what another one is the start of"),
    pytest.param("x", "x = orm.a()", ["orm.a()"], id="of a module"),
    pytest.param("x", "x = made()[0]()", ["made()[0]()"], id="of no name"),
    pytest.param("*x", "y = a()\ny.b()\nx = (y, c())", ["a()", "a().b()", "c()"], id="a tuple of what is built"),
    pytest.param("x", "x = [x]", ["x"], id="a list of itself"),
]


@pytest.mark.parametrize(("variable", "body", "expected"), LOCAL)
def test_held_by(variable: str, body: str, expected: list[str] | None, checkout: Checkout) -> None:
    lines = "\n".join(f"        {line}" for line in body.split("\n"))
    text = f"""\
MODULE = [m()]


class Above:
    above = [u()]


class A(Above):
    own = [o()]

    @property
    def made(self): return []

    def view(self, given):
{lines}


class B(A):
    own = (b(),)
"""
    index = Index(checkout({"app.py": text}))
    function = index.calls.function(("app.py", "A.view"))
    assert function is not None
    parsed = ast.parse(f"f({variable})", mode="eval").body
    assert isinstance(parsed, ast.Call)
    held = held_by(index, function, parsed.args[0])
    assert held == expected if held is None else [ast.unparse(node) for node in held] == expected


def test_outside_a_class_and_a_definition(checkout: Checkout) -> None:
    index = Index(checkout({"app.py": "X = [a()]\nq = db.query(Post).options(*X, *self.x, *Y)\n"}))
    body = index.calls.function(("app.py", "<module>"))
    assert body is not None
    names = [ast.parse(name, mode="eval").body for name in ("X", "self.x", "Y")]
    found = [held_by(index, body, name) for name in names]
    assert [held and [ast.unparse(node) for node in held] for held in found] == [["a()"], None, None]
