"""Sentry envelopes, as an SDK sends them: a header line, then items, each a header line and a payload of known length.

Transactions, the newer span batches and profiles are read; other items say nothing of time. Several envelopes may
follow one another. Source: develop.sentry.dev/sdk/data-model/envelopes.
"""

from collections.abc import Iterator
from functools import partial

import msgspec

from bot.errors import UserError
from bot.hotspots import sentry
from bot.hotspots.items import kept
from bot.hotspots.jsontext import BYTE_ORDER_MARK, decode, part
from bot.hotspots.masked import masked_url
from bot.hotspots.profile import Profile
from bot.hotspots.sentry import Info, SpanItem, Transaction, rate_weight, span_of, spans_of
from bot.hotspots.sentry_profile import SentryProfile, profile_of
from bot.hotspots.source import Source
from bot.hotspots.span import Span
from bot.hotspots.values import small_number

TITLE = "Sentry envelopes"
VENDOR = "sentry"
FORMAT = "sentry-envelope"
NO_STATEMENT = sentry.NO_STATEMENT

ITEMS = frozenset(
    {"transaction", "span", "profile", "profile_chunk", "event", "sessions", "session", "check_in", "log"}
)
PIECE = 1 << 20  # a header may claim any length: memory is taken only for what is really there


class Sampling(msgspec.Struct):
    """What the trace was sampled with."""

    sample_rate: float | str | None = None


class Header(msgspec.Struct):
    """The header of an envelope (no type) or of an item."""

    type: str | None = None
    length: int | None = None
    trace: Sampling | None = None
    event_id: str | None = None
    sent_at: str | None = None
    dsn: str | None = None
    content_type: str | None = None


class Value(msgspec.Struct, gc=False):
    """An attribute of a span of version 2."""

    value: object = None


class StreamedSpan(msgspec.Struct, gc=False):
    """A span of version 2; times in seconds."""

    trace_id: str
    span_id: str
    start_timestamp: float | str
    end_timestamp: float | str | None = None
    name: str | None = None
    parent_span_id: str | None = None
    is_segment: bool | None = None
    attributes: dict[str, Value] | None = None


class Batch(msgspec.Struct):
    """The payload of a span item: a batch of version 2, else one span of version 1."""

    items: list[msgspec.Raw] | None = None


_HEADER = msgspec.json.Decoder(Header)
_TRANSACTION = msgspec.json.Decoder(Transaction)
_BATCH = msgspec.json.Decoder(Batch)
_STREAMED = msgspec.json.Decoder(StreamedSpan)
_SPAN = msgspec.json.Decoder(SpanItem)
_PROFILE = msgspec.json.Decoder(SentryProfile)


def sniff(head: bytes) -> bool:
    """Whether the first line is the header of an envelope and a later one that of an item."""
    lines = iter(line for line in head.removeprefix(BYTE_ORDER_MARK).splitlines() if line.strip())
    first = _header(next(lines, b""))
    if first is None or first.type is not None or not (first.event_id or first.sent_at or first.dsn or first.trace):
        return False
    found = (_header(line) for line in lines)
    return any(h is not None and h.type in ITEMS and (h.length is not None or h.content_type) for h in found)


def read(source: Source) -> Iterator[Span | Profile]:
    """Every span and every profile of the stream.

    Raises:
        UserError: a header that is no JSON.
    """
    weight: float | None = None
    number = 0
    while line := source.readline():
        number += 1
        line = line.removeprefix(BYTE_ORDER_MARK).strip()
        if not line:
            continue
        header = decode(line, _HEADER, source.label, number)
        if header.type is None:
            weight = rate_weight(header.trace.sample_rate) if header.trace else None
            continue
        payload = _payload(header, source)
        number += payload.count(b"\n") + 1 if payload is not None else 0
        if payload is not None:
            yield from _item(header.type, payload, weight, source)


def _item(kind: str, payload: bytes, weight: float | None, source: Source) -> Iterator[Span | Profile]:
    where = f"{source.label}: a {kind} item"
    if kind == "transaction":
        event = part(msgspec.Raw(payload), _TRANSACTION, source, where)
        yield from spans_of(event, source, weight) if event else ()
    elif kind == "span":
        batch = part(msgspec.Raw(payload), _BATCH, source, where)
        if batch is not None and batch.items is None:
            one = part(msgspec.Raw(payload), _SPAN, source, where)
            yield from kept(partial(span_of, one, one.trace_id or one.span_id, source.label), source) if one else ()
        for raw in batch.items or () if batch else ():
            streamed = part(raw, _STREAMED, source, where)
            yield from kept(partial(_streamed, streamed, weight, source.label), source) if streamed else ()
    elif kind in ("profile", "profile_chunk"):
        profile = part(msgspec.Raw(payload), _PROFILE, source, where)
        yield from _profile(profile, source) if profile else ()


def _profile(item: SentryProfile, source: Source) -> Iterator[Profile]:
    try:
        yield profile_of(item, f"{source.label}: a profile")
    except UserError as error:
        source.drop("profile with a value out of range", error)


def _payload(header: Header, source: Source) -> bytes | None:
    """The payload of an item, without the line end after it; None for one that is not all there."""
    if header.length is None:
        return source.readline().rstrip(b"\r\n")
    left, pieces = max(0, header.length), bytearray()
    while left and (piece := source.read(min(PIECE, left))):
        pieces += piece
        left -= len(piece)
    rest = source.readline()
    if not left and not rest.strip():
        return bytes(pieces)
    if not left and b"\n" not in pieces:
        return bytes(pieces + rest).rstrip(b"\r\n")  # somebody edited the payload: it still ends with its line
    error = UserError(f"{source.label}: a {header.type} item is truncated; export it again.")
    source.drop("truncated item of an envelope", error)
    return None


def _streamed(span: StreamedSpan, weight: float | None, label: str) -> Span:
    data = {name: attribute.value for name, attribute in (span.attributes or {}).items()}
    op, end = str(data.get("sentry.op") or ""), span.end_timestamp
    end = span.start_timestamp if end is None else end
    item = SpanItem(
        span.span_id, span.start_timestamp, end, parent_span_id=span.parent_span_id, op=op,
        description=span.name, data=data,
    )  # fmt: skip
    row = span_of(item, span.trace_id, label)
    shared = {"environment": _string(data, "sentry.environment"), "release": _string(data, "sentry.release")}
    if not span.is_segment or row.kind == "client":  # work without a request makes segments of single calls
        return msgspec.structs.replace(row, **shared)
    route = _string(data, "http.route")
    name = span.name if Info(_string(data, "sentry.segment.name.source")).source == "route" else None
    return msgspec.structs.replace(
        row,
        **shared,
        weight=weight,
        method=_string(data, "http.request.method"),
        route=route or (name if name and name.startswith("/") else None),
        url=masked_url(url) if (url := _string(data, "url.full") or _string(data, "url.path")) else None,
        status=small_number(str(data.get("http.response.status_code", ""))),
        transaction=span.name,
    )


def _string(data: sentry.Data, name: str) -> str | None:
    found = data.get(name)
    return found if isinstance(found, str) and found else None


def _header(line: bytes) -> Header | None:
    try:
        return _HEADER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
