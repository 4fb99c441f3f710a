"""The cases of `django-exists`: what it changes, and what it leaves alone with which code."""

from codemods.api import Case, Repeat

MODELS = """\
from django.db import models


class Order(models.Model):
    placed = models.DateField()


class Line(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    open = models.BooleanField()


class Shop(models.Model):
    name = models.CharField(max_length=9)
"""
FILES = {"shop/__init__.py": "", "shop/models.py": MODELS}
COUNTED = Repeat("c", ("shop_line",), (), 1, statement="SELECT COUNT(*) FROM shop_line WHERE order_id = ?")
LISTED = Repeat("l", ("shop_line",), (), 1, statement="SELECT * FROM shop_line WHERE order_id = ?")
OTHER = Repeat("o", ("books",), (), 1, statement="SELECT COUNT(*) FROM books")
WRITTEN = Repeat("w", ("shop_line",), (), 1, statement="UPDATE shop_line SET open = ?")

CASES: tuple[Case, ...] = (
    Case(
        "numbers that are only compared with none",
        """\
from shop.models import Line, Shop


def view(order, number):
    if order.lines.count():
        print(1)
    if not order.lines.filter(open=True).count() and number:
        print(2)
    while Line.objects.filter(order=order).count() > 0:
        print(3)
    assert order.lines.all().count() != 0
    first = order.lines.count() >= 1 or number
    none = number or order.lines.count() == 0
    print(first, none, bool(order.lines.count()), Shop.objects.count(), order.count("lines"))
    return order.lines.exclude(
        open=True
    ).count() < 1 if number else not order.lines.count() > 0
""",
        """\
from shop.models import Line, Shop


def view(order, number):
    if order.lines.exists():
        print(1)
    if not order.lines.filter(open=True).exists() and number:
        print(2)
    while Line.objects.filter(order=order).exists():
        print(3)
    assert order.lines.all().exists()
    first = order.lines.exists() or number
    none = number or not order.lines.exists()
    print(first, none, bool(order.lines.exists()), Shop.objects.count(), order.count("lines"))
    return not order.lines.exclude(
        open=True
    ).exists() if number else not order.lines.exists()
""",
        (COUNTED,),
        files=FILES,
    ),
    Case(
        "a queryset in a name, narrowed",
        """\
from shop.models import Line


def view(order, is_open):
    lines = Line.objects.filter(order=order)
    if is_open:
        lines = lines.filter(open=True)
    return [line for line in order if lines.count()]
""",
        """\
from shop.models import Line


def view(order, is_open):
    lines = Line.objects.filter(order=order)
    if is_open:
        lines = lines.filter(open=True)
    return [line for line in order if lines.exists()]
""",
        (COUNTED,),
        files=FILES,
    ),
    Case(
        "classes that are not spelled out",
        """\
def view(line, self):
    return line.__class__.objects.filter(open=True).count() > 0 or (
        self.model.objects.count() > 0 or type(line)._default_manager.count() > 0
    )
""",
        """\
def view(line, self):
    return line.__class__.objects.filter(open=True).exists() or (
        self.model.objects.exists() or type(line)._default_manager.exists()
    )
""",
        (COUNTED,),
        files=FILES,
    ),
    Case(
        "rows that are asked for anew",
        """\
from shop.models import Line


def view(order):
    lines = Line.objects.filter(order=order)
    if lines:
        return lines.filter(open=True).latest("id")
    return order.lines.exists
""",
        """\
from shop.models import Line


def view(order):
    lines = Line.objects.filter(order=order)
    if lines.exists():
        return lines.filter(open=True).latest("id")
    return order.lines.exists
""",
        (LISTED,),
        files=FILES,
        named=True,
    ),
    Case(
        "no statement that asks",
        """\
def view(order):
    if order.lines.count():
        print(order)
""",
        None,
        (WRITTEN,),
        "R-UNRESOLVED",
        files=FILES,
    ),
    Case(
        "a table of no model",
        """\
def view(order):
    if order.lines.count():
        print(order)
""",
        None,
        (OTHER,),
        "R-UNRESOLVED",
        files=FILES,
    ),
    Case(
        "the number counts",
        """\
def view(order):
    return order.lines.count()
""",
        None,
        (COUNTED,),
        "R-RESULT",
        files=FILES,
    ),
    Case(
        "the number counts in a comparison",
        """\
def view(order, n):
    if order.lines.count() > 1 or order.lines.count() > n or (order.lines.count()) > 0 or order.lines.count() > True:
        print(n, 0 < order.lines.count(), (order.lines.count() == 0) == n, not order.lines.count() == 0)
""",
        None,
        (COUNTED,),
        "R-RESULT",
        files=FILES,
    ),
    Case(
        "nothing is counted",
        """\
def view(order, lines):
    if order.other.count() or lines.count() or order.lines(1).count() or (order and order).count():
        print(len(order.lines.all()))
""",
        None,
        (COUNTED,),
        "R-UNRESOLVED",
        files=FILES,
    ),
    Case(
        "another model",
        """\
from shop.models import Shop


def view(order):
    if Shop.objects.count() or Shop.objects.filter(name="a").count():
        print(order)
""",
        None,
        (COUNTED,),
        "R-UNRESOLVED",
        files=FILES,
    ),
    Case(
        "a class of another kind",
        """\
def view(order, Page):
    if Page.objects.count():
        print(order)
""",
        None,
        (COUNTED,),
        "R-UNRESOLVED",
        files=FILES,
    ),
    Case(
        "two querysets in one",
        """\
def view(order, more):
    if order.lines.filter(open=True).union(more).count():
        print(order)
""",
        None,
        (COUNTED,),
        "R-UNRESOLVED",
        files=FILES,
    ),
    Case(
        "names for many things",
        """\
from shop.models import Line


def view(order, lines):
    rows = Line.objects.all()
    for rows in order:
        if rows.count() or lines.count():
            print(order)
    one = Line.objects.all()
    two = one.all()
    three = two.all()
    four = three.all()
    if four.count():
        print(order)
""",
        None,
        (COUNTED,),
        "R-UNRESOLVED",
        files=FILES,
    ),
    Case(
        "a queryset that counts in its own way",
        """\
from shop.models import Line


def view(order):
    if order.lines.count():
        print(order)
""",
        None,
        (COUNTED,),
        "R-UNRESOLVED",
        files={
            **FILES,
            "shop/managers.py": """\
from django.db.models import QuerySet


class Lines(QuerySet):
    def count(self):
        return 1
""",
        },
    ),
    Case(
        "rows that are read",
        """\
from shop.models import Line


def view(order):
    lines = Line.objects.filter(order=order)
    if lines:
        return lines[0]
""",
        None,
        (LISTED,),
        "R-UNRESOLVED",
        files=FILES,
        named=True,
    ),
    Case(
        "rows that are handed on",
        """\
from shop.models import Line


def view(order):
    lines = Line.objects.filter(order=order)
    if lines:
        print(lines.filter(open=True), lines)
""",
        None,
        (LISTED,),
        "R-UNRESOLVED",
        files=FILES,
        named=True,
    ),
    Case(
        "asked in every round",
        """\
from shop.models import Line


def view(orders):
    lines = Line.objects.filter(open=True)
    for order in orders:
        if lines:
            print(lines.filter(order=order))
""",
        None,
        (LISTED,),
        "R-UNRESOLVED",
        files=FILES,
        named=True,
    ),
    Case(
        "a test of something else",
        """\
def view(order, lines):
    shown = lines or order
    if shown:
        print(shown.filter(open=True))
""",
        None,
        (LISTED,),
        "R-UNRESOLVED",
        files=FILES,
        named=True,
    ),
    Case(
        "two functions",
        """\
def other(order):
    return order.lines.count() == 0


def view(order):
    return order.lines.count() > 0 or other(order)
""",
        None,
        (COUNTED,),
        "R-AMBIGUOUS",
        files=FILES,
    ),
    Case(
        "done already",
        """\
def view(order):
    if order.lines.exists():
        print(order)
""",
        None,
        (COUNTED,),
        "R-EXISTS",
        files=FILES,
    ),
    Case(
        "tests that watch it",
        """\
def view(order):
    if order.lines.count():
        print(order)
""",
        None,
        (COUNTED,),
        "R-MOCKED",
        files={
            **FILES,
            "tests/test_app.py": """\
import app


def test_view(order):
    order.lines.count.return_value = 1
    app.view(order)
""",
        },
    ),
    Case(
        "what is no queryset",
        """\
from shop.models import Line


def view(order):
    known = Line.objects.filter(order=order).exists()
    if known:
        print(order)
    changed = Line.objects.filter(order=order).update(open=False)
    if not changed:
        print(order)
    total = order.lines.total()
    if total:
        print(order)
""",
        None,
        (LISTED,),
        "R-EXISTS",
        files=FILES,
        named=True,
    ),
    Case(
        "rows that the evidence does not name",
        """\
from shop.models import Line


def view(order):
    lines = Line.objects.filter(order=order)
    if lines:
        print(lines.filter(open=True))
""",
        None,
        (LISTED,),
        "R-UNRESOLVED",
        files=FILES,
    ),
)
