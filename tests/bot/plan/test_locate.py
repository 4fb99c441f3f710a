"""Where a hotspot begins: line, name, handler, route, transaction; then what that reaches and what stands above it."""

from pathlib import Path

import pytest
from rig.shop import at, handler, hotspot, repository

from bot.plan.locate import (
    MANY_CALLERS,
    Start,
    anywhere,
    at_location,
    from_above,
    reached,
    starts,
    with_object,
)
from bot.records import Handler, Hotspot, Location
from codemods.api import Reached

VIEWS = """\
from flask import Blueprint

bp = Blueprint("shop", __name__, url_prefix="/shop")


@bp.route("/orders")
def list_orders():
    def row(order):
        return order

    return [row(order) for order in []]


@bp.post("/orders")
def create_order():
    return None


class Orders:
    def get(self):
        return None


class Lines:
    def get(self):
        return None
"""
FILES = {
    "shop/views.py": VIEWS,
    "shop/tasks.py": "def send_digest(): ...\ndef clean(): ...\n",
    "admin/tasks.py": "def clean(): ...\nclass Job:\n    def run(self): ...\n",
    "shop/broken.py": "def view(:\n",
}
WEB = {"type": "http", "method": "GET"}


def by_location(location: Location) -> Hotspot:
    return hotspot(locations=(location,))


LOCATED = [
    pytest.param(at("shop/views.py", 10), [("shop/views.py", "list_orders")], id="line"),
    pytest.param(at("shop/views.py", 8), [("shop/views.py", "list_orders.row")], id="innermost function of a line"),
    pytest.param(at("/srv/app/shop/views.py", 15), [("shop/views.py", "create_order")], id="path of a container"),
    pytest.param(
        at("shop/views.py", function="list_orders.<locals>.row"), [("shop/views.py", "list_orders.row")], id="<locals>"
    ),
    pytest.param(at("shop/views.py", function="create_order"), [("shop/views.py", "create_order")], id="name"),
    pytest.param(at("shop/views.py", function="Orders.get"), [("shop/views.py", "Orders.get")], id="method"),
    pytest.param(at("shop/views.py", function="Orders:get"), [("shop/views.py", "Orders.get")], id="with a colon"),
    pytest.param(
        at("shop/views.py", function="shop.views.Lines.get"), [("shop/views.py", "Lines.get")], id="with its module"
    ),
    pytest.param(at("shop/views.py", 6, "list_orders"), [("shop/views.py", "list_orders")], id="a decorator's line"),
    pytest.param(at("shop/views.py", 25, "list_orders"), [("shop/views.py", "list_orders")], id="a line that drifted"),
    pytest.param(at("shop/views.py", 10, "wrapper"), [("shop/views.py", "list_orders")], id="a name that is not there"),
    pytest.param(at("shop/views.py", 26, "get"), [("shop/views.py", "Lines.get")], id="the line tells names apart"),
    pytest.param(
        at("shop/views.py", function="get"),
        [("shop/views.py", "Orders.get"), ("shop/views.py", "Lines.get")],
        id="nothing tells names apart",
    ),
    pytest.param(at("shop/views.py", function="Orders"), [("shop/views.py", "Orders")], id="class"),
    pytest.param(at("shop/views.py", function="shop.views.Orders"), [("shop/views.py", "Orders")], id="whole class"),
    pytest.param(
        at("/srv/tasks.py", function="clean"),
        [("admin/tasks.py", "clean"), ("shop/tasks.py", "clean")],
        id="a file name that two files have",
    ),
]


@pytest.mark.parametrize(("location", "expected"), LOCATED)
def test_a_location_names_functions(location: Location, expected: list[tuple[str, str]], tmp_path: Path) -> None:
    begins = starts(repository(tmp_path, FILES), by_location(location))
    assert begins == [[Start(key, f"the span names `{key[1]}` in {key[0]}") for key in expected]]


UNKNOWN = [
    pytest.param(by_location(at("shop/views.py")), id="a file alone"),
    pytest.param(by_location(at("shop/views.py", 3)), id="a line outside all functions"),
    pytest.param(by_location(at("shop/views.py", function="delete_order")), id="no such name"),
    pytest.param(by_location(at("shop/views.py", function="orders")), id="a part of a name"),
    pytest.param(by_location(at("lib/gone.py", 1, "list_orders")), id="no such file"),
    pytest.param(by_location(at("shop/broken.py", 1, "view")), id="a file that cannot be parsed"),
    pytest.param(hotspot(handler=handler(file="shop/views.py")), id="a handler without a function"),
    pytest.param(hotspot(handler=handler(qualname="list_orders")), id="a handler without a file"),
    pytest.param(hotspot(handler=handler(module="gone.views", qualname="list_orders")), id="no such module"),
    pytest.param(hotspot(**WEB, route_raw="/invoices"), id="no such route"),
    pytest.param(hotspot(**WEB), id="no route"),
    pytest.param(hotspot(type="http", method="DELETE", route_raw="/shop/orders"), id="another method"),
    pytest.param(hotspot(type="task", route_raw="/shop/orders"), id="a route of a task"),
    pytest.param(hotspot(transaction_name="clean"), id="a name that two functions have"),
    pytest.param(hotspot(transaction_name="other.tasks.send_digest"), id="another module"),
    pytest.param(hotspot(transaction_name="Job.clean"), id="another class"),
    pytest.param(hotspot(transaction_name="digest"), id="a part of a transaction's name"),
    pytest.param(hotspot(transaction_name="GET /shop/orders"), id="a name that is no identifier"),
    pytest.param(hotspot(), id="nothing"),
]


@pytest.mark.parametrize("unknown", UNKNOWN)
def test_what_names_no_function(unknown: Hotspot, tmp_path: Path) -> None:
    assert starts(repository(tmp_path, FILES), unknown) == []


HANDLED = [
    pytest.param(handler(file="/srv/shop/views.py", qualname="list_orders"), "list_orders", id="file and name"),
    pytest.param(handler(file="/srv/shop/views.py", line=10), "list_orders", id="file and line"),
    pytest.param(handler(module="shop.views", qualname="Orders.get"), "Orders.get", id="module and name"),
    pytest.param(handler(module="shop.views", qualname="list_orders.<locals>.row"), "list_orders.row", id="<locals>"),
]


@pytest.mark.parametrize(("named", "expected"), HANDLED)
def test_a_handler_names_a_function(named: Handler, expected: str, tmp_path: Path) -> None:
    found = Start(("shop/views.py", expected), f"the trace names the handler `{expected}` in shop/views.py")
    assert starts(repository(tmp_path, FILES), hotspot(handler=named)) == [[found]]


@pytest.mark.parametrize(
    ("entry", "name", "function"),
    [
        pytest.param({**WEB, "route_raw": "/shop/orders"}, "GET /shop/orders", "list_orders", id="with its prefix"),
        pytest.param({**WEB, "route_raw": "/api/shop/orders"}, "GET /api/shop/orders", "list_orders", id="mounted"),
        pytest.param(
            {"type": "http", "method": "POST", "route_raw": "/shop/orders"}, "POST /shop/orders", "create_order",
            id="method",
        ),
        pytest.param({**WEB, "route_canonical": "shop/orders"}, "GET shop/orders", "list_orders", id="canonical"),
    ],
)  # fmt: skip
def test_a_route_is_served_by_a_function(entry: dict[str, str], name: str, function: str, tmp_path: Path) -> None:
    found = Start(("shop/views.py", function), f"`{name}` is served by `{function}` in shop/views.py")
    assert starts(repository(tmp_path, FILES), hotspot(**entry)) == [[found]]


def test_a_route_of_any_method(tmp_path: Path) -> None:
    found = [
        Start(("shop/views.py", name), f"`/shop/orders` is served by `{name}` in shop/views.py")
        for name in ("list_orders", "create_order")
    ]
    assert starts(repository(tmp_path, FILES), hotspot(type="http", route_raw="/shop/orders")) == [found]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        pytest.param("send_digest", ("shop/tasks.py", "send_digest"), id="the name alone"),
        pytest.param("shop.tasks.send_digest", ("shop/tasks.py", "send_digest"), id="with its module"),
        pytest.param("shop.tasks:send_digest", ("shop/tasks.py", "send_digest"), id="with a colon"),
        pytest.param("admin.tasks.clean", ("admin/tasks.py", "clean"), id="its module tells it apart"),
        pytest.param("Job.run", ("admin/tasks.py", "Job.run"), id="a method"),
        pytest.param("run", ("admin/tasks.py", "Job.run"), id="a method without its class"),
        pytest.param("admin.tasks.Job.run", ("admin/tasks.py", "Job.run"), id="a method with its module"),
        pytest.param("list_orders.<locals>.row", ("shop/views.py", "list_orders.row"), id="<locals>"),
    ],
)
def test_a_transaction_named_after_one_function(name: str, key: tuple[str, str], tmp_path: Path) -> None:
    found = Start(key, f"the trace is named after `{key[1]}` in {key[0]}")
    assert starts(repository(tmp_path, FILES), hotspot(type="task", transaction_name=name)) == [[found]]


REGISTERED = """\
@app.task(name="reports.nightly")
def report(): ...
@rpc.method("Orders.sum")
@first
def total(): ...
@rpc.method("Orders.twice")
def one(): ...
@rpc.method("Orders.twice")
def other(): ...
@mock.patch("shop.tasks.clean_up")
def test_clean_up(clean): ...
@route(name=prefix)
def unnamed(): ...
KEPT = "Orders.kept"
"""


@pytest.mark.parametrize(
    ("name", "function", "given"),
    [
        pytest.param("reports.nightly", "report", "reports.nightly", id="a task"),
        pytest.param("POST /rpc/ (Orders.sum)", "total", "Orders.sum", id="among other words"),
        pytest.param("Orders.twice", None, "", id="two functions"),
        pytest.param("shop.tasks.clean_up", None, "", id="a name that a test replaces"),
        pytest.param("Orders.kept", None, "", id="a text that registers nothing"),
        pytest.param("Orders.in_broken", None, "", id="a file that is no Python"),
    ],
)
def test_a_name_that_a_decorator_gives(name: str, function: str | None, given: str, tmp_path: Path) -> None:
    files = {"shop/rpc.py": REGISTERED, "shop/broken.py": 'at("Orders.in_broken"\n'}
    begins = starts(repository(tmp_path, files), hotspot(type="task", transaction_name=name))
    how = f"`{function}` in shop/rpc.py is registered as `{given}`"
    assert begins == ([[Start(("shop/rpc.py", function), how)]] if function else [])


def test_every_kind_of_evidence_surest_first(tmp_path: Path) -> None:
    seen = hotspot(
        **WEB,
        locations=(at("shop/views.py", 10), at("shop/views.py", 11), at("shop/tasks.py", 1)),
        handler=handler(module="shop.views", qualname="create_order"),
        route_raw="/shop/orders",
        transaction_name="send_digest",
    )
    begins = starts(repository(tmp_path, FILES), seen)
    assert [[start.key[1] for start in begin] for begin in begins] == [
        ["list_orders", "send_digest"], ["create_order"], ["list_orders"], ["send_digest"],
    ]  # fmt: skip


# ---- what the starts reach ----

CHAIN = {
    "a.py": "from b import middle\ndef view(): middle()\n",
    "b.py": "def middle(): deep()\ndef deep(): ...\ndef other(): deep()\n",
}


def test_each_reached_function_tells_the_way(tmp_path: Path) -> None:
    index = repository(tmp_path, CHAIN)
    assert reached(index, [Start(("a.py", "view"), "it is the view")]) == (
        Reached("a.py", "view", 0, "it is the view"),
        Reached("b.py", "middle", 1, "it is the view, which calls `middle` in b.py"),
        Reached("b.py", "deep", 2, "it is the view, which calls `middle` in b.py, which calls `deep` in b.py"),
    )
    assert reached(index, [Start(("a.py", "gone"), "?")]) == reached(index, []) == ()


def test_a_class_reaches_what_its_methods_reach(tmp_path: Path) -> None:
    text = "class View(Base):\n    def get(self): helper()\ndef helper(): ...\nclass Base:\n    def head(self): ...\n"
    assert reached(repository(tmp_path, {"a.py": text}), [Start(("a.py", "View"), "it is the view")]) == (
        Reached("a.py", "View", 0, "it is the view"),
        Reached("a.py", "View.get", 0, "it is the view"),
        Reached("a.py", "Base.head", 0, "it is the view"),
        Reached("a.py", "helper", 1, "it is the view, which calls `helper` in a.py"),
    )


def test_above_a_function_come_its_callers_and_what_they_call(tmp_path: Path) -> None:
    index = repository(tmp_path, CHAIN)
    deep, middle = "it reads", "it reads; `middle` in b.py calls it"
    other, view = "it reads; `other` in b.py calls it", "it reads; `middle` in b.py calls it; `view` in a.py calls it"
    assert from_above(index, [Start(("b.py", "deep"), "it reads")]) == (
        Reached("b.py", "deep", 0, deep),
        Reached("b.py", "middle", 6, middle),
        Reached("b.py", "other", 6, other),
        Reached("a.py", "view", 12, view),
    )


def test_above_a_class_come_the_classes_that_hold_it(tmp_path: Path) -> None:
    files = {
        "a.py": "class Row:\n    def dump(self): ...\n",
        "b.py": "from a import Row\nclass View:\n    serializer = Row\n    def get(self): load()\ndef load(): ...\n",
    }
    held = "it is the class, which `View` in b.py uses"
    assert from_above(repository(tmp_path, files), [Start(("a.py", "Row"), "it is the class")]) == (
        Reached("a.py", "Row", 0, "it is the class"),
        Reached("a.py", "Row.dump", 0, "it is the class"),
        Reached("b.py", "View", 6, held),
        Reached("b.py", "View.get", 6, held),
        Reached("b.py", "load", 7, f"{held}, which calls `load` in b.py"),
    )


@pytest.mark.parametrize(("callers", "expected"), [(MANY_CALLERS, MANY_CALLERS + 1), (MANY_CALLERS + 1, 1)])
def test_a_helper_of_everybody_says_nothing(callers: int, expected: int, tmp_path: Path) -> None:
    text = "def helper(): ...\n" + "".join(f"def f{n}(): helper()\n" for n in range(callers))
    found = from_above(repository(tmp_path, {"a.py": text}), [Start(("a.py", "helper"), "it reads")])
    assert len(found) == expected


def test_the_other_methods_of_an_object(tmp_path: Path) -> None:
    text = (
        "class Feed(Base):\n    def lines(self): ...\n    def __init__(self): load()\n"
        "class Base:\n    def more(self): ...\ndef load(): ...\n"
    )
    index = repository(tmp_path, {"a.py": text})
    mate = "it reads; `{}` in a.py is a method of the same object"
    assert with_object(index, [Start(("a.py", "Feed.lines"), "it reads"), Start(("a.py", "gone"), "?")]) == (
        Reached("a.py", "Feed.lines", 0, "it reads"),
        Reached("a.py", "Feed.__init__", 6, mate.format("Feed.__init__")),
        Reached("a.py", "load", 7, f"{mate.format('Feed.__init__')}, which calls `load` in a.py"),
        Reached("a.py", "Base.more", 6, mate.format("Base.more")),
    )
    assert [r.qualname for r in with_object(index, [Start(("a.py", "load"), "it reads")])] == ["load"]


OBJECTS = """\
class Base:
    def run(self): self.args(); self.work()
    def args(self): ...
    def work(self): ...
class One(Base):
    def args(self): load()
    def work(self): helper()
class Two(Base):
    def run(self): super().run()
    def work(self): other()
def load(): ...
def other(): ...
def helper(): ...
"""


def test_the_other_methods_are_those_of_this_object(tmp_path: Path) -> None:
    found = with_object(repository(tmp_path, {"a.py": OBJECTS}), [Start(("a.py", "One.work"), "it reads")])
    assert [r.qualname for r in found] == ["One.work", "helper", "One.args", "load", "Base.run"]


def test_above_a_method_comes_the_rest_of_its_object(tmp_path: Path) -> None:
    index = repository(tmp_path, {"a.py": OBJECTS})
    assert [r.qualname for r in from_above(index, [Start(("a.py", "One.work"), "it reads")])] == [
        "One.work", "helper", "Base.run", "One.args", "load",
    ]  # fmt: skip
    found = [r.qualname for r in from_above(index, [Start(("a.py", "helper"), "it reads")])]
    assert found == ["helper", "One.work", "Base.run", "One.args", "load"]
    every = [r.qualname for r in from_above(index, [Start(("a.py", "Base.work"), "it reads")])]
    assert {"Base.run", "Two.run", "Two.work", "One.work", "other"} <= set(every)


def test_every_function_with_a_query(tmp_path: Path) -> None:
    files = {
        "a.py": "def one(db): return db.query(Post)\ndef two(): ...\n",
        "b.py": "class A:\n    def three(self): return Post.query.all()\n",
        "c.py": "def reader(row): return row.author\n",
    }
    way = "the trace names it; the rows of this query are followed to `reader` and `other`"
    begin = [Start(("c.py", "reader"), "the trace names it"), Start(("c.py", "other"), "?")]
    found = anywhere(repository(tmp_path, files), begin)
    assert [f for f in found if f.path in files] == [
        Reached("a.py", "one", 30, way),
        Reached("b.py", "A.three", 30, way),
    ]


def test_what_the_location_names_is_where_rows_are_read(tmp_path: Path) -> None:
    index = repository(tmp_path, FILES)
    located = hotspot(locations=(at("shop/views.py", function="create_order"),))
    assert at_location(index, located) == {("shop/views.py", "create_order")}
    assert at_location(index, hotspot(transaction_name="send_digest")) == set()


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"route_canonical": "shop/{}", "url_sample": "/shop/orders"}, ["list_orders"]),
        ({"route_canonical": "shop/orders", "url_sample": None}, ["list_orders"]),
        ({"route_raw": "/shop/orders", "url_sample": "/elsewhere"}, ["list_orders"]),
        ({"route_canonical": "shop/nothing", "url_sample": "/shop/nothing"}, []),
    ],
    ids=["a guess that took a word for a parameter", "a guess alone", "a route wins", "no such route"],
)
def test_a_url_is_looked_up_where_there_is_no_route(
    tmp_path: Path, entry: dict[str, str | None], expected: list[str]
) -> None:
    begins = starts(repository(tmp_path, FILES), hotspot(**WEB, **entry))
    assert [start.key[1] for begin in begins for start in begin] == expected
