"""Rows that a loop changes, before and after: equal rows and errors on real databases, one UPDATE per 500 rows."""

from pathlib import Path

import pytest
from guards.conftest import children, library, postgres  # noqa: F401
from guards.libraries import Library, outermost
from guards.rewritten import rewritten

from codemods.api import Proposal, Repeat

pytestmark = pytest.mark.slow
MODELS = """\
from django.db import models


class Item(models.Model):
    sku = models.CharField(max_length=5)
    stock = models.PositiveSmallIntegerField(null=True, unique=True)
    price = models.IntegerField(default=0)
    changed = models.DateTimeField({auto})
"""
APP = """\
from django.db import transaction

from blog.models import Item

PRICES = [
    {{}},
    {{n: n for n in range(10)}},
    {{n: None if n == 3 else n for n in range(10)}},  # a value that is refused midway
    {{n: "x" if n == 3 else n for n in range(10)}},  # one of another type
    {{n: n + 20 for n in range(5)}},  # a KeyError of the loop
]


class UndoError(Exception):
    pass


@transaction.atomic
def change(prices):
    for item in Item.objects.order_by("id"):
        {change}


def outcome(prices):
    error = None
    try:
        change(prices)
    except Exception as raised:
        error = type(raised).__name__
    found = Item.objects.order_by("id").values_list("id", "sku", "stock", "price", "changed")
    return [error, [[*row[:4], row[4] is None or row[4].year] for row in found]]


def view(request):
    outcomes = []
    for prices in PRICES:
        try:
            with transaction.atomic():
                outcomes.append(outcome(prices))
                raise UndoError
        except UndoError:
            pass
    return outcomes
"""
CHANGES = {
    "each its own": "item.price = prices[item.id % 10]\n        item.save()",
    "in some rounds": "if item.id % 3:\n            item.price = prices[item.id % 10]\n            item.stock = None\n"
    '            item.save(update_fields=["price", "stock"])',
    "a duplicate midway": "item.stock = prices[item.id % 10]\n        item.save()",
    "all the same": "item.price = prices\n        item.save()".replace("= prices", "= 5"),
    "all the same, refused": "item.stock = 7\n        item.save()",
}
ROWS = {"blog_item": [{"id": n, "sku": f"s{n}", "stock": 10_000 - n, "price": 2, "changed": "2001-01-01"}
                      for n in range(1, 503)]}  # fmt: skip
UPDATE = Repeat("update", ("blog_item",), ("blog_item.id",), 50, "write", "UPDATE blog_item SET price = ? WHERE id = ?")
EACH = pytest.mark.parametrize("library", outermost("django"), indirect=True, ids=" ".join)


def edited(root: Path, app: str, models: str) -> Proposal:
    answer = rewritten(root, "django-bulk-update", {"app.py": app, "blog/models.py": models}, UPDATE)
    assert isinstance(answer, Proposal)
    return answer


@EACH
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_same_rows_and_errors(library: Library, change: str, tmp_path: Path) -> None:  # noqa: F811
    app, models = APP.format(change=change), MODELS.format(auto="null=True")
    proposal = edited(tmp_path, app, models)
    assert proposal.tier == "B"
    before, after = library.run(models, app, ROWS), library.run(models, proposal.texts["app.py"], ROWS)
    assert before.error is None
    assert (after.value, after.error) == (before.value, before.error)
    assert len(after.writes) <= 10
    assert len(after.writes) <= len(before.writes)


@EACH
def test_the_notes_of_a_draft_are_true(library: Library, tmp_path: Path) -> None:  # noqa: F811
    app, models = APP.format(change=CHANGES["all the same"]), MODELS.format(auto="auto_now=True")
    proposal = edited(tmp_path, app, models)
    assert (proposal.tier, proposal.notes[0]) == (
        "C",
        "`changed` has a new value at every save, and keeps its old one in bulk_update",
    )
    before, after = library.run(models, app, ROWS), library.run(models, proposal.texts["app.py"], ROWS)
    assert [[row[:4] for row in rows] for _, rows in after.value] == [
        [row[:4] for row in rows] for _, rows in before.value
    ]
    assert {row[4] for _, rows in after.value for row in rows} == {2001}
    assert 2001 not in {row[4] for _, rows in before.value for row in rows}
