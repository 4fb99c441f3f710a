"""`costmod fix` from a profile or a database log alone: the edit that traces give, or a clean refusal."""

from pathlib import Path

import pytest
from rig.blog import commit_all
from rig.profiles import sample_path
from rig.shop import repository

from bot.cli import _main

HOTSPOTS = Path(__file__).parents[1] / "samples" / "hotspots"
MODELS = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    customer: Mapped["Customer"] = relationship()
    items: Mapped[list["Item"]] = relationship()


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    sku: Mapped[str]
"""
SERVICES = '''\
"""The services, laid out so that the lines are those of the samples."""
from sqlalchemy import select
from sqlalchemy.orm import Session

from .models import Order


_SEEN = {}


def order_report(session: Session, limit: int = 25):

    orders = session.scalars(select(Order).order_by(Order.id).limit(limit)).all()
    rows = []
    for order in orders:
        rows.append({
            "id": order.id,
            "customer": order.customer.name,
            "skus": [item.sku for item in order.items],
        })
    return rows











def remember(key: str):
    _SEEN[key] = bytearray(64 * 1024)
    return len(_SEEN)
'''
APP = """\
from flask import Flask, jsonify
from sqlalchemy.orm import Session

from . import services


def create_app(engine):
    app = Flask("shop")

    @app.get("/orders")
    def list_orders():
        with Session(engine) as session:
            return jsonify(services.order_report(session))

    return app
"""
PPROF = [sample_path(f"ddtrace_profile_{number}.pprof") for number in (1, 2, 3)]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    files = {"shop/__init__.py": "", "shop/models.py": MODELS, "shop/services.py": SERVICES, "shop/flask_app.py": APP}
    repository(tmp_path / "repo", files)
    commit_all(tmp_path / "repo")
    return tmp_path / "repo"


def edited(repo: Path, *exports: str) -> tuple[int, str]:
    code = _main(["fix", str(repo), *(part for export in exports for part in ("--hotspots", export)), "--write"])
    return code, (repo / "shop" / "services.py").read_text()


SAMPLES = {
    "py-spy raw": [sample_path("pyspy_raw.txt")],
    "py-spy speedscope": [sample_path("pyspy_speedscope.json")],
    "ddtrace pprof": PPROF[:1],
    "PostgreSQL text log": [sample_path("postgres_slowlog_stderr.log")],
    "PostgreSQL CSV log": [sample_path("postgres_slowlog_csvlog.csv")],
    "PostgreSQL JSON log": [sample_path("postgres_slowlog_jsonlog.jsonl")],
    "pg_stat_statements": [sample_path("pg_stat_statements.csv")],
    "OpenTelemetry": [str(HOTSPOTS / "otel_flask_stable.jsonl.gz")],
}
AFTER = SERVICES.replace(
    "select(Order)",
    "select(Order).options(\n        joinedload(Order.customer),\n        selectinload(Order.items),\n    )",
).replace("import Session\n", "import Session, joinedload, selectinload\n")


@pytest.mark.parametrize("exports", SAMPLES.values(), ids=SAMPLES)
def test_the_edit_is_that_of_traces(shop: Path, exports: list[str]) -> None:
    assert ["order." in line for line in SERVICES.splitlines()[17:19]] == [True, True]
    assert edited(shop, *exports) == (0, AFTER)


NONE = "no codemod answers a hotspot of kind"
REFUSED = {
    "memory growth": ([sample_path("tracemalloc_diff.json")],
                      f"{NONE} memory_growth; it is at shop/services.py:34 [R-NO-CODEMOD]"),
    "memory leak": ([sample_path("memray_leaks.csv")],
                    f"{NONE} memory_growth; it is at shop/services.py:34 in remember [R-NO-CODEMOD]"),
    "functions only": ([sample_path("pyinstrument.json")],
                       "the source gives neither a statement nor an exact line [R-UNRESOLVED]"),
}  # fmt: skip


@pytest.mark.parametrize(("exports", "message"), REFUSED.values(), ids=REFUSED)
def test_what_has_no_codemod_is_refused_with_its_place(
    shop: Path, exports: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert edited(shop, *exports) == (1, SERVICES)
    assert message in " ".join(capsys.readouterr().out.split())


def test_slow_statements_and_computing_are_refused(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "postgresql.log"
    log.write_text(
        "2026-11-23 08:35:55.605 UTC [7] LOG:  duration: 2500.0 ms  statement: SELECT count(*) FROM orders\n"
    )
    stacks = tmp_path / "stacks.txt"
    stacks.write_text("list_orders (/srv/app/shop/flask_app.py:12);order_report (/srv/app/shop/services.py:16) 100\n")
    assert edited(shop, str(log), str(stacks)) == (1, SERVICES)
    shown = " ".join(capsys.readouterr().out.split())
    assert "refused unknown entry: no function of this repository could be shown to serve the entry" in shown
    assert "of kind cpu_self; it is at shop/services.py:16 in order_report [R-NO-CODEMOD]" in shown
