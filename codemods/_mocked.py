"""Whether tests watch a call: what stands in its place would run them into the ground, or past what they check."""

import re

from codemods._loops import Body


def watched(body: Body, method: str) -> list[str]:
    """The test files that know the function's file and fake the method, or look at the calls of it."""
    return _tests(
        body,
        rf"\b{method}\b(?:\s*\.\s*(?:assert_|await_|call_|called|return_value|side_effect|mock_calls)|\s*=\s*\w*Mock\()",
        rf"\b(?:add_response|add_client_error)\(\s*['\"]{method}['\"]",
        rf"\bdef {method}\(",
    )


def patched(body: Body, *names: str) -> list[str]:
    """The test files that know the function's file and replace one of the names in it."""
    spelled = "|".join(map(re.escape, names))
    return _tests(body, rf"(?:\bpatch(?:\.object)?|\bsetattr)\(\s*[^)\n]*\b(?:{spelled})\b")


def _tests(body: Body, *patterns: str) -> list[str]:
    stem = body.path.removesuffix(".py").removesuffix("/__init__").rpartition("/")[2]
    known, fake = re.compile(rf"\b{re.escape(stem)}\b"), re.compile("|".join(patterns))
    tests = ((path, body.index.tree.test_text(path)) for path in body.index.tree.tests)
    return [path for path, text in tests if known.search(text) and fake.search(text)]
