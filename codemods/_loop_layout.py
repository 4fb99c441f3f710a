"""How an edit around a loop is laid out: a loop moved one level in, calls broken over lines where one is too long."""

import ast

from codemods import _cst, _loop_edits
from codemods._loops import Body


def indented(body: Body, node: ast.stmt, edits: list[tuple[int, int, str]]) -> str | None:
    """The lines of a statement after some edits inside it, one level further in; None when a string would change."""
    first, last = region(body, node)
    if any(_spans_lines(inner) for inner in ast.walk(node)):
        return None
    text = _cst.replace(body.text[first:last], [(start - first, stop - first, new) for start, stop, new in edits])
    step = _loop_edits.step(body)
    rows = "".join(f"{step}{row}" if row.strip() else row for row in text.splitlines(keepends=True))
    return rows if rows.endswith("\n") else rows + _cst.newline(body.text)  # what comes next has a line of its own


def region(body: Body, node: ast.stmt) -> tuple[int, int]:
    """The offsets of the lines that a statement stands on."""
    start, end = body.offsets(node)
    after = body.text.find("\n", end)
    return body.text.rfind("\n", 0, start) + 1, len(body.text) if after < 0 else after + 1


def _spans_lines(node: ast.AST) -> bool:
    string = isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))
    return string and node.lineno != node.end_lineno  # type: ignore[attr-defined]


def call(body: Body, indent: str, head: str, arguments: list[str], tail: str = ")") -> str:
    """`head(a, b)tail` on one line, with its arguments on a line of their own, or with a line for each."""
    end = _cst.newline(body.text)
    deeper = indent + _loop_edits.step(body)
    width = _loop_edits.width(body.text)
    whole = f"{indent}{head}{', '.join(arguments)}{tail}"
    if len(whole) <= width:
        return whole + end
    inner = f"{deeper}{', '.join(arguments)}"
    if len(inner) <= width or len(arguments) == 1:
        return f"{indent}{head}{end}{inner}{end}{indent}{tail}{end}"
    return f"{indent}{head}{end}" + "".join(f"{deeper}{a},{end}" for a in arguments) + f"{indent}{tail}{end}"
