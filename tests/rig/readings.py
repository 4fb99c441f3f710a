"""Runs one reader over a text, and the vendors' samples over all of them."""

import gzip
from pathlib import Path
from typing import Any

from bot.config import Config
from bot.hotspots import read
from bot.hotspots.readers import Reader
from bot.hotspots.source import opened
from bot.records import Hotspot

SAMPLES = Path(__file__).parents[1] / "samples" / "hotspots" / "vendors"
Shown = dict[tuple[str, str | None], set[tuple[int, str, str]]]


def plain(name: str) -> bytes:
    """A sample, unpacked."""
    return gzip.decompress((SAMPLES / f"{name}.gz").read_bytes())


def sample(name: str, **settings: Any) -> list[Hotspot]:
    """The hotspots of a sample."""
    return read([str(SAMPLES / f"{name}.gz")], Config(**settings))


def hotspots(folder: Path, *texts: str | bytes, **settings: Any) -> list[Hotspot]:
    """The hotspots of exports with these contents."""
    paths = [folder / f"export-{number}" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read([str(path) for path in paths], Config(**settings))


def items(folder: Path, reader: Reader, text: str | bytes) -> tuple[list[Any], tuple[str, ...]]:
    """What a reader yields, and what it lost."""
    path = folder / "export"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with opened(str(path), 64) as source:
        found = list(reader.read(source))
        return found, source.losses.sentences()


def shown(found: list[Hotspot]) -> Shown:
    """Kind and route of each hotspot, and its patterns: repeats, column and shape."""
    return {
        (h.kind, h.entry.route_canonical): {(p.count.max, "".join(p.where_columns), p.shape) for p in h.patterns}
        for h in found
    }


def lines(found: list[Hotspot]) -> dict[str | None, list[tuple[str, int | None]]]:
    """The exact lines of each hotspot, by route."""
    return {
        h.entry.route_canonical: sorted((p.file, p.line) for p in h.locations if p.precision == "exact_line")
        for h in found
    }


CUSTOMERS = (25, "customers.id", "column_equals_parameter")
ITEMS = (25, "items.order_id", "parameter_equals_column")
ORDERS: Shown = {("n_plus_one_db", "orders"): {CUSTOMERS, ITEMS}}
FLASK: Shown = ORDERS | {("n_plus_one_http", "customers/{}/prices"): {(12, "", "call")}}
BOOKS: Shown = {
    ("n_plus_one_db", "api/books"): {
        (25, "djshop_author.id", "column_equals_parameter"),
        (25, "djshop_review.book_id", "column_equals_parameter"),
    }
}
