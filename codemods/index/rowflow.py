"""Where the rows of a query go, and which attribute paths are read on them on the way.

An abstract run: it starts at a query expression, follows its rows through names, loops, containers and objects, into
the functions they are handed to, and up into the callers they are returned to. A path is what is read from a row on,
for example ("author", "address", "city"); a method stands as "name()". Containers are transparent: a list of rows, a
dictionary of rows and a row are one path. What it cannot see it leaves out.
"""

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from codemods.index.calls import Calls, Key
from codemods.index.definitions import Definition, Definitions
from codemods.index.facts import Call, Function, Query, callee_of, dotted
from codemods.index.queries import SINGLE_ROW

Path = tuple[str, ...]
Span = tuple[int, int, int, int]
Context = tuple[str, ...]  # the branches around a read, outermost first; empty when every row comes there
_DOWN, _UP, _VISITS, _TARGETS, _CALLERS, _BRANCHES = 6, 4, 400, 4, 12, 4

# Methods that hand out the same rows: of queries, results, managers and containers.
SAME_ROWS = frozenset(
    {"all", "filter", "filter_by", "where", "order_by", "options", "join", "outerjoin", "limit", "offset", "distinct"}
    | {"first", "one", "one_or_none", "scalars", "scalar", "unique", "fetchall", "partitions", "yield_per", "slice"}
    | {"first_or_404", "get_or_404", "paginate", "with_for_update", "execution_options", "params", "reverse", "copy"}
    | {"get", "values", "items", "pop", "popitem", "append", "add", "extend", "insert", "setdefault", "union"}
    | {"exclude", "annotate", "select_related", "prefetch_related", "iterator", "only", "defer", "last"}
)
_KEEPS = frozenset({"append", "add", "insert", "extend", "appendleft", "setdefault", "update"})
_EXECUTES = frozenset({"execute", "scalars", "scalar", "stream", "stream_scalars", "exec", "paginate", "fetch_all"})


@dataclass
class Seen:
    """What is read on the rows of one origin.

    Attributes:
        paths: attribute path -> the contexts in which it is read.
        keys: names under which rows are handed to templates, with what they stand for.
        visited: the functions that rows pass through.
        handed: (class or instance as written, function that writes it, path): what serializers are given.
    """

    paths: dict[Path, set[Context]] = field(default_factory=dict)
    keys: dict[str, set[Path]] = field(default_factory=dict)
    visited: set[Key] = field(default_factory=set)
    handed: set[tuple[str, Key, Path]] = field(default_factory=set)
    returned: set[Path] = field(default_factory=set)


class RowFlow:
    """Runs of rows through a tree."""

    def __init__(self, calls: Calls, definitions: Definitions) -> None:
        self._calls = calls
        self._definitions = definitions

    def of_query(self, key: Key, query: Query, through: Collection[Key]) -> Seen:
        """What is read on the rows of a query of a function; callers outside `through` do not count."""
        run = _Run(self._calls, self._definitions, through)
        run.start(key, {query.chain: query.depth})
        return run.seen

    def of_names(self, key: Key, names: Mapping[str, Path]) -> Seen:
        """What one function reads on names, for example on `self`, with what it calls."""
        run = _Run(self._calls, self._definitions, frozenset())
        run.seen.returned = run.down(key, dict(names), 0, ())
        return run.seen


class _Run:
    """One origin's run: visits each function once per binding."""

    def __init__(self, calls: Calls, definitions: Definitions, through: Collection[Key]) -> None:
        self.calls = calls
        self.definitions = definitions
        self.through = through
        self.seen = Seen()
        self.sources: dict[Key, Path] = {}  # functions that return rows
        self.attributes: dict[str, Path] = {}  # properties that do
        self.closures: dict[Key, dict[str, Path]] = {}
        self._memo: dict[tuple[Key, frozenset[tuple[str, Path]], Context], tuple[int, set[Path]]] = {}
        self._kept: set[tuple[Key, str, Path]] = set()
        self._left = _VISITS

    def start(self, key: Key, spans: Mapping[Span, int]) -> None:
        """Run the function that holds the origin, then the callers that its rows are returned to."""
        level = {key: self._visit(key, {}, spans, (), 0)}
        for _ in range(_UP):
            level = dict(self._up(level))

    def _up(self, level: dict[Key, set[Path]]) -> Iterator[tuple[Key, set[Path]]]:
        for key, returned in level.items():
            if not returned:
                continue
            self.sources[key] = min(returned, key=len)
            if self.calls.is_property(key):
                self.attributes[key[1].rpartition(".")[2]] = self.sources[key]
            takers = [*self.calls.takers(key), *self._around(key)]
            callers = [c for c in takers if c in self.through] if self.through else takers
            for caller in callers[:_CALLERS]:
                yield caller, self._visit(caller, {}, {}, (), 1)

    def _around(self, key: Key) -> list[Key]:
        """The function that a nested one is defined in, and which may hand it on."""
        outer = (key[0], key[1].rpartition(".")[0])
        return [outer] if self.calls.function(outer) else []

    def down(self, key: Key, names: dict[str, Path], depth: int, context: Context) -> set[Path]:
        """What a function that is handed rows returns of them."""
        return self._visit(key, names, {}, context, depth + 1) if depth < _DOWN else set()

    def keep(self, function: Function, name: str, path: Path, depth: int) -> None:
        """`self.name = rows`: every method of the class sees them."""
        owner = self.calls.owner(function)
        if owner is None or (owner, name, path) in self._kept or depth >= _DOWN:
            return
        self._kept.add((owner, name, path))
        methods = dict.fromkeys(m for class_ in [owner, *self.calls.below(owner)] for m in self.calls.members(class_))
        methods.pop((function.path, function.qualname), None)
        for method in [m for m in methods if m in self.through] or methods:
            self._visit(method, {f"self.{name}": path}, {}, (), depth + 1)

    def _visit(
        self, key: Key, names: dict[str, Path], spans: Mapping[Span, int], context: Context, depth: int
    ) -> set[Path]:
        function, node = self.calls.function(key), self.definitions.get(key)
        asked = (key, frozenset(names.items()), context)
        known = self._memo.get(asked)
        if known and known[0] <= depth and not (self.sources and not names):
            return known[1]  # nearer to the origin, a function is followed further
        if function is None or node is None or not self._left:
            return set()
        self._left -= 1
        if names or spans:
            self.seen.visited.add(key)
        self._memo[asked] = depth, set()  # a function that calls itself ends here
        reader = _Reader(self, function, {**self.closures.get(key, {}), **names}, spans, depth)
        reader.context = context
        reader.block(node.body)
        if reader.returned:
            self.seen.visited.add(key)
            self.seen.handed |= {(word, key, path) for word in _promised(node) for path in reader.returned}
        self._memo[asked] = depth, reader.returned
        return reader.returned


def _promised(node: Definition) -> set[str]:
    """Names of classes in the decorators and the return annotation of a function: what its result is shown through."""
    nodes = [*node.decorator_list, *([node.returns] if node.returns else [])]
    names = {dotted(part) for top in nodes for part in ast.walk(top) if isinstance(part, ast.Name | ast.Attribute)}
    return {name for name in names if name.rpartition(".")[2][:1].isupper()}


class _Reader:
    """Evaluates one function's body in order; every expression once."""

    def __init__(
        self, run: _Run, function: Function, names: dict[str, Path], spans: Mapping[Span, int], depth: int
    ) -> None:
        self.run = run
        self.function = function
        self.key = (function.path, function.qualname)
        self.names = names
        self.spans = spans
        self.depth = depth
        self.context: Context = ()
        self.returned: set[Path] = set()

    # ---- statements ----

    def block(self, body: Iterable[ast.stmt]) -> None:
        """Run statements; what follows an `if` that leaves the block is read on some rows only."""
        before = self.context
        for statement in body:
            self.statement(statement)
            if isinstance(statement, ast.If) and isinstance(statement.body[-1], ast.Continue):
                self.context = self._in(statement.test, "not")
        self.context = before

    def _perhaps(self, body: Sequence[ast.stmt]) -> None:
        if body:
            before, self.context = self.context, self._in(body[0])
            self.block(body)
            self.context = before

    def _in(self, node: ast.AST, word: str = "") -> Context:
        """The context of what stands in a branch, which is named by its place."""
        place = f"{self.function.path}:{getattr(node, 'lineno', 0)}:{getattr(node, 'col_offset', 0)}{word}"
        return (*self.context, place) if len(self.context) < _BRANCHES else self.context

    def statement(self, node: ast.stmt) -> None:  # noqa: C901 - one arm per kind of statement
        """Run one statement."""
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                inner = (self.function.path, f"{self.function.qualname}.{node.name}")
                self.run.closures[inner] = dict(self.names)
                self.run.down(inner, {}, self.depth, self._in(node))
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
            case ast.If(test=test, body=body, orelse=orelse):
                self.value(test)
                self._perhaps(body)
                self._perhaps(orelse)
            case ast.While(test=test, body=body, orelse=orelse):
                self.value(test)
                self.block([*body, *orelse])
            case ast.Try():
                self.block(node.body)
                for handler in node.handlers:
                    self._perhaps(handler.body)
                self.block([*node.orelse, *node.finalbody])
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    path = self.value(item.context_expr)
                    if item.optional_vars is not None:
                        self.bind(item.optional_vars, path)
                self.block(node.body)
            case ast.Return(value=ast.expr() as value):
                if (path := self.value(value)) is not None:
                    self.returned.add(path)
            case ast.Match(subject=subject, cases=cases):
                self.value(subject)
                for case_ in cases:
                    self._perhaps(case_.body)
            case ast.ClassDef():
                return
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self.value(child)

    def bind(self, target: ast.expr, path: Path | None) -> None:
        """A name, an attribute of self or an item of a container stands for a path now, or for nothing known."""
        match target:
            case ast.Name(id=name):
                self._set(name, path)
            case ast.Attribute(value=ast.Name(id="self"), attr=attr):
                self._set(f"self.{attr}", path)
                if path is not None:
                    self.run.keep(self.function, attr, path, self.depth)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                for element in elements:
                    self.bind(element, path)
            case ast.Starred(value=value):
                self.bind(value, path)
            case ast.Subscript(value=container, slice=index):
                self.value(index)
                if path is not None:
                    self._hold(container, path)
                    if isinstance(index, ast.Constant) and isinstance(index.value, str):
                        self.run.seen.keys.setdefault(index.value, set()).add(path)
            case _:
                self.value(target)

    def _set(self, name: str, path: Path | None) -> None:
        if path is None:
            self.names.pop(name, None)
        else:
            self.names[name] = path

    def _hold(self, container: ast.expr, path: Path) -> None:
        """A container that is given rows stands for them, unless it stands for some already."""
        while isinstance(container, ast.Call | ast.Subscript | ast.Attribute) and not dotted(container):
            inner = container.func if isinstance(container, ast.Call) else container
            container = inner.value if isinstance(inner, ast.Attribute | ast.Subscript) else inner
        name = dotted(container)
        if name and name not in self.names:
            self.names[name] = path
            if name.startswith("self."):
                self.run.keep(self.function, name.removeprefix("self."), path, self.depth)

    def _read(self, path: Path) -> None:
        self.run.seen.paths.setdefault(path, set()).add(self.context)
        self.run.seen.visited.add(self.key)

    # ---- expressions ----

    def value(self, node: ast.expr) -> Path | None:  # noqa: C901 - one arm per kind of expression
        """Read an expression; the path that it stands for."""
        if (span := _span(node)) in self.spans and isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
            return self._origin(node, self.spans[span])
        match node:
            case ast.Name(id=name):
                nested = (self.function.path, f"{self.function.qualname}.{name}")
                return self.names.get(name, self.run.sources.get(nested))
            case ast.Attribute(value=value, attr=attr):
                if (kept := self.names.get(dotted(node))) is not None:
                    return kept
                base = self.value(value)
                if base is None:
                    return self.run.attributes.get(attr)
                self._read((*base, attr))
                return (*base, attr)
            case ast.Call():
                return self._call(node)
            case ast.Subscript(value=value, slice=index):
                self.value(index)
                base = self.value(value)
                if base is not None and isinstance(index, ast.Constant) and isinstance(index.value, str):
                    self._read((*base, index.value))  # rows that are read like dictionaries
                return base
            case ast.Await(value=value) | ast.Starred(value=value) | ast.FormattedValue(value=value):
                return self.value(value)
            case ast.NamedExpr(target=target, value=value):
                path = self.value(value)
                self.bind(target, path)
                return path
            case ast.BoolOp(values=[first, *rest]):
                return _first([self.value(first), *self._guarded(rest)])
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self.value(test)
                return _first(self._guarded([body, orelse]))
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                return _first([self.value(element) for element in elements])
            case ast.Dict(keys=keys, values=values):
                return _first([self._item(k, v) for k, v in zip(keys, values, strict=True)])
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._comprehension(node)
            case ast.Lambda(body=body):
                return self._guarded([body])[0]
            case ast.Yield(value=ast.expr() as value) | ast.YieldFrom(value=value):
                if (path := self.value(value)) is not None:
                    self.returned.add(path)
                return None
            case ast.BinOp(left=left, right=right):
                return _first([self.value(left), self.value(right)])
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
        before, self.spans = self.spans, {_span(end): 0}
        path = self.value(node)
        self.spans = before
        return path

    def _guarded(self, nodes: Iterable[ast.expr]) -> list[Path | None]:
        found = []
        before = self.context
        for node in nodes:
            self.context = self._in(node)
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
                self.context = self._in(test)
        parts = (node.value, node.key) if isinstance(node, ast.DictComp) else (node.elt,)
        path = _first([self.value(part) for part in parts])
        self.context, self.names = before, outer
        return path

    def _call(self, node: ast.Call) -> Path | None:
        func = node.func
        base = self.value(func.value) if isinstance(func, ast.Attribute) else None
        name = func.attr if isinstance(func, ast.Attribute) else dotted(func)
        lambdas = [a for a in [*node.args, *(k.value for k in node.keywords)] if isinstance(a, ast.Lambda)]
        given = [None if a in lambdas else self.value(a) for a in node.args]
        named = {k.arg: None if k.value in lambdas else self.value(k.value) for k in node.keywords}
        for key, path in named.items():
            if key and path is not None:
                self.run.seen.keys.setdefault(key, set()).add(path)
        rows = _first([base, *given, *named.values()])
        if rows is not None:
            self._applied(node, lambdas, rows)
        if base is not None:
            return self._method(base, name, node)
        if isinstance(func, ast.Name) and func.id in self.names:
            return self.names[func.id]  # a function that was handed over and returns rows
        if name in _KEEPS and rows is not None and isinstance(func, ast.Attribute):
            self._hold(func.value, rows)
            return rows
        if name in ("getattr", "attrgetter") and len(node.args) > 1 and given[0] is not None:
            return self._named_attribute(given[0], node.args[1])
        return self._function(node, given, named, rows)

    def _applied(self, node: ast.Call, lambdas: list[ast.Lambda], rows: Path) -> None:
        """Functions among the arguments run on the rows: `sorted(rows, key=lambda row: ...)`, `map(show, rows)`."""
        for function in lambdas:
            outer = dict(self.names)
            self.names |= dict.fromkeys((a.arg for a in function.args.args), rows)
            self.value(function.body)
            self.names = outer
        for argument in [*node.args, *(k.value for k in node.keywords)]:
            if isinstance(argument, ast.Name | ast.Attribute) and (name := dotted(argument)) and name not in self.names:
                for key in self.run.calls.targets(self.function, Call(name, node.lineno))[:_TARGETS]:
                    self._handed(key, [rows], {})
            elif isinstance(argument, ast.Call) and dotted(argument.func).endswith("attrgetter"):
                for part in argument.args:
                    self._named_attribute(rows, part)

    def _method(self, base: Path, name: str, node: ast.Call) -> Path:
        """A method of the rows or of a row."""
        if name == "get" and node.args:
            self._named_attribute(base, node.args[0])
        if name in SAME_ROWS or name.startswith(("with_", "filter", "order")):
            self._read((*base, f"{name}()"))
            return base
        path = (*base, f"{name}()")
        self._read(path)
        return path

    def _named_attribute(self, base: Path, node: ast.expr) -> Path | None:
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            return None
        path = (*base, *node.value.split("."))
        self._read(path)
        return path

    def _function(
        self, node: ast.Call, given: list[Path | None], named: Mapping[str | None, Path | None], rows: Path | None
    ) -> Path | None:
        call = Call(callee_of(node.func), node.lineno)
        keys = list(self.run.calls.targets(self.function, call))
        if source := next((key for key in keys if key in self.run.sources), None):
            return self._given_back(source)
        if not keys and (rows is not None or self.run.sources):
            keys = self.run.calls.guesses(call)
            if source := next((key for key in keys if key in self.run.sources), None):
                return self._given_back(source)
        if rows is None:
            return None
        if call.callee:
            self.run.seen.handed.add((call.callee, self.key, rows))
        if not keys:
            return rows  # a wrapper that is not in the tree: list(), sorted(), Paginator()
        return _first([self._handed(key, given, named) for key in keys[:_TARGETS]])

    def _given_back(self, source: Key) -> Path:
        self.run.seen.visited.add(self.key)
        return self.run.sources[source]

    def _handed(self, key: Key, given: list[Path | None], named: Mapping[str | None, Path | None]) -> Path | None:
        target = self.run.calls.function(key)
        taken = list(target.params) if target else []
        bound = target is not None and target.owner is not None and not self.run.calls.is_static(key)
        params = taken[1 if bound else 0 :]
        names = {p: path for p, path in zip(params, given, strict=False) if path is not None}
        names |= {p: path for p, path in named.items() if p in taken and path is not None}
        if not names:
            return None
        returned = self.run.down(key, names, self.depth, self.context)
        return min(returned, key=len) if returned else None


def _span(node: ast.expr) -> Span:
    return node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0


def _ends_query(method: ast.expr) -> bool:
    """Whether a method hands out rows, on which nothing is a step of the query any more."""
    return isinstance(method, ast.Attribute) and method.attr in SINGLE_ROW | {"all", "fetchall"}


def _first(paths: Iterable[Path | None]) -> Path | None:
    return next((path for path in paths if path is not None), None)
