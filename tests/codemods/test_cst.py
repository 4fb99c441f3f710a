"""The edit helpers: only the slice changes, comments stay with what they are about, line ends and columns are kept."""

import ast
from collections.abc import Sequence

import pytest

from codemods import _cst

ORM = "sqlalchemy.orm"


def call_span(text: str, root: str) -> _cst.Span:
    """The span of the outermost expression that ends with the first call of `root`."""
    found = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Call) and ast.unparse(n.func) == root]
    node = found[0]
    assert node.end_lineno is not None and node.end_col_offset is not None
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x = 1\nrows = select(Post)\n", id="plain"),
        pytest.param("x = 1\r\nrows = select(Post)\r\n", id="CRLF"),
        pytest.param("x = 1\rrows = select(Post)\r", id="old Mac line ends"),
        pytest.param("\trows\nif x:\n\trows = select(Post)\n".removeprefix("\trows\n"), id="tabs"),
        pytest.param("x = 'Grüße 日本 🎉'; rows = select(Post)\n", id="non-ASCII text before it on the line"),
        pytest.param("x = 1\n\x0c\nrows = select(Post)\n", id="a form feed between two lines"),
        pytest.param("x = 'a\u2028b\x85\x1c'\nrows = select(Post)\n", id="characters that end a line for str only"),
        pytest.param("x = 1; rows = select(Post); y = 2\n", id="semicolons"),
        pytest.param("rows = select(Post)", id="no final newline"),
        pytest.param("rows = \\\n  select(Post)\n", id="backslash"),
    ],
)
def test_a_span_names_exactly_its_characters(text: str) -> None:
    start, end = _cst.offsets(text, call_span(text, "select"))
    assert text[start:end] == "select(Post)"


def test_ranges_are_replaced_from_the_end() -> None:
    assert _cst.replace("abcdef", [(0, 1, "A1"), (4, 5, "E"), (6, 6, "!")]) == "A1bcdEf!"
    assert _cst.replace("abc", []) == "abc"


CHAINS = [
    pytest.param("select(Post)", 0, "select(Post).options(j(Post.a))", id="the root alone"),
    pytest.param("s.query(Post).all()", 2, "s.query(Post).options(j(Post.a)).all()", id="before the first step"),
    pytest.param("Post.query[:5]", 1, "Post.query.options(j(Post.a))[:5]", id="before a slice"),
    pytest.param("Post.query.statement", 1, "Post.query.options(j(Post.a)).statement", id="before an attribute"),
    pytest.param(
        "select(Post)\n    .where(x)  # live\n    .limit(5)",
        4,
        "select(Post)\n    .options(j(Post.a))\n    .where(x)  # live\n    .limit(5)",
        id="a line of its own",
    ),
    pytest.param(
        "select(Post)  # all\n    # newest\n    .where(x)",
        2,
        "select(Post)  # all\n    .options(j(Post.a))\n    # newest\n    .where(x)",
        id="a comment stays with what it stands behind or above",
    ),
    pytest.param(
        "select(Post)\r\n    .where(x)  # live\r\n    .limit(5)",
        4,
        "select(Post)\r\n    .options(j(Post.a))\r\n    .where(x)  # live\r\n    .limit(5)",
        id="CRLF",
    ),
    pytest.param("select(Post)\n\t\t.where(x)", 2, "select(Post)\n\t\t.options(j(Post.a))\n\t\t.where(x)", id="tabs"),
    pytest.param(
        "select(Post) \\\n    .where(x)",
        2,
        "select(Post) \\\n    .options(j(Post.a)) \\\n    .where(x)",
        id="backslash",
    ),
    pytest.param("select(Post) .where(x)", 2, "select(Post).options(j(Post.a)) .where(x)", id="a space before the dot"),
    pytest.param(
        "select(Post).\\\n    where(x)", 2, "select(Post).options(j(Post.a)).\\\n    where(x)", id="dots at ends"
    ),
    pytest.param("(select(Post)).where(x)", 2, "(select(Post)).options(j(Post.a)).where(x)", id="parentheses inside"),
    pytest.param("select(Post).options()", 2, "select(Post).options(j(Post.a))", id="empty options"),
    pytest.param("select(Post).options(b)", 2, "select(Post).options(b, j(Post.a))", id="options of one line"),
    pytest.param("select(Post).options(b,)", 2, "select(Post).options(b, j(Post.a),)", id="a trailing comma"),
    pytest.param("select(Post).options(*more)", 2, "select(Post).options(j(Post.a), *more)", id="before a star"),
    pytest.param(
        "select(Post).where(x).options(b)", 4, "select(Post).options(j(Post.a)).where(x).options(b)", id="later options"
    ),
    pytest.param(
        "select(Post).options(\n    b,  # B\n    c,  # C\n)",
        2,
        "select(Post).options(\n    b,  # B\n    c,  # C\n    j(Post.a),\n)",
        id="comments stay with their options",
    ),
    pytest.param(
        "select(Post).options(\n    b,\n    c  # C\n)",
        2,
        "select(Post).options(\n    b,\n    c,  # C\n    j(Post.a)\n)",
        id="a comment behind the last option without a comma",
    ),
    pytest.param(
        "select(Post).options(\n    b  # B\n)",
        2,
        "select(Post).options(\n    b,  # B\n    j(Post.a)\n)",
        id="one option on a line of its own",
    ),
    pytest.param(
        "select(Post).options(\n    b,\n    # c,\n)",
        2,
        "select(Post).options(\n    b,\n    j(Post.a),\n    # c,\n)",
        id="an option that is commented out",
    ),
    pytest.param(
        "select(Post).options(b, c  # C\n)", 2, "select(Post).options(b, c, j(Post.a)  # C\n)", id="a ragged layout"
    ),
]


@pytest.mark.parametrize(("chain", "depth", "after"), CHAINS)
def test_a_call_goes_right_after_the_root(chain: str, depth: int, after: str) -> None:
    assert _cst.with_call(chain, depth, "options", ["j(Post.a)"]) == after


def test_several_arguments_in_their_order() -> None:
    assert (
        _cst.with_call("q(P).options(\n  a,\n)", 2, "options", ["b(x)", "c"]) == "q(P).options(\n  a,\n  b(x),\n  c,\n)"
    )


IMPORTS = [
    pytest.param(
        "import os\nimport flask\n", ["b"], "import os\nimport flask\nfrom sqlalchemy.orm import b\n", id="last"
    ),
    pytest.param(
        "import flask\nimport zope\nfrom app import x\n",
        ["b"],
        "import flask\nimport zope\nfrom sqlalchemy.orm import b\nfrom app import x\n",
        id="plain imports of a section come first",
    ),
    pytest.param(
        "from werkzeug import x\n",
        ["b"],
        "from sqlalchemy.orm import b\nfrom werkzeug import x\n",
        id="before the first that sorts after it",
    ),
    pytest.param(
        "from flask import a\nfrom werkzeug import x\n",
        ["b"],
        "from flask import a\nfrom sqlalchemy.orm import b\nfrom werkzeug import x\n",
        id="between",
    ),
    pytest.param(
        "import os\n\nfrom app import x\n",
        ["b"],
        "import os\n\nfrom sqlalchemy.orm import b\n\nfrom app import x\n",
        id="a section of its own",
    ),
    pytest.param(
        "from .x import y\n", ["b"], "from sqlalchemy.orm import b\n\nfrom .x import y\n", id="above relative"
    ),
    pytest.param("from app import x\n", ["b"], "from sqlalchemy.orm import b\n\nfrom app import x\n", id="above own"),
    pytest.param(
        "from __future__ import annotations\n\nx = 1\n",
        ["b"],
        "from __future__ import annotations\n\nfrom sqlalchemy.orm import b\n\nx = 1\n",
        id="below the future",
    ),
    pytest.param("x = 1\n", ["c", "b"], "from sqlalchemy.orm import b, c\n\nx = 1\n", id="no import at all"),
    pytest.param('"""Doc."""', ["b"], '"""Doc."""\n\nfrom sqlalchemy.orm import b', id="a docstring only"),
    pytest.param(
        '"""Doc."""\nx = 1\n', ["b"], '"""Doc."""\n\nfrom sqlalchemy.orm import b\n\nx = 1\n', id="below a docstring"
    ),
    pytest.param(
        '"""Doc."""\n\n\ndef f(): ...\n',
        ["b"],
        '"""Doc."""\n\nfrom sqlalchemy.orm import b\n\n\ndef f(): ...\n',
        id="below a docstring, blank lines kept",
    ),
    pytest.param(
        "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n\ndef f(): ...\n",
        ["b"],
        "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n\nfrom sqlalchemy.orm import b\n\ndef f(): ...\n",
        id="below a shebang and an encoding line",
    ),
    pytest.param(
        "import os\r\nfrom flask import a  # why\r\nx = 1\r\n",
        ["b"],
        "import os\r\nfrom flask import a  # why\r\nfrom sqlalchemy.orm import b\r\nx = 1\r\n",
        id="CRLF and a trailing comment",
    ),
    pytest.param("import flask; x = 1\n", ["b"], "import flask; x = 1\nfrom sqlalchemy.orm import b\n", id="semicolon"),
    pytest.param("import flask", ["b"], "import flask\nfrom sqlalchemy.orm import b", id="no final newline"),
    pytest.param(
        "if TYPE_CHECKING:\n    from sqlalchemy.orm import b\n",
        ["b"],
        "from sqlalchemy.orm import b\n\nif TYPE_CHECKING:\n    from sqlalchemy.orm import b\n",
        id="an import for the type checker binds nothing",
    ),
    pytest.param(
        "import sqlalchemy.orm as orm\n",
        ["b"],
        "import sqlalchemy.orm as orm\nfrom sqlalchemy.orm import b\n",
        id="the module under another name",
    ),
    pytest.param(
        "from sqlalchemy.orm import *\n",
        ["b"],
        "from sqlalchemy.orm import b\nfrom sqlalchemy.orm import *\n",
        id="a star takes no names",
    ),
    pytest.param(
        "import flask\n\ndef f(): ...\n\nfrom sqlalchemy.orm import a\n",
        ["b"],
        "import flask\nfrom sqlalchemy.orm import b\n\ndef f(): ...\n\nfrom sqlalchemy.orm import a\n",
        id="not into an import below the first definition",
    ),
    pytest.param("from sqlalchemy.orm import a\n", ["b"], "from sqlalchemy.orm import a, b\n", id="merged"),
    pytest.param(
        "from sqlalchemy.orm import a, c  # noqa\n", ["b"], "from sqlalchemy.orm import a, b, c  # noqa\n", id="sorted"
    ),
    pytest.param("from sqlalchemy.orm import c, a\n", ["b"], "from sqlalchemy.orm import c, a, b\n", id="not sorted"),
    pytest.param(
        "from sqlalchemy.orm import Session, sessionmaker\n",
        ["joinedload"],
        "from sqlalchemy.orm import Session, joinedload, sessionmaker\n",
        id="classes before functions",
    ),
    pytest.param(
        "from sqlalchemy.orm import backref, Mapped, scoped_session\n",
        ["joinedload"],
        "from sqlalchemy.orm import backref, joinedload, Mapped, scoped_session\n",
        id="sorted without case",
    ),
    pytest.param(
        "from sqlalchemy.orm import (a)\n", ["b"], "from sqlalchemy.orm import (a, b)\n", id="one in parentheses"
    ),
    pytest.param(
        "from sqlalchemy.orm import b as x\n", ["b"], "from sqlalchemy.orm import b, b as x\n", id="under another name"
    ),
    pytest.param(
        "from sqlalchemy.orm import a; x = 1\n",
        ["b"],
        "from sqlalchemy.orm import a, b; x = 1\n",
        id="merged, semicolon",
    ),
    pytest.param(
        "from sqlalchemy.orm import a, \\\n    d\n",
        ["b"],
        "from sqlalchemy.orm import a, \\\n    b, \\\n    d\n",
        id="backslash",
    ),
    pytest.param(
        "from sqlalchemy.orm import (  # ORM\n    b,  # B\n    # about d\n    d,  # D\n)\n",
        ["a", "c", "e"],
        "from sqlalchemy.orm import (  # ORM\n    a,\n    b,  # B\n    c,\n    # about d\n    d,  # D\n    e,\n)\n",
        id="comments stay with their names",
    ),
    pytest.param(
        "from sqlalchemy.orm import (\r\n\ta,\r\n\tc  # C\r\n)\r\n",
        ["b", "d"],
        "from sqlalchemy.orm import (\r\n\ta,\r\n\tb,\r\n\tc,  # C\r\n\td\r\n)\r\n",
        id="CRLF, tabs, no trailing comma",
    ),
    pytest.param(
        "from sqlalchemy.orm import (\n    # loaders\n    b,\n)\n",
        ["a"],
        "from sqlalchemy.orm import (\n    a,\n    # loaders\n    b,\n)\n",
        id="one name on a line of its own",
    ),
    pytest.param(
        "from sqlalchemy.orm import (a, c  # C\n)\n",
        ["b", "d"],
        "from sqlalchemy.orm import (a, b, c, d  # C\n)\n",
        id="a ragged layout",
    ),
]


@pytest.mark.parametrize(("text", "names", "after"), IMPORTS)
def test_names_are_imported_where_a_sorter_would(text: str, names: Sequence[str], after: str) -> None:
    edit = _cst.import_edit(text, ORM, names, frozenset({"app"}))
    assert edit is not None
    assert _cst.replace(text, [edit]) == after
    assert _cst.import_edit(after, ORM, names, frozenset({"app"})) is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("from sqlalchemy.orm import b\n", id="bound"),
        pytest.param("from sqlalchemy.orm import a, b as b\n", id="bound under its own name twice"),
        pytest.param("def f(): ...\nfrom sqlalchemy.orm import b\n", id="bound below a definition"),
    ],
)
def test_a_bound_name_is_not_imported_again(text: str) -> None:
    assert _cst.import_edit(text, ORM, ["b"]) is None
    assert not _cst.bound_otherwise(text, ORM, "b")


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        pytest.param("from sqlalchemy.orm import b as x\n", False, id="another name"),
        pytest.param("from .sqlalchemy.orm import b\n", True, id="a relative module"),
        pytest.param("from sqlalchemy import b\n", True, id="another module"),
        pytest.param("import b.c\n", True, id="a module"),
        pytest.param("import sqlalchemy.orm\nx.b(b)\n", False, id="only used"),
        pytest.param("def f():\n    from sqlalchemy.orm import b\n", True, id="in a function"),
        pytest.param("if x:\n    b = 1\n", True, id="an assignment"),
        pytest.param("def f(b): ...\n", True, id="a parameter"),
        pytest.param("def b(): ...\n", True, id="a function"),
        pytest.param("async def b(): ...\n", True, id="a coroutine"),
        pytest.param("class b: ...\n", True, id="a class"),
        pytest.param("for b in x: ...\n", True, id="a loop"),
    ],
)
def test_a_name_that_means_something_else(text: str, bound: bool) -> None:
    assert _cst.bound_otherwise(text, ORM, "b") is bound


def test_top_level_names() -> None:
    text = """\
import a.b, c.d as e
from f import g, h as i
j: int = 1
k, (l, m) = n.o = 2
def p(q): r = 1
async def s(): ...
class t: u = 1
if v: w = 1
"""
    assert _cst.bound_names(text) == {*"aegijklmpst"}


KEYWORDS = [
    pytest.param("db.get(Post, 1)", 0, "db.get(Post, 1, options=[a, b])", id="after the arguments"),
    pytest.param("db.get(Post, 1, x=2).author", 1, "db.get(Post, 1, options=[a, b], x=2).author", id="an attribute"),
    pytest.param("db.get(Post, 1).all()", 2, "db.get(Post, 1, options=[a, b]).all()", id="a method"),
    pytest.param("db.get(Post, 1)[0]", 1, "db.get(Post, 1, options=[a, b])[0]", id="an item"),
    pytest.param(
        "db.get(\n    Post,\n    1,\n)", 0, "db.get(\n    Post,\n    1,\n    options=[a, b],\n)", id="in lines"
    ),
]


@pytest.mark.parametrize(("chain", "depth", "expected"), KEYWORDS)
def test_a_keyword_of_the_root(chain: str, depth: int, expected: str) -> None:
    assert _cst.with_keyword(chain, depth, "options", ["a", "b"]) == expected
