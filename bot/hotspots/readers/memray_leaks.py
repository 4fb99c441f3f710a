"""memray's leak report as CSV (`memray transform --leaks csv`): what was never freed, by its stack."""

from collections.abc import Iterator

from bot.errors import UserError
from bot.hotspots.csvtext import records
from bot.hotspots.frames import Frame
from bot.hotspots.growth import Held, growth
from bot.hotspots.source import Source
from bot.hotspots.traces import Export
from bot.hotspots.values import LATEST_NS, small_number
from bot.records import Hotspot

TITLE = "memray leaks CSV"
VENDOR = "memray"
FORMAT = "memray-leaks-csv"
NO_STATEMENT = ""

COLUMNS = frozenset({"allocator", "num_allocations", "size", "stack_trace"})
LEAST_BYTES = 4 << 20  # what an application sets up once and keeps is mostly less
AT_THE_END = "what is held at the end of the run, caches that are meant to stay included"


def sniff(head: bytes) -> bool:
    """Whether the first line names memray's columns."""
    names = head.split(b"\n", 1)[0].decode("utf-8", "replace").strip().lstrip("\ufeff").split(",")
    return COLUMNS.issubset(name.strip('" ') for name in names)


def read(source: Source) -> Iterator[Hotspot]:
    """The lines that keep much memory.

    Raises:
        UserError: no row can be read.
    """
    rows = records(source)
    names = [name.strip() for name in next(rows)]
    held = []
    for values in rows:
        found = _held(dict(zip(names, values, strict=False)))
        if found is not None:
            held.append(found)
        elif values:
            source.drop("row without a size or a stack")
    if not held:
        raise UserError(f"{source.label} holds no allocation; write it again with `memray transform --leaks csv`.")
    yield from growth(held, Export(VENDOR, FORMAT), least_bytes=LEAST_BYTES, limits=(AT_THE_END,))


def _held(row: dict[str, str]) -> Held | None:
    size, objects = _whole(row.get("size")), _whole(row.get("num_allocations"))
    stack = [_frame(text) for text in reversed((row.get("stack_trace") or "").split("|"))]
    frames = tuple(frame for frame in stack if frame)
    return (
        Held(stack=frames, size=size, objects=objects) if size is not None and objects is not None and frames else None
    )


def _whole(text: str | None) -> int | None:
    return min(int(text), LATEST_NS) if text and text.isascii() and text.isdigit() and len(text) < 20 else None


def _frame(text: str) -> Frame | None:
    """`function;file;line`, leaf first in the row."""
    function, _, rest = text.partition(";")
    file, _, line = rest.rpartition(";")
    return Frame(file, function, small_number(line) or None) if file else None
