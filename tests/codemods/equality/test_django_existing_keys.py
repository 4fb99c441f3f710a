"""Whether keys have rows, and how many, asked in a loop, before and after: equal answers, errors and writes."""

from collections.abc import Callable
from pathlib import Path

import pytest
from guards.conftest import children, library, postgres  # noqa: F401
from guards.libraries import Library, outermost

from codemods import django_existing_keys
from codemods.api import Proposal, Reached, Repeat, Sighting
from codemods.index import Index

pytestmark = pytest.mark.slow
MODELS = """\
from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=20)


class Post(models.Model):
    title = models.CharField(max_length=20)
    label = models.CharField(max_length=20, null=True)
    author = models.ForeignKey(Author, null=True, on_delete=models.CASCADE)

    class Meta:
        ordering = ["title"]
"""
APP = """\
from django.db import transaction

from blog.models import Author, Post


def look_up(keys, out):
    for key in {rows}:
        found = {lookup}
        out.append([repr(key), found])
{more}

def view(request):
    every = []
    for keys in ({keys},):
        every.append([])
        try:
            with transaction.atomic():
                look_up(keys, every[-1])
        except Exception as raised:
            every[-1].append(type(raised).__name__)
    return every
"""
BY_KEY = "Post.objects.filter(author_id=key)"
BY_ROW = "Post.objects.filter(author=key).exclude(title='')"
AUTHORS = "Author.objects.order_by('-id')"
LOOKUPS = {
    "rows": (f"{BY_ROW}.exists()", AUTHORS, ""),
    "no rows": (f"not {BY_ROW}.exists()", AUTHORS, ""),
    "rows counted": (f"{BY_ROW}.count()", f"list({AUTHORS})", ""),
    "keys": (f"not {BY_KEY}.exists()", "keys", ""),
    "keys counted": (f"{BY_KEY}.count()", "keys", ""),
    "label": ("Post.objects.filter(label=key).exists()", "keys", ""),
    "label counted": ("Post.objects.filter(label=key).count()", "keys", ""),
    "writes": (f"{BY_ROW}.exists()", AUTHORS, "        key.name += '!'\n        key.save()\n"),
}
KEYS = {
    "none": "[]",
    "known": "[1, 3, 4]",
    "repeated": "[1, 3, 1, 3]",
    "missing": "[1, 99, 2]",
    "null": "[1, None, 2]",
    "text": "['1', 2, '3']",
    "no key": "[1, 'x', 2]",
    "like a number": "[1.0, True, 3]",
    "many": "[n % 4 + 1 for n in range(20)]",
    "failing": "(1 // n for n in (1, 0, 2))",
}
EARLY = ("failing", "no key")
LABELS = {
    "none": "[]",
    "known": "['a', 'b', 'A']",
    "null": "['a', None, 'b']",
    "spaces": "['a ', '', ' a']",
    "repeated": "['a', 'a', \"'\"]",
}
ROWS = {
    "blog_author": [{"id": n, "name": str(n)} for n in range(1, 5)],
    "blog_post": [
        {"id": n, "title": "ba"[n % 2] if n % 5 else "", "label": ["a", "b", "", "'", None][n % 5], "author_id": author}
        for n, author in enumerate([1, 3, 1, None, 3, 3, 1, None, 4], 1)
    ],
}


@pytest.mark.parametrize("library", outermost("django")[::3], indirect=True, ids="-".join)
def test_equal(library: Library, checkout: Callable[[dict[str, str]], Path]) -> None:  # noqa: F811
    for name, (lookup, rows, more) in LOOKUPS.items():
        keys = {"rows": "None"} if rows != "keys" else LABELS if name.startswith("label") else KEYS
        before = APP.format(lookup=lookup, rows=rows, keys=", ".join(keys.values()), more=more)
        after = proposal(before, "label" if name.startswith("label") else "author_id", checkout).texts["app.py"]
        was, now = library.run(MODELS, before, ROWS), library.run(MODELS, after, ROWS)
        assert (now.error, now.writes) == (was.error, was.writes), name
        for case, expected, found in zip(keys, was.value, now.value, strict=True):
            # An error of a key comes before the rounds.
            assert found == (expected[-1:] if case in EARLY else expected), (name, case)
        if rows != "keys":
            assert (len(was.selects), len(now.selects)) == (5, 2), name
        elif not name.startswith("label"):
            assert len(now.selects) < len(was.selects) * 2 / 3, name


def proposal(app: str, column: str, checkout: Callable[[dict[str, str]], Path]) -> Proposal:
    root = checkout({"app.py": app, "blog/__init__.py": "", "blog/models.py": MODELS})
    named = f"blog_post.{column}"
    repeat = Repeat(named, ("blog_post",), (named,), 50, statement=f"SELECT 1 FROM blog_post WHERE {named} = ?")
    reached = (Reached("app.py", "look_up", 0, "the entry"),)
    (found,) = django_existing_keys.find(Index(root), Sighting("n_plus_one_db", (repeat,), reached))
    assert isinstance(found, Proposal), found
    return found
