"""The calls of redis in one loop, and what speaks against taking them out of it."""

import ast
from collections.abc import Iterator

import msgspec

from codemods._loop_gates import ends_early, inside, is_known_beforehand, is_plain, iterated, rebound, streams
from codemods._loops import Body, Loop, names_in, targets
from codemods._mocks import stands_in
from codemods._redis_clients import sort_of
from codemods._redis_commands import CHANGES, READS, TELLING, WRITES
from codemods._redis_keys import Keys, NotBeforehandError
from codemods.index.calls import Key
from codemods.index.facts import chain_of, dotted
from codemods.refusals import RefusedError

_DEPTH = 2  # calls into the repository
_STEPS = frozenset({"scan_iter", "keys", "smembers", "hscan_iter", "sscan_iter", "zscan_iter", "hkeys", "lrange"})


class Asked(msgspec.Struct, frozen=True):
    """A call in a loop, `r.get(key)`; `whole` is it with its `await`, `sort` what its receiver is."""

    call: ast.Call
    whole: ast.Call | ast.Await
    method: str
    client: ast.expr
    sort: str

    @property
    def line(self) -> int:
        """Where it is."""
        return self.call.lineno


def asked(body: Body, loop: Loop | None = None) -> Iterator[Asked]:
    """The calls of redis in loops, or in one loop."""
    for call in body.calls():
        func = call.func
        if not isinstance(func, ast.Attribute) or (around := body.loop(call)) is None:
            continue
        if loop is not None and around is not loop and not any(node is call for node in inside(loop)):
            continue
        if loop is None and func.attr not in READS and func.attr not in WRITES:
            continue
        if (sort := sort_of(body, func.value)) is not None:
            above = next(body.parents(call), None)
            yield Asked(call, above if isinstance(above, ast.Await) else call, func.attr, func.value, sort)


class Gates:
    """The preconditions that reads and writes share; `doubts` are what remains unknown."""

    def __init__(self, body: Body, loop: Loop, first: Asked) -> None:
        self.body, self.loop, self.first = body, loop, first
        self.keys = Keys(body, loop, first.call)
        self.where = f"line {first.line} of {body.path}"
        self.doubts: list[str] = []

    def shared(self) -> None:
        """Asks what holds for reads and writes alike.

        Raises:
            RefusedError: the loop cannot do without them.
        """
        body, loop = self.body, self.loop
        if self.first.sort == "cluster":
            raise RefusedError("R-CLUSTER", f"the keys of {self.where} are those of a cluster")
        if not is_plain(loop):
            raise RefusedError("R-SHAPE", f"the loop around {self.where} is no plain `for`")
        if any(isinstance(n, ast.Call) and dotted(n.func).rpartition(".")[2] == "sleep" for n in inside(loop)):
            raise RefusedError("R-CARRY", f"the loop around {self.where} waits for something to change")
        if body.within(self.first.call, ast.Try, loop):
            raise RefusedError("R-PARTIAL", f"an error at {self.where} is handled per round")
        source = iterated(loop)
        if streams(source) and not self.scans():
            raise RefusedError("R-STREAM", f"the loop around {self.where} goes over a stream")
        if test := stands_in(body, self._name()):
            self.doubts.append(f"{test} puts a mock in place of the client, which has to answer a pipeline now")
        if self.first.sort == "named":
            name = body.source(self.first.client)
            self.doubts.append(f"`{name}` is taken for a client of redis-py (no cluster) by its name")

    def unknown_items(self) -> str:
        """What the loop goes over, where it may depend on what the rounds do or may have no end; else ""."""
        source = iterated(self.loop)
        return "" if self.scans() or is_known_beforehand(self.body, source) else self.body.source(source)

    def _name(self) -> str:
        """By what the file reaches the client: `r`, the attribute `redis`, the function `get_client`."""
        node = self.first.client
        if isinstance(node, ast.Name):
            node = self.body.value(node.id) or node
        return chain_of(node).removesuffix("()").rpartition(".")[2] or "redis"

    def scans(self) -> bool:
        """Whether the loop goes over keys or members that redis gives."""
        match iterated(self.loop):
            case ast.Call(func=ast.Attribute(attr=attr, value=value)):
                return attr in _STEPS and sort_of(self.body, value) is not None
        return False

    def client(self) -> str:
        """The source of the client, as it can stand before the loop.

        Raises:
            RefusedError: it is another one in every round.
        """
        node = self.first.client
        loose = rebound(self.body, self.loop) | targets(self.loop)
        if isinstance(node, ast.Name) and node.id in loose and (value := self.body.value(node.id)) is not None:
            node = value
        if names_in(node) & loose:
            raise RefusedError("R-CARRY", f"the client of {self.where} is another one in every round")
        return self.body.source(node)

    def arguments(self, one: Asked) -> list[ast.expr]:
        """The arguments of a call over the loop's targets alone.

        Raises:
            RefusedError: they depend on what rounds do.
        """
        try:
            given = [*one.call.args, *(keyword.value for keyword in one.call.keywords)]
            return [Keys(self.body, self.loop, one.call).resolved(node) for node in given]
        except NotBeforehandError as error:
            raise RefusedError("R-CARRY", f"line {one.line} of {self.body.path}: {error}") from error

    def ends_early(self) -> bool:
        """Whether a round can be the last."""
        return ends_early(self.body, self.loop)

    def writers(self) -> Iterator[str]:
        """Sentences about functions that the loop calls and that write to redis, or could."""
        called = {(chain_of(node.func), node.lineno) for node in inside(self.loop) if isinstance(node, ast.Call)}
        for call in self.body.function.calls:
            if (call.callee, call.line) in called:
                for key in self.body.index.calls.targets(self.body.function, call):
                    if self._writes(key, _DEPTH):
                        yield f"`{key[1]}`, which the loop calls, writes to redis"
        client = dotted(self.first.client)
        for node in inside(self.loop):
            if isinstance(node, ast.Call) and client in {dotted(argument) for argument in node.args} - {""}:
                yield f"`{self.body.source(node.func)}`, which the loop calls, is given the client"

    def _writes(self, key: Key, depth: int) -> bool:
        function = self.body.index.calls.function(key)
        for call in function.calls if function else ():
            receiver, _, name = call.callee.rpartition(".")
            if name in CHANGES and receiver and (name in TELLING or "redis" in receiver.lower()):
                return True
            if depth > 1 and any(
                self._writes(target, depth - 1) for target in self.body.index.calls.targets(function, call)  # type: ignore[arg-type]
            ):  # fmt: skip
                return True
        return False
