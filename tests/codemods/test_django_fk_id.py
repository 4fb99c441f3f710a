"""Reads of keys outside the function of the query: model methods, serializers, helpers, callers."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codemods import ask, discover, turns
from codemods._django_fk_id_cases import AUTHOR, MODELS
from codemods.api import Answer, No, Proposal, Reached, Sighting
from codemods.index import Index

Checkout = Callable[[dict[str, str]], Path]
VIEW = "from blog.models import Post\n\n\ndef view(request):\n    return [post.author_key() for post in Post.objects.all()]\n"
API = """\
from rest_framework import serializers, viewsets

from blog.models import Post


class PostSerializer(serializers.ModelSerializer):
    author = serializers.SerializerMethodField()

    class Meta:
        model = Post
        fields = ["title", "author"]

    def get_author(self, obj):
        return obj.author.id


class Posts(viewsets.ModelViewSet):
    serializer_class = PostSerializer

    def get_queryset(self):
        return Post.objects.all()
"""


def found(root: Path, *reached: tuple[str, str], evidence: str = "names") -> list[Answer]:
    index = Index(root)
    keys = reached or tuple(index.calls.reach([("app.py", "view")], 6))
    sighting = Sighting(
        "n_plus_one_db", (AUTHOR,), tuple(Reached(*key, 0, "the entry") for key in keys), evidence=evidence
    )  # type: ignore[arg-type]
    return discover()["django-fk-id"].find(index, sighting)


def texts(answers: list[Answer]) -> dict[str, str]:
    (answer,) = answers
    assert isinstance(answer, Proposal), answer
    return answer.texts


def code(answers: list[Answer]) -> str:
    (answer,) = answers
    assert isinstance(answer, No)
    return answer.code


def test_a_method_of_the_model(checkout: Checkout) -> None:
    (answer,) = found(checkout({"app.py": VIEW, "blog/models.py": MODELS}))
    assert isinstance(answer, Proposal)
    assert answer.texts == {"blog/models.py": MODELS.replace("self.author.id", "self.author_id")}
    assert (answer.tier, answer.notes) == ("B", ("the key is read at blog/models.py:20",))


def test_a_method_of_a_model_whose_rows_are_made_with_what_may_be_unsaved(checkout: Checkout) -> None:
    made = "def made(author):\n    return Post(title='', author=author)\n"
    (answer,) = found(checkout({"app.py": VIEW, "blog/models.py": MODELS, "blog/make.py": made}))
    assert isinstance(answer, Proposal)
    assert (answer.tier, answer.notes[1:]) == (
        "C", ("blog/make.py makes such rows: of one whose author is saved later, the key is None",),
    )  # fmt: skip


def test_a_method_of_a_serializer(checkout: Checkout) -> None:
    root = checkout({"api.py": API, "blog/models.py": MODELS})
    assert texts(found(root, ("api.py", "Posts"), ("api.py", "Posts.get_queryset"))) == {
        "api.py": API.replace("obj.author.id", "obj.author_id")
    }


def test_a_serializer_that_reads_more(checkout: Checkout) -> None:
    nested = API.replace('"title", "author"', '"title", "author", "name"').replace(
        "\n    class Meta", '    name = serializers.CharField(source="author.name")\n\n    class Meta'
    )
    root = checkout({"api.py": nested, "blog/models.py": MODELS})
    assert code(found(root, ("api.py", "Posts"), ("api.py", "Posts.get_queryset"))) == "R-UNRESOLVED"


def test_a_serializer_of_no_model(checkout: Checkout) -> None:
    root = checkout({"api.py": API.replace("        model = Post\n", ""), "blog/models.py": MODELS})
    assert code(found(root, ("api.py", "Posts"), ("api.py", "Posts.get_queryset"))) == "R-UNRESOLVED"


def test_a_template_reads_the_key(checkout: Checkout) -> None:
    view = (
        "from django.shortcuts import render\nfrom blog.models import Post\n\n\ndef view(request):\n"
        '    return render(request, "a.html", {"posts": Post.objects.all()})\n'
    )
    page = "{% for post in posts %}{{ post.author.id }}{% endfor %}"
    root = checkout({"app.py": view, "blog/models.py": MODELS, "templates/a.html": page})
    assert code(found(root)) == "R-UNRESOLVED"


GIVEN = "from blog.models import Post\n\n\ndef {}():\n    return Post.objects.all()\n\n\ndef view(request):\n    return [post.author.pk for post in {}()]\n"


def test_a_caller_that_gets_the_rows(checkout: Checkout) -> None:
    text = GIVEN.format("latest", "latest")
    root = checkout({"app.py": text, "blog/models.py": MODELS})
    assert texts(found(root)) == {"app.py": text.replace("author.pk", "author_id")}


def test_a_caller_that_may_get_others(checkout: Checkout) -> None:
    other = "class Feed:\n    def latest(self):\n        return []\n"
    root = checkout({"app.py": GIVEN.format("latest", "latest"), "blog/models.py": MODELS, "feed.py": other})
    assert code(found(root)) == "R-UNRESOLVED"


def test_a_caller_that_is_not_on_the_way(checkout: Checkout) -> None:
    text = GIVEN.format("latest", "latest")
    other = "from app import latest\n\n\ndef names():\n    return [post.author.name for post in latest()]\n"
    root = checkout({"app.py": text, "blog/models.py": MODELS, "names.py": other})
    assert texts(found(root)) == {"app.py": text.replace("author.pk", "author_id")}


@pytest.mark.parametrize("decorator", ["@cached\n", ""])
def test_a_helper_that_others_may_call(decorator: str, checkout: Checkout) -> None:
    text = f"from blog.models import Post\n\n\n{decorator}def key_of(row):\n    return row.author.id\n\n\n"
    text += "def view(request):\n    return [key_of(post) for post in Post.objects.all()]\n"
    root = checkout({"app.py": text, "blog/models.py": MODELS})
    if decorator:
        assert code(found(root)) == "R-UNRESOLVED"
    else:
        assert texts(found(root)) == {"app.py": text.replace("row.author.id", "row.author_id")}


def test_two_relations_to_one_model(checkout: Checkout) -> None:
    view = "from blog.models import Post\n\n\ndef view(request):\n    return [({}) for post in Post.objects.filter(editor__isnull=False)]\n"
    text = view.format("post.author.pk, post.editor.pk")
    (answer,) = found(checkout({"app.py": text, "blog/models.py": MODELS}))
    assert isinstance(answer, Proposal)
    assert answer.texts == {"app.py": view.format("post.author_id, post.editor_id")}
    assert [(load.path, load.strategy) for load in answer.loads] == [
        ("Post.author", "key column"), ("Post.editor", "key column"),
    ]  # fmt: skip


def test_nothing_before_names_count(checkout: Checkout) -> None:
    assert code(found(checkout({"app.py": VIEW, "blog/models.py": MODELS}), evidence="rows")) == "R-UNRESOLVED"


def test_an_admin_list_has_no_query(checkout: Checkout) -> None:
    admin = (
        "from django.contrib import admin\nfrom blog.models import Post\n\n\n@admin.register(Post)\nclass Posts(admin.ModelAdmin):\n"
        '    list_display = ["key"]\n\n    def key(self, obj):\n        return obj.author.id\n'
    )
    root = checkout({"app.py": admin, "blog/models.py": MODELS})
    assert code(found(root, ("app.py", "Posts"))) == "R-UNRESOLVED"


def test_it_is_asked_before_the_eager_load_which_gets_what_it_declines(checkout: Checkout) -> None:
    (turn,) = (t for t in turns(discover().values()) if len(t) > 1)
    assert [codemod.META.id for codemod in turn] == ["django-fk-id", "django-eager-load"]
    view = "from blog.models import Post\n\n\ndef view(request):\n    return [post.author.{} for post in Post.objects.all()]\n"
    root = checkout({"app.py": view.format("id"), "blog/models.py": MODELS})
    sighting = Sighting("n_plus_one_db", (AUTHOR,), (Reached("app.py", "view", 0, "the entry"),))
    assert [a.codemod for a in ask(turn, Index(root), sighting) if isinstance(a, Proposal)] == ["django-fk-id"]
    (root / "app.py").write_text(view.format("name"))
    assert [a.codemod for a in ask(turn, Index(root), sighting) if isinstance(a, Proposal)] == ["django-eager-load"]
    (root / "app.py").write_text(view.format("name").replace("Post.objects.all()", "request.posts"))
    assert [a.code for a in ask(turn, Index(root), sighting) if isinstance(a, No)] == ["R-UNRESOLVED"]
