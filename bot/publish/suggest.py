"""An edit as suggestions on the lines of a pull request, where its diff shows them all; pure."""

from collections.abc import Mapping, Set
from difflib import SequenceMatcher
from itertools import pairwise

from bot.publish.forge import LineComment
from bot.publish.sanitize import fence
from bot.records import Change, Finding

LONGEST = 5_000  # characters of one suggestion


def suggestions(finding: Finding, shown: Mapping[str, Set[int]], lead: str) -> tuple[LineComment, ...]:
    """One comment per edited place; none when a place is outside of the diff, for half an edit is a broken one.

    `shown` are the lines of the head that the diff shows, by path; `lead` is our sentence above the first suggestion.
    """
    found: list[LineComment] = []
    for change in finding.changes:
        for first, last, text in blocks(change):
            lines = set(range(first, last + 1))
            block = fence(text, "suggestion", LONGEST)
            if not lines <= shown.get(change.path, frozenset()) or not _is_exact(str(block), text):
                return ()
            body = f"{lead}\n\n{block}" if not found else str(block)
            found.append(LineComment(path=change.path, first=first, last=last, body=body))
    return tuple(found)


def blocks(change: Change) -> list[tuple[int, int, str]]:
    """First and last line (from 1) of the text before, and what replaces them, per edited place.

    A pure insertion replaces the line that it goes before, or at the end the last one, by both.
    """
    before, after = change.before.splitlines(keepends=True), change.after.splitlines(keepends=True)
    if not before:
        return []
    spans = [
        (start, end, first, last)
        for kind, start, end, first, last in SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        if kind != "equal"
    ]
    widened = [_anchored(span, len(before)) for span in spans]
    if any(one[1] > two[0] for one, two in pairwise(widened)):  # neighbours share a line: one block for all
        widened = [(widened[0][0], widened[-1][1], widened[0][2], widened[-1][3])]
    return [(start + 1, end, "".join(after[first:last])) for start, end, first, last in widened]


def _anchored(span: tuple[int, int, int, int], length: int) -> tuple[int, int, int, int]:
    start, end, first, last = span
    if start < end:
        return span
    return (start, end + 1, first, last + 1) if end < length else (start - 1, end, first - 1, last)


def _is_exact(block: str, text: str) -> bool:
    """Whether the fence shows the text as it is: nothing cut, nothing made visible, no mixed line ends."""
    inside = block.partition("\n")[2].rpartition("\n")[0]
    return bool(text) and "\r" not in text and inside == text.removesuffix("\n")
