"""Edits on a slice of a file: LibCST sees only the expression or import that changes, every other byte stays."""

import ast
import sys
from collections.abc import Callable, Sequence

import libcst as cst

Span = tuple[int, int, int, int]  # line, column, end line, end column as `ast` counts: UTF-8 bytes, lines from 1


def offsets(text: str, span: Span) -> tuple[int, int]:
    """Character offsets of a span in a text."""
    lines = text.splitlines(keepends=True)

    def offset(line: int, column: int) -> int:
        before = sum(map(len, lines[: line - 1]))
        return before + len(lines[line - 1].encode()[:column].decode())

    return offset(span[0], span[1]), offset(span[2], span[3])


def replace(text: str, edits: Sequence[tuple[int, int, str]]) -> str:
    """The text with character ranges replaced; ranges must not overlap."""
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def with_call(chain: str, depth: int, method: str, arguments: Sequence[str]) -> str:
    """The chain with `.method(arguments)` right after its root, or with the arguments added to such a call.

    `depth` is the number of attribute, call and subscript hops above the root. A chain that breaks its lines before
    the dots gets the new call on a line of its own.
    """
    node = cst.parse_expression(f"({chain})")
    unwrapped = node.with_changes(lpar=node.lpar[1:], rpar=node.rpar[:-1])
    return cst.Module([]).code_for_node(_insert(unwrapped, depth, method, arguments, None))


def _insert(
    node: cst.BaseExpression, depth: int, method: str, arguments: Sequence[str], dot: cst.Dot | None
) -> cst.BaseExpression:
    match node:
        case cst.Call(func=cst.Attribute(value=inner, attr=cst.Name(value=name)) as func) if depth > 1:
            if name == method and depth == 2:
                return _append(node, arguments)
            return node.with_changes(
                func=func.with_changes(value=_insert(inner, depth - 2, method, arguments, func.dot))
            )
        case cst.Attribute(value=inner) if depth > 0:
            return node.with_changes(value=_insert(inner, depth - 1, method, arguments, node.dot))
        case cst.Subscript(value=inner) if depth > 0:
            return node.with_changes(value=_insert(inner, depth - 1, method, arguments, None))
    space = _bare(dot.whitespace_before) if dot else cst.SimpleWhitespace("")
    if isinstance(space, cst.SimpleWhitespace) and "\n" not in space.value:
        space = cst.SimpleWhitespace("")
    return cst.Call(
        func=cst.Attribute(value=node, attr=cst.Name(method), dot=cst.Dot(whitespace_before=space)),
        args=[_argument(a) for a in arguments],
    )


def _append(call: cst.Call, arguments: Sequence[str]) -> cst.Call:
    """The call with more positional arguments, in the layout of the ones it has."""
    if not call.args:
        return call.with_changes(args=[_argument(a) for a in arguments])
    *head, last = call.args
    comma: cst.Comma | cst.MaybeSentinel = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    if head and isinstance(head[-1].comma, cst.Comma):
        comma = head[-1].comma
    elif isinstance(call.whitespace_before_args, cst.ParenthesizedWhitespace):
        comma = cst.Comma(whitespace_after=_bare(call.whitespace_before_args))
    added = [_argument(a) for a in arguments]
    separated = [last.with_changes(comma=comma), *(a.with_changes(comma=comma) for a in added[:-1])]
    return call.with_changes(args=[*head, *separated, added[-1].with_changes(comma=last.comma)])


def _argument(text: str) -> cst.Arg:
    return cst.Arg(cst.parse_expression(text))


def import_edit(
    text: str, module: str, names: Sequence[str], local: frozenset[str] = frozenset()
) -> tuple[int, int, str] | None:
    """The edit that binds `names` from `module`; None when the file binds them already.

    They are merged into an existing top-level `from module import ...`; else a new import goes where an import sorter
    would have it: after the nearest import of the same section that sorts before it, first-party packages (`local`)
    and relative imports below.
    """
    tree = ast.parse(text)
    imports = [n for n in tree.body if isinstance(n, (ast.Import, ast.ImportFrom))]
    wanted = [n for n in names if not any(_binds(node, module, n) for node in imports)]
    if not wanted:
        return None
    for node in imports:
        if isinstance(node, ast.ImportFrom) and node.module == module and not node.level and node.names[0].name != "*":
            start, end = offsets(text, _span(node))
            return start, end, _merged(text[start:end], wanted)
    newline = "\r\n" if "\r\n" in text else "\n"
    line = f"from {module} import {', '.join(sorted(wanted))}"
    same = [n for n in imports if _section(n, local) == _THIRD_PARTY]
    before = [n for n in same if _source(n).casefold() < module.casefold()] or same
    above = [n for n in imports if _section(n, local) < _THIRD_PARTY]
    below = [n for n in imports if _section(n, local) > _THIRD_PARTY]
    if anchor := (before[-1:] or above[-1:]):
        at = _line_end(text, offsets(text, _span(anchor[0]))[1])
        return at, at, newline * (1 if before else 2) + line
    if below:
        at = offsets(text, _span(below[0]))[0]
        return at, at, f"{line}{newline}{newline}"
    at = _after_docstring(text)
    return at, at, newline * 2 + line + newline if at else f"{line}{newline}{newline}"


def bound_names(text: str) -> set[str]:
    """Names that the module's top level binds."""
    bound: set[str] = set()
    for node in ast.parse(text).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            bound |= {(a.asname or a.name).partition(".")[0] for a in node.names}
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            bound |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return bound


def binds(text: str, module: str, name: str) -> bool:
    """Whether the file's top level imports `name` from `module` under its own name."""
    return any(_binds(n, module, name) for n in ast.parse(text).body if isinstance(n, (ast.Import, ast.ImportFrom)))


def _merged(statement: str, names: Sequence[str]) -> str:
    """One `from m import ...` statement with more names, in its own layout and order."""
    node = cst.parse_statement(statement)
    assert isinstance(node, cst.SimpleStatementLine)
    line = node.body[0]
    assert isinstance(line, cst.ImportFrom) and not isinstance(line.names, cst.ImportStar)
    aliases = list(line.names)
    opening = line.lpar.whitespace_after if line.lpar else cst.SimpleWhitespace("")
    for name in names:
        at = _position([a.evaluated_name for a in aliases], name)
        aliases = _with_alias(aliases, at, cst.ImportAlias(cst.Name(name)), opening)
    return cst.Module([]).code_for_node(line.with_changes(names=aliases))


def _with_alias(
    aliases: list[cst.ImportAlias], at: int, new: cst.ImportAlias, opening: cst.BaseParenthesizableWhitespace
) -> list[cst.ImportAlias]:
    between = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    if len(aliases) > 1 and isinstance(aliases[0].comma, cst.Comma):
        between = cst.Comma(whitespace_after=_bare(aliases[0].comma.whitespace_after))
    elif isinstance(opening, cst.ParenthesizedWhitespace):
        between = cst.Comma(whitespace_after=_bare(opening))  # the first name stands on a line of its own
    last = aliases[-1].comma
    closed = [a.with_changes(comma=between) if a is aliases[-1] else a for a in aliases]
    closed.insert(at, new.with_changes(comma=between))
    closed[-1] = closed[-1].with_changes(comma=last)
    return closed


def _bare(space: cst.BaseParenthesizableWhitespace) -> cst.BaseParenthesizableWhitespace:
    """The same line break and indentation without a comment."""
    if isinstance(space, cst.ParenthesizedWhitespace):
        return space.with_changes(first_line=cst.TrailingWhitespace(), empty_lines=())
    return space


def _position(existing: list[str], name: str) -> int:
    """Where a sorted list of names takes another one; its end when it is not sorted."""
    orders: tuple[Callable[[str], tuple[int, str]], ...] = (_isort_key, lambda n: (0, n.casefold()), lambda n: (0, n))
    for key in orders:
        keys = [key(e) for e in existing]
        if keys == sorted(keys):
            return sum(k < key(name) for k in keys)
    return len(existing)


def _isort_key(name: str) -> tuple[int, str]:
    """CONSTANTS, then Classes, then functions: the default of isort and ruff."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2, name)


_STANDARD, _THIRD_PARTY, _FIRST_PARTY = range(3)


def _section(node: ast.Import | ast.ImportFrom, local: frozenset[str]) -> int:
    source = _source(node)
    head = source.partition(".")[0]
    if source.startswith(".") or head in local:
        return _FIRST_PARTY
    return _STANDARD if head in sys.stdlib_module_names else _THIRD_PARTY


def _source(node: ast.Import | ast.ImportFrom) -> str:
    """The module an import statement names, relative ones with their dots."""
    return node.names[0].name if isinstance(node, ast.Import) else "." * node.level + (node.module or "")


def _binds(node: ast.Import | ast.ImportFrom, module: str, name: str) -> bool:
    return (
        isinstance(node, ast.ImportFrom)
        and node.module == module
        and not node.level
        and any(a.name == name and a.asname in (None, name) for a in node.names)
    )


def _span(node: ast.stmt) -> Span:
    assert node.end_lineno is not None and node.end_col_offset is not None
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def _line_end(text: str, at: int) -> int:
    """The end of the line, before its line end, so that a trailing comment stays with its import."""
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    return end - 1 if text[end - 1 : end] == "\r" else end


def _after_docstring(text: str) -> int:
    body = ast.parse(text).body
    first = body[0] if body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return _line_end(text, offsets(text, _span(first))[1])
    return 0
