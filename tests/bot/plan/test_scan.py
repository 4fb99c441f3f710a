"""A scan finds what a trace finds, at the same places under the same fingerprints, and ranks it."""

from pathlib import Path

import pytest
from rig.blog import OTEL, blog_repository
from rig.shop import CUSTOMER, IMPORTS, LINES, at, function, hotspot, repository

from bot.config import Config
from bot.hotspots import read
from bot.pipeline import plan_all
from bot.plan.plan import plan
from bot.plan.scan import scan
from bot.records import Finding, FoundLoad, Patch
from codemods.index import Index

VIEWS = IMPORTS + function("list_orders")
EAGER = "session.query(Order).options(joinedload(Order.customer))"
WHY = "to-one, ordered by the unique Order.id: a join changes no row and no order"


def test_the_blog_as_its_traces_show_it(tmp_path: Path) -> None:
    blog = blog_repository(tmp_path)
    results = plan_all(read([str(OTEL)], Config()), Index(blog), stacked=False)
    fixed = {(r.patch.fingerprint, r.patch.diff) for r in results if r.patch}
    findings = scan(Index(blog))
    assert {(f.fingerprint, f.diff) for f in findings} == fixed
    assert [(f.file, f.function, f.entry) for f in findings] == [
        ("blog/feed.py", "entries", "`show_feed` in blog/views.py, which serves /feed"),
        ("blog/feed.py", "latest", "`api_latest` in blog/views.py, which serves /api/latest"),
        ("blog/posts.py", "front_page", "`list_posts` in blog/views.py, which serves /posts"),
        ("blog/posts.py", "archive", "`show_archive` in blog/views.py, which serves /archive"),
    ]


@pytest.mark.parametrize(
    ("text", "patterns"),
    [
        pytest.param(VIEWS, (CUSTOMER,), id="to-one"),
        pytest.param(IMPORTS + function("list_orders", "order.lines"), (LINES,), id="a collection"),
        pytest.param(
            IMPORTS + function("list_orders", "(order.customer.name, order.lines)"), (CUSTOMER, LINES), id="both"
        ),
        pytest.param(
            IMPORTS + function("row", "order.customer").partition("    return")[0].replace("session", "order")
            + "    return order.customer\n\n\n" + function("list_orders", "row(order)"),
            (CUSTOMER,), id="by a function",
        ),
    ],
)  # fmt: skip
def test_the_shop_as_a_trace_shows_it(text: str, patterns: tuple[object, ...], tmp_path: Path) -> None:
    index = repository(tmp_path, {"shop/views.py": text})
    seen = hotspot(*patterns, locations=(at("shop/views.py", function="list_orders"),))  # type: ignore[arg-type]
    (patch,) = plan(seen, index)
    (finding,) = scan(index)
    assert isinstance(patch, Patch)
    assert (finding.fingerprint, finding.diff, finding.changes) == (patch.fingerprint, patch.diff, patch.changes)


def test_a_whole_finding(tmp_path: Path) -> None:
    (finding,) = scan(repository(tmp_path, {"shop/views.py": VIEWS}))
    assert finding == Finding(
        fingerprint=finding.fingerprint, codemod="sqlalchemy-eager-load", tier="B",
        title="perf(views): load Order.customer eagerly in list_orders", file="shop/views.py", function="list_orders",
        line=7, query="session.query(Order)",
        loads=(
            FoundLoad(
                path="Order.customer", statement="SELECT ... FROM customers WHERE customers.id = ?",
                read_file="shop/views.py", read_line=7, strategy="joinedload", why=WHY, statements_after=0,
            ),
        ),
        changes=finding.changes, diff=finding.diff,
    )  # fmt: skip


QUIET = {
    "already eager": IMPORTS + function("list_orders", query=EAGER),
    "a commit in the loop": IMPORTS
    + "def view(session):\n    for o in session.query(Order):\n        print(o.customer)\n        session.commit()\n",
    "a draft": IMPORTS
    + "def view(session):\n    for o in session.query(Order):\n        print(o.customer)\n        o.seen = 1\n",
    "two queries, read out of sight": IMPORTS
    + "def view(session):\n    a = session.query(Order).all()\n    return show(a, session.query(Order))\n",
    "no rows": IMPORTS + "def view(session):\n    return session.query(Order).count()\n",
}


@pytest.mark.parametrize("text", QUIET.values(), ids=QUIET.keys())
def test_quiet(text: str, tmp_path: Path) -> None:
    assert scan(repository(tmp_path, {"shop/views.py": text})) == []


def test_one_edit_makes_it_quiet(tmp_path: Path) -> None:
    index = repository(tmp_path, {"shop/views.py": VIEWS})
    (finding,) = scan(index)
    assert scan(index.edited({c.path: c.after for c in finding.changes})) == []


def test_reached_first_then_more_relationships_then_places(tmp_path: Path) -> None:
    both = "(order.customer.name, order.lines)"
    files = {
        "shop/a.py": IMPORTS + function("plain"),
        "shop/b.py": IMPORTS + function("twice", both) + "\n\n" + function("once"),
        "shop/c.py": IMPORTS + "@app.task\n" + function("job"),
        "shop/d.py": IMPORTS + '@bp.route("/orders")\n' + function("orders"),
        "shop/management/commands/send.py": IMPORTS
        + "class Command:\n    def handle(self, session):\n        return [o.lines for o in session.query(Order)]\n",
    }
    assert [(f.function, f.entry) for f in scan(repository(tmp_path, files))] == [
        ("job", "`job` in shop/c.py"),
        ("orders", "`orders` in shop/d.py, which serves /orders"),
        ("Command.handle", "`Command.handle` in shop/management/commands/send.py"),
        ("twice", None),
        ("plain", None),
        ("once", None),
    ]


def test_an_admin_class_is_found_where_it_stands(tmp_path: Path) -> None:
    models = "from django.db import models\n\n\nclass City(models.Model):\n    pass\n\n\nclass Shop(models.Model):\n"
    models += "    city = models.ForeignKey(City, null=True, on_delete=models.CASCADE)\n"
    admin = "from django.contrib import admin\nfrom shop.models import Shop\n\n\n@admin.register(Shop)\n"
    admin += "class ShopAdmin(admin.ModelAdmin):\n    list_display = ['city']\n"
    (finding,) = scan(repository(tmp_path, {"shop/models.py": models, "shop/admin.py": admin}))
    assert (finding.line, finding.function, finding.entry, [load.path for load in finding.loads]) == (
        6, "ShopAdmin", "`ShopAdmin` in shop/admin.py, which serves /admin/shop/shop/", ["Shop.city"],
    )  # fmt: skip


def test_the_settings_leave_paths_out(tmp_path: Path) -> None:
    index = repository(tmp_path, {"shop/views.py": VIEWS, "tools/x.py": VIEWS})
    assert [f.file for f in scan(Index(index.root, ("tools/",)))] == ["shop/views.py"]
