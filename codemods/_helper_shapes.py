"""Is a helper nothing but one call, whose result it gives back? What stands before it, and what that leaves open."""

import ast
from typing import NamedTuple

from codemods._loops import Body, names_in
from codemods.index.facts import dotted

_HARMLESS = frozenset({"staticmethod", "classmethod"})


class Shape(NamedTuple):
    """`first` are the statements before the call that a twin needs too; `doubts` are sentences for the reviewer."""

    first: tuple[ast.stmt, ...] = ()
    doubts: tuple[str, ...] = ()


def objection(helper: Body) -> str | None:
    """What makes a helper another function than its own text says."""
    calls, function = helper.index.calls, helper.function
    others = [dotted(d.func if isinstance(d, ast.Call) else d) for d in function.decorators]
    if extra := [name for name in others if name not in _HARMLESS]:
        return f"is decorated with `{extra[0]}`"
    if function.owner is not None:
        name = function.qualname.rpartition(".")[2]
        if len(calls.methods((function.path, function.owner), name)) > 1:
            return "is overridden below its class"
    return None


def shape(helper: Body, inner: ast.Call, key: str) -> Shape | None:
    """How a helper comes to the call, which it asks by the parameter `key`; None where it does more."""
    block = helper.definition.body
    if isinstance(block[0], ast.Expr) and isinstance(block[0].value, ast.Constant):
        block = block[1:]
    first: list[ast.stmt] = []
    doubts: list[str] = []
    while len(block) > 1:
        statement, *rest = block
        match statement:
            case ast.If(test=test, body=inside, orelse=[]) if ast.unparse(test) == f"{key} is None":
                if not gives_up(inside):
                    return None
            case ast.If(test=test, body=inside, orelse=[]) if ast.unparse(test) == f"not {key}" and gives_up(inside):
                doubts.append(f"`{helper.function.qualname}` takes an empty `{key}` for none: its twin asks for it")
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if inner not in ast.walk(value):
                if name == key or key in names_in(value):
                    return None
                first.append(statement)
                if any(isinstance(node, ast.Call | ast.Await) for node in ast.walk(value)):
                    doubts.append(f"`{ast.unparse(value)}` of `{helper.function.qualname}` is asked once for all keys")
            case _:
                break
        block = rest
    return Shape(tuple(first), tuple(doubts)) if _is_only(helper, block, inner) else None


def _is_only(helper: Body, block: list[ast.stmt], inner: ast.Call) -> bool:
    match block:
        case [ast.Try(body=inside, handlers=handlers, orelse=[], finalbody=[]), *rest]:
            return (
                all(gives_up(handler.body) for handler in handlers)
                and _returns(helper, inside, inner)
                and (not rest or gives_up(rest))
            )
    return _returns(helper, block, inner)


def _returns(helper: Body, block: list[ast.stmt], inner: ast.Call) -> bool:
    match block:
        case [ast.Return(value=value)]:
            return value in _whole(helper, inner)
        case [ast.Assign(targets=[ast.Name(id=name)], value=value), *rest, ast.Return(value=ast.Name(id=again))]:
            return name == again and value in _whole(helper, inner) and all(_on_missing(s, name) for s in rest)
    return False


def _whole(helper: Body, inner: ast.Call) -> list[ast.AST]:
    """The lookup, and the `await` around it."""
    return [inner, *(above for above in helper.parents(inner) if isinstance(above, ast.Await) and above.value is inner)]


def _on_missing(statement: ast.stmt, name: str) -> bool:
    """`if user is None: raise NotFound`."""
    match statement:
        case ast.If(test=test, body=block, orelse=[]):
            return ast.unparse(test) in {f"{name} is None", f"not {name}"} and gives_up(block)
    return False


def gives_up(block: list[ast.stmt]) -> bool:
    """Whether a block raises, or returns nothing, and makes no row."""
    match block:
        case [*_, ast.Raise()]:
            return all(isinstance(s, ast.Expr | ast.Raise) for s in block)
        case [ast.Return(value=None | ast.Constant(value=None))] | [ast.Pass()]:
            return True
    return False


def means_the_same(body: Body, helper: Body, name: str) -> bool:
    """Whether a name of both files' top levels is one thing, and neither function binds it."""
    if body.bindings(name) or helper.bindings(name):
        return False
    if body.path == helper.path:
        return True
    there = helper.index.names.resolve(helper.path, name)
    here = body.index.names.resolve(body.path, name)
    return there is not None and there == here
