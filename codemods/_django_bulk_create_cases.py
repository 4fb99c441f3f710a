"""Cases of django-bulk-create."""

from typing import Any

from codemods.api import Case, Repeat, Tier

_ITEMS = Repeat("items", ("shop_item",), (), 50, "write", "INSERT INTO shop_item (order_id, sku) VALUES (?, ?)")
_OTHERS = Repeat("others", ("shop_other",), (), 50, "write", "INSERT INTO shop_other (a) VALUES (?)")
_READS = Repeat("reads", ("shop_item",), ("shop_item.order_id",), 50, statement="SELECT * FROM shop_item WHERE id = ?")
_MODELS = {
    "shop/models.py": """\
from django.db import models


class Order(models.Model):
    number = models.CharField(max_length=20)


class Item(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="items")
    sku = models.CharField(max_length=20)
    note = models.TextField(blank=True)
    made = models.DateTimeField(auto_now_add=True)
"""
}
_HEAD = "from django.db import transaction\n\nfrom shop.models import Item, Order\n\n\n"


def _with(code: str, old: str = "", new: str = "", **more: str) -> dict[str, str]:
    """The models, a text in them replaced, with more code below and more files."""
    models = _MODELS["shop/models.py"].replace(old, new) if old else _MODELS["shop/models.py"]
    return {"shop/models.py": models + code, **{f"shop/{name}.py": text for name, text in more.items()}}


def _case(name: str, before: str, after: str | None, code: str | None = None, tier: Tier = "B", **more: Any) -> Case:
    """A case whose files are the models and whose repeat is the write to `shop_item`, unless more is said."""
    head = more.get("head", _HEAD)
    changed = None if after is None else head + after
    repeats, files = more.get("repeats", (_ITEMS,)), more.get("files") or _MODELS
    return Case(name, head + before, changed, repeats, code, tier, files)


_PLAIN = """\
def view(order, skus):
    with transaction.atomic():
        for sku in skus:
            Item.objects.create(order=order, sku=sku)
"""
_COLLECTED = """\
def view(order, skus):
    with transaction.atomic():
        items = []
        for sku in skus:
            items.append(Item(order=order, sku=sku))
        Item.objects.bulk_create(items, batch_size=1000)
"""

CASES = (
    _case("in a transaction", _PLAIN, _COLLECTED),
    _case(
        "without a transaction a failure keeps other rows",
        "def view(order, skus):\n    for sku in skus:\n        Item.objects.create(order=order, sku=sku)\n",
        "def view(order, skus):\n    items = []\n    for sku in skus:\n        items.append(Item(order=order, sku=sku))\n"
        "    Item.objects.bulk_create(items, batch_size=1000)\n",
        tier="C",
    ),
    _case(
        "arguments on lines of their own, of a name that is bound and not used",
        """\
@transaction.atomic
def view(order, rows):
    for row in rows:
        item = Item.objects.create(
            order=order,
            sku=row["sku"],
        )
        # the next one
    return order
""",
        """\
@transaction.atomic
def view(order, rows):
    items = []
    for row in rows:
        items.append(
            Item(
                order=order,
                sku=row["sku"],
            )
        )
        # the next one
    Item.objects.bulk_create(items, batch_size=1000)
    return order
""",
    ),
    _case(
        "arguments below the parenthesis, the last line of the file without an end",
        """\
@transaction.atomic
def view(order, rows):
    for row in rows:
        Item.objects.create(order=order,
                            sku=row["sku"])""",
        """\
@transaction.atomic
def view(order, rows):
    items = []
    for row in rows:
        items.append(Item(order=order,
                          sku=row["sku"]))
    Item.objects.bulk_create(items, batch_size=1000)
""",
    ),
    _case(
        "a closing parenthesis that hangs on the last argument",
        """\
@transaction.atomic
def view(order, rows):
    for row in rows:
        Item.objects.create(
            order=order,
            sku=row["sku"])
""",
        """\
@transaction.atomic
def view(order, rows):
    items = []
    for row in rows:
        items.append(
            Item(
                order=order,
                sku=row["sku"]))
    Item.objects.bulk_create(items, batch_size=1000)
""",
    ),
    _case(
        "a text over several lines is not indented",
        '''\
@transaction.atomic
def view(order, rows):
    for row in rows:
        Item.objects.create(
            order=order,
            note="""a
            b""",
        )
''',
        '''\
@transaction.atomic
def view(order, rows):
    items = []
    for row in rows:
        items.append(Item(
            order=order,
            note="""a
            b""",
        ))
    Item.objects.bulk_create(items, batch_size=1000)
''',
    ),
    _case(
        "a call that becomes too long for its line",
        """\
@transaction.atomic
def view(order, items, articles):
    for article in articles:
        Item.objects.create(order=order, sku=article.sku, note=article.full_description)
        Item.objects.create(
            order=order, sku=article.second_sku, note=article.second_description
        )
""",
        """\
@transaction.atomic
def view(order, items, articles):
    new_items = []
    for article in articles:
        new_items.append(
            Item(order=order, sku=article.sku, note=article.full_description)
        )
        new_items.append(
            Item(
                order=order, sku=article.second_sku, note=article.second_description
            )
        )
    Item.objects.bulk_create(new_items, batch_size=1000)
""",
    ),
    _case(
        "arguments that no longer fit on their line",
        """\
@transaction.atomic
def view(order, articles):
    for article in articles:
        Item.objects.create(
            order=order, sku=article.second_sku, note=article.second_full_description
        )
""",
        """\
@transaction.atomic
def view(order, articles):
    items = []
    for article in articles:
        items.append(
            Item(
                order=order,
                sku=article.second_sku,
                note=article.second_full_description,
            )
        )
    Item.objects.bulk_create(items, batch_size=1000)
""",
    ),
    _case(
        "an object that is made, filled and saved, in the inner of two loops",
        """\
@transaction.atomic
def view(orders):
    for order in orders:
        for sku in order.number.split():
            if sku:
                item = Item(order=order)
                item.sku = sku
                item.save()
    return orders
""",
        """\
@transaction.atomic
def view(orders):
    items = []
    for order in orders:
        for sku in order.number.split():
            if sku:
                item = Item(order=order)
                item.sku = sku
                items.append(item)
    Item.objects.bulk_create(items, batch_size=1000)
    return orders
""",
    ),
    _case(
        "only the inner loop is left where the outer one reads the rows",
        """\
@transaction.atomic
def view(orders):
    for order in orders:
        for sku in order.number.split():
            Item.objects.create(order=order, sku=sku)
        print(order.items.count())
""",
        """\
@transaction.atomic
def view(orders):
    for order in orders:
        items = []
        for sku in order.number.split():
            items.append(Item(order=order, sku=sku))
        Item.objects.bulk_create(items, batch_size=1000)
        print(order.items.count())
""",
    ),
    _case(
        "rows of a parent",
        """\
@transaction.atomic
def view(order, skus):
    for sku in skus:
        order.items.create(sku=sku)
        order.items.create()
        order.items.create(
            sku=sku,
        )
""",
        """\
@transaction.atomic
def view(order, skus):
    items = []
    for sku in skus:
        items.append(Item(order=order, sku=sku))
        items.append(Item(order=order))
        items.append(
            Item(
                order=order,
                sku=sku,
            )
        )
    Item.objects.bulk_create(items, batch_size=1000)
""",
    ),
    _case(
        "a queryset behind a property",
        """\
class Basket:
    @property
    def rows(self):
        return Item.objects.filter(order=self.order)

    @transaction.atomic
    def fill(self, skus):
        known = Item.objects.all()
        for sku in skus:
            self.rows.create(order=self.order, sku=sku)


def view(skus):
    Basket().fill(skus)
""",
        """\
class Basket:
    @property
    def rows(self):
        return Item.objects.filter(order=self.order)

    @transaction.atomic
    def fill(self, skus):
        known = Item.objects.all()
        items = []
        for sku in skus:
            items.append(Item(order=self.order, sku=sku))
        self.rows.bulk_create(items, batch_size=1000)


def view(skus):
    Basket().fill(skus)
""",
    ),
    _case(
        "a manager in a name, another name for the list, an app label that is set elsewhere",
        """\
def view(order, skus):
    items = order.number
    known = Item.objects.using("archive")
    for sku in skus:
        known.create(order=order, sku=clean(sku), note=items)
        audit(sku).write(sku)
        ping[0](), wait(), more(sku)


def more(sku):
    return more(sku)
""",
        """\
def view(order, skus):
    items = order.number
    known = Item.objects.using("archive")
    new_items = []
    for sku in skus:
        new_items.append(Item(order=order, sku=clean(sku), note=items))
        audit(sku).write(sku)
        ping[0](), wait(), more(sku)
    known.bulk_create(new_items, batch_size=1000)


def more(sku):
    return more(sku)
""",
        tier="C",
        repeats=(Repeat("items", ("store_item",), (), 50, "write", "INSERT INTO store_item (sku) VALUES (?)"),),
    ),
    _case(
        "save() of the model checks, and receivers get the rows: the draft says what is skipped",
        _PLAIN,
        _COLLECTED,
        tier="C",
        files=_with(
            """
    def save(self, *args, **kwargs):
        self.full_clean()
        if not str(self):
            raise ValueError
        super().save(*args, **kwargs)
""",
            receivers="""\
from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver

from .models import Item, Order


@receiver(post_save, sender=Item)
def count(sender, instance, **kwargs):
    pass


@receiver([post_save, post_delete])
class Every:
    pass


@receiver(pre_save)
def before_every(sender, **kwargs):
    pass


@receiver(pre_save, sender=Order)
def order_only(sender, **kwargs):
    pass


@receiver(post_save, sender="shop.Item")
@other
def by_name(sender, **kwargs):
    pass


post_save.connect(count, sender=None if count else Order)
post_delete.connect(count, sender=Item)
""",
        ),
    ),
    _case(
        "what is not known of the model: a base, a decorator, a tracker, a manager of another package, a hook",
        _PLAIN,
        _COLLECTED,
        tier="C",
        files={
            "shop/models.py": """\
from django.db import models
from other.models import Base, Manager as OtherManager, register, Tracker


class ItemQuerySet(models.QuerySet):
    pass


class Plain:
    pass


class Named(Plain):
    def full(self):
        return self.sku


class Order(models.Model):
    number = models.CharField(max_length=20)


@register
class Item(Named, Plain, Base, models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="items")
    sku = models.CharField(max_length=20)
    tracker = Tracker()
    objects = OtherManager.from_queryset(ItemQuerySet)()
""",
            "settings.py": 'INSTALLED_APPS = ["easyaudit"]\n',
        },
    ),
    _case(
        "an object that is given away before it is saved",
        """\
@transaction.atomic
def view(order, skus, seen):
    for sku in skus:
        item = Item(order=order, sku=sku)
        seen.append(item)
        item.save(force_insert=True)
""",
        """\
@transaction.atomic
def view(order, skus, seen):
    items = []
    for sku in skus:
        item = Item(order=order, sku=sku)
        seen.append(item)
        items.append(item)
    Item.objects.bulk_create(items, batch_size=1000)
""",
        tier="C",
    ),
    _case(
        "a loop on one line",
        "@transaction.atomic\ndef view(skus):\n    for sku in skus: Item.objects.create(sku=sku)\n",
        "@transaction.atomic\ndef view(skus):\n    items = []\n    for sku in skus: items.append(Item(sku=sku))\n"
        "    Item.objects.bulk_create(items, batch_size=1000)\n",
    ),
    _case(
        "errors are handled inside the transaction",
        """\
@transaction.atomic
def view(order, skus):
    try:
        for sku in skus:
            Item.objects.create(order=order, sku=sku)
    except ValueError:
        pass
""",
        """\
@transaction.atomic
def view(order, skus):
    try:
        items = []
        for sku in skus:
            items.append(Item(order=order, sku=sku))
        Item.objects.bulk_create(items, batch_size=1000)
    except ValueError:
        pass
""",
        tier="C",
    ),
    # ---- untouched ----
    _case(
        "a function that creates one row, which a loop calls",
        "def view(order, skus):\n    for sku in skus:\n        add(order, sku)\n\n\n"
        "def add(order, sku):\n    return Item.objects.create(order=order, sku=sku)\n",
        None,
        "R-SHARED-CALLERS",
    ),
    _case(
        "an attribute that is no property",
        "class Basket:\n    def rows(self):\n        return Item.objects.all()\n\n    def fill(self, skus):\n"
        "        for sku in skus:\n            self.rows.create(sku=sku)\n            self.other.create(sku=sku)\n\n\n"
        "def view(skus):\n    Basket().fill(skus)\n",
        None,
        "R-UNRESOLVED",
    ),
    _case("rows are created in one call already", _COLLECTED, None, "R-BATCHED"),
    _case("a statement that reads", _PLAIN, None, "R-UNRESOLVED", repeats=(_READS,)),
    _case("rows of a model that no code creates", _PLAIN, None, "R-UNRESOLVED", repeats=(_OTHERS,)),
    _case("no loop", "def view(order):\n    Item.objects.create(order=order)\n", None, "R-UNRESOLVED"),
    _case(
        "two functions create rows alike",
        _PLAIN + "    more(order, skus)\n\n\n" + _PLAIN.replace("view", "more"),
        None,
        "R-AMBIGUOUS",
    ),
    _case(
        "two loops of a function create rows alike",
        _PLAIN + "        for sku in skus:\n            Item.objects.create(order=order)\n",
        None,
        "R-AMBIGUOUS",
    ),
    _case(
        "get_or_create",
        _PLAIN.replace("objects.create", "objects.get_or_create"),
        None,
        "R-GET-OR-CREATE",
    ),
    _case(
        "get_or_create of the same rows beside it",
        _PLAIN + "            order.items.update_or_create(sku=sku)\n",
        None,
        "R-GET-OR-CREATE",
    ),
    _case(
        "each round handles its own error",
        "def view(order, skus):\n    for sku in skus:\n        try:\n            Item.objects.create(sku=sku)\n"
        "        except ValueError:\n            pass\n",
        None,
        "R-PARTIAL",
    ),
    _case(
        "each round is a transaction",
        "def view(order, skus):\n    for sku in skus:\n        with transaction.atomic():\n"
        "            Item.objects.create(sku=sku)\n",
        None,
        "R-TX",
    ),
    _case(
        "each round is under something of its own",
        "def view(order, skus):\n    for sku in skus:\n        with tenant(sku):\n"
        "            Item.objects.create(sku=sku)\n",
        None,
        "R-SHAPE",
    ),
    _case("a round commits", _PLAIN + "            transaction.commit()\n", None, "R-TX"),
    _case("a round returns", _PLAIN + "            if not sku:\n                return\n", None, "R-COND"),
    _case(
        "a stream",
        _PLAIN.replace("in skus", "in Order.objects.iterator()"),
        None,
        "R-STREAM",
    ),
    _case("the loop has an else", _PLAIN + "        else:\n            print(skus)\n", None, "R-SHAPE"),
    _case(
        "rows that are created in a comprehension",
        "def view(order, skus):\n    return [Item.objects.create(sku=sku) for sku in skus]\n",
        None,
        "R-SHAPE",
    ),
    _case(
        "later rounds read the rows",
        _PLAIN.replace(
            "            Item",
            "            if Item.objects.filter(sku=sku).exists():\n                continue\n            Item",
        ),
        None,
        "R-CARRY",
    ),
    _case(
        "later rounds read the rows through a function",
        _PLAIN
        + """\
            check(sku)


def check(sku):
    return find(sku)


def find(sku):
    return Item.objects.filter(sku=sku) or find(sku)
""",
        None,
        "R-CARRY",
    ),
    _case(
        "later rounds read the rows of a parent in a function",
        _PLAIN
        + """\
            check(order)


def check(order):
    return order.items
""",
        None,
        "R-CARRY",
    ),
    _case("a function gets the model", _PLAIN + "            check(Item)\n", None, "R-CARRY"),
    _case(
        "later rounds ask the same queryset",
        "def view(order, skus):\n    rows = Item.objects.all()\n    for sku in skus:\n        rows.create(sku=sku)\n"
        "        print(rows.count())\n",
        None,
        "R-CARRY",
    ),
    _case(
        "the row is used", _PLAIN.replace("Item.ob", "item = Item.ob") + "            print(item)\n", None, "R-RESULT"
    ),
    _case(
        "the row is used in the same statement",
        _PLAIN.replace("Item.ob", "print(Item.ob")[:-1] + ")\n",
        None,
        "R-RESULT",
    ),
    _case("the row's key is used", _PLAIN.replace("Item.ob", "x = Item.ob")[:-1] + ".pk\n", None, "R-RESULT"),
    _case("a manager of another kind", _PLAIN.replace("order=order, ", "order, "), None, "R-SHAPE"),
    _case(
        "save() of the model sets values",
        _PLAIN,
        None,
        "R-SAVE",
        files=_with(
            "\n    def save(self, *args, **kwargs):\n        self.sku = self.sku.upper()\n        super().save()\n"
        ),
    ),
    _case(
        "save() of the model calls what sets values",
        _PLAIN,
        None,
        "R-SAVE",
        files=_with(
            "\n    def save(self, *args, **kwargs):\n        self.normalise()\n        super().save()\n",
            "class Item(models.Model):",
            "class Named:\n    def normalise(self):\n        self.sku = self.sku.upper()\n\n\nclass Item(Named, models.Model):",
        ),
    ),
    _case(
        "save() of the model gives the row to a function",
        _PLAIN,
        None,
        "R-SAVE",
        files=_with("\n    def save(self, *args, **kwargs):\n        fill(self)\n        super().save()\n"),
    ),
    _case(
        "a receiver gets the row before it is saved",
        _PLAIN,
        None,
        "R-SIGNALS",
        files=_with("", receivers="from .models import Item\n\nsignals.pre_save.connect(lambda **k: 0, sender=Item)\n"),
    ),
    _case(
        "a model over two tables",
        _PLAIN,
        None,
        "R-SAVE",
        files=_with("", "class Item(models.Model)", "class Item(Order)"),
    ),
    _case(
        "a manager that creates in its own way",
        _PLAIN,
        None,
        "R-SAVE",
        files=_with(
            "    objects = ItemQuerySet.as_manager()\n",
            "class Order(",
            "class ItemQuerySet(models.QuerySet):\n    def create(self, **kwargs):\n        pass\n\n\nclass Order(",
        ),
    ),
    *(
        _case(
            f"an object that is saved: {name}",
            f"""\
@transaction.atomic
def view(order, skus, item=None):
    for sku in skus:
        {made}
""",
            None,
            code,
        )
        for name, made, code in (
            ("its key is given", "row = Item(id=sku)\n        row.save()", "R-SHAPE"),
            ("its key may be given", "row = Item(**sku)\n        row.save()", "R-SHAPE"),
            ("its key is set", "row = Item(sku=sku)\n        row.pk = sku\n        row.save()", "R-SHAPE"),
            ("to another database", "row = Item(sku=sku)\n        row.save(using=sku)", "R-SHAPE"),
            ("used afterwards", "row = Item(sku=sku)\n        row.save()\n        print(row.pk)", "R-RESULT"),
            ("made in some rounds", "if sku:\n            row = Item(sku=sku)\n        row.save()", "R-CARRY"),
            ("not made here", "item.save()", "R-UNRESOLVED"),
            ("of another model", "row = Order(number=sku)\n        row.save()", "R-UNRESOLVED"),
        )
    ),
    _case(
        "a parent whose rows are of several models",
        "def view(order, skus):\n    for sku in skus:\n        order.items.create(sku=sku)\n",
        None,
        "R-UNRESOLVED",
        files={
            "shop/models.py": _MODELS["shop/models.py"],
            "archive/models.py": _MODELS["shop/models.py"].replace(
                "    made", "    class Meta:\n        db_table = 'shop_item'\n\n    made"
            ),
        },
    ),
    _case(
        "a parent's rows of a model without a name here",
        "def view(order, skus):\n    for sku in skus:\n        order.items.create(sku=sku)\n",
        None,
        "R-UNRESOLVED",
        head="from shop.models import Order\n\n\n",
    ),
    _case(
        "a manager that nothing is known of",
        "def view(order, skus):\n    for sku in skus:\n        make(sku).create()\n"
        "        order.create()\n        order.rows.create()\n",
        None,
        "R-UNRESOLVED",
    ),
)
