"""What every row of a Django queryset, admin list or serializer is seen to read, and what is no suspect."""

import re
import subprocess
from pathlib import Path

import pytest

from codemods._django_chains import Via
from codemods._django_reads import DjangoReads
from codemods.django_eager_load import suspects
from codemods.index import Index

MODELS = """\
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.auth.models import User
from django.db import models


class LoadedManager(models.Manager):
    def get_queryset(self):
        return super().get_queryset().select_related("author")


class PlainManager(models.Manager):
    def published(self):
        return self.filter(hidden=False)


class Author(models.Model):
    name = models.CharField(max_length=80)
    city = models.ForeignKey("City", null=True, on_delete=models.CASCADE)
    account = models.ForeignKey(User, on_delete=models.CASCADE)

    def __str__(self):
        return self.city.name


class City(models.Model):
    pass


class Tag(models.Model):
    pass


class Loose(models.Model):
    marks = models.ManyToManyField(Tag, related_name="+")

    class Meta:
        abstract = True


class Post(models.Model):
    author = models.ForeignKey(Author, on_delete=models.CASCADE)
    editor = models.ForeignKey(Author, null=True, related_name="edited", on_delete=models.CASCADE)
    tags = models.ManyToManyField(Tag)
    thing = GenericForeignKey()
    loose = models.ForeignKey(Loose, on_delete=models.CASCADE)
    objects = PlainManager()
    loaded = LoadedManager()

    @property
    def byline(self):
        return self.author.name

    def label(self):
        return self.editor.name


class Comment(models.Model):
    post = models.ForeignKey(Post, on_delete=models.CASCADE)
    writer = models.ForeignKey(Author, on_delete=models.CASCADE)


class Note(Loose):
    pass


class Profile(models.Model):
    author = models.OneToOneField(Author, on_delete=models.CASCADE)
"""
IMPORTS = "from django.contrib import admin\nfrom blog.models import Author, Comment, Note, Post\nfrom rest_framework import generics, serializers\n"


def found(root: Path, files: dict[str, str]) -> dict[str, list[str]]:
    for name, text in {"blog/__init__.py": "", "blog/models.py": MODELS, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    subprocess.run(["git", "add", "-A"], cwd=root, check=True)
    return {f"{s.path}:{s.qualname}": sorted(s.loads) for s in suspects(Index(root))}


def view(body: str) -> str:
    return IMPORTS + "\n\ndef view(request):\n" + "".join(f"    {line}\n" for line in body.splitlines())


def listed(body: str) -> str:
    """A view that lists with a serializer; the lines of both."""
    return IMPORTS + "\n\n" + body


VIEW = "class Posts(generics.ListAPIView):\n    queryset = Post.objects.all()\n    serializer_class = PostSerializer\n"


def serialized(fields: str, meta: str = "", more: str = "", view: str = VIEW) -> str:
    head = "class PostSerializer(serializers.ModelSerializer):\n"
    inner = f"    class Meta:\n        model = Post\n        {meta}\n" if meta else ""
    return listed(more + head + "".join(f"    {line}\n" for line in fields.splitlines()) + inner + "\n\n" + view)


def registered(body: str, model: str = "Post") -> str:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return IMPORTS + f"\n\n@admin.register({model})\nclass Shown(admin.ModelAdmin):\n{lines}"


NESTED = "class AuthorSerializer(serializers.ModelSerializer):\n    city = serializers.StringRelatedField()\n\n\n"
KEYS = "class Key(serializers.PrimaryKeyRelatedField):\n    pass\n\n\n"
READ = [
    ("a loop", view("for post in Post.objects.all():\n    print(post.author.name)"), ["Post.author"]),
    ("a link table", view("for post in Post.objects.all():\n    print(list(post.tags.all()))"), ["Post.tags"]),
    ("the other side", view("return [p.comment_set.all() for p in Post.objects.filter(x=1)]"), ["Post.comment_set"]),
    ("one to one", view("return [a.profile for a in Author.objects.all()]"), ["Author.profile"]),
    (
        "rows of a collection",
        view("for p in Post.objects.all():\n    for c in p.comment_set.all():\n        print(c.writer)"),
        ["Post.comment_set", "Post.comment_set.writer"],
    ),
    ("another package", view("return [a.account for a in Author.objects.all()]"), ["Author.account"]),
    (
        "a member of another package",
        view("return [a.account.get_name() for a in Author.objects.all()]"),
        ["Author.account"],
    ),
    ("the same parent", view("return [c.post for c in Comment.objects.filter(post=request)]"), ["Comment.post"]),
    ("a column", registered("list_display = ['title', 'label']"), ["Post.editor"]),
    ("a nullable key", registered("list_display = ['editor']"), ["Post.editor", "Post.editor.city"]),
    ("a column of the class", registered("list_display = ['who']\ndef who(self, obj):\n    return obj.author"), ["Post.author"]),
    ("the other side in a list", registered("list_display = ['account', 'profile']", "Author"), ["Author.profile"]),
    ("a property", registered("list_display = ['byline']"), ["Post.author"]),
    ("the text of a row", registered("search_fields = ['name']", "Author"), ["Author.city"]),
    (
        "a hook that adds columns",
        registered("list_display = ['byline']\ndef get_list_display(self, request):\n    return self.list_display"),
        ["Post.author"],
    ),
    ("a nested serializer", serialized("author = AuthorSerializer()", more=NESTED), ["Post.author", "Post.author.city"]),
    ("a source", serialized("name = serializers.CharField(source='author.name')"), ["Post.author"]),
    ("text of a row", serialized("author = serializers.StringRelatedField()"), ["Post.author", "Post.author.city"]),
    (
        "a method field",
        serialized("n = serializers.SerializerMethodField()\ndef get_n(self, post):\n    return post.author"),
        ["Post.author"],
    ),
    (
        "a method field with a name",
        serialized("n = serializers.SerializerMethodField('of')\ndef of(self, post):\n    return post.author"),
        ["Post.author"],
    ),
    ("keys of many", serialized("tags = serializers.PrimaryKeyRelatedField(many=True)"), ["Post.tags"]),
    ("a nested list", serialized("tags = AuthorSerializer(many=True)", more=NESTED), ["Post.tags"]),
    ("all fields", serialized("", "fields = '__all__'"), ["Post.tags"]),
    ("listed fields", serialized("", "fields = ['id', 'author', 'comment_set', 'byline']"), ["Post.author", "Post.comment_set"]),
    (
        "another representation",
        serialized("def to_representation(self, obj):\n    return obj.author.name"),
        ["Post.author"],
    ),
    ("a link by another column", serialized("author = serializers.HyperlinkedRelatedField(lookup_field='x')"), ["Post.author"]),
]  # fmt: skip
HOOK = "class Posts(generics.ListAPIView):\n    serializer_class = PostSerializer\n    def get_queryset(self):\n        return "
AUTHOR = "author = serializers.StringRelatedField()"
WITH_BODY = "class Posts(generics.ListAPIView):\n    queryset = {}\n    serializer_class = PostSerializer\n"
QUIET = [
    ("a values query", view("return [p.author for p in Post.objects.values('id')]")),
    ("a single row", view("return Post.objects.get(id=1).author")),
    ("its manager loads", view("return [p.author for p in Post.loaded.all()]")),
    ("an unknown function", view("posts = Post.objects.all()\nposts = visible(posts)\nreturn [p.author for p in posts]")),
    ("the key column", view("return [p.author_id for p in Post.objects.all()]")),
    ("a collection that is asked otherwise", view("return [p.tags.filter(x=1) for p in Post.objects.all()]")),
    ("a collection that is only named", view("return [p.tags for p in Post.objects.all()]")),
    ("a collection under a condition", view("for p in Post.objects.all():\n    if p.x:\n        print(p.tags.all())")),
    ("an attribute of a manager", view("return [p.tags.name for p in Post.objects.all()]")),
    ("a generic relation", view("return [p.thing for p in Post.objects.all()]")),
    ("no table", view("return [p.loose for p in Post.objects.all()]")),
    ("no known link table", view("return [n.marks.all() for n in Note.objects.all()]")),
    ("back to the row", view("return [c.post.author.name for a in request for c in a]")),
    ("an own queryset", view("return [p.author for p in Post.objects.prefetch_related(Prefetch('author', queryset=x))]")),
    ("the queryset of a class", listed("class A:\n    def x(self):\n        return [p.author for p in self.queryset]\n")),
    ("joined by the change list", registered("list_display = ['account']", "Author")),
    ("no columns that read", registered("list_display = ['title', 'tags']")),
    ("a column without a row", registered("list_display = ['who']\ndef who(self):\n    return 1")),
    ("columns from a hook", registered("list_display = ['byline']\ndef get_list_display(self, request):\n    return []")),
    ("loaded by a hook", registered("list_display = ['byline']\ndef get_list_select_related(self, request):\n    return []")),
    ("no such class", IMPORTS + "\n\ndef Missing():\n    pass\n\n\nadmin.site.register(Post, Missing)\n"),
    ("a hidden field", serialized("author = serializers.HiddenField(default=1)")),
    ("a field that is only taken in", serialized("author = AuthorSerializer(write_only=True)", more=NESTED)),
    ("a key", serialized("author = serializers.PrimaryKeyRelatedField(read_only=True)")),
    ("a key of a class of its own", serialized("author = Key()", more=KEYS)),
    ("a method field without method", serialized("n = serializers.SerializerMethodField()")),
    ("a field of nothing", serialized("n = AuthorSerializer(source='missing')", more=NESTED)),
    ("no call", serialized("n = 1\nauthor = serializers.CharField()", "fields = ['id']")),
    ("excluded", serialized("", "fields = '__all__'\n        exclude = ['tags']")),
    ("a serializer by the request", serialized(AUTHOR, view=VIEW + "    def get_serializer_class(self):\n        return 1\n")),
    ("a view of one row", serialized(AUTHOR, view=VIEW.replace("ListAPIView", "RetrieveAPIView"))),
    ("a hook with another queryset", serialized(AUTHOR, view=HOOK + "Author.objects.all()\n").replace("PostSerializer(", "PostSerializer(X, ")
        .replace("StringRelatedField", "CharField")),
    ("a hook that loads", serialized(AUTHOR, view=HOOK + "Post.objects.select_related('author', 'author__city')\n")),
    ("a hook on an unknown queryset", serialized(AUTHOR, view=HOOK + "super().get_queryset().filter(x=1)\n")),
    ("a hook without a whole row", serialized(AUTHOR, view=HOOK + "Post.objects.values('id')\n")),
    ("a hook through a function", serialized(AUTHOR, view=HOOK.replace("return ", "q = Post.objects.all()\n        q = f(q)\n        return q\n"))),
    ("a queryset of a function", serialized(AUTHOR, view=WITH_BODY.format("all_posts()"))),
    ("a queryset that cannot be read", serialized(AUTHOR, view=WITH_BODY.format("Post.objects.select_related(*x)"))),
    ("a queryset whose manager loads", serialized(AUTHOR.replace("String", "Slug"), view=WITH_BODY.format("Post.loaded.all()"))),
    ("an own queryset below", serialized(AUTHOR, view=WITH_BODY.format("Post.objects.prefetch_related(Prefetch('author', x()))"))),
    ("a serializer that saves", serialized("def to_representation(self, obj):\n    self.save()\n    return obj.author")),
]  # fmt: skip
HOOKED = [
    ("a hook", HOOK + "Post.objects.all()\n", {"Posts.get_queryset": ["Post.author", "Post.author.city"]}),
    (
        "a hook on the queryset of the body",
        VIEW + "    def get_queryset(self):\n        return super().get_queryset().filter(x=1)\n",
        {"Posts.<body>": ["Post.author", "Post.author.city"]},
    ),
]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The suspects of all cases, each in a module of its own, in one checkout."""
    cases = [*((name, text) for name, text, _ in READ), *QUIET]
    files = {f"blog/{slug(name)}.py": text for name, text in cases}
    assert len(files) == len(cases)
    return found(tmp_path_factory.mktemp("cases"), files)


def slug(name: str) -> str:
    return re.sub(r"\W+", "_", name)


def of(name: str, shown: dict[str, list[str]]) -> list[list[str]]:
    return [loads for place, loads in shown.items() if place.startswith(f"blog/{slug(name)}.py:")]


@pytest.mark.parametrize(("name", "loads"), [(c[0], c[2]) for c in READ], ids=[c[0] for c in READ])
def test_read_on_every_row(name: str, loads: list[str], shown: dict[str, list[str]]) -> None:
    assert of(name, shown) == [loads]


@pytest.mark.parametrize("name", [c[0] for c in QUIET])
def test_no_suspect(name: str, shown: dict[str, list[str]]) -> None:
    assert of(name, shown) == []


@pytest.mark.parametrize(("text", "loads"), [c[1:] for c in HOOKED], ids=[c[0] for c in HOOKED])
def test_where_the_rows_of_a_view_begin(text: str, loads: dict[str, list[str]], tmp_path: Path) -> None:
    assert found(tmp_path, {"app.py": serialized(AUTHOR, view=text)}) == {f"app.py:{k}": v for k, v in loads.items()}


@pytest.mark.parametrize("field", ["HiddenField(default=1)", "CharField(source='author.name', write_only=True)"])
def test_a_field_that_is_only_taken_in_reads_nothing(field: str, tmp_path: Path) -> None:
    found(tmp_path, {"app.py": serialized(f"author = serializers.{field}")})
    index = Index(tmp_path)
    post = next(model for model in index.django.all if model.name == "Post")
    serializer = ("app.py", "PostSerializer")
    assert DjangoReads(index).serializers.serialized(serializer, post) == {(Via(serializer),)}
