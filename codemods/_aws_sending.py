"""How the calls of a loop to AWS are written as batches: what is collected, sent, and asked for again."""

import ast
import re
from functools import cached_property

from codemods import _cst, _loop_edits, _loop_layout
from codemods._aws_batches import Batch
from codemods._loop_gates import is_settled
from codemods._loops import Body, targets
from codemods.refusals import RefusedError

_INDENT = re.compile(r"[ \t]*")


class Sending:
    """The text of one edit; `keys` are the key attributes of the table, where a table is written."""

    def __init__(self, body: Body, loop: ast.For, call: ast.Call, row: Batch, keys: list[str]) -> None:
        assert isinstance(call.func, ast.Attribute)
        self.body, self.loop, self.call, self.row, self.keys = body, loop, call, row, keys
        self.receiver = call.func.value
        self.given = {keyword.arg or "": keyword.value for keyword in call.keywords}

    def edits(self) -> list[tuple[int, int, str]]:
        """The edits of the file.

        Raises:
            RefusedError: a string that would change is in the way.
        """
        return self._writer() if self.row.failures == "writer" else self._collected()

    def _writer(self) -> list[tuple[int, int, str]]:
        body = self.body
        name = _loop_edits.fresh(body, "batch", "writer", "batch_writer")
        inner = _loop_layout.indented(body, self.loop, [(*body.offsets(self.receiver), name)])
        if inner is None:
            raise RefusedError(
                "R-SHAPE", f"a string of several lines stands in the loop around line {self.call.lineno}"
            )
        start, end = _loop_layout.region(body, self.loop)
        keys = f"overwrite_by_pkeys={self._quoted_list(self.keys)}" if self.keys else ""
        head = f"{self._indent}with {body.source(self.receiver)}.batch_writer({keys}) as {name}:{self._end}"
        return [(start, end, head + inner)]

    def _collected(self) -> list[tuple[int, int, str]]:
        body, loop = self.body, self.loop
        entries = _loop_edits.fresh(body, self.row.noun, f"{self.row.service}_{self.row.noun}")
        start, end = _loop_layout.region(body, loop)
        begin = self._indent
        sure = self._cannot_fail()
        statement = body.statement(self.call)
        alone = loop.body == [statement] and "#" not in body.text[start:end]
        if sure and alone and not self._is_target_used():
            head = f"{entries} = ["
            parts = [self._entry(), f"for {body.source(loop.target)} in {body.source(loop.iter)}"]
            return [(start, end, self._comprehension(head, parts) + self._flush(begin, entries))]
        first = body.offsets(statement)[0]
        inside = _INDENT.match(body.text, body.text.rfind("\n", 0, first) + 1)[0]  # type: ignore[index]
        step = "" if sure else _loop_edits.step(body)
        written = self._append(inside + step, f"{entries}.append(")
        written = written.replace(f"{self._end}{step}", self._end) if step else written
        edit = (*body.offsets(statement), written.strip())
        lines = f"{begin}{entries} = []{self._end}"
        if sure:
            gap = "" if body.text.endswith("\n", start, end) else self._end
            return [(start, start, lines), edit, (end, end, gap + self._flush(begin, entries))]
        inner = _loop_layout.indented(body, loop, [edit])
        if inner is None:
            raise RefusedError(
                "R-SHAPE", f"a string of several lines stands in the loop around line {self.call.lineno}"
            )
        why = f"{begin}{step}# Also when a round fails: what came before it is sent, as without batches.{self._end}"
        lines += f"{begin}try:{self._end}{inner}{begin}finally:{self._end}{why}"
        return [(start, end, lines + self._flush(begin + step, entries))]

    def _is_target_used(self) -> bool:
        """Whether a name that the loop binds is read outside of it: that of a comprehension is gone after it."""
        inside = {id(node) for node in ast.walk(self.loop)}
        names = targets(self.loop)
        return any(isinstance(n, ast.Name) and n.id in names and id(n) not in inside for n in self.body.own())

    def _comprehension(self, head: str, parts: list[str]) -> str:
        whole = f"{self._indent}{head}{' '.join(parts)}]"
        if len(whole) <= _loop_edits.width(self.body.text):
            return whole + self._end
        deeper = self._indent + _loop_edits.step(self.body)
        return "".join(
            f"{row}{self._end}" for row in (self._indent + head, *(deeper + p for p in parts), f"{self._indent}]")
        )

    def _entry(self) -> str:
        """The entry as the single call takes it: its argument, or its arguments by name."""
        if self.row.wrapped:
            value = self.given[self.row.wrapped]
            assert not self.row.listed or isinstance(value, ast.List)
            return self.body.source(value.elts[0] if isinstance(value, ast.List) and self.row.listed else value)
        return f"{{{', '.join(self._parts())}}}"

    def _append(self, indent: str, head: str) -> str:
        """The call that keeps an entry; a dictionary that is too long has a line for each argument."""
        body, end = self.body, self._end
        deeper = indent + _loop_edits.step(body)
        if len(deeper + self._entry()) <= _loop_edits.width(body.text) or self.row.wrapped:
            return _loop_layout.call(body, indent, head, [self._entry()])
        inner = deeper + _loop_edits.step(body)
        rows = "".join(f"{inner}{part},{end}" for part in self._parts())
        return f"{indent}{head}{end}{deeper}{{{end}{rows}{deeper}}}{end}{indent}){end}"

    def _parts(self) -> list[str]:
        own = [(name, value) for name, value in self.given.items() if name in self.row.entry]
        return [f"{self._quoted(name)}: {self.body.source(value)}" for name, value in own]

    def _flush(self, indent: str, entries: str) -> str:
        body, row = self.body, self.row
        start, batch, response, failed, entry, number, result = (
            _loop_edits.fresh(body, word, f"batch_{word}", f"{row.noun}_{word}")
            for word in ("start", "batch", "response", "failed", "entry", "number", "result")
        )
        step = _loop_edits.step(body)
        one, two, three = indent + step, indent + 2 * step, indent + 3 * step
        client = body.source(self.receiver)
        shared = [f"{name}={body.source(self.given[name])}" for name in row.shared if name in self.given]
        again = f"{client}.{row.method}("
        listed, after = batch, ""
        q = self._quoted
        why = f"{one}# Once more alone: what fails for good raises what it raised before.{self._end}"
        match row.failures:
            case "id":
                listed = f"[{{{q('Id')}: str({number}), **{entry}}} for {number}, {entry} in enumerate({batch})]"
                after = why + f"{one}for {failed} in {response}.get({q(row.results)}, []):{self._end}"
                after += _loop_layout.call(body, two, again, [*shared, f"**{batch}[int({failed}[{q('Id')}])]"])
            case "key":
                after = why + f"{one}for {failed} in {response}.get({q(row.results)}, []):{self._end}"
                own = [f"{name}={failed}[{q(name)}]" for name in row.entry if name in self.given]
                after += _loop_layout.call(body, two, again, [*shared, *own])
            case "position":
                failing = f"{two}if {result}.get({q('ErrorCode')}):{self._end}"
                told = f"{response}[{q(row.results)}]"
                if row.listed:
                    after = f"{one}for {result} in {told}:{self._end}{failing}"
                    after += f'{three}raise RuntimeError(f"not accepted: {{{result}}}"){self._end}'
                else:
                    last = f"{row.wrapped}={entry}" if row.wrapped else f"**{entry}"
                    after = why + f"{one}for {entry}, {result} in zip({batch}, {told}):{self._end}{failing}"
                    after += _loop_layout.call(body, three, again, [*shared, last])
        portion = f"{entries}[{start} : {start} + {row.limit}]"
        lines = f"{indent}for {start} in range(0, len({entries}), {row.limit}):{self._end}"
        if row.failures == "key":
            listed = f"{{{q('Objects')}: {portion}, {q('Quiet')}: True}}"
            arguments = [*shared, f"Delete={listed}"]
        else:
            lines += f"{one}{batch} = {portion}{self._end}"
            arguments = [*shared, f"{row.entries}={listed}"]
        answer = f"{response} = " if after else ""
        ask = f"{answer}{client}.{row.batch}("
        if not row.too_large:
            return lines + _loop_layout.call(body, one, ask, arguments) + after
        lines += f"{one}try:{self._end}{_loop_layout.call(body, two, ask, arguments)}"
        lines += f"{one}except {client}.exceptions.{row.too_large}:{self._end}"
        every = f"[{{{q('Id')}: {number}}} for {number} in range(len({batch}))]"
        return lines + f"{two}{response} = {{{q(row.results)}: {every}}}{self._end}" + after

    def _cannot_fail(self) -> bool:
        """Whether no round can fail or end the loop before it comes to its end: only names are read."""
        own = {id(node) for node in ast.walk(self.receiver)} | {id(self.call), id(self.call.func)}
        shared = {id(node) for name in self.row.shared if name in self.given for node in ast.walk(self.given[name])}
        nodes = (node for part in self.loop.body for node in ast.walk(part) if id(node) not in own | shared)
        return is_settled(self.body, self.loop.iter) and all(isinstance(node, _SAFE) for node in nodes)

    @cached_property
    def _indent(self) -> str:
        start = _loop_layout.region(self.body, self.loop)[0]
        return self.body.text[start : self.body.offsets(self.loop)[0]]

    @cached_property
    def _end(self) -> str:
        return _cst.newline(self.body.text)

    def _quoted(self, word: str) -> str:
        return _loop_edits.quoted(self.body, word)

    def _quoted_list(self, words: list[str]) -> str:
        return f"[{', '.join(map(self._quoted, words))}]"


_SAFE = (
    ast.Expr, ast.If, ast.Name, ast.Constant, ast.expr_context, ast.keyword, ast.Dict, ast.List, ast.Tuple,
    ast.JoinedStr, ast.FormattedValue, ast.UnaryOp, ast.unaryop, ast.BoolOp, ast.boolop, ast.Pass, ast.Continue,
    ast.Break,
)  # fmt: skip
