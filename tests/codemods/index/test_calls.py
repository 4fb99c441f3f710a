"""Who calls whom: imports, self, super, attributes, instances, overrides, and what is no call of ours."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.index import Index
from codemods.index.calls import Hop

Checkout = Callable[[dict[str, str]], Path]
POSTS = "class Posts:\n    def __init__(self): ...\n    def page(self): ...\n"

CALLEES = [
    pytest.param({"app.py": "def view():\n    row()\ndef row(): ..."}, ["app.py:row"], id="the same file"),
    pytest.param(
        {"app.py": "from m import row\ndef view(): row()", "m.py": "def row(): ..."}, ["m.py:row"], id="imported"
    ),
    pytest.param(
        {"app.py": "import m\ndef view(): m.row()", "m.py": "def row(): ..."}, ["m.py:row"], id="by its module"
    ),
    pytest.param({"app.py": "def view():\n    def row(): ...\n    row()"}, ["app.py:view.row"], id="nested"),
    pytest.param(
        {"app.py": "def view(): a(); b(); a()\ndef a(): ...\ndef b(): ..."}, ["app.py:a", "app.py:b"], id="once"
    ),
    pytest.param(
        {
            "app.py": "@bp.route('/')\n@login\ndef view(): row()\ndef row(): ...\n"
            "@bp.before_request\ndef load(): ...\n@bp.url_value_preprocessor\ndef pull(*a): ...\n"
            "@other.before_request\ndef no(): ...\n@bp.after_request\ndef late(): ...\n"
        },
        ["app.py:row", "app.py:load", "app.py:pull"],
        id="what Flask runs before a view",
    ),
    pytest.param(
        {"app.py": "def view(): row()\ndef row(): ...\n@bp.before_request\ndef load(): ...\n"},
        ["app.py:row"],
        id="not before what is no view",
    ),
    pytest.param({"app.py": "def view(): return map(row, posts)\ndef row(p): ..."}, ["app.py:row"], id="handed over"),
    pytest.param({"app.py": "def view(): return sorted(p, key=row)\ndef row(p): ..."}, ["app.py:row"], id="as a key"),
    pytest.param({"app.py": "def view(): return lambda: row()\ndef row(): ..."}, ["app.py:row"], id="in a lambda"),
    pytest.param(
        {"app.py": "def view(): return a() if x else b()\ndef a(): ...\ndef b(): ..."},
        ["app.py:a", "app.py:b"],
        id="both branches of a conditional",
    ),
    pytest.param(
        {"app.py": "def view(): return a() or b()\ndef a(): ...\ndef b(): ..."},
        ["app.py:a", "app.py:b"],
        id="both of or",
    ),
    pytest.param(
        {"app.py": "def view(p=Depends(posts)): ...\ndef posts(): ..."}, ["app.py:posts"], id="a dependency of FastAPI"
    ),
    pytest.param(
        {"app.py": "def view(*, p: Annotated[list, Depends(posts)]): ...\ndef posts(): ..."},
        ["app.py:posts"],
        id="an annotated dependency",
    ),
    pytest.param(
        {"app.py": "def view():\n    match x:\n        case 1 if a(): b()\ndef a(): ...\ndef b(): ..."},
        ["app.py:a", "app.py:b"],
        id="match",
    ),
    pytest.param(
        {
            "app.py": "def view():\n    try: a()\n    except E: b()\n    else: c()\n    finally: d()\n"
            + "".join(f"def {n}(): ...\n" for n in "abcd")
        },
        ["app.py:a", "app.py:b", "app.py:c", "app.py:d"],
        id="try",
    ),
    pytest.param(
        {"app.py": "def view():\n    try: a()\n    except* E: b()\ndef a(): ...\ndef b(): ...\n"},
        ["app.py:a", "app.py:b"],
        id="except*",
    ),
    pytest.param(
        {"app.py": "def view():\n    while a(): b()\n    else: c()\n" + "".join(f"def {n}(): ...\n" for n in "abc")},
        ["app.py:a", "app.py:b", "app.py:c"],
        id="while",
    ),
    pytest.param(
        {
            "app.py": "async def view():\n    async with a() as s, b():\n        async for x in c(): await d()\n"
            + "".join(f"def {n}(): ...\n" for n in "abcd")
        },
        ["app.py:a", "app.py:b", "app.py:c", "app.py:d"],
        id="async",
    ),
    pytest.param(
        {"app.py": POSTS + "def view():\n    posts = Posts()\n    posts.page()"},
        ["app.py:Posts.__init__", "app.py:Posts.page"],
        id="an instance",
    ),
    pytest.param(
        {"app.py": POSTS + "def view(): Posts().page()"},
        ["app.py:Posts.__init__", "app.py:Posts.page"],
        id="a new instance",
    ),
    pytest.param({"app.py": POSTS + "def view(): Posts.page(x)"}, ["app.py:Posts.page"], id="by the class"),
    pytest.param({"app.py": POSTS + "def view(posts: Posts): posts.page()"}, ["app.py:Posts.page"], id="annotated"),
    pytest.param(
        {"app.py": POSTS + "def view(p: 'Posts'): p.page()"}, ["app.py:Posts.page"], id="annotated with quotes"
    ),
    pytest.param(
        {"app.py": POSTS + "def view():\n    with Posts() as p: p.page()"},
        ["app.py:Posts.__init__", "app.py:Posts.page"],
        id="with",
    ),
    pytest.param(
        {"app.py": "from m import posts\ndef view(): posts.page()", "m.py": POSTS + "posts = Posts()"},
        ["m.py:Posts.page"],
        id="an instance of another module",
    ),
    pytest.param(
        {"app.py": "class Row:\n    def __call__(self): ...\ndef view(): Row()()"},
        ["app.py:Row.__call__"],
        id="callable",
    ),
]


def callees(index: Index, qualname: str = "view") -> list[str]:
    function = index.calls.function(("app.py", qualname))
    assert function is not None
    return [f"{path}:{name}" for path, name in index.calls.callees(function)]


@pytest.mark.parametrize(("files", "expected"), CALLEES)
def test_callees(files: dict[str, str], expected: list[str], checkout: Checkout) -> None:
    assert callees(Index(checkout(files))) == expected


METHODS = [
    pytest.param("    def run(self): self.row()\n    def row(self): ...", ["app.py:A.row"], id="self"),
    pytest.param("    @classmethod\n    def run(cls): cls.row()\n    def row(self): ...", ["app.py:A.row"], id="cls"),
    pytest.param(
        "    def run(self):\n        def inner(): ...\n        inner()\n",
        ["app.py:A.run.inner"],
        id="a function of its own",
    ),
    pytest.param(
        "    def __init__(self): self.b = B()\n    def run(self): self.b.row()", ["m.py:B.row"], id="attribute"
    ),
    pytest.param(
        "    def __init__(self, b: B): self.b = b\n    def run(self): self.b.row()", ["m.py:B.row"], id="injected"
    ),
    pytest.param("    b = B()\n    def run(self): self.b.row()", ["m.py:B.row"], id="attribute of the class"),
    pytest.param("    def run(self): row()\n    def row(self): ...", ["app.py:row"], id="a function, not the method"),
]


@pytest.mark.parametrize(("body", "expected"), METHODS)
def test_callees_of_a_method(body: str, expected: list[str], checkout: Checkout) -> None:
    files = {
        "app.py": f"from m import B\nclass A:\n{body}\ndef row(): ...\n",
        "m.py": "class B:\n    def row(self): ...\n",
    }
    assert callees(Index(checkout(files)), "A.run") == expected


def test_self_inside_a_nested_function(checkout: Checkout) -> None:
    text = "class A:\n    def run(self):\n        def inner(): self.row()\n        inner()\n    def row(self): ...\n"
    assert callees(Index(checkout({"app.py": text})), "A.run.inner") == ["app.py:A.row"]


def test_a_property_and_its_setter_are_one(checkout: Checkout) -> None:
    text = """\
class A:
    @property
    def x(self): return get()
    @x.setter
    def x(self, value): put()
def get(): ...
def put(): ...
"""
    index = Index(checkout({"app.py": text}))
    assert callees(index, "A.x") == ["app.py:get", "app.py:put"]
    function = index.calls.function(("app.py", "A.x"))
    assert function is not None
    assert (function.line, function.end_line, function.params) == (3, 5, {"self": None, "value": None})


FAMILY = {
    "base.py": """\
from generic import Root
class Base(Root[int]):
    def __init__(self): self.repo = Repo()
    def run(self): return self.hook()
    def hook(self): ...
class Repo:
    def all(self): ...
""",
    "generic.py": "class Root(Generic[T]):\n    def top(self): ...\n",
    "middle.py": "import base\nclass Middle(\n    base.Base,\n):\n    def own(self): return super().run()\n",
    "low.py": """\
from middle import Middle as M
class Low(M):
    def hook(self): return super().hook()
    def up(self): return self.repo.all(), self.top(), super().missing()
class Twin(M, Low):
    pass
""",
}


@pytest.mark.parametrize(
    ("path", "method", "expected"),
    [
        pytest.param(
            "base.py", "Base.run", [("base.py", "Base.hook"), ("low.py", "Low.hook")], id="override far below"
        ),
        pytest.param("middle.py", "Middle.own", [("base.py", "Base.run")], id="super in another file"),
        pytest.param("low.py", "Low.hook", [("base.py", "Base.hook")], id="super over a class that lacks it"),
        pytest.param(
            "low.py",
            "Low.up",
            [("base.py", "Repo.all"), ("generic.py", "Root.top")],
            id="inherited attribute and method",
        ),
    ],
)
def test_class_hierarchies(path: str, method: str, expected: list[tuple[str, str]], checkout: Checkout) -> None:
    index = Index(checkout(FAMILY))
    function = index.calls.function((path, method))
    assert function is not None
    assert index.calls.callees(function) == expected


NOTHING = [
    pytest.param("def view(): print(len(x)); json.dumps(x)", id="not ours"),
    pytest.param("def view(): x[0](); (yield)(); (lambda: 1)()", id="no name"),
    pytest.param("def view(row): row()\ndef row(): ...", id="a parameter hides the function"),
    pytest.param("def view(m): m.page()\nimport m\ndef page(): ...", id="a parameter hides the module"),
    pytest.param("def view(self): self.page()\nclass A:\n    def page(self): ...", id="self outside a class"),
    pytest.param("def view(): self.page()\ndef page(): ...", id="self without a method"),
    pytest.param("def view(): super().page()\nclass A:\n    def page(self): ...", id="super outside a class"),
    pytest.param("class A: ...\ndef view(): A.page(); A().page(); a = A(); a.page()", id="no such method"),
    pytest.param("class A(A): ...\ndef view(): A.page()", id="a class below itself"),
    pytest.param("class A(B): ...\nclass B(A): ...\ndef view(): A.page()", id="classes in a circle"),
    pytest.param("posts = make()\ndef view(): posts.page()\ndef page(): ...", id="an instance of an unknown class"),
    pytest.param("POSTS = []\ndef view(): POSTS.append(1)", id="a list"),
    pytest.param("def view(p: Missing): p.page()", id="an unknown annotation"),
    pytest.param("import gone\ndef view(): gone.row()", id="an unknown module"),
    pytest.param("import app\ndef view(): app()", id="a module is not called"),
    pytest.param("import broken\ndef view(): broken()", id="a module that cannot be parsed"),
]


GUESSED = [
    pytest.param("def view(): get()[0].page()\nclass A:\n    def page(self): ...", ["A.page"], id="an item"),
    pytest.param("def view(): make().page()\nclass A:\n    def page(self): ...", ["A.page"], id="made by who knows"),
    pytest.param("def view(m): m.page()\nclass A:\n    def page(self): ...", ["A.page"], id="a parameter"),
    pytest.param(
        "def view(m): m.page()\nclass A:\n    def page(self): ...\nclass B:\n    def page(self): ...",
        ["A.page", "B.page"],
        id="one of two",
    ),
    pytest.param(
        "def view(m): m.page()\n" + "".join(f"class {c}:\n    def page(self): ...\n" for c in "ABC"), [], id="of three"
    ),
    pytest.param("def view(m): m.page()\ndef page(): ...", [], id="a function is no method"),
    pytest.param("def view(m): m.get()\nclass A:\n    def get(self): ...", [], id="a name that every object has"),
    pytest.param("def view(m): m.page()\nclass A:\n    def page_of(self): ...", [], id="half a name"),
    pytest.param("def view(): page()\nclass A:\n    def page(self): ...", [], id="no method call"),
]


@pytest.mark.parametrize(("text", "expected"), GUESSED)
def test_a_method_of_a_rare_name_is_guessed(text: str, expected: list[str], checkout: Checkout) -> None:
    """Where no type tells whose method it is."""
    assert callees(Index(checkout({"app.py": text}))) == [f"app.py:{name}" for name in expected]


@pytest.mark.parametrize("text", NOTHING)
def test_what_is_no_call_of_ours(text: str, checkout: Checkout) -> None:
    assert callees(Index(checkout({"app.py": text, "broken.py": "def f(:"}))) == []


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("    def run(self): self.row()", id="no such method"),
        pytest.param("    def run(self): self.b.row()", id="no such attribute"),
        pytest.param("    b = 1\n    def run(self): self.b.row()", id="an attribute of no class"),
        pytest.param("    def run(self): self()", id="self is called"),
        pytest.param("    def run(self): super().run()", id="no class above"),
        pytest.param("    def __init__(self, b): self.b = b\n    def run(self): self.b.row()", id="not annotated"),
    ],
)
def test_methods_that_are_not_found(body: str, checkout: Checkout) -> None:
    assert callees(Index(checkout({"app.py": f"class A(Outside):\n{body}\ndef row(): ...\n"})), "A.run") == []


CHAIN = "def view(): a()\ndef a(): b(); view()\ndef b(): c()\ndef c(): ...\n"


def test_reach_is_nearest_first_and_bounded(checkout: Checkout) -> None:
    index = Index(checkout({"app.py": CHAIN}))
    key = {name: ("app.py", name) for name in ("view", "a", "b", "c", "none")}
    functions = {name: index.calls.function(key[name]) for name in key}
    assert functions["none"] is None
    assert functions["view"] and functions["a"] and functions["b"]
    assert index.calls.reach([key["view"], key["none"], ("gone.py", "x")], 2) == {
        key["view"]: Hop(functions["view"], 0, None),
        key["a"]: Hop(functions["a"], 1, key["view"]),
        key["b"]: Hop(functions["b"], 2, key["a"]),
    }
    assert list(index.calls.reach([key["view"]], 0)) == [key["view"]]


HANDLERS = """\
class Handler:
    def run(self): self.args(); self.answer(); self.missing(); help(self)
    def args(self): ...
    def answer(self): ...
class Show(Handler):
    def run(self): return Handler.run(self)
    def args(self): super().args(); Other.args(self); self.other.args()
    def answer(self): Show.left(); Other().args()
    def left(self): ...
class Other(Handler):
    def run(self): ...
    def args(self): load()
def help(handler): handler.answer()
def load(): ...
"""


def test_a_method_calls_what_its_own_class_has(checkout: Checkout) -> None:
    index = Index(checkout({"app.py": HANDLERS}))
    start, class_ = ("app.py", "Show.run"), ("app.py", "Show")
    own = ["Show.run", "Handler.run", "Show.args", "Show.answer", "help", "Handler.args", "Other.args", "Show.left"]
    own += ["Handler.answer", "load"]
    assert [name for _, name in index.calls.reach([start], 6, {start: class_})] == own
    anyone = [name for _, name in index.calls.reach([start], 2)]
    some = [
        "Show.run",
        "Handler.run",
        "Handler.args",
        "Show.args",
        "Other.args",
        "Handler.answer",
        "Show.answer",
        "help",
    ]
    assert anyone == some


def test_callers(checkout: Checkout) -> None:
    files = {
        "app.py": CHAIN,
        "more.py": "from app import b\nimport app\ndef one(): app.c()\ndef three(): d.c()\nb()\n",
        "broken.py": "c(:",
    }
    index = Index(checkout(files))
    assert index.calls.callers(("app.py", "c")) == [("app.py", "b"), ("more.py", "one")]
    assert index.calls.callers(("app.py", "b")) == [("app.py", "a"), ("more.py", "<module>")]
    assert index.calls.callers(("app.py", "nobody")) == []
    assert index.calls.takers(("app.py", "nobody")) == []


# ---- classes as starts, and what may stand above a function ----

CLASSES = {
    "app.py": """\
from base import Base
class View(Base):
    posts = Post.query.all()
    title = "posts"
    def get(self): ...
    def all(self): ...
""",
    "base.py": """\
class Base:
    queryset = Post.query
    def get(self): ...
    def head(self): ...
class Empty: ...
""",
}


@pytest.mark.parametrize(
    ("class_", "expected"),
    [
        pytest.param(
            ("app.py", "View"),
            ["app.py:View.all", "app.py:View.get", "app.py:View.<body>", "base.py:Base.head", "base.py:Base.<body>"],
            id="its own before inherited ones, and the bodies that hold queries",
        ),
        pytest.param(("base.py", "Empty"), [], id="no members"),
        pytest.param(("base.py", "Gone"), [], id="no such class"),
        pytest.param(("app.py", "View.get"), [], id="a method"),
    ],
)
def test_members_of_a_class(class_: tuple[str, str], expected: list[str], checkout: Checkout) -> None:
    calls = Index(checkout(CLASSES)).calls
    assert [":".join(key) for key in calls.members(class_)] == expected


def test_what_is_a_class(checkout: Checkout) -> None:
    calls = Index(checkout(CLASSES)).calls
    keys = [("app.py", "View"), ("app.py", "View.get"), ("app.py", "Gone"), ("gone.py", "View")]
    assert [calls.is_class(key) for key in keys] == [True, False, False, False]


def test_holders_name_the_class_among_their_attributes(checkout: Checkout) -> None:
    files = {
        "rows.py": "class Row: ...\nclass Rows:\n    one = Row\n",
        "app.py": """\
import rows
from rows import Row
class View:
    serializer_class = Row
class Nested:
    rows = fields.List(rows.Row(many=True))
class Body:
    title = "Row"
    def get(self): return Row
class Row2:
    other = Rowing
""",
        "other.py": "class Row: ...\nclass View:\n    serializer_class = Row\n",
        "broken.py": "class View(:\n    row = Row\n",
    }
    calls = Index(checkout(files)).calls
    assert calls.holders(("rows.py", "Row")) == [("app.py", "View"), ("app.py", "Nested"), ("rows.py", "Rows")]
    assert calls.holders(("rows.py", "Rows")) == []


ABOVE = [
    pytest.param("def row(): ...\ndef view(): row()", "row", ["view"], id="a caller"),
    pytest.param(
        "class A:\n    def row(self): ...\ndef view(x): x.row()", "A.row", ["view"], id="a rare method, by its name"
    ),
    pytest.param(
        "class A:\n    def row(self): ...\nclass B:\n    def row(self): ...\ndef view(x): x.row()",
        "A.row",
        ["view"],
        id="two methods of a name are rare",
    ),
    pytest.param(
        "class A:\n    @property\n    def row(self): ...\ndef view(x): return x.row", "A.row", ["view"], id="a property"
    ),
    pytest.param(
        "class A:\n    @orm.hybrid_property\n    def row(self): ...\ndef view(x): return x.row",
        "A.row",
        ["view"],
        id="a hybrid property",
    ),
    pytest.param(
        "class A:\n    @functools.lru_cache(1)\n    def row(self): ...\ndef view(x): return x.row",
        "A.row",
        [],
        id="a method that is only named",
    ),
    pytest.param(
        "class A:\n    def __init__(self): ...\n    def row(self): ...\ndef view(): keep(A())",
        "A.row",
        ["view"],
        id="who makes its object",
    ),
    pytest.param(
        "class A:\n    def __iter__(self): ...\ndef view(): return list(A())",
        "A.__iter__",
        ["view"],
        id="a special one",
    ),
    pytest.param(
        "class A:\n    def __iter__(self): ...\nclass B:\n    def f(self): super().__iter__()",
        "A.__iter__",
        [],
        id="a special one that is called by name elsewhere",
    ),
    pytest.param(
        "class A:\n    def row(self): ...\n    def all(self): return [self.row()]",
        "A.row",
        ["A.all"],
        id="a method beside it",
    ),
    pytest.param("def row(): row()", "row", [], id="not itself"),
    pytest.param("def row(): ...\nx.rows()", "row", [], id="not a longer name"),
    pytest.param("def view(): row()", "row", [], id="no such function"),
    pytest.param(
        "".join(f"class A{n}:\n    def row(self): ...\n" for n in range(3)) + "def view(x): x.row()",
        "A1.row",
        [],
        id="not a common method",
    ),
]


@pytest.mark.parametrize(("text", "name", "expected"), ABOVE)
def test_possible_callers(text: str, name: str, expected: list[str], checkout: Checkout) -> None:
    index = Index(checkout({"app.py": text, "broken.py": "x.row(A(:"}))
    assert index.calls.possible_callers(("app.py", name)) == [("app.py", caller) for caller in expected]
