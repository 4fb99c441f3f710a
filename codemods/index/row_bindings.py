"""The names of a function that stand for rows: what binds them, and what is put into containers and objects."""

import ast
from abc import ABC, abstractmethod
from collections.abc import Mapping

from codemods.index.facts import Function, dotted
from codemods.index.rows import Context, Path, Run, Span

_BRANCHES = 4


class Bindings(ABC):
    """What one function's names stand for while its body is read in order."""

    def __init__(
        self, run: Run, function: Function, names: dict[str, Path], spans: Mapping[Span, int], depth: int
    ) -> None:
        self.run = run
        self.function = function
        self.key = (function.path, function.qualname)
        self.names = names
        self.spans = spans
        self.depth = depth
        self.context: Context = ()
        self.returned: set[Path] = set()

    @abstractmethod
    def value(self, node: ast.expr) -> Path | None:
        """Read an expression; the path that it stands for."""

    def bind(self, target: ast.expr, path: Path | None) -> None:
        """A name, an attribute of self or an item of a container stands for a path now, or for nothing known."""
        match target:
            case ast.Name(id=name):
                self.assign(name, path)
            case ast.Attribute(value=ast.Name(id="self"), attr=attr):
                self.assign(f"self.{attr}", path)
                if path is not None:
                    self.run.keep(self.function, attr, path, self.depth)
            case ast.Attribute(value=ast.Name(id="g")) if path is not None:
                self.assign(dotted(target), path)
                self.run.share(self.key, dotted(target), path, self.depth)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                for element in elements:
                    self.bind(element, path)
            case ast.Starred(value=value):
                self.bind(value, path)
            case ast.Subscript(value=container, slice=index):
                self.value(index)
                if path is not None:
                    self.hold(container, path)
                    if isinstance(index, ast.Constant) and isinstance(index.value, str):
                        self.run.seen.keys.setdefault(index.value, set()).add(path)
            case _:
                self.value(target)

    def assign(self, name: str, path: Path | None) -> None:
        """A dotted name stands for a path now, or for nothing known."""
        if path is None:
            self.names.pop(name, None)
        else:
            self.names[name] = path

    def hold(self, container: ast.expr, path: Path) -> None:
        """A container that is given rows stands for them, unless it stands for some already."""
        while isinstance(container, ast.Call | ast.Subscript | ast.Attribute) and not dotted(container):
            inner = container.func if isinstance(container, ast.Call) else container
            container = inner.value if isinstance(inner, ast.Attribute | ast.Subscript) else inner
        name = dotted(container)
        if name and name not in self.names:
            self.names[name] = path
            if name.startswith("self."):
                self.run.keep(self.function, name.removeprefix("self."), path, self.depth)

    def note(self, path: Path) -> None:
        """The path is read here."""
        self.run.seen.paths.setdefault(path, set()).add(self.context)
        self.run.seen.visited.add(self.key)

    def inside(self, node: ast.AST, word: str = "") -> Context:
        """The context of what stands in a branch, which is named by its place."""
        place = f"{self.function.path}:{getattr(node, 'lineno', 0)}:{getattr(node, 'col_offset', 0)}{word}"
        return (*self.context, place) if len(self.context) < _BRANCHES else self.context
