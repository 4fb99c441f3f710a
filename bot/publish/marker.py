"""The bot's memory on the forge: one hidden line at the end of a pull request body.

Format: `<!-- costmod:v1:BASE64URL(JSON) -->`. Text between the two part lines belongs to the bot and is replaced on
update; everything else in the body was written by people and is kept. A marker is a claim, not a proof: whoever may
edit the body may forge it, so heads it names are checked against git before anything is pushed.
"""

import base64
import binascii
import hashlib
import re

import msgspec

from bot.records import Record

BEGIN = "<!-- costmod:begin -->"
END = "<!-- costmod:end -->"
_MARKER = re.compile(r"<!--\s*costmod:v1:([A-Za-z0-9_-]{1,4096}=*)\s*-->")
_PART = re.compile(rf"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)


class Marker(Record, frozen=True, kw_only=True):
    """What the bot last did. Written before a push, so it names the head to come and the one that was."""

    fp: str
    codemod: str
    head: str  # commit id the bot pushed, or is about to push
    was: str | None = None  # commit id it replaced; the branch still shows it when a push was lost
    base: str  # commit id it was built on
    content: str  # hash of the edit, the base left out
    title: str  # hash of the title the bot wrote
    tool: str
    hotspot: str = ""  # id of what the APM saw
    worth: str = ""  # expected per month, as people read it
    given: tuple[str, ...] = ()  # labels and reviewers that were set once, hashed: people may take them off for good

    @property
    def heads(self) -> tuple[str, ...]:
        """Every head that the bot may have left on the branch."""
        return tuple(head for head in (self.head, self.was) if head)


def digest(*parts: str) -> str:
    """Short hash of some texts, each kept apart from the next."""
    joined = b"".join(len(part.encode()).to_bytes(8, "big") + part.encode() for part in parts)
    return hashlib.sha256(joined).hexdigest()[:16]


def write(marker: Marker) -> str:
    """The hidden line."""
    return f"<!-- costmod:v1:{base64.urlsafe_b64encode(msgspec.json.encode(marker)).decode()} -->"


def read(body: str) -> Marker | None:
    """The last marker of a body that can be read; None when there is none."""
    for encoded in reversed(_MARKER.findall(body)):
        padded = encoded.rstrip("=") + "=" * (-len(encoded.rstrip("=")) % 4)
        try:
            return msgspec.json.decode(base64.urlsafe_b64decode(padded), type=Marker)
        except (binascii.Error, msgspec.MsgspecError, UnicodeDecodeError):
            continue
    return None


def lines(body: str) -> list[str]:
    """A body as lines, so that line ends a forge rewrote do not count as a change."""
    return [line.rstrip() for line in body.strip().splitlines()]


def human_text(body: str) -> str:
    """What people wrote: the body without the bot's part and without markers."""
    body = body.replace("\r\n", "\n").replace("\r", "\n")
    return _MARKER.sub("", _PART.sub("", body)).strip()


def compose(part: str, human: str, marker: Marker) -> str:
    """The whole body: the bot's part, what people wrote, the marker as the last line."""
    pieces = [f"{BEGIN}\n\n{part.strip()}\n\n{END}", human.strip(), write(marker)]
    return "\n\n".join(piece for piece in pieces if piece) + "\n"


def with_marker(body: str, marker: Marker) -> str:
    """The body with every marker in it replaced by one at the end."""
    return f"{_MARKER.sub('', body).rstrip()}\n\n{write(marker)}\n"
