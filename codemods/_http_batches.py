"""The text of an edit that asks an endpoint for many things before a loop, and lets each round take its own."""

import ast
from typing import NamedTuple

from codemods import _cst, _loop_edits, _loop_layout
from codemods._group_edits import distinct
from codemods._key_lookup_edits import Edit
from codemods._lookups import Lookup
from codemods._loops import Body, Comprehension
from codemods.api import Reached, Repeat
from codemods.index.endpoints import Endpoint
from codemods.refusals import RefusedError

_HOLDERS = (ast.For, ast.While, ast.If, ast.With, ast.Try, ast.Match, ast.Assert)
_BRANCHES = (ast.IfExp, ast.BoolOp, ast.NamedExpr, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class ManyLookup(Lookup, frozen=True, kw_only=True):
    """The request for one thing, the endpoint that answers for many, its address and the other arguments."""

    endpoint: Endpoint
    url: str
    more: tuple[str, ...]


class Many(NamedTuple):
    """The address of many things: its source, the key in that of a single one, and what such a thing is called."""

    text: str
    key: ast.expr
    name: str


class _Taken(NamedTuple):
    """What a round does with an answer: the statements up to its `.json()`, that call, the name of what it gives."""

    statements: list[ast.stmt]
    json: ast.Call
    name: str | None


class BatchEdit(Edit):
    """The edit of one request.

    Raises:
        RefusedError: why there is none.
    """

    def __init__(self, codemod: str, reached: Reached, body: Body, lookup: Lookup, repeat: Repeat) -> None:
        super().__init__(codemod, reached, body, lookup, repeat)
        assert isinstance(lookup, ManyLookup)
        self._endpoint = lookup.endpoint
        if body.within(lookup.call, ast.Try, self._loop):
            where = f"line {lookup.call.lineno} of {body.path}"
            raise RefusedError("R-EXC", f"errors of the single request at {where} are caught")
        self._taken = self._taken_from()
        self._gates.doubts += [
            "that both endpoints give the same of a thing is what the settings say: nothing here shows it",
            "an error of the request for many is raised before the first round; rounds with one key share one answer",
        ]

    @property
    def _does(self) -> str:
        return f"ask for {self._endpoint.limit} {_loop_edits.plural(self._lookup.model)} at a time"

    def _taken_from(self) -> _Taken:
        """The statements from the request to its JSON.

        Raises:
            RefusedError: the round looks at more of the answer.
        """
        body, call = self._body, self._lookup.call
        statement = body.statement(call)
        if (whole := _json_of(body, call)) is not None:
            return _Taken([statement], whole, _bound(statement, whole))
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is call:
                block = next((b for b in _blocks(next(body.parents(statement))) if statement in b), [statement])
                checks = [s for s in block if ast.unparse(s) == f"{name}.raise_for_status()"][:1]
                asked = [statement, *checks]
                rest = block[block.index(statement) + len(asked) :]
                reads = [n for n in body.own() if _is_read(n, name)]
                json = _json_of(body, reads[-1]) if len(reads) == len(asked) else None
                follows = block[block.index(statement) :][: len(asked)] == asked
                if json is not None and follows and body.statement(json) in rest[:1]:
                    return _Taken([*asked, rest[0]], json, _bound(rest[0], json))
        where = f"line {call.lineno} of {body.path}"
        raise RefusedError("R-PARTIAL", f"the loop looks at more of the answer at {where} than its JSON")

    # ---- the text ----

    def _fetch(self, indent: str, keys: str, edits: list[tuple[int, int, str]]) -> str:
        lookup, body = self._lookup, self._body
        assert isinstance(lookup, ManyLookup)
        many = _loop_edits.plural(lookup.model)
        found = self._fresh(f"{many}_by_{lookup.attribute}", f"found_{many}")
        edits.append(self._replaced(found))
        keyed = self._fresh(f"{lookup.model}_{_loop_edits.plural(lookup.attribute)}", f"{lookup.model}_keys")
        start, portion = self._fresh("start", "offset"), self._fresh("portion", "some_keys")
        answer = self._fresh("batch", "batch_answer")
        item = self._fresh(f"batch_{lookup.model}", "item")
        end, step = _cst.newline(body.text), _loop_edits.step(body)
        in_loop, deeper = indent + step, indent + 2 * step
        parameters = f"params={{{_loop_edits.quoted(body, self._endpoint.parameter)}: {portion}}}"
        asked = _loop_layout.call(
            body, in_loop, f"{answer} = {lookup.fetch[0]}", [lookup.url, parameters, *lookup.more]
        )
        some = f"{keyed}[{start} : {start} + {lookup.chunk}]"
        if self._endpoint.style == "comma":
            some = f"{_loop_edits.quoted(body, ',')}.join(map(str, {some}))"
        path = "".join(f"[{_loop_edits.quoted(body, part)}]" for part in filter(None, self._endpoint.items.split(".")))
        key = _loop_edits.quoted(body, lookup.attribute)
        return (
            distinct(body, indent, keyed, keys)
            + f"{indent}{found} = {{}}{end}"
            + f"{indent}for {start} in range(0, len({keyed}), {lookup.chunk}):{end}"
            + f"{in_loop}{portion} = {some}{end}"
            + asked
            + f"{in_loop}if {answer}.status_code == 200:{end}"
            + f"{deeper}for {item} in {answer}.json(){path}:{end}"
            + f"{deeper}{step}{found}[{item}[{key}]] = {item}{end}"
        )

    def _replaced(self, found: str) -> tuple[int, int, str]:
        """The statements that ask for one thing, run only for what is not there."""
        body, taken = self._body, self._taken
        first, last = taken.statements[0], taken.statements[-1]
        key, (start, stop) = body.source(self._lookup.key), body.offsets(taken.json)
        if isinstance(self._loop, Comprehension):
            return start, stop, f"({found}.get({key}) or {body.text[start:stop]})"
        begin, end = body.offsets(first)[0], body.offsets(last)[1]
        line = body.text[body.text.rfind("\n", 0, begin) + 1 : begin]
        if line.strip() or isinstance(last, _HOLDERS) or body.within(taken.json, _BRANCHES, last):
            raise RefusedError("R-SHAPE", f"line {first.lineno} of {body.path} asks in a part of another statement")
        newline, step = _cst.newline(body.text), _loop_edits.step(body)
        name = taken.name or self._fresh(self._lookup.model, f"found_{self._lookup.model}")
        asked = [body.text[body.offsets(s)[0] : body.offsets(s)[1]] for s in taken.statements[:-1]]
        asked.append(f"{name} = {body.text[start:stop]}")
        inner = "".join(f"{newline}{line}{step}{one.replace(newline, newline + step)}" for one in asked)
        text = f"{name} = {found}.get({key}){newline}{line}if {name} is None:{inner}"
        if taken.name is None:
            after = body.offsets(last)[0]
            text += f"{newline}{line}{body.text[after:start]}{name}{body.text[stop:end]}"
        return begin, end, text


def url_of_many(body: Body, node: ast.expr, endpoint: Endpoint) -> Many | None:
    """The address for many things, where an f-string ends as that of one does."""
    head, _, tail = endpoint.single.partition("{}")
    match node:
        case ast.JoinedStr(values=[*before, ast.Constant(value=str(text)), ast.FormattedValue() as value]) if (
            not tail and text.endswith(head)
        ):
            pass
        case ast.JoinedStr(
            values=[*before, ast.Constant(value=str(text)), ast.FormattedValue() as value, ast.Constant(value=str(end))]
        ) if tail and end == tail and text.endswith(head):
            pass
        case _:
            return None
    if value.conversion != -1 or value.format_spec is not None:
        return None
    start = ast.Constant(text.removesuffix(head) + endpoint.many)
    written = ast.unparse(ast.JoinedStr([*before, start]) if before else start)
    if '"' not in written and _loop_edits.quoted(body, "").startswith('"'):
        written = written.replace("'", '"')
    words = [part for part in head.split("/") if part.isidentifier()]
    name = words[-1].removesuffix("s") if words else "item"
    return Many(written, value.value, _loop_edits.snake(name))


def _is_read(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)


def _json_of(body: Body, node: ast.AST) -> ast.Call | None:
    """The `.json()` right behind an expression."""
    match [*body.parents(node)][:2]:
        case [ast.Attribute(attr="json"), ast.Call(args=[], keywords=[]) as whole]:
            return whole
    return None


def _bound(statement: ast.stmt, value: ast.expr) -> str | None:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=found) if found is value:
            return name
    return None


def _blocks(node: ast.AST) -> list[list[ast.stmt]]:
    found = [getattr(node, field, None) for field in ("body", "orelse", "finalbody")]
    return [block for block in found if isinstance(block, list)]
