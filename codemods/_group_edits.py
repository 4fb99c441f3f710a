"""The text of an edit that groups rows by their key before a loop, and lets each round take its group."""

import ast
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NamedTuple

from codemods import _cst, _loop_edits
from codemods._group_uses import Uses
from codemods._helper_loans import argument
from codemods._key_lookup_edits import Edit
from codemods._key_lookup_gates import asked
from codemods._lookups import Lookup
from codemods._loop_answers import nearest, no
from codemods._loop_gates import iterated
from codemods._loop_writes import effects
from codemods._loops import Body, Comprehension, Loop, bodies, names_in
from codemods.api import Answer, No, Reached, Repeat, Sighting
from codemods.index import Index
from codemods.index.facts import dotted
from codemods.refusals import RefusedError

_LISTS = frozenset({"list", "sorted", "tuple", "reversed"})
Batched = Callable[[Body, ast.Call, Repeat], bool]


class Names(NamedTuple):
    """The names that the lines before a loop bind: the groups, one row, and for portions their start and keys."""

    groups: str
    row: str
    start: str
    portion: str


class GroupEdit(Edit, ABC):
    """The edit of one call that gives all rows of a key.

    Raises:
        RefusedError: why there is none.
    """

    def __init__(self, codemod: str, reached: Reached, body: Body, lookup: Lookup, repeat: Repeat) -> None:
        super().__init__(codemod, reached, body, lookup, repeat)
        assert lookup.grouped is not None
        self._grouped = lookup.grouped
        self._is_whole = self._grouped.exact and bool(
            self._grouped.of_key or self.is_key_of_row(body, self._loop, lookup.key)
        )
        self._gates.key += self._grouped.of_key
        if self._is_whole and self._gates.filters:  # a condition that a round answers otherwise loses its rows
            self._gates.filters = ""
            self._gates.doubts.append("rounds that ask for no rows have theirs fetched too")
        uses = Uses(body, self._loop, lookup.call)
        where = f"line {lookup.call.lineno} of {body.path}"
        if uses.escape and not self._grouped.is_list and not lookup.lent:
            raise RefusedError("R-RESULT", f"what {where} gives is handed on, cut or filtered: a list is no queryset")
        self._copies = uses.escape
        if not lookup.lent:
            self._consider_rows(uses)
        if not self._grouped.ordered and (lookup.lent or not uses.order_free):
            self._gates.doubts.append(f"{where} names no order: the rows of a key come as the one query gives them")
        if not self._grouped.exact:
            column = f"{lookup.model}.{lookup.attribute}"
            self._gates.doubts.append(
                f"{column} is not known to be a number or a UUID: where the database takes `a` and `A` for one key,"
                " rows of the other spelling would be left out"
            )

    @abstractmethod
    def is_key_of_row(self, body: Body, loop: Loop, key: ast.expr) -> bool:
        """Whether a key is a number or UUID, the primary key of the round's row as a query gives it."""

    def _consider_rows(self, uses: Uses) -> None:
        """Refuses writes to the rows that would be missing from, or still be in, the group of a later round."""
        for row in sorted(uses.rows):
            found = effects(self._body, self._loop, self._lookup.call, self._lookup.model, row)
            if found.refusal:
                raise RefusedError(*found.refusal)
            if found.changes_row:
                self._gates.doubts.append(f"the loop changes `{row}`: a later round with the same key gets it as left")

    def _fetch(self, indent: str, keys: str, edits: list[tuple[int, int, str]]) -> str:
        lookup, body = self._lookup, self._body
        row = _loop_edits.snake(lookup.model)
        many = _loop_edits.plural(row)
        groups = self._fresh(f"{many}_by_{lookup.attribute}", f"grouped_{many}")
        key = f"{body.source(lookup.key)}{self._grouped.of_key}"
        if lookup.lent:
            given = f"list({groups}.get({key}, []))"
            edits.append(argument(body, lookup.call, lookup.lent, given if self._is_whole else f"{given} or None"))
        else:
            edits.append(self._taken_from(f"{groups}.get({key}, [])" if self._is_whole else f"{groups}.get({key})"))
        opening, closing = lookup.fetch
        if lookup.twin:
            return _loop_edits.line(body, indent, f"{groups} = {opening}", keys, closing)
        name = row if self._is_ours(row) else self._fresh("row", "found_row")
        first, is_long = "", len(f"{indent}for {name} in {opening}{keys}{closing}:") > _loop_edits.width(body.text)
        if lookup.chunk is not None or (is_long and keys.startswith("[")):
            keyed = self._fresh(f"{row}_{_loop_edits.plural(lookup.attribute)}", f"{row}_keys")
            first = f"{indent}{keyed} = {keys}{_cst.newline(body.text)}"
            if lookup.chunk is not None:
                first = distinct(body, indent, keyed, keys)
            keys = keyed
        names = Names(groups, name, self._fresh("start", "offset"), self._fresh("portion", "some_keys"))
        return first + filled(body, indent, lookup, names, keys)

    def _is_ours(self, name: str) -> bool:
        """Whether a name can be bound before the loop: the file knows it as nothing but a name of the loop."""
        inner = {id(node) for node in ast.walk(self._loop)}
        fetch = names_in(ast.parse("keys".join(self._lookup.fetch), mode="eval")) | names_in(
            ast.parse(self._gates.key, mode="eval")
        )
        all_names = [n for n in self._body.own() if isinstance(n, ast.Name) and n.id == name]
        bound = self._body.bindings(name)
        is_free = name not in self._body.taken() or bool(bound)
        return is_free and name not in fetch and all(id(node) in inner for node in [*all_names, *bound])

    def _taken_from(self, found: str) -> tuple[int, int, str]:
        """The call, answered from the groups: of keys that are no row's own it is asked for what they lack."""
        copied = (lambda text: f"list({text})") if self._copies else str
        whole = asked(self._body, self._lookup.call)[0]
        assert isinstance(whole, ast.expr)
        start, end = self._body.offsets(whole)
        if self._is_whole:
            return start, end, copied(found)
        if self._copies:
            return start, end, f"list({found} or {self._body.text[start:end]})"
        return self._answered(found)


def distinct(body: Body, indent: str, name: str, keys: str) -> str:
    """The line that keeps each key once: one that came in two portions would have its rows twice."""
    inner = keys[1:-1] if keys.startswith("[") else keys
    return _loop_edits.line(body, indent, f"{name} = list(dict.fromkeys(", inner, "))")


def filled(body: Body, indent: str, lookup: Lookup, names: Names, keys: str) -> str:
    """The lines that make the groups and put every row into its own."""
    end, step = _cst.newline(body.text), _loop_edits.step(body)
    lines, at = f"{indent}{names.groups} = {{}}{end}", indent
    if lookup.chunk is not None:
        at = indent + step
        lines += f"{indent}for {names.start} in range(0, len({keys}), {lookup.chunk}):{end}"
        lines += f"{at}{names.portion} = {keys}[{names.start} : {names.start} + {lookup.chunk}]{end}"
        keys = names.portion
    opening, closing = lookup.fetch
    query = f"{at}for {names.row} in {opening}{keys}{closing}:{end}"
    if len(query) > _loop_edits.width(body.text):
        query = f"{at}for {names.row} in ({end}{at}{step}{opening}{keys}{closing}{end}{at}):{end}"
    key = f"{names.row}.{lookup.attribute}"
    return f"{lines}{query}{at}{step}{names.groups}.setdefault({key}, []).append({names.row}){end}"


def fills_groups(body: Body, call: ast.Call) -> bool:
    """Whether a loop does nothing with the rows of a query but put them into lists by their key."""
    match body.statement(call):
        case ast.For(
            body=[ast.Expr(ast.Call(func=ast.Attribute(attr="append", value=ast.Call(func=ast.Attribute(attr=how)))))]
        ):
            return how == "setdefault"
    return False


def rows_source(body: Body, loop: Loop, node: ast.expr) -> ast.expr | None:
    """Where a name's rows come from: what a loop goes over, a list of it too, if the name is its item."""
    target = loop.generators[0].target if isinstance(loop, Comprehension) else getattr(loop, "target", None)
    if not isinstance(node, ast.Name) or not isinstance(target, ast.Name) or node.id != target.id:
        return None
    source, name = iterated(loop), None
    if isinstance(source, ast.Name):
        name, source = source.id, body.value(source.id) or source
    grown = {dotted(call.func) for call in body.calls()} & {f"{name}.{how}" for how in ("append", "extend", "insert")}
    while isinstance(source, ast.Call) and dotted(source.func) in _LISTS and source.args:
        source = source.args[0]
    return None if grown else source


def unless_done(index: Index, sighting: Sighting, answer: Answer, batched: Batched) -> Answer:
    """The answer; where nothing repeats because one query fills the groups already, that it is done."""
    if not isinstance(answer, No) or answer.code != "R-UNRESOLVED":
        return answer
    for body in bodies(index, nearest(sighting)):
        for call in body.calls():
            if fills_groups(body, call) and batched(body, call, answer.repeats[0]):
                message = f"line {call.lineno} of {body.path} asks for the rows of all keys in one query"
                return no("R-BATCHED", message, body, answer.repeats[0])
    return answer
