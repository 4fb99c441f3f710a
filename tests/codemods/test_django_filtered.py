"""Parts of collections, where the cases cannot show it: everything in one file, several callers, other imports."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codemods import django_eager_load
from codemods._django_filtered_cases import PART
from codemods.api import Answer, No, Proposal, Reached, Sighting
from codemods.index import Index

Checkout = Callable[[dict[str, str]], Path]
MODELS = """\
from django.db import models


{above}class Post(models.Model):
    author = models.ForeignKey("Author", on_delete=models.CASCADE)

    def good(self):
        return {good}


class Author(models.Model):
    pass


class Comment(models.Model):
    post = models.ForeignKey(Post, on_delete=models.CASCADE)
    writer = models.ForeignKey(Author, on_delete=models.CASCADE)
    text = models.CharField(max_length=9)
{below}"""
GOOD = 'self.comment_set.filter(text="b")'
VIEW = "def view(request):\n    return [list(post.good()) for post in Post.objects{}.all()]\n"
AHEAD = """.prefetch_related(
        {}Prefetch(
            "comment_set",
            queryset=Comment.objects.filter(text="b"),
            to_attr="prefetched_good",
        ),
    )"""
LIST = """\
    def good(self):
        if hasattr(self, "prefetched_good"):
            return self.prefetched_good
"""


def answer(root: Path, path: str) -> Answer:
    hops = Index(root).calls.reach([(path, "view")], 6)
    reached = tuple(Reached(*key, hop.distance, "the entry") for key, hop in hops.items())
    (found,) = django_eager_load.find(Index(root), Sighting("n_plus_one_db", (PART,), reached))
    return found


@pytest.mark.parametrize("at", ["above", "below"])
def test_the_query_stands_in_the_file_of_the_method(at: str, checkout: Checkout) -> None:
    gap = {"above": "{}\n\n", "below": "\n\n{}"}[at]

    def text(view: str) -> str:
        return MODELS.format(**{"above": "", "below": "", "good": GOOD, at: gap.format(view)})

    found = answer(checkout({"blog/models.py": text(VIEW.format(""))}), "blog/models.py")
    assert isinstance(found, Proposal)
    expected = text(VIEW.format(AHEAD.format("models.")))
    assert found.texts == {"blog/models.py": expected.replace("    def good(self):\n", LIST)}


def test_who_else_pays_is_said(checkout: Checkout) -> None:
    app = "from blog.models import Post\n\n\ndef rows():\n    return Post.objects.all()\n\n\n"
    app += (
        "def view(request):\n    return [list(post.good()) for post in rows()]\n\n\ndef other():\n    return rows()\n"
    )
    models = MODELS.format(above="", below="", good=GOOD)
    found = answer(checkout({"blog/models.py": models, "app.py": app}), "app.py")
    assert isinstance(found, Proposal)
    assert found.notes[-1] == (
        "this query has 2 callers, and all of them load it now: `view` in app.py, `other` in app.py"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("good", "queryset"),
    [
        pytest.param(GOOD, 'Comment.objects.filter(text="b")', id="by one value"),
        pytest.param("self.comment_set.filter(text=-1)", "Comment.objects.filter(text=-1)", id="by a negative number"),
        pytest.param(
            'self.comment_set.all().exclude(text="b").order_by("-text", "pk").distinct()',
            'Comment.objects.exclude(text="b").order_by("-text", "pk").distinct()',
            id="in steps",
        ),
        pytest.param("self.comment_set.filter(text=f())", None, id="by a call"),
        pytest.param("Comment.recent.filter(post=self, text=1)", None, id="through another manager"),
        pytest.param('Post.objects.filter(pk=self, text="b")', None, id="by something that is no key"),
        pytest.param('Comment.objects.filter(text="b")', None, id="of all rows"),
        pytest.param("self.comment_set.all()", None, id="all of it"),
        pytest.param('self.filter(text="b")', None, id="a method of the row"),
    ],
)
def test_what_a_prefetch_takes(good: str, queryset: str | None, checkout: Checkout) -> None:
    app = "from blog.admin import site\nfrom blog.models import Author, Post as Entry\n\n\n" + VIEW.format("").replace(
        "Post.", "Entry."
    )
    models = MODELS.format(above="", below="", good=good)
    found = answer(checkout({"blog/models.py": models, "app.py": app}), "app.py")
    if queryset is None:
        assert isinstance(found, No)
        return
    assert isinstance(found, Proposal)
    ahead = AHEAD.format("").replace('Comment.objects.filter(text="b")', queryset)
    assert found.texts["app.py"] == (
        "from django.db.models import Prefetch\n\nfrom blog.admin import site\n"
        "from blog.models import Author, Comment, Post as Entry\n\n\n" + VIEW.format(ahead).replace("Post.", "Entry.")
    )


def test_only_what_one_row_leads_to_is_read_below(checkout: Checkout) -> None:
    app = "from {}blog.models import {}\n\n\ndef view(request):\n    posts = Post.objects{}\n"
    app += '    return render("a.html", {{"posts": posts.all()}})\n'
    page = "{% for p in posts %}{% for c in p.good %}{{ c.text }}{{ c.writer.comment_set.all }}{% endfor %}{% endfor %}"
    models = MODELS.format(above="", below="", good=GOOD)
    before = app.format("", "Post", ".all()")
    found = answer(checkout({"blog/models.py": models, "app.py": before, "blog/templates/a.html": page}), "app.py")
    assert isinstance(found, Proposal)
    ahead = AHEAD.format("").replace("\n    )", '\n        "prefetched_good__writer",\n    )')
    assert found.texts["app.py"] == app.format(
        "django.db.models import Prefetch\n\nfrom ", "Comment, Post", f"{ahead}.all()"
    )
