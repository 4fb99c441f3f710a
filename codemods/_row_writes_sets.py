"""A loop that only sets one value on all rows of a queryset and saves them: `update()` of the queryset does it."""

import ast

from codemods import _loop_edits
from codemods._loop_gates import is_pure, iterated, rebound
from codemods._loops import Body, names_in, targets
from codemods._row_writes_saved import Saved
from codemods.index.facts import dotted

_STEPS = frozenset(
    {"all", "filter", "exclude", "using", "order_by", "select_related", "prefetch_related", "select_for_update"}
    | {"only", "defer"}
)


def one_update(body: Body, save: Saved) -> list[tuple[int, int, str]] | None:
    """The edit that puts `queryset.update(...)` in place of the loop; None where the loop does more than that."""
    loop, rows = save.loop, iterated(save.loop)
    values = one_value(body, loop, save.row, loop.body[:-1])
    start, end = body.offsets(loop)
    if loop.body[-1] is not save.statement or not values or "#" in body.text[start:end]:
        return None
    if isinstance(rows, ast.Name):
        queryset = body.value(rows.id)
        used = [n for n in ast.walk(body.definition) if isinstance(n, ast.Name) and n.id == rows.id]
        if queryset is None or len(used) != 2 or body.loop(queryset) is not body.loop(loop):
            return None
    else:
        queryset = rows
    if not _is_plain(queryset):
        return None
    written = body.text[slice(*body.offsets(rows))]
    if not _stands_alone(written):
        return None
    line = body.text.rfind("\n", 0, start) + 1
    named = ", ".join(f"{name}={body.source(value)}" for name, value in values.items())
    return [(line, end, _loop_edits.line(body, body.text[line:start], f"{written}.update(", named, ")").rstrip("\r\n"))]


def one_value(body: Body, loop: ast.For, row: str, statements: list[ast.stmt]) -> dict[str, ast.expr]:
    """Attribute -> the value that every round sets it to, where the statements do nothing else; else empty."""
    values: dict[str, ast.expr] = {}
    loose = targets(loop) | rebound(body, loop)
    for statement in statements:
        match statement:
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=name), attr=attr)], value=value) if (
                name == row and is_pure(value) and not names_in(value) & loose
            ):
                values[attr] = value
            case _:
                return {}
    return values


def _is_plain(node: ast.expr) -> bool:
    """Whether it is a chain of steps after which `update()` is allowed and writes the same rows."""
    if not isinstance(node, ast.Call):
        return False
    while isinstance(node, ast.Call):
        if not isinstance(node.func, ast.Attribute) or node.func.attr not in _STEPS:
            return False
        node = node.func.value
    return isinstance(node, ast.Attribute) and bool(dotted(node))


def _stands_alone(written: str) -> bool:
    try:
        ast.parse(written)
    except SyntaxError:
        return False
    return True
