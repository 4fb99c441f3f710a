"""Fetch the rows of all rounds of a loop by their keys in one query, instead of looking up one per round.

`session.get(User, id)` in a loop costs a query per round. One IN query before the loop, whose rows are kept, fills the
identity map, and the loop stays as it is: `get` finds them there. A lookup that always asks the database, as
`filter_by(id=id).first()` does, is answered from a mapping first. What the one query did not answer is still asked for,
so missing rows, keys of another type and exceptions stay what they were. Keys come in portions of 500. Refused: keys
that are not unique, keys that depend on what earlier rounds did, loops that can end early, that commit, or that create
or delete rows of the model.
"""

import ast
from collections.abc import Sequence

from msgspec.structs import replace

from codemods._cst import bound_otherwise
from codemods._helper_lookups import with_helpers
from codemods._key_lookups import Lookup, Unfit, answers
from codemods._lazy import names_of
from codemods._loops import Body
from codemods._sqlalchemy_lookups import (
    condition_lookup,
    is_asked,
    is_compared,
    joins_eagerly,
    keyed,
    model_named,
    queried,
    query_root,
)
from codemods.api import Answer, Meta, Repeat, Sighting
from codemods.index import Index
from codemods.index.facts import dotted

__getattr__ = names_of(CASES="codemods._sqlalchemy_batch_get_cases")

META = Meta(
    id="sqlalchemy-batch-get",
    kinds=("n_plus_one_db",),
    tier="B",
    libraries={"SQLAlchemy": ">=1.4"},
    effect="40 -> 1 queries, 16 -> 2 ms",
)


def find(index: Index, sighting: Sighting) -> list[Answer]:
    """A proposal for each statement that a loop repeats to look up one row, and a refusal for each other."""
    tables = frozenset(model.table for model in index.models.all)
    return answers(META.id, index, sighting, with_helpers(lookup, warm), tables)


def lookup(body: Body, call: ast.Call, repeat: Repeat) -> Lookup | Unfit | None:
    """The call as a lookup of one row by a unique key."""
    match call:
        case ast.Call(func=ast.Attribute(attr="get", value=session), args=[model, key]):
            options = next((k.value for k in call.keywords if k.arg == "options"), ast.List([]))
            if {k.arg for k in call.keywords} - {"options"} or not isinstance(options, ast.List | ast.Tuple):
                return _in_its_own_way(body, call, dotted(model), repeat)
            return warm(body, call, ast.unparse(session), dotted(model), key, repeat, options.elts)
        case ast.Call(func=ast.Attribute(attr="get_or_404", value=extension), args=[model, key], keywords=[]):
            return warm(body, call, f"{ast.unparse(extension)}.session", dotted(model), key, repeat)
        case ast.Call(func=ast.Attribute(attr="get" | "get_or_404", value=query), args=[key], keywords=[]):
            root, steps = query_root(query)
            named = queried(root)
            if not named or {step.attr for step in steps} - {"options"}:
                return None
            return _of_key(body, call, named, key, (body.source(query), False), repeat)
        case ast.Call(func=ast.Attribute()):
            return condition_lookup(body, call, repeat)
    return None


def _in_its_own_way(body: Body, call: ast.Call, name: str, repeat: Repeat) -> Unfit | None:
    """`session.get(M, key, with_for_update=True)`."""
    model = model_named(body, name)
    if model is None or not is_asked(model, repeat):
        return None
    return Unfit(call, "R-SHAPE", f"line {call.lineno} of {body.path} gets rows with more than their key")


def warm(  # noqa: PLR0913, PLR0917
    body: Body, call: ast.Call, session: str, name: str, key: ast.expr, repeat: Repeat, options: Sequence[ast.expr] = ()
) -> Lookup | Unfit | None:
    """A call that is, or ends in, `session.get(name, key)`: with its rows kept before, it finds them."""
    awaited = isinstance(next(body.parents(call), None), ast.Await)
    module = body.index.tree.module(body.path)
    imported = module is not None and module.imports.get("select", (0, "", None))[1].startswith("sqlalchemy")
    if isinstance(body.definition, ast.AsyncFunctionDef) and not awaited:
        return _in_its_own_way(body, call, name, repeat)
    given = ", ".join(map(body.source, options))
    more = f".options({given})" if given else ""
    if not imported and not awaited:
        return _of_key(body, call, name, key, (f"{session}.query({name}){more}", False), repeat)
    if not imported and bound_otherwise(body.text, "sqlalchemy", "select"):
        return _in_its_own_way(body, call, name, repeat)
    run = f"{'await ' if awaited else ''}{session}.scalars(select({name}){more}"
    found = _of_key(body, call, name, key, (run, True), repeat)
    return replace(found, bring=None if imported else ("sqlalchemy", "select")) if isinstance(found, Lookup) else found


def _of_key(
    body: Body, call: ast.Call, name: str, key: ast.expr, query: tuple[str, bool], repeat: Repeat
) -> Lookup | Unfit | None:
    """The lookup by primary key; `query` is the source of one for all rows, and whether it waits for its end."""
    model = model_named(body, name)
    if model is None or not is_asked(model, repeat):
        return None
    keys = [attribute for attribute, column in model.all_columns().items() if column.primary_key]
    if not any(is_compared(model, attribute, repeat) for attribute in keys):
        return None
    if len(keys) > 1:
        return Unfit(call, "R-KEYEQ", f"line {call.lineno} of {body.path} looks up {model.name} by several columns")
    (attribute,), (text, is_select) = keys, query
    column = f"{name}.{attribute}"
    if not is_select:
        return keyed(body, call, model, attribute, key, (f"{text}.filter({column}.in_(", "))"), held=True)
    end = ".unique()" if joins_eagerly(model) or "joined" in text else ""
    return keyed(body, call, model, attribute, key, (f"{text}.where({column}.in_(", f"))){end}"), held=True)
