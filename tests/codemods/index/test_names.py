"""From a name in one file to its definition: imports as Python resolves them, re-exports, source roots, no guesses."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.index import Index
from codemods.index.names import matches_module

Checkout = Callable[[dict[str, str]], Path]
MODELS = "class Post: ...\ndef load(): ...\nPOSTS = []\n"

RESOLVED = [
    pytest.param({"app.py": "from models import Post", "models.py": MODELS}, "Post", ("models.py", "Post"), id="from"),
    pytest.param({"app.py": "from models import Post as P", "models.py": MODELS}, "P", ("models.py", "Post"), id="as"),
    pytest.param({"app.py": "import models", "models.py": MODELS}, "models.Post", ("models.py", "Post"), id="module"),
    pytest.param(
        {"app.py": "import models as m", "models.py": MODELS}, "m.load", ("models.py", "load"), id="module as"
    ),
    pytest.param({"app.py": "import a.b as c", "a/b.py": MODELS}, "c.Post", ("a/b.py", "Post"), id="import a.b as c"),
    pytest.param({"app.py": "import a.b", "a/b.py": MODELS}, "a.b.Post", ("a/b.py", "Post"), id="import a.b"),
    pytest.param({"app.py": "import a.b", "a/b.py": MODELS}, "a.b", ("a/b.py", ""), id="a module itself"),
    pytest.param(
        {"app.py": "from a import b", "a/b.py": MODELS}, "b.Post.title", ("a/b.py", "Post.title"), id="class attribute"
    ),
    pytest.param({"app.py": MODELS}, "Post", ("app.py", "Post"), id="the same file"),
    pytest.param({"app.py": MODELS}, "POSTS", ("app.py", "POSTS"), id="a value"),
    pytest.param({"app.py": "from models import *", "models.py": MODELS}, "Post", ("models.py", "Post"), id="star"),
    pytest.param(
        {"app.py": "from a import *", "a.py": "from b import *", "b.py": "from a import *\n" + MODELS},
        "Post",
        ("b.py", "Post"),
        id="stars in a circle",
    ),
    pytest.param(
        {"app.py": "from pkg import Post", "pkg/__init__.py": "from .models import Post", "pkg/models.py": MODELS},
        "Post",
        ("pkg/models.py", "Post"),
        id="re-export",
    ),
    pytest.param(
        {"app.py": "from pkg import models", "pkg/__init__.py": "", "pkg/models.py": MODELS},
        "models.Post",
        ("pkg/models.py", "Post"),
        id="a submodule",
    ),
    pytest.param(
        {"app.py": "from pkg import models", "pkg/__init__.py": "from . import models", "pkg/models.py": MODELS},
        "models.Post",
        ("pkg/models.py", "Post"),
        id="a submodule that the package imports",
    ),
    pytest.param(
        {
            "app.py": "from blog.models import Post",
            "site/__init__.py": "",
            "site/apps/__init__.py": "",
            "site/apps/blog/__init__.py": "",
            "site/apps/blog/models.py": MODELS,
        },
        "Post",
        ("site/apps/blog/models.py", "Post"),
        id="a folder of a package that is on the path",
    ),
    pytest.param(
        {"app.py": "from pkg import load", "pkg/__init__.py": "from .load import load", "pkg/load.py": MODELS},
        "load",
        ("pkg/load.py", "load"),
        id="a function hides the module of its name",
    ),
    pytest.param(
        {"app.py": "import pkg", "pkg/__init__.py": "from .m import Post", "pkg/m.py": MODELS},
        "pkg.Post",
        ("pkg/m.py", "Post"),
        id="an attribute of a package",
    ),
    pytest.param(
        {"src/shop/app.py": "from shop.models import Post", "src/shop/models.py": MODELS, "src/shop/__init__.py": ""},
        "Post",
        ("src/shop/models.py", "Post"),
        id="src layout",
    ),
    pytest.param(
        {"back/app.py": "from models import Post", "back/models.py": MODELS, "front/models.py": MODELS},
        "Post",
        ("back/models.py", "Post"),
        id="the source root of the importer",
    ),
    pytest.param({"a/b/app.py": "from .m import Post", "a/b/m.py": MODELS}, "Post", ("a/b/m.py", "Post"), id="one dot"),
    pytest.param({"a/b/app.py": "from ..m import Post", "a/m.py": MODELS}, "Post", ("a/m.py", "Post"), id="two dots"),
    pytest.param(
        {"a/b/app.py": "from .. import Post", "a/__init__.py": MODELS},
        "Post",
        ("a/__init__.py", "Post"),
        id="only dots",
    ),
    pytest.param({"a/app.py": "from .. import m", "m.py": MODELS}, "m.Post", ("m.py", "Post"), id="dots to the root"),
    pytest.param(
        {"a/app.py": "from .. import Post", "__init__.py": MODELS}, "Post", ("__init__.py", "Post"), id="root package"
    ),
    pytest.param(
        {"app.py": "from m import Post", "m.py": "", "m/__init__.py": MODELS},
        "Post",
        ("m/__init__.py", "Post"),
        id="of two equals the package",
    ),
    pytest.param(
        {"a/app.py": "from .m import Post", "a/m.py": "", "a/m/__init__.py": MODELS},
        "Post",
        ("a/m/__init__.py", "Post"),
        id="a package hides the module beside it",
    ),
    pytest.param(
        {
            "app.py": "try:\n    from a import Post\nexcept ImportError:\n    from b import Post",
            "a.py": MODELS,
            "b.py": MODELS,
        },
        "Post",
        ("a.py", "Post"),
        id="a fallback comes second",
    ),
    pytest.param(
        {"app.py": "if TYPE_CHECKING:\n    from a import Post", "a.py": MODELS},
        "Post",
        ("a.py", "Post"),
        id="type checking",
    ),
    pytest.param(
        {"app.py": "def view():\n    from a import Post", "a.py": MODELS}, "Post", ("a.py", "Post"), id="local"
    ),
    pytest.param(
        {"app.py": "import json", "json.py": MODELS}, "json.Post", ("json.py", "Post"), id="beside the importer"
    ),
    pytest.param(
        {"app.py": "from models import P", "models.py": "import m\nP = m.Post", "m.py": MODELS},
        "P",
        ("m.py", "Post"),
        id="a class of another name",
    ),
    pytest.param(
        {"app.py": "from models import P", "models.py": "from m import Post\nP = Post", "m.py": MODELS},
        "P.title",
        ("m.py", "Post.title"),
        id="an attribute of a class of another name",
    ),
    pytest.param({"app.py": MODELS + "P = load"}, "P", ("app.py", "P"), id="a function of another name"),
    pytest.param({"app.py": "P = Q\nQ = P"}, "P", ("app.py", "P"), id="names of each other"),
]


@pytest.mark.parametrize(("files", "name", "definition"), RESOLVED)
def test_a_name_is_followed(files: dict[str, str], name: str, definition: tuple[str, str], checkout: Checkout) -> None:
    importer = next(path for path in files if path.endswith("app.py"))
    assert Index(checkout(files)).names.resolve(importer, name) == definition


UNKNOWN = [
    pytest.param({"app.py": "x = 1"}, "Post", id="nobody defines it"),
    pytest.param({"app.py": "x = 1"}, "", id="no name"),
    pytest.param({"app.py": "def f(:"}, "f", id="a file that cannot be parsed"),
    pytest.param({"app.py": "from flask import Post", "models.py": MODELS}, "Post", id="third party"),
    pytest.param({"app.py": "import sqlalchemy.orm"}, "sqlalchemy.orm.Session", id="a third-party module"),
    pytest.param({"app.py": "from models import Tag", "models.py": MODELS}, "Tag", id="not in the module"),
    pytest.param({"app.py": "from models import *", "models.py": MODELS}, "Tag", id="not behind the star"),
    pytest.param({"app.py": "from nowhere import *"}, "Tag", id="a star from outside"),
    pytest.param(
        {"app.py": "from a import X", "a.py": "from b import X", "b.py": "from a import X"}, "X", id="a circle"
    ),
    pytest.param({"app.py": "import json", "utils/json.py": MODELS}, "json.Post", id="the standard library elsewhere"),
    pytest.param(
        {"app.py": "import cache", "pkg/cache.py": MODELS, "pkg/__init__.py": ""}, "cache.Post", id="inside a package"
    ),
    pytest.param({"a/app.py": "from .... import m", "m.py": MODELS, "a/m.py": MODELS}, "m.Post", id="above the root"),
    pytest.param({"a/b/app.py": "from ....m import Post", "a/m.py": MODELS}, "Post", id="far above the root"),
    pytest.param({"app.py": "from .m import Post", "b/m.py": MODELS}, "Post", id="a relative module elsewhere"),
    pytest.param(
        {
            "app.py": "from a1 import X",
            **{f"a{n}.py": f"from a{n + 1} import X" for n in range(1, 9)},
            "a9.py": "class X: ...",
        },
        "X",
        id="more re-exports than anybody writes",
    ),
]


@pytest.mark.parametrize(("files", "name"), UNKNOWN)
def test_a_name_that_stays_unknown(files: dict[str, str], name: str, checkout: Checkout) -> None:
    importer = next(path for path in files if path.endswith("app.py"))
    assert Index(checkout(files)).names.resolve(importer, name) is None


SCOPES = """\
def load(): ...
class Posts:
    class Row: ...
    def load(self): ...
    def page(self):
        def row(): ...
def view():
    class Row: ...
    def load(): ...
"""


@pytest.mark.parametrize(
    ("name", "scope", "found"),
    [
        pytest.param("load", "<module>", "load", id="at module level"),
        pytest.param("load", "Posts.page", "load", id="a method does not see its class"),
        pytest.param("load", "Posts", "Posts.load", id="a class body does"),
        pytest.param("row", "Posts.page", "Posts.page.row", id="a nested function"),
        pytest.param("load", "Posts.page.row", "load", id="two levels down"),
        pytest.param("load", "view", "view.load", id="the nearest scope"),
        pytest.param("Row.title", "view", "view.Row.title", id="a local class"),
        pytest.param("Posts.Row", "view", "Posts.Row", id="a nested class by its owner"),
    ],
)
def test_scopes_are_those_of_python(name: str, scope: str, found: str, checkout: Checkout) -> None:
    assert Index(checkout({"app.py": SCOPES})).names.resolve("app.py", name, scope) == ("app.py", found)


def test_a_nested_class_is_not_seen_from_a_method(checkout: Checkout) -> None:
    assert Index(checkout({"app.py": SCOPES})).names.resolve("app.py", "Row", "Posts.page") is None


@pytest.mark.parametrize(
    ("path", "module", "expected"),
    [
        ("src/shop/views.py", "shop.views", True),
        ("shop/__init__.py", "shop", True),
        ("views.py", "views", True),
        ("shop/views.py", "shop", False),
        ("shop/views.py", "op.views", False),
        ("views.py", "shop.views", False),
        ("shop/views.py", "", False),
    ],
)
def test_whether_a_file_can_be_a_module(path: str, module: str, expected: bool) -> None:
    assert matches_module(path, module) is expected
