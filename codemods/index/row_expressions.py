"""What the expressions of a function stand for: each is read once, in order."""

import ast
from collections.abc import Iterable
from typing import cast

from codemods.index.facts import dotted
from codemods.index.queries import SINGLE_ROW
from codemods.index.row_calls import RowCalls
from codemods.index.rows import Path, first_of, span_of


class Expressions(RowCalls):
    """What an expression stands for."""

    def value(self, node: ast.expr) -> Path | None:  # noqa: C901 - one arm per kind of expression
        """Read an expression; the path that it stands for."""
        if self.spans and isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
            span = span_of(node)
            if span in self.spans:
                return self._origin(node, self.spans[span])
        match node:
            case ast.Constant():
                return None
            case ast.Name(id=name):
                if name in self.names or not self.run.sources:
                    return self.names.get(name)
                return self.run.sources.get((self.function.path, f"{self.function.qualname}.{name}"))
            case ast.Attribute(value=value, attr=attr):
                if self.names and (kept := self.names.get(dotted(node))) is not None:
                    return kept
                base = self.value(value)
                if base is None:
                    return self.run.attributes.get(attr)
                self.note((*base, attr))
                return (*base, attr)
            case ast.Call():
                return self.call(node)
            case ast.Subscript(value=value, slice=index):
                self.value(index)
                base = self.value(value)
                if base is not None and isinstance(index, ast.Constant) and isinstance(index.value, str):
                    self.note((*base, index.value))  # rows that are read like dictionaries
                return base
            case ast.Await(value=value) | ast.Starred(value=value) | ast.FormattedValue(value=value):
                return self.value(value)
            case ast.NamedExpr(target=target, value=value):
                path = self.value(value)
                self.bind(target, path)
                return path
            case ast.BoolOp(values=[first, *rest]):
                return first_of([self.value(first), *self.perhaps(rest)])
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self.value(test)
                return first_of(self.perhaps([body, orelse]))
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                return first_of([self.value(element) for element in elements])
            case ast.Dict(keys=keys, values=values):
                return first_of([self._item(k, v) for k, v in zip(keys, values, strict=True)])
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._comprehension(node)
            case ast.Lambda(body=body):
                return self.perhaps([body])[0]
            case ast.Yield(value=ast.expr() as value) | ast.YieldFrom(value=value):
                if (path := self.value(value)) is not None:
                    self.returned.add(path)
                return None
            case ast.BinOp(left=left, right=right):
                return first_of([self.value(left), self.value(right)])
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self.value(child)
                return None

    def _origin(self, node: ast.expr, hops: int) -> Path | None:
        """The rows of the query itself; what its chain goes on to read after the last step is read on a row."""
        end, inner = None, node
        for _ in range(hops):
            if isinstance(inner, ast.Subscript) or (isinstance(inner, ast.Call) and _ends_query(inner.func)):
                end = inner
            inner = inner.func if isinstance(inner, ast.Call) else cast("ast.Attribute", inner).value
        if end is None and isinstance(inner, ast.Call) and _ends_query(inner.func):
            end = inner  # session.get(Post, key)
        if end is None or end is node:
            return ()
        before, self.spans = self.spans, {span_of(end): 0}
        path = self.value(node)
        self.spans = before
        return path

    def alternatives(self, node: ast.expr) -> Path | None:
        """Read what a function leaves by: `if a or b: return` reads what `if a: return` and then b do."""
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            return first_of([self.alternatives(value) for value in node.values])
        return self.value(node)

    def perhaps(self, nodes: Iterable[ast.expr]) -> list[Path | None]:
        """Read expressions that are not evaluated for every row."""
        found = []
        before = self.context
        for node in nodes:
            self.context = self.inside(node)
            found.append(self.value(node))
            self.context = before
        return found

    def _item(self, key: ast.expr | None, value: ast.expr) -> Path | None:
        path = self.value(value)
        if key is not None:
            self.value(key)
            if path is not None and isinstance(key, ast.Constant) and isinstance(key.value, str):
                self.run.seen.keys.setdefault(key.value, set()).add(path)
        return path

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Path | None:
        before, outer = self.context, dict(self.names)
        for generator in node.generators:
            self.bind(generator.target, self.value(generator.iter))
            for test in generator.ifs:
                self.value(test)
                self.context = self.inside(test)
        parts = (node.value, node.key) if isinstance(node, ast.DictComp) else (node.elt,)
        path = first_of([self.value(part) for part in parts])
        self.context, self.names = before, outer
        return path


def is_test(node: ast.expr) -> bool:
    """Whether an expression asks something: `self.title or self.post.title` falls back on a value, and asks nothing."""
    if isinstance(node, ast.BoolOp):
        return all(map(is_test, node.values))
    return isinstance(node, ast.Call | ast.Compare | ast.UnaryOp)


def _ends_query(method: ast.expr) -> bool:
    """Whether a method hands out rows, on which nothing is a step of the query any more."""
    return isinstance(method, ast.Attribute) and method.attr in SINGLE_ROW | {"all", "fetchall"}
