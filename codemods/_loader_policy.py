"""Which loader strategy a relationship gets on a query: joined only where order, lock and row shape are proven."""

import ast
from dataclasses import dataclass

from codemods.index.facts import Query, dotted
from codemods.index.models import Model, Relationship

LIMITS = frozenset({"limit", "offset", "slice", "fetch", "paginate", "[]", "first"})
LOCKS = frozenset({"with_for_update", "with_lockmode"})
STREAMS = frozenset({"yield_per", "stream", "stream_scalars", "partitions"})
# Steps after which the rows are no entities, or there are no rows.
NO_ENTITIES = frozenset(
    {"with_entities", "with_only_columns", "count", "exists", "subquery", "cte", "alias", "update", "delete", "values"}
    | {"scalar_subquery", "as_scalar", "label", "mappings", "correlate", "insert", "add_column", "add_columns"}
)
# Steps under which a LEFT JOIN to one row keeps the row shape (measured on SQLAlchemy 1.4, 2.0 and 2.1).
_JOIN_SAFE = frozenset(
    {"filter", "filter_by", "where", "order_by", "limit", "offset", "slice", "[]", "options", "join", "outerjoin"}
    | {"all", "execute", "scalars", "exec", "unique", "fetchall", "paginate", "execution_options", "params"}
)


@dataclass(frozen=True, slots=True)
class Strategy:
    """A loader option, why it was chosen, and how many statements it leaves per request."""

    name: str
    why: str
    statements_after: int


def strategy(query: Query, model: Model, relationship: Relationship) -> Strategy:
    """The strategy for a relationship of the root entity of a query."""
    if relationship.many is None:
        return _separate("direction not proven: a separate SELECT is right either way")
    if relationship.many:
        return Strategy("selectinload", "a collection: one separate SELECT leaves the primary statement alone", 1)
    steps = {step.name for step in query.steps}
    if steps & LOCKS:
        return _separate("the query locks its rows, and PostgreSQL refuses FOR UPDATE on an outer join (R-LOCK)")
    if unsafe := sorted(steps - _JOIN_SAFE):
        return _separate(f"`.{unsafe[0]}()` in the query: a join there could change its rows")
    if len(query.entities) > 1:
        return _separate("the query returns more than one entity")
    if key := unique_order(query, model):
        return Strategy("joinedload", f"to-one, ordered by the unique {key}: a join changes no row and no order", 0)
    if steps & LIMITS:
        return _separate(
            "LIMIT without an ORDER BY on a unique key: on PostgreSQL a join could change which rows come back "
            "(R-ORDER)"
        )
    return _separate("no ORDER BY on a unique key: on PostgreSQL a join could change the order of rows (R-ORDER)")


def _separate(why: str) -> Strategy:
    return Strategy("selectinload", why, 1)


def unique_order(query: Query, model: Model) -> str | None:
    """The unique column of the root entity that the query is unconditionally ordered by, for example "Post.id"."""
    columns = model.all_columns()
    key = model.primary_key()
    found = None
    for step in query.steps:
        if step.name != "order_by":
            continue
        if step.args in (("None",), ("False",)):
            found = None
        for arg in step.args:
            owner, name = _ordered_column(arg)
            column = columns.get(name)
            mine = owner in ("", model.name) or owner.rpartition(".")[2] == model.name
            if column and mine and not step.conditional and (column.unique or key == [column.name]):
                found = f"{model.name}.{name}"
    return found


def _ordered_column(source: str) -> tuple[str, str]:
    """(owner, attribute) under `desc()`, `.asc()`, `nulls_last()` and the like."""
    node: ast.expr = ast.parse(source, mode="eval").body
    while isinstance(node, ast.Call):
        node = (
            node.func.value
            if isinstance(node.func, ast.Attribute) and not node.args
            else (node.args or [ast.Constant(0)])[0]
        )
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return "", node.value
    owner, _, name = dotted(node).rpartition(".")
    return owner, name
