"""Requests that come in through Flask and Django: an entry each, with its route."""

# The name of the wrappers is where the reading of a stack ends, see `places`. No error of the probe may reach the
# target.
# ruff: noqa: S110

from __future__ import annotations

import functools
from typing import Any

from .entry import SERVER
from .tracer import Tracer


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
            tracer.end(entry, **request_facts(environ.get("REQUEST_METHOD"), environ.get("PATH_INFO"), entry.facts))

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
        return request_facts(request.method, request.path, facts)
    except Exception:
        return {}


def request_facts(method: Any, path: Any, facts: dict[str, Any]) -> dict[str, Any]:
    """The path only where there is no route: it holds values."""
    known = {"http.request.method": str(method or "GET"), **facts}
    return known if facts.get("http.route") else {**known, "url.path": str(path or "/")}


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0
