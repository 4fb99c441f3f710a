"""Rows looked up by key in a loop, before and after: equal results, errors and writes on real databases."""

from collections.abc import Callable
from pathlib import Path

import pytest
from guards.conftest import children, library, postgres  # noqa: F401
from guards.libraries import Library, libraries, outermost

from codemods import django_in_bulk
from codemods.api import Proposal, Reached, Repeat, Sighting
from codemods.index import Index

pytestmark = pytest.mark.slow
MODELS = """\
from django.db import models


class Author(models.Model):
    email = models.CharField(max_length=20, unique=True, null=True{collation})
    city = models.CharField(max_length=20)
"""
APP = """\
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404

from blog.models import Author


def author_of(key):
    return author_by(key)


def author_by(pk):
    if pk is None:
        return None
    try:
        return Author.objects.get(pk=pk)
    except Author.DoesNotExist:
        return None


def checked(key, out):
    out.append("asked")
    author = Author.objects.filter(pk=key).first()
    if author is None:
        out.append("nobody")
    return author


def look_up(keys, out):
    for key in keys:
        {lookup}
        out.append([repr(key), author and author.email])
{more}

def view(request):
    out = []
    try:
        with transaction.atomic():
            look_up({keys}, out)
    except Exception as raised:
        out.append(type(raised).__name__)
    return out
"""
CAUGHT = """try:
            author = Author.objects.get(pk=key)
        except Author.DoesNotExist:
            continue"""
ID, EMAIL = "id", "email"
LOOKUPS = {
    "get": ("author = Author.objects.get(pk=key)", ID, ""),
    "caught": (CAUGHT, ID, ""),
    "first": ("author = Author.objects.filter(id=key).only('email').first()", ID, ""),
    "shortcut": ("author = get_object_or_404(Author, pk=key)", ID, ""),
    "helper": ("author = author_of(key)", ID, ""),
    "lent": ("author = checked(key, out)", ID, ""),
    "field": ("author = Author.objects.filter(email=key).first()", EMAIL, ""),
    "some rows": ("author = Author.objects.filter(city='Bonn').filter(email=key).first()", EMAIL, ""),
    "writes": ("author = Author.objects.get(pk=key)", ID, "        author.city += '!'\n        author.save()\n"),
}
KEYS = {
    ID: {
        "none": "[]",
        "known": "[1, 2, 3]",
        "repeated": "[2, 1, 2, 1]",
        "missing": "[1, 99, 2]",
        "null": "[1, None, 2]",
        "text": "['1', 2, '3']",
        "like a number": "[1.0, True, 2]",
        "many": "[n % 4 + 1 for n in range(1200)]",
        "generator": "(n for n in (3, 1, 99, 2))",
        "failing": "(1 // n for n in (1, 0, 2))",
        "no key": "[1, 'x', 2]",
    },
    EMAIL: {
        "none": "[]",
        "known": "['a@x', 'B@x', 'ß']",
        "other case": "['A@X', 'b@x', 'SS', 'ss']",
        "spaces": "['a@x ', ' a@x', '', 'a@x']",
        "null": "[None, 'a@x', None]",
        "other types": "['a@x', 5, 5.0, '5']",
        "repeated": "['a@x', 'a@x', \"'\"]",
    },
}
EARLY = ("failing", "no key")  # an error of a key comes before the first round: a draft says so
ROWS = {
    "blog_author": [
        {"id": n, "email": email, "city": "Bonn" if n % 2 else ""}
        for n, email in enumerate(["a@x", "B@x", "ß", "'", "5", "", None], 1)
    ]
}
SAME_OBJECT = ("repeated", "text", "like a number", "many")  # rounds share what the loop changes: a draft says so


@pytest.mark.parametrize("name", LOOKUPS)
@pytest.mark.parametrize("library", outermost("django"), indirect=True, ids="-".join)
def test_equal(name: str, library: Library, checkout: Callable[[dict[str, str]], Path]) -> None:  # noqa: F811
    lookup, column, more = LOOKUPS[name]
    models = MODELS.format(collation=", db_collation='NOCASE'" if library.database == "sqlite" else "")
    before = APP.format(lookup=lookup, keys="KEYS", more=more)
    after = rewritten(before, models, column, checkout)
    for case, keys in KEYS[column].items():
        was, now = (library.run(models, app.replace("KEYS", keys), ROWS) for app in (before, after))
        if case in EARLY:
            assert (now.value[-1], now.error) == (was.value[-1], was.error), case
        elif not (more and case in SAME_OBJECT):
            assert (now.value, now.error, now.writes) == (was.value, was.error, was.writes), case
        if case == "known":
            assert (len(was.selects), len(now.selects)) == (3, 2 if name == "some rows" else 1)  # one is not in Bonn
        if case == "many":
            assert len(now.selects) <= len(was.selects) / 2


SEATS = """\
from django.db import models


class Seat(models.Model):
    row = models.CharField(max_length=4, null=True{collation})
    number = models.IntegerField()
    hall = models.CharField(max_length=4)

    class Meta:
        unique_together = [("row", "number"), ("hall", "number")]
"""
PAIRS = """\
from blog.models import Seat


def look_up(places, out):
    for row, number in places:
        out.append([row, number])
        try:
            seat = Seat.objects.get({by})
        except Seat.DoesNotExist:
            continue
        out.append(seat.id)


def view(request):
    every = []
    for places in (
        [], [("a", 1), ("b", 2)], [("a", 1), ("a", 1), ("a", 2)], [("A", 1), ("z", 9)], [(None, 3)], [(None, 4)],
        [("a", "1"), ("a ", 1), ("b", True)], [("b", 2)] * 6,
    ):
        every.append([])
        try:
            look_up(places, every[-1])
        except Exception as raised:
            every[-1].append(type(raised).__name__)
    return every
"""
PLACES = {
    "blog_seat": [
        {"id": n, "row": row, "number": number, "hall": f"h{n}" if n > 2 else "h"}
        for n, (row, number) in enumerate([("a", 1), ("b", 2), ("A", 2), (None, 3), (None, 4), (None, 4)], 1)
    ]
}


@pytest.mark.parametrize("by", ["row=row, number=number", "hall='h', number=number"])
@pytest.mark.parametrize("library", libraries("django")[::5], indirect=True, ids="-".join)
def test_fields_that_are_unique_together(
    by: str, library: Library, checkout: Callable[[dict[str, str]], Path]  # noqa: F811
) -> None:  # fmt: skip
    models = SEATS.format(collation=", db_collation='NOCASE'" if library.database == "sqlite" else "")
    before = PAIRS.format(by=by)
    root = checkout({"app.py": before, "blog/__init__.py": "", "blog/models.py": models})
    columns = (f"blog_seat.{'row' if 'row=' in by else 'hall'}", "blog_seat.number")
    repeat = Repeat("seat", ("blog_seat",), columns, 50, statement="SELECT * FROM blog_seat WHERE ...")
    sighting = Sighting("n_plus_one_db", (repeat,), (Reached("app.py", "look_up", 0, "the entry"),))
    (found,) = django_in_bulk.find(Index(root), sighting)
    assert isinstance(found, Proposal), found
    was, now = library.run(models, before, PLACES), library.run(models, found.texts["app.py"], PLACES)
    assert (now.value, now.error) == (was.value, was.error)
    assert len(now.selects) < len(was.selects)


def rewritten(app: str, models: str, column: str, checkout: Callable[[dict[str, str]], Path]) -> str:
    """The text of the app after the codemod."""
    root = checkout({"app.py": app, "blog/__init__.py": "", "blog/models.py": models})
    named = f"blog_author.{column}"
    repeat = Repeat(named, ("blog_author",), (named,), 50, statement=f"SELECT * FROM blog_author WHERE {named} = ?")
    reached = (Reached("app.py", "look_up", 0, "the entry"),)
    (found,) = django_in_bulk.find(Index(root), Sighting("n_plus_one_db", (repeat,), reached))
    assert isinstance(found, Proposal), found
    assert found.tier == "C"  # `keys` can be a generator
    return found.texts["app.py"]
