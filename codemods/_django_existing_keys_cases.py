"""The cases of `django-existing-keys`: what it changes, and what it leaves alone with which code."""

from codemods._django_group_rows_cases import AUTHOR, BOTH, COUNTRY, DRAFTS, FILES, YEAR
from codemods.api import Case, Repeat, Tier


def _changed(name: str, before: str, after: str, repeat: Repeat, *, tier: Tier = "B") -> Case:
    return Case(name, before, after, (repeat,), tier=tier, files=FILES)


def _left(name: str, code: str, text: str, repeat: Repeat) -> Case:
    return Case(name, text, None, (repeat,), code, files=FILES)


CASES: tuple[Case, ...] = (
    _changed(
        "whether a row has others",
        """\
from blog.models import Author, Country, Post


def view(request):
    for author in Author.objects.all():
        author.writes = Post.objects.filter(author=author).exists()
""",
        """\
from blog.models import Author, Country, Post


def view(request):
    authors = Author.objects.all()
    asked_author_ids = [author.pk for author in authors]
    found_author_ids = set(
        Post.objects.filter(author__in=asked_author_ids).values_list("author_id", flat=True)
    )
    for author in authors:
        author.writes = author.pk in found_author_ids
""",
        AUTHOR,
    ),
    _changed(
        "whether a row has none",
        """\
from blog.models import Author, Country, Post


def view(request):
    for author in Author.objects.all():
        if not Post.objects.filter(draft=True, author_id=author.pk).exists():
            print(author)
""",
        """\
from blog.models import Author, Country, Post


def view(request):
    authors = Author.objects.all()
    asked_author_ids = [author.pk for author in authors]
    found_author_ids = set(
        Post.objects.filter(draft=True, author_id__in=asked_author_ids).values_list("author_id", flat=True)
    )
    for author in authors:
        if author.pk not in found_author_ids:
            print(author)
""",
        DRAFTS,
    ),
    _changed(
        "how many others a row has",
        """\
from blog.models import Author, Country, Post


def view(request):
    return [(author, Post.objects.filter(author=author).count()) for author in Author.objects.order_by("city")]
""",
        """\
from django.db.models import Count

from blog.models import Author, Country, Post


def view(request):
    authors = Author.objects.order_by("city")
    asked_author_ids = [author.pk for author in authors]
    post_counts = dict(
        Post.objects.filter(author__in=asked_author_ids).values_list("author_id").annotate(Count("pk"))
    )
    return [(author, post_counts.get(author.pk, 0)) for author in authors]
""",
        AUTHOR,
    ),
    _changed(
        "keys of unknown origin are asked for again",
        """\
from blog.models import Author, Country, Post


def view(request):
    for year in request.years:
        if Post.objects.filter(year=year).exists():
            print(year)
""",
        """\
from blog.models import Author, Country, Post


def view(request):
    years = list(request.years)
    found_years = set(
        Post.objects.filter(year__in=years).values_list("year", flat=True)
    )
    for year in years:
        if year in found_years or Post.objects.filter(year=year).exists():
            print(year)
""",
        YEAR,
    ),
    _changed(
        "keys of unknown origin, where there are none",
        """\
from blog.models import Author, Country, Post


def view(request):
    for year in request.years:
        if not Post.objects.exclude(draft=True).filter(year=year).exists() and year:
            print(year)
""",
        """\
from blog.models import Author, Country, Post


def view(request):
    years = list(request.years)
    found_years = set(
        Post.objects.exclude(draft=True).filter(year__in=years).values_list("year", flat=True)
    )
    for year in years:
        if not (year in found_years or Post.objects.exclude(draft=True).filter(year=year).exists()) and year:
            print(year)
""",
        YEAR,
    ),
    _changed(
        "numbers of unknown keys",
        """\
from blog.models import Author, Country, Post


def view(request):
    for code in ['de', 'fr']:
        print(code, Post.objects.filter(country_id=code).count())
""",
        """\
from django.db.models import Count

from blog.models import Author, Country, Post


def view(request):
    asked_country_ids = ['de', 'fr']
    post_counts = dict(
        Post.objects.filter(country_id__in=asked_country_ids).values_list('country_id').annotate(Count('pk'))
    )
    for code in ['de', 'fr']:
        print(code, (post_counts.get(code) or Post.objects.filter(country_id=code).count()))
""",
        COUNTRY,
    ),
    _changed(
        "a comprehension with a condition",
        """\
from blog.models import Author, Country, Post


def view(request):
    return [a for a in Author.objects.all() if Post.objects.filter(author=a).exists() and a.city]
""",
        """\
from blog.models import Author, Country, Post


def view(request):
    authors = Author.objects.all()
    asked_author_ids = [a.pk for a in authors]
    found_author_ids = set(
        Post.objects.filter(author__in=asked_author_ids).values_list("author_id", flat=True)
    )
    return [a for a in authors if (a.pk in found_author_ids) and a.city]
""",
        AUTHOR,
    ),
    _changed(
        "rounds that ask for nothing are a draft",
        """\
from blog.models import Author, Country, Post


def view(request):
    for author in Author.objects.all():
        if author.city:
            print(dict(writes=Post.objects.filter(author=author).exists()))
""",
        """\
from blog.models import Author, Country, Post


def view(request):
    authors = Author.objects.all()
    asked_author_ids = [author.pk for author in authors]
    found_author_ids = set(
        Post.objects.filter(author__in=asked_author_ids).values_list("author_id", flat=True)
    )
    for author in authors:
        if author.city:
            print(dict(writes=author.pk in found_author_ids))
""",
        AUTHOR,
        tier="C",
    ),
    _changed(
        "a loop that writes is a draft",
        """\
from blog.models import Author, Country, Post


def view(request):
    for author in Author.objects.all():
        if Post.objects.filter(author=author).exists():
            author.country.delete()
""",
        """\
from blog.models import Author, Country, Post


def view(request):
    authors = Author.objects.all()
    asked_author_ids = [author.pk for author in authors]
    found_author_ids = set(
        Post.objects.filter(author__in=asked_author_ids).values_list("author_id", flat=True)
    )
    for author in authors:
        if author.pk in found_author_ids:
            author.country.delete()
""",
        AUTHOR,
        tier="C",
    ),
    _changed(
        "an argument of a call",
        """\
from blog.models import Author, Country, Post


def view(request):
    writes = {}
    for author in Author.objects.all():
        writes[author] = bool(Post.objects.filter(author=author).exists())
""",
        """\
from blog.models import Author, Country, Post


def view(request):
    writes = {}
    authors = Author.objects.all()
    asked_author_ids = [author.pk for author in authors]
    found_author_ids = set(
        Post.objects.filter(author__in=asked_author_ids).values_list("author_id", flat=True)
    )
    for author in authors:
        writes[author] = bool(author.pk in found_author_ids)
""",
        AUTHOR,
    ),
    _changed(
        "a query on several lines",
        """\
from blog.models import Author, Country, Post


def view(request):
    for author in Author.objects.all():
        writes = Post.objects.filter(
            draft=True,
            author=author,
        ).exists()
        print(writes)
""",
        """\
from blog.models import Author, Country, Post


def view(request):
    authors = Author.objects.all()
    asked_author_ids = [author.pk for author in authors]
    found_author_ids = set(
        Post.objects.filter(draft=True, author__in=asked_author_ids).values_list("author_id", flat=True)
    )
    for author in authors:
        writes = author.pk in found_author_ids
        print(writes)
""",
        AUTHOR,
    ),
    _left(
        "more than one key",
        "R-KEYEQ",
        """\
from blog.models import Author, Country, Post


def view(request):
    for author in Author.objects.all():
        print(Post.objects.filter(author=author, year=author.year).exists())
""",
        BOTH,
    ),
    _left(
        "a loop that makes such rows",
        "R-GET-OR-CREATE",
        """\
from blog.models import Author, Country, Post


def view(request):
    for year in request.years:
        if not Post.objects.filter(year=year).exists():
            Post.objects.create(year=year)
""",
        YEAR,
    ),
    _left(
        "a loop that ends early",
        "R-COND",
        """\
from blog.models import Author, Country, Post


def view(request):
    for year in request.years:
        if Post.objects.filter(year=year).exists():
            break
""",
        YEAR,
    ),
    _left(
        "rows that are told apart",
        "R-SHAPE",
        """\
from blog.models import Author, Country, Post


def view(request):
    for author in Author.objects.all():
        print(Post.objects.filter(author=author).distinct().count())
""",
        AUTHOR,
    ),
    _left(
        "what is compared need not be a row",
        "R-KEYEQ",
        """\
from blog.models import Author, Country, Post


def view(request):
    for author in request.authors:
        print(Post.objects.filter(author=author).exists())
""",
        AUTHOR,
    ),
    _left(
        "a condition that is no key",
        "R-KEYEQ",
        """\
from blog.models import Author, Country, Post


def view(request):
    for author in Author.objects.all():
        print(Post.objects.filter(author=author, title__in=author.titles).exists())
""",
        AUTHOR,
    ),
    _left(
        "another thing that is counted",
        "R-SHAPE",
        """\
from blog.models import Author, Country, Post
from collections import Counter as Count


def view(request):
    for author in Author.objects.all():
        print(Post.objects.filter(author=author).count())
""",
        AUTHOR,
    ),
    _left(
        "one key for all rounds",
        "R-UNRESOLVED",
        """\
from blog.models import Author, Country, Post


def view(request):
    for author in Author.objects.all():
        print(Post.objects.filter(author_id=1).exists())
""",
        AUTHOR,
    ),
    _left(
        "no loop",
        "R-UNRESOLVED",
        """\
from blog.models import Author, Country, Post


def view(request):
    return Post.objects.filter(author_id=request.pk).exists()
""",
        AUTHOR,
    ),
    _left(
        "rows of another table",
        "R-UNRESOLVED",
        """\
from blog.models import Author, Country, Post


def view(request):
    for author in Author.objects.all():
        print(Author.objects.filter(pk=author.pk).exists())
""",
        AUTHOR,
    ),
    _left(
        "a list that is counted",
        "R-UNRESOLVED",
        """\
from blog.models import Author, Country, Post


def view(request):
    for author in Author.objects.all():
        print(author.names.count("x"), author.posts.exists())
""",
        AUTHOR,
    ),
    _left(
        "a condition of another kind",
        "R-UNRESOLVED",
        """\
from blog.models import Author, Country, Post


def view(request):
    for author in Author.objects.all():
        print(Post.objects.filter(author__city=author.city).exists())
""",
        AUTHOR,
    ),
    _left(
        "a key that changes",
        "R-CARRY",
        """\
from blog.models import Author, Country, Post


def view(request):
    year = 1
    for post in request.posts:
        if Post.objects.filter(year=year).exists():
            year += 1
""",
        YEAR,
    ),
    _left(
        "done already",
        "R-BATCHED",
        """\
from blog.models import Author, Country, Post


def view(request):
    found_years = set(Post.objects.filter(year__in=request.years).values_list("year", flat=True))
    for year in request.years:
        print(year in found_years)
""",
        YEAR,
    ),
    _left(
        "another list of rows",
        "R-UNRESOLVED",
        """\
from blog.models import Author, Country, Post


def view(request):
    posts = set(Post.objects.filter(year__in=request.years))
    names = set(request.names.all())
    for year in request.years:
        print(year in posts)
""",
        YEAR,
    ),
    _left(
        "the call is only made for what is missing",
        "R-BATCHED",
        """\
from blog.models import Author, Country, Post


def view(request, seen):
    for year in request.years:
        print(year in seen or Post.objects.filter(year=year).exists())
""",
        YEAR,
    ),
    _changed(
        "a name that is taken",
        """\
from blog.models import Author, Country, Post


def view(request):
    for author in Author.objects.all():
        found_author_ids = Post.objects.filter(author=author).exists()
""",
        """\
from blog.models import Author, Country, Post


def view(request):
    authors = Author.objects.all()
    asked_author_ids = [author.pk for author in authors]
    found_post_author_ids = set(
        Post.objects.filter(author__in=asked_author_ids).values_list("author_id", flat=True)
    )
    for author in authors:
        found_author_ids = author.pk in found_post_author_ids
""",
        AUTHOR,
    ),
)
