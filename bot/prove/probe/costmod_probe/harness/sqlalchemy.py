"""SQLAlchemy: the tables that the root needs, on SQLite in memory, or on PostgreSQL where the columns ask for it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from . import postgres
from .values import value


def prepare(given: dict[str, Any]) -> Callable[[int], Callable[[], None]]:
    """What makes so many rows and returns what reads them."""
    namespace = vars(importlib.import_module(given["module"]))
    sa, orm, mapperlib = (importlib.import_module(f"sqlalchemy{name}") for name in ("", ".orm", ".orm.mapper"))
    orm.configure_mappers()
    mappers = {
        mapper.class_.__name__: mapper for registry in mapperlib._all_registries() for mapper in registry.mappers
    }
    root = mappers[given["root"]]
    query = sa.select(root.class_)
    for name, arguments in given["calls"]:
        query = eval(f"query.{name}({arguments})", dict(namespace), {"query": query})  # noqa: S307 # nosec B307 - the patch's own text, in the sandbox

    # A column that tells the class of a row holds the name of one that is kept in this table alone.
    kinds = {
        mapper.polymorphic_on: name
        for mapper in mappers.values()
        if mapper.polymorphic_on is not None
        for name, one in reversed(list(mapper.polymorphic_map.items()))
        if one.local_table is mapper.local_table
    }
    servers: list[str] = []

    def read(number: int) -> Callable[[], None]:
        edges = {tuple(edge) for edge in given["edges"]}
        try:
            engine = sa.create_engine("sqlite://", poolclass=importlib.import_module("sqlalchemy.pool").StaticPool)
            rows = _filled(engine, root, edges, kinds, number)
        except importlib.import_module("sqlalchemy.exc").CompileError:  # a column type that SQLite has not
            servers.append(postgres.url() if not servers else servers[0])
            engine = sa.create_engine(servers[0])
            for mapper in mappers.values():
                mapper.local_table.metadata.drop_all(engine)
            rows = _filled(engine, root, edges, kinds, number)

        def reading() -> None:
            with orm.Session(engine, future=True) as session:
                for row in session.execute(query).unique().scalars().all():
                    rows.touch(root, row)

        return reading

    return read


def _filled(engine: Any, root: Any, edges: set[Any], kinds: dict[Any, Any], number: int) -> _Rows:
    with engine.begin() as connection:
        rows = _Rows(connection, edges, kinds)
        for _ in range(number):
            rows.make(root, {})
    return rows


class _Rows:
    def __init__(self, connection: Any, edges: set[tuple[str, str]], kinds: dict[Any, Any]) -> None:
        self._connection, self._edges, self._kinds = connection, edges, kinds
        self._number = 0
        self._tables: set[Any] = set()

    def make(self, mapper: Any, given: dict[str, Any]) -> dict[str, Any]:
        """A row with what the edges lead to: one row to the one side, two to the many; its values by column."""
        if mapper.inherits is not None:
            raise TypeError(f"{mapper.class_.__name__} is kept in several tables")
        values = dict(given)
        for relation in self._wanted(mapper, "MANYTOONE"):
            local, remote = relation.local_remote_pairs[0]
            if local.name not in values:
                values[local.name] = self.make(relation.mapper, {})[remote.name]
        values = self._insert(mapper.local_table, values)
        for relation in self._wanted(mapper, "ONETOMANY"):
            local, remote = relation.local_remote_pairs[0]
            for _ in range(2):
                self.make(relation.mapper, {remote.name: values[local.name]})
        for relation in self._wanted(mapper, "MANYTOMANY"):
            (local, near), (other, far) = relation.synchronize_pairs[0], relation.secondary_synchronize_pairs[0]
            for _ in range(2):
                target = self.make(relation.mapper, {})
                self._insert(relation.secondary, {near.name: values[local.name], far.name: target[other.name]})
        return values

    def touch(self, mapper: Any, row: Any, seen: frozenset[int] = frozenset()) -> None:
        """Read the edges, and those of what they lead to."""
        for owner, name in self._edges:
            if owner == mapper.class_.__name__ and id(row) not in seen:
                relation = mapper.relationships[name]
                related = getattr(row, name)
                for one in related if relation.uselist else [related]:
                    if one is not None:
                        self.touch(relation.mapper, one, seen | {id(row)})

    def _wanted(self, mapper: Any, direction: str) -> list[Any]:
        name = mapper.class_.__name__
        found = [one for one in mapper.relationships if (name, one.key) in self._edges]
        return [one for one in found if one.direction.name == direction]

    def _insert(self, table: Any, given: dict[str, Any]) -> dict[str, Any]:
        if table not in self._tables:
            needed = _with_targets(table)  # PostgreSQL makes no table whose keys lead to one that is not there
            self._tables |= needed
            table.metadata.create_all(self._connection, tables=list(needed))
        self._number += 1
        values = dict(given)
        for column in table.columns:
            if column.name in values or column is table._autoincrement_column or column.computed is not None:
                continue
            if column.foreign_keys and not column.nullable:
                target = next(iter(column.foreign_keys)).column
                values[column.name] = self._insert(target.table, {})[target.name]
            elif column in self._kinds:
                values[column.name] = self._kinds[column]
            elif not column.nullable and not column.foreign_keys and column.server_default is None:
                values[column.name] = _of(column, self._number)
        result = self._connection.execute(table.insert().values(values))
        for column, made in zip(table.primary_key.columns, result.inserted_primary_key):  # noqa: B905 - Python 3.10
            values[column.name] = made
        return values


def _with_targets(table: Any) -> set[Any]:
    """The table, and those that foreign keys lead to from it."""
    found, left = set(), [table]
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left += [key.column.table for key in one.foreign_keys]
    return found


def _of(column: Any, number: int) -> Any:
    if getattr(column.type, "enums", None):
        chosen = column.type.enums[0]
        return column.type.enum_class[chosen] if column.type.enum_class else chosen
    return value(column.type.python_type, number, getattr(column.type, "length", None))
