"""What to grow, and what was seen of it."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from typing import Any

from ..counter import Counter
from ..current import test_and_phase
from ..frames import Frames
from ..recorder import Recorder

MAX_ROWS = 200  # of one table that are cloned
MAX_DESCRIBED = 5000  # rows of the query that are compared
_FEW, _TIMES = 2, 5  # rows that say little by themselves, and how often they are cloned


class CannotGrowError(Exception):
    """Why the rows cannot be multiplied, in words for the proof."""


class Growth:
    """Grows once per test, at the first query on the root that is executed after the site was reached."""

    def __init__(self, settings: str, counter: Counter, log: Recorder, stack: Frames) -> None:
        paths = [path.split(".") for path in json.loads(settings)["loads"]]
        self.root = paths[0][0]
        self._paths = paths
        self.counter, self._log, self._stack = counter, log, stack
        self._done = ""

    def edges(self, follow: Any) -> set[tuple[str, str]]:
        """Class and attribute of every relation to follow; `follow(class, attribute)` names the class it leads to."""
        found = set()
        for first, *attributes in self._paths:
            owner = first
            for attribute in attributes:
                found.add((owner, attribute))
                owner = follow(owner, attribute)
        return found

    def due(self) -> bool:
        """Whether the running test has reached the site and has not been grown."""
        if self.counter.muted:
            return False
        _, unittest_phase, _ = self._stack.read()
        test, phase = test_and_phase(unittest_phase)
        if not test or phase != "call" or test == self._done or not self._log.has_reached(test):
            return False
        self._done = test
        return True

    def attempt(self, grow: Callable[[], None]) -> None:
        """Grow the rows without counting what that takes; an error is written down, and the test goes on."""
        self.counter.muted = True
        try:
            grow()
        except CannotGrowError as error:
            self.tell("why", str(error))
        except Exception as error:
            self.tell("why", f"{type(error).__name__} while rows were cloned")
        finally:
            self.counter.muted = False

    def tell(self, kind: str, text: str, rows: int = 0) -> None:
        """Write down one fact about the running test."""
        self._log.note(self._done, kind, text, rows)


def clones(rows: int) -> int:
    """How often so many rows are cloned."""
    return _TIMES if rows <= _FEW else 1


def key(value: Any, number: int) -> Any:
    """Another value for a primary key or unique column, of the same type."""
    if isinstance(value, str):
        return f"{number}c{value}"
    if isinstance(value, bool) or value is None:
        raise CannotGrowError("a unique column holds neither text nor a number")
    if isinstance(value, int):
        return value + 1_000_000 + number
    if isinstance(value, uuid.UUID):
        return uuid.UUID(int=(value.int + number) % (1 << 128))
    raise CannotGrowError(f"a unique column of type {type(value).__name__}")


class Digest:
    """The rows of the edited query with what they lead to, as two numbers: with all values, and without those of a
    clock or a generator of keys."""

    def __init__(self) -> None:
        self._rows: tuple[list[str], list[str]] = ([], [])

    def add(self, row: Any) -> None:
        """One row: nested lists of values."""
        self._rows[0].append(repr(row))
        self._rows[1].append(repr(_plain(row)))

    def values(self, *, ordered: bool) -> tuple[str, str]:
        """Both as hexadecimal text; rows count in their order where the query promises one."""
        each = (rows if ordered else sorted(rows) for rows in self._rows)
        first, second = (hashlib.sha256("\n".join(rows).encode("utf-8", "backslashreplace")) for rows in each)
        return first.hexdigest()[:32], second.hexdigest()[:32]


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, (str, int, float, bool)) else type(value).__name__
