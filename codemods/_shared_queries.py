"""A query that serves several models: who asks it for one of them, and where that one's loader options can go.

The query itself stays as it is for all others. Options go to the list that the model's own class returns or holds for
it, to the argument of the one call that names the model, to an override of the method that makes the query, or under a
test of the model.
"""

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from codemods.index import Index
from codemods.index.bindings import Bound, Given
from codemods.index.calls import Key
from codemods.index.facts import Class, Function, Query, dotted
from codemods.index.queries import EXECUTORS, SINGLE_ROW

Span = tuple[int, int, int, int]


@dataclass(frozen=True)
class Shared:
    """What gives a query one of its models (`mine`) and what gives it the others."""

    index: Index
    function: Function
    entity: str
    mine: tuple[Bound, ...]
    others: tuple[Bound, ...]
    near: frozenset[Key] = frozenset()  # the functions that the entry reaches itself

    def __hash__(self) -> int:
        return hash((self.function.path, self.function.qualname, self.entity, self.mine))

    def through(self, base: Collection[Key]) -> Collection[Key]:
        """The callers in `base`, all when it is empty, without those that ask for other models."""
        return _Callers(self, frozenset(base))

    def for_others(self, key: Key) -> bool:
        """Whether a function asks the query for other models only."""
        asks = {given.key for bound in self.others for given in bound.calls}
        if key in asks:
            return key not in {given.key for bound in self.mine for given in bound.calls}
        calls = self.index.calls
        own = {b.holder for b in self.mine} | {c for b in self.mine if b.holder for c in calls.below(b.holder)}
        foreign = {b.holder for b in self.others} - own - {None}
        function = calls.function(key)
        if function is None or not foreign:
            return False
        if function.owner and (key[0], function.owner) in foreign and function.owner != self.function.owner:
            return True
        asked: set[Key | None] = set()
        for call in function.calls:
            instance = call.callee.rpartition(".")[0]
            if instance not in ("", "self", "cls", "super()"):
                asked.update(calls.types.of(function, instance))
        return bool(asked & foreign) and not asked & own


@dataclass(frozen=True)
class _Callers(Collection[Key]):
    """Callers as a set that is asked and never listed."""

    shared: Shared
    base: frozenset[Key]

    def __contains__(self, key: object) -> bool:
        return (not self.base or key in self.base) and isinstance(key, tuple) and not self.shared.for_others(key)

    def __iter__(self) -> Iterator[Key]:
        return iter(self.base)

    def __len__(self) -> int:
        return len(self.base) or 1


@dataclass(frozen=True)
class Target:
    """Where the options of one model go.

    "list" into a list or tuple literal; "argument" to the keyword `name` of a call; "override" as a method `name` of a
    class that refines the query of the one above; "more" as one that adds to the options of the one above; "guard"
    below a statement that binds the query to `name`, under the condition that `test` is the model.
    `options` are those that are there already.
    """

    kind: Literal["list", "argument", "override", "more", "guard"]
    path: str
    qualname: str
    span: Span
    name: str = ""
    test: str = ""
    options: tuple[ast.expr, ...] = ()

    @property
    def key(self) -> Key:
        """The function or class that is edited."""
        return self.path, self.qualname


def target(index: Index, shared: Shared, query: Query) -> Target | None:
    """Where the options of the model go; None when nothing is its own."""
    return next(filter(None, (find(index, shared, query) for find in (_hook, _argument, _override, _guard))), None)


def _hook(index: Index, shared: Shared, query: Query) -> Target | None:
    """`.options(*self.loaders())`, `.options(*self.schema.loaders())`: the list of the class that has the model."""
    for name in _unpacked(query):
        receiver, _, attribute = name.removesuffix("()").rpartition(".")
        own = receiver in ("self", "cls")
        class_ = _one_holder(shared) if own else _beside(index, shared, receiver)
        body = _body(index, class_)
        if class_ is None or body is None:
            continue
        if attribute in body.methods:
            key = (class_[0], f"{class_[1]}.{attribute}")
            if literal := _returned_list(index, key):
                return _list(key, literal)
        elif attribute in body.values and (value := _assigned_list(index, class_, attribute)):
            return _list(class_, value)
        elif own and name.endswith("()") and _takes_self_alone(index, index.calls.member(class_, attribute)):
            above = _returned_list(index, index.calls.member(class_, attribute) or class_)
            return (
                Target("more", *class_, (body.line, 0, 0, 0), attribute, options=tuple(above.elts)) if above else None
            )
    return None


def _body(index: Index, class_: Key | None) -> Class | None:
    module = index.tree.module(class_[0]) if class_ else None
    return module.classes.get(class_[1]) if module and class_ else None


def _assigned_list(index: Index, class_: Key, name: str) -> ast.List | ast.Tuple | None:
    """The literal that a class gives to a name, where it stands in the file."""
    body: list[ast.stmt] = getattr(index.tree.parsed(class_[0]), "body", [])
    for part in class_[1].split("."):
        body = next((n.body for n in body if isinstance(n, ast.ClassDef) and n.name == part), [])
    for node in body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        if isinstance(value, ast.List | ast.Tuple) and any(dotted(t) == name for t in targets if t is not None):
            return value
    return None


def _takes_self_alone(index: Index, method: Key | None) -> bool:
    definition = index.definitions.get(method) if method else None
    if definition is None or isinstance(definition, ast.AsyncFunctionDef) or definition.decorator_list:
        return False
    given = definition.args
    return [a.arg for a in given.args] == ["self"] and not (given.vararg or given.kwarg or given.kwonlyargs)


def _beside(index: Index, shared: Shared, name: str) -> Key | None:
    """The class that stands beside the model: the schema of a repository, named on the way or where the model is."""
    bounds = index.bindings.of((shared.function.path, shared.function.qualname), name)
    asked = {bound.model for bound in bounds if bound.calls and bound.calls[-1].key in shared.near}
    holder = _one_holder(shared)
    found = asked or {bound.model for bound in bounds if holder and bound.holder == holder}
    return found.pop() if len(found) == 1 else None


def _list(key: Key, literal: ast.List | ast.Tuple) -> Target:
    """More elements for a literal; what `*super().loaders()` adds to it is the business of the class above."""
    own = tuple(e for e in literal.elts if not (isinstance(e, ast.Starred) and "super()" in ast.unparse(e)))
    return Target("list", *key, _span(literal), options=own)


def _returned_list(index: Index, key: Key) -> ast.List | ast.Tuple | None:
    definition = index.definitions.get(key)
    returns = [n for n in ast.walk(definition) if isinstance(n, ast.Return)] if definition else []
    value = returns[0].value if len(returns) == 1 else None
    return value if isinstance(value, ast.List | ast.Tuple) else None


def _unpacked(query: Query) -> list[str]:
    """`self.eager` and `self.loaders()` of `.options(*self.eager, *self.loaders())`."""
    found = []
    for step in query.steps:
        for source in step.args if step.name == "options" else ():
            match ast.parse(source, mode="eval").body:
                case ast.Tuple(elts=[ast.Starred(value=ast.Call(func=func, args=[], keywords=[]))]):
                    found.append(f"{dotted(func)}()")
                case ast.Tuple(elts=[ast.Starred(value=value)]):
                    found.append(dotted(value))
    return found


def _argument(_: Index, shared: Shared, query: Query) -> Target | None:
    """`get(session, Post, key, options=[...])`, when the helper passes `options` to the query."""
    given = [bound.calls[0] for bound in shared.mine if len(bound.calls) == 1]
    if len(given) != 1 or len(shared.mine) != 1:
        return None
    for name in _unpacked(query):
        if name in shared.function.params:
            return _of_call(given[0], name)
    return None


def _of_call(given: Given, name: str) -> Target | None:
    value = next((k.value for k in given.call.keywords if k.arg == name), None)
    if value is None and not any(k.arg is None for k in given.call.keywords):
        return Target("argument", *given.key, _span(given.call), name)
    return _list(given.key, value) if isinstance(value, ast.List | ast.Tuple) else None


def _override(index: Index, shared: Shared, query: Query) -> Target | None:
    """The method that makes the query for its class, `def _query(self): return select(self.model)`, in the subclass."""
    holder, function = _one_holder(shared), shared.function
    own = _body(index, holder)
    if holder is None or own is None or not function.returns_query or holder == (function.path, function.owner):
        return None
    if query.loops or not _takes_self_alone(index, (function.path, function.qualname)):
        return None
    name = function.qualname.rpartition(".")[2]
    return Target("override", *holder, (own.line, 0, 0, 0), name)


def _guard(index: Index, shared: Shared, query: Query) -> Target | None:
    """`q = session.query(model)`, where the model is a parameter: what follows is under a test of it."""
    if shared.entity not in shared.function.params:
        return None
    key = (shared.function.path, shared.function.qualname)
    definition = index.definitions.get(key)
    for node in ast.walk(definition) if definition else ():
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _span(value) == query.chain:
                last = value.func.attr if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) else ""
                if last not in EXECUTORS | SINGLE_ROW | {"all"}:
                    return Target("guard", *key, _span(node), name, shared.entity)
    return None


def _one_holder(shared: Shared) -> Key | None:
    """The class whose instances have this model and no other one."""
    holders = {bound.holder for bound in shared.mine}
    holder = holders.pop() if len(holders) == 1 else None
    return None if holder is None or holder in {bound.holder for bound in shared.others} else holder


def _span(node: ast.expr | ast.stmt) -> Span:
    return node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0
