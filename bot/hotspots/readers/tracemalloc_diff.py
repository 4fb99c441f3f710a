"""The difference of two tracemalloc snapshots as JSON; the format and the lines that write it are in docs/inputs.md.

A snapshot that tracemalloc itself dumped is a pickle, which could run anything when loaded: it is refused.
"""

from collections.abc import Iterator

import msgspec

from bot.errors import UserError
from bot.hotspots.frames import Frame
from bot.hotspots.growth import Held, growth
from bot.hotspots.jsontext import decode
from bot.hotspots.source import Source
from bot.hotspots.traces import Export
from bot.records import Hotspot

TITLE = "tracemalloc difference JSON"
VENDOR = "tracemalloc"
FORMAT = "tracemalloc-diff-json"
NO_STATEMENT = ""

SECONDS_PER_HOUR = 3600
PICKLE = tuple(bytes([0x80, version]) for version in range(2, 6))


class Line(msgspec.Struct):
    """A frame of a traceback."""

    file: str
    line: int


class Difference(msgspec.Struct):
    """What changed at one traceback, outermost call first; bytes and objects."""

    size_diff: int
    traceback: list[Line]
    count_diff: int = 0
    count: int | None = None


class Document(msgspec.Struct):
    """The whole document; the requests and seconds between the snapshots where they are known."""

    stats: list[Difference]
    requests_between: float | None = None
    seconds_between: float | None = None


def sniff(head: bytes) -> bool:
    """Whether the document holds tracebacks with differences, or is a dumped snapshot."""
    if head.startswith(PICKLE):
        return b"tracemalloc" in head
    begins = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    return begins and b'"size_diff"' in head and b'"traceback"' in head


def read(source: Source) -> Iterator[Hotspot]:
    """The lines that keep much memory.

    Raises:
        UserError: a dumped snapshot, no JSON, or another shape.
    """
    if source.head.startswith(PICKLE):
        raise UserError(
            f"{source.label} is a dumped snapshot, a pickle, which costmod does not load because loading can run code; "
            "write the difference of two snapshots as JSON (docs/inputs.md, tracemalloc)."
        )
    document = decode(source.read(), msgspec.json.Decoder(Document), source.label)
    seconds = document.seconds_between or 0
    yield from growth(
        (_held(stat) for stat in document.stats if stat.traceback), Export(VENDOR, FORMAT),
        requests=max(document.requests_between or 0, 0) or None,
        hours=seconds / SECONDS_PER_HOUR if seconds > 0 else None,
    )  # fmt: skip


def _held(stat: Difference) -> Held:
    stack = tuple(Frame(frame.file, "", frame.line if frame.line > 0 else None) for frame in stat.traceback)
    return Held(stack=stack, size=stat.size_diff, objects=stat.count if stat.count is not None else stat.count_diff)
