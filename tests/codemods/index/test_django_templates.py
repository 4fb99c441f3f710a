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
    pytest.param(
        "{% regroup a.rel.all by b.c as groups %}{{ groups.d }}",
        {"a": {"rel.all()", "rel.all().b.c", "rel.all().d"}, "b": {"c"}},
        id="regroup",
    ),
    pytest.param("{{ a.0.b }}", {"a": {"b"}}, id="an index"),
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
    ("folders", "expected"),
    [
        pytest.param(["theme", "blog"], {"blog", "theme"}, id="one hides the other"),
        pytest.param(["a", "b", "c", "d"], {"a"}, id="a common name"),
    ],
)
def test_files_of_one_name(folders: list[str], expected: set[str], checkout: Callable[[dict[str, str]], Path]) -> None:
    files = {f"{folder}/templates/page.html": f"{{{{ {folder}.x }}}}" for folder in folders}
    assert set(Index(checkout(files)).templates.reads("page.html")) == expected


HANDED = [
    pytest.param("{{ a.b|upper|mail:1 }}", {("upper", 0, ("a", "b")), ("mail", 0, ("a", "b"))}, id="filters"),
    pytest.param("{% for x in xs %}{% show x.a of=x 'b' 1 %}{% endfor %}",
                 {("for", 0, ("x",)), ("for", 1, ("in",)), ("for", 2, ("xs",)), ("show", 0, ("xs", "a")),
                  ("show", 1, ("xs",))}, id="a tag"),
    pytest.param("{{ a }}", set(), id="nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), HANDED)
def test_what_filters_and_tags_are_given(
    text: str, expected: set[tuple[str, int, tuple[str, ...]]], checkout: Callable[[dict[str, str]], Path]
) -> None:
    templates = Index(checkout({"templates/page.html": text})).templates
    assert templates.reads("page.html") or not expected
    assert templates.handed("page.html") == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("blog/page.html", {"a"}, id="the end of a path"),
        pytest.param("app:blog/page.html", {"a"}, id="with the name of a package"),
        pytest.param("theme/old/page.html", {"b"}, id="the only one with such an end"),
        pytest.param("other/page.html", set(), id="several with such an end"),
        pytest.param("blog/none.html", set(), id="none"),
    ],
)
def test_which_file_a_name_means(name: str, expected: set[str], checkout: Callable[[dict[str, str]], Path]) -> None:
    files = {"x/blog/page.html": "{{ a }}", "y/old/page.html": "{{ b }}", "z/page.html": "{{ c }}"}
    assert set(Index(checkout(files)).templates.reads(name)) == expected
