"""Django: the two methods of its cursor wrapper through which every backend executes."""

from __future__ import annotations

import functools
from typing import Any

from .frames import Frames
from .recorder import Recorder
from .statements import note


def instrument(module: Any, log: Recorder, stack: Frames) -> None:
    """Wrap both methods; the debug wrapper calls them too."""
    for name in ("_execute", "_executemany"):
        setattr(module.CursorWrapper, name, _counted(getattr(module.CursorWrapper, name), log, stack))


def _counted(original: Any, log: Recorder, stack: Frames) -> Any:
    @functools.wraps(original)
    def execute(self: Any, sql: Any, *args: Any, **kwargs: Any) -> Any:
        note(log, stack, sql)
        return original(self, sql, *args, **kwargs)

    return execute
