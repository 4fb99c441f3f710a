"""Cases of executemany."""

from typing import Any

from codemods.api import Case, Repeat, Tier

_INSERT = Repeat("insert", ("item",), (), 50, "write", "INSERT INTO item (a, b) VALUES (?, ?)")
_UPDATE = Repeat("update", ("item",), ("item.id",), 50, "write", "UPDATE item SET a = ? WHERE id = ?")
_READS = Repeat("reads", ("item",), ("item.id",), 50, statement="SELECT * FROM item WHERE id = ?")


def _case(name: str, before: str, after: str | None, code: str | None = None, tier: Tier = "B", **more: Any) -> Case:
    """A case whose repeat is the INSERT, unless more is said."""
    return Case(name, before, after, (more.get("repeat", _INSERT),), code, tier, more.get("files", {}))


def _sqlite(lines: str, head: str = "import sqlite3\n\n\n", rest: str = "") -> str:
    body = "".join(f"        {line}\n" for line in lines.split("\n"))
    return f"{head}def view(cursor, pairs, other=None):\n    for a, b in pairs:\n{body}{rest}"


_SQL = '"INSERT INTO item (a, b) VALUES (?, ?)"'
_PLAIN = _sqlite(f"cursor.execute({_SQL}, (a, b))")
_MANY = (
    "import sqlite3\n\n\ndef view(cursor, pairs, other=None):\n    rows = []\n    for a, b in pairs:\n"
    f"        rows.append((a, b))\n    cursor.executemany({_SQL}, rows)\n"
)

CASES = (
    _case("sqlite3", _PLAIN, _MANY),
    _case(
        "the text in a name of the file, parameters without parentheses around, rows that are bound elsewhere",
        """\
import sqlite3

SQL = "INSERT INTO item (a, b) VALUES (:a, :b)"


def view(connection, rows):
    for row in rows:
        if row:
            connection.cur.execute(SQL, dict(row, b=1))
""",
        """\
import sqlite3

SQL = "INSERT INTO item (a, b) VALUES (:a, :b)"


def view(connection, rows):
    new_rows = []
    for row in rows:
        if row:
            new_rows.append(dict(row, b=1))
    connection.cur.executemany(SQL, new_rows)
""",
    ),
    _case(
        "psycopg2: an INSERT",
        """\
import psycopg2


def view(cur, pairs):
    for a, b in pairs:
        cur.execute("INSERT INTO item (a, b) VALUES (%s, %s)", (a, b))
    for row in pairs:
        print(row)
""",
        """\
import psycopg2
from psycopg2.extras import execute_values


def view(cur, pairs):
    rows = []
    for a, b in pairs:
        rows.append((a, b))
    execute_values(
        cur, "INSERT INTO item (a, b) VALUES %s", rows, page_size=1000
    )
    for row in pairs:
        print(row)
""".replace(
            """(
        cur, "INSERT INTO item (a, b) VALUES %s", rows, page_size=1000
    )""",
            """(cur, "INSERT INTO item (a, b) VALUES %s", rows, page_size=1000)""",
        ),
    ),
    _case(
        "psycopg2: an INSERT with a function, over several lines, in the inner loop",
        '''\
import psycopg2.extras
from psycopg2.extras import execute_values


def view(cur, groups):
    for group in groups:
        for row in group:
            cur.execute(
                """
                INSERT INTO item (a, b, c)
                VALUES (%s, lower(%s), now())
                """,
                [row.a, row.b],
            )
''',
        '''\
import psycopg2.extras
from psycopg2.extras import execute_values


def view(cur, groups):
    rows = []
    for group in groups:
        for row in group:
            rows.append([row.a, row.b])
    execute_values(cur, """
                INSERT INTO item (a, b, c)
                VALUES %s
                """, rows, template="(%s, lower(%s), now())", page_size=1000)
''',
    ),
    _case(
        "psycopg2: an UPDATE, and the driver is imported in another file",
        """\
import os


def view(cur, pairs):
    for pair in pairs:
        cur.execute("UPDATE item SET a = %s WHERE id = %s", pair)
""",
        """\
import os

from psycopg2.extras import execute_batch


def view(cur, pairs):
    rows = []
    for pair in pairs:
        rows.append(pair)
    execute_batch(cur, "UPDATE item SET a = %s WHERE id = %s", rows, page_size=1000)
""",
        repeat=_UPDATE,
        files={"db.py": "import psycopg2\n"},
    ),
    _case(
        "psycopg2: an upsert may meet a row twice, which one statement for many refuses",
        """\
from psycopg2 import extras


def view(cur, pairs):
    for a, b in pairs:
        cur.execute("INSERT INTO item (a, b) VALUES (%s, %s) ON CONFLICT (a) DO UPDATE SET b = 1", (a, b))
""",
        """\
from psycopg2 import extras
from psycopg2.extras import execute_batch


def view(cur, pairs):
    rows = []
    for a, b in pairs:
        rows.append((a, b))
    execute_batch(
        cur, "INSERT INTO item (a, b) VALUES (%s, %s) ON CONFLICT (a) DO UPDATE SET b = 1", rows, page_size=1000
    )
""",
    ),
    _case(
        "psycopg2: values over several lines, with a function",
        '''\
import psycopg2


def view(cur, pairs):
    for a, b in pairs:
        cur.execute("""INSERT INTO item (a, b) VALUES (
            %s, lower(%s))""", (a, b))
''',
        '''\
import psycopg2
from psycopg2.extras import execute_batch


def view(cur, pairs):
    rows = []
    for a, b in pairs:
        rows.append((a, b))
    execute_batch(cur, """INSERT INTO item (a, b) VALUES (
            %s, lower(%s))""", rows, page_size=1000)
''',
    ),
    _case(
        "psycopg, a cursor of a `with`, errors that are handled around",
        """\
import psycopg


def view(connection, pairs):
    with connection.cursor() as c:
        try:
            for a, b in pairs:
                c.execute("INSERT INTO item (a, b) VALUES (%s, %s)", (a, clean(b)))
        except ValueError:
            pass
""",
        """\
import psycopg


def view(connection, pairs):
    with connection.cursor() as c:
        try:
            rows = []
            for a, b in pairs:
                rows.append((a, clean(b)))
            c.executemany("INSERT INTO item (a, b) VALUES (%s, %s)", rows)
        except ValueError:
            pass
""",
        tier="C",
    ),
    _case(
        "the cursor of Django, made in the function",
        """\
from django.db import connection


def view(pairs):
    cursor = connection.cursor()
    for a, b in pairs:
        cursor.execute("INSERT INTO item (a, b) VALUES (%s, %s)", (a, b))
    cursor.close()
    print(cursor.rowcount)
""",
        """\
from django.db import connection


def view(pairs):
    cursor = connection.cursor()
    rows = []
    for a, b in pairs:
        rows.append((a, b))
    cursor.executemany("INSERT INTO item (a, b) VALUES (%s, %s)", rows)
    cursor.close()
    print(cursor.rowcount)
""",
    ),
    # ---- untouched ----
    _case("sent in one call already", _MANY, None, "R-BATCHED"),
    _case("a statement that reads", _PLAIN, None, "R-UNRESOLVED", repeat=_READS),
    _case("another operation", _PLAIN, None, "R-UNRESOLVED", repeat=_UPDATE),
    _case("another table", _PLAIN.replace("item", "order"), None, "R-UNRESOLVED"),
    _case("a text that is not seen", _sqlite("cursor.execute(other, (a, b))"), None, "R-UNRESOLVED"),
    _case("a text that comes from a call", _sqlite("cursor.execute(other(), (a, b))"), None, "R-UNRESOLVED"),
    _case("no parameters", _sqlite(f"cursor.execute({_SQL})"), None, "R-UNRESOLVED"),
    _case("an f-string", _sqlite('cursor.execute(f"INSERT INTO item VALUES (?, {a})", (b,))'), None, "R-SHAPE"),
    _case("a text that is put together", _sqlite('cursor.execute("INSERT INTO item " + a, (b,))'), None, "R-SHAPE"),
    _case("a text that is filled", _sqlite('cursor.execute("INSERT INTO item {}".format(a), (b,))'), None, "R-SHAPE"),
    _case("more is given", _sqlite(f"cursor.execute({_SQL}, (a, b), 1)"), None, "R-SHAPE"),
    _case("a cursor for each round", _sqlite(f"c = other()\nc.execute({_SQL}, (a, b))"), None, "R-SHAPE"),
    _case("a cursor that a call gives", _sqlite(f"other().execute({_SQL}, (a, b))"), None, "R-SHAPE"),
    _case("the result is used", _sqlite(f"x = cursor.execute({_SQL}, (a, b))"), None, "R-RESULT"),
    _case("the result is used on the spot", _sqlite(f"cursor.execute({_SQL}, (a, b)).fetchone()"), None, "R-RESULT"),
    _case("rows come back", _sqlite(f'cursor.execute({_SQL[:-1]} RETURNING a", (a, b))'), None, "R-RESULT"),
    _case("the key of the row is read", _PLAIN + "        print(cursor.lastrowid)\n", None, "R-RESULT"),
    _case("the count is read after the loop", _PLAIN + "    print(cursor.rowcount)\n", None, "R-RESULT"),
    _case("another statement between", _PLAIN + "        cursor.execute('SELECT 1')\n", None, "R-CARRY"),
    _case("two calls", _PLAIN + f"        cursor.execute({_SQL}, (b, a))\n", None, "R-AMBIGUOUS"),
    _case(
        "a while",
        f"import sqlite3\n\n\ndef view(c, p):\n    while p:\n        c.execute({_SQL}, (p, p))\n",
        None,
        "R-AMBIGUOUS",
    ),
    _case("each round commits", _PLAIN + "        other.commit()\n", None, "R-TX"),
    _case(
        "each round handles its error",
        _sqlite(f"try:\n    cursor.execute({_SQL}, (a, b))\nexcept ValueError:\n    pass"),
        None,
        "R-PARTIAL",
    ),
    _case("every statement commits", _PLAIN.replace("view", "view") + "    other.autocommit = True\n", None, "R-TX"),
    _case("one object in all rounds", _sqlite(f"other[0] = a\ncursor.execute({_SQL}, other)"), None, "R-CARRY"),
    _case(
        "an object that is changed later", _sqlite(f"c = [a, b]\ncursor.execute({_SQL}, c)\nc[0] = 1"), None, "R-CARRY"
    ),
    _case(
        "an object that a method changes later",
        _sqlite(f"c = [a, b]\ncursor.execute({_SQL}, c)\nc.clear()"),
        None,
        "R-CARRY",
    ),
    _case("parameters from somewhere", _sqlite(f"cursor.execute({_SQL}, other[a])"), None, "R-SHAPE"),
    _case("no driver is known", _sqlite(f"cursor.execute({_SQL}, (a, b))", head=""), None, "R-UNRESOLVED"),
    _case(
        "several drivers",
        _sqlite(f"cursor.execute({_SQL}, (a, b))", head="import psycopg\nimport sqlite3\n\n\n"),
        None,
        "R-UNRESOLVED",
    ),
    _case(
        "a connection of psycopg",
        "import psycopg\n\n\ndef view(connection, pairs):\n    for a, b in pairs:\n"
        f"        connection.execute({_SQL}, (a, b))\n",
        None,
        "R-SHAPE",
    ),
)
