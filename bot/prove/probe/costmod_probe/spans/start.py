"""Switches the record mode on."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from .. import imports
from ..instruments import CALLS
from . import asgi_entries, web_entries, work_entries
from .tracer import Tracer

_ENTRIES: dict[str, Callable[[Any, Tracer], None]] = {
    "flask.app": web_entries.flask,
    "django.core.handlers.base": web_entries.django,
    "starlette.applications": asgi_entries.starlette,
    "starlette.routing": asgi_entries.starlette_routes,
    "fastapi.routing": asgi_entries.fastapi_routes,
    "celery.signals": work_entries.celery,
    "_pytest.runner": work_entries.pytest,
    "unittest.case": work_entries.unittest,
    "unittest.async_case": work_entries.unittest_async,
    "concurrent.futures.thread": work_entries.thread_pools,
}


def start(directory: str, root: str) -> Callable[[], None]:
    """Install the instruments; returns what the process has to call before it ends."""
    environ = os.environ
    tracer = Tracer(directory, root, environ.get("OTEL_SERVICE_NAME") or environ.get("DD_SERVICE") or "")
    imports.watch({**CALLS, **_ENTRIES}, lambda: (tracer,))
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=tracer.forget)
    return tracer.leave
