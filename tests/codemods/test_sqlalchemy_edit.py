"""How an edit names a model that its file does not: the import it adds, or why it adds none."""

from collections.abc import Callable
from pathlib import Path
from textwrap import indent

import pytest

from codemods import sqlalchemy_eager_load
from codemods._sqlalchemy_cases import AUTHOR
from codemods.api import No, Proposal, Reached, Sighting
from codemods.index import Index

Checkout = Callable[[dict[str, str]], Path]
AUTHORS = """\
class Author(Base):
    __tablename__ = "authors"
    id = Column(Integer, primary_key=True)
"""
POSTS = """\
class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    author_id = Column(ForeignKey("authors.id"))
    author = relationship("Author")
"""
COMMENTS = """\
class Comment(Base):
    __tablename__ = "comments"
    id = Column(Integer, primary_key=True)
    post_id = Column(ForeignKey("posts.id"))
    post = relationship("Post")
"""
VIEW = """\
from sqlalchemy.orm import joinedload

{imports}


def view(session):
    return [c.post.author for c in session.query(Comment){options}.order_by(Comment.id)]
"""
OPTIONS = ".options(joinedload(Comment.post).joinedload(Post.author))"
STAR = "from .more import *\n"
ALL = "\n\n".join((AUTHORS, POSTS, COMMENTS))
APART = {"blog/posts.py": f"{AUTHORS}\n\n{POSTS}", "blog/comments.py": COMMENTS}


def answer(root: Path) -> Proposal | No:
    index = Index(root)
    hops = index.calls.reach([("blog/app.py", "view")], 6)
    reached = tuple(Reached(*key, hop.distance, "the entry") for key, hop in hops.items())
    (found,) = sqlalchemy_eager_load.find(index, Sighting("n_plus_one_db", (AUTHOR,), reached))
    return found


# (imports before, after, other files)
ADDED = [
    pytest.param(
        "from blog.models import Comment",
        "from blog.models import Comment, Post",
        {"blog/models.py": ALL},
        id="beside the one that is imported",
    ),
    pytest.param(
        "from .models import Comment",
        "from .models import Comment, Post",
        {"blog/models.py": ALL},
        id="the same, relative",
    ),
    pytest.param(
        "from .comments import Comment",
        "from blog.posts import Post\n\nfrom .comments import Comment",
        {**APART, "blog/other.py": "from blog.posts import Post\n"},
        id="as another file imports it",
    ),
    pytest.param(
        "from . import comments\nfrom .comments import Comment",
        "from blog.posts import Post\n\nfrom . import comments\nfrom .comments import Comment",
        {**APART, "blog/other.py": "import blog.posts\nfrom blog.posts import Post\n"},
        id="from a package",
    ),
    pytest.param(
        "from blog.models import Comment",
        "from blog.models import Comment, Post",
        {**APART, "blog/models.py": "from .comments import Comment\nfrom .posts import Post\n"},
        id="from the module that hands both out",
    ),
    pytest.param(
        "from blog.models import Comment",
        "from blog.models import Comment\nfrom blog.posts import Post",
        {
            **APART,
            "blog/models.py": "from .comments import Comment\nif TYPE_CHECKING:\n    from .posts import Post\n",
            "blog/other.py": "from blog.posts import Post\n",
        },
        id="not from one that has it for type checkers only",
    ),
    pytest.param(
        "from blog.comments import Comment",
        "from blog.comments import Comment\nfrom blog.posts import Post",
        {
            "blog/posts/__init__.py": f"from gone import x\nfrom blog.broken import y\n{STAR}{AUTHORS}\n\n{POSTS}",
            "blog/posts/more.py": "import blog.other\n",
            "blog/comments.py": COMMENTS,
            "blog/other.py": "import blog\nfrom blog.posts import Post\n",
            "blog/broken.py": "from blog.posts import Post(",
        },
        id="of a package's own file",
    ),
    pytest.param(
        "from blog.comments import Comment",
        "from blog.comments import Comment\nfrom blog.shop import Post",
        {
            "blog/shop/__init__.py": "from .posts import Post\n",
            "blog/shop/posts.py": f"{AUTHORS}\n\n{POSTS}",
            "blog/comments.py": COMMENTS,
            "blog/other.py": "from blog.shop import Post\n",
        },
        id="from a package that hands it out, where nobody imports its own file",
    ),
    pytest.param(
        "from flask import session\n\nfrom blog.comments import Comment",
        "from flask import session\n\nfrom blog.comments import Comment\nfrom blog.posts import Post",
        {**APART, "blog/web/__init__.py": "", "blog/web/flask/__init__.py": "",
         "blog/web/flask/session.py": "from blog.posts import Post\n"},
        id="not through a name of another library that a folder of the tree is called like",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("imports", "after", "files"), ADDED)
def test_an_import_is_added(imports: str, after: str, files: dict[str, str], checkout: Checkout) -> None:
    before = VIEW.format(imports=imports, options="")
    root = checkout({"blog/__init__.py": "", "blog/app.py": before, **files})
    found = answer(root)
    assert isinstance(found, Proposal), found
    assert found.texts == {"blog/app.py": VIEW.format(imports=after, options=OPTIONS)}


REFUSED = [
    pytest.param(
        "from blog.comments import Comment", APART, "blog/app.py does not import Post", id="nobody imports it"
    ),
    pytest.param(
        "from blog.comments import Comment",
        {
            "blog/posts.py": f"from blog.helper import x\n{AUTHORS}\n\n{POSTS}",
            "blog/helper.py": "from blog.app import view\n",
            "blog/comments.py": COMMENTS,
            "blog/other.py": "from blog.posts import Post\n",
        },
        "blog/app.py cannot import Post: blog/posts.py imports it in turn",
        id="an import circle",
    ),
    pytest.param(
        "from blog.comments import Comment",
        {
            "blog/shop/__init__.py": "from blog.app import view\nfrom .posts import Post\n",
            "blog/shop/posts.py": f"{AUTHORS}\n\n{POSTS}",
            "blog/comments.py": COMMENTS,
            "blog/other.py": "from blog.shop import Post\n",
        },
        "blog/app.py cannot import Post: blog/shop/__init__.py imports it in turn",
        id="an import circle through a package",
    ),
    pytest.param(
        "from blog.models import Comment\nPost = None",
        {"blog/models.py": ALL},
        "blog/app.py uses the name Post for something else",
        id="the name is taken",
    ),
    pytest.param(
        "from blog.models import Comment",
        {"blog/models.py": f"{AUTHORS}\n\nclass Outer:\n{indent(POSTS, '    ')}\n\n{COMMENTS}"},
        "blog/app.py does not import Outer.Post",
        id="a class inside a class",
    ),
    pytest.param(
        "from blog.comments import Comment\ndef make():\n    from blog.posts import Post\n",
        APART,
        "blog/app.py uses the name Post for something else",
        id="another function imports it",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("imports", "files", "why"), REFUSED)
def test_no_import_is_added(imports: str, files: dict[str, str], why: str, checkout: Checkout) -> None:
    before = VIEW.format(imports=imports, options="")
    found = answer(checkout({"blog/__init__.py": "", "blog/app.py": before, **files}))
    assert isinstance(found, No), found.texts
    assert (found.code, found.message) == ("R-UNRESOLVED", why)
