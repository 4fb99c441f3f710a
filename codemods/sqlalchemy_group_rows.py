"""Fetch the rows of all rounds of a loop in one query and group them by their key, instead of one query per round.

`session.query(Post).filter(Post.author_id == author.id).all()` in a loop over authors costs a query per author. One IN
query before the loop, its rows put into lists by `author_id`, costs one; keys come in portions of 500, each once. The
order inside a group is that of the same ORDER BY. Where a round asks by the key of a row that the database gave, a key
without rows has none; any other key that the one query has no rows of is asked for as before. Refused: limits, locks,
joins, `distinct`, and loops that commit or write such rows. A draft where no order is named, where keys are text, and
where the loop writes.
"""

import ast

from codemods._group_edits import GroupEdit, fills_groups, rows_source, unless_done
from codemods._helper_lookups import with_helpers
from codemods._key_lookups import Lookup, Unfit, answers
from codemods._lazy import names_of
from codemods._lookups import Grouped
from codemods._loop_gates import moving
from codemods._loops import Body, Loop, names_in
from codemods._sqlalchemy_lookups import (
    CHUNK,
    Asked,
    Condition,
    asked_of,
    conditions,
    in_query,
    is_asked,
    is_compared,
    joins_eagerly,
    model_named,
    queried,
    query_root,
    selected,
    type_words,
)
from codemods.api import Answer, Meta, Repeat, Sighting
from codemods.index import Index
from codemods.index.models import Model, foreign_keys

__getattr__ = names_of(CASES="codemods._sqlalchemy_group_rows_cases")

META = Meta(
    id="sqlalchemy-group-rows",
    kinds=("n_plus_one_db",),
    tier="B",
    libraries={"SQLAlchemy": ">=1.4"},
    effect="10 -> 1 queries, 22 -> 4 ms CPU",
)
_STEPS = frozenset({"filter", "where", "filter_by", "order_by", "options", "execution_options"})
_ROWS = _STEPS | {"join", "outerjoin", "limit", "offset", "distinct"}  # steps that keep the rows of a query entities
_EXACT = frozenset({"Integer", "BigInteger", "SmallInteger", "int", "UUID", "Uuid"})
_DEPTH = 3  # keys of keys of keys


class _Edit(GroupEdit):
    def is_key_of_row(self, body: Body, loop: Loop, key: ast.expr) -> bool:
        model = _row(body, loop, key.value) if isinstance(key, ast.Attribute) else None
        if model is None:
            return False
        assert isinstance(key, ast.Attribute)
        return key.attr == _key(model) and _is_exact(body, model, key.attr, _DEPTH)


def find(index: Index, sighting: Sighting) -> list[Answer]:
    """A proposal for each statement that a loop repeats to list rows by a key, and a refusal for each other."""
    tables = frozenset(model.table for model in index.models.all)
    found = answers(META.id, index, sighting, with_helpers(lookup, None), tables, _Edit)
    return [unless_done(index, sighting, answer, _asks_for_many) for answer in found]


def lookup(body: Body, call: ast.Call, repeat: Repeat) -> Lookup | Unfit | None:
    """The call as one that gives all rows of a key."""
    loop, asked = body.loop(call), _listed(body, call)
    if asked is None:
        return None
    root, steps = query_root(asked.query)
    named = selected(root) or queried(root)
    model = model_named(body, named)
    if model is None or not is_asked(model, repeat) or bool(selected(root)) == (asked.session is None):
        return None
    changing = moving(body, loop)
    found = [c for c in conditions(steps, named) if names_in(c.key) & changing]
    if not any(is_compared(model, _column(model, c), repeat) for c in found) or fills_groups(body, call):
        return None
    where, (one, *others) = f"line {call.lineno} of {body.path}", found
    attribute = _column(model, one)
    if others or not attribute:
        return Unfit(call, "R-KEYEQ", f"{where} asks for rows of {model.name} by more than one key, or by no key")
    if extra := {step.attr for step in steps} - _STEPS:
        return Unfit(call, "R-SHAPE", f"{where} asks for rows with `{min(extra)}`, which no query for many would keep")
    of_key = ""
    if one.attribute != attribute:
        target = model.all_relationships()[one.attribute].target
        if loop is None or _row(body, loop, one.key) is not target:
            return Unfit(call, "R-KEYEQ", f"{where} compares `{one.attribute}` with what is not known to be a row")
        of_key = f".{_key(target)}"
    query = in_query(body, asked, root, steps, one, f"{named}.{attribute}", dropped=frozenset())
    if asked.session is not None and (joins_eagerly(model) or "joined" in "".join(query)):
        query = (query[0], f"{query[1]}.unique()")
    exact = _is_exact(body, model, attribute, _DEPTH)
    grouped = Grouped(
        of_key=of_key,
        ordered=any(step.attr == "order_by" for step in steps),
        is_list=isinstance(call.func, ast.Attribute) and call.func.attr == "all",
        exact=exact,
    )
    return Lookup(
        call,
        one.key,
        model.name,
        attribute,
        query,
        "IN query",
        chunk=CHUNK,
        same_row=True,
        text_column=not exact,
        grouped=grouped,
    )


def _listed(body: Body, call: ast.Call) -> Asked | None:
    """The query of a call that gives all its rows: `.all()`, a query that is gone over, `session.scalars(...)`."""
    above = next(body.parents(call))
    match call.func:
        case ast.Attribute(attr="all") if not call.args and not isinstance(above, ast.Attribute):
            asked = asked_of(body, call)
            scalars = "scalars" in {n.attr for n in ast.walk(call.func) if isinstance(n, ast.Attribute)}
            return asked if asked.session is None or scalars else None
        case ast.Attribute(attr="scalars", value=session) if len(call.args) == 1 and not isinstance(
            above, ast.Attribute
        ):
            return Asked(call.args[0], session, isinstance(above, ast.Await), one=False)
        case ast.Attribute(attr=attr) if attr in _STEPS and _is_gone_over(body, call):
            return Asked(call, None, awaited=False, one=False)
    return None


def _is_gone_over(body: Body, call: ast.Call) -> bool:
    match next(body.parents(call)):
        case ast.For(iter=source) | ast.comprehension(iter=source):
            return source is call
        case ast.Call(func=ast.Name(id="list" | "sorted" | "set" | "tuple")):
            return True
    return False


def _column(model: Model, condition: Condition) -> str:
    """The attribute of the column that a condition compares, that of its key for a relationship; "" for none."""
    if condition.attribute in model.all_columns():
        return condition.attribute
    relationship = model.all_relationships().get(condition.attribute)
    if relationship is None or not _key(relationship.target):
        return ""
    keys = foreign_keys(model, relationship.target, relationship.join)
    names = [name for name, column in model.all_columns().items() if column in keys]
    is_plain = relationship.join <= {model.name, *names}  # no conditions of its own in a `primaryjoin`
    return names[0] if len(names) == 1 and is_plain and not relationship.many else ""


def _key(model: Model) -> str:
    """The attribute of a primary key of one column; "" for another."""
    keys = [attribute for attribute, column in model.all_columns().items() if column.primary_key]
    return keys[0] if len(keys) == 1 else ""


def _is_exact(body: Body, model: Model, attribute: str, depth: int) -> bool:
    """Whether the column is declared to hold numbers or UUIDs, or the key of one that is."""
    if type_words(body, model, attribute) & _EXACT:
        return True
    for reference in model.all_columns()[attribute].references if depth else ():
        table, _, name = reference.rpartition(".")
        for other in body.index.models.all:
            named = [a for a, c in other.all_columns().items() if c.name == name]
            if table in {other.table, other.name} and named:
                return _is_exact(body, other, named[0], depth - 1)
    return False


def _row(body: Body, loop: Loop, node: ast.expr) -> Model | None:
    """The model of which a name is one row per round, as a query gives them."""
    source = rows_source(body, loop, node)
    return _model(body, source) if source is not None else None


def _model(body: Body, source: ast.expr) -> Model | None:
    """The model whose rows a query gives that is gone over."""
    inner = source.value if isinstance(source, ast.Await) else source
    if not isinstance(inner, ast.Call) or not isinstance(inner.func, ast.Attribute):
        return None
    asked = Asked(inner, None, awaited=False, one=False)
    if inner.func.attr == "all":
        asked = _listed(body, inner) or asked
    elif inner.func.attr == "scalars" and len(inner.args) == 1:
        asked = Asked(inner.args[0], inner.func.value, awaited=False, one=False)
    root, steps = query_root(asked.query)
    model = model_named(body, selected(root) or queried(root))
    return model if not {step.attr for step in steps} - _ROWS else None


def _asks_for_many(body: Body, call: ast.Call, repeat: Repeat) -> bool:
    """`Post.author_id.in_(...)`, of which the statement is the repeated one for many keys."""
    match call.func:
        case ast.Attribute(attr="in_", value=ast.Attribute(attr=attribute, value=of)):
            model = model_named(body, ast.unparse(of))
            return model is not None and is_asked(model, repeat) and is_compared(model, attribute, repeat)
    return False
