"""Ask once for which keys of a loop there are rows, or how many, instead of one `exists()` or `count()` per round.

`Post.objects.filter(author=author).exists()` in a loop over authors costs a query per author. One query `author__in`
before the loop, of which only the keys are kept, costs one. Where a round asks by the key of a row that the database
gave, a key that the one query does not have has no rows; any other key is asked for as before when it is not found:
that pays only as far as keys are found. Refused: keys that depend on what earlier rounds did, more than one key, limits
and `distinct`, loops that write such rows or may end early. A draft where the loop writes.
"""

import ast

from codemods import _loop_edits
from codemods._cst import bound_otherwise
from codemods._django_key_conditions import (
    NUMBERS,
    condition,
    is_key_of_row,
    keywords_of,
    kind,
    many_of,
    row_model,
)
from codemods._key_lookup_edits import Edit
from codemods._key_lookups import Lookup, Unfit, answers
from codemods._lazy import names_of
from codemods._lookups import Grouped
from codemods._loop_answers import nearest, no
from codemods._loop_gates import rebound
from codemods._loops import Body, bodies, names_in, targets
from codemods.api import Answer, Meta, No, Reached, Repeat, Sighting
from codemods.django_in_bulk import rows_of
from codemods.index import Index

__getattr__ = names_of(CASES="codemods._django_existing_keys_cases")

META = Meta(
    id="django-existing-keys",
    kinds=("n_plus_one_db",),
    tier="B",
    libraries={"Django": ">=4.2"},
    effect="10 -> 1 queries, 8 -> 1 ms CPU",
)
_STEPS = frozenset({"all", "filter", "exclude", "using"})


class _Edit(Edit):
    """The edit of one call.

    Raises:
        RefusedError: why there is none.
    """

    def __init__(self, codemod: str, reached: Reached, body: Body, lookup: Lookup, repeat: Repeat) -> None:
        super().__init__(codemod, reached, body, lookup, repeat)
        assert lookup.grouped is not None
        assert isinstance(lookup.call.func, ast.Attribute)
        self._counts = lookup.call.func.attr == "count"
        self._of_key = lookup.grouped.of_key
        self._is_whole = lookup.grouped.exact and bool(self._of_key or is_key_of_row(body, self._loop, lookup.key))
        self._gates.key += self._of_key
        if self._is_whole and self._gates.filters:  # a condition that a round answers otherwise loses its key
            self._gates.filters = ""
            self._gates.doubts.append("rounds that do not ask have their keys asked for too")

    @property
    def _does(self) -> str:
        what = "count" if self._counts else "check"
        return f"{what} {_loop_edits.plural(self._lookup.model)} in one query"

    def _fetch(self, indent: str, keys: str, edits: list[tuple[int, int, str]]) -> str:
        lookup, body = self._lookup, self._body
        row, many = _loop_edits.snake(lookup.model), _loop_edits.plural(lookup.attribute)
        start, end = body.offsets(lookup.call)
        key, written = f"{body.source(lookup.key)}{self._of_key}", body.text[start:end]
        column = _loop_edits.quoted(body, lookup.attribute)
        if self._counts:
            found = self._fresh(f"{row}_counts", f"counted_{_loop_edits.plural(row)}")
            answer = f"{found}.get({key}, 0)" if self._is_whole else f"({found}.get({key}) or {written})"
            edits.append((start, end, answer))
            pk = _loop_edits.quoted(body, "pk")
            return self._kept(indent, f"{found} = dict(", keys, f".values_list({column}).annotate(Count({pk}))")
        found = self._fresh(f"found_{many}", f"found_{row}_{many}")
        above = next(body.parents(lookup.call), None)
        answer = f"{key} in {found}"
        if self._is_whole and isinstance(above, ast.UnaryOp):
            edits.append((*body.offsets(above), f"{key} not in {found}"))
        else:
            answer = answer if self._is_whole else f"{answer} or {written}"
            is_bare = isinstance(above, ast.If | ast.Assign | ast.Return | ast.keyword | ast.Call)
            edits.append((start, end, answer if is_bare else f"({answer})"))
        return self._kept(indent, f"{found} = set(", keys, f".values_list({column}, flat=True)")

    def _kept(self, indent: str, head: str, keys: str, tail: str) -> str:
        """The lines that ask for many keys and keep what comes of them."""
        lookup, body = self._lookup, self._body
        (opening, closing), first = lookup.fetch, ""
        deeper = indent + _loop_edits.step(body)
        if keys.startswith("[") and len(f"{deeper}{opening}{keys}{closing}{tail}") > _loop_edits.width(body.text):
            asked = self._fresh(f"asked_{_loop_edits.plural(lookup.attribute)}", "asked_keys")
            first, keys = _loop_edits.line(body, indent, f"{asked} = [", keys[1:-1], "]"), asked
        return first + _loop_edits.line(body, indent, head, f"{opening}{keys}{closing}{tail}", ")")


def find(index: Index, sighting: Sighting) -> list[Answer]:
    """A proposal for each statement that a loop repeats to see whether a key has rows, and a refusal for each other."""
    tables = frozenset(model.table for model in index.django.all)
    found = answers(META.id, index, sighting, lookup, tables, _Edit)
    return [_unless_done(index, sighting, answer) for answer in found]


def lookup(body: Body, call: ast.Call, repeat: Repeat) -> Lookup | Unfit | None:
    """The call as one that asks whether a key has rows, or how many."""
    match call:
        case ast.Call(func=ast.Attribute(attr="exists" | "count" as what, value=ast.Call() as query), args=[]):
            loop = body.loop(call)
        case _:
            return None
    found = rows_of(body, query)
    if loop is None or found is None or found[0].table not in repeat.tables[:1]:
        return None
    model, _, steps = found
    moving = targets(loop) | rebound(body, loop)
    asked = [condition(body, model, keyword) for keyword in keywords_of(query) if names_in(keyword.value) & moving]
    columns = {column.rpartition(".")[2] for column in repeat.columns}
    if not any(one is not None and one.column in columns for one in asked):
        return None
    where = f"line {call.lineno} of {body.path}"
    if extra := steps - _STEPS:
        return Unfit(call, "R-SHAPE", f"{where} asks behind `{min(extra)}`, which no query for many would keep")
    one = asked[0]
    if one is None or len(asked) > 1:
        return Unfit(call, "R-KEYEQ", f"{where} asks for rows of {model.name} by more than one key, or by no key")
    key, target = one.keyword.value, one.link.target if one.link is not None else None
    by_row = one.link is not None and (one.keyword.arg or "").removesuffix("__exact") == one.link.name
    if by_row and row_model(body, loop, key) is not target:
        return Unfit(call, "R-KEYEQ", f"{where} compares `{one.keyword.arg}` with what is not known to be a row")
    if _is_answered(body, call):
        return Unfit(call, "R-BATCHED", f"{where} only asks for keys that were not found before the loop")
    if what == "count" and bound_otherwise(body.text, "django.db.models", "Count"):
        return Unfit(call, "R-SHAPE", f"{body.path} has another `Count`")
    exact = kind(body, *((target, target.pk) if target is not None else (model, one.attribute))).endswith(NUMBERS)
    grouped = Grouped(of_key=".pk" if by_row else "", ordered=True, is_list=False, exact=exact)
    bring = ("django.db.models", "Count") if what == "count" else None
    fetch = many_of(body, query, one)
    return Lookup(
        call, key, model.name, one.attribute, fetch, "IN query", text_column=not exact, grouped=grouped, bring=bring
    )


def _is_answered(body: Body, call: ast.Call) -> bool:
    """Whether it is what a round falls back on: `email in found_emails or User.objects...`."""
    match next(body.parents(call), None):
        case ast.BoolOp(
            op=ast.Or(), values=[ast.Compare(ops=[ast.In()]) | ast.Call(func=ast.Attribute(attr="get")), _]
        ):
            return True
    return False


def _unless_done(index: Index, sighting: Sighting, answer: Answer) -> Answer:
    """The answer; where nothing repeats because one query has the keys already, that is done."""
    if not isinstance(answer, No) or answer.code != "R-UNRESOLVED":
        return answer
    named = [key for key, one in nearest(sighting).items() if not one.distance or key in sighting.readers]
    for body in bodies(index, named):
        for call in body.calls():
            match call:
                case ast.Call(func=ast.Name(id="set" | "dict"), args=[ast.Call(func=ast.Attribute()) as query]) if (
                    _asks_for_many(body, query, answer.repeats[0])
                ):
                    message = f"line {call.lineno} of {body.path} asks for the keys of all rounds in one query"
                    return no("R-BATCHED", message, body, answer.repeats[0])
    return answer


def _asks_for_many(body: Body, query: ast.Call, repeat: Repeat) -> bool:
    words = {node.attr for node in ast.walk(query) if isinstance(node, ast.Attribute)}
    found = rows_of(body, query)
    is_of_keys = found is not None and found[0].table in repeat.tables[:1] and "values_list" in words
    return is_of_keys and any((keyword.arg or "").endswith("__in") for keyword in keywords_of(query))
