"""Which relations are read on rows that a function has, here and where it hands them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codemods import _django_reads
from codemods._django_cases import MODELS
from codemods._django_chains import Reading, Use, Via
from codemods._django_reads import DjangoReads
from codemods.index import Index
from codemods.index.django_models import DjangoModel, Link

Checkout = Callable[[dict[str, str]], Path]
MORE = """

class Note(models.Model):
    post = models.ForeignKey(Post, on_delete=models.CASCADE)
    about = GenericForeignKey()

    def __unicode__(self):
        return self.post.title

    def __iter__(self):
        return iter(self.post.tags.all())

    @property
    def top(self):
        return self.post.author

    @top.setter
    def top(self, author):
        self.post.author = author
        self.post.save()

    def itself(self):
        return self.itself()

    def of_none():
        return self.post

    def show(self, request):
        return mail(self.post, request)

    def text(self):
        return render("blog/note.html", {"post": self.post, "other": 1})


class Shelf(models.Model):
    notes = models.ManyToManyField(Note)

    def __iter__(self):
        for note in self.notes.all():
            self.kept[note.pk] = note
        yield from self.kept.values()


def late(note):
    return note.post.editor


def later(note):
    return note.post.tags.count()


Note.add_to_class("late", late)
Note.add_to_class("listed", property(later))
Note.add_to_class("missing", elsewhere)
Note.add_to_class(name, late)
setattr(Note, "later", later)
setattr(Other, "later", later)
"""
APP = """\
from blog.models import Author, Comment, Note, Post, Shelf
from blog.tools import Holder, Loose, first, mail, show


class NoteSerializer(Serializer):
    mail = CharField(source="post.author.email")


class Report:
    def __init__(self, rows, title):
        self.rows = rows
        self.title = title

    def lines(self):
        return [row.post for row in self.rows]

    def heading(self):
        return self.title


class Page:
    template_name = "blog/list.html"

    def get(self, rows):
        return {"notes": rows}


def again(rows):
    again(rows)
    return [row.post for row in rows]


def several(*, found):
    return [row.post.editor for row in found]


def few(rows):
    pass


def view(rows):
"""
TAGS = """\
from django import template

register = template.Library()


@register.filter
def mail(note):
    return note.post.author.email


@register.simple_tag(takes_context=True)
def edited(context, note):
    return note.post.editor


@register.simple_tag
def post(post):
    return post.tags.all()


def plain(note):
    return note.post.comment_set.all()
"""


def spelled(reading: Reading) -> str:
    names = {Link: "name", Use: "method", Via: "key"}
    return ".".join(str(getattr(part, names[type(part)])) for part in reading)


def chains(readings: object) -> set[str]:
    """Those that do not only say where rows go."""
    return {spelled(r) for r in readings if not isinstance(r[-1], Via)}  # type: ignore[attr-defined]


def opened(checkout: Checkout, body: str, templates: dict[str, str] | None = None) -> tuple[DjangoReads, DjangoModel]:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    files = {"blog/models.py": MODELS + MORE, "app.py": APP + lines, "blog/templatetags/marks.py": TAGS}
    index = Index(checkout(files | {f"blog/templates/blog/{n}": text for n, text in (templates or {}).items()}))
    return DjangoReads(index), next(m for m in index.django.all if m.name == "Note")


def read(reads: DjangoReads, model: DjangoModel, name: str = "view") -> set[str]:
    function = reads.index.calls.function(("app.py", name))
    assert function
    return chains(reads.rows(model, function, {"rows": ()}))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("return [row.post.author for row in rows]", {"post", "post.author"}, id="a loop"),
        pytest.param("return [str(row) for row in rows]", {"post"}, id="the text of a row, by its older name"),
        pytest.param("return rows[0].top.email", {"post", "post.author"}, id="a property"),
        pytest.param("return rows[0].top.posts.all()",
                     {"post", "post.author", "post.author.posts", "post.author.posts.all"}, id="beyond a property"),
        pytest.param("return rows[0].itself().post", set(), id="a method that calls itself"),
        pytest.param("return rows[0].of_none()", set(), id="a method of no row"),
        pytest.param("return rows[0].title", set(), id="a column"),
        pytest.param("return rows[0].post.tags.all().aggregate(x=1)",
                     {"post", "post.tags", "post.tags.all", "post.tags.aggregate"}, id="a query beyond all()"),
        pytest.param("return rows[0].about.author", {"about"}, id="nothing beyond a generic key"),
        pytest.param("return rows[0].post.tags.filter(x=1)", {"post", "post.tags", "post.tags.filter"}, id="a filter"),
        pytest.param("return rows[0].post.note_set.all()[0].post", {"post", "post.note_set", "post.note_set.all"},
                     id="back to the row that one came from"),
        pytest.param("return rows[0].post.author.posts.all()[0].editor",
                     {"post", "post.author", "post.author.posts", "post.author.posts.all"},
                     id="three relations at most"),
        pytest.param("return rows.object_list[0].post", {"post"}, id="a page of rows"),
        pytest.param("return rows[0].late()", {"post", "post.editor"}, id="a method from outside"),
        pytest.param("return rows[0].listed", {"post", "post.tags", "post.tags.count"}, id="a property from outside"),
        pytest.param("return rows[0].later()", {"post", "post.tags", "post.tags.count"}, id="setattr"),
        pytest.param("return rows[0].missing()", set(), id="a function that is not found"),
        pytest.param("return rows[0].show(1)", {"post"}, id="a method that hands a relation to an unknown function"),
        pytest.param("return again(rows)", {"post"}, id="a function that calls itself"),
        pytest.param("return several(found=rows)", {"post", "post.editor"}, id="a keyword"),
        pytest.param("return several(lost=rows)", set(), id="another keyword"),
        pytest.param("return few(1, rows)", set(), id="more arguments than it takes"),
        pytest.param("return Report(rows, 1)", {"post"}, id="an object that keeps them"),
        pytest.param("return Report(1, rows)", set(), id="an object that keeps them, and reads nothing"),
        pytest.param("return Report(1, rows[0].post)", {"post"}, id="an object that keeps a relation"),
        pytest.param("return NoteSerializer(rows, many=True)", {"post", "post.author"}, id="a serializer"),
        pytest.param("return mail(rows)", set(), id="a function that is not in the tree"),
        pytest.param("return again(rows[0].title)", set(), id="a column is handed on"),
        pytest.param("return 'nothing.html'", set(), id="a template without rows"),
    ],
)  # fmt: skip
def test_what_a_function_reads(body: str, expected: set[str], checkout: Checkout) -> None:
    assert read(*opened(checkout, body)) == expected


@pytest.mark.parametrize(
    ("body", "template", "expected"),
    [
        pytest.param('return render("blog/a.html", {"notes": rows})',
                     "{% for n in notes %}{{ n.post.author }}{% endfor %}", {"post", "post.author"}, id="a loop"),
        pytest.param('return render("blog/a.html", {"other": rows})',
                     "{% for n in notes %}{{ n.post.author }}{% endfor %}", set(), id="another variable"),
        pytest.param('return render("blog/a.html", {"shelves": [{"notes": rows, "name": 1}]})',
                     "{% for s in shelves %}{{ s.name.x }}{{ s.notes.0.post.author }}{% endfor %}",
                     {"post", "post.author"}, id="inside a list of dictionaries"),
        pytest.param('return render("blog/a.html", {"post": rows[0].post})',
                     "{{ post.author.email }}", {"post", "post.author"}, id="a relation"),
        pytest.param('return render("blog/a.html", {"notes": rows[0].title})',
                     "{{ notes.post }}", set(), id="a column"),
        pytest.param('return render("blog/a.html", {"notes": rows})',
                     "{% for n in notes %}{{ n|mail }}{% endfor %}", {"post", "post.author"}, id="a filter"),
        pytest.param('return render("blog/a.html", {"notes": rows})',
                     "{% for n in notes %}{% edited n %}{% endfor %}", {"post", "post.editor"}, id="a tag"),
        pytest.param('return render("blog/a.html", {"notes": rows})',
                     "{% for n in notes %}{% edited 1 n %}{% post n.post %}{% endfor %}",
                     {"post", "post.tags", "post.tags.all"}, id="a tag, by position"),
        pytest.param('return render("blog/a.html", {"notes": rows})',
                     "{% for n in notes %}{{ n|plain }}{{ n.title|mail }}{% endfor %}", {"post"}, id="no tag"),
        pytest.param('return render("blog/a.html", {"notes": rows})',
                     "{% for n in other %}{{ n|mail }}{% endfor %}", set(), id="a filter on something else"),
    ],
)  # fmt: skip
def test_what_a_template_reads(body: str, template: str, expected: set[str], checkout: Checkout) -> None:
    assert read(*opened(checkout, body, {"a.html": template})) == expected


def test_a_template_that_the_class_names(checkout: Checkout) -> None:
    reads, note = opened(checkout, "pass", {"list.html": "{{ notes.0.post.editor }}"})
    assert read(reads, note, "Page.get") == {"post", "post.editor"}


def test_a_method_renders_its_row(checkout: Checkout) -> None:
    reads, note = opened(checkout, "pass", {"note.html": "{{ post.author }}{{ other.editor }}"})
    assert chains(reads.method(note, "text")) == {"post", "post.author"}


@pytest.mark.parametrize(
    ("name", "path", "expected"),
    [
        pytest.param("Note", ("__iter__()", "posts", "all()"),
                     {"post", "post.tags", "post.tags.all", "post.tags.posts", "post.tags.posts.all"}, id="returned"),
        pytest.param("Shelf", ("__iter__()", "post"), {"notes", "notes.all", "notes.post"}, id="kept"),
        pytest.param("Note", ("all()", "post"), {"post"}, id="the same rows"),
        pytest.param("Author", ("__iter__()", "posts"), set(), id="a row that is no collection"),
    ],
)  # fmt: skip
def test_a_loop_over_a_row(name: str, path: tuple[str, ...], expected: set[str], checkout: Checkout) -> None:
    reads, _ = opened(checkout, "pass")
    model = next(m for m in reads.index.django.all if m.name == name)
    assert chains(reads.follow(model, path)) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param(("object_list", "post", "author"), ("post.author", "Author"), id="two relations"),
        pytest.param(("filter()",), ("", "Note"), id="the same rows"),
        pytest.param(("post", "note_set", "all()", "post"), ("post", "Post"), id="there and back"),
        pytest.param(("post", "title"), None, id="a column"),
        pytest.param(("about",), None, id="a generic key"),
    ],
)
def test_where_a_path_ends(path: tuple[str, ...], expected: tuple[str, str] | None, checkout: Checkout) -> None:
    reads, note = opened(checkout, "pass")
    end = reads.ends(note, path)
    assert (end and (spelled(end[0]), end[1].name)) == expected


def test_nothing_is_followed_beyond_the_bound(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_django_reads, "_MOST", 1)
    reads, note = opened(checkout, "pass")
    assert [chains(reads.follow(note, ("post", "author"))) for _ in range(2)] == [{"post", "post.author"}, set()]


def test_rows_of_a_form_field(checkout: Checkout) -> None:
    reads, note = opened(
        checkout, "pass", {"a.html": "{% for n in form.note.queryset %}{{ n.post.author }}{% endfor %}"}
    )
    assert chains(reads.pages.rendered(["blog/a.html"], note)) == {"post", "post.author"}


FIELDS = """

class Entry(models.Model):
    _post = models.ForeignKey(Post, on_delete=models.CASCADE)
    _by = models.OneToOneField(Author, on_delete=models.CASCADE)
    tags = models.ManyToManyField(Tag)
    post = KeyOrUrl(key="_post", url="_post_url")
    writer = fields.KeyOrUrl("_by", null=True)
    either = KeyOrUrl("_post", "_by")
    tagged = KeyOrUrl(key="tags")
    slug = AutoSlugField(populate_from="_post")
    text = models.CharField(default="_post")
    kind = "_post"
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param(("post", "author"), {"_post", "_post.author"}, id="a field made of a key"),
        pytest.param(("writer",), {"_by"}, id="named by position"),
        pytest.param(("either", "author"), set(), id="of two keys"),
        pytest.param(("tagged", "all()"), set(), id="of a collection"),
        pytest.param(("slug",), set(), id="a slug"),
        pytest.param(("text",), set(), id="a field of Django"),
        pytest.param(("kind",), set(), id="no field"),
        pytest.param(("missing",), set(), id="nothing"),
    ],
)
def test_a_field_that_stands_for_a_key(path: tuple[str, ...], expected: set[str], checkout: Checkout) -> None:
    reads = DjangoReads(Index(checkout({"blog/models.py": MODELS + FIELDS})))
    entry = next(m for m in reads.index.django.all if m.name == "Entry")
    assert [chains(reads.follow(entry, path)) for _ in range(2)] == [expected, expected]
