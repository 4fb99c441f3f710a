"""Attribute paths that a function reads on given names, through aliases and loops, and where rows go."""

import ast
from collections.abc import Collection, Iterable, Mapping

import msgspec

from codemods.index.facts import dotted

# What these return are the same rows, or some of them.
SAME_ROWS = frozenset(
    {"all", "filter", "exclude", "order_by", "select_related", "prefetch_related", "distinct", "iterator", "reverse"}
    | {"first", "last", "get", "annotate", "only", "defer", "alias", "using", "none", "earliest", "latest", "extra"}
    | {"select_for_update", "aget", "afirst", "alast", "aiterator", "union", "page", "get_page", "select_subclasses"}
    | {"values", "values_list"}  # no rows, but what is called on their manager must be seen
    | {"items", "setdefault", "pop", "copy"}  # of a dictionary or list that rows are collected in
)
_BUILTINS = frozenset(
    {"list", "tuple", "set", "sorted", "reversed", "enumerate", "iter", "zip", "filter", "any", "all", "next", "min"}
    | {"max", "sum", "dict"}
)
_COLLECTS = frozenset({"append", "add", "extend", "appendleft", "insert", "update", "push"})
_WRAPPERS = frozenset(
    {"islice", "chain", "from_iterable", "groupby", "get_object_or_404", "get_list_or_404", "filter_queryset", "tqdm"}
    | {"aget_object_or_404", "queryset_iterator", "Paginator"}
)
_PAGES = ("pagina", "batch", "chunk")  # in the name of a call that gives back some of the rows it is given
_FILTERS = ("Filter", "FilterSet", "Filterset")  # ends of the names of classes that are given rows as `queryset`
_HOLDERS = frozenset({"object_list", "qs"})  # attributes of pages and filter sets that are the rows
_TEXTS = frozenset({"str", "print", "format", "force_str", "force_text", "smart_str", "smart_text", "unicode"})
Path = tuple[str, ...]
Span = tuple[int, int, int, int]


class Accesses(msgspec.Struct, frozen=True):
    """What is read, and where rows go.

    `passed` are rows handed to a call as (callee, position or keyword, path); `exposed` those put under a name: a
    template context, a dictionary; `returned` those given back; `kept` those held in an attribute of `self`.
    In a path `all()` stands for the rows that this method of the manager before it returns.
    """

    read: frozenset[Path]
    passed: frozenset[tuple[str, int | str, Path]]
    exposed: frozenset[tuple[str, Path]]
    returned: frozenset[Path]
    kept: frozenset[tuple[str, Path]]


def accesses(
    body: Iterable[ast.stmt],
    names: Mapping[str, Path],
    span: Span | None = None,
    methods: Collection[str] = (),
    single: Collection[str] = (),
) -> Accesses:
    """The paths that statements read on `names`, each of which stands for a path already.

    A name can be dotted ("self.posts") or a call ("get_posts()"). The expression at `span` stands for rows too, and
    `methods` are those of querysets of the project's own, which give back rows. A loop over a name in `single` runs
    over what its `__iter__()` gives.
    """
    reader = _Reader(names, span, methods, single)
    for statement in body:
        reader.visit(statement)
    return Accesses(
        frozenset(reader.read), frozenset(reader.passed), frozenset(reader.exposed), frozenset(reader.returned),
        frozenset(reader.kept),
    )  # fmt: skip


class _Reader(ast.NodeVisitor):
    def __init__(
        self, names: Mapping[str, Path], span: Span | None, methods: Collection[str], single: Collection[str]
    ) -> None:
        self.single = single
        self.names = dict(names)
        self.span = span
        self.methods = SAME_ROWS.union(methods)
        self.read: set[Path] = set()
        self.passed: set[tuple[str, int | str, Path]] = set()
        self.exposed: set[tuple[str, Path]] = set()
        self.returned: set[Path] = set()
        self.kept: set[tuple[str, Path]] = set()
        self.plain: set[str] = set()  # names of lists and dictionaries, whose methods ask no database
        self.inner: set[int] = set()  # parts of a longer chain of calls, which alone would say something else

    def path(self, node: ast.expr) -> Path | None:
        """What an expression stands for, seen from the names."""
        if self.span and _span(node) == self.span:
            return ()
        match node:
            case ast.Name(id=name):
                return self.names.get(name)
            case ast.Attribute(value=value, attr=attr):
                if (known := self.names.get(dotted(node))) is not None:
                    return known
                base = self.path(value)
                return base if base is None or (not base and attr in _HOLDERS) else (*base, attr)
            case ast.Call():
                return self._of_call(node)
            case ast.Subscript() | ast.Await() | ast.Starred() | ast.NamedExpr():
                return self.path(node.value)
            case ast.BoolOp(values=values):
                return next((p for p in map(self.path, values) if p is not None), None)
            case ast.IfExp(body=one, orelse=other):
                first = self.path(one)
                return first if first is not None else self.path(other)
            case ast.ListComp(elt=ast.Name() as one) | ast.GeneratorExp(elt=ast.Name() as one):
                return self.path(one)
            case ast.SetComp(elt=ast.Name() as one) | ast.DictComp(value=ast.Name() as one):
                return self.path(one)
        return None

    def _of_call(self, node: ast.Call) -> Path | None:
        callee = dotted(node.func)
        if callee and (known := self.names.get(f"{callee}()")) is not None:
            return known
        last = node.func.attr if isinstance(node.func, ast.Attribute) else callee
        match node:
            case ast.Call(func=ast.Name(id="getattr"), args=[value, ast.Constant(value=str(attr)), *_]):
                base = self.path(value)
                return None if base is None else (*base, attr)
            case ast.Call(func=ast.Attribute(value=value)) if last in self.methods:
                base = self.path(value)
                if base is not None:
                    asks = base and not (isinstance(value, ast.Name) and value.id in self.plain)
                    return (*base, f"{last}()") if asks else base
        if callee in _BUILTINS or last in _WRAPPERS or any(word in last.lower() for word in _PAGES):
            given = [*node.args, *(k.value for k in node.keywords)]
            return next((p for p in map(self.path, given) if p is not None), None)
        if last.endswith(_FILTERS):  # loops over it, and pages of it, are rows that it was given
            named = (k.value for k in node.keywords if k.arg == "queryset")
            return next((p for p in map(self.path, [*named, *node.args[1:2]]) if p is not None), None)
        return None

    def rows(self, node: ast.expr) -> Path | None:
        """The path of what a loop runs over; noted as read, since a manager's rows may be all that is."""
        path = self.path(node)
        if path and id(node) not in self.inner:
            self.read.add(path)
        return path

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.ctx, ast.Load):
            self.rows(node)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if self.rows(node):
            self._chained(node)
        callee = dotted(node.func)
        if isinstance(node.func, ast.Attribute) and not callee:
            made_by = dotted(node.func.value.func) if isinstance(node.func.value, ast.Call) else ""
            callee = f"{made_by}().{node.func.attr}" if made_by else f"?.{node.func.attr}"
        if callee in _TEXTS or callee.rpartition(".")[2] == "format":
            for value in [*node.args, *(k.value for k in node.keywords)]:
                self._as_text(value)
        given: list[tuple[int | str, ast.expr]] = list(enumerate(node.args))
        for position, argument in [*given, *((k.arg, k.value) for k in node.keywords if k.arg)]:
            if callee and (path := self.path(argument)) is not None:
                self.passed.add((callee, position, path))
                if isinstance(position, str):
                    self.exposed.add((position, path))
        self.generic_visit(node)
        self._collect(node)

    def _collect(self, node: ast.Call) -> None:
        """`found.append(post)`, `by_author[key].add(post)`: the name stands for the rows from here on."""
        match node:
            case ast.Call(func=ast.Attribute(value=held, attr=attr), args=[*_, given]) if attr in _COLLECTS:
                self._hold(held, given)

    def _hold(self, held: ast.expr, given: ast.expr) -> None:
        """Note that a list or dictionary, or one inside it, takes what is given."""
        path = self.path(given)
        while True:
            match held:
                case ast.Subscript(value=inner) | ast.Call(func=ast.Attribute(value=inner, attr="setdefault" | "get")):
                    held = inner
                case ast.Name(id=name) if path is not None:
                    self.names.setdefault(name, path)
                    self.plain.add(name)
                    return
                case _:
                    return

    def _chained(self, node: ast.expr) -> None:
        """Mark what a chain of row methods is built on: `x.all()` and `x.all` of `x.all().filter()`."""
        while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in self.methods:
            self.inner |= (
                {id(node.func), id(node.func.value)} if isinstance(node.func.value, ast.Call) else {id(node.func)}
            )
            node = node.func.value

    def visit_FormattedValue(self, node: ast.FormattedValue) -> None:
        self._as_text(node.value)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant | ast.Call):
            for value in node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]:
                self._as_text(value)
        self.generic_visit(node)

    def _as_text(self, node: ast.expr) -> None:
        if (path := self.path(node)) is not None:
            self.read.add((*path, "__str__"))

    def visit_Dict(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and (path := self.path(value)) is not None:
                self.exposed.add((str(key.value), path))
        self.generic_visit(node)

    def visit_Return(self, node: ast.Return | ast.Yield | ast.YieldFrom) -> None:
        parts = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
        for part in parts:
            if part is not None and (path := self.path(part)) is not None:
                self.returned.add(path)
        self.generic_visit(node)

    visit_Yield = visit_YieldFrom = visit_Return  # noqa: N815 - names of ast

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self._bind(target, node.value)
            self.visit(target)

    def visit_AnnAssign(self, node: ast.AnnAssign | ast.NamedExpr) -> None:
        if node.value is not None:
            self.visit(node.value)
            self._bind(node.target, node.value)

    visit_NamedExpr = visit_AnnAssign  # noqa: N815 - a name of ast

    def visit_For(self, node: ast.For) -> None:
        self.visit(node.iter)
        self._bind(node.target, node.iter, each=True)
        for statement in [*node.body, *node.orelse]:
            self.visit(statement)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        self.visit(node.iter)
        self._bind(node.target, node.iter, each=True)
        for test in node.ifs:
            self.visit(test)

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        for generator in node.generators:  # they bind what the element reads
            self.visit(generator)
        for part in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            self.visit(part)

    visit_SetComp = visit_GeneratorExp = visit_DictComp = visit_ListComp  # noqa: N815 - names of ast
    visit_AsyncFor = visit_For  # type: ignore[assignment]  # noqa: N815

    def _bind(self, target: ast.expr, value: ast.expr, *, each: bool = False) -> None:
        path = self.rows(value)
        if each and isinstance(value, ast.Name) and value.id in self.single and path is not None:
            path = (*path, "__iter__()")
        match target:
            case ast.Attribute() if path is not None and dotted(target):
                self.names[dotted(target)] = path
                self.kept.add((dotted(target), path))
            case ast.Subscript(slice=ast.Constant(value=str(key))) if path is not None:
                self.exposed.add((key, path))
            case ast.Subscript() if not each:
                self._hold(target, value)
        for name in [n.id for n in ast.walk(target) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]:
            self.plain -= {name}
            if isinstance(value, ast.DictComp | ast.SetComp | ast.ListComp) and isinstance(target, ast.Name):
                self.plain.add(name)
            if path is not None:
                self.names[name] = path
            elif self.names.get(name) != ():  # rows that were given stay rows
                self.names.pop(name, None)


def _span(node: ast.expr) -> Span:
    return node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0
