"""Rows of `bench/loops.py` for row writes, on SQLite in memory; every call of the driver waits for the latency first.

A row is (codemod, operations before and after, before, after). Both write the same rows in one transaction, which is
undone. psycopg2 and psycopg, whose ways of sending many rows differ, are measured in the research behind the codemod.
"""

import sqlite3
import time
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

N = 500
Timed = Callable[[float], None]


@cache
def _django() -> Any:
    """The model of a table with N rows, and what runs a function in a transaction that is undone."""
    import django
    from django.conf import settings

    engine = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    settings.configure(DATABASES={"default": engine}, DEFAULT_AUTO_FIELD="django.db.models.AutoField")
    django.setup()
    from django.db import connection, models, transaction

    meta = type("Meta", (), {"app_label": "shop"})
    fields = {"sku": models.CharField(max_length=20), "price": models.IntegerField(default=0)}
    item: Any = type("Item", (models.Model,), {**fields, "Meta": meta, "__module__": __name__})
    with connection.schema_editor() as editor:
        editor.create_model(item)
    item.objects.bulk_create([item(sku=str(n)) for n in range(N)])

    def undone(work: Callable[[], object], latency: float) -> None:
        def slow(execute: Any, *given: Any) -> Any:
            time.sleep(latency)
            return execute(*given)

        with connection.execute_wrapper(slow), transaction.atomic():
            work()
            transaction.set_rollback(True)

    return SimpleNamespace(item=item, undone=undone)


def _create_each(latency: float) -> None:
    d = _django()
    d.undone(lambda: [d.item.objects.create(sku=str(n)) for n in range(N)], latency)


def _create_all(latency: float) -> None:
    d = _django()
    d.undone(lambda: d.item.objects.bulk_create([d.item(sku=str(n)) for n in range(N)], batch_size=1000), latency)


def _changed() -> list[Any]:
    rows = list(_django().item.objects.all())
    for n, row in enumerate(rows):
        row.price = n
    return rows


def _save_each(latency: float) -> None:
    _django().undone(lambda: [row.save() for row in _changed()], latency)


def _save_all(latency: float) -> None:
    d = _django()
    d.undone(lambda: d.item.objects.bulk_update(_changed(), ["price"], batch_size=500), latency)


def _set_each(latency: float) -> None:
    def work() -> None:
        for row in _django().item.objects.all():
            row.price = 7
            row.save()

    _django().undone(work, latency)


def _set_all(latency: float) -> None:
    d = _django()
    d.undone(lambda: d.item.objects.all().update(price=7), latency)


@cache
def _sqlalchemy() -> Any:
    from sqlalchemy import Column, Integer, create_engine, event, insert
    from sqlalchemy.orm import Session, declarative_base
    from sqlalchemy.pool import StaticPool

    base: Any = declarative_base()
    user: Any = type(
        "User", (base,), {"__tablename__": "users", "id": Column(Integer, primary_key=True), "size": Column(Integer)}
    )
    engine = create_engine("sqlite://", poolclass=StaticPool)
    base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(user), [{"size": n} for n in range(N)])
    latency = [0.0]

    # What a driver without a statement for many rows does with them: one round trip each.
    def wait(*given: Any) -> None:
        parameters, many = given[3], given[5]
        time.sleep(latency[0] * (len(parameters) if many else 1))

    event.listen(engine, "before_cursor_execute", wait, named=False)
    return SimpleNamespace(user=user, session=lambda: Session(engine), latency=latency)


def _assign_each(latency: float) -> None:
    s = _sqlalchemy()
    s.latency[0] = latency
    with s.session() as session:
        for user in session.query(s.user):
            user.size = -1
        session.flush()


def _assign_all(latency: float) -> None:
    s = _sqlalchemy()
    s.latency[0] = latency
    with s.session() as session:
        session.query(s.user).update({"size": -1}, synchronize_session="fetch")


class _SlowCursor(sqlite3.Cursor):
    latency = 0.0

    def execute(self, *given: Any) -> Any:  # type: ignore[override]
        time.sleep(self.latency)
        return super().execute(*given)

    def executemany(self, *given: Any) -> Any:  # type: ignore[override]
        time.sleep(self.latency)
        return super().executemany(*given)


def _cursor(latency: float) -> _SlowCursor:
    cursor = sqlite3.connect(":memory:").cursor(_SlowCursor)
    cursor.execute("CREATE TABLE item (a INTEGER, b TEXT)")
    cursor.latency = latency
    return cursor


def _send_each(latency: float) -> None:
    cursor = _cursor(latency)
    for n in range(N):
        cursor.execute("INSERT INTO item (a, b) VALUES (?, ?)", (n, "b"))


def _send_all(latency: float) -> None:
    rows = [(n, "b") for n in range(N)]
    _cursor(latency).executemany("INSERT INTO item (a, b) VALUES (?, ?)", rows)


ROWS: list[tuple[str, tuple[int, int], Timed, Timed]] = [
    ("django-bulk-create", (N, 1), _create_each, _create_all),
    ("django-bulk-update", (N + 1, 2), _save_each, _save_all),
    ("django-bulk-update: one value", (N + 1, 1), _set_each, _set_all),
    ("sqlalchemy-bulk-update", (N + 1, 2), _assign_each, _assign_all),
    ("executemany", (N, 1), _send_each, _send_all),
]
