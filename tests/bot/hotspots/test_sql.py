import pytest

from bot.hotspots.sql import Reading, read_statement
from bot.hotspots.statement import normalise

CASES = [
    (
        "many-to-one lazy load",
        "SELECT c.id FROM customers AS c WHERE c.id = ?",
        ("SELECT", ("customers",), ("customers.id",), "column_equals_parameter"),
    ),
    (
        "one-to-many lazy load",
        "SELECT items.id FROM items WHERE ? = items.order_id",
        ("SELECT", ("items",), ("items.order_id",), "parameter_equals_column"),
    ),
    (
        "bare column of the only table",
        "SELECT * FROM t WHERE id = 4",
        ("SELECT", ("t",), ("t.id",), "column_equals_parameter"),
    ),
    (
        "Django get",
        'SELECT "a"."id" FROM "a" WHERE "a"."id" = %s LIMIT 21',
        ("SELECT", ("a",), ("a.id",), "column_equals_parameter"),
    ),
    (
        "link table, SQLAlchemy",
        "SELECT tag.id FROM tag, post_tag WHERE ? = post_tag.post_id AND tag.id = post_tag.tag_id",
        ("SELECT", ("tag", "post_tag"), ("post_tag.post_id",), "link_table"),
    ),
    (
        "link table, Django",
        'SELECT "tag"."id" FROM "tag" INNER JOIN "pt" ON ("tag"."id" = "pt"."tag_id") WHERE "pt"."post_id" = 5',
        ("SELECT", ("tag", "pt"), ("pt.post_id",), "link_table"),
    ),
    (
        "joined inheritance is no link",
        "SELECT e.id, m.id FROM e JOIN m ON m.id = e.id WHERE ? = m.dept_id",
        ("SELECT", ("e", "m"), ("m.dept_id",), "parameter_equals_column"),
    ),
    (
        "key first, then the rest",
        "SELECT * FROM t WHERE t.at > ? AND t.fk = ? AND t.x IN (1, 2)",
        ("SELECT", ("t",), ("t.fk", "t.at", "t.x"), "column_equals_parameter"),
    ),
    (
        "schema dropped, reserved name",
        'SELECT * FROM shop."order" WHERE shop."order".id = ?',
        ("SELECT", ("order",), ("order.id",), "column_equals_parameter"),
    ),
    ("count", "SELECT COUNT(*) AS n FROM t WHERE t.fk = 3", ("SELECT", ("t",), ("t.fk",), "count")),
    (
        "count of a subquery",
        "SELECT count(*) AS c FROM (SELECT t.id FROM t WHERE t.fk = ?) AS anon_1",
        ("SELECT", ("t",), ("t.fk",), "count"),
    ),
    ("exists", "SELECT 1 AS a FROM t WHERE t.fk = 3 LIMIT 1", ("SELECT", ("t",), ("t.fk",), "exists")),
    ("insert", "INSERT INTO t (a) VALUES (1)", ("INSERT", ("t",), (), "write")),
    ("update", "UPDATE t SET a = 1 WHERE id = 2", ("UPDATE", ("t",), ("t.id",), "write")),
    ("delete", "DELETE FROM t WHERE t.id = 2", ("DELETE", ("t",), ("t.id",), "write")),
    ("already batched", "SELECT * FROM t WHERE t.id IN (1, 2)", ("SELECT", ("t",), ("t.id",), "other")),
    ("either of two", "SELECT * FROM t WHERE t.a = ? OR t.b = ?", ("SELECT", ("t",), ("t.a", "t.b"), "other")),
    ("no condition", "SELECT * FROM t", ("SELECT", ("t",), (), "other")),
    ("columns only", "SELECT * FROM t, u WHERE t.id = u.id", ("SELECT", ("t", "u"), (), "other")),
    ("no table", "SELECT version()", ("SELECT", (), (), "other")),
    ("union", "SELECT a FROM t UNION SELECT a FROM u", ("SELECT", ("t", "u"), (), "other")),
    (
        "common table expression",
        "WITH w AS (SELECT 1) SELECT t.a FROM t WHERE t.b = ?",
        ("SELECT", ("t",), ("t.b",), "column_equals_parameter"),
    ),
]


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_reading(text: str, expected: tuple[str, tuple[str, ...], tuple[str, ...], str]) -> None:
    normal = normalise(text)
    assert read_statement(normal.parseable, normal.operation) == Reading(*expected)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["SELECT ((((", "SELECT " + "(" * 5000, "FROBNICATE everything now"])
def test_nonsense_is_not_understood(text: str) -> None:
    reading = read_statement(text, "X")
    assert (reading.tables, reading.where_columns, reading.shape) == ((), (), "other")


def test_a_write_that_does_not_parse_is_still_a_write() -> None:
    assert read_statement("INSERT ((((", "INSERT") == Reading("INSERT", shape="write", understood=False)
