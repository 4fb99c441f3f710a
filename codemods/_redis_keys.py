"""What a round of a loop asks redis for, as an expression over the loop's targets that can be evaluated before it."""

import ast

from codemods._loop_gates import inside, is_pure, rebound
from codemods._loops import Body, Loop, names_in, targets
from codemods.index.facts import chain_of, dotted

_MAKES_VALUES = frozenset({"str", "int", "len", "repr", "float"})
_OF_TEXT = frozenset(
    {"format", "decode", "encode", "lower", "upper", "strip", "hex", "isoformat", "strftime", "removeprefix"}
)


class NotBeforehandError(Exception):
    """Why something cannot be known before the loop, as a sentence."""


class Keys:
    """The arguments of one call in a loop."""

    def __init__(self, body: Body, loop: Loop, call: ast.Call) -> None:
        self._body, self._loop, self._call = body, loop, call
        self._loose = rebound(body, loop)
        self._stored = {dotted(n) for n in inside(loop) if isinstance(n, ast.Attribute | ast.Subscript) and _stores(n)}

    def resolved(self, node: ast.expr) -> ast.expr:
        """The expression with what a round builds put in place of its names.

        Raises:
            NotBeforehandError: it depends on what the rounds do.
        """
        while True:
            if not self._is_pure(node):
                raise NotBeforehandError(f"`{ast.unparse(node)}` is more than a value that is read")
            stored = sorted({dotted(n) for n in ast.walk(node) if isinstance(n, ast.Attribute)} & self._stored)
            if stored:
                raise NotBeforehandError(f"the loop changes `{stored[0]}`")
            loose = sorted(name for name in names_in(node) & self._loose if not self._is_decoded(name, node))
            if not loose:
                return node
            value = self._body.value(loose[0])
            if value is None or loose[0] in targets(self._loop) or loose[0] in names_in(value):
                raise NotBeforehandError(f"`{loose[0]}` changes from round to round")
            if not self._is_straight(value):
                raise NotBeforehandError(f"`{loose[0]}` is not set in every round")
            node = _Inlined(loose[0], value).visit(ast.parse(ast.unparse(node), mode="eval").body)

    def _is_decoded(self, name: str, node: ast.expr) -> bool:
        """Whether it is the key itself, and all that happens to it is that its bytes become text."""
        if not isinstance(node, ast.Name) or name not in targets(self._loop) or not isinstance(self._loop, ast.For):
            return False
        bound = [b for b in self._body.bindings(name) if b in set(inside(self._loop))]
        return all(self._is_straight(b) and _decodes(self._body.statement(b), name) for b in bound)

    def _is_straight(self, node: ast.AST) -> bool:
        """Whether every round comes there, before it comes to the call."""
        assert isinstance(self._loop, ast.For)  # what else binds a name in its rounds is no assignment
        statement = self._body.statement(node)
        around = [statement, *self._body.parents(statement)]
        above = next(node for node in around if node in self._loop.body)
        test = isinstance(above, ast.If) and _is_bytes_test(above.test)
        return (above is statement or test) and statement.lineno < self._call.lineno

    def _is_pure(self, node: ast.expr) -> bool:
        match node:
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _MAKES_VALUES:
                return all(map(self._is_pure, args))
            case ast.Call(func=ast.Attribute(value=value, attr=attr), args=args, keywords=keywords) if attr in _OF_TEXT:
                return all(map(self._is_pure, [value, *args, *(k.value for k in keywords)]))
            case ast.Call(args=args, keywords=keywords) if self._returns_value(node):
                return all(map(self._is_pure, [*args, *(k.value for k in keywords)]))
            case ast.JoinedStr(values=values):
                return all(self._is_pure(v.value) for v in values if isinstance(v, ast.FormattedValue))
            case ast.BinOp(left=left, right=right):
                return self._is_pure(left) and self._is_pure(right)
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                return all(map(self._is_pure, elements))
            case ast.Dict(keys=keys, values=values):
                return all(map(self._is_pure, [*filter(None, keys), *values]))
        return is_pure(node)

    def _returns_value(self, node: ast.Call) -> bool:
        """Whether it calls a function of the repository that is one `return` of a value."""
        chain = chain_of(node.func)
        calls = [call for call in self._body.function.calls if call.callee == chain][:1]
        found = [key for call in calls for key in self._body.index.calls.targets(self._body.function, call)]
        return bool(found) and all(self._is_value(key) for key in found)

    def _is_value(self, key: tuple[str, str]) -> bool:
        definition = self._body.index.definitions.get(key)
        statements = [s for s in definition.body if not _is_docstring(s)] if definition else []
        match statements:
            case [ast.Return(value=ast.expr() as value)]:
                return not any(isinstance(n, ast.Call) and not _is_text(n) for n in ast.walk(value))
        return False


def cannot_fail(node: ast.expr) -> bool:
    """Whether evaluating it in a round that skips it raises nothing: names and constants, and text of these."""
    match node:
        case ast.Name() | ast.Constant():
            return True
        case ast.JoinedStr(values=values):
            return all(cannot_fail(v.value) for v in values if isinstance(v, ast.FormattedValue))
    return False


def is_text(node: ast.expr) -> bool:
    """Whether it is text or a number, which redis takes, whatever its parts are."""
    match node:
        case ast.JoinedStr():
            return True
        case ast.Constant(value=value):
            return isinstance(value, str | bytes | int | float) and not isinstance(value, bool)
        case ast.Call(func=func):
            return dotted(func) in {"str", "int", "len", "repr", "float", "json.dumps"}
        case ast.BinOp(op=ast.Add() | ast.Mod(), left=left):
            return isinstance(left, ast.Constant | ast.JoinedStr) and is_text(left)
    return False


def _decodes(statement: ast.stmt, name: str) -> bool:
    match statement:
        case ast.Assign(
            targets=[ast.Name()],
            value=ast.Call(func=ast.Attribute(value=ast.Name(id=of), attr="decode"), args=args, keywords=[]),
        ):
            given = [a.value.lower() for a in args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            return of == name and len(given) == len(args) and set(given) <= {"utf-8", "utf8"}
    return False


def _is_bytes_test(test: ast.expr) -> bool:
    match test:
        case ast.Call(func=ast.Name(id="isinstance"), args=[ast.Name(), ast.Name(id="bytes")]):
            return True
    return False


def _is_text(call: ast.Call) -> bool:
    if isinstance(call.func, ast.Name):
        return call.func.id in _MAKES_VALUES
    return isinstance(call.func, ast.Attribute) and call.func.attr in _OF_TEXT


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _stores(node: ast.Attribute | ast.Subscript) -> bool:
    return isinstance(node.ctx, ast.Store | ast.Del)


class _Inlined(ast.NodeTransformer):
    """Puts an expression in place of a name."""

    def __init__(self, name: str, value: ast.expr) -> None:
        self._name, self._value = name, value

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self._value if node.id == self._name else node
