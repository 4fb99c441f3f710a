"""Errors of a single key: which of them its round handles, and which come earlier when all keys are read first."""

import ast

from codemods._loop_gates import iterated
from codemods._loops import Body, Loop
from codemods.index.facts import dotted
from codemods.refusals import RefusedError

# Handlers of these mean that a key itself can be wrong, which one query for all keys would raise outside of them.
OF_KEYS = frozenset(
    {"KeyError", "AttributeError", "TypeError", "ValueError", "IndexError", "LookupError", "ValidationError"}
    | {"DataError", "StatementError", "DatabaseError", "DBAPIError", "SQLAlchemyError", "OverflowError", "Error"}
)
BROAD = frozenset({"Exception", "BaseException"})
_ROWS = frozenset({"values", "values_list", "query", "select", "fetchall", "mappings"})


def handled(body: Body, loop: Loop, call: ast.Call, key: ast.expr) -> list[str]:
    """The doubts about what a round catches around a call.

    Raises:
        RefusedError: a round catches errors of its own key.
    """
    doubts: list[str] = []
    child: ast.AST = call
    for above in body.within(call, ast.AST, loop):
        if isinstance(above, ast.Try) and child in above.body:
            doubts += [doubt for handler in above.handlers for doubt in _handled(handler, key)]
        child = above
    return doubts


def _handled(handler: ast.ExceptHandler, key: ast.expr) -> list[str]:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {dotted(kind).rpartition(".")[2] if kind is not None else "Exception" for kind in kinds}
    if names & OF_KEYS or (names & BROAD and not isinstance(key, ast.Name | ast.Attribute)):
        caught = " or ".join(sorted(names & (OF_KEYS | BROAD)))
        raise RefusedError("R-EXC", f"line {handler.lineno} catches {caught} of a single round")
    if not names & BROAD:
        return []
    return [
        f"line {handler.lineno} catches any error of a single round: a key that the database does not understand ends"
        " all rounds now"
    ]


def early(body: Body, loop: Loop, *read: str) -> list[str]:
    """The doubt about expressions that are read for all rounds first: an item may be missing, a text no number."""
    nodes = [node for text in read if text for node in ast.walk(ast.parse(text, mode="eval"))]
    fails = [node for node in nodes if _can_fail(node)]
    if not fails or _gives_rows(body, iterated(loop)):
        return []
    return [f"`{ast.unparse(fails[0])}` is read for all rounds first: an error of one comes before all rounds"]


def _can_fail(node: ast.AST) -> bool:
    match node:
        case ast.Subscript(slice=ast.Slice()):
            return False
        case ast.Subscript() | ast.Call(func=ast.Name(id="int") | ast.Attribute(attr="lower" | "upper" | "strip")):
            return True
    return False


def _gives_rows(body: Body, source: ast.expr) -> bool:
    """Whether what is gone over are rows of a query, which all have the same columns."""
    while isinstance(source, ast.Name) and (value := body.value(source.id)) is not None:
        source = value
    return any(isinstance(node, ast.Attribute) and node.attr in _ROWS for node in ast.walk(source))
