"""A query that serves several models: who asks it for which, and what is one model's own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codemods._shared_queries import Shared, target
from codemods.index import Index
from codemods.index.calls import Key

Checkout = Callable[[dict[str, str]], Path]
REPOS = """\
class Post: ...
class Tag: ...
class Repo:
    def all(self): return self.rows().all()
    def rows(self): return select(self.model)
class Posts(Repo):
    model = Post
    def recent(self): return self.all()
class Best(Posts):
    def top(self): return self.all()
class Tags(Repo):
    model = Tag
    def named(self): return self.all()
def posts(repo: Posts): return repo.all()
def best(repo: Best): return repo.all()
def tags(repo: Tags): return repo.all()
def both(a: Posts, b: Tags): return a.all(), b.all()
def anyone(repo): return repo.all()
"""
FINDERS = """\
class Post: ...
class Tag: ...
def find(session, model, schema=None): return session.scalars(select(model).options(*schema.loaders())).all()
def posts(session): return find(session, Post, PostOut)
def tags(session): return find(session, Tag, TagOut)
def both(session): return find(session, Post), find(session, Tag)
class PostOut:
    loaders = []
class TagOut:
    loaders = (1,)
"""


def shared(index: Index, name: str, entity: str, model: str, near: tuple[str, ...] = ()) -> Shared:
    function = index.calls.function(("app.py", name))
    assert function is not None
    bounds = index.bindings.of(("app.py", name), entity)
    mine = tuple(b for b in bounds if b.model[1] == model)
    others = tuple(b for b in bounds if b.model[1] != model)
    return Shared(index, function, entity, mine, others, frozenset(("app.py", key) for key in near))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("posts", False, id="an instance of its class"),
        pytest.param("best", False, id="an instance of a class below"),
        pytest.param("tags", True, id="an instance of another one"),
        pytest.param("both", False, id="both"),
        pytest.param("anyone", False, id="nobody knows of which"),
        pytest.param("Repo.all", False, id="the base class"),
        pytest.param("Posts.recent", False, id="a method of its class"),
        pytest.param("Tags.named", True, id="a method of another one"),
        pytest.param("gone", False, id="no function"),
    ],
)
def test_who_asks_on_instances(name: str, expected: bool, checkout: Checkout) -> None:
    index = Index(checkout({"app.py": REPOS}))
    assert shared(index, "Repo.rows", "self.model", "Post").for_others(("app.py", name)) is expected


def test_who_asks_by_a_call(checkout: Checkout) -> None:
    index = Index(checkout({"app.py": FINDERS}))
    one = shared(index, "find", "model", "Post")
    assert [name for name in ("posts", "tags", "both", "find") if one.for_others(("app.py", name))] == ["tags"]


def test_callers_are_asked_and_not_listed(checkout: Checkout) -> None:
    index = Index(checkout({"app.py": FINDERS}))
    one = shared(index, "find", "model", "Post")
    posts, tags, find = (("app.py", name) for name in ("posts", "tags", "find"))
    anybody, some = one.through(frozenset()), one.through(frozenset({tags, posts}))
    assert [posts in anybody, tags in anybody, find in anybody] == [True, False, True]
    assert [posts in some, tags in some, find in some] == [True, False, False]
    assert (len(anybody), len(some), sorted(some)) == (1, 2, [posts, tags])
    assert anybody == one.through(frozenset())
    assert {anybody: 1}[one.through(frozenset())] == 1


@pytest.mark.parametrize(
    ("near", "expected"),
    [
        pytest.param(("posts",), ("app.py", "PostOut"), id="the schema that a caller on the way names"),
        pytest.param(("posts", "tags"), None, id="two callers on the way"),
        pytest.param((), None, id="nobody on the way"),
    ],
)
def test_the_schema_beside_a_model(near: tuple[str, ...], expected: Key | None, checkout: Checkout) -> None:
    index = Index(checkout({"app.py": FINDERS.replace("schema.loaders()", "schema.loaders")}))
    one = shared(index, "find", "model", "Post", near)
    (query,) = one.function.queries
    found = target(index, one, query)
    assert (found.key if found else None) == expected
