"""The project's part of the call stack, across greenlets, with the phase of the test it belongs to."""

# No pathlib: the probe starts in every interpreter of the run.
# ruff: noqa: PTH118, UP006, UP035  (the alias is evaluated, and Python 3.8 cannot subscript tuple)

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any, Tuple

MAX_FRAMES = 12
_INSTALLED = ("site-packages", "dist-packages")
_UNITTEST_PHASES = {
    "_callSetUp": "setup",
    "_callTestMethod": "call",
    "_callTearDown": "teardown",
    "doCleanups": "teardown",
}
_PYTEST_RUNNER = os.path.join("_pytest", "runner.py")
# What calls a test or a fixture: between it and the runner there are only pytest's own frames and those of plugins.
_PYTEST_CALLERS = {
    os.path.join("_pytest", "python.py"): "pytest_pyfunc_call",
    os.path.join("_pytest", "fixtures.py"): "call_fixture_func",
}

# What an ORM does between an attribute that is read and its statement; the first of these from the inside out decides.
_BATCH, _MAYBE = "batch", "maybe"
_LOADS = tuple(
    (os.path.join(*end.split("/")), names, role)
    for end, names, role in (
        ("sqlalchemy/orm/strategies.py", ("_emit_lazyload",), "lazy"),
        ("sqlalchemy/orm/strategies.py", ("_load_for_state",), "deferred"),
        ("sqlalchemy/orm/loading.py", ("load_scalar_attributes", "_load_scalar_attributes"), "deferred"),
        ("django/db/models/fields/related_descriptors.py", ("get_object", "__get__"), "lazy"),
        ("django/contrib/contenttypes/fields.py", ("__get__",), "lazy"),
        ("django/db/models/query_utils.py", ("__get__",), "deferred"),
        ("django/db/models/query.py", ("prefetch_one", "prefetch_related_objects"), _BATCH),
        ("django/db/models/query.py", ("_fetch_all", "get", "count", "exists"), _MAYBE),
    )
)
Meaning = Tuple[str, str, str, bool, str]
# From `read` to the innermost project frame: how deep it lies, its code and instruction, and the load seen until there.
Way = Tuple[int, CodeType, int, str]
_KEPT = 2000  # statements whose way is remembered


class Frames:
    """Reads stacks; what a code object means is worked out once."""

    def __init__(self, root: str) -> None:
        self._root = os.path.realpath(root) + os.sep
        self._known: dict[int, tuple[CodeType, Meaning]] = {}
        # Most frames are a library's and say nothing: one look-up per frame has to do. None is one not seen yet.
        self._telling: dict[int, Any] = {}
        self._ways: dict[str, Way] = {}

    def read(self, statement: str = "") -> tuple[tuple[tuple[str, int, str], ...], str, str]:
        """Up to 12 project frames, innermost first, unittest's phase ("" outside of unittest), and "lazy" or "deferred"
        where an ORM loads because an attribute was read.

        What called the test framework (manage.py, a runner script) is no part of the test. A statement that comes from
        the same instruction at the same depth as the last time came by the same way: walking a library's frames costs.
        """
        found: list[tuple[str, int, str]] = []
        phase = load = ""
        telling = self._telling.get
        frame: Any = None
        way = self._ways.get(statement)
        if way is not None:
            frame, load = _at_the_end(way)
        is_new_way = frame is None and bool(statement)
        depth = 0
        if frame is None:
            frame = sys._getframe(0)
        current = None
        while frame is not None:
            entry = telling(id(frame.f_code))
            if entry is None:
                self._learnt(frame.f_code)
                continue
            if entry:
                file, name, code_phase, is_framework, role = entry
                if role and load in ("", _MAYBE):
                    load = role if role != _MAYBE else load or (_MAYBE if _is_of_instance(frame) else "")
                if file and len(found) < MAX_FRAMES:
                    if is_new_way and not found and current is None:
                        self._remember(statement, (depth, frame.f_code, frame.f_lasti, load))
                    found.append((file, frame.f_lineno, name))
                phase = phase or code_phase
                if is_framework:
                    break
            frame = frame.f_back
            depth += 1
            if frame is None:
                frame, current = _outer_greenlet(current)
        return tuple(found), phase, {_MAYBE: "lazy", _BATCH: ""}.get(load, load)

    def _remember(self, statement: str, way: Way) -> None:
        if len(self._ways) >= _KEPT:
            self._ways.clear()
        self._ways[statement] = way

    def known(self, code: CodeType) -> Meaning:
        """File ("" outside of the project), name, phase of the test, whether the frames above are no part of it, and
        the part of an ORM's loading."""
        return (self._known.get(id(code)) or self._learnt(code))[1]

    def _learnt(self, code: CodeType) -> tuple[CodeType, Meaning]:
        meaning = self.meaning(code)
        known = self._known[id(code)] = (code, meaning)  # keeps the code object alive, so its id stays its own
        self._telling[id(code)] = meaning if meaning[0] or meaning[2] or meaning[3] or meaning[4] else ()
        return known

    def meaning(self, code: CodeType) -> Meaning:
        """As `known`, worked out."""
        name = getattr(code, "co_qualname", code.co_name)  # co_qualname: Python 3.11
        path = code.co_filename
        if path.endswith(os.path.join("unittest", "case.py")):
            phase = _UNITTEST_PHASES.get(code.co_name, "")
            # Not every frame of this file: assertRaises stands between a test and the code it calls.
            return "", name, phase, bool(phase) or code.co_name == "run", ""
        if path.endswith(_PYTEST_RUNNER):
            return "", name, "", True, ""
        if any(code.co_name == called and path.endswith(end) for end, called in _PYTEST_CALLERS.items()):
            return "", name, "", True, ""
        if path.startswith("<"):
            return "", name, "", False, ""
        if any(part in path for part in _INSTALLED):
            role = next((role for end, names, role in _LOADS if code.co_name in names and path.endswith(end)), "")
            return "", name, "", False, role
        real = os.path.realpath(path)
        if not real.startswith(self._root):
            return "", name, "", False, ""
        return real[len(self._root) :].replace(os.sep, "/"), name, "", False, ""


def _at_the_end(way: Way) -> tuple[Any, str]:
    """The frame where the way ends, when it is the same one; None when it is not."""
    depth, code, instruction, load = way
    try:
        frame = sys._getframe(depth + 1)
    except ValueError:  # the stack is less deep
        return None, ""
    return (frame, load) if frame.f_code is code and frame.f_lasti == instruction else (None, "")


def _is_of_instance(frame: FrameType) -> bool:
    """Django's related managers hint at the object that they belong to."""
    return "instance" in (getattr(frame.f_locals.get("self"), "_hints", None) or ())


def outwards(frame: Any) -> Iterator[FrameType]:
    """Frames from the inside out; SQLAlchemy's asyncio support runs the statement in a greenlet of its own."""
    current = None
    while frame is not None:
        yield frame
        frame = frame.f_back
        if frame is None:
            frame, current = _outer_greenlet(current)


def _outer_greenlet(current: Any) -> tuple[Any, Any]:
    """The innermost frame of the greenlet that waits for this one, and that greenlet; None and None at the end."""
    greenlets = sys.modules.get("greenlet")
    if greenlets is None:
        return None, None
    current = current or greenlets.getcurrent()
    while current is not None:
        current = current.parent
        frame = current.gr_frame if current is not None else None
        if frame is not None:
            return frame, current
    return None, None
