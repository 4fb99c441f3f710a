"""Lookups of one row by conditions, legacy queries and `select()` alike, and the query for the rows of many keys."""

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from codemods._lookups import Lookup, Unfit
from codemods._loop_gates import moving
from codemods._loops import Body, names_in
from codemods.api import Repeat
from codemods.index.facts import chain_of, dotted
from codemods.index.models import Model

_ONE = frozenset({"first", "one", "one_or_none", "first_or_404", "one_or_404", "scalar"})
_SCALAR = frozenset({"scalar", "scalar_one", "scalar_one_or_none"})  # of rows: the first column
_ROOTS = frozenset({"query", "select"})
_CONDITIONS = frozenset({"filter", "where", "filter_by"})
_DROPPED = frozenset({"limit", "order_by", "distinct"})  # of no meaning for a unique key
_KEPT = frozenset({"options", "execution_options"})
_SESSION = re.compile(r"session|\bdb\b", re.IGNORECASE)
_TEXT = frozenset({"String", "Text", "Unicode", "UnicodeText", "VARCHAR", "CHAR", "str"})
CHUNK = 500  # keys per query: below the least number of parameters that a database takes


class Step(NamedTuple):
    """`.attr(...)` in a chain."""

    attr: str
    call: ast.Call


class Asked(NamedTuple):
    """A query, what runs it (None: the query itself), and whether it gives one row."""

    query: ast.expr
    session: ast.expr | None
    awaited: bool
    one: bool


class Condition(NamedTuple):
    """`node` of a step compares the attribute with the key; "" where it is a condition of another kind."""

    step: Step
    node: ast.expr | ast.keyword
    attribute: str
    key: ast.expr


def query_root(node: ast.expr) -> tuple[ast.expr, list[Step]]:
    """What a chain begins with, `session.query(M)`, `M.query` or `select(M)`, and the steps after it, in order."""
    steps: list[Step] = []
    while (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr not in {"query", "select"}
    ):
        steps.insert(0, Step(node.func.attr, node))
        node = node.func.value
    return node, steps


def model_named(body: Body, name: str) -> Model | None:
    """The model behind a dotted name; `cls` is the class around the function."""
    if name == "cls":
        name = body.function.owner or ""
    return body.index.models.get(body.path, name, body.function.qualname) if name else None


def is_asked(model: Model, repeat: Repeat) -> bool:
    """Whether the statement selects from the model's table."""
    return model.table is not None and model.table in repeat.tables[:1]


def is_compared(model: Model, attribute: str, repeat: Repeat) -> bool:
    """Whether the statement compares the attribute's column with a parameter."""
    column = model.all_columns().get(attribute)
    return column is not None and column.name in {c.rpartition(".")[2] for c in repeat.columns}


def is_unique(model: Model, attribute: str) -> bool:
    """Whether it is the whole primary key or declared unique."""
    column = model.all_columns()[attribute]
    return column.unique or model.primary_key() == [column.name]


def holds_text(body: Body, model: Model, attribute: str) -> bool:
    """Whether the attribute's declaration names a type of text."""
    return bool(type_words(body, model, attribute) & _TEXT)


def type_words(body: Body, model: Model, attribute: str) -> set[str]:
    """The names in an attribute's declaration, its type's among them."""
    calls, key = body.index.calls, (model.path, model.qualname)
    value = calls.class_value(key, attribute)
    module = body.index.tree.module(model.path)
    annotation = module.classes[model.qualname].annotations.get(attribute) if module else None
    words = (n for part in (value, annotation) if part is not None for n in ast.walk(part))
    return {dotted(word).rpartition(".")[2] for word in words if isinstance(word, ast.expr)} - {""}


def joins_eagerly(model: Model) -> bool:
    """Whether its rows come with joins, of which the library wants `unique()` to be asked for."""
    return any(relationship.lazy in {"joined", "False"} for relationship in model.all_relationships().values())


def keyed(  # noqa: PLR0913
    body: Body, call: ast.Call, model: Model, attribute: str, key: ast.expr, fetch: tuple[str, str], *, held: bool
) -> Lookup:
    """The lookup of one row by an attribute; `held` when the identity map answers it."""
    strategy = "identity map" if held else "IN query"
    same_row = held or model.primary_key() == [model.all_columns()[attribute].name]
    return Lookup(
        call, key, model.name, attribute, fetch, strategy, chunk=CHUNK, held=held, same_row=same_row,
        text_column=holds_text(body, model, attribute),
    )  # fmt: skip


def condition_lookup(body: Body, call: ast.Call, repeat: Repeat) -> Lookup | Unfit | None:
    """`session.query(M).filter_by(id=key).first()`, `session.scalar(select(M).where(M.id == key))` and their like."""
    asked = asked_of(body, call)
    root, steps = query_root(asked.query)
    is_select = bool(selected(root))
    named = selected(root) or queried(root)
    model = model_named(body, named)
    if model is None or not is_asked(model, repeat) or is_select == (asked.session is None):
        return None
    loop = body.loop(call)
    changing = moving(body, loop)
    found = [c for c in conditions(steps, named) if names_in(c.key) & changing]
    if not any(is_compared(model, c.attribute, repeat) for c in found):
        return None
    where = f"line {call.lineno} of {body.path}"
    if len(found) > 1:
        return Unfit(call, "R-KEYEQ", f"{where} looks up {model.name} by {len(found)} columns, not by one key")
    (condition,) = found
    if not asked.one:
        return None
    if not is_unique(model, condition.attribute):
        message = f"{where} looks up {model.name} by `{condition.attribute}`, which is not declared unique"
        return Unfit(call, "R-KEYEQ", message)
    if extra := {step.attr for step in steps} - _CONDITIONS - _DROPPED - _KEPT:
        return Unfit(call, "R-SHAPE", f"{where} looks up rows with `{min(extra)}`, which no lookup of many would keep")
    fetch = in_query(body, asked, root, steps, condition, f"{named}.{condition.attribute}")
    if asked.session is not None and (joins_eagerly(model) or "joined" in "".join(fetch)):
        fetch = (fetch[0], f"{fetch[1]}.unique()")
    single = keyed(body, call, model, condition.attribute, condition.key, fetch, held=False)
    others = list(conditions(steps, named))
    return single if len(others) == 1 else replace(single, same_row=False)  # a changed row may answer no longer


def asked_of(body: Body, call: ast.Call) -> Asked:
    """The query behind the last call of a chain."""
    func = call.func
    assert isinstance(func, ast.Attribute)
    if func.attr == "scalar" and len(call.args) == 1 and _SESSION.search(chain_of(func.value)):
        return Asked(call.args[0], func.value, isinstance(next(body.parents(call), None), ast.Await), one=True)
    result, scalars = func.value, False
    while (
        isinstance(result, ast.Call) and isinstance(result.func, ast.Attribute) and not result.args
        and result.func.attr in {"scalars", "unique"}
    ):  # fmt: skip
        scalars |= result.func.attr == "scalars"
        result = result.func.value
    awaited = isinstance(result, ast.Await)
    run = result.value if isinstance(result, ast.Await) else result
    match run:
        case ast.Call(func=ast.Attribute(attr="execute" | "scalars" as how, value=session), args=[query]) if (
            _SESSION.search(chain_of(session))
        ):
            rows = not scalars and how == "execute"
            return Asked(query, session, awaited, not call.args and func.attr in (_SCALAR if rows else _ONE))
    return Asked(func.value, None, awaited=False, one=func.attr in _ONE and not call.args)


def queried(root: ast.expr) -> str:
    """The model of `session.query(M)` and `M.query`; "" for anything else."""
    match root:
        case ast.Call(func=ast.Attribute(attr="query"), args=[model], keywords=[]):
            return dotted(model)
        case ast.Attribute(attr="query", value=model):
            return dotted(model)
    return ""


def selected(root: ast.expr) -> str:
    """The model of `select(M)`; "" for anything else."""
    match root:
        case ast.Call(func=ast.Name(id="select") | ast.Attribute(attr="select"), args=[model], keywords=[]):
            return dotted(model)
    return ""


def conditions(steps: list[Step], named: str) -> Iterator[Condition]:
    """The conditions of a query for rows of a model, as it is named there."""
    for step in (step for step in steps if step.attr in _CONDITIONS):
        for keyword in step.call.keywords:
            if keyword.arg is not None:
                yield Condition(step, keyword, keyword.arg, keyword.value)
        for argument in step.call.args:
            match argument:
                case ast.Compare(left=ast.Attribute(attr=name, value=of), ops=[ast.Eq()], comparators=[key]) if (
                    dotted(of) == named
                ):
                    yield Condition(step, argument, name, key)
                case _:
                    yield Condition(step, argument, "", argument)  # a condition of another kind


def in_query(  # noqa: PLR0913
    body: Body, asked: Asked, root: ast.expr, steps: list[Step], condition: Condition, column: str, *,
    dropped: frozenset[str] = _DROPPED,
) -> tuple[str, str]:  # fmt: skip
    """The source of the query before and after a portion of keys, some steps left out."""
    is_select = asked.session is not None
    text, after = body.source(root), ""
    for step in steps:
        others = [a for a in step.call.args if a is not condition.node]
        words = [body.source(a) for a in others]
        words += [
            f"{k.arg}={body.source(k.value)}" if k.arg else f"**{body.source(k.value)}"
            for k in step.call.keywords
            if k is not condition.node
        ]
        if step.attr in dropped:
            continue
        written = f".{step.attr}({', '.join(words)})"
        if step is not condition.step:
            text, after = (text, after + written) if after else (text + written, after)
            continue
        if step.attr == "filter_by":
            text += written if words else ""
            text += f".{'where' if is_select else 'filter'}({column}.in_("
        else:
            text += f".{step.attr}({', '.join([*words, f'{column}.in_('])}"
        after = "))"
    if asked.session is None:
        return text, after
    run = f"{'await ' if asked.awaited else ''}{body.source(asked.session)}.scalars("
    return run + text, f"{after})"
