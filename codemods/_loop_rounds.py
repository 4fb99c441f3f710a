"""What a loop goes over, gone over before it: for calls whose answers the rounds then take one by one."""

import ast
from itertools import takewhile

from codemods import _loop_edits
from codemods._loop_gates import inside, is_settled, iterated, makes_list
from codemods._loops import Body, Loop, names_in, targets
from codemods.index.facts import dotted

MUTATES = frozenset(
    {"append", "extend", "insert", "remove", "pop", "popitem", "clear", "add", "discard", "update", "setdefault"}
    | {"sort", "reverse", "appendleft", "popleft"}
)


def item_of(body: Body, loop: Loop, used: set[str]) -> tuple[ast.expr, str]:
    """What is gone over and the target that takes one item of it; `enumerate` is taken off unless its number is used.

    `used` are the names that must be known of an item.
    """
    target = target_of(loop)
    match iterated(loop), target:
        case ast.Call(func=ast.Name(id="enumerate"), args=[inner, *_]), ast.Tuple(elts=[counter, item]):
            if not names_in(counter) & used:
                return inner, body.source(item)
    return iterated(loop), body.source(target)


def rows_of(body: Body, source: ast.expr, item: str, indent: str) -> tuple[str, str]:
    """Lines that name what is gone over, where it must not be written twice, and the name."""
    written = body.source(source)
    if is_settled(body, source) and not isinstance(source, ast.List | ast.Tuple | ast.Set | ast.ListComp):
        return "", written
    words = [_loop_edits.plural(item)] if item.isidentifier() and len(item) > 2 else ["items", "pairs"]
    name = _loop_edits.fresh(body, *words, "rounds")
    is_list = is_settled(body, source) or makes_list(source)
    head, tail = ("", "") if is_list else ("list(", ")")
    return _loop_edits.line(body, indent, f"{name} = {head}", written, tail), name


def target_of(loop: Loop) -> ast.expr:
    """What takes an item of the loop."""
    assert not isinstance(loop, ast.While)
    return loop.target if isinstance(loop, ast.For | ast.AsyncFor) else loop.generators[0].target


def with_answers(
    body: Body, loop: Loop, source: ast.expr, rows: str, name: str, values: str
) -> tuple[str, list[tuple[int, int, str]]]:
    """`target, name` and `zip(rows, values)` as one line, and as edits of the loop; `source` is named `rows` there."""
    target, around = target_of(loop), iterated(loop)
    spelled = body.source(target)
    if isinstance(target, ast.Tuple) and body.offsets(target.elts[0])[0] == body.offsets(target)[0]:
        spelled = f"({spelled})"
    (start, end), inner = body.offsets(around), body.offsets(source)
    over = f"zip({body.text[start : inner[0]]}{rows}{body.text[inner[1] : end]}, {values})"
    head = f"{spelled}, {name}"
    return f"for {head} in {over}:", [(*body.offsets(target), head), (start, end, over)]


def is_conditional(body: Body, loop: Loop, call: ast.Call) -> bool:
    """Whether some rounds do without the call."""
    child: ast.AST = call
    for above in takewhile(lambda node: node is not loop, body.parents(call)):
        first = {"If": "test", "IfExp": "test", "For": "iter"}.get(type(above).__name__)
        if first is not None and child is not getattr(above, first):
            return True
        if isinstance(above, ast.BoolOp) and child is not above.values[0]:
            return True
        if isinstance(above, ast.match_case | ast.comprehension):
            return True
        child = above
    if not isinstance(loop, ast.For):
        return any(generator.ifs for generator in loop.generators)  # type: ignore[union-attr]
    earlier = [s for s in loop.body if s.lineno < body.statement(call).lineno]
    return any(isinstance(node, ast.Continue) for statement in earlier for node in ast.walk(statement))


def changes_items(loop: Loop) -> bool:
    """Whether the rounds change what the loop goes over; a new value for a round's own key leaves the others."""
    over = {dotted(n) for n in ast.walk(iterated(loop)) if isinstance(n, ast.Name | ast.Attribute)} - {""}
    keys = targets(loop)
    for node in inside(loop):
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in MUTATES and dotted(value) in over:
                return True
            case ast.Subscript(value=value, slice=key, ctx=ast.Store() | ast.Del()) if dotted(value) in over:
                if isinstance(node.ctx, ast.Del) or not (isinstance(key, ast.Name) and key.id in keys):
                    return True
            case ast.AugAssign(target=target) if dotted(target) in over:
                return True
    return False
