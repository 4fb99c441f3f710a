"""The text of an edit that fetches documents by their `_id` before a loop."""

import ast

from codemods import _cst, _loop_edits, _loop_layout
from codemods._key_lookup_edits import Edit
from codemods._lookups import Lookup
from codemods._loops import Body
from codemods._mongo_collections import Asked, consider
from codemods.api import Reached, Repeat
from codemods.refusals import RefusedError

_PORTION = 1000


class FindLookup(Lookup, frozen=True, kw_only=True):
    """A `find_one`, and the collection that it asks."""

    asked: Asked


class FindEdit(Edit):
    """The edit of one `find_one`.

    Raises:
        RefusedError: why there is none.
    """

    def __init__(self, codemod: str, reached: Reached, body: Body, lookup: Lookup, repeat: Repeat) -> None:
        super().__init__(codemod, reached, body, lookup, repeat)
        assert isinstance(lookup, FindLookup)
        self._one = lookup.asked
        where = f"line {lookup.call.lineno} of {body.path}"
        if body.within(lookup.call, ast.Try, self._loop):
            raise RefusedError("R-EXC", f"errors at {where} are caught per round")
        consider(body, self._loop, self._one, reads=False)
        if any(isinstance(node, ast.Call) for node in ast.walk(lookup.key)):
            self._gates.doubts.append(f"`{body.source(lookup.key)}` is made for all rounds before the first one")
        self._gates.doubts += [
            "rounds with one key share one document, and none sees what is written after the first round has begun",
            "keys are looked up as Python compares them: `_id`s must be ObjectIds, text or numbers, no documents",
        ]

    @property
    def _does(self) -> str:
        return f"fetch {_loop_edits.plural(self._lookup.model)} with one find"

    def _fetch(self, indent: str, keys: str, edits: list[tuple[int, int, str]]) -> str:
        body, lookup, model = self._body, self._lookup, self._lookup.model
        many = _loop_edits.plural(model)
        found = self._fresh(f"{many}_by_id", f"found_{many}")
        edits.append(self._answered(f"{found}.get({body.source(lookup.key)})"))
        end, step = _cst.newline(body.text), _loop_edits.step(body)
        lines = ""
        if keys.startswith("[") or not self._is_list():
            keyed = self._fresh(f"{model}_ids", f"{model}_keys")
            head, inner, tail = ("[", keys[1:-1], "]") if keys.startswith("[") else ("list(", keys, ")")
            lines, keys = _loop_edits.line(body, indent, f"{keyed} = {head}", inner, tail), keyed
        start = self._fresh("start", "offset")
        row = self._fresh(f"found_{model}") if model in body.taken() else self._fresh(model)
        portion = f"{keys}[{start} : {start} + {_PORTION}]"
        filtered = f"{{{_loop_edits.quoted(body, '_id')}: {{{_loop_edits.quoted(body, '$in')}: {portion}}}}}"
        wanted = lookup.fetch[1][1:-1].removeprefix(", ")
        awaited = "async " if isinstance(self._one.whole, ast.Await) else ""
        inside, deeper = indent + step, indent + 2 * step
        head = f"{awaited}for {row} in {self._one.source}.find("
        return (
            f"{lines}{indent}{found} = {{}}{end}"
            f"{indent}for {start} in range(0, len({keys}), {_PORTION}):{end}"
            f"{_loop_layout.call(body, inside, head, [filtered, *filter(None, [wanted])], '):')}"
            f"{deeper}{found}[{row}[{_loop_edits.quoted(body, '_id')}]] = {row}{end}"
        )
