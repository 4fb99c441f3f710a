"""The drivers below the ORMs, where an application uses one by itself: sqlite3, psycopg2, psycopg 3."""

from __future__ import annotations

import functools
from typing import Any

from .listener import Listener, is_below_orm
from .sql import statement_call

_FACTORY = 5  # position of `factory` among the arguments of sqlite3.connect


def sqlite3(module: Any, listener: Listener) -> None:
    """Connections become those of a class that counts, where the application asks for no class of its own."""
    counting = _counting(module.Cursor, "sqlite", listener)

    class Connection(module.Connection):  # type: ignore[misc]  # of the target's interpreter
        def cursor(self, factory: Any = counting) -> Any:
            return super().cursor(factory)

        # From Python 3.11 on these make their cursor without asking `cursor`.
        def execute(self, *args: Any) -> Any:
            return self.cursor().execute(*args)

        def executemany(self, *args: Any) -> Any:
            return self.cursor().executemany(*args)

        def commit(self) -> None:
            listener.committed("COMMIT")
            super().commit()

    Connection.__module__, Connection.__qualname__ = "sqlite3", "Connection"
    original = module.connect

    @functools.wraps(original)
    def connect(*args: Any, **kwargs: Any) -> Any:
        if len(args) <= _FACTORY and "factory" not in kwargs and not is_below_orm():
            kwargs["factory"] = Connection
        return original(*args, **kwargs)

    module.connect = connect


def psycopg2(module: Any, listener: Listener) -> None:
    """Connections get a cursor class that counts, where the application names none; so do the classes of `extras`."""
    extensions = __import__("psycopg2.extensions", fromlist=["cursor"])
    extras = __import__("psycopg2.extras", fromlist=["DictCursor"])
    cursor = _counting(extensions.cursor, "postgresql", listener)
    for kind in (extras.DictCursor, extras.RealDictCursor, extras.NamedTupleCursor):
        _count_in_place(kind, "postgresql", listener)
    original = module.connect

    @functools.wraps(original)
    def connect(*args: Any, **kwargs: Any) -> Any:
        connection = original(*args, **kwargs)
        if not is_below_orm() and getattr(connection, "cursor_factory", cursor) is None:
            connection.cursor_factory = cursor
        return connection

    module.connect = connect


def psycopg(module: Any, listener: Listener) -> None:
    """The cursor classes are Python's: their methods count, unless an ORM calls them."""
    for name in ("Cursor", "ClientCursor", "ServerCursor"):
        _count_in_place(getattr(module, name), "postgresql", listener)
    for name in ("AsyncCursor", "AsyncClientCursor", "AsyncServerCursor"):
        _count_in_place(getattr(module, name), "postgresql", listener, coroutine=True)


def _counting(base: Any, system: str, listener: Listener) -> Any:
    kind = type("Cursor", (base,), {})
    kind.__module__ = base.__module__
    for name in ("execute", "executemany", "fetchone", "fetchmany", "fetchall"):
        _define(kind, name, getattr(base, name), system, listener)
    return kind


def _count_in_place(kind: Any, system: str, listener: Listener, *, coroutine: bool = False) -> None:
    for name in ("execute", "executemany", *(() if coroutine else ("fetchone", "fetchmany", "fetchall"))):
        if name in vars(kind):
            _define(kind, name, getattr(kind, name), system, listener, coroutine=coroutine)


def _define(kind: Any, name: str, original: Any, system: str, listener: Listener, *, coroutine: bool = False) -> None:
    many = name == "executemany"
    if name.startswith("fetch"):
        method = _fetching(original, listener, one=name == "fetchone")
    elif coroutine:
        method = _executing_later(original, system, listener, many=many)
    else:
        method = _executing(original, system, listener, many=many)
    setattr(kind, name, functools.wraps(original)(method))


def _fetching(original: Any, listener: Listener, *, one: bool) -> Any:
    def fetch(self: Any, *args: Any, **kwargs: Any) -> Any:
        fetched = original(self, *args, **kwargs)
        if fetched:
            listener.rows(getattr(self, "costmod_call", None), 1 if one else len(fetched))
        return fetched

    return fetch


def _executing(original: Any, system: str, listener: Listener, *, many: bool) -> Any:
    def execute(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        if is_below_orm() or listener.is_inner():
            return original(self, query, *args, **kwargs)
        begun = listener.started(statement_call(query, system, _seen(args[0] if args else None), many=many))
        if hasattr(self, "__dict__"):
            self.costmod_call = begun
        token = listener.outer_begins()  # executemany of one driver calls its own execute
        try:
            return original(self, query, *args, **kwargs)
        finally:
            listener.outer_ends(token)
            listener.ended(begun)

    return execute


def _executing_later(original: Any, system: str, listener: Listener, *, many: bool) -> Any:
    async def execute(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        if is_below_orm() or listener.is_inner():
            return await original(self, query, *args, **kwargs)
        begun = listener.started(statement_call(query, system, _seen(args[0] if args else None), many=many))
        token = listener.outer_begins()
        try:
            return await original(self, query, *args, **kwargs)
        finally:
            listener.outer_ends(token)
            listener.ended(begun)

    return execute


def _seen(parameters: Any) -> Any:
    """Only the driver may use an iterator up."""
    return parameters if isinstance(parameters, (list, tuple, dict)) else None
