"""The query-chain interpreter: which queries a function has, their steps, their rows, and what its loops do."""

import ast
import textwrap

import pytest

from codemods.index.facts import Function, Module, Query, module_facts


def facts(text: str) -> Module:
    return module_facts("app.py", ast.parse(textwrap.dedent(text)))


def view(body: str) -> Function:
    """The facts of a function with this body."""
    return facts("async def view(session, x):\n" + textwrap.indent(textwrap.dedent(body), "    ")).functions["view"]


def one(body: str) -> Query:
    (query,) = view(body).queries
    return query


def steps(query: Query) -> str:
    return " ".join(f"{step.name}?" if step.conditional else step.name for step in query.steps)


# ---- which expressions are queries, and of what ----

QUERIES = [
    pytest.param("session.query(Post).all()", [("query", "session.query(Post)", ("Post",), 2)], id="session.query"),
    pytest.param(
        "self.db.session.query(m.Post)", [("query", "self.db.session.query(m.Post)", ("m.Post",), 0)], id="deep"
    ),
    pytest.param(
        "session.query(Post, Tag.id)", [("query", "session.query(Post, Tag.id)", ("Post", "Tag.id"), 0)], id="two"
    ),
    pytest.param("model.query().all()", [("model", "model.query()", ("model",), 2)], id="a model's own method"),
    pytest.param("self.model.query.all()", [("model", "self.model.query", ("self.model",), 2)], id="of a name"),
    pytest.param("self.session.query.all()", [], id="of a name that stands for no model"),
    pytest.param(
        "rows = find(session, Post)\nif not rows: return\nrows.all()",
        [("helper", "find(session, Post)", ("Post",), 2)],
        id="a kept result that is tested",
    ),
    pytest.param("rows = find(Post)\nif a or rows: rows.all()\nrows.first()", [], id="tested, with two uses"),
    pytest.param("rows = find(Post)\nrows.keys()", [], id="a kept result that is no query"),
    pytest.param("rows = x[0].find(Post)\nrows.all()", [], id="a kept result of who knows"),
    pytest.param("rows = more(rows)\nrows.all()", [], id="more of the same"),
    pytest.param("select(Post).where(a).limit(5)", [("select", "select(Post)", ("Post",), 4)], id="select"),
    pytest.param("db.select(Post)", [("select", "db.select(Post)", ("Post",), 0)], id="db.select"),
    pytest.param("Post.query.filter(a)[:5]", [("model", "Post.query", ("Post",), 3)], id="Model.query and a slice"),
    pytest.param("m.Post.query", [("model", "m.Post.query", ("m.Post",), 0)], id="by its module"),
    pytest.param(
        "select(func.count(Post.id))",
        [("select", "select(func.count(Post.id))", ("func.count(Post.id)",), 0)],
        id="a function",
    ),
    pytest.param("select(*columns)", [("select", "select(*columns)", ("*columns",), 0)], id="a star"),
    pytest.param(
        "select(Post).where(Post.id.in_(select(Tag.post_id)))",
        [("select", "select(Post)", ("Post",), 2), ("select", "select(Tag.post_id)", ("Tag.post_id",), 0)],
        id="a query inside a query",
    ),
    pytest.param(
        "[q for q in (select(A), select(B))]",
        [("select", "select(A)", ("A",), 0), ("select", "select(B)", ("B",), 0)],
        id="in a tuple",
    ),
    pytest.param(
        "a = select(A) if x else select(B)",
        [("select", "select(A)", ("A",), 0), ("select", "select(B)", ("B",), 0)],
        id="both branches",
    ),
    pytest.param("return lambda: select(A)", [("select", "select(A)", ("A",), 0)], id="in a lambda"),
    pytest.param("yield select(A)", [("select", "select(A)", ("A",), 0)], id="yielded"),
    pytest.param("x = f'{select(A)}'", [("select", "select(A)", ("A",), 0)], id="in an f-string"),
]


@pytest.mark.parametrize(("body", "expected"), QUERIES)
def test_a_query_and_its_entities(body: str, expected: list[tuple[str, str, tuple[str, ...], int]]) -> None:
    assert [(q.style, q.root, q.entities, q.depth) for q in view(body).queries] == expected


@pytest.mark.parametrize(
    "body",
    [
        "session.query()",
        "select()",
        "select(whereclause=a)",
        "request.query.get('a')",
        "app.query",
        "POSTS.all()",
        "query(Post)",
        "Post.query_class",
        "post.objects.all()",
        "session.get(Post)",
        "session.get(post, 1)",
        "x = 'select(Post)'",
        "cls.query.all()",
    ],
)
def test_what_is_no_query(body: str) -> None:
    assert view(body).queries == []


@pytest.mark.parametrize(
    ("body", "entities"),
    [
        pytest.param("cls.query.all()", ("Post",), id="cls.query"),
        pytest.param("select(cls)", ("Post",), id="select(cls)"),
        pytest.param("session.query(cls, Tag)", ("Post", "Tag"), id="session.query(cls)"),
        pytest.param("Tag.query", ("Tag",), id="another model"),
    ],
)
def test_queries_of_the_own_class(body: str, entities: tuple[str, ...]) -> None:
    module = facts(f"class Post(db.Model):\n    @classmethod\n    def page(cls):\n        return {body}\n")
    assert [q.entities for q in module.functions["Post.page"].queries] == [entities]


GIVEN = [
    pytest.param("q.options(joinedload(Post.author)).all()", "given", ("Post",), id="by its options"),
    pytest.param("q.options(joinedload(Post.author).joinedload(A.b))", "given", ("Post",), id="by a path of them"),
    pytest.param("q.rows.options(joinedload(Post.author))", "related", ("q.rows",), id="an attribute"),
    pytest.param("session.get(Post, 1, populate_existing=True)", "get", ("Post",), id="one row by its key"),
]


@pytest.mark.parametrize(("body", "style", "entities"), GIVEN)
def test_what_is_done_to_it_tells_a_query(body: str, style: str, entities: tuple[str, ...]) -> None:
    assert [(q.style, q.entities, q.steps == []) for q in view(body).queries] == [(style, entities, style == "get")]


def test_where_a_query_stands() -> None:
    text = "x = 1\nrows = 'ü', (\n    select(Post)\n    .limit(5)\n)\n"
    (query,) = facts(text).functions["<module>"].queries
    assert (query.line, query.chain, query.depth) == (3, (3, 4, 4, 13), 2)


# ---- steps ----

STEPS = [
    pytest.param("session.query(Post).filter(a).order_by(Post.id).all()", "filter order_by all", id="a chain"),
    pytest.param(
        "q = select(Post)\nq = q.where(a)\nq = q.limit(5)\nsession.scalars(q).all()",
        "where limit scalars all",
        id="reassigned",
    ),
    pytest.param(
        "q = select(Post)\nif x:\n    q = q.where(a)\nelse:\n    q = q.limit(1)", "where? limit?", id="conditional"
    ),
    pytest.param("q = select(Post)\nq = q.where(a) if x else q", "where?", id="conditional expression"),
    pytest.param("q = select(Post)\nx and q.where(a)", "where?", id="and"),
    pytest.param("q: Select = select(Post)\nq.where(a)", "where", id="annotated"),
    pytest.param("if (q := select(Post)).limit(1): q.where(a)", "limit where?", id="walrus"),
    pytest.param("session.execute(select(Post)).scalars().all()", "execute scalars all", id="execute"),
    pytest.param("db.session.execute(db.select(Post)).scalars()", "execute scalars", id="Flask"),
    pytest.param("(await session.scalars(select(Post))).unique().all()", "scalars unique all", id="await"),
    pytest.param("(await session.execute(statement=select(Post))).all()", "execute all", id="by keyword"),
    pytest.param("db.paginate(select=select(Post), page=1)", "paginate", id="paginate by keyword"),
    pytest.param("Post.query.paginate(page=1).items", "paginate", id="a page"),
    pytest.param(
        "page = Post.query.paginate(page=1)\nfor p in page.iter_pages(): p.x", "paginate", id="pages are no rows"
    ),
    pytest.param("session.query(Post)[:10]", "[]", id="a slice"),
    pytest.param("session.query(Post)[0]", "first", id="an index asks for one row"),
    pytest.param("q = session.query(Post)\nq[2:5]", "[]", id="a slice of a kept query"),
    pytest.param("session.query(Post).all()[0].title.upper()", "all", id="what follows rows is no step"),
    pytest.param("rows = session.query(Post).all()\nrows.sort()\nrows[1:].copy()", "all", id="methods of a list"),
    pytest.param("row = session.query(Post).first()\nrow.update(a)", "first", id="methods of a row"),
    pytest.param("r = session.execute(select(Post))\nr.keys()\nr.close()", "execute", id="methods of a result"),
    pytest.param("try:\n    q = select(Post)\nexcept E:\n    q = q.limit(1)\nq.where(a)", "limit? where", id="try"),
    pytest.param("match x:\n    case 1:\n        q = select(Post)\n        q.limit(1)", "limit?", id="match"),
    pytest.param("q = select(Post)\nwhile x:\n    q = q.where(a)", "where", id="while"),
    pytest.param("async with s() as t:\n    q = select(Post)\n    await t.scalars(q)", "scalars", id="async with"),
    pytest.param("q = select(Post)\ndef inner():\n    return q.limit(1)", "", id="another scope"),
    pytest.param("q = select(Post)\nq = other()\nq.limit(1)", "", id="the name is taken for something else"),
    pytest.param("q = select(Post)\nq, n = other()\nq.limit(1)", "", id="unpacking takes it too"),
    pytest.param("q = select(Post)\nfor q in x:\n    q.limit(1)", "", id="a loop takes it too"),
    pytest.param("q = select(Post)\nq += 1\nq.limit(1)", "", id="so does +="),
    pytest.param("q = select(Post)\nrender(query=q).limit(1)", "", id="handed to something else"),
    pytest.param("q = select(Post)\nemit('x', q).limit(1)", "", id="in another place"),
    pytest.param("q = session.query(Post)\nn = q.count()\nq.limit(5).all()", "limit all", id="counted aside"),
    pytest.param("q = session.query(Post)\nq.limit(5).all()\nn = q.count()", "limit all", id="counted afterwards"),
    pytest.param("q = session.query(Post)\np = q.first()\nfor r in q: r.x", "", id="one row aside"),
    pytest.param(
        "q = select(Post)\nn = session.scalar(select(q.subquery()))\nsession.scalars(q)", "scalars", id="subquery aside"
    ),
    pytest.param("q = session.query(Post)\nn = q.with_entities(a).scalar()\nq.all()", "all", id="columns aside"),
    pytest.param("q = session.query(Post)\nreturn q.count()", "count", id="only counted"),
    pytest.param("q = session.query(Post)\np = q.first()", "first", id="only one row"),
    pytest.param("q = select(Post)\ns = q.subquery()", "subquery", id="only a part of another query"),
    pytest.param("session.query(Post).filter(a).count()", "filter count", id="counted in its own chain"),
    pytest.param("session.query(Post).count() + 1", "count", id="a number"),
]


@pytest.mark.parametrize(("body", "expected"), STEPS)
def test_the_steps_of_the_first_query(body: str, expected: str) -> None:
    assert steps(view(body).queries[0]) == expected


def test_a_step_keeps_its_arguments_as_written() -> None:
    (step,) = one("q = select(Post).options(a(Post.b), *c, d = 1, **e)").steps
    assert (step.name, step.args, step.keywords) == ("options", ("a(Post.b)", "(*c,)"), (("d", "1"), ("**", "e")))


# ---- rows ----

ROWS = [
    pytest.param("for p in session.query(Post): p.a", {"p"}, 1, id="for"),
    pytest.param("async for p in await session.stream(select(Post)): p.a", {"p"}, 1, id="async for"),
    pytest.param("for i, p in enumerate(session.query(Post)): p.a", {"i", "p"}, 1, id="enumerate"),
    pytest.param("for p in sorted(session.query(Post).all(), key=k): p.a", {"p"}, 1, id="sorted"),
    pytest.param("for p, q in zip(session.query(Post), x): p.a", {"p", "q"}, 1, id="zip"),
    pytest.param("posts = list(session.query(Post))\nfor p in posts[:5]: p.a", {"p"}, 1, id="a slice of a list"),
    pytest.param("posts = session.query(Post).all() or []\nfor p in posts: p.a", {"p"}, 1, id="or nothing"),
    pytest.param("posts, n = session.query(Post).all(), 1\nfor p in posts: p.a", {"p"}, 1, id="unpacked"),
    pytest.param("return [p.a for p in session.query(Post)]", {"p"}, 1, id="list comprehension"),
    pytest.param("return {p.id: p for p in session.query(Post)}", {"p"}, 1, id="dict comprehension"),
    pytest.param("return [(p, q) for p in session.query(Post) for q in session.query(Post)]", {"p"}, 1, id="nest"),
    pytest.param("posts = [p for p in session.query(Post)]\nfor r in posts: r.a", {"p", "r"}, 2, id="rows copied"),
    pytest.param("p = session.query(Post).first()", {"p"}, 0, id="one row"),
    pytest.param("posts = session.query(Post).all()\np = posts[0]", {"p"}, 0, id="one of the rows"),
    pytest.param("p = (await session.execute(select(Post))).scalar_one_or_none()", {"p"}, 0, id="scalar_one"),
    pytest.param("if (p := session.query(Post).first()): p.a", {"p"}, 0, id="walrus"),
    pytest.param("if rows := session.query(Post).all():\n    for p in rows: p.a", {"p"}, 1, id="walrus and loop"),
    pytest.param("for page in session.execute(select(Post)).partitions(): page.a", {"page"}, 1, id="partitions"),
    pytest.param("session.query(Post).all()", set(), 0, id="nobody reads them"),
    pytest.param(
        "p = session.query(Post).first()\nfor c in p.comments: c.a", {"p"}, 0, id="a relation of a row is no row"
    ),
    pytest.param("p = session.query(Post).first()\nfor c in p.tags(): c.a", {"p"}, 0, id="nor what a row returns"),
    pytest.param(
        "p = session.query(Post).first()\nq = list(p)\nfor c in p['a']: c.a", {"p", "q"}, 0, id="nor an item of it"
    ),
    pytest.param("for c in session.query(Post).first().comments: c.a", set(), 0, id="the same in one chain"),
    pytest.param("for c in session.query(Post).first()['a'].b.c(): c.a", set(), 0, id="and further"),
    pytest.param("for x in session.query(Post).all().pop().b[0].c(): x.a", set(), 0, id="a method of the list"),
    pytest.param("ids = [p.id for p in session.query(Post)]\nfor i in ids: i.a", {"p"}, 1, id="columns are no rows"),
    pytest.param("d = {p: p for p in session.query(Post)}\nfor i in d: i.a", {"p"}, 1, id="a dict is no list of rows"),
    pytest.param("for r in render(session.query(Post)): r.a", set(), 0, id="what a function makes of them"),
    pytest.param("self.posts = session.query(Post)\nfor p in self.posts: p.a", set(), 0, id="kept in an attribute"),
]


@pytest.mark.parametrize(("body", "rows", "loops"), ROWS)
def test_the_rows_of_the_first_query(body: str, rows: set[str], loops: int) -> None:
    query = view(body).queries[0]
    assert (query.rows, len(query.loops)) == (rows, loops)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("if x: q = select(A)\nelse: q = select(B)", id="two branches"),
        pytest.param("q = select(A)\nif x: q = select(B)", id="one branch"),
        pytest.param("try: q = select(A)\nexcept E: q = select(B)", id="try"),
    ],
)
def test_either_query_can_stand_behind_a_name(body: str) -> None:
    queries = view(f"{body}\nfor p in session.scalars(q): p.a").queries
    assert [(q.entities, q.rows, len(q.loops)) for q in queries] == [(("A",), {"p"}, 1), (("B",), {"p"}, 1)]


def test_a_query_that_replaces_another_stands_alone() -> None:
    queries = view("q = select(A)\nq = select(B)\nfor p in session.scalars(q): p.a").queries
    assert [(q.entities, q.rows, len(q.loops)) for q in queries] == [(("A",), set(), 0), (("B",), {"p"}, 1)]


@pytest.mark.parametrize(
    ("body", "expected", "rows"),
    [
        pytest.param("q = session.query(Post)\nq = own(q, x)\nfor p in q: p.a", "own()", {"p"}, id="a query"),
        pytest.param("q = session.query(Post)\nq = m.own(query=q)\nfor p in q: p.a", "m.own()", {"p"}, id="by keyword"),
        pytest.param("q = session.query(Post).all()\nq = own(q)\nfor p in q: p.a", "all", {"p"}, id="its rows"),
        pytest.param("q = session.query(Post)\nr = own(q)\nfor p in r: p.a", "", set(), id="another name"),
        pytest.param("q = session.query(Post)\nq = own(x)\nfor p in q: p.a", "", set(), id="made of something else"),
    ],
)
def test_a_query_that_a_function_hands_back_under_its_name(body: str, expected: str, rows: set[str]) -> None:
    query = view(body).queries[0]
    assert (steps(query), query.rows) == (expected, rows)


# ---- what is read, and under which conditions ----

GUARDS = [
    pytest.param("for p in q:\n    p.author", ((),), id="always"),
    pytest.param("for p in q:\n    if p.ok:\n        p.author", (("p.ok",),), id="if"),
    pytest.param("for p in q:\n    if p.ok: pass\n    else:\n        p.author", (("not (p.ok)",),), id="else"),
    pytest.param("for p in q:\n    if p.ok:\n        continue\n    p.author", (("p.ok",),), id="continue"),
    pytest.param("for p in q:\n    p.author if p.ok else 1", (("p.ok",),), id="conditional expression"),
    pytest.param("for p in q:\n    p.ok and p.author", (("p.ok",),), id="and"),
    pytest.param(
        "for p in q:\n    while p.ok:\n        break\n    else:\n        p.author", (("p.ok",),), id="while-else"
    ),
    pytest.param("for p in q:\n    try: pass\n    except E: p.author", (("except",),), id="except"),
    pytest.param("for p in q:\n    match p.kind:\n        case 1: p.author", (("case",),), id="match"),
    pytest.param("[p.author for p in q if p.ok]", (("p.ok",),), id="comprehension"),
    pytest.param("[p.author for p in q if p.ok for c in p.tags]", (("p.ok",),), id="two loops of a comprehension"),
    pytest.param("for p in [p for p in q if p.ok]:\n    p.author", (("p.ok",),), id="filtered before"),
    pytest.param(
        "for p in q:\n    if p.ok:\n        for c in p.tags:\n            p.author",
        (("p.ok",),),
        id="an outer condition",
    ),
    pytest.param(
        "for p in q:\n    for c in p.tags:\n        if c.ok:\n            p.author", (("c.ok",),), id="an inner one"
    ),
    pytest.param("if x:\n    for p in q:\n        p.author", ((),), id="a condition above the loop"),
    pytest.param("for p in q:\n    if p.ok: raise E\n    p.author", ((),), id="a row that raises ends it all"),
    pytest.param("for p in q:\n    p.author = 1", (), id="an assignment is no read"),
    pytest.param("for p in q:\n    del p.author", (), id="nor a deletion"),
    pytest.param("for p in q:\n    load().author", (), id="a read on no name"),
]


@pytest.mark.parametrize(("body", "expected"), GUARDS)
def test_the_conditions_of_a_read(body: str, expected: tuple[tuple[str, ...], ...]) -> None:
    loop = one(f"q = session.query(Post)\n{body}").loops[-1]
    reads = [r for r in loop.reads if r.attr == "author"]
    assert tuple(r.guards for r in reads) == expected
    assert [r.conditional for r in reads] == [bool(guards) for guards in expected]


# ---- what a loop does ----

EXITS = [
    pytest.param("for p in q:\n    break", True, id="break"),
    pytest.param("for p in q:\n    if p.a:\n        return p", True, id="return"),
    pytest.param("for p in q:\n    for c in p.b:\n        return c", True, id="return two loops up"),
    pytest.param("any(p.a for p in q)", True, id="any"),
    pytest.param("next((p for p in q if p.a), None)", True, id="next"),
    pytest.param("all(p.a for p in q)", True, id="all"),
    pytest.param("for p in q:\n    for c in p.b:\n        break", False, id="break of an inner loop"),
    pytest.param("for p in q:\n    while p.b:\n        break", False, id="break of an inner while"),
    pytest.param("for p in q:\n    def f(): return 1", False, id="return of a nested function"),
    pytest.param("for p in q:\n    continue", False, id="continue"),
    pytest.param("for p in q: p.a\nreturn 1", False, id="return after the loop"),
    pytest.param("any([p.a for p in q])", False, id="a whole list first"),
    pytest.param("sum(p.a for p in q)", False, id="sum"),
    pytest.param("any()\n[p.a for p in q]", False, id="any of nothing"),
]


@pytest.mark.parametrize(("body", "expected"), EXITS)
def test_whether_a_loop_can_end_early(body: str, expected: bool) -> None:
    assert one(f"q = session.query(Post)\n{body}").loops[0].early_exit is expected


WRITES = [
    pytest.param("p.title = 1", {"title"}, id="assignment"),
    pytest.param("p.title: str = 1", {"title"}, id="annotated"),
    pytest.param("p.views += 1", {"views"}, id="in place"),
    pytest.param("p.a, [p.b, x] = 1, (2, 3)", {"a", "b"}, id="unpacking"),
    pytest.param("p.a, p.b = 1, 2", {"a", "b"}, id="two at once"),
    pytest.param("p.a = x.b = 1", {"a"}, id="two targets"),
    pytest.param("p.author.name = 1", set(), id="on a related object"),
    pytest.param("p['a'] = 1", set(), id="an item"),
    pytest.param("x.title = 1", set(), id="on something else"),
    pytest.param("title = p.title", set(), id="a read"),
    pytest.param("p.title: str", set(), id="an annotation only"),
]


@pytest.mark.parametrize(("body", "expected"), WRITES)
def test_what_a_loop_writes_on_its_rows(body: str, expected: set[str]) -> None:
    assert one(f"for p in session.query(Post):\n    {body}").loops[0].writes == expected


def test_the_calls_of_a_loop() -> None:
    function = view(
        "for p in session.query(Post):\n    row(p, key=x)\n    p.author.load()\n"
        "    make()[0].go()\n    A().b()\n    x[0]()\nlast()"
    )
    (query,) = function.queries
    assert [(c.callee, c.names) for c in query.loops[0].calls] == [
        ("row", ("p", "x")), ("p.author.load", ()), ("make", ()), ("?.go", ()), ("A", ()), ("A().b", ()),
    ]  # fmt: skip
    assert [c.callee for c in function.calls] == [
        "session.query", "Post", "row", "p", "x", "p.author.load", "make", "?.go", "A", "A().b", "last",
    ]  # fmt: skip


def test_what_stands_inside_the_root_of_a_query_is_read() -> None:
    function = view("make_session().query(Post).all()\nself.session.query(pick(Tag))")
    assert [c.callee for c in function.calls] == [
        "make_session", "make_session().query", "Post", "?.all", "pick", "Tag", "self.session.query",
    ]  # fmt: skip
    assert [(r.base, r.attr) for r in function.reads] == [("self", "session")]


# ---- scopes ----


def test_functions_and_classes_of_a_file() -> None:
    module = facts("""\
        import a.b, c as d
        from .e import f as g, h
        from i import *
        J: int = 1
        K, L = 1, 2
        K.q = 3
        class M(N[int], metaclass=O):
            p = q.r = 1
            s: int
            t: int = 2
            u.v: int
            class W:
                async def x(self, /, y: int, *args, z=1, **kw): ...
            with ctx: pass
        @deco
        def fn():
            class Local: ...
            def inner(): import lazy
        """)
    assert module.imports == {
        "a": (0, "a", None), "d": (0, "c", None), "g": (1, "e", "f"), "h": (1, "e", "h"), "lazy": (0, "lazy", None),
    }  # fmt: skip
    assert module.stars == [(0, "i")]
    assert list(module.values) == ["J", "K", "L"]
    assert {
        name: (c.bases, sorted(c.values), sorted(c.annotations), c.methods) for name, c in module.classes.items()
    } == {
        "M": (("N[int]",), ["p", "t"], ["s", "t"], set()),
        "M.W": ((), [], [], {"x"}),
        "fn.Local": ((), [], [], set()),
    }
    assert {name: (f.owner, f.params, len(f.decorators)) for name, f in module.functions.items()} == {
        "<module>": (None, {}, 0),
        "M.W.x": ("M.W", {"self": None, "y": "int", "z": None}, 0),
        "fn": (None, {}, 1),
        "fn.inner": (None, {}, 0),
    }


def test_what_a_name_was_made_by() -> None:
    function = view(
        "a = A()\nb = m.B(x)\nc = f()()\nself.d = D()\nself.e = x\n"
        "with E() as e, f as g: pass\nh, i = H(), 1\nself.j.k = 1\nself.l = [L()]"
    )
    assert function.instances == {"a": "A", "b": "m.B", "self.d": "D", "e": "E", "h": "H"}


def test_calls_as_statements_outside_methods_are_registrations() -> None:
    module = facts("app.add(a)\nx = app.add(b)\ndef make(): app.add(c)\nclass A:\n    def m(self): app.add(d)\n")
    assert [ast.unparse(call) for call in module.registrations] == ["app.add(a)", "app.add(c)"]
