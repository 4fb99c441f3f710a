"""The cases of `django-fk-id`: what it changes, and what it leaves alone with which code."""

from codemods.api import Case, Repeat

MODELS = """\
from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=80)
    code = models.CharField(max_length=8, unique=True)


class Country(models.Model):
    code = models.CharField(max_length=2, primary_key=True)


class Post(models.Model):
    title = models.CharField(max_length=80)
    author = models.ForeignKey(Author, on_delete=models.CASCADE)
    editor = models.ForeignKey(Author, on_delete=models.CASCADE, null=True, related_name="edited")
    country = models.ForeignKey(Country, on_delete=models.CASCADE, db_column="country_code", related_name="posts")

    def author_key(self):
        return self.author.id


class Comment(models.Model):
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="comments")
    writer = models.ForeignKey(Author, on_delete=models.CASCADE)
"""
_STATEMENT = "SELECT * FROM {} WHERE {}.{} = ?"


def _lazy(table: str, column: str = "id") -> Repeat:
    name = f"{table}.{column}"
    return Repeat(name, (table,), (name,), 50, statement=_STATEMENT.format(table, table, column))


AUTHOR = _lazy("blog_author")
COUNTRY = _lazy("blog_country", "code")
POST = _lazy("blog_post")


def _app(body: str, above: str = "") -> str:
    text = "".join(f"    {line}\n" if line else "\n" for line in body.splitlines())
    return f"{above}from blog.models import Comment, Post\n\n\ndef view(request):\n{text}"


def _case(  # noqa: PLR0913 - what differs from case to case
    name: str, body: str, edited: str | None, repeat: Repeat = AUTHOR, code: str = "", *, above: str = "",
    edited_above: str | None = None, models: str = MODELS, **files: str,
) -> Case:  # fmt: skip
    """`above` stands above the view, in both texts if only it is given; `files` are other files of the app."""
    given = {"blog/models.py": models, **{f"blog/{name}.py": text for name, text in files.items()}}
    after = None if edited is None else _app(edited, above if edited_above is None else edited_above)
    return Case(name, _app(body, above), after, (repeat,), code or None, files=given)


def _row(
    name: str, read: str, edited: str | None, repeat: Repeat = AUTHOR, code: str = "", *, models: str = MODELS
) -> Case:
    """A list of what every post is read for."""
    rows = "return [{} for post in Post.objects.all()]"
    return _case(name, rows.format(read), rows.format(edited) if edited else None, repeat, code, models=models)


def _declared(old: str, new: str) -> str:
    assert old in MODELS
    return MODELS.replace(old, new)


_HELPER = "def key_of(row):\n    return row.author.id\n\n\n"
_HELPED = "def key_of(row):\n    return row.author_id\n\n\n"
_LOOP = "keys = []\nfor post in Post.objects.all():\n{}return keys"
_AUTHOR = "author = models.ForeignKey(Author, on_delete=models.CASCADE"


def _loop(*lines: str) -> str:
    return _LOOP.format("".join(f"    {line}\n" for line in lines))


CASES = (
    _row("the primary key by its name", "post.author.id", "post.author_id"),
    _row("the primary key as such", "(post.title, post.author.pk)", "(post.title, post.author_id)"),
    _row("a custom primary key, another column name", "post.country.pk", "post.country_id", COUNTRY),
    _row("read twice", "post.author.id or post.author.pk", "post.author_id or post.author_id"),
    _row("compared", "post.author.id == request.user.id", "post.author_id == request.user.id"),
    _row("an empty key, tested", "post.editor and post.editor.id", "post.editor_id"),
    _row("an empty key, tested by a condition", "post.editor.id if post.editor else None", "post.editor_id"),
    _row(
        "an empty key, with another value", "post.editor.id if post.editor else 0",
        "post.editor_id if post.editor_id is not None else 0",
    ),
    _row(
        "an empty key, with another value first", "0 if not post.editor else post.editor.id",
        "0 if post.editor_id is None else post.editor_id",
    ),
    _row(
        "an empty key, compared with None", "post.editor.id if post.editor is not None else 0",
        "post.editor_id if post.editor_id is not None else 0",
    ),
    _row(
        "an empty key, tested as a column", "post.editor.id if post.editor_id else 0",
        "post.editor_id if post.editor_id else 0",
    ),
    _row(
        "only tested, in what is denied",
        "1 if not (post.title and post.editor) else 0",
        "1 if not (post.title and post.editor_id is not None) else 0",
    ),
    _row("only tested", "bool(1) if post.editor else 0", "bool(1) if post.editor_id is not None else 0"),
    _case(
        "an empty key, tested in the comprehension",
        "return [post.editor.pk for post in Post.objects.all() if post.title and post.editor]",
        "return [post.editor_id for post in Post.objects.all() if post.title and post.editor_id is not None]",
    ),
    _case(
        "an empty key, left out by the query",
        "return [post.editor.pk for post in Post.objects.filter(editor__isnull=False)]",
        "return [post.editor_id for post in Post.objects.filter(editor__isnull=False)]",
    ),
    _case(
        "an empty key, excluded",
        "return [post.editor.pk for post in Post.objects.exclude(editor=None)]",
        "return [post.editor_id for post in Post.objects.exclude(editor=None)]",
    ),
    _case(
        "an empty key, skipped in the loop",
        _loop("if not post.editor:", "    continue", "keys.append(post.editor.id)"),
        _loop("if post.editor_id is None:", "    continue", "keys.append(post.editor_id)"),
    ),
    _case(
        "an empty key, inside a condition",
        _loop("if post.title and post.editor is not None:", "    keys += [post.editor.id]", "else:", "    keys += [0]"),
        _loop("if post.title and post.editor_id is not None:", "    keys += [post.editor_id]", "else:", "    keys += [0]"),
    ),
    _case(
        "an empty key, after a skip in a block of its own",
        _loop("if request:", "    pass", "else:", "    if post.editor is None:", "        continue", "    keys += [post.editor.pk]"),
        _loop("if request:", "    pass", "else:", "    if post.editor_id is None:", "        continue", "    keys += [post.editor_id]"),
    ),
    _case(
        "an empty key, asserted and tested before",
        _loop("assert post.editor or request", "if not (post.editor_id is None or request):", "    keys.append(post.editor.id)"),
        _loop(
            "assert post.editor_id is not None or request", "if not (post.editor_id is None or request):",
            "    keys.append(post.editor_id)",
        ),
    ),
    _row(
        "an empty key, later in a row of tests", "1 if post.title and post.editor and post.editor.id > 2 else 0",
        "1 if post.title and post.editor_id is not None and post.editor_id > 2 else 0",
    ),
    _row(
        "an empty key, or none at all", "post.editor is None or post.editor.id > 2", "post.editor_id is None or post.editor_id > 2",
    ),
    _case(
        "streamed rows, which nothing could be loaded with",
        "return [post.author.id for post in Post.objects.iterator()]",
        "return [post.author_id for post in Post.objects.iterator()]",
    ),
    _case(
        "a loop that ends early",
        _loop("if post.author.id == request.user.id:", "    break"),
        _loop("if post.author_id == request.user.id:", "    break"),
    ),
    _case(
        "rows behind a collection",
        "return [sorted(c.writer.id for c in post.comments.all()) for post in Post.objects.all()]",
        "return [sorted(c.writer_id for c in post.comments.all()) for post in Post.objects.all()]",
    ),
    _case(
        "the key of a related row",
        'return [c.post.author.id for c in Comment.objects.select_related("post")]',
        'return [c.post.author_id for c in Comment.objects.select_related("post")]',
    ),
    _case(
        "a helper for these rows",
        "return [key_of(post) for post in Post.objects.all()]", "return [key_of(post) for post in Post.objects.all()]",
        above=_HELPER, edited_above=_HELPED,
    ),
    _case(
        "a text with the key",
        'return [f"{post.author.id}: {post.title}" for post in Post.objects.all()]',
        'return [f"{post.author_id}: {post.title}" for post in Post.objects.all()]',
    ),
    _case(
        "two queries of one function",
        "a = [post.author.id for post in Post.objects.all()]\nreturn a + [post.author.pk for post in Post.objects.filter(pk=1)]",
        "a = [post.author_id for post in Post.objects.all()]\nreturn a + [post.author_id for post in Post.objects.filter(pk=1)]",
    ),
    _row("more than the key", "(post.author.id, post.author.name)", None, code="R-UNRESOLVED"),
    _row("the object itself", "(post.author.id, post.author)", None, code="R-UNRESOLVED"),
    _row("the object in a call", "(post.author.id, str(post.author))", None, code="R-UNRESOLVED"),
    _row("another field", "post.author.code", None, code="R-UNRESOLVED"),
    _row("a custom primary key by its own name", "post.country.code", None, COUNTRY, code="R-UNRESOLVED"),
    _row("an empty key, not tested", "post.editor.id", None, code="R-NULLABLE"),
    _row("an empty key, tested on another row", "post.editor.id if request.editor else 0", None, code="R-NULLABLE"),
    _row("an empty key, where it is empty", "0 if post.editor else post.editor.id", None, code="R-NULLABLE"),
    _row("an empty key, tested by either", "post.editor.id if post.editor or post.title else 0", None, code="R-NULLABLE"),
    _row("an empty key, tested for its name", "post.editor.name and post.editor.id", None, code="R-UNRESOLVED"),
    _row("a test whose value is kept", "(post.editor.id if post.editor else 0, post.editor or 0)", None, code="R-UNRESOLVED"),
    _row("three values in a row", "post.title and post.editor and post.editor.id", None, code="R-UNRESOLVED"),
    _row("written on more lines", "post.author\n    .id", None, code="R-UNRESOLVED"),
    _row("a test on more lines", "post.editor and (\n    post.editor.id)", None, code="R-UNRESOLVED"),
    _row("a name that stands for two rows", "[post.editor and post.editor.id > 1 for post in [post]]", None, code="R-UNRESOLVED"),
    _row("an empty key, tested in the comprehension's own test", "0 if post.editor.id else 1", None, code="R-NULLABLE"),
    _case(
        "an empty key, in a test of the comprehension",
        "return [post.pk for post in Post.objects.all() if post.editor.pk > 2]", None, code="R-NULLABLE",
    ),
    _case(
        "an empty key, of a name that two loops bind",
        _loop("if post.editor:", "    keys.append(post.editor.id)") + "\nfor post in ():\n    pass", None, code="R-NULLABLE",
    ),
    _case(
        "an empty key, not tested in a loop", _loop("keys.append(post.editor.id)"), None, code="R-NULLABLE",
    ),
    _row("looked up by a name", 'getattr(post.author, "id")', None, code="R-UNRESOLVED"),
    _case(
        "an empty key, filtered on one branch only",
        "posts = Post.objects.all()\nif request:\n    posts = posts.filter(editor__isnull=False)\nreturn [post.editor.pk for post in posts]",
        None, code="R-NULLABLE",
    ),
    _case(
        "an empty key, excluded under a second condition",
        "return [post.editor.pk for post in Post.objects.exclude(editor=None, title='a')]", None, code="R-NULLABLE",
    ),
    _case(
        "an empty key, in the other query of a union",
        "return [post.editor.pk for post in Post.objects.filter(editor__isnull=False).union(Post.objects.all())]",
        None, code="R-NULLABLE",
    ),
    _case(
        "an empty key, tested before the name stands for another row",
        _loop("if post.editor:", "    post = request.other(post)", "    keys.append(post.editor.id)"), None, code="R-UNRESOLVED",
    ),
    _case("assigned", _loop("post.author = request.user", "keys.append(post.author.id)"), None, code="R-WRITE"),
    _case("the key is assigned", _loop("keys.append(post.author.id)", "post.author_id = 3"), None, code="R-WRITE"),
    _case("the key of the object is assigned", _loop("post.author.id = 3"), None, code="R-UNRESOLVED"),
    _case(
        "the key is deferred", 'return [post.author.id for post in Post.objects.only("title")]', None, code="R-SHAPE",
    ),
    _case("one row", "return Post.objects.get(pk=1).author.id", None, code="R-UNRESOLVED"),
    _case("values", 'return list(Post.objects.values("author"))', None, code="R-UNRESOLVED"),
    _case(
        "a method of the model reads more",
        "return [(post.author.id, post.byline()) for post in Post.objects.all()]", None, code="R-UNRESOLVED",
        models=MODELS.replace("    def author_key", "    def byline(self):\n        return self.author.name\n\n    def author_key"),
    ),
    _case(
        "the text of a row reads more",
        "return [(post.author.id, str(post)) for post in Post.objects.all()]", None, code="R-UNRESOLVED",
        models=MODELS.replace("    def author_key", "    def __str__(self):\n        return self.author.name\n\n    def author_key"),
    ),
    _case("a helper for other rows too", "return [key_of(post) for post in Post.objects.all()]", None, code="R-UNRESOLVED",
          above="from blog.keys import key_of\n", keys=_HELPER, more="from blog.keys import key_of\n\n\ndef f(x):\n    return key_of(x)\n"),
    _row("a key to another field", "post.author.id", None, code="R-KEY", models=_declared(_AUTHOR, f'{_AUTHOR}, to_field="code"')),
    _row("a key without a constraint", "post.author.id", None, code="R-KEY", models=_declared(_AUTHOR, f"{_AUTHOR}, db_constraint=False")),
    _row("a key with options of elsewhere", "post.author.id", None, code="R-KEY", models=_declared(_AUTHOR, f"{_AUTHOR}, **OPTIONS")),
    _row("a key of a kind of its own", "post.author.id", None, code="R-KEY", models=_declared(_AUTHOR, _AUTHOR.replace("models.Fo", "CachedFo"))),
    _row(
        "the name of the column is taken", "post.author.id", None, code="R-KEY",
        models=_declared("def author_key(self)", "def author_id(self)"),
    ),
    _row(
        "an id that is no primary key", "post.author.id", None, code="R-UNRESOLVED",
        models=_declared("    code = models.CharField(max_length=8, unique=True)", "    code = models.CharField(max_length=8, primary_key=True)"),
    ),
    _row(
        "objects that can be false", "post.editor.id if post.editor else 0", None, code="R-UNRESOLVED",
        models=_declared("class Country", "    def __len__(self):\n        return 0\n\n\nclass Country"),
    ),
    _row(
        "a primary key of two parents", "post.author.id", None, code="R-UNRESOLVED",
        models=MODELS.replace("class Author(models.Model)", "class A(models.Model):\n    pass\n\n\nclass B(models.Model):\n    pass\n\n\nclass Author(A, B)"),
    ),
    _row(
        "an id that a method makes", "post.author.id", None, code="R-UNRESOLVED",
        models=_declared("class Country", "    @property\n    def id(self):\n        return 0\n\n\nclass Country"),
    ),
    _case("the other side of a key", "return [post.comments.all() for post in Post.objects.all()]", None,
          _lazy("blog_comment", "post_id"), "R-KEY"),
)  # fmt: skip
