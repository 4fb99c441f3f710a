"""Writes requests on a client that is kept: local to a loop, or that of a thread."""

import ast
import re

from codemods import _cst, _http_blocks, _loop_edits
from codemods._http_calls import CLIENTS, Sent, accessors, doubts
from codemods._loop_answers import proposed
from codemods._loop_gates import inside
from codemods._loops import Body, Comprehension
from codemods.api import Load, Proposal, Reached, Repeat
from codemods.index.facts import dotted

_ROW = re.compile(r"\n([ \t]*)")
_CLOSED = "a kept connection that the server closes just as a request goes out fails that request; a new one would not"


class Edit:
    """The edit of the requests that one function sends."""

    def __init__(self, codemod: str, reached: Reached, body: Body, calls: list[Sent], repeat: Repeat) -> None:
        self.codemod, self.reached, self.body, self.calls, self.repeat = codemod, reached, body, calls, repeat
        self.library = calls[0].library
        self.client = CLIENTS[self.library]

    def refusal(self) -> tuple[str, str] | None:
        """Why there is no edit: a code and a sentence."""
        body = self.body
        bound = _cst.bound_names(body.text)
        names = {dotted(_function(one)).partition(".")[0] for one in self.calls}
        if len({one.library for one in self.calls}) > 1 or not names <= bound:
            return "R-SHAPE", f"{self.library} is not imported for the whole of {body.path}"
        if not self._in_loop() and {"os", "threading"} & bound - _cst.plain_imports(body.text):
            return "R-SHAPE", f"`os` or `threading` is another name in {body.path}"
        if any(_http_blocks.is_fixed(body, one.made) for one in self.calls if one.made):
            return "R-SHAPE", f"the block of the {self.client.lower()} in {body.path} cannot be moved to the left"
        return None

    def proposal(self) -> Proposal:
        """The edit of all calls of the function that send what repeats."""
        body = self.body
        unsure = [doubt for one in self.calls for doubt in doubts(body, one)]
        text = self._locally() if self._in_loop() else self._per_thread()
        first = self.calls[0].call
        kept = f"{self.library}.{self.client}"
        load = Load(f"{self.library}.{self.calls[0].verb}", kept, "one connection serves all", self.repeat, 1)
        return proposed(
            self.codemod,
            self.reached,
            body,
            first,
            load,
            {body.path: text},
            doubts=unsure,
            notes=(_CLOSED,),
            does="keep connections open",
        )

    # ---- a client of the loop ----

    def _in_loop(self) -> bool:
        """Whether all calls stand in one loop, each the only one of a statement that a line can go before."""
        body = self.body
        if any(one.made for one in self.calls):
            return False
        loops = [self._outermost(one.call) for one in self.calls]
        first = loops[0]
        if first is None or any(loop is not first for loop in loops) or _loop_edits.before(body, first) is None:
            return False
        statements = [body.statement(one.call) for one in self.calls]
        return len({id(s) for s in statements}) == len(statements) and all(map(self._alone, statements, self.calls))

    def _outermost(self, call: ast.Call) -> ast.For | ast.While | None:
        loops = [loop for loop in self.body.parents(call) if isinstance(loop, ast.For | ast.While)]
        around = [loop for loop in loops if any(node is call for node in inside(loop))]
        return around[-1] if around else None

    def _alone(self, statement: ast.stmt, one: Sent) -> bool:
        """Whether a line before the statement runs before each request of it."""
        body = self.body
        start = body.offsets(statement)[0]
        line = body.text.rfind("\n", 0, start) + 1
        if body.text[line:start].strip() or body.text.startswith("elif", start):
            return False
        return not isinstance(statement, ast.While) and not body.within(one.call, Comprehension, statement)  # type: ignore[arg-type]

    def _locally(self) -> str:
        body, end = self.body, _cst.newline(self.body.text)
        loop = self._outermost(self.calls[0].call)
        assert loop is not None
        place = _loop_edits.before(body, loop)
        assert place is not None
        word = self.client.lower()
        name = _loop_edits.fresh(body, word, f"http_{word}")
        edits = [(place.at, place.at, f"{place.indent}{name} = {self._made()}{end}")]
        for one in self.calls:
            start = body.offsets(body.statement(one.call))[0]
            line = body.text.rfind("\n", 0, start) + 1
            indent = body.text[line:start]
            note = "  # none that another answer set" if one is self.calls[0] else ""
            edits += [(line, line, f"{indent}{name}.cookies.clear(){note}{end}"), *self._sent_on(one, name)]
        return self._imported(_cst.replace(body.text, sorted(edits)))

    # ---- the client of a thread ----

    def _per_thread(self) -> str:
        body = self.body
        known = next(iter(accessors(body, self.library)), None)
        strict = any(keyword.arg in (None, "verify") for one in self.calls for keyword in one.call.keywords)
        if known and not strict:
            return _cst.replace(body.text, [edit for one in self.calls for edit in self._sent_on(one, known)])
        word = self.client.lower()
        name = _loop_edits.fresh(body, f"_{word}", f"_http_{word}")
        edits = [self._accessor(name), *(edit for one in self.calls for edit in self._sent_on(one, f"{name}()"))]
        text = self._imported(_cst.replace(body.text, edits))
        for module in ("os", "threading"):
            if (edit := _cst.plain_import_edit(text, module)) is not None:
                text = _cst.replace(text, [edit])
        return text

    def _accessor(self, name: str) -> tuple[int, int, str]:
        body, end, step = self.body, _cst.newline(self.body.text), _loop_edits.step(self.body)
        state, word = _loop_edits.fresh(body, "_local", "_thread_local"), self.client.lower()
        returns = f" -> {self._made()[:-2]}" if " -> " in body.text else ""
        lines = [
            f"{state} = threading.local()",
            "",
            "",
            f"def {name}(){returns}:",
            f'{step}"""The {word} of this thread; it keeps connections, and no cookies."""',
            f"{step}if getattr({state}, {_loop_edits.quoted(body, 'process')}, None) != os.getpid():",
            f"{step}{step}{state}.process, {state}.{word} = os.getpid(), {self._made()}",
            f"{step}{state}.{word}.cookies.clear()",
            f"{step}return {state}.{word}",
            "",
            "",
            "",
        ]
        at = self._above()
        return at, at, end.join(lines)

    def _above(self) -> int:
        """The start of the line of the function or class at the top level, its decorators and comments included."""
        tree = self.body.index.tree.parsed(self.body.path)
        assert tree is not None
        line = self.calls[0].call.lineno
        found = next(node for node in tree.body if node.end_lineno is not None and node.end_lineno >= line)
        first = min([found.lineno, *(d.lineno for d in getattr(found, "decorator_list", ()))])
        lines = self.body.text.splitlines(keepends=True)
        while first > 1 and lines[first - 2].startswith("#"):
            first -= 1
        return sum(map(len, lines[: first - 1]))

    # ---- both ----

    def _made(self) -> str:
        func = _function(self.calls[0])
        if isinstance(func, ast.Attribute):
            return f"{self.body.source(func.value)}.{self.client}()"
        return f"{self.client}()"

    def _sent_on(self, one: Sent, client: str) -> list[tuple[int, int, str]]:
        """The call on another client; lines of it that stand below its bracket stay there."""
        body, new = self.body, f"{client}.{one.verb}"
        if one.made:
            return _http_blocks.bound(body, one.made, client)
        start, end = body.offsets(one.call.func)
        column = end - body.text.rfind("\n", 0, end)
        closes, more = body.offsets(one.call)[1], len(new) - (end - start)
        rows = (row.span(1) for row in _ROW.finditer(body.text, end, closes) if row[1] == " " * column)
        return [(start, end, new), *((*row, " " * (column + more)) for row in rows)]

    def _imported(self, text: str) -> str:
        if isinstance(_function(self.calls[0]), ast.Attribute):
            return text
        edit = _cst.import_edit(text, self.library, [self.client])
        return text if edit is None else _cst.replace(text, [edit])


def _function(one: Sent) -> ast.expr:
    """What the file calls of the library."""
    return one.made.func if one.made else one.call.func
