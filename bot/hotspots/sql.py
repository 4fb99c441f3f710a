"""Reads tables, WHERE columns and shape off a repeated statement, by the syntax alone.

Importing this module imports the SQL parser, so only an input in which something repeats pays for it.
"""

import logging
from collections.abc import Iterator

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from bot.hotspots.reading import Reading
from bot.hotspots.statement import WRITES
from bot.records import Shape

DIALECTS = (None, "postgres", "mysql", "tsql")  # normalised text mostly parses without one
_WRITE_NODES = (exp.Insert, exp.Update, exp.Delete, exp.Merge)

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns on stderr about every statement it half knows


def read_statement(parseable: str, first_word: str) -> Reading:
    """The reading of a normalised statement; one that does not parse has its first word and no tables."""
    tree = _parse(parseable)
    if tree is None:
        return Reading(first_word, shape="write" if first_word in WRITES else "other", understood=False)
    names = _Names(tree)
    operation = _operation(tree, first_word)
    shape = "write" if operation in WRITES else _shape(tree, names)
    return Reading(operation, names.tables, _where_columns(tree, names), shape)


def _parse(parseable: str) -> exp.Expr | None:
    for dialect in DIALECTS:
        try:
            return sqlglot.parse_one(parseable, dialect=dialect)
        except (SqlglotError, RecursionError, ValueError, AttributeError):
            continue
    return None


def _operation(tree: exp.Expr, first_word: str) -> str:
    if isinstance(tree, exp.Query):
        return "SELECT"
    return tree.key.upper() if isinstance(tree, _WRITE_NODES) else first_word


class _Names:
    """Tables in FROM order, and what an alias stands for."""

    def __init__(self, tree: exp.Expr) -> None:
        common = {cte.alias_or_name for cte in tree.find_all(exp.CTE)}
        tables = [table for table in tree.find_all(exp.Table, bfs=False) if table.name and table.name not in common]
        self.tables = tuple(dict.fromkeys(table.name for table in tables))
        self._alias = {table.alias_or_name: table.name for table in tables}

    def qualified(self, column: exp.Column) -> str:
        """`table.column`; a bare name belongs to the only table, or stays bare."""
        table = self.table(column)
        return f"{table}.{column.name}" if table else column.name

    def table(self, column: exp.Column) -> str:
        if column.table:
            return self._alias.get(column.table, column.table)
        return self.tables[0] if len(self.tables) == 1 else ""


def _where_columns(tree: exp.Expr, names: _Names) -> tuple[str, ...]:
    equal: list[str] = []
    other: list[str] = []
    for where in tree.find_all(exp.Where, bfs=False):
        for node in where.find_all(exp.Binary, exp.In, exp.Between, bfs=False):
            operands = list(node.iter_expressions())
            column = next((operand for operand in operands if isinstance(operand, exp.Column)), None)
            if column is not None and any(_is_parameter(operand) for operand in operands):
                (equal if isinstance(node, exp.EQ) else other).append(names.qualified(column))
    return tuple(dict.fromkeys(equal + other))


def _is_parameter(node: exp.Expr) -> bool:
    while isinstance(node, exp.Cast | exp.Paren):
        node = node.this
    return isinstance(node, exp.Placeholder | exp.Parameter)


def _shape(tree: exp.Expr, names: _Names) -> Shape:
    if not isinstance(tree, exp.Select):
        return "other"
    selected = [item.unalias() for item in tree.expressions]
    if len(selected) == 1 and isinstance(selected[0], exp.Count):
        return "count"
    if len(selected) == 1 and isinstance(selected[0], exp.Exists | exp.Placeholder | exp.Literal):
        return "exists"
    keyed = [node for node in _conjuncts(tree) if isinstance(node, exp.EQ) and _key_column(node) is not None]
    if not keyed:
        return "other"
    if any(_is_link(node, selected, names) for node in keyed):
        return "link_table"
    return "parameter_equals_column" if any(_is_parameter(node.left) for node in keyed) else "column_equals_parameter"


def _conjuncts(tree: exp.Select) -> Iterator[exp.Expr]:
    where = tree.args.get("where")
    pending = [where.this] if where is not None else []
    while pending:
        node = pending.pop()
        if isinstance(node, exp.And):
            pending += [node.right, node.left]
        elif isinstance(node, exp.Paren):
            pending.append(node.this)
        else:
            yield node


def _key_column(node: exp.EQ) -> exp.Column | None:
    for column, parameter in ((node.left, node.right), (node.right, node.left)):
        if isinstance(column, exp.Column) and _is_parameter(parameter):
            return column
    return None


def _is_link(node: exp.EQ, selected: list[exp.Expr], names: _Names) -> bool:
    """Whether the parameter selects rows of a table that only links: not the first one, and nothing is read from it."""
    column = _key_column(node)
    table = names.table(column) if column is not None else ""
    read = {names.table(item) for expression in selected for item in expression.find_all(exp.Column)} - {""}
    return table in names.tables[1:] and table not in read and bool(read)
