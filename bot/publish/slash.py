"""`/costmod ...` in a comment: the grammar and the event, pure. No free text of a comment is ever passed on.

One command per comment, at the start of a line, outside of code blocks, quotes and HTML comments.
"""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from bot.errors import UserError
from bot.publish.sanitize import plain
from bot.records import Record

Verb = Literal["explain", "fix", "rebase", "reopen", "ignore", "help"]
_VERBS: tuple[Verb, ...] = get_args(Verb)
WRITES: frozenset[Verb] = frozenset({"fix", "rebase", "reopen", "ignore"})
OLDEST = timedelta(hours=24)
LONGEST_LINE = 256
_COMMAND = re.compile(r"/costmod[ \t]+([a-z]{1,16})((?:[ \t]+[A-Za-z0-9._:/=@-]{1,128}){0,8})[ \t]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_PIN = re.compile(r"@[0-9a-f]{7,40}")
_OPTIONS: dict[Verb, frozenset[str]] = {
    "rebase": frozenset({"--discard"}),
    "fix": frozenset({"--discard", "--pr"}),
    "ignore": frozenset({"--rule"}),
}
_EVENT_SIZE = 1 << 22


class Command(Record, frozen=True, kw_only=True):
    """What somebody asks for."""

    verb: Verb
    options: frozenset[str] = frozenset()
    pin: str = ""  # the head it is meant for, as far as it was given


class Event(Record, frozen=True, kw_only=True):
    """A comment on a pull request, as GitHub tells it (webhook `issue_comment`)."""

    repository: str  # OWNER/NAME
    number: int
    comment: int
    body: str
    author: str
    created: str  # RFC 3339


def parse(body: str) -> Command | str | None:
    """The command; a sentence when it cannot be understood; None when there is none."""
    lines = [line for line in _spoken(body) if line.startswith("/costmod")]
    if not lines:
        return None
    if len(lines) > 1:
        return "one command per comment"
    found = _COMMAND.fullmatch(lines[0]) if len(lines[0]) <= LONGEST_LINE else None
    verb = next((known for known in _VERBS if found and known == found[1]), None)
    if found is None or verb is None:
        return "no such command"
    words = found[2].split()
    pins = [word for word in words if _PIN.fullmatch(word)]
    options = frozenset(words) - set(pins)
    if len(pins) > 1 or not options <= _OPTIONS.get(verb, frozenset()):
        return f"{verb} does not take that"
    return Command(verb=verb, options=options, pin=pins[0][1:] if pins else "")


def read_event(path: Path) -> Event | str:
    """The comment of an event file; or, in one sentence, why it is none to answer.

    Raises:
        UserError: the file cannot be read, or is no event of GitHub's.
    """
    try:
        with path.open("rb") as file:
            data = msgspec.json.decode(file.read(_EVENT_SIZE), type=dict[str, Any])
        return _event(data)
    except (OSError, msgspec.MsgspecError, KeyError, TypeError, AttributeError) as error:
        reason = plain(error, 100)
        raise UserError(f"{path}: is no issue_comment event of GitHub ({reason}); give $GITHUB_EVENT_PATH.") from error


def is_too_old(created: str, now: datetime) -> bool:
    """Whether a command was given more than a day ago: whoever wrote it may think otherwise by now."""
    try:
        return now - datetime.fromisoformat(created) > OLDEST
    except (ValueError, TypeError):
        return True


def _event(data: dict[str, Any]) -> Event | str:
    comment, issue = data["comment"], data["issue"]
    reasons = {
        "only new comments are read, never edited ones": data["action"] != "created",
        "it is not on a pull request": not issue.get("pull_request"),
        "a bot wrote it": comment["user"]["type"] == "Bot" or comment["user"]["login"].endswith("[bot]"),
        "somebody else sent it": data["sender"]["login"] != comment["user"]["login"],
        "the conversation is locked": bool(issue.get("locked")),
    }
    reason = next((reason for reason, applies in reasons.items() if applies), None)
    return reason or msgspec.convert(
        {
            "repository": data["repository"]["full_name"],
            "number": issue["number"],
            "comment": comment["id"],
            "body": comment["body"],
            "author": comment["user"]["login"],
            "created": comment["created_at"],
        },
        Event,
    )


def _spoken(body: str) -> list[str]:
    """The lines that people mean: no code block, no quote, nothing hidden."""
    kept, fence = [], ""
    for line in _HIDDEN.sub("", body.replace("\r\n", "\n")).split("\n"):
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif mark:
            fence = mark[1]
        elif not line.lstrip().startswith(">"):
            kept.append(line)
    return kept
