"""Routes that calls register: path, methods and who serves it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.index import Index
from codemods.index.registrations import Registrations

Checkout = Callable[[dict[str, str]], Path]
VIEWS = "def home(): ...\n\n\nclass Posts(View):\n    def get(self): ...\n\n\n"

CALLS = [
    pytest.param('app.add_url_rule("/", "home", home)', {"/ home"}, id="Flask: a function"),
    pytest.param('app.add_url_rule("/", view_func=home, methods=["get", M])', {"GET / home"}, id="Flask: methods"),
    pytest.param('app.add_url_rule("/p", view_func=Posts.as_view("posts"))', {"/p Posts"}, id="Flask: a class view"),
    pytest.param('app.add_url_rule("/p", view_func=login(Posts.as_view("p")))', {"/p Posts"}, id="Flask: wrapped"),
    pytest.param('api.add_resource(Posts, "/p", "/p/<id>")', {"/p Posts", "/p/<id> Posts"}, id="Flask-RESTful"),
    pytest.param('api.add_resource(Posts, ["/p", "/q"])', {"/p Posts", "/q Posts"}, id="a list of paths"),
    pytest.param('routes = [Route("/", home), Mount("/s", static)]', {"/ home"}, id="Starlette"),
    pytest.param('app.router.add_get("/", home)', {"GET / home"}, id="aiohttp"),
    pytest.param('app.add_route("/p", Posts())', {"/p Posts"}, id="Falcon"),
    pytest.param('app.add_url_rule(PREFIX + "/p", view_func=home)', {"/p home"}, id="a prefix in a name"),
    pytest.param('A = "/a"\nB = f"{A}/b"\napp.add_url_rule(B + "/p", view_func=home)', {"/a/b/p home"}, id="constants"),
    pytest.param('A = "/a"\nB = A + "/b"\napp.add_url_rule(B + "/p", view_func=home)', {"/a/b/p home"}, id="their sum"),
    pytest.param('A = A + "/a"\napp.add_url_rule(A, view_func=home)', {"/a home"}, id="a constant of itself"),
    pytest.param('app.add_url_rule("/a" + "/p", view_func=home)', {"/a/p home"}, id="a constant prefix"),
    pytest.param(
        'for p, x in (("/a", 1), ("/b", 2)):\n    app.add_url_rule(p + "/", view_func=home)',
        {"/a/ home", "/b/ home"},
        id="a loop over pairs",
    ),
    pytest.param(
        'RULES = ["/a", "/b"]\nfor p in RULES:\n    app.add_url_rule(p, view_func=home)',
        {"/a home", "/b home"},
        id="a loop over a constant",
    ),
    pytest.param(
        'for p in ("/a", "/b"):\n    for q in ("/c",):\n        app.add_url_rule(f"{p}{q}", view_func=home)',
        {"/a/c home", "/b/c home"},
        id="a loop in a loop",
    ),
    pytest.param(
        'for p in ("/a", f()):\n    app.add_url_rule(p, view_func=home)',
        {"/a home"},
        id="a loop over half of a constant",
    ),
    pytest.param(
        'for p, q in ("/a", ("/b", 1)):\n    app.add_url_rule(p, view_func=home)',
        set(),
        id="a loop over what does not fit",
    ),
    pytest.param(
        'for (p, (q, r)) in (("/a", x),):\n    app.add_url_rule(p, view_func=home)',
        set(),
        id="a part that does not fit",
    ),
    pytest.param(
        "for x in paths():\n    app.add_url_rule(x, view_func=home)", set(), id="a loop over what is computed"
    ),
    pytest.param('app.add_url_rule(f"{PREFIX}/p/{x}", view_func=home)', {"/p/{} home"}, id="an f-string"),
    pytest.param('app.add_url_rule(f"p{x}", view_func=home)', set(), id="an f-string that is no path"),
    pytest.param('app.add_url_rule(f"", view_func=home)', set(), id="an empty one"),
    pytest.param('app.add_url_rule("/a b", view_func=home)', set(), id="a sentence"),
    pytest.param('app.add_url_rule("/", view_func=gone)', set(), id="a handler that is not in the tree"),
    pytest.param('app.add_url_rule("/", view_func=lambda: 1)', set(), id="a handler without a name"),
    pytest.param("app.add_url_rule(RULE, view_func=home)", set(), id="a path that is not constant"),
    pytest.param("x = 1  # Route( view_func", set(), id="no call"),
    pytest.param('def f(:\n    app.add_url_rule("/", home)', set(), id="a file that cannot be parsed"),
]
PYRAMID = [
    pytest.param(
        'config.add_route("home", "/h")\n@view_config(route_name="home")\ndef view(request): ...',
        {"/h view"},
        id="view_config",
    ),
    pytest.param(
        'config.add_route("home", pattern="/h")\n@view_config(route_name="home", renderer="t")\nclass A: ...',
        {"/h A"},
        id="of a class, the path by its keyword",
    ),
    pytest.param('c.add_route("home", "/h")\nc.add_view(home, route_name="home")', {"/h home"}, id="add_view"),
    pytest.param('c.add_route("home", "/h")\nc.add_view(gone, route_name="home")', set(), id="add_view of who knows"),
    pytest.param('c.add_route("home", "/h")\nc.add_view(home, route_name=NAME)', set(), id="a name of a name"),
    pytest.param('c.add_route("home", "/h")\nc.scan()\n@view\n@v(1)\ndef f(): ...', set(), id="other calls"),
    pytest.param('c.add_route(NAME, "/h")\nc.add_route()\nc.add_view(home, route_name="home")', set(), id="no name"),
    pytest.param('@view_config(route_name="home")\ndef f(:', set(), id="a file that cannot be parsed"),
]
EXPOSED = [
    pytest.param("class PController:\n    @expose()\n    def all(self): ...", {"p/all PController.all"}, id="a method"),
    pytest.param("class Posts:\n    @tg.expose('t')\n    def index(self): ...", {"posts Posts.index"}, id="the index"),
    pytest.param("class Posts:\n    @expose\n    def default(self): ...", {"posts Posts.default"}, id="the default"),
    pytest.param("class Posts:\n    @other\n    def show(self): ...\n# @expose", set(), id="another decorator"),
    pytest.param("@expose\ndef show(): ...", set(), id="a function"),
    pytest.param("class Posts:\n    @expose\n    def show(:", set(), id="a file that cannot be parsed"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [*CALLS, *PYRAMID, *EXPOSED])
def test_registered(text: str, expected: set[str], checkout: Checkout) -> None:
    index = Index(checkout({"app.py": VIEWS + text}))
    found = Registrations(index.tree, index.names, index.calls).all()
    assert {" ".join([*sorted(r.methods), r.path, r.key[1]]) for r in found} == expected


def test_they_are_routes(checkout: Checkout) -> None:
    index = Index(checkout({"app.py": VIEWS + 'app.add_url_rule("/p/<id>", view_func=home)\n'}))
    assert [route.key for route in index.routes.handlers("/v1/p/{}", "GET")] == [("app.py", "home")]
