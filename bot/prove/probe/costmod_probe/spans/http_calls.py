"""Outbound HTTP requests; of a client that is built on another one only the outer call counts."""

# No error of the probe may reach the target.
# ruff: noqa: S110

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from .entry import MAX_TEXT
from .tracer import Tracer

_IN_PROCESS = ("ASGITransport", "WSGITransport", "_TestClientTransport")  # a test client's, no request that goes out
_USER = re.compile(r"(?<=//)[^/?#]*@")
_outer: ContextVar[Any] = ContextVar("costmod_call", default=None)


def requests(module: Any, tracer: Tracer) -> None:
    """Every request, redirects and adapters of tests included."""
    _wrap(module.Session, "send", tracer, lambda _self, request, *_args, **_kwargs: (request.method, request.url))


def urllib3(module: Any, tracer: Tracer) -> None:
    """What botocore and others use directly."""

    def describe(pool: Any, method: str, url: str, *_args: Any, **_kwargs: Any) -> tuple[str, str]:
        port = f":{pool.port}" if pool.port else ""
        return method, url if "://" in url else f"{pool.scheme}://{pool.host}{port}{url}"

    _wrap(module.HTTPConnectionPool, "urlopen", tracer, describe)


def httpx(module: Any, tracer: Tracer) -> None:
    """Both clients; their test clients call the application in this process."""

    def describe(client: Any, request: Any, *_args: Any, **_kwargs: Any) -> tuple[str, str] | None:
        if type(client._transport_for_url(request.url)).__name__ in _IN_PROCESS:
            return None
        return request.method, str(request.url)

    _wrap(module.Client, "send", tracer, describe)
    _wrap_async(module.AsyncClient, "send", tracer, describe)


def aiohttp(module: Any, tracer: Tracer) -> None:
    """The one method behind get, post and all others."""
    _wrap_async(module.ClientSession, "_request", tracer, lambda _self, method, url, *_args, **_kwargs: (method, url))


def http_client(module: Any, tracer: Tracer) -> None:
    """The standard library's client, and urllib.request above it: a request and its answer are two calls."""
    connection = module.HTTPConnection
    request, getresponse = connection.request, connection.getresponse

    @functools.wraps(request)
    def requested(self: Any, method: Any, url: Any, *args: Any, **kwargs: Any) -> Any:
        self.costmod_request = None
        if not _is_inner(tracer):
            scheme = "https" if isinstance(self, getattr(module, "HTTPSConnection", ())) else "http"
            target = url if "://" in str(url) else f"{scheme}://{self.host}:{self.port}{url}"
            self.costmod_request = method, target, tracer.now()
        return request(self, method, url, *args, **kwargs)

    @functools.wraps(getresponse)
    def answered(self: Any, *args: Any, **kwargs: Any) -> Any:
        answer = getresponse(self, *args, **kwargs)
        if getattr(self, "costmod_request", None):
            (method, url, started), self.costmod_request = self.costmod_request, None
            _note(tracer, method, url, started)
        return answer

    connection.request, connection.getresponse = requested, answered


def _wrap(owner: Any, name: str, tracer: Tracer, describe: Callable[..., Any]) -> None:
    original = getattr(owner, name)

    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        if _is_inner(tracer):
            return original(*args, **kwargs)
        called, token, started = _described(describe, args, kwargs), _outer.set(_here(tracer)), tracer.now()
        try:
            return original(*args, **kwargs)
        finally:
            _outer.reset(token)
            if called:
                _note(tracer, *called, started)

    setattr(owner, name, call)


def _wrap_async(owner: Any, name: str, tracer: Tracer, describe: Callable[..., Any]) -> None:
    original = getattr(owner, name)

    @functools.wraps(original)
    async def call(*args: Any, **kwargs: Any) -> Any:
        if _is_inner(tracer):
            return await original(*args, **kwargs)
        called, token, started = _described(describe, args, kwargs), _outer.set(_here(tracer)), tracer.now()
        try:
            return await original(*args, **kwargs)
        finally:
            _outer.reset(token)
            if called:
                _note(tracer, *called, started)

    setattr(owner, name, call)


def _here(tracer: Tracer) -> Any:
    """What an outer call belongs to: another entry in the same context is a request that a test client makes."""
    return tracer.running() or tracer


def _is_inner(tracer: Tracer) -> bool:
    return _outer.get() is _here(tracer)


def _described(describe: Callable[..., Any], args: Any, kwargs: Any) -> tuple[str, str] | None:
    try:
        found: tuple[str, str] | None = describe(*args, **kwargs)
    except Exception:  # the client will say what is wrong with its arguments
        return None
    return found


def _note(tracer: Tracer, method: Any, url: Any, started: int) -> None:
    ended = tracer.now()
    try:
        verb = str(method).upper()
        tracer.call(verb, started, ended, {"http.request.method": verb, "url.full": _without_values(str(url))})
    except Exception:
        pass


def _without_values(url: str) -> str:
    """No user, no fragment, and of a query only that there is one."""
    place, query, _ = _USER.sub("", url[:MAX_TEXT].partition("#")[0]).partition("?")
    return place + ("?REDACTED" if query else "")
