"""Lines before a loop and expressions in it, written as the file around them is."""

import ast
import re

import msgspec

from codemods import _cst
from codemods._loops import Body, Comprehension, Loop

_WIDTH = 88  # the narrowest of the usual widths that formatters break lines at
_WIDEST = 120
_INDENT = re.compile(r"[ \t]*")


class Place(msgspec.Struct, frozen=True):
    """Where lines can go: the start of a statement's line and its indentation."""

    at: int
    indent: str


def before(body: Body, loop: Loop) -> Place | None:
    """The place right before the statement of a loop; None where that runs at another time, or shares its line."""
    statement = body.statement(loop)
    start = body.offsets(statement)[0]
    line = body.text.rfind("\n", 0, start) + 1
    if body.text[line:start].strip() or body.text.startswith("elif", start):
        return None
    if statement is not loop and not _runs_first(body, statement, loop):
        return None
    return Place(line, body.text[line:start])


def _runs_first(body: Body, statement: ast.stmt, loop: Loop) -> bool:
    """Whether a comprehension runs whenever its statement does, once, before anything else of it can matter."""
    child: ast.AST = loop
    for above in body.within(loop, ast.AST, statement):
        if isinstance(above, ast.BoolOp) and child is not above.values[0]:
            return False
        if isinstance(above, ast.IfExp) and child is not above.test:
            return False
        if isinstance(above, Comprehension):
            return False
        child = above
    head = {"If": "test", "For": "iter"}.get(type(statement).__name__)
    if head is not None:
        return child is getattr(statement, head)
    return not isinstance(
        statement, ast.While | ast.Try | ast.With | ast.AsyncWith | ast.AsyncFor | ast.Match | ast.Assert
    )


def width(text: str) -> int:
    """The line length that a file keeps to, as far as its longest line tells."""
    return max(_WIDTH, min(_WIDEST, max(map(len, text.splitlines()), default=0)))


def line(body: Body, indent: str, head: str, inner: str, tail: str) -> str:
    """`head inner tail` on a line of its own, or on several where one is too long: a tail ", more)" has its own."""
    end = _cst.newline(body.text)
    whole = f"{indent}{head}{inner}{tail}"
    if len(whole) <= width(body.text):
        return whole + end
    deeper = indent + step(body)
    if head[-1] not in "([{":  # arguments before: they go down with the rest
        opening = head.rfind("(") + 1
        head, inner = head[:opening], head[opening:] + inner
    if tail.startswith(", "):
        return f"{indent}{head}{end}{deeper}{inner},{end}{deeper}{tail[2:-1]},{end}{indent}{tail[-1]}{end}"
    return f"{indent}{head}{end}{deeper}{inner}{end}{indent}{tail}{end}"


def step(body: Body) -> str:
    """One more level of indentation in this file: that of the function, unless it stands on one line."""
    rows = body.text.splitlines()
    outer, inner = (_INDENT.match(rows[n.lineno - 1])[0] for n in (body.definition, body.definition.body[0]))  # type: ignore[index]
    if inner != outer and inner.startswith(outer):
        return inner.removeprefix(outer)
    indents = {_INDENT.match(row)[0] for row in rows if row.strip()}  # type: ignore[index]
    return "\t" if "\t" in indents else " " * min((len(i) for i in indents if i), default=4)


def quoted(body: Body, text: str) -> str:
    """A string in the quotes that the file prefers."""
    return _cst.quoted(body.text, text)


def plural(word: str) -> str:
    """`category` -> `categories`, `box` -> `boxes`, `user` -> `users`."""
    if re.search(r"[^aeiou]y$", word):
        return f"{word[:-1]}ies"
    return f"{word}es" if re.search(r"(s|x|z|ch|sh)$", word) else f"{word}s"


def snake(name: str) -> str:
    """`BlogPost` -> `blog_post`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def fresh(body: Body, *wanted: str) -> str:
    """The first of some names that the file does not use yet, else the last one with a number."""
    taken = body.taken()
    more = (f"{wanted[-1]}_{n}" for n in range(2, len(taken) + 3))
    return next(name for name in (*wanted, *more) if name not in taken)
