"""Every rewrite of the cases, run against SQLAlchemy on SQLite before and after: same values, O(N) to O(1) SELECTs."""

import builtins
import inspect
import random
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, func
from sqlalchemy import inspect as inspect_entity
from sqlalchemy.orm import Session, scoped_session

from codemods import sqlalchemy_eager_load
from codemods.api import Case

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")
CHANGED = [case for case in sqlalchemy_eager_load.CASES if case.after is not None]
# Cases that cannot run here, by name, each with the reason. A case that is added runs, or is named here.
NOT_RUN = {
    "a helper outside the tree that is named as a query, and may give none": "the helper is not there",
}
# What a case leaves to the reader's mind, because it is about something else.
UNWRITTEN = {"func": func, "render": lambda posts: [getattr(p, "author", p).email for p in posts]}
# Cases about one row, whose collections are as large as they are.
ONE_ROW = {
    "one row, and what the rows of its collection read",
    "one row by its key, and what the rows of its collection read",
    "a dynamic relationship is a query",
}
SIZES = (5, 25)


@dataclass(frozen=True)
class Run:
    """What `view` returned and left behind, as plain values, and the SELECTs that it took."""

    returned: object
    stored: object
    selects: int


def module(name: str, text: str) -> types.ModuleType:
    made = types.ModuleType(name)
    exec(compile(text, f"{name}.py", "exec"), made.__dict__)
    return made


@cache
def mapped(text: str) -> types.ModuleType:
    """The models of a case, mapped once and ready."""
    models = module("models", text)
    models.Base.registry.configure()
    return models


def fill(models: types.ModuleType, session: Session, size: int, seed: int) -> None:
    """`size` posts, each with an author, a studio, tags and comments of its own, in an order that means nothing."""
    shuffle = random.Random(seed)
    people = iter(shuffle.sample(range(1, 100 * size), 5 * size))
    comments = iter(shuffle.sample(range(1, 10 * size), 2 * size))
    rows: dict[Any, list[dict[str, object]]] = {table: [] for table in models.Base.metadata.sorted_tables}
    tables = {table.name: table for table in rows}

    def add(table: str, **row: object) -> None:
        rows[tables[table]].append(row)

    def person() -> int:
        number = next(people)
        add("authors", id=number, email=f"{number}@example.org")
        return number

    for number in range(1, 6):
        add("tags", id=number)
    for number in shuffle.sample(range(1, 10 * size), size):
        title = shuffle.choice(["", "a", "b", "c"])
        add("posts", id=number, slug=f"slug {shuffle.random()}", title=title, author_id=person())
        add("studios", id=number)
        add("videos", id=number, studio_id=number)
        for tag in shuffle.sample(range(1, 6), shuffle.randint(0, 3)):
            add("post_tags", post_id=number, tag_id=tag)
        for _ in range(2):
            add("comments", id=next(comments), post_id=number, writer_id=person(), checker_id=person())
    for table, values in rows.items():
        if values:
            session.execute(table.insert(), shuffle.sample(values, len(values)))
    session.commit()


def plain(value: object) -> object:
    """Entities by class and key; a collection of a row sorted, since no relationship of the cases promises an order."""
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    state = inspect_entity(value, raiseerr=False)
    return value if state is None or not hasattr(state, "identity") else (type(value).__name__, state.identity)


def collections_sorted(value: object) -> object:
    """The value with every list below its first level sorted."""
    if not isinstance(value, list):
        return value
    return [sorted(map(collections_sorted, v), key=repr) if isinstance(v, list) else v for v in value]


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = create_engine("sqlite://")
    yield made
    made.dispose()


def run(case: Case, text: str, size: int, seed: int, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in UNWRITTEN.items():
        monkeypatch.setattr(builtins, name, value, raising=False)
    models = mapped(case.files["models.py"])
    monkeypatch.setitem(sys.modules, "models", models)
    models.Base.metadata.drop_all(engine)
    models.Base.metadata.create_all(engine)
    with Session(engine) as session:
        fill(models, session, size, seed)
    session = Session(engine)
    models.Base.query = scoped_session(lambda: session).query_property()
    texts = {"app.py": text} | {
        name: other for name, other in case.files.items() if name.endswith(".py") and name != "models.py"
    }
    for name in sorted(texts, key=case.entry.__eq__):  # the entry comes last: it imports the others
        source = texts[name]
        monkeypatch.setitem(sys.modules, name.removesuffix(".py"), module(name.removesuffix(".py"), source))
    view = sys.modules[case.entry.removesuffix(".py")].view
    selects = []

    @event.listens_for(engine, "before_cursor_execute")
    def count(*given: Any) -> None:
        if given[2].startswith("SELECT"):
            selects.append(given[2])

    try:
        returned = plain(view(session) if inspect.signature(view).parameters else view())
    finally:
        event.remove(engine, "before_cursor_execute", count)
    session.flush()
    stored = [tuple(row) for row in session.execute(models.Post.__table__.select().order_by(models.Post.id))]
    session.close()
    return Run(collections_sorted(returned), stored, len(selects))


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("case", [c for c in CHANGED if c.name not in NOT_RUN], ids=lambda case: case.name)
def test_a_rewrite_keeps_every_value_and_saves_statements(
    case: Case, seed: int, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert case.after is not None
    before = [run(case, case.before, size, seed, engine, monkeypatch) for size in SIZES]
    after = [run(case, case.after, size, seed, engine, monkeypatch) for size in SIZES]
    assert [(r.returned, r.stored) for r in after] == [(r.returned, r.stored) for r in before]
    (small, large), (few, as_few) = ([r.selects for r in runs] for runs in (before, after))
    assert case.name in ONE_ROW or large >= small + SIZES[0]
    assert few < small
    # Per query its own, and the one that the models themselves declare (Post.edits); a loader for each select-in.
    assert few == as_few
    separate = sum(case.after.count(f"{loader}(") for loader in ("selectinload", "subqueryload"))
    assert case.name in ONE_ROW or few <= 2 * max(1, case.after.count(".query(")) + separate


def test_every_case_that_changes_something_is_run() -> None:
    assert NOT_RUN.keys() <= {case.name for case in CHANGED}
    assert len(CHANGED) - len(NOT_RUN) >= 20


@pytest.mark.parametrize("size", SIZES)
def test_a_rewrite_that_changes_rows_would_be_seen(size: int, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison itself can fail: another order, fewer rows, and an option that loads nothing."""
    case = next(c for c in CHANGED if c.name == "legacy query, ordered by primary key: join")
    assert case.after is not None
    right = run(case, case.after, size, 1, engine, monkeypatch)
    order = run(case, case.after.replace("Post.id", "Post.slug"), size, 1, engine, monkeypatch)
    fewer = run(case, case.after.replace(".all()", ".limit(3).all()"), size, 1, engine, monkeypatch)
    useless = run(
        case, case.after.replace("joinedload(Post.author)", "joinedload(Post.tags)"), size, 1, engine, monkeypatch
    )
    assert order.returned != right.returned
    assert fewer.returned != right.returned
    assert (useless.returned, useless.selects) == (right.returned, right.selects + size)


def test_a_backref_under_select_needs_configured_mappers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Why that case is only a draft: the attribute does not exist before the first query or `configure_mappers()`."""
    case = next(c for c in CHANGED if c.name == "a backref under select(): a draft")
    assert case.after is not None
    models = module("models", case.files["models.py"])
    monkeypatch.setitem(sys.modules, "models", models)
    view = module("app", case.after).view
    with pytest.raises(AttributeError, match="type object 'Studio' has no attribute 'videos'"):
        view(Session())
    models.Base.registry.dispose()
    assert case.tier == "C"
