"""Edits on a slice of a file: LibCST sees only the expression or import that changes, every other byte stays."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

import msgspec

from codemods._lazy import lazily
from codemods.cache import answer

if TYPE_CHECKING:
    import libcst as cst
else:
    cst = lazily("libcst")

Span = tuple[int, int, int, int]  # line, column, end line, end column as `ast` counts: UTF-8 bytes, lines from 1
# Not str.splitlines: a form feed or U+2028 in a string ends no line of Python source.
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_BARE_END = re.compile(r"(?<!\r)\n")
_LINE_END = re.compile(r"\r\n|\r|\n")


def offsets(text: str, span: Span) -> tuple[int, int]:
    """Character offsets of a span in a text."""
    lines = _LINE.findall(text)

    def offset(line: int, column: int) -> int:
        before = sum(map(len, lines[: line - 1]))
        return before + len(lines[line - 1].encode()[:column].decode())

    return offset(span[0], span[1]), offset(span[2], span[3])


def replace(text: str, edits: Sequence[tuple[int, int, str]]) -> str:
    """The text with character ranges replaced; ranges must not overlap. New lines end as all others do."""
    is_dos = "\r\n" in text and text.count("\n") == text.count("\r\n")
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + (_BARE_END.sub("\r\n", new) if is_dos else new) + text[end:]
    return text


def with_call(chain: str, depth: int, method: str, arguments: Sequence[str], rows: str | None = None) -> str:
    """The chain with `.method(arguments)` right after its root, or with the arguments added to such a call.

    With `rows`, the indentation of the line that the chain starts on, a new call has a line for every argument.

    `depth` is the number of attribute, call and subscript hops above the root. A chain that breaks its lines before
    the dots gets the new call on a line of its own.
    """

    def work() -> str:
        node = cst.parse_expression(f"({chain})")
        unwrapped = node.with_changes(lpar=node.lpar[1:], rpar=node.rpar[:-1])
        return _code(_insert(unwrapped, depth, _New(method, tuple(arguments), rows), None), chain)

    return answer(("with_call", chain, str(depth), method, str(rows), *arguments), ("libcst",), work)


def with_keyword(chain: str, depth: int, name: str, values: Sequence[str]) -> str:
    """The chain whose root call, `depth` hops below its end, is given `name=[values]`."""

    def work() -> str:
        node = cst.parse_expression(f"({chain})")
        unwrapped = node.with_changes(lpar=node.lpar[1:], rpar=node.rpar[:-1])
        return _code(_at_root(unwrapped, depth, lambda call: _with_keyword(call, name, values)), chain)

    return answer(("with_keyword", chain, str(depth), name, *values), ("libcst",), work)


def _with_keyword(call: cst.Call, name: str, values: Sequence[str]) -> cst.Call:
    value = cst.parse_expression(f"[{', '.join(values)}]")
    after = _append(call, ["None"])
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    at = next((i for i, a in enumerate(call.args) if a.keyword or a.star), len(call.args))
    added = after.args[at].with_changes(keyword=cst.Name(name), equal=equal, value=value)
    return after.with_changes(args=[*after.args[:at], added, *after.args[at + 1 :]])


def _at_root(node: cst.BaseExpression, depth: int, change: Callable[[cst.Call], cst.Call]) -> cst.BaseExpression:
    match node:
        case cst.Call(func=cst.Attribute(value=inner) as func) if depth > 1:
            return node.with_changes(func=func.with_changes(value=_at_root(inner, depth - 2, change)))
        case cst.Attribute(value=inner) | cst.Subscript(value=inner) if depth > 0:
            return node.with_changes(value=_at_root(inner, depth - 1, change))
    assert isinstance(node, cst.Call)
    return change(node)


class _New(msgspec.Struct, frozen=True):
    method: str
    arguments: tuple[str, ...]
    rows: str | None

    def call(self, root: cst.BaseExpression, space: cst.BaseParenthesizableWhitespace) -> cst.Call:
        """The call on its root, behind a dot with this space before it."""
        func = cst.Attribute(value=root, attr=cst.Name(self.method), dot=cst.Dot(whitespace_before=space))
        arguments = [_argument(a) for a in self.arguments]
        if self.rows is None:
            return cst.Call(func=func, args=arguments)
        last = space.last_line if isinstance(space, cst.ParenthesizedWhitespace) else space
        assert isinstance(last, cst.SimpleWhitespace)
        outer = last.value.rpartition("\n")[2] or self.rows
        row, end = (cst.ParenthesizedWhitespace(last_line=cst.SimpleWhitespace(i)) for i in (outer + "    ", outer))
        commas = [cst.Comma(whitespace_after=w) for w in [*[row] * (len(arguments) - 1), end]]
        rows = [a.with_changes(comma=c) for a, c in zip(arguments, commas, strict=True)]
        return cst.Call(func=func, args=rows, whitespace_before_args=row)


def _insert(node: cst.BaseExpression, depth: int, new: _New, dot: cst.Dot | None) -> cst.BaseExpression:
    match node:
        case cst.Call(func=cst.Attribute(value=inner, attr=cst.Name(value=name)) as func) if depth > 1:
            if name == new.method and depth == 2:
                return _append(node, new.arguments)
            last = depth == 2  # the comment before this dot stays on the line of the root
            dot_after = (
                func.dot.with_changes(whitespace_before=_below(func.dot.whitespace_before)) if last else func.dot
            )
            return node.with_changes(
                func=func.with_changes(value=_insert(inner, depth - 2, new, func.dot), dot=dot_after)
            )
        case cst.Attribute(value=inner) if depth > 0:
            return node.with_changes(value=_insert(inner, depth - 1, new, node.dot))
        case cst.Subscript(value=inner) if depth > 0:
            return node.with_changes(value=_insert(inner, depth - 1, new, None))
    space = dot.whitespace_before if dot else cst.SimpleWhitespace("")
    if isinstance(space, cst.ParenthesizedWhitespace):
        space = space.with_changes(empty_lines=())
    if isinstance(space, cst.SimpleWhitespace) and "\n" not in space.value:
        space = cst.SimpleWhitespace("")
    return new.call(node, space)


def _below(space: cst.BaseParenthesizableWhitespace) -> cst.BaseParenthesizableWhitespace:
    """The same space without what ends the line before: comments on lines of their own belong to what follows."""
    if isinstance(space, cst.ParenthesizedWhitespace):
        return space.with_changes(first_line=_bare(space).first_line)  # type: ignore[attr-defined]
    return space


def _append(call: cst.Call, arguments: Sequence[str]) -> cst.Call:
    """The call with more positional arguments, in the layout of the ones it has."""
    if not call.args:
        return call.with_changes(args=[_argument(a) for a in arguments])
    last = call.args[-1]
    trailing = isinstance(last.comma, cst.Comma)
    gaps = [call.whitespace_before_args, *_after_commas(call.args)]
    gaps.append(last.comma.whitespace_after if isinstance(last.comma, cst.Comma) else last.whitespace_after_arg)
    args = list(call.args)
    at = next((i for i, a in enumerate(args) if a.keyword or a.star), len(args))
    for position, argument in enumerate(arguments, at):
        gaps[position : position + 1] = _split(gaps, position)
        args.insert(position, _argument(argument))
    spaced = [
        a.with_changes(comma=cst.Comma(whitespace_after=g), whitespace_after_arg=cst.SimpleWhitespace(""))
        for a, g in zip(args, gaps[1:], strict=True)
    ]
    if not trailing:
        spaced[-1] = spaced[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=gaps[-1])
    return call.with_changes(args=spaced, whitespace_before_args=gaps[0])


def _argument(text: str) -> cst.Arg:
    return cst.Arg(cst.parse_expression(text))


def import_edit(
    text: str, module: str, names: Sequence[str], local: frozenset[str] = frozenset()
) -> tuple[int, int, str] | None:
    """The edit that binds `names` from `module` (".models" is relative); None when the file binds them already.

    They are merged into an existing top-level `from module import ...`; else a new import goes where an import sorter
    would have it: after the nearest import of the same section that sorts before it, first-party packages (`local`)
    and relative imports below.
    """
    tree = ast.parse(text)
    everywhere = [n for n in tree.body if isinstance(n, (ast.Import, ast.ImportFrom))]
    wanted = [n for n in names if not any(_binds(node, module, n) for node in everywhere)]
    if not wanted:
        return None
    # An import below the first definition is late on purpose (a cycle): nothing joins it.
    imports = [n for n in takewhile(_is_no_definition, tree.body) if n in everywhere]
    for node in imports:
        if isinstance(node, ast.ImportFrom) and _source(node) == module and node.names[0].name != "*":
            start, end = offsets(text, _span(node))
            return start, end, _merged(text[start:end], wanted)
    eol = newline(text)
    line = f"from {module} import {', '.join(sorted(wanted))}"
    section = _section_of(module, local)
    same = [n for n in imports if _section(n, local) == section]
    before = [n for n in same if isinstance(n, ast.Import) or _source(n).casefold() < module.casefold()]
    above = [n for n in imports if _section(n, local) < section]
    below = [n for n in imports if _section(n, local) > section]
    if before or (above and not same):
        at = _line_end(text, offsets(text, _span((before or above)[-1]))[1])
        return at, at, eol * (1 if before else 2) + line
    if same or below:
        at = offsets(text, _span((same or below)[0]))[0]
        return at, at, f"{line}{eol * (1 if same else 2)}"
    return _below_docstring(text, tree, line)


def plain_imports(text: str) -> set[str]:
    """Modules that the top level binds by their own names: `import os`."""
    imports = [node for node in ast.parse(text).body if isinstance(node, ast.Import)]
    return {alias.name for node in imports for alias in node.names if alias.asname in (None, alias.name)}


def plain_import_edit(text: str, module: str) -> tuple[int, int, str] | None:
    """The edit that adds `import module` of the standard library where a sorter would; None when it is there.

    The file imports something besides what `__future__` has.
    """
    if module in plain_imports(text):
        return None
    tree = ast.parse(text)
    imports = [n for n in takewhile(_is_no_definition, tree.body) if isinstance(n, (ast.Import, ast.ImportFrom))]
    others = [n for n in imports if _source(n) != "__future__"]
    standard = [n for n in others if _section(n, frozenset()) == _STANDARD]
    before = [n for n in standard if isinstance(n, ast.Import) and _source(n) < module]
    end, line = newline(text), f"import {module}"
    if before:
        at = _line_end(text, offsets(text, _span(before[-1]))[1])
        return at, at, f"{end}{line}"
    at = offsets(text, _span((standard or others)[0]))[0]
    return at, at, f"{line}{end}" if standard else f"{line}{end}{end}"


def _is_no_definition(node: ast.stmt) -> bool:
    return not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))


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


def bound_otherwise(text: str, module: str, name: str) -> bool:
    """Whether anything in the file, in whatever scope, binds `name` but a top-level import of it from `module`."""
    tree = ast.parse(text)
    ours = {alias for n in tree.body if isinstance(n, ast.ImportFrom) and _binds(n, module, name) for alias in n.names}
    for node in ast.walk(tree):
        match node:
            case ast.arg(arg=bound) | ast.FunctionDef(name=bound) | ast.AsyncFunctionDef(name=bound):
                pass
            case ast.ClassDef(name=bound) | ast.Name(id=bound, ctx=ast.Store()):
                pass
            case ast.alias() if node not in ours:
                bound = node.asname or node.name.partition(".")[0]
            case _:
                continue
        if bound == name:
            return True
    return False


def _merged(statement: str, names: Sequence[str]) -> str:
    """One `from m import ...` statement with more names, in its own layout and order."""
    return answer(("import", statement, *names), ("libcst",), lambda: _with_names(statement, names))


def _with_names(statement: str, names: Sequence[str]) -> str:
    node = cst.parse_statement(statement)
    assert isinstance(node, cst.SimpleStatementLine)
    line = node.body[0]
    assert isinstance(line, cst.ImportFrom) and not isinstance(line.names, cst.ImportStar)
    aliases = list(line.names)
    trailing = isinstance(aliases[-1].comma, cst.Comma)
    nothing = cst.SimpleWhitespace("")
    gaps = [line.lpar.whitespace_after if line.lpar else nothing, *_after_commas(aliases)]
    gaps.append(
        aliases[-1].comma.whitespace_after
        if isinstance(aliases[-1].comma, cst.Comma)
        else line.rpar.whitespace_before
        if line.rpar
        else nothing
    )
    for name in names:
        at = _position([a.evaluated_name for a in aliases], name)
        gaps[at : at + 1] = _split(gaps, at)
        aliases.insert(at, cst.ImportAlias(cst.Name(name)))
    spaced = [a.with_changes(comma=cst.Comma(whitespace_after=g)) for a, g in zip(aliases, gaps[1:], strict=True)]
    lpar, rpar = line.lpar, line.rpar
    if lpar and rpar:
        lpar = lpar.with_changes(whitespace_after=gaps[0])
        rpar = rpar if trailing else rpar.with_changes(whitespace_before=gaps[-1])
    if not trailing:
        spaced[-1] = spaced[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return _code(line.with_changes(names=spaced, lpar=lpar, rpar=rpar), statement)


def _after_commas(items: Sequence[cst.Arg] | Sequence[cst.ImportAlias]) -> list[cst.BaseParenthesizableWhitespace]:
    return [i.comma.whitespace_after for i in items[:-1] if isinstance(i.comma, cst.Comma)]


def _split(gaps: Sequence[cst.BaseParenthesizableWhitespace], at: int) -> list[cst.BaseParenthesizableWhitespace]:
    """The white space before and after an item that is put into the gap `at` of a comma-separated list.

    `gaps` are the white space after the opening parenthesis, after each comma, and before the closing one. A comment at
    the end of a line stays with what it follows, one on a line of its own with what it precedes.
    """
    between: cst.BaseParenthesizableWhitespace = cst.SimpleWhitespace(" ")
    if len(gaps) > 2:
        between = _bare(gaps[1])
    elif isinstance(gaps[0], cst.ParenthesizedWhitespace):
        between = _bare(gaps[0])  # the first item stands on a line of its own
    gap = gaps[at]
    if not isinstance(gap, cst.ParenthesizedWhitespace) or not isinstance(between, cst.ParenthesizedWhitespace):
        return [between, gap] if at else [gap, between]
    before, after = (between, _bare(gap)) if at else (_bare(gap), between)
    return [before.with_changes(first_line=gap.first_line), after.with_changes(empty_lines=gap.empty_lines)]


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


_STANDARD, _THIRD_PARTY, _FIRST_PARTY, _RELATIVE = range(4)


def _section(node: ast.Import | ast.ImportFrom, local: frozenset[str]) -> int:
    return _section_of(_source(node), local)


def _section_of(source: str, local: frozenset[str]) -> int:
    head = source.partition(".")[0]
    if source.startswith(".") or head in local:
        return _FIRST_PARTY if head else _RELATIVE
    return _STANDARD if head in sys.stdlib_module_names else _THIRD_PARTY


def _source(node: ast.Import | ast.ImportFrom) -> str:
    """The module an import statement names, relative ones with their dots."""
    return node.names[0].name if isinstance(node, ast.Import) else "." * node.level + (node.module or "")


def _binds(node: ast.Import | ast.ImportFrom, module: str, name: str) -> bool:
    return (
        isinstance(node, ast.ImportFrom)
        and _source(node) == module
        and any(a.name == name and a.asname in (None, name) for a in node.names)
    )


def _span(node: ast.stmt) -> Span:
    assert node.end_lineno is not None and node.end_col_offset is not None
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def _code(node: cst.CSTNode, written: str) -> str:
    """The source of a node with the line ends of the text it was parsed from."""
    return cst.Module([], default_newline=newline(written)).code_for_node(node)


def quoted(text: str, value: str) -> str:
    """A string literal with the quotes that the file prefers."""
    mark = "'" if text.count("'") > text.count('"') else '"'
    return f"{mark}{value}{mark}"


def newline(text: str) -> str:
    found = _LINE_END.search(text)
    return found.group() if found else "\n"


def _line_end(text: str, at: int) -> int:
    """The end of the line, before its line end, so that a trailing comment stays with its import."""
    found = _LINE_END.search(text, at)
    return found.start() if found else len(text)


def _below_docstring(text: str, tree: ast.Module, line: str) -> tuple[int, int, str]:
    """Where the first import of a file goes: below its docstring, else below the comments it starts with."""
    eol = newline(text)
    if tree.body and ast.get_docstring(tree) is not None:
        at = _line_end(text, offsets(text, _span(tree.body[0]))[1])
    else:
        head = "".join(takewhile(lambda row: row.startswith("#"), _LINE.findall(text)))
        if not head:
            return 0, 0, f"{line}{eol * 2}"
        at = _line_end(text, len(head.rstrip("\r\n")))
    blank_follows = not text[at:].strip() or bool(re.match(r"(\r\n|\r|\n)[ \t]*(\r\n|\r|\n)", text[at:]))
    return at, at, eol * 2 + line + ("" if blank_follows else eol)
