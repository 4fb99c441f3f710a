"""Django models: tables, keys, relations in both directions, and which statement is whose lazy load."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.index import Index
from codemods.index.django_models import loads

Checkout = Callable[[dict[str, str]], Path]
HEAD = "from django.db import models\n"


POST = "class A(models.Model):\n    pass\n"
META = "class A(models.Model):\n    class Meta:\n        "
FORM = {
    "shop/models.py": "class A(models.Model):\n    name = serializers.CharField()\n"
    "class F(B):\n    x = forms.ForeignKey(A)\n"
}


def links(index: Index) -> dict[str, tuple[str, str, str | None, str | None]]:
    return {
        link.path: (link.kind, link.target.name, link.column, link.through)
        for model in index.django.all
        for link in model.links.values()
    }


def tables(index: Index) -> dict[str, str | None]:
    return {model.name: model.table for model in index.django.all}


def test_every_declaration_in_both_directions(checkout: Checkout) -> None:
    text = f"""{HEAD}
class Author(models.Model):
    pass

class Post(models.Model):
    author = models.ForeignKey(Author, on_delete=models.CASCADE)
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="children")
    cover = models.OneToOneField("Cover", on_delete=models.CASCADE, db_column="cover_no")
    tags = models.ManyToManyField(to="blog.Tag", related_name="+")
    likes = models.ManyToManyField(Author, through="Like", related_name="liked")

class Cover(models.Model):
    pass

class Tag(models.Model):
    pass

class Like(models.Model):
    author = TreeForeignKey(Author, related_name="%(app_label)s_%(class)s", on_delete=models.CASCADE)
    post = ParentalKey(Post, on_delete=models.CASCADE)
    thing = GenericForeignKey("kind", "number")
"""
    assert links(Index(checkout({"blog/models.py": text}))) == {
        "Author.post_set": ("reverse fk", "Post", "author_id", None),
        "Author.liked": ("m2m", "Post", "likes_id", "blog_like"),
        "Author.blog_like": ("reverse fk", "Like", "author_id", None),
        "Post.author": ("fk", "Author", "author_id", None),
        "Post.parent": ("fk", "Post", "parent_id", None),
        "Post.children": ("reverse fk", "Post", "parent_id", None),
        "Post.cover": ("o2o", "Cover", "cover_no", None),
        "Post.tags": ("m2m", "Tag", "tags_id", "blog_post_tags"),
        "Post.likes": ("m2m", "Author", "likes_id", "blog_like"),
        "Post.like_set": ("reverse fk", "Like", "post_id", None),
        "Cover.post": ("reverse o2o", "Post", "cover_no", None),
        "Like.author": ("fk", "Author", "author_id", None),
        "Like.post": ("fk", "Post", "post_id", None),
        "Like.thing": ("generic", "Like", None, None),
    }


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({"shop/models.py": POST}, {"A": "shop_a"}, id="by its folder"),
        pytest.param({"shop/models/a.py": POST}, {"A": "shop_a"}, id="a package of models"),
        pytest.param(
            {"shop/models.py": POST, "shop/apps.py": "class C(AppConfig):\n    label = 'store'\n"},
            {"A": "store_a"},
            id="the label of the app",
        ),
        pytest.param(
            {"shop/models.py": META + "db_table = 'things'\n"}, {"A": "things"}, id="db_table",
        ),
        pytest.param(
            {"shop/models.py": META + "app_label = 'other'\n"}, {"A": "other_a"}, id="app_label",
        ),
        pytest.param(
            {"shop/models.py": META + "abstract = True\nclass B(A):\n    pass\n"},
            {"A": None, "B": "shop_b"},
            id="an abstract base",
        ),
        pytest.param(
            {"shop/models.py": POST + "class B(A):\n    class Meta:\n        proxy = True\n"},
            {"A": "shop_a", "B": "shop_a"},
            id="a proxy",
        ),
        pytest.param({"models.py": POST}, {"A": "models_a"}, id="no folder at all"),
        pytest.param(FORM, {"A": "shop_a"}, id="a form is no model"),
        pytest.param({"shop/models.py": "class A(A):\n    pass\n"}, {}, id="a class above itself"),
    ],
)  # fmt: skip
def test_the_table_of_a_model(files: dict[str, str], expected: dict[str, str | None], checkout: Checkout) -> None:
    made = {path: HEAD + text for path, text in files.items()}
    assert tables(Index(checkout(made))) == expected


def test_what_is_inherited(checkout: Checkout) -> None:
    text = f"""{HEAD}
class Owned:
    owner = models.ForeignKey("Author", on_delete=models.CASCADE, related_name="%(class)ss")

class Dated(models.Model):
    code = models.CharField(primary_key=True)
    slug = models.SlugField(unique=True)

    class Meta:
        abstract = True
        ordering = ["code"]

class Author(models.Model):
    pass

class Post(Owned, Dated):
    pass

class Video(Post):
    class Meta:
        ordering = ("-pk", F("x"))

class Short(Video, Post):
    kind = "short"

    class Meta:
        ordering = ORDER
"""
    index = Index(checkout({"blog/models.py": text}))
    named = {model.name: model for model in index.django.all}
    assert named["Author"].links.keys() == {"posts"}
    assert named["Post"].links.keys() == {"video", "short"}
    assert named["Post"].all_links().keys() == {"owner", "video", "short"}
    assert [model.name for model in named["Short"].lineage()] == ["Short", "Video", "Post", "Owned", "Dated"]
    assert named["Short"].ordering == ()
    assert (named["Post"].pk, named["Post"].ordering, named["Post"].unique) == ("code", ("code",), {"slug"})
    assert (named["Video"].pk, named["Video"].ordering) == ("post_ptr_id", ("-pk",))
    assert named["Video"].tables() == {"blog_video", "blog_post"}
    assert named["Video"].unique_names() == {"pk", "id", "slug", "code", "post_ptr_id"}


USER = "class Post(models.Model):\n    author = models.ForeignKey({}, on_delete=models.CASCADE)\n"


@pytest.mark.parametrize(
    ("imports", "target", "expected"),
    [
        pytest.param("", "settings.AUTH_USER_MODEL", "auth_user", id="the user of the settings"),
        pytest.param("", "get_user_model()", "auth_user", id="the user as a call"),
        pytest.param("", "'auth.Group'", "auth_group", id="another app, not in the tree"),
        pytest.param("from django.contrib.auth.models import User\n", "User", "auth_user", id="an imported class"),
        pytest.param(
            "from django.contrib.contenttypes.models import ContentType\n", "ContentType", "django_content_type",
            id="its own table",
        ),
        pytest.param("", "Unknown", None, id="a name without a definition"),
        pytest.param("from elsewhere import Thing\n", "Thing", None, id="a class of no known app"),
        pytest.param("", "make(1)", None, id="computed"),
    ],
)  # fmt: skip
def test_a_target_outside_the_tree(imports: str, target: str, expected: str | None, checkout: Checkout) -> None:
    index = Index(checkout({"blog/models.py": HEAD + imports + USER.format(target)}))
    links = [link for m in index.django.all for link in m.links.values() if link.name == "author"]
    assert [link.target.table for link in links] == [expected]


def test_a_word_of_a_field_outside_one(checkout: Checkout) -> None:
    text = (
        "class Post(models.Model):\n    keys = ['unique', 'primary_key']\n    title = models.CharField(unique=True)\n"
    )
    (model,) = Index(checkout({"blog/models.py": HEAD + text})).django.all
    assert (model.unique_names(), model.pk) == ({"pk", "id", "title"}, "id")


def test_a_user_model_of_ones_own(checkout: Checkout) -> None:
    index = Index(
        checkout(
            {
                "conf.py": "AUTH_USER_MODEL = 'people.Person'\n",
                "people/models.py": f"{HEAD}class Person(AbstractUser):\n    bio = models.TextField()\n",
                "blog/models.py": HEAD + USER.format("settings.AUTH_USER_MODEL"),
            }
        )
    )
    assert links(index)["Post.author"] == ("fk", "Person", "author_id", None)


def test_a_name_in_code(checkout: Checkout) -> None:
    files = {
        "blog/models.py": f"{HEAD}class Post(models.Model):\n    by = models.ForeignKey('auth.User', on_delete=1)\n",
        "app.py": "from blog.models import Post\nfrom django.contrib.auth.models import User, Group\nfrom x import y\n",
    }
    index = Index(checkout(files))
    found = {name: index.django.get("app.py", name) for name in ("Post", "User", "Group", "y", "z")}
    assert {name: model.table if model else None for name, model in found.items()} == {
        "Post": "blog_post", "User": "auth_user", "Group": None, "y": None, "z": None,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["User", "get_user_model()"])
def test_the_user_model_in_code(name: str, checkout: Checkout) -> None:
    files = {
        "conf.py": "AUTH_USER_MODEL = 'people.Person'\n",
        "people/models.py": f"{HEAD}class Person(AbstractUser):\n    bio = models.TextField()\n",
        "app.py": "User = get_user_model()\nOther = make_model()\nLIMIT = 1\n",
    }
    index = Index(checkout(files))
    found = {n: index.django.get("app.py", n) for n in (name, "Other", "LIMIT")}
    assert {n: model.name if model else None for n, model in found.items()} == {
        name: "Person", "Other": None, "LIMIT": None,
    }  # fmt: skip


def test_a_generic_relation(checkout: Checkout) -> None:
    text = f"""{HEAD}
class Mark(models.Model):
    object_id = models.IntegerField()
    object_pk = models.IntegerField()

class Post(models.Model):
    marks = GenericRelation(Mark)
    own = GenericRelation("blog.Mark", object_id_field="object_pk")
    lost = GenericRelation(missing())
"""
    assert links(Index(checkout({"blog/models.py": text}))) == {
        "Post.marks": ("generic many", "Mark", "object_id", None),
        "Post.own": ("generic many", "Mark", "object_pk", None),
    }


def test_the_rows_of_a_collection(checkout: Checkout) -> None:
    text = (
        HEAD
        + "class Tag(models.Model):\n    pass\n\nclass Post(models.Model):\n    tags = models.ManyToManyField(Tag)\n"
    )
    index = Index(checkout({"blog/models.py": text}))
    found = [index.django.get("app.py", f"self:blog/models.py:{name}") for name in ("Tag", "title")]
    assert [model and model.key for model in found] == ["self:blog/models.py:Tag", None]


def test_a_model_that_only_extends_an_abstract_one(checkout: Checkout) -> None:
    files = {
        "blog/abstracts.py": f"{HEAD}class Entry(models.Model):\n    class Meta:\n        abstract = True\n",
        "blog/models.py": "from blog.abstracts import Entry\n\n\nclass Post(Entry):\n    pass\n",
        "blog/more.py": "from blog.models import Post\n\n\nclass Draft(Post):\n    pass\n",
    }
    assert {m.name: m.table for m in Index(checkout(files)).django.all} == {"Entry": None, "Post": "blog_post"}


def test_a_relation_to_a_model_that_only_the_settings_name(checkout: Checkout) -> None:
    text = f"{HEAD}class Post(models.Model):\n    by = models.ForeignKey(owner_model(), on_delete=models.CASCADE)\n"
    text += "    seen_by = models.ManyToManyField(owner_model())\n"
    (model,) = Index(checkout({"blog/models.py": text})).django.all
    assert [(link.name, link.kind, link.target.tables()) for link in model.links.values()] == [("by", "fk", set())]
    assert not loads(model.links["by"], ("auth_user",), ("auth_user.id",))


def test_methods_of_querysets(checkout: Checkout) -> None:
    text = (
        "class Rows(models.QuerySet):\n    def recent(self):\n        pass\n    def _own(self):\n        pass\n\n"
        "class Posts(models.Manager[Post]):\n    def hot(self):\n        pass\n\n"
        "class Shown(RowsMixin, Base):\n    def page(self):\n        pass\n\n"
        "class Public(ManagerMixin):\n    def public(self):\n        pass\n"
    )
    found = Index(checkout({"rows.py": text, "broken.py": "Manager(\n"})).django.rows_methods
    assert found == {"recent", "public"}


LOADS = [
    pytest.param("Post.author", ("blog_author",), ("blog_author.id",), True, id="a forward key"),
    pytest.param("Post.author", ("blog_author",), ("blog_author.email",), False, id="another column"),
    pytest.param("Post.author", ("author",), ("author.id",), False, id="a table of another name"),
    pytest.param("Post.author", ("blog_author",), (), False, id="no condition"),
    pytest.param("Post.author", (), (), False, id="no table"),
    pytest.param("Author.post_set", ("blog_post",), ("blog_post.author_id",), True, id="the other side"),
    pytest.param("Author.post_set", ("blog_post",), ("blog_post.id",), False, id="one row of the other side"),
    pytest.param(
        "Post.tags", ("blog_tag", "blog_post_tags"), ("blog_post_tags.post_id",), True, id="over a link table"
    ),
    pytest.param("Post.tags", ("blog_tag",), ("blog_tag.id",), False, id="without the link table"),
    pytest.param("Post.thing", ("blog_post",), ("blog_post.id",), True, id="a generic key leads anywhere"),
    pytest.param("Post.thing", ("blog_post",), ("blog_post.title",), False, id="a generic key, by another column"),
]


@pytest.mark.parametrize(("path", "of", "columns", "expected"), LOADS)
def test_the_lazy_load_of_a_link(
    path: str, of: tuple[str, ...], columns: tuple[str, ...], expected: bool, checkout: Checkout
) -> None:
    text = f"""{HEAD}
class Author(models.Model):
    email = models.TextField()

class Tag(models.Model):
    pass

class Post(models.Model):
    author = models.ForeignKey(Author, on_delete=models.CASCADE)
    tags = models.ManyToManyField(Tag)
    thing = GenericForeignKey()
"""
    index = Index(checkout({"blog/models.py": text}))
    (link,) = [k for m in index.django.all for k in m.links.values() if k.path == path]
    assert loads(link, of, columns) is expected
