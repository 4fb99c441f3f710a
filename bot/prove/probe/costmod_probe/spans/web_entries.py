"""Requests that come in through Flask, Django and Starlette (FastAPI): an entry each, with its route."""

# The name of the wrappers is where the reading of a stack ends, see `places`. No error of the probe may reach the
# target.
# ruff: noqa: S110

from __future__ import annotations

import functools
from typing import Any

from .tracer import SERVER, Tracer

_PREFIX, _KNOWN = "costmod.prefix", "costmod.entry"  # in the scope of an ASGI request


def flask(module: Any, tracer: Tracer) -> None:
    """The WSGI application, and where it knows which rule matched."""
    serve, preprocess = module.Flask.wsgi_app, module.Flask.preprocess_request

    @functools.wraps(serve)
    def costmod_entry(self: Any, environ: Any, start_response: Any) -> Any:
        entry = tracer.begin(SERVER, "request")

        def started(status: Any, *args: Any, **kwargs: Any) -> Any:
            entry.facts["http.response.status_code"] = _number(str(status)[:3])
            return start_response(status, *args, **kwargs)

        try:
            return serve(self, environ, started)
        finally:
            tracer.end(entry, **_request(environ.get("REQUEST_METHOD"), environ.get("PATH_INFO"), entry.facts))

    @functools.wraps(preprocess)
    def preprocess_request(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            entry, rule = tracer.running(), __import__("flask").request.url_rule
            if entry is not None and rule is not None:
                entry.facts["http.route"] = rule.rule
        except Exception:
            pass
        return preprocess(self, *args, **kwargs)

    module.Flask.wsgi_app, module.Flask.preprocess_request = costmod_entry, preprocess_request


def django(module: Any, tracer: Tracer) -> None:
    """What every handler, that of the test client too, asks for a response."""
    _django_sync(module.BaseHandler, tracer)
    if hasattr(module.BaseHandler, "get_response_async"):
        _django_async(module.BaseHandler, tracer)


def _django_sync(handler: Any, tracer: Tracer) -> None:
    original = handler.get_response

    @functools.wraps(original)
    def costmod_entry(self: Any, request: Any) -> Any:
        entry, response = tracer.begin(SERVER, "request"), None
        try:
            response = original(self, request)
            return response
        finally:
            tracer.end(entry, **_of_django(request, response))

    handler.get_response = costmod_entry


def _django_async(handler: Any, tracer: Tracer) -> None:
    original = handler.get_response_async

    @functools.wraps(original)
    async def costmod_entry(self: Any, request: Any) -> Any:
        entry, response = tracer.begin(SERVER, "request"), None
        try:
            response = await original(self, request)
            return response
        finally:
            tracer.end(entry, **_of_django(request, response))

    handler.get_response_async = costmod_entry


def _of_django(request: Any, response: Any) -> dict[str, Any]:
    try:
        match = getattr(request, "resolver_match", None)
        facts = {
            "http.route": getattr(match, "route", None) or ("/" if match else None),
            "http.response.status_code": getattr(response, "status_code", 500),
        }
        return _request(request.method, request.path, facts)
    except Exception:
        return {}


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
            tracer.end(entry, **_request(scope.get("method"), scope.get("path"), entry.facts))

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


def _request(method: Any, path: Any, facts: dict[str, Any]) -> dict[str, Any]:
    """The path only where there is no route: it holds values."""
    known = {"http.request.method": str(method or "GET"), **facts}
    return known if facts.get("http.route") else {**known, "url.path": str(path or "/")}


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0
