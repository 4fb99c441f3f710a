"""Follows the rows of one query through a function: what is read on every one of them, and where the rows go.

Nothing here guesses: a name stands for rows only when an assignment, a loop or a call shows it, and a read counts only
when every row reaches it. What is not understood stands for nothing.
"""

import ast

from codemods._row_trace import M
from codemods._row_values import Values


class Flow(Values[M]):
    """Reads the statements of one function."""

    def block(self, body: list[ast.stmt]) -> None:
        """Read statements in order; what follows `if x: continue` happens on some rows only."""
        for position, statement in enumerate(body):
            self.statement(statement)
            if isinstance(statement, ast.If | ast.Match | ast.Try) and _leaves(statement):
                test = ast.unparse(statement.test) if isinstance(statement, ast.If) else ""
                self._guarded(test, body[position + 1 :])
                return

    def statement(self, node: ast.stmt) -> None:
        """Read one statement."""
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                pass
            case ast.Assign(targets=targets, value=value):
                found = self.value(value)
                for target in targets:
                    self.bind(target, found)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self.bind(target, self.value(value))
            case ast.For() | ast.AsyncFor():
                self._for(node)
            case ast.If(test=test, body=body, orelse=orelse) | ast.While(test=test, body=body, orelse=orelse):
                self.value(test)
                self._guarded(ast.unparse(test), body)
                self._guarded(ast.unparse(test), orelse)
            case ast.Try() | ast.With() | ast.AsyncWith() | ast.Match():
                self._nested(node)
            case ast.Return(value=ast.expr() as value):
                self.give(self.value(value))
            case _:
                self.children(node)

    def _nested(self, node: ast.Try | ast.With | ast.AsyncWith | ast.Match) -> None:
        match node:
            case ast.Try():
                self.block(node.body)
                for handler in node.handlers:
                    self._guarded("", handler.body)
                self.block([*node.orelse, *node.finalbody])
            case ast.Match():
                self.value(node.subject)
                for case_ in node.cases:
                    self._guarded("", case_.body)
            case _:
                for item in node.items:
                    self.value(item.context_expr)
                self.block(node.body)

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        self.loop_names(node.target, node.iter, self.value(node.iter))
        early = any(_ends_loop(statement) for statement in node.body)
        if early:
            self._guarded("", node.body)
        else:
            self.block(node.body)
        self.block(node.orelse)

    def _guarded(self, test: str, body: list[ast.stmt]) -> None:
        self.guards.append(test)
        self.block(body)
        self.guards.pop()


def _leaves(node: ast.AST) -> bool:
    """Whether what follows a statement may be left out."""
    return _holds(node, (ast.Return, ast.Raise, ast.Break, ast.Continue), (ast.Return, ast.Raise))


def _ends_loop(node: ast.AST) -> bool:
    """Whether a statement of a loop's body can end the loop."""
    return _holds(node, (ast.Return, ast.Break), (ast.Return,))


def _holds(node: ast.AST, kinds: tuple[type[ast.stmt], ...], in_loops: tuple[type[ast.stmt], ...]) -> bool:
    """Whether a statement of a kind stands below, other kinds inside loops of its own; not in functions of its own."""
    if isinstance(node, kinds):
        return True
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
        return False
    inner = in_loops if isinstance(node, ast.For | ast.AsyncFor | ast.While) else kinds
    return any(_holds(child, inner, in_loops) for child in ast.iter_child_nodes(node))
