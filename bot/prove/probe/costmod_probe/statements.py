"""One executed SQL statement, written down."""

# No error of the probe may reach the target.
# ruff: noqa: S110

from __future__ import annotations

import re
from typing import Any

from .current import test_and_phase
from .frames import Frames
from .recorder import Recorder

MAX_TEXT = 4000
_LITERAL = re.compile(r"'(?:[^']|'')*'|\b\d+\b")
_LIST = re.compile(r"\(\s*(?:[?%:$@]\w*(?:\([\w]*\)s)?\s*,\s*)+[?%:$@]\w*(?:\([\w]*\)s)?\s*\)")
_SPACE = re.compile(r"\s+")


def note(log: Recorder, stack: Frames, statement: Any) -> None:
    """Count the statement for the running test; whatever goes wrong stays here."""
    try:
        frames, unittest_phase = stack.read()
        test, phase = test_and_phase(unittest_phase)
        log.statement(test, phase, normalised(str(statement)), frames)
    except Exception:  # the target's statement matters, our count does not
        pass


def normalised(statement: str) -> str:
    """The statement without literals and with lists of parameters folded, so that repeats look alike."""
    text = _SPACE.sub(" ", statement[:MAX_TEXT]).strip()
    return _LIST.sub("(...)", _LITERAL.sub("?", text))
