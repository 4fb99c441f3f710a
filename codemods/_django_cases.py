"""The cases of `django-eager-load`: what it changes, and what it leaves alone with which code."""

from msgspec.structs import replace

from codemods.api import Case, Repeat, Tier

MODELS = """\
from django.db import models


class Author(models.Model):
    email = models.CharField(max_length=80, unique=True)


class Tag(models.Model):
    name = models.CharField(max_length=80)


class Post(models.Model):
    title = models.CharField(max_length=80)
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="posts")
    editor = models.ForeignKey(Author, on_delete=models.CASCADE, null=True, related_name="edited")
    tags = models.ManyToManyField(Tag, related_name="posts")

    def byline(self):
        return self.author.email

    def as_dict(self):
        return {"title": self.title, "tags": [tag.name for tag in self.tags.all()]}


class Comment(models.Model):
    post = models.ForeignKey("blog.Post", on_delete=models.CASCADE)
    writer = models.ForeignKey(Author, on_delete=models.CASCADE)
    text = models.CharField(max_length=80)

    class Meta:
        ordering = ["-id"]
"""


def _repeat(tables: tuple[str, ...], column: str, *more: str) -> Repeat:
    names = (column, *more)
    statement = f"SELECT * FROM {tables[0]} WHERE {' AND '.join(f'{name} = ?' for name in names)}"
    return Repeat(column, tables, names, 50, statement=statement)


def _of(repeat: Repeat, statement: str) -> Repeat:
    return replace(repeat, statement=statement)


AUTHOR = _repeat(("blog_author",), "blog_author.id")
POST = _repeat(("blog_post",), "blog_post.id")
TAG = _repeat(("blog_tag",), "blog_tag.id")
TAGS = _repeat(("blog_tag", "blog_post_tags"), "blog_post_tags.post_id")
COMMENTS = _repeat(("blog_comment",), "blog_comment.post_id")


def _app(body: str, imports: str = "") -> str:
    text = "".join(f"    {line}\n" if line else "\n" for line in body.splitlines())
    return f"{imports}from blog.models import Author, Comment, Post, Tag\n\n\ndef view(request):\n{text}"


def _changed(
    name: str, before: str, after: str, *repeats: Repeat, tier: Tier = "B", imports: str = "",
    files: dict[str, str] | None = None,
) -> Case:  # fmt: skip
    given = {"blog/models.py": MODELS, **(files or {})}
    return Case(name, _app(before, imports), _app(after, imports), repeats, tier=tier, files=given)


def _untouched(
    name: str, code: str, before: str, *repeats: Repeat, imports: str = "", files: dict[str, str] | None = None
) -> Case:
    given = {"blog/models.py": MODELS, **(files or {})}
    return Case(name, _app(before, imports), None, repeats, code, files=given)


def _helped(
    name: str,
    body: str,
    before: str,
    after: str | None,
    *repeats: Repeat,
    code: str = "",
    files: dict[str, str] | None = None,
) -> Case:
    """A view that is left as it is, below helpers that change, or do not."""
    given = {"blog/models.py": MODELS, **(files or {})}
    return Case(name, _app(body, before), _app(body, after) if after else None, repeats, code, files=given)


def _peers(
    name: str, body: str, edited: str | None, *repeats: Repeat,
    imports: tuple[str, str] = ("", "from django.db.models import FETCH_PEERS\n\n"), requires: str = "Django==6.1.3\n", code: str = "",
) -> Case:  # fmt: skip
    """A view in a project that says which Django it runs on; `imports` stand above those of the models, before and after."""
    given = {"blog/models.py": MODELS, "requirements.txt": requires}
    text = _app(edited, imports[1]) if edited else None
    return Case(name, _app(body, imports[0]), text, repeats, code, files=given)


_AUTHORS = "return [post.author.email for post in posts]"
_COUNT = "SELECT COUNT(*) FROM blog_comment WHERE blog_comment.post_id = ?"
_SUM = "SELECT SUM(id) FROM blog_comment WHERE blog_comment.post_id = ? GROUP BY post_id"
_DELETE = "DELETE FROM blog_comment WHERE blog_comment.post_id = ?"
_LOADED = """\
class Rows(QuerySet):
    def plain(self):
        return self.filter(pk=1)

    def full(self):
        return self.filter(pk=1).select_related({})
"""
_GIVEN = "from blog.models import Post\n\n\ndef latest():\n    return Post.objects.{}\n\n\n"
_KEPT = (
    "from blog.models import Post\n\n\nclass Page:\n    def __init__(self):\n        self.posts = Post.objects.{}\n\n"
    "    def mails(self):\n        return [post.author.email for post in self.posts]\n\n\n"
)
_OUTSIDE = 'from blog.models import Post\n\n\ndef mail(post):\n    return post.author.email\n\n\nPost.add_to_class("mail", mail)\n\n\n'
_FAR = "from blog.models import Comment\n\n\ndef one():\n    return two()\n\n\ndef two():\n    return list(Comment.objects.all())\n\n\n"
_MARK = """

class Mark(models.Model):
    thing = GenericForeignKey()
"""
_FEEDS = 'from blog.models import Post\n\n\ndef latest():\n    return list(Post.objects.order_by("id"))\n'
_TEMPLATE = "{% for post in posts %}{{ post.author.email }}{% for tag in post.tags.all %}{{ tag.name }}{% endfor %}{% endfor %}\n"

CASES = (
    _changed(
        "a forward key, ordered by primary key: join",
        f'posts = Post.objects.order_by("id")\n{_AUTHORS}',
        f'posts = Post.objects.select_related("author").order_by("id")\n{_AUTHORS}',
        AUTHOR,
    ),
    _changed(
        "a loop that ends early reads something else",
        f'posts = Post.objects.order_by("id")\nfor post in posts:\n    if post.title.strip():\n        break\n{_AUTHORS}',
        'posts = Post.objects.select_related("author").order_by("id")\n'
        f"for post in posts:\n    if post.title.strip():\n        break\n{_AUTHORS}",
        AUTHOR,
    ),
    _changed(
        "no order: a separate query",
        f"posts = Post.objects.all()\n{_AUTHORS}",
        f'posts = Post.objects.prefetch_related("author").all()\n{_AUTHORS}',
        AUTHOR,
    ),
    _changed(
        "ordered by the Meta of the model",
        "return [comment.writer.email for comment in Comment.objects.all()]",
        'return [comment.writer.email for comment in Comment.objects.select_related("writer").all()]',
        AUTHOR,
    ),
    _changed(
        "one more name in a call that is there",
        'posts = Post.objects.order_by("pk").select_related("editor")\n'
        "return [(post.editor and post.editor.email, post.author.email) for post in posts]",
        'posts = Post.objects.order_by("pk").select_related("editor", "author")\n'
        "return [(post.editor and post.editor.email, post.author.email) for post in posts]",
        AUTHOR,
    ),
    _changed(
        "a many-to-many read through all()",
        'posts = Post.objects.order_by("id")\nreturn [[tag.name for tag in post.tags.all()] for post in posts]',
        'posts = Post.objects.prefetch_related("tags").order_by("id")\n'
        "return [[tag.name for tag in post.tags.all()] for post in posts]",
        TAGS,
    ),
    _changed(
        "the other side of a key",
        'posts = Post.objects.order_by("id")\nreturn [len(post.comment_set.all()) for post in posts]',
        'posts = Post.objects.prefetch_related("comment_set").order_by("id")\n'
        "return [len(post.comment_set.all()) for post in posts]",
        COMMENTS,
    ),
    _changed(
        "a method of the model reads it",
        'return [post.as_dict() for post in Post.objects.order_by("id")]',
        'return [post.as_dict() for post in Post.objects.prefetch_related("tags").order_by("id")]',
        TAGS,
    ),
    _changed(
        "two hops, and the first comes along",
        'return [comment.post.author.email for comment in Comment.objects.filter(text="b")]',
        'return [comment.post.author.email for comment in Comment.objects.select_related("post__author").filter(text="b")]',
        POST,
        AUTHOR,
    ),
    _changed(
        "locked rows: a separate query",
        f'posts = Post.objects.select_for_update().order_by("id")\n{_AUTHORS}',
        f'posts = Post.objects.prefetch_related("author").select_for_update().order_by("id")\n{_AUTHORS}',
        AUTHOR,
    ),
    _changed(
        "a template reads it",
        'posts = Post.objects.order_by("id")\nreturn render(request, "blog/list.html", {"posts": posts})',
        'posts = Post.objects.prefetch_related("tags").select_related("author").order_by("id")\n'
        'return render(request, "blog/list.html", {"posts": posts})',
        AUTHOR,
        TAGS,
        imports="from django.shortcuts import render\n",
        files={"blog/templates/blog/list.html": _TEMPLATE},
    ),
    _changed(
        "an alias, and a loop over many",
        'total = 0\nfor post in Post.objects.order_by("id"):\n    for comment in post.comment_set.all():\n'
        "        writer = comment.writer\n        total += len(writer.email)\nreturn total",
        'total = 0\nfor post in Post.objects.prefetch_related("comment_set__writer").order_by("id"):\n'
        "    for comment in post.comment_set.all():\n"
        "        writer = comment.writer\n        total += len(writer.email)\nreturn total",
        COMMENTS,
    ),
    _changed(
        "two queries of one function, both read",
        'a = [post.author for post in Post.objects.order_by("id")]\n'
        'return a + [post.author for post in Post.objects.order_by("-id")]',
        'a = [post.author for post in Post.objects.select_related("author").order_by("id")]\n'
        'return a + [post.author for post in Post.objects.select_related("author").order_by("-id")]',
        AUTHOR,
    ),
    _changed(
        "ordered on one branch only: a separate query",
        f'posts = Post.objects.all()\nif request:\n    posts = posts.order_by("id")\n{_AUTHORS}',
        f'posts = Post.objects.prefetch_related("author").all()\nif request:\n    posts = posts.order_by("id")\n{_AUTHORS}',
        AUTHOR,
    ),
    _changed(
        "loaded on one branch only",
        f'posts = Post.objects.order_by("id")\nif request:\n    posts = posts.select_related("author")\n{_AUTHORS}',
        'posts = Post.objects.select_related("author").order_by("id")\n'
        f'if request:\n    posts = posts.select_related("author")\n{_AUTHORS}',
        AUTHOR,
    ),
    _changed(
        "distinct rows: a separate query",
        f'posts = Post.objects.order_by("id").distinct()\n{_AUTHORS}',
        f'posts = Post.objects.prefetch_related("author").order_by("id").distinct()\n{_AUTHORS}',
        AUTHOR,
    ),
    _changed(
        "beside a prefetch to another attribute",
        f'posts = Post.objects.prefetch_related(Prefetch("tags", to_attr="labels"))\n{_AUTHORS}',
        f'posts = Post.objects.prefetch_related(Prefetch("tags", to_attr="labels"), "author")\n{_AUTHORS}',
        AUTHOR,
        imports="from django.db.models import Prefetch\n",
    ),
    _changed(
        "a helper reads it",
        'return [mail(post) for post in Post.objects.order_by("id")]',
        'return [mail(post) for post in Post.objects.select_related("author").order_by("id")]',
        AUTHOR,
        imports="def mail(row):\n    return row.author.email\n\n\n",
    ),
    _helped(
        "a function gives the rows back", "return [post.author.email for post in latest()]",
        _GIVEN.format('order_by("id")'), _GIVEN.format('select_related("author").order_by("id")'), AUTHOR,
    ),
    _helped(
        "an object keeps the rows", "return Page().mails()",
        _KEPT.format('order_by("id")'), _KEPT.format('select_related("author").order_by("id")'), AUTHOR,
    ),
    _changed(
        "a method that is added from outside reads it",
        'return [post.mail() for post in Post.objects.order_by("id")]',
        'return [post.mail() for post in Post.objects.select_related("author").order_by("id")]',
        AUTHOR,
        imports=_OUTSIDE,
    ),
    _changed(
        "the rows of a collection",
        'tag = Tag.objects.get(name="t0")\nreturn [post.author.email for post in tag.posts.order_by("id")]',
        'tag = Tag.objects.get(name="t0")\n'
        'return [post.author.email for post in tag.posts.select_related("author").order_by("id")]',
        AUTHOR,
    ),
    _changed(
        "limited columns, the key among them",
        f'posts = Post.objects.only("title", "author").order_by("id")\n{_AUTHORS}',
        f'posts = Post.objects.prefetch_related("author").only("title", "author").order_by("id")\n{_AUTHORS}',
        AUTHOR,
    ),
    _changed(
        "another column is deferred",
        f'posts = Post.objects.defer("title").order_by("id")\n{_AUTHORS}',
        f'posts = Post.objects.prefetch_related("author").defer("title").order_by("id")\n{_AUTHORS}',
        AUTHOR,
    ),
    _changed(
        "what else every row reads",
        "return [(row.writer.email, row.post.title) for row in Comment.objects.all()]",
        'return [(row.writer.email, row.post.title) for row in Comment.objects.select_related("writer", "post").all()]',
        AUTHOR,
    ),
    _changed(
        "streamed in order, a collection beside it",
        'posts = Post.objects.order_by("id")\n'
        "return [(post.author.email, len(post.tags.all())) for post in posts.iterator()]",
        'posts = Post.objects.select_related("author").order_by("id")\n'
        "return [(post.author.email, len(post.tags.all())) for post in posts.iterator()]",
        AUTHOR,
    ),
    _changed(
        "one relation is loaded, another is not",
        'posts = Post.objects.select_related("author").order_by("id")\n'
        "return [(post.author.email, [tag.name for tag in post.tags.all()]) for post in posts]",
        'posts = Post.objects.prefetch_related("tags").select_related("author").order_by("id")\n'
        "return [(post.author.email, [tag.name for tag in post.tags.all()]) for post in posts]",
        TAGS, AUTHOR,
    ),
    _changed(
        "a generic key",
        "from blog.models import Mark\nreturn [mark.thing.pk for mark in Mark.objects.all()]",
        'from blog.models import Mark\nreturn [mark.thing.pk for mark in Mark.objects.prefetch_related("thing").all()]',
        TAG,
        files={"blog/models.py": MODELS + _MARK},
    ),
    _peers(
        "the first read loads it for all rows",
        f"posts = Post.objects.filter(pk__gt=1)\n{_AUTHORS}",
        f"posts = Post.objects.fetch_mode(FETCH_PEERS).filter(pk__gt=1)\n{_AUTHORS}",
        AUTHOR,
    ),
    _peers(
        "the same, in order and locked",
        f'posts = Post.objects.select_for_update().order_by("id")\n{_AUTHORS}',
        f'posts = Post.objects.fetch_mode(FETCH_PEERS).select_for_update().order_by("id")\n{_AUTHORS}',
        AUTHOR,
    ),
    _peers(
        "two hops and what is read beside them",
        "return [(row.post.author.email, row.writer.email) for row in Comment.objects.all()]",
        "return [(row.post.author.email, row.writer.email) for row in Comment.objects.fetch_mode(FETCH_PEERS).all()]",
        POST,
    ),
    _peers(
        "a collection is loaded beside it",
        "return [(post.author.email, [tag.name for tag in post.tags.all()]) for post in Post.objects.all()]",
        "return [(post.author.email, [tag.name for tag in post.tags.all()]) "
        'for post in Post.objects.prefetch_related("tags").fetch_mode(FETCH_PEERS).all()]',
        AUTHOR, TAGS,
    ),
    _peers(
        "combined queries, whose rows the first one makes",
        f"posts = Post.objects.all().union(Post.objects.all())\n{_AUTHORS}",
        f"posts = Post.objects.fetch_mode(FETCH_PEERS).all().union(Post.objects.all())\n{_AUTHORS}",
        AUTHOR,
    ),
    _peers(
        "columns that leave the key out",
        f'posts = Post.objects.only("title")\n{_AUTHORS}',
        f'posts = Post.objects.fetch_mode(FETCH_PEERS).only("title")\n{_AUTHORS}',
        AUTHOR,
    ),
    _peers(
        "a file that imports models",
        f"posts = Post.objects.all()\n{_AUTHORS}",
        f"posts = Post.objects.fetch_mode(models.FETCH_PEERS).all()\n{_AUTHORS}",
        AUTHOR, imports=("from django.db import models\n", "from django.db import models\n"),
    ),
    _peers(
        "a file that imports other names, and uses models for something else",
        f"posts = Post.objects.filter(Q(pk=1))\n{_AUTHORS}",
        f"posts = Post.objects.fetch_mode(FETCH_PEERS).filter(Q(pk=1))\n{_AUTHORS}",
        AUTHOR,
        imports=("from blog import models\nfrom django.db.models import Q\n", "from blog import models\nfrom django.db.models import FETCH_PEERS, Q\n"),
    ),
    _peers(
        "the name means something else here: a join",
        f'posts = Post.objects.order_by("id")\n{_AUTHORS}',
        f'posts = Post.objects.select_related("author").order_by("id")\n{_AUTHORS}',
        AUTHOR, imports=("FETCH_PEERS = 1\n", "FETCH_PEERS = 1\n"),
    ),
    _peers(
        "another mode is set: a join",
        f'posts = Post.objects.fetch_mode(request.mode).order_by("id")\n{_AUTHORS}',
        f'posts = Post.objects.select_related("author").fetch_mode(request.mode).order_by("id")\n{_AUTHORS}',
        AUTHOR, imports=("", ""),
    ),
    _peers(
        "a mode on one branch only: a join",
        f'posts = Post.objects.order_by("id")\nif request:\n    posts = posts.fetch_mode(FETCH_PEERS)\n{_AUTHORS}',
        'posts = Post.objects.select_related("author").order_by("id")\n'
        f"if request:\n    posts = posts.fetch_mode(FETCH_PEERS)\n{_AUTHORS}",
        AUTHOR, imports=("from django.db.models import FETCH_PEERS\n\n",) * 2,
    ),
    _peers(
        "streamed rows: a join",
        'return [post.author.email for post in Post.objects.order_by("id").iterator()]',
        'return [post.author.email for post in Post.objects.select_related("author").order_by("id").iterator()]',
        AUTHOR, imports=("", ""),
    ),
    _peers(
        "an older version is allowed: a join",
        f'posts = Post.objects.order_by("id")\n{_AUTHORS}',
        f'posts = Post.objects.select_related("author").order_by("id")\n{_AUTHORS}',
        AUTHOR, imports=("", ""), requires="Django>=6.0\n",
    ),
    _peers(
        "two queries of one function, one import",
        "a = [post.author for post in Post.objects.all()]\nreturn a + [post.author for post in Post.objects.filter(pk=1)]",
        "a = [post.author for post in Post.objects.fetch_mode(FETCH_PEERS).all()]\n"
        "return a + [post.author for post in Post.objects.fetch_mode(FETCH_PEERS).filter(pk=1)]",
        AUTHOR,
    ),
    _helped(
        "rows that are given back are filtered each", "return [post.comment_set.filter(text='b') for post in latest()]",
        _GIVEN.format('order_by("id")'), None, COMMENTS, code="R-CACHEBYPASS",
    ),
    _helped(
        "rows that are given back are loaded", "return [post.author.email for post in latest()]",
        _GIVEN.format('select_related("author").order_by("id")'), None, AUTHOR, code="R-ALREADY-EAGER",
    ),
    _helped(
        "an object keeps values", "return Page().mails()", _KEPT.format('values("author")'), None, AUTHOR,
        code="R-UNRESOLVED",
    ),
    _helped(
        "names alone, further than one call away", "print(request.writer)\nreturn one()", _FAR, None, AUTHOR,
        code="R-UNRESOLVED",
    ),
    _peers("the mode is set", f"posts = Post.objects.fetch_mode(models.FETCH_PEERS)\n{_AUTHORS}", None, AUTHOR, code="R-ALREADY-EAGER"),
    _peers(
        "the mode is set, and names that a variable holds", f"posts = Post.objects.select_related(*request.names).fetch_mode(0)\n{_AUTHORS}",
        None, AUTHOR, code="R-OPTION-VAR",
    ),
    _peers(
        "the mode does not reach collections, and these are filtered", "return [p.tags.filter(name='a') for p in Post.objects.all()]",
        None, TAGS, code="R-CACHEBYPASS",
    ),
    _peers(
        "the mode would load for rows that are not looped over", "for p in Post.objects.all():\n    if p.author.email:\n        break",
        None, AUTHOR, code="R-COND",
    ),
    _peers(
        "what the mode loads early is written", "for p in Post.objects.all():\n    p.author.delete()", None, AUTHOR, code="R-WRITE",
    ),
    _peers(
        "columns that leave the key out, streamed", f'posts = Post.objects.only("title").iterator()\n{_AUTHORS}', None, AUTHOR, code="R-SHAPE",
    ),
    _peers(
        "combined queries, a collection", "posts = Post.objects.all().union(Post.objects.all())\nreturn [p.tags.all() for p in posts]",
        None, TAGS, code="R-SHAPE",
    ),
    _peers("one row", "return Post.objects.get(pk=1).author.email", None, AUTHOR, code="R-UNRESOLVED"),
    _peers("values are no rows in any mode", 'return list(Post.objects.values("author"))', None, AUTHOR, code="R-UNRESOLVED"),
    _changed(
        "streamed without a chunk size: only a join can load ahead",
        "return [post.author.email for post in Post.objects.iterator()]",
        'return [post.author.email for post in Post.objects.select_related("author").iterator()]', AUTHOR, tier="C",
    ),
    _untouched(
        "values of rows that were kept", "R-UNRESOLVED",
        'posts = Post.objects.order_by("id")\nreturn list(posts.values("author"))', AUTHOR,
    ),
    _untouched(
        "the rows of a collection of an unknown row", "R-UNRESOLVED",
        'return [post.author.email for post in request.posts.order_by("id")]', AUTHOR,
    ),
    _untouched(
        "the rows of a collection, loaded", "R-ALREADY-EAGER",
        'tag = Tag.objects.get(name="t0")\n'
        'return [post.author.email for post in tag.posts.select_related("author").order_by("id")]', AUTHOR,
    ),
    _untouched(
        "the key is deferred", "R-SHAPE", f'posts = Post.objects.defer("author_id").order_by("id")\n{_AUTHORS}', AUTHOR,
    ),
    _untouched(
        "columns that a variable limits", "R-SHAPE", f"posts = Post.objects.only(*request.names)\n{_AUTHORS}", AUTHOR,
    ),
    _untouched(
        "a collection of streamed rows", "R-STREAM",
        'return [len(post.tags.all()) for post in Post.objects.order_by("id").iterator()]', TAGS,
    ),
    _untouched(
        "a generic key that nothing is seen to read", "R-UNRESOLVED",
        "from blog.models import Mark\nreturn list(Mark.objects.all())", TAG,
        files={"blog/models.py": MODELS + _MARK},
    ),
    _untouched(
        "a function that is added under another name", "R-UNRESOLVED",
        "return [post.letter() for post in latest()]", TAGS,
        imports=_OUTSIDE + "from blog.feeds import latest\n", files={"blog/feeds.py": _FEEDS},
    ),
    _untouched(
        "a Prefetch loads it", "R-ALREADY-EAGER",
        f'posts = Post.objects.prefetch_related(Prefetch("author"))\n{_AUTHORS}', AUTHOR,
        imports="from django.db.models import Prefetch\n",
    ),
    _untouched(
        "a collection that nothing is seen to read", "R-UNRESOLVED",
        'return list(Post.objects.order_by("id"))', TAGS,
    ),
    _untouched(
        "a queryset method loads it", "R-ALREADY-EAGER", f"posts = Post.objects.all().full()\n{_AUTHORS}", AUTHOR,
        files={"blog/rows.py": _LOADED.format('"author"')},
    ),
    _untouched(
        "a queryset method loads what a variable names", "R-OPTION-VAR",
        f"posts = Post.objects.all().full()\n{_AUTHORS}", AUTHOR,
        files={"blog/rows.py": _LOADED.format("*names")},
    ),
    _untouched(
        "filtered per row", "R-CACHEBYPASS",
        'return [post.comment_set.filter(text="b").count() for post in Post.objects.order_by("id")]', COMMENTS,
    ),
    _untouched(
        "the first of each row", "R-CACHEBYPASS",
        'return [post.tags.first() for post in Post.objects.order_by("id")]', TAGS,
    ),
    _untouched(
        "the statement filters more than the key", "R-CACHEBYPASS",
        'return [post.comment_set.count() for post in Post.objects.order_by("id")]',
        _repeat(("blog_comment",), "blog_comment.post_id", "blog_comment.text"),
    ),
    _untouched("no relation of a model", "R-UNRESOLVED", "return list(Post.objects.all())", _repeat(("logs",), "logs.id")),
    _untouched("no query on the way", "R-UNRESOLVED", "return [p.author for p in request.posts]", AUTHOR),
    _untouched("values are no rows", "R-UNRESOLVED", 'return list(Post.objects.values("author"))', AUTHOR),
    _untouched("one row only", "R-UNRESOLVED", "return Post.objects.get(pk=1).author.email", AUTHOR),
    _untouched(
        "loaded already", "R-ALREADY-EAGER",
        f'posts = Post.objects.select_related("author")\n{_AUTHORS}', AUTHOR,
    ),
    _untouched(
        "names in a variable", "R-OPTION-VAR",
        f"posts = Post.objects.select_related(*request.names)\n{_AUTHORS}", AUTHOR,
    ),
    _untouched("combined queries", "R-SHAPE", f"posts = Post.objects.all().union(Post.objects.all())\n{_AUTHORS}", AUTHOR),
    _untouched("limited columns", "R-SHAPE", f'posts = Post.objects.only("title")\n{_AUTHORS}', AUTHOR),
    _untouched(
        "a stream of locked rows", "R-STREAM",
        "return [post.author.email for post in Post.objects.select_for_update().iterator()]", AUTHOR,
    ),
    _untouched(
        "a stream of rows that no join may touch", "R-STREAM",
        "return [post.author.email for post in Post.objects.distinct().iterator()]", AUTHOR,
    ),
    _untouched(
        "a loop that ends early calls a method that reads it", "R-COND",
        f'posts = Post.objects.order_by("id")\nfor post in posts:\n    if post.byline():\n        break\n{_AUTHORS}', AUTHOR,
    ),
    _untouched(
        "a loop that ends early hands its rows on", "R-COND",
        f'posts = Post.objects.order_by("id")\nfor post in posts:\n    if seen(post):\n        break\n{_AUTHORS}', AUTHOR,
    ),
    _untouched(
        "the loop ends early", "R-COND",
        'for post in Post.objects.order_by("id"):\n    if post.author.email:\n        break', AUTHOR,
    ),
    _untouched(
        "the loop assigns it", "R-WRITE",
        'for post in Post.objects.order_by("id"):\n    print(post.author)\n    post.author = request.user', AUTHOR,
    ),
    _untouched(
        "the loop adds rows", "R-WRITE",
        'for post in Post.objects.order_by("id"):\n    print(post.tags.all())\n    post.tags.add(request.tag)', TAGS,
    ),
    _untouched(
        "the loop creates rows", "R-WRITE",
        'for post in Post.objects.order_by("id"):\n    Comment.objects.create(post=post, writer=post.author)', AUTHOR,
    ),
    _untouched(
        "the loop saves its rows", "R-WRITE",
        'for post in Post.objects.order_by("id"):\n    post.title = post.author.email\n    post.save()', AUTHOR,
    ),
    _untouched(
        "the loop updates through a longer query", "R-WRITE",
        'for post in Post.objects.order_by("id"):\n'
        "    Author.objects.filter(pk=post.author.pk).exclude(pk=1).update(email=post.author.email)", AUTHOR,
    ),
    _untouched(
        "the loop deletes what it reads", "R-WRITE",
        'for post in Post.objects.order_by("id"):\n    post.author.delete()', AUTHOR,
    ),
    _untouched(
        "counted per row", "R-UNRESOLVED",
        'return [post.comment_set.count() for post in Post.objects.order_by("id")]', _of(COMMENTS, _COUNT),
    ),
    _untouched(
        "summed per row", "R-UNRESOLVED",
        'return [post.comment_set.all() for post in Post.objects.order_by("id")]', _of(COMMENTS, _SUM),
    ),
    _untouched(
        "deleted per row", "R-UNRESOLVED",
        'return [post.comment_set.all() for post in Post.objects.order_by("id")]', _of(COMMENTS, _DELETE),
    ),
    _untouched(
        "a shape that is no lazy load", "R-UNRESOLVED",
        f"posts = Post.objects.all()\n{_AUTHORS}", replace(AUTHOR, shape="exists"),
    ),
    _untouched(
        "not seen to be read, and the query is elsewhere", "R-UNRESOLVED", "return latest()", AUTHOR,
        imports="from blog.feeds import latest\n", files={"blog/feeds.py": _FEEDS},
    ),
    _untouched(
        "read with a manager of its own", "R-MANAGER",
        'return [post.comment_set.all() for post in Post.objects.order_by("id")]', COMMENTS,
        files={"blog/feeds.py": 'def latest(post):\n    return post.comment_set(manager="recent").all()\n'},
    ),
    _untouched(
        "two queries of two functions fit", "R-AMBIGUOUS", "return old() + new()", AUTHOR,
        imports="def old():\n    return [post.author for post in Post.objects.order_by('id')]\n\n\n"
        "def new():\n    return [post.author for post in Post.objects.order_by('-id')]\n\n\n",
    ),
)  # fmt: skip
