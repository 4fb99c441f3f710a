"""Loader options that a query takes from a variable: what the variable can hold, read off its assignments."""

import ast
from collections.abc import Iterator

from codemods.index import Index
from codemods.index.facts import Function, dotted


def held_by(index: Index, function: Function, node: ast.expr) -> list[ast.expr] | None:
    """Every option that a name, `self.name` or `*name` can stand for; None where an assignment is no plain list."""
    name = dotted(node.value if isinstance(node, ast.Starred) else node)
    values = list(_assigned(index, function, name)) if name else []
    options: list[ast.expr] = []
    for value in values:
        match value:
            case ast.List(elts=elements) | ast.Tuple(elts=elements) if not any(
                isinstance(e, ast.Starred) for e in elements
            ):
                options += elements
            case ast.Call():
                options.append(value)
            case _:
                return None
    return options if values else None


def _assigned(index: Index, function: Function, name: str) -> Iterator[ast.expr]:
    head, _, attribute = name.partition(".")
    owner = index.calls.owner(function)
    if head in ("self", "cls") and owner and attribute.isidentifier():
        for class_ in [owner, *index.calls.below(owner)]:
            value = index.calls.class_value(class_, attribute)
            if index.calls.member(class_, attribute) is not None:
                yield ast.Constant(None)  # a property: not read
            elif value is not None:
                yield value
        return
    definition = index.definitions.get((function.path, function.qualname))
    local = list(_local(definition, name)) if definition else []
    module = index.tree.module(function.path)
    if local or name in function.params:
        yield from local if name not in function.params else [ast.Constant(None)]
    elif module and name in module.values:
        yield module.values[name]


def _local(function: ast.AST, name: str) -> Iterator[ast.expr]:
    """What a function assigns to a name, adds to it and appends to it."""
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=targets, value=value) if any(dotted(t) == name for t in targets):
                yield value
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
                yield value
            case ast.AugAssign(target=ast.Name(id=target), value=value) if target == name:
                yield value
            case ast.Call(func=ast.Attribute(value=ast.Name(id=target), attr="append"), args=[value]) if target == name:
                yield ast.Tuple([value], ast.Load())
            case ast.Call(func=ast.Attribute(value=ast.Name(id=target), attr="extend"), args=[value]) if target == name:
                yield value
