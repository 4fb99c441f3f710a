from flask import Flask, jsonify
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.pool import StaticPool


class Base(DeclarativeBase): ...


class Customer(Base):
    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    customer: Mapped[Customer] = relationship()


engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
Base.metadata.create_all(engine)
with Session(engine) as s:
    s.add_all([Order(id=n, customer=Customer(id=n, name=f"c{n}")) for n in range(1, 13)])
    s.commit()
app = Flask(__name__)


@app.get("/orders")
def orders():
    with Session(engine) as s:
        return jsonify([o.customer.name for o in s.scalars(select(Order))])


c = app.test_client()
for _ in range(4):
    with c.get("/orders") as answer:
        assert answer.status_code == 200
