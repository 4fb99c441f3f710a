"""Orders with a customer each, read through SQLAlchemy's ORM and through its driver alone."""

import contextlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import sqlalchemy
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, literal_column, select
from sqlalchemy.orm import Session, joinedload, registry, relationship, selectinload
from sqlalchemy.pool import NullPool


class Customer:
    """A row of its table."""

    id: Any


class Order:
    """A row of its table."""

    id: Any
    customer: Any


def mapped() -> tuple[MetaData, Table, Table]:
    """Both tables, temporary, and their classes mapped to them."""
    metadata, mappers = MetaData(), registry()
    customers = Table(
        "costmod_customer", metadata, Column("id", Integer, primary_key=True), Column("name", String(40)),
        Column("email", String(60)), Column("city", String(30)), prefixes=["TEMPORARY"],
    )  # fmt: skip
    orders = Table(
        "costmod_order", metadata, Column("id", Integer, primary_key=True), Column("customer_id", Integer),
        Column("status", String(12)), Column("note", String(60)), prefixes=["TEMPORARY"],
    )  # fmt: skip
    mappers.map_imperatively(Customer, customers)
    of_order = relationship(
        Customer, primaryjoin=orders.c.customer_id == customers.c.id, foreign_keys=[orders.c.customer_id]
    )
    mappers.map_imperatively(Order, orders, properties={"customer": of_order})
    return metadata, customers, orders


@contextlib.contextmanager
def subject(order: dict[str, Any], rows: int) -> Iterator[SimpleNamespace]:
    """What is measured, on one connection, in a transaction that is rolled back."""
    engine = create_engine(order["url"], poolclass=NullPool)
    if getattr(engine.dialect, "is_async", False):
        raise ValueError("an asynchronous driver cannot be measured; name a synchronous one in the URL")
    metadata, customers, orders = mapped()
    connection = engine.connect()
    transaction = connection.begin()
    try:
        metadata.create_all(connection, checkfirst=False)
        people = [{"id": n, "name": f"Customer {n}", "email": f"c{n}@example.com", "city": f"City {n % 50}"}
                  for n in range(1, rows + 1)]  # fmt: skip
        bought = [{"id": n, "customer_id": n * 7 % rows + 1, "status": "paid", "note": f"note {n:040}"}
                  for n in range(1, rows + 1)]  # fmt: skip
        connection.execute(customers.insert(), people)
        connection.execute(orders.insert(), bought)
        yield described(engine, connection, customers, orders)
    finally:
        transaction.rollback()
        connection.close()
        engine.dispose()


def described(engine: Any, connection: Any, customers: Table, orders: Table) -> SimpleNamespace:
    """The ways to read, and what the measurement needs to know beside them."""
    cursor = connection.connection.cursor()

    def prepared(statement: Any) -> Any:
        compiled = statement.compile(dialect=engine.dialect)
        names = compiled.positiontup if compiled.positional else None

        def run(**values: object) -> Any:
            cursor.execute(str(compiled), [values[name] for name in names] if names is not None else values)
            return cursor.fetchall()

        return run

    first: Any = sqlalchemy.bindparam("first")
    last: Any = sqlalchemy.bindparam("last")
    span = (orders.c.id > first) & (orders.c.id <= last)
    some = prepared(select(orders.c.id, orders.c.customer_id, orders.c.note).where(span))
    one = prepared(select(customers.c.id, customers.c.name).where(customers.c.id == sqlalchemy.bindparam("id")))
    both = prepared(
        select(orders.c.id, orders.c.note, customers.c.name).where(span, customers.c.id == orders.c.customer_id)
    )
    smallest = prepared(select(literal_column("1")))

    def orm(*options: Any) -> Any:
        def run(size: int, offset: int) -> list[Any]:
            with Session(connection) as session:
                found = select(Order).where(Order.id > offset, Order.id <= offset + size).options(*options)
                return [each.customer.name for each in session.execute(found).scalars()]

        return run

    def loop(size: int, offset: int) -> list[Any]:
        return [one(id=row[1])[0][1] for row in some(first=offset, last=offset + size)]

    def joined(size: int, offset: int) -> list[Any]:
        return [row[2] for row in both(first=offset, last=offset + size)]

    dbapi: Any = engine.dialect.dbapi
    driver = {dbapi.__name__: str(getattr(dbapi, "__version__", getattr(dbapi, "version", ""))).split(" ")[0]}
    server = ".".join(map(str, engine.dialect.server_version_info or ()))
    query = engine.url.query.get("host")
    return SimpleNamespace(
        ways={
            "orm": orm(), "orm joined": orm(joinedload(Order.customer)),
            "orm separate": orm(selectinload(Order.customer)),
            "dbapi": loop, "dbapi joined": joined,
        },
        select_1=lambda *_: smallest(),
        scalar=lambda statement: connection.exec_driver_sql(statement).scalar(),
        system=engine.dialect.name,
        host=engine.url.host or (query if isinstance(query, str) else None),
        versions={engine.dialect.name: server, "SQLAlchemy": sqlalchemy.__version__, **driver},
    )  # fmt: skip
