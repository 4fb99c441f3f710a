"""Edits for one model of a query that serves several: a list, an argument, an override, a test of the model."""

import ast
from collections.abc import Sequence

from codemods import _cst
from codemods._shared_queries import Target


def written(text: str, target: Target, model: str, options: Sequence[str]) -> tuple[int, int, str]:
    """The edit (start, end, new text) that gives the options to the model, named as the file does, at the target."""
    listed = ", ".join(options)
    if target.kind in ("override", "more"):
        above = f"super().{target.name}()"
        return _method(text, target, f"[*{above}, {listed}]" if target.kind == "more" else f"{above}.options({listed})")
    start, end = _cst.offsets(text, target.span)
    if target.kind == "argument":
        return start, end, _cst.with_keyword(text[start:end], 0, target.name, options)
    line = text.rfind("\n", 0, start) + 1
    indent = text[line:start][: -len(text[line:start].lstrip()) or None]
    if target.kind == "guard":
        step = f"{indent}    {target.name} = {target.name}.options({listed})"
        return end, end, f"\n{indent}if {target.test} is {model}:\n{step}"
    return _appended(text, start, end, options)


def _appended(text: str, start: int, end: int, options: Sequence[str]) -> tuple[int, int, str]:
    """The list or tuple literal with more elements after its last; on lines of their own where it has such."""
    literal = text[start:end]
    node = ast.parse(f"({literal})", mode="eval").body
    assert isinstance(node, ast.List | ast.Tuple)
    if not node.elts:
        inner = ", ".join(options)
        return start, end, f"[{inner}]" if isinstance(node, ast.List) else f"({inner},)"
    last = node.elts[-1]
    span = (last.lineno, last.col_offset, last.end_lineno or 0, last.end_col_offset or 0)
    _, at = _cst.offsets(f"({literal})", span)
    between = ", "
    if last.lineno > 1:
        begin = text.rfind("\n", 0, start + _cst.offsets(f"({literal})", span)[0] - 1) + 1
        between = ",\n" + text[begin:][: len(text[begin:]) - len(text[begin:].lstrip(" \t"))]
    return start + at - 1, start + at - 1, "".join(between + option for option in options)


def _method(text: str, target: Target, result: str) -> tuple[int, int, str]:
    """A method at the end of the class, which refines what the class above makes."""
    module = ast.parse(text)
    classes = (node for node in ast.walk(module) if isinstance(node, ast.ClassDef))
    class_ = next(node for node in classes if node.lineno == target.span[0])
    last = class_.body[-1]
    indent = " " * class_.body[0].col_offset
    _, end = _cst.offsets(text, (last.lineno, last.col_offset, last.end_lineno or 0, last.end_col_offset or 0))
    body = f"{indent}def {target.name}(self):\n{indent}    return {result}"
    return end, end, f"\n\n{body}"
