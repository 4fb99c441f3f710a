import pytest

from bot.hotspots.route import call_target, canonical, canonical_of_url, parameters, path_of

ROUTES = [
    ("Flask", "/customers/<int:cid>/prices", "customers/{}/prices"),
    ("Flask, Datadog resource", "GET /customers/<int:cid>/prices", "customers/{}/prices"),
    ("Flask, bare", "/price/<sku>", "price/{}"),
    ("Django path", "api/books/<uuid:pk>/", "api/books/{}"),
    ("Django regex", r"^api/(?P<year>[0-9]{4})/(?P<slug>[\w-]+)/$", "api/{}/{}"),
    ("Django regex, nested group", r"^a/(?P<x>(b|c)+)/?$", "a/{}"),
    ("Starlette", "/v1/orders/{limit}", "v1/orders/{}"),
    ("Starlette converter", "/files/{name:path}", "files/{}"),
    ("aiohttp regex", r"/y/{name:\d{4}}", "y/{}"),
    ("colon", "/users/:id/posts", "users/{}/posts"),
    ("root", "/", ""),
    ("empty", "", ""),
    ("no parameter", "/orders/", "orders"),
    ("a colon inside a segment stays", "/v1/things:batch", "v1/things:batch"),
    ("already canonical", "a/{}/b", "a/{}/b"),
]


@pytest.mark.parametrize(("route", "expected"), [case[1:] for case in ROUTES], ids=[case[0] for case in ROUTES])
def test_canonical(route: str, expected: str) -> None:
    assert canonical(route) == expected
    assert canonical(expected) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/orders", "orders"),
        ("/orders/17?x=1", "orders/{}"),
        ("http://h:1/v1/items/9f8b2c1e-0000-4000-8000-000000000000/", "v1/items/{}"),
        ("/price/SKU-1-0", "price/{}"),
        ("/v2.1/a@b.c", "v2.1/{}"),
        ("/", ""),
    ],
)
def test_guess_from_a_url(url: str, expected: str) -> None:
    assert canonical_of_url(url) == expected


@pytest.mark.parametrize(
    ("url", "template", "expected"),
    [
        ("http://user:secret@API.example.com:8080/items/1?key=s", None, "api.example.com:8080/items/{}"),
        ("https://api.example.com/items/abc", "/items/{id}", "api.example.com/items/{}"),
        ("http://[bad/items/1", None, "/items/{}"),
    ],
)
def test_call_target(url: str, template: str | None, expected: str) -> None:
    assert call_target(url, template) == expected


def test_parameters_and_path() -> None:
    assert parameters("http://h/items/17/x?b=2#f") == ("17", "b=2")
    assert parameters("http://h/items") == ()
    assert path_of("http://h/items/17?secret=1") == "/items/17"
