"""The cases of `sqlalchemy-eager-load` for queries whose model is not written in them."""

from codemods._sqlalchemy_cases import changed, untouched

_REPO = """\
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from models import Author, Post, Tag


class Repo:
    model = None
    eager = ()

    def __init__(self, session):
        self.session = session

    def loaders(self):
        return []
{method}

    def all(self):
        return self.session.scalars({query}).all()


class Posts(Repo):
    model = Post
{own}

class Tags(Repo):
    model = Tag


def view(session):
    return [post.author.email for post in Posts(session).all()]
"""
_MAKES = "\n    def query(self):\n        return select(self.model)\n"


def _repo(own: str, query: str = "select(self.model).options(*self.loaders())", method: str = "") -> str:
    return _REPO.format(own=own, query=query, method=method)


_SCHEMAS = """\
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from models import Post, Tag


class Out:
    @classmethod
    def loaders(cls):
        return []


class PostOut(Out):
    @classmethod
    def loaders(cls):
{own}

class TagOut(Out):
    pass


class Repo:
    def __init__(self, session, model, schema):
        self.session = session
        self.model = model
        self.schema = schema

    def all(self):
        return self.session.scalars(select(self.model).options(*self.schema.loaders())).all()


class Posts(Repo):
    def __init__(self, session):
        super().__init__(session, Post, PostOut)


class Tags(Repo):
    def __init__(self, session):
        super().__init__(session, Tag, schema=TagOut)


def view(session):
    return [post.author.email for post in Posts(session).all()]
"""
_HELPER = """\
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from models import Author, Post, Tag


def find(session, model, {parameters}):
    {body}


def tags(session):
    return find(session, Tag)


def view(session):
    return [post.author.email for post in {call}]
"""


def _helper(call: str, body: str, parameters: str = "options=()") -> str:
    return _HELPER.format(call=call, body=body, parameters=parameters)


_KEPT = """

def rows(session):
    found = find(session, Post)
    return session.scalars(found.order_by(Post.title)).all()
"""
_RANKED = """

def ranked(session, model):
    found = find(session, model)
    return session.scalars(found.order_by(model.id)).all()
"""
_MADE = "rows = select(model)\n    return rows"
_OR_NONE = "return None if options else select(model)"
_TESTED = "    if found is None:\n"
_LOADS = "return session.scalars(select(model).options(*options)).all()"
_BINDS = "rows = select(model)\n    return session.scalars(rows).all()"
_GUARDS = (
    "rows = select(model)\n    if model is Post:\n        rows = rows.options(selectinload(Post.author))\n"
    "    return session.scalars(rows).all()"
)

CASES = (
    changed(
        "one subclass names the model: the query itself",
        _repo("", "select(self.model)").replace("    model = Tag\n", "    pass\n"),
        _repo("", "select(self.model).options(selectinload(Post.author))").replace("    model = Tag\n", "    pass\n"),
    ),
    changed(
        "a base class asks a method for loader options: its list in the class that has the model",
        _repo("\n    def loaders(self):\n        return []\n"),
        _repo("\n    def loaders(self):\n        return [selectinload(Post.author)]\n"),
    ),
    changed(
        "a list of options with a line for each",
        _repo("\n    def loaders(self):\n        return [\n            selectinload(Post.tags),\n        ]\n"),
        _repo(
            "\n    def loaders(self):\n        return [\n            selectinload(Post.tags),\n"
            "            selectinload(Post.author),\n        ]\n"
        ),
    ),
    changed(
        "a base class asks an attribute for loader options",
        _repo("    eager = (selectinload(Post.tags),)\n", "select(self.model).options(*self.eager)"),
        _repo(
            "    eager = (selectinload(Post.tags), selectinload(Post.author),)\n",
            "select(self.model).options(*self.eager)",
        ),
    ),
    changed(
        "an empty tuple of options",
        _repo("    eager = ()\n", "select(self.model).options(*self.eager)"),
        _repo("    eager = (selectinload(Post.author),)\n", "select(self.model).options(*self.eager)"),
    ),
    changed(
        "a method that makes the query: an override in the class that has the model",
        _repo("", "self.query()", _MAKES),
        _repo(
            "\n    def query(self):\n        return super().query().options(selectinload(Post.author))\n",
            "self.query()",
            _MAKES,
        ),
        tier="C",
    ),
    changed(
        "a helper passes loader options on: an argument of the call that names the model",
        _helper("find(session, Post)", _LOADS),
        _helper("find(session, Post, options=[selectinload(Post.author)])", _LOADS),
    ),
    changed(
        "the call gives options already",
        _helper("find(session, Post, options=[selectinload(Post.tags)])", _LOADS),
        _helper("find(session, Post, options=[selectinload(Post.tags), selectinload(Post.author)])", _LOADS),
    ),
    changed(
        "a helper that keeps the query in a name: under a test of the model",
        _helper("find(session, Post)", _BINDS),
        _helper("find(session, Post)", _GUARDS),
    ),
    changed(
        "a helper that returns the query: the call that names the model",
        _helper("rows(session)", "return select(model)") + _KEPT,
        _helper("rows(session)", "return select(model)")
        + _KEPT.replace("Post)", "Post).options(selectinload(Post.author))"),
    ),
    changed(
        "a query, or None: where it is used after the test",
        _helper("rows(session)", _OR_NONE) + _KEPT.replace("    return", _TESTED + "        return []\n    return"),
        _helper("rows(session)", _OR_NONE)
        + _KEPT.replace("    return", _TESTED + "        return []\n    return").replace(
            "found.order_by", "found.options(selectinload(Post.author)).order_by"
        ),
    ),
    changed(
        "a helper for any model on a helper for any model: where the query is made",
        _helper("ranked(session, Post)", _MADE).replace("find(session, Tag)", "ranked(session, Tag)") + _RANKED,
        _helper("ranked(session, Post)", _GUARDS.replace("session.scalars(rows).all()", "rows")).replace(
            "find(session, Tag)", "ranked(session, Tag)"
        )
        + _RANKED,
    ),
    changed(
        "others ask the helper that makes it: the helper on it",
        _helper("ranked(session, Post)", _MADE) + _RANKED,
        _helper("ranked(session, Post)", _MADE)
        + _RANKED.replace("model)\n    return", "model).options(selectinload(Post.author))\n    return"),
    ),
    untouched("the query of a base class, which nothing refines for one model", "R-SHARED", _repo("", "select(self.model)")),
    changed(
        "a method for loader options that the class does not have itself: an override",
        _repo(""),
        _repo("\n    def loaders(self):\n        return [*super().loaders(), selectinload(Post.author)]\n"),
    ),
    changed(
        "a schema that lists loader options: the one that is made with the model",
        _SCHEMAS.format(own="        return []\n"),
        _SCHEMAS.format(own="        return [selectinload(Post.author)]\n"),
    ),
    changed(
        "a list of options with a line for each and no last comma",
        _repo("\n    def loaders(self):\n        return [\n            selectinload(Post.tags)\n        ]\n"),
        _repo(
            "\n    def loaders(self):\n        return [\n            selectinload(Post.tags),\n"
            "            selectinload(Post.author)\n        ]\n"
        ),
    ),
    untouched(
        "a method for loader options that takes more than self",
        "R-SHARED",
        _repo("").replace("def loaders(self)", "def loaders(self, more=())"),
    ),
    untouched(
        "loader options of an attribute that the class does not hold itself",
        "R-SHARED",
        _repo("", "select(self.model).options(*self.eager)"),
    ),
    untouched(
        "a schema without loader options of its own",
        "R-SHARED",
        _SCHEMAS.format(own="        return []\n").replace("Post, PostOut)", "Post, schema=TagOut)"),
    ),
    untouched(
        "a method for loader options that computes them",
        "R-SHARED",
        _repo("\n    def loaders(self):\n        return list(self.eager)\n"),
    ),
    untouched(
        "an attribute for loader options that is no literal",
        "R-SHARED",
        _repo("    eager = list(())\n", "select(self.model).options(*self.eager)"),
    ),
    untouched(
        "options of another object",
        "R-SHARED",
        _repo("", "select(self.model).options(*self.other.eager)"),
    ),
    untouched(
        "the method that makes the query takes more than self",
        "R-SHARED",
        _repo("", "self.query()", _MAKES.replace("(self):", "(self, *more):")),
    ),
    untouched(
        "the method that makes the query is a property",
        "R-UNRESOLVED",
        _repo("", "self.query", _MAKES.replace("    def", "    @property\n    def")),
    ),
    untouched(
        "loaded by the options of the class",
        "R-ALREADY-EAGER",
        _repo("\n    def loaders(self):\n        return [selectinload(Post.author)]\n"),
    ),
    untouched(
        "loaded by an override of the method that makes the query",
        "R-ALREADY-EAGER",
        _repo("\n    def query(self):\n        return super().query().options(selectinload(Post.author))\n", "self.query()", _MAKES),
    ),
    untouched("a helper that runs the query at once", "R-SHARED", _helper("find(session, Post)", "return session.scalars(select(model)).all()")),
    untouched(
        "a query, or None, that is refined in two places",
        "R-SHARED",
        _helper("rows(session)", _OR_NONE) + _KEPT.replace("    return", _TESTED.replace("found is None", "session and not found") + "        found.limit(1)\n    return"),
    ),
    untouched(
        "a method for loader options that no class has",
        "R-SHARED",
        _repo("", "select(self.model).options(*self.gone())"),
    ),
    untouched(
        "loader options that the helper has itself",
        "R-SHARED",
        _helper("find(session, Post)", "return session.scalars(select(model).options(*EAGER)).all()"),
    ),
    untouched(
        "a helper that keeps the rows in a name",
        "R-SHARED",
        _helper("find(session, Post)", "rows = session.query(model).all()\n    return rows"),
    ),
    untouched("two calls name the model", "R-SHARED", _helper("find(session, Post) + find(session, Post)", _LOADS)),
    untouched("the call's options are in a name", "R-SHARED", _helper("find(session, Post, options=tags)", _LOADS)),
    untouched("the call's options are in a dictionary", "R-SHARED", _helper("find(session, Post, **tags)", _LOADS)),
    untouched("loaded by the argument of the call", "R-ALREADY-EAGER", _helper("find(session, Post, options=[selectinload(Post.author)])", _LOADS)),
    untouched("the caller of the query is not on the way", "R-UNRESOLVED", _helper("tags(session)", _LOADS) + "\n\ndef posts(session):\n    return find(session, Post)\n"),
)  # fmt: skip
