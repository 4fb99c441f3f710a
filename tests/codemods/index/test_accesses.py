"""Which attribute paths statements read on given names."""

import ast
import textwrap

import pytest

from codemods.index.accesses import accesses

READS = [
    pytest.param("x.a.b", {"a", "a.b"}, id="a chain"),
    pytest.param("y = x.a\ny.b", {"a", "a.b"}, id="an alias"),
    pytest.param("for y in x.rel.all():\n    y.b", {"rel", "rel.all()", "rel.all().b"}, id="a loop"),
    pytest.param("async def f():\n    async for y in x.rel:\n        y.b", {"rel", "rel.b"}, id="an async loop"),
    pytest.param("[y.b for y in x.rel if y.c]", {"rel", "rel.b", "rel.c"}, id="a comprehension"),
    pytest.param("{y.b: y.c for y in x.rel}", {"rel", "rel.b", "rel.c"}, id="a dict comprehension"),
    pytest.param("list(x.rel)[0].b", {"rel", "rel.b"}, id="a wrapper and an index"),
    pytest.param("y = x.a or x.b\ny.c", {"a", "b", "a.c"}, id="either of two"),
    pytest.param("y = x.a if z else x.b\ny.c", {"a", "b", "a.c"}, id="a conditional"),
    pytest.param("y = None if z else x.b\ny.c", {"b", "b.c"}, id="the other branch"),
    pytest.param("y = x.a\ny = z.q\ny.c", {"a"}, id="a name that stands for something else now"),
    pytest.param("z.a.b", set(), id="another name"),
    pytest.param("x.a = 1", set(), id="a write"),
    pytest.param("f(z)", set(), id="a call without it"),
]


@pytest.mark.parametrize(("text", "expected"), READS)
def test_what_is_read(text: str, expected: set[str]) -> None:
    read = accesses(ast.parse(textwrap.dedent(text)).body, {"x": ()})
    assert {".".join(path) for path in read.read} == expected


def test_rows_that_are_handed_on() -> None:
    read = accesses(ast.parse("show(1, x)\nx.a.f(x.b)\nf()(x)").body, {"x": ()})
    assert read.passed == {("show", 1, ()), ("x.a.f", 0, ("b",))}
