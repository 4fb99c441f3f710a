"""Reads of a related object's key (`post.author.id`) and tests for its presence (`if post.author:`), as edits."""

import ast
from collections.abc import Iterable
from itertools import takewhile

import msgspec

from codemods import _cst
from codemods.index.facts import dotted

Edit = tuple[int, int, str]  # character range and what stands there instead
_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)


class OtherReadError(Exception):
    """What stands in the way: a code of the refusals and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Wanted(msgspec.Struct, frozen=True):
    """The relation `name`, whose key the row holds as `attribute` and the related object as one of `keys`."""

    name: str
    attribute: str
    keys: frozenset[str]
    nullable: bool  # a read is only right where something shows that the key is not None
    truthy: bool


class KeyReads:
    """The reads inside one function; nodes are those of its definition."""

    def __init__(self, path: str, text: str, definition: ast.AST, wanted: Wanted) -> None:
        self.path = path
        self.text = text
        self.wanted = wanted
        self._above = {id(c): node for node in ast.walk(definition) for c in ast.iter_child_nodes(node)}
        self._bound = [n.id for n in ast.walk(definition) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]

    def edit(self, read: ast.Attribute) -> Edit:
        """The edit for one `post.author`.

        Raises:
            OtherReadError: the related object is read for more than its key, or nothing shows that there is one.
        """
        above = self._up(read)
        match above:
            case ast.Attribute(attr=attr, ctx=ast.Load()) if attr in self.wanted.keys:
                whole = self._up(above)
                if self._is_none_or_key(whole, read, above):
                    return self._replaced(whole, read, "")
                if self.wanted.nullable and not self._is_present(read.value, above):
                    raise OtherReadError("R-NULLABLE", f"`{ast.unparse(above)}` at {self._place(read)} may read None")
                return self._tail(read, above, attr)
            case ast.Compare(ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant(value=None)]):
                return self._tail(read, read, None)
            case ast.UnaryOp(op=ast.Not()) if self.wanted.truthy:
                return self._replaced(above, read, " is None")
            case ast.BoolOp(values=[_, key]) | ast.IfExp(body=key) if self._is_none_or_key(above, read, key):
                return self._replaced(above, read, "")
        if self.wanted.truthy and self._is_test(read):
            return self._tail(read, read, None, " is not None")
        raise OtherReadError("R-UNRESOLVED", f"{self._place(read)} reads more of `{ast.unparse(read)}` than its key")

    def _place(self, node: ast.expr) -> str:
        return f"{self.path}:{node.lineno}"

    def _up(self, node: ast.AST) -> ast.AST | None:
        return self._above.get(id(node))

    # ---- the text ----

    def _tail(self, read: ast.Attribute, whole: ast.expr, key: str | None, after: str = "") -> Edit:
        """Replace `.author.id` behind the row; what is between the dots must be nothing."""
        _, start = _cst.offsets(self.text, _span(read.value))
        _, end = _cst.offsets(self.text, _span(whole))
        if self.text[start:end] != f".{self.wanted.name}" + (f".{key}" if key else ""):
            raise OtherReadError(
                "R-UNRESOLVED", f"`{ast.unparse(whole)}` at {self._place(read)} is written on more lines"
            )
        return start, end, f".{self.wanted.attribute}{after}"

    def _replaced(self, whole: ast.AST | None, read: ast.Attribute, after: str) -> Edit:
        assert isinstance(whole, ast.expr)
        start, end = _cst.offsets(self.text, _span(whole))
        row = slice(*_cst.offsets(self.text, _span(read.value)))
        if self.text[start:end] != ast.unparse(whole):
            raise OtherReadError(
                "R-UNRESOLVED", f"`{ast.unparse(whole)}` at {self._place(read)} is written on more lines"
            )
        return start, end, f"{self.text[row]}.{self.wanted.attribute}{after}"

    # ---- forms of reading a key ----

    def _is_none_or_key(self, whole: ast.AST | None, read: ast.Attribute, key: ast.AST) -> bool:
        """`post.author and post.author.id`, `post.author.id if post.author else None`: the column as it is."""
        match whole, key:
            case (
                ast.BoolOp(op=ast.And(), values=[test, value])
                | ast.IfExp(test=test, body=value, orelse=ast.Constant(value=None)),
                ast.Attribute(value=related, attr=attr),
            ) if value is key and attr in self.wanted.keys:
                return self.wanted.truthy and ast.dump(test) == ast.dump(related) == ast.dump(read)
        return False

    def _is_test(self, node: ast.AST) -> bool:
        """Whether only the truth of an expression counts."""
        above = self._up(node)
        match above:
            case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) | ast.Assert(test=test):
                return test is node
            case ast.UnaryOp(op=ast.Not()):
                return True
            case ast.comprehension(ifs=tests):
                return any(test is node for test in tests)
            case ast.BoolOp():
                return self._is_test(above)
        return False

    # ---- what shows that a relation leads somewhere ----

    def _is_present(self, row: ast.expr, read: ast.AST) -> bool:
        if not dotted(row) or self._bound.count(dotted(row).partition(".")[0]) > 1:
            return False  # another row may stand there by now
        at, above = read, self._up(read)
        while above is not None:
            if self._shown_by(row, above, at):
                return True
            at, above = above, self._up(above)
        return False

    def _shown_by(self, row: ast.expr, above: ast.AST, at: ast.AST) -> bool:
        match above:
            case ast.IfExp(test=test, body=body):
                return at is not test and self._shows(row, test, truth=at is body)
            case ast.BoolOp(op=op, values=values):
                before = takewhile(lambda value: value is not at, values)
                return any(self._shows(row, value, truth=isinstance(op, ast.And)) for value in before)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                tests = [test for generator in above.generators for test in generator.ifs]
                return at not in above.generators and any(self._shows(row, test, truth=True) for test in tests)
        if not isinstance(at, ast.stmt):
            return False
        if isinstance(above, ast.If) and self._shows(row, above.test, truth=at in above.body):
            return True
        return any(
            isinstance(before, ast.If)
            and isinstance(before.body[-1], _LEAVES)
            and self._shows(row, before.test, truth=False)
            for before in _earlier(above, at)
        )

    def _shows(self, row: ast.expr, test: ast.expr, *, truth: bool) -> bool:
        """Whether the outcome of a test tells that the key of the row is not None."""
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                return self._shows(row, inner, truth=not truth)
            case ast.BoolOp(op=op, values=values):
                return truth is isinstance(op, ast.And) and any(self._shows(row, v, truth=truth) for v in values)
            case ast.Compare(left=left, ops=[ast.Is()], comparators=[ast.Constant(value=None)]):
                return not truth and self._names(row, left)
            case ast.Compare(left=left, ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]):
                return truth and self._names(row, left)
        return truth and self._names(row, test)

    def _names(self, row: ast.expr, node: ast.expr) -> bool:
        match node:
            case ast.Attribute(value=value, attr=attr) if attr in (self.wanted.name, self.wanted.attribute):
                return ast.dump(value) == ast.dump(row)
        return False


def _earlier(above: ast.AST, at: ast.stmt) -> Iterable[ast.stmt]:
    """The statements before one in its own block."""
    blocks = (getattr(above, name, ()) for name in ("body", "orelse", "finalbody"))
    block = next((block for block in blocks if any(statement is at for statement in block)), ())
    return takewhile(lambda statement: statement is not at, block)


def _span(node: ast.expr) -> _cst.Span:
    assert node.end_lineno is not None and node.end_col_offset is not None
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset
