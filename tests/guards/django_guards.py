"""The guards of Django's loaders. Names begin with their number in the project's list of surprises, if any."""

import random

from guards.guard import ADDS, MORE_ROWS, OTHER_ROWS, RIGHT, SAVES_NOTHING, STILL_GROWS, Guard
from guards.libraries import Rows

from codemods.api import Repeat

MODELS = """\
from django.db import models


class Company(models.Model):
    name = models.CharField(max_length=80)


class Author(models.Model):
    name = models.CharField(max_length=80)
    company = models.ForeignKey(Company, on_delete=models.CASCADE, null=True)


class Profile(models.Model):
    author = models.OneToOneField(Author, on_delete=models.CASCADE)


class Tag(models.Model):
    name = models.CharField(max_length=80)


class Post(models.Model):
    title = models.CharField(max_length=80)
    author = models.ForeignKey(Author, on_delete=models.CASCADE, null=True)
    tags = models.ManyToManyField(Tag)


class LiveManager(models.Manager):
    def get_queryset(self):
        return super().get_queryset().filter(live=True)


class Comment(models.Model):
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_query_name="remark")
    writer = models.ForeignKey(Author, on_delete=models.CASCADE)
    live = models.BooleanField(default=True)
    objects = models.Manager()
    lively = LiveManager()
"""


def rows(size: int) -> Rows:
    """`size` posts, each with an author, a profile, 4 comments and 2 tags of its own, in no order at all."""
    shuffle = random.Random(5)
    numbers = shuffle.sample(range(1, 5 * size), size)
    writers = [2000 + 10 * n + k for n in numbers for k in range(4)]
    found: dict[str, list[dict[str, object]]] = {
        "blog_company": [{"id": 1000 + n, "name": "c"} for n in numbers],
        "blog_author": [{"id": 500 - n, "name": f"a{n}", "company_id": 1000 + n} for n in numbers]
        + [{"id": n, "name": f"w{n}", "company_id": None} for n in writers],
        "blog_profile": [{"id": 9000 - n, "author_id": n} for n in [*(500 - n for n in numbers), *writers]],
        "blog_tag": [{"id": n, "name": f"t{n}"} for n in range(1, 6)],
        "blog_post": [
            {"id": n, "title": "b" if i % 6 else "a", "author_id": 500 - n if i != 1 else None}
            for i, n in enumerate(numbers)
        ],
        "blog_comment": [
            {"id": 10 * n + k, "post_id": n, "writer_id": 2000 + 10 * n + k, "live": k != 1}
            for n in numbers for k in range(4)
        ],
        "blog_post_tags": [
            {"id": 10 * n + k, "post_id": n, "tag_id": t}
            for n in numbers for k, t in enumerate(shuffle.sample(range(1, 6), 2))
        ],
    }  # fmt: skip
    return {table: shuffle.sample(given, len(given)) for table, given in found.items()}


def _app(body: str, models: str, imports: str = "") -> str:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return f"{imports}from blog.models import {models}\n\n\ndef view(request):\n{lines}"


_IMPORTS = "from django.db import models\nfrom django.db.models import Prefetch, prefetch_related_objects\n"


def _guard(
    name: str, before: str, naive: str, does: dict[str, str] | str, ours: str, *, models: str = "Post", tier: str = "B",
    since: str = "", repeats: bool = True, repeat: Repeat | None = None, wrong: str = "", imports: str = "",
) -> Guard:  # fmt: skip
    """The texts are bodies of `view`."""
    return Guard(
        name, MODELS, _app(before, models, imports),
        _app(naive, "Author, Comment, Company, Post, Profile, Tag", _IMPORTS),
        {"": does} if isinstance(does, str) else does,
        ours if ours.startswith("R-") or not ours else _app(ours, models, imports),
        rows, tier, repeat, since, None, repeats, wrong,
    )  # fmt: skip


_VIEW = """\
from django.views.generic import ListView

from blog.models import Post


class Posts(ListView):
    model = Post
{}
    def names(self):
        return sorted((post.id, post.author and post.author.name) for post in self.get_queryset())


def view(request):
    return Posts().names()
"""
_AUTHORS = "return [(post.id, post.author and post.author.name) for post in posts]"
_TAGS = "return [[post.id, sorted(tag.name for tag in post.tags.all())] for post in posts]"
_COMMENTS = "return [[post.id, sorted(comment.id for comment in post.comment_set.all())] for post in posts]"


def _bypassing(read: str, name: str, naive: str = ADDS) -> Guard:
    loop = f"return [[post.id, {read}] for post in posts]"
    return _guard(
        f"S12 a prefetch is no answer to {name}",
        f'posts = Post.objects.order_by("id")\n{loop}',
        f'posts = Post.objects.prefetch_related("comment_set").order_by("id")\n{loop}',
        naive, "R-CACHEBYPASS",
    )  # fmt: skip


def _counting(read: str, name: str) -> Guard:
    loop = f"return [[post.id, {read}] for post in posts]"
    return _guard(
        f"S12 a prefetch answers {name} by fetching every row",
        f'posts = Post.objects.order_by("id")\n{loop}',
        f'posts = Post.objects.prefetch_related("comment_set").order_by("id")\n{loop}',
        MORE_ROWS, "R-UNRESOLVED",
    )  # fmt: skip


GUARDS = (
    _guard(
        "a forward key, ordered by the primary key: a join is right",
        f'posts = Post.objects.order_by("id")\n{_AUTHORS}',
        f'posts = Post.objects.select_related("author").order_by("id")\n{_AUTHORS}',
        RIGHT,
        f'posts = Post.objects.select_related("author").order_by("id")\n{_AUTHORS}',
    ),
    _guard(
        "only() and a join of what it leaves out",
        f'posts = Post.objects.order_by("id").only("title")\n{_AUTHORS}',
        f'posts = Post.objects.order_by("id").only("title").select_related("author")\n{_AUTHORS}',
        "raises FieldError", "R-SHAPE",
    ),
    _guard(
        "defer() and a join of what it leaves out",
        f'posts = Post.objects.order_by("id").defer("author")\n{_AUTHORS}',
        f'posts = Post.objects.order_by("id").defer("author").select_related("author")\n{_AUTHORS}',
        "raises FieldError", "R-SHAPE",
    ),
    _guard(
        "only() and a prefetch: the key is fetched row by row",
        f'posts = Post.objects.order_by("id").only("title")\n{_AUTHORS}',
        f'posts = Post.objects.order_by("id").only("title").prefetch_related("author")\n{_AUTHORS}',
        STILL_GROWS, "R-SHAPE",
    ),
    _guard(
        "a many-to-many joined",
        f'posts = Post.objects.order_by("id")\n{_TAGS}',
        f'posts = Post.objects.select_related("tags").order_by("id")\n{_TAGS}',
        "raises FieldError",
        f'posts = Post.objects.prefetch_related("tags").order_by("id")\n{_TAGS}',
    ),
    _guard(
        "the other side of a key joined",
        f'posts = Post.objects.order_by("id")\n{_COMMENTS}',
        f'posts = Post.objects.select_related("comment_set").order_by("id")\n{_COMMENTS}',
        "raises FieldError",
        f'posts = Post.objects.prefetch_related("comment_set").order_by("id")\n{_COMMENTS}',
    ),
    _guard(
        "the other side of a key by its name in queries",
        f'posts = Post.objects.order_by("id")\n{_COMMENTS}',
        f'posts = Post.objects.prefetch_related("remark").order_by("id")\n{_COMMENTS}',
        "raises AttributeError",
        f'posts = Post.objects.prefetch_related("comment_set").order_by("id")\n{_COMMENTS}',
    ),
    _guard(
        "a prefetch and iterator() without a chunk size",
        f'posts = Post.objects.order_by("id").iterator()\n{_TAGS}',
        f'posts = Post.objects.prefetch_related("tags").order_by("id").iterator()\n{_TAGS}',
        {"": "raises ValueError", "4.2": SAVES_NOTHING}, "R-STREAM",
    ),
    _guard(
        "a prefetch and iterator() with a chunk size",
        f'posts = Post.objects.order_by("id").iterator(chunk_size=500)\n{_TAGS}',
        f'posts = Post.objects.prefetch_related("tags").order_by("id").iterator(chunk_size=500)\n{_TAGS}',
        RIGHT,
        f'posts = Post.objects.prefetch_related("tags").order_by("id").iterator(chunk_size=500)\n{_TAGS}',
    ),
    _guard(
        "a prefetch and iterator() with small chunks: one more statement per chunk",
        f'posts = Post.objects.order_by("id").iterator(chunk_size=1)\n{_TAGS}',
        f'posts = Post.objects.prefetch_related("tags").order_by("id").iterator(chunk_size=1)\n{_TAGS}',
        SAVES_NOTHING, "R-STREAM",
    ),
    _guard(
        "a join and iterator()",
        f'posts = Post.objects.order_by("id").iterator()\n{_AUTHORS}',
        f'posts = Post.objects.select_related("author").order_by("id").iterator()\n{_AUTHORS}',
        RIGHT,
        f'posts = Post.objects.select_related("author").order_by("id").iterator()\n{_AUTHORS}',
    ),
    _bypassing("sorted(c.id for c in post.comment_set.filter(live=True))", "filter()"),
    _bypassing("sorted(c.id for c in post.comment_set.exclude(live=True))", "exclude()"),
    _bypassing('[c.id for c in post.comment_set.order_by("id")]', "order_by()"),
    _bypassing("post.comment_set.first().id", "first() without an order"),
    _bypassing("post.comment_set.last().id", "last() without an order"),
    _bypassing("post.comment_set.get(id=post.id * 10).id", "get()"),
    _bypassing('sorted(post.comment_set.values_list("id", flat=True))', "values_list()"),
    _bypassing("sorted(c.id for c in post.comment_set.iterator(chunk_size=50))", "iterator()"),
    _bypassing("sorted(c.id for c in post.comment_set.distinct())", "distinct()"),
    _counting("post.comment_set.count()", "count()"),
    _counting("post.comment_set.exists()", "exists()"),
    _guard(
        "values() take no loader",
        'posts = Post.objects.order_by("id").values("id", "author_id")\n'
        'return [(post["id"], post["author_id"] and Author.objects.get(id=post["author_id"]).name) for post in posts]',
        'posts = Post.objects.order_by("id").values("id", "author_id").select_related("author")\n'
        'return [(post["id"], post["author_id"] and Author.objects.get(id=post["author_id"]).name) for post in posts]',
        "raises TypeError", "R-UNRESOLVED", models="Author, Post",
    ),
    _guard(
        "a union takes no join",
        f'posts = Post.objects.all().union(Post.objects.all()).order_by("id")\n{_AUTHORS}',
        f'posts = Post.objects.all().union(Post.objects.all()).order_by("id").select_related("author")\n{_AUTHORS}',
        "raises NotSupportedError", "R-SHAPE",
    ),
    _guard(
        "a union takes no prefetch",
        f'posts = Post.objects.all().union(Post.objects.all()).order_by("id")\n{_AUTHORS}',
        f'posts = Post.objects.all().union(Post.objects.all()).order_by("id").prefetch_related("author")\n{_AUTHORS}',
        "raises NotSupportedError", "R-SHAPE",
    ),
    _guard(
        "S1 a join changes the order of unordered rows",
        f"posts = Post.objects.all()\n{_AUTHORS}",
        f'posts = Post.objects.select_related("author").all()\n{_AUTHORS}',
        {"": RIGHT, "postgresql": OTHER_ROWS},
        f'posts = Post.objects.prefetch_related("author").all()\n{_AUTHORS}',
    ),
    _guard(
        "S1 a join changes which rows a slice returns",
        f"posts = Post.objects.all()[:8]\n{_AUTHORS}",
        f'posts = Post.objects.select_related("author").all()[:8]\n{_AUTHORS}',
        {"": RIGHT, "postgresql": OTHER_ROWS},
        f'posts = Post.objects.prefetch_related("author").all()[:8]\n{_AUTHORS}',
    ),
    _guard(
        "S1 ordered by a field with equal values",
        f'posts = Post.objects.order_by("title")\n{_AUTHORS}',
        f'posts = Post.objects.select_related("author").order_by("title")\n{_AUTHORS}',
        {"": RIGHT, "postgresql": OTHER_ROWS},
        f'posts = Post.objects.prefetch_related("author").order_by("title")\n{_AUTHORS}',
    ),
    _guard(
        "S1 the other side of a one-to-one joined",
        'return [author.profile.id for author in Author.objects.filter(id__lt=500)]',
        'return [author.profile.id for author in Author.objects.select_related("profile").filter(id__lt=500)]',
        {"": RIGHT, "postgresql": OTHER_ROWS},
        'return [author.profile.id for author in Author.objects.prefetch_related("profile").filter(id__lt=500)]',
        models="Author",
    ),
    _guard(
        "S3 the loop ends after a few rows",
        'found = []\nfor post in Post.objects.order_by("id"):\n'
        "    found.append(len(post.comment_set.all()))\n    if len(found) == 3:\n        break\nreturn found",
        'found = []\nfor post in Post.objects.prefetch_related("comment_set").order_by("id"):\n'
        "    found.append(len(post.comment_set.all()))\n    if len(found) == 3:\n        break\nreturn found",
        MORE_ROWS, "R-COND",
    ),
    _guard(
        "S9 the loop adds to what it reads",
        'found = []\nfirst = Post.objects.order_by("id")[0].id\nfor post in Post.objects.order_by("-id"):\n'
        "    Comment.objects.create(id=9000 + post.id, post_id=first, writer_id=500 - post.id)\n"
        "    found.append(len(post.comment_set.all()))\nreturn found",
        'found = []\nfirst = Post.objects.order_by("id")[0].id\n'
        'for post in Post.objects.prefetch_related("comment_set").order_by("-id"):\n'
        "    Comment.objects.create(id=9000 + post.id, post_id=first, writer_id=500 - post.id)\n"
        "    found.append(len(post.comment_set.all()))\nreturn found",
        OTHER_ROWS, "R-WRITE", models="Comment, Post",
    ),
    _guard(
        "S11 a manager named per call gets what was prefetched",
        'posts = Post.objects.order_by("id")\n'
        'return [[len(post.comment_set.all()), len(post.comment_set(manager="lively").all())] for post in posts]',
        'posts = Post.objects.prefetch_related("comment_set").order_by("id")\n'
        'return [[len(post.comment_set.all()), len(post.comment_set(manager="lively").all())] for post in posts]',
        OTHER_ROWS, "R-MANAGER",
    ),
    _guard(
        "S13 create() on what was prefetched",
        'found = []\nfor post in Post.objects.order_by("id"):\n    found.append(len(post.comment_set.all()))\n'
        "    post.comment_set.create(id=9000 + post.id, writer_id=500 - post.id)\n"
        "    found.append(len(post.comment_set.all()))\nreturn found",
        'found = []\nfor post in Post.objects.prefetch_related("comment_set").order_by("id"):\n'
        "    found.append(len(post.comment_set.all()))\n"
        "    post.comment_set.create(id=9000 + post.id, writer_id=500 - post.id)\n"
        "    found.append(len(post.comment_set.all()))\nreturn found",
        {"": STILL_GROWS, "4.2": OTHER_ROWS}, "R-WRITE",
    ),
    _guard(
        "S14 row locks on the nullable side of a join",
        f'posts = Post.objects.select_for_update().order_by("id")\n{_AUTHORS}',
        f'posts = Post.objects.select_for_update().select_related("author").order_by("id")\n{_AUTHORS}',
        {"": RIGHT, "postgresql": "raises NotSupportedError"},
        f'posts = Post.objects.prefetch_related("author").select_for_update().order_by("id")\n{_AUTHORS}',
    ),
    _guard(
        "S23 fetch modes load for all rows at the first read",
        f'posts = Post.objects.order_by("id")\n{_AUTHORS}',
        f'posts = Post.objects.fetch_mode(models.FETCH_PEERS).order_by("id")\n{_AUTHORS}',
        RIGHT,
        f'posts = Post.objects.select_related("author").order_by("id")\n{_AUTHORS}',
        since="6.1",
    ),
    _guard(
        "S23 fetch modes do not reach the other side of a key",
        f'posts = Post.objects.order_by("id")\n{_COMMENTS}',
        f'posts = Post.objects.fetch_mode(models.FETCH_PEERS).order_by("id")\n{_COMMENTS}',
        SAVES_NOTHING,
        f'posts = Post.objects.prefetch_related("comment_set").order_by("id")\n{_COMMENTS}',
        since="6.1",
    ),
    _guard(
        "a join that names nothing skips nullable keys",
        f'posts = Post.objects.order_by("id")\n{_AUTHORS}',
        f'posts = Post.objects.select_related().order_by("id")\n{_AUTHORS}',
        SAVES_NOTHING,
        f'posts = Post.objects.select_related("author").order_by("id")\n{_AUTHORS}',
    ),
    _guard(
        "a chain through nullable keys",
        'posts = Post.objects.order_by("id")\n'
        "return [post.author.company.name if post.author else None for post in posts]",
        'posts = Post.objects.select_related("author").order_by("id")\n'
        "return [post.author.company.name if post.author else None for post in posts]",
        STILL_GROWS,
        'posts = Post.objects.select_related("author__company").order_by("id")\n'
        "return [post.author.company.name if post.author else None for post in posts]",
    ),
    _guard(
        "a prefetch whose own queryset leaves the key out",
        f'posts = Post.objects.order_by("id")\n{_COMMENTS}',
        'posts = Post.objects.prefetch_related(Prefetch("comment_set", queryset=Comment.objects.only("live")))'
        f'.order_by("id")\n{_COMMENTS}',
        ADDS,
        f'posts = Post.objects.prefetch_related("comment_set").order_by("id")\n{_COMMENTS}',
    ),
    _guard(
        "a prefetch of a slice",
        f'posts = Post.objects.order_by("id")\n{_COMMENTS}',
        'posts = Post.objects.prefetch_related(Prefetch("comment_set", queryset=Comment.objects.all()[:2]))'
        f'.order_by("id")\n{_COMMENTS}',
        "raises TypeError",
        f'posts = Post.objects.prefetch_related("comment_set").order_by("id")\n{_COMMENTS}',
    ),
    _guard(
        "two prefetches of one relation",
        "posts = Post.objects.prefetch_related("
        f'Prefetch("tags", queryset=Tag.objects.filter(id__gt=2), to_attr="late")).order_by("id")\n{_TAGS}',
        "posts = Post.objects.prefetch_related("
        'Prefetch("tags", queryset=Tag.objects.filter(id__gt=2)), Prefetch("tags", queryset=Tag.objects.all()))'
        f'.order_by("id")\n{_TAGS}',
        "raises ValueError",
        "posts = Post.objects.prefetch_related("
        f'Prefetch("tags", queryset=Tag.objects.filter(id__gt=2), to_attr="late"), "tags").order_by("id")\n{_TAGS}',
        models="Post, Tag", imports="from django.db.models import Prefetch\n\n",
    ),
    _guard(
        "rows of raw SQL take no join",
        f'posts = Post.objects.raw("SELECT * FROM blog_post ORDER BY id")\n{_AUTHORS}',
        f'posts = Post.objects.raw("SELECT * FROM blog_post ORDER BY id").select_related("author")\n{_AUTHORS}',
        "raises AttributeError", "R-UNRESOLVED",
    ),
    _guard(
        "a related object's key needs no object",
        'return [post.author.pk if post.author_id else None for post in Post.objects.order_by("id")]',
        'return [post.author_id for post in Post.objects.order_by("id")]',
        RIGHT,
        'return [post.author.pk if post.author_id else None for post in '
        'Post.objects.select_related("author").order_by("id")]',
    ),
    Guard(
        "a list view that names a model alone: a queryset of its own is right",
        MODELS, _VIEW.format(""), _VIEW.format('    queryset = Post.objects.prefetch_related("author")\n'),
        {"": RIGHT}, _VIEW.format('    queryset = Post.objects.prefetch_related("author")\n'), rows,
    ),
)  # fmt: skip
