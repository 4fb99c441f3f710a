"""Outbound HTTP requests, and the connections that they open."""

# No error of the probe may reach the target.

from __future__ import annotations

import functools
import re
from typing import Any

from .listener import Call, Listener, before, wrap, wrap_async

MAX_TEXT = 64 << 10  # characters of a URL
_IN_PROCESS = ("ASGITransport", "WSGITransport", "_TestClientTransport")  # a test client's, no request that goes out
_USER = re.compile(r"(?<=//)[^/?#]*@")


def requests(module: Any, listener: Listener) -> None:
    """Every request, adapters of tests included."""
    wrap(module.Session, "send", listener, lambda _self, request, *_args, **_kwargs: _call(request.method, request.url))


def urllib3(module: Any, listener: Listener) -> None:
    """What others use directly; and every connection, whoever asks for it."""

    def describe(pool: Any, method: str, url: str, *_args: Any, **_kwargs: Any) -> Call:
        port = f":{pool.port}" if pool.port else ""
        return _call(method, url if "://" in url else f"{pool.scheme}://{pool.host}{port}{url}")

    wrap(module.HTTPConnectionPool, "urlopen", listener, describe)
    for pool in (module.HTTPConnectionPool, module.HTTPSConnectionPool):
        if "_new_conn" in vars(pool):
            before(pool, "_new_conn", lambda pool, _args: _connection(pool, listener))


def httpx(module: Any, listener: Listener) -> None:
    """Both clients; their test clients call the application in this process."""

    def describe(client: Any, request: Any, *_args: Any, **_kwargs: Any) -> Call | None:
        if type(client._transport_for_url(request.url)).__name__ in _IN_PROCESS:
            return None
        return _call(request.method, request.url)

    wrap(module.Client, "send", listener, describe)
    wrap_async(module.AsyncClient, "send", listener, describe)


def httpcore(module: Any, listener: Listener) -> None:
    """The connections of httpx, synchronous or not."""

    def tell(connection: Any, _args: Any) -> None:
        origin = connection._origin
        place = f"{origin.scheme.decode()}://{origin.host.decode()}:{origin.port}"
        listener.started(Call("connection", "CONNECT", place))

    before(getattr(module, "HTTPConnection", None) or module.AsyncHTTPConnection, "_connect", tell)


def aiohttp(module: Any, listener: Listener) -> None:
    """The one method behind get, post and all others."""
    wrap_async(
        module.ClientSession, "_request", listener, lambda _self, method, url, *_args, **_kwargs: _call(method, url)
    )


def http_client(module: Any, listener: Listener) -> None:
    """The standard library's client, and urllib.request above it: a request and its answer are two calls."""
    connection = module.HTTPConnection
    request, getresponse = connection.request, connection.getresponse

    @functools.wraps(request)
    def requested(self: Any, method: Any, url: Any, *args: Any, **kwargs: Any) -> Any:
        self.costmod_request = None
        if not listener.is_inner():
            scheme = "https" if isinstance(self, getattr(module, "HTTPSConnection", ())) else "http"
            target = url if "://" in str(url) else f"{scheme}://{self.host}:{self.port}{url}"
            self.costmod_request = (listener.started(_call(method, target)),)
        return request(self, method, url, *args, **kwargs)

    @functools.wraps(getresponse)
    def answered(self: Any, *args: Any, **kwargs: Any) -> Any:
        answer = getresponse(self, *args, **kwargs)
        if getattr(self, "costmod_request", None):
            (begun,), self.costmod_request = self.costmod_request, None
            listener.ended(begun)
        return answer

    connection.request, connection.getresponse = requested, answered


def _connection(pool: Any, listener: Listener) -> None:
    listener.started(Call("connection", "CONNECT", f"{pool.scheme}://{pool.host}:{pool.port}"))


def _call(method: Any, url: Any) -> Call:
    return Call("http", str(method).upper(), _without_values(str(url)))


def _without_values(url: str) -> str:
    """No user, no fragment, and of a query only that there is one."""
    place, query, _ = _USER.sub("", url[:MAX_TEXT].partition("#")[0]).partition("?")
    return place + ("?REDACTED" if query else "")
