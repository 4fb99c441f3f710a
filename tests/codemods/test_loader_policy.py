"""Which loader a relationship gets: a join only where order, locks and row shape are shown to hold."""

import ast

import pytest

from codemods._loader_policy import Strategy, strategy, streams, unique_order
from codemods.index.facts import Query, module_facts
from codemods.index.models import Column, Model, Relationship

BASE = Model("m.py", "Base", None, columns={"id": Column("id", primary_key=True)})
USER = Model("m.py", "User", "users", [BASE])
POST = Model(
    "m.py", "Post", "posts", [BASE],
    {"slug": Column("slug", unique=True, required=True), "code": Column("code", unique=True), "title": Column("title"),
     "user_id": Column("user_id", references=("users.id",))},
)  # fmt: skip
LINE = Model(
    "m.py", "Line", "lines", [], {"order": Column("order", primary_key=True), "no": Column("no", primary_key=True)}
)
AUTHOR = Relationship("author", USER, False, "select")


def query(text: str) -> Query:
    return module_facts("app.py", ast.parse(text)).functions["<module>"].queries[0]


JOINED = Strategy("joinedload", "to-one, ordered by the unique Post.id: a join changes no row and no order", 0)

JOINS = [
    pytest.param("session.query(Post).order_by(Post.id).all()", id="legacy"),
    pytest.param("session.scalars(select(Post).where(a).order_by(Post.id.desc()).limit(5)).all()", id="select"),
    pytest.param("Post.query.order_by(Post.title, desc(Post.id)).paginate(page=1)", id="after another column"),
    pytest.param("Post.query.join(Post.author).options(a).order_by(Post.id)[:5]", id="known steps"),
    pytest.param("session.query(m.Post).order_by(m.Post.id.asc().nulls_last()).all()", id="by its module"),
    pytest.param("[post for post in Post.query.order_by(Post.id)]", id="iterated"),
]


@pytest.mark.parametrize("text", JOINS)
def test_a_join_where_it_is_safe(text: str) -> None:
    assert strategy(query(text), POST, AUTHOR) == JOINED


SEPARATE = [
    pytest.param(
        "Post.query.all()",
        "no ORDER BY on a unique key: on PostgreSQL a join could change the order of rows (R-ORDER)",
        id="no order",
    ),
    pytest.param(
        "Post.query.limit(5).all()",
        "LIMIT without an ORDER BY on a unique key: on PostgreSQL a join could change which rows come back (R-ORDER)",
        id="limit",
    ),
    pytest.param(
        "Post.query[:5]",
        "LIMIT without an ORDER BY on a unique key: on PostgreSQL a join could change which rows come back (R-ORDER)",
        id="slice",
    ),
    pytest.param(
        "Post.query.order_by(Post.id).with_for_update().all()",
        "the query locks its rows, and PostgreSQL refuses FOR UPDATE on an outer join (R-LOCK)",
        id="lock",
    ),
    pytest.param(
        "Post.query.order_by(Post.id).distinct().all()",
        "`.distinct()` in the query: a join there could change its rows",
        id="distinct",
    ),
    pytest.param(
        "Post.query.order_by(Post.id).group_by(a).having(b).all()",
        "`.group_by()` in the query: a join there could change its rows",
        id="group by",
    ),
    pytest.param(
        "Post.query.order_by(Post.id).from_statement(a).all()",
        "`.from_statement()` in the query: a join there could change its rows",
        id="text",
    ),
    pytest.param(
        "session.query(Post, Tag).order_by(Post.id).all()", "the query returns more than one entity", id="two entities"
    ),
    pytest.param(
        "Post.query.order_by(Post.id)",
        "the query is executed elsewhere, where steps can be added that a join would change",
        id="returned as a statement",
    ),
    pytest.param(
        "Post.query.filter(text('id > 3')).order_by(Post.id).all()",
        "raw SQL in the query: its names can become ambiguous under a join",
        id="raw SQL",
    ),
    pytest.param(
        "Post.query.order_by('id').all()",
        "no ORDER BY on a unique key: on PostgreSQL a join could change the order of rows (R-ORDER)",
        id="ordered by a string",
    ),
]


@pytest.mark.parametrize(("text", "why"), SEPARATE)
def test_a_select_of_its_own_elsewhere(text: str, why: str) -> None:
    assert strategy(query(text), POST, AUTHOR) == Strategy("selectinload", why, 1)


def test_an_inner_join_by_declaration_would_drop_rows() -> None:
    inner = Relationship("author", USER, False, "select", innerjoin=True)
    why = "declared innerjoin=True: a join would drop rows without a target"
    assert strategy(query("Post.query.order_by(Post.id).all()"), POST, inner) == Strategy("selectinload", why, 1)


@pytest.mark.parametrize(
    ("text", "step"),
    [
        pytest.param("Post.query.yield_per(10)", "yield_per", id="small chunks"),
        pytest.param("Post.query.yield_per(size)", "yield_per", id="chunks of unknown size"),
        pytest.param("select(Post).execution_options(yield_per=10)", "execution_options", id="by an option"),
        pytest.param("select(Post).execution_options(stream_results=True)", "execution_options", id="a server cursor"),
        pytest.param("Post.query.yield_per(1000)", None, id="large chunks"),
        pytest.param("select(Post).execution_options(yield_per=1000)", None, id="large chunks by an option"),
        pytest.param("Post.query.limit(10).all()", None, id="no stream"),
    ],
)
def test_streams(text: str, step: str | None) -> None:
    assert streams(query(text)) == step


@pytest.mark.parametrize(
    ("many", "why"),
    [
        pytest.param(True, "a collection: one separate SELECT leaves the primary statement alone", id="a collection"),
        pytest.param(None, "direction not proven: a separate SELECT is right either way", id="who knows"),
    ],
)
def test_only_what_is_surely_to_one_is_joined(many: bool | None, why: str) -> None:
    chosen = strategy(query("Post.query.order_by(Post.id)"), POST, Relationship("tags", USER, many, "select"))
    assert chosen == Strategy("selectinload", why, 1)


@pytest.mark.parametrize(
    ("steps", "model", "expected"),
    [
        pytest.param("order_by(Post.slug)", POST, "Post.slug", id="a unique column"),
        pytest.param("order_by(Post.code)", POST, None, id="a unique column that can be NULL"),
        pytest.param("order_by(func.length(Post.id))", POST, None, id="a function of a unique column"),
        pytest.param("order_by(desc(Post.id).nulls_last())", POST, "Post.id", id="directions"),
        pytest.param("order_by(Post.title).order_by(Post.id)", POST, "Post.id", id="two steps"),
        pytest.param("order_by(None).order_by(Post.id)", POST, "Post.id", id="cancelled before"),
        pytest.param("order_by(Post.id).order_by(None)", POST, None, id="cancelled after"),
        pytest.param("order_by(Post.id).order_by(False)", POST, None, id="cancelled after with False"),
        pytest.param("order_by(Post.title)", POST, None, id="not unique"),
        pytest.param("order_by(User.id)", POST, None, id="another model"),
        pytest.param("order_by(func.random())", POST, None, id="a function without arguments"),
        pytest.param("order_by(text('id'))", POST, None, id="text"),
        pytest.param("order_by(-Post.id)", POST, None, id="an expression"),
        pytest.param("order_by(*columns)", POST, None, id="columns from elsewhere"),
        pytest.param("order_by()", POST, None, id="nothing"),
        pytest.param("filter(Post.id)", POST, None, id="no order"),
        pytest.param("order_by(Line.order, Line.no)", LINE, None, id="a composite key is not looked at"),
    ],
)
def test_the_unique_order_of_a_query(steps: str, model: Model, expected: str | None) -> None:
    assert unique_order(query(f"Post.query.{steps}"), model) == expected


def test_an_order_under_a_condition_is_none() -> None:
    assert unique_order(query("q = Post.query\nif x: q = q.order_by(Post.id)"), POST) is None
