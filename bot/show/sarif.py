"""Findings as SARIF 2.1.0 (OASIS), as code scanning services take them; stable bytes, no times."""

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any
from urllib.parse import quote

from bot.plan.plan import fingerprint
from bot.publish.sanitize import plain
from bot.records import Change, Finding, Scan
from codemods.api import Codemod
from codemods.strategies import KEY_COLUMN

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_LONGEST_MESSAGE = 1_000  # characters; viewers cut at about as many
_ROOT = "%SRCROOT%"


def sarif(scan: Scan, known: Mapping[str, Codemod], prefix: str = "") -> str:
    """One run; paths and fingerprints are seen from the top of the repository, `prefix` ("services/shop/") below it."""
    rules = sorted({finding.codemod for finding in scan.findings})
    run = {
        "tool": {
            "driver": {
                "name": "costmod",
                "version": scan.version,
                "rules": [_rule(known[id_], id_) for id_ in rules],
            }
        },
        "automationDetails": {"id": f"costmod/scan/{quote(prefix)}"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The top of the repository."}}},
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    _notification(prefix + path, why) for path, why in sorted(scan.skipped.items())
                ],
            }
        ],
        "results": [_result(finding, rules, prefix) for finding in scan.findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, sort_keys=True) + "\n"


def _rule(codemod: Codemod, id_: str) -> dict[str, Any]:
    """What a codemod's docstring says: its first sentence, then why it pays and when it refuses."""
    first, _, rest = inspect.cleandoc(codemod.__doc__ or id_).partition("\n")
    text = " ".join(rest.split()) or first
    return {
        "id": id_,
        "name": "".join(word.title() for word in id_.split("-")),
        "shortDescription": {"text": first},
        "fullDescription": {"text": text},
        "help": {"text": f"{text} `costmod codemods {id_}` shows every case."},
        "defaultConfiguration": {"level": "warning"},
        "properties": {"tags": ["performance", "database"], "precision": "high"},
    }


def _result(finding: Finding, rules: list[str], prefix: str) -> dict[str, Any]:
    paths = tuple(load.path for load in finding.loads)
    key = fingerprint(finding.codemod, prefix + finding.file, finding.function, paths)
    return {
        "ruleId": finding.codemod,
        "ruleIndex": rules.index(finding.codemod),
        "level": "warning",
        "message": _text(message(finding)),
        "locations": [
            {
                "physicalLocation": _place(prefix + finding.file, finding.line),
                "logicalLocations": [{"fullyQualifiedName": finding.function, "kind": "function"}],
            }
        ],
        "relatedLocations": [
            {
                "id": number,
                "physicalLocation": _place(prefix + load.read_file, load.read_line),
                "message": _text(f"{load.path} is read here"),
            }
            for number, load in enumerate(finding.loads, 1)
        ],
        "partialFingerprints": {"costmod/v1": key},
        "fixes": [
            {
                "description": _text(finding.title),
                "artifactChanges": [
                    {
                        "artifactLocation": _artifact(prefix + change.path),
                        "replacements": list(replacements(change)),
                    }
                    for change in finding.changes
                ],
            }
        ],
        "properties": {"tier": finding.tier, "entry": finding.entry or "", "notes": list(finding.notes)},
    }


def message(finding: Finding) -> str:
    """The finding in one sentence."""
    loads = " and ".join(f"{load.path} (with {load.strategy})" for load in finding.loads)
    names = " and ".join(load.path for load in finding.loads)
    what = f"Every row of `{finding.query}` reads {names} with a statement of its own"
    if all(load.strategy == KEY_COLUMN for load in finding.loads):
        return f"{what}; read {names}_id, the key that the row holds itself."
    return f"{what}; load {loads} with the query."


def replacements(change: Change) -> Iterator[dict[str, Any]]:
    """The whole lines that an edit replaces, against the text before; lines and columns count from 1."""
    before, after = _LINE.findall(change.before), _LINE.findall(change.after)
    for kind, start, end, first, last in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            yield {
                "deletedRegion": {
                    "startLine": start + 1, "startColumn": 1, "endLine": end + 1, "endColumn": 1,
                } if not before or end < len(before) or before[-1].endswith("\n") else {
                    "startLine": start + 1, "startColumn": 1, "endLine": end, "endColumn": len(before[-1]) + 1,
                },
                "insertedContent": {"text": "".join(after[first:last])},
            }  # fmt: skip


def _text(value: str) -> dict[str, str]:
    """A message of one line that holds no link: brackets before parentheses are one even in a plain text (3.11.6)."""
    return {"text": plain(value, _LONGEST_MESSAGE).replace("](", "] (")}


def _place(path: str, line: int) -> dict[str, Any]:
    return {"artifactLocation": _artifact(path), "region": {"startLine": line}}


def _artifact(path: str) -> dict[str, str]:
    return {"uri": quote(path), "uriBaseId": _ROOT}


def _notification(path: str, why: str) -> dict[str, Any]:
    return {
        "level": "note",
        "message": _text(f"not read: {why}"),
        "locations": [{"physicalLocation": {"artifactLocation": _artifact(path)}}],
    }
