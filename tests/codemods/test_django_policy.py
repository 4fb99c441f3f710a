"""When a Django query streams its rows in chunks for which a prefetch does not pay."""

import ast

import pytest

from codemods._django_policy import streams
from codemods.index.facts import module_facts


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param(".iterator()", True, id="no chunk size"),
        pytest.param(".iterator(chunk_size=10)", True, id="small chunks"),
        pytest.param(".iterator(10)", True, id="small chunks, by position"),
        pytest.param(".iterator(chunk_size=settings.CHUNK)", True, id="chunks of unknown size"),
        pytest.param(".aiterator(chunk_size=99)", True, id="small chunks, asynchronous"),
        pytest.param(".iterator(chunk_size=2_000)", False, id="large chunks"),
        pytest.param(".order_by('id')", False, id="no stream"),
    ],
)
def test_streams(steps: str, expected: bool) -> None:
    facts = module_facts("app.py", ast.parse(f"list(Post.objects.all(){steps})"))
    (query,) = facts.functions["<module>"].queries
    assert streams(query) is expected
