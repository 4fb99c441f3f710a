"""Which module is instrumented by what, when the target imports it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .calls import aws, drivers, http, redis, sql
from .calls.listener import Listener

CALLS: dict[str, Callable[[Any, Listener], None]] = {
    "sqlalchemy": sql.sqlalchemy,
    "sqlalchemy.engine.cursor": sql.sqlalchemy_rows,
    "django.db.backends.utils": sql.django,
    "django.db.backends.base.base": sql.django_commits,
    "sqlite3.dbapi2": drivers.sqlite3,
    "psycopg2": drivers.psycopg2,
    "psycopg": drivers.psycopg,
    "requests.sessions": http.requests,
    "urllib3.connectionpool": http.urllib3,
    "httpx._client": http.httpx,
    "httpx2._client": http.httpx,
    "httpcore._sync.connection": http.httpcore,
    "httpcore._async.connection": http.httpcore,
    "aiohttp.client": http.aiohttp,
    "http.client": http.http_client,
    "botocore.client": aws.botocore,
    "botocore.session": aws.botocore_clients,
    "aiobotocore.client": aws.aiobotocore,
    "redis.client": redis.redis,
    "redis.asyncio.client": redis.redis_async,
    "redis.cluster": redis.redis_cluster,
    "redis.connection": redis.redis_connections,
}
