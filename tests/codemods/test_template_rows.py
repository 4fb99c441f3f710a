"""What a template reads on every row of a variable, and what it may not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codemods._template_rows import TemplateRows
from codemods.index.tree import Tree

LOOP = "{% for post in posts %}BODY{% endfor %}"
CASES = [
    ("a variable", "{{ post.author.name }}", {"author.name"}),
    ("a filter", "{{ post.author|title }} {{ 'post.x'|f }}", {"author"}),
    ("a method", "{{ post.author.get_name() }}", {"author.get_name"}),
    ("the row itself", "{{ post }}", set()),
    ("another variable", "{{ user.name }}", set()),
    ("a condition", "{% if post.author %}{{ post.editor }}{% endif %}{{ post.tags }}", {"author", "tags"}),
    ("the end of a condition", "{% if post.author and post.x %}1{% elif post.y %}2{% else %}{{ post.z }}{% endif %}", {"author"}),
    ("a change", "{% ifchanged post.day %}{{ post.author }}{% endifchanged %}", set()),
    ("a loop inside", "{% for tag in post.tags.all %}{{ tag.kind.name }}{% endfor %}", {"tags.all", "tags.all.kind.name"}),
    ("a loop over something else", "{% for post in others %}{{ post.author }}{% endfor %}{{ post.x }}", {"x"}),
    ("a loop over pairs", "{% for a, b in post.pairs %}{{ a.x }}{% endfor %}", set()),
    ("the empty part", "{{ post.x }}{% empty %}{{ post.author }}", {"x"}),
    ("a comment", "{# {{ post.author }} #}{% comment %}{{ post.tags }}{% endcomment %}{{ post.x }}", {"x"}),
    ("an assignment", "{% set a = post.author %}{% with b=post.tags %}{{ b }}{% endwith %}{{ post.x }}", {"x"}),
    ("a tag", "{% url 'post' post.author.id %}", {"author.id"}),
    ("an included row", "{% include 'row.html' %}", {"author"}),
    ("an included row by another name", "{% include 'item.html' with item=post only %}", {"author"}),
    ("an unknown template", "{% include name %}{% include 'none.html' %}", set()),
    ("an end too many", "{% endif %}{{ post.x }}", {"x"}),
]  # fmt: skip
FILES = {
    "t/row.html": "{{ post.author }}",
    "t/item.html": "{{ item.author }}",
    "t/self.html": "{% include 'self.html' %}{% for p in posts.object_list %}{{ p.x }}{% endfor %}",
    "t/page.html": "{% if posts %}{% for p in posts.items %}{{ p.x }}\n{{ p.y }}{% endfor %}{% endif %}",
    "a/twice.html": LOOP,
    "b/twice.html": LOOP,
}


@pytest.fixture
def reads(checkout: Callable[[dict[str, str]], Path]) -> Callable[[str, str], list[tuple[str, str, int]]]:
    def read(name: str, text: str) -> list[tuple[str, str, int]]:
        tree = Tree(checkout({**FILES, "t/posts.html": text}))
        return [(".".join(path), *where) for path, where in TemplateRows(tree).reads(name, "posts")]

    return read


@pytest.mark.parametrize(("body", "paths"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_reads_in_a_loop(body: str, paths: set[str], reads: Callable[..., list[tuple[str, str, int]]]) -> None:
    assert {path for path, _, _ in reads("posts.html", LOOP.replace("BODY", body))} == paths


def test_a_page_and_where_it_is_read(reads: Callable[..., list[tuple[str, str, int]]]) -> None:
    assert reads("page.html", "") == [("x", "t/page.html", 1), ("y", "t/page.html", 2)]


def test_a_template_that_includes_itself_ends(reads: Callable[..., list[tuple[str, str, int]]]) -> None:
    assert set(reads("self.html", "")) == {("x", "t/self.html", 1)}


def test_two_templates_of_a_name_are_none(reads: Callable[..., list[tuple[str, str, int]]]) -> None:
    assert reads("twice.html", "") == []
