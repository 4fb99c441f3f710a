"""The preconditions of taking a call out of a loop."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from codemods._loop_gates import (
    ends_early,
    inside,
    is_known_beforehand,
    is_list,
    is_plain,
    is_pure,
    is_settled,
    iterated,
    keeps_rows,
    rebound,
    streams,
)
from codemods._loops import Body, Comprehension, Loop, bodies
from codemods.index import Index

Make = Callable[[str], Body]


@pytest.fixture
def make(checkout: Callable[[dict[str, str]], Path]) -> Make:
    def made(text: str) -> Body:
        (body,) = bodies(Index(checkout({"app.py": text})), [("app.py", "view")])
        return body

    return made


def loop_of(body: Body) -> Loop:
    return next(n for n in body.own() if isinstance(n, ast.For | ast.AsyncFor | ast.While | Comprehension))


def expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


LISTS = """\
def view(one, rows: list[int], named: "List", odd: "list[int]", text: str, seen: set, numbers: Sequence):
    whole = list(rows)
    copied = whole
    again = again
    made = [1, 2]
    kept = Post.objects.filter(a=1)
    streamed = Post.objects.iterator()
    parts = text.split(",")
    twice = 1
    twice = 2
"""


@pytest.mark.parametrize(
    ("written", "settled", "a_list", "beforehand"),
    [
        ("one", False, False, False),
        ("rows", True, True, True),
        ("named", True, True, True),
        ("odd", False, False, False),
        ("seen", True, False, True),
        ("numbers", True, True, True),
        ("whole", True, True, True),
        ("copied", True, True, True),
        ("made", True, True, True),
        ("kept", True, False, True),
        ("streamed", False, False, False),
        ("parts", False, False, True),
        ("twice", False, False, False),
        ("'abc'", True, False, True),
        ("(x for x in rows)", False, False, False),
        ("[x for x in rows]", True, True, True),
        ("{x for x in rows}", True, False, True),
        ("range(one)", True, False, True),
        ("range(one())", False, False, True),
        ("one.items()", True, False, True),
        ("one().items()", False, False, True),
        ("one.keys()", False, False, True),
        ("one.rows", False, False, True),
        ("one().rows", False, False, False),
        ("sorted(one)", False, True, True),
        ("zip(rows, one.keys())", False, False, True),
        ("zip(rows, one)", False, False, False),
        ("request.POST.getlist('id')", False, False, True),
        ("getlist('id')", False, False, False),
        ("form.getlist('id')", False, False, False),
        ("Post.objects.all()", False, False, True),
    ],
)
def test_what_a_loop_goes_over(written: str, settled: bool, a_list: bool, beforehand: bool, make: Make) -> None:
    body, node = make(LISTS), expression(written)
    assert (is_settled(body, node), is_list(body, node), is_known_beforehand(body, node)) == (
        settled, a_list, beforehand,
    )  # fmt: skip


def test_a_name_of_itself_is_not_settled(make: Make) -> None:
    assert not is_settled(make(LISTS), expression("again"))


@pytest.mark.parametrize(
    ("written", "pure"),
    [
        ("a", True),
        ("1", True),
        ("a.b", True),
        ("a().b", False),
        ("a[b.c]", True),
        ("a[b()]", False),
        ("a().b[c]", False),
        ("a < b < c", True),
        ("a < b()", False),
        ("a and b.c", True),
        ("(a, b)", True),
        ("a or b()", False),
        ("not a", True),
        ("-a()", False),
        ("f'{a}-{b.c}'", True),
        ("f'{a()}'", False),
        ("a + b", True),
        ("a + b()", False),
        ("a() + b", False),
        ("a.get('b')", True),
        ("a().get('b')", False),
        ("a.get(b)", False),
        ("a.get('b', 1)", False),
        ("a.get('b', default=1)", False),
        ("int(a)", True),
        ("str(a())", False),
        ("int(a, 16)", False),
        ("len(a)", False),
        ("[a]", False),
    ],
)
def test_evaluated_early(written: str, pure: bool) -> None:
    assert is_pure(expression(written)) == pure


@pytest.mark.parametrize(
    ("written", "kept", "stream"),
    [
        ("Post.objects.filter(a=1)", True, False),
        ("session.query(Post).all()", True, False),
        ("session.query(Post)", False, False),
        ("session.query(Post).yield_per(10).all()", False, True),
        ("cursor.fetchall()", False, False),
        ("Post.objects", False, False),
        ("query(Post)", False, False),
    ],
)
def test_rows_of_a_query(written: str, kept: bool, stream: bool) -> None:
    assert (keeps_rows(expression(written)), streams(expression(written))) == (kept, stream)


INSIDE = """\
def view(rows):
    for row in rows:
        first = row

        def later():
            hidden()
        call(lambda: hidden())
        (named := row)
        for row in first:
            pass
        import late
"""


def test_what_runs_once_per_round(make: Make) -> None:
    body = make(INSIDE)
    loop = loop_of(body)
    nodes = list(inside(loop))
    assert [ast.unparse(n.func) for n in nodes if isinstance(n, ast.Call)] == ["call"]
    assert [type(n) for n in nodes if isinstance(n, ast.FunctionDef | ast.Lambda)] == [ast.FunctionDef, ast.Lambda]
    assert rebound(body, loop) == {"first", "named", "row"}
    assert (ast.unparse(iterated(loop)), is_plain(loop)) == ("rows", True)


@pytest.mark.parametrize(
    ("written", "names", "over", "plain", "bound"),
    [
        ("[f(x) for x in rows if test(x)]", ["f", "test"], "rows", True, set()),
        ("{key(x): value(x) for x in rows}", ["key", "value"], "rows", True, set()),
        ("[f(y) for x in rows for y in x]", ["f"], "rows", False, set()),
        ("[last := f(x) for x in rows]", ["f"], "rows", True, {"last"}),
    ],
)
def test_what_a_comprehension_runs(
    written: str, names: list[str], over: str, plain: bool, bound: set[str], make: Make
) -> None:  # fmt: skip
    body = make(f"def view(rows):\n    return {written}\n")
    loop = loop_of(body)
    assert [ast.unparse(n.func) for n in inside(loop) if isinstance(n, ast.Call)] == names
    assert (ast.unparse(iterated(loop)), is_plain(loop), rebound(body, loop)) == (over, plain, bound)


@pytest.mark.parametrize(
    ("text", "early"),
    [
        ("for x in rows:\n        f(x)", False),
        ("for x in rows:\n        break", True),
        ("for x in rows:\n        for y in x:\n            break", False),
        ("while rows:\n        break", True),
        ("for x in rows:\n        return x", True),
        ("for x in rows:\n        yield x", True),
        ("for x in rows:\n        yield from x", True),
        ("return [x for x in rows]", False),
        ("return any(x for x in rows)", True),
        ("return sum(x for x in rows)", False),
        ("return ', '.join(x for x in rows)", False),
        ("return sep.join(x for x in rows)", True),
        ("return (x for x in rows)", True),
    ],
)
def test_a_round_that_can_be_the_last(text: str, early: bool, make: Make) -> None:
    body = make(f"def view(rows, sep):\n    {text}\n")
    assert ends_early(body, loop_of(body)) == early
