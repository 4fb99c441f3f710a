"""Which module is instrumented by what, when the target imports it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _later(file: str, name: str) -> Callable[[Any, Any], None]:
    """An instrument that is loaded when it is needed: the probe starts in every interpreter of the run."""

    def instrument(module: Any, listener: Any) -> None:
        instruments = __import__(f"{__package__}.calls.{file}", fromlist=[name])
        getattr(instruments, name)(module, listener)

    return instrument


CALLS: dict[str, Callable[[Any, Any], None]] = {
    "sqlalchemy": _later("sql", "sqlalchemy"),
    "sqlalchemy.engine.cursor": _later("sql", "sqlalchemy_rows"),
    "django.db.backends.utils": _later("sql", "django"),
    "django.db.backends.base.base": _later("sql", "django_commits"),
    "sqlite3.dbapi2": _later("drivers", "sqlite3"),
    "psycopg2": _later("drivers", "psycopg2"),
    "psycopg": _later("drivers", "psycopg"),
    "requests.sessions": _later("http", "requests"),
    "urllib3.connectionpool": _later("http", "urllib3"),
    "httpx._client": _later("http", "httpx"),
    "httpx2._client": _later("http", "httpx"),
    "httpcore._sync.connection": _later("http", "httpcore"),
    "httpcore._async.connection": _later("http", "httpcore"),
    "aiohttp.client": _later("http", "aiohttp"),
    "http.client": _later("http", "http_client"),
    "botocore.client": _later("aws", "botocore"),
    "botocore.session": _later("aws", "botocore_clients"),
    "aiobotocore.client": _later("aws", "aiobotocore"),
    "redis.client": _later("redis", "redis"),
    "redis.asyncio.client": _later("redis", "redis_async"),
    "redis.cluster": _later("redis", "redis_cluster"),
    "redis.connection": _later("redis", "redis_connections"),
}
