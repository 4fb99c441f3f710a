"""The JSON objects of a stream, whether they stand on lines of their own or in lists."""

from collections.abc import Callable, Iterator

import msgspec

from bot.errors import UserError
from bot.hotspots.jsontext import documents, part
from bot.hotspots.source import Source
from bot.hotspots.span import Span

_LIST = msgspec.json.Decoder(list[msgspec.Raw])


def items(source: Source) -> Iterator[msgspec.Raw]:
    """Every document of the stream, undecoded; of a list, every item.

    Raises:
        UserError: no JSON.
    """
    for raw in documents(source, msgspec.json.Decoder(msgspec.Raw)):
        if bytes(memoryview(raw)[:64]).lstrip().startswith(b"["):
            yield from part(raw, _LIST, source, source.label) or ()
        else:
            yield raw


def kept(make: Callable[[], Span], source: Source) -> Iterator[Span]:
    """The span that is made, or none where one of its values is out of range: that is counted as dropped."""
    try:
        span = make()
    except UserError as error:
        source.drop("a value is out of range", error)
        return
    yield span
