"""What was asked of a checkout and what the answers were: what follows from nothing else holds as long as they do."""

import zlib
from collections.abc import Mapping
from hashlib import sha256
from typing import Protocol

import msgspec

Question = tuple[str, ...]
Answer = str | bytes | None


class Asked(Protocol):
    """A checkout that can be asked once more."""

    def again(self, question: Question) -> Answer:
        """What it says now."""

    def unchanged(self, blobs: Mapping[str, str]) -> set[str]:
        """The files that have the contents of these ids."""


class Trace:
    """Questions, each with the digest of its first answer; those that one file answers stand with its content."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], dict[Question, bytes]] = {}  # by path and blob id

    def note(self, question: Question, answer: Answer, path: str = "", blob: str | None = None) -> None:
        """Remember that it was asked; `blob` is the content of the file `path` from which alone the answer follows."""
        seen = self._seen.setdefault((path, blob) if blob else ("", ""), {})
        if question not in seen:
            seen[question] = _digest(answer)

    def packed(self, result: bytes) -> bytes:
        """A result that follows from all that was asked up to now."""
        seen = [(*content, msgspec.msgpack.encode(list(asked.items()))) for content, asked in self._seen.items()]
        return zlib.compress(msgspec.msgpack.encode((seen, result)), 1)


def result_of(packed: bytes, checkout: Asked) -> bytes | None:
    """The result, if every question still has the answer that it follows from."""
    try:
        seen, result = _PACKED.decode(zlib.decompress(packed))
        same = checkout.unchanged({path: blob for path, blob, _ in seen})
        changed = (asked for path, _, questions in seen if path not in same for asked in _ASKED.decode(questions))
        return result if all(_digest(checkout.again(question)) == answer for question, answer in changed) else None
    except (zlib.error, msgspec.MsgspecError):
        return None


def _digest(answer: Answer) -> bytes:
    if answer is None:
        return b""
    return sha256(answer.encode("utf-8", "surrogatepass") if isinstance(answer, str) else answer).digest()[:16]


_PACKED = msgspec.msgpack.Decoder(tuple[list[tuple[str, str, bytes]], bytes])
_ASKED = msgspec.msgpack.Decoder(list[tuple[Question, bytes]])
