"""Where the rows of a query go, and the attribute paths that are read on them there; "?" marks a read on some rows."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.index import Index
from codemods.index.rowflow import RowFlow
from codemods.index.rows import Seen

Checkout = Callable[[dict[str, str]], Path]


def seen(root: Path, function: str = "view", path: str = "app.py", through: tuple[str, ...] = ()) -> Seen:
    """The run of the first query of a function."""
    index = Index(root)
    maker = index.calls.function((path, function))
    assert maker is not None
    flow = RowFlow(index.calls, index.definitions)
    return flow.of_query((path, function), maker.queries[0], frozenset((path, name) for name in through))


def paths(found: Seen) -> set[str]:
    return {".".join(path) + "?" * (() not in contexts) for path, contexts in found.paths.items()}


# Every text is the body of `def view(db, x):`, where Q stands for a query.
STATEMENTS = [
    pytest.param("for p in Q: p.a.b", {"a", "a.b"}, id="for"),
    pytest.param("async for p in Q: p.a", {"a"}, id="async for"),
    pytest.param("for i, p in enumerate(Q): p.a", {"a"}, id="a tuple of targets"),
    pytest.param("for p, *rest in Q: rest[0].a", {"a"}, id="a starred target"),
    pytest.param("for [p, o] in Q: o.a", {"a"}, id="a list of targets"),
    pytest.param("for p in []: p.a\nelse:\n    Q[0].b", {"b"}, id="else of for"),
    pytest.param("rows = Q\nrows.all()[0].a", {"all()", "a"}, id="a name"),
    pytest.param("rows = again = Q\nagain[0].a", {"a"}, id="two names"),
    pytest.param("rows, n = Q, 1\nrows[0].a; n.b", {"a"}, id="two values"),
    pytest.param("rows: list[Post] = Q\nrows[0].a", {"a"}, id="annotated"),
    pytest.param("rows: list[Post]\nrows[0].a", set(), id="annotated, without a value"),
    pytest.param("rows = []\nrows += Q\nrows[0].a", {"a"}, id="added to"),
    pytest.param("n = 0\nn += 1\nn.a", set(), id="added nothing"),
    pytest.param("rows = Q\nrows = []\nfor p in rows: p.a", set(), id="a name that stands for something else now"),
    pytest.param("if x:\n    Q[0].a\nelse:\n    Q[0].b", {"a?", "b?"}, id="if and else"),
    pytest.param("if x:\n    return\nelif Q[0].a:\n    Q[0].b", {"a", "b?"}, id="an elif behind a return is an if"),
    pytest.param("if x:\n    x.y\nelif Q[0].a:\n    Q[0].b", {"a?", "b?"}, id="an elif"),
    pytest.param("if x:\n    return\nelse:\n    Q[0].a", {"a?"}, id="else behind a return"),
    pytest.param("if Q[0].a or Q[0].b:\n    raise E", {"a", "b"}, id="an or to leave by is two tests"),
    pytest.param("if Q[0].a and Q[0].b:\n    raise E", {"a", "b?"}, id="an and to leave by"),
    pytest.param("if Q[0].a or Q[0].b:\n    x.y", {"a", "b?"}, id="an or"),
    pytest.param("return Q[0].a() or (Q[0].b == 1 and not Q[0].c)", {"a()", "b", "c?"}, id="an or of tests to return"),
    pytest.param("return Q[0].a or Q[0].b", {"a", "b?"}, id="a value to fall back on"),
    pytest.param("for p in Q:\n    if p.x: continue\n    p.a", {"x", "a?"}, id="after a continue"),
    pytest.param("for p in Q:\n    if p.x: continue\n    p.a\nQ[0].b", {"x", "a?", "b"}, id="after that loop"),
    pytest.param("for p in Q:\n    if p.x:\n        p.a\n    p.a", {"x", "a"}, id="on some rows and on all"),
    pytest.param("while x:\n    Q[0].a", {"a"}, id="while"),
    pytest.param("while (p := Q.first()):\n    p.a", {"a"}, id="a walrus"),
    pytest.param(
        "try:\n    Q[0].a\nexcept E:\n    Q[0].b\nelse:\n    Q[0].c\nfinally:\n    Q[0].d",
        {"a", "b?", "c", "d"},
        id="try",
    ),
    pytest.param("with closing(Q) as rows:\n    rows[0].a", {"a"}, id="with"),
    pytest.param("with lock:\n    Q[0].a", {"a"}, id="with nothing to name"),
    pytest.param("async with Q as rows:\n    rows[0].a", {"a"}, id="async with"),
    pytest.param("match x:\n    case 1:\n        Q[0].a", {"a?"}, id="match"),
    pytest.param("match Q[0].a:\n    case 1: ...", {"a"}, id="what is matched"),
    pytest.param("class Row:\n    a = Q[0].a", set(), id="not a class body"),
    pytest.param("assert Q[0].a", {"a"}, id="assert"),
    pytest.param("rows = Q\ndel rows[0].a.b", {"a", "a.b"}, id="del"),
    pytest.param("from a import b\nQ[0].a", {"a"}, id="import"),
    pytest.param("pass", set(), id="nothing"),
]
EXPRESSIONS = [
    pytest.param("[p.a for p in Q]", {"a"}, id="a list comprehension"),
    pytest.param("{p.a: p.b for p in Q}", {"a", "b"}, id="a dictionary comprehension"),
    pytest.param("for p in (o for o in Q): p.a", {"a"}, id="a generator hands its rows on"),
    pytest.param("[p.a for p in Q if p.b]", {"b", "a?"}, id="a condition in it"),
    pytest.param("[c.a for p in Q for c in p.cs]", {"cs", "cs.a"}, id="two loops in it"),
    pytest.param("p = 1\n[p for p in Q]\np.a", set(), id="its names are its own"),
    pytest.param("Q[0].a and Q[0].b", {"a", "b?"}, id="and"),
    pytest.param("(Q or [])[0].a", {"a"}, id="or nothing"),
    pytest.param("(Q if x else None)[0].a", {"a"}, id="if else: the rows"),
    pytest.param("x and Q[0].a", {"a?"}, id="behind a test"),
    pytest.param("[Q[0]][0].a", {"a"}, id="in a list"),
    pytest.param("(1, Q)[1].a", {"a"}, id="in a tuple"),
    pytest.param("{**x, 'k': Q}['k'][0].a", {"a", "k"}, id="in a dictionary"),
    pytest.param("{1: Q}[1][0].a", {"a"}, id="under a number"),
    pytest.param("(Q + Q)[0].a", {"a"}, id="added"),
    pytest.param("f'{Q[0].a}'", {"a"}, id="in an f-string"),
    pytest.param("rows = Q\nprint(*rows.all())", {"all()"}, id="starred"),
    pytest.param("(await Q)[0].a", {"a"}, id="awaited"),
    pytest.param("Q[0]['a']", {"a"}, id="read like a dictionary"),
    pytest.param("Q[0].get('a', 1)", {"a", "get()"}, id="the same by get"),
    pytest.param("for c in Q.filter(x).first().cs: c.a", {"cs", "cs.a"}, id="what a row holds"),
    pytest.param("for c in Q.all()[0].cs: c.a", {"cs", "cs.a"}, id="what one of many holds"),
    pytest.param("x['db'].query(Post).order_by(1)[0].a", {"a"}, id="a query of an item"),
    pytest.param("for c in db.get(Post, x).cs: c.a", {"cs", "cs.a"}, id="what a row by its key holds"),
    pytest.param("for p in Q.paginate(x).items: p.a", {"a"}, id="a page"),
    pytest.param("Q.get(7).a", {"a"}, id="get of a key"),
    pytest.param("Q[Q[0].a:]", {"a"}, id="an index"),
    pytest.param("not Q[0].a", {"a"}, id="not"),
    pytest.param("Q[0].a == 1", {"a"}, id="compared"),
    pytest.param("(lambda: Q[0].a)", {"a?"}, id="a function of no rows"),
    pytest.param("Q[0].all_x().a", {"all_x()", "all_x().a"}, id="a method of a row"),
    pytest.param("q = Q\nq.with_x().order_z()[0].a", {"with_x()", "order_z()", "a"}, id="steps"),
    pytest.param("getattr(Q[0], 'a').b", {"a", "a.b"}, id="getattr"),
    pytest.param("getattr(Q[0], x).b", set(), id="getattr of a name that is not constant"),
    pytest.param("getattr(x, 'a')", set(), id="getattr of something else"),
    pytest.param("map(attrgetter('a.b', x), Q)", {"a.b"}, id="attrgetter"),
    pytest.param("sorted(Q, key=operator.attrgetter('a'))[0].b", {"a", "b"}, id="attrgetter as a key"),
    pytest.param("sorted(Q, key=lambda p: p.a)[0].b", {"a", "b"}, id="a function of a row"),
    pytest.param("q = Q\nq.options(lambda p: p.a)", {"options()", "a"}, id="a function handed to its method"),
    pytest.param("map(x, [1])", set(), id="a call without rows"),
    pytest.param("Paginator(Q, 10).page(1).a", {"page()", "page().a"}, id="a wrapper that is not in the tree"),
    pytest.param("make()(Q)[0].a", {"a"}, id="a wrapper without a name"),
    pytest.param("make().wrap(Q)[0].a", {"a"}, id="a wrapper that is a method of who knows"),
    pytest.param("x[0].wrap(Q)[0].a", {"a"}, id="a wrapper that is a method of an item"),
]  # fmt: skip
CONTAINERS = [
    pytest.param("found = []\nfor p in Q:\n    found.append(p)\nfound[0].a", {"a"}, id="append"),
    pytest.param("found = {}\nfor p in Q:\n    found[1] = p\nfound[1].a", {"a"}, id="an item"),
    pytest.param("found = {}\nfor p in Q:\n    found.setdefault(1, []).append(p)\nfound[1][0].a", {"a"}, id="nested"),
    pytest.param("found = {}\nfor p in Q:\n    found[1]['rows'].append(p)\nfound[1].a", {"a"}, id="an item's item"),
    pytest.param("found = Q\nfound.append(1)\nfound[0].a", {"append()", "a"}, id="what holds rows already keeps them"),
    pytest.param("rows = Q\nfor p in rows:\n    rows[0] = p.b\nrows[0].a", {"b", "a"}, id="the same for an item"),
    pytest.param("found = {}\nfound.get(1).rows.append(Q)\nfound[1].a", {"a"}, id="an attribute of an item"),
    pytest.param("x()[1].append(Q)", set(), id="an item of a container without a name"),
    pytest.param("x().append(Q)", set(), id="a container without a name"),
    pytest.param("x[1] = 2\nx[1].a", set(), id="an item of something else"),
    pytest.param("x.rows = Q\nx.rows[0].a", set(), id="an attribute of something else"),
]


@pytest.mark.parametrize(("body", "expected"), [*STATEMENTS, *EXPRESSIONS, *CONTAINERS])
def test_inside_a_function(body: str, expected: set[str], checkout: Checkout) -> None:
    lines = "\n".join(f"    {line}" for line in body.replace("Q", "db.query(Post)").split("\n"))
    text = f"def view(db, x):\n    db.query(Post)\n{lines}\n"
    index = Index(checkout({"app.py": text.replace("def view", "async def view")}))
    function = index.calls.function(("app.py", "view"))
    assert function is not None
    flow = RowFlow(index.calls, index.definitions)
    runs = [flow.of_query(("app.py", "view"), query, frozenset()) for query in function.queries]
    assert set().union(*map(paths, runs)) == expected


CALLS_ITSELF = {".".join("a" * n) for n in range(1, 7)}
FUNCTIONS = [
    pytest.param("def view(db): return [row(p) for p in Q]\ndef row(p): return p.a", {"a"}, id="handed a row"),
    pytest.param("def view(db): row(p=Q[0], q=1)\ndef row(*, p, q): p.a; q.b", {"a"}, id="by a keyword"),
    pytest.param("def view(db): return rows(Q)[0].b\ndef rows(q): return q.c", {"c", "c.b"}, id="what it returns"),
    pytest.param("def view(db): return row(Q)\ndef row(p): return row(p.a)", CALLS_ITSELF, id="who calls itself"),
    pytest.param("def view(db): row(1, Q)\ndef row(p): p.a", set(), id="an argument too many"),
    pytest.param("def view(db): row(q=Q)\ndef row(p): p.a", set(), id="a keyword that it has not"),
    pytest.param("def view(db): A(Q)\nclass A:\n    def __init__(self, p): p.a", {"a"}, id="a class"),
    pytest.param("def view(db): A.row(Q)\nclass A:\n    @staticmethod\n    def row(p): p.a", {"a"}, id="static"),
    pytest.param("def view(db, z): z.row(Q[0])\nclass A:\n    def row(self, p): p.a", {"a"}, id="a rare name"),
    pytest.param("def view(db): list(map(row, Q))\ndef row(p): p.a", {"a"}, id="handed on with the rows"),
    pytest.param("def view(db): q = Q; q.all(key=row)\ndef row(p): p.a", {"all()", "a"}, id="handed to a method"),
    pytest.param("def view(db): rows = Q; list(map(rows, rows))", set(), id="rows are no function"),
    pytest.param(
        "def view(db):\n    rows = Q\n    def inner(): rows[0].a\n    return inner", {"a?"}, id="a function inside"
    ),
    pytest.param(
        "def view(db):\n    def rows(): return Q\n    return rows()[0].a",
        {"a"},
        id="the query is one of the function inside",
    ),
    pytest.param("def view(db): return make(rows=Q)\ndef make(rows): yield from rows", set(), id="nothing read"),
    pytest.param(
        "def view(db):\n    for p in each(Q): p.a\ndef each(q):\n    for p in q: yield p", {"a"}, id="a generator"
    ),
    pytest.param("def view(db):\n    for p in each(Q): p.a\ndef each(q): yield", set(), id="a generator of nothing"),
    pytest.param("def view(db):\n    for p in each(Q): p.a\ndef each(q): yield 1", set(), id="of something else"),
    pytest.param(
        "def view(db): if_(Q)\ndef if_(q):\n    if q:\n        row(q)\ndef row(p): p.a", {"a?"}, id="read if called"
    ),
    pytest.param(
        "def view(db): f0(Q)\n" + "".join(f"def f{n}(q): f{n + 1}(q)\n" for n in range(9)) + "def f9(q): q.a",
        set(),
        id="too far down",
    ),
    pytest.param("def view(db): return Q\ndef row(db): return view(db)[0].a", {"a"}, id="a caller"),
    pytest.param(
        "def view(db): return Q\ndef mid(db): return view(db)\ndef top(db): return mid(db)[0].a", {"a"}, id="its caller"
    ),
    pytest.param("def view(db): return Q\ndef row(db): return view\nrow(1).a", set(), id="a caller that does not call"),
    pytest.param(
        "class A:\n    def view(self, db): return Q\ndef row(z): return z.view(1)[0].a", {"a"}, id="a rare name above"
    ),
    pytest.param(
        "def view(db): return Q\ndef row(z): return IMPL.view(z)[0].a, IMPL.other(z)[0].b, view2(z)[0].c",
        {"a"},
        id="called on what nothing tells of",
    ),
    pytest.param(
        "def view(db): return Q\ndef other(db): ...\ndef row(z): return IMPL.view(z)[0].a\n"
        "class A:\n    def view(self): ...\nclass B:\n    def view(self): ...",
        set(),
        id="a name that is not rare, called on what nothing tells of",
    ),
    pytest.param(
        "def view(db): return base.obj_make_list(db, PostList(), objects.Post, Q)\n"
        "class Post(Row):\n    @staticmethod\n    def _from_db_object(context, post, row): post.b; row.a\n"
        "class Tag(Row):\n    @staticmethod\n    def _from_db_object(context, tag, row): row.c\n"
        "class Old:\n    class Post:\n        title = 1",
        {"a"},
        id="copied into versioned objects",
    ),
    pytest.param(
        "def view(db): return base.obj_make_list(db, Q)\n"
        "class Post:\n    def _from_db_object(self, post, row): row.a",
        set(),
        id="copied into nothing",
    ),
    pytest.param(
        "class A:\n    @property\n    def view(self): return db.query(Post)\ndef row(z): return z.view[0].a",
        {"a"},
        id="a property",
    ),
    pytest.param(
        "class A:\n    def __init__(self, db): self.rows = Q\n    def show(self): return self.rows[0].a",
        {"a"},
        id="kept in self",
    ),
    pytest.param(
        "class A:\n    def __init__(self, db):\n        self.rows = []\n        for p in Q: self.rows.append(p)\n"
        "    def show(self): return self.rows[0].a",
        {"a"},
        id="added to what self keeps",
    ),
    pytest.param(
        "class A:\n    def __init__(self, db): self.rows = Q\nclass B(A):\n    def show(self): return self.rows[0].a",
        {"a"},
        id="kept for the class below",
    ),
    pytest.param(
        "class A:\n    def __init__(self, db): self.rows = Q; self.rows = None\n    def show(self): return self.row.a",
        set(),
        id="kept, and not read",
    ),
    pytest.param(
        "class Box:\n    def append(self, p): p.a; self.rows = [p]\n    def show(self): self.rows[0].b\n"
        "def view(db):\n    boxes = [Box()]\n    for p in Q: boxes[-1].append(p)",
        {"a", "b"},
        id="added to an object with a method of that name",
    ),
    pytest.param(
        "class Box:\n    def append(self, p): p.a\ndef view(db):\n    boxes = [Box()]\n    for p in Q: boxes.append(p)",
        set(),
        id="added to a list of such objects",
    ),
    pytest.param("def view(self, db): self.rows = Q", set(), id="self outside a class"),
    pytest.param(
        "def hook(db): g.rows = Q; g.rows = g.rows; g.rows[0].a; g.x = None\n"
        "def view(): return g.rows[0].b, g.x.c\ndef other(): return rows[0].d",
        {"a", "b"},
        id="kept in Flask's object of a request",
    ),
    pytest.param(
        "class A:\n    def one(self, db): self.x = Q; self.two()\n    def two(self): self.x = self.x.a; self.one(1)",
        {"a"},
        id="kept again and again",
    ),
    pytest.param(
        "def view(db):\n    def row(): return Q\n    return make(row)\ndef make(f): return f()[0].a",
        {"a"},
        id="a function that returns rows is handed over",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), FUNCTIONS)
def test_through_functions(text: str, expected: set[str], checkout: Checkout) -> None:
    index = Index(checkout({"app.py": text.replace("Q", "db.query(Post)")}))
    module = index.tree.module("app.py")
    assert module is not None
    (key, query), *_ = [(("app.py", f.qualname), q) for f in module.functions.values() for q in f.queries]
    flow = RowFlow(index.calls, index.definitions)
    assert paths(flow.of_query(key, query, frozenset())) == expected


ABOVE = "def rows(db): return db.query(Post)\ndef one(db): rows(db)[0].a\ndef two(db): rows(db)[0].b\n"


@pytest.mark.parametrize(
    ("through", "expected"),
    [
        pytest.param((), {"a", "b"}, id="all callers where nothing is known"),
        pytest.param(("one",), {"a"}, id="those on the way"),
        pytest.param(("three",), set(), id="nobody where none is on the way"),
    ],
)
def test_callers_on_the_way(through: tuple[str, ...], expected: set[str], checkout: Checkout) -> None:
    assert paths(seen(checkout({"app.py": ABOVE}), "rows", through=through)) == expected


def test_readers_of_a_request_on_the_way(checkout: Checkout) -> None:
    text = "def hook(db): g.rows = db.query(Post)\ndef one(): g.rows[0].a\ndef two(): g.rows[0].b\n"
    assert paths(seen(checkout({"app.py": text}), "hook", through=("hook", "one"))) == {"a"}


def test_what_serializers_and_templates_are_given(checkout: Checkout) -> None:
    text = """\
@out(schemas.PostOut)
def view(db) -> list[Row]:
    rows = db.query(Post)
    context = {"first": rows[0], 1: rows}
    context["author"] = rows[0].author
    render("t.html", posts=rows, n=1)
    Schema(many=True).dump(rows)
    return rows
"""
    found = seen(checkout({"app.py": text}))
    assert found.keys == {"first": {()}, "author": {("author",)}, "posts": {()}}
    assert {(name, path) for name, _, path in found.handed} == {
        ("render", ()), ("Schema().dump", ()), ("schemas.PostOut", ()), ("Row", ()),
    }  # fmt: skip
    assert found.visited == {("app.py", "view")}


def test_what_one_function_reads_on_names(checkout: Checkout) -> None:
    text = "class Post:\n    def label(self): return self.team.name, helper(self)\ndef helper(p): return p.author\n"
    index = Index(checkout({"app.py": text}))
    found = RowFlow(index.calls, index.definitions).of_names(("app.py", "Post.label"), {"self": ()})
    assert paths(found) == {"team", "team.name", "author"}
    assert found.returned == {("team", "name")}


def test_a_run_comes_to_an_end(checkout: Checkout) -> None:
    """A function is visited once per way that rows reach it, and not more than so many in all."""
    calls = "; ".join(f"row(p.a{n})" for n in range(500))
    text = f"def view(db):\n    for p in db.query(Post): {calls}\ndef row(p): p.b\n"
    found = seen(checkout({"app.py": text}))
    assert 300 < len([path for path in paths(found) if path.endswith(".b")]) < 500


def test_callers_that_agree_on_all_that_is_asked_share_one_run(checkout: Checkout) -> None:
    texts = "def rows(db): return db.query(Post).all()\ndef one(db): rows(db)[0].a\ndef two(db): rows(db)[0].b\n"
    index = Index(checkout({"app.py": texts}))
    flow, key = RowFlow(index.calls, index.definitions), ("app.py", "rows")
    maker = index.calls.function(key)
    assert maker is not None

    def of(*through: str) -> Seen:
        return flow.of_query(key, maker.queries[0], frozenset(("app.py", name) for name in through))

    one, two, both = of("rows", "one"), of("rows", "two"), of("rows", "one", "two")
    assert [paths(found) for found in (one, two, both, of())] == [{"a"}, {"b"}, {"a", "b"}, {"a", "b"}]
    assert of("rows", "one", "elsewhere") is one and of("one", "two", "rows") is both
    assert of() is of() and of() is not both
    assert flow.of_names(("app.py", "one"), {"db": ()}) is flow.of_names(("app.py", "one"), {"db": ()})
