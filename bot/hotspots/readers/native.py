"""Our own hotspots document, as `costmod hotspots --format json` prints it."""

import re
from collections.abc import Iterator

from bot.hotspots.document import load
from bot.hotspots.source import Source
from bot.records import Hotspot

TITLE = "costmod hotspots JSON"
VENDOR = "costmod"
FORMAT = "hotspots-json"
NO_STATEMENT = ""

_FIRST_KEY = re.compile(rb'\s*\{\s*"(?:schema"\s*:\s*"costmod|hotspots"\s*:)')


def sniff(head: bytes) -> bool:
    """Whether the document opens with our schema name or its hotspots."""
    return _FIRST_KEY.match(head) is not None


def read(source: Source) -> Iterator[Hotspot]:
    """The hotspots of the document."""
    yield from load(source.read(), source.label)
