"""The line of the project that makes a call: of the application, never of a test or of what drives it."""

# No pathlib: the probe starts in every interpreter of the run.
# ruff: noqa: PTH118, PTH120

from __future__ import annotations

import os
import re
import sys
from types import CodeType
from typing import Any

from ..frames import Frames, Meaning, outwards

ENTRY = "costmod_entry"  # the name of every function that wraps an entry: nothing above it belongs to the entry
_HERE = os.path.dirname(__file__)
_FIXTURES = os.path.join("_pytest", "fixtures.py")
_TEST_FILE = re.compile(r"(.*/)?(test_[^/]*\.py|[^/]*_test\.py|tests\.py|conftest\.py|tests?/.*)")
_SCOPE = re.compile(r"(?:\.<locals>)?(?:^|\.)<(?:listcomp|genexpr|dictcomp|setcomp|lambda)>$")


class Places(Frames):
    """Reads the stack from the inside out."""

    def read_place(self, *, phase_matters: bool) -> tuple[tuple[str, int, str] | None, str]:
        """File, line and function of the innermost frame, and the phase of the test where that matters."""
        place, phase = None, ""
        for frame in outwards(sys._getframe(1)):
            file, name, code_phase, is_boundary, _ = self.known(frame.f_code)
            if file and place is None:
                place = file, _line(frame, file), name
                if not phase_matters:
                    break
            phase = phase or code_phase
            if is_boundary:
                break
        return place, phase

    def meaning(self, code: CodeType) -> Meaning:
        """As of any stack; fixtures are set-up, and what surrounds an entry is no part of it."""
        path = code.co_filename
        if code.co_name == ENTRY and path.startswith(_HERE):
            return "", "", "", True, ""
        if code.co_name == "call_fixture_func" and path.endswith(_FIXTURES):
            return "", "", "setup", True, ""
        file, name, phase, is_boundary, role = super().meaning(code)
        if _TEST_FILE.fullmatch(file):
            file = ""
        while _SCOPE.search(name):
            name = _SCOPE.sub("", name)
        return file, "" if name == "<module>" else name, phase, is_boundary, role


def _line(frame: Any, file: str) -> int:
    """Jinja compiles templates, and only the template knows which of its lines runs."""
    line: int = frame.f_lineno
    template = None if file.endswith(".py") else frame.f_globals.get("__jinja_template__")
    return template.get_corresponding_lineno(line) if template is not None else line
