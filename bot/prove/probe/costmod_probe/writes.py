"""What a statement writes, as a number that adds up: the same rows give the same sum in any order and any batching."""

from __future__ import annotations

import hashlib
import re
import sys
from typing import Any

VERBS = frozenset(("INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE"))
_TARGET = re.compile(
    r"\s*\(*\s*(INSERT|UPDATE|DELETE|REPLACE|MERGE)\s+(?:OR\s+\w+\s+)?(?:INTO\s+|FROM\s+|ONLY\s+|IGNORE\s+)*"
    r"([\w.\"`\[\]]+)\s*(?:\(([^)]*)\)\s*(?:VALUES|OVERRIDING))?",
    re.IGNORECASE,
)
_MODULUS = 1 << 64
_HASHES_ARE_ALIKE = not sys.flags.hash_randomization  # in every run: then Python's own is good enough, and quicker
_KEPT = 2000  # statements that are remembered
_known: dict[str, tuple[str, int]] = {}  # verb and table, values of a row


def of(statement: str, parameters: Any, *, many: bool) -> tuple[str, int, int]:
    """ "INSERT post", the rows with values, and the sum of a hash of each."""
    known = _known.get(statement)
    if known is None:
        if len(_known) >= _KEPT:
            _known.clear()
        known = _known[statement] = _target(statement)
    what, width = known
    # SQLAlchemy makes one statement of many rows and still says "many".
    each = many and bool(parameters) and isinstance(next(iter(parameters)), (list, tuple, dict))
    if not each and isinstance(parameters, tuple) and (width == 0 or len(parameters) == width):
        return what, 1, _hash(what, parameters)
    rows = [row for one in (parameters if each else (parameters,)) for row in _rows(one, width)]
    total = sum(_hash(what, row) for row in rows) % _MODULUS
    return what, len(rows), total


def _target(statement: str) -> tuple[str, int]:
    found = _TARGET.match(statement)
    verb, table, columns = (found[1], found[2], found[3]) if found else ("WRITE", "", None)
    what = f"{verb.upper()} {re.sub(r'[^A-Za-z0-9_.]', '', table)}"
    return what, len(columns.split(",")) if columns else 0


def _rows(parameters: Any, width: int) -> list[Any]:
    """The values of one execution; those of an INSERT of several rows come after one another."""
    values = list(parameters.values() if isinstance(parameters, dict) else parameters or ())
    if width and len(values) > width and len(values) % width == 0:
        return [values[start : start + width] for start in range(0, len(values), width)]
    return [values]


def _hash(what: str, row: Any) -> int:
    text = f"{what}\0{tuple(row)!r}"
    if _HASHES_ARE_ALIKE:
        return hash(text) % _MODULUS
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=8).digest(), "big")
