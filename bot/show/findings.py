"""Findings of a scan as text and as the JSON document `costmod.scan/1` with its JSON Schema."""

import json
from typing import Any

import msgspec

from bot.records import Finding, Scan
from bot.show.plain import plain, plain_lines
from bot.words import counted
from codemods.strategies import KEY_COLUMN


def text(scan: Scan, *, diff: bool) -> str:
    """One block per finding and a closing count; with `diff` also the suggested edits."""
    blocks = [_block(finding, diff=diff) for finding in scan.findings]
    return "".join(f"{block}\n" for block in blocks) + _count(scan)


def _block(finding: Finding, *, diff: bool) -> str:
    place = f"{plain(finding.file)}:{finding.line}"
    lines = [f"{place} in {plain(finding.function)} [{plain(finding.codemod)} {finding.fingerprint[:12]}]"]
    for load in finding.loads:
        read = f"{plain(load.path)} at {plain(load.read_file)}:{load.read_line}"
        lines += [f"  every row reads  {read}: {plain(load.statement)}"]
        how = "read just its   " if load.strategy == KEY_COLUMN else "load it with    "
        lines += [f"  {how} {plain(load.strategy)}: {plain(load.why)}"]
    if finding.entry:
        lines.append(f"  reached from     {plain(finding.entry)}")
    lines += [f"  note             {plain(note)}" for note in finding.notes]
    return "\n".join(lines) + "\n" + (f"\n{plain_lines(finding.diff)}" if diff else "")


def _count(scan: Scan) -> str:
    number = len(scan.findings)
    reached = sum(finding.entry is not None for finding in scan.findings)
    were = "was" if len(scan.skipped) == 1 else "were"
    skipped = f"; {counted(len(scan.skipped), 'file')} {were} not read" if scan.skipped else ""
    if not number:
        return f"no findings{skipped}\n"
    return (
        f"{counted(number, 'finding')}, {reached} reached from a route, a task or a command{skipped}\n"
        "Only a trace tells what they cost: `costmod fix --hotspots` edits what it confirms.\n"
    )


def encode(scan: Scan) -> str:
    """The document as indented JSON; whole file texts are left out, the diff says what changes."""
    findings = tuple(msgspec.structs.replace(finding, changes=()) for finding in scan.findings)
    document = msgspec.structs.replace(scan, findings=findings, skipped=dict(sorted(scan.skipped.items())))
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the document."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "costmod.scan/1",
        **msgspec.json.schema(Scan),
    }


def schema_text() -> str:
    """The schema as the file that ships with the package."""
    return json.dumps(schema(), indent=2, sort_keys=True) + "\n"
