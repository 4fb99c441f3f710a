"""From a served route to its handler: decorators of Flask and FastAPI, prefixes, methods, the longest tail."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.index import Index
from codemods.index.routes import canonical

Checkout = Callable[[dict[str, str]], Path]


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ("/posts/<int:id>", "posts/{}"),
        ("/posts/{post_id}/", "posts/{}"),
        ("GET /posts/{post_id:path}", "posts/{}"),
        ("^posts/(?P<id>[0-9]+)/$", "posts/{}"),
        ("/posts/:id/tags", "posts/{}/tags"),
        ("//posts///new", "posts/new"),
        ("/", ""),
        ("", ""),
        ("/GET/x", "GET/x"),
    ],
)
def test_one_spelling_per_route(route: str, expected: str) -> None:
    assert canonical(route) == expected


HANDLERS = [
    pytest.param('@app.route("/posts")\ndef view(): ...', "/posts", "GET", id="Flask"),
    pytest.param('@app.route("/posts")\ndef view(): ...', "/posts", "head", id="Flask answers HEAD"),
    pytest.param('@app.route("/posts")\ndef view(): ...', "/posts", None, id="no method known"),
    pytest.param('@app.route(rule="/posts/<id>")\ndef view(): ...', "/posts/{}", "GET", id="rule as a keyword"),
    pytest.param('@app.get(path="/posts/{id}")\nasync def view(): ...', "/posts/{}", "GET", id="path as a keyword"),
    pytest.param('@app.route("/p", methods=["GET", "POST"])\ndef view(): ...', "/p", "POST", id="methods"),
    pytest.param('@app.route("/p", methods=("post",))\ndef view(): ...', "/p", "POST", id="methods in lower case"),
    pytest.param('@app.post("/posts/all")\ndef view(): ...', "/posts/all", "GET", id="a whole path, by another method"),
    pytest.param('@app.route("/p", methods=METHODS)\ndef view(): ...', "/p", "DELETE", id="methods not known"),
    pytest.param('@app.api_route("/p", methods={"PUT"})\ndef view(): ...', "/p", "PUT", id="api_route"),
    pytest.param('@app.websocket("/ws")\nasync def view(): ...', "/ws", "GET", id="websocket"),
    pytest.param('@login\n@app.get("/p")\n@cached(60)\ndef view(): ...', "/p", "GET", id="among other decorators"),
    pytest.param('@app.get("/old")\n@app.get("/p")\ndef view(): ...', "/p", "GET", id="two routes of one function"),
    pytest.param('@app.get("/p")\ndef view(): ...', "/api/v1/p", "GET", id="a prefix that is not seen"),
    pytest.param('@app.get("/")\ndef view(): ...', "/", "GET", id="the root"),
    pytest.param('def make(app):\n    @app.get("/p")\n    def view(): ...', "/p", "GET", id="inside a factory"),
    pytest.param('class Posts:\n    @expose.get("/p")\n    def view(self): ...', "/p", "GET", id="a method"),
    pytest.param(
        'bp = Blueprint("p", __name__, url_prefix="/posts")\n@bp.get("/")\ndef view(): ...',
        "/posts",
        "GET",
        id="blueprint with a prefix",
    ),
    pytest.param(
        'router = APIRouter(prefix="/posts")\n@router.get("")\ndef view(): ...',
        "/api/posts",
        "GET",
        id="router with one",
    ),
    pytest.param(
        'bp = Blueprint("p", __name__)\n@bp.get("/")\ndef view(): ...\n'
        'def create_app():\n    app.register_blueprint(bp, url_prefix="/posts")\n',
        "/posts",
        "GET",
        id="prefix where the blueprint is registered",
    ),
    pytest.param(
        'r = APIRouter(prefix="/posts")\n@r.get("/{id}")\ndef view(): ...\napp.include_router(r, prefix="/v1")\n',
        "/v1/posts/{}",
        "GET",
        id="both prefixes",
    ),
]


@pytest.mark.parametrize(("text", "route", "method"), HANDLERS)
def test_the_handler_of_a_route(text: str, route: str, method: str | None, checkout: Checkout) -> None:
    routes = Index(checkout({"app.py": text})).routes.handlers(route, method)
    assert [r.key[1].rpartition(".")[2] for r in routes] == ["view"]


NOBODY = [
    pytest.param('@app.get("/posts")\ndef view(): ...', "/tags", "GET", id="another path"),
    pytest.param('@app.get("/posts")\ndef view(): ...', "/posts", "POST", id="another method"),
    pytest.param('@app.route("/posts")\ndef view(): ...', "/posts", "POST", id="Flask answers no POST by itself"),
    pytest.param('@app.route("/p", methods=["GET"])\ndef view(): ...', "/p", "HEAD", id="only what is listed"),
    pytest.param(
        '@a.get("/{id}")\ndef view(): ...\n@b.get("/{key}")\ndef other(): ...',
        "/posts/1/{id}",
        "GET",
        id="parameters alone",
    ),
    pytest.param('@app.put("/posts/{id}")\ndef view(): ...', "/posts/{id}", "GET", id="one word by another method"),
    pytest.param('@app.get("/posts")\ndef view(): ...', "/posts/{}", "GET", id="longer than the handler's"),
    pytest.param('@app.get("/ts")\ndef view(): ...', "/posts", "GET", id="half a word"),
    pytest.param('@app.get("/a/posts")\ndef view(): ...', "/posts", "GET", id="shorter than the handler's"),
    pytest.param('@app.get("/")\ndef view(): ...', "/posts", "GET", id="the root serves the root only"),
    pytest.param("@app.get(PATH)\ndef view(): ...", "/posts", "GET", id="a path that is not a constant"),
    pytest.param("@app.get()\ndef view(): ...", "/posts", "GET", id="no path"),
    pytest.param('@make_app().get("/posts")\ndef view(): ...', "/posts", "GET", id="an app without a name"),
    pytest.param('@get("/posts")\ndef view(): ...', "/posts", "GET", id="a plain function as decorator"),
    pytest.param("@app.get\ndef view(): ...", "/get", "GET", id="a decorator that is not called"),
    pytest.param('@app.subscribe("/posts")\ndef view(): ...\nx = d.get("/posts")', "/posts", "GET", id="no router"),
    pytest.param(
        'bp = Blueprint("p", __name__, url_prefix=PREFIX)\n@bp.get("/")\ndef view(): ...\n'
        "app.register_blueprint(*bps)\n"
        'app.register_blueprint(url_prefix="/posts")\napp.register_blueprint(make(), url_prefix="/posts")\n',
        "/posts",
        "GET",
        id="prefixes that cannot be read",
    ),
    pytest.param('@app.get("/posts")\ndef view(:', "/posts", "GET", id="a file that cannot be parsed"),
    pytest.param(
        'app.register_blueprint(bp, prefix="/posts")\n@bp.get("/")\ndef view(:',
        "/posts",
        "GET",
        id="the same with a prefix",
    ),
]


@pytest.mark.parametrize(("text", "route", "method"), NOBODY)
def test_a_route_that_nobody_serves(text: str, route: str, method: str, checkout: Checkout) -> None:
    assert Index(checkout({"app.py": text})).routes.handlers(route, method) == []


def test_the_longest_tail_wins(checkout: Checkout) -> None:
    text = """\
@app.get("/{id}")
def any_page(): ...
@app.get("/posts/{id}")
def post(): ...
@app.get("/api/tags/{id}")
def tag(): ...
"""
    index = Index(checkout({"app.py": text}))
    assert [r.key[1] for r in index.routes.handlers("/api/posts/7", "GET")] == []
    assert [r.key[1] for r in index.routes.handlers("/api/posts/{}", "GET")] == ["post"]
    assert [r.key[1] for r in index.routes.handlers("/api/users/{}", "GET")] == ["any_page"]


def test_two_that_fit_equally_well_are_both_named(checkout: Checkout) -> None:
    files = {"a.py": '@a.get("/x")\ndef one(): ...\n', "b.py": '@b.get("/x")\ndef two(): ...\n'}
    routes = Index(checkout(files)).routes.handlers("/v1/x", "GET")
    assert [(r.path, r.methods, r.key[0], r.key[1]) for r in routes] == [
        ("x", frozenset({"GET"}), "a.py", "one"),
        ("x", frozenset({"GET"}), "b.py", "two"),
    ]


def test_routers_of_other_files(checkout: Checkout) -> None:
    """Two routers of one name: the prefix of each is the one of the object behind the name."""
    module = 'from {0} import router\n@router.get("/")\ndef {1}(): ...\n'
    index = Index(
        checkout(
            {
                "main.py": "import posts, tags\napp.include_router(posts.router, prefix='/posts')\n"
                "app.include_router(tags.router, prefix='/tags')\n",
                "posts/__init__.py": "from .base import router\nfrom . import views",
                "posts/base.py": "router = APIRouter()\n",
                "posts/views.py": module.format(".base", "list_posts"),
                "tags.py": "router = APIRouter()\n@router.get('/')\ndef list_tags(): ...\n",
            }
        )
    )
    assert [r.key[1] for r in index.routes.handlers("/posts", "GET")] == ["list_posts"]
    assert [r.key[1] for r in index.routes.handlers("/tags/", "GET")] == ["list_tags"]


def test_two_handlers_of_one_name(checkout: Checkout) -> None:
    text = """\
@app.get("/a")
def page():
    one()
@app.get("/b")
def page():
    two()
def one(): ...
def two(): ...
"""
    index = Index(checkout({"app.py": text}))
    assert [r.key[1] for r in index.routes.handlers("/a", "GET")] == ["page"]
    assert [r.key[1] for r in index.routes.handlers("/b", "GET")] == ["page"]
    (route,) = index.routes.handlers("/a", "GET")
    function = index.calls.function(route.key)
    assert function is not None
    assert index.calls.callees(function) == [("app.py", "one"), ("app.py", "two")]


URLS = """
@app.get("/orders/<name>")
def order(name): ...


@app.get("/orders/new")
def new(): ...


@app.post("/orders/<name>")
def change(name): ...


@app.get("/<page>")
def page(page): ...


@app.get("/")
def home(): ...


@app.get("/files/<name>.csv")
def table(name): ...
"""


@pytest.mark.parametrize(
    ("url", "method", "expected"),
    [
        ("/orders/alice", "GET", {"order"}),
        ("/orders/alice/", None, {"order", "change"}),
        ("/orders/new", "GET", {"new"}),
        ("/orders/alice", "POST", {"change"}),
        ("/api/orders/alice", "GET", {"order"}),
        ("/files/x.csv", "GET", {"table"}),
        ("/", "GET", {"home"}),
        ("/about", "GET", set()),
        ("/orders/a/b", "GET", set()),
        ("/", "DELETE", set()),
    ],
)
def test_a_concrete_url(checkout: Checkout, url: str, method: str | None, expected: set[str]) -> None:
    index = Index(checkout({"app.py": URLS}))
    assert {route.key[1] for route in index.routes.of_url(url, method)} == expected
