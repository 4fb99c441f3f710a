"""The lines of a batched write: the list that is filled in the loop, the call behind it."""

import ast
import re

from codemods import _cst
from codemods._loop_edits import Place, step, width
from codemods._loops import Body


def after(body: Body, loop: ast.For, indent: str) -> Place:
    """The place right behind the lines of a loop, comments that belong to it included."""
    text, end = body.text, body.offsets(loop)[1]
    at = _next_line(text, end)
    ahead = at
    for row in text[at:].splitlines(keepends=True):
        ahead += len(row)
        if not row.strip():
            continue
        if not row.lstrip().startswith("#") or len(row) - len(row.lstrip()) <= len(indent):
            break
        at = ahead
    return Place(at, indent)


def _next_line(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def new_line(body: Body, place: Place, written: str) -> tuple[int, int, str]:
    """The edit that puts whole lines at a place; a last line without an end gets one."""
    lead = _cst.newline(body.text) if place.at and body.text[place.at - 1] not in "\r\n" else ""
    return place.at, place.at, lead + written


def nested(body: Body, call: ast.Call, opening: str, name: str, closing: str, more: str = "") -> str:
    """`opening name(arguments) closing` with the arguments of a call as they are laid out there, `more` before them."""
    start, end = body.offsets(call)
    line = body.text.rfind("\n", 0, start) + 1
    rest = body.text[line:start]
    indent = rest[: len(rest) - len(rest.lstrip())]
    newline = _cst.newline(body.text)
    begin = body.offsets(call.func)[1]
    given = body.text[begin:end]
    if more:
        gap = re.match(r"\(\s*", given)[0]  # type: ignore[index]
        comma = "" if given[len(gap) :] == ")" else ","
        space = gap[1:] or " " * bool(comma)
        given = f"{gap}{more}{comma}{space if comma else ''}{given[len(gap) :]}"
    whole = f"{opening}{name}{given}{closing}"
    if "\n" not in given and len(indent) + len(whole) <= width(body.text):
        return whole
    deeper = indent + step(body)
    if "\n" not in given:
        return f"{opening}{newline}{deeper}{name}{given}{newline}{indent}{closing}"
    if any(isinstance(n, ast.Constant | ast.JoinedStr) and n.lineno != n.end_lineno for n in ast.walk(call)):
        return whole
    if given.lstrip("( \t")[:1] not in "\r\n":  # aligned to the parenthesis
        column = len(opening) + len(name) - len(body.source(call.func))
        more, less = " " * max(column, 0), " " * max(-column, 0)
        return whole.replace("\n" + less, "\n" + more)
    moved = given.replace("\n", "\n" + step(body))
    if given.rpartition("\n")[2].strip() != ")":
        return f"{opening}{newline}{deeper}{name}{moved}{closing}"
    if max(map(len, moved.splitlines())) > width(body.text) and "#" not in given and not more:
        inner = "".join(f"{deeper}{step(body)}{argument},{newline}" for argument in _arguments(body, call))
        moved = f"({newline}{inner}{deeper})"
    return f"{opening}{newline}{deeper}{name}{moved}{newline}{indent}{closing}"


def _arguments(body: Body, call: ast.Call) -> list[str]:
    nodes: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    spans = [(n.lineno, n.col_offset, n.end_lineno or 0, n.end_col_offset or 0) for n in nodes]
    return [body.text[slice(*_cst.offsets(body.text, span))] for span in sorted(spans)]
