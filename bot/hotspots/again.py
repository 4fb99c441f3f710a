"""Exports that were read before: their hotspots from the cache, without a reader or the detector being loaded.

Known again by their content, the settings that count for it, and the code that reads. What was said on standard error
is not kept: an input of which something is to be told is read every time.
"""

import contextlib
import hashlib
import io
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

import msgspec

from bot.config import Config
from bot.records import Hotspot
from codemods.cache import Store, folder, states

MAX_BYTES = 256_000_000  # of all inputs together
MAX_KEPT = 4_000_000  # of the hotspots
_CHUNK = 1 << 20
_KEY = "hotspots"


def read_again(
    paths: Sequence[str], config: Config, read: Callable[[Sequence[str], Config], list[Hotspot]]
) -> list[Hotspot]:
    """What `read` makes of the exports at the paths.

    Raises:
        UserError: see `bot.hotspots.read`.
    """
    question = _question(paths, config)
    if question is None:
        return read(paths, config)
    store = Store(question)
    with contextlib.suppress(msgspec.MsgspecError):
        if (kept := store.get(_KEY)) is not None:
            return msgspec.msgpack.decode(kept, type=list[Hotspot])
    with contextlib.redirect_stderr(_Heard(sys.stderr)) as heard:
        found = read(paths, config)
    data = msgspec.msgpack.encode(found)
    exact = not heard.said and len(data) <= MAX_KEPT and _is_whole(data)
    if exact and _question(paths, config) == question:  # the files did not change while they were read
        store.put(_KEY, data)
        store.save()
    return found


def _is_whole(data: bytes) -> bool:
    """Whether reading it gives the very same values: not so where a number is of another type than its field says."""
    return msgspec.msgpack.encode(msgspec.msgpack.decode(data, type=list[Hotspot])) == data


class _Heard(io.TextIOBase):
    """Hands text on, and knows whether there was any."""

    def __init__(self, to: TextIO) -> None:
        self._to = to
        self.said = False

    def write(self, text: str) -> int:
        self.said = True
        return self._to.write(text)

    def flush(self) -> None:
        self._to.flush()


def _question(paths: Sequence[str], config: Config) -> Path | None:
    """The file for what everything that the hotspots depend on leads to; None where that cannot be known cheaply."""
    place = folder()
    if place is None:
        return None
    here = Path(__file__).parent
    code = sorted([*here.rglob("*.py"), here.parent / "records.py", here.parent / "config.py"])
    libraries = Path(msgspec.__file__).parents[1]  # changes when something is installed or removed
    settings = (config.minimum_repeats, config.slow_statement_ms, config.max_input_mb, config.alarm_services)
    asked = hashlib.sha256(repr((states(*code, libraries), settings)).encode())
    left = MAX_BYTES
    for path in paths:
        file = Path(path)
        try:
            if path == "-" or not file.is_file() or (left := left - file.stat().st_size) < 0:
                return None
            asked.update(f"\0{path}\0".encode("utf-8", "surrogateescape"))
            with file.open("rb") as stream:
                content = hashlib.sha256()
                while chunk := stream.read(_CHUNK):
                    content.update(chunk)
        except OSError:
            return None
        asked.update(content.digest())
    return place / "exports" / f"{asked.hexdigest()}.facts"
