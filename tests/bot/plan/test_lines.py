"""A source that gives a line and no statement: the attribute read on the line tells what repeats."""

from pathlib import Path

import msgspec
import pytest
from rig.shop import CUSTOMER, IMPORTS, at, function, repository

from bot.plan.plan import Outcome, plan
from bot.records import Entry, Hotspot, Metrics, Patch, Refusal, Source, Trust

ORDERS = IMPORTS + function("list_orders")  # the comprehension is on line 7
TWO = IMPORTS + function("orders") + "\n\n" + function("others")
SHARED = (
    "def names(rows):\n    return [row.customer.name for row in rows]\n\n\n"
    "def orders(session):\n    return names(session.query(Order))\n"
)
BASKETS = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.models import Base, Customer


class Basket(Base):
    __tablename__ = "baskets"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    customer: Mapped[Customer] = relationship()
    lines: Mapped[list["BasketLine"]] = relationship()


class BasketLine(Base):
    __tablename__ = "basket_lines"
    id: Mapped[int] = mapped_column(primary_key=True)
    basket_id: Mapped[int] = mapped_column(ForeignKey("baskets.id"))
"""
BOTH = IMPORTS + "from shop.baskets import Basket\n\n\n" + SHARED
BOTH += "\n\ndef baskets(session):\n    return names(session.query(Basket))\n"
UNSEEN = "def names(rows):\n    return [row.customer.name for row in rows]\n"
DJANGO = """\
from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=80)


class Book(models.Model):
    title = models.CharField(max_length=80)
    author = models.ForeignKey(Author, on_delete=models.CASCADE)

    def label(self):
        return f"{self.title} by {self.author.name}"


def titles(books):
    return [
        book.author.name
        for book in books
    ]


def labels(request):
    return [book.label() for book in Book.objects.filter(title="x")]


def report(request):
    return titles(Book.objects.exclude(title="x"))


def one(request, pk):
    return Book.objects.get(pk=pk).author.name
"""


def line_only(file: str, line: int | None, name: str | None = None) -> Hotspot:
    place = msgspec.structs.replace(at(file, line, name), precision="exact_line")
    return Hotspot(
        id="H-1", kind="n_plus_one_db", source=Source(vendor="profiler", format="pprof"), entry=Entry(type="unknown"),
        patterns=(), locations=(place,), trust=Trust(confidence=0.5),
        metrics=Metrics(requests_in_window=0, p50_ns=0, p95_ns=0, p99_ns=0, total_ns=0),
    )  # fmt: skip


def planned(root: Path, files: dict[str, str], seen: Hotspot) -> list[Outcome]:
    return plan(seen, repository(root, files))


def edits(outcomes: list[Outcome]) -> list[tuple[str, tuple[str, ...], str]]:
    assert all(isinstance(outcome, Patch) for outcome in outcomes)
    return [(o.site.function, o.site.loads, o.tier) for o in outcomes if isinstance(o, Patch)]


def refusals(outcomes: list[Outcome]) -> list[tuple[str, str, bool]]:
    assert all(isinstance(outcome, Refusal) for outcome in outcomes)
    return [(o.code, o.message, o.done) for o in outcomes if isinstance(o, Refusal)]


def test_the_attribute_on_the_line_is_loaded(tmp_path: Path) -> None:
    (patch,) = planned(tmp_path, {"shop/views.py": ORDERS}, line_only("/srv/app/shop/views.py", 7, "list_orders"))
    assert isinstance(patch, Patch)
    fixed = ORDERS.replace("query(Order)", "query(Order).options(joinedload(Order.customer))")
    assert [change.after for change in patch.changes] == [fixed]
    assert [(load.path, load.strategy, load.statements_before) for load in patch.loads] == [
        ("Order.customer", "joinedload", 0)
    ]


def test_of_two_queries_the_one_whose_rows_come_to_the_line(tmp_path: Path) -> None:
    shop = {"shop/views.py": TWO}
    assert edits(planned(tmp_path, shop, line_only("shop/views.py", 7))) == [("orders", ("Order.customer",), "B")]


def test_the_rows_of_one_caller_come_to_the_line(tmp_path: Path) -> None:
    shop = {"shop/views.py": IMPORTS + SHARED}
    assert edits(planned(tmp_path, shop, line_only("shop/views.py", 7))) == [("orders", ("Order.customer",), "B")]


@pytest.mark.parametrize(
    ("line", "name", "expected"),
    [
        (13, "Book.label", ("labels", ("Book.author",), "B")),
        (18, "titles", ("report", ("Book.author",), "B")),
        (18, None, ("report", ("Book.author",), "B")),
    ],
)
def test_django_rows_come_to_the_line(
    tmp_path: Path, line: int, name: str | None, expected: tuple[str, tuple[str, ...], str]
) -> None:
    shop = {"shelf/models.py": DJANGO}
    assert edits(planned(tmp_path, shop, line_only("shelf/models.py", line, name))) == [expected]


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        (
            ORDERS,
            6,
            ("R-UNRESOLVED", "the source gives no statement, and shop/views.py:6 reads no relationship of a model"),
        ),
        (ORDERS, None, ("R-UNRESOLVED", "the source gives neither a statement nor an exact line")),
        (
            IMPORTS + UNSEEN,
            7,
            ("R-UNRESOLVED", "the source gives no statement, and no query was seen whose rows come to shop/views.py:7"),
        ),
    ],
    ids=["another line", "no line", "rows from nowhere"],
)  # fmt: skip
def test_untouched(tmp_path: Path, text: str, line: int | None, expected: tuple[str, str]) -> None:
    (found,) = refusals(planned(tmp_path, {"shop/views.py": text}, line_only("shop/views.py", line, "list_orders")))
    assert found == (*expected, False)


@pytest.mark.parametrize("name", ["customer.name", "lines"])
def test_rows_of_two_models_on_one_line_are_ambiguous(tmp_path: Path, name: str) -> None:
    shop = {"shop/views.py": BOTH.replace("customer.name", name), "shop/baskets.py": BASKETS}
    path = name.partition(".")[0]
    (refusal,) = planned(tmp_path, shop, line_only("shop/views.py", 10, "names"))
    assert isinstance(refusal, Refusal)
    assert (refusal.code, {c.partition(" in ")[0] for c in refusal.candidates}) == (
        "R-AMBIGUOUS", {f"Order.{path}", f"Basket.{path}"},
    )  # fmt: skip


def test_a_name_that_another_model_has_too_is_no_matter(tmp_path: Path) -> None:
    shop = {"shop/views.py": IMPORTS + function("list_orders", "order.lines"), "shop/baskets.py": BASKETS}
    assert edits(planned(tmp_path, shop, line_only("shop/views.py", 7))) == [("list_orders", ("Order.lines",), "B")]


def test_what_is_loaded_already_is_said_so(tmp_path: Path) -> None:
    text = ORDERS.replace("query(Order)", "query(Order).options(joinedload(Order.customer))")
    (found,) = refusals(planned(tmp_path, {"shop/views.py": text}, line_only("shop/views.py", 7, "list_orders")))
    assert found == ("R-ALREADY-EAGER", "shop/views.py:list_orders loads customer already", True)


def test_a_file_that_two_can_be_says_nothing(tmp_path: Path) -> None:
    shop = {"shop/a/views.py": ORDERS, "shop/b/views.py": ORDERS}
    (found,) = refusals(planned(tmp_path, shop, line_only("views.py", 7, "list_orders")))
    assert found[0] == "R-UNRESOLVED"


def test_a_pattern_without_a_statement_is_no_statement(tmp_path: Path) -> None:
    empty = msgspec.structs.replace(CUSTOMER, statement="", tables=(), where_columns=(), shape="other")
    seen = msgspec.structs.replace(line_only("shop/views.py", None, "list_orders"), patterns=(empty,))
    (found,) = refusals(planned(tmp_path, {"shop/views.py": ORDERS}, seen))
    assert found == ("R-UNRESOLVED", "the source gives neither a statement nor an exact line", False)


def test_a_statement_that_hides_its_columns_still_counts(tmp_path: Path) -> None:
    hidden = msgspec.structs.replace(CUSTOMER, statement="SELECT ?.? FROM customers WHERE ?.? = ?", where_columns=())
    seen = msgspec.structs.replace(line_only("shop/views.py", 7, "list_orders"), patterns=(hidden,))
    (patch,) = planned(tmp_path, {"shop/views.py": ORDERS}, seen)
    assert isinstance(patch, Patch)
    assert [(load.path, load.fingerprint, load.statements_before) for load in patch.loads] == [
        ("Order.customer", "customer", 50)
    ]


PAGE = """\
{% for order in orders %}
  <li>{{ order.customer.name }}</li>
{% endfor %}
"""
FLASK_VIEW = """\
from flask import render_template

from shop.models import Order


@app.get("/orders")
def list_orders():
    return render_template("orders.html", orders=session.query(Order).order_by(Order.id).all())
"""
DJANGO_VIEW = """\
from django.shortcuts import render

from shelf.models import Book


def page(request):
    return render(request, "books.html", {"books": Book.objects.filter(title="x")})
"""
BOOKS_PAGE = "{% for book in books %}\n{{ book.author.name }}\n{% endfor %}\n"


def at_entry(seen: Hotspot, name: str) -> Hotspot:
    return msgspec.structs.replace(seen, entry=Entry(type="task", transaction_name=name))


def test_a_line_of_a_template(tmp_path: Path) -> None:
    shop = {"shop/views.py": FLASK_VIEW, "shop/templates/orders.html": PAGE}
    seen = at_entry(line_only("/srv/app/shop/templates/orders.html", 2), "list_orders")
    assert edits(planned(tmp_path, shop, seen)) == [("list_orders", ("Order.customer",), "B")]


def test_a_line_of_a_django_template(tmp_path: Path) -> None:
    shop = {"shelf/models.py": DJANGO, "shelf/views.py": DJANGO_VIEW, "shelf/templates/books.html": BOOKS_PAGE}
    seen = at_entry(line_only("/srv/shelf/templates/books.html", 2), "shelf.views.page")
    assert edits(planned(tmp_path, shop, seen)) == [("page", ("Book.author",), "B")]


@pytest.mark.parametrize("line", [1, 3, 99])
def test_another_line_of_a_template_says_nothing(tmp_path: Path, line: int) -> None:
    shop = {"shop/views.py": FLASK_VIEW, "shop/templates/orders.html": PAGE}
    seen = at_entry(line_only("shop/templates/orders.html", line), "list_orders")
    (found,) = refusals(planned(tmp_path, shop, seen))
    assert found[0] == "R-UNRESOLVED"
