"""The cases of `sqlalchemy-insert-many`: what it changes, and what it leaves alone with which code."""

from codemods.api import Case, Repeat

MODELS = """\
from sqlalchemy import Column, Integer, MetaData, String, Table
from sqlalchemy.orm import declarative_base

Base = declarative_base()
metadata = MetaData()
tags = Table("tags", metadata, Column("name", String), Column("rank", Integer))
other = object()


class Item(Base):
    __tablename__ = "items"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    rank = Column("item_rank", Integer)
"""

FILES = {"models.py": MODELS}
HEADER = "from sqlalchemy import func, insert\n\nfrom models import Item, other, tags\n"
ITEMS = Repeat("items", ("items",), (), 50, "write", "INSERT INTO items (name) VALUES (?)")
TAGS = Repeat("tags", ("tags",), (), 50, "write", "INSERT INTO tags (name, rank) VALUES (?, ?)")
READS = Repeat("items", ("items",), ("items.id",), 50, statement="SELECT * FROM items WHERE id = ?")


CASES: tuple[Case, ...] = (
    Case(
        "a table, in a transaction",
        HEADER
        + """

def view(engine, names):
    with engine.begin() as connection:
        for rank, name in enumerate(names):
            connection.execute(tags.insert().values(name=name, rank=rank))
""",
        HEADER
        + """

def view(engine, names):
    with engine.begin() as connection:
        rows = []
        for rank, name in enumerate(names):
            rows.append({"name": name, "rank": rank})
        if rows:
            connection.execute(tags.insert(), rows)
""",
        (TAGS,),
        tier="B",
        files=FILES,
    ),
    Case(
        "a model, outside of a transaction",
        HEADER
        + """

def view(connection, names):
    for name in names:
        if name:
            connection.execute(insert(Item).values(name=name.strip()))
    return names
""",
        HEADER
        + """

def view(connection, names):
    rows = []
    for name in names:
        if name:
            rows.append({"name": name.strip()})
    if rows:
        connection.execute(insert(Item), rows)
    return names
""",
        (ITEMS,),
        tier="C",
        files=FILES,
    ),
    Case(
        "a model, on a session",
        HEADER
        + """

def view(self, names):
    for name in names:
        self.session.execute(insert(Item).values(name=name))
""",
        HEADER
        + """

def view(self, names):
    rows = []
    for name in names:
        rows.append({"name": name})
    if rows:
        self.session.execute(insert(Item.__table__), rows)
""",
        (ITEMS,),
        tier="C",
        files=FILES,
    ),
    Case(
        "the table of a model, on a session, a long line",
        HEADER
        + """

def view(session, names):
    for name in names:
        session.execute(
            insert(Item.__table__).values(name=f"{names[0].first_name} {names[0].last_name}, {names[0].title_of_honour}")
        )
""",
        HEADER
        + """

def view(session, names):
    rows = []
    for name in names:
        rows.append({"name": f"{names[0].first_name} {names[0].last_name}, {names[0].title_of_honour}"})
    if rows:
        session.execute(insert(Item.__table__), rows)
""",
        (ITEMS,),
        tier="B",
        files=FILES,
    ),
    Case(
        "a commit per round",
        HEADER
        + """

def view(session, names):
    rows = len(names)
    for name in names:
        session.execute(tags.insert().values(name=name, rank=rows))
        session.commit()
""",
        HEADER
        + """

def view(session, names):
    rows = len(names)
    new_rows = []
    for name in names:
        new_rows.append({"name": name, "rank": rows})
    if new_rows:
        session.execute(tags.insert(), new_rows)
        session.commit()
""",
        (TAGS,),
        tier="C",
        files=FILES,
    ),
    Case(
        "what it gives back is used",
        HEADER
        + """

def view(connection, names):
    for name in names:
        print(connection.execute(insert(Item).values(name=name)).inserted_primary_key)
""",
        None,
        (ITEMS,),
        "R-RESULT",
        files=FILES,
    ),
    Case(
        "a result that is bound",
        HEADER
        + """

def view(connection, names):
    for name in names:
        result = connection.execute(insert(Item).values(name=name))
""",
        None,
        (ITEMS,),
        "R-RESULT",
        files=FILES,
    ),
    Case(
        "an engine",
        HEADER
        + """

def view(engine, names):
    for name in names:
        engine.execute(tags.insert().values(name=name))
""",
        None,
        (TAGS,),
        "R-TX",
        files=FILES,
    ),
    Case(
        "a connection per round",
        HEADER
        + """

def view(names):
    for connection in names:
        connection.execute(tags.insert().values(name="x"))
""",
        None,
        (TAGS,),
        "R-TX",
        files=FILES,
    ),
    Case(
        "a connection that a call gives",
        HEADER
        + """

def view(connection, names):
    for name in names:
        connect().execute(tags.insert().values(name=name))
""",
        None,
        (TAGS,),
        "R-TX",
        files=FILES,
    ),
    Case(
        "values that are not written out",
        HEADER
        + """

def view(connection, names):
    for row in names:
        connection.execute(tags.insert().values(**row))
""",
        None,
        (TAGS,),
        "R-SHAPE",
        files=FILES,
    ),
    Case(
        "no values",
        HEADER
        + """

def view(connection, names):
    for name in names:
        connection.execute(tags.insert().values())
""",
        None,
        (TAGS,),
        "R-SHAPE",
        files=FILES,
    ),
    Case(
        "values of SQL",
        HEADER
        + """

def view(connection, names):
    for name in names:
        connection.execute(tags.insert().values(name=func.lower(name)))
""",
        None,
        (TAGS,),
        "R-SHAPE",
        files=FILES,
    ),
    Case(
        "values of SQL in a name",
        HEADER
        + """

def view(connection, names):
    for name in names:
        lower = func.lower(name)
        connection.execute(tags.insert().values(name=lower))
""",
        None,
        (TAGS,),
        "R-SHAPE",
        files=FILES,
    ),
    Case(
        "a column of the table",
        HEADER
        + """

def view(connection, names):
    for name in names:
        connection.execute(tags.insert().values(name=name, rank=tags.c.rank + 1))
""",
        None,
        (TAGS,),
        "R-SHAPE",
        files=FILES,
    ),
    Case(
        "the table itself",
        HEADER
        + """

def view(connection, names):
    for name in names:
        connection.execute(tags.insert().values(name=tags))
""",
        None,
        (TAGS,),
        "R-SHAPE",
        files=FILES,
    ),
    Case(
        "an attribute of another name than its column",
        HEADER
        + """

def view(connection, names):
    for name in names:
        connection.execute(insert(Item).values(name=name, rank=1))
""",
        None,
        (ITEMS,),
        "R-SHAPE",
        files=FILES,
    ),
    Case(
        "a query between",
        HEADER
        + """

def view(connection, names):
    for name in names:
        connection.execute(tags.insert().values(name=name))
        print(connection.scalar("SELECT count(*) FROM tags"))
""",
        None,
        (TAGS,),
        "R-CARRY",
        files=FILES,
    ),
    Case(
        "a commit of some rounds",
        HEADER
        + """

def view(session, names):
    for name in names:
        session.execute(tags.insert().values(name=name))
        if name:
            session.commit()
""",
        None,
        (TAGS,),
        "R-TX",
        files=FILES,
    ),
    Case(
        "a commit in rounds that insert nothing too",
        HEADER
        + """

def view(session, names):
    for name in names:
        if name:
            session.execute(tags.insert().values(name=name))
        session.commit()
""",
        None,
        (TAGS,),
        "R-TX",
        files=FILES,
    ),
    Case(
        "a commit of another session",
        HEADER
        + """

def view(session, second, names):
    for name in names:
        session.execute(tags.insert().values(name=name))
        second.commit()
""",
        None,
        (TAGS,),
        "R-TX",
        files=FILES,
    ),
    Case(
        "errors of a round are caught",
        HEADER
        + """

def view(session, names):
    for name in names:
        try:
            session.execute(tags.insert().values(name=name))
        except ValueError:
            print(name)
""",
        None,
        (TAGS,),
        "R-PARTIAL",
        files=FILES,
    ),
    Case(
        "two inserts",
        HEADER
        + """

def view(session, names):
    for name in names:
        session.execute(tags.insert().values(name=name))
        session.execute(tags.insert().values(name=name))
""",
        None,
        (TAGS,),
        "R-AMBIGUOUS",
        files=FILES,
    ),
    Case(
        "a `while`",
        HEADER
        + """

def view(session, names):
    while names:
        session.execute(tags.insert().values(name=names.pop()))
""",
        None,
        (TAGS,),
        "R-AMBIGUOUS",
        files=FILES,
    ),
    Case(
        "another table",
        HEADER
        + """

def view(session, names):
    for name in names:
        session.execute(tags.insert().values(name=name))
        session.execute(insert(Item).values(name=name))
        session.execute(other.insert().values(name=name))
        session.execute(insert(names[0]).values(name=name))
        session.execute(build(name).values(name=name))
    session.execute(tags.insert())
""",
        None,
        (READS,),
        "R-UNRESOLVED",
        files=FILES,
    ),
    Case(
        "a statement on another table",
        HEADER
        + """

def view(session, names):
    for name in names:
        session.execute(insert(Item).values(name=name))
        session.execute(other.insert().values(name=name))
        session.execute(unknown.insert().values(name=name))
        session.execute(names[0].insert().values(name=name))
        session.execute(build(name).values(name=name))
    session.execute(tags.insert())
""",
        None,
        (TAGS,),
        "R-UNRESOLVED",
        files=FILES,
    ),
    Case(
        "a row with more conditions",
        HEADER
        + """

def view(session, names):
    for name in names:
        session.execute(insert(Item).values(name=name).returning(Item.id))
        session.execute(tags.insert().values(name=name))
""",
        None,
        (ITEMS,),
        "R-UNRESOLVED",
        files=FILES,
    ),
    Case(
        "done already",
        HEADER
        + """

def view(connection, names):
    rows = [{"name": name} for name in names]
    connection.execute(tags.insert(), rows)
""",
        None,
        (TAGS,),
        "R-BATCHED",
        files=FILES,
    ),
)
