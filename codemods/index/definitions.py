"""The syntax of a file's functions and methods: of one that is asked for, no more than its own lines are parsed."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cached_property

from codemods.index.facts import Function
from codemods.index.tree import Tree

Definition = ast.FunctionDef | ast.AsyncFunctionDef
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_NAME = re.compile(r"def\s+(\w+)")
_BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")  # of statements, in source order


class Definitions:
    """Functions of a tree by place: (path, qualified name without `<locals>`)."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._files: dict[str, Mapping[str, Definition]] = {}

    def get(self, key: tuple[str, str]) -> Definition | None:
        """The function there, or None; the first of several that share their name."""
        return self.of(key[0]).get(key[1])

    def of(self, path: str) -> Mapping[str, Definition]:
        """Qualified name -> function of one file; empty when the file is skipped."""
        if path not in self._files:
            self._files[path] = _File(self._tree, path) if self._tree.module(path) else {}
        return self._files[path]


def _decorated(found: Definition, function: Function) -> Definition:
    found.decorator_list = list(function.decorators)
    return found


class _File(Mapping[str, Definition]):
    """One file; going through all of it parses all of it."""

    def __init__(self, tree: Tree, path: str) -> None:
        self._tree, self._path = tree, path
        self._known: dict[str, Definition | None] = {}
        self._all: dict[str, Definition] | None = None

    def __getitem__(self, name: str) -> Definition:
        if name not in self._known:
            self._known[name] = self._find(name)
        found = self._known[name]
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole())

    def __len__(self) -> int:
        return len(self._whole())

    def _find(self, name: str) -> Definition | None:
        module = self._tree.module(self._path)
        if module is None or name.endswith(">"):  # the body of a class or of the file
            return None
        if name in module.functions and (found := self._parsed(module.functions[name])):
            return found
        return self._whole().get(name) if name.rpartition(".")[2] in self._names else None

    @cached_property
    def _names(self) -> set[str]:
        """All that the text can define."""
        return set(_NAME.findall(self._text()))

    def _parsed(self, function: Function) -> Definition | None:
        """The function from its own lines; None when these alone are no statement, as those of two branches."""
        text = "".join(self._lines[function.line - 1 : function.end_line])
        indented = text[:1].isspace()
        above = "\n" * (function.line - (2 if indented else 1))  # so that the parser counts the lines as they are
        try:
            (statement, *_) = self._tree.syntax(f"{above}if 1:\n{text}" if indented else above + text).body
        except (SyntaxError, ValueError):
            return None
        found = statement.body[0] if isinstance(statement, ast.If) else statement
        # The body of a class is followed like a function, and is none.
        return _decorated(found, function) if isinstance(found, Definition) else None

    @cached_property
    def _lines(self) -> list[str]:
        return _LINE.findall(self._text())

    def _text(self) -> str:
        return self._tree.source(self._path) or ""

    def _whole(self) -> dict[str, Definition]:
        if self._all is None:
            self._all = {}
            for name, node in _definitions(self._tree.parsed(self._path), ()):
                self._all.setdefault(name, node)
            self._known |= {name: node for name, node in self._all.items() if not self._known.get(name)}
        return self._all


def _definitions(node: ast.AST | None, scope: tuple[str, ...]) -> Iterator[tuple[str, Definition]]:
    for child in (child for block in _BLOCKS for child in getattr(node, block, ())):
        inner = scope
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = (*scope, child.name)
            if not isinstance(child, ast.ClassDef):
                yield ".".join(inner), child
        yield from _definitions(child, inner)
