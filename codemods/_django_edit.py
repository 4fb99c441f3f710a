"""Edits of Django code: a loader call in a queryset chain, `list_select_related` in an admin class."""

import ast
from collections.abc import Iterable, Mapping, Sequence

from codemods import _cst
from codemods._django_policy import STANDARD
from codemods.index.facts import Query
from codemods.index.roots import down

_WIDTH = 88
_PEERS = "FETCH_PEERS"
_MODELS = "django.db.models"


def with_loads(text: str, query: Query, loads: Mapping[str, Sequence[str]]) -> str:
    """The text with each loader method ("select_related") called with its paths, or its `Prefetch`, on the query."""
    start, end = _cst.offsets(text, query.chain)
    chain = text[start:end]
    for method, paths in loads.items():
        written = (path if method == "fetch_mode" or "(" in path else _cst.quoted(text, path) for path in paths)
        rows = _indent(text, start) if any("(" in path for path in paths) else None
        chain = _cst.with_call(chain, _depth(chain, query, method), method, list(written), rows)
    return _cst.replace(text, [(start, end, chain)])


def own_prefetch(text: str, query: Query, called: str, accessor: str, queryset: str, attribute: str) -> str:
    """`Prefetch(accessor, queryset=..., to_attr=attribute)` as an argument on a line of its own below the query."""
    start, end = _cst.offsets(text, query.chain)
    below = [line for line in text[start:end].splitlines()[1:] if line.lstrip().startswith(".")]
    row = (below[0][: -len(below[0].lstrip())] if below else _indent(text, start)) + "    "
    given = (_cst.quoted(text, accessor), f"queryset={queryset}", f"to_attr={_cst.quoted(text, attribute)}")
    newline = _cst.newline(text)
    return f"{called}({newline}{''.join(f'{row}    {part},{newline}' for part in given)}{row})"


def _indent(text: str, at: int) -> str:
    """The indentation of the line of an offset."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip())]


def peers(text: str) -> str | None:
    """How the file spells the fetch mode."""
    return _spelled(text, _PEERS)


def prefetch(text: str) -> str | None:
    """How the file spells `Prefetch`."""
    bound = "Prefetch" in _cst.bound_names(text) and not _cst.bound_otherwise(text, _MODELS, "Prefetch")
    return "Prefetch" if bound else _spelled(text, "Prefetch")


def _spelled(text: str, name: str) -> str | None:
    """A name of `django.db.models`, through `models` where the file imports that; None when it means another one."""
    if "models" in _cst.bound_names(text) and not _cst.bound_otherwise(text, "django.db", "models"):
        return f"models.{name}"
    return None if _cst.bound_otherwise(text, _MODELS, name) else name


def with_import(text: str, named: Iterable[str], local: frozenset[str], name: str = _PEERS) -> str:
    """The text with the import of the fetch mode or another name, when that is among the names that it uses now."""
    edit = _cst.import_edit(text, _MODELS, [name], local) if name in named else None
    return _cst.replace(text, [edit]) if edit else text


def _depth(chain: str, query: Query, method: str) -> int:
    """Where the call goes: onto one of the same name, else after what only the manager may have, else at the root."""
    hops = list(down(ast.parse(f"({chain})", mode="eval").body))
    calls = [
        (i, n.func.attr) for i, n in enumerate(hops) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)
    ]
    root = len(hops) - 1
    root = next((i for i, n in enumerate(hops) if ast.unparse(n) == query.root), root)
    same = [i for i, name in calls if name == method and i < root]
    if same:
        return same[0] + 2
    own = [i for i, name in calls if name not in STANDARD and i < root]
    return own[0] if own else root


def with_list_select_related(text: str, qualname: str, paths: Sequence[str]) -> str | None:
    """The text with the paths in `list_select_related` of an admin class; None when that is no list of names."""
    node = _class(ast.parse(text), qualname.split("."))
    if node is None:
        return None
    for statement in node.body:
        if isinstance(statement, ast.Assign) and _named(statement, "list_select_related"):
            return _extended(text, statement.value, paths)
    after = next((s for s in node.body if isinstance(s, ast.Assign) and _named(s, "list_display")), None)
    first = node.body[0]
    docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    above = after or (first if docstring else None)
    newline = "\r\n" if "\r\n" in text else "\n"
    indent = " " * first.col_offset
    line = _assignment(text, paths, indent, newline)
    if above is not None:
        assert above.end_lineno is not None and above.end_col_offset is not None
        _, end = _cst.offsets(text, (above.lineno, above.col_offset, above.end_lineno, above.end_col_offset))
        at = text.find("\n", end)
        at = len(text) if at < 0 else at - (text[at - 1] == "\r")
        return text[:at] + newline + indent + line + text[at:]
    if first.lineno == node.lineno:
        return None  # `class A(ModelAdmin): pass` on one line
    start, _ = _cst.offsets(text, (first.lineno, first.col_offset, first.lineno, first.col_offset))
    decorators = getattr(first, "decorator_list", [])
    if decorators:
        start, _ = _cst.offsets(text, (decorators[0].lineno, first.col_offset, first.lineno, first.col_offset))
    replaces_pass = isinstance(first, ast.Pass)
    return text[:start] + line + (text[start + 4 :] if replaces_pass else newline + indent + text[start:])


def with_get_queryset(text: str, qualname: str, method: str, paths: Sequence[str]) -> str | None:
    """The text with a `get_queryset` in a class that loads the paths; None when the class has one, or is one line."""
    node = _class(ast.parse(text), qualname.split("."))
    if node is None or node.body[0].lineno == node.lineno:
        return None
    if any(isinstance(s, ast.FunctionDef | ast.AsyncFunctionDef) and s.name == "get_queryset" for s in node.body):
        return None
    newline = "\r\n" if "\r\n" in text else "\n"
    indent = " " * node.body[0].col_offset
    names = ", ".join(_cst.quoted(text, path) for path in paths)
    lines = [
        f"{indent}def get_queryset(self, request):",
        f"{indent}    return super().get_queryset(request).{method}({names})",
    ]
    functions = [s for s in node.body if isinstance(s, ast.FunctionDef | ast.AsyncFunctionDef)]
    if functions:
        first = functions[0]
        line = min([first.lineno, *(d.lineno for d in first.decorator_list)])
        start, _ = _cst.offsets(text, (line, 0, line, 0))
        return text[:start] + newline.join([*lines, "", ""]) + text[start:]
    last = node.body[-1]
    assert last.end_lineno is not None and last.end_col_offset is not None
    start, end = _cst.offsets(text, (last.lineno, last.col_offset, last.end_lineno, last.end_col_offset))
    if isinstance(last, ast.Pass) and len(node.body) == 1:
        return text[: start - len(indent)] + newline.join(lines) + text[end:]
    at = text.find("\n", end)
    at = len(text) if at < 0 else at - (text[at - 1] == "\r")
    return text[:at] + newline * 2 + newline.join(lines) + text[at:]


def with_queryset(text: str, qualname: str, root: str, loads: Mapping[str, Sequence[str]]) -> str | None:
    """The text with a `queryset` below the `model` of a class; None when its body has no such line."""
    node = _class(ast.parse(text), qualname.split("."))
    lines = [s for s in node.body if isinstance(s, ast.Assign) and _named(s, "model")] if node else []
    if node is None or not lines or lines[0].lineno == node.lineno:
        return None
    newline = "\r\n" if "\r\n" in text else "\n"
    indent = " " * lines[0].col_offset
    calls = [f".{method}({', '.join(_cst.quoted(text, path) for path in paths)})" for method, paths in loads.items()]
    line = f"{indent}queryset = {root}{''.join(calls)}"
    if len(line) > _WIDTH:
        inner = newline + indent + "    "
        line = f"{indent}queryset = ({inner}{root}{calls[0]}{''.join(inner + c for c in calls[1:])}{newline}{indent})"
    assert lines[0].end_lineno is not None and lines[0].end_col_offset is not None
    _, end = _cst.offsets(text, (lines[0].lineno, 0, lines[0].end_lineno, lines[0].end_col_offset))
    at = text.find("\n", end)
    at = len(text) if at < 0 else at - (text[at - 1] == "\r")
    return text[:at] + newline + line + text[at:]


def _assignment(text: str, paths: Sequence[str], indent: str, newline: str) -> str:
    names = [_cst.quoted(text, path) for path in paths]
    short = f"list_select_related = ({', '.join(names)}{',' if len(names) == 1 else ''})"
    if len(indent + short) <= _WIDTH:
        return short
    rows = "".join(f"{indent}    {name},{newline}" for name in names)
    return f"list_select_related = ({newline}{rows}{indent})"


def _extended(text: str, value: ast.expr, paths: Sequence[str]) -> str | None:
    if not isinstance(value, ast.Tuple | ast.List) or not value.elts:
        return None
    last = value.elts[-1]
    assert last.end_lineno is not None and last.end_col_offset is not None
    start, end = _cst.offsets(text, (last.lineno, last.col_offset, last.end_lineno, last.end_col_offset))
    line = text[text.rfind("\n", 0, start) + 1 : start]
    between = f",{chr(10)}{line}" if not line.strip() else ", "
    rest = text[end:].removeprefix(",") if len(value.elts) == 1 and line.strip() else text[end:]
    return text[:end] + "".join(between + _cst.quoted(text, path) for path in paths) + rest


def _named(statement: ast.Assign, name: str) -> bool:
    return any(isinstance(t, ast.Name) and t.id == name for t in statement.targets)


def _class(node: ast.AST, scopes: list[str]) -> ast.ClassDef | None:
    for scope in scopes:
        body = getattr(node, "body", [])
        found = next((n for n in body if isinstance(n, ast.ClassDef | ast.FunctionDef) and n.name == scope), None)
        if found is None:
            return None
        node = found
    return node if isinstance(node, ast.ClassDef) else None
