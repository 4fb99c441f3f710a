"""Where the rows of one query go beyond a function: into calls, members of their model, templates."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, TypeVar

from codemods._template_rows import TemplateRows
from codemods.index import Index
from codemods.index.calls import Key
from codemods.index.definitions import Definition
from codemods.index.facts import Call, Function, dotted

M = TypeVar("M")
Way = tuple[str, ...]
Where = tuple[str, int]
_DEPTH = 4  # calls that rows are followed into
_PROPERTIES = frozenset({"property", "cached_property", "hybrid_property", "reify", "memoized_property"})


@dataclass(frozen=True, slots=True)
class Rows(Generic[M]):
    """Rows of a query, or what relations lead to from them: all of them, or one at a time in a loop.

    `depth` counts the conditions around the loop that takes them one by one, `manager` is a collection that only
    `.all()` makes rows of.
    """

    model: M
    way: Way = ()
    each: bool = False
    depth: int = 0
    manager: bool = False


Value = Rows[M] | dict[str, Rows[M]] | None


class Mapper(Protocol[M]):
    """What an ORM knows about a model."""

    managed: bool  # collections are managers, read with `.all()`

    def relation(self, model: M, name: str) -> tuple[M, bool] | None:
        """The target of a relation and whether it is a collection."""

    def place(self, model: M) -> Key:
        """Where the class of the model stands."""


class Sources:
    """What traces of one checkout share."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.templates = TemplateRows(index.tree)

    def node(self, key: Key) -> Definition | None:
        """The definition of a function."""
        return self.index.definitions.of(key[0]).get(key[1])

    def notice(self, start: Key, rows: "Rows[Any]", name: str, function: Function, node: ast.Attribute) -> None:
        """Told of every attribute that is read on one row, whether on all rows or not; `start` began the trace."""


@dataclass
class Trace(Generic[M]):
    """What is found on the way of one query's rows."""

    sources: Sources
    mapper: Mapper[M]
    home: Key
    reads: dict[Way, Where] = field(default_factory=dict)
    written: set[Way] = field(default_factory=set)
    visited: dict[Key, None] = field(default_factory=dict)
    below: dict[Key, None] = field(default_factory=dict)  # those among the visited that rows are handed down to
    _inside: list[tuple[Key, Any]] = field(default_factory=list)

    def walk(self, key: Key, names: Mapping[str, Value[M]], origin: Any = None) -> Rows[M] | None:
        """Read a function; the rows that it returns."""
        from codemods._row_flow import Flow  # each builds on the other

        node, function = self.sources.node(key), self.sources.index.calls.function(key)
        mark = (key, tuple(sorted(names)))
        if node is None or function is None or mark in self._inside or len(self._inside) > _DEPTH:
            return None
        self.visited.setdefault(key)
        if self._inside or origin is None:
            self.below.setdefault(key)
        self._inside.append(mark)
        flow: Flow[M] = Flow(self, function, dict(names), origin or _nowhere)
        flow.block(node.body)
        self._inside.pop()
        return flow.returned

    @property
    def start(self) -> Key:
        """The function that the rows are followed from."""
        return self._inside[0][0]

    def attribute(self, row: Rows[M], name: str, where: Where, *, certain: bool) -> Rows[M] | None:
        """Read an attribute of one row: what it leads to."""
        found = self.mapper.relation(row.model, name)
        if found is None:
            return self.member(row, name, called=False) if certain else None
        target, many = found
        after = Rows(target, (*row.way, name), not many, row.depth, many and self.mapper.managed)
        if not after.manager:
            self._note(after, where, certain)
        return after

    def all_of(self, rows: Rows[M], where: Where, certain: bool) -> Rows[M]:
        """The rows of a manager."""
        self._note(rows, where, certain)
        return replace(rows, manager=False)

    def _note(self, rows: Rows[M], where: Where, certain: bool) -> None:
        if certain:
            self.reads.setdefault(rows.way, where)

    def member(self, row: Rows[M], name: str, *, called: bool) -> Rows[M] | None:
        """Read what a method or property of the model reads on its own row."""
        class_ = self.mapper.place(row.model)
        for path, owner in self.sources.index.calls.lineage(class_) if class_[0] else ():
            key = (path, f"{owner}.{name}")
            if (node := self.sources.node(key)) is None:
                continue
            is_property = any(dotted(d).rpartition(".")[2] in _PROPERTIES for d in node.decorator_list)
            if node.args.args and is_property is not called:
                self.walk(key, {node.args.args[0].arg: replace(row, depth=0)})
            return None
        return None

    def passed(
        self, function: Function, call: ast.Call, given: list[Rows[M] | None], named: Mapping[str, Rows[M]]
    ) -> Rows[M] | None:
        """Follow rows into the one function that a call means; the rows that it returns."""
        targets = list(self.sources.index.calls.targets(function, Call(callee(call.func), call.lineno)))
        node = self.sources.node(targets[0]) if len(targets) == 1 else None
        if node is None:
            return None
        params = [a.arg for a in [*node.args.posonlyargs, *node.args.args]]
        method = "." in targets[0][1] and params[:1] in (["self"], ["cls"])
        names = dict(zip(params[method:], given, strict=False)) | dict(named)
        return self.walk(targets[0], {name: replace(rows, depth=0) for name, rows in names.items() if rows})

    def rendered(self, template: str, variable: str, rows: Rows[M]) -> None:
        """Follow rows into a template that loops over a variable."""
        for path, where in self.sources.templates.reads(template, variable):
            self.follow(replace(rows, each=True, depth=0), path, where)

    def follow(self, row: Rows[M], path: Way, where: Where) -> Rows[M] | None:
        """Read a path of attributes on one row: what it leads to."""
        at: Rows[M] | None = row
        for name in path:
            if at is None:
                return None
            if at.manager:
                at = replace(self.all_of(at, where, certain=True), each=True) if name == "all" else None
            else:
                at = self.attribute(replace(at, each=True), name, where, certain=True)
        return at

    def page_templates(self, function: Function) -> set[str]:
        """Templates that a returned dictionary is rendered with: those of the decorators."""
        constants = (n for d in function.decorators for n in ast.walk(d) if isinstance(n, ast.Constant))
        return function.templates & {str(n.value) for n in constants}


def _nowhere(_node: ast.expr, _function: Function) -> None:
    """The origin of a function whose names alone stand for rows."""


def callee(func: ast.expr) -> str:
    """The dotted source of what is called, `Posts().page` on a new instance."""
    if not dotted(func) and isinstance(func, ast.Attribute) and isinstance(func.value, ast.Call):
        made_by = dotted(func.value.func)
        return f"{made_by}().{func.attr}" if made_by else ""
    return dotted(func)
