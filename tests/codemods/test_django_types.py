"""Which model an expression is a row of, and the queries that start at a related manager."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from codemods._django_cases import MODELS
from codemods._django_types import DjangoTypes
from codemods.index import Index
from codemods.index.facts import Function

Checkout = Callable[[dict[str, str]], Path]
HEAD = "from django.db import models\n"
HEAD += "from django.contrib.auth.models import User\nfrom blog.models import Author, Comment, Post, Star, Tag\n\n\n"
USED = (
    MODELS
    + """

class Mark(models.Model):
    by = models.ForeignKey('auth.User', on_delete=models.CASCADE)

    @property
    def posts(self):
        return Post.objects.filter(title=self.by.username)

    def tags(self, name):
        return Tag.objects.filter(name=name)

    def either(self):
        return Post.objects.all() if self.pk else Tag.objects.all()

    def strangers(self):
        return Stranger.objects.all()

    def names(self):
        return list(Tag.objects.all())


class Star(Mark):
    pass
"""
)


def types(checkout: Checkout, text: str) -> tuple[DjangoTypes, dict[str, Function]]:
    index = Index(checkout({"blog/models.py": USED, "app.py": HEAD + text}))
    module = index.tree.module("app.py")
    assert module
    found = DjangoTypes(index, index.definitions.of)
    known = {m.name: m for m in index.django.all}
    if "class Posts" in text:
        found.class_model = lambda key: known["Post"] if key[1] == "Posts" else None
    return found, module.functions


def function(lines: str, params: str = "x") -> str:
    return f"def f({params}):\n" + "".join(f"    {line}\n" for line in lines.splitlines())


def method(lines: str, class_: str = "Posts", more: str = "") -> str:
    body = "".join(f"        {line}\n" for line in lines.splitlines())
    return f"class {class_}:\n    def f(self, request):\n{body}{more}"


@pytest.mark.parametrize(
    ("text", "asked", "expected"),
    [
        pytest.param(function("p = Post.objects.get(pk=1)"), "p", "Post", id="one row of a query"),
        pytest.param(function("p, made = Post.objects.get_or_create(pk=1)"), "p", "Post", id="a row and a flag"),
        pytest.param(function("p = get_object_or_404(Post, pk=1)"), "p", "Post", id="a row of a class"),
        pytest.param(function("p = get_object_or_404()"), "p", None, id="a row of nothing"),
        pytest.param(function("q = Post.objects.all()\np = q.first()"), "p", "Post", id="one row of a kept query"),
        pytest.param(function("q = Post.objects.all()\np = q[0]"), "p", "Post", id="an index"),
        pytest.param(function("for p in Post.objects.filter(x=1):\n    pass"), "p", "Post", id="a loop"),
        pytest.param(function("[p for p in list(Post.objects.all())]"), "p", "Post", id="a wrapped comprehension"),
        pytest.param(function("for p, n in zip(Post.objects.all(), x):\n    pass"), "p", None, id="a loop over pairs"),
        pytest.param(function("p = Post(title='a')"), "p", "Post", id="a new row"),
        pytest.param(function("p = make(1)"), "p", None, id="what a function makes"),
        pytest.param(function("p = (await Post.objects.aget(pk=1))"), "p", "Post", id="await"),
        pytest.param(function("pass"), "(p := Post.objects.get(pk=1))", "Post", id="a walrus"),
        pytest.param(function("pass"), "x", None, id="a parameter of no known kind"),
        pytest.param(function("pass", "x: Post"), "x", "Post", id="an annotation"),
        pytest.param(function("pass", "x: 'list[Post] | None'"), "x", "Post", id="an annotation in words"),
        pytest.param(function("pass", "x: int"), "x", None, id="another annotation"),
        pytest.param(function("pass", "comment"), "comment", "Comment", id="a name that spells a model"),
        pytest.param(function("pass", "comment"), "comment.post.author", "Author", id="to-one relations"),
        pytest.param(function("pass", "comment"), "comment.post.tags", None, id="a manager is no row"),
        pytest.param(function("pass", "comment"), "comment.post.tags.get(pk=1)", "Tag", id="a row of a manager"),
        pytest.param(function("pass", "comment"), "comment.text.get(pk=1)", None, id="a row of a column"),
        pytest.param(function("pass"), "1", None, id="no expression of rows"),
        pytest.param(function("pass"), "1 .get()", None, id="no rows"),
        pytest.param(function("p = p.parent"), "p", None, id="a name that is made of itself"),
        pytest.param(function("a = b.get()\nb = a[0]"), "a", None, id="names that are made of each other"),
        pytest.param(function("pass"), "x.request.user", "User", id="the user of a request"),
        pytest.param(function("pass"), "Post.objects.first().author.posts.last().editor", "Author", id="four hops"),
        pytest.param(method("pass"), "self.get_object()", "Post", id="the row of a view"),
        pytest.param(method("pass"), "self.object.author", "Author", id="the object of a view"),
        pytest.param(method("pass"), "self.model.objects.get(pk=1)", "Post", id="the model of a view"),
        pytest.param(method("pass"), "self.tag", "Tag", id="an attribute that spells a model"),
        pytest.param(method("pass"), "self.thing", None, id="an attribute that nothing gives"),
        pytest.param(
            method("pass", more="    def g(self):\n        x = 1\n        self.kept = Comment.objects.get(pk=1)\n"),
            "self.kept", "Comment", id="an attribute that another method gives",
        ),
        pytest.param(
            method("self.kept = make()"), "self.kept", None, id="an attribute of an unknown value",
        ),
        pytest.param(method("pass", "Loose"), "self.get_object()", None, id="a view of no known model"),
        pytest.param(
            method("pass", "Own(Comment)"), "self.post.author.posts.get()", "Post", id="a row's own relation",
        ),
        pytest.param(method("pass", "Own(models.Model)"), "self.tag", None, id="a row without such a relation"),
        pytest.param(function("pass"), "self.post", "Post", id="self outside a class, and a name that spells a model"),
        pytest.param(function("pass"), "self", None, id="self outside a class"),
    ],
)  # fmt: skip
def test_the_model_of_a_row(text: str, asked: str, expected: str | None, checkout: Checkout) -> None:
    found, functions = types(checkout, text)
    of = next(f for name, f in functions.items() if name.rpartition(".")[2] == "f")
    model = found.row(of, ast.parse(asked, mode="eval").body)
    assert (model.name if model else None) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            function("p = Post.objects.get(pk=1)\nreturn p.tags.filter(x=1)"),
            [("Post.objects", ("Post",)), ("p.tags", ("self:blog/models.py:Tag",))], id="a collection of one row",
        ),
        pytest.param(
            function("return comment.post.comment_set.all()", "comment"),
            [("comment.post.comment_set", ("self:blog/models.py:Comment",))], id="over a relation",
        ),
        pytest.param(
            function("return mark.posts.filter(x=1)", "mark"),
            [("mark.posts", ("self:blog/models.py:Post",))], id="a property that gives a query",
        ),
        pytest.param(
            function("star = Star.objects.get(pk=1)\nreturn star.tags('a').order_by('b')"),
            [("Star.objects", ("Star",)), ("star.tags('a')", ("self:blog/models.py:Tag",))],
            id="a method that gives a query, of a model above",
        ),
        pytest.param(function("return mark.either().all()", "mark"), [], id="a method that gives one of two"),
        pytest.param(function("return mark.strangers().all()", "mark"), [], id="a method that gives unknown rows"),
        pytest.param(function("return mark.names().all()", "mark"), [], id="a method that gives no query"),
        pytest.param(function("return mark.posts().all()", "x"), [], id="a property that is called"),
        pytest.param(function("return author.tags(1).all()", "author"), [], id="a method of another model"),
        pytest.param(function("return x.posts.all()"), [], id="a property of an unknown row"),
        pytest.param(
            function("return x.tags.all()"), [("x.tags", ("self:blog/models.py:Tag",))],
            id="a collection of an unknown row, by a name that no other has",
        ),
        pytest.param(function("return x.tags"), [], id="something of an unknown row by that name"),
        pytest.param(function("return x.tags(1).all()"), [], id="what an unknown row gives by that name"),
        pytest.param(function("return x.author.all()"), [], id="one row by a name that no other has"),
        pytest.param(function("return comment.post.first()", "comment"), [], id="a to-one relation"),
        pytest.param(function("return comment.text.all()", "comment"), [], id="a column"),
    ],
)  # fmt: skip
def test_queries_that_start_at_a_collection(
    text: str, expected: list[tuple[str, tuple[str, ...]]], checkout: Checkout
) -> None:
    found, functions = types(checkout, text)
    read = found.read(functions["f"])
    assert [(q.root, q.entities) for q in read.queries] == expected
    assert found.read(functions["f"]) is read
