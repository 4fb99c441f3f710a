"""The preconditions of taking a call out of a loop, each a question about one loop with a yes or a no."""

import ast
from collections.abc import Iterator

from codemods._loops import Body, Comprehension, Loop, names_in, targets
from codemods.index.facts import dotted

_LISTS = (ast.List, ast.Tuple, ast.Set, ast.ListComp, ast.SetComp, ast.DictComp, ast.Dict)
_BLOCKS = (ast.For, ast.AsyncFor, ast.While)
_MAKE_LISTS = frozenset({"list", "tuple", "set", "frozenset", "dict", "sorted", "range", "str"})
_LIST_TYPES = frozenset(
    {"list", "tuple", "set", "frozenset", "dict", "List", "Tuple", "Set", "FrozenSet", "Dict", "Sequence", "Collection"}
    | {"Mapping", "MutableSequence", "QuerySet"}
)
_SEQUENCES = frozenset({"list", "tuple", "List", "Tuple", "Sequence", "MutableSequence"})
_READS_ALL = frozenset({"list", "tuple", "set", "frozenset", "dict", "sum", "sorted"})
_WRAPPERS = frozenset({"enumerate", "reversed", "zip"})
_STREAMS = frozenset({"iterator", "yield_per", "stream", "stream_scalars", "partitions", "iter_content", "scan_iter"})


def iterated(loop: Loop) -> ast.expr:
    """What a loop goes over; of a comprehension the first part."""
    assert not isinstance(loop, ast.While)
    return loop.generators[0].iter if isinstance(loop, Comprehension) else loop.iter


def is_plain(loop: Loop) -> bool:
    """Whether it is a `for` over one thing: no `while`, nothing asynchronous, no second `for` in a comprehension."""
    if isinstance(loop, Comprehension):
        return len(loop.generators) == 1 and not loop.generators[0].is_async
    return isinstance(loop, ast.For)


def inside(loop: Loop) -> Iterator[ast.AST]:
    """The nodes that run once per round, in source order, without nested functions."""
    todo: list[ast.AST]
    if isinstance(loop, ast.For | ast.AsyncFor | ast.While):
        todo = list(loop.body)
    else:
        parts = [loop.key, loop.value] if isinstance(loop, ast.DictComp) else [loop.elt]
        todo = [*parts, *(test for generator in loop.generators for test in generator.ifs)]
    todo.reverse()
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            todo += reversed(list(ast.iter_child_nodes(node)))


def ends_early(body: Body, loop: Loop) -> bool:
    """Whether a round can be the last one without an error: `break`, `return`, or a reader that stops asking."""
    if isinstance(loop, ast.GeneratorExp):
        above = next(body.parents(loop), None)
        return not (isinstance(above, ast.Call) and (dotted(above.func) in _READS_ALL or _is_join(above.func)))
    return any(
        isinstance(node, ast.Return | ast.Yield | ast.YieldFrom)
        or (isinstance(node, ast.Break) and next(p for p in body.parents(node) if isinstance(p, _BLOCKS)) is loop)
        for node in inside(loop)
    )


def _is_join(func: ast.expr) -> bool:
    return isinstance(func, ast.Attribute) and func.attr == "join" and isinstance(func.value, ast.Constant)


def is_settled(body: Body, node: ast.expr) -> bool:
    """Whether going over it twice gives the same items, and asking early what they are changes nothing."""
    match node:
        case ast.Name(id=name):
            value = body.value(name)
            if value is not None:
                made = isinstance(value, ast.Call) and dotted(value.func) in _MAKE_LISTS
                return made or keeps_rows(value) or (name not in names_in(value) and is_settled(body, value))
            bound = body.bindings(name)
            return len(bound) == 1 and isinstance(bound[0], ast.arg) and _is_list_type(bound[0].annotation)
        case ast.Constant() | ast.GeneratorExp():
            return isinstance(node, ast.Constant)
        case ast.Call(func=ast.Name(id="range"), args=args):
            return all(map(is_pure, args))
        case ast.Call(func=ast.Attribute(attr="items", value=ast.Name() | ast.Attribute() as value), args=[]):
            return is_pure(value)
    return isinstance(node, _LISTS)


def keeps_rows(node: ast.expr) -> bool:
    """Whether it is a query's list of rows, or a Django queryset, which a name keeps the rows of."""
    if not isinstance(node, ast.Call) or not is_query(node):
        return False
    return "objects" in _words(node) or (isinstance(node.func, ast.Attribute) and node.func.attr in {"all", "fetchall"})


def makes_list(node: ast.expr) -> bool:
    """Whether it is a call that gives a new list."""
    return isinstance(node, ast.Call) and dotted(node.func) in {"list", "sorted"}


def is_list(body: Body, node: ast.expr) -> bool:
    """Whether it is a list or another sequence that can be cut."""
    if isinstance(node, ast.Name):
        value = body.value(node.id)
        if value is not None:
            return is_list(body, value)
        return any(isinstance(b, ast.arg) and _is_list_type(b.annotation, _SEQUENCES) for b in body.bindings(node.id))
    return isinstance(node, ast.List | ast.Tuple | ast.ListComp) or makes_list(node)


def is_known_beforehand(body: Body, node: ast.expr) -> bool:
    """Whether a list of its items can be made before the loop: nothing that it gives depends on what the loop does."""
    match node:
        case ast.Name(id=name):
            value = body.value(name)
            return is_settled(body, node) or (value is not None and is_known_beforehand(body, value))
        case ast.Call(func=ast.Name(id=name), args=args) if name in _WRAPPERS:
            return all(is_known_beforehand(body, argument) for argument in args)
        case ast.Call(func=func) if dotted(func) in _MAKE_LISTS:
            return True
        case ast.Call(func=ast.Attribute(attr=attr, value=value)):
            return attr in {"items", "keys", "values", "split", "splitlines"} or is_query(node) or (
                attr == "getlist" and isinstance(value, ast.Attribute)
            )  # fmt: skip
        case ast.Attribute(value=value):
            return is_pure(value)
    return is_settled(body, node)


def is_query(node: ast.expr) -> bool:
    """Whether a chain of calls is a query of an ORM by its words."""
    words = _words(node)
    return bool(words & {"objects", "query", "select"}) and not words & _STREAMS


def _words(node: ast.expr) -> set[str]:
    return names_in(node) | {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}


def streams(node: ast.expr) -> bool:
    """Whether its items come one by one from a cursor or a socket."""
    return any(isinstance(n, ast.Attribute) and n.attr in _STREAMS for n in ast.walk(node))


def is_pure(node: ast.expr) -> bool:
    """Whether evaluating it early, and twice, only reads: names, attributes, items, comparisons of these."""
    match node:
        case ast.Name() | ast.Constant():
            return True
        case ast.Attribute(value=value):
            return is_pure(value)
        case ast.Subscript(value=value, slice=key):
            return is_pure(value) and is_pure(key)
        case ast.Slice(lower=lower, upper=upper, step=step):
            return all(part is None or is_pure(part) for part in (lower, upper, step))
        case ast.Compare(left=left, comparators=others):
            return all(map(is_pure, [left, *others]))
        case ast.BoolOp(values=values) | ast.Tuple(elts=values):
            return all(map(is_pure, values))
        case ast.UnaryOp(operand=value):
            return is_pure(value)
        case ast.JoinedStr(values=values):
            return all(
                isinstance(v, ast.Constant) or (isinstance(v, ast.FormattedValue) and is_pure(v.value)) for v in values
            )
        case ast.BinOp(left=left, right=right):
            return is_pure(left) and is_pure(right)
        case ast.Call(keywords=[]):
            return _is_pure_call(node)
    return False


def _is_pure_call(node: ast.Call) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[ast.Constant()]):
            return is_pure(value)  # of a dictionary: `item.get("user_id")`
        case ast.Call(func=ast.Attribute(value=value, attr="lower" | "upper" | "strip"), args=[]):
            return is_pure(value)  # of a text
        case ast.Call(func=ast.Name(id="int" | "str" | "ObjectId"), args=[value]):
            return is_pure(value)
        case ast.Call(func=ast.Name(id="isinstance"), args=[value, kinds]):
            return is_pure(value) and is_pure(kinds)
    return False


def rebound(body: Body, loop: Loop) -> set[str]:
    """The names that a round binds, its own targets left out unless they are bound again."""
    if isinstance(loop, Comprehension):
        return {n.target.id for n in inside(loop) if isinstance(n, ast.NamedExpr)}
    return {
        node.id for node in inside(loop) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del)
    } | {name for name in targets(loop) if any(n in inside(loop) for n in body.bindings(name))}


def moving(body: Body, loop: Loop | None) -> set[str]:
    """The names that may differ between rounds; without a loop those between calls of the function."""
    return targets(loop) | rebound(body, loop) if loop is not None else set(body.moving)


def _is_list_type(annotation: ast.expr | None, known: frozenset[str] = _LIST_TYPES) -> bool:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        annotation = ast.parse(annotation.value, mode="eval").body if annotation.value.isidentifier() else None
    outer = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return outer is not None and dotted(outer).rpartition(".")[2] in known
