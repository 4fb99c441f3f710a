"""What expressions stand for while rows of a query are followed: rows, one row, or a context of rows for a template."""

import ast
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Generic

from codemods._row_trace import M, Rows, Trace, Value, Where
from codemods.index.facts import Function, dotted, is_template
from codemods.index.queries import EXECUTORS

Origin = Callable[[ast.expr, Function], Rows[M] | None]
HANDFUL = 5  # rows below which a loop over them is not worth a finding
# Steps of a query, a result or a list after which it still stands for the same rows.
_SAME = frozenset(
    {"all", "filter", "filter_by", "where", "order_by", "limit", "offset", "slice", "scalars", "unique", "yield_per"}
    | {"fetchall", "execution_options", "params", "join", "outerjoin", "select_from", "exclude", "distinct", "iterator"}
    | {"reverse", "using", "annotate", "paginate", "copy", "with_for_update", "select_for_update"}
)
_LOADERS = frozenset({"options", "select_related", "prefetch_related"})
_WRAPPERS = frozenset({"list", "tuple", "set", "sorted", "reversed", "enumerate", "iter"})
_STOP_EARLY = frozenset({"any", "all", "next"})
_PAGE = frozenset({"items", "object_list"})  # of a page of rows


class Values(Generic[M]):
    """Reads expressions, from names that stand for rows or an origin that says which expression is a query."""

    def __init__(self, trace: Trace[M], function: Function, names: dict[str, Value[M]], origin: Origin[M]) -> None:
        self.trace = trace
        self.function = function
        self.names = dict(names)
        self.origin = origin
        self.guards: list[str] = []
        self.returned: Rows[M] | None = None

    def value(self, node: ast.expr) -> Value[M]:
        """Read an expression; the rows that it stands for, if it is known to."""
        if (rows := self.origin(node, self.function)) is not None:
            self.children(node)
            return rows
        match node:
            case ast.Name(id=name):
                return self.names.get(name)
            case ast.Attribute(value=value, attr=attr):
                return self._attribute(self.value(value), attr, node)
            case ast.Call():
                return self._call(node)
            case ast.Subscript(value=value, slice=index):
                self.value(index)
                return self._subscript(self.value(value), index)
            case ast.Await(value=value) | ast.Starred(value=value):
                return self.value(value)
            case ast.NamedExpr(target=target, value=value):
                found = self.value(value)
                self.bind(target, found)
                return found
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self.value(test)
                return _first(self._on_some(ast.unparse(test), part) for part in (body, orelse))
            case ast.BoolOp(values=[first, *rest]):
                return _first([self.value(first), *(self._on_some(ast.unparse(first), part) for part in rest)])
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._comprehension(node)
            case _:
                return self._other(node)

    def _other(self, node: ast.expr) -> Value[M]:
        match node:
            case ast.Dict(keys=keys, values=values):
                found = [(key, self.value(value)) for key, value in zip(keys, values, strict=True)]
                return {
                    str(key.value): rows
                    for key, rows in found
                    if isinstance(key, ast.Constant) and isinstance(rows, Rows)
                }
            case ast.FormattedValue(value=value):
                self._text_of(self.value(value))
            case ast.Yield(value=ast.expr() as value):
                found_row = self.value(value)
                if isinstance(found_row, Rows) and found_row.each and self._on_all(found_row):
                    self.give(replace(found_row, each=False))
            case ast.YieldFrom(value=value):
                self.give(self.value(value))
            case ast.Lambda():
                pass
            case _:
                self.children(node)
        return None

    def _attribute(self, base: Value[M], name: str, node: ast.Attribute) -> Rows[M] | None:
        if not isinstance(base, Rows):
            return None
        if not base.each:
            return base if name in _PAGE and not base.manager else None
        self.trace.sources.notice(self.trace.start, base, name, self.function, node)
        return self.trace.attribute(base, name, self._where(node), certain=self._on_all(base, name))

    def _call(self, node: ast.Call) -> Value[M]:
        match node:
            case ast.Call(func=ast.Name(id=name), args=[ast.GeneratorExp() as rows, *_]) if name in _STOP_EARLY:
                self._comprehension(rows, left_early=True)
                return None
            case ast.Call(func=ast.Attribute(value=inner, attr=name)):
                base = self.value(inner)
            case _:
                name, base = dotted(node.func), None
        given = [self.value(argument) for argument in node.args]
        named = {k.arg: self.value(k.value) for k in node.keywords}
        if isinstance(base, Rows):
            return self._method(base, name, node)
        first = given[0] if given else None
        if isinstance(first, Rows) and name in EXECUTORS | _WRAPPERS:
            return None if first.each or first.manager else first
        if name == "str":
            self._text_of(first)
        for template in [a.value for a in node.args if isinstance(a, ast.Constant) and is_template(a.value)]:
            contexts = [v for v in [*given, *named.values()] if isinstance(v, dict)]
            for context in [{k: v for k, v in named.items() if k and isinstance(v, Rows)}, *contexts]:
                self._render(template, context)
        certain = [v if isinstance(v, Rows) and self._on_all(v) else None for v in given]
        by_name = {k: v for k, v in named.items() if k and isinstance(v, Rows) and self._on_all(v)}
        return self.trace.passed(self.function, node, certain, by_name) if any(certain) or by_name else None

    def _method(self, base: Rows[M], name: str, node: ast.Call) -> Rows[M] | None:
        if base.manager:
            return self.trace.all_of(base, self._where(node), self._on_all(base)) if name == "all" else None
        if base.each:
            return self.trace.member(base, name, called=True) if self._on_all(base) else None
        few = name == "limit" and any(isinstance(a, ast.Constant) and _few(a) for a in node.args)
        loads = name in _LOADERS and self.trace.home == (self.function.path, self.function.qualname)
        return base if (name in _SAME or loads) and not few else None

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, *, left_early: bool = False
    ) -> Rows[M] | None:
        names, depth = dict(self.names), len(self.guards)
        for generator in node.generators:
            self.loop_names(generator.target, generator.iter, self.value(generator.iter))
            for test in generator.ifs:
                self.value(test)
                self.guards.append(ast.unparse(test))
        self.guards += [""] * left_early
        parts = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        found = [self.value(part) for part in parts]
        kept = len(self.guards) == depth and not isinstance(node, ast.DictComp)
        self.names = names
        del self.guards[depth:]
        row = found[0]
        return replace(row, each=False) if kept and isinstance(row, Rows) and row.each and not row.way else None

    def _subscript(self, base: Value[M], index: ast.expr) -> Rows[M] | None:
        sliced = isinstance(index, ast.Slice) and not _few(index.upper)
        return base if sliced and isinstance(base, Rows) and not base.each and not base.manager else None

    def loop_names(self, target: ast.expr, source: ast.expr, rows: Value[M]) -> None:
        match target, source:
            case ast.Tuple(elts=[_, second]), ast.Call(func=ast.Name(id="enumerate")):
                self.bind(second, self._one(rows))
            case ast.Tuple(elts=elements), ast.Call(func=ast.Name(id="zip"), args=given) if len(elements) == len(given):
                for element, argument in zip(elements, given, strict=True):
                    self.bind(element, self._one(self.value(argument)))
            case ast.Tuple(elts=[only]), _:
                self.bind(only, self._one(rows))
            case _:
                self.bind(target, self._one(rows))

    def _one(self, rows: Value[M]) -> Rows[M] | None:
        """One row of a list, as a loop has it."""
        if not isinstance(rows, Rows) or rows.each or rows.manager:
            return None
        return replace(rows, each=True, depth=rows.depth if rows.way else len(self.guards))

    def bind(self, target: ast.expr, found: Value[M]) -> None:
        match target:
            case ast.Name(id=name):
                self.names[name] = found
            case ast.Attribute(value=value, attr=attr):
                if isinstance(base := self.value(value), Rows):
                    self.trace.written.add((*base.way, attr))
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(key))):
                if isinstance(found, Rows):  # context["posts"] = posts
                    known = self.names.get(name)
                    self.names[name] = {**known, key: found} if isinstance(known, dict) else {key: found}
            case ast.Starred(value=rest):
                self.bind(rest, None)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                for element in elements:
                    self.bind(element, None)
            case _:
                self.children(target)

    def give(self, found: Value[M]) -> None:
        if isinstance(found, Rows) and not found.each and not found.way:
            self.returned = self.returned or found
        elif isinstance(found, dict):
            for template in self.trace.page_templates(self.function):
                self._render(template, found)

    def _on_some(self, test: str, node: ast.expr) -> Value[M]:
        self.guards.append(test)
        found = self.value(node)
        self.guards.pop()
        return found

    def _on_all(self, rows: Rows[M], name: str = "") -> bool:
        """Whether every row gets here; a test of the key column is the None check of a relation."""
        if not rows.each and not rows.way:
            return True
        return all(_tests_keys(guard, (*rows.way, name)) for guard in self.guards[rows.depth :])

    def _text_of(self, found: Value[M]) -> None:
        if isinstance(found, Rows) and found.each and self._on_all(found):
            self.trace.member(found, "__str__", called=True)

    def _render(self, template: str, context: dict[str, Rows[M]]) -> None:
        for name, rows in context.items():
            if not rows.each and not rows.manager:
                self.trace.rendered(template, name, rows)

    def _where(self, node: ast.AST) -> Where:
        return self.function.path, getattr(node, "lineno", self.function.line)

    def children(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child)
            else:
                self.children(child)


def _first(found: Iterable[Value[M]]) -> Value[M]:
    return next(iter([value for value in found if value is not None]), None)


def _few(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value < HANDFUL


def _tests_keys(test: str, way: tuple[str, ...]) -> bool:
    words = set(re.findall(r"\.(\w+)", test))
    return bool(words) and words <= {f"{name}_id" for name in way}
