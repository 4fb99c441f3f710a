import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.hotspots.statement import Comment, _flavour, _normalise, _without_outer_comments, comment_of, normalise

NORMAL = [
    ("labels", "SELECT c.id AS c_id, c.name AS n FROM c", "SELECT c.id, c.name FROM c"),
    ("alias of a table stays", "SELECT a.x AS y FROM t AS a, u AS b WHERE a.x = 1",
     "SELECT a.x FROM t AS a, u AS b WHERE a.x = ?"),
    ("cast is no label", "SELECT CAST(a AS INTEGER) AS b FROM t", "SELECT CAST(a AS INTEGER) FROM t"),
    ("qmark", "SELECT a FROM t WHERE b = ?", "SELECT a FROM t WHERE b = ?"),
    ("format", "SELECT a FROM t WHERE b = %s", "SELECT a FROM t WHERE b = ?"),
    ("pyformat", "SELECT a FROM t WHERE b = %(pk_1)s", "SELECT a FROM t WHERE b = ?"),
    ("numeric", "SELECT a FROM t WHERE b = $1::VARCHAR(10)", "SELECT a FROM t WHERE b = ?"),
    ("named", "SELECT a FROM t WHERE b = :pk", "SELECT a FROM t WHERE b = ?"),
    ("cast of a column stays", "SELECT a::text FROM t", "SELECT a::text FROM t"),
    ("string", "SELECT a FROM t WHERE b = 'it''s -- no /* comment */'", "SELECT a FROM t WHERE b = ?"),
    ("numbers", "SELECT a1 FROM t2 WHERE b = -1.5e3 AND c = 0xFF", "SELECT a1 FROM t2 WHERE b = ? AND c = ?"),
    ("IN list", "SELECT a FROM t WHERE b IN (1, 2,3)", "SELECT a FROM t WHERE b IN (?)"),
    ("IN of rows", "SELECT a FROM t WHERE (b, c) IN ((1, 2), (3, 4))", "SELECT a FROM t WHERE (b, c) IN (?)"),
    ("POSTCOMPILE", "SELECT a FROM t WHERE b IN (__[POSTCOMPILE_b_1])", "SELECT a FROM t WHERE b IN (?)"),
    ("ANY array", "SELECT a FROM t WHERE b = ANY(ARRAY[1, 2])", "SELECT a FROM t WHERE b IN (?)"),
    ("VALUES", "INSERT INTO t (a, b) VALUES (1, now()), (2, NULL)", "INSERT INTO t (a, b) VALUES (?)"),
    ("quotes", 'SELECT "t"."a" FROM "t" LIMIT 21', "SELECT t.a FROM t LIMIT ?"),
    ("strange identifier keeps its quotes", 'SELECT "a b" FROM t', 'SELECT "a b" FROM t'),
    ("comments", "/*ddps='x'*/ SELECT a -- why\nFROM t /*route='/x'*/", "SELECT a FROM t"),
    ("truncated string", "SELECT a FROM t WHERE b = 'secr", "SELECT a FROM t WHERE b = ?"),
    ("space and end", "  SELECT a\n\tFROM  t ; ", "SELECT a FROM t"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in NORMAL], ids=[case[0] for case in NORMAL])
def test_normal_form(text: str, expected: str) -> None:
    assert normalise(text).statement == expected


@pytest.mark.parametrize(
    ("system", "text", "expected"),
    [
        ("mysql", 'SELECT `a` FROM `t` WHERE b = "secret" # why', "SELECT a FROM t WHERE b = ?"),
        ("mysql", r"SELECT a FROM t WHERE b = 'it\'s' AND c = 1", "SELECT a FROM t WHERE b = ? AND c = ?"),
        ("postgresql", r"SELECT a FROM t WHERE b = E'it\'s' AND c = 1", "SELECT a FROM t WHERE b = ? AND c = ?"),
        ("postgresql", "SELECT a FROM t WHERE b = $q$it's$q$", "SELECT a FROM t WHERE b = ?"),
        ("mssql", "SELECT [t].[a] FROM [t] WHERE [t].[b] = @p1", "SELECT t.a FROM t WHERE t.b = ?"),
    ],
)
def test_normal_form_of_a_system(system: str, text: str, expected: str) -> None:
    assert normalise(text, system).statement == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT a FROM t WHERE b = ?", "SELECT a FROM t WHERE ? = b"),
        ("SELECT a FROM t WHERE b = ?", "SELECT a FROM u WHERE b = ?"),
        ("SELECT a FROM t WHERE b = ?", "SELECT a FROM t WHERE b = ? LIMIT 21"),
        ("SELECT a FROM t WHERE b = ?", "SELECT a FROM t WHERE b IN (?)"),
    ],
)
def test_different_statements_differ(one: str, other: str) -> None:
    assert normalise(one).fingerprint != normalise(other).fingerprint


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE b = 1 /*traceparent='9'*/", True),
        ("SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE b = 2", False),
    ],
)
def test_visible_parameters(one: str, other: str, equal: bool) -> None:
    assert (normalise(one).literals == normalise(other).literals) is equal


@pytest.mark.parametrize(
    "text", ["SELECT a FROM t", "SELECT a FROM t WHERE b = ?", "SELECT a FROM t WHERE b = %s LIMIT 21"]
)
def test_hidden_parameters(text: str) -> None:
    assert normalise(text).literals is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT 1 /*controller='list',framework='flask%3A3',route='/orders'*/", Comment("/orders", "list")),
        ("SELECT 1 /*controller='list',route='%%2Fa%%2Fb'*/", Comment("/a/b", "list")),
        ("/*dddbs='x',ddps='y'*/ SELECT 1", None),
        ("SELECT 1", None),
    ],
)
def test_comment_keys(text: str, expected: Comment | None) -> None:
    assert comment_of(text) == expected


names = st.sampled_from(["id", "t.id", '"t"."name"', "Order_Items", "`x`", "a1"])
literals = st.one_of(
    st.integers().map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.text(st.characters(exclude_characters="'\\", exclude_categories=["Cs"]), max_size=8).map("'{}'".format),
)
values = st.one_of(literals, st.sampled_from(["?", "%s", "%(pk_1)s", "$1", ":pk"]))
comments = st.text(st.characters(exclude_characters="*/'", exclude_categories=["Cs"]), max_size=12).map("/*{}*/".format)


@st.composite
def templates(draw: st.DrawFn) -> tuple[str, int]:
    conditions = draw(st.lists(st.tuples(names, st.sampled_from(["=", "<", ">=", "LIKE"])), min_size=1, max_size=4))
    columns = ", ".join(draw(st.lists(names, min_size=1, max_size=3)))
    where = " AND ".join(f"{name} {operator} {{}}" for name, operator in conditions)
    return f"SELECT {columns} FROM {draw(names)} WHERE {where}", len(conditions)


@given(templates(), st.data())
def test_fingerprint_ignores_values_comments_case_and_space(template: tuple[str, int], data: st.DataObject) -> None:
    text, holes = template
    one, other = (text.format(*data.draw(st.lists(values, min_size=holes, max_size=holes))) for _ in range(2))
    commented = (
        f"{data.draw(comments)} {other.replace(' FROM ', f' {data.draw(comments)} FROM ')} {data.draw(comments)}"
    )
    expected = normalise(one).fingerprint
    assert normalise(other).fingerprint == expected
    assert normalise(commented).fingerprint == expected
    assert normalise(text.format(*["?"] * holes).upper().replace(" ", "\n ")).fingerprint == expected


@given(templates(), st.data())
def test_normal_form_is_its_own_normal_form(template: tuple[str, int], data: st.DataObject) -> None:
    text, holes = template
    normal = normalise(text.format(*data.draw(st.lists(values, min_size=holes, max_size=holes))))
    again = normalise(normal.statement)
    assert (again.statement, again.fingerprint) == (normal.statement, normal.fingerprint)


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    assert len(normalise(text).fingerprint) == 16


@given(st.text(alphabet="ab1 .,'\"-/*#$:@?%s()=\\[]`\n0E", max_size=40), st.sampled_from([None, "mysql", "mssql"]))
def test_taking_values_out_first_changes_no_normal_form(text: str, system: str | None) -> None:
    whole = _normalise(_without_outer_comments(text), _flavour(system))
    quick = normalise(text, system)
    assert quick[:4] == whole[:4]
    assert (quick.literals is None) == (whole.literals is None)
