"""Orders with a customer each, read through Django's ORM and through its driver alone."""

import contextlib
import os
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import django

CUSTOMERS = """CREATE TEMPORARY TABLE costmod_customer
(id integer PRIMARY KEY, name varchar(40), email varchar(60), city varchar(30))"""
ORDERS = """CREATE TEMPORARY TABLE costmod_order
(id integer PRIMARY KEY, customer_id integer, status varchar(12), note varchar(60))"""
SOME = "SELECT id, customer_id, note FROM costmod_order WHERE id > %s AND id <= %s"
ONE = "SELECT id, name FROM costmod_customer WHERE id = %s"
BOTH = """SELECT o.id, o.note, c.name FROM costmod_order o, costmod_customer c
WHERE c.id = o.customer_id AND o.id > %s AND o.id <= %s"""


def models() -> tuple[Any, Any]:
    """Both models, on tables that Django does not make."""
    from django.db import models as m

    meta = {"app_label": "costmod_calibration", "managed": False}

    class Customer(m.Model):  # type: ignore[misc] # no stubs
        id = m.IntegerField(primary_key=True)
        name, email, city = m.CharField(max_length=40), m.CharField(max_length=60), m.CharField(max_length=30)
        Meta = type("Meta", (), {**meta, "db_table": "costmod_customer"})

    class Order(m.Model):  # type: ignore[misc]
        id = m.IntegerField(primary_key=True)
        customer = m.ForeignKey(Customer, m.DO_NOTHING, db_constraint=False)
        status, note = m.CharField(max_length=12), m.CharField(max_length=60)
        Meta = type("Meta", (), {**meta, "db_table": "costmod_order"})

    return Customer, Order


@contextlib.contextmanager
def subject(order: dict[str, Any], rows: int) -> Iterator[SimpleNamespace]:
    """What is measured, on the default connection, in a transaction that is rolled back."""
    sys.path.insert(0, order["path"])
    os.environ["DJANGO_SETTINGS_MODULE"] = order["django"]
    django.setup()
    from django.conf import settings
    from django.db import connection, transaction

    settings.DEBUG = False  # it would keep every statement
    customer, bought = models()
    with transaction.atomic():
        try:
            with connection.cursor() as cursor:
                cursor.execute(CUSTOMERS)
                cursor.execute(ORDERS)
            customer.objects.bulk_create(
                customer(id=n, name=f"Customer {n}", email=f"c{n}@example.com", city=f"City {n % 50}")
                for n in range(1, rows + 1)
            )
            bought.objects.bulk_create(
                bought(id=n, customer_id=n * 7 % rows + 1, status="paid", note=f"note {n:040}")
                for n in range(1, rows + 1)
            )
            yield described(connection, bought)
        finally:
            transaction.set_rollback(True)
    connection.close()


def described(connection: Any, order: Any) -> SimpleNamespace:
    """The ways to read, and what the measurement needs to know beside them."""
    cursor = connection.cursor()  # what code without models uses in such a project

    def rows(statement: str, *values: object) -> Any:
        cursor.execute(statement, values)
        return cursor.fetchall()

    def orm(shape: Any) -> Any:
        def run(size: int, offset: int) -> list[Any]:
            return [each.customer.name for each in shape(order.objects.filter(id__gt=offset, id__lte=offset + size))]

        return run

    def loop(size: int, offset: int) -> list[Any]:
        return [rows(ONE, row[1])[0][1] for row in rows(SOME, offset, offset + size)]

    def scalar(statement: str) -> Any:
        return rows(statement)[0][0]

    database = connection.Database
    version = connection.get_database_version() if hasattr(connection, "get_database_version") else ()
    driver = {database.__name__: str(getattr(database, "__version__", getattr(database, "version", ""))).split(" ")[0]}
    return SimpleNamespace(
        ways={
            "orm": orm(lambda found: found),
            "orm joined": orm(lambda found: found.select_related("customer")),
            "orm separate": orm(lambda found: found.prefetch_related("customer")),
            "dbapi": loop,
            "dbapi joined": lambda size, offset: [row[2] for row in rows(BOTH, offset, offset + size)],
        },
        select_1=lambda *_: rows("SELECT 1"),
        scalar=scalar,
        system=connection.vendor,
        host=str(connection.settings_dict.get("HOST") or ""),
        versions={connection.vendor: ".".join(map(str, version)), "Django": django.__version__, **driver},
    )
