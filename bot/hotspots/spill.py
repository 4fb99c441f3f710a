"""Spans on disk: traces of any size pass through a bounded amount of memory.

A trace goes to the bucket that its id decides, so that one bucket after the other can be read back with all its traces
whole. What many spans share (facts, names, calls) is written once, beside them.
"""

import zlib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from bot.hotspots.span import Code, SpanKind
from bot.hotspots.statement import Comment
from bot.hotspots.traces import Category, Facts, Node

Shared = TypeVar("Shared")


class Row(msgspec.Struct, array_like=True, gc=False):
    """A node as it is written; `shared` are places in the table of its file: name, facts, code, comment."""

    trace_id: str
    span_id: str
    parent_id: str | None
    kind: SpanKind
    start_ns: int
    duration_ns: int
    weight: float | None
    path: str | None
    category: Category | None
    call: str | None
    values: int | None
    name: int
    facts: int
    code: int
    comment: int
    lane: str | None


class Chunk(NamedTuple):
    """Where some rows of a bucket stand in the file."""

    bucket: int
    offset: int
    size: int


class Tables(msgspec.Struct):
    """What the rows of a file share."""

    names: list[str] = []
    facts: list[Facts] = []
    codes: list[Code | None] = []
    comments: list[Comment | None] = []


class SpillFile(NamedTuple):
    """One finished file, as it travels between processes."""

    path: str
    chunks: tuple[Chunk, ...]
    tables: Tables


_ENCODER = msgspec.msgpack.Encoder()
_ROWS = msgspec.msgpack.Decoder(list[Row])


class Spill:
    """Writes nodes to a file, bucket by bucket."""

    def __init__(self, path: Path, buckets: int) -> None:
        self._path = path
        self._buckets = buckets
        self._file = path.open("wb")
        self._chunks: list[Chunk] = []
        # By identity: what is shared is one object, which the tables keep alive.
        self._places: tuple[dict[int, int], ...] = ({}, {}, {}, {})
        self._tables = Tables()

    def write(self, traces: dict[str, list[Node]]) -> None:
        """Appends the nodes of some traces."""
        buckets: dict[int, list[Row]] = defaultdict(list)
        for trace_id, nodes in traces.items():
            bucket = buckets[zlib.crc32(trace_id.encode()) % self._buckets]
            bucket.extend(self._row(trace_id, node) for node in nodes)
        for number, rows in buckets.items():
            encoded = _ENCODER.encode(rows)
            self._chunks.append(Chunk(number, self._file.tell(), len(encoded)))
            self._file.write(encoded)

    def finished(self) -> SpillFile:
        """The file, closed."""
        self._file.close()
        return SpillFile(str(self._path), tuple(self._chunks), self._tables)

    def _row(self, trace_id: str, node: Node) -> Row:
        tables, places = self._tables, self._places
        return Row(
            trace_id, node.span_id, node.parent_id, node.kind, node.start_ns, node.duration_ns, node.weight, node.path,
            node.category, node.call, node.values, _place(node.name, tables.names, places[0]),
            _place(node.facts, tables.facts, places[1]), _place(node.code, tables.codes, places[2]),
            _place(node.comment, tables.comments, places[3]), node.lane,
        )  # fmt: skip


def _place(value: Shared, table: list[Shared], places: dict[int, int]) -> int:
    known = places.get(id(value))
    if known is None:
        known = places[id(value)] = len(table)
        table.append(value)
    return known


def bucket_of(files: Iterable[SpillFile], number: int) -> dict[str, list[Node]]:
    """All nodes of a bucket, by trace."""
    traces: dict[str, list[Node]] = {}
    for file in files:
        with Path(file.path).open("rb") as stream:
            for chunk in file.chunks:
                if chunk.bucket == number:
                    stream.seek(chunk.offset)
                    for row in _ROWS.decode(stream.read(chunk.size)):
                        traces.setdefault(row.trace_id, []).append(_node(row, file.tables))
    return traces


def _node(row: Row, tables: Tables) -> Node:
    return Node(
        span_id=row.span_id, parent_id=row.parent_id, kind=row.kind, name=tables.names[row.name],
        start_ns=row.start_ns, duration_ns=row.duration_ns, weight=row.weight, path=row.path,
        facts=tables.facts[row.facts], category=row.category, call=row.call, values=row.values,
        comment=tables.comments[row.comment], code=tables.codes[row.code], lane=row.lane,
    )  # fmt: skip
