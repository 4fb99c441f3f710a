"""Facts on disk, so that a second run costs what changed: one file per repository name, each fact under a key.

A key names the content that the fact was read off (the git blob id), so nothing is ever out of date. What wrote the
file has a stamp: another Python, another release or an edited codemod does not read what it did not write. A file that
is damaged, foreign or too large is no cache at all. `COSTMOD_CACHE` names the folder, or is `off`.
"""

import ast
import contextlib
import hashlib
import os
import re
import sys
import time
import zlib
from collections.abc import Callable
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from codemods._expressions import Later, Listed, Named

VARIABLE = "COSTMOD_CACHE"
OFF = frozenset({"off", "no", "0", "false", ""})
MAX_BYTES = 64_000_000  # of one file: what was not asked for longest goes first
MAX_FILES = 40  # repositories
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
T = TypeVar("T")


class Store:
    """What one repository's file holds. Nothing is read before the first question, nothing written before `save`."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._kept: dict[str, bytes] | None = None
        self._used: dict[str, bytes] = {}
        self._news = False

    @property
    def keeps(self) -> bool:
        """Whether it keeps anything."""
        return self._file is not None

    def get(self, key: str) -> bytes | None:
        """What is kept under the key."""
        if self._file is None:
            return None
        if self._kept is None:
            self._kept = _load(self._file)
        if key in self._kept and key not in self._used:
            self._used[key] = self._kept[key]
        return self._used.get(key)

    def put(self, key: str, value: bytes) -> None:
        """Keep a value."""
        if self._file is not None:
            self._used[key] = value
            self._news = True

    def save(self) -> None:
        """Write what is new, in one step; a folder that cannot be written is no error."""
        if self._file is None or not self._news:
            return
        self._news = False
        left, entries = MAX_BYTES, {}
        for key, value in {**self._used, **(self._kept or {}), **self._used}.items():
            left -= len(key) + len(value)
            if left >= 0:
                entries[key] = value
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            _write(self._file, stamp() + msgspec.msgpack.encode(entries))
            _prune(self._file.parent)


def store_for(root: Path) -> Store:
    """The store of a checkout; one that keeps nothing when the cache is switched off."""
    place = folder()
    name = re.sub(r"[^\w.-]", "_", root.resolve().name)[:80]
    return Store(place / f"{name}.facts" if place else None)


def answer(question: tuple[str, ...], by: tuple[str, ...], work: Callable[[], str]) -> str:
    """The text that `work` makes of nothing but the question, from disk where it was asked before.

    `by` are the modules that do the work, none of which is imported for a question that was asked before.
    """
    store = _answers(folder())
    key = hashlib.sha256(repr((question, [_version(name) for name in by])).encode("utf-8", "replace")).hexdigest()
    found = store.get(key)
    if found is None:
        text = work()
        store.put(key, text.encode("utf-8", "surrogatepass"))
        return text
    return found.decode("utf-8", "surrogatepass")


def save_answers() -> None:
    """Write the answers that are new."""
    _answers(folder()).save()


def folder() -> Path | None:
    """Where everything is kept; None when the cache is switched off."""
    given = os.environ.get(VARIABLE)
    if given is not None:
        return None if given.strip().lower() in OFF else Path(given)
    from platformdirs import user_cache_path

    return user_cache_path("costmod", appauthor=False)


@cache
def _answers(folder: Path | None) -> Store:
    return Store(folder / "answers.facts" if folder else None)


@cache
def _version(module: str) -> tuple[int, int]:
    """What changes when the module does."""
    package = module.rpartition(".")[0]
    # Not importlib.util.find_spec: it would load a module that waits for its first use.
    spec = PathFinder.find_spec(module, sys.modules[package].__path__ if package else None)
    found = Path(spec.origin).stat() if spec and spec.origin else None
    return (found.st_size, found.st_mtime_ns) if found else (0, 0)


def states(*files: Path) -> list[tuple[str, int, int]]:
    """What changes when one of the files or folders does: name, size, modification time in ns."""
    return [(file.name, (found := file.stat()).st_size, found.st_mtime_ns) for file in files]


def blob_id(content: bytes) -> str:
    """The id that git gives to a content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


@cache
def stamp() -> bytes:
    """32 bytes for everything that a fact depends on besides the content: this Python and the code that reads."""
    code = sorted(Path(__file__).parent.rglob("*.py"))
    return hashlib.sha256(repr((sys.version, msgspec.__version__, states(*code))).encode()).digest()


def encode(value: object, text: str, level: int = 1) -> bytes:
    """Facts as bytes; an expression in them stands as its source, taken from the text it was parsed from.

    `level` is how hard to compress them, 0 not at all.
    """
    lines = _LINE.findall(text.encode())

    def pack(part: object) -> str | bytes:
        if not isinstance(part, ast.expr):
            return msgspec.msgpack.encode(part, enc_hook=packed)
        assert part.end_lineno is not None
        first, last = part.lineno - 1, part.end_lineno - 1
        if first == last:
            found = [lines[first][part.col_offset : part.end_col_offset]]
        else:
            found = [lines[first][part.col_offset :], *lines[first + 1 : last], lines[last][: part.end_col_offset]]
        return b"".join(found).decode()

    def packed(found: object) -> object:
        if isinstance(found, Later | Listed):
            return found.packed(pack)
        raise TypeError(type(found))

    return zlib.compress(msgspec.msgpack.encode(value, enc_hook=packed), level)


def decode(kind: type[T], data: bytes | None) -> T | str | None:
    """Facts of a kind, or the sentence that stands in their place; None when the bytes are neither."""
    if data is None:
        return None
    try:
        found: T | str = decoder(kind | str).decode(zlib.decompress(data))  # type: ignore[arg-type]
    except (zlib.error, msgspec.MsgspecError):
        return None
    return found


@cache
def decoder(kind: Any) -> msgspec.msgpack.Decoder[Any]:
    """Reads facts of a kind."""
    return msgspec.msgpack.Decoder(kind, dec_hook=_of_packed)


def _of_packed(kind: Any, found: Any) -> object:
    made = getattr(kind, "__origin__", kind)
    if made is Listed:
        return Listed(msgspec.convert(found, list[str]))
    # Bytes are what they are: not to be read off text as base64.
    return made(msgspec.convert(found, dict[str, str if made is Named else bytes], builtin_types=(bytes,)))  # type: ignore[misc]


def _load(file: Path) -> dict[str, bytes]:
    try:
        with file.open("rb") as stream:
            data = stream.read(2 * MAX_BYTES + 1_000)
        if data[:32] == stamp():
            return msgspec.msgpack.decode(data[32:], type=dict[str, bytes])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        pass
    return {}


def _write(file: Path, data: bytes) -> None:
    new = file.with_name(f".new-{os.getpid()}-{time.monotonic_ns()}")
    try:
        new.touch(0o600, exist_ok=False)
        new.write_bytes(data)
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)


def _prune(folder: Path) -> None:
    files = sorted(folder.glob("*.facts"), key=lambda file: file.stat().st_mtime_ns)
    for file in files[:-MAX_FILES]:
        file.unlink(missing_ok=True)
