"""SQL statements of SQLAlchemy (every engine, asynchronous ones too) and Django, with the rows that were taken."""

from __future__ import annotations

import functools
from typing import Any

from .listener import Call, Listener

MAX_TEXT = 64 << 10  # characters of a statement
_KEPT = 2000  # statements that are remembered
_known: dict[str, tuple[str, str]] = {}  # text and verb


def sqlalchemy(module: Any, listener: Listener) -> None:
    """Listen on the class: engines that exist and engines to come."""
    engine = __import__("sqlalchemy.engine", fromlist=["Engine"]).Engine

    def before_cursor_execute(
        conn: Any, _cursor: Any, statement: Any, parameters: Any, context: Any, executemany: Any
    ) -> tuple[Any, Any]:
        begun = listener.started(statement_call(statement, conn.dialect.name, parameters, many=executemany))
        if context is not None:
            context.costmod_call = begun
        return statement, parameters

    def after_cursor_execute(
        _conn: Any, _cursor: Any, _statement: Any, _parameters: Any, context: Any, _executemany: Any
    ) -> None:
        listener.ended(getattr(context, "costmod_call", None))

    # What returns nothing is wrapped by the library, which costs a call and a frame more.
    module.event.listen(engine, "before_cursor_execute", before_cursor_execute, retval=True)
    if type(listener).ended is not Listener.ended:  # every event costs
        module.event.listen(engine, "after_cursor_execute", after_cursor_execute)
    module.event.listen(engine, "commit", lambda _conn: listener.committed("COMMIT"))
    module.event.listen(
        engine, "release_savepoint", lambda _conn, _name, _context: listener.committed("RELEASE SAVEPOINT")
    )


def sqlalchemy_rows(module: Any, listener: Listener) -> None:
    """The strategies by which every result takes rows from its cursor."""
    for kind in ("CursorFetchStrategy", "BufferedRowCursorFetchStrategy", "FullyBufferedCursorFetchStrategy"):
        strategy = getattr(module, kind)
        for name in ("fetchone", "fetchmany", "fetchall"):
            if name in vars(strategy):
                setattr(strategy, name, _fetching(getattr(strategy, name), listener, one=name == "fetchone"))


def _fetching(original: Any, listener: Listener, *, one: bool) -> Any:
    @functools.wraps(original)
    def fetch(self: Any, result: Any, *args: Any, **kwargs: Any) -> Any:
        fetched = original(self, result, *args, **kwargs)
        if fetched:
            listener.rows(getattr(result.context, "costmod_call", None), 1 if one else len(fetched))
        return fetched

    return fetch


def django(module: Any, listener: Listener) -> None:
    """Wrap the two methods through which every backend executes (the debug wrapper calls them too), and the three
    that take rows, which the wrapper leaves to `__getattr__`."""
    wrapper = module.CursorWrapper
    wrapper._execute = _executing(wrapper._execute, listener, many=False)
    wrapper._executemany = _executing(wrapper._executemany, listener, many=True)
    for name in ("fetchone", "fetchmany", "fetchall"):
        if name not in vars(wrapper):
            setattr(wrapper, name, _taking(wrapper, name, listener))


def django_commits(module: Any, listener: Listener) -> None:
    """The ends of atomic blocks: of the outermost one, and of those that are savepoints."""
    wrapper = module.BaseDatabaseWrapper
    for name, text in (("_commit", "COMMIT"), ("_savepoint_commit", "RELEASE SAVEPOINT")):
        setattr(wrapper, name, _committing(getattr(wrapper, name), listener, text))


def _committing(original: Any, listener: Listener, text: str) -> Any:
    @functools.wraps(original)
    def commit(self: Any, *args: Any, **kwargs: Any) -> Any:
        listener.committed(text)
        return original(self, *args, **kwargs)

    return commit


def _executing(original: Any, listener: Listener, *, many: bool) -> Any:
    @functools.wraps(original)
    def execute(self: Any, sql: Any, params: Any = None, *args: Any, **kwargs: Any) -> Any:
        vendor = getattr(getattr(self, "db", None), "vendor", "")
        # What Django hands over may be an iterator, which only the backend may use up.
        seen = params if isinstance(params, (list, tuple, dict)) else None
        begun = self.__dict__["costmod_call"] = listener.started(statement_call(sql, vendor, seen, many=many))
        result = original(self, sql, params, *args, **kwargs)
        listener.ended(begun)
        return result

    return execute


def _taking(wrapper: Any, name: str, listener: Listener) -> Any:
    def fetch(self: Any, *args: Any, **kwargs: Any) -> Any:
        fetched = wrapper.__getattr__(self, name)(*args, **kwargs)
        if fetched:
            listener.rows(self.__dict__.get("costmod_call"), 1 if name == "fetchone" else len(fetched))
        return fetched

    fetch.__name__ = name
    return fetch


def statement_call(statement: Any, system: str, parameters: Any, *, many: bool) -> Call:
    """One execution of a statement."""
    known = _known.get(statement) if type(statement) is str else None
    if known is None:
        text = _text(statement)[:MAX_TEXT]
        known = text, text.lstrip("( \n\t").partition(" ")[0].strip()[:20].upper()
        if type(statement) is str:
            if len(_known) >= _KEPT:
                _known.clear()
            _known[statement] = known
    return Call("sql", known[1], known[0], system, parameters, many)


def _text(statement: Any) -> str:
    """Psycopg's helpers send bytes, and its composed statements are objects."""
    if isinstance(statement, bytes):
        return statement.decode("utf-8", "backslashreplace")
    try:
        return str(statement.as_string(None))
    except Exception:  # text, or what only a connection can write out
        return str(statement)
