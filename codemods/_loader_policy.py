"""Which loader strategy a relationship gets on a query: joined only where order, lock and row shape are proven."""

import ast
import re

import msgspec

from codemods.index.facts import Query, dotted
from codemods.index.models import Model, Relationship

LIMITS = frozenset({"limit", "offset", "slice", "fetch", "paginate", "[]", "first"})
LOCKS = frozenset({"with_for_update", "with_lockmode"})
STREAMS = frozenset({"yield_per", "stream", "stream_scalars", "partitions"})
# Steps after which the rows are no entities, or there are no rows.
NO_ENTITIES = frozenset(
    {"with_entities", "with_only_columns", "count", "exists", "subquery", "cte", "alias", "update", "delete", "values"}
    | {"scalar_subquery", "as_scalar", "label", "mappings", "correlate", "insert", "add_column", "add_columns", "|"}
)
# Steps under which a LEFT JOIN to one row keeps the row shape (measured on SQLAlchemy 1.4, 2.0 and 2.1).
_JOIN_SAFE = frozenset(
    {"filter", "filter_by", "where", "order_by", "limit", "offset", "slice", "[]", "options", "join", "outerjoin"}
    | {"all", "execute", "scalars", "exec", "unique", "fetchall", "paginate", "execution_options", "params"}
)


_EXECUTED = frozenset({"all", "execute", "scalars", "exec", "fetchall", "paginate", "stream", "stream_scalars", "[]"})
_RAW_SQL = re.compile(r"\b(text|literal_column)\(")
_ORDER_WRAPPERS = frozenset({"asc", "desc", "nulls_first", "nulls_last", "nullsfirst", "nullslast"})
_LARGE_CHUNK = 100  # rows: one more statement per chunk of so many is still a gain


def streams(query: Query) -> str | None:
    """The step that streams rows in chunks too small (or not known) for a separate SELECT per chunk to pay."""
    for step in query.steps:
        sources = [*step.args, *(f"{name}={value}" for name, value in step.keywords)]
        if step.name not in STREAMS and not any(_STREAMS_ROWS.search(source) for source in sources):
            continue
        sizes = [int(size) for source in sources for size in re.findall(r"(?:yield_per\W*)?\b(\d+)\b", source)]
        if not sizes or min(sizes) < _LARGE_CHUNK:
            return step.name
    return None


_STREAMS_ROWS = re.compile(r"yield_per|stream_results")


class Strategy(msgspec.Struct, frozen=True):
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
    if relationship.innerjoin:
        return _separate("declared innerjoin=True: a join would drop rows without a target")
    steps = {step.name for step in query.steps}
    if not steps & _EXECUTED and not query.loops:
        return _separate("the query is executed elsewhere, where steps can be added that a join would change")
    if any(_RAW_SQL.search(source) for step in query.steps for source in step.args):
        return _separate("raw SQL in the query: its names can become ambiguous under a join")
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


def keeps_rows(query: Query) -> bool:
    """Whether every step is one under which a LEFT JOIN to one row keeps the row shape."""
    raw = any(_RAW_SQL.search(source) for step in query.steps for source in step.args)
    return not raw and {step.name for step in query.steps} <= _JOIN_SAFE


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
            unique = column and ((column.unique and column.required) or key == [column.name])
            if unique and mine and not step.conditional:
                found = f"{model.name}.{name}"
    return found


def _ordered_column(source: str) -> tuple[str, str]:
    """(owner, attribute) under `desc()`, `.asc()`, `nulls_last()` and the like."""
    node: ast.expr = ast.parse(source, mode="eval").body
    while isinstance(node, ast.Call):
        wrapper = dotted(node.func).rpartition(".")[2] or (
            node.func.attr if isinstance(node.func, ast.Attribute) else ""
        )
        if wrapper not in _ORDER_WRAPPERS:
            return "", ""  # a function of a unique column is not unique
        inner = node.args[0] if node.args else node.func.value if isinstance(node.func, ast.Attribute) else node.func
        node = inner
    owner, _, name = dotted(node).rpartition(".")
    return owner, name
