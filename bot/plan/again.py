"""Hotspots that were planned before: the same outcome, while every answer of the checkout that led to it is the same.

A plan follows from its hotspot and from what it asks of the checkout: facts and lines of files, searches, templates.
Both are kept with it. Nothing of it is believed before all of the questions were asked again.
"""

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from bot.records import Hotspot, Patch, Refusal
from codemods.cache import states
from codemods.index import Index
from codemods.index.trace import result_of

Outcome = Patch | Refusal
_Kept = list[tuple[Patch | None, Refusal | None]]


def plan_again(hotspot: Hotspot, index: Index, plan: Callable[[Hotspot, Index], list[Outcome]]) -> list[Outcome]:
    """What `plan` makes of a hotspot."""
    tree = index.tree
    if not tree.store.keeps:
        return plan(hotspot, index)
    key = _key(hotspot, index)
    if (packed := tree.store.get(key)) is not None and (known := result_of(packed, tree)) is not None:
        return [patch or refusal for patch, refusal in _read(known) if patch or refusal]  # type: ignore[misc]
    found = plan(hotspot, index)
    data = msgspec.msgpack.encode([(one, None) if isinstance(one, Patch) else (None, one) for one in found])
    if msgspec.msgpack.encode(_read(data)) == data and not _others():
        tree.store.put(key, tree.trace.packed(data))
    return found


def _read(data: bytes) -> _Kept:
    return msgspec.msgpack.decode(data, type=_Kept)


def _key(hotspot: Hotspot, index: Index) -> str:
    """A name for everything else that counts: the hotspot, edits that went before, the code, what is installed."""
    here = Path(__file__).parent
    code = states(*sorted(here.glob("*.py")), here.parent / "records.py", *filter(Path.is_dir, map(Path, sys.path)))
    asked = msgspec.msgpack.encode((hotspot, index.tree.edits, index.endpoints, sys.path, code))
    return f"plan {hashlib.sha256(asked).hexdigest()}"


def _others() -> bool:
    """Whether codemods of others are installed, which may look at anything."""
    from codemods import announced

    return announced()
