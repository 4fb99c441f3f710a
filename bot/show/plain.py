"""Data as a terminal and a CI log may see it: no control characters, no log commands, no endless line."""

import re
import unicodedata

from bot.publish.sanitize import plain as one_line

LONGEST = 500  # characters of one data text

# "::name" at the start of a line, "##[name]" and "##vso[name]" anywhere are commands to GitHub Actions and Azure
# Pipelines. A table may break a line at any space.
_COMMAND = re.compile(r"(?<!\S):(?=:)|#(?=#\w*\[)")
_COMMAND_LINE = re.compile(r"(?m)^(\s*:)(?=:)|#(?=#\w*\[)")


def plain(value: object, longest: int = LONGEST) -> str:
    """One line that commands nothing, at most about `longest` characters."""
    return _COMMAND.sub(lambda found: f"{found[0]} ", one_line(value, longest))


def plain_lines(text: str) -> str:
    """Several lines that command nothing; line feeds and tabs stay, and so does the length."""
    kept = "".join(letter for letter in text if letter in "\n\t" or not unicodedata.category(letter).startswith("C"))
    return _COMMAND_LINE.sub(lambda found: f"{found[0]} ", kept)
