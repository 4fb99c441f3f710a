"""The text of an edit that sends the requests of all rounds before a loop, several at a time."""

import ast

from codemods import _cst, _loop_edits, _loop_layout
from codemods._http_calls import Sent
from codemods._loop_answers import proposed
from codemods._loop_gates import ends_early, inside, is_known_beforehand, is_plain, iterated, streams
from codemods._loop_rounds import changes_items, is_conditional, item_of, rows_of, with_answers
from codemods._loops import Body, Loop, names_in, targets
from codemods._mocks import patched_in
from codemods._redis_keys import Keys, NotBeforehandError
from codemods.api import Load, Proposal, Reached, Repeat
from codemods.index import first_party
from codemods.index.facts import dotted
from codemods.refusals import RefusedError

_WORKERS = 8
_BRINGS = (("concurrent.futures", "ThreadPoolExecutor"), ("contextvars", "copy_context"))
_FUTURES = (("future", "sent_request", "sent"), ("futures", "sent_requests"))
_CHANGES = frozenset({"post", "put", "patch", "delete"})
_TAKEN = frozenset(
    {"url", "params", "headers", "timeout", "verify", "allow_redirects", "follow_redirects", "proxies", "auth"}
)
_FREE = (
    f"It saves time, not the bill ($0): as many requests as before, and the other side gets {_WORKERS} at once.",
    "Nothing is gained where answers come within a millisecond: threads share no CPU (at 5 ms each it took a third).",
    "All are sent before the first round, and their answers kept: one that fails no longer stops those behind it.",
)


class PoolEdit:
    """The edit of one request in a loop.

    Raises:
        RefusedError: why there is none.
    """

    def __init__(self, codemod: str, reached: Reached, body: Body, one: Sent, repeat: Repeat) -> None:
        self.codemod, self.reached, self.body, self.one, self.repeat = codemod, reached, body, one, repeat
        loop = body.loop(one.call)
        assert loop is not None
        self.loop: Loop = loop
        self.where = f"line {one.call.lineno} of {body.path}"
        self.doubts: list[str] = []
        self._consider_client()
        self._consider_loop()
        self.used: set[str] = set()
        self.given = self._arguments()

    # ---- may it be sent before the loop? ----

    def _consider_client(self) -> None:
        body, one = self.body, self.one
        if one.made is not None and one.library == "requests":
            raise RefusedError("R-SHARED-SESSION", f"the session at {self.where} is not made for several threads")
        if one.made is None and one.library == "httpx":
            message = f"`{body.source(one.call.func)}` at {self.where} sets up a client each time: threads share no CPU"
            raise RefusedError("R-SHAPE", message)
        if one.made is not None and body.loop(one.made) is self.loop:
            raise RefusedError("R-SHAPE", f"the client at {self.where} is another one in every round")
        strange = sorted(str(k.arg or "**") for k in one.call.keywords if k.arg not in _TAKEN)
        if strange or len(one.call.args) > 2 or any(isinstance(a, ast.Starred) for a in one.call.args):
            what = f"`{strange[0]}`" if strange else "arguments"
            raise RefusedError("R-SHAPE", f"{self.where} sends {what}, which other threads may not be able to share")
        if any(_cst.bound_otherwise(body.text, module, name) for module, name in _BRINGS):
            raise RefusedError("R-SHAPE", f"{body.path} has other things of the names that a pool needs")
        if test := patched_in(body, one.library, one.verb):
            self.doubts.append(f"{test} replaces `{one.library}.{one.verb}`, which is called in no fixed order now")
        if one.made is not None:
            self.doubts.append("cookies of an answer go along with later requests, which are other ones now")
        if any(keyword.arg == "auth" for keyword in one.call.keywords):
            self.doubts.append(f"`auth` of {self.where} is asked by several threads at once")

    def _consider_loop(self) -> None:
        body, loop, where = self.body, self.loop, self.where
        if not is_plain(loop):
            raise RefusedError("R-SHAPE", f"the loop around {where} is no plain `for`")
        if streams(iterated(loop)):
            raise RefusedError("R-STREAM", f"the loop around {where} goes over a stream")
        if ends_early(body, loop):
            raise RefusedError("R-COND", f"the loop around {where} can end early, before all requests are sent")
        if is_conditional(body, loop, self.one.call):
            raise RefusedError("R-COND", f"not every round comes to the request at {where}")
        if changes_items(loop):
            raise RefusedError("R-CARRY", f"the loop around {where} changes what it goes over")
        for node in inside(loop):
            if not isinstance(node, ast.Call):
                continue
            name = dotted(node.func).rpartition(".")[2]
            if name == "sleep":
                raise RefusedError(
                    "R-CARRY", f"the loop around {where} waits between its requests (line {node.lineno})"
                )
            if name in _CHANGES and isinstance(node.func, ast.Attribute) and node.args:
                message = f"the loop around {where} may change what it asks for (`{name}` at line {node.lineno})"
                raise RefusedError("R-WRITE", message)
        if not is_known_beforehand(body, iterated(loop)):
            source = body.source(iterated(loop))
            self.doubts.append(
                f"`{source}` is gone over before the loop: its items must not depend on it, and must end"
            )

    def _arguments(self) -> list[tuple[str, str, ast.expr]]:
        """What each argument starts with ("timeout="), its source over the loop's targets, and as it is written."""
        body, call = self.body, self.one.call
        written = [("", node) for node in call.args] + [(f"{k.arg}=", k.value) for k in call.keywords]
        keys = Keys(body, self.loop, call)
        given = []
        for name, node in written:
            try:
                known = keys.resolved(node)
            except NotBeforehandError as error:
                raise RefusedError("R-CARRY", f"{self.where}: {error}") from error
            self.used |= names_in(known)
            given.append((name, self._spelled(node, known, keys), node))
        if not self.used & targets(self.loop):
            raise RefusedError("R-CARRY", f"{self.where} asks for the same in every round")
        return given

    def _spelled(self, node: ast.expr, known: ast.expr, keys: Keys) -> str:
        """The source of an argument, what a round builds for it put in its place.

        Raises:
            RefusedError: it would be text within text.
        """
        if known is node:
            return self.body.source(node)
        value = self.body.value(node.id) if isinstance(node, ast.Name) else None
        if value is not None and keys.resolved(value) is value:
            return self.body.source(value)
        parts = [n.value for n in ast.walk(known) if isinstance(n, ast.FormattedValue)]
        if any(isinstance(n, ast.JoinedStr | ast.Constant) for part in parts for n in ast.walk(part)):
            raise RefusedError("R-SHAPE", f"what {self.where} sends is put together in several steps")
        text = ast.unparse(known)
        return text if '"' in text or _loop_edits.quoted(self.body, "") == "''" else text.replace("'", '"')

    # ---- the text ----

    def proposal(self) -> Proposal:
        """The new text, and what a reviewer must know."""
        body, one, loop = self.body, self.one, self.loop
        place = _loop_edits.before(body, loop)
        if place is None:
            raise RefusedError("R-SHAPE", f"no line can stand before the loop around {self.where}")
        source, item = item_of(body, loop, self.used)
        lines, rows = rows_of(body, source, item, place.indent)
        future, futures = (_loop_edits.fresh(body, *names) for names in _FUTURES)
        pool = _loop_edits.fresh(body, "pool", "executor", "request_pool")
        end, deeper = _cst.newline(body.text), place.indent + _loop_edits.step(body)
        lines += f"{place.indent}with ThreadPoolExecutor(max_workers={_WORKERS}) as {pool}:{end}"
        sent = [
            "copy_context().run",
            body.source(one.call.func),
            *(f"{name}{spelled}" for name, spelled, _ in self.given),
        ]
        lines += _filled(body, deeper, f"{futures} = [", f"{pool}.submit(", sent, f"for {item} in {rows}")
        _, edits = with_answers(body, loop, source, rows, future, futures)
        edits += [(place.at, place.at, lines), (*body.offsets(one.call), f"{future}.result()"), *self._unused()]
        text = _cst.replace(body.text, sorted(edits))
        for module, name in _BRINGS:
            edit = _cst.import_edit(text, module, [name], first_party(body.index))
            text = _cst.replace(text, [edit] if edit else [])
        why = f"{_WORKERS} requests at a time"
        load = Load(f"{one.library}.{one.verb}", "ThreadPoolExecutor", why, self.repeat, self.repeat.count)
        return proposed(
            self.codemod,
            self.reached,
            body,
            one.call,
            load,
            {body.path: text},
            doubts=(*self.doubts, *_FREE),
            does=f"send {_WORKERS} requests at a time",
        )

    def _unused(self) -> list[tuple[int, int, str]]:
        """Takes away the lines of a round that bound what only the request needed."""
        body, edits = self.body, []
        within = {id(n) for n in ast.walk(self.one.call)}
        for name in sorted(set().union(*(names_in(node) for _, _, node in self.given)) - targets(self.loop)):
            reads = [n for n in body.own() if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)]
            value = body.value(name)
            if value is None or body.loop(value) is not self.loop or any(id(n) not in within for n in reads):
                continue
            start, end = _loop_layout.region(body, body.statement(value))
            if body.text[start:end].strip() == body.text[slice(*body.offsets(body.statement(value)))]:
                edits.append((start, end, ""))
        return edits


def _filled(body: Body, indent: str, head: str, call: str, arguments: list[str], loop: str) -> str:
    """A list comprehension of calls on one line, or with lines for its parts."""
    end, deeper = _cst.newline(body.text), indent + _loop_edits.step(body)
    whole = f"{indent}{head}{call}{', '.join(arguments)}) {loop}]"
    if len(whole) <= _loop_edits.width(body.text):
        return whole + end
    return f"{indent}{head}{end}{_loop_layout.call(body, deeper, call, arguments)}{deeper}{loop}{end}{indent}]{end}"
