"""May a lookup by key be answered by one query before its loop? A refusal, or the keys and in which rounds they count.

What the query answers wrongly cannot hurt: a key that it does not find is asked for as before. Rows must not change
under the loop, and nothing may be evaluated early that a round would have skipped or whose error it would have caught.
"""

import ast
import math
from collections.abc import Iterator
from itertools import takewhile

from codemods import _key_errors
from codemods._lookups import OF_ROWS, Lookup
from codemods._loop_gates import ends_early, inside, is_plain, is_pure, iterated, rebound, streams
from codemods._loop_writes import effects
from codemods._loops import Body, Comprehension, Loop, names_in, targets
from codemods.index.facts import dotted
from codemods.refusals import RefusedError

_SPECIAL = (ast.If, ast.IfExp, ast.BoolOp, ast.Try, ast.With, ast.AsyncWith, ast.Match, ast.Assert)
_LEAVES = (ast.Continue, ast.Raise)
_TEXT_LISTS = frozenset({"getlist", "split", "splitlines", "findall"})


class Gates:
    """The questions about one lookup; the answers are `key`, `filters` and `doubts`."""

    def __init__(self, body: Body, loop: Loop, lookup: Lookup) -> None:
        self._body, self._loop, self._lookup = body, loop, lookup
        self._where = f"line {lookup.call.lineno} of {body.path}"
        self._loose = rebound(body, loop)
        self.doubts = list(lookup.doubts)
        if not is_plain(loop):
            raise RefusedError("R-SHAPE", f"the loop around {self._where} is no plain `for`")
        if self._is_done():
            raise RefusedError("R-BATCHED", f"the rows of {self._where} are fetched before the loop")
        if streams(iterated(loop)):
            raise RefusedError("R-STREAM", f"the loop around {self._where} goes over a stream")
        if ends_early(body, loop):
            if lookup.to_the_end or lookup.grouped or lookup.strategy not in OF_ROWS or _gives_items(loop):
                raise RefusedError("R-COND", f"the loop around {self._where} can end early")
            self.doubts.append("the loop can end early: rows of rounds that it does not come to are fetched too")
        self._fetch_stands_alone()
        self._consider_effects()
        self.key = self._of_targets(lookup.key, "key")
        self._consider_types()
        key = ast.parse(self.key, mode="eval").body
        self.doubts += _key_errors.handled(body, loop, lookup.call, key)
        tests = self._tests()
        self.filters = f" if {' and '.join(tests if len(tests) == 1 else map(_operand, tests))}" if tests else ""
        self.doubts += _key_errors.early(body, loop, self.key, *tests)

    def _is_done(self) -> bool:
        """Whether the lookup only asks for what is missing, or a statement before the loop fetches many of its rows."""
        grouped = self._lookup.grouped
        key = ast.unparse(self._lookup.key) + (grouped.of_key if grouped is not None else "")
        rows = {self.row(), *self._missing()}
        for node in inside(self._loop):
            match node:
                case ast.BoolOp(op=ast.Or(), values=[found, *rest]) if self._is_in(rest):
                    pass
                case ast.Assign(targets=[ast.Name(id=name)], value=found) if name in rows:
                    pass
                case _:
                    continue
            match found:
                case ast.Call(func=ast.Attribute(attr="get", value=ast.Name()), args=[asked_for]) if (
                    found is not self._lookup.call and ast.unparse(asked_for) == key
                ):
                    return True
        first = self._body.statement(self._loop).lineno
        for node in self._body.own():
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.lineno < first and node.value is not None:
                words = {n.attr for n in ast.walk(node.value) if isinstance(n, ast.Attribute)}
                if self._lookup.model in words | names_in(node.value) and words & {"in_bulk", "ain_bulk", "in_"}:
                    return True
        return False

    def _is_in(self, parts: list[ast.expr]) -> bool:
        return any(self._lookup.call is node for part in parts for node in ast.walk(part))

    def _missing(self) -> Iterator[str]:
        """The names that are None where the lookup is made."""
        for above in self._above():
            match above:
                case ast.If(test=ast.Compare(left=ast.Name(id=name), ops=[ast.Is()])):
                    yield name

    def _fetch_stands_alone(self) -> None:
        """Refuses a query that depends on the round: a session opened in it, a filter by what it looks at."""
        fetch = ast.parse("keys".join(self._lookup.fetch), mode="eval")
        moving = names_in(fetch) & (targets(self._loop) | self._loose)
        stored = {
            dotted(n) for n in inside(self._loop) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)
        }
        moving |= {dotted(n) for n in ast.walk(fetch) if isinstance(n, ast.Attribute)} & (stored - {""})
        if moving:
            raise RefusedError("R-CARRY", f"the query of {self._where} depends on `{min(moving)}`, which changes")

    def _consider_effects(self) -> None:
        row = self.row()
        found = effects(self._body, self._loop, self._lookup.call, self._lookup.model, row)
        if found.refusal:
            raise RefusedError(*found.refusal)
        self.doubts += found.doubts
        if found.changes_row and self._lookup.same_row:
            self.doubts.append("the loop changes its rows: no query of a later round writes that, it is written later")
        elif found.changes_row:
            self.doubts.append(
                "the loop changes its rows: a later round with the same key is given them as they were left"
            )

    def _consider_types(self) -> None:
        if self._lookup.text_column:
            return
        key, source = self._lookup.key, iterated(self._loop)
        while isinstance(source, ast.Call) and isinstance(source.func, ast.Name) and len(source.args) == 1:
            source = source.args[0]  # sorted(...), set(...)
        if isinstance(source, ast.Name):
            source = self._body.value(source.id) or source
        is_item = isinstance(key, ast.Name) and key.id in targets(self._loop)
        of_text = (
            isinstance(source, ast.Call) and isinstance(source.func, ast.Attribute) and source.func.attr in _TEXT_LISTS
        )
        written = isinstance(key, ast.JoinedStr) or (isinstance(key, ast.Call) and dotted(key.func) == "str")
        if (is_item and of_text) or written:
            column = f"{self._lookup.model}.{self._lookup.attribute}"
            raise RefusedError("R-KEYEQ", f"the keys of {self._where} are text, and {column} is not known to hold text")

    def row(self) -> str | None:
        """The name that the row is bound to."""
        match self._body.statement(self._lookup.call):
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if value in asked(self._body, self._lookup.call):
                return name
        return None

    # ---- what is asked for ----

    def _of_targets(self, node: ast.expr, what: str) -> str:
        """The source of an expression over the loop's targets and what no round changes."""
        start = node
        for _ in range(len(self._loose) + 1):
            if not is_pure(node):
                raise RefusedError("R-CARRY", f"the {what} of {self._where} is more than a value that is read")
            unknown = sorted(names_in(node) & self._loose, key=lambda name: (self._line(name), name))
            if not unknown:
                break
            value = self._body.value(unknown[-1])  # the last first: what it reads is bound above it
            if value is None or unknown[-1] in targets(self._loop) or not self._is_straight(value):
                raise RefusedError("R-CARRY", f"`{unknown[-1]}`, on which the {what} of {self._where} depends, changes")
            node = _Inlined(unknown[-1], value).visit(ast.parse(ast.unparse(node), mode="eval").body)
        else:
            raise RefusedError("R-CARRY", f"the {what} of {self._where} depends on itself")
        if what == "key" and not names_in(node) & targets(self._loop):
            raise RefusedError("R-CARRY", f"the key of {self._where} is the same in every round")
        return self._body.source(node) if node is start else ast.unparse(node)

    def _line(self, name: str) -> float:
        """Where a name is bound; behind all others where that is not one place."""
        value = self._body.value(name)
        return math.inf if value is None else value.lineno

    def _is_straight(self, node: ast.AST) -> bool:
        """Whether every round comes there, before it comes to the lookup."""
        statement = self._body.statement(node)
        return (
            isinstance(self._loop, ast.For)
            and statement in self._loop.body
            and statement.lineno < self._lookup.call.lineno
        )

    def _above(self) -> list[ast.AST]:
        return self._body.within(self._lookup.call, ast.AST, self._loop)

    def _tests(self) -> list[str]:
        """The conditions under which a round looks up its row, outermost first."""
        tests: list[str] = []
        child: ast.AST = self._lookup.call
        for above in self._above():
            tests += self._test(above, child)
            child = above
        if isinstance(self._loop, Comprehension):
            # A generator's own part holds the lookup when the lookup is one of its conditions: the first one only.
            conditions = self._loop.generators[0].ifs
            tests += [self._of_targets(test, "condition") for test in reversed(conditions) if child is not
                      self._loop.generators[0]]  # fmt: skip
        else:
            tests += reversed(list(self._skips()))
        return tests[::-1]

    def _test(self, above: ast.AST, child: ast.AST) -> list[str]:
        match above:
            case ast.If(test=test, body=block):
                if child is test:
                    return []
                return self._condition(test, negated=child not in block)
            case ast.Try(body=block) if child in block:
                return []
            case ast.comprehension(ifs=[first, *_]) if child is first:
                return []
            case ast.comprehension(iter=source) if child is source:
                return []
            case ast.BoolOp(values=[first, *_]) if child is first:
                return []
            case ast.IfExp(test=test) if child is test:
                return []
            case ast.IfExp(test=test, body=part):
                return [self._of_targets(test, "condition") if child is part else self._negated(test)]
            case ast.BoolOp(op=op, values=values):
                before = values[: next(n for n, value in enumerate(values) if value is child)]
                true = isinstance(op, ast.And)
                return [self._of_targets(v, "condition") if true else self._negated(v) for v in reversed(before)]
        if isinstance(above, (*_SPECIAL, ast.comprehension)):
            raise RefusedError("R-COND", f"{self._where} is not reached in every round")
        return []

    def _condition(self, test: ast.expr, *, negated: bool) -> list[str]:
        """The condition as it can be asked before the loop; none where it cannot, and no key suffers from that."""
        try:
            return [self._negated(test) if negated else self._of_targets(test, "condition")]
        except RefusedError:
            if not self._is_read_anyhow(ast.Name):
                raise
            self.doubts.append("rounds that ask for no row have theirs fetched too")
            return []

    def _skips(self) -> Iterator[str]:
        """What ends a round before the lookup: `if not item.user_id: continue`."""
        assert isinstance(self._loop, ast.For)
        at = self._lookup.call
        for statement in takewhile(lambda s: all(node is not at for node in ast.walk(s)), self._loop.body):
            if not any(isinstance(n, _LEAVES) for n in ast.walk(statement)):
                continue
            match statement:
                case ast.If(test=test, body=[*_, ast.Continue() | ast.Raise()], orelse=[]):
                    try:
                        yield self._negated(test)
                        continue
                    except RefusedError:
                        pass
            plain = (ast.Name,) if self._may_tell_kinds(statement) else (ast.Name, ast.Attribute)
            if not self._is_read_anyhow(*plain):
                raise RefusedError("R-COND", f"line {statement.lineno} can end a round before the key is read")
            self.doubts.append("rounds that are skipped before the lookup have their rows fetched too")

    def _may_tell_kinds(self, statement: ast.stmt) -> bool:
        """Whether a statement looks at the item itself, which in the rounds that it ends may not have the key."""
        items = {id(n) for n in ast.walk(statement) if isinstance(n, ast.Name) and n.id in targets(self._loop)}
        read = {id(n.value) for n in ast.walk(statement) if isinstance(n, ast.Attribute | ast.Subscript)}
        return bool(items - read)

    def _is_read_anyhow(self, *plain: type[ast.expr]) -> bool:
        """Whether no round reads more for its key, `plain` parts aside, than before it knows that it needs no row."""
        key = ast.parse(self.key, mode="eval").body
        first = self._loop.body if isinstance(self._loop, ast.For) else []
        straight = takewhile(lambda s: isinstance(s, ast.Assign | ast.Expr), first)
        read = {
            ast.unparse(node) for statement in straight for node in ast.walk(statement) if isinstance(node, ast.expr)
        }
        parts = key.elts if isinstance(key, ast.Tuple) else [key]
        return all(isinstance(part, plain) or ast.unparse(part) in read for part in parts)

    def _negated(self, test: ast.expr) -> str:
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                return self._of_targets(inner, "condition")
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _OPPOSITE:
                opposite = _OPPOSITE[type(op)]
                return f"{self._of_targets(left, 'condition')} {opposite} {self._of_targets(right, 'condition')}"
        spelled = self._of_targets(test, "condition")
        is_operand = isinstance(test, ast.Name | ast.Attribute | ast.Subscript | ast.Call)
        return f"not {spelled}" if is_operand else f"not ({spelled})"


def _gives_items(loop: Loop) -> bool:
    """Whether a reader elsewhere decides when the loop ends."""
    return isinstance(loop, Comprehension) or any(isinstance(n, ast.Yield | ast.YieldFrom) for n in inside(loop))


# A condition only chooses which keys are fetched: where an opposite is not exact, a round asks for itself.
_OPPOSITE: dict[type[ast.cmpop], str] = {
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.In: "not in",
    ast.NotIn: "in",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Lt: ">=",
    ast.GtE: "<",
    ast.Gt: "<=",
    ast.LtE: ">",
}


def _operand(test: str) -> str:
    """A condition as an operand of `and`."""
    node = ast.parse(test, mode="eval").body
    return f"({test})" if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or) else test


def asked(body: Body, call: ast.Call) -> list[ast.AST]:
    """The call, and the `await` around it."""
    above = next(body.parents(call), None)
    return [above, call] if isinstance(above, ast.Await) else [call]


class _Inlined(ast.NodeTransformer):
    """Puts an expression in place of a name."""

    def __init__(self, name: str, value: ast.expr) -> None:
        self._name, self._value = name, value

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self._value if node.id == self._name else node
