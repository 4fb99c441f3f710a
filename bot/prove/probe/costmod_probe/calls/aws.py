"""AWS operations of botocore, and of aiobotocore above it: what goes out below them is no call of its own."""

from __future__ import annotations

from typing import Any

from .listener import Call, Listener, before, wrap, wrap_async


def botocore(module: Any, listener: Listener) -> None:
    """Stubbed and mocked clients included."""
    wrap(module.BaseClient, "_make_api_call", listener, _operation)


def aiobotocore(module: Any, listener: Listener) -> None:
    """The same as a coroutine."""
    wrap_async(module.AioBaseClient, "_make_api_call", listener, _operation)


def botocore_clients(module: Any, listener: Listener) -> None:
    """Making a client parses the service's model: milliseconds of CPU each time."""

    def tell(_session: Any, args: Any) -> None:
        listener.started(Call("client", "create", str(args[0]) if args else "client"))

    before(module.Session, "create_client", tell)


def _operation(client: Any, operation: str, *_args: Any, **_kwargs: Any) -> Call:
    service = str(client.meta.service_model.service_id)
    return Call("aws", operation, f"{service}.{operation}", service)
