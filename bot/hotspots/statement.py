"""Normalises statements in bulk: no comment, no literal, one fingerprint whatever the driver, ORM version or APM wrote.

The regular expressions run once per span (behind a cache); the SQL parser runs later and only on what repeats.
"""

import hashlib
import re
from functools import cache, lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from bot.hotspots.literals import without_literals
from bot.hotspots.values import hashed

MAXIMUM_CHARACTERS = 20_000  # a longer statement is compared by its beginning
CACHE_SIZE = 1 << 14
BACKSLASH_SYSTEMS = frozenset({"mysql", "mariadb"})  # there 'it\'s' is one string, and "x" is a string too
BRACKET_SYSTEMS = frozenset({"mssql", "microsoft.sql_server"})  # there [x] is an identifier
WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "UPSERT"})
IGNORED_OPERATIONS = frozenset(
    {"PRAGMA", "BEGIN", "START", "COMMIT", "ROLLBACK", "END", "SAVEPOINT", "RELEASE", "SET", "SHOW", "CONNECT"}
)


class Normal(NamedTuple):
    """A statement without its values: `statement` to show, `parseable` with quoted identifiers, as the parser needs it.

    `literals` is a hash of the values, the same in every process, None when a placeholder hides one or there is none.
    """

    fingerprint: str
    statement: str
    parseable: str
    operation: str
    literals: int | None


class Comment(NamedTuple):
    """What sqlcommenter says about the caller in the comment of a statement."""

    route: str | None
    controller: str | None


def normalise(text: str, system: str | None = None) -> Normal:
    """The normal form of a statement; neither comments around it nor values in it defeat the cache."""
    if (known := _KNOWN.get((text, system))) is not None:
        return known
    template, values = without_literals(_without_outer_comments(text[:MAXIMUM_CHARACTERS]))
    normal = _normalise(template, _flavour(system))
    if not values:
        if len(_KNOWN) < CACHE_SIZE:  # only texts that come again: one with values in it seldom does
            _KNOWN[text, system] = normal
        return normal
    if normal.literals is None:
        return normal
    literals = hashed((*values, str(normal.literals)))
    return Normal(normal.fingerprint, normal.statement, normal.parseable, normal.operation, literals)


def comment_of(text: str) -> Comment | None:
    """The route and controller that a comment of the statement names (format: google.github.io/sqlcommenter)."""
    found = (
        {key: unquote(value.replace("%%", "%")) for key, value in _COMMENT_KEY.findall(text)} if "/*" in text else {}
    )
    return Comment(found.get("route"), found.get("controller")) if found else None


def fingerprint(text: str) -> str:
    """16 hexadecimal digits of SHA-256: case, spaces and quotes of identifiers do not count."""
    folded = _PUNCTUATION.sub(r"\1", text.replace('"', "").lower())
    return hashlib.sha256(folded.encode("utf-8", "replace")).hexdigest()[:16]


_KNOWN: dict[tuple[str, str | None], Normal] = {}
_COMMENT_KEY = re.compile(r"[*,]\s*(route|controller)='([^']*)'")
_PUNCTUATION = re.compile(r"\s*([^\w\s])\s*")
_STRING_TAIL = r"'[^']*+(?:''[^']*+)*+'?"
_TOKENS = {
    "comment": r"/\*.*?(?:\*/|\Z)|--[^\n]*",
    "dollar": r"\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$",
    "escaped": r"(?<!\w)[eE]'[^'\\]*+(?:(?:''|\\.)[^'\\]*+)*+'?",
    "string": rf"(?<!\w)[bBnNxX]{_STRING_TAIL}|{_STRING_TAIL}",
    "quoted": r'"[^"]*+(?:""[^"]*+)*+"?|`[^`]*+`?',
    "placeholder": r"__\[POSTCOMPILE_\w+\]|%\(\w+\)s|%s|\$\d+|(?<![:\w]):\w+|(?<![@\w])@\w+|\?\d*",
    "number": r"(?<![\w$])(?:0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)(?!\w)",
    "space": r"\s+",
}
_BACKSLASH_TOKENS = _TOKENS | {
    "comment": r"/\*.*?(?:\*/|\Z)|--[^\n]*|\#[^\n]*",
    "string": r"(?<!\w)[bBnNxX]?(?:'[^'\\]*+(?:(?:''|\\.)[^'\\]*+)*+'?|\"[^\"\\]*+(?:(?:\"\"|\\.)[^\"\\]*+)*+\"?)",
}
_BRACKET_TOKENS = _TOKENS | {"quoted": _TOKENS["quoted"] + r"|\[[^\[\]]*\]"}


_TOKENS_OF = {"plain": _TOKENS, "backslash": _BACKSLASH_TOKENS, "bracket": _BRACKET_TOKENS}


@cache
def _lexer(flavour: str) -> re.Pattern[str]:
    """Compiled when a statement of the flavour comes: most exports hold one."""
    tokens = _TOKENS_OF[flavour].items()
    return re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in tokens), re.DOTALL)


# After masking: a cast of a parameter and its sign say nothing; lists of any length are one shape.
_CAST = re.compile(
    r"\?\s*::\s*\w+(?:\s*\(\s*\?(?:\s*,\s*\?)*\s*\))?(?:\s+(?:varying|with(?:out)? time zone))?(?:\[\])*", re.I
)
_BEFORE_VALUE = "limit offset between and or select then else when by in is not like interval".replace(" ", "|")
_SIGN = re.compile(rf"((?:[=<>(,+*/-]|\b(?:{_BEFORE_VALUE}))\s*)[+-]\s*(?=\?)", re.IGNORECASE)
_ITEMS = r"(?:\?|null)(?:\s*,\s*(?:\?|null))*"
_LIST = re.compile(
    rf"(?:\bin|=\s*any)\s*\(\s*(?:{_ITEMS}|array\s*\[\s*{_ITEMS}\s*\]|\(\s*{_ITEMS}\s*\)(?:\s*,\s*\(\s*{_ITEMS}\s*\))*)\s*\)",
    re.I,
)
_ROW = r"\((?:[^()]|\([^()]*+\))*+\)"
_VALUES = re.compile(rf"\bvalues\s*{_ROW}(?:\s*,\s*{_ROW})*", re.I)
_LABEL_SCOPE = re.compile(r'[()]|\bselect\b|\bfrom\b|\s+as\s+(?:"[^"]*"|\w+)(?=\s*,|\s+from\b|\s*\)|\s*$)', re.I)
_PLAIN_QUOTED = re.compile(r'"([^\W\d]\w*)"')
_FIRST_WORD = re.compile(r"[^\W\d]\w*")


def _flavour(system: str | None) -> str:
    if system in BACKSLASH_SYSTEMS:
        return "backslash"
    return "bracket" if system in BRACKET_SYSTEMS else "plain"


def _without_outer_comments(text: str) -> str:
    """Drops a leading (Datadog) or trailing (sqlcommenter) comment: its trace id would defeat the cache."""
    text = text.strip()
    while text.startswith("/*") and (end := text.find("*/", 2)) > 0:
        text = text[end + 2 :].lstrip()
    if text.endswith("*/"):
        start = text.rfind("/*")
        if start >= 0 and text.count("'", 0, start) % 2 == 0:  # else it may stand inside a string: the lexer decides
            text = text[:start].rstrip()
    return text


@lru_cache(maxsize=CACHE_SIZE)
def _normalise(text: str, flavour: str) -> Normal:
    literals: list[str] = []
    hidden = False

    def mask(match: re.Match[str]) -> str:
        nonlocal hidden
        kind = match.lastgroup
        if kind in ("comment", "space"):
            return " "
        if kind == "quoted":
            return '"' + match[0].strip('"`[]').replace('"', "") + '"'
        if kind == "placeholder":
            hidden = True
        else:
            literals.append(match[0])
        return "?"

    masked = _lexer(flavour).sub(mask, text)
    for pattern, replacement in ((_SIGN, r"\1"), (_CAST, "?"), (_LIST, "IN (?)"), (_VALUES, "VALUES (?)")):
        masked = pattern.sub(replacement, masked)
    parseable = _without_labels(" ".join(masked.split()).rstrip("; "))
    statement = _PLAIN_QUOTED.sub(r"\1", parseable)
    word = _FIRST_WORD.search(statement)
    return Normal(
        fingerprint=fingerprint(statement),
        statement=statement,
        parseable=parseable,
        operation=word[0].upper() if word else "",
        literals=hashed(literals) if literals and not hidden else None,
    )


def _without_labels(sql: str) -> str:
    """Drops `AS label` in select lists, and only there: in FROM an alias is needed to resolve columns."""
    in_list, kept, position = [False], [], 0
    for token in _LABEL_SCOPE.finditer(sql):
        word = token[0].lower()
        if word == "(":
            in_list.append(False)
        elif word == ")":
            in_list = in_list[:-1] or [False]
        elif word == "select":
            in_list[-1] = True
        elif word == "from":
            in_list[-1] = False
        elif in_list[-1]:
            kept.append(sql[position : token.start()])
            position = token.end()
    return "".join((*kept, sql[position:]))
