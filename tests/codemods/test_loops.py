"""The loops of a function as syntax."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from codemods._loops import Body, bodies, imported_as, names_in, targets
from codemods.index import Index

Checkout = Callable[[dict[str, str]], Path]

VIEW = """\
import requests
from requests import get as fetch
from . import near


def view(given, *rest, only, **more):
    first = 1
    typed: int = 2
    bare: int
    one, two = given
    for item in given:
        with item as held:
            near(held, [x for y in item for x in y if x])
    else:
        after(first)
    while given:
        waiting(given)
    try:
        import package.module
        from package import thing as renamed
    except OSError as error:
        global everywhere
    match given:
        case [*some] as whole:
            pass

    def inner():
        hidden()

    class Local:
        pass
"""


@pytest.fixture
def body(checkout: Checkout) -> Body:
    (body,) = bodies(Index(checkout({"app.py": VIEW})), [("app.py", "view")])
    return body


def test_places_without_a_function_are_left_out(checkout: Checkout) -> None:
    index = Index(checkout({"app.py": VIEW}))
    keys = [("app.py", "none"), ("app.py", "view"), ("none.py", "view"), ("app.py", "none")]
    assert [(body.path, body.function.qualname) for body in bodies(index, keys)] == [("app.py", "view")]


def test_calls_are_those_of_the_function_itself(body: Body) -> None:
    assert [ast.unparse(call.func) for call in body.calls()] == ["near", "after", "waiting"]


def test_the_loop_that_runs_a_node_once_per_round(body: Body) -> None:
    loops = {ast.unparse(call.func): body.loop(call) for call in body.calls()}
    assert {name: type(loop) for name, loop in loops.items()} == {
        "near": ast.For, "after": type(None), "waiting": ast.While,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("given", [ast.arg]),
        ("rest", [ast.arg]),
        ("only", [ast.arg]),
        ("more", [ast.arg]),
        ("first", [ast.Name]),
        ("item", [ast.Name]),
        ("held", [ast.Name]),
        ("x", [ast.Name]),
        ("package", [ast.alias]),
        ("renamed", [ast.alias]),
        ("thing", []),
        ("error", [ast.ExceptHandler]),
        ("everywhere", [ast.Global]),
        ("some", [ast.MatchStar]),
        ("whole", [ast.MatchAs]),
        ("inner", [ast.FunctionDef]),
        ("Local", [ast.ClassDef]),
        ("near", []),
    ],
)
def test_bindings(name: str, kinds: list[type[ast.AST]], body: Body) -> None:
    assert [type(node) for node in body.bindings(name)] == kinds


@pytest.mark.parametrize(
    ("name", "value"),
    [("first", "1"), ("typed", "2"), ("bare", None), ("one", None), ("item", None), ("held", None), ("given", None)],
)
def test_the_value_of_a_plain_assignment(name: str, value: str | None, body: Body) -> None:
    found = body.value(name)
    assert (found and ast.unparse(found)) == value


def test_a_name_that_is_bound_twice_has_no_value(checkout: Checkout) -> None:
    index = Index(checkout({"app.py": "def view():\n    a = 1\n    a = 2\n"}))
    (body,) = bodies(index, [("app.py", "view")])
    assert body.value("a") is None


def test_the_names_that_a_file_uses(body: Body) -> None:
    assert body.taken() == {
        *("requests", "fetch", "near", "view", "given", "rest", "only", "more", "first", "typed", "bare", "int"),
        *("one", "two", "item", "held", "x", "y", "after", "waiting", "package", "renamed", "OSError", "error"),
        *("everywhere", "some", "whole", "inner", "hidden", "Local"),
    }


def test_the_nodes_between_two(body: Body) -> None:
    (call, _, _) = body.calls()
    loop = body.loop(call)
    assert loop is not None
    assert [type(node) for node in body.within(call, ast.stmt, loop)] == [ast.Expr, ast.With]
    assert body.within(call, ast.Try, loop) == []
    assert [type(node) for node in body.within(call, (ast.For, ast.With), body.definition)] == [ast.With, ast.For]


def test_targets_and_names() -> None:
    texts = ["for a, (b, *c) in d: e = 1", "while a: b = 1"]
    loops = [ast.parse(text).body[0] for text in texts]
    assert [targets(loop) for loop in loops if isinstance(loop, ast.For | ast.While)] == [{"a", "b", "c"}, set()]
    made = ast.parse("{a: f(b.c) for a in b for d in a}", mode="eval").body
    assert isinstance(made, ast.DictComp)
    assert (targets(made), names_in(made)) == ({"a", "d"}, {"a", "b", "d", "f"})


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("requests.get", "requests.get"),
        ("fetch", "requests.get"),
        ("near.get", ""),
        ("view", ""),
        ("requests[0]", ""),
    ],
)
def test_a_name_with_its_import_spelled_out(written: str, name: str, body: Body) -> None:
    assert imported_as(body.index, body.path, ast.parse(written, mode="eval").body) == name


def test_nothing_is_imported_in_a_file_that_is_none(body: Body) -> None:
    assert imported_as(body.index, "none.py", ast.parse("requests.get", mode="eval").body) == ""


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("near(\n        given,\n        [\n            1,\n        ],\n    )", "near(given, [1])"),
        ("near(\n        given  # what is near\n    )", "near(given)"),
        ("(given\n        or 1)", "given or 1"),
        ('near("""a\n  b""")', "near('a\\n  b')"),
    ],
)
def test_an_expression_of_several_lines(checkout: Checkout, written: str, shown: str) -> None:
    text = f"def view(given):\n    return near({written})\n"
    (body,) = bodies(Index(checkout({"app.py": text})), [("app.py", "view")])
    (outer, *_) = body.calls()
    assert body.source(outer.args[0]) == shown
