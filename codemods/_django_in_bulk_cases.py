"""The cases of `django-in-bulk`: what it changes, and what it leaves alone with which code."""

from codemods._django_in_bulk_helper_cases import HELPERS
from codemods.api import Case, Repeat, Tier

MODELS = """\
from django.db import models


class AuthorManager(models.Manager):
    def get(self, **conditions):
        return super().get(deleted=False, **conditions)


class Author(models.Model):
    email = models.CharField(max_length=80, unique=True)
    city = models.CharField(max_length=80)
    rank = models.IntegerField(unique=True)


class Post(models.Model):
    title = models.CharField(max_length=80)
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="posts")


class Country(models.Model):
    code = models.CharField(max_length=2, primary_key=True)
    live = models.Manager()


class Ghost(models.Model):
    objects = AuthorManager()


class Profile(models.Model):
    author = models.OneToOneField(Author, on_delete=models.CASCADE)
"""

FILES = {"blog/__init__.py": "", "blog/models.py": MODELS}
HEADER = "from blog.models import Author, Post\n"
PARAMETER = "request"


def _repeat(table: str, *columns: str) -> Repeat:
    named = tuple(f"{table}.{column}" for column in columns)
    return Repeat(
        named[0],
        (table,),
        named,
        50,
        statement=f"SELECT * FROM {table} WHERE {' AND '.join(f'{n} = ?' for n in named)}",
    )


AUTHOR = _repeat("blog_author", "id")
EMAIL = _repeat("blog_author", "email")
CITY = _repeat("blog_author", "city")
RANK = _repeat("blog_author", "rank")
BOTH = _repeat("blog_author", "city", "rank")
IN_CITY = _repeat("blog_author", "city", "id")
COUNTRY = _repeat("blog_country", "code")
GHOST = _repeat("blog_ghost", "id")
PROFILE = _repeat("blog_profile", "author_id")
WRITER = _repeat("blog_writer", "id")
MANAGER = """\
from django.db import models


class WriterManager(models.Manager):
    def of(self, posts):
{}

class Writer(models.Model):
    objects = WriterManager()

    class Meta:
        db_table = "blog_writer"


def view(posts):
    Writer.objects.of(posts)
"""
CLASS_METHOD = """\
from django.db import models


class Writer(models.Model):
    class Meta:
        db_table = "blog_writer"

    @classmethod
    def show(cls):
{}

def view(request):
    Writer.show()
"""


def _app(body: str, imports: str = "") -> str:
    text = "".join(f"    {line}\n" if line else "\n" for line in body.splitlines())
    word = "async def" if "await " in body or "async for " in body else "def"
    return f"{HEADER}{imports}\n\n{word} view({PARAMETER}):\n{text}"


def _changed(  # noqa: PLR0913
    name: str, before: str, after: str, repeat: Repeat, *, imports: str = "", after_imports: str | None = None,
    files: dict[str, str] | None = None, others: dict[str, str] | None = None, tier: Tier = "B",
) -> Case:  # fmt: skip
    given = imports if after_imports is None else after_imports
    return _changed_whole(
        name, _app(before, imports), _app(after, given), repeat, files=files, others=others, tier=tier
    )  # fmt: skip


def _changed_whole(  # noqa: PLR0913
    name: str, before: str, after: str, repeat: Repeat, *, files: dict[str, str] | None = None,
    others: dict[str, str] | None = None, tier: Tier = "B",
) -> Case:  # fmt: skip
    return Case(name, before, after, (repeat,), tier=tier, files={**FILES, **(files or {})}, others=others or {})


def _left(
    name: str, code: str, body: str, repeat: Repeat, *, imports: str = "", files: dict[str, str] | None = None
) -> Case:
    return _left_whole(name, code, _app(body, imports), repeat, files=files)


def _left_whole(name: str, code: str, text: str, repeat: Repeat, *, files: dict[str, str] | None = None) -> Case:
    return Case(name, text, None, (repeat,), code, files={**FILES, **(files or {})})


SEATS = """\
from django.db import models


class Hall(models.Model):
    name = models.CharField(max_length=20)


class Seat(models.Model):
    hall = models.ForeignKey(Hall, on_delete=models.CASCADE)
    row = models.CharField(max_length=2, null=True)
    number = models.IntegerField()
    code = models.CharField(max_length=9, null=False)
    place = models.IntegerField(unique=True)

    class Meta:
        unique_together = ("hall", "number")
        constraints = [
            models.UniqueConstraint(fields=["row", "number"], name="row_number"),
            models.UniqueConstraint(fields=["code", "hall"], name="code_hall", condition=models.Q(number=1)),
            models.CheckConstraint(check=models.Q(number__gt=0), name="positive"),
        ]


class Ticket(models.Model):
    seat = models.ForeignKey(Seat, on_delete=models.CASCADE)
    day = models.DateField()
    paid = models.BooleanField()

    class Meta:
        unique_together = [("seat", "day"), names]
        constraints = more
"""


def _seat(*columns: str) -> Repeat:
    return _repeat("blog_seat", *columns)


def _seats(  # noqa: PLR0913
    name: str, before: str, after: str | None, repeat: Repeat, *, code: str | None = None, tier: Tier = "B",
    sig: str = "request", word: str = "def",
) -> Case:  # fmt: skip
    texts = [
        None if body is None else f"from blog.models import Hall, Seat, Ticket\n\n\n{word} view({sig}):\n{body}"
        for body in (before, after)
    ]
    files = {"blog/__init__.py": "", "blog/models.py": SEATS}
    return Case(name, texts[0] or "", texts[1], (repeat,), code, tier=tier, files=files)


CASES: tuple[Case, ...] = (
    _changed(
        "rows looked up by the keys of other rows",
        """\
names = []
for post in Post.objects.all():
    author = Author.objects.get(pk=post.author_id)
    names.append(author.email)
return names
""",
        """\
names = []
posts = Post.objects.all()
authors_by_id = Author.objects.in_bulk([post.author_id for post in posts])
for post in posts:
    author = authors_by_id.get(post.author_id)
    if author is None:
        author = Author.objects.get(pk=post.author_id)
    names.append(author.email)
return names
""",
        AUTHOR,
    ),
    _changed(
        "a missing row still raises inside its try",
        """\
pks = [int(pk) for pk in request.GET.getlist("author")]
for pk in pks:
    try:
        author = Author.objects.get(id=pk)
    except Author.DoesNotExist:
        continue
    author.greet()
""",
        """\
pks = [int(pk) for pk in request.GET.getlist("author")]
authors_by_id = Author.objects.in_bulk(pks)
for pk in pks:
    try:
        author = authors_by_id.get(pk)
        if author is None:
            author = Author.objects.get(id=pk)
    except Author.DoesNotExist:
        continue
    author.greet()
""",
        AUTHOR,
    ),
    _changed(
        "a comprehension with a condition",
        """\
posts = Post.objects.filter(title="x")
return [Author.objects.get(id=p.author_id).email for p in posts if p.author_id]
""",
        """\
posts = Post.objects.filter(title="x")
authors_by_id = Author.objects.in_bulk([p.author_id for p in posts if p.author_id])
return [(authors_by_id.get(p.author_id) or Author.objects.get(id=p.author_id)).email for p in posts if p.author_id]
""",
        AUTHOR,
    ),
    _changed(
        "a lookup in the condition of a comprehension",
        """\
return [post for post in Post.objects.all() if Author.objects.get(pk=post.author_id).city and post.title]
""",
        """\
posts = Post.objects.all()
authors_by_id = Author.objects.in_bulk([post.author_id for post in posts])
return [post for post in posts if (authors_by_id.get(post.author_id) or Author.objects.get(pk=post.author_id)).city and post.title]
""",
        AUTHOR,
    ),
    _changed(
        "what a generator gives is summed up",
        """\
return sum(Author.objects.get(pk=post.author_id).rank for post in Post.objects.all())
""",
        """\
posts = Post.objects.all()
authors_by_id = Author.objects.in_bulk([post.author_id for post in posts])
return sum((authors_by_id.get(post.author_id) or Author.objects.get(pk=post.author_id)).rank for post in posts)
""",
        AUTHOR,
    ),
    _changed(
        "a unique field, and rounds that are skipped",
        """\
for row in request.rows:
    if row["kind"] != "author":
        continue
    if row["email"] is None:
        row["note"] = "unknown"
        continue
    author = Author.objects.filter(email=row["email"]).first()
    if author is None:
        print(row)
""",
        """\
rows = list(request.rows)
authors_by_email = Author.objects.in_bulk(
    [row["email"] for row in rows if row["kind"] == "author" and row["email"] is not None],
    field_name="email",
)
for row in rows:
    if row["kind"] != "author":
        continue
    if row["email"] is None:
        row["note"] = "unknown"
        continue
    author = authors_by_email.get(row["email"])
    if author is None:
        author = Author.objects.filter(email=row["email"]).first()
    if author is None:
        print(row)
""",
        EMAIL,
        tier="C",
    ),
    _changed(
        "an integer field that is unique, in single quotes",
        """\
ranks = range(3)
for rank in ranks:
    print('rank', Author.objects.get(rank=rank).email)
""",
        """\
ranks = range(3)
authors_by_rank = Author.objects.in_bulk(ranks, field_name='rank')
for rank in ranks:
    print('rank', (authors_by_rank.get(rank) or Author.objects.get(rank=rank)).email)
""",
        RANK,
    ),
    _changed(
        "a shortcut asks the default manager",
        """\
for post in Post.objects.all():
    author = get_object_or_404(Author, pk=post.author_id)
    print(author)
""",
        """\
posts = Post.objects.all()
authors_by_id = Author.objects.in_bulk([post.author_id for post in posts])
for post in posts:
    author = authors_by_id.get(post.author_id)
    if author is None:
        author = get_object_or_404(Author, pk=post.author_id)
    print(author)
""",
        AUTHOR,
        imports="from django.shortcuts import get_object_or_404\n",
    ),
    _changed(
        "a shortcut asks a default manager of another name",
        """\
for code in ["de", "fr"]:
    print(get_object_or_404(Country, code=code))
""",
        """\
countries_by_code = Country._default_manager.in_bulk(["de", "fr"])
for code in ["de", "fr"]:
    print(countries_by_code.get(code) or get_object_or_404(Country, code=code))
""",
        COUNTRY,
        imports="from blog.models import Country\nfrom django.shortcuts import get_object_or_404\n",
    ),
    _changed(
        "a shortcut with a queryset",
        """\
for n, post in enumerate(request.posts, 1):
    author = get_object_or_404(Author.objects.filter(city="Bonn"), pk=post.author_id)
    print(n, author)
""",
        """\
posts = list(request.posts)
authors_by_id = Author.objects.filter(city="Bonn").in_bulk(
    [post.author_id for post in posts]
)
for n, post in enumerate(posts, 1):
    author = authors_by_id.get(post.author_id)
    if author is None:
        author = get_object_or_404(Author.objects.filter(city="Bonn"), pk=post.author_id)
    print(n, author)
""",
        IN_CITY,
        imports="from django.shortcuts import get_object_or_404\n",
    ),
    _changed(
        "asynchronous lookups",
        """\
pks = [1, 2]
for pk in pks:
    author = await Author.objects.aget(pk=pk)
    print(author)
""",
        """\
pks = [1, 2]
authors_by_id = await Author.objects.ain_bulk(pks)
for pk in pks:
    author = authors_by_id.get(pk)
    if author is None:
        author = await Author.objects.aget(pk=pk)
    print(author)
""",
        AUTHOR,
    ),
    _changed(
        "an asynchronous first, in an expression",
        """\
pks = [1, 2]
return [await Author.objects.filter(pk=pk).afirst() for pk in pks]
""",
        """\
pks = [1, 2]
authors_by_id = await Author.objects.ain_bulk(pks)
return [(authors_by_id.get(pk) or await Author.objects.filter(pk=pk).afirst()) for pk in pks]
""",
        AUTHOR,
    ),
    _changed(
        "a manager of its own name",
        """\
for code in ["de", "fr"]:
    print(Country.live.get(pk=code))
""",
        """\
countries_by_code = Country.live.in_bulk(["de", "fr"])
for code in ["de", "fr"]:
    print(countries_by_code.get(code) or Country.live.get(pk=code))
""",
        COUNTRY,
        imports="from blog.models import Country\n",
    ),
    _changed(
        "what stands before the lookup stays",
        """\
for post in Post.objects.all():
    author = Author.objects.using("replica").select_related("profile").only("email").get(pk=post.author_id)
    print(author.email)
""",
        """\
posts = Post.objects.all()
authors_by_id = Author.objects.using("replica").select_related("profile").only("email").in_bulk(
    [post.author_id for post in posts]
)
for post in posts:
    author = authors_by_id.get(post.author_id)
    if author is None:
        author = Author.objects.using("replica").select_related("profile").only("email").get(pk=post.author_id)
    print(author.email)
""",
        AUTHOR,
    ),
    _changed(
        "only some branches look up",
        """\
for key, pk in request.data.items():
    if key == "author":
        print(Author.objects.get(pk=pk).email)
    elif key not in ("x", "y") and pk:
        print(key)
    else:
        print(pk)
""",
        """\
authors_by_id = Author.objects.in_bulk(
    [pk for key, pk in request.data.items() if key == "author"]
)
for key, pk in request.data.items():
    if key == "author":
        print((authors_by_id.get(pk) or Author.objects.get(pk=pk)).email)
    elif key not in ("x", "y") and pk:
        print(key)
    else:
        print(pk)
""",
        AUTHOR,
    ),
    _changed(
        "a lookup behind conditions of all kinds",
        """\
for post in request.posts:
    if post.title == "a":
        pass
    elif (post.title or post.draft) and Author.objects.get(pk=post.author_id).rank > 2:
        print(post)
""",
        """\
posts = list(request.posts)
authors_by_id = Author.objects.in_bulk(
    [post.author_id for post in posts if post.title != "a" and (post.title or post.draft)]
)
for post in posts:
    if post.title == "a":
        pass
    elif (post.title or post.draft) and (authors_by_id.get(post.author_id) or Author.objects.get(pk=post.author_id)).rank > 2:
        print(post)
""",
        AUTHOR,
    ),
    _changed(
        "a lookup in a conditional expression",
        """\
for post in request.posts:
    author = Author.objects.get(pk=post.author_id) if post.author_id else None
    print(author)
""",
        """\
posts = list(request.posts)
authors_by_id = Author.objects.in_bulk(
    [post.author_id for post in posts if post.author_id]
)
for post in posts:
    author = (authors_by_id.get(post.author_id) or Author.objects.get(pk=post.author_id)) if post.author_id else None
    print(author)
""",
        AUTHOR,
    ),
    _changed(
        "a lookup in the other part of a conditional expression",
        """\
for post in request.posts:
    print(None if post.draft else Author.objects.get(pk=post.author_id))
""",
        """\
posts = list(request.posts)
authors_by_id = Author.objects.in_bulk(
    [post.author_id for post in posts if not post.draft]
)
for post in posts:
    print(None if post.draft else (authors_by_id.get(post.author_id) or Author.objects.get(pk=post.author_id)))
""",
        AUTHOR,
    ),
    _changed(
        "a lookup behind `or`",
        """\
for post in request.posts:
    print(post.draft or Author.objects.get(pk=post.author_id))
""",
        """\
posts = list(request.posts)
authors_by_id = Author.objects.in_bulk(
    [post.author_id for post in posts if not post.draft]
)
for post in posts:
    print(post.draft or (authors_by_id.get(post.author_id) or Author.objects.get(pk=post.author_id)))
""",
        AUTHOR,
    ),
    _changed(
        "a round that raises before its lookup",
        """\
for post in request.posts:
    if post.title > "x":
        raise ValueError(post)
    author = Author.objects.get(pk=post.author_id)
    print(author)
""",
        """\
posts = list(request.posts)
authors_by_id = Author.objects.in_bulk(
    [post.author_id for post in posts if post.title <= "x"]
)
for post in posts:
    if post.title > "x":
        raise ValueError(post)
    author = authors_by_id.get(post.author_id)
    if author is None:
        author = Author.objects.get(pk=post.author_id)
    print(author)
""",
        AUTHOR,
    ),
    _changed(
        "a key that the round names first",
        """\
for post in request.posts:
    pk = post.author_id
    print(pk)
    author = Author.objects.get(pk=pk)
    print(author)
""",
        """\
posts = list(request.posts)
authors_by_id = Author.objects.in_bulk([post.author_id for post in posts])
for post in posts:
    pk = post.author_id
    print(pk)
    author = authors_by_id.get(pk)
    if author is None:
        author = Author.objects.get(pk=pk)
    print(author)
""",
        AUTHOR,
    ),
    _changed(
        "names that are taken",
        """\
posts = authors_by_id = None
for post in Post.objects.all():
    for post_id in ():
        print(posts, authors_by_id)
    author = Author.objects.get(pk=post.author_id)
    print(author)
""",
        """\
posts = authors_by_id = None
all_posts = Post.objects.all()
found_authors = Author.objects.in_bulk([post.author_id for post in all_posts])
for post in all_posts:
    for post_id in ():
        print(posts, authors_by_id)
    author = found_authors.get(post.author_id)
    if author is None:
        author = Author.objects.get(pk=post.author_id)
    print(author)
""",
        AUTHOR,
    ),
    _changed(
        "short names",
        """\
for p in request.news:
    print(Author.objects.get(pk=p.author_id))
""",
        """\
news = list(request.news)
authors_by_id = Author.objects.in_bulk([p.author_id for p in news])
for p in news:
    print(authors_by_id.get(p.author_id) or Author.objects.get(pk=p.author_id))
""",
        AUTHOR,
    ),
    _changed(
        "nothing to name the list after",
        """\
for p in request.get_all():
    print(Author.objects.get(pk=p.author_id))
""",
        """\
entries = list(request.get_all())
authors_by_id = Author.objects.in_bulk([p.author_id for p in entries])
for p in entries:
    print(authors_by_id.get(p.author_id) or Author.objects.get(pk=p.author_id))
""",
        AUTHOR,
        tier="C",
    ),
    _changed(
        "a list that is made anyhow",
        """\
for post in sorted(request.posts):
    author = Author.objects.get(pk=post.author_id)
    print(author)
""",
        """\
posts = sorted(request.posts)
authors_by_id = Author.objects.in_bulk([post.author_id for post in posts])
for post in posts:
    author = authors_by_id.get(post.author_id)
    if author is None:
        author = Author.objects.get(pk=post.author_id)
    print(author)
""",
        AUTHOR,
    ),
    _changed(
        "the loop writes",
        """\
for post in Post.objects.all():
    author = Author.objects.get(pk=post.author_id)
    post.title = author.email
    post.save()
""",
        """\
posts = Post.objects.all()
authors_by_id = Author.objects.in_bulk([post.author_id for post in posts])
for post in posts:
    author = authors_by_id.get(post.author_id)
    if author is None:
        author = Author.objects.get(pk=post.author_id)
    post.title = author.email
    post.save()
""",
        AUTHOR,
        tier="C",
    ),
    _changed(
        "the loop changes its rows",
        """\
for post in Post.objects.all():
    author = Author.objects.get(pk=post.author_id)
    author.rank += 1
    author.save()
""",
        """\
posts = Post.objects.all()
authors_by_id = Author.objects.in_bulk([post.author_id for post in posts])
for post in posts:
    author = authors_by_id.get(post.author_id)
    if author is None:
        author = Author.objects.get(pk=post.author_id)
    author.rank += 1
    author.save()
""",
        AUTHOR,
        tier="C",
    ),
    _changed(
        "the loop sets what it is told to",
        """\
for post in Post.objects.all():
    author = Author.objects.get(pk=post.author_id)
    setattr(author, post.title, 1)
""",
        """\
posts = Post.objects.all()
authors_by_id = Author.objects.in_bulk([post.author_id for post in posts])
for post in posts:
    author = authors_by_id.get(post.author_id)
    if author is None:
        author = Author.objects.get(pk=post.author_id)
    setattr(author, post.title, 1)
""",
        AUTHOR,
        tier="C",
    ),
    _changed(
        "what it calls writes",
        """\
for post in Post.objects.all():
    author = Author.objects.get(pk=post.author_id)
    touch(author, post)
""",
        """\
posts = Post.objects.all()
authors_by_id = Author.objects.in_bulk([post.author_id for post in posts])
for post in posts:
    author = authors_by_id.get(post.author_id)
    if author is None:
        author = Author.objects.get(pk=post.author_id)
    touch(author, post)
""",
        AUTHOR,
        imports="from blog.services import touch\n",
        files={
            "blog/services.py": """\
def touch(author, post):
    note(post)


def note(post):
    note(post)
    post.save()
"""
        },
        tier="C",
    ),
    _changed(
        "what it calls writes nothing",
        """\
for post in Post.objects.all():
    author = Author.objects.get(pk=post.author_id)
    show(author)
""",
        """\
posts = Post.objects.all()
authors_by_id = Author.objects.in_bulk([post.author_id for post in posts])
for post in posts:
    author = authors_by_id.get(post.author_id)
    if author is None:
        author = Author.objects.get(pk=post.author_id)
    show(author)
""",
        AUTHOR,
        imports="from blog.services import show\n",
        files={
            "blog/services.py": """\
def show(author):
    note(author)


def note(author):
    show(author)
"""
        },
    ),
    _changed(
        "statements of other tables",
        """\
for post in Post.objects.all():
    cursor.execute("update counts set n = n + 1")
    Post.objects.filter(pk=post.pk).update(title="")
    author = Author.objects.get(pk=post.author_id)
    print(author)
""",
        """\
posts = Post.objects.all()
authors_by_id = Author.objects.in_bulk([post.author_id for post in posts])
for post in posts:
    cursor.execute("update counts set n = n + 1")
    Post.objects.filter(pk=post.pk).update(title="")
    author = authors_by_id.get(post.author_id)
    if author is None:
        author = Author.objects.get(pk=post.author_id)
    print(author)
""",
        AUTHOR,
        imports="from blog.db import cursor\n",
        tier="C",
    ),
    _changed(
        "any error of a round is caught",
        """\
for pk in request.session["authors"]:
    try:
        author = Author.objects.get(pk=pk)
    except Exception:
        continue
    print(author)
""",
        """\
pks = list(request.session["authors"])
authors_by_id = Author.objects.in_bulk(pks)
for pk in pks:
    try:
        author = authors_by_id.get(pk)
        if author is None:
            author = Author.objects.get(pk=pk)
    except Exception:
        continue
    print(author)
""",
        AUTHOR,
        tier="C",
    ),
    _changed(
        "what is gone over is not known",
        """\
for pk in request.pks:
    author = Author.objects.get(pk=pk)
    print(author)
""",
        """\
pks = list(request.pks)
authors_by_id = Author.objects.in_bulk(pks)
for pk in pks:
    author = authors_by_id.get(pk)
    if author is None:
        author = Author.objects.get(pk=pk)
    print(author)
""",
        AUTHOR,
    ),
    _changed(
        "a generator that the loop reads",
        """\
for pk in read(request):
    author = Author.objects.get(pk=pk)
    print(author)
""",
        """\
pks = list(read(request))
authors_by_id = Author.objects.in_bulk(pks)
for pk in pks:
    author = authors_by_id.get(pk)
    if author is None:
        author = Author.objects.get(pk=pk)
    print(author)
""",
        AUTHOR,
        imports="from blog.files import read\n",
        tier="C",
    ),
    _changed(
        "rounds that are skipped for a reason that cannot be asked early",
        """\
for post in request.posts:
    if post.is_spam():
        continue
    author = Author.objects.get(pk=post.author_id)
    print(author)
""",
        """\
posts = list(request.posts)
authors_by_id = Author.objects.in_bulk([post.author_id for post in posts])
for post in posts:
    if post.is_spam():
        continue
    author = authors_by_id.get(post.author_id)
    if author is None:
        author = Author.objects.get(pk=post.author_id)
    print(author)
""",
        AUTHOR,
        tier="C",
    ),
    _changed(
        "rounds that are no posts are skipped",
        """\
for post in request.entries:
    if not isinstance(post, Post):
        continue
    author = Author.objects.get(pk=post.author_id)
    print(author)
""",
        """\
posts = list(request.entries)
authors_by_id = Author.objects.in_bulk(
    [post.author_id for post in posts if isinstance(post, Post)]
)
for post in posts:
    if not isinstance(post, Post):
        continue
    author = authors_by_id.get(post.author_id)
    if author is None:
        author = Author.objects.get(pk=post.author_id)
    print(author)
""",
        AUTHOR,
    ),
    _changed(
        "keys of rows that all have them",
        """\
rows = Post.objects.values("author_id")
for row in rows:
    author = Author.objects.get(pk=row["author_id"])
    print(author)
""",
        """\
rows = Post.objects.values("author_id")
authors_by_id = Author.objects.in_bulk([row["author_id"] for row in rows])
for row in rows:
    author = authors_by_id.get(row["author_id"])
    if author is None:
        author = Author.objects.get(pk=row["author_id"])
    print(author)
""",
        AUTHOR,
    ),
    _changed(
        "a key that need not be a number is a draft",
        """\
for pk in request.session["authors"]:
    author = Author.objects.get(pk=int(pk))
    print(author)
""",
        """\
pks = list(request.session["authors"])
authors_by_id = Author.objects.in_bulk([int(pk) for pk in pks])
for pk in pks:
    author = authors_by_id.get(int(pk))
    if author is None:
        author = Author.objects.get(pk=int(pk))
    print(author)
""",
        AUTHOR,
        tier="C",
    ),
    _left(
        "rounds that look at their item before it is known to have a key",
        "R-COND",
        """\
for post in request.entries:
    if not is_post(post):
        continue
    author = Author.objects.get(pk=post.author_id)
    print(author)
""",
        AUTHOR,
    ),
    _left(
        "rounds of which two are told apart by their items",
        "R-COND",
        """\
for post in request.entries:
    if post in seen() or post.title in seen():
        continue
    author = Author.objects.get(pk=post.author_id)
    print(author)
""",
        AUTHOR,
    ),
    _changed(
        "a long line",
        """\
for registration in request.registrations_of_the_day:
    author = Author.objects.filter(email=registration.email_address_of_the_author).first()
    print(registration.email_address_of_the_author)
""",
        """\
registrations = list(request.registrations_of_the_day)
authors_by_email = Author.objects.in_bulk(
    [registration.email_address_of_the_author for registration in registrations],
    field_name="email",
)
for registration in registrations:
    author = authors_by_email.get(registration.email_address_of_the_author)
    if author is None:
        author = Author.objects.filter(email=registration.email_address_of_the_author).first()
    print(registration.email_address_of_the_author)
""",
        EMAIL,
    ),
    _changed(
        "a longer line",
        """\
for registration in request.registrations_of_the_day:
    found = Author.objects.select_related("profile").get(pk=registration.author_of_the_registration_id)
    print(found)
""",
        """\
registrations = list(request.registrations_of_the_day)
authors_by_id = Author.objects.select_related("profile").in_bulk(
    [registration.author_of_the_registration_id for registration in registrations]
)
for registration in registrations:
    found = authors_by_id.get(registration.author_of_the_registration_id)
    if found is None:
        found = Author.objects.select_related("profile").get(pk=registration.author_of_the_registration_id)
    print(found)
""",
        AUTHOR,
    ),
    _changed(
        "a helper of another file",
        """\
for post in Post.objects.all():
    author = get_author(post.author_id)
    print(author.email)
""",
        """\
posts = Post.objects.all()
authors_by_id = get_authors([post.author_id for post in posts])
for post in posts:
    author = authors_by_id.get(post.author_id)
    if author is None:
        author = get_author(post.author_id)
    print(author.email)
""",
        AUTHOR,
        imports="from blog.services import get_author\n",
        files={
            "blog/services.py": """\
from blog.models import Author


def get_author(pk):
    \"\"\"The author.\"\"\"
    try:
        return Author.objects.get(pk=pk)
    except Author.DoesNotExist:
        return None


def other():
    pass
"""
        },
        others={
            "blog/services.py": """\
from blog.models import Author


def get_author(pk):
    \"\"\"The author.\"\"\"
    try:
        return Author.objects.get(pk=pk)
    except Author.DoesNotExist:
        return None


def get_authors(pks):
    \"\"\"Authors by id; those that are missing are left out.\"\"\"
    return Author.objects.in_bulk(pks)


def other():
    pass
"""
        },
        after_imports="from blog.services import get_author, get_authors\n",
    ),
    _changed(
        "a helper that is a static method",
        """\
for post in Post.objects.all():
    print(Authors.by_id(post.author_id).email)
""",
        """\
posts = Post.objects.all()
authors_by_id = Authors.by_id_many([post.author_id for post in posts])
for post in posts:
    print((authors_by_id.get(post.author_id) or Authors.by_id(post.author_id)).email)
""",
        AUTHOR,
        imports="from blog.services import Authors\n",
        files={
            "blog/services.py": """\
from blog.models import Author


class Authors:
    authors = None

    @staticmethod
    def by_id(id):
        author = Author.objects.filter(id=id).first()
        if not author:
            raise LookupError(id)
        return author

    def by_ids(self):
        pass
"""
        },
        others={
            "blog/services.py": """\
from blog.models import Author


class Authors:
    authors = None

    @staticmethod
    def by_id(id):
        author = Author.objects.filter(id=id).first()
        if not author:
            raise LookupError(id)
        return author

    @staticmethod
    def by_id_many(ids):
        \"\"\"Authors by id; those that are missing are left out.\"\"\"
        return Author.objects.in_bulk(ids)

    def by_ids(self):
        pass
"""
        },
    ),
    _changed(
        "a helper of a module, its key given by name",
        """\
for post in Post.objects.all():
    print(services.find_author(kind="x", key=post.author_id))
""",
        """\
posts = Post.objects.all()
authors_by_id = services.find_authors(
    kind="x", keys=[post.author_id for post in posts]
)
for post in posts:
    print(authors_by_id.get(post.author_id) or services.find_author(kind="x", key=post.author_id))
""",
        AUTHOR,
        imports="from blog import services\n",
        files={
            "blog/services.py": """\
from blog.models import Author


def find_author(key: int, kind: str) -> Author | None:
    try:
        return Author.objects.get(pk=key)
    except Author.DoesNotExist:
        pass
    return None
"""
        },
        others={
            "blog/services.py": """\
from blog.models import Author


def find_author(key: int, kind: str) -> Author | None:
    try:
        return Author.objects.get(pk=key)
    except Author.DoesNotExist:
        pass
    return None


def find_authors(keys: list[int], kind: str) -> dict[int, Author]:
    \"\"\"Authors by id; those that are missing are left out.\"\"\"
    return Author.objects.in_bulk(keys)
"""
        },
    ),
    _changed_whole(
        "an asynchronous helper in the same file",
        """\
from blog.models import Author, Post


async def author_of(key, using=None):
    return await Author.objects.aget(pk=key)


async def view(request):
    keys = {1, 2}
    for key in keys:
        author = await author_of(key, None)
        print(author)
""",
        """\
from blog.models import Author, Post


async def author_of(key, using=None):
    return await Author.objects.aget(pk=key)


async def authors_of(keys, using=None):
    \"\"\"Authors by id; those that are missing are left out.\"\"\"
    return await Author.objects.ain_bulk(keys)


async def view(request):
    keys = {1, 2}
    authors_by_id = await authors_of(list(keys), None)
    for key in keys:
        author = authors_by_id.get(key)
        if author is None:
            author = await author_of(key, None)
        print(author)
""",
        AUTHOR,
    ),
    _changed(
        "a lookup in the test of a conditional expression",
        """\
for post in Post.objects.all():
    place = "near" if Author.objects.get(pk=post.author_id).city == "Bonn" else "far"
    print(place)
""",
        """\
posts = Post.objects.all()
authors_by_id = Author.objects.in_bulk([post.author_id for post in posts])
for post in posts:
    place = "near" if (authors_by_id.get(post.author_id) or Author.objects.get(pk=post.author_id)).city == "Bonn" else "far"
    print(place)
""",
        AUTHOR,
    ),
    _changed(
        "rounds without a key are skipped",
        """\
for post in Post.objects.all():
    if not post.author_id:
        continue
    author = Author.objects.get(pk=post.author_id)
    print(author)
""",
        """\
posts = Post.objects.all()
authors_by_id = Author.objects.in_bulk(
    [post.author_id for post in posts if post.author_id]
)
for post in posts:
    if not post.author_id:
        continue
    author = authors_by_id.get(post.author_id)
    if author is None:
        author = Author.objects.get(pk=post.author_id)
    print(author)
""",
        AUTHOR,
    ),
    _changed(
        "rounds that end after an error",
        """\
for post in Post.objects.all():
    try:
        post.check()
    except LookupError:
        continue
    author = Author.objects.get(pk=post.author_id)
    print(author)
""",
        """\
posts = Post.objects.all()
authors_by_id = Author.objects.in_bulk([post.author_id for post in posts])
for post in posts:
    try:
        post.check()
    except LookupError:
        continue
    author = authors_by_id.get(post.author_id)
    if author is None:
        author = Author.objects.get(pk=post.author_id)
    print(author)
""",
        AUTHOR,
        tier="C",
    ),
    _changed(
        "a key that is put together from names of the round",
        """\
for post in Post.objects.all():
    base = post.author_id
    more = base
    pk = base + more
    print(Author.objects.get(pk=pk))
""",
        """\
posts = Post.objects.all()
authors_by_id = Author.objects.in_bulk(
    [post.author_id + post.author_id for post in posts]
)
for post in posts:
    base = post.author_id
    more = base
    pk = base + more
    print(authors_by_id.get(pk) or Author.objects.get(pk=pk))
""",
        AUTHOR,
    ),
    _changed_whole(
        "a manager asks itself",
        MANAGER.format(
            """\
        for post in posts:
            author = self.get(pk=post.writer_id)
            print(author)
"""
        ),
        MANAGER.format(
            """\
        all_posts = list(posts)
        writers_by_id = self.in_bulk([post.writer_id for post in all_posts])
        for post in all_posts:
            author = writers_by_id.get(post.writer_id)
            if author is None:
                author = self.get(pk=post.writer_id)
            print(author)
"""
        ),
        WRITER,
        tier="C",
    ),
    _changed_whole(
        "a class method of a model",
        CLASS_METHOD.format(
            """\
        for pk in [1, 2]:
            print(cls.objects.get(pk=pk))
"""
        ),
        CLASS_METHOD.format(
            """\
        writers_by_id = cls.objects.in_bulk([1, 2])
        for pk in [1, 2]:
            print(writers_by_id.get(pk) or cls.objects.get(pk=pk))
"""
        ),
        WRITER,
    ),
    _left(
        "no loop",
        "R-UNRESOLVED",
        """\
return Author.objects.get(pk=request.pk)
""",
        AUTHOR,
    ),
    _left(
        "two lookups alike",
        "R-AMBIGUOUS",
        """\
for pk in [1]:
    print(Author.objects.get(pk=pk))
for pk in [2]:
    print(Author.objects.get(pk=pk))
""",
        AUTHOR,
    ),
    _left(
        "a lookup in bulk before the loop",
        "R-BATCHED",
        """\
pks = [1]
found = Author.objects.in_bulk(pks)
for pk in pks:
    print(found.get(pk) or Author.objects.get(pk=pk))
""",
        AUTHOR,
    ),
    _left(
        "a field that is not unique",
        "R-KEYEQ",
        """\
for city in ['Bonn']:
    print(Author.objects.filter(city=city).first())
""",
        CITY,
    ),
    _left(
        "a field that is not unique, all its rows",
        "R-KEYEQ",
        """\
for city in ['Bonn']:
    for author in Author.objects.filter(city=city):
        print(author)
""",
        CITY,
    ),
    _left(
        "several fields",
        "R-KEYEQ",
        """\
for title, key in [('Bonn', 1)]:
    print(Post.objects.get(title=title, author_id=key))
""",
        _repeat("blog_post", "title", "author_id"),
    ),
    _left(
        "the row itself is the key",
        "R-KEYEQ",
        """\
for author in request.authors:
    print(Profile.objects.get(author=author))
""",
        PROFILE,
        imports="from blog.models import Profile\n",
    ),
    _left(
        "all rows of a key",
        "R-UNRESOLVED",
        """\
for pk in [1]:
    print(Author.objects.filter(pk=pk))
""",
        AUTHOR,
    ),
    _left(
        "keys that are text",
        "R-KEYEQ",
        """\
for pk in request.POST.getlist("author"):
    print(Author.objects.get(pk=pk))
""",
        AUTHOR,
    ),
    _left(
        "keys that are kept as text",
        "R-KEYEQ",
        """\
pks = request.GET["pks"].split(",")
for pk in pks:
    print(Author.objects.get(pk=pk))
""",
        AUTHOR,
    ),
    _left(
        "keys that are written as text",
        "R-KEYEQ",
        """\
for post in request.posts:
    print(Author.objects.get(pk=str(post.author_id)))
""",
        AUTHOR,
    ),
    _left(
        "keys that are made as text",
        "R-KEYEQ",
        """\
for post in request.posts:
    print(Author.objects.get(pk=f'{post.author_id}'))
""",
        AUTHOR,
    ),
    _left(
        "get or create",
        "R-GET-OR-CREATE",
        """\
for email in ['a']:
    Author.objects.get_or_create(email=email)
""",
        EMAIL,
    ),
    _left(
        "get or create of another model",
        "R-UNRESOLVED",
        """\
for email in ['a']:
    Post.objects.get_or_create(title=email)
    unknown.get_or_create(email=email)
""",
        EMAIL,
    ),
    _left(
        "rows are created when missing",
        "R-GET-OR-CREATE",
        """\
for email in ['a']:
    author = Author.objects.filter(email=email).first()
    if author is None:
        author = Author.objects.create(email=email)
""",
        EMAIL,
    ),
    _left(
        "rows are made when missing",
        "R-GET-OR-CREATE",
        """\
for email in ['a']:
    author = Author.objects.filter(email=email).first()
    if author is None:
        author = Author(email=email)
        author.save()
""",
        EMAIL,
    ),
    _left(
        "rows are updated",
        "R-WRITE",
        """\
for pk in [1]:
    author = Author.objects.get(pk=pk)
    Author.objects.filter(rank=author.rank).update(city='')
""",
        AUTHOR,
    ),
    _left(
        "the row is deleted",
        "R-WRITE",
        """\
for pk in [1]:
    author = Author.objects.get(pk=pk)
    author.delete()
""",
        AUTHOR,
    ),
    _left(
        "the row is deleted elsewhere",
        "R-WRITE",
        """\
for pk in [1]:
    author = Author.objects.get(pk=pk)
    request.trash.delete(author)
""",
        AUTHOR,
    ),
    _left(
        "rows are written by a statement",
        "R-WRITE",
        """\
for pk in [1]:
    author = Author.objects.get(pk=pk)
    request.db.execute(update(Author))
""",
        AUTHOR,
    ),
    _left(
        "the loop commits",
        "R-COMMIT",
        """\
for pk in [1]:
    author = Author.objects.get(pk=pk)
    transaction.commit()
    transaction.rollback()
""",
        AUTHOR,
        imports="from django.db import transaction\n",
    ),
    _changed(
        "a loop that can end early is a draft",
        """\
for pk in [1, 2]:
    author = Author.objects.get(pk=pk)
    if author.rank:
        break
""",
        """\
authors_by_id = Author.objects.in_bulk([1, 2])
for pk in [1, 2]:
    author = authors_by_id.get(pk)
    if author is None:
        author = Author.objects.get(pk=pk)
    if author.rank:
        break
""",
        AUTHOR,
        tier="C",
    ),
    _left(
        "a loop of a generator",
        "R-COND",
        """\
for pk in [1, 2]:
    author = Author.objects.get(pk=pk)
    yield author
""",
        AUTHOR,
    ),
    _left(
        "a loop that hands on what another gives",
        "R-COND",
        """\
for pk in [1, 2]:
    author = Author.objects.get(pk=pk)
    yield from author.names
""",
        AUTHOR,
    ),
    _left(
        "who reads the generator is not known",
        "R-COND",
        """\
return any(Author.objects.get(pk=pk).rank for pk in [1, 2])
""",
        AUTHOR,
    ),
    _left(
        "no plain loop",
        "R-SHAPE",
        """\
while request.pks:
    print(Author.objects.get(pk=request.pks.pop()))
""",
        AUTHOR,
    ),
    _left(
        "an asynchronous loop",
        "R-SHAPE",
        """\
async for post in Post.objects.all():
    print(await Author.objects.aget(pk=post.author_id))
""",
        AUTHOR,
    ),
    _left(
        "two loops in one",
        "R-SHAPE",
        """\
return [Author.objects.get(pk=pk) for pks in request.all for pk in pks]
""",
        AUTHOR,
    ),
    _left(
        "a stream",
        "R-STREAM",
        """\
for post in Post.objects.iterator():
    print(Author.objects.get(pk=post.author_id))
""",
        AUTHOR,
    ),
    _left(
        "an error of one key is caught",
        "R-EXC",
        """\
for row in request.rows:
    try:
        author = Author.objects.get(pk=row['author'])
    except (KeyError, Author.DoesNotExist):
        continue
""",
        AUTHOR,
    ),
    _left(
        "any error, of reading the key too, is caught",
        "R-EXC",
        """\
for row in request.rows:
    try:
        author = Author.objects.get(pk=row['author'])
    except:
        continue
""",
        AUTHOR,
    ),
    _left(
        "an earlier round gives the key",
        "R-CARRY",
        """\
pk = 1
for step in range(3):
    pk = Author.objects.get(pk=pk).rank
""",
        AUTHOR,
    ),
    _left(
        "one key for all rounds",
        "R-CARRY",
        """\
for step in range(3):
    print(Author.objects.get(pk=request.pk))
""",
        AUTHOR,
    ),
    _left(
        "a key that is computed",
        "R-CARRY",
        """\
for step in request.steps:
    print(Author.objects.get(pk=step.key()))
""",
        AUTHOR,
    ),
    _left(
        "a key that a branch sets",
        "R-CARRY",
        """\
for step in request.steps:
    if step.x:
        pk = step.pk
    print(Author.objects.get(pk=pk))
""",
        AUTHOR,
    ),
    _left(
        "a key that is bound twice",
        "R-CARRY",
        """\
for step in request.steps:
    step = step.inner
    print(Author.objects.get(pk=step))
""",
        AUTHOR,
    ),
    _left(
        "a condition that is computed",
        "R-CARRY",
        """\
for step in request.steps:
    if step.is_known():
        print(Author.objects.get(pk=step.pk))
""",
        AUTHOR,
    ),
    _left(
        "a round that ends before a key that may be missing",
        "R-COND",
        """\
for row in request.rows:
    if known(row):
        continue
    print(Author.objects.get(pk=row['pk']))
""",
        AUTHOR,
    ),
    _left(
        "a lookup where an error leads",
        "R-COND",
        """\
for step in request.steps:
    try:
        step.run()
    except ValueError:
        print(Author.objects.get(pk=step.pk))
""",
        AUTHOR,
    ),
    _left(
        "a lookup within another context",
        "R-COND",
        """\
for step in request.steps:
    with step:
        print(Author.objects.get(pk=step.pk))
""",
        AUTHOR,
    ),
    _left(
        "a later condition of a comprehension",
        "R-COND",
        """\
return [s for s in request.steps if s.x if Author.objects.get(pk=s.pk)]
""",
        AUTHOR,
    ),
    _left(
        "the query depends on the round",
        "R-CARRY",
        """\
for post in request.posts:
    print(Author.objects.filter(city=post.city).get(pk=post.author_id))
""",
        IN_CITY,
    ),
    _left(
        "the database depends on the round",
        "R-CARRY",
        """\
for post in request.posts:
    request.db = post.db
    print(Author.objects.using(request.db).get(pk=post.author_id))
""",
        AUTHOR,
    ),
    _left(
        "no line can stand before",
        "R-SHAPE",
        """\
return (lambda: 1) and request.x and [Author.objects.get(pk=pk) for pk in [1, 2]]
""",
        AUTHOR,
    ),
    _left(
        "no line of its own before",
        "R-SHAPE",
        """\
if request.x: print([Author.objects.get(pk=pk) for pk in [1, 2]])
""",
        AUTHOR,
    ),
    _left(
        "rows of a relation",
        "R-UNRESOLVED",
        """\
for pk in [1, 2]:
    print(request.shop.authors.get(pk=pk))
""",
        AUTHOR,
    ),
    _left(
        "no lookup of a relation",
        "R-UNRESOLVED",
        """\
for pk in [1, 2]:
    print(request.shop.get(name=pk), request.shop.authors.get(name=pk), find().get(pk=pk), Post.title.get(pk=pk), Post.objects.get(pk=pk))
""",
        AUTHOR,
    ),
    _left(
        "a manager with a lookup of its own",
        "R-SHAPE",
        """\
for pk in [1, 2]:
    print(Ghost.objects.get(pk=pk))
""",
        GHOST,
        imports="from blog.models import Ghost\n",
    ),
    _left(
        "rows that are locked",
        "R-SHAPE",
        """\
for pk in [1, 2]:
    print(Author.objects.select_for_update().get(pk=pk))
""",
        AUTHOR,
    ),
    _left(
        "fields that are left out",
        "R-SHAPE",
        """\
for email in ['a']:
    print(Author.objects.only('city').get(email=email))
""",
        EMAIL,
    ),
    _left(
        "another condition decides",
        "R-UNRESOLVED",
        """\
for pk in [1]:
    print(Author.objects.get(pk=pk))
""",
        IN_CITY,
    ),
    _left(
        "a helper that is cached",
        "R-SHAPE",
        """\
for pk in [1, 2]:
    print(get_author(pk))
""",
        AUTHOR,
        imports="from blog.services import get_author\n",
        files={
            "blog/services.py": """\
from blog.models import Author
from functools import cache


@cache
def get_author(pk):
    return Author.objects.get(pk=pk)
"""
        },
    ),
    _left(
        "a helper that is cached for a time",
        "R-SHAPE",
        """\
for pk in [1, 2]:
    print(get_author(pk))
""",
        AUTHOR,
        imports="from blog.services import get_author\n",
        files={
            "blog/services.py": """\
from blog.models import Author
from caches import cached


@cached(timeout=3)
def get_author(pk):
    return Author.objects.get(pk=pk)
"""
        },
    ),
    _left(
        "a helper that creates",
        "R-SHAPE",
        """\
for pk in [1, 2]:
    print(get_author(pk))
""",
        AUTHOR,
        imports="from blog.services import get_author\n",
        files={
            "blog/services.py": """\
from blog.models import Author


def get_author(pk):
    author = Author.objects.filter(pk=pk).first()
    if author is None:
        author = Author()
    return author
"""
        },
    ),
    _left(
        "a helper that asks by several columns",
        "R-KEYEQ",
        """\
for pk in [1, 2]:
    print(get_author('Bonn', pk))
""",
        BOTH,
        imports="from blog.services import get_author\n",
        files={
            "blog/services.py": """\
from blog.models import Author


def get_author(city, rank):
    return Author.objects.get(city=city, rank=rank)
"""
        },
    ),
    _left(
        "a helper that catches wrong keys",
        "R-EXC",
        """\
for pk in [1, 2]:
    print(get_author(pk))
""",
        AUTHOR,
        imports="from blog.services import get_author\n",
        files={
            "blog/services.py": """\
from blog.models import Author


def get_author(pk):
    try:
        return Author.objects.get(pk=pk)
    except (Author.DoesNotExist, ValueError):
        return None
"""
        },
    ),
    _left(
        "a helper that catches all",
        "R-EXC",
        """\
for pk in [1, 2]:
    print(get_author(pk))
""",
        AUTHOR,
        imports="from blog.services import get_author\n",
        files={
            "blog/services.py": """\
from blog.models import Author


def get_author(pk):
    try:
        return Author.objects.get(pk=pk)
    except:
        return None
"""
        },
    ),
    _left(
        "a helper that looks up twice",
        "R-SHAPE",
        """\
for pk in [1, 2]:
    print(get_author(pk))
""",
        AUTHOR,
        imports="from blog.services import get_author\n",
        files={
            "blog/services.py": """\
from blog.models import Author


def get_author(pk):
    return Author.objects.get(pk=pk) or Author.objects.get(pk=pk)
"""
        },
    ),
    _left(
        "a helper that takes anything",
        "R-SHAPE",
        """\
for pk in [1, 2]:
    print(get_author(*[pk]))
""",
        AUTHOR,
        imports="from blog.services import get_author\n",
        files={
            "blog/services.py": """\
from blog.models import Author


def get_author(pk):
    return Author.objects.get(pk=pk)
"""
        },
    ),
    _left(
        "a helper that is passed on",
        "R-SHAPE",
        """\
for pk in [1, 2]:
    print(get_author(pk))
""",
        AUTHOR,
        imports="from blog.services import get_author\n",
        files={
            "blog/services.py": """\
from blog.lookups import get_author
""",
            "blog/lookups.py": """\
from blog.models import Author


def get_author(pk):
    return Author.objects.get(pk=pk)
""",
        },
    ),
    _left(
        "a helper of another name",
        "R-SHAPE",
        """\
for pk in [1, 2]:
    print(author(pk))
""",
        AUTHOR,
        imports="from blog.services import get_author as author\n",
        files={
            "blog/services.py": """\
from blog.models import Author


def get_author(pk):
    return Author.objects.get(pk=pk)
"""
        },
    ),
    _left(
        "a helper that is imported late",
        "R-SHAPE",
        """\
from blog.services import get_author

for pk in [1, 2]:
    print(get_author(pk))
""",
        AUTHOR,
        files={
            "blog/services.py": """\
from blog.models import Author


def get_author(pk):
    return Author.objects.get(pk=pk)
"""
        },
    ),
    _left(
        "a helper of another model",
        "R-UNRESOLVED",
        """\
for pk in [1, 2]:
    print(get_author(pk))
""",
        AUTHOR,
        imports="from blog.services import get_author\n",
        files={
            "blog/services.py": """\
from blog.models import Author
from blog.models import Post


def get_author(pk):
    return Post.objects.get(pk=pk)
"""
        },
    ),
    _left(
        "a helper without a key",
        "R-UNRESOLVED",
        """\
for pk in [1, 2]:
    print(get_author())
""",
        AUTHOR,
        imports="from blog.services import get_author\n",
        files={
            "blog/services.py": """\
from blog.models import Author


def get_author():
    return Author.objects.get(pk=1)
"""
        },
    ),
    _left(
        "a helper that is overridden",
        "R-SHAPE",
        """\
for pk in [1, 2]:
    print(Authors.get_author(pk))
""",
        AUTHOR,
        imports="from blog.services import Authors\n",
        files={
            "blog/services.py": """\
from blog.models import Author


class Authors:
    @classmethod
    def get_author(cls, pk):
        return Author.objects.get(pk=pk)


class Others(Authors):
    @classmethod
    def get_author(cls, pk):
        return None
"""
        },
    ),
    _left(
        "a helper of an object that is made",
        "R-SHAPE",
        """\
for pk in [1, 2]:
    print(Authors().get_author(pk))
""",
        AUTHOR,
        imports="from blog.services import Authors\n",
        files={
            "blog/services.py": """\
from blog.models import Author


class Authors:
    def get_author(self, pk):
        return Author.objects.get(pk=pk)
"""
        },
    ),
    _left(
        "a key that depends on itself",
        "R-CARRY",
        """\
for post in Post.objects.all():
    pk = post.author_id + more
    more = pk
    print(Author.objects.get(pk=pk))
""",
        AUTHOR,
    ),
    _left(
        "a self that is of no class",
        "R-UNRESOLVED",
        """\
self = request.authors
for pk in [1, 2]:
    print(self.get(pk=pk))
""",
        AUTHOR,
    ),
    _left_whole(
        "a manager that has a lookup of its own asks itself",
        "R-UNRESOLVED",
        MANAGER.format(
            """\
        for post in posts:
            print(self.get(pk=post.writer_id))

    def in_bulk(self, pks):
        return {}
"""
        ),
        WRITER,
    ),
    _left_whole(
        "a manager of several models asks itself",
        "R-UNRESOLVED",
        MANAGER.format(
            """\
        for post in posts:
            print(self.get(pk=post.writer_id))


class Reader(models.Model):
    objects = WriterManager()
"""
        ),
        WRITER,
    ),
    _left(
        "a helper that two loops call",
        "R-AMBIGUOUS",
        """\
for pk in [1, 2]:
    print(get_author(pk))
for pk in [3, 4]:
    print(get_author(pk))
""",
        AUTHOR,
        imports="from blog.services import get_author\n",
        files={
            "blog/services.py": """\
from blog.models import Author


def get_author(pk):
    return Author.objects.get(pk=pk)
"""
        },
    ),
    _left(
        "a helper that looks again",
        "R-SHAPE",
        """\
for pk in [1, 2]:
    print(get_author(pk))
""",
        AUTHOR,
        imports="from blog.services import get_author\n",
        files={
            "blog/services.py": """\
from blog.models import Author


def get_author(pk):
    author = Author.objects.filter(pk=pk).first()
    while author is None:
        author = wait()
    return author
"""
        },
    ),
    _left(
        "a helper of a module that only passes it on",
        "R-SHAPE",
        """\
for pk in [1, 2]:
    print(shop.get_author(pk))
""",
        AUTHOR,
        imports="from blog import shop\n",
        files={
            "blog/shop.py": "from blog.services import get_author\n",
            "blog/services.py": """\
from blog.models import Author


def get_author(pk):
    return Author.objects.get(pk=pk)
""",
        },
    ),
    _seats(
        "fields that are unique together, one the same in all rounds",
        """\
    for number in range(1, 9):
        seat = Seat.objects.get(hall=request.hall, number=number)
        print(seat.code)
""",
        """\
    seats_by_number = {
        row.number: row
        for row in Seat.objects.filter(hall=request.hall, number__in=range(1, 9))
    }
    for number in range(1, 9):
        seat = seats_by_number.get(number)
        if seat is None:
            seat = Seat.objects.get(hall=request.hall, number=number)
        print(seat.code)
""",
        _seat("hall_id", "number"),
    ),
    _seats(
        "two fields of a round",
        """\
    for row, number in places:
        print(Seat.objects.filter(row=row, number__exact=number).first())
""",
        """\
    seat_keys = [(row, number) for row, number in places]
    seats_by_key = {
        (seat.row, seat.number): seat
        for seat in Seat.objects.filter(
            row__in={key[0] for key in seat_keys},
            number__in={key[1] for key in seat_keys},
        )
    }
    for row, number in places:
        print(seats_by_key.get((row, number)) or Seat.objects.filter(row=row, number__exact=number).first())
""",
        _seat("row", "number"),
        tier="C",
        sig="places: list[tuple[str, int]]",
    ),
    _seats(
        "a condition on what a round computes",
        """\
    for n, row in enumerate(rows):
        key = (row, numbers[n])
        seat = known.pop(key, None)
        if seat is None:
            seat = Seat.objects.get(row=row, number=numbers[n])
        print(seat)
""",
        """\
    entries = list(enumerate(rows))
    seat_keys = [(row, numbers[n]) for n, row in entries]
    seats_by_key = {
        (found_row.row, found_row.number): found_row
        for found_row in Seat.objects.filter(
            row__in={key[0] for key in seat_keys},
            number__in={key[1] for key in seat_keys},
        )
    }
    for n, row in entries:
        key = (row, numbers[n])
        seat = known.pop(key, None)
        if seat is None:
            seat = seats_by_key.get((row, numbers[n]))
            if seat is None:
                seat = Seat.objects.get(row=row, number=numbers[n])
        print(seat)
""",
        _seat("row", "number"),
        tier="C",
        sig="rows: list[str], numbers, known",
    ),
    _seats(
        "a unique field and another",
        """\
    for place in places:
        print(Seat.objects.filter(code="x", place=place).first())
""",
        """\
    seats_by_place = {
        seat.place: seat
        for seat in Seat.objects.filter(code="x", place__in=places)
    }
    for place in places:
        print(seats_by_place.get(place) or Seat.objects.filter(code="x", place=place).first())
""",
        _seat("code", "place"),
        sig="places: list[int]",
    ),
    _seats(
        "the key of a related row",
        """\
    for ticket in tickets:
        print(Ticket.objects.get(seat_id=ticket.seat_id, day=day))
""",
        """\
    tickets_by_seat_id = {
        row.seat_id: row
        for row in Ticket.objects.filter(
            day=day, seat_id__in=[ticket.seat_id for ticket in tickets]
        )
    }
    for ticket in tickets:
        print(tickets_by_seat_id.get(ticket.seat_id) or Ticket.objects.get(seat_id=ticket.seat_id, day=day))
""",
        _repeat("blog_ticket", "seat_id", "day"),
        sig="tickets: list[Ticket], day",
    ),
    _seats(
        "unique under a condition",
        """\
    for code in codes:
        print(Seat.objects.get(code=code, hall=hall))
""",
        None,
        _seat("code", "hall_id"),
        code="R-KEYEQ",
        sig="codes: list[str], hall",
    ),
    _seats(
        "a field that can be empty",
        """\
    for number in range(9):
        print(Seat.objects.get(row=row, number=number))
""",
        None,
        _seat("row", "number"),
        code="R-KEYEQ",
        sig="row",
    ),
    _seats(
        "a related row of a round",
        """\
    for seat in Seat.objects.all():
        print(Ticket.objects.get(seat=seat, day=day))
""",
        None,
        _repeat("blog_ticket", "seat_id", "day"),
        code="R-KEYEQ",
        sig="day",
    ),
    _seats(
        "fields that are not unique",
        """\
    for number in range(9):
        print(Seat.objects.get(code="x", number=number))
""",
        None,
        _seat("code", "number"),
        code="R-KEYEQ",
        sig="",
    ),
    _seats(
        "fields of which one is not known to be unique with others",
        """\
    for day in days:
        print(Ticket.objects.get(day=day, paid=True))
""",
        None,
        _repeat("blog_ticket", "day", "paid"),
        code="R-KEYEQ",
        sig="days",
    ),
    _seats(
        "another condition that is no field",
        """\
    for number in range(9):
        print(Seat.objects.get(hall=hall, number=number, tickets__paid=True))
""",
        None,
        _seat("hall_id", "number"),
        code="R-KEYEQ",
        sig="hall",
    ),
    _seats(
        "several fields asked for asynchronously",
        """\
    for number in range(9):
        print(await Seat.objects.aget(hall=hall, number=number))
""",
        None,
        _seat("hall_id", "number"),
        code="R-KEYEQ",
        sig="hall",
        word="async def",
    ),
    _seats(
        "a condition on what only some rounds compute",
        """\
    for n, row in enumerate(rows):
        if check(row):
            print(Seat.objects.get(row=row, number=numbers[n]))
""",
        None,
        _seat("row", "number"),
        code="R-CARRY",
        sig="rows: list[str], numbers",
    ),
    *HELPERS,
)
