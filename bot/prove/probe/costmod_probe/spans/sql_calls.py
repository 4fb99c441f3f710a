"""SQL statements of SQLAlchemy (every engine, asynchronous ones too) and Django, timed around their execution."""

from __future__ import annotations

import functools
from typing import Any

from .entry import MAX_TEXT
from .tracer import Tracer


def sqlalchemy(module: Any, tracer: Tracer) -> None:
    """Listen on the class: engines that exist and engines to come. A statement that fails is not seen."""
    engine = __import__("sqlalchemy.engine", fromlist=["Engine"]).Engine

    def before_cursor_execute(**event: Any) -> None:
        if event["context"] is not None:
            event["context"].costmod_started = tracer.now()

    def after_cursor_execute(**event: Any) -> None:
        started = getattr(event["context"], "costmod_started", None)
        if started is not None:
            _note(tracer, event["statement"], event["conn"].dialect.name, started)

    module.event.listen(engine, "before_cursor_execute", before_cursor_execute, named=True)
    module.event.listen(engine, "after_cursor_execute", after_cursor_execute, named=True)


def django(module: Any, tracer: Tracer) -> None:
    """Wrap the two methods through which every backend executes; the debug wrapper calls them too."""
    for name in ("_execute", "_executemany"):
        setattr(module.CursorWrapper, name, _timed(getattr(module.CursorWrapper, name), tracer))


def _timed(original: Any, tracer: Tracer) -> Any:
    @functools.wraps(original)
    def execute(self: Any, sql: Any, *args: Any, **kwargs: Any) -> Any:
        started = tracer.now()
        result = original(self, sql, *args, **kwargs)
        _note(tracer, sql, getattr(getattr(self, "db", None), "vendor", ""), started)
        return result

    return execute


def _note(tracer: Tracer, statement: Any, system: str, started: int) -> None:
    ended = tracer.now()
    text = str(statement)[:MAX_TEXT]
    operation = text.lstrip("( \n\t").partition(" ")[0].strip()[:20].upper()
    tracer.call(operation, started, ended, {"db.system.name": system, "db.query.text": text})
