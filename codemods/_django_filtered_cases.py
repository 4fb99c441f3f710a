"""Cases of `django-eager-load` where a method of the model asks for a part of a collection, row by row."""

from msgspec.structs import replace

from codemods._django_cases import MODELS, _app, _repeat
from codemods.api import Case, Repeat

_METHOD = '''
    def good(self):
        """Those that say b."""
        return self.comment_set.filter(text="b")
'''
_AHEAD = '''
    def good(self):
        """Those that say b."""
        if hasattr(self, "prefetched_good"):
            return self.prefetched_good
        return self.comment_set.filter(text="b")
'''
_PLACE = "\n\nclass Comment("
PART = _repeat(("blog_comment",), "blog_comment.post_id", "text")
_LOOP = 'return [[comment.text for comment in post.good()] for post in Post.objects{}.order_by("id")]'
_ONE = _LOOP.format("")


def _models(method: str) -> str:
    return MODELS.replace(_PLACE, f"{method}{_PLACE}", 1)


def _prefetch(indent: str, accessor: str, queryset: str, attribute: str, *below: str) -> str:
    """The call that loads the part, as it is laid out below a line of that indentation."""
    inner = f"{indent}        "
    parts = f'{inner}"{accessor}",\n{inner}queryset={queryset},\n{inner}to_attr="{attribute}",\n'
    more = "".join(f'\n{indent}    "{path}",' for path in below)
    return f".prefetch_related(\n{indent}    Prefetch(\n{parts}{indent}    ),{more}\n{indent})"


_GOOD = _prefetch("    ", "comment_set", 'Comment.objects.filter(text="b")', "prefetched_good")
_IMPORT = "from django.db.models import Prefetch\n\n"


def _part(
    name: str, body: str, edited: str, methods: tuple[str, str] = (_METHOD, _AHEAD),
    imports: tuple[str, str] = ("", _IMPORT), files: dict[str, str] | None = None,
) -> Case:  # fmt: skip
    before, after = map(_models, methods)
    return Case(
        name, _app(body, imports[0]), _app("", imports[1]) + edited, (PART,),
        files={"blog/models.py": before, **(files or {})},
        others={"blog/models.py": after} if after != before else {},
    )  # fmt: skip


def _whole(
    name: str, body: str = _ONE, method: str = _METHOD, repeat: Repeat = PART, imports: str = "",
    files: dict[str, str] | None = None,
) -> Case:  # fmt: skip
    given = {"blog/models.py": _models(method), **(files or {})}
    return Case(name, _app(body, imports), None, (repeat,), "R-CACHEBYPASS", files=given)


def _lines(text: str) -> str:
    return "".join(f"    {line}\n" if line else "\n" for line in text.splitlines())


def _method(returned: str, given: str = "self", above: str = "", before: str = "") -> str:
    return f"\n{above}    def good({given}):\n{before}        return {returned}\n"


_OF_MODEL = """
    @property
    def get_good(self):
{}        return Comment.objects.filter(post=self, text__in=("b", "c")).order_by("-id")
"""
_BY_MODEL = 'Comment.objects.filter(text__in=("b", "c")).order_by("-id")'
_GIVEN = """        if hasattr(self, "good"):
            return self.good
"""
_TEMPLATE = "{% for post in posts %}{% for comment in post.good %}{{ comment.writer.email }}{% endfor %}{% endfor %}\n"
_RENDERED = 'posts = Post.objects{}.order_by("id")\nreturn render(request, "blog/parts.html", {{"posts": posts}})'
_RENDER = "from django.shortcuts import render\n"
_COUNTED = "def size(post):\n    return post.good().count()\n"
_PLAIN = 'return [[comment.text for comment in post.good()] for post in {}Post.objects{}.order_by("id")]\n'
_BESIDE = "return [(post.author.email, len(post.good())) for post in Post.objects{}{}.order_by({})]"
_JOINED, _ID = '.select_related("author")', '"id"'
_LISTED = """\
rows = []
for post in Post.objects{}.order_by("id"):
    if post.good():
        rows.append((post.good()[0].text, sorted(comment.text for comment in post.good())))
return rows"""

_NAMES = 'return [[tag.name for tag in post.good()] for post in Post.objects{}.order_by("id")]'
_TAGGED = 'self.tags.filter(name__in=["t0", "t1"]).order_by("-name")'
_AHEAD_OF = """        if hasattr(self, "prefetched_good"):
            return self.prefetched_good
"""
CASES: tuple[Case, ...] = (
    _part("a part of a collection, by a method", _ONE, f"    {_LOOP.format(_GOOD)}\n"),
    _part(
        "a part of it, asked of the model of its rows",
        'return [[comment.text for comment in post.get_good] for post in Post.objects.order_by("id")]',
        "    return [[comment.text for comment in post.get_good] for post in Post.objects"
        + _prefetch("    ", "comment_set", _BY_MODEL, "good") + '.order_by("id")]\n',
        (_OF_MODEL.format(""), _OF_MODEL.format(_GIVEN)),
    ),
    _part(
        "a part of a collection of the rows that the rows lead to",
        'return [[other.text for other in comment.post.good()] for comment in Comment.objects.order_by("id")]',
        "    return [[other.text for other in comment.post.good()] for comment in Comment.objects"
        + _prefetch("    ", "post__comment_set", 'Comment.objects.filter(text="b")', "prefetched_good")
        + '.order_by("id")]\n',
    ),
    _part("a part of it, and the method gives a list already", _ONE, f"    {_LOOP.format(_GOOD)}\n", (_AHEAD, _AHEAD)),
    _part(
        "a part of it, in a template that reads more on its rows", _RENDERED.format(""),
        _lines(_RENDERED.format(_prefetch(
            "", "comment_set", 'Comment.objects.filter(text="b")', "prefetched_good", "prefetched_good__writer",
        ))),
        imports=(_RENDER, "from django.db.models import Prefetch\n" + _RENDER),
        files={"blog/templates/blog/parts.html": _TEMPLATE},
    ),
    replace(_part(
        "a part of it, and a function that gets no such row needs a queryset", _ONE, f"    {_LOOP.format(_GOOD)}\n",
        files={"blog/feeds.py": _COUNTED},
    ), tier="C"),
    _part(
        "a part of it, as one may use a list", _LISTED.format(""), _lines(_LISTED.format(_prefetch(
            "", "comment_set", 'Comment.objects.filter(text="b")', "prefetched_good",
        ))),
    ),
    _part(
        "a part of it, and a relation of the same rows", _BESIDE.format("", "", _ID),
        f"    {_BESIDE.format(_GOOD, _JOINED, _ID)}\n",
    ),
    Case(
        "a part of it, and its model is not imported yet",
        "from blog.models import Post\n\n\ndef view(request):\n    " + _PLAIN.format("", ""),
        "from django.db.models import Prefetch\n\nfrom blog.models import Comment, Post\n\n\ndef view(request):\n    "
        + _PLAIN.format("", _GOOD), (PART,),
        files={"blog/models.py": _models(_METHOD)}, others={"blog/models.py": _models(_AHEAD)},
    ),
    Case(
        "a part of rows that many share",
        _app(_NAMES.format("")), _app("", _IMPORT) + _lines(_NAMES.format(_prefetch(
            "", "tags", 'Tag.objects.filter(name__in=["t0", "t1"]).order_by("-name")', "prefetched_good",
        ))), (_repeat(("blog_tag", "blog_post_tags"), "blog_post_tags.post_id", "blog_tag.name"),),
        files={"blog/models.py": _models(_method(_TAGGED))},
        others={"blog/models.py": _models(_method(_TAGGED, before=_AHEAD_OF))},
    ),
    Case(
        "a part of rows that many share, by their own collection", _app(_NAMES.format("")), None,
        (_repeat(("blog_tag", "blog_post_tags", "blog_post"), "blog_post_tags.post_id", "blog_post.title"),),
        "R-CACHEBYPASS", files={"blog/models.py": _models(_method('self.tags.filter(posts__title="a")'))},
    ),
    _whole("the method asks by an argument", 'return [list(post.good("b")) for post in Post.objects.all()]',
           _method("self.comment_set.filter(text=text)", "self, text")),
    _whole("the method asks by a value of the row", method=_method("self.comment_set.filter(text=self.title)")),
    _whole("the method asks by a name", method=_method("self.comment_set.filter(text__in=WORDS)")),
    _whole("the method asks by what a dictionary holds",
           method=_method('self.comment_set.filter(text="b", **WORDS)')),
    _whole("the method does more",
           method=_method('self.comment_set.filter(text="b")', before="        self.seen = True\n")),
    _whole("the method gives something else in some cases", method=_method(
        'self.comment_set.filter(text="b")', before='        if hasattr(self, "a"):\n            return self.b\n')),
    _whole("the method gives some of them", method=_method('self.comment_set.filter(text="b")[:2]')),
    _whole("the method gives the first of them", 'return [post.good() for post in Post.objects.all()]',
           method=_method('self.comment_set.filter(text="b").first()')),
    _whole("the method gives no rows of a key", method=_method('Comment.objects.exclude(post=self, text="b")')),
    _whole("the method asks by another key", method=_method('Comment.objects.filter(writer=self, text="b")')),
    _whole("the method gives a list of its own", method=_method('list(self.comment_set.filter(text="b"))')),
    _whole("the method is decorated", method=_method('self.comment_set.filter(text="b")', above="    @keep\n")),
    _whole("the method asks for rows of another model",
           method=_method('self.tags.filter(name="b")')),
    _whole("another statement than the method's",
           repeat=_repeat(("blog_comment",), "blog_comment.post_id", "hidden")),
    _whole("a loop over parts that ends early",
           "for post in Post.objects.all():\n    for comment in post.good():\n        return comment.text"),
    _whole("parts of rows in a stream",
           "return [list(post.good()) for post in Post.objects.iterator()]"),
    _whole("the part of one row", "return list(Post.objects.get(pk=1).good())"),
    _whole("parts that a template counts", _RENDERED.format("").replace("parts", "sizes"), imports=_RENDER,
           files={"blog/templates/blog/sizes.html": "{% for post in posts %}{{ post.good.count }}{% endfor %}\n"}),
    _whole("parts that are counted", 'return [post.good().count() for post in Post.objects.all()]'),
    _whole("parts that a function asks for less", "return [size(post) for post in Post.objects.all()]",
           imports="from blog.feeds import size\n", files={"blog/feeds.py": _COUNTED}),
    _whole("parts, and Prefetch is another function", imports="def Prefetch():\n    pass\n\n\n"),
    _whole("parts, and the names are taken",
           files={"blog/feeds.py": "def f(post):\n    return post.prefetched_good\n"}),
    _whole("parts of the rows of two queries",
           f"{_ONE.replace('return', 'first =')}\nreturn first + [list(post.good()) for post in Post.objects.all()]"),
    replace(_whole("the query loads the part already", _LOOP.format(
        '.prefetch_related(Prefetch("comment_set", queryset=Comment.objects.filter(text="b"), to_attr="prefetched_good"))'),
        method=_AHEAD, imports=_IMPORT), code="R-ALREADY-EAGER"),
    Case(
        "parts, and no import shows where the model comes from",
        "import blog.models\n\n\ndef view(request):\n    " + _PLAIN.format("blog.models.", ""), None, (PART,),
        "R-CACHEBYPASS", files={"blog/models.py": _models(_METHOD)},
    ),
)  # fmt: skip
