"""Fetch the rows of all rounds of a loop by their keys in one query, instead of looking up one per round.

`session.get(User, id)` in a loop costs a query per round. One IN query before the loop, whose rows are kept, fills the
identity map, and the loop stays as it is: `get` finds them there. A lookup that always asks the database, as
`filter_by(id=id).first()` does, is answered from a mapping first. What the one query did not answer is still asked for,
so missing rows, keys of another type and exceptions stay what they were. Keys come in portions of 500. Refused: keys
that are not unique, keys that depend on what earlier rounds did, loops that can end early, that commit, or that create
or delete rows of the model.
"""

import ast

from codemods._key_lookups import Lookup, answers
from codemods._lazy import names_of
from codemods._loops import Body
from codemods.api import Answer, Meta, Repeat, Sighting
from codemods.index import Index
from codemods.index.facts import dotted
from codemods.index.models import Model

__getattr__ = names_of(CASES="codemods._sqlalchemy_batch_get_cases")

META = Meta(id="sqlalchemy-batch-get", kinds=("n_plus_one_db",), tier="B", libraries={"SQLAlchemy": ">=1.4"})
_ONE = frozenset({"first", "one", "one_or_none", "first_or_404", "one_or_404", "scalar_one", "scalar_one_or_none"})
_GETS = frozenset({"get", "get_or_404"})
_SAME_ROWS = frozenset({"options"})


def find(index: Index, sighting: Sighting) -> list[Answer]:
    """A proposal for each statement that a loop repeats to look up one row, and a refusal for each other."""
    return answers(META.id, index, sighting, _lookup)


def _lookup(body: Body, call: ast.Call, repeat: Repeat) -> Lookup | None:
    match call:
        case ast.Call(func=ast.Attribute(attr=name, value=session), args=[model, key], keywords=[]) if name in _GETS:
            return _got(body, call, model, key, _query(body, session, model), repeat)
        case ast.Call(func=ast.Attribute(attr=name, value=query), args=[key], keywords=[]) if name in _GETS:
            model_of = _model_of(query)
            return _got(body, call, model_of, key, body.source(query), repeat) if model_of is not None else None
        case ast.Call(func=ast.Attribute(attr=name, value=query), args=[], keywords=[]) if name in _ONE:
            return _filtered(body, call, query, repeat)
    return None


def _query(body: Body, session: ast.expr, model: ast.expr) -> str | None:
    """The query of a session's `get`, in the style of the file; None where an asynchronous session has none."""
    name = ast.unparse(model)
    awaited = any(isinstance(above, ast.Await) for above in body.parents(session))
    if awaited:
        return None
    module = body.index.tree.module(body.path)
    select = module and "select" in module.imports and module.imports["select"][1].startswith("sqlalchemy")
    return f"{ast.unparse(session)}.scalars(select({name}))" if select else f"{ast.unparse(session)}.query({name})"


def _got(
    body: Body, call: ast.Call, named: ast.expr, key: ast.expr, query: str | None, repeat: Repeat
) -> Lookup | None:
    model = body.index.models.get(body.path, dotted(named), body.function.qualname)
    attribute = _attribute(model, None, repeat) if model else None
    if model is None or attribute is None or query is None:
        return None
    rows = _in(query, f"{dotted(named)}.{attribute}")
    return Lookup(call, key, model.name, attribute, rows, "identity map", chunk=500, held=True, same_row=True)


def _filtered(body: Body, call: ast.Call, query: ast.expr, repeat: Repeat) -> Lookup | None:
    """`query(M).filter_by(id=key)`, `.filter(M.id == key)`."""
    match query:
        case ast.Call(
            func=ast.Attribute(attr="filter_by", value=inner), args=[], keywords=[ast.keyword(arg=str(name), value=key)]
        ):
            named = _model_of(inner)
        case ast.Call(
            func=ast.Attribute(attr="filter" | "where", value=inner),
            args=[ast.Compare(left=ast.Attribute(attr=name, value=of), ops=[ast.Eq()], comparators=[key])],
            keywords=[],
        ):
            named = _model_of(inner)
            if named is None or dotted(named) != dotted(of):
                return None
        case _:
            return None
    model = body.index.models.get(body.path, dotted(named), body.function.qualname) if named is not None else None
    if named is None or model is None or _attribute(model, name, repeat) is None:
        return None
    rows = _in(body.source(inner), f"{dotted(named)}.{name}")
    return Lookup(call, key, model.name, name, rows, "IN query", chunk=500, same_row=True)


def _model_of(query: ast.expr) -> ast.expr | None:
    """The model of `session.query(M)` and `M.query`, with options or without."""
    while isinstance(query, ast.Call) and isinstance(query.func, ast.Attribute) and query.func.attr in _SAME_ROWS:
        query = query.func.value
    match query:
        case ast.Call(func=ast.Attribute(attr="query"), args=[model], keywords=[]):
            return model
        case ast.Attribute(attr="query", value=model):
            return model
    return None


def _attribute(model: Model, name: str | None, repeat: Repeat) -> str | None:
    """The attribute of the model that the statement compares, if its values are unique: the primary key by default."""
    if model.table is None or model.table not in repeat.tables[:1]:
        return None
    columns = model.all_columns()
    keys = [attribute for attribute, column in columns.items() if column.primary_key]
    unique = [attribute for attribute, column in columns.items() if column.unique]
    wanted = keys if name is None else [*(keys if len(keys) == 1 else []), *unique]
    if (name is None and len(keys) != 1) or (name is not None and name not in wanted):
        return None
    attribute = name or keys[0]
    compared = {column.rpartition(".")[2] for column in repeat.columns}
    return attribute if compared == {columns[attribute].name} else None


def _in(query: str, column: str) -> str:
    """The source of the query for a portion of keys, `{}` in their place."""
    if query.endswith(")") and ".scalars(select(" in query:
        return f"{query[:-1]}.where({column}.in_({{}})))"
    return f"{query}.filter({column}.in_({{}}))"
