"""Reads of a loop in one round trip before it: a pipeline, or `mget` for keys that redis has listed."""

import ast
from functools import cached_property

from codemods import _cst, _loop_edits
from codemods._loop_answers import proposed
from codemods._loop_gates import inside
from codemods._loop_rounds import changes_items, is_conditional, item_of, rows_of, with_answers
from codemods._loops import Body, names_in, targets
from codemods._redis_commands import READS, SAVES
from codemods._redis_keys import cannot_fail
from codemods._redis_loops import Asked, Gates, asked
from codemods.api import Load, Proposal, Reached, Repeat
from codemods.index.facts import dotted
from codemods.refusals import RefusedError

_OTHER_READS = frozenset(READS) | {"mget", "scan_iter", "keys", "ping", "dbsize", "info"}


class ReadEdit:
    """The edit of one read."""

    def __init__(self, codemod: str, reached: Reached, body: Body, found: list[Asked], repeat: Repeat) -> None:
        self.codemod, self.reached, self.body, self.found, self.repeat = codemod, reached, body, found, repeat
        self.one = found[0]
        loop = body.loop(self.one.call)
        assert loop is not None
        self.loop = loop
        self.gates = Gates(body, loop, self.one)

    def proposal(self, other: str = "") -> Proposal:
        """The edit; `other` is the command of the evidence where the loop sends another one.

        Raises:
            RefusedError: why there is none.
        """
        body, one = self.body, self.one
        client, arguments = self._gates()
        if other:
            self.gates.doubts.append(f"the evidence names `{other}`, and the loop sends `{self.one.method}`")
        place = _loop_edits.before(body, self.loop)
        if place is None:
            raise RefusedError("R-SHAPE", f"no line can stand before the loop around {self.gates.where}")
        step, end = _loop_edits.step(body), _cst.newline(body.text)
        edits: list[tuple[int, int, str]] = []
        lines, rows = rows_of(body, *self._item, place.indent)
        wait = "await " if isinstance(one.whole, ast.Await) else ""
        many = self._is_listed(arguments, client)
        if many:
            values = _loop_edits.fresh(body, "values", "stored_values")
            note = f"{place.indent}# None is also what mget() says of a key that holds no string: get() below tells."
            lines += f"{note}{end}{place.indent}{values} = {wait}{client}.mget({rows}) if {rows} else []{end}"
        else:
            pipe = _loop_edits.fresh(body, "pipe", "pipeline", "redis_pipe")
            spelled = ", ".join(self._spelled(arguments))
            lines += f"{place.indent}{pipe} = {client}.pipeline(transaction=False){end}"
            lines += f"{place.indent}for {self._item[1]} in {rows}:{end}"
            lines += f"{place.indent}{step}{pipe}.{one.method}({spelled}){end}"
            values = f"{wait}{pipe}.execute()"
        edits += self._rounds(rows, values, place.indent, wait, many=many)
        if (execute := self._execute) is not None:
            lines += f"{place.indent}{execute} = {values}{end}"
        edits.append((place.at, place.at, lines))
        load = Load(f"redis.{one.method}", "mget" if many else "pipeline", "one round trip", self.repeat, 1)
        return proposed(
            self.codemod,
            self.reached,
            body,
            one.call,
            load,
            {body.path: _cst.replace(body.text, edits)},
            doubts=self.gates.doubts,
            does="read from redis in one round trip",
        )

    # ---- may it be taken out of the loop? ----

    def _gates(self) -> tuple[str, list[ast.expr]]:
        gates, body = self.gates, self.body
        first = body.statement(self.loop).lineno
        words = {n.attr for n in body.own() if isinstance(n, ast.Attribute) and n.lineno < first}
        if self.one.method == "get" and "mget" in words:
            raise RefusedError("R-BATCHED", f"the values of {gates.where} come with one `mget` before the loop")
        gates.shared()
        if unknown := gates.unknown_items():
            gates.doubts.append(f"`{unknown}` is gone over before the loop: its items must not depend on it")
        others = [other for other in asked(body, self.loop) if other.call is not self.one.call]
        for other in others:
            if other.method not in _OTHER_READS:
                raise RefusedError("R-WRITE", f"the loop also sends `{other.method}` to redis (line {other.line})")
        if len(self.found) > 1:
            raise RefusedError("R-AMBIGUOUS", f"the loop around {gates.where} sends it at several lines")
        if gates.ends_early():
            raise RefusedError("R-COND", f"the loop around {gates.where} can end early")
        if changes_items(self.loop):
            raise RefusedError("R-CARRY", f"the loop around {gates.where} changes what it goes over")
        arguments = gates.arguments(self.one)
        if not set().union(*map(names_in, arguments)) & targets(self.loop):
            raise RefusedError("R-CARRY", f"{gates.where} asks for the same in every round")
        if is_conditional(body, self.loop, self.one.call):
            if not all(map(cannot_fail, arguments)):
                raise RefusedError("R-COND", f"{gates.where} is not reached in every round")
            gates.doubts.append("rounds that ask for nothing now have their value read too")
        if any(isinstance(n, ast.Call) and dotted(n.func).rpartition(".")[2] in SAVES for n in inside(self.loop)):
            gates.doubts.append("an error of redis now comes before all that the rounds save, not among it")
        gates.doubts += gates.writers()
        return gates.client(), arguments

    # ---- how it is written ----

    @cached_property
    def _item(self) -> tuple[ast.expr, str]:
        """What is gone over and the target that takes one item of it."""
        return item_of(self.body, self.loop, set().union(*map(names_in, self.gates.arguments(self.one))))

    def _is_listed(self, arguments: list[ast.expr], client: str) -> bool:
        """Whether redis has just listed the very keys that are read."""
        source, item = self._item
        match source, arguments:
            case ast.Call(func=ast.Attribute(attr="scan_iter" | "keys", value=value)), [ast.Name(id=key)]:
                return self.one.method == "get" and key == item and self.body.source(value) == client
        return False

    def _spelled(self, arguments: list[ast.expr]) -> list[str]:
        names = [None] * len(self.one.call.args) + [keyword.arg for keyword in self.one.call.keywords]
        given = [*self.one.call.args, *(keyword.value for keyword in self.one.call.keywords)]
        texts = [
            self.body.source(written) if written is resolved else ast.unparse(resolved)
            for written, resolved in zip(given, arguments, strict=True)
        ]
        return [f"{name}={text}" if name else text for name, text in zip(names, texts, strict=True)]

    def _rounds(self, rows: str, values: str, indent: str, wait: str, *, many: bool) -> list[tuple[int, int, str]]:
        """The loop over rounds and answers together, the answer in place of the call."""
        body, loop, one = self.body, self.loop, self.one
        self._execute: str | None = None
        if isinstance(loop, ast.ListComp | ast.GeneratorExp) and loop.elt is one.whole and not many:
            return [(*body.offsets(loop), values if isinstance(loop, ast.ListComp) else f"({values})")]
        source, _ = self._item
        bound = None if many else self._bound()
        name = bound or _loop_edits.fresh(body, "stored", "stored_value")
        header, edits = with_answers(body, loop, source, rows, name, values)
        if not many and (not isinstance(loop, ast.For) or len(indent + header) > _loop_edits.width(body.text)):
            self._execute = values = _loop_edits.fresh(body, "values", "stored_values")
            edits = with_answers(body, loop, source, rows, name, values)[1]
        if bound is not None:
            begin, finish = body.offsets(body.statement(one.call))
            begin = body.text.rfind("\n", 0, begin) + 1
            finish = body.text.find("\n", finish) + 1
            return [*edits, (begin, finish, "")]
        answer = name
        if many:
            again = f"{wait}{body.source(one.call)}"
            above = next(body.parents(one.whole), None)
            chained = isinstance(above, ast.BoolOp) and isinstance(above.op, ast.Or)
            answer = f"{name} or {again}" if chained or self._is_value() else f"({name} or {again})"
        return [*edits, (*body.offsets(one.whole), answer)]

    def _is_value(self) -> bool:
        """Whether the call is all that an assignment assigns."""
        statement = self.body.statement(self.one.call)
        return isinstance(statement, ast.Assign) and statement.value is self.one.whole

    def _bound(self) -> str | None:
        """The name that a round gives the answer first of all, so that the loop itself can."""
        body, loop = self.body, self.loop
        statement = body.statement(self.one.call)
        if not isinstance(loop, ast.For) or statement is not loop.body[0] or len(loop.body) == 1:
            return None
        rest = body.text[body.offsets(statement)[1] :].partition("\n")[0]
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is self.one.whole and not rest.strip():
                return name if len(body.bindings(name)) == 1 else None
        return None
