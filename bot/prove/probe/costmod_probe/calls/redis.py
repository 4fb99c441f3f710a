"""Round trips to redis: a command, or a pipeline with all that it holds."""

from __future__ import annotations

from typing import Any

from .listener import Call, Listener, before, wrap, wrap_async


def redis(module: Any, listener: Listener) -> None:
    """redis-py; fakeredis is built on it."""
    wrap(module.Redis, "execute_command", listener, _command)
    wrap(module.Pipeline, "execute", listener, _pipeline)
    wrap(module.Pipeline, "immediate_execute_command", listener, _command)


def redis_async(module: Any, listener: Listener) -> None:
    """Its asyncio half."""
    wrap_async(module.Redis, "execute_command", listener, _command)
    wrap_async(module.Pipeline, "execute", listener, _pipeline)
    wrap_async(module.Pipeline, "immediate_execute_command", listener, _command)


def redis_cluster(module: Any, listener: Listener) -> None:
    """A cluster's client is a class of its own; its pipeline sends what it holds at the end."""
    wrap(module.RedisCluster, "execute_command", listener, _command)


def redis_connections(module: Any, listener: Listener) -> None:
    """Every connection that is opened."""

    def tell(connection: Any, _args: Any) -> None:
        if getattr(connection, "_sock", None) is None:
            place = f"redis://{getattr(connection, 'host', '')}:{getattr(connection, 'port', '')}"
            listener.started(Call("connection", "CONNECT", place))

    before(module.AbstractConnection, "connect", tell)


def _command(_client: Any, *args: Any, **_kwargs: Any) -> Call:
    name = str(args[0]).upper()
    return Call("redis", name, name, "redis")


def _pipeline(pipeline: Any, *_args: Any, **_kwargs: Any) -> Call | None:
    held = getattr(pipeline, "command_stack", ())
    if not held:
        return None
    names = sorted({str((command[0] or ("",))[0]).upper() for command in held})
    return Call("redis", "PIPELINE", f"PIPELINE {' '.join(names)}", "redis")
