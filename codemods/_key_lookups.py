"""A row looked up by its key in every round of a loop: one query before the loop fetches the rows of all keys.

The loop stays as it is. A key that the one query did not answer (it is missing, or of another type than the column)
is still asked for as before, so exceptions, `None` and get-or-404 stay what they were.
"""

import ast
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

import msgspec

from codemods import _cst, _loop_edits
from codemods._loop_gates import (
    ends_early,
    is_known_beforehand,
    is_list,
    is_plain,
    is_pure,
    is_settled,
    iterated,
    makes_list,
    rebound,
    streams,
)
from codemods._loop_writes import Effects, effects
from codemods._loops import Body, Comprehension, bodies, names_in, targets
from codemods.api import Answer, Load, No, Proposal, Reached, Repeat, Sighting
from codemods.index import Index
from codemods.index.calls import Key


class Lookup(msgspec.Struct, frozen=True):
    """A call that gives the row of one key.

    `model` is the name of the model, `attribute` the key's. `fetch` is the source of what gives the rows of many keys,
    "{}" in their place: a mapping from keys to rows, or with `chunk` the rows of that many keys at a time. With `held`
    the rows only have to be kept for the call to find them. `same_row`: the library gives one object per key anyhow.
    """

    call: ast.Call
    key: ast.expr
    model: str
    attribute: str
    fetch: str
    strategy: str
    chunk: int | None = None
    held: bool = False
    same_row: bool = False


Match = Callable[[Body, ast.Call, Repeat], Lookup | None]
_SPECIAL = (ast.If, ast.IfExp, ast.BoolOp, ast.Try, ast.With, ast.AsyncWith, ast.Match, ast.Assert)


class RefusedError(Exception):
    """Why there is no edit."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def answers(codemod: str, index: Index, sighting: Sighting, match: Match) -> list[Answer]:
    """For each repeat the batched lookup, or why there is none."""
    return [_answer(codemod, index, sighting, repeat, match) for repeat in sighting.repeats]


def _answer(codemod: str, index: Index, sighting: Sighting, repeat: Repeat, match: Match) -> Answer:
    nearest = {(r.path, r.qualname): r for r in reversed(sighting.reached)}
    found = _found(index, [key for key in nearest if key in sighting.readers], repeat, match)
    found = found or _found(index, nearest, repeat, match)
    if not found:
        return No("R-UNRESOLVED", f"no loop on the way looks up a row with `{repeat.statement}`", (repeat,))
    if len(found) > 1:
        places = tuple(f"{body.path}:{lookup.call.lineno}" for body, lookup in found)
        return No("R-AMBIGUOUS", f"{' and '.join(places)} look up rows alike", (repeat,), places)
    body, lookup = found[0]
    try:
        return Edit(codemod, nearest[body.path, body.function.qualname], body, lookup, repeat).proposal()
    except RefusedError as refused:
        done = refused.code == "R-BATCHED"
        where = (body.path, body.function.qualname)
        return No(refused.code, refused.message, (repeat,), path=where[0], qualname=where[1], done=done)


def _found(index: Index, keys: Iterable[Key], repeat: Repeat, match: Match) -> list[tuple[Body, Lookup]]:
    """The lookups in loops of these functions."""
    calls = ((body, call) for body in bodies(index, keys) for call in body.calls() if body.loop(call) is not None)
    return [(body, lookup) for body, call in calls if (lookup := match(body, call, repeat)) is not None]


class Edit:
    """The edit of one lookup."""

    def __init__(self, codemod: str, reached: Reached, body: Body, lookup: Lookup, repeat: Repeat) -> None:
        loop = body.loop(lookup.call)
        assert loop is not None
        self.codemod, self.reached, self.body, self.lookup, self.repeat = codemod, reached, body, lookup, repeat
        self.loop = loop
        self.where = f"line {lookup.call.lineno} of {body.path}"
        self.doubts: list[str] = []

    def proposal(self) -> Proposal:
        """The edit.

        Raises:
            RefusedError: why there is none.
        """
        lookup, body = self.lookup, self.body
        self._gates()
        key = self._key(lookup.key)
        filters = self._filters()
        place = _loop_edits.before(body, self.loop)
        if place is None:
            raise RefusedError("R-SHAPE", f"no line can stand before the loop around {self.where}")
        source, item = self.items
        self._consider_order(source)
        edits: list[tuple[int, int, str]] = []
        lines = ""
        rows = body.source(source)
        if not is_settled(body, source):
            rows = self._name_of(item)
            head, tail = ("", "") if makes_list(source) else ("list(", ")")
            lines += _loop_edits.line(body, place.indent, f"{rows} = {head}", body.source(source), tail)
            edits.append((*body.offsets(source), rows))
        keys = f"[{key} for {item} in {rows}{filters}]" if key != item or filters else rows
        lines += self._fetch(place.indent, keys, edits)
        edits.append((place.at, place.at, lines))
        text = _cst.replace(body.text, edits)
        load = Load(
            f"{lookup.model}.{lookup.attribute}",
            lookup.strategy,
            "one query answers the keys of all rounds",
            self.repeat,
            1,
        )
        return Proposal(
            self.codemod,
            "C" if self.doubts else "B",
            body.path,
            body.function.qualname,
            lookup.call.lineno,
            body.source(lookup.call),
            (load,),
            {body.path: text},
            (self.reached.via,),
            tuple(dict.fromkeys(self.doubts)),
            does=f"fetch {_loop_edits.plural(lookup.model)} in one query",
        )

    # ---- may it be taken out of the loop? ----

    def _gates(self) -> None:
        body, loop = self.body, self.loop
        if not is_plain(loop):
            raise RefusedError("R-SHAPE", f"the loop around {self.where} is no plain `for`")
        if self._is_done():
            raise RefusedError("R-BATCHED", f"the rows of {self.where} are fetched before the loop")
        if streams(iterated(loop)):
            raise RefusedError("R-STREAM", f"the loop around {self.where} goes over a stream")
        if ends_early(body, loop):
            raise RefusedError("R-COND", f"the loop around {self.where} can end early")
        self._consider(effects(body, loop, self.lookup.call, self.lookup.model, self._row()))

    def _consider(self, found: Effects) -> None:
        if found.refusal:
            raise RefusedError(*found.refusal)
        self.doubts += found.doubts
        if found.changes_row and not self.lookup.same_row:
            self.doubts.append("the loop changes its rows: rounds with the same key share one object now")

    def _row(self) -> str | None:
        """The name that the row is bound to."""
        match self.body.statement(self.lookup.call):
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is self.lookup.call:
                return name
        return None

    def _is_done(self) -> bool:
        """Whether an earlier statement of the function fetches rows of the model for many keys."""
        first = self.body.statement(self.loop).lineno
        for node in self.body.own():
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.lineno < first and node.value is not None:
                words = {n.attr for n in ast.walk(node.value) if isinstance(n, ast.Attribute)}
                of_model = self.lookup.model in words | names_in(node.value)
                if of_model and words & {"in_bulk", "ain_bulk", "in_"}:
                    return True
        return False

    # ---- what is asked for ----

    def _key(self, key: ast.expr) -> str:
        """The key as an expression over the loop's targets alone."""
        return self._of_targets(key, "key")

    def _of_targets(self, node: ast.expr, what: str) -> str:
        loose = rebound(self.body, self.loop)
        for _ in range(len(loose) + 1):
            if not is_pure(node):
                raise RefusedError("R-CARRY", f"the {what} of {self.where} is more than a value that is read")
            unknown = sorted(names_in(node) & loose)
            if not unknown:
                break
            value = self.body.value(unknown[0])
            if value is None or unknown[0] in targets(self.loop) or not self._is_straight(value):
                raise RefusedError("R-CARRY", f"`{unknown[0]}`, on which the {what} of {self.where} depends, changes")
            node = _Inlined(unknown[0], value).visit(ast.parse(ast.unparse(node), mode="eval").body)
        if what == "key" and not names_in(node) & targets(self.loop):
            raise RefusedError("R-CARRY", f"the key of {self.where} is the same in every round")
        return (
            self.body.source(node)
            if hasattr(node, "lineno") and node in ast.walk(self.body.definition)
            else ast.unparse(node)
        )

    def _is_straight(self, node: ast.AST) -> bool:
        """Whether every round comes there, before it comes to the lookup."""
        statement = self.body.statement(node)
        return (
            isinstance(self.loop, ast.For)
            and statement in self.loop.body
            and statement.lineno < self.lookup.call.lineno
        )

    def _filters(self) -> str:
        """` if a if not b`: in which rounds the lookup is made."""
        tests: list[str] = []
        child: ast.AST = self.lookup.call
        for above in self.body.parents(self.lookup.call):
            if above is self.loop:
                break
            tests += self._test(above, child)
            child = above
        if isinstance(self.loop, Comprehension):
            if child is not self.loop.generators[0]:
                tests += [self._of_targets(test, "condition") for test in self.loop.generators[0].ifs]
        else:
            tests += self._skips()
        return "".join(f" if {test}" for test in reversed(tests))

    def _test(self, above: ast.AST, child: ast.AST) -> list[str]:
        match above:
            case ast.If(test=test, body=block):
                if child is test:
                    return []
                return [self._of_targets(test, "condition") if child in block else self._negated(test)]
            case ast.Try(body=block) if child in block:
                return []
            case ast.comprehension() | ast.keyword():
                return []
        if isinstance(above, _SPECIAL) or (isinstance(above, ast.stmt) and child not in ast.iter_child_nodes(above)):
            raise RefusedError("R-COND", f"{self.where} is not reached in every round")
        return []

    def _skips(self) -> Iterator[str]:
        """What ends a round before the lookup: `if not item.user_id: continue`."""
        assert isinstance(self.loop, ast.For)
        for statement in self.loop.body:
            if any(node is self.lookup.call for node in ast.walk(statement)):
                break
            if not any(isinstance(n, ast.Continue) for n in ast.walk(statement)):
                continue
            match statement:
                case ast.If(test=test, body=[ast.Continue()], orelse=[]):
                    try:
                        yield self._negated(test)
                        continue
                    except RefusedError:
                        pass
            self.doubts.append("rounds that are skipped before the lookup have their rows fetched too")

    def _negated(self, test: ast.expr) -> str:
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                return self._of_targets(inner, "condition")
        spelled = self._of_targets(test, "condition")
        return f"not {spelled}" if isinstance(test, ast.Name | ast.Attribute | ast.Subscript) else f"not ({spelled})"

    # ---- how it is written ----

    @cached_property
    def items(self) -> tuple[ast.expr, str]:
        """What is gone over and the name of one item of it, `enumerate` taken off."""
        target = self.loop.target if isinstance(self.loop, ast.For) else self.loop.generators[0].target  # type: ignore[union-attr]
        source = iterated(self.loop)
        match source, target:
            case ast.Call(func=ast.Name(id="enumerate"), args=[inner, *_]), ast.Tuple(elts=[_, item]):
                source, target = inner, item
        return source, self.body.source(target)

    def _consider_order(self, source: ast.expr) -> None:
        if not is_settled(self.body, source) and not is_known_beforehand(self.body, source):
            self.doubts.append(
                f"`{self.body.source(source)}` is gone over before the loop: its items must not depend on it"
            )

    def _name_of(self, item: str) -> str:
        target = item if item.isidentifier() else sorted(targets(self.loop))[0]
        words = [_loop_edits.plural(target)] if target.isidentifier() and len(target) > 2 else []
        return _loop_edits.fresh(self.body, *words, f"{target}_items")

    def _fetch(self, indent: str, keys: str, edits: list[tuple[int, int, str]]) -> str:
        lookup, body = self.lookup, self.body
        one = _loop_edits.snake(lookup.model)
        many = _loop_edits.plural(one)
        if lookup.held:
            name = _loop_edits.fresh(body, many, f"{many}_held")
            note = f"{indent}# Kept: the lookups below find these rows without a query.{_cst.newline(body.text)}"
        else:
            name, note = _loop_edits.fresh(body, f"{many}_by_{lookup.attribute}", f"found_{many}"), ""
            edits.append(self._answered(f"{name}.get({body.source(lookup.key)})"))
        if lookup.chunk is None:
            call, _, end = lookup.fetch.partition("{}")
            return _loop_edits.line(body, indent, f"{name} = {call}", keys, end)
        keyed = _loop_edits.fresh(body, f"{one}_{_loop_edits.plural(lookup.attribute)}", f"{one}_keys")
        if keys.startswith("["):
            first = _loop_edits.line(body, indent, f"{keyed} = ", keys, "")
        elif self._is_list():
            keyed, first = keys, ""
        else:
            first = _loop_edits.line(body, indent, f"{keyed} = list(", keys, ")")
        row = one if one not in body.taken() | {keyed} else "row"
        portion = lookup.fetch.format(f"{keyed}[start : start + {lookup.chunk}]")
        opening, each, closing = ("[", row, "]") if lookup.held else ("{", f"{row}.{lookup.attribute}: {row}", "}")
        rows = [f"for start in range(0, len({keyed}), {lookup.chunk})", f"for {row} in {portion}"]
        deeper = indent + _loop_edits.step(body)
        lines = [f"{indent}{name} = {opening}", *(f"{deeper}{text}" for text in (each, *rows)), f"{indent}{closing}"]
        end = _cst.newline(body.text)
        return note + first + "".join(f"{text}{end}" for text in lines)

    def _is_list(self) -> bool:
        """Whether the name is one of a list, which can be cut into portions."""
        source, _ = self.items
        return not is_settled(self.body, source) or is_list(self.body, source)

    def _answered(self, found: str) -> tuple[int, int, str]:
        """The lookup, asked only for what the one query did not answer."""
        body, call = self.body, self.lookup.call
        start, end = body.offsets(call)
        written = body.text[start:end]
        row = self._row()
        statement = body.statement(call)
        line = body.text.rfind("\n", 0, start) + 1
        begin = body.offsets(statement)[0]
        indent = body.text[line:begin]
        if row is None or indent.strip() or isinstance(self.loop, Comprehension):
            return start, end, f"({found} or {written})"
        newline, deeper = _cst.newline(body.text), _loop_edits.step(body)
        moved = written.replace(newline, newline + deeper)
        return begin, end, (
            f"{row} = {found}{newline}{indent}if {row} is None:{newline}{indent}{deeper}{row} = {moved}"
        )  # fmt: skip


class _Inlined(ast.NodeTransformer):
    """Puts an expression in place of a name."""

    def __init__(self, name: str, value: ast.expr) -> None:
        self._name, self._value = name, value

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self._value if node.id == self._name else node
