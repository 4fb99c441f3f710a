"""Loader options that a query takes from a variable: what the variable can hold, read off its assignments."""

import ast
from collections.abc import Iterator

from codemods.index import Index
from codemods.index.facts import Function, dotted


def held_by(
    index: Index, function: Function, node: ast.expr, above: frozenset[str] = frozenset()
) -> list[ast.expr] | None:
    """Every option that a name, `self.name` or `*name` can stand for; None where an assignment is no plain list.

    `above` are the names that hold this one.
    """
    name = dotted(node.value if isinstance(node, ast.Starred) else node)
    values = list(_assigned(index, function, name)) if name and name not in above else []
    definition = index.definitions.get((function.path, function.qualname))
    options: list[ast.expr] = []
    for value in values:
        match value:
            case ast.List(elts=elements) | ast.Tuple(elts=elements) if not any(
                isinstance(e, ast.Starred) for e in elements
            ):
                for element in elements:
                    options += held_by(index, function, element, above | {name}) or [element]
            case ast.Call() if _root(value) == name:
                continue  # what the name stood for before, and more: read below
            case ast.Call() if definition and any(_local(definition, _root(value))):
                return None
            case ast.Call():
                options += [value, *(_built_on(definition, name, value) if definition else ())]
            case _:
                return None
    return options if values else None


def _built_on(function: ast.AST, name: str, option: ast.Call) -> Iterator[ast.Call]:
    """What a function adds to an option that it keeps in a name: `posts.joinedload(Post.tags)`, its result unused.

    SQLAlchemy before 2.0 keeps one list of all that was chained on an option.
    """
    stands = {name: option}
    kept = (n for n in ast.walk(function) if isinstance(n, ast.Assign | ast.Expr) and isinstance(n.value, ast.Call))
    for node in sorted(kept, key=lambda n: n.lineno):
        if (grown := _grown(node.value, stands)) is not None:
            yield grown
            targets = node.targets if isinstance(node, ast.Assign) else []
            stands |= {target.id: grown for target in targets if isinstance(target, ast.Name)}


def _grown(node: ast.expr, stands: dict[str, ast.Call]) -> ast.Call | None:
    """A chain of calls on a name, with what the name stands for in its place."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr), args=args) if name in stands:
            return ast.Call(ast.Attribute(stands[name], attr, ast.Load()), args, node.keywords)
        case ast.Call(func=ast.Attribute(value=ast.Call() as inner, attr=attr), args=args):
            base = _grown(inner, stands)
            return ast.Call(ast.Attribute(base, attr, ast.Load()), args, node.keywords) if base else None
    return None


def _root(node: ast.expr) -> str:
    """The name that a chain of calls starts at."""
    while isinstance(node, ast.Call | ast.Attribute):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


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
