"""memray's statistics (`memray stats --json`): the places that allocate most over a run, freed or not.

Weak: what is allocated most is not what stays. Only the first place of the project is named, as a hint.
"""

from collections.abc import Iterator

import msgspec

from bot.hotspots.frames import Frame, is_project
from bot.hotspots.growth import Held, growth
from bot.hotspots.jsontext import decode
from bot.hotspots.source import Source
from bot.hotspots.traces import Export
from bot.hotspots.values import small_number
from bot.records import Hotspot

TITLE = "memray statistics JSON"
VENDOR = "memray"
FORMAT = "memray-stats-json"
NO_STATEMENT = ""

LEAST_SHARE = 0.05  # of all that was allocated
WEAK = (
    "total allocations, freed or not: `memray transform --leaks csv` shows what stays",
    "the number of objects is not in these statistics",
)


class Allocation(msgspec.Struct):
    """A place, and the bytes that it allocated."""

    location: str
    size: int


class Statistics(msgspec.Struct):
    """The part of the document that is read."""

    top_allocations_by_size: list[Allocation]
    total_bytes_allocated: int = 0


def sniff(head: bytes) -> bool:
    """Whether the document holds memray's sums."""
    begins = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    return begins and (b'"allocation_size_histogram"' in head or b'"top_allocations_by_size"' in head)


def read(source: Source) -> Iterator[Hotspot]:
    """The project place that allocates most, where it is a good part of the whole.

    Raises:
        UserError: no JSON, or another shape.
    """
    statistics = decode(source.read(), msgspec.json.Decoder(Statistics), source.label)
    ranked = sorted(statistics.top_allocations_by_size, key=lambda a: (-a.size, a.location))
    for place in ranked:
        frame = _frame(place.location)
        if frame is not None and is_project(frame.file) and frame.function != "<module>":
            if place.size >= LEAST_SHARE * statistics.total_bytes_allocated:
                held = [Held(stack=(frame,), size=place.size)]
                yield from growth(held, Export(VENDOR, FORMAT), confidence=0.3, limits=WEAK, verb="are allocated")
            return


def _frame(location: str) -> Frame | None:
    """`function:file:line`; a file on Windows holds a colon of its own."""
    function, _, rest = location.partition(":")
    file, _, line = rest.rpartition(":")
    return Frame(file, function, small_number(line) or None) if file else None
