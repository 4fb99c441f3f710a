"""The spans of a captured export, to be written in other formats; and a protobuf writer for odd messages."""

import copy
import gzip
import json
from pathlib import Path
from typing import Any

import msgspec

from bot.hotspots.document import dump
from bot.records import Hotspot

SAMPLES = Path(__file__).parents[1] / "samples" / "hotspots"
STABLE = SAMPLES / "otel_flask_stable.jsonl.gz"
SERVER, CLIENT = 2, 3


def sample(path: str) -> bytes:
    """The bytes of a sample, its gzip taken off."""
    return gzip.decompress((SAMPLES / path).read_bytes())


def captured() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The resource attributes, and the spans with their attributes as plain maps, of the captured OTLP file."""
    (process,) = json.loads(gzip.decompress(STABLE.read_bytes()))["resourceSpans"]
    spans = [copy.deepcopy(span) for scope in process["scopeSpans"] for span in scope["spans"]]
    for span in spans:
        span["attributes"] = plain(span["attributes"])
    return plain(process["resource"]["attributes"]), spans


def plain(attributes: list[dict[str, Any]]) -> dict[str, Any]:
    """OTLP's list of keys and values as a map."""
    values = {item["key"]: next(iter(item["value"].items())) for item in attributes}
    return {key: int(value) if kind == "intValue" else value for key, (kind, value) in values.items()}


def otlp(*spans: dict[str, Any], resource: list[dict[str, Any]] | None = None) -> bytes:
    """An OTLP JSON request on a line."""
    process = {"resource": {"attributes": resource or []}, "scopeSpans": [{"spans": list(spans)}]}
    return json.dumps({"resourceSpans": [process]}).encode() + b"\n"


def without_source(hotspots: list[Hotspot]) -> str:
    """The hotspots as a document that does not say which export they came from."""
    return dump(
        [
            msgspec.structs.replace(hotspot, source=msgspec.structs.replace(hotspot.source, vendor="", format=""))
            for hotspot in hotspots
        ]
    )


def varint(number: int) -> bytes:
    """A number as protobuf writes it."""
    out = bytearray()
    number %= 1 << 64
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def field(number: int, value: bytes | str | int) -> bytes:
    """A field: text or a message with its length, an integer as a varint."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


def fixed64(number: int, value: int) -> bytes:
    """A field of eight bytes."""
    return varint(number << 3 | 1) + value.to_bytes(8, "little")


def attribute(key: str, value: bytes) -> bytes:
    """A `KeyValue`; `value` is the content of its `AnyValue`."""
    return field(1, key) + field(2, value)


def traces_data(*spans: bytes, resource: bytes = field(1, attribute("service.name", field(1, "shop")))) -> bytes:
    """A `TracesData` message with one resource and one scope."""
    scope = field(1, field(1, "scope")) + b"".join(field(2, span) for span in spans)
    return field(1, (field(1, resource) if resource else b"") + field(2, scope))
