"""What an instrument tells: to the tracer in record mode, to the counter under a proof."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

_outer: ContextVar[Any] = ContextVar("costmod_call", default=None)
# Whose drivers are counted above them, and tools whose statements are none of the application's.
_ABOVE = ("sqlalchemy", "django", "aiosqlite", "coverage", "_pytest", "hypothesis")


class Call:
    """One statement or outbound request."""

    __slots__ = ("kind", "many", "name", "parameters", "system", "text")

    def __init__(
        self, kind: str, name: str, text: str, system: str = "", parameters: Any = None, many: Any = False
    ) -> None:
        self.kind = kind  # sql, http, aws, redis; connection and client: what a request needs first
        self.name, self.text, self.system = name, text, system
        self.parameters, self.many = parameters, many


class Listener:
    """Nothing here may raise. What `started` returns is handed to the other two."""

    def started(self, call: Call) -> Any:
        """A call begins."""

    def ended(self, begun: Any) -> None:
        """It came to its end, or to an error."""

    def rows(self, begun: Any, number: int) -> None:
        """The application took rows of a statement."""

    def committed(self, name: str) -> None:
        """A transaction or savepoint ends well."""

    def here(self) -> Any:
        """What calls belong to: within one, a call made by another call is no call of the application."""
        return self

    def is_inner(self) -> bool:
        """Whether a call that counts is running: of a client built on another one only the outer call counts."""
        return _outer.get() is self.here()

    def outer_begins(self) -> Any:
        """From here to `outer_ends` every call is an inner one."""
        return _outer.set(self.here())

    def outer_ends(self, token: Any) -> None:
        """The outer call ended."""
        _outer.reset(token)


def wrap(owner: Any, name: str, listener: Listener, describe: Callable[..., Call | None]) -> None:
    """Make each call of a method that `describe` knows a call of the application, unless it is an inner one."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        described = None if listener.is_inner() else _described(describe, args, kwargs)
        if described is None:
            return original(*args, **kwargs)
        begun, token = listener.started(described), listener.outer_begins()
        try:
            return original(*args, **kwargs)
        finally:
            listener.outer_ends(token)
            listener.ended(begun)

    setattr(owner, name, call)


def wrap_async(owner: Any, name: str, listener: Listener, describe: Callable[..., Call | None]) -> None:
    """The same of a coroutine."""
    original = getattr(owner, name)

    @functools.wraps(original)
    async def call(*args: Any, **kwargs: Any) -> Any:
        described = None if listener.is_inner() else _described(describe, args, kwargs)
        if described is None:
            return await original(*args, **kwargs)
        begun, token = listener.started(described), listener.outer_begins()
        try:
            return await original(*args, **kwargs)
        finally:
            listener.outer_ends(token)
            listener.ended(begun)

    setattr(owner, name, call)


def before(owner: Any, name: str, tell: Callable[[Any, tuple[Any, ...]], None]) -> None:
    """Tell of each call of a method, inner ones too, before it is made."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        _described(tell, (self, args), {})
        return original(self, *args, **kwargs)

    setattr(owner, name, call)


def is_below_orm() -> bool:
    """Whether the caller of the wrapper that asks is a library whose own calls are counted, or a tool."""
    module = sys._getframe(2).f_globals.get("__name__") or ""
    return module.partition(".")[0] in _ABOVE


def _described(describe: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    try:
        return describe(*args, **kwargs)
    except Exception:  # the client will say what is wrong with its arguments
        return None
