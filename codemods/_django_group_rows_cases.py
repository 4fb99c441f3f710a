"""The cases of `django-group-rows`: what it changes, and what it leaves alone with which code."""

from codemods.api import Case, Repeat

MODELS = """\
from django.db import models


class Author(models.Model):
    email = models.CharField(max_length=80, unique=True)
    city = models.CharField(max_length=80)


class Country(models.Model):
    code = models.CharField(max_length=2, primary_key=True)


class Tag(models.Model):
    name = models.CharField(max_length=20)


class Post(models.Model):
    title = models.CharField(max_length=80)
    year = models.IntegerField()
    draft = models.BooleanField()
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="posts")
    country = models.ForeignKey(Country, on_delete=models.CASCADE)
    tags = models.ManyToManyField(Tag)


class Comment(models.Model):
    text = models.TextField()
    post = models.ForeignKey(Post, on_delete=models.CASCADE)

    class Meta:
        ordering = ["id"]
"""

FILES = {"blog/__init__.py": "", "blog/models.py": MODELS}
HEADER = "from blog.models import Author, Comment, Country, Post, Tag\n"


def _repeat(table: str, *columns: str) -> Repeat:
    named = tuple(f"{table}.{column}" for column in columns)
    return Repeat(
        named[0],
        (table,),
        named,
        50,
        statement=f"SELECT * FROM {table} WHERE {' AND '.join(f'{n} = ?' for n in named)}",
    )


AUTHOR = _repeat("blog_post", "author_id")
COUNTRY = _repeat("blog_post", "country_id")
YEAR = _repeat("blog_post", "year")
DRAFTS = _repeat("blog_post", "author_id", "draft")
BOTH = _repeat("blog_post", "author_id", "year")
TAGS = _repeat("blog_post", "tag_id")
COMMENTS = _repeat("blog_comment", "post_id")


CASES: tuple[Case, ...] = (
    Case(
        "rows of each row, in order",
        HEADER
        + """

def view(request):
    for author in Author.objects.filter(city="Bonn"):
        for post in Post.objects.filter(author=author).order_by("title"):
            print(author.email, post.title)
""",
        HEADER
        + """

def view(request):
    authors = Author.objects.filter(city="Bonn")
    post_author_ids = [author.pk for author in authors]
    posts_by_author_id = {}
    for post in Post.objects.filter(author__in=post_author_ids).order_by("title"):
        posts_by_author_id.setdefault(post.author_id, []).append(post)
    for author in authors:
        for post in posts_by_author_id.get(author.pk, []):
            print(author.email, post.title)
""",
        (AUTHOR,),
        tier="B",
        files=FILES,
    ),
    Case(
        "a key without rows has none",
        HEADER
        + """

def view(request):
    authors = list(Author.objects.all())
    for author in authors:
        posts = Post.objects.filter(author_id=author.id, draft=False).order_by("-year")
        print(author.email, len(posts), [post.title for post in posts])
""",
        HEADER
        + """

def view(request):
    authors = list(Author.objects.all())
    post_author_ids = [author.id for author in authors]
    posts_by_author_id = {}
    for post in (
        Post.objects.filter(author_id__in=post_author_ids, draft=False).order_by("-year")
    ):
        posts_by_author_id.setdefault(post.author_id, []).append(post)
    for author in authors:
        posts = posts_by_author_id.get(author.id, [])
        print(author.email, len(posts), [post.title for post in posts])
""",
        (DRAFTS,),
        tier="B",
        files=FILES,
    ),
    Case(
        "the order of the model",
        HEADER
        + """

def view(request):
    for post in Post.objects.all():
        comments = list(Comment.objects.select_related("post").filter(post__id=post.pk))
        print(post.title, [comment.text for comment in comments])
""",
        HEADER
        + """

def view(request):
    posts = Post.objects.all()
    comment_post_ids = [post.pk for post in posts]
    comments_by_post_id = {}
    for comment in (
        Comment.objects.select_related("post").filter(post__id__in=comment_post_ids)
    ):
        comments_by_post_id.setdefault(comment.post_id, []).append(comment)
    for post in posts:
        comments = list(comments_by_post_id.get(post.pk, []))
        print(post.title, [comment.text for comment in comments])
""",
        (COMMENTS,),
        tier="B",
        files=FILES,
    ),
    Case(
        "a comprehension",
        HEADER
        + """

def view(request):
    return {author.pk: len(Post.objects.filter(author__exact=author)) for author in Author.objects.all()}
""",
        HEADER
        + """

def view(request):
    authors = Author.objects.all()
    posts_by_author_id = {}
    for post in Post.objects.filter(author__in=[author.pk for author in authors]):
        posts_by_author_id.setdefault(post.author_id, []).append(post)
    return {author.pk: len(posts_by_author_id.get(author.pk, [])) for author in authors}
""",
        (AUTHOR,),
        tier="B",
        files=FILES,
    ),
    Case(
        "only whether there are any",
        HEADER
        + """

def view(request):
    for author in Author.objects.all():
        drafts = Post.objects.filter(author=author, draft=True)
        if not drafts:
            continue
        if drafts:
            print(author.email)
""",
        HEADER
        + """

def view(request):
    authors = Author.objects.all()
    post_author_ids = [author.pk for author in authors]
    posts_by_author_id = {}
    for post in Post.objects.filter(author__in=post_author_ids, draft=True):
        posts_by_author_id.setdefault(post.author_id, []).append(post)
    for author in authors:
        drafts = posts_by_author_id.get(author.pk, [])
        if not drafts:
            continue
        if drafts:
            print(author.email)
""",
        (DRAFTS,),
        tier="B",
        files=FILES,
    ),
    Case(
        "no order is a draft",
        HEADER
        + """

def view(request):
    for author in Author.objects.all():
        for number, post in enumerate(Post.objects.filter(author=author)):
            print(number, post.title)
""",
        HEADER
        + """

def view(request):
    authors = Author.objects.all()
    posts_by_author_id = {}
    for post in Post.objects.filter(author__in=[author.pk for author in authors]):
        posts_by_author_id.setdefault(post.author_id, []).append(post)
    for author in authors:
        for number, post in enumerate(posts_by_author_id.get(author.pk, [])):
            print(number, post.title)
""",
        (AUTHOR,),
        tier="C",
        files=FILES,
    ),
    Case(
        "keys of unknown origin are asked for again",
        HEADER
        + """

def view(ids: list[int]):
    for key in ids:
        posts = Post.objects.filter(author_id=key).order_by("id")
        print(sorted(posts, key=len), any(posts))
""",
        HEADER
        + """

def view(ids: list[int]):
    posts_by_author_id = {}
    for post in Post.objects.filter(author_id__in=ids).order_by("id"):
        posts_by_author_id.setdefault(post.author_id, []).append(post)
    for key in ids:
        posts = posts_by_author_id.get(key)
        if posts is None:
            posts = Post.objects.filter(author_id=key).order_by("id")
        print(sorted(posts, key=len), any(posts))
""",
        (AUTHOR,),
        tier="B",
        files=FILES,
    ),
    Case(
        "keys of text are a draft",
        HEADER
        + """

def view(request):
    for country in Country.objects.all():
        for post in Post.objects.filter(country=country).order_by("id"):
            print(country.code, post.title)
""",
        HEADER
        + """

def view(request):
    countries = Country.objects.all()
    post_country_ids = [country.pk for country in countries]
    posts_by_country_id = {}
    for post in Post.objects.filter(country__in=post_country_ids).order_by("id"):
        posts_by_country_id.setdefault(post.country_id, []).append(post)
    for country in countries:
        for post in (posts_by_country_id.get(country.pk) or Post.objects.filter(country=country).order_by("id")):
            print(country.code, post.title)
""",
        (COUNTRY,),
        tier="C",
        files=FILES,
    ),
    Case(
        "a column of numbers",
        HEADER
        + """

def view(request):
    for year in range(2000, 2020):
        found = [post.title for post in Post.objects.filter(year=year).order_by("title")]
        print(year, found)
""",
        HEADER
        + """

def view(request):
    posts_by_year = {}
    for post in Post.objects.filter(year__in=range(2000, 2020)).order_by("title"):
        posts_by_year.setdefault(post.year, []).append(post)
    for year in range(2000, 2020):
        found = [post.title for post in (posts_by_year.get(year) or Post.objects.filter(year=year).order_by("title"))]
        print(year, found)
""",
        (YEAR,),
        tier="B",
        files=FILES,
    ),
    Case(
        "rounds that skip are a draft",
        HEADER
        + """

def view(request):
    for author in Author.objects.all():
        if author.city:
            for post in Post.objects.filter(author=author).order_by("id"):
                print(post.title)
""",
        HEADER
        + """

def view(request):
    authors = Author.objects.all()
    post_author_ids = [author.pk for author in authors]
    posts_by_author_id = {}
    for post in Post.objects.filter(author__in=post_author_ids).order_by("id"):
        posts_by_author_id.setdefault(post.author_id, []).append(post)
    for author in authors:
        if author.city:
            for post in posts_by_author_id.get(author.pk, []):
                print(post.title)
""",
        (AUTHOR,),
        tier="C",
        files=FILES,
    ),
    Case(
        "changed rows are a draft",
        HEADER
        + """

def view(request):
    for author in Author.objects.all():
        for post in Post.objects.filter(author=author).order_by("id"):
            post.title = author.city
            post.save()
""",
        HEADER
        + """

def view(request):
    authors = Author.objects.all()
    post_author_ids = [author.pk for author in authors]
    posts_by_author_id = {}
    for post in Post.objects.filter(author__in=post_author_ids).order_by("id"):
        posts_by_author_id.setdefault(post.author_id, []).append(post)
    for author in authors:
        for post in posts_by_author_id.get(author.pk, []):
            post.title = author.city
            post.save()
""",
        (AUTHOR,),
        tier="C",
        files=FILES,
    ),
    Case(
        "the name of a row is taken, the line long",
        HEADER
        + """

def view(request, post):
    for author in Author.objects.all():
        for item in Post.objects.filter(author=author, draft=False).exclude(title="").order_by("year", "title"):
            print(post, item.title)
""",
        HEADER
        + """

def view(request, post):
    authors = Author.objects.all()
    post_author_ids = [author.pk for author in authors]
    posts_by_author_id = {}
    for row in (
        Post.objects.filter(author__in=post_author_ids, draft=False).exclude(title="").order_by("year", "title")
    ):
        posts_by_author_id.setdefault(row.author_id, []).append(row)
    for author in authors:
        for item in posts_by_author_id.get(author.pk, []):
            print(post, item.title)
""",
        (DRAFTS,),
        tier="B",
        files=FILES,
    ),
    Case(
        "a helper gets a twin",
        HEADER
        + """

def posts_of(author_id):
    return Post.objects.filter(author_id=author_id).order_by("title")


def view(request):
    for author in Author.objects.all():
        for post in posts_of(author.id):
            print(author.email, post.title)
""",
        HEADER
        + '''

def posts_of(author_id):
    return Post.objects.filter(author_id=author_id).order_by("title")


def posts_of_many(author_ids):
    """Lists of posts by author_id; keys without any are left out."""
    posts_by_author_id = {}
    for post in Post.objects.filter(author_id__in=author_ids).order_by("title"):
        posts_by_author_id.setdefault(post.author_id, []).append(post)
    return posts_by_author_id


def view(request):
    authors = Author.objects.all()
    posts_by_author_id = posts_of_many([author.id for author in authors])
    for author in authors:
        for post in posts_by_author_id.get(author.id, []):
            print(author.email, post.title)
''',
        (AUTHOR,),
        tier="B",
        files=FILES,
    ),
    Case(
        "a queryset that is handed on",
        HEADER
        + """

def view(request):
    for author in Author.objects.all():
        show(author, Post.objects.filter(author=author).order_by("id"))


def show(author, posts):
    print(posts.count())
""",
        None,
        (AUTHOR,),
        "R-RESULT",
        files=FILES,
    ),
    Case(
        "a queryset that is filtered on",
        HEADER
        + """

def view(request):
    for author in Author.objects.all():
        posts = Post.objects.filter(author=author)
        print(len(posts), posts.filter(draft=True))
""",
        None,
        (AUTHOR,),
        "R-RESULT",
        files=FILES,
    ),
    Case(
        "a name that is read after the loop",
        HEADER
        + """

def view(request):
    for author in Author.objects.all():
        posts = Post.objects.filter(author=author)
        print(len(posts))
    return posts
""",
        None,
        (AUTHOR,),
        "R-RESULT",
        files=FILES,
    ),
    Case(
        "a limit",
        HEADER
        + """

def view(request):
    for author in Author.objects.all():
        for post in Post.objects.filter(author=author).order_by("id")[:3]:
            print(post.title)
""",
        None,
        (AUTHOR,),
        "R-RESULT",
        files=FILES,
    ),
    Case(
        "a lock",
        HEADER
        + """

def view(request):
    for author in Author.objects.all():
        for post in Post.objects.select_for_update().filter(author=author):
            print(post.title)
""",
        None,
        (AUTHOR,),
        "R-SHAPE",
        files=FILES,
    ),
    Case(
        "values",
        HEADER
        + """

def view(request):
    for author in Author.objects.all():
        print(list(Post.objects.filter(author=author).values_list("title")))
""",
        None,
        (AUTHOR,),
        "R-SHAPE",
        files=FILES,
    ),
    Case(
        "an aggregate",
        HEADER
        + """

def view(request):
    for author in Author.objects.all():
        print(Post.objects.filter(author=author).count())
""",
        None,
        (AUTHOR,),
        "R-SHAPE",
        files=FILES,
    ),
    Case(
        "one row of a key",
        HEADER
        + """

def view(request):
    for author in Author.objects.all():
        print(Post.objects.filter(author=author).first())
""",
        None,
        (AUTHOR,),
        "R-UNRESOLVED",
        files=FILES,
    ),
    Case(
        "what is compared need not be a row",
        HEADER
        + """

def view(authors: list):
    for author in authors:
        print(list(Post.objects.filter(author=author)))
""",
        None,
        (AUTHOR,),
        "R-KEYEQ",
        files=FILES,
    ),
    Case(
        "what is compared is one of two",
        HEADER
        + """

def view(pairs: list):
    for author, city in pairs:
        print(list(Post.objects.filter(author=author)))
""",
        None,
        (AUTHOR,),
        "R-KEYEQ",
        files=FILES,
    ),
    Case(
        "the inner of two loops",
        HEADER
        + """

def view(years: list):
    for author in Author.objects.all():
        for year in years:
            print(len(Post.objects.filter(author=author, year=year)))
""",
        HEADER
        + """

def view(years: list):
    for author in Author.objects.all():
        posts_by_year = {}
        for post in Post.objects.filter(author=author, year__in=years):
            posts_by_year.setdefault(post.year, []).append(post)
        for year in years:
            print(len(posts_by_year.get(year) or Post.objects.filter(author=author, year=year)))
""",
        (BOTH,),
        tier="B",
        files=FILES,
    ),
    Case(
        "two keys of one round",
        HEADER
        + """

def view(request):
    for author in Author.objects.all():
        print(list(Post.objects.filter(author=author, year=author.pk)))
""",
        None,
        (BOTH,),
        "R-KEYEQ",
        files=FILES,
    ),
    Case(
        "a condition that is no key",
        HEADER
        + """

def view(request):
    for author in Author.objects.all():
        print(list(Post.objects.filter(author=author).filter(year__gt=author.pk)))
""",
        None,
        (AUTHOR,),
        "R-KEYEQ",
        files=FILES,
    ),
    Case(
        "through a link table",
        HEADER
        + """

def view(request):
    for tag in Tag.objects.all():
        print(list(Post.objects.filter(tags=tag)))
""",
        None,
        (TAGS,),
        "R-UNRESOLVED",
        files=FILES,
    ),
    Case(
        "a loop that makes such rows",
        HEADER
        + """

def view(request):
    for author in Author.objects.all():
        for post in Post.objects.filter(author=author).order_by("id"):
            Post.objects.create(author=author, title=post.title)
""",
        None,
        (AUTHOR,),
        "R-GET-OR-CREATE",
        files=FILES,
    ),
    Case(
        "a loop that deletes its rows",
        HEADER
        + """

def view(request):
    for author in Author.objects.all():
        for post in Post.objects.filter(author=author).order_by("id"):
            post.delete()
""",
        None,
        (AUTHOR,),
        "R-WRITE",
        files=FILES,
    ),
    Case(
        "a loop that can end early",
        HEADER
        + """

def view(request):
    for author in Author.objects.all():
        for post in Post.objects.filter(author=author).order_by("id"):
            return post
""",
        None,
        (AUTHOR,),
        "R-COND",
        files=FILES,
    ),
    Case(
        "a query that depends on the round before",
        HEADER
        + """

def view(request):
    last = ""
    for author in Author.objects.all():
        posts = Post.objects.filter(author=author).exclude(title=last).order_by("id")
        last = author.city
        print(len(posts))
""",
        None,
        (AUTHOR,),
        "R-CARRY",
        files=FILES,
    ),
    Case(
        "keys of a `while`",
        HEADER
        + """

def view(ids):
    while ids:
        key = ids.pop()
        print(list(Post.objects.filter(author_id=key)))
""",
        None,
        (AUTHOR,),
        "R-SHAPE",
        files=FILES,
    ),
    Case(
        "a helper that is given the row",
        HEADER
        + """

def posts_of(author):
    return Post.objects.filter(author=author).order_by("title")


def view(request):
    for author in Author.objects.all():
        print(len(posts_of(author)))
""",
        None,
        (AUTHOR,),
        "R-KEYEQ",
        files=FILES,
    ),
    Case(
        "another model's rows are asked for",
        HEADER
        + """

def view(request):
    comments = {}
    for comment in Comment.objects.filter(post__in=[1]):
        comments.setdefault(comment.post_id, []).append(comment)
    for author in Author.objects.all():
        print(list(Comment.objects.filter(post__author=author)))
    return list(Post.objects.filter(year__in=[1]))
""",
        None,
        (AUTHOR,),
        "R-UNRESOLVED",
        files=FILES,
    ),
    Case(
        "done already",
        HEADER
        + """

def view(ids):
    posts_by_author_id = {}
    for post in Post.objects.filter(author_id__in=ids):
        posts_by_author_id.setdefault(post.author_id, []).append(post)
    for key in ids:
        print(posts_by_author_id.get(key, []))
""",
        None,
        (AUTHOR,),
        "R-BATCHED",
        files=FILES,
    ),
)
