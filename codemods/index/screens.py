"""What searches of the files' texts have found, kept from run to run: only what changed is read and searched again."""

import os
import time
import zlib
from collections.abc import Callable, Collection, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import msgspec

from codemods.cache import Store, blob_id

MAX_ANSWERS = 2_000  # what was not asked for longest goes first
MAX_CELLS = 32_000_000  # answers times files
SETTLED = 3_000_000_000  # ns that a file must have rested before its state vouches for its content
_UNKNOWN, _NO, _YES = range(3)
State = tuple[int, int, int, int, int]
Search = Callable[[list[str]], Iterable[str]]


class Texts(Protocol):
    """The texts of a checkout, some of which an edit may have replaced."""

    skipped: dict[str, str]

    def text(self, path: str) -> str | None:
        """The text, or None with a reason in `skipped`."""

    def is_real(self, folder: str) -> bool:
        """Whether a folder is one, and no link to one."""


class _Record(msgspec.Struct, array_like=True):
    """One slot per path ever seen; an answer holds a byte per slot."""

    paths: list[str] = []
    states: list[State | None] = []  # None: it is read again
    ids: list[str] = []  # blob id of the text, or "!" and the reason why there is none
    answers: dict[str, bytes] = {}


class Screens:
    """Which files answer yes to which question about their text.

    A file whose state (size, times, inode, device) is the recorded one, and that had rested when the state was taken,
    has the recorded content; any other is read, and what counts then is the hash of its content.

    Attributes:
        skipped: path -> why it is not read.
    """

    def __init__(self, root: Path, store: Store, files: tuple[str, ...], limit: int) -> None:
        self._root, self._store, self._files, self._limit = root, store, files, limit
        self._keeps = store.keeps
        self._record = _Record()
        self._states: dict[str, State | None] = {}
        self._opened = 0  # ns
        self._slots: dict[str, int] = {}  # of the files whose content is known
        self._pending = set(files)
        self._changed: list[int] = []
        self._answers: dict[str, bytearray] = {}
        self._news = False
        self.skipped: dict[str, str] = {}

    def ask(self, question: str, search: Search, texts: Texts, but: Collection[str]) -> list[str]:
        """The files that a search finds, sorted; it is given the paths of those of which that is not known.

        `but` are paths left out, since their text is not the one on disk.
        """
        self.check(texts, but)
        answer = self._answer(question)
        missing = self._marked(answer, _UNKNOWN, but)
        if missing:
            self._news = True
            found = set(search(missing))
            if len(missing) == len(answer):
                answer[:] = bytes([_NO]) * len(answer)
            for path in found if len(missing) == len(answer) else missing:
                answer[self._slots[path]] = _YES if path in found else _NO
        return sorted(self._marked(answer, _YES, but))

    def _marked(self, answer: bytearray, mark: int, but: Collection[str]) -> list[str]:
        """The files of which an answer says that."""
        if mark == _UNKNOWN and not but and answer.count(mark) == len(answer) == len(self._slots):
            return list(self._slots)
        found, slot = [], answer.find(mark)
        while slot >= 0:
            path = self._record.paths[slot]
            if path in self._slots and path not in but:
                found.append(path)
            slot = answer.find(mark, slot + 1)
        return found

    def blob(self, path: str) -> str | None:
        """The id of a file's content on disk, where it is known and the file is not skipped."""
        slot = self._slots.get(path) if self._keeps else None
        return None if slot is None or path in self.skipped else self._record.ids[slot]

    def keep(self) -> None:
        """Hand what is new to the store."""
        if not (self._keeps and self._news):
            return
        self._news = False
        record = self._record
        earlier = [question for question in record.answers if question not in self._answers]
        answers = [(question, bytes(self._answer(question))) for question in (*earlier, *self._answers)]
        record.answers = dict(answers[-min(MAX_ANSWERS, MAX_CELLS // len(record.paths)) :])
        self._store.put(self._key(), zlib.compress(msgspec.msgpack.encode(record), 1))

    def _answer(self, question: str) -> bytearray:
        if question not in self._answers:
            self._answers[question] = answer = bytearray(self._record.answers.get(question, b""))
            answer.extend(bytes(len(self._record.paths) - len(answer)))
            for slot in self._changed:
                answer[slot] = _UNKNOWN
        return self._answers[question]

    def check(self, texts: Texts, but: Collection[str]) -> None:
        """Find out which files have another content than before; those left out wait until somebody asks for them."""
        now = sorted(self._pending.difference(but)) if self._pending else []
        if now and not self._opened:
            self._open()
        self._pending.difference_update(now)
        known = {path: slot for slot, path in enumerate(self._record.paths)} if now else {}
        for path in now:
            slot = known.get(path, len(self._record.paths))
            if slot == len(self._record.paths):
                self._add(path)
            if self._keeps:
                self._read(path, slot, texts)
            self._slots[path] = slot  # not before: a content that is read now is held against a known one

    def _read(self, path: str, slot: int, texts: Texts) -> None:
        record, state = self._record, self._states[path]
        if state is None or state != record.states[slot] or not texts.is_real(path.rpartition("/")[0]):
            text = texts.text(path)
            content = f"!{texts.skipped[path]}" if text is None else blob_id(text.encode())
            # A file that was written just now may be written again without any change of its times.
            rested = state is not None and max(state[1], state[2]) < self._opened - SETTLED
            trusted = state if rested and text is not None else None
            self._news = self._news or (content, trusted) != (record.ids[slot], record.states[slot])
            record.states[slot] = trusted
            if content != record.ids[slot]:
                record.ids[slot] = content
                self._changed.append(slot)
                for answer in self._answers.values():
                    answer[slot] = _UNKNOWN
        if record.ids[slot].startswith("!"):
            self.skipped[path] = record.ids[slot][1:]

    def _add(self, path: str) -> None:
        self._record.paths.append(path)
        self._record.states.append(None)
        self._record.ids.append("")
        for answer in self._answers.values():
            answer.append(_UNKNOWN)

    def _open(self) -> None:
        self._opened = time.time_ns()
        if not self._keeps:
            return
        self._states = {path: _state(f"{self._root}/{path}") for path in self._files}
        self._keeps = sum(state[0] for state in self._states.values() if state) <= self._limit
        record = _decoded(self._store.get(self._key())) if self._keeps else None
        if record and len(record.paths) <= 2 * len(self._files) + 1_000:
            self._record = record

    def _key(self) -> str:
        return f"screens {sha256(os.fsencode(self._root.resolve())).hexdigest()}"


def _state(file: str) -> State | None:
    try:
        found = os.lstat(file)
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev


def _decoded(data: bytes | None) -> _Record | None:
    try:
        record = _RECORD.decode(zlib.decompress(data or b""))
    except (zlib.error, msgspec.MsgspecError):
        return None
    slots = len(record.paths)
    whole = slots == len(record.states) == len(record.ids) and all(len(a) == slots for a in record.answers.values())
    return record if whole else None


_RECORD = msgspec.msgpack.Decoder(_Record)
