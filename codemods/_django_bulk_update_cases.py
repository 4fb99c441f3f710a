"""Cases of django-bulk-update."""

from typing import Any

from codemods.api import Case, Repeat, Tier

_ITEMS = Repeat("items", ("shop_item",), ("shop_item.id",), 50, "write", "UPDATE shop_item SET price = ? WHERE id = ?")
_READS = Repeat("reads", ("shop_item",), ("shop_item.id",), 50, statement="SELECT * FROM shop_item WHERE id = ?")
_OTHERS = Repeat("others", ("shop_other",), (), 50, "write", "UPDATE shop_other SET a = ? WHERE id = ?")
_MODELS = """\
from django.db import models


class Order(models.Model):
    number = models.CharField(max_length=20)
    main = models.ForeignKey("Item", on_delete=models.CASCADE, related_name="+")


class Item(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="items")
    price = models.IntegerField()
    sku = models.CharField(max_length=20)
    photo = models.ImageField()

    def label(self):
        return self.sku.upper()

    def discount(self):
        self.price -= 1

    def deep(self):
        self.discount()

    def wide(self):
        fill(self)
"""
_HEAD = "from django.db import transaction\n\nfrom shop.models import Item, Order\n\n\n"


def _models(old: str = "", new: str = "", more: str = "", **files: str) -> dict[str, str]:
    models = _MODELS.replace(old, new) if old else _MODELS
    return {"shop/models.py": models + more, **{f"shop/{name}.py": text for name, text in files.items()}}


def _case(name: str, before: str, after: str | None, code: str | None = None, tier: Tier = "B", **more: Any) -> Case:
    """A case whose files are the models and whose repeat is the write to `shop_item`, unless more is said."""
    head = more.get("head", _HEAD)
    changed = None if after is None else head + after
    repeats, files = more.get("repeats", (_ITEMS,)), more.get("files") or _models()
    return Case(name, head + before, changed, repeats, code, tier, files)


_PLAIN = """\
@transaction.atomic
def view(prices):
    for item in Item.objects.filter(order=1):
        item.price = prices[item.sku]
        item.save()
"""
_COLLECTED = """\
@transaction.atomic
def view(prices):
    changed_items = []
    for item in Item.objects.filter(order=1):
        item.price = prices[item.sku]
        changed_items.append(item)
    Item.objects.bulk_update(changed_items, ["price"], batch_size=500)
"""
_FIELDS = '(update_fields=["price"])'


def _round(lines: str, rows: str = "Item.objects.all()") -> str:
    """A function whose loop has these lines in each round."""
    body = "".join(f"        {line}\n" for line in lines.split("\n"))
    return f"@transaction.atomic\ndef view(orders, other=None):\n    for item in {rows}:\n{body}"


CASES = (
    _case("values of their own", _PLAIN, _COLLECTED),
    _case(
        "one value for all: a single UPDATE",
        """\
@transaction.atomic
def view(order, price):
    for item in Item.objects.filter(order=order).order_by("id"):
        item.price = price
        item.order_id = order.id
        item.save()
    return order
""",
        """\
@transaction.atomic
def view(order, price):
    Item.objects.filter(order=order).order_by("id").update(
        price=price, order_id=order.id
    )
    return order
""",
    ),
    _case(
        "one value for all rows of a queryset in a name",
        """\
@transaction.atomic
def view(order, price):
    items = Item.objects.filter(
        order=order
    )
    for item in items:
        item.price = price
        item.save(update_fields=("price",))
""",
        """\
@transaction.atomic
def view(order, price):
    items = Item.objects.filter(
        order=order
    )
    items.update(price=price)
""",
    ),
    *(
        _case(f"one value, but {name}", before, after)
        for name, before, after in (
            (
                "a comment would be lost",
                _round("item.price = 0  # free\nitem.save()"),
                _round("item.price = 0  # free\nchanged_items.append(item)").replace(
                    "    for", "    changed_items = []\n    for"
                )
                + '    Item.objects.bulk_update(changed_items, ["price"], batch_size=500)\n',
            ),
            (
                "the queryset is cut",
                _round("item.price = 0\nitem.save()", "Item.objects.all()[:5]"),
                _round("item.price = 0\nchanged_items.append(item)", "Item.objects.all()[:5]").replace(
                    "    for", "    changed_items = []\n    for"
                )
                + '    Item.objects.bulk_update(changed_items, ["price"], batch_size=500)\n',
            ),
            (
                "the steps allow no update",
                _round("item.price = 0\nitem.save()", "Item.objects.distinct()"),
                _round("item.price = 0\nchanged_items.append(item)", "Item.objects.distinct()").replace(
                    "    for", "    changed_items = []\n    for"
                )
                + '    Item.objects.bulk_update(changed_items, ["price"], batch_size=500)\n',
            ),
            (
                "the expression needs its parentheses",
                _round("item.price = 0\nitem.save()", "(Item.objects\n                 .all())"),
                _round("item.price = 0\nchanged_items.append(item)", "(Item.objects\n                 .all())").replace(
                    "    for", "    changed_items = []\n    for"
                )
                + '    Item.objects.bulk_update(changed_items, ["price"], batch_size=500)\n',
            ),
            (
                "the rows are returned",
                """\
@transaction.atomic
def view():
    items = Item.objects.all()
    for item in items:
        item.price = 0
        item.save()
    return items
""",
                """\
@transaction.atomic
def view():
    items = Item.objects.all()
    changed_items = []
    for item in items:
        item.price = 0
        changed_items.append(item)
    Item.objects.bulk_update(changed_items, ["price"], batch_size=500)
    return items
""",
            ),
        )
    ),
    _case(
        "in some rounds, with single quotes, several fields and a round that is skipped",
        """\
@transaction.atomic
def view(prices):
    for n, item in enumerate(list(Item.objects.select_related('order'))):
        if item.sku not in prices:
            continue
        if item.price != prices[item.sku]:
            item.price = prices[item.sku]
            item.order_id += n
            item.save()
            print(item.label(), item.pk, len(item.sku), f'{item}', Order(main=item), str(item))
""",
        """\
@transaction.atomic
def view(prices):
    changed_items = []
    for n, item in enumerate(list(Item.objects.select_related('order'))):
        if item.sku not in prices:
            continue
        if item.price != prices[item.sku]:
            item.price = prices[item.sku]
            item.order_id += n
            changed_items.append(item)
            print(item.label(), item.pk, len(item.sku), f'{item}', Order(main=item), str(item))
    Item.objects.bulk_update(changed_items, ['price', 'order'], batch_size=500)
""",
        tier="C",
    ),
    _case(
        "rows that are given, a short name, a call that changes them and says what it saves",
        """\
def view(xs):
    for x in xs:
        x.discount()
        if x:
            x.save(update_fields=["price"])
        else:
            x.save(update_fields={"price"})
""",
        """\
def view(xs):
    changed_items = []
    for x in xs:
        x.discount()
        if x:
            changed_items.append(x)
        else:
            changed_items.append(x)
    Item.objects.bulk_update(changed_items, ["price"], batch_size=500)
""",
        tier="C",
    ),
    _case(
        "the outer loop asks for the rows",
        """\
@transaction.atomic
def view(orders, prices):
    for order in orders:
        for item in order.items.filter(price=0):
            item.price = prices[item.sku]
            item.save()
""",
        """\
@transaction.atomic
def view(orders, prices):
    for order in orders:
        changed_items = []
        for item in order.items.filter(price=0):
            item.price = prices[item.sku]
            changed_items.append(item)
        Item.objects.bulk_update(changed_items, ["price"], batch_size=500)
""",
    ),
    _case(
        "one value for the rows of a parent",
        """\
@transaction.atomic
def view(order, price):
    for item in order.items.filter(price=0):
        item.price = price
        item.save()
""",
        """\
@transaction.atomic
def view(order, price):
    order.items.filter(price=0).update(price=price)
""",
    ),
    _case(
        "a manager that narrows the rows",
        _PLAIN,
        _COLLECTED,
        tier="C",
        files=_models(
            "class Order(",
            "class Live(models.Manager):\n    def get_queryset(self):\n        pass\n\n\nclass Order(",
            more="\n    objects = Live()\n",
        ),
    ),
    _case(
        "a loop inside: all rows in one call",
        """\
@transaction.atomic
def view(prices):
    for item in Item.objects.all():
        for price in prices:
            item.price = price
            item.save()
""",
        """\
@transaction.atomic
def view(prices):
    changed_items = []
    for item in Item.objects.all():
        for price in prices:
            item.price = price
            changed_items.append(item)
    Item.objects.bulk_update(changed_items, ["price"], batch_size=500)
""",
    ),
    _case(
        "fields with a value of their own at each save",
        _PLAIN,
        _COLLECTED,
        tier="C",
        files=_models(
            "    sku =",
            "    changed = models.DateTimeField(auto_now=True)\n    made = models.DateTimeField(auto_now=False)\n"
            "    slug = AutoSlugField()\n    sku =",
        ),
    ),
    _case(
        "rows that a join may give twice",
        _PLAIN.replace("order=1", "order__items__price=1"),
        _COLLECTED.replace("order=1", "order__items__price=1"),
        tier="C",
    ),
    _case(
        "values that are changed in place",
        """\
@transaction.atomic
def view():
    for item in Item.objects.all():
        item.facts.update(seen=True)
        item.codes[0] = 1
        item.save()
""",
        """\
@transaction.atomic
def view():
    changed_items = []
    for item in Item.objects.all():
        item.facts.update(seen=True)
        item.codes[0] = 1
        changed_items.append(item)
    Item.objects.bulk_update(changed_items, ["facts", "codes"], batch_size=500)
""",
        files=_models(more="\n    facts = models.JSONField()\n    codes = CodesField()\n"),
        tier="C",
    ),
    # ---- untouched ----
    _case(
        "a function that saves one row, which a loop calls",
        "def view(items):\n    for item in items:\n        check(item)\n        change(item)\n\n\n"
        "def check(item):\n    print(item)\n\n\ndef change(item):\n    item.price = 1\n"
        "    item.save()\n\n\ndef other(item):\n    item.save()\n",
        None,
        "R-SHARED-CALLERS",
    ),
    _case("written in one call already", _COLLECTED, None, "R-BATCHED"),
    _case("a statement that reads", _PLAIN, None, "R-UNRESOLVED", repeats=(_READS,)),
    _case("rows of a table that no model has", _PLAIN, None, "R-UNRESOLVED", repeats=(_OTHERS,)),
    _case("rows of another model", _round("item.number = 1\nitem.save()", "Order.objects.all()"), None, "R-UNRESOLVED"),
    _case("a row that no loop gives", _round("other.price = 1\nother.save()"), None, "R-UNRESOLVED"),
    _case(
        "a loop over pairs",
        "def view(pairs):\n    for item, price in pairs:\n        item.price = price\n        item.save()\n",
        None,
        "R-UNRESOLVED",
    ),
    _case(
        "two loops save rows alike",
        _PLAIN + "    for item in Item.objects.all():\n        item.price = 1\n        item.save()\n",
        None,
        "R-AMBIGUOUS",
    ),
    _case(
        "the model has no name here",
        "def view(items):\n    for item in items:\n        item.price = 1\n        item.save()\n",
        None,
        "R-SHAPE",
        head="from shop.models import Order\n\n\n",
    ),
    *(
        _case(name, _round(lines, rows), None, code)
        for name, code, lines, rows in (
            (
                "each round handles its own error",
                "R-PARTIAL",
                "item.price = 1\ntry:\n    item.save()\nexcept ValueError:\n    pass",
                "Item.objects.all()",
            ),
            (
                "a round returns",
                "R-COND",
                "item.price = 1\nitem.save()\nif item.sku:\n    return",
                "Item.objects.all()",
            ),
            ("a stream", "R-STREAM", "item.price = 1\nitem.save()", "Item.objects.all().iterator()"),
            (
                "later rounds read the rows",
                "R-CARRY",
                "item.price = Item.objects.count()\nitem.save()",
                "Item.objects.all()",
            ),
            (
                "later rounds read a row through a relation",
                "R-CARRY",
                "item.price = item.order.main.price\nitem.save()",
                "Item.objects.all()",
            ),
            (
                "later rounds make the rows",
                "R-GET-OR-CREATE",
                "item.price = Item.objects.get_or_create(sku=1)\nitem.save()",
                "Item.objects.all()",
            ),
            (
                "later rounds make the rows of a parent",
                "R-GET-OR-CREATE",
                "item.price = other.items.get_or_create(sku=1)\nitem.save()",
                "Item.objects.all()",
            ),
            (
                "the fields to save are not known",
                "R-SHAPE",
                "item.price = 1\nitem.save(update_fields=other)",
                "Item.objects.all()",
            ),
            (
                "the fields to save are not all known",
                "R-SHAPE",
                "item.save(update_fields=['price', other])",
                "Item.objects.all()",
            ),
            ("to another database", "R-SHAPE", "item.price = 1\nitem.save(using=other)", "Item.objects.all()"),
            ("with arguments", "R-SHAPE", "item.price = 1\nitem.save(True)", "Item.objects.all()"),
            (
                "different fields",
                "R-SHAPE",
                "if other:\n    item.save(update_fields=['sku'])\nelse:\n    item.save(update_fields=['price'])",
                "Item.objects.all()",
            ),
            ("no field is set", "R-SHAPE", "item.save()", "Item.objects.all()"),
            ("the key is set", "R-SHAPE", "item.pk = None\nitem.save()", "Item.objects.all()"),
            ("no field of the model", "R-UNRESOLVED", "item.stock = 1\nitem.save()", "Item.objects.all()"),
            ("a file", "R-SAVE", "item.photo = other\nitem.save()", "Item.objects.all()"),
            (
                "a method changes the row",
                "R-SHAPE",
                "item.price = 1\nitem.discount()\nitem.save()",
                "Item.objects.all()",
            ),
            (
                "a method calls one that changes the row",
                "R-SHAPE",
                "item.price = 1\nitem.deep()\nitem.save()",
                "Item.objects.all()",
            ),
            (
                "a method gives the row away",
                "R-SHAPE",
                "item.price = 1\nitem.wide()\nitem.save()",
                "Item.objects.all()",
            ),
            (
                "a method that is not seen",
                "R-SHAPE",
                "item.price = 1\nitem.unseen()\nitem.save()",
                "Item.objects.all()",
            ),
            (
                "a function may change the row",
                "R-SHAPE",
                "item.price = 1\nfill(item)\nitem.save()",
                "Item.objects.all()",
            ),
            (
                "a function may change the row by a keyword",
                "R-SHAPE",
                "item.price = 1\nfill(row=item)\nitem.save()",
                "Item.objects.all()",
            ),
            (
                "another name may change the row",
                "R-SHAPE",
                "x = item\nx.sku = 2\nitem.price = 1\nitem.save()",
                "Item.objects.all()",
            ),
            (
                "a field is set after the save",
                "R-CARRY",
                "item.price = 1\nitem.save()\nitem.sku = 2",
                "Item.objects.all()",
            ),
            (
                "the row is reloaded",
                "R-CARRY",
                "item.price = 1\nitem.save()\nitem.refresh_from_db()",
                "Item.objects.all()",
            ),
            (
                "the row is another one",
                "R-CARRY",
                "if other:\n    item = other\nitem.price = 1\nitem.save()",
                "Item.objects.all()",
            ),
        )
    ),
    _case(
        "save() of the model sets values",
        _PLAIN,
        None,
        "R-SAVE",
        files=_models(more="\n    def save(self, *args, **kwargs):\n        self.sku = 1\n        super().save()\n"),
    ),
    _case(
        "a receiver gets the row before it is saved",
        _PLAIN,
        None,
        "R-SIGNALS",
        files=_models(
            receivers="from .models import Item\n\n\n@receiver(signals.pre_save, sender=Item)\ndef f(**kwargs):\n    pass\n"
        ),
    ),
    _case("a model over two tables", _PLAIN, None, "R-SAVE", files=_models("Item(models.Model)", "Item(Order)")),
)
