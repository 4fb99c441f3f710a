"""GitHub's own example events, pointed at the repository of the rig."""

import gzip
import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("github-events.json.gz")


@cache
def _examples() -> dict[str, Any]:
    return json.loads(gzip.decompress(_FILE.read_bytes()))


def examples(name: str, action: str) -> list[dict[str, Any]]:
    """All examples of an event."""
    return [deepcopy(event) for event in _examples()[name] if event["action"] == action]


def comment_event(body: str, *, number: int, author: str, comment: int | None = None) -> dict[str, Any]:
    """A new comment on a pull request. None of the official examples is on one, so the mark of one is added."""
    event = examples("issue_comment", "created")[0]
    event["issue"] |= {"number": number, "locked": False, "pull_request": {"url": "https://example.invalid/pulls"}}
    event["comment"] |= {"body": body, "created_at": "2026-11-25T11:00:00Z"} | ({"id": comment} if comment else {})
    event["comment"]["user"] |= {"login": author, "type": "User"}
    event["sender"] |= {"login": author, "type": "User"}
    event["repository"] |= {"full_name": "acme/blog"}
    return event
