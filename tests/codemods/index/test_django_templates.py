"""The attribute paths that templates read on each of their variables."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.index import Index

READS = [
    pytest.param("{{ a.b.c|upper }}", {"a": {"b.c"}}, id="a value"),
    pytest.param("{% for x in xs %}{{ x.b }}{% endfor %}", {"xs": {"", "b"}}, id="a loop"),
    pytest.param(
        "{% for x in a.rel.all %}{{ x.b }}{% endfor %}", {"a": {"rel.all()", "rel.all().b"}}, id="a loop over many"
    ),
    pytest.param("{% for x in a.rel.all() %}{% endfor %}", {"a": {"rel.all()"}}, id="Jinja"),
    pytest.param("{% if a.b and not c.d %}{% endif %}", {"a": {"b"}, "c": {"d"}}, id="a condition"),
    pytest.param("{% with y=a.b %}{{ y.c }}{% endwith %}", {"a": {"b", "b.c"}}, id="a name given by with"),
    pytest.param("{% with a.b as y %}{{ y.c }}{% endwith %}", {"a": {"b", "b.c"}}, id="a name given by as"),
    pytest.param('{% include "part.html" with p=a.b %}', {"a": {"b", "b.part"}}, id="what is included"),
    pytest.param('{% include "loop.html" %}', {"z": {"q"}}, id="a template that includes itself"),
    pytest.param('{% extends "part.html" %}', {}, id="not what is extended"),
    pytest.param('{% include "missing.html" %}{{ a }}', {}, id="nothing"),
    pytest.param("{# a.b #} a.b {{ 'a.b' }}", {}, id="comments, text and strings"),
]


@pytest.mark.parametrize(("text", "expected"), READS)
def test_what_a_template_reads(
    text: str, expected: dict[str, set[str]], checkout: Callable[[dict[str, str]], Path]
) -> None:
    files = {
        "blog/templates/blog/page.html": text,
        "blog/templates/part.html": "{{ p.part }}",
        "blog/templates/loop.html": '{{ z.q }}{% include "loop.html" %}',
    }
    found = Index(checkout(files)).templates.reads("blog/page.html")
    read = {name: {".".join(path) for path in paths if path[-1:] != ("__str__",)} for name, paths in found.items()}
    assert {name: paths for name, paths in read.items() if paths} == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("shop/mails/page.html", {"a"}, id="the end of its name is enough"),
        pytest.param("shop/two.html", set(), id="not where two files end like it"),
        pytest.param("shop/none.html", set(), id="nor where none does"),
    ],
)
def test_a_template_below_a_folder_that_is_not_there(
    name: str, expected: set[str], checkout: Callable[[dict[str, str]], Path]
) -> None:
    files = {"t/mails/page.html": "{{ a.b }}", "t/two.html": "{{ c.d }}", "u/two.html": "{{ e.f }}"}
    found = Index(checkout(files)).templates.reads(name)
    assert {root for root, paths in found.items() if paths} == expected
