"""The syntax of functions, for readers that need more than the facts; each file is parsed once."""

import ast
from collections.abc import Iterator

from codemods.index.tree import Tree

Definition = ast.FunctionDef | ast.AsyncFunctionDef


class Definitions:
    """Functions and methods by path and qualified name."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._files: dict[str, dict[str, Definition]] = {}

    def of(self, path: str) -> dict[str, Definition]:
        """The definitions of one file by qualified name, the first one of each; empty when the file is skipped."""
        if path not in self._files:
            found: dict[str, Definition] = {}
            if self._tree.module(path):
                for name, node in _below(ast.parse(self._tree.source(path) or ""), ()):
                    found.setdefault(name, node)  # a property comes before its setter
            self._files[path] = found
        return self._files[path]


def _below(node: ast.AST, scope: tuple[str, ...]) -> Iterator[tuple[str, Definition]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            continue
        inner = scope
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = (*scope, child.name)
            if not isinstance(child, ast.ClassDef):
                yield ".".join(inner), child
        yield from _below(child, inner)
