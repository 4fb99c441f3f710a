"""pyinstrument's JSON (`pyinstrument -r json`): a tree of functions with the wall time in each."""

from collections.abc import Iterator

import msgspec

from bot.errors import UserError
from bot.hotspots.frames import Frame
from bot.hotspots.jsontext import decode
from bot.hotspots.profile import Profile, Sample
from bot.hotspots.source import Source

TITLE = "pyinstrument JSON"
VENDOR = "pyinstrument"
FORMAT = "pyinstrument-json"
NO_STATEMENT = ""

LATEST_SECONDS = 9_000_000_000  # the year 2255
NS_PER_SECOND = 1_000_000_000
FUNCTIONS_ONLY = "pyinstrument names the function, not the line that runs"


class Node(msgspec.Struct):
    """A function as called from the node above; seconds, what it calls included."""

    function: str
    time: float
    file_path: str | None = None
    children: list["Node"] = []


class Session(msgspec.Struct):
    """The whole document."""

    root_frame: Node | None
    start_time: float = 0
    duration: float = 0


def sniff(head: bytes) -> bool:
    """Whether the document holds pyinstrument's root frame."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and b'"root_frame"' in head and b'"line_no"' in head


def read(source: Source) -> Iterator[Profile]:
    """The one profile of the document.

    Raises:
        UserError: no JSON, another shape, or nothing recorded.
    """
    session = decode(source.read(), msgspec.json.Decoder(Session), source.label)
    if session.root_frame is None:
        raise UserError(f"{source.label} holds no sample; record again while the application works.")
    start = _nanoseconds(session.start_time) or None
    yield Profile(
        measure="wall",
        samples=tuple(_samples(session.root_frame)),
        start_ns=start,
        end_ns=start + _nanoseconds(session.duration) if start else None,
        limits=(FUNCTIONS_ONLY,),
    )


def _samples(root: Node) -> Iterator[Sample]:
    """A sample per node: the time that is in none of its children."""
    pending: list[tuple[Node, tuple[Frame, ...]]] = [(root, ())]
    while pending:
        node, above = pending.pop()
        stack = (*above, Frame(node.file_path or "", node.function, None))
        own = node.time - sum(child.time for child in node.children)
        if (nanoseconds := _nanoseconds(own)) > 0:
            yield Sample(stack=stack, wall_ns=nanoseconds)
        pending += [(child, stack) for child in reversed(node.children)]


def _nanoseconds(seconds: float) -> int:
    return round(seconds * NS_PER_SECOND) if 0 < seconds < LATEST_SECONDS else 0
