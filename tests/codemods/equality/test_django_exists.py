"""Before and after on a real database: the same answers for every kind of queryset, with fewer rows looked at."""

import json
import subprocess
import sys
from pathlib import Path

from codemods import django_exists
from codemods.api import Proposal, Reached, Repeat, Sighting
from codemods.index import Index

MODELS = """\
from django.db import models


class Order(models.Model):
    name = models.CharField(max_length=9)


class Line(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    tags = models.ManyToManyField(Order, related_name="tagged")
    n = models.IntegerField()
"""
APP = """\
from django.db.models import Count, F

from shop.models import Line


def view(order):
    found = []
    if order.lines.count():
        found.append("some")
    if not order.lines.filter(n__gt=5).count():
        found.append("none above five")
    found.append(order.lines.count() > 0)
    found.append(order.lines.order_by("n").distinct().count() == 0)
    found.append(order.lines.exclude(n=F("id")).count() >= 1)
    found.append(Line.objects.filter(order=order, n__gt=1).values("n").annotate(many=Count("id")).count() != 0)
    found.append(Line.objects.filter(order=order).annotate(many=Count("tags")).filter(many__gt=1).count() < 1)
    found.append(bool(Line.objects.none().count()))
    found.append(Line.objects.filter(tags=order).distinct().count() > 0)
    return found


def rows(order):
    lines = Line.objects.filter(order=order)
    if lines:
        return lines.exclude(n=1).order_by("-n").values_list("n", flat=True).first()
    return "none"
"""
RUN = """\
import json

import django
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["shop"], DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
)
django.setup()
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shop.models import Line, Order

with connection.schema_editor() as editor:
    editor.create_model(Order)
    editor.create_model(Line)
orders = [Order.objects.create(name=n) for n in "abcd"]
for order, numbers in zip(orders, [[], [1], [1, 1, 7], [2] * 20]):
    for n in numbers:
        line = Line.objects.create(order=order, n=n)
        line.tags.set(orders[: n % 3])
import after
import app

out = []
for module in (app, after):
    for given in (Order.objects.order_by("id"), Order.objects.order_by("id").prefetch_related("lines")):
        with CaptureQueriesContext(connection, ) as caught:
            answers = [[module.view(order), module.rows(order)] for order in given]
        counted = sum("COUNT(*)" in one["sql"].partition(" FROM ")[0] for one in caught.captured_queries)
        out.append([answers, len(caught), counted])
print(json.dumps(out))
"""


def test_equal(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").touch()
    (tmp_path / "shop/models.py").write_text(MODELS)
    (tmp_path / "app.py").write_text(APP)
    subprocess.run("git init -q && git add -A", shell=True, cwd=tmp_path, check=True)
    text = edited(tmp_path, "view", "COUNT(*)")
    (tmp_path / "app.py").write_text(text)
    (tmp_path / "after.py").write_text(edited(tmp_path, "rows", "*"))
    (tmp_path / "app.py").write_text(APP)
    ran = subprocess.run([sys.executable, "-c", RUN], cwd=tmp_path, capture_output=True, text=True, check=True)
    was, was_fetched, now, now_fetched = json.loads(ran.stdout)
    assert (now[0], now_fetched[0]) == (was[0], was_fetched[0])
    assert was[0] != now[0][:1] * 4  # the orders differ
    assert (now[1], now_fetched[1]) == (was[1], was_fetched[1])
    assert (was[2] > 0, now[2], now_fetched[2]) == (True, 0, 0)


def edited(folder: Path, function: str, what: str) -> str:
    """The text after the codemod has seen one function."""
    repeat = Repeat("f", ("shop_line",), (), 1, statement=f"SELECT {what} FROM shop_line WHERE order_id = ?")
    sighting = Sighting(
        "slow_query", (repeat,), (Reached("app.py", function, 0, "the entry"),), frozenset({("app.py", function)})
    )
    (found,) = django_exists.find(Index(folder), sighting)
    assert isinstance(found, Proposal), found
    assert found.tier == "B"
    return found.texts["app.py"]
