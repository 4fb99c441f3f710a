"""Rows by the application's own factories where they cannot be cloned: factory_boy's, else model_bakery."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from typing import Any


def made_by_django(model: Any, number: int) -> bool:
    """Make so many rows on the default database; False without a factory."""
    factory = _factory(model)
    if factory is not None:
        factory.create_batch(number)
        return True
    if importlib.util.find_spec("model_bakery") is None:
        return False
    importlib.import_module("model_bakery.baker").make(model, _quantity=number)
    return True


def made_by_sqlalchemy(orm: Any, connection: Any, model: Any, number: int) -> list[tuple[Any, Any]]:
    """Make so many rows on the connection, without the factory's own session; table and condition of each."""
    factory = _factory(model)
    if factory is None:
        return []
    session = orm.Session(bind=connection, autoflush=False, future=True)
    try:
        built = factory.build_batch(number)  # held here: a session does not keep what it has written
        session.add_all(built)
        session.flush()
        made = [row for one in list(session) for row in _rows_of(orm, one)]
        order = {
            table: number for number, table in enumerate(orm.class_mapper(model).local_table.metadata.sorted_tables)
        }
        return sorted(made, key=lambda row: order[row[0]])
    finally:
        session.expunge_all()
        session.close()


def _rows_of(orm: Any, one: Any) -> Iterator[tuple[Any, Any]]:
    """An object may be kept in several tables."""
    mapper = orm.object_mapper(one)
    for table in mapper.tables:
        keys = [(column, mapper.get_property_by_column(column).key) for column in table.primary_key.columns]
        yield table, importlib.import_module("sqlalchemy").and_(*(column == getattr(one, key) for column, key in keys))


def _factory(model: Any) -> Any:
    """The first factory of this very model among those that the tests have loaded."""
    if "factory" not in sys.modules:
        return None
    found, left = [], [sys.modules["factory"].Factory]
    while left:
        kind = left.pop()
        left += kind.__subclasses__()
        if not kind._meta.abstract and kind._meta.get_model_class() is model:
            found.append(kind)
    return min(found, key=lambda kind: (kind.__module__, kind.__qualname__), default=None)
