"""An OpenTelemetry span processor for the application: outbound spans get the line of the project that made them.

It needs the SDK and nothing else of this package, so the file may also be copied.
"""

import contextlib
import os
import sys
from types import FrameType

from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span, SpanProcessor
from opentelemetry.trace import SpanKind

_INSTALLED = ("site-packages", "dist-packages")


class CodeOrigin(SpanProcessor):
    """Sets `code.file.path` (relative to `root`, by default the working directory), `.line.number`, `.function.name`.

    Add it to the tracer provider; it costs one walk up the stack per outbound span, and never raises.
    """

    def __init__(self, root: str | None = None) -> None:
        self._root = os.path.join(os.path.realpath(root or "."), "")  # noqa: PTH118 - the prefix ends in a separator
        self._known: dict[str, str] = {}

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - as the SDK calls it
        """Look for the innermost frame of the project."""
        if span.kind is SpanKind.CLIENT:
            with contextlib.suppress(Exception):
                self._locate(span, sys._getframe(1))

    def _locate(self, span: Span, start: FrameType) -> None:
        frame: FrameType | None = start
        greenlets = sys.modules.get("greenlet")  # SQLAlchemy's asyncio support runs statements in one of its own
        current = greenlets.getcurrent() if greenlets else None
        while frame is not None:
            if path := self._relative(frame.f_code.co_filename):
                name = getattr(frame.f_code, "co_qualname", frame.f_code.co_name)  # co_qualname: Python 3.11
                span.set_attribute("code.file.path", path)
                span.set_attribute("code.line.number", frame.f_lineno)
                span.set_attribute("code.function.name", f"{frame.f_globals.get('__name__', '')}.{name}")
                return
            frame = frame.f_back
            while frame is None and current is not None:
                current = current.parent
                frame = current.gr_frame if current is not None else None

    def _relative(self, file: str) -> str:
        """The path in the project, "" outside of it."""
        if (known := self._known.get(file)) is None:
            real = "" if file.startswith("<") else os.path.realpath(file)
            inside = real.startswith(self._root) and not any(part in real for part in _INSTALLED)
            known = self._known[file] = real[len(self._root) :].replace(os.sep, "/") if inside else ""
        return known
