"""Where rows of a model come from: functions with serializers, views that know their model, class bodies."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from codemods import django_eager_load
from codemods._django_cases import AUTHOR, MODELS, TAG
from codemods._django_choice import ABOVE as ABOVE_ENTRY
from codemods.api import No, Proposal, Reached, Repeat, Sighting
from codemods.index import Index

HEAD = """\
from blog.models import Comment, Post


class Base:
    pass


class CommentSerializer(Base):
    class Meta:
        model = Comment


class PostSerializer(Base):
    mail = CharField(source="author.email")

    class Meta:
        model = Post


class AnySerializer(Base):
    mail = CharField(source="author.email")


"""
MANY = 'queryset = Post.objects.order_by("id")\n'
LOADED = 'queryset = Post.objects.select_related("author").order_by("id")'
OWN = "    def get_queryset(self):\n        return super().get_queryset()\n"
OWN_LOADED = 'return super().get_queryset().prefetch_related("author")'
PROPERTY = """\
class Api:
    @property
    def posts(self):
        return Post.objects.order_by("id")

    def get(self):
        print(self.author)
        return [post.author for post in self.posts]
"""
TEAM = """\
class Team:
    @property
    def latest(self):
        return Post.objects.order_by("id")

    @property
    def size(self):
        return 1

    def all_of_it(self):
        return Post.objects.all()


def view(form, name):
    print(form.team.size, form.team.all_of_it, form.nothing)
    return [post.author.email for post in form.team.latest]
"""
TWO = """\
def view():
    loaded = [c.writer.email for c in Comment.objects.select_related("writer")]
    return loaded, [post.author.email for post in Post.objects.order_by("id")]
"""
TIE = """\
def view():
    comments = Comment.objects.prefetch_related("post__author")
    by_post = {c.pk: c for c in comments}
    return [by_post[n].post.author.email or by_post[n].post.editor.email for n in (1, 2)]
"""
CHOSEN = """\
class Api:
    queryset = Post.objects.order_by("id")

    def get_serializer_class(self):
        Missing.Serializer()
        return PostSerializer if self.action == "list" else "OtherSerializer"
"""
ATTRIBUTE = """\
class Api:
    kept = 1

    def posts(self):
        self.rows = Post.objects.order_by("id")

    def get(self):
        return [post.author for post in self.rows]
"""
BOTH = """\
def one():
    rows = Post.objects.order_by("id")
    return rows or two()


def two():
    rows = one()
    print([row.author for row in rows])
    return rows
"""
BACK = """\
def show(comment):
    return comment.post


def view():
    posts = Post.objects.order_by("id")
    return [(post.author, [show(comment) for comment in post.comment_set.all()]) for post in posts]
"""


@pytest.mark.parametrize(
    ("body", "reached", "expected"),
    [
        pytest.param(
            "def view():\n    Other.objects.all()\n    q" + MANY[1:] + "    return PostSerializer(queryset)\n",
            ("view",), LOADED, id="a function that calls a serializer",
        ),
        pytest.param(
            "def view():\n    q" + MANY[1:] + "    return AnySerializer(queryset)\n",
            ("view",), LOADED, id="a serializer that names no model",
        ),
        pytest.param(
            "class Api:\n    " + MANY + "    serializer_class = PostSerializer\n    def list(self):\n        pass\n",
            ("Api.list",), LOADED, id="the body of the class around a method",
        ),
        pytest.param(
            "class Other:\n    serializer_class = Missing\n    def list(self):\n        pass\n\n\n"
            "class Api:\n    " + MANY + "    serializer_class = PostSerializer\n    def list(self):\n        pass\n",
            ("Other.list", "Api.list"), LOADED, id="beside another class",
        ),
        pytest.param(
            "def view(x):\n    print(x.post, x.editor, x.posts)\n    return list(Comment.objects.all())\n", ("view",),
            'return list(Comment.objects.select_related("post__editor").all())', id="names on the way",
        ),
        pytest.param(
            "class Api:\n    posts = Post.objects.all()\n    serializer_class = PostSerializer\n" + OWN,
            ("Api.get_queryset",), OWN_LOADED, id="a queryset of another name",
        ),
        pytest.param(
            "def view():\n    return [post.author.email for post in Post.objects.all().full()]\n", ("view",),
            'return [post.author.email for post in Post.objects.all().full().prefetch_related("author")]',
            id="a method in a file that is no Python",
        ),
        pytest.param(
            "class Api:\n    serializer_class = PostSerializer\n" + OWN, ("Api.get_queryset",), OWN_LOADED,
            id="the model of the serializer",
        ),
        pytest.param(
            "class Api:\n    model = Post\n    serializer_class = AnySerializer\n" + OWN, ("Api.get_queryset",),
            OWN_LOADED, id="the model of the view",
        ),
        pytest.param(
            "class Api:\n    model = Post\n    serializer_class = CommentSerializer\n" + OWN, ("Api.get_queryset",),
            "R-AMBIGUOUS", id="a serializer of another model",
        ),
        pytest.param(
            PROPERTY, ("Api.posts", "Api.get"), 'return Post.objects.select_related("author").order_by("id")',
            id="a property",
        ),
        pytest.param(
            ATTRIBUTE, ("Api.posts",), 'self.rows = Post.objects.select_related("author").order_by("id")',
            id="an attribute",
        ),
        pytest.param(
            BOTH, ("one", "two"), 'rows = Post.objects.select_related("author").order_by("id")',
            id="functions that give back each other's rows",
        ),
        pytest.param(
            BACK, ("view",),
            'posts = Post.objects.prefetch_related("comment_set").select_related("author").order_by("id")',
            id="there and back, in two functions",
        ),
        pytest.param("class Api:\n" + OWN, ("Api.get_queryset",), "R-UNRESOLVED", id="a view of no known model"),
        pytest.param(
            TEAM, ("view",), 'return Post.objects.select_related("author").order_by("id")',
            id="a property of an object of unknown type",
        ),
        pytest.param(
            TWO, ("view",),
            'return loaded, [post.author.email for post in Post.objects.select_related("author").order_by("id")]',
            id="what other rows load already is not what repeats",
        ),
        pytest.param(
            TIE, ("view",),
            'comments = Comment.objects.select_related("post__editor").prefetch_related("post__author")',
            id="of two ways the one that is not loaded yet",
        ),
        pytest.param(CHOSEN, ("Api.get_serializer_class",), LOADED, id="a serializer that a method chooses"),
    ],
)  # fmt: skip
def test_where_the_load_goes(
    body: str, reached: tuple[str, ...], expected: str, checkout: Callable[[dict[str, str]], Path]
) -> None:
    text = HEAD + body
    sighting = Sighting("n_plus_one_db", (AUTHOR,), tuple(Reached("api.py", name, 0, "the route") for name in reached))
    (found,) = django_eager_load.find(
        Index(checkout({"blog/models.py": MODELS, "api.py": text, "broken.py": "def full(:\n"})), sighting
    )
    if not isinstance(found, Proposal):
        assert found.code == expected
        return
    new = found.texts["api.py"].splitlines()
    assert [line.strip() for line in new if line not in text.splitlines()] == [expected]


NOTED = """\
from blog.models import Comment, Post


def one():
    return posts()


def two():
    return posts()


def posts():
    rows = list(Post.objects.order_by("id"))
    return [(row.author.email, row.editor.email, mail(row)) for row in rows]


def mail():
    return 1
"""


def test_what_a_reviewer_is_told(checkout: Callable[[dict[str, str]], Path]) -> None:
    unknown = replace(AUTHOR, fingerprint="logs", tables=("logs",), statement="SELECT 1 FROM logs")
    sighting = Sighting("n_plus_one_db", (unknown, AUTHOR), (Reached("api.py", "posts", 0, "the route"),))
    refused, found = django_eager_load.find(
        Index(checkout({"blog/models.py": MODELS, "api.py": NOTED, "broken.py": "def mail(:\n"})), sighting
    )
    assert (refused.code, refused.repeats) == ("R-UNRESOLVED", (unknown,))  # type: ignore[union-attr]
    assert isinstance(found, Proposal)
    assert found.notes == ("this query has 2 callers, and all of them load it now: `one` in api.py, `two` in api.py",)


def test_what_the_same_rows_read_is_loaded_too(checkout: Callable[[dict[str, str]], Path]) -> None:
    text = (
        "from blog.models import Comment\n\n\n"
        "def view():\n    return [(row.writer.email, row.post.title) for row in Comment.objects.all()]\n"
    )
    sighting = Sighting("n_plus_one_db", (AUTHOR,), (Reached("api.py", "view", 0, "the route"),))
    (found,) = django_eager_load.find(Index(checkout({"blog/models.py": MODELS, "api.py": text})), sighting)
    assert isinstance(found, Proposal)
    assert found.texts == {"api.py": text.replace(".all()", '.select_related("writer", "post").all()')}
    assert found.notes == ("read on the same rows, and loaded with them: post",)


def test_a_read_that_was_not_found_makes_a_draft(checkout: Callable[[dict[str, str]], Path]) -> None:
    text = "from blog.models import Comment\n\n\ndef view():\n    return list(Comment.objects.all())\n"
    sighting = Sighting("n_plus_one_db", (AUTHOR,), (Reached("api.py", "view", 0, "the route"),))
    (found,) = django_eager_load.find(Index(checkout({"blog/models.py": MODELS, "api.py": text})), sighting)
    assert isinstance(found, Proposal)
    assert (found.tier, found.notes) == (
        "C",
        ("where the relation is read on these rows was not found; the SQL and names on the way tell it",),
    )


ABOVE = """\
from blog.models import Post


def page():
    return [mail(post) for post in Post.objects.order_by("id")]


def beside():
    return [post.author.email for post in Post.objects.order_by("-id")]


def mail(post):
    return post.author.email
"""


@pytest.mark.parametrize(
    ("above", "expected"),
    [
        pytest.param("page", 'select_related("author").order_by("id")', id="it hands its rows to the entry"),
        pytest.param("beside", "R-UNRESOLVED", id="its rows never come to the entry"),
    ],
)
def test_a_place_above_the_entry(above: str, expected: str, checkout: Callable[[dict[str, str]], Path]) -> None:
    reached = (Reached("api.py", "mail", 0, "the trace"), Reached("api.py", above, ABOVE_ENTRY, "its caller"))
    (found,) = django_eager_load.find(
        Index(checkout({"blog/models.py": MODELS, "api.py": ABOVE})), Sighting("n_plus_one_db", (AUTHOR,), reached)
    )
    if not isinstance(found, Proposal):
        assert found.code == expected
        return
    assert found.texts == {"api.py": ABOVE.replace('order_by("id")', expected)}


def test_nothing_is_looked_for_before_names_may_tell(checkout: Callable[[dict[str, str]], Path]) -> None:
    sighting = Sighting("n_plus_one_db", (AUTHOR,), (Reached("api.py", "page", 0, "the trace"),), evidence="rows")
    (found,) = django_eager_load.find(Index(checkout({"blog/models.py": MODELS, "api.py": ABOVE})), sighting)
    assert isinstance(found, No)
    assert (found.code, found.message) == ("R-UNRESOLVED", "nothing was looked for yet")


LOGO = Repeat("blog_logo.id", ("blog_logo",), ("blog_logo.id",), 50, statement="SELECT * FROM blog_logo WHERE id = ?")
ENDS = """\
from blog.models import Post


def view(key):
    post = Post.objects.{}
    return post.author.email
"""


@pytest.mark.parametrize(
    ("query", "changed"),
    [
        pytest.param("filter(pk=key).first()", True, id="the first by the primary key"),
        pytest.param('order_by("pk").last()', True, id="the last by a unique key"),
        pytest.param('annotate(n=Count("tags")).get(pk=key)', True, id="with a count"),
        pytest.param('order_by("title").first()', False, id="a join could make another row the first"),
        pytest.param('latest("title")', False, id="a join could make another row the latest"),
        pytest.param("select_for_update().get(pk=key)", False, id="a join would lock the other row as well"),
        pytest.param("current().get(pk=key)", False, id="a method that nobody knows"),
    ],
)
def test_one_row_takes_a_join_or_nothing(query: str, changed: bool, checkout: Callable[[dict[str, str]], Path]) -> None:
    text = ENDS.format(query)
    sighting = Sighting(
        "n_plus_one_db", (AUTHOR,), (Reached("api.py", "view", 0, "the trace"),), frozenset({("api.py", "view")})
    )
    (found,) = django_eager_load.find(Index(checkout({"blog/models.py": MODELS, "api.py": text})), sighting)
    if not changed:
        assert isinstance(found, No)
        assert found.code == "R-SHAPE"
        return
    assert isinstance(found, Proposal)
    loading = 'objects.select_related("author").'
    assert found.texts == {"api.py": text.replace("objects.", loading)}


SINGLE = """\
from blog.models import Comment, Post


def view(key):
    comment = Comment.objects.select_related("post").get(pk=key)
    post = Post.objects.get(pk=key)
    return comment, post.author.email


def page(key):
    return view(key)
"""


@pytest.mark.parametrize(
    ("reader", "repeat", "changed"),
    [
        pytest.param(
            "view", AUTHOR, ("Post.objects.get", 'Post.objects.select_related("author").get'), id="read in the function"
        ),
        pytest.param(
            "view", TAG, ('related("post").get', 'related("post", "post__label").get'), id="below one that is loaded"
        ),
        pytest.param("view", LOGO, None, id="below a relation that is not loaded"),
        pytest.param("page", AUTHOR, None, id="the evidence names another function"),
        pytest.param("page", TAG, None, id="it names another function than the one that loads the relation before"),
    ],
)  # fmt: skip
def test_one_row(
    reader: str, repeat: Repeat, changed: tuple[str, str] | None, checkout: Callable[[dict[str, str]], Path]
) -> None:
    reached = (Reached("api.py", "view", int(reader != "view"), "called"), Reached("api.py", "page", 0, "the trace"))
    sighting = Sighting("n_plus_one_db", (repeat,), reached, frozenset({("api.py", reader)}))
    models = MODELS.replace("    def byline", "    label = models.ForeignKey(Tag, models.CASCADE)\n\n    def byline")
    models = models.replace("    email =", '    logo = models.ForeignKey("blog.Logo", models.CASCADE)\n    email =')
    models += "\n\nclass Logo(models.Model):\n    name = models.CharField(max_length=80)\n"
    (found,) = django_eager_load.find(Index(checkout({"blog/models.py": models, "api.py": SINGLE})), sighting)
    if changed is None:
        assert isinstance(found, No)
        assert found.code == "R-UNRESOLVED"
        return
    assert isinstance(found, Proposal)
    assert found.texts == {"api.py": SINGLE.replace(*changed)}


STREAM = """\
from blog.models import Post


def view():
    return [post.author.email for post in Post.objects.iterator()]
"""


def test_a_join_in_a_stream_is_a_draft(checkout: Callable[[dict[str, str]], Path]) -> None:
    sighting = Sighting("n_plus_one_db", (AUTHOR,), (Reached("api.py", "view", 0, "the route"),))
    (found,) = django_eager_load.find(Index(checkout({"blog/models.py": MODELS, "api.py": STREAM})), sighting)
    assert isinstance(found, Proposal)
    assert (found.tier, found.notes) == (
        "C",
        ("rows in a stream take no prefetch; those that the order leaves equal may come in another order (R-ORDER)",),
    )


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        pytest.param(
            "comment.post.title", 'select_related("post__author", "post__editor").all()', id="below what is read"
        ),
        pytest.param("comment.text", "R-AMBIGUOUS", id="below what only names tell"),
    ],
)
def test_two_relations_that_names_tell(
    read: str, expected: str, checkout: Callable[[dict[str, str]], Path]
) -> None:  # fmt: skip
    text = (
        "from blog.models import Comment\n\n\n"
        f"def view(row):\n    print(row.post, row.author, row.editor)\n"
        f"    return [{read} for comment in Comment.objects.all()]\n"
    )
    sighting = Sighting("n_plus_one_db", (AUTHOR,), (Reached("api.py", "view", 0, "the route"),))
    (found,) = django_eager_load.find(Index(checkout({"blog/models.py": MODELS, "api.py": text})), sighting)
    if isinstance(found, No):
        assert found.code == expected
        return
    assert found.texts == {"api.py": text.replace("all()", expected)}


def test_a_class_method_of_a_model(checkout: Callable[[dict[str, str]], Path]) -> None:
    models = MODELS.replace(
        "    def byline",
        '    @classmethod\n    def mails(cls):\n        return [p.author.email for p in cls.objects.order_by("id")]\n\n'
        "    def byline",
    )
    sighting = Sighting("n_plus_one_db", (AUTHOR,), (Reached("blog/models.py", "Post.mails", 0, "the trace"),))
    (found,) = django_eager_load.find(Index(checkout({"blog/models.py": models})), sighting)
    assert isinstance(found, Proposal)
    assert found.texts == {"blog/models.py": models.replace("cls.objects", 'cls.objects.select_related("author")')}
