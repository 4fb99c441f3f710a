"""The query-chain interpreter: for each query its root entity, its steps, where its rows go and what is read on them.

One pass over a function's statements in source order. A name that is assigned a query, or rows of it, carries that
query along, so `q = q.order_by(...)`, `rows = session.scalars(q).all()` and `for row in rows` all end in one `Query`.
"""

import ast
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from codemods._expressions import Named
from codemods.index.facts import (
    Call,
    Class,
    Function,
    Loop,
    Query,
    Read,
    Step,
    callee_of,
    chain_of,
    dotted,
    is_template,
    source,
)
from codemods.index.roots import Root, called_root, find_root, given_options, is_class_name, query_of, settle
from codemods.index.rounds import Round, rounds

# Calls that take a statement as first argument and hand its rows out.
EXECUTORS = frozenset({"execute", "scalars", "scalar", "stream", "stream_scalars", "exec", "paginate", "fetch_all"})
SINGLE_ROW = frozenset(
    {"first", "one", "one_or_none", "scalar", "scalar_one", "scalar_one_or_none", "get", "fetchone", "fetch_one"}
    | {"first_or_404", "get_or_404", "one_or_404", "last", "latest", "earliest", "aget", "afirst", "alast"}
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
# On a query that is kept in a name these make something else of it, and leave the name's query as it is.
_ASIDE = frozenset(
    {"count", "exists", "subquery", "cte", "alias", "scalar_subquery", "as_scalar", "label", "with_entities"}
    | {"with_only_columns"}
)
_WRAPPERS = frozenset({"list", "tuple", "set", "sorted", "reversed", "enumerate", "iter", "zip", "filter"})
_STOPS_EARLY = frozenset({"any", "all", "next"})  # on a generator
_ROUNDS = 200  # of loops inside loops
_STATEMENT, _RESULT_OF_IT, _LIST, _ROW = range(4)


class _Flow(msgspec.Struct, frozen=True):
    """What an expression denotes of a query: the statement, its result, a list of rows or one row."""

    query: Query
    state: int = _STATEMENT
    guards: tuple[str, ...] = ()  # conditions of a comprehension that the rows passed


class QueryReader:
    """Reads one function's own statements into its facts; nested scopes go back to the scope walker."""

    def __init__(self, scopes: Any, function: Function, owner: Class | None, scope: tuple[str, ...]) -> None:
        self.scopes = scopes
        self.function = function
        self.owner = owner
        self.scope = scope
        self.bound: dict[str, _Flow] = {}
        self.aside: list[tuple[Query, Step]] = []
        self.perhaps: list[
            tuple[str, Query]
        ] = []  # kept results of calls, which later steps show to be queries, or not
        self.given_back: list[Query] = []
        self.cut: ast.expr | None = None  # a generator that its reader may leave before its end
        self.rootless: set[int] = set()
        self.loops: list[Loop] = []
        self.rounds: list[Round] = [{}]  # of the loops over literals around a statement
        self.guards: list[str] = []
        self.depth_at_loop: list[int] = []

    def read(self, body: list[ast.stmt]) -> None:
        """Read the whole body of the function."""
        self.statements(body)
        for query, step in self.aside:
            if query.loops or any(s.name in (EXECUTORS | _FINAL) - SINGLE_ROW for s in query.steps):
                query.steps = [s for s in query.steps if s is not step]
        none = {id(query) for name, query in self.perhaps if not settle(body, name, query)}
        self.function.queries = [query for query in self.function.queries if id(query) not in none]
        self.function.returns_query |= any(id(query) not in none for query in self.given_back)

    # ---- statements ----

    def statements(self, body: list[ast.stmt]) -> None:
        """Read a block in order."""
        for position, statement in enumerate(body):
            self.statement(statement)
            if self._skips_rest(statement) and body[position + 1 :]:
                # `if x: continue` makes what follows in the loop body conditional.
                assert isinstance(statement, ast.If)
                self.guards.append(source(statement.test))
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
            case ast.Assign() | ast.AugAssign() | ast.AnnAssign():
                self._assignment(node)
            case ast.For() | ast.AsyncFor():
                self._for(node)
            case ast.If(test=test, body=body, orelse=orelse):
                self.expression(test)
                condition = source(test)
                self._guarded(condition, body)
                self._guarded(f"not ({condition})", orelse)
            case ast.While(test=test, body=body, orelse=orelse):
                self.expression(test)
                # A loop of its own, so that its `break` is not taken for one of a loop over rows.
                self._loop(Loop(node.lineno, ()), None, [], body)
                self._guarded(source(test), orelse)
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
                flow = self.expression(node.value) if isinstance(node, ast.Return) and node.value else None
                if flow is not None and flow.state == _STATEMENT:
                    self.given_back.append(flow.query)
                if isinstance(node, ast.Return) and node.value:
                    self.function.returned.update(filter(None, map(chain_of, _either(node.value))))
            case ast.Expr(value=ast.Call() as call):
                if self.function.owner is None:
                    for given in self.rounds:
                        self.scopes.module.registrations.append(call)
                        self.scopes.module.rounds.append(Named(given))
                self.expression(call)
            case ast.Match(subject=subject, cases=cases):
                self.expression(subject)
                for case_ in cases:
                    if case_.guard is not None:
                        self.expression(case_.guard)
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

    def _assignment(self, node: ast.Assign | ast.AugAssign | ast.AnnAssign) -> None:
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)) if len(names) == len(values):
                for name, value in zip(names, values, strict=True):
                    self._assign([name], value)
            case ast.Assign(targets=targets, value=value):
                self._assign(targets, value)
            case ast.AugAssign(target=target, value=value):
                self.expression(value)
                self._write(target)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign([target], value)
            case _:
                self._children(node)

    def _assign(self, targets: list[ast.expr], value: ast.expr) -> None:
        flow = self.expression(value)
        for target in targets:
            match target:
                case ast.Name(id=name):
                    self._bind(name, flow, value)
                case ast.Attribute(value=ast.Name(id="self"), attr=attr) if made_by := self._made_by(value):
                    self.function.instances[f"self.{attr}"] = made_by
                case _:
                    self._write(target)
        if self.function.qualname == "<module>":
            for target in targets:
                if isinstance(target, ast.Name):
                    self.scopes.module.values[target.id] = value

    def _write(self, target: ast.expr) -> None:
        """Note the attributes of loop targets that an assignment writes; names in it stand for something else now."""
        match target:
            case ast.Name(id=name):
                self.bound.pop(name, None)
            case ast.Attribute(value=ast.Name(id=base), attr=attr):
                for loop in self.loops:
                    if base in loop.targets:
                        loop.writes.add(attr)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                for element in elements:
                    self._write(element)
            case _:
                self._children(target)

    def _made_by(self, value: ast.expr) -> str | None:
        """The class behind a value that is kept: what is called, or the annotation of a parameter."""
        match value:
            case ast.Call(func=func):
                return dotted(func) or None
            case ast.Name(id=name):
                return self.function.params.get(name)
        return None

    def _bind(self, name: str, flow: _Flow | None, value: ast.expr) -> None:
        before = self.bound.pop(name, None)
        if flow is None and before and isinstance(value, ast.Call) and name in _plain_arguments(value):
            # `posts = visible(posts)`: still its rows, by steps that are not known
            flow = self._step(before, Step(f"{callee_of(value.func)}()")) if before.state == _STATEMENT else before
        elif flow and before and self.guards and flow.query is not before.query:
            # Either query can stand behind the name from here on: what is done to its rows counts for both.
            flow.query.rows, flow.query.loops = before.query.rows, before.query.loops
        flow = flow or self._may_be_query(name, value)
        if flow is not None:
            self.bound[name] = flow
            if flow.state == _ROW:
                flow.query.rows.add(name)
        if (
            (flow is None or self._only_perhaps(flow))
            and isinstance(value, ast.Call)
            and (made_by := dotted(value.func))
        ):
            self.function.instances[name] = made_by

    def _may_be_query(self, name: str, value: ast.expr) -> _Flow | None:
        """`rows = find(session, Post)`: a query if what follows treats it as one; `rows = more(rows)` starts none."""
        if not isinstance(value, ast.Call) or name in _plain_arguments(value):
            return None
        callee = callee_of(value.func)
        if not callee or callee.startswith("?") or is_class_name(callee):
            return None
        query = query_of(called_root(value), value)
        self.function.queries.append(query)
        self.perhaps.append((name, query))
        return _Flow(query)

    def _only_perhaps(self, flow: _Flow) -> bool:
        return any(flow.query is query for _, query in self.perhaps)

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        before = self.rounds
        here = rounds(node, self.scopes.module.values)
        self.rounds = [{**outer, **inner} for outer in before for inner in here][:_ROUNDS] or before
        self._loop(Loop(node.lineno, tuple(_names(node.target))), self.expression(node.iter), [], node.body)
        self.rounds = before
        self.statements(node.orelse)

    def _loop(self, loop: Loop, flow: _Flow | None, tests: list[ast.expr], body: list[ast.stmt]) -> None:
        self._enter(loop, flow, tests)
        self.statements(body)
        self._leave()

    def _enter(self, loop: Loop, flow: _Flow | None, tests: list[ast.expr]) -> None:
        for name in loop.targets:
            self.bound.pop(name, None)
        self.loops.append(loop)
        self.function.loops.append(loop)
        self.depth_at_loop.append(len(self.guards))
        if flow is not None:
            flow.query.rows.update(loop.targets)
            flow.query.loops.append(loop)
            self.guards.extend(flow.guards)
        for test in tests:
            self.expression(test)
            self.guards.append(source(test))

    def _leave(self) -> None:
        self.loops.pop()
        del self.guards[self.depth_at_loop.pop() :]

    # ---- expressions ----

    def expression(self, node: ast.expr) -> _Flow | None:
        """Read an expression; what it denotes of a query, if anything."""
        match node:  # what is most frequent comes first
            case ast.Name(id=name):
                return self.bound.get(name)
            case ast.Call() | ast.Attribute() | ast.Subscript():
                return self._chain(node)
            case ast.Constant(value=value):
                if is_template(value):
                    self.function.templates.add(value)
                return None
            case ast.Await(value=value) | ast.Starred(value=value):
                return self.expression(value)
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                flow = self.expression(value)
                self._bind(name, flow, value)
                return flow
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._comprehension(node)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self.expression(test)
                return self._either([self._conditional(source(test), part) for part in (body, orelse)])
            case ast.BoolOp(values=[first, *rest]):
                flows = [self.expression(first), *(self._conditional(source(first), value) for value in rest)]
                return self._either(flows)
            case _:
                self._children(node)
                return None

    @staticmethod
    def _either(flows: list[_Flow | None]) -> _Flow | None:
        """One of several: rows of different queries are rows of none that could be named."""
        known = list(filter(None, flows))
        if len({id(flow.query) for flow in known}) > 1:
            for flow in known:
                flow.query.steps.append(Step("|"))
        return next(iter(known), None)

    def _conditional(self, test: str, node: ast.expr) -> _Flow | None:
        self.guards.append(test)
        flow = self.expression(node)
        self.guards.pop()
        return flow

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> _Flow | None:
        flow, cut = None, isinstance(node, ast.GeneratorExp) and node is self.cut
        for generator in node.generators:
            flow = self.expression(generator.iter)
            self._enter(Loop(node.lineno, tuple(_names(generator.target)), cut), flow, generator.ifs)
        guards = tuple(self.guards[self.depth_at_loop[-1] :])
        for part in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            self.expression(part)
        for _ in node.generators:
            self._leave()
        if flow is None or isinstance(node, ast.DictComp) or not isinstance(node.elt, ast.Name):
            return None
        rows = set(_names(node.generators[-1].target))
        return replace(flow, state=_LIST, guards=guards) if node.elt.id in rows else None

    def _chain(self, node: ast.Call | ast.Attribute | ast.Subscript) -> _Flow | None:
        """A chain `root.step().step()`: its own query, a bound one, or none; inner expressions are read too."""
        if (root := self._root(node)) is not None:
            return self._new_query(root)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Subscript):
            self._read_item(node.value, node.slice)
            flow = self.expression(node.value)
            self.expression(node.slice)
            return self._subscript(flow, node) if flow is not None else None
        self._read(node)
        flow = self.expression(node.value)
        return flow if flow is not None and flow.state < _LIST else None

    def _call(self, node: ast.Call) -> _Flow | None:
        callee = node.func
        flow: _Flow | None = None
        if isinstance(callee, ast.Attribute):
            if callee.attr == "get" and node.args:
                self._read_item(callee.value, node.args[0])
            flow = self.expression(callee.value)
            given = [self.expression(a) for a in node.args]
            named = {k.arg: self.expression(k.value) for k in node.keywords}
            if flow is None and callee.attr in EXECUTORS:
                statements = [*given[:1], *(named.get(name) for name in ("statement", "select", "query"))]
                flow = next(filter(None, statements), None)
            if flow is not None:
                flow = self._bound_step(flow, self._as_step(callee.attr, node))
        else:
            name = callee.id if isinstance(callee, ast.Name) else ""
            self.cut = node.args[0] if node.args and name in _STOPS_EARLY else None
            given = [self.expression(a) for a in [*node.args, *(k.value for k in node.keywords)]]
            if name in _WRAPPERS and (flow := next(filter(None, given), None)) and flow.state != _ROW:
                flow = replace(flow, state=_LIST)
            self.expression(callee)
        self._note_call(node)
        return flow

    def _new_query(self, root: "Root") -> _Flow | None:
        query = query_of(root, root.outermost)
        self.function.queries.append(query)
        query.steps += [Step("options", given) for given in given_options(root.node) if root.style == "get"]
        self._root_parts(root.node)
        flow: _Flow | None = _Flow(query, _ROW if root.style == "get" else _STATEMENT)
        called = {id(hop.func) for hop in root.hops if isinstance(hop, ast.Call)}
        for hop in root.hops:
            match hop:
                case ast.Subscript():
                    self.expression(hop.slice)
                    flow = self._subscript(flow, hop) if flow else None
                case ast.Call(func=ast.Attribute(attr=name)):
                    for argument in [*hop.args, *(k.value for k in hop.keywords)]:
                        self.expression(argument)
                    flow = self._step(flow, self._as_step(name, hop)) if flow else None
                    self._note_call(hop)
                case _ if id(hop) not in called and flow and flow.state >= _LIST:
                    flow = None  # an attribute of a row is no row
        for step in query.steps:
            step.conditional = False  # what stands in the expression itself is done whenever the query is
        return flow

    def _root_parts(self, root: ast.expr) -> None:
        """Read what stands inside the root itself: `make_session().query(Post)` calls a function first."""
        if isinstance(root, ast.Call):
            if isinstance(root.func, ast.Attribute):
                self.expression(root.func.value)
            for argument in root.args:
                self.expression(argument)
            self._note_call(root)

    def _root(self, node: ast.expr) -> "Root | None":
        root = find_root(node, self.owner.qualname.rpartition(".")[2] if self.owner else None, self.rootless)
        bound = self.bound.get(dotted(root.node)) if root and root.style in ("given", "related") else None
        return root if bound is None or self._only_perhaps(bound) else None

    @staticmethod
    def _as_step(name: str, call: ast.Call) -> Step:
        return Step(
            name,
            tuple(f"({source(a)},)" if isinstance(a, ast.Starred) else source(a) for a in call.args),
            tuple((k.arg or "**", source(k.value)) for k in call.keywords),
        )

    def _step(self, flow: _Flow, step: Step) -> _Flow | None:
        if flow.state >= _LIST or (flow.state == _RESULT_OF_IT and step.name not in _RESULT):
            return None  # a method of the rows, not of the query
        step.conditional = bool(self.guards)
        flow.query.steps.append(step)
        if step.name in SINGLE_ROW:
            return replace(flow, state=_ROW)
        if step.name in _FINAL and flow.query.style != "manager":  # Django's `.all()` is still a query
            return replace(flow, state=_LIST)
        return replace(flow, state=_RESULT_OF_IT) if step.name in EXECUTORS else flow

    def _bound_step(self, flow: _Flow, step: Step) -> _Flow | None:
        """A step on a query that is kept in a name, which later steps on that name do not see."""
        aside = flow.state == _STATEMENT and step.name in _ASIDE | SINGLE_ROW
        if aside:
            self.aside.append((flow.query, step))
        after = self._step(flow, step)
        return None if aside and step.name in _ASIDE else after

    def _subscript(self, flow: _Flow, node: ast.Subscript) -> _Flow | None:
        sliced = isinstance(node.slice, ast.Slice)
        if flow.state >= _LIST:
            return None if flow.state == _ROW else flow if sliced else replace(flow, state=_ROW)
        return self._step(flow, Step("[]" if sliced else "first"))  # `query[0]` asks for one row

    def _note_call(self, node: ast.Call) -> None:
        names = _plain_arguments(node)
        call = Call(callee_of(node.func), node.lineno, names)
        if call.callee:
            self.function.calls.append(call)
            for loop in self.loops:
                loop.calls.append(call)
        for name in names:  # a function handed over may be called
            self.function.calls.append(Call(name, node.lineno))

    def _read_item(self, row: ast.expr, key: ast.expr) -> None:
        """`row["author"]` and `row.get("author")`: rows that are read like dictionaries."""
        if isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value.isidentifier():
            self._read(ast.copy_location(ast.Attribute(row, key.value, ast.Load()), row))

    def _read(self, node: ast.Attribute) -> None:
        base = dotted(node.value)
        if not base or not isinstance(node.ctx, ast.Load):
            return
        depths = self.depth_at_loop or [0]
        reads = [
            Read(base, node.attr, node.lineno, bool(self.guards[since:]), tuple(self.guards[since:]))
            for since in depths
        ]
        self.function.reads.append(reads[-1])
        for loop, read in zip(self.loops, reads, strict=False):
            loop.reads.append(read)


def _either(node: ast.expr) -> list[ast.expr]:
    """What an expression can be: both sides of `a if x else b` and of `a or b`."""
    match node:
        case ast.IfExp(body=body, orelse=orelse):
            return [*_either(body), *_either(orelse)]
        case ast.BoolOp(values=values):
            return [part for value in values for part in _either(value)]
        case ast.Await(value=value):
            return _either(value)
    return [node]


def _plain_arguments(call: ast.Call) -> tuple[str, ...]:
    return tuple(a.id for a in [*call.args, *(k.value for k in call.keywords)] if isinstance(a, ast.Name))


def _names(target: ast.expr) -> Iterator[str]:
    for node in ast.walk(target):
        if isinstance(node, ast.Name):
            yield node.id
