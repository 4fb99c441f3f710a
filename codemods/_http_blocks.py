"""A client made for one request, its name bound to another client; a `with` block for it becomes plain lines."""

import ast

from codemods import _cst
from codemods._loops import Body


def is_fixed(body: Body, made: ast.Call) -> bool:
    """Whether it is made by a `with` whose block cannot move to the left: text over several lines, a shared line."""
    block = body.statement(made)
    if not isinstance(block, ast.With):
        return False
    strings = (node for node in ast.walk(block) if isinstance(node, ast.Constant | ast.JoinedStr))
    long = any(node.lineno != node.end_lineno for node in strings)
    head = body.text[body.offsets(made)[1] : body.offsets(block.body[0])[0]]
    return long or "\n" not in head or "#" in head or block.lineno != made.lineno


def bound(body: Body, made: ast.Call, client: str) -> list[tuple[int, int, str]]:
    """The edits that bind the name to another client."""
    block = body.statement(made)
    if not isinstance(block, ast.With):
        return [(*body.offsets(made), client)]
    name = block.items[0].optional_vars
    assert isinstance(name, ast.Name)
    start, end = body.offsets(block)
    first = body.offsets(block.body[0])[0]
    indent = body.text[body.text.rfind("\n", 0, start) + 1 : start]
    deeper = body.text[body.text.rfind("\n", 0, first) + 1 : first]
    edits = [(start, first, f"{name.id} = {client}{_cst.newline(body.text)}{indent}")]
    at = body.text.find("\n", first, end)
    while at >= 0:
        if body.text.startswith(deeper, at + 1):
            edits.append((at + 1 + len(indent), at + 1 + len(deeper), ""))
        at = body.text.find("\n", at + 1, end)
    return edits
