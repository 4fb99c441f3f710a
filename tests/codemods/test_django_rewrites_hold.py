"""Every rewrite of the Django cases, run on SQLite before and after: the same values, O(N) to O(1) SELECTs."""

import ast
import random
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from codemods import django_eager_load
from codemods._django_cases import MODELS
from codemods.api import Case

TEMPLATES = {
    path.partition("/templates/")[2]: text
    for case in django_eager_load.CASES
    for path, text in case.files.items()
    if "/templates/" in path
}

if not settings.configured:
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        TEMPLATES=[{
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {"loaders": [("django.template.loaders.locmem.Loader", TEMPLATES)]},
        }],
        INSTALLED_APPS=[], USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )  # fmt: skip
    django.setup()


CHANGED = [case for case in django_eager_load.CASES if case.after is not None]
# Cases that cannot run here, by name, each with the reason.
NOT_RUN: dict[str, str] = {"a generic key": "content types are not installed"} | {
    case.name: "needs the newest Django: the guards run it" for case in CHANGED if "requirements.txt" in case.files
}
# Cases in which other statements still repeat afterwards.
PARTLY = {"an alias, and a loop over many", "streamed in order, a collection beside it"}
SIZES = (4, 12)


class _App(django.apps.AppConfig):
    name = "blog"
    label = "blog"
    path = "."


@pytest.fixture(scope="module")
def models() -> Iterator[types.ModuleType]:
    """The models of the cases, installed as the app `blog`, with their tables."""
    package, module = types.ModuleType("blog"), types.ModuleType("blog.models")
    before = {name: sys.modules.get(name) for name in ("blog", "blog.models")}
    sys.modules |= {"blog": package, "blog.models": module}
    package.models = module  # type: ignore[attr-defined]
    if "blog" not in apps.app_configs:
        config = _App("blog", package)
        apps.app_configs["blog"] = config
        config.apps = apps
        config.models = apps.all_models["blog"]
    exec(compile(MODELS, "blog/models.py", "exec"), module.__dict__)
    apps.clear_cache()
    with connection.schema_editor() as editor:
        for model in (module.Author, module.Tag, module.Post, module.Comment):
            editor.create_model(model)
    yield module
    for name, old in before.items():
        if old is None:
            del sys.modules[name]
        else:
            sys.modules[name] = old


def fill(models: types.ModuleType, size: int) -> None:
    """`size` posts, each with an author, tags and comments of its own, in an order that means nothing."""
    shuffle = random.Random(size)
    tags = [models.Tag.objects.create(name=f"t{n}") for n in range(4)]
    for number in shuffle.sample(range(1, 10 * size), size):
        author = models.Author.objects.create(id=1000 - number, email=f"{number}@example.org")
        editor = models.Author.objects.create(id=3000 - number, email=f"e{number}@example.org")
        post = models.Post.objects.create(id=number, title=shuffle.choice("ab"), author=author, editor=editor)
        post.tags.set([tags[0], shuffle.choice(tags[1:])])
        for n in range(2):
            writer = models.Author.objects.create(email=f"w{number}.{n}@example.org")
            models.Comment.objects.create(post=post, writer=writer, text="b")


@contextmanager
def methods(models: types.ModuleType, text: str) -> Iterator[None]:
    """The methods of posts as that text of the models has them."""
    (post,) = (n for n in ast.parse(text).body if isinstance(n, ast.ClassDef) and n.name == "Post")
    made: dict[str, Any] = {}
    for node in [n for n in post.body if isinstance(n, ast.FunctionDef)]:
        exec(compile(ast.unparse(node), "blog/models.py", "exec"), models.__dict__, made)
    before = {name: models.Post.__dict__.get(name) for name in made}
    for name, method in made.items():
        setattr(models.Post, name, method)
    yield
    for name, old in before.items():
        setattr(models.Post, name, old) if old else delattr(models.Post, name)


def run(models: types.ModuleType, text: str, size: int, classes: str = MODELS) -> tuple[Any, int]:
    """What `view` returned and the SELECTs that it took, on fresh rows that are rolled back."""
    with methods(models, classes):
        return _run(models, text, size)


def _run(models: types.ModuleType, text: str, size: int) -> tuple[Any, int]:
    app = types.ModuleType("app")
    exec(compile(text, "app.py", "exec"), app.__dict__)
    with transaction.atomic():
        fill(models, size)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            returned = app.view(None)
        transaction.set_rollback(True)
    returned = returned.content if isinstance(returned, HttpResponse) else returned
    return returned, len([q for q in queries if q["sql"].startswith("SELECT")])


@pytest.mark.parametrize("case", [c for c in CHANGED if c.name not in NOT_RUN], ids=lambda case: case.name)
def test_a_rewrite_keeps_every_value_and_saves_statements(case: Case, models: types.ModuleType) -> None:
    assert case.after is not None
    classes = case.files["blog/models.py"]
    before = [run(models, case.before, size, classes) for size in SIZES]
    after = [run(models, case.after, size, case.others.get("blog/models.py", classes)) for size in SIZES]
    left = after[1][1] - after[0][1]
    saved = (before[1][1] - before[0][1]) - left
    assert [_plain(value) for value, _ in after] == [_plain(value) for value, _ in before]
    assert saved >= SIZES[1] - SIZES[0]
    assert left == 0 or case.name in PARTLY


def _plain(value: Any) -> Any:
    """Tags of a post come in no promised order."""
    if isinstance(value, list):
        return [_plain(v) if isinstance(v, dict) else sorted(v, key=repr) if isinstance(v, list) else v for v in value]
    return {k: sorted(v) if isinstance(v, list) else v for k, v in value.items()} if isinstance(value, dict) else value


def test_every_case_that_changes_something_is_run() -> None:
    assert NOT_RUN.keys() <= {case.name for case in CHANGED}
    assert len(CHANGED) - len(NOT_RUN) >= 10


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param('list(Post.objects.only("title").select_related("author"))', "FieldError", id="only, then a join"),
        pytest.param('list(Post.objects.values("id").select_related("author"))', "TypeError", id="values, then a join"),
        pytest.param('list(Post.objects.prefetch_related("tags").iterator())', "ValueError", id="a stream, prefetched"),
        pytest.param('list(Post.objects.select_related("tags"))', "FieldError", id="many, joined"),
        pytest.param(
            'list(Post.objects.all().union(Post.objects.all()).prefetch_related("tags"))', "NotSupportedError",
            id="a union, prefetched",
        ),
    ],
)  # fmt: skip
def test_what_is_refused_fails_in_django(text: str, error: str, models: types.ModuleType) -> None:
    with pytest.raises(Exception) as caught:
        eval(text, {"Post": models.Post})
    assert type(caught.value).__name__ == error


@pytest.mark.parametrize("read", ["filter(name='t1')", "first()", "order_by('name')"])
def test_a_filtered_read_goes_around_the_prefetch(read: str, models: types.ModuleType) -> None:
    with transaction.atomic():
        fill(models, 5)
        with CaptureQueriesContext(connection) as queries:
            for post in models.Post.objects.prefetch_related("tags"):
                _ = eval(f"post.tags.{read}", {"post": post}) and list(eval(f"post.tags.{read}", {"post": post}) and [])
        transaction.set_rollback(True)
    assert len(queries) > 5
