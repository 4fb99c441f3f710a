"""The statements of a function that rows pass through."""

import ast
from collections.abc import Iterable, Sequence

from codemods.index.row_expressions import Expressions, is_test


class Statements(Expressions):
    """Reads one function's body in order."""

    def block(self, body: Iterable[ast.stmt]) -> None:
        """Run statements; what follows an `if` that leaves the block is read on some rows only."""
        before = self.context
        for statement in body:
            self.statement(statement)
            if isinstance(statement, ast.If) and isinstance(statement.body[-1], ast.Continue):
                self.context = self.inside(statement.test, "not")
        self.context = before

    def _branch(self, body: Sequence[ast.stmt]) -> None:
        if body:
            before, self.context = self.context, self.inside(body[0])
            self.block(body)
            self.context = before

    def statement(self, node: ast.stmt) -> None:  # noqa: C901 - one arm per kind of statement
        """Run one statement."""
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                inner = (self.function.path, f"{self.function.qualname}.{node.name}")
                self.run.closures[inner] = dict(self.names)
                self.run.down(inner, {}, self.depth, self.inside(node))
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)) if len(targets) == len(
                values
            ):
                for target, value in zip(targets, values, strict=True):
                    self.bind(target, self.value(value))
            case ast.Assign(targets=targets, value=value):
                path = self.value(value)
                for target in targets:
                    self.bind(target, path)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self.bind(target, self.value(value))
            case ast.AugAssign(target=target, value=value):
                if (path := self.value(value)) is not None:
                    self.bind(target, path)
            case ast.For() | ast.AsyncFor():
                self.bind(node.target, self.value(node.iter))
                self.block(node.body)
                self.block(node.orelse)
            case ast.If(test=test, body=[*_, ast.Return() | ast.Raise()] as body, orelse=orelse):
                self.alternatives(test)
                self._branch(body)
                # An `elif` is read as an `if` that follows would be.
                (self.block if [type(one) for one in orelse] == [ast.If] else self._branch)(orelse)
            case ast.If(test=test, body=body, orelse=orelse):
                self.value(test)
                self._branch(body)
                self._branch(orelse)
            case ast.While(test=test, body=body, orelse=orelse):
                self.value(test)
                self.block([*body, *orelse])
            case ast.Try():
                self.block(node.body)
                for handler in node.handlers:
                    self._branch(handler.body)
                self.block([*node.orelse, *node.finalbody])
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    path = self.value(item.context_expr)
                    if item.optional_vars is not None:
                        self.bind(item.optional_vars, path)
                self.block(node.body)
            case ast.Return(value=ast.expr() as value):
                if (path := (self.alternatives if is_test(value) else self.value)(value)) is not None:
                    self.returned.add(path)
            case ast.Match(subject=subject, cases=cases):
                self.value(subject)
                for case_ in cases:
                    self._branch(case_.body)
            case ast.ClassDef():
                return
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self.value(child)
