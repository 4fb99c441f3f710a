"""Which attribute names an entry can read: in functions, templates, serializers and members of models, whole sets."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.index import Index

Checkout = Callable[[dict[str, str]], Path]
MODELS = """\
class Author(Base):
    __tablename__ = "authors"
    id = Column(Integer, primary_key=True)

    @property
    def label(self): return self.team.name

    def secret(self): return self.password

    def __str__(self): return self.email


class Named(Base):
    __tablename__ = "named"
    id = Column(Integer, primary_key=True)

    def title(self): return self.label


class Post(Named):
    __tablename__ = "posts"
    id = Column(ForeignKey("named.id"), primary_key=True)
    author_id = Column(ForeignKey("authors.id"))
    author = relationship("Author")

    def summary(self): return self.title() + self.short
"""


def reads(root: Path, qualname: str = "view", model: str | None = None) -> set[str]:
    index = Index(root)
    models = [m for m in index.models.all if m.name == model]
    return index.reads.attributes([("app.py", qualname)], models)


FUNCTIONS = [
    pytest.param("def view(post): return post.author.name", {"author", "name"}, id="attributes"),
    pytest.param("def view(): return [p.author for p in posts()]", {"author"}, id="in a comprehension"),
    pytest.param("def view(q): return q.join(Post.author).filter(m.Post.title == 1)", {"Post"}, id="not of a class"),
    pytest.param("def view(post): return post.author()", set(), id="not what is called"),
    pytest.param("def view(post): post.author = 1", set(), id="not what is written"),
    pytest.param("def view(): return row()\ndef row(post): return post.author", set(), id="not of what it calls"),
    pytest.param("def other(post): return post.author", set(), id="no such function"),
    pytest.param("class view:\n    author = 1", set(), id="no function"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), FUNCTIONS)
def test_functions(text: str, expected: set[str], checkout: Checkout) -> None:
    assert reads(checkout({"app.py": text})) == expected


def test_all_functions_that_are_asked_about(checkout: Checkout) -> None:
    index = Index(checkout({"app.py": "def a(p): return p.one\ndef b(p): return p.two\ndef c(p): return p.three\n"}))
    assert index.reads.attributes([("app.py", "a"), ("app.py", "b"), ("gone.py", "c")], []) == {"one", "two"}


TEMPLATES = [
    pytest.param(
        "def view(): return render('posts.html')",
        {"templates/posts.html": "{% for p in posts %}{{ p.author.name|upper }}{% endfor %}"},
        {"author", "name"},
        id="by its name",
    ),
    pytest.param(
        "@view_config(renderer='shop:templates/posts.jinja2')\ndef view(): ...",
        {"shop/templates/posts.jinja2": "{{ p.author }}"},
        {"author"},
        id="of a decorator, with its package",
    ),
    pytest.param(
        "def view(): return render('posts.html')",
        {
            "t/posts.html": "{% extends 'base.html' %}{%- include \"row.html\" %}{% from 'macros.html' import m %}",
            "t/base.html": "{{ site.owner }}",
            "t/row.html": "{{ p.author }}{% include 'row.html' %}{% include 'gone.html' %}{% include '.' %}",
            "t/macros.html": "{{ p.tags }}",
            "t/alone.html": "{{ p.editor }}",
        },
        {"html", "owner", "author", "tags"},
        id="with what it includes",
    ),
    pytest.param(
        "def view(): return render('posts.html')",
        {"t/posts.html": '<xi:include href="row.html" />', "t/row.html": "${p.author}"},
        {"html", "author"},
        id="by Genshi's include",
    ),
    pytest.param(
        "def view(): return render('posts.html')",
        {"a/posts.html": "{{ p.author }}", "b/posts.html": "{{ p.editor }}"},
        set(),
        id="not one of two",
    ),
    pytest.param(
        "def view(): return render('a/posts.html')",
        {"a/posts.html": "{{ p.author }}", "b/posts.html": "{{ p.editor }}"},
        {"author"},
        id="two told apart by the folder",
    ),
    pytest.param("def view(): return 'see posts.html'", {"posts.html": "{{ p.author }}"}, set(), id="not a sentence"),
    pytest.param("def view(): return 'osts.html'", {"posts.html": "{{ p.author }}"}, set(), id="not a part of a name"),
    pytest.param("def view(): return 'gone.html'", {"posts.html": "{{ p.author }}"}, set(), id="not one that is gone"),
]


@pytest.mark.parametrize(("text", "templates", "expected"), TEMPLATES)
def test_templates(text: str, templates: dict[str, str], expected: set[str], checkout: Checkout) -> None:
    assert reads(checkout({"app.py": text, **templates})) == expected


def test_a_template_that_cannot_be_read_reads_nothing(checkout: Checkout) -> None:
    root = checkout({"app.py": "def view(): return render('posts.html')\n", "posts.html": "{{ p.author }}"})
    (root / "posts.html").write_bytes(b"\xff\xfe {{ p.author }}")
    assert reads(root) == set()


def test_includes_are_followed_to_an_end(checkout: Checkout) -> None:
    chain = {f"t/p{n}.html": f"{{{{ p.a{n} }}}}{{% include 'p{n + 1}.html' %}}" for n in range(20)}
    files = {"app.py": "def view(): return render('p0.html')\n", **chain}
    assert reads(checkout(files)) == {"html", *(f"a{n}" for n in range(17))}


SERIALIZERS = """\
from pydantic import BaseModel


class AuthorOut(BaseModel):
    name: str


class Mixin:
    created: int


class PostOut(Mixin, BaseModel):
    author: AuthorOut
    tags = fields.Nested("TagOut")
    parent: "PostOut"

    def resolve(self, post): return post.editor

    class Meta:
        fields = ("slug", "title")


class Other:
    secret: int
"""

SERIALIZED = {"author", "tags", "parent", "name", "created", "editor", "slug", "title"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("def view(): return PostOut(many=True)", SERIALIZED, id="called"),
        pytest.param("def view(out: PostOut): ...", SERIALIZED, id="a parameter"),
        pytest.param("@get('/', response_model=list[PostOut])\ndef view(): ...", SERIALIZED, id="of a decorator"),
        pytest.param("def view(): return AuthorOut()", {"name"}, id="one that nests nothing"),
        pytest.param("def view(): return postout()", set(), id="another name"),
        pytest.param("@cached\ndef view(out: int): ...", set(), id="no class at all"),
    ],
)
def test_serializers(text: str, expected: set[str], checkout: Checkout) -> None:
    files = {"app.py": f"from out import AuthorOut, PostOut\n{text}\n", "out.py": SERIALIZERS}
    assert reads(checkout(files)) == expected


def test_a_model_is_no_serializer(checkout: Checkout) -> None:
    files = {"app.py": "from models import Post\ndef view(): return Post()\n", "models.py": MODELS}
    assert reads(checkout(files)) == set()


MEMBERS = [
    pytest.param(
        "p.author.label", "Post", {"author", "label", "team", "name", "email"}, id="a property of a neighbour"
    ),
    pytest.param("p.author", "Post", {"author", "email"}, id="__str__ of a neighbour, and no other member"),
    pytest.param(
        "p.summary()",
        "Post",
        {"short", "label", "team", "name", "email"},
        id="a method that reads a member of the class above",
    ),
    pytest.param("p.author.to_dict()", "Post", {"author", "email"}, id="a method that no model has"),
    pytest.param("p.label", "Named", {"label"}, id="no member of a model that is not near"),
    pytest.param("p.label", None, {"label"}, id="no models at all"),
]


@pytest.mark.parametrize(("read", "model", "expected"), MEMBERS)
def test_members_of_models(read: str, model: str | None, expected: set[str], checkout: Checkout) -> None:
    files = {"app.py": f"def view(p): return {read}\n", "models.py": MODELS}
    assert reads(checkout(files), model=model) == expected


def test_members_are_followed_to_an_end(checkout: Checkout) -> None:
    """A member that the next round would add is left out: what is confirmed by then is enough."""
    steps = "\n".join(f"    def a{n}(self): return self.a{n - 1}" for n in range(1, 9))
    files = {
        "app.py": "def view(p): return p.a8\n",
        "models.py": f"class Post(Base):\n    __tablename__ = 'posts'\n    id = Column(Integer)\n{steps}\n",
    }
    assert reads(checkout(files), model="Post") == {"a8", "a7", "a6", "a5", "a4"}
