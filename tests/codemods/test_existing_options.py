"""What the options of a query say, as whole values: loaded paths with their loader, opt-outs, or that it is unknown."""

import ast

import pytest

from codemods._existing_options import Existing, existing_options
from codemods.index.facts import module_facts


def read(chain: str) -> Existing:
    return existing_options(module_facts("app.py", ast.parse(chain)).functions["<module>"].queries[0].steps)


EAGER = [
    pytest.param("joinedload(Post.author)", {("author",): "joinedload"}, id="one"),
    pytest.param(
        "orm.selectinload(m.Post.tags), joinedload(Post.b)", {("tags",): "selectinload", ("b",): "joinedload"}, id="two"
    ),
    pytest.param(
        "joinedload('author.team')", {("author",): "joinedload", ("author", "team"): "joinedload"}, id="a string path"
    ),
    pytest.param(
        "joinedload(Post.a).selectinload(A.b).load_only(B.c)",
        {("a",): "joinedload", ("a", "b"): "selectinload"},
        id="a path",
    ),
    pytest.param("joinedload(Post.a, A.b)", {("a",): "joinedload", ("a", "b"): "joinedload"}, id="a path of arguments"),
    pytest.param("defaultload(Post.a).joinedload(A.b)", {("a", "b"): "joinedload"}, id="through an unloaded hop"),
    pytest.param(
        "joinedload(Post.a).options(joinedload(A.b), selectinload(A.c))",
        {("a",): "joinedload", ("a", "b"): "joinedload", ("a", "c"): "selectinload"},
        id="options inside options",
    ),
    pytest.param("selectinload(Post.a.of_type(B).and_(B.c))", {("a",): "selectinload"}, id="of_type and and_"),
    pytest.param("Load(Post).joinedload(Post.a)", {("a",): "joinedload"}, id="Load"),
    pytest.param(
        "defaultload(Post.a).options(load_only(A.x), joinedload(A.b).options(selectinload(B.c)))",
        {("a", "b"): "joinedload", ("a", "b", "c"): "selectinload"},
        id="options inside options of an unloaded hop",
    ),
    pytest.param(
        "selectinload(Post.a).options(joinedload(A.b)).joinedload(A.c)",
        {("a",): "selectinload", ("a", "b"): "joinedload", ("a", "c"): "joinedload"},
        id="a path goes on after its options",
    ),
    pytest.param(
        "selectinload(Post.a), joinedload(Post.a).joinedload(A.b)",
        {("a",): "selectinload", ("a", "b"): "joinedload"},
        id="the first loader of a hop is kept",
    ),
    pytest.param("contains_eager(Post.a, alias=x)", {("a",): "contains_eager"}, id="contains_eager"),
    pytest.param("immediateload(Post.a)", {("a",): "immediateload"}, id="immediateload"),
    pytest.param("defaultload(Post.a).load_only(A.x)", {}, id="an unloaded hop alone"),
    pytest.param("load_only(Post.id), defer(Post.body)", {}, id="columns only"),
    pytest.param("", {}, id="nothing"),
]


@pytest.mark.parametrize(("options", "eager"), EAGER)
def test_what_is_loaded(options: str, eager: dict[tuple[str, ...], str]) -> None:
    assert read(f"Post.query.options({options}).all()") == Existing(eager, set(), True)


OPTED_OUT = [
    pytest.param("lazyload(Post.a)", {"a"}, id="one"),
    pytest.param("raiseload('*')", {"*"}, id="all"),
    pytest.param("raiseload()", {"*"}, id="all, unsaid"),
    pytest.param("noload(Post.a), lazyload('b')", {"a", "b"}, id="two"),
    pytest.param("defaultload(Post.a).raiseload(A.b)", {"a.b"}, id="further on"),
    pytest.param("defaultload(Post.a).raiseload('*')", {"a.*"}, id="all further on"),
    pytest.param("defaultload(Post.a).options(lazyload(A.b), noload(A.c))", {"a.b", "a.c"}, id="inside options"),
    pytest.param("defaultload('a.b').lazyload('c')", {"a.b.c"}, id="strings"),
]


@pytest.mark.parametrize(("options", "opted_out"), OPTED_OUT)
def test_what_is_opted_out(options: str, opted_out: set[str]) -> None:
    assert read(f"select(Post).options({options})") == Existing({}, opted_out, True)


UNREADABLE = [
    pytest.param("OPTION", id="a variable"),
    pytest.param("*OPTIONS", id="a star"),
    pytest.param("cached(Post.a)", id="another function"),
    pytest.param("pick()(Post.a)", id="a function that is made"),
    pytest.param("joinedload()", id="a loader of nothing"),
    pytest.param("lazyload()", id="an opt-out of nothing"),
    pytest.param("joinedload(paths[0])", id="a loader of an expression"),
    pytest.param("cached().joinedload(Post.a)", id="a path that starts elsewhere"),
    pytest.param("defaultload(Post.a).options(OPTION)", id="a variable inside"),
    pytest.param("[joinedload(Post.a)]", id="a list"),
    pytest.param("defaultload(Post.a).options(load_only(A.b), *OPTIONS)", id="a star inside"),
    pytest.param("Load(Post).cached(Post.a)", id="another function on Load"),
]


@pytest.mark.parametrize("options", UNREADABLE)
def test_what_cannot_be_read(options: str) -> None:
    assert read(f"Post.query.options({options})") == Existing({}, set(), False)


def test_two_steps_and_what_is_no_option() -> None:
    chain = "Post.query.options(a.joinedload(Post.a)).filter(joinedload(Post.b)).options(joinedload(Post.c))"
    assert read(chain) == Existing({("a",): "joinedload", ("c",): "joinedload"}, set(), True)
