"""Whether tests of the repository replace what a function calls, so that another call would escape them."""

import re
from collections.abc import Iterator

from codemods._loops import Body
from codemods.index.names import matches_module

_CALLERS = 2  # levels
_TELLING = 4  # letters of a name from which a mention is no accident


def patched_in(body: Body, library: str, name: str) -> str | None:
    """The test file that replaces `library.name` where this function calls it; None without one.

    What stands below both, a transport adapter or a method of the client, does not count.
    """
    tree = body.index.tree
    words = _mentions(body)
    for path in tree.tests:
        text = tree.test_text(path)
        if library not in text:
            continue
        for prefix in _patches(text, library, name):
            if prefix and matches_module(body.path, prefix):
                return path
            if path.endswith("conftest.py") or words.search(text):
                return path
    return None


def stands_in(body: Body, name: str) -> str | None:
    """The test file that puts a mock in place of `name`, by which this file reaches a client; None without one."""
    tree = body.index.tree
    forms = (rf"""["']([\w.]+)\.{name}["']""", rf"""\(\s*([\w.]+)\s*,\s*["']{name}["']""")
    mock = re.compile(rf"\.{name}(?:\.return_value)?\s*=\s*(?:\w+\.)*(?:Magic|Async)?Mock\(")
    for path in tree.tests:
        text = tree.test_text(path)
        if name not in text or "fakeredis" in text:
            continue
        named = any(matches_module(body.path, found[1]) for form in forms for found in re.finditer(form, text))
        if named or (mock.search(text) and _mentions(body).search(text)):
            return path
    return None


def watched(body: Body, method: str) -> list[str]:
    """The test files that know the function's file and fake the method, or look at the calls of it."""
    return _faking(
        body,
        rf"\b{method}\b(?:\s*\.\s*(?:assert_|await_|call_|called|return_value|side_effect|mock_calls)|\s*=\s*\w*Mock\()",
        rf"\b(?:add_response|add_client_error)\(\s*['\"]{method}['\"]",
        rf"\bdef {method}\(",
    )


def patched(body: Body, *names: str) -> list[str]:
    """The test files that know the function's file and replace one of the names in it."""
    spelled = "|".join(map(re.escape, names))
    return _faking(body, rf"(?:\bpatch(?:\.object)?|\bsetattr)\(\s*[^)\n]*\b(?:{spelled})\b")


def _faking(body: Body, *patterns: str) -> list[str]:
    stem = body.path.removesuffix(".py").removesuffix("/__init__").rpartition("/")[2]
    known, fake = re.compile(rf"\b{re.escape(stem)}\b"), re.compile("|".join(patterns))
    tests = ((path, body.index.tree.test_text(path)) for path in body.index.tree.tests)
    return [path for path, text in tests if known.search(text) and fake.search(text)]


def _patches(text: str, library: str, name: str) -> Iterator[str]:
    """What stands before the library in each replacement: "app.clients" in `patch("app.clients.requests.get")`."""
    what = rf"(?:api\.)?(?:{name}|request|Session|Client)"
    forms = (
        rf"""["']((?:[\w]+\.)*){library}\.{what}["']""",
        rf"""["']((?:[\w]+\.)+){library}(?:\.api)?["']""",
        rf"""\(\s*((?:[\w]+\.)*){library}(?:\.api)?\s*,\s*["']{what}["']""",
        rf"""\(\s*((?:[\w]+\.)*[\w]+)\s*,\s*["']{library}["']""",
        rf"""(?m)^\s*((?:[\w]+\.)*){library}\.{what}\s*=(?!=)""",
        rf"""(?m)^\s*((?:[\w]+\.)+){library}\s*=(?!=)""",
    )
    for form in forms:
        for found in re.finditer(form, text):
            yield found[1].rstrip(".")


def _mentions(body: Body) -> re.Pattern[str]:
    """A search for the file, the function, and who calls it."""
    stem = body.path.removesuffix("/__init__.py").removesuffix(".py").rpartition("/")[2]
    keys = {(body.path, body.function.qualname)}
    for _ in range(_CALLERS):
        keys |= {caller for key in keys for caller in body.index.calls.callers(key)}
    names = {part for _, qualname in keys for part in qualname.split(".") if len(part) >= _TELLING and part[0] != "<"}
    choices = "|".join(sorted(map(re.escape, names)) or ["(?!)"])
    return re.compile(rf"import[^\n]*\b{stem}\b|\.{stem}\b|\b(?:{choices})\b")
