"""What is the same about calls that repeat."""

from __future__ import annotations

import re

from .calls.listener import Call

MAX_TEXT = 4000
_LITERAL = re.compile(r"'(?:[^']|'')*'|\b\d+\b")
_LIST = re.compile(r"\(\s*(?:[?%:$@]\w*(?:\([\w]*\)s)?\s*,\s*)+[?%:$@]\w*(?:\([\w]*\)s)?\s*\)")
_SPACE = re.compile(r"\s+")
_LOCAL = re.compile(r"(//(?:localhost|127\.0\.0\.1|\[::1\])):\d+")
_VALUE = re.compile(r"(?<=/)(?=[^/]*\d)[^/?]+")
_KEPT = 2000  # statements whose normalised text is remembered

_known: dict[str, str] = {}


def of(call: Call) -> str:
    """A statement without literals, a URL without keys, an operation or command as it is."""
    if call.kind == "sql":
        return normalised(call.text)
    if call.kind == "http":
        return f"{call.name} {_url(call.text)}"
    return _LOCAL.sub(r"\1:{}", call.text)[:MAX_TEXT]


def normalised(statement: str) -> str:
    """The statement without literals and with lists of parameters folded, so that repeats look alike."""
    text = _known.get(statement)
    if text is None:
        if len(_known) >= _KEPT:
            _known.clear()
        text = _SPACE.sub(" ", statement[:MAX_TEXT]).strip()
        text = _known[statement] = _LIST.sub("(...)", _LITERAL.sub("?", text))
    return text


def _url(url: str) -> str:
    """Path segments that hold a digit are keys, and a local server's port is another one each time."""
    scheme, mark, rest = _LOCAL.sub(r"\1:{}", url[:MAX_TEXT]).partition("//")
    host, slash, path = rest.partition("/")
    return scheme + mark + host + (_VALUE.sub("{}", slash + path) if slash else "")
