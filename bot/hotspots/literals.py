"""Takes the plain literals out of a statement in one pass.

Statements whose values are written into the text differ every time, which would defeat the cache of normal forms;
without their values most are one text. Anything less plain is left for the normaliser, which reads every dialect.
"""

import re

# It opens with one set of characters, so that the engine skips to the next of them instead of trying every position.
_PLAIN = re.compile(
    r"['\"0-9](?:(?<=')(?<!\w')[^']*'|(?<=\")[^\"]*\"|(?<=[0-9])(?<![\w$.:@?][0-9])[0-9]*(?![\w.])|(?P<stray>(?<=['\"])))"
)
_NOT_PLAIN = ("\\", "--", "/*", "#", "$", "`", "[")


def without_literals(text: str) -> tuple[str, tuple[str, ...]]:
    """The statement with empty strings and zeros for its values, and the values; both have the same normal form."""
    for mark in _NOT_PLAIN:
        if mark in text:
            return text, ()
    values: list[str] = []
    stray = False

    def take(match: re.Match[str]) -> str:
        nonlocal stray
        found = match[0]
        if found[0] == '"' or found == "'":
            stray = stray or match["stray"] is not None
            return found
        values.append(found)
        return "''" if found[0] == "'" else "0"

    template = _PLAIN.sub(take, text)
    return (text, ()) if stray else (template, tuple(values))
