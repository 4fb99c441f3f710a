"""Tags of other template languages, written as Jinja's; whole texts."""

import pytest

from codemods.index.template_text import as_jinja

TEXTS = [
    pytest.param("${post.title | h}", "{{ post.title | h }}", id="Mako: a value"),
    pytest.param("% for post in posts:\n", "{% for post in posts %}\n", id="Mako: a loop"),
    pytest.param("  %if post.author:\n", "{{ post.author }}\n", id="Mako: a condition"),
    pytest.param('<%include file="row.html"/>', '{% include "row.html" %}/>', id="Mako: what is included"),
    pytest.param('<%namespace name="m" file="m.mako"/>', '{% include "m.mako" %}/>', id="Mako: what is used"),
    pytest.param('<li py:for="p in posts">', "<li {% for p in posts %}>", id="Genshi: a loop"),
    pytest.param("<b py:if='p.author'>", "<b {{ p.author }}>", id="Genshi: a condition"),
    pytest.param('<xi:include href="row.html" />', '{% include "row.html" %} />', id="Genshi: what is included"),
    pytest.param('<li tal:repeat="p view/posts">', "<li {% for p in view/posts %}>", id="Chameleon: a loop"),
    pytest.param('<b tal:content="p.author">', "<b {{ p.author }}>", id="Chameleon: a value"),
    pytest.param("{% for p in posts %}{{ p.x }} 5 % of", "{% for p in posts %}{{ p.x }} 5 % of", id="Jinja stays"),
    pytest.param("% of all, {x}, $5 {y}", "% of all, {x}, $5 {y}", id="text stays"),
]


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_as_jinja(text: str, expected: str) -> None:
    assert as_jinja(text) == expected
