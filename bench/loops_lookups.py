"""Rows of `bench/loops.py` for lookups by key: 100 orders of 40 users, on SQLite in memory."""

import time
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

ORDERS, USERS = 100, 40
VISITS = 20_000
ENOUGH = 5  # the round at which a loop that ends early does so
GROUPS = list(range(10))  # four users each
IDS = [n % USERS + 1 for n in range(ORDERS)]


@cache
def _django() -> Any:
    """A model of users, and what runs a function with a wait before every statement."""
    import django
    from django.conf import settings

    if not settings.configured:
        engine = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
        settings.configure(DATABASES={"default": engine}, DEFAULT_AUTO_FIELD="django.db.models.AutoField")
        django.setup()
    from django.db import connection, models

    meta = type("Meta", (), {"app_label": "people"})
    columns = {"email": models.CharField(max_length=20), "group": models.IntegerField(db_index=True)}
    fields = columns | {"Meta": meta, "__module__": __name__}
    user: Any = type("User", (models.Model,), fields)
    with connection.schema_editor() as editor:
        editor.create_model(user)
    user.objects.bulk_create([user(email=f"{n}@x", group=n % 10) for n in range(USERS)])

    def slowly(work: Callable[[], object], latency: float) -> None:
        def slow(execute: Any, *given: Any) -> Any:
            time.sleep(latency)
            return execute(*given)

        with connection.execute_wrapper(slow):
            work()

    return SimpleNamespace(user=user, slowly=slowly)


def _django_each(latency: float) -> None:
    d = _django()
    d.slowly(lambda: [d.user.objects.get(pk=pk).email for pk in IDS], latency)


@cache
def _visits() -> Any:
    """Twenty thousand rows of another model."""
    _django()
    from django.db import connection, models

    meta = type("Meta", (), {"app_label": "people"})
    fields = {"of": models.IntegerField(db_index=True), "Meta": meta, "__module__": __name__}
    visit: Any = type("Visit", (models.Model,), fields)
    with connection.schema_editor() as editor:
        editor.create_model(visit)
    visit.objects.bulk_create([visit(of=n % 2) for n in range(VISITS)])
    return visit.objects.filter(of=1)


def _counted(latency: float) -> None:
    visits = _visits()
    _django().slowly(lambda: [bool(visits.count()) for _ in GROUPS], latency)


def _exists(latency: float) -> None:
    visits = _visits()
    _django().slowly(lambda: [visits.exists() for _ in GROUPS], latency)


def _django_bulk(latency: float) -> None:
    d = _django()

    def work() -> list[str]:
        users_by_id = d.user.objects.in_bulk(IDS)
        return [(users_by_id.get(pk) or d.user.objects.get(pk=pk)).email for pk in IDS]

    d.slowly(work, latency)


def _described(user: Any, key: int, found: Any = None) -> str:
    """A helper that does more with its row, which its caller may lend it."""
    if found is None:
        found = user.objects.get(pk=key)
    return f"{key}: {found.email}"


def _describe_each(latency: float) -> None:
    d = _django()
    d.slowly(lambda: [_described(d.user, pk) for pk in IDS], latency)


def _described_lent(latency: float) -> None:
    d = _django()

    def work() -> list[str]:
        users_by_id = d.user.objects.in_bulk(IDS)
        return [_described(d.user, pk, found=users_by_id.get(pk)) for pk in IDS]

    d.slowly(work, latency)


def _until(d: Any, found: dict[int, Any]) -> Any:
    for pk in IDS:
        user = found.get(pk) or d.user.objects.get(pk=pk)
        if user.pk == ENOUGH:
            return user
    return None


def _search_each(latency: float) -> None:
    d = _django()
    d.slowly(lambda: _until(d, {}), latency)


def _searched(latency: float) -> None:
    """A loop that ends early: the rows of all 40 are fetched for the first five."""
    d = _django()
    d.slowly(lambda: _until(d, d.user.objects.in_bulk(IDS)), latency)


@cache
def _sqlalchemy() -> Any:
    """A model of users, and what gives a session whose every statement waits first."""
    from sqlalchemy import Column, Integer, String, create_engine, event
    from sqlalchemy.orm import Session, declarative_base
    from sqlalchemy.pool import StaticPool

    base: Any = declarative_base()
    columns = {"id": Column(Integer, primary_key=True), "email": Column(String), "group": Column(Integer, index=True)}
    user: Any = type("User", (base,), {"__tablename__": "users", **columns})
    engine = create_engine("sqlite://", poolclass=StaticPool)
    base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(user(id=n + 1, email=f"{n}@x", group=n % 10) for n in range(USERS))
        session.commit()
    wait = [0.0]
    event.listen(engine, "before_cursor_execute", lambda *_: time.sleep(wait[0]))

    def opened(latency: float) -> Any:
        wait[0] = latency
        return Session(engine)

    return SimpleNamespace(user=user, session=opened)


def _get_each(latency: float) -> None:
    s = _sqlalchemy()
    with s.session(latency) as session:
        for key in range(1, USERS + 1):
            session.get(s.user, key)


def _get_kept(latency: float) -> None:
    s = _sqlalchemy()
    ids = list(range(1, USERS + 1))
    with s.session(latency) as session:
        users = [
            user
            for start in range(0, len(ids), 500)
            for user in session.query(s.user).filter(s.user.id.in_(ids[start : start + 500]))
        ]
        for key in ids:
            session.get(s.user, key)
        assert len(users) == USERS


def _filter_each(latency: float) -> None:
    s = _sqlalchemy()
    with s.session(latency) as session:
        for key in IDS:
            session.query(s.user).filter_by(id=key).first()


def _filter_found(latency: float) -> None:
    s = _sqlalchemy()
    with s.session(latency) as session:
        users_by_id = {
            user.id: user
            for start in range(0, len(IDS), 500)
            for user in session.query(s.user).filter(s.user.id.in_(IDS[start : start + 500]))
        }
        for key in IDS:
            user = users_by_id.get(key)
            if user is None:
                session.query(s.user).filter_by(id=key).first()


def _list_each(latency: float) -> None:
    d = _django()
    d.slowly(lambda: [[u.email for u in d.user.objects.filter(group=g).order_by("id")] for g in GROUPS], latency)


def _listed(latency: float) -> None:
    d = _django()

    def work() -> list[list[str]]:
        groups: dict[int, list[Any]] = {}
        for user in d.user.objects.filter(group__in=GROUPS).order_by("id"):
            groups.setdefault(user.group, []).append(user)
        return [[user.email for user in groups.get(group, [])] for group in GROUPS]

    d.slowly(work, latency)


def _exist_each(latency: float) -> None:
    d = _django()
    d.slowly(lambda: [d.user.objects.filter(email=f"{n}@x").exists() for n in range(ORDERS)], latency)


def _existing(latency: float) -> None:
    """Keys of unknown origin: those that are not found, 60 of 100, are asked for again."""
    d = _django()

    def work() -> list[bool]:
        emails = [f"{n}@x" for n in range(ORDERS)]
        found_emails = set(d.user.objects.filter(email__in=emails).values_list("email", flat=True))
        return [email in found_emails or d.user.objects.filter(email=email).exists() for email in emails]

    d.slowly(work, latency)


def _count_each(latency: float) -> None:
    d = _django()
    d.slowly(lambda: [d.user.objects.filter(group=g).count() for g in GROUPS], latency)


def _counts_kept(latency: float) -> None:
    from django.db.models import Count

    d = _django()

    def work() -> list[int]:
        counts = dict(d.user.objects.filter(group__in=GROUPS).values_list("group").annotate(Count("pk")))
        return [counts.get(group, 0) for group in GROUPS]

    d.slowly(work, latency)


def _query_each(latency: float) -> None:
    s = _sqlalchemy()
    with s.session(latency) as session:
        for group in GROUPS:
            session.query(s.user).filter(s.user.group == group).order_by(s.user.id).all()


def _queried(latency: float) -> None:
    s = _sqlalchemy()
    with s.session(latency) as session:
        groups: dict[int, list[Any]] = {}
        for start in range(0, len(GROUPS), 500):
            portion = GROUPS[start : start + 500]
            for user in session.query(s.user).filter(s.user.group.in_(portion)).order_by(s.user.id):
                groups.setdefault(user.group, []).append(user)
        for group in GROUPS:
            groups.get(group, [])


def _insert_each(latency: float) -> None:
    from sqlalchemy import insert

    s = _sqlalchemy()
    with s.session(latency) as session:
        for n in range(ORDERS):
            session.execute(insert(s.user.__table__).values(email=f"{n}@y", group=99))
        session.rollback()


def _inserted(latency: float) -> None:
    from sqlalchemy import insert

    s = _sqlalchemy()
    with s.session(latency) as session:
        rows = [{"email": f"{n}@y", "group": 99} for n in range(ORDERS)]
        session.execute(insert(s.user.__table__), rows)
        session.rollback()


ROWS = [
    ("django-exists (rows looked at)", (VISITS // 2 * len(GROUPS), len(GROUPS)), _counted, _exists),
    ("django-in-bulk", (ORDERS, 1), _django_each, _django_bulk),
    ("django-in-bulk (lent to a helper)", (ORDERS, 1), _describe_each, _described_lent),
    ("django-in-bulk (ends early)", (ENOUGH, 1), _search_each, _searched),
    ("sqlalchemy-batch-get", (USERS, 1), _get_each, _get_kept),
    ("sqlalchemy-batch-get (filter)", (ORDERS, 1), _filter_each, _filter_found),
    ("sqlalchemy-insert-many", (ORDERS, 1), _insert_each, _inserted),
    ("django-group-rows", (len(GROUPS), 1), _list_each, _listed),
    ("django-existing-keys (keys of unknown origin)", (ORDERS, ORDERS - USERS + 1), _exist_each, _existing),
    ("django-existing-keys (count)", (len(GROUPS), 1), _count_each, _counts_kept),
    ("sqlalchemy-group-rows", (len(GROUPS), 1), _query_each, _queried),
]
