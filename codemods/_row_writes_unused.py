"""Whether the object of a created row is used for anything once it is written."""

import ast

from codemods._loops import Body
from codemods._row_writes_created import Created
from codemods.refusals import RefusedError


def is_unused(body: Body, created: Created) -> None:
    """The object is used for nothing once it is written.

    Raises:
        RefusedError: it is, or how it is written is not what the bulk method does.
    """
    call, where = created.call, f"line {created.call.lineno} of {body.path}"
    statement = created.statement
    if created.made is None:
        if call.args:
            raise RefusedError("R-SHAPE", f"{where} creates a row in a way of its own")
        if not isinstance(statement, ast.Expr) and created.row is None:
            raise RefusedError("R-RESULT", f"the row that {where} creates is used there")
        if isinstance(statement, ast.Expr) and statement.value is not call:
            raise RefusedError("R-RESULT", f"the row that {where} creates is used there")
        if created.row and len(_uses(body, created.row)) > len(_stores(body, created.row)):
            raise RefusedError("R-RESULT", f"`{created.row}`, the row that {where} creates, is used")
        return
    assert created.row is not None
    _made_here(body, created, where)


def _made_here(body: Body, created: Created, where: str) -> None:
    row, made, call = created.row, created.made, created.call
    assert row is not None
    assert isinstance(made, ast.Call)
    statement, making = created.statement, body.statement(made)
    given = {keyword.arg for keyword in made.keywords}
    if call.args or any(k.arg != "force_insert" for k in call.keywords) or not isinstance(statement, ast.Expr):
        raise RefusedError("R-SHAPE", f"{where} saves the row in a way of its own")
    keys = {"pk", "id", created.model.pk, created.model.pk.removesuffix("_id")}
    if made.args or given & {*keys, None}:
        raise RefusedError("R-SHAPE", f"{where} saves a row that may exist: its key is given")
    if body.loop(made) is not body.loop(call) or not _comes_before(body, making, statement):
        raise RefusedError("R-CARRY", f"`{row}`, which {where} saves, is not made new in every round")
    for use in _uses(body, row):
        above = next(body.parents(use))
        if (use.lineno, use.col_offset) > (statement.lineno, statement.col_offset) and above is not call.func:
            raise RefusedError("R-RESULT", f"`{row}` is used after {where} saves it (line {use.lineno})")
        if isinstance(above, ast.Attribute) and above.attr in keys and isinstance(above.ctx, ast.Store):
            raise RefusedError("R-SHAPE", f"{where} saves a row that may exist: its key is given")
        if isinstance(above, ast.Call | ast.keyword | ast.List | ast.Assign) and isinstance(use.ctx, ast.Load):
            created.doubts.append(f"`{row}` is given away before it is saved (line {use.lineno})")


def _comes_before(body: Body, first: ast.stmt, second: ast.stmt) -> bool:
    """Whether every way to the second statement leads through the first one in the same round."""
    around = [second, *(n for n in body.parents(second) if isinstance(n, ast.stmt))]
    holder = next(body.parents(first), None)
    return any(next(body.parents(n), None) is holder and n.lineno > first.lineno for n in around)


def _uses(body: Body, name: str) -> list[ast.Name]:
    return [node for node in ast.walk(body.definition) if isinstance(node, ast.Name) and node.id == name]


def _stores(body: Body, name: str) -> list[ast.Name]:
    return [node for node in _uses(body, name) if isinstance(node.ctx, ast.Store)]
