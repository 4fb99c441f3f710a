"""Generic class-based views: what their templates and methods read, and where the load goes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codemods import django_eager_load
from codemods._django_cases import AUTHOR, COMMENTS, MODELS, TAGS
from codemods.api import Proposal, Reached, Repeat, Sighting
from codemods.index import Index

HEAD = """\
from django.views.generic import DeleteView, DetailView, ListView, TemplateView, UpdateView
from django_filters.views import FilterView
from blog.models import Comment, Live, Post, Sorted, Tag


TITLES = ('posts', 'tags')


class Base(ListView):
    paginate_by = 10


class OfPosts(ListView):
    model = Post


"""
MORE = """

class LiveManager(models.Manager):
    pass


class Live(models.Model):
    live = LiveManager()
    objects = models.Manager()
    author = models.ForeignKey(Author, on_delete=models.CASCADE)


class Sorted(models.Model):
    objects = LiveManager.from_queryset(models.QuerySet)()
    author = models.ForeignKey(Author, on_delete=models.CASCADE)

    class Meta:
        default_manager_name = "objects"


class Late(Live):
    pass
"""
LISTED = "{% for post in object_list %}{{ post.author.email }}{% endfor %}"
SHOWN = "{{ object.author.email }}"
TAGGED = "{{ object.title }}{% for tag in object.tags.all %}{{ tag.name }}{% endfor %}"
ALL = "queryset = Post.objects.prefetch_related('author')"
ORDERED = "    queryset = Post.objects.order_by('id')\n"
JOINED = "queryset = Post.objects.select_related('author').order_by('id')"
ONE_ROW = "the query gives one row: a statement that repeats within a request means that it repeats itself"
LONG = [
    "queryset = (",
    "Comment.objects.select_related('writer', 'post__author', 'post__editor')",
    ".prefetch_related('post__tags')",
    ")",
]
MANY = (
    "{% for c in object_list %}{{ c.writer.email }}{{ c.post.author.email }}{{ c.post.editor.email }}"
    "{% for tag in c.post.tags.all %}{{ tag.name }}{% endfor %}{% endfor %}"
)


def find(
    checkout: Callable[[dict[str, str]], Path], view: str, template: str, text: str, repeat: Repeat
) -> tuple[object, str]:
    before = HEAD + view
    files = {"blog/models.py": MODELS + MORE, "blog/views.py": before, f"blog/templates/{template}": text}
    name = view.partition("(")[0].removeprefix("class ")
    members = [line.partition("(")[0].split()[1] for line in view.splitlines() if line.startswith("    def ")]
    keys = [name, *(f"{name}.{member}" for member in members)]
    sighting = Sighting("n_plus_one_db", (repeat,), tuple(Reached("blog/views.py", k, 0, "the route") for k in keys))
    (found,) = django_eager_load.find(Index(checkout(files)), sighting)
    return found, before


def added(found: object, before: str) -> list[str]:
    assert isinstance(found, Proposal), found
    return [line.strip() for line in found.texts["blog/views.py"].splitlines() if line not in before.splitlines()]


@pytest.mark.parametrize(
    ("view", "template", "text", "repeat", "expected"),
    [
        pytest.param(
            "class V(ListView):\n    model = Post\n", "blog/post_list.html", LISTED, AUTHOR, [ALL], id="a model"
        ),
        pytest.param(
            "class V(Base):\n    model = Post",
            "blog/post_list.html",
            LISTED,
            AUTHOR,
            [ALL],
            id="a base of the project",
        ),
        pytest.param(
            "class V(ListView):\n    model = Post\n    template_name_suffix = '_rows'\n",
            "blog/post_rows.html",
            LISTED,
            AUTHOR,
            [ALL],
            id="a suffix of its own",
        ),
        pytest.param(
            "class V(ListView):\n    model = Post\n    template_name = 'all.html'\n    context_object_name = 'rows'\n",
            "all.html",
            LISTED.replace("object_list", "rows"),
            AUTHOR,
            [ALL],
            id="names of its own",
        ),
        pytest.param(
            "class V(ListView):\n    model = Post\n",
            "blog/post_list.html",
            LISTED.replace("object_list", "post_list"),
            AUTHOR,
            [ALL],
            id="the name of the model",
        ),
        pytest.param(
            "class V(ListView):\n    model = Post\n",
            "blog/post_list.html",
            LISTED.replace("object_list", "page_obj"),
            AUTHOR,
            [ALL],
            id="a page",
        ),
        pytest.param(
            "class V(FilterView):\n    model = Post\n",
            "blog/post_list.html",
            LISTED.replace("object_list", "filter.qs"),
            AUTHOR,
            [ALL],
            id="a filtered list",
        ),
        pytest.param(
            "class V(ListView):\n    model = Live\n",
            "blog/live_list.html",
            LISTED,
            AUTHOR,
            ["queryset = Live._default_manager.prefetch_related('author')"],
            id="another manager by default",
        ),
        pytest.param(
            "class V(ListView):\n    model = Sorted\n",
            "blog/sorted_list.html",
            LISTED,
            AUTHOR,
            ["queryset = Sorted._default_manager.prefetch_related('author')"],
            id="a manager that the Meta names",
        ),
        pytest.param(
            "class V(ListView):\n    model = Comment\n",
            "blog/comment_list.html",
            MANY,
            AUTHOR,
            LONG,
            id="a long line",
        ),
        pytest.param(
            "class V(ListView):\n    model = Post\n\n    def get_context_data(self):\n"
            "        return {'mails': [post.author.email for post in self.object_list]}\n",
            "blog/none.html",
            "",
            AUTHOR,
            [ALL],
            id="a method reads the rows",
        ),
        pytest.param(
            f"class V(ListView):\n{ORDERED}", "blog/post_list.html", LISTED, AUTHOR, [JOINED], id="a queryset"
        ),
        pytest.param(
            "class V(ListView):\n    model = Post\n\n    def get_queryset(self):\n"
            "        return super().get_queryset().order_by('id')\n",
            "blog/post_list.html",
            LISTED,
            AUTHOR,
            ["return super().get_queryset().select_related('author').order_by('id')"],
            id="a hook",
        ),
        pytest.param(
            f"class V(DetailView):\n{ORDERED}",
            "blog/post_detail.html",
            "{% for c in object.comment_set.all %}{{ c.writer.email }}{% endfor %}",
            AUTHOR,
            ["queryset = Post.objects.prefetch_related('comment_set__writer').order_by('id')"],
            id="below one row",
        ),
        pytest.param(
            f"class V(DetailView):\n{ORDERED}", "blog/post_detail.html", SHOWN, AUTHOR, [JOINED], id="one row"
        ),
        pytest.param(
            "class V(DetailView):\n    model = Post\n",
            "blog/post_detail.html",
            "{% for c in post.comment_set.all %}{{ c.writer.email }}{% endfor %}",
            AUTHOR,
            ["queryset = Post.objects.prefetch_related('comment_set__writer')"],
            id="below the one row of a model",
        ),
        pytest.param(f"class V(UpdateView):\n{ORDERED}", "blog/post_form.html", SHOWN, AUTHOR, [JOINED], id="a form"),
        pytest.param(
            f"class V(DeleteView):\n{ORDERED}",
            "blog/post_confirm_delete.html",
            SHOWN,
            AUTHOR,
            [JOINED],
            id="a question",
        ),
        pytest.param(
            f"class V(DetailView):\n{ORDERED}\n    def get(self):\n        return self.get_object().author.email\n",
            "blog/none.html",
            "",
            AUTHOR,
            [JOINED],
            id="a method reads the row",
        ),
    ],
)
def test_what_a_generic_view_loads(
    view: str, template: str, text: str, repeat: Repeat, expected: list[str],
    checkout: Callable[[dict[str, str]], Path],
) -> None:  # fmt: skip
    assert added(*find(checkout, view, template, text, repeat)) == expected


@pytest.mark.parametrize(
    ("view", "template", "text", "repeat", "code"),
    [
        pytest.param(
            "class V(OfPosts):\n    pass\n", "blog/post_list.html", LISTED, AUTHOR, "R-OPTION-VAR", id="no line"
        ),
        pytest.param(
            "class V(ListView): model = Post\n", "blog/post_list.html", LISTED, AUTHOR, "R-OPTION-VAR", id="one"
        ),
        pytest.param(
            "class V(ListView):\n    model = Post\n",
            "blog/post_list.html",
            "{% for post in object_list %}{{ post.comment_set.first.text }}{% endfor %}",
            COMMENTS,
            "R-CACHEBYPASS",
            id="the first of each row",
        ),
        pytest.param(
            "class V(ListView):\n    model = Tag\n",
            "blog/tag_list.html",
            LISTED,
            AUTHOR,
            "R-UNRESOLVED",
            id="rows without it",
        ),
        pytest.param(
            "class V(TemplateView):\n    model = Post\n",
            "blog/post_list.html",
            LISTED,
            AUTHOR,
            "R-UNRESOLVED",
            id="no list",
        ),
        pytest.param(
            "class V(ListView):\n    model = Unknown\n",
            "blog/post_list.html",
            LISTED,
            AUTHOR,
            "R-UNRESOLVED",
            id="no model",
        ),
        pytest.param(
            "class V(ListView):\n    model = Post\n\n    def get_queryset(self):\n        return rows()\n",
            "blog/post_list.html",
            LISTED,
            AUTHOR,
            "R-UNRESOLVED",
            id="a hook that makes rows of its own",
        ),
    ],
)
def test_what_a_generic_view_leaves_alone(
    view: str, template: str, text: str, repeat: Repeat, code: str, checkout: Callable[[dict[str, str]], Path]
) -> None:
    found, _ = find(checkout, view, template, text, repeat)
    assert getattr(found, "code", found) == code


def test_a_relation_of_one_row_is_a_draft(checkout: Callable[[dict[str, str]], Path]) -> None:
    found, _ = find(checkout, f"class V(DetailView):\n{ORDERED}", "blog/post_detail.html", TAGGED, TAGS)
    assert isinstance(found, Proposal)
    assert (found.tier, found.notes) == ("C", (ONE_ROW,))
