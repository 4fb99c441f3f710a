"""The hotspots document: `{"schema": "costmod.hotspots/1", "hotspots": [...]}` and its JSON Schema."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from bot.errors import UserError
from bot.hotspots.jsontext import decode
from bot.records import Hotspot

SCHEMA: Literal["costmod.hotspots/1"] = "costmod.hotspots/1"


class Document(msgspec.Struct, frozen=True):
    """What `costmod hotspots --format json` prints."""

    schema: Literal["costmod.hotspots/1"]
    hotspots: tuple[Hotspot, ...]


class _Version(msgspec.Struct):
    schema: str = ""


def dump(hotspots: Sequence[Hotspot]) -> str:
    """The document as indented JSON with a final line end: the same hotspots give the same bytes."""
    encoded = msgspec.json.encode(Document(schema=SCHEMA, hotspots=tuple(hotspots)))
    return msgspec.json.format(encoded, indent=2).decode() + "\n"


def load(text: bytes, name: str) -> tuple[Hotspot, ...]:
    """The hotspots of a document; `name` is what an error calls it.

    Raises:
        UserError: no JSON, another schema version, or a field that is missing or of the wrong type.
    """
    version = decode(text, msgspec.json.Decoder(_Version), name).schema
    if version != SCHEMA:
        raise UserError(
            f'{name}: the field schema is "{version}", costmod reads "{SCHEMA}"; write it with this version.'
        )
    return decode(text, msgspec.json.Decoder(Document), name).hotspots


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the document, made from the records."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(Document)}
