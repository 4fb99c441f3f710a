"""Writes of a loop in one round trip after it: a pipeline that the rounds fill."""

import ast

from codemods import _cst, _loop_edits
from codemods._loop_answers import proposed
from codemods._loop_gates import inside
from codemods._loops import Body, targets
from codemods._redis_commands import SURE, WRITES
from codemods._redis_keys import is_text
from codemods._redis_loops import Asked, Gates, asked
from codemods.api import Load, Proposal, Reached, Repeat
from codemods.refusals import RefusedError

_TIMES = frozenset({"ex", "px", "keepttl", "nx", "xx"})


class WriteEdit:
    """The edit of all writes of one loop."""

    def __init__(self, codemod: str, reached: Reached, body: Body, found: list[Asked], repeat: Repeat) -> None:
        self.codemod, self.reached, self.body, self.repeat = codemod, reached, body, repeat
        self.one = found[0]
        loop = body.loop(self.one.call)
        assert loop is not None
        self.loop = loop
        self.gates = Gates(body, loop, self.one)
        self.writes = list(asked(body, loop))

    def proposal(self, other: str = "") -> Proposal:
        """The edit; `other` is the command of the evidence where the loop sends another one.

        Raises:
            RefusedError: why there is none.
        """
        body, end = self.body, _cst.newline(self.body.text)
        client = self._gates()
        if other:
            self.gates.doubts.append(f"the evidence names `{other}`, and the loop sends `{self.one.method}`")
        place = _loop_edits.before(body, self.loop)
        after = body.offsets(body.statement(self.loop))[1]
        rest = body.text[after:].partition(end)[0]
        if place is None or rest.strip():
            raise RefusedError("R-SHAPE", f"no lines can stand around the loop of {self.gates.where}")
        pipe = _loop_edits.fresh(body, "pipe", "pipeline", "redis_pipe")
        wait = "await " if isinstance(self.one.whole, ast.Await) else ""
        edits = [(place.at, place.at, f"{place.indent}{pipe} = {client}.pipeline(transaction=False){end}")]
        edits += [(body.offsets(w.whole)[0], body.offsets(w.client)[1], pipe) for w in self.writes]
        edits.append((after + len(rest), after + len(rest), f"{end}{place.indent}{wait}{pipe}.execute()"))
        load = Load(f"redis.{self.one.method}", "pipeline", "one round trip", self.repeat, 1)
        return proposed(
            self.codemod,
            self.reached,
            body,
            self.one.call,
            load,
            {body.path: _cst.replace(body.text, edits)},
            doubts=self.gates.doubts,
            does="write to redis in one round trip",
        )

    def _gates(self) -> str:
        gates, body, loop = self.gates, self.body, self.loop
        gates.shared()
        if not isinstance(loop, ast.For):
            raise RefusedError("R-SHAPE", f"the loop around {gates.where} is no statement")
        spelled = {body.source(write.client) for write in self.writes}
        if len(spelled) > 1:
            raise RefusedError("R-SHAPE", f"the loop around {gates.where} writes through several clients")
        for write in self.writes:
            statement = body.statement(write.call)
            if write.method not in WRITES:
                raise RefusedError("R-WRITE", f"the loop also sends `{write.method}` to redis (line {write.line})")
            if not isinstance(statement, ast.Expr) or statement.value is not write.whole:
                raise RefusedError("R-CARRY", f"the answer at line {write.line} is used in its round")
            if (type(write.whole) is ast.Await) != (type(self.one.whole) is ast.Await):
                raise RefusedError("R-SHAPE", f"only some commands of the loop around {gates.where} are awaited")
        if any(isinstance(node, ast.Return | ast.Yield | ast.YieldFrom) for node in inside(loop)):
            raise RefusedError("R-COND", f"the loop around {gates.where} can leave the function")
        if unknown := gates.unknown_items():
            gates.doubts.append(f"nothing is written before the last item of `{unknown}` has come")
        gates.doubts += gates.writers()
        methods = sorted({write.method for write in self.writes} - SURE)
        if methods:
            gates.doubts.append(f"after an error of `{methods[0]}` the commands behind it are still carried out")
        if not all(self._is_sure(write) for write in self.writes):
            gates.doubts.append("where redis-py cannot encode an argument, no round's command is sent any more")
        if not self._only_writes():
            gates.doubts.append("what else a round does comes before the writes; if it fails, none of them are made")
        return gates.client()

    def _is_sure(self, write: Asked) -> bool:
        """Whether its arguments are text and numbers that redis-py and redis take."""
        times = {keyword.arg for keyword in write.call.keywords}
        values = [*write.call.args, *(k.value for k in write.call.keywords if k.arg not in _TIMES)]
        limits = [k.value for k in write.call.keywords if k.arg in ("ex", "px")]
        return times <= _TIMES | {"name", "value"} and all(map(self._is_taken, values)) and all(
            isinstance(limit, ast.Constant) and isinstance(limit.value, int) and limit.value > 0 for limit in limits
        )  # fmt: skip

    def _is_taken(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Name) and node.id in targets(self.loop) and isinstance(self.loop.target, ast.Name):  # type: ignore[union-attr]
            return self.gates.scans()
        return is_text(node)

    def _only_writes(self) -> bool:
        """Whether a round does nothing but write, with arguments that cannot fail."""
        assert isinstance(self.loop, ast.For)
        writes = {id(write.whole) for write in self.writes}
        plain = all(isinstance(s, ast.Expr) and id(s.value) in writes for s in self.loop.body)
        values = [a for w in self.writes for a in (*w.call.args, *(k.value for k in w.call.keywords))]
        nodes = (node for value in values for node in ast.walk(value))
        return plain and not any(isinstance(n, ast.Attribute | ast.Subscript | ast.Call | ast.BinOp) for n in nodes)
