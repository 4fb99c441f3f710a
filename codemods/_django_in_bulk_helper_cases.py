"""The cases of `django-in-bulk` whose lookup is behind helpers, among related rows, or behind more steps."""

from codemods.api import Case, Repeat, Tier

MODELS = """\
from django.db import models


class Author(models.Model):
    email = models.CharField(max_length=80, unique=True)
    city = models.CharField(max_length=80)


class Post(models.Model):
    title = models.CharField(max_length=80)
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="posts")
"""
_FILES = {"blog/__init__.py": "", "blog/models.py": MODELS}


def _repeat(table: str, column: str) -> Repeat:
    name = f"{table}.{column}"
    return Repeat(name, (table,), (name,), 50, statement=f"SELECT * FROM {table} WHERE {name} = ?")


AUTHOR, EMAIL = _repeat("blog_author", "id"), _repeat("blog_author", "email")
POST, HAUNT = _repeat("blog_post", "id"), _repeat("blog_haunt", "id")


def _changed(  # noqa: PLR0913
    name: str, before: str, after: str, repeat: Repeat, *, files: dict[str, str] | None = None,
    others: dict[str, str] | None = None, tier: Tier = "B",
) -> Case:  # fmt: skip
    return Case(name, before, after, (repeat,), tier=tier, files={**_FILES, **(files or {})}, others=others or {})


def _left(name: str, code: str, text: str, repeat: Repeat, *, files: dict[str, str] | None = None) -> Case:
    return Case(name, text, None, (repeat,), code, files={**_FILES, **(files or {})})


HELPERS: tuple[Case, ...] = (
    _changed(
        "a helper of which a default is taken",
        """\
from blog.models import Post
from blog.services import get_author


def view(posts: list[Post]):
    for post in posts:
        print(get_author(post.author_id))
""",
        """\
from blog.models import Post
from blog.services import get_author, get_authors


def view(posts: list[Post]):
    authors_by_id = get_authors([post.author_id for post in posts])
    for post in posts:
        print(authors_by_id.get(post.author_id) or get_author(post.author_id))
""",
        AUTHOR,
        files={
            "blog/services.py": """\
from blog.models import Author


def get_author(pk, city=None, *, live=True):
    return Author.objects.get(pk=pk)
"""
        },
        others={
            "blog/services.py": """\
from blog.models import Author


def get_author(pk, city=None, *, live=True):
    return Author.objects.get(pk=pk)


def get_authors(pks, city=None, *, live=True):
    \"\"\"Authors by id; those that are missing are left out.\"\"\"
    return Author.objects.in_bulk(pks)
"""
        },
    ),
    _changed(
        "a helper that gives up without a key",
        """\
from blog.models import Post
from blog.services import get_author


def view(posts: list[Post]):
    for post in posts:
        print(get_author(post.author_id))
""",
        """\
from blog.models import Post
from blog.services import get_author, get_authors


def view(posts: list[Post]):
    authors_by_id = get_authors([post.author_id for post in posts])
    for post in posts:
        print(authors_by_id.get(post.author_id) or get_author(post.author_id))
""",
        AUTHOR,
        files={
            "blog/services.py": """\
from blog.models import Author


def get_author(pk):
    \"\"\"The author.\"\"\"
    if pk is None:
        return None
    return Author.objects.filter(pk=pk).first()
"""
        },
        others={
            "blog/services.py": """\
from blog.models import Author


def get_author(pk):
    \"\"\"The author.\"\"\"
    if pk is None:
        return None
    return Author.objects.filter(pk=pk).first()


def get_authors(pks):
    \"\"\"Authors by id; those that are missing are left out.\"\"\"
    return Author.objects.in_bulk(pks)
"""
        },
    ),
    _changed(
        "a helper that takes an empty key for none",
        """\
from blog.models import Post
from blog.services import get_author


def view(posts: list[Post]):
    for post in posts:
        print(get_author(post.author_id))
""",
        """\
from blog.models import Post
from blog.services import get_author, get_authors


def view(posts: list[Post]):
    authors_by_id = get_authors([post.author_id for post in posts])
    for post in posts:
        print(authors_by_id.get(post.author_id) or get_author(post.author_id))
""",
        AUTHOR,
        files={
            "blog/services.py": """\
from blog.models import Author


def get_author(pk):
    if not pk:
        return None
    return Author.objects.filter(pk=pk).first()
"""
        },
        others={
            "blog/services.py": """\
from blog.models import Author


def get_author(pk):
    if not pk:
        return None
    return Author.objects.filter(pk=pk).first()


def get_authors(pks):
    \"\"\"Authors by id; those that are missing are left out.\"\"\"
    return Author.objects.in_bulk(pks)
"""
        },
        tier="C",
    ),
    _changed(
        "a helper that asks for its database first",
        """\
from blog.models import Post
from blog.services import get_author


def view(posts: list[Post]):
    for post in posts:
        print(get_author(post.author_id))
""",
        """\
from blog.models import Post
from blog.services import get_author, get_authors


def view(posts: list[Post]):
    authors_by_id = get_authors([post.author_id for post in posts])
    for post in posts:
        print(authors_by_id.get(post.author_id) or get_author(post.author_id))
""",
        AUTHOR,
        files={
            "blog/services.py": """\
from blog.databases import replica
from blog.models import Author


def get_author(pk):
    database = replica()
    return Author.objects.using(database).get(pk=pk)
"""
        },
        others={
            "blog/services.py": """\
from blog.databases import replica
from blog.models import Author


def get_author(pk):
    database = replica()
    return Author.objects.using(database).get(pk=pk)


def get_authors(pks):
    \"\"\"Authors by id; those that are missing are left out.\"\"\"
    database = replica()
    return Author.objects.using(database).in_bulk(pks)
"""
        },
        tier="C",
    ),
    _changed(
        "a helper behind a helper",
        """\
from blog.models import Post
from blog.services import author_of


def view(posts: list[Post]):
    for post in posts:
        print(author_of(post.author_id))
""",
        """\
from blog.models import Post
from blog.services import author_of, authors_of


def view(posts: list[Post]):
    authors_by_id = authors_of([post.author_id for post in posts])
    for post in posts:
        print(authors_by_id.get(post.author_id) or author_of(post.author_id))
""",
        AUTHOR,
        files={
            "blog/services.py": """\
from blog.authors import get_author


def author_of(pk):
    return get_author(pk)
""",
            "blog/authors.py": """\
from blog.models import Author


def get_author(author_id):
    return Author.objects.get(pk=author_id)
""",
        },
        others={
            "blog/authors.py": """\
from blog.models import Author


def get_author(author_id):
    return Author.objects.get(pk=author_id)


def get_authors(author_ids):
    \"\"\"Authors by id; those that are missing are left out.\"\"\"
    return Author.objects.in_bulk(author_ids)
""",
            "blog/services.py": """\
from blog.authors import get_author, get_authors


def author_of(pk):
    return get_author(pk)


def authors_of(pks):
    \"\"\"Authors by id; those that are missing are left out.\"\"\"
    return get_authors(pks)
""",
        },
    ),
    _changed(
        "a method behind a method",
        """\
from blog.models import Post
from blog.services import Service


def view(posts: list[Post], service: Service):
    for post in posts:
        print(service.author(pk=post.author_id))
""",
        """\
from blog.models import Post
from blog.services import Service


def view(posts: list[Post], service: Service):
    authors_by_id = service.authors(pks=[post.author_id for post in posts])
    for post in posts:
        print(authors_by_id.get(post.author_id) or service.author(pk=post.author_id))
""",
        AUTHOR,
        files={
            "blog/services.py": """\
from blog.models import Author


class Service:
    def find_author(self, pk):
        try:
            return Author.objects.get(pk=pk)
        except Author.DoesNotExist:
            return None

    def author(self, pk):
        author = self.find_author(pk)
        if author is None:
            raise LookupError(pk)
        return author
"""
        },
        others={
            "blog/services.py": """\
from blog.models import Author


class Service:
    def find_author(self, pk):
        try:
            return Author.objects.get(pk=pk)
        except Author.DoesNotExist:
            return None

    def find_authors(self, pks):
        \"\"\"Authors by id; those that are missing are left out.\"\"\"
        return Author.objects.in_bulk(pks)

    def author(self, pk):
        author = self.find_author(pk)
        if author is None:
            raise LookupError(pk)
        return author

    def authors(self, pks):
        \"\"\"Authors by id; those that are missing are left out.\"\"\"
        return self.find_authors(pks)
"""
        },
    ),
    _changed(
        "a helper behind two helpers",
        """\
from blog.models import Post
from blog.services import author_of


def view(posts: list[Post]):
    for post in posts:
        print(author_of(post.author_id))
""",
        """\
from blog.models import Post
from blog.services import author_of, authors_of


def view(posts: list[Post]):
    authors_by_id = authors_of([post.author_id for post in posts])
    for post in posts:
        print(authors_by_id.get(post.author_id) or author_of(post.author_id))
""",
        AUTHOR,
        files={
            "blog/services.py": """\
from blog.models import Author


def get_author(author_id):
    return Author.objects.get(pk=author_id)


def author_by_id(pk):
    return get_author(pk)


def author_of(pk):
    return author_by_id(pk)
"""
        },
        others={
            "blog/services.py": """\
from blog.models import Author


def get_author(author_id):
    return Author.objects.get(pk=author_id)


def get_authors(author_ids):
    \"\"\"Authors by id; those that are missing are left out.\"\"\"
    return Author.objects.in_bulk(author_ids)


def author_by_id(pk):
    return get_author(pk)


def authors_by_id(pks):
    \"\"\"Authors by id; those that are missing are left out.\"\"\"
    return get_authors(pks)


def author_of(pk):
    return author_by_id(pk)


def authors_of(pks):
    \"\"\"Authors by id; those that are missing are left out.\"\"\"
    return authors_by_id(pks)
"""
        },
    ),
    _changed(
        "a helper whose object has no type",
        """\
from blog.models import Post


def view(posts: list[Post], service):
    for post in posts:
        print(service.find_author(post.author_id))
""",
        """\
from blog.models import Post


def view(posts: list[Post], service):
    authors_by_id = service.find_authors([post.author_id for post in posts])
    for post in posts:
        print(authors_by_id.get(post.author_id) or service.find_author(post.author_id))
""",
        AUTHOR,
        files={
            "blog/services.py": """\
from blog.models import Author


class Service:
    def find_author(self, pk):
        return Author.objects.get(pk=pk)
"""
        },
        others={
            "blog/services.py": """\
from blog.models import Author


class Service:
    def find_author(self, pk):
        return Author.objects.get(pk=pk)

    def find_authors(self, pks):
        \"\"\"Authors by id; those that are missing are left out.\"\"\"
        return Author.objects.in_bulk(pks)
"""
        },
        tier="C",
    ),
    _left(
        "a helper behind three helpers",
        "R-UNRESOLVED",
        """\
from blog.models import Post
from blog.services import author_of


def view(posts: list[Post]):
    for post in posts:
        print(author_of(post.author_id))
""",
        AUTHOR,
        files={
            "blog/services.py": """\
from blog.models import Author


def get_author(author_id):
    return Author.objects.get(pk=author_id)


def author_by_id(pk):
    return get_author(pk)


def author_here(pk):
    return author_by_id(pk)


def author_of(pk):
    return author_here(pk)
"""
        },
    ),
    _left(
        "a helper that changes the key for the next one",
        "R-SHAPE",
        """\
from blog.models import Post
from blog.services import author_of


def view(posts: list[Post]):
    for post in posts:
        print(author_of(post.author_id))
""",
        AUTHOR,
        files={
            "blog/services.py": """\
from blog.models import Author


def get_author(author_id):
    return Author.objects.get(pk=author_id)


def author_of(pk):
    return get_author(pk + 1)
"""
        },
    ),
    _left(
        "a helper that adds to what the next one gives",
        "R-UNRESOLVED",
        """\
from blog.models import Post
from blog.services import author_of


def view(posts: list[Post]):
    for post in posts:
        print(author_of(post.author_id))
""",
        AUTHOR,
        files={
            "blog/services.py": """\
from blog.models import Author


def get_author(author_id):
    return Author.objects.get(pk=author_id)


def author_of(pk):
    return get_author(pk).email
"""
        },
    ),
    _left(
        "a helper of which the next one is overridden",
        "R-SHAPE",
        """\
from blog.models import Post
from blog.services import Service


def view(posts: list[Post], service: Service):
    for post in posts:
        print(service.author(post.author_id))
""",
        AUTHOR,
        files={
            "blog/services.py": """\
from blog.models import Author


class Service:
    def find_author(self, pk):
        return Author.objects.get(pk=pk)

    def author(self, pk):
        return self.find_author(pk)


class Cached(Service):
    def find_author(self, pk):
        return None
"""
        },
    ),
    _left(
        "an object without a type, two helpers of the name",
        "R-UNRESOLVED",
        """\
from blog.models import Post


def view(posts: list[Post], service):
    for post in posts:
        print(service.find_author(post.author_id))
""",
        AUTHOR,
        files={
            "blog/services.py": """\
from blog.models import Author


class Service:
    def find_author(self, pk):
        return Author.objects.get(pk=pk)


class Other:
    def find_author(self, pk):
        return Author.objects.get(pk=pk)
"""
        },
    ),
    _left(
        "a module of the name of a method",
        "R-UNRESOLVED",
        """\
from blog.models import Post
import requests


def view(posts: list[Post]):
    for post in posts:
        print(requests.find_author(post.author_id))
""",
        AUTHOR,
        files={
            "blog/services.py": """\
from blog.models import Author


class Service:
    def find_author(self, pk):
        return Author.objects.get(pk=pk)
"""
        },
    ),
    _left(
        "an object that a call makes",
        "R-UNRESOLVED",
        """\
from blog.models import Post


def view(posts: list[Post], service):
    for post in posts:
        print(service().find_author(post.author_id))
""",
        AUTHOR,
        files={
            "blog/services.py": """\
from blog.models import Author


class Service:
    def find_author(self, pk):
        return Author.objects.get(pk=pk)
"""
        },
    ),
    _left(
        "a helper that makes its own key",
        "R-SHAPE",
        """\
from blog.models import Post
from blog.services import get_author


def view(posts: list[Post]):
    for post in posts:
        print(get_author(post.author_id))
""",
        AUTHOR,
        files={
            "blog/services.py": """\
from blog.models import Author


def get_author(pk):
    pk = int(pk)
    return Author.objects.get(pk=pk)
"""
        },
    ),
    _changed(
        "a helper that looks at its key first",
        """\
from blog.models import Post
from blog.services import get_author


def view(posts: list[Post]):
    for post in posts:
        print(get_author(post.author_id))
""",
        """\
from blog.models import Author, Post
from blog.services import get_author


def view(posts: list[Post]):
    authors_by_id = Author.objects.in_bulk([post.author_id for post in posts])
    for post in posts:
        print(get_author(post.author_id, author=authors_by_id.get(post.author_id)))
""",
        AUTHOR,
        files={
            "blog/services.py": """\
from blog.models import Author


def get_author(pk):
    seen = pk in ()
    return Author.objects.get(pk=pk)
"""
        },
        others={
            "blog/services.py": """\
from blog.models import Author


def get_author(pk, author=None):
    seen = pk in ()
    return author or Author.objects.get(pk=pk)
"""
        },
        tier="C",
    ),
    _left(
        "a helper that makes a row without a key",
        "R-GET-OR-CREATE",
        """\
from blog.models import Post
from blog.services import get_author


def view(posts: list[Post]):
    for post in posts:
        print(get_author(post.author_id))
""",
        AUTHOR,
        files={
            "blog/services.py": """\
from blog.models import Author


def get_author(pk):
    if pk is None:
        return Author(city="nowhere")
    return Author.objects.get(pk=pk)
"""
        },
    ),
    _changed(
        "a helper that gives up for another reason",
        """\
from blog.models import Post
from blog.services import get_author


def view(posts: list[Post]):
    for post in posts:
        print(get_author(post.author_id))
""",
        """\
from blog.models import Author, Post
from blog.services import get_author


def view(posts: list[Post]):
    authors_by_id = Author.objects.in_bulk([post.author_id for post in posts])
    for post in posts:
        print(get_author(post.author_id, author=authors_by_id.get(post.author_id)))
""",
        AUTHOR,
        files={
            "blog/services.py": """\
from blog.models import Author


def get_author(pk, live=True):
    if not live:
        return None
    return Author.objects.get(pk=pk)
"""
        },
        others={
            "blog/services.py": """\
from blog.models import Author


def get_author(pk, live=True, author=None):
    if not live:
        return None
    return author or Author.objects.get(pk=pk)
"""
        },
        tier="C",
    ),
    _left(
        "a helper with a default for its key",
        "R-UNRESOLVED",
        """\
from blog.models import Post
from blog.services import get_author


def view(posts: list[Post]):
    for post in posts:
        print(get_author())
""",
        AUTHOR,
        files={
            "blog/services.py": """\
from blog.models import Author


def get_author(pk=1):
    return Author.objects.get(pk=pk)
"""
        },
    ),
    _left(
        "a helper that is given too much",
        "R-SHAPE",
        """\
from blog.models import Post
from blog.services import get_author


def view(posts: list[Post]):
    for post in posts:
        print(get_author(post.author_id, near=1))
""",
        AUTHOR,
        files={
            "blog/services.py": """\
from blog.models import Author


def get_author(pk, city=None):
    return Author.objects.get(pk=pk)
"""
        },
    ),
    _changed(
        "rows of a related object",
        """\
from blog.models import Author, Post


def view(request):
    author = request.author
    for pk in request.pks:
        print(author.posts.get(pk=pk))
""",
        """\
from blog.models import Author, Post


def view(request):
    author = request.author
    pks = list(request.pks)
    posts_by_id = author.posts.in_bulk(pks)
    for pk in pks:
        print(posts_by_id.get(pk) or author.posts.get(pk=pk))
""",
        POST,
    ),
    _left(
        "rows of the object of a round",
        "R-UNRESOLVED",
        """\
from blog.models import Author, Post


def view(request):
    for author in request.authors:
        print(author.posts.get(pk=author.first))
""",
        POST,
    ),
    _left(
        "rows of what a call gives",
        "R-UNRESOLVED",
        """\
from blog.models import Author, Post


def view(request):
    for pk in request.pks:
        print(author().posts.get(pk=pk))
""",
        POST,
    ),
    _left(
        "rows of a relation that leads to one",
        "R-UNRESOLVED",
        """\
from blog.models import Author, Post


def view(request):
    for pk in request.pks:
        print(request.author.get(pk=pk))
""",
        POST,
    ),
    _left(
        "rows of a relation of another model",
        "R-UNRESOLVED",
        """\
from blog.models import Author, Post


def view(request):
    for pk in request.pks:
        print(request.posts.get(pk=pk))
""",
        AUTHOR,
    ),
    _left(
        "related rows with a manager of their own",
        "R-SHAPE",
        """\
from blog.models import Author, Post


def view(request):
    for pk in request.pks:
        print(request.house.haunts.get(pk=pk))
""",
        HAUNT,
        files={
            "blog/more.py": """\
from django.db import models
from blog.models import Author


class AuthorManager(models.Manager):
    def get(self, **conditions):
        return super().get(deleted=False, **conditions)


class Haunt(models.Model):
    house = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="haunts")
    objects = AuthorManager()

    class Meta:
        app_label = "blog"
"""
        },
    ),
    _changed(
        "related rows with a plain manager",
        """\
from blog.models import Author, Post


def view(request):
    for pk in request.pks:
        print(request.house.haunts.get(pk=pk))
""",
        """\
from blog.models import Author, Post


def view(request):
    pks = list(request.pks)
    haunts_by_id = request.house.haunts.in_bulk(pks)
    for pk in pks:
        print(haunts_by_id.get(pk) or request.house.haunts.get(pk=pk))
""",
        HAUNT,
        files={
            "blog/more.py": """\
from django.db import models
from blog.models import Author


class Haunt(models.Model):
    house = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="haunts")
    objects = models.Manager()

    class Meta:
        app_label = "blog"
"""
        },
    ),
    _changed(
        "the first row behind more steps",
        """\
from blog.models import Author, Post


def view(request):
    for pk in request.pks:
        author = (
            Author.objects.filter(pk=pk)
            .select_related(
                "city",
            )
            .only("pk", "email")
            .first()
        )
        print(author)
""",
        """\
from blog.models import Author, Post


def view(request):
    pks = list(request.pks)
    authors_by_id = Author.objects.select_related("city").only("pk", "email").in_bulk(
        pks
    )
    for pk in pks:
        author = authors_by_id.get(pk)
        if author is None:
            author = (
                Author.objects.filter(pk=pk)
                .select_related(
                    "city",
                )
                .only("pk", "email")
                .first()
            )
        print(author)
""",
        AUTHOR,
    ),
    _left(
        "the first row behind a step that is not known",
        "R-SHAPE",
        """\
from blog.models import Author, Post


def view(request):
    for pk in request.pks:
        author = Author.objects.filter(pk=pk).values("email").first()
""",
        AUTHOR,
    ),
    _changed(
        "the first row of several filters",
        """\
from blog.models import Author, Post


def view(request):
    for pk in request.pks:
        author = Author.objects.filter(city="x").filter(pk=pk).defer("email").first()
""",
        """\
from blog.models import Author, Post


def view(request):
    pks = list(request.pks)
    authors_by_id = Author.objects.filter(city="x").defer("email").in_bulk(pks)
    for pk in pks:
        author = authors_by_id.get(pk)
        if author is None:
            author = Author.objects.filter(city="x").filter(pk=pk).defer("email").first()
""",
        AUTHOR,
    ),
    _left(
        "the first row of an expression",
        "R-UNRESOLVED",
        """\
from blog.models import Author, Post


def view(request):
    for pk in request.pks:
        author = Author.objects.filter(Q(pk=pk)).defer("email").first()
""",
        AUTHOR,
    ),
    _left(
        "the first row of all",
        "R-UNRESOLVED",
        """\
from blog.models import Author, Post


def view(request):
    for pk in request.pks:
        author = Author.objects.order_by("city").first()
""",
        AUTHOR,
    ),
    _changed(
        "keys that are cut",
        """\
from blog.models import Author, Post


def view(request):
    for name in request.names:
        author = Author.objects.get(email=name[1:].strip().lower())
""",
        """\
from blog.models import Author, Post


def view(request):
    names = list(request.names)
    authors_by_email = Author.objects.in_bulk(
        [name[1:].strip().lower() for name in names],
        field_name="email",
    )
    for name in names:
        author = authors_by_email.get(name[1:].strip().lower())
        if author is None:
            author = Author.objects.get(email=name[1:].strip().lower())
""",
        EMAIL,
        tier="C",
    ),
    _left(
        "a filter with another tail",
        "R-UNRESOLVED",
        """\
from blog.models import Author, Post


def view(request):
    for pk in request.pks:
        author = Author.objects.filter(pk=pk)[:1].first()
""",
        AUTHOR,
    ),
    _changed(
        "a helper that is lent the row of an object",
        """\
from blog.models import Post
from blog.services import author_of


def view(posts: list[Post]):
    for post in posts:
        print(author_of(post))
""",
        """\
from blog.models import Author, Post
from blog.services import author_of


def view(posts: list[Post]):
    authors_by_id = Author.objects.in_bulk([post.author_id for post in posts])
    for post in posts:
        print(author_of(post, author=authors_by_id.get(post.author_id)))
""",
        AUTHOR,
        files={
            "blog/services.py": """\
from blog.models import Author


def author_of(post):
    return Author.objects.get(pk=post.author_id)
"""
        },
        others={
            "blog/services.py": """\
from blog.models import Author


def author_of(post, author=None):
    return author or Author.objects.get(pk=post.author_id)
"""
        },
        tier="C",
    ),
    _changed(
        "a method of a row that is lent another",
        """\
from blog.models import Shown as Post


def view(posts: list[Post]):
    for post in posts:
        print(post.show_author(prefix="x"))
""",
        """\
from blog.models import Author, Shown as Post


def view(posts: list[Post]):
    authors_by_id = Author.objects.in_bulk([post.author_id for post in posts])
    for post in posts:
        print(post.show_author(prefix="x", author=authors_by_id.get(post.author_id)))
""",
        AUTHOR,
        files={
            "blog/shown.py": """\
from django.db import models

from blog.models import Author


class Shown:
    def show_author(self, prefix=""):
        try:
            author = Author.objects.get(pk=self.author_id)
        except Author.DoesNotExist:
            return prefix
        return prefix + author.email
"""
        },
        others={
            "blog/shown.py": """\
from django.db import models

from blog.models import Author


class Shown:
    def show_author(self, prefix="", author=None):
        try:
            if author is None:
                author = Author.objects.get(pk=self.author_id)
        except Author.DoesNotExist:
            return prefix
        return prefix + author.email
"""
        },
        tier="C",
    ),
    _left(
        "a helper that lists the rows of its key",
        "R-UNRESOLVED",
        """\
from blog.models import Post
from blog.services import authors_of


def view(posts: list[Post]):
    for post in posts:
        print(authors_of(post))
""",
        AUTHOR,
        files={
            "blog/services.py": """\
from blog.models import Author


def authors_of(post):
    authors = Author.objects.filter(pk=post.author_id)
    return len(authors)
"""
        },
    ),
    _changed(
        "a helper that looks elsewhere",
        """\
from blog.models import Post
from blog.services import get_author


def view(posts: list[Post]):
    for post in posts:
        print(get_author(post.author_id))
""",
        """\
from blog.models import Author, Post
from blog.services import get_author


def view(posts: list[Post]):
    authors_by_id = Author.objects.in_bulk([post.author_id for post in posts])
    for post in posts:
        print(get_author(post.author_id, author=authors_by_id.get(post.author_id)))
""",
        AUTHOR,
        files={
            "blog/services.py": """\
from blog.models import Author


def get_author(pk):
    try:
        return Author.objects.get(pk=pk)
    except Author.DoesNotExist:
        return make(pk)
"""
        },
        others={
            "blog/services.py": """\
from blog.models import Author


def get_author(pk, author=None):
    try:
        return author or Author.objects.get(pk=pk)
    except Author.DoesNotExist:
        return make(pk)
"""
        },
        tier="C",
    ),
)
