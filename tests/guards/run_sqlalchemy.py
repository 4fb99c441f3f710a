"""Runs modules against the SQLAlchemy of its own environment: `python run_sqlalchemy.py URL`.

One JSON object per line in: `models` and `app` (module texts), `rows` ({table: [row, ...]}, inserted in that order).
One out: what `app.view(session)` returned or raised, its statements, and the rows that they fetched.
"""

import json
import sys
import types
import warnings

from sqlalchemy import create_engine, event, text
from sqlalchemy.orm import Session, scoped_session
from sqlalchemy.pool import StaticPool

warnings.simplefilter("ignore")


def module(name, source):
    made = types.ModuleType(name)
    sys.modules[name] = made
    exec(compile(source, name + ".py", "exec"), made.__dict__)
    return made


def fill(engine, metadata, rows, fresh):
    """Tables with just these rows. The mappers stay as the import left them."""
    postgres = engine.dialect.name == "postgresql"
    names = ", ".join(t.name for t in metadata.sorted_tables)
    with engine.begin() as connection:
        if postgres and fresh:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        elif postgres:
            connection.execute(text("TRUNCATE " + names))
        else:
            metadata.drop_all(connection)
        if fresh or not postgres:
            metadata.create_all(connection)
        if postgres:
            connection.execute(text("SET session_replication_role = replica"))  # rows in any order
        for table in metadata.sorted_tables:
            if rows.get(table.name):
                connection.execute(table.insert(), rows[table.name])
        if postgres:
            connection.execute(text("SET session_replication_role = DEFAULT"))
            connection.execute(text("ANALYZE " + names))


def fetched(engine, statements):
    """How many rows the SELECTs return."""
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        total = 0
        for statement, parameters in statements:
            cursor.execute(statement, parameters)
            total += len(cursor.fetchall())
        return total
    finally:
        connection.rollback()
        connection.close()


def run(engine, request, fresh):
    models = module("models", request["models"])
    fill(engine, models.Base.metadata, request["rows"], fresh)
    session = Session(engine, future=True)
    models.Base.query = scoped_session(lambda: session).query_property()
    selects, writes = [], []

    def count(connection, cursor, statement, parameters, context, executemany):
        reads = statement.lstrip().upper().startswith(("SELECT", "WITH"))
        (selects if reads else writes).append((statement, parameters))

    event.listen(engine, "before_cursor_execute", count)
    value, error = None, None
    try:
        value = module("app", request["app"]).view(session)
        session.flush()
    except Exception as e:
        error = type(e).__name__
        print(e, file=sys.stderr)
    finally:
        event.remove(engine, "before_cursor_execute", count)
        session.close()
        models.Base.registry.dispose()
    return {
        "value": value, "error": error, "selects": [s for s, _ in selects], "writes": [s for s, _ in writes],
        "fetched": 0 if error else fetched(engine, selects),
    }  # fmt: skip


def main(url):
    options = {"connect_args": {"check_same_thread": False}, "poolclass": StaticPool} if url == "sqlite://" else {}
    engine = create_engine(url, future=True, **options)
    created = None
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(run(engine, request, request["models"] != created)), flush=True)
        created = request["models"]


if __name__ == "__main__":
    main(sys.argv[1])
