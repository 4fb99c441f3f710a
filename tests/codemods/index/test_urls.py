"""Which Django view serves a route: URLconfs, includes, DRF routers, the admin."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.index import Index
from codemods.index.urls import pattern

FILES = {
    "conf/__init__.py": "",
    "conf/urls.py": """\
from blog import views
from blog.feeds import Feed

urlpatterns = [
    path("", views.home),
    path("blog/", include("blog.urls")),
    path("api/<str:version>/", include(router.urls)),
    re_path(r"^old/(?P<slug>[\\w-]+)/\\d{4}/$", login_required(views.old)),
    url(r"^text/$", "blog.views.by_name"),
    path("shop/", include([path("cart/", views.cart), path("pay/", decorate())])),
    path("feed/", Feed()),
    path("static/", other.missing),
    path("none/", "nowhere"),
    path("nested/", include(("blog.urls", "blog"))),
]
""",
    "blog/__init__.py": "",
    "blog/views.py": """\
from django.views import View

def home(request): pass
def old(request): pass
def by_name(request): pass
def cart(request): pass
def index(request): pass

class Posts(View):
    pass

class PostSet(View):
    pass
""",
    "blog/feeds.py": "class Feed:\n    pass\n",
    "blog/urls.py": """\
from . import views

router.register(r"posts", views.PostSet)
router.register("odd", views.index)
urlpatterns = [path("list/", views.Posts.as_view()), path("show/<int:pk>/", views.index), path("include/", include())]
""",
    "blog/models.py": """\
from django.db import models

class Post(models.Model):
    pass

class Tag(models.Model):
    pass

class Note(models.Model):
    pass
""",
    "blog/admin.py": """\
from django.contrib import admin
from blog.models import Note, Post, Tag

@admin.register(Post)
class PostAdmin(admin.ModelAdmin):
    pass

@other(Post)
@plain
class TagAdmin(admin.ModelAdmin):
    pass

admin.site.register([Tag, unknown], TagAdmin)
admin.site.register(Note)
""",
    "py2/urls.py": "import views\nurlpatterns = [url(r'^second/$', views.second)]\n",
    "py2/views.py": "def second(request): pass\n",
    "broken/urls.py": "urlpatterns = [\n",
}


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        pytest.param("/", ["home"], id="the root"),
        pytest.param("/blog/list/", ["Posts"], id="a class below an include"),
        pytest.param("nested/list/", ["Posts"], id="below an include with a name space"),
        pytest.param("/blog/show/7/", ["index"], id="a value where the path has a parameter"),
        pytest.param("/site/blog/list/?page=2", ["Posts"], id="mounted out of sight, with a query"),
        pytest.param("/old/{slug}/2020/", ["old"], id="a regular expression, decorated"),
        pytest.param("/text/", ["by_name"], id="a view as a string"),
        pytest.param("/shop/cart/", ["cart"], id="inside a list"),
        pytest.param("/feed/", ["Feed"], id="an instance"),
        pytest.param("/api/v1/posts/", ["PostSet"], id="a router"),
        pytest.param("/api/v1/posts/3/", ["PostSet"], id="one row of a router"),
        pytest.param("/second/", ["second"], id="an implicit relative import"),
        pytest.param("/admin/blog/post/", ["PostAdmin"], id="an admin list"),
        pytest.param("/admin/blog/tag/5/change/", ["TagAdmin"], id="an admin form"),
        pytest.param("/admin/blog/note/", [], id="an admin without a class"),
        pytest.param("/shop/pay/", [], id="a view that cannot be read"),
        pytest.param("/static/", [], id="a view that is not in the tree"),
        pytest.param("/none/", [], id="a name without a module"),
        pytest.param("/elsewhere/", [], id="no such path"),
        pytest.param("/odd/", [], id="a router of a function"),
    ],
)
def test_who_serves_a_route(route: str, expected: list[str], checkout: Callable[[dict[str, str]], Path]) -> None:
    assert [name for _, name in Index(checkout(FILES)).urls.handlers(route)] == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param("posts/<int:pk>/", "posts/<int:pk>/", id="a path stays"),
        pytest.param(r"^posts/(?P<pk>\d+)/$", "posts/{}/", id="a named group"),
        pytest.param(r"^a/(?:b(c|d))?/e\.json$", "a/{}/e.json", id="a group in a group"),
        pytest.param(r"^[\w]+/x/$", "/x/", id="a class of characters"),
    ],
)
def test_a_pattern_as_a_plain_path(given: str, expected: str) -> None:
    assert pattern(given) == expected
