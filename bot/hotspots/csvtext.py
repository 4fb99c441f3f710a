"""CSV from a stream, a record at a time; what is no CSV any more is dropped."""

import csv
import io
from collections.abc import Iterator

from bot.hotspots.source import Source

LONGEST_FIELD = 16 << 20


def records(source: Source) -> Iterator[list[str]]:
    """Every record of the stream, the header included; `Source.drop` counts a rest that is no CSV."""
    text = io.TextIOWrapper(source, "utf-8-sig", errors="replace", newline="")
    before = csv.field_size_limit(LONGEST_FIELD)  # of the whole process, so it is put back
    try:
        yield from csv.reader(text)
    except csv.Error:
        source.drop("rest of the file, which is no CSV")
    finally:
        csv.field_size_limit(before)
        text.detach()
