"""The syntax of a file's functions and methods, parsed when somebody asks and kept."""

import ast
from collections.abc import Iterator

from codemods.index.tree import Tree

Definition = ast.FunctionDef | ast.AsyncFunctionDef


class Definitions:
    """Functions of a tree by place: (path, qualified name without `<locals>`)."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._files: dict[str, dict[str, Definition]] = {}

    def get(self, key: tuple[str, str]) -> Definition | None:
        """The function there, or None; the first of several that share their name."""
        return self.of(key[0]).get(key[1])

    def of(self, path: str) -> dict[str, Definition]:
        """Qualified name -> function of one file; empty when the file is skipped."""
        if path not in self._files:
            found: dict[str, Definition] = {}
            if tree := self._tree.parsed(path):
                for name, node in _definitions(tree, ()):
                    found.setdefault(name, node)
            self._files[path] = found
        return self._files[path]


def _definitions(node: ast.AST, scope: tuple[str, ...]) -> Iterator[tuple[str, Definition]]:
    for child in ast.iter_child_nodes(node):
        inner = scope
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = (*scope, child.name)
            if not isinstance(child, ast.ClassDef):
                yield ".".join(inner), child
        yield from _definitions(child, inner)
