"""The doctor's answer: a line per check, and what to do below it; or JSON."""

from collections.abc import Sequence

import msgspec

from bot.doctor import Check
from bot.show.plain import plain

LONGEST = 300


def text(checks: Sequence[Check]) -> str:
    """Lines that begin with ok, missing or advice, and a count."""
    lines = []
    for check in checks:
        lines.append(f"{check.status:<8}{plain(check.topic)}: {plain(check.text, LONGEST)}")
        if check.fix:
            lines.append(f"        -> {plain(check.fix, LONGEST)}")
    missing = sum(check.status == "missing" for check in checks)
    lines.append(f"{missing} missing" if missing else "nothing is missing")
    return "\n".join(lines) + "\n"


def encode(checks: Sequence[Check]) -> str:
    """`{"schema": "costmod.doctor/1", "checks": [...]}`, indented."""
    document = {"schema": "costmod.doctor/1", "checks": list(checks)}
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
