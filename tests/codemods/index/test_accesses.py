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
    pytest.param("x = z\nx.a", {"a"}, id="rows that were given stay rows"),
    pytest.param("z.all().a", set(), id="a query of something else"),
    pytest.param("y = x.a\ny = z.q\ny.c", {"a"}, id="a name that stands for something else now"),
    pytest.param("self.y = x.a\nself.y.b", {"a", "a.b"}, id="an attribute of self"),
    pytest.param("y: A = x.a\ny.b", {"a", "a.b"}, id="an annotated alias"),
    pytest.param("y: A\ny.b", set(), id="an annotation alone"),
    pytest.param("if (y := x.a):\n    y.b\n(z := x.a).c", {"a", "a.b", "a.c"}, id="a walrus"),
    pytest.param("getattr(x.a, 'b', None).c", {"a", "a.b", "a.b.c"}, id="getattr"),
    pytest.param("getattr(z, 'b').c", set(), id="getattr of something else"),
    pytest.param("print(x.a)", {"a", "a.__str__"}, id="printed"),
    pytest.param("'{} {z}'.format(z, z=x)", {"__str__"}, id="formatted"),
    pytest.param("f'{x.a}'", {"a", "a.__str__"}, id="an f-string"),
    pytest.param("'%s %s' % (z, x)", {"__str__"}, id="percent, of a tuple"),
    pytest.param("'%s' % x.a", {"a", "a.__str__"}, id="percent, of one value"),
    pytest.param("z % x + x.a", {"a"}, id="another operator"),
    pytest.param(
        "for y in sorted(x.rel.filter(z=1), key=z):\n    y.b", {"rel", "rel.filter()", "rel.filter().b"}, id="sorted"
    ),
    pytest.param("for y in [y for y in x.rel]:\n    y.b", {"rel", "rel.b"}, id="a copy"),
    pytest.param("for y in paginate(z, rows=x.rel):\n    y.b", {"rel", "rel.b"}, id="some of the rows"),
    pytest.param(
        "f = AFilterSet(z, queryset=x.rel)\nfor y in paginate(z, f):\n    y.b", {"rel", "rel.b"}, id="a filter set"
    ),
    pytest.param("for y in z.AFilter(z, x).qs:\n    y.b", {"b"}, id="a filter set by position"),
    pytest.param("f = AFilterSet(x.rel, z)\nf.b", {"rel"}, id="what is filtered by"),
    pytest.param("f = AFilters(z, queryset=x.rel)\nf.b", {"rel"}, id="rows handed to anything else"),
    pytest.param(
        "for y in (await x.rel.aget()).c:\n    y.b", {"rel", "rel.aget()", "rel.aget().c", "rel.aget().c.b"}, id="await"
    ),
    pytest.param("f(*x.rel)", {"rel"}, id="unpacked"),
    pytest.param("x.object_list[0].b", {"b"}, id="a page of rows"),
    pytest.param(
        "for y in x.rel.order_by('z').own()[0]:\n    y.b",
        {"rel", "rel.order_by().own()", "rel.order_by().own().b"},
        id="a method of the project's own",
    ),
    pytest.param(
        "ys = {y.b: y for y in x.rel.all()}\nys.get(1).c\nys[2].d",
        {"rel", "rel.all()", "rel.all().b", "rel.all().c", "rel.all().d"},
        id="rows by a key of theirs",
    ),
    pytest.param("ys = {y for y in x.rel}\nys.pop().c", {"rel", "rel.c"}, id="a set of rows"),
    pytest.param("ys = []\nys.append(x.a)\nfor y in ys:\n    y.b", {"a", "a.b"}, id="rows that are collected"),
    pytest.param("ys = d()\nys[1].add(x.a)\nys[1][0].b", {"a", "a.b"}, id="collected by a key"),
    pytest.param(
        "ys.setdefault(1, []).append(x.a)\nfor k, v in ys.items():\n    v.b",
        {"a", "a.b"},
        id="collected in a new list",
    ),
    pytest.param("ys[k] = x.a\nys[1].b", {"a", "a.b"}, id="kept by a key"),
    pytest.param("for ys[k] in x.rel:\n    ys[1].b", {"rel"}, id="a loop over a place in a list"),
    pytest.param("ys[k] = z\nys.append(z)\nys[1].b", set(), id="something else is kept"),
    pytest.param("self.ys.append(x.a)\nself.ys[0].b", {"a"}, id="not what an attribute collects"),
    pytest.param("ys().append(x.a)\nys.b", {"a"}, id="not what a call gives"),
    pytest.param("ys.append()\nys.b", set(), id="nothing is collected"),
    pytest.param(
        "ys = [x.a]\nys = x.rel\nys.get(1).b", {"a", "rel", "rel.get()", "rel.get().b"}, id="no list any more"
    ),
    pytest.param("z.a.b", set(), id="another name"),
    pytest.param("x.a = 1", set(), id="a write"),
    pytest.param("f(z)", set(), id="a call without it"),
]


@pytest.mark.parametrize(("text", "expected"), READS)
def test_what_is_read(text: str, expected: set[str]) -> None:
    read = accesses(ast.parse(textwrap.dedent(text)).body, {"x": ()}, methods={"own"})
    assert {".".join(path) for path in read.read} == expected


def test_rows_that_are_handed_on() -> None:
    read = accesses(ast.parse("show(1, x)\nx.a.f(x.b)\nf()(x)").body, {"x": ()})
    assert read.passed == {("show", 1, ()), ("x.a.f", 0, ("b",))}


def test_the_rows_of_an_expression() -> None:
    text = "for post in Post.objects.all():\n    post.author"
    read = accesses(ast.parse(text).body, {}, (1, 12, 1, 30))
    assert read.read == {("author",)}


def test_the_rows_that_a_call_gives() -> None:
    read = accesses(ast.parse("for post in get_posts():\n    post.author").body, {"get_posts()": ()})
    assert read.read == {("author",)}


def test_rows_that_are_given_a_name() -> None:
    text = (
        "context['posts'] = x\ncontext[1] = x\nrender(z, {'tags': x.tags, **z}, one=x.a)\nself.posts = x\nself.tag = z"
    )
    read = accesses(ast.parse(text).body, {"x": ()})
    assert read.exposed == {("posts", ()), ("tags", ("tags",)), ("one", ("a",))}
    assert read.kept == {("self.posts", ())}


def test_rows_that_are_given_back() -> None:
    text = "def f():\n    yield x.a\n    yield from x.b\n    return x.c, z\n\n\ndef g():\n    return"
    assert accesses(ast.parse(text).body, {"x": ()}).returned == {("a",), ("b",), ("c",)}


def test_a_loop_over_one_row_asks_the_row() -> None:
    text = "for item in self:\n    item.a\nfor item in x:\n    item.b"
    read = accesses(ast.parse(text).body, {"self": (), "x": ()}, single={"self"})
    assert read.read == {("__iter__()", "a"), ("b",)}
