"""Lines before a loop, written as the file around them is."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from codemods._loop_edits import Place, before, fresh, line, plural, quoted, snake, step, width
from codemods._loops import Body, Comprehension, bodies
from codemods.index import Index

Make = Callable[[str], Body]


@pytest.fixture
def make(checkout: Callable[[dict[str, str]], Path]) -> Make:
    def made(text: str) -> Body:
        (body,) = bodies(Index(checkout({"app.py": text})), [("app.py", "view")])
        return body

    return made


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("for x in rows: f(x)", True),
        ("return [f(x) for x in rows]", True),
        ("return g([f(x) for x in rows] + rows)", True),
        ("return [f(x) for x in rows] or rows", True),
        ("return rows and [f(x) for x in rows]", False),
        ("return 1 if [f(x) for x in rows] else 2", True),
        ("return [f(x) for x in rows] if rows else 2", False),
        ("return 1 if rows else [f(x) for x in rows]", False),
        ("return {y: sum(f(x) for x in y) for y in rows}", True),  # of the outer one
        ("if [f(x) for x in rows]: pass", True),
        ("if any([f(x) for x in rows]): pass", True),
        ("if rows or [f(x) for x in rows]: pass", False),
        ("for y in [f(x) for x in rows]: pass", True),
        ("for rows[len([f(x) for x in rows])] in rows: pass", True),  # of the `for`
        ("while [f(x) for x in rows]: pass", True),  # of the `while`
        ("with g([f(x) for x in rows]): pass", False),
        ("assert [f(x) for x in rows]", False),
        ("pass; y = [f(x) for x in rows]", False),
    ],
)
def test_the_place_before_a_loop(text: str, fits: bool, make: Make) -> None:
    body = make(f"def view(rows):\n    {text}\n")
    loop = next(n for n in body.own() if isinstance(n, ast.For | ast.While | Comprehension))
    assert before(body, loop) == (Place(16, "    ") if fits else None)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("while [f(x) for x in rows]: pass", False),
        ("for rows[len([f(x) for x in rows])] in rows: pass", False),
        ("for y in [f(x) for x in rows]: pass", True),
        ("return [[f(x) for x in y] for y in rows]", False),
        ("return {y: [f(x) for x in y] for y in rows}", False),
        ("return [z for z in [f(x) for x in rows]]", False),
    ],
)
def test_the_place_before_a_list_inside_another_loop(text: str, fits: bool, make: Make) -> None:
    body = make(f"def view(rows):\n    {text}\n")
    loop = next(n for n in body.own() if isinstance(n, ast.ListComp) and ast.unparse(n).startswith("[f("))
    assert before(body, loop) == (Place(16, "    ") if fits else None)


def test_no_place_before_an_elif(make: Make) -> None:
    body = make("def view(rows):\n    if rows: pass\n    elif [x for x in rows]: pass\n")
    loop = next(n for n in body.own() if isinstance(n, ast.ListComp))
    assert before(body, loop) is None


LONG = "a" * 80


@pytest.mark.parametrize(
    ("parts", "written"),
    [
        (("keys = [", "x", "]"), "    keys = [x]\n"),
        (("keys = [", LONG, "]"), f"    keys = [\n        {LONG}\n    ]\n"),
        (("keys = f(", LONG, ", b)"), f"    keys = f(\n        {LONG},\n        b,\n    )\n"),
        (("keys = f(b, ", LONG, ")"), f"    keys = f(\n        b, {LONG}\n    )\n"),
    ],
)
def test_a_line_on_its_own_or_on_several(parts: tuple[str, str, str], written: str, make: Make) -> None:
    assert line(make("def view():\n    pass\n"), "    ", *parts) == written


@pytest.mark.parametrize(
    ("text", "deeper", "quotes"),
    [
        ("def view():\n    return 1\n", "    ", '"x"'),
        ("def view():\n  return 'a'\n", "  ", "'x'"),
        ("def view():\n\treturn 'a', \"b\"\n", "\t", '"x"'),
        ("def view(): pass\n", "    ", '"x"'),
    ],
)
def test_the_style_of_a_file(text: str, deeper: str, quotes: str, make: Make) -> None:
    body = make(text)
    assert (step(body), quoted(body, "x")) == (deeper, quotes)


@pytest.mark.parametrize(("longest", "kept"), [(0, 88), (88, 88), (100, 100), (200, 120)])
def test_width(longest: int, kept: int) -> None:
    assert width("\n".join(["x", "x" * longest])) == kept
    assert width("") == 88


def test_words() -> None:
    assert [plural(word) for word in ("category", "day", "box", "branch", "user")] == [
        "categories", "days", "boxes", "branches", "users",
    ]  # fmt: skip
    assert [snake(name) for name in ("BlogPost", "HTTPServer", "user")] == ["blog_post", "http_server", "user"]


def test_names_that_the_file_does_not_use(make: Make) -> None:
    body = make("def view(users, found, found_2):\n    pass\n")
    assert [fresh(body, "rows"), fresh(body, "users", "rows"), fresh(body, "users", "found")] == [
        "rows", "rows", "found_3",
    ]  # fmt: skip
