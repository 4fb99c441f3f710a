"""What the policy files of a repository allow on AWS."""

import re
import subprocess
from pathlib import Path

from codemods.index.looking_git import look

_SECONDS = 60


def lacking(root: Path, has: str, needs: str) -> list[str]:
    """The files that allow one IAM action by name, when none of them allows the other one; empty when one does.

    `has` and `needs` are actions of one service: "dynamodb:PutItem", "dynamodb:BatchWriteItem".
    """
    texts = {file: (root / file).read_text("utf-8", "replace") for file in _files(root, has)}
    files = [file for file, text in texts.items() if re.search(rf"{has}\b", text, re.I)]
    service, _, action = needs.partition(":")
    starts = "|".join(re.escape(f"{action[:n]}*") for n in range(len(action)))
    allowed = re.compile(rf"\b{service}:(?:{re.escape(action)}\b|{starts})", re.I)
    return [] if any(map(allowed.search, texts.values())) else files


def _files(root: Path, action: str) -> list[str]:
    try:
        done = look(
            root, "grep", "--no-textconv", "-zIliF", "-e", action, "--", ":!*.md", ":!*.rst", ":!*.txt",
            seconds=_SECONDS,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return []
    found = sorted(filter(None, done.stdout.decode("utf-8", "surrogateescape").split("\0")))
    return [file for file in found if not (root / file).is_symlink()]
