"""SQLAlchemy 1.4 and 2: the event that every engine, asynchronous ones too, sends before a cursor executes."""

from __future__ import annotations

from typing import Any

from .frames import Frames
from .recorder import Recorder
from .statements import note


def instrument(module: Any, log: Recorder, stack: Frames) -> None:
    """Listen on the class: engines that exist and engines to come."""
    engine = __import__("sqlalchemy.engine", fromlist=["Engine"]).Engine

    def before_cursor_execute(**event: Any) -> None:
        note(log, stack, event["statement"])

    module.event.listen(engine, "before_cursor_execute", before_cursor_execute, named=True)
