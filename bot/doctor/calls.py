"""Calls in a Python file under the dotted names that its imports give them."""

import ast
from collections.abc import Iterator

import msgspec


class Call(msgspec.Struct, frozen=True):
    """A call; `keywords` holds literal values, None for what only a run would know; `open` when there is a `**`."""

    name: str
    path: str
    line: int
    keywords: dict[str, object] = {}
    open: bool = False


def read_calls(source: bytes, path: str) -> tuple[list[Call], set[str]]:
    """The calls of imported names, and the top-level modules that are imported; nothing of a file with wrong syntax."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return [], set()
    names: dict[str, str] = {}
    modules: set[str] = set()
    for node in ast.walk(tree):
        for name, dotted in _imported(node):
            names[name] = dotted
            modules.add(dotted.partition(".")[0])
    return [
        Call(
            name=dotted,
            path=path,
            line=node.lineno,
            keywords={word.arg: _literal(word.value) for word in node.keywords if word.arg},
            open=any(word.arg is None for word in node.keywords),
        )
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and (dotted := _dotted(node.func, names))
    ], modules


def _imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Local name -> what it stands for."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield (alias.asname, alias.name) if alias.asname else (alias.name.partition(".")[0],) * 2
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        for alias in node.names:
            yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _dotted(node: ast.expr, names: dict[str, str]) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Call):  # SomeInstrumentor().instrument()
        inner = _dotted(node.func, names)
        return ".".join([inner, *reversed(parts)]) if inner else ""
    if not isinstance(node, ast.Name) or node.id not in names:
        return ""
    return ".".join([names[node.id], *reversed(parts)])


def _literal(node: ast.expr) -> object:
    try:
        value: object = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return value
