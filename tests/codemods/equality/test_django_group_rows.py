"""Rows listed by key in a loop, before and after: equal lists, errors and writes on real databases."""

from collections.abc import Callable
from pathlib import Path

import pytest
from guards.conftest import children, library, postgres  # noqa: F401
from guards.libraries import Library, libraries

from codemods import django_group_rows
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
"""
APP = """\
from django.db import transaction

from blog.models import Author, Post


def posts_of(author_id):
    return Post.objects.filter(author_id=author_id).order_by("title", "id")


def look_up(keys, out):
    for key in {rows}:
        posts = {lookup}
        out.append([repr(key), len(posts), [(post.pk, post.title) for post in posts]])
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
BY_KEY = "Post.objects.filter(author_id=key).order_by('title', 'id')"
BY_ROW = "Post.objects.filter(author=key).exclude(title='').order_by('-title', 'id')"
AUTHORS = "Author.objects.order_by('-id')"
LOOKUPS = {
    "keys": (BY_KEY, "keys", ""),
    "rows": (BY_ROW, AUTHORS, ""),
    "rows' keys": (BY_KEY.replace("=key", "=key.pk"), f"list({AUTHORS})", ""),
    "helper": ("posts_of(key)", "keys", ""),
    "label": ("Post.objects.filter(label=key).order_by('id')", "keys", ""),
    "writes": (BY_ROW, AUTHORS, "        for post in posts:\n            post.title += '!'\n            post.save()\n"),
}
KEYS = {
    "none": "[]",
    "known": "[1, 2, 3]",
    "repeated": "[2, 1, 2, 1]",
    "missing": "[1, 99, 2]",
    "null": "[1, None, 2]",
    "text": "['1', 2, '3']",
    "no key": "[1, 'x', 2]",
    "like a number": "[1.0, True, 2]",
    "many": "[n % 4 + 1 for n in range(20)]",
    "failing": "(1 // n for n in (1, 0, 2))",
}
EARLY = ("failing", "no key")
LABELS = {
    "none": "[]",
    "known": "['a', 'b']",
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


@pytest.mark.parametrize("name", LOOKUPS)
@pytest.mark.parametrize("library", libraries("django")[::5], indirect=True, ids="-".join)
def test_equal(name: str, library: Library, checkout: Callable[[dict[str, str]], Path]) -> None:  # noqa: F811
    lookup, rows, more = LOOKUPS[name]
    keys = {"rows": "None"} if rows != "keys" else LABELS if name == "label" else KEYS
    before = APP.format(lookup=lookup, rows=rows, keys=", ".join(keys.values()), more=more)
    after = rewritten(before, MODELS, "label" if name == "label" else "author_id", checkout)
    was, now = library.run(MODELS, before, ROWS), library.run(MODELS, after, ROWS)
    assert (now.error, now.writes) == (was.error, was.writes)
    for case, expected, found in zip(keys, was.value, now.value, strict=True):
        if case in EARLY:
            assert found == expected[-1:]  # the error comes before the rounds
        else:
            assert found == expected, case
    if rows != "keys":
        assert (len(was.selects), len(now.selects)) == (5, 2)
    elif name != "label":
        assert len(now.selects) < len(was.selects) * 2 / 3


def test_another_spelling(checkout: Callable[[dict[str, str]], Path]) -> None:
    """Why keys of text are a draft: a database that compares without case gives rows that no Python key has."""
    before = APP.format(lookup=LOOKUPS["label"][0], rows="keys", keys="['A']", more="")
    assert "not known to be a number" in " ".join(proposal(before, MODELS, "label", checkout).notes)


def rewritten(app: str, models: str, column: str, checkout: Callable[[dict[str, str]], Path]) -> str:
    """The text of the app after the codemod."""
    return proposal(app, models, column, checkout).texts["app.py"]


def proposal(app: str, models: str, column: str, checkout: Callable[[dict[str, str]], Path]) -> Proposal:
    root = checkout({"app.py": app, "blog/__init__.py": "", "blog/models.py": models})
    named = f"blog_post.{column}"
    repeat = Repeat(named, ("blog_post",), (named,), 50, statement=f"SELECT * FROM blog_post WHERE {named} = ?")
    reached = (Reached("app.py", "look_up", 0, "the entry"),)
    (found,) = django_group_rows.find(Index(root), Sighting("n_plus_one_db", (repeat,), reached))
    assert isinstance(found, Proposal), found
    return found
