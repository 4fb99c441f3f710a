"""The project's part of the call stack, across greenlets, with the phase of the test it belongs to."""

# No pathlib: the probe starts in every interpreter of the run.
# ruff: noqa: PTH118

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any

MAX_FRAMES = 12
_INSTALLED = ("site-packages", "dist-packages")
_UNITTEST_PHASES = {
    "_callSetUp": "setup",
    "_callTestMethod": "call",
    "_callTearDown": "teardown",
    "doCleanups": "teardown",
}
_PYTEST_RUNNER = os.path.join("_pytest", "runner.py")


class Frames:
    """Reads stacks; what a code object means is worked out once."""

    def __init__(self, root: str) -> None:
        self._root = os.path.realpath(root) + os.sep
        self._known: dict[int, tuple[CodeType, tuple[str, str, str, bool]]] = {}

    def read(self) -> tuple[tuple[tuple[str, int, str], ...], str]:
        """Up to 12 project frames, innermost first, and unittest's phase ("" outside of unittest).

        What called the test framework (manage.py, a runner script) is no part of the test.
        """
        found: list[tuple[str, int, str]] = []
        phase = ""
        for frame in outwards(sys._getframe(1)):
            file, name, code_phase, is_framework = self.known(frame.f_code)
            if file and len(found) < MAX_FRAMES:
                found.append((file, frame.f_lineno, name))
            phase = phase or code_phase
            if is_framework:
                break
        return tuple(found), phase

    def known(self, code: CodeType) -> tuple[str, str, str, bool]:
        """File ("" outside of the project), name, phase of the test, and whether the frames above are no part of it."""
        known = self._known.get(id(code))
        if known is None:
            known = (code, self.meaning(code))  # keeps the code object alive, so its id stays its own
            self._known[id(code)] = known
        return known[1]

    def meaning(self, code: CodeType) -> tuple[str, str, str, bool]:
        """As `known`, worked out."""
        name = getattr(code, "co_qualname", code.co_name)  # co_qualname: Python 3.11
        path = code.co_filename
        if path.endswith(os.path.join("unittest", "case.py")):
            phase = _UNITTEST_PHASES.get(code.co_name, "")
            # Not every frame of this file: assertRaises stands between a test and the code it calls.
            return "", name, phase, bool(phase) or code.co_name == "run"
        if path.endswith(_PYTEST_RUNNER):
            return "", name, "", True
        if path.startswith("<") or any(part in path for part in _INSTALLED):
            return "", name, "", False
        real = os.path.realpath(path)
        if not real.startswith(self._root):
            return "", name, "", False
        return real[len(self._root) :].replace(os.sep, "/"), name, "", False


def outwards(frame: Any) -> Iterator[FrameType]:
    """Frames from the inside out; SQLAlchemy's asyncio support runs the statement in a greenlet of its own."""
    greenlets = sys.modules.get("greenlet")
    current = greenlets.getcurrent() if greenlets is not None else None
    while frame is not None:
        yield frame
        frame = frame.f_back
        while frame is None and current is not None:
            current = current.parent
            frame = current.gr_frame if current is not None else None
