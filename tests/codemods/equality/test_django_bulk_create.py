"""Rows that a loop creates, before and after: equal rows and errors on real databases, one INSERT per thousand rows."""

from pathlib import Path

import pytest
from guards.conftest import children, library, postgres  # noqa: F401
from guards.libraries import Library, outermost
from guards.rewritten import rewritten

from codemods.api import Proposal, Repeat

pytestmark = pytest.mark.slow
MODELS = """\
from django.db import models
from django.db.models.signals import post_save

SENT = []


class Order(models.Model):
    number = models.IntegerField()


class Item(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="items")
    sku = models.CharField(max_length=5, unique=True, null=True)
    stock = models.IntegerField(default=3)
    made = models.DateTimeField(auto_now_add=True)
"""
RECEIVER = """

def sent(sender, instance, **kwargs):
    SENT.append(instance.sku)


post_save.connect(sent, sender=Item)
"""
APP = """\
from django.db import transaction

from blog import models
from blog.models import Item, Order

DATA = [
    [],
    ["a", "b", "ß", "", " a", None, None, "c;--", "'"],
    ["b", "a", "b", "c"],  # a duplicate midway
    ["b", "old", "c"],  # a duplicate of a row that is there
    ["b", {{"of": "another type"}}, "too long for it", "c"],
    (str(1 // n) for n in (1, 0, 2)),  # an error of the loop midway
    [str(n) for n in range(2001)],  # more than two batches
]


class UndoError(Exception):
    pass


def fill(order, skus):
    with transaction.atomic():
        for sku in skus:
            {create}


def outcome(order, skus):
    models.SENT.clear()
    error = None
    try:
        fill(order, skus)
    except Exception as raised:
        error = type(raised).__name__
    found = Item.objects.order_by("id").values_list("order_id", "sku", "stock", "made")
    return [error, [[*row[:3], row[3] is None] for row in found], list(models.SENT)]


def view(request):
    outcomes = []
    for skus in DATA:
        try:
            with transaction.atomic():
                outcomes.append(outcome(Order.objects.get(), skus))
                raise UndoError
        except UndoError:
            pass
    return outcomes
"""
CREATES = {
    "create": "Item.objects.create(order=order, sku=sku)",
    "related": "order.items.create(sku=sku)",
    "save": "item = Item(order=order)\n            item.sku = sku\n            item.save()",
}
ROWS = {"blog_order": [{"id": 7, "number": 1}],
        "blog_item": [{"id": -5, "order_id": 7, "sku": "old", "stock": 3, "made": "2020-01-01"}]}  # fmt: skip
INSERT = Repeat("insert", ("blog_item",), (), 50, "write", "INSERT INTO blog_item (order_id, sku) VALUES (?, ?)")
EACH = pytest.mark.parametrize("library", outermost("django"), indirect=True, ids=" ".join)


def edited(root: Path, app: str, models: str = MODELS) -> Proposal:
    answer = rewritten(root, "django-bulk-create", {"app.py": app, "blog/models.py": models}, INSERT)
    assert isinstance(answer, Proposal)
    return answer


@EACH
@pytest.mark.parametrize("create", CREATES.values(), ids=CREATES)
def test_same_rows_and_errors(library: Library, create: str, tmp_path: Path) -> None:  # noqa: F811
    app = APP.format(create=create)
    proposal = edited(tmp_path, app)
    assert proposal.tier == "B"
    before, after = library.run(MODELS, app, ROWS), library.run(MODELS, proposal.texts["app.py"], ROWS)
    assert before.error is None
    assert (after.value, after.error) == (before.value, before.error)
    errors = [error for error, _, _ in before.value]
    assert (errors[:4], errors[5:]) == ([None, None, "IntegrityError", "IntegrityError"], ["ZeroDivisionError", None])
    assert len(before.writes) > 2000
    assert len(after.writes) < 20


@EACH
def test_the_notes_of_a_draft_are_true(library: Library, tmp_path: Path) -> None:  # noqa: F811
    app = APP.format(create=CREATES["create"])
    proposal = edited(tmp_path, app, MODELS + RECEIVER)
    assert (proposal.tier, proposal.notes) == (
        "C",
        (
            "`sent` (blog/models.py:22), which receives post_save of Item, is not called",
            "an error of a later round is raised before one of writing the rows of earlier rounds",
        ),
    )
    before = library.run(MODELS + RECEIVER, app, ROWS)
    after = library.run(MODELS + RECEIVER, proposal.texts["app.py"], ROWS)
    assert [outcome[:2] for outcome in after.value] == [outcome[:2] for outcome in before.value]
    assert len(before.value[-1][2]) == 2001
    assert [sent for _, _, sent in after.value] == [[]] * len(after.value)
