"""Exact lines from New Relic's slow SQL and transaction traces, and the spans that only a trace holds."""

import base64
import re
import zlib
from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

import msgspec

from bot.errors import UserError
from bot.hotspots.jsontext import part
from bot.hotspots.newrelic import Lines, collection_of, spans_of, statement_of, text
from bot.hotspots.source import Source
from bot.hotspots.span import Code, Span
from bot.hotspots.values import is_project_file

MOST_BYTES = 64 << 20  # of one packed trace
MOST_NODES = 100_000  # of one trace
CATEGORIES = {"Datastore": "datastore", "External": "http"}  # by the first word of a node's name
_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d{1,9}), in (?P<function>\S+)')
_STANDARD_LIBRARY = re.compile(r"/lib/python\d")
T = TypeVar("T")


class SlowSql(msgspec.Struct, array_like=True):
    """A slow statement; counts and durations are not read."""

    transaction: str
    uri: object
    identifier: object
    sql: str
    metric: str
    count: object
    total: object
    least: object
    most: object
    parameters: msgspec.Raw


class Sample(msgspec.Struct, array_like=True):
    """A transaction trace; `start` in milliseconds since 1970, the tree plain or packed."""

    start: float
    duration: object
    transaction: str
    uri: object
    tree: msgspec.Raw
    guid: str


class Samples(msgspec.Struct, array_like=True):
    """The traces of a harvest."""

    run: object
    traces: list[msgspec.Raw]


class Node(msgspec.Struct, array_like=True):
    """A node of the tree; `start` and `end` in milliseconds after the trace began."""

    start: float
    end: float
    name: str
    parameters: dict[str, object] = {}
    children: list[msgspec.Raw] = []


class Root(msgspec.Struct, array_like=True):
    """The start time, two sets of parameters and the root."""

    start: object
    request: object
    custom: object
    node: Node


class Tree(msgspec.Struct, array_like=True):
    """The tree and the strings that its nodes refer to."""

    root: Root
    strings: list[str] = []


_SLOW = msgspec.json.Decoder(list[list[SlowSql]])
_SAMPLES = msgspec.json.Decoder(Samples)
_SAMPLE = msgspec.json.Decoder(Sample)
_TREE = msgspec.json.Decoder(Tree)
_NODE = msgspec.json.Decoder(Node)
_PARAMETERS = msgspec.json.Decoder(dict[str, object])
_TEXT = msgspec.json.Decoder(str)


class Trace(msgspec.Struct):
    """A transaction trace with its nodes as flat rows, each after its parent."""

    sample: Sample
    rows: list[dict[str, object]]


def traces_of(payloads: Sequence[msgspec.Raw], source: Source) -> list[Trace]:
    """Every transaction trace; a bad one is dropped."""
    where = f"{source.label}: a transaction trace"
    traces: list[Trace] = []
    for payload in payloads:
        samples = part(payload, _SAMPLES, source, where)
        for raw in samples.traces if samples else ():
            sample = part(raw, _SAMPLE, source, where)
            tree = _unpacked(sample.tree, _TREE, source, where) if sample else None
            if sample and tree:
                traces.append(Trace(sample, list(_rows(sample, tree, source))))
    return traces


def lines_of(slow: Sequence[msgspec.Raw], traces: Sequence[Trace], source: Source) -> Lines:
    """Where each statement of a transaction is issued: the last frame of its backtrace that is the project's own."""
    lines: dict[tuple[str, str], Code] = {}
    for raw in slow:
        where = f"{source.label}: slow SQL"
        for row in (row for rows in part(raw, _SLOW, source, where) or () for row in rows):
            parameters = _unpacked(row.parameters, _PARAMETERS, source, where) or {}
            if code := _last_own(parameters.get("backtrace"), "newrelic.sql_trace_data.backtrace"):
                lines[row.transaction, statement_of(row.sql, collection_of(row.metric))] = code
    for trace in traces:
        for node in trace.rows:
            sql = text(node, "db.statement")
            code = _last_own(node.get("backtrace"), "newrelic.transaction_sample_data.backtrace")
            if code and sql:
                statement = statement_of(sql, collection_of(text(node, "name") or ""))
                lines.setdefault((trace.sample.transaction, statement), code)
    return lines


def spans_in(traces: Sequence[Trace], known: Collection[str | None], lines: Lines, source: Source) -> Iterator[Span]:
    """The spans of the traces whose transactions sent no span events."""
    for trace in traces:
        if trace.sample.guid not in known:
            yield from spans_of(trace.rows, lines, source)


def _rows(sample: Sample, tree: Tree, source: Source) -> Iterator[dict[str, object]]:
    """The nodes below the root as span events; their ids are made up from the transaction's."""
    pending: list[tuple[msgspec.Raw, str | None]] = [(raw, None) for raw in tree.root.node.children]
    for place in range(MOST_NODES):
        if not pending:
            return
        raw, parent = pending.pop()
        node = part(raw, _NODE, source, f"{source.label}: a node of a transaction trace")
        if node is None:
            continue
        name, guid = str(_resolved(node.name, tree.strings)), f"{sample.guid}{place:08x}"
        pending += [(child, guid) for child in node.children]
        row: dict[str, object] = {
            **{key: _resolved(value, tree.strings) for key, value in node.parameters.items()},
            "traceId": sample.guid, "transactionId": sample.guid, "guid": guid, "parentId": parent, "name": name,
            "category": CATEGORIES.get(name.partition("/")[0], "generic"),
            "timestamp": sample.start + node.start, "duration.ms": max(0.0, node.end - node.start),
        }  # fmt: skip
        if parent is None:
            row |= {"nr.entryPoint": True, "transaction.name": sample.transaction}
        yield row
    source.note(f"a transaction trace has more than {MOST_NODES} nodes: the rest is not read")


def _resolved(value: object, strings: Sequence[str]) -> object:
    """A value with its references into the strings replaced: `7 after a back-quote is the eighth string."""
    if isinstance(value, list):
        return [_resolved(item, strings) for item in value]
    if isinstance(value, str) and value.startswith("`") and value[1:].isdecimal() and len(value) < 10:
        index = int(value[1:])
        return strings[index] if index < len(strings) else value
    return value


def _last_own(frames: object, provenance: str) -> Code | None:
    found = [frame for line in frames if (frame := _FRAME.search(str(line)))] if isinstance(frames, list) else []
    own = [f for f in found if is_project_file(f["file"]) and not _STANDARD_LIBRARY.search(f["file"])]
    return Code(own[-1]["file"], int(own[-1]["line"]), own[-1]["function"], provenance) if own else None


def _unpacked(raw: msgspec.Raw, decoder: msgspec.json.Decoder[T], source: Source, where: str) -> T | None:
    """A value that stands there as JSON, or as the agent sends it: JSON in zlib in base64."""
    if not bytes(memoryview(raw)[:64]).lstrip().startswith(b'"'):
        return part(raw, decoder, source, where)
    packed = part(raw, _TEXT, source, where) or ""
    engine = zlib.decompressobj()
    try:
        plain = engine.decompress(base64.b64decode(packed, validate=True), MOST_BYTES)
    except (ValueError, zlib.error):
        plain = b""
    if not plain or engine.unconsumed_tail:
        error = UserError(f"{where} is damaged or unpacks to more than {MOST_BYTES >> 20} MiB; export it again.")
        source.drop("damaged packed data", error)
        return None
    return part(msgspec.Raw(plain), decoder, source, where)
