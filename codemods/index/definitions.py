"""The syntax of a file's functions and methods: of one that is asked for, no more than its own lines are parsed."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cached_property

from codemods.index.facts import Function
from codemods.index.tree import Tree

Definition = ast.FunctionDef | ast.AsyncFunctionDef
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

    def named(self, path: str, name: str) -> list[Definition]:
        """The functions and methods of that name in one file."""
        file = self.of(path)
        return file.named(name) if isinstance(file, _File) else []

    def of(self, path: str) -> Mapping[str, Definition]:
        """Qualified name -> function of one file; empty when the file is skipped."""
        if path not in self._files:
            self._files[path] = _File(self._tree, path) if self._tree.module(path) else {}
        return self._files[path]


def asked(tree: Tree, kind: str, path: str, name: str) -> str | None:
    """The answer to a question of a trace; None when the file is skipped."""
    return _File(tree, path).asked(kind, name) if tree.module(path) else None


def _decorated(found: Definition, function: Function) -> Definition:
    found.decorator_list = list(function.decorators)
    return found


class _File(Mapping[str, Definition]):
    """One file; going through all of it parses all of it."""

    def __init__(self, tree: Tree, path: str) -> None:
        self._tree, self._path = tree, path
        self._known: dict[str, Definition | None] = {}
        self._all: dict[str, Definition] | None = None
        self._unasked: set[str] = set()  # names that are known before anybody has asked for them

    def __getitem__(self, name: str) -> Definition:
        if name not in self._known:
            self._known[name] = self._find(name)
        elif name in self._unasked:
            self._unasked.remove(name)
            self._note(name, self._known[name])
        found = self._known[name]
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        self._tree.source(self._path)
        return iter(self._whole())

    def __len__(self) -> int:
        self._tree.source(self._path)
        return len(self._whole())

    def named(self, name: str) -> list[Definition]:
        """Those whose own name it is."""
        found = [node for whole, node in self._whole().items() if whole.rpartition(".")[2] == name]
        self._tree.note(self._path, ("named", self._path, name), self._spelled(*found))
        return found

    def asked(self, kind: str, name: str) -> str:
        """The answer to a question of a trace, about a function elsewhere than facts say or those of a name."""
        if kind == "named":
            found = [node for whole, node in self._whole().items() if whole.rpartition(".")[2] == name]
            return self._spelled(*found)
        one = self._elsewhere(name)
        return self._spelled(one) if one else ""

    def _elsewhere(self, name: str) -> Definition | None:
        return self._whole().get(name) if name.rpartition(".")[2] in self._names else None

    def _spelled(self, *found: Definition) -> str:
        """Functions as they are written, with their lines."""
        firsts = [min(node.lineno for node in (function, *function.decorator_list)) for function in found]
        return "\0".join(
            f"{first} {self._tree.lines(self._path, first, function.end_lineno or first, quiet=True)}"
            for first, function in zip(firsts, found, strict=True)
        )

    def _find(self, name: str) -> Definition | None:
        module = self._tree.module(self._path)
        if module is None or name.endswith(">"):  # the body of a class or of the file
            return None
        if name in module.functions and (found := self._parsed(module.functions[name])):
            return found
        found = self._elsewhere(name)
        self._note(name, found)
        return found

    def _note(self, name: str, found: Definition | None) -> None:
        self._tree.note(self._path, ("definition", self._path, name), self._spelled(found) if found else "")

    @cached_property
    def _names(self) -> set[str]:
        """All that the text can define."""
        return set(_NAME.findall(self._tree.text(self._path) or ""))

    def _parsed(self, function: Function) -> Definition | None:
        """The function from its own lines; None when these alone are no statement, as those of two branches."""
        text = self._tree.lines(self._path, function.line, function.end_line)
        indented = text[:1].isspace()
        above = "\n" * (function.line - (2 if indented else 1))  # so that the parser counts the lines as they are
        try:
            (statement, *_) = self._tree.syntax(f"{above}if 1:\n{text}" if indented else above + text).body
        except (SyntaxError, ValueError):
            return None
        found = statement.body[0] if isinstance(statement, ast.If) else statement
        # The body of a class is followed like a function, and is none.
        return _decorated(found, function) if isinstance(found, Definition) else None

    def _whole(self) -> dict[str, Definition]:
        if self._all is None:
            self._all = {}
            for name, node in _definitions(self._tree.syntax_of(self._path), ()):
                self._all.setdefault(name, node)
            news = {name: node for name, node in self._all.items() if not self._known.get(name)}
            self._unasked = news.keys() - self._known.keys()
            self._known |= news
        return self._all


def _definitions(node: ast.AST | None, scope: tuple[str, ...]) -> Iterator[tuple[str, Definition]]:
    for child in (child for block in _BLOCKS for child in getattr(node, block, ())):
        inner = scope
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = (*scope, child.name)
            if not isinstance(child, ast.ClassDef):
                yield ".".join(inner), child
        yield from _definitions(child, inner)
