"""Data that is safe to print: names, statements and test output never become Markdown, HTML, mentions or commands.

Every filter returns `Markup`; the templates refuse to print anything else. Formats: GitHub Flavored Markdown Spec 0.29
(code spans 6.3, fenced code blocks 4.5, backslash escapes 6.1, tables 4.10, autolinks 6.9).
"""

import re
import unicodedata

from markupsafe import Markup

from bot.publish import boxes

LONGEST_VALUE = 500
SUBJECT_LENGTH = 72
_ZERO_WIDTH_SPACE = "\u200b"
_TICKS = re.compile(r"`+")
_PUNCTUATION = re.compile(r"([\\`*_\[\]|~$])")
_BLOCK_START = re.compile(r"^(\d{0,9})([-+=:#.)])")
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_REFERENCE = re.compile(
    r"(?<=@)(?=\S)|(?<=#)(?=\d)|(?<=GH)(?=-\d)|(?<=://)|(?<=www)(?=\.)|(?<=\b[0-9a-f]{7})(?=[0-9a-f]{33}\b)",
    re.IGNORECASE,
)
_HIDDEN_LINE = re.compile(r"<(?=!--\s*costmod:)")  # what `marker.py` and the forges find again in what was said
_SKIPS_CI = re.compile(
    r"\[\s*(?:skip\s+ci|ci\s+skip|no\s+ci|skip\s+actions|actions\s+skip)\s*\]|skip-checks\s*:\s*\w*|\*\*\*NO_CI\*\*\*",
    re.IGNORECASE,
)


def plain(value: object, longest: int = LONGEST_VALUE) -> str:
    """One printable line: no control, direction or invisible character, at most `longest` characters."""
    kept = "".join(
        letter for letter in str(value) if letter.isspace() or not unicodedata.category(letter).startswith("C")
    )
    line = _HIDDEN_LINE.sub("< ", " ".join(kept.split()))
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def text(value: object, longest: int = LONGEST_VALUE) -> Markup:
    """Prose: reads as written, whatever it holds."""
    return _safe(_prose(plain(value, longest), first=True))


def code(value: object, longest: int = LONGEST_VALUE) -> Markup:
    """A code span, delimited by one backtick more than the longest run inside."""
    line = plain(value, longest)
    if not line.strip():
        return _safe("(none)")
    fence = "`" * (_longest_run(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return _safe(f"{fence}{pad}{line}{pad}{fence}")


def sentence(value: object, longest: int = LONGEST_VALUE) -> Markup:
    """Prose of ours in which data stands between backticks: the data becomes code spans, the rest prose."""
    parts = plain(value, longest).split("`")
    if len(parts) % 2 == 0:  # a backtick inside the data: nothing tells where it ends
        return text(value, longest)
    spaced = [code(part) if odd % 2 else _prose(part, first=not odd) for odd, part in enumerate(parts) if part]
    return _safe("".join(map(str, spaced)))


def cell(value: object, longest: int = LONGEST_VALUE) -> Markup:
    """A code span inside a table, where a pipe ends the cell even in code."""
    return _safe(str(code(value, longest)).replace("|", "\\|"))


def fence(value: object, language: str = "", longest: int = 20_000) -> Markup:
    """A fenced block of several lines; invisible characters are shown by their code point."""
    shown = visible(value)
    if len(shown) > longest:
        kept = shown[:longest].rpartition("\n")[0] or shown[:longest]
        shown = f"{kept}\n… cut: {len(shown[len(kept) :].lstrip(chr(10)))} more characters"
    ticks = "`" * max(3, _longest_run(shown) + 1)
    return _safe(f"{ticks}{language}\n{shown.rstrip()}\n{ticks}")


def visible(value: object) -> str:
    """Lines as they are, with every invisible character shown by its code point."""
    return _HIDDEN_LINE.sub("< ", "".join(_visible(letter) for letter in str(value).replace("\r\n", "\n")))


def box(fingerprint: str) -> Markup:
    """The hidden line by which a ticked box names its finding."""
    if not boxes.FINGERPRINT.fullmatch(fingerprint):
        raise ValueError(f"{fingerprint!r} is no fingerprint")
    return _safe(boxes.hidden(fingerprint))


def subject(value: object, longest: int = SUBJECT_LENGTH) -> str:
    """One line of a commit message or a title: names nobody, closes nothing, skips no check."""
    line = plain(value, 10 * longest)
    line = line.replace("@", "").replace("://", ":").replace("#", "").replace("`", "")
    while (found := _SKIPS_CI.sub(" ", line)) != line:  # last, so that nothing taken out above leaves one behind
        line = found
    line = re.sub(r"GH-(?=\d)", "GH ", line, flags=re.IGNORECASE)
    return plain(line, longest) or "perf: remove a repeated query"


def _prose(line: str, *, first: bool) -> str:
    """An already plain piece of a line, escaped; only what stands first can start a block."""
    broken = _REFERENCE.sub(_ZERO_WIDTH_SPACE, line)
    escaped = _PUNCTUATION.sub(r"\\\1", "".join(_HTML.get(letter, letter) for letter in broken))
    return _BLOCK_START.sub(r"\1\\\2", escaped) if first else escaped


def _safe(escaped: str) -> Markup:
    return Markup(escaped)  # noqa: S704  the one place that vouches for text


def _longest_run(line: str) -> int:
    return max((len(run) for run in _TICKS.findall(line)), default=0)


def _visible(letter: str) -> str:
    if letter in "\n\t" or not unicodedata.category(letter).startswith("C"):
        return letter
    return f"<U+{ord(letter):04X}>"
