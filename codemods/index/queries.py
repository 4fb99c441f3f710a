"""The query-chain interpreter: for each query its root entity, its steps, where its rows go and what is read on them.

One pass over a function's statements in source order. A name that is assigned a query, or rows of it, carries that
query along, so `q = q.order_by(...)`, `rows = session.scalars(q).all()` and `for row in rows` all end in one `Query`.
"""

import ast
from collections.abc import Iterator
from typing import Any

from codemods.index.facts import Call, Class, Function, Loop, Query, Read, Step, dotted

# Calls that take a statement as first argument and hand its rows out.
EXECUTORS = frozenset({"execute", "scalars", "scalar", "stream", "stream_scalars", "exec", "paginate", "fetch_all"})
SINGLE_ROW = frozenset(
    {"first", "one", "one_or_none", "scalar", "scalar_one", "scalar_one_or_none", "get", "fetchone", "fetch_one"}
    | {"first_or_404", "get_or_404", "one_or_404"}
)
# What may follow once a statement is executed: these still speak about its rows.
_RESULT = SINGLE_ROW | {
    "all",
    "fetchall",
    "scalars",
    "unique",
    "mappings",
    "partitions",
    "yield_per",
    "columns",
    "tuples",
}
_FINAL = SINGLE_ROW | {"all", "fetchall"}
_WRAPPERS = frozenset({"list", "tuple", "set", "sorted", "reversed", "enumerate", "iter", "zip", "filter"})
_SCOPE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class QueryReader:
    """Reads one function's own statements into its facts; nested scopes go back to the scope walker."""

    def __init__(self, scopes: Any, function: Function, owner: Class | None, scope: tuple[str, ...]) -> None:
        self.scopes = scopes
        self.function = function
        self.owner = owner
        self.scope = scope
        self.bound: dict[str, Query] = {}
        self.loops: list[Loop] = []
        self.guards: list[str] = []
        self.depth_at_loop: list[int] = []

    # ---- statements ----

    def statements(self, body: list[ast.stmt]) -> None:
        """Read a block in order."""
        for position, statement in enumerate(body):
            self.statement(statement)
            if self._skips_rest(statement) and body[position + 1 :]:
                # `if x: continue` makes what follows in the loop body conditional.
                assert isinstance(statement, ast.If)
                self.guards.append(ast.unparse(statement.test))
                self.statements(body[position + 1 :])
                self.guards.pop()
                return

    def statement(self, node: ast.stmt) -> None:  # noqa: C901 - one arm per kind of statement
        """Read one statement."""
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.scopes.definition(node, None, self.scope)
            case ast.ClassDef():
                self.scopes.class_(node, self.scope)
            case ast.Import() | ast.ImportFrom():
                self.scopes.import_(node)
            case ast.Assign(targets=targets, value=value):
                self._assign(targets, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign([target], value)
            case ast.For() | ast.AsyncFor():
                self._for(node)
            case ast.If(test=test, body=body, orelse=orelse):
                self.expression(test)
                self._guarded(ast.unparse(test), body)
                self._guarded(f"not ({ast.unparse(test)})", orelse)
            case ast.While(test=test, body=body, orelse=orelse):
                self.expression(test)
                self._guarded(ast.unparse(test), [*body, *orelse])
            case ast.Try():
                self.statements(node.body)
                for handler in node.handlers:
                    self._guarded("except", handler.body)
                self.statements([*node.orelse, *node.finalbody])
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    self.expression(item.context_expr)
                    if isinstance(item.optional_vars, ast.Name) and isinstance(item.context_expr, ast.Call):
                        self.function.instances[item.optional_vars.id] = dotted(item.context_expr.func)
                self.statements(node.body)
            case ast.Break() | ast.Return():
                for loop in self.loops[-1:] if isinstance(node, ast.Break) else self.loops:
                    loop.early_exit = True
                self._children(node)
            case ast.Expr(value=ast.Call() as call):
                if self.function.owner is None:
                    self.scopes.module.registrations.append(call)
                self.expression(call)
            case ast.Match(subject=subject, cases=cases):
                self.expression(subject)
                for case_ in cases:
                    self._guarded("case", case_.body)
            case _:
                self._children(node)

    def _children(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.expression(child)
            elif isinstance(child, ast.stmt):
                self.statement(child)
            elif not isinstance(child, (ast.expr_context, ast.operator)):
                self._children(child)

    def _guarded(self, test: str, body: list[ast.stmt]) -> None:
        self.guards.append(test)
        self.statements(body)
        self.guards.pop()

    @staticmethod
    def _skips_rest(node: ast.stmt) -> bool:
        return isinstance(node, ast.If) and any(isinstance(s, ast.Continue) for s in node.body)

    def _assign(self, targets: list[ast.expr], value: ast.expr) -> None:
        query = self.expression(value)
        for target in targets:
            match target:
                case ast.Name(id=name):
                    self._bind(name, query, value)
                case ast.Attribute(value=ast.Name(id=base), attr=attr):
                    for loop in self.loops:
                        if base in loop.targets:
                            loop.writes.add(attr)
                    if base == "self" and isinstance(value, ast.Call):
                        self.function.instances[f"self.{attr}"] = dotted(value.func)
                case _:
                    self._children(target)
        if self.function.qualname == "<module>":
            for target in targets:
                if isinstance(target, ast.Name):
                    self.scopes.module.values[target.id] = value

    def _bind(self, name: str, query: Query | None, value: ast.expr) -> None:
        self.bound.pop(name, None)
        if query is not None:
            self.bound[name] = query
            if any(step.name in SINGLE_ROW for step in query.steps):
                query.rows.add(name)
        elif isinstance(value, ast.Call) and (made_by := dotted(value.func)):
            self.function.instances[name] = made_by

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        query = self.expression(node.iter)
        targets = tuple(_names(node.target))
        self._loop(Loop(node.lineno, targets), query, node.body)
        self.statements(node.orelse)

    def _loop(self, loop: Loop, query: Query | None, body: list[ast.stmt]) -> None:
        if query is not None:
            query.rows.update(loop.targets)
            query.loops.append(loop)
        self.loops.append(loop)
        self.depth_at_loop.append(len(self.guards))
        self.statements(body)
        self.depth_at_loop.pop()
        self.loops.pop()

    # ---- expressions ----

    def expression(self, node: ast.expr) -> Query | None:
        """Read an expression; the query whose rows (or statement) it denotes, if any."""
        match node:
            case ast.Await(value=value) | ast.Starred(value=value) | ast.NamedExpr(value=value):
                query = self.expression(value)
                if isinstance(node, ast.NamedExpr) and isinstance(node.target, ast.Name):
                    self._bind(node.target.id, query, value)
                return query
            case ast.Name(id=name):
                return self.bound.get(name)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                self._comprehension(node)
                return None
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self.expression(test)
                return self._conditional(ast.unparse(test), body) or self._conditional(ast.unparse(test), orelse)
            case ast.BoolOp(values=[first, *rest]):
                self.expression(first)
                for value in rest:
                    self._conditional(ast.unparse(first), value)
                return None
            case ast.Lambda(body=body):
                self.expression(body)
                return None
            case ast.Call() | ast.Attribute() | ast.Subscript():
                return self._chain(node)
            case _:
                self._children(node)
                return None

    def _conditional(self, test: str, node: ast.expr) -> Query | None:
        self.guards.append(test)
        query = self.expression(node)
        self.guards.pop()
        return query

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        opened = 0
        for generator in node.generators:
            query = self.expression(generator.iter)
            loop = Loop(node.lineno, tuple(_names(generator.target)))
            if query is not None:
                query.rows.update(loop.targets)
                query.loops.append(loop)
            self.loops.append(loop)
            self.depth_at_loop.append(len(self.guards))
            opened += 1
            for test in generator.ifs:
                self.expression(test)
                self.guards.append(ast.unparse(test))
        for part in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            self.expression(part)
        for _ in range(opened):
            self.loops.pop()
            del self.guards[self.depth_at_loop.pop() :]

    def _chain(self, node: ast.Call | ast.Attribute | ast.Subscript) -> Query | None:
        """A chain `root.step().step()`: its own query, a bound one, or none; inner expressions are read too."""
        if (root := self._root(node)) is not None:
            return self._new_query(node, root)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Subscript):
            query = self.expression(node.value)
            self.expression(node.slice)
            if query is not None:
                self._step(query, Step("[]"))
            return query
        self._read(node)
        return self.expression(node.value)

    def _call(self, node: ast.Call) -> Query | None:
        callee = node.func
        query: Query | None = None
        if isinstance(callee, ast.Attribute):
            query = self.expression(callee.value)
            inner = [self.expression(a) for a in node.args]
            if query is None and callee.attr in EXECUTORS and inner:
                query = inner[0]
            if query is not None:
                self._step(query, self._as_step(callee.attr, node))
        else:
            inner = [self.expression(a) for a in node.args]
            if isinstance(callee, ast.Name) and callee.id in _WRAPPERS:
                query = next((q for q in inner if q is not None), None)
            self.expression(callee)
        for keyword in node.keywords:
            found = self.expression(keyword.value)
            if query is None and keyword.arg in ("statement", "query", "select") and found is not None:
                query = found
        self._note_call(node)
        return query

    def _new_query(self, node: ast.expr, root: "_Root") -> Query:
        chain = root.outermost
        assert chain.end_lineno is not None and chain.end_col_offset is not None
        query = Query(
            root.style, ast.unparse(root.node), root.entities,
            (chain.lineno, chain.col_offset, chain.end_lineno, chain.end_col_offset), root.depth, root.node.lineno,
        )  # fmt: skip
        self.function.queries.append(query)
        for hop in root.hops:
            if isinstance(hop, ast.Subscript):
                self.expression(hop.slice)
                self._step(query, Step("[]"))
            elif isinstance(hop, ast.Call) and isinstance(hop.func, ast.Attribute):
                for argument in [*hop.args, *(k.value for k in hop.keywords)]:
                    self.expression(argument)
                self._step(query, self._as_step(hop.func.attr, hop))
                self._note_call(hop)
        if isinstance(root.node, ast.Call):
            for argument in root.node.args:
                self.expression(argument)
        if node is not chain:
            self.expression(node)
        return query

    def _root(self, node: ast.expr) -> "_Root | None":
        return find_root(node, self.owner.qualname.rpartition(".")[2] if self.owner else None)

    @staticmethod
    def _as_step(name: str, call: ast.Call) -> Step:
        return Step(
            name,
            tuple(ast.unparse(a) for a in call.args),
            tuple((k.arg or "**", ast.unparse(k.value)) for k in call.keywords),
        )

    def _step(self, query: Query, step: Step) -> None:
        names = {s.name for s in query.steps}
        if names & _FINAL or (names & EXECUTORS and step.name not in _RESULT):
            return  # a method of the list of rows, not of the query
        step.conditional = bool(self.guards)
        query.steps.append(step)

    def _note_call(self, node: ast.Call) -> None:
        names = tuple(a.id for a in [*node.args, *(k.value for k in node.keywords)] if isinstance(a, ast.Name))
        call = Call(
            dotted(node.func) or (f"?.{node.func.attr}" if isinstance(node.func, ast.Attribute) else ""),
            node.lineno,
            names,
        )
        if call.callee:
            self.function.calls.append(call)
            for loop in self.loops:
                loop.calls.append(call)
        for name in names:  # a function handed over may be called
            self.function.calls.append(Call(name, node.lineno))

    def _read(self, node: ast.Attribute) -> None:
        base = dotted(node.value)
        if not base or not isinstance(node.ctx, ast.Load):
            return
        since = self.depth_at_loop[-1] if self.depth_at_loop else 0
        guards = tuple(self.guards[since:])
        read = Read(base, node.attr, node.lineno, bool(guards), guards)
        self.function.reads.append(read)
        for loop in self.loops:
            loop.reads.append(read)


class _Root:
    """Where a query chain starts: the root node, the hops after it in order, the outermost expression."""

    def __init__(
        self, style: str, node: ast.expr, entities: tuple[str, ...], outermost: ast.expr, hops: list[ast.expr]
    ) -> None:
        self.style = style
        self.node = node
        self.entities = entities
        self.outermost = outermost
        self.hops = hops
        self.depth = len(list(_down(outermost))) - len(list(_down(node)))


def find_root(node: ast.expr, owner: str | None) -> _Root | None:
    """The root of the chain that `node` is, or None: `x.query(M)`, `select(M)`, `x.select(M)`, `M.query`."""
    hops: list[ast.expr] = []
    for inner in _down(node):
        style, entities = _root_style(inner, owner)
        if style:
            return _Root(style, inner, entities, node, hops[::-1])
        hops.append(inner)
    return None


def _down(node: ast.expr) -> Iterator[ast.expr]:
    """The node and what it is called or read on, outermost first; a call and its attribute are one hop each."""
    while True:
        yield node
        match node:
            case ast.Call(func=ast.Attribute() as inner):
                node = inner
            case ast.Attribute(value=inner) | ast.Subscript(value=inner):
                node = inner
            case _:
                return


def _root_style(node: ast.expr, owner: str | None) -> tuple[str, tuple[str, ...]]:
    match node:
        case ast.Call(func=ast.Attribute(attr="query"), args=[_, *_]):
            return "query", _entities(node)
        case ast.Call(func=ast.Name(id="select") | ast.Attribute(value=ast.Name(), attr="select"), args=[_, *_]):
            return "select", _entities(node)
        case ast.Attribute(value=ast.Name(id="cls"), attr="query") if owner:
            return "model", (owner,)
        case ast.Attribute(value=(ast.Name() | ast.Attribute()) as model, attr="query"):
            name = dotted(model)
            if name and name.rpartition(".")[2][:1].isupper():
                return "model", (name,)
    return "", ()


def _entities(call: ast.Call) -> tuple[str, ...]:
    return tuple(dotted(argument) or ast.unparse(argument) for argument in call.args)


def _names(target: ast.expr) -> Iterator[str]:
    for node in ast.walk(target):
        if isinstance(node, ast.Name):
            yield node.id
