"""The loop whose rounds write a row each: whether one call after it can write the rows of all rounds."""

import ast

from codemods._loop_gates import inside, iterated, streams
from codemods._loops import Body, Loop
from codemods.index.facts import dotted
from codemods.refusals import RefusedError

_COMMITS = frozenset(
    {"commit", "rollback", "set_autocommit", "savepoint", "savepoint_commit", "savepoint_rollback", "begin_nested"}
)
_ATOMIC = frozenset({"atomic", "begin", "begin_nested", "commit_on_success"})
LATER = "an error of a later round is raised before one of writing the rows of earlier rounds"
NOT_ATOMIC = "outside a transaction a failure kept the rows before it; now none of them is kept"


def loops_around(body: Body, nodes: list[ast.Call]) -> list[ast.For]:
    """The `for` statements around all of some calls, outermost first."""
    common: list[ast.For] = []
    for at, node in enumerate(nodes):
        around: list[ast.For] = []
        inner: Loop | None = body.loop(node)
        while inner is not None:
            around += [inner] if isinstance(inner, ast.For) else []
            inner = body.loop(inner)
        common = around if at == 0 else [loop for loop in common if loop in around]
    return common[::-1]


def leave(body: Body, loop: ast.For, calls: list[ast.Call], moved: tuple[ast.Expr, ...] = ()) -> None:
    """The preconditions of writing after the loop what its rounds write; `moved` statements go there too.

    Raises:
        RefusedError: the loop is of another kind, ends in another way, or the write is under something of its own.
    """
    where = f"line {calls[0].lineno} of {body.path}"
    if loop.orelse:
        raise RefusedError("R-SHAPE", f"the loop around {where} has an `else`")
    if streams(iterated(loop)):
        raise RefusedError("R-STREAM", f"the loop around {where} goes over a stream, which may not fit in memory")
    for call in calls:
        for above in body.within(call, (ast.Try, ast.With, ast.AsyncWith, ast.AsyncFor, ast.ListComp), loop):
            if isinstance(above, ast.Try):
                raise RefusedError("R-PARTIAL", f"each round handles its own errors around {where}")
            if isinstance(above, ast.With | ast.AsyncWith) and _opens(above) & _ATOMIC:
                raise RefusedError("R-TX", f"each round is a transaction of its own around {where}")
            raise RefusedError("R-SHAPE", f"{where} is inside a `with`, an `async for` or a comprehension")
    for node in inside(loop):
        if isinstance(node, ast.Return | ast.Yield | ast.YieldFrom):
            raise RefusedError("R-COND", f"the loop around {where} can end early, and nothing would be written then")
        ends = isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in _COMMITS
        if ends and not any(statement.value is node for statement in moved):
            assert isinstance(node, ast.Call)
            raise RefusedError("R-TX", f"the loop around {where} ends a transaction (line {node.lineno})")


def in_transaction(body: Body, loop: ast.For) -> bool:
    """Whether one transaction around the loop, seen in the function, undoes all rounds when one fails."""
    for above in body.parents(loop):
        if isinstance(above, ast.Try):
            return False
        if isinstance(above, ast.With | ast.AsyncWith) and _opens(above) & _ATOMIC:
            return True
    return any(_last(decorator) in _ATOMIC for decorator in body.definition.decorator_list)


def _opens(node: ast.With | ast.AsyncWith) -> set[str]:
    return {_last(item.context_expr) for item in node.items}


def _last(node: ast.expr) -> str:
    return dotted(node.func if isinstance(node, ast.Call) else node).rpartition(".")[2]
