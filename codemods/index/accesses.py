"""Attribute paths that a function reads on given names, through aliases, loops and comprehensions."""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from codemods.index.facts import dotted

# What these return are the same rows, or some of them.
SAME_ROWS = frozenset(
    {"all", "filter", "exclude", "order_by", "select_related", "prefetch_related", "distinct", "iterator", "reverse"}
    | {"first", "last", "get", "annotate", "only", "defer"}
)
_WRAPPERS = frozenset(
    {"list", "tuple", "set", "sorted", "reversed", "enumerate", "iter", "zip", "filter", "any", "all"}
)
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Accesses:
    """What is read: attribute paths, and rows handed to a call as (callee, position, path).

    In a path `all()` stands for the rows that this method of the manager before it returns.
    """

    read: frozenset[Path]
    passed: frozenset[tuple[str, int, Path]]


def accesses(body: Iterable[ast.stmt], names: Mapping[str, Path]) -> Accesses:
    """The paths that statements read on `names`, each of which stands for a path already."""
    reader = _Reader(names)
    for statement in body:
        reader.visit(statement)
    return Accesses(frozenset(reader.read), frozenset(reader.passed))


class _Reader(ast.NodeVisitor):
    def __init__(self, names: Mapping[str, Path]) -> None:
        self.names = dict(names)
        self.read: set[Path] = set()
        self.passed: set[tuple[str, int, Path]] = set()

    def path(self, node: ast.expr) -> Path | None:
        """What an expression stands for, seen from the names."""
        match node:
            case ast.Name(id=name):
                return self.names.get(name)
            case ast.Attribute(value=value, attr=attr):
                base = self.path(value)
                return None if base is None else (*base, attr)
            case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in SAME_ROWS:
                base = self.path(value)
                return base if not base else (*base, f"{attr}()")
            case ast.Call(func=ast.Name(id=name), args=[first, *_]) if name in _WRAPPERS:
                return self.path(first)
            case ast.Subscript(value=value) | ast.Await(value=value) | ast.Starred(value=value):
                return self.path(value)
            case ast.BoolOp(values=values):
                return next(filter(None, map(self.path, values)), None)
            case ast.IfExp(body=one, orelse=other):
                return self.path(one) or self.path(other)
        return None

    def rows(self, node: ast.expr) -> Path | None:
        """The path of what a loop runs over; noted as read, since a manager's rows may be all that is."""
        path = self.path(node)
        if path:
            self.read.add(path)
        return path

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.ctx, ast.Load) and (path := self.path(node)):
            self.read.add(path)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        self.rows(node)
        for position, argument in enumerate(node.args):
            if (given := self.path(argument)) is not None and (callee := dotted(node.func)):
                self.passed.add((callee, position, given))
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self._bind(target, node.value)
            self.visit(target)

    def visit_For(self, node: ast.For) -> None:
        self.visit(node.iter)
        self._bind(node.target, node.iter)
        for statement in [*node.body, *node.orelse]:
            self.visit(statement)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        self.visit(node.iter)
        self._bind(node.target, node.iter)
        for test in node.ifs:
            self.visit(test)

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        for generator in node.generators:  # they bind what the element reads
            self.visit(generator)
        for part in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            self.visit(part)

    visit_SetComp = visit_GeneratorExp = visit_DictComp = visit_ListComp  # noqa: N815 - names of ast
    visit_AsyncFor = visit_For  # type: ignore[assignment]  # noqa: N815

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        path = self.rows(value)
        for name in [n.id for n in ast.walk(target) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]:
            if path is not None:
                self.names[name] = path
            elif self.names.get(name) != ():  # rows that were given stay rows
                self.names.pop(name, None)
