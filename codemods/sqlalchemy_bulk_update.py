"""Write one value to all rows of a query with one UPDATE, instead of loading every row and updating it by its key.

`for user in query: user.active = False` loads the rows and sends an UPDATE for each at the next flush;
`query.update({"active": False}, synchronize_session="fetch")` sends one, and rows that the session holds are brought up
to date. Refused: loops that do more, values that differ from row to row, queries with steps that `update()` does not
allow, classes over several tables. A draft where validators or listeners would have seen the changes.
"""

import ast

from codemods import _cst, _loop_edits
from codemods._lazy import names_of
from codemods._loop_answers import proposed
from codemods._loop_gates import iterated
from codemods._loops import Body
from codemods._row_writes import Found, answers
from codemods._row_writes_listeners import listeners
from codemods._row_writes_sets import one_value
from codemods.api import Answer, Load, Meta, Proposal, Repeat, Sighting
from codemods.index import Index
from codemods.index.facts import dotted
from codemods.index.models import Model
from codemods.refusals import RefusedError

__getattr__ = names_of(CASES="codemods._sqlalchemy_bulk_update_cases")

META = Meta(
    id="sqlalchemy-bulk-update",
    kinds=("n_plus_one_db",),
    tier="B",
    libraries={"SQLAlchemy": ">=1.4"},
    effect="501 -> 2 statements; 8 times less CPU",
)
_FILTERS = frozenset({"filter", "filter_by", "where"})


def find(index: Index, sighting: Sighting) -> list[Answer]:
    """A proposal for each UPDATE that a loop repeats, and a refusal for each other."""
    return answers(index, sighting, frozenset({"UPDATE"}), _queries, _edit, looped=False)


def _queries(body: Body, call: ast.Call, repeat: Repeat) -> bool:
    """Whether a call is the query of a loop over rows of the table, or the one that updates them all."""
    if isinstance(call.func, ast.Attribute) and call.func.attr == "update" and body.loop(call) is None:
        query = _query(body, call.func.value)
        return query is not None and _model(body, query, repeat) is not None
    return any(_is_over(body, loop, call, repeat) for loop in _loops(body))


def _loops(body: Body) -> list[ast.For]:
    return [node for node in body.own() if isinstance(node, ast.For)]


def _is_over(body: Body, loop: ast.For, call: ast.Call, repeat: Repeat) -> bool:
    return (
        _query(body, iterated(loop)) is call
        and isinstance(loop.target, ast.Name)
        and _model(body, call, repeat) is not None
        and any(_sets(node, loop.target.id) for node in ast.walk(loop))
    )


def _sets(node: ast.AST, row: str) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and dotted(node.value) == row


def _query(body: Body, node: ast.expr) -> ast.Call | None:
    """The query whose rows an expression gives, a name and a last `all()` seen through."""
    if isinstance(node, ast.Name):
        value = body.value(node.id)
        return _query(body, value) if value is not None and not isinstance(value, ast.Name) else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "all" and isinstance(node.func.value, ast.Call | ast.Name):
            return _query(body, node.func.value)
        return node
    return None


def _model(body: Body, query: ast.Call, repeat: Repeat) -> Model | None:
    node: ast.expr = query
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr != "query":
        node = node.func.value
    match node:
        case ast.Call(func=ast.Attribute(attr="query"), args=[named], keywords=[]):
            name = dotted(named)
        case ast.Attribute(attr="query", value=owner):
            name = dotted(owner)
        case _:
            return None
    model = body.index.models.get(body.path, name, body.function.qualname)
    return model if model is not None and model.table in repeat.tables[:1] else None


def _edit(found: Found) -> Proposal:
    body = found.body
    if any(isinstance(call.func, ast.Attribute) and call.func.attr == "update" for call in found.calls):
        raise RefusedError("R-BATCHED", f"{found.where} writes the rows of all rounds in one call")
    loops = [loop for loop in _loops(body) for call in found.calls if _query(body, iterated(loop)) is call]
    if len(loops) > 1:
        raise RefusedError("R-AMBIGUOUS", f"several loops of {body.path} change rows with the same statement")
    loop, query = loops[0], found.calls[0]
    model = _model(body, query, found.repeat)
    assert model is not None
    assert isinstance(loop.target, ast.Name)
    values = one_value(body, loop, loop.target.id, _meaning(loop))
    start, end = body.offsets(loop)
    if not values or loop.orelse or "#" in body.text[start:end]:
        raise RefusedError("R-CARRY", f"the loop over the rows of {found.where} does more than set one value for all")
    _allowed(body, loop, query, model, values, found.where)
    rows = iterated(loop)
    name = body.text[slice(*body.offsets(rows if isinstance(rows, ast.Name) else query))]
    line = body.text.rfind("\n", 0, start) + 1
    fetch = _loop_edits.quoted(body, "fetch")
    given = ", ".join(
        f"{_loop_edits.quoted(body, attribute)}: {body.source(value)}" for attribute, value in values.items()
    )
    written = _loop_edits.line(
        body, body.text[line:start], f"{name}.update(", f"{{{given}}}, synchronize_session={fetch}", ")"
    )
    edits = [(line, end, written.rstrip("\r\n"))]
    if isinstance(rows, ast.Name) and (value := body.value(rows.id)) is not query and value is not None:
        edits.append((body.offsets(query)[1], body.offsets(value)[1], ""))  # `.all()` of the query in the name
    doubts = listeners(body.index, model, set(values))
    why = "one statement writes the rows of all rounds"
    load = Load(f"{model.name}.{next(iter(values))}", "Query.update", why, found.repeat, 1)
    return proposed(
        META.id,
        found.reached,
        body,
        query,
        load,
        {body.path: _cst.replace(body.text, edits)},
        doubts=doubts,
        does=f"update {_loop_edits.plural(model.name)} in one statement",
    )


def _meaning(loop: ast.For) -> list[ast.stmt]:
    """The statements of a loop without `session.add(row)`, which changes nothing for a row of a query."""
    row = dotted(loop.target)
    return [
        statement
        for statement in loop.body
        if not (
            isinstance(statement, ast.Expr)
            and isinstance(statement.value, ast.Call)
            and dotted(statement.value.func).rpartition(".")[2] == "add"
            and [dotted(argument) for argument in statement.value.args] == [row]
        )
    ]


def _allowed(body: Body, loop: ast.For, query: ast.Call, model: Model, values: dict[str, ast.expr], where: str) -> None:
    columns = model.all_columns()
    unknown = [name for name in values if name not in columns or columns[name].primary_key]
    if unknown:
        raise RefusedError("R-UNRESOLVED", f"`{unknown[0]}` is no column of {model.name} that can be set in bulk")
    if len(model.tables()) > 1:
        raise RefusedError("R-SAVE", f"{model.name} is spread over several tables, of which `update()` writes one")
    node: ast.expr = query
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr != "query":
        if node.func.attr not in _FILTERS:
            raise RefusedError("R-SHAPE", f"`update()` does not follow `{node.func.attr}()` in the query of {where}")
        node = node.func.value
    rows = iterated(loop)
    if isinstance(rows, ast.Name):
        used = [n for n in ast.walk(body.definition) if isinstance(n, ast.Name) and n.id == rows.id]
        if len(used) != 2 or body.loop(query) is not body.loop(loop):
            raise RefusedError("R-RESULT", f"`{rows.id}`, the rows that {where} gives, are used elsewhere")
