"""The good part of a JSON document that ends early: what comes before its last whole record, closed."""

import re
from typing import NamedTuple

DEEPEST = 64  # no export nests further; a bomb does
_TOKENS = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.S)
_CLOSING = {b"[": b"]", b"{": b"}"}


class Records(NamedTuple):
    """The lists whose items can be used without what comes after them, by the key that holds them (with its quotes).

    Those of `inner` only where an object with the key `needs` came before, beside them or further out. Without any key,
    records are the items of the outermost list and of lists in it.
    """

    lists: tuple[bytes, ...] = ()
    inner: bytes = b""
    needs: bytes = b""


class _Open:
    """A bracket that is not closed yet."""

    def __init__(self, bracket: bytes, holds: bytes | None) -> None:
        self.bracket = bracket
        self.holds = holds  # the key of a list of records
        self.has_needed = False


def mended(text: bytes, records: Records) -> bytes | None:
    """The document up to the last whole record, with what is open closed; None where there is no whole one."""
    stack: list[_Open] = []
    key = b""
    cut, closing = 0, b""
    for token in _TOKENS.finditer(text):
        found = token[0]
        if found[:1] == b'"':
            key = found
        elif found in _CLOSING:
            if stack and found == b"{" and key == records.needs:
                stack[-1].has_needed = True
            stack.append(_Open(found, _holds(found, key, stack, records)))
            key = b""
            if len(stack) > DEEPEST:
                return None
        elif not stack or _CLOSING[stack.pop().bracket] != found:
            return None
        elif found == b"}" and stack and _is_record(stack, records):
            cut, closing = token.end(), b"".join(_CLOSING[open_.bracket] for open_ in reversed(stack))
    return text[:cut] + closing if cut else None


def _holds(bracket: bytes, key: bytes, stack: list[_Open], records: Records) -> bytes | None:
    if bracket != b"[":
        return None
    if not records.lists:
        return b"" if len(stack) < 2 and all(open_.bracket == b"[" for open_ in stack) else None
    return key if key == records.inner or key in records.lists else None


def _is_record(stack: list[_Open], records: Records) -> bool:
    """Whether what has just been closed is a record: `stack` is what is around it."""
    holds = stack[-1].holds
    if holds is None or not holds:
        return holds is not None
    return holds != records.inner or any(open_.has_needed for open_ in stack)
