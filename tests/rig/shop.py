"""A small application with one N+1 per module, and hotspots that point at it."""

import subprocess
from pathlib import Path
from typing import Any

import msgspec
from rig import sample

from bot.records import Count, Entry, Handler, Hotspot, Location, Pattern
from codemods.index import Index

MODELS = """\
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy import ForeignKey


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
    customer: Mapped[Customer] = relationship()
    lines: Mapped[list["Line"]] = relationship()


class Line(Base):
    __tablename__ = "lines"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
"""
IMPORTS = "from sqlalchemy.orm import joinedload, selectinload\n\nfrom shop.models import Order\n\n\n"


def function(name: str, read: str = "order.customer.name", query: str = "session.query(Order)") -> str:
    """A function that reads a relationship of each row."""
    return f"def {name}(session):\n    return [{read} for order in {query}.order_by(Order.id)]\n"


def repository(root: Path, files: dict[str, str]) -> Index:
    """The index of a checkout with these files and the models."""
    for name, text in {"shop/__init__.py": "", "shop/models.py": MODELS, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    subprocess.run(["git", "add", "-A"], cwd=root, check=True)
    return Index(root)


def pattern(name: str, table: str, column: str) -> Pattern:
    """A lazy load on a column of a table."""
    return Pattern(
        fingerprint=name, statement=f"SELECT * FROM {table} WHERE {column} = ?", tables=(table,),
        where_columns=(column,), count=Count(p50=50, p95=50, max=50), traces=1, spans=50, total_ns=1, mean_ns=1,
        sequential=1.0,
    )  # fmt: skip


CUSTOMER = pattern("customer", "customers", "customers.id")
LINES = pattern("lines", "lines", "lines.order_id")
INVOICE = pattern("invoice", "invoices", "invoices.id")


def hotspot(
    *patterns: Pattern, locations: tuple[Location, ...] = (), kind: str = "n_plus_one_db", **entry: Any
) -> Hotspot:
    """A hotspot at an entry of which only the given fields are known."""
    return msgspec.structs.replace(
        sample.hotspot(), kind=kind, patterns=patterns or (CUSTOMER,), locations=locations,
        entry=Entry(**{"type": "unknown", **entry}),
    )  # fmt: skip


def at(file: str, line: int | None = None, function: str | None = None) -> Location:
    """A place as a source names it."""
    return Location(file=file, line=line, function=function, precision="function", provenance="the span")


def handler(**fields: Any) -> Handler:
    """The handler that a trace names."""
    return Handler(**fields)
