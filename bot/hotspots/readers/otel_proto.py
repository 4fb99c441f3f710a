"""OpenTelemetry traces as OTLP protobuf: the Collector's length-prefixed files, or the body of one OTLP/HTTP request.

Both hold the same message (opentelemetry-proto, `TracesData` and `ExportTraceServiceRequest`).
"""

import re
import struct
from collections.abc import Iterator
from functools import lru_cache

from bot.errors import UserError
from bot.hotspots import semconv
from bot.hotspots.framing import PREFIX_BYTES, messages
from bot.hotspots.semconv import STABLE_NAMES, Attributes, Core
from bot.hotspots.source import Source
from bot.hotspots.span import Span, SpanKind
from bot.hotspots.values import nanoseconds
from bot.hotspots.wire import WireError, fields, signed

TITLE = "OpenTelemetry OTLP protobuf (Collector file or one request)"
VENDOR = "opentelemetry"
FORMAT = "otlp-proto"
NO_STATEMENT = semconv.NO_STATEMENT

RESOURCE_SPANS, RESOURCE, SCOPE_SPANS, SPANS, ATTRIBUTES = 1, 1, 2, 2, 1  # field numbers
TRACE_ID, SPAN_ID, TRACE_STATE, PARENT_ID, NAME, KIND, START, END, SPAN_ATTRIBUTES = range(1, 10)
TEXT, BOOLEAN, INTEGER, DOUBLE, ARRAY = range(1, 6)
KINDS: dict[int, SpanKind] = {2: "server", 3: "client", 5: "consumer"}
CACHE_SIZE = 1 << 14

Field = tuple[int, int | bytes]

_VARINT = rb"[\x80-\xff]{0,4}[\x00-\x7f]"
_ATTRIBUTE = rb"\x0a" + _VARINT + rb"\x0a[\x01-\x7f][A-Za-z]"  # up to the first letter of the first key
_SCOPE = rb"\x12" + _VARINT + rb"(?:\x0a" + _VARINT + rb"[\x0a\x12]|\x12" + _VARINT + rb"\x0a\x10)"
_OPENING = re.compile(
    rb"\x0a" + _VARINT + rb"(?:\x0a" + _VARINT + _ATTRIBUTE + rb"|(?:\x0a\x00)?" + _SCOPE + rb")", re.DOTALL
)


def sniff(head: bytes) -> bool:
    """Whether a resource with an attribute, or spans, open the bytes or the message after a length."""
    return _OPENING.match(head) is not None or _is_framed(head)


def read(source: Source) -> Iterator[Span]:
    """Every span of the stream; a message or span that does not decode is dropped."""
    for number, message in enumerate(_messages(source), 1):
        where = f"{source.label}: message {number}"
        try:
            for key, process in fields(message):
                if key == RESOURCE_SPANS:
                    yield from _process(_bytes(process), source, where)
        except WireError as error:
            source.drop(
                "damaged protobuf message", UserError(f"{where} is no OTLP protobuf ({error}); export it again.")
            )


def _is_framed(head: bytes) -> bool:
    return head[:1] < b"\x20" and _OPENING.match(head, PREFIX_BYTES) is not None


def _messages(source: Source) -> Iterator[bytes]:
    if not _is_framed(source.head):
        yield source.read()
        return
    try:
        yield from messages(source)
    except EOFError:
        source.drop("truncated message", UserError(f"{source.label} ends inside a message; export it again."))


def _process(message: bytes, source: Source, where: str) -> Iterator[Span]:
    parts = list(fields(message))
    resource = _attributes([kv for key, part in parts if key == RESOURCE for kv in fields(_bytes(part))], ATTRIBUTES)
    for key, scope in parts:
        if key != SCOPE_SPANS:
            continue
        for inner, span in fields(_bytes(scope)):
            if inner == SPANS:
                try:
                    yield _row(list(fields(_bytes(span))), resource)
                except (UserError, WireError) as error:
                    problem = UserError(f"{where}: a span is damaged ({error}); export it again.")
                    source.drop("a span without a valid time or id", problem)


def _row(span: list[Field], resource: Attributes) -> Span:
    values = dict(span)
    start, end = nanoseconds(_integer(values, START), "start"), nanoseconds(_integer(values, END), "end")
    trace_id, span_id = _identity(values, TRACE_ID), _identity(values, SPAN_ID)
    if not trace_id or not span_id:
        raise WireError("a span without an id")
    kind = KINDS.get(_integer(values, KIND), "internal")
    name = _text(values.get(NAME, b""))
    core = Core(trace_id, span_id, _identity(values, PARENT_ID), kind, name, start, max(0, end - start))
    state = _text(values[TRACE_STATE]) if TRACE_STATE in values else None
    return semconv.row(core, _attributes(span, SPAN_ATTRIBUTES), resource, state)


def _identity(values: dict[int, int | bytes], number: int) -> str | None:
    """An id in hexadecimal; none is no bytes or zeros."""
    found = _bytes(values.get(number, b"")).hex()
    return found if found.strip("0") else None


def _integer(values: dict[int, int | bytes], number: int) -> int:
    value = values.get(number, 0)
    return value if isinstance(value, int) else int.from_bytes(value, "little")


def _attributes(message: list[Field], number: int) -> Attributes:
    """As `semconv.stable`, by way of the cache."""
    found: Attributes = {}
    for key, value in message:
        if key == number:
            name, is_stable, text = _attribute(_bytes(value))
            if text and (is_stable or name not in found):
                found[name] = text
    return found


@lru_cache(maxsize=CACHE_SIZE)  # the same few attributes stand on most spans
def _attribute(message: bytes) -> tuple[str, bool, str]:
    """The stable name, whether the attribute has it, and the text; no text where the attribute is not read."""
    values = dict(fields(message))
    key = _text(values.get(1, b""))
    name = STABLE_NAMES.get(key)
    return name or key, name == key, semconv.text_of(_value(_bytes(values.get(2, b"")))) if name else ""


def _value(message: bytes) -> object:
    for key, value in fields(message):
        if key == TEXT:
            return _text(value)
        if key in (BOOLEAN, INTEGER) and isinstance(value, int):
            return bool(value) if key == BOOLEAN else signed(value)
        if key == DOUBLE and len(_bytes(value)) == 8:
            return struct.unpack("<d", _bytes(value))[0]
        if key == ARRAY:
            return next((_value(_bytes(item)) for number, item in fields(_bytes(value)) if number == 1), None)
    return None


def _text(value: int | bytes) -> str:
    return str(_bytes(value), "utf-8", "replace")


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise WireError("a number where a text or message belongs")
    return value
