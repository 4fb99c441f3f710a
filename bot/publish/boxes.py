"""The boxes of the dashboard: one per finding that people may ask for; pure.

A box is a task list item (GitHub Flavored Markdown 5.3) with a hidden line that names the finding.
"""

import re
from collections.abc import Iterable

from bot.records import Record

SHORT = 12  # digits of a fingerprint that name a finding
FINGERPRINT = re.compile(r"[0-9a-f]{12,64}")
_TICKED = re.compile(rf"^- \[[xX]\] <!-- costmod:do:([0-9a-f]{{{SHORT}}}) -->", re.MULTILINE)


class Ticks(Record, frozen=True, kw_only=True):
    """What is ticked, by short fingerprint."""

    seen: frozenset[str] = frozenset()  # whoever did it
    asked: frozenset[str] = frozenset()  # by people who may


class Edit(Record, frozen=True, kw_only=True):
    """One change of the text that holds the boxes."""

    when: str  # RFC 3339
    who: str  # "" for an account that is gone
    ours: bool


def hidden(fingerprint: str) -> str:
    """The hidden line of a finding."""
    return f"<!-- costmod:do:{fingerprint[:SHORT]} -->"


def ticked(body: str) -> frozenset[str]:
    """The findings whose box is ticked."""
    return frozenset(_TICKED.findall(body.replace("\r\n", "\n")))


def people_since(edits: Iterable[Edit]) -> frozenset[str]:
    """Who has edited the text since the bot last wrote it; "" among them for an account that is gone."""
    people: set[str] = set()
    for edit in sorted(edits, key=lambda edit: edit.when):
        people = set() if edit.ours else people | {edit.who}
    return frozenset(people)
