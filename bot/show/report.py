"""The JSON report `costmod.report/1` and its JSON Schema, both from the records."""

import json
from pathlib import Path
from typing import Any

import msgspec

from bot.errors import UserError
from bot.records import Report


def encode(report: Report) -> bytes:
    """The report as indented JSON; whole file texts are left out, the diff says what changed."""
    results = tuple(
        msgspec.structs.replace(r, patch=msgspec.structs.replace(r.patch, changes=())) if r.patch else r
        for r in report.results
    )
    return msgspec.json.format(msgspec.json.encode(msgspec.structs.replace(report, results=results)), indent=2) + b"\n"


def write(report: Report, path: Path) -> None:
    """Write the report file.

    Raises:
        UserError: the file cannot be written.
    """
    try:
        path.write_bytes(encode(report))
    except OSError as error:
        raise UserError(f"{path}: the report cannot be written ({error.strerror}); choose another --report.") from error


def require_writable(path: Path) -> None:
    """Find out before anything is edited whether the report can be written afterwards.

    Raises:
        UserError: it cannot.
    """
    existed = path.exists()
    try:
        with path.open("ab"):
            pass
    except OSError as error:
        raise UserError(f"{path}: the report cannot be written ({error.strerror}); choose another --report.") from error
    if not existed:
        path.unlink()


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the report."""
    found = msgspec.json.schema(Report)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "costmod.report/1", **found}


def schema_text() -> str:
    """The schema as the file that ships with the package."""
    return json.dumps(schema(), indent=2, sort_keys=True) + "\n"
