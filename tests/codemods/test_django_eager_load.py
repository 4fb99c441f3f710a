"""What the cases cannot show: admin lists, serializers and templates as evidence, and the layout of edits."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codemods import django_eager_load
from codemods._django_cases import AUTHOR, COMMENTS, MODELS, TAGS
from codemods._django_chains import Reading, Use, Via
from codemods._django_reads import DjangoReads
from codemods.api import No, Proposal, Reached, Repeat, Sighting
from codemods.index import Index
from codemods.index.django_models import Link

Checkout = Callable[[dict[str, str]], Path]
ADMIN = """\
from django.contrib import admin
from blog.models import Post, Comment


@admin.register(Post)
class PostAdmin(admin.ModelAdmin):
{body}

@admin.register(Comment)
class CommentAdmin(admin.ModelAdmin):
    pass
"""
NAMED = MODELS + "\n    def __str__(self):\n        return f'{self.post.author.email} {self.text}'\n"


def answer(root: Path, path: str, class_: str, *repeats: Repeat) -> Proposal | No:
    index = Index(root)
    members = index.calls.members((path, class_))
    reached = [Reached(path, class_, 0, "the route"), *(Reached(*key, 0, "the route") for key in members)]
    (found,) = django_eager_load.find(index, Sighting("n_plus_one_db", repeats, tuple(reached)))
    return found


def admin(checkout: Checkout, body: str, *repeats: Repeat, class_: str = "PostAdmin", models: str = MODELS) -> str:
    """The line that an edit of the admin class adds or changes, or the code of the refusal."""
    text = ADMIN.format(body="".join(f"    {line}\n" for line in body.splitlines()))
    found = answer(checkout({"blog/models.py": models, "blog/admin.py": text}), "blog/admin.py", class_, *repeats)
    if isinstance(found, No):
        return found.code
    new = found.texts["blog/admin.py"].splitlines()
    return "\n".join(line.strip() for line in new if line not in text.splitlines())


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param('list_display = ("title", "author")', 'list_select_related = ("author",)', id="a key in a column"),
        pytest.param(
            'list_display = ["author", "editor"]', 'list_select_related = ("author", "editor")', id="two keys"
        ),
        pytest.param('list_display = ("byline",)', 'list_select_related = ("author",)', id="a method of the model"),
        pytest.param(
            'list_display = ("by",)\ndef by(self, obj):\n    return obj.author.email',
            'list_select_related = ("author",)',
            id="a method of the admin",
        ),
        pytest.param(
            'list_display = ("author",)\nlist_select_related = ["editor"]',
            'list_select_related = ["editor", "author"]',
            id="one more name",
        ),
        pytest.param(
            'list_display = ("author",)\nlist_select_related = (\n    "editor",\n)',
            '"author",',
            id="one more row",
        ),
        pytest.param('list_display = ("author",)\nlist_select_related = True', "R-OPTION-VAR", id="all keys"),
        pytest.param('list_display = ("author",)\nlist_select_related = ("author",)', "R-ALREADY-EAGER", id="done"),
        pytest.param(
            'list_display = ("tags",)\ndef by(self):\n    pass',
            "R-AMBIGUOUS",
            id="columns that read nothing: author or editor",
        ),
    ],
)
def test_an_admin_list(body: str, expected: str, checkout: Checkout) -> None:
    assert admin(checkout, body, AUTHOR) == expected


def test_an_admin_list_without_columns_shows_the_text_of_a_row(checkout: Checkout) -> None:
    assert (
        admin(checkout, "pass", AUTHOR, class_="CommentAdmin", models=NAMED)
        == 'list_select_related = ("post__author",)'
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            'list_display = ("as_dict", "author")\nlist_select_related = ("author",)',
            'def get_queryset(self, request):\nreturn super().get_queryset(request).prefetch_related("tags")',
            id="one is loaded, another is not",
        ),
        pytest.param(
            'list_display = ("as_dict",)\ndef get_queryset(self, request):\n    return self.rows',
            "R-OPTION-VAR",
            id="a hook that is there",
        ),
        pytest.param(
            'list_display = ("of",)\ndef of(self, obj):\n    return obj.tags.filter(name="a")',
            "R-CACHEBYPASS",
            id="filtered per row",
        ),
    ],
)
def test_a_collection_in_an_admin_list(body: str, expected: str, checkout: Checkout) -> None:
    assert admin(checkout, body, TAGS, *([AUTHOR] if "author" in body else [])) == expected


def test_an_admin_list_never_joins_many(checkout: Checkout) -> None:
    edited = admin(checkout, 'list_display = ("as_dict",)', TAGS)
    assert edited == 'def get_queryset(self, request):\nreturn super().get_queryset(request).prefetch_related("tags")'


API = """\
from rest_framework import serializers, viewsets
from blog.models import Comment, Post


class WriterSerializer(serializers.Serializer):
    email = serializers.CharField()


class CommentSerializer(serializers.ModelSerializer):
    class Meta:
        model = Comment
        fields = ["text", "post"]


class PostSerializer(serializers.ModelSerializer):
{body}
    class Meta:
        model = Post
        fields = {fields}


class PostSet(viewsets.ModelViewSet):
    queryset = Post.objects.order_by("id")
    serializer_class = PostSerializer
"""
JOINED = 'queryset = Post.objects.select_related("author").order_by("id")'


@pytest.mark.parametrize(
    ("body", "fields", "repeat", "expected"),
    [
        pytest.param("    author = WriterSerializer()", '["author"]', AUTHOR, JOINED, id="a nested serializer"),
        pytest.param(
            '    mail = serializers.CharField(source="author.email")', '["mail"]', AUTHOR, JOINED, id="a source"
        ),
        pytest.param(
            "    author = serializers.StringRelatedField()", '["author"]', AUTHOR, JOINED, id="the text of a row"
        ),
        pytest.param(
            "    mail = serializers.SerializerMethodField()\n"
            "    def get_mail(self, obj):\n        return obj.author.email",
            '["mail"]',
            AUTHOR,
            JOINED,
            id="a method field",
        ),
        pytest.param(
            "    def to_representation(self, instance):\n        return instance.author.email",
            '["title"]',
            AUTHOR,
            JOINED,
            id="by hand",
        ),
        pytest.param("", '["byline"]', AUTHOR, JOINED, id="a method of the model"),
        pytest.param(
            "",
            '["title", "tags"]',
            TAGS,
            'queryset = Post.objects.prefetch_related("tags").order_by("id")',
            id="a list of keys",
        ),
        pytest.param(
            '    notes = CommentSerializer(many=True, source="comment_set")',
            '["notes"]',
            COMMENTS,
            'queryset = Post.objects.prefetch_related("comment_set").order_by("id")',
            id="nested, many",
        ),
        pytest.param("", '["title", "author"]', AUTHOR, "R-AMBIGUOUS", id="a key needs no row"),
        pytest.param(
            "    author = serializers.PrimaryKeyRelatedField(read_only=True)",
            '["author"]',
            AUTHOR,
            "R-AMBIGUOUS",
            id="a key field needs no row",
        ),
    ],
)
def test_a_serializer_of_a_viewset(body: str, fields: str, repeat: Repeat, expected: str, checkout: Checkout) -> None:
    text = API.format(body=body, fields=fields)
    found = answer(checkout({"blog/models.py": MODELS, "api.py": text}), "api.py", "PostSet", repeat)
    if isinstance(found, No):
        assert found.code == expected
        return
    assert found.texts == {"api.py": text.replace('queryset = Post.objects.order_by("id")', expected)}


SERIALIZERS = """\
NAMES = ("top",)

class One:
    author = One()

class Many:
    post = One()

class ManySerializer(Many):
    mail = Char(source='writer.email')

class Of:
    class Meta:
        fields = NAMES

class Round:
    class Meta:
        fields = Round.Meta.fields

class Below(Of):
    top = Char(source='editor.email')
    mail = Char(source='author.email')

"""
LINKED = """\
    class Meta:
        model = Post
        fields = ["author"]
        extra_kwargs = {{"author": {{"lookup_field": "{}"}}, "title": OPTIONS}}
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(LINKED.format("email"), {"author"}, id="a link built from a column of the row"),
        pytest.param(LINKED.format("pk"), set(), id="a link built from the key"),
        pytest.param(
            "    mail = serializers.CharField(source='author.email')\n    class Meta:\n        fields = ['title']\n",
            set(),
            id="a field that is not listed",
        ),
        pytest.param(
            "    mail = serializers.SerializerMethodField()\n    def get_mail():\n        return 1\n",
            set(),
            id="a method without a row",
        ),
        pytest.param("    author = One()\n", {"author"}, id="a serializer within itself ends"),
        pytest.param(
            "    comment_set = Shown(read=ManySerializer(many=True), write=Key())\n",
            {"comment_set", "comment_set.post", "comment_set.post.author", "comment_set.writer"},
            id="a serializer that a field is given",
        ),
        pytest.param(
            "    comment_set = Shown(Other(), NoSerializer())\n", {"comment_set"}, id="others that it is given"
        ),
        pytest.param(
            "    class Meta:\n        fields = '__all__'\n        depth = 1\n",
            {"author", "editor", "tags"},
            id="one step deep: to-one relations are shown with their columns",
        ),
        pytest.param(
            "    class Meta:\n        fields = ['comment_set']\n        depth = 2\n",
            {"comment_set", "comment_set.post", "comment_set.post.tags", "comment_set.writer"},
            id="two steps deep",
        ),
        pytest.param(
            "    class Meta:\n        fields = ['author']\n        depth = DEEP\n", set(), id="an unknown depth"
        ),
        pytest.param(
            "    class Meta:\n        fields = Of.Meta.fields + ('mail',)\n    mail = Char(source='author.email')\n"
            "    top = Char(source='editor.email')\n    rest = Char(source='tags.name')\n",
            {"author", "editor"},
            id="fields of another serializer beside its own",
        ),
        pytest.param(
            "    class Meta:\n        fields = [*NAMES, *UNKNOWN]\n    top = Char(source='editor.email')\n"
            "    mail = Char(source='author.email')\n",
            {"editor"},
            id="fields in a name",
        ),
        pytest.param(
            "    class Meta:\n        fields = Round.Meta.fields\n    top = Char(source='editor.email')\n",
            {"editor"},
            id="fields that are made of themselves",
        ),
        pytest.param(
            "    comment_set = Many(many=True)\n",
            {"comment_set", "comment_set.post", "comment_set.post.author"},
            id="at most three deep",
        ),
    ],
)
def test_what_a_serializer_reads(body: str, expected: set[str], checkout: Checkout) -> None:
    text = f"{SERIALIZERS}class Api:\n{body}"
    index = Index(checkout({"blog/models.py": MODELS, "api.py": text}))
    post = next(model for model in index.django.all if model.name == "Post")
    found = DjangoReads(index).serializers.serialized(("api.py", "Api"), post)
    chains = {chain for chain in found if not isinstance(chain[-1], Via)}
    assert {spelled(chain).removesuffix(".all") for chain in chains} == expected


def test_the_fields_that_a_serializer_inherits(checkout: Checkout) -> None:
    index = Index(checkout({"blog/models.py": MODELS, "api.py": SERIALIZERS}))
    post = next(model for model in index.django.all if model.name == "Post")
    found = DjangoReads(index).serializers.serialized(("api.py", "Below"), post)
    assert {spelled(chain) for chain in found if not isinstance(chain[-1], Via)} == {"editor"}


def spelled(reading: Reading) -> str:
    names = {Link: "name", Use: "method", Via: "key"}
    return ".".join(str(getattr(part, names[type(part)])) for part in reading)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param(("author", "all()", "posts"), ["author", "author.posts"], id="a call of a row"),
        pytest.param(
            ("author", "posts", "all()", "editor", "edited", "all()"),
            ["author", "author.posts", "author.posts.all", "author.posts.editor"],
            id="three hops at most",
        ),
        pytest.param(("title",), [], id="a column"),
    ],
)
def test_where_a_path_leads(path: tuple[str, ...], expected: list[str], checkout: Checkout) -> None:
    index = Index(checkout({"blog/models.py": MODELS}))
    post = next(model for model in index.django.all if model.name == "Post")
    found = DjangoReads(index).follow(post, path)
    assert [spelled(chain) for chain in found] == expected


ONE = """\
from django.shortcuts import get_object_or_404, render
from blog.models import Post


def view(request):
    post = get_object_or_404(Post.objects{}.all(), pk=1)
    return render(request, "one.html", {{"post": post}})
"""
PAGE = """\
{{ post.author.email }}{% for comment in post.comment_set.all %}{{ comment.writer.email }}{% endfor %}
{% for tag in post.tags.all %}{{ READ }}{% endfor %}
"""


@pytest.mark.parametrize(
    ("read", "loads"),
    [
        pytest.param("tag.posts.all", '"comment_set__writer", "tags__posts"', id="read on rows of another collection"),
        pytest.param("tag.posts.first", '"comment_set__writer"', id="asked for per row of another collection"),
        pytest.param("tag.name", '"comment_set__writer"', id="the other collection alone"),
    ],
)
def test_what_collections_of_one_row_read_row_by_row_is_loaded_too(read: str, loads: str, checkout: Checkout) -> None:
    page = PAGE.replace("READ", read)
    files = {"blog/models.py": MODELS, "app.py": ONE.format(""), "blog/templates/one.html": page}
    reached = (Reached("app.py", "view", 0, "the route"),)
    (found,) = django_eager_load.find(Index(checkout(files)), Sighting("n_plus_one_db", (AUTHOR,), reached))
    assert isinstance(found, Proposal)
    assert found.texts == {"app.py": ONE.format(f".prefetch_related({loads})")}
