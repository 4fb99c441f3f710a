"""One file per source. A reader is any module in this folder; it is found by location, never listed.

It has `TITLE` (what it reads, in words), `VENDOR`, `FORMAT`, `NO_STATEMENT` (which switch turns SQL text on),
`sniff(head) -> bool` on the first bytes, and `read(source)`, which yields spans, or whole hotspots where the source
holds those, or profiles, or request counts. `LINES = True` says that every line can be read without the others.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from typing import Protocol, cast

from bot.errors import UserError
from bot.hotspots.focus import Alarm
from bot.hotspots.profile import Profile
from bot.hotspots.source import Source
from bot.hotspots.span import Span
from bot.hotspots.traffic import Traffic
from bot.hotspots.verdict import Verdict
from bot.records import Hotspot


class Reader(Protocol):
    """The shape of a module in this folder."""

    TITLE: str
    VENDOR: str
    FORMAT: str
    NO_STATEMENT: str

    def sniff(self, head: bytes) -> bool:
        """Whether the content is of this source, judged by its first bytes."""

    def read(self, source: Source) -> Iterator[Span | Hotspot | Profile | Traffic | Verdict | Alarm]:
        """Every span or hotspot of the stream."""


@cache
def readers() -> tuple[Reader, ...]:
    """All readers, by module name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return tuple(cast(Reader, importlib.import_module(f"{__name__}.{name}")) for name in names)


def reader_for(source: Source) -> Reader:
    """The reader whose format the content has.

    Raises:
        UserError: an empty input, or no known format.
    """
    if not source.head.strip() and source.losses.first is None:
        raise UserError(f"{source.label} is empty; export the traces again.")
    for reader in readers():
        if reader.sniff(source.head):
            return reader
    if source.losses.first is not None:  # a compressed file of which nothing is left
        raise source.losses.first
    raise UserError(f"{source.label} is in no format that costmod reads; export it in one of those in docs/inputs.md.")


def named(format_: str) -> Reader:
    """The reader of a format by its name."""
    return next(reader for reader in readers() if format_ == reader.FORMAT)
