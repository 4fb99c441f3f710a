"""Whether tests watch a call: what stands in its place would run them into the ground, or past what they check."""

import re

from codemods._loops import Body


def watched(body: Body, method: str, *more: str) -> list[str]:
    """The test files that know the function's file and fake the method, or look at the calls of it.

    `more` are regular expressions of other ways to do so.
    """
    fakes = (
        rf"\b{method}\b(?:\s*\.\s*(?:assert_|await_|call_|called|return_value|side_effect|mock_calls)|\s*=\s*\w*Mock\()",
        rf"\b(?:add_response|add_client_error)\(\s*['\"]{method}['\"]",
        rf"\bdef {method}\(",
        *more,
    )
    fake = re.compile("|".join(fakes))
    stem = re.compile(
        rf"\b{re.escape(body.path.removesuffix('/__init__.py').removesuffix('.py').rpartition('/')[2])}\b"
    )
    tests = ((path, body.index.tree.test_text(path)) for path in body.index.tree.tests)
    return [path for path, text in tests if stem.search(text) and fake.search(text)]
