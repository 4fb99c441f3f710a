"""Requests that come in through Starlette and FastAPI: an entry each, with its route."""

# No error of the probe may reach the target.
# ruff: noqa: S110

from __future__ import annotations

import functools
from typing import Any

from .entry import SERVER
from .tracer import Tracer
from .web_entries import request_facts

_PREFIX, _KNOWN = "costmod.prefix", "costmod.entry"  # in the scope of a request


def starlette(module: Any, tracer: Tracer) -> None:
    """The ASGI application, FastAPI's too; one that is mounted in another adds to its request."""
    original = module.Starlette.__call__

    @functools.wraps(original)
    async def costmod_entry(self: Any, scope: Any, receive: Any, send: Any) -> None:
        if scope.get("type") != "http" or _KNOWN in scope:
            await original(self, scope, receive, send)
            return
        entry = scope[_KNOWN] = tracer.begin(SERVER, "request")

        async def sent(message: Any) -> None:
            if message.get("type") == "http.response.start":
                entry.facts["http.response.status_code"] = message.get("status")
            await send(message)

        try:
            await original(self, scope, receive, sent)
        finally:
            tracer.end(entry, **request_facts(scope.get("method"), scope.get("path"), entry.facts))

    module.Starlette.__call__ = costmod_entry


def starlette_routes(module: Any, _tracer: Tracer) -> None:
    """The route that matched: those of the mounts around it come in front."""
    for name in ("Mount", "Route"):
        kind = getattr(module, name)
        kind.handle = _handling(kind.handle, is_last=name == "Route")


def fastapi_routes(module: Any, _tracer: Tracer) -> None:
    """The routes of included routers, which the newer versions serve without Starlette's."""
    if "handle" in vars(module.APIRoute):
        module.APIRoute.handle = _handling(module.APIRoute.handle, is_last=True)


def _handling(original: Any, *, is_last: bool) -> Any:
    @functools.wraps(original)
    async def handle(self: Any, scope: Any, receive: Any, send: Any) -> None:
        try:
            route = scope.get(_PREFIX, "") + _path(self, scope)
            if not is_last:
                scope[_PREFIX] = route
            elif _KNOWN in scope:
                scope[_KNOWN].facts["http.route"] = route
        except Exception:
            pass
        await original(self, scope, receive, send)

    return handle


def _path(route: Any, scope: Any) -> str:
    """FastAPI from 0.137 on keeps the prefix of an included router apart."""
    context = scope.get("fastapi", {}).get("effective_route_context")
    if context is not None and getattr(context, "original_route", None) is route:
        return str(getattr(context, "path_format", "") or context.path)
    return str(route.path)
