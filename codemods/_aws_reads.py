"""A read from AWS per round, answered from calls before the loop that read many at once."""

import ast

from msgspec.structs import replace

from codemods import _cst, _lookups, _loop_edits
from codemods._aws_batches import Lookup
from codemods._aws_clients import service_of
from codemods._key_lookup_edits import Edit
from codemods._loop_gates import inside, is_pure, rebound
from codemods._loops import Body, Comprehension, names_in, targets
from codemods._mocks import watched
from codemods.api import Proposal, Reached, Repeat
from codemods.refusals import RefusedError

_OPTIONS = {"ssm": "WithDecryption", "dynamodb": "ConsistentRead"}


class Read(Edit):
    """The edit of one read. The answers are kept as the single call gives them, `{"Item": ...}`, by their keys."""

    def __init__(self, codemod: str, reached: Reached, body: Body, call: ast.Call, repeat: Repeat, row: Lookup) -> None:
        assert isinstance(call.func, ast.Attribute)
        self._given = {keyword.arg or "": keyword.value for keyword in call.keywords}
        self._api, self._receiver = row, call.func.value
        self._where = f"line {call.lineno} of {body.path}"
        attribute, key = self._asked(call)
        if unknown := sorted(self._given.keys() - {"Name", "Key", _OPTIONS[row.service]}):
            raise RefusedError("R-PARTIAL", f"`{row.batch}` takes no `{unknown[0] or '**'}` ({self._where})")
        if not self._reads_part(body, call):
            raise RefusedError("R-PARTIAL", f"a round looks at more of the answer of {self._where} than `{row.part}`")
        fetch = (f"{body.source(self._receiver)}.{row.batch}(", ")")
        lookup = _lookups.Lookup(call, key, row.part, attribute, fetch, row.batch, same_row=True, text_column=True)
        super().__init__(codemod, reached, body, lookup, repeat)
        self._gates.doubts += row.doubts
        self._consider()

    def _asked(self, call: ast.Call) -> tuple[str, ast.expr]:
        """The name of the key and its value."""
        if self._api.service == "ssm":
            return "Name", self._given["Name"]
        match self._given["Key"]:
            case ast.Dict(keys=[ast.Constant(value=str(name))], values=[value]):
                return name, value
        raise RefusedError("R-SHAPE", f"line {call.lineno} reads by a key of several parts, or of a variable one")

    def proposal(self) -> Proposal:
        """The edit.

        Raises:
            RefusedError: why there is none.
        """
        row = self._api
        found = super().proposal()
        name = f"{row.service}.{row.method}"
        why, after = f"one call reads {row.limit}", -(-self._repeat.count // row.limit)
        load = replace(found.loads[0], path=name, why=why, statements_after=after)
        needs = f"It needs the permission {row.action}, where {row.service}:{row.operation} was enough."
        return replace(
            found, loads=(load,), notes=(*found.notes, row.bill, needs), does=f"make {row.method} calls in batches"
        )

    def _consider(self) -> None:
        body, row = self._body, self._api
        fixed = [self._receiver, *(v for k, v in self._given.items() if k == _OPTIONS[row.service])]
        loose = targets(self._loop) | rebound(body, self._loop)
        if any(not is_pure(node) or names_in(node) & loose for node in fixed):
            raise RefusedError("R-CARRY", f"a round decides on more than the key of {self._where}")
        for node in inside(self._loop):
            match node:
                case ast.Call(func=ast.Attribute(value=value, attr=attr)) if (
                    node is not self._lookup.call and ast.unparse(value) == ast.unparse(self._receiver)
                ):
                    raise RefusedError("R-CARRY", f"the loop asks the same service for more with `{attr}`")
        if files := watched(body, row.method):
            raise RefusedError("R-MOCKED", f"{files[0]} watches `{row.method}`, which is called for the rest only")
        if files := body.index.tree.policies_lacking(f"{row.service}:{row.operation}", row.action):
            raise RefusedError("R-IAM", f"{files[0]} allows {row.service}:{row.operation} and not {row.action}")
        if service_of(body, self._receiver) is None:
            name = body.source(self._receiver)
            self._gates.doubts.append(f"`{name}` is taken for a boto3 client of {row.service} by its arguments alone")

    def _reads_part(self, body: Body, call: ast.Call) -> bool:
        """Whether nothing of the answer is read but the part that a batch gives too."""
        match body.statement(call):
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is call:
                pass
            case _:
                return self._is_part(body, call)
        uses = [n for n in body.own() if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)]
        return len(body.bindings(name)) == 1 and all(self._is_part(body, use) for use in uses)

    def _is_part(self, body: Body, node: ast.expr) -> bool:
        above = next(body.parents(node))
        match above:
            case ast.Subscript(value=value, slice=ast.Constant(value=part)) if value is node:
                return bool(part == self._api.part)
            case ast.Compare(left=ast.Constant(value=part), ops=[ast.In() | ast.NotIn()]):
                return bool(part == self._api.part)
            case ast.Attribute(attr="get"):
                asked = next(body.parents(above))
                return isinstance(asked, ast.Call) and ast.unparse(asked.args[0]) == repr(self._api.part)
        return False

    def _answered(self, found: str) -> tuple[int, int, str]:
        start, end, new = super()._answered(found)
        body, text = self._body, self._body.text
        statement = body.statement(self._lookup.call)
        begin, stop = body.offsets(statement)
        first = text.rfind("\n", 0, begin) + 1
        whole = text[first:start] + new + text[end:stop]
        straight = isinstance(statement, ast.Assign | ast.Expr | ast.Return) and not text[first:begin].strip()
        if (
            "\n" in new
            or len(whole) <= _loop_edits.width(text)
            or not straight
            or isinstance(self._loop, Comprehension)
        ):
            return start, end, new
        answer, newline = _loop_edits.fresh(body, "answer", "response"), _cst.newline(text)
        indent, step = text[first:begin], _loop_edits.step(body)
        lines = [f"{answer} = {found}", f"if {answer} is None:", f"{step}{answer} = {text[start:end]}"]
        return begin, stop, f"{newline}{indent}".join([*lines, text[begin:start] + answer + text[end:stop]])

    def _fetch(self, indent: str, keys: str, edits: list[tuple[int, int, str]]) -> str:
        body, row = self._body, self._api
        one, attribute = _loop_edits.snake(row.part), _loop_edits.snake(self._lookup.attribute)
        many = _loop_edits.plural(one)
        name = _loop_edits.fresh(body, f"{many}_by_{attribute}", f"found_{many}")
        keyed = _loop_edits.fresh(body, f"{one}_{_loop_edits.plural(attribute)}", f"{one}_keys")
        each, start = _loop_edits.fresh(body, one, "found"), _loop_edits.fresh(body, "start")
        edits.append(self._answered(f"{name}.get({body.source(self._lookup.key)})"))
        inner = keys[1:-1] if keys.startswith("[") else keys
        lines = _loop_edits.line(body, indent, f"{keyed} = list(dict.fromkeys(", inner, "))")
        deeper = indent + _loop_edits.step(body)
        portion = f"{keyed}[{start} : {start} + {row.limit}]"
        rows = [
            f'{each}["{self._lookup.attribute}"]: {{"{row.part}": {each}}}',
            f"for {start} in range(0, len({keyed}), {row.limit})",
            *self._portion(each, portion),
        ]
        end = _cst.newline(body.text)
        written = [f"{indent}{name} = {{", *(f"{deeper}{text}" for text in rows), f"{indent}}}"]
        return lines + "".join(f"{text}{end}" for text in written)

    def _portion(self, each: str, portion: str) -> list[str]:
        client = self._body.source(self._receiver)
        option = _OPTIONS[self._api.service]
        given = self._body.source(self._given[option]) if option in self._given else None
        if self._api.service == "ssm":
            more = f", {option}={given}" if given else ""
            return [f'for {each} in {client}.get_parameters(Names={portion}{more})["Parameters"]']
        key = _loop_edits.fresh(self._body, "key", "item_key")
        more = f', "{option}": {given}' if given else ""
        keys = f'[{{"{self._lookup.attribute}": {key}}} for {key} in {portion}]'
        return [
            f"for {each} in {client}.meta.client.batch_get_item(",
            f'{_loop_edits.step(self._body)}RequestItems={{{client}.name: {{"Keys": {keys}{more}}}}}',
            f')["Responses"].get({client}.name, [])',
        ]
