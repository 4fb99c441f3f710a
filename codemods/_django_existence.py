"""Where a function asks how many rows of a table there are, or for the rows, and only wants to know whether any are."""

import ast
import re
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from codemods._loops import Body
from codemods.django_in_bulk import rows_of
from codemods.index import Index
from codemods.index.facts import Function, dotted

_MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
# What is behind these is no queryset, or one of several others.
_NO_ROWS = frozenset(
    {"union", "intersection", "difference", "raw", "iterator", "dates", "datetimes", "exists", "count", "contains"}
    | {"get", "first", "last", "latest", "earliest", "create", "get_or_create", "update_or_create", "update", "delete"}
    | {"aggregate", "in_bulk", "bulk_create", "bulk_update", "explain"}
)
_STEPS = frozenset(
    {"all", "filter", "exclude", "order_by", "distinct", "select_related", "prefetch_related", "only", "defer", "using"}
    | {"annotate", "alias", "reverse", "values", "values_list", "select_for_update", "none"}
)
# What makes a queryset anew: the rows of the one before are not looked at.
_ANEW = frozenset(
    {"filter", "exclude", "order_by", "get", "latest", "earliest", "values", "values_list", "annotate", "aggregate"}
    | {"update", "delete", "distinct", "select_related", "prefetch_related", "in_bulk", "reverse", "only", "defer"}
    | {"using"}
)
_MORE_THAN_NONE = {(ast.Gt, 0): True, (ast.GtE, 1): True, (ast.NotEq, 0): True, (ast.Eq, 0): False, (ast.Lt, 1): False}
_WHOLE = (ast.If, ast.While, ast.IfExp, ast.Assert, ast.Return, ast.Assign, ast.BoolOp, ast.Call, ast.keyword)
_HOPS = 3


class Asked(NamedTuple):
    """The rows that are asked for, `at` what asks, the whole that it decides, and whether that is true where rows are.

    `whole` is None where it decides more than that; `is_done`: it asks only for that already.
    """

    rows: ast.expr
    whole: ast.expr | None
    at: ast.expr
    positive: bool = True
    is_done: bool = False

    @property
    def fits(self) -> bool:
        """Whether `exists()` can take its place."""
        return self.whole is not None and not self.is_done


class Asks:
    """The places that ask for rows of one table: by their number if `counted`, else by the rows."""

    def __init__(self, index: Index, table: str, *, counted: bool) -> None:
        self._index, self._table, self._counted = index, table, counted

    @cached_property
    def _accessors(self) -> set[str]:
        links = (link for model in self._index.django.all for link in model.links.values())
        return {link.name for link in links if link.many and self._table in link.target.tables()}

    @cached_property
    def _counts_itself(self) -> bool:
        return bool({"count", "exists"} & self._index.django.rows_methods)

    def may_be_in(self, function: Function) -> bool:
        """Whether a function makes calls of the names that asking takes."""
        names = {call.callee.rpartition(".")[2] for call in function.calls}
        return bool(names & ({"count", "exists"} if self._counted else _STEPS | {"exists"}))

    def within(self, body: Body) -> Iterator[Asked]:
        """Those of one function."""
        if self._counts_itself:
            return
        for call in body.calls():
            match call:
                case ast.Call(func=ast.Attribute(attr="count" | "exists" as attr, value=rows), args=[], keywords=[]):
                    if (attr == "exists" or self._counted) and self._is_queryset(body, rows, _HOPS):
                        yield self._counted_at(body, call, rows, attr)
        for node in () if self._counted else body.own():
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and _is_test(body, node):
                asks = self._is_queryset(body, node, _HOPS) and _is_asked_anew(body, node)
                yield from [Asked(node, node, node)] if asks else ()

    def _counted_at(self, body: Body, call: ast.Call, rows: ast.expr, attr: str) -> Asked:
        if attr == "exists":
            return Asked(rows, call, call, is_done=True)
        if _is_test(body, call):
            return Asked(rows, call, call)
        match next(body.parents(call), None):
            case ast.Compare(left=left, ops=[op], comparators=[ast.Constant(value=int(value))]) as whole if (
                left is call and (type(op), value) in _MORE_THAN_NONE
            ):
                positive = _MORE_THAN_NONE[type(op), value]
                above = next(body.parents(whole), None)
                tail = body.text[body.offsets(call)[1] : body.offsets(whole)[1]]
                plain = re.fullmatch(r"\s*[<>=!]=?\s*\d", tail) and not isinstance(value, bool)
                if plain and (isinstance(above, _WHOLE) or (positive and isinstance(above, ast.UnaryOp))):
                    return Asked(rows, whole, call, positive)
        return Asked(rows, None, call)

    def _is_queryset(self, body: Body, node: ast.expr, hops: int) -> bool:
        """Whether it is a queryset or manager over rows of the table."""
        if not hops:
            return False
        inner, steps = node, set[str]()
        while isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
            steps.add(inner.func.attr)
            inner = inner.func.value
        if steps & _NO_ROWS or not (self._counted or steps <= _STEPS):
            return False  # of a method of the project only a count tells that it gives a queryset
        if (found := rows_of(body, node)) is not None:
            return found[0].table == self._table
        match inner:
            case ast.Attribute(attr=attr, value=value) if attr in _MANAGERS:
                return dotted(value).endswith((".__class__", "self.model")) or ast.unparse(value).startswith("type(")
            case ast.Attribute(attr=attr):
                return attr in self._accessors
            case ast.Name(id=name) if inner is not node or hops == _HOPS:
                return self._is_kept(body, name, hops)
        return False

    def _is_kept(self, body: Body, name: str, hops: int) -> bool:
        """Whether all that the function binds to the name are such querysets."""
        bound = body.bindings(name)
        values = [above.value for node in bound if isinstance(above := next(body.parents(node), None), ast.Assign)]
        others = [value for value in values if not _starts_at(value, name)]
        return bool(others) and len(values) == len(bound) and all(self._is_queryset(body, v, hops - 1) for v in others)


def _starts_at(node: ast.expr, name: str) -> bool:
    """Whether it narrows the queryset of that name: `rows.filter(...)`."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ANEW:
        node = node.func.value
    return isinstance(node, ast.Name) and node.id == name


def _is_test(body: Body, node: ast.AST) -> bool:
    """Whether only the truth of an expression counts."""
    above = next(body.parents(node), None)
    match above:
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) | ast.Assert(test=test):
            return test is node
        case ast.UnaryOp(op=ast.Not()):
            return True
        case ast.Call(func=ast.Name(id="bool"), args=[_]):
            return True
        case ast.comprehension(ifs=tests):
            return any(test is node for test in tests)
        case ast.BoolOp():
            return _is_test(body, above)
    return False


def _is_asked_anew(body: Body, test: ast.Name) -> bool:
    """Whether nothing but the one test looks at the rows of the queryset: all else makes another one of it."""
    for node in ast.walk(body.definition):
        if isinstance(node, ast.Name) and node.id == test.id and isinstance(node.ctx, ast.Load) and node is not test:
            match [*body.parents(node)][:2]:
                case [ast.Attribute(attr=attr), ast.Call()] if attr in _ANEW:
                    continue
            return False
    return body.loop(test) is None
