"""New Relic agent payloads: spans, lines from slow SQL and traces, masked statements, request counts."""

import base64
import json
import random
import zlib
from pathlib import Path
from typing import Any

import pytest
from rig.readings import FLASK, hotspots, items, lines, plain, sample, shown

from bot.errors import UserError
from bot.hotspots.document import dump
from bot.hotspots.newrelic import statement_of
from bot.hotspots.readers import newrelic_agent
from bot.hotspots.span import Span
from bot.hotspots.traffic import Traffic
from bot.records import Hotspot

FLASK_NAME, DJANGO_NAME = "newrelic_flask.agent_payloads.json", "newrelic_django.agent_payloads.json"
ENTRY: dict[str, Any] = {"category": "generic", "nr.entryPoint": True}
LIST_ORDERS = "shop.flask_app:create_app.<locals>.list_orders"


def payloads(name: str = FLASK_NAME) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(plain(name))
    return found


def packed(value: object) -> str:
    return base64.b64encode(zlib.compress(json.dumps(value).encode())).decode()


def of_kind(found: list[Any], kind: type) -> list[Any]:
    return [item for item in found if isinstance(item, kind)]


def test_sample_gives_the_ground_truth() -> None:
    assert shown(sample(FLASK_NAME)) == FLASK
    assert shown(sample(DJANGO_NAME)) == {("n_plus_one_db", "api/books"): {(25, "", "other")}}


def test_slow_sql_and_traces_give_the_lines() -> None:
    assert lines(sample(FLASK_NAME)) == {
        "orders": [("/srv/app/shop/services.py", 18), ("/srv/app/shop/services.py", 19)],
        "customers/{}/prices": [],
    }
    assert lines(sample(DJANGO_NAME)) == {
        "api/books": [("/srv/app/djshop/reports.py", 10), ("/srv/app/djshop/reports.py", 11)]
    }


def test_the_folder_of_a_file_is_no_part_of_an_id() -> None:
    ids = {h.id for h in sample(FLASK_NAME) if h.kind == "n_plus_one_db"}
    assert ids <= {h.id for h in sample("sentry_flask_querysource0.envelopes")}  # there it is shop/services.py


def test_masked_statements_of_two_tables_stay_two() -> None:
    (found,) = sample(DJANGO_NAME)
    assert {(p.tables, p.count.max) for p in found.patterns} == {(("djshop_author",), 25), (("djshop_review",), 25)}
    assert "the export masks the columns of a statement; only its table is known" in found.trust.limits


@pytest.mark.parametrize(
    ("sql", "collection", "expected"),
    [
        ("SELECT ?.? FROM ? WHERE ?.? = %s", "posts", "SELECT ?.? FROM posts WHERE ?.? = %s"),
        ("SELECT ?.? FROM ?.? WHERE ?.? = %s", "blog.posts", "SELECT ?.? FROM blog.posts WHERE ?.? = %s"),
        ("INSERT INTO ? (?) VALUES (%s)", "posts", "INSERT INTO posts (?) VALUES (%s)"),
        ("UPDATE ? SET ? = %s", "posts", "UPDATE posts SET ? = %s"),
        ("SELECT ?.? FROM ? INNER JOIN ? ON ?.? = ?.?", "posts", "SELECT ?.? FROM posts INNER JOIN ? ON ?.? = ?.?"),
        ("SELECT a FROM posts WHERE day = extract(day FROM ?)", "posts", None),
        ("SELECT ? FROM posts_tags, ?", "posts", "SELECT ? FROM posts_tags, ?"),
        ("SELECT p.id, p.tit...", "posts", "SELECT p.id FROM posts"),
        ("SELECT p.id FROM posts WHERE p.na...", "posts", None),
        ("SELECT ?.? FROM ?", None, None),
        ("SELECT 1", "posts", None),
    ],
)  # fmt: skip
def test_statement(sql: str, collection: str | None, expected: str | None) -> None:
    assert statement_of(sql, collection) == (expected or sql)


def test_the_handler_is_the_function_that_the_transaction_names() -> None:
    handlers = {h.kind: h.entry.handler for h in sample(FLASK_NAME)}
    handler = handlers["n_plus_one_db"]
    assert handler is not None
    assert (handler.module, handler.qualname) == ("shop.flask_app", "create_app.<locals>.list_orders")
    assert (handler.file, handler.line) == ("/srv/app/shop/flask_app.py", 39)


def test_the_order_of_events_does_not_show(tmp_path: Path) -> None:
    document = payloads()
    expected = dump(hotspots(tmp_path, json.dumps(document)))
    for seed in range(3):
        random.Random(seed).shuffle(document["span_event_data"][0][2])
        random.Random(seed).shuffle(document["sql_trace_data"][0][0])
        turned = dict(reversed(document.items()))
        assert dump(hotspots(tmp_path, json.dumps(turned, indent=seed or None))) == expected


def test_packed_data_is_unpacked(tmp_path: Path) -> None:
    document = payloads(DJANGO_NAME)
    for sample_ in document["transaction_sample_data"][0][1]:
        sample_[4] = packed(sample_[4])
    assert hotspots(tmp_path, json.dumps(document)) == sample(DJANGO_NAME)
    document = payloads()
    for row in document["sql_trace_data"][0][0]:
        row[9] = packed(row[9])
    assert hotspots(tmp_path, json.dumps(document)) == sample(FLASK_NAME)


def test_without_span_events_the_traces_are_read(tmp_path: Path) -> None:
    document = payloads(DJANGO_NAME)
    document["span_event_data"] = []
    (found,) = hotspots(tmp_path, json.dumps(document))
    assert (found.kind, found.entry.transaction_name) == ("n_plus_one_db", "djshop.views:book_list")
    assert {(p.tables, p.count.max) for p in found.patterns} == {(("djshop_author",), 25), (("djshop_review",), 25)}
    assert lines([found]) == lines(sample(DJANGO_NAME))


def test_transactions_are_counted_apart_from_spans(tmp_path: Path) -> None:
    document = payloads()
    document["analytic_event_data"][0][1]["events_seen"] = 1000
    found, _ = items(tmp_path, newrelic_agent, json.dumps(document))
    counts = {t.transaction: (t.requests, t.method) for t in of_kind(found, Traffic)}
    assert len(document["analytic_event_data"][0][2]) == 10  # of which 3 are of this transaction
    assert counts[LIST_ORDERS] == (300.0, "GET")
    assert of_kind(found, Hotspot) == []


def test_transactions_alone_give_a_hint(tmp_path: Path) -> None:
    only = {"analytic_event_data": payloads()["analytic_event_data"]}
    found = hotspots(tmp_path, json.dumps(only))
    assert {(h.kind, h.entry.route_canonical, h.patterns[0].count.p50, h.trust.confidence) for h in found} == {
        ("n_plus_one_db", "orders", 53, 0.3),
        ("n_plus_one_http", "customers/{}/prices", 12, 0.3),
    }
    assert {h.trust.limits for h in found} == {
        ("the export holds no statements; export Span rows of this transaction",)
    }
    assert [h.kind for h in hotspots(tmp_path, json.dumps(only), minimum_repeats=20)] == ["n_plus_one_db"]


def test_a_hint_gives_way_to_the_spans_of_another_file(tmp_path: Path) -> None:
    only = {"analytic_event_data": payloads()["analytic_event_data"]}
    assert hotspots(tmp_path, json.dumps(only), plain(FLASK_NAME)) == sample(FLASK_NAME)


def event(**fields: Any) -> dict[str, Any]:
    span = {
        "guid": "AA",
        "traceId": "TT",
        "parentId": "PP",
        "category": "datastore",
        "timestamp": 1000,
        "duration": 0.5,
    }
    return span | fields


def spans(folder: Path, *events: Any) -> tuple[list[Span], tuple[str, ...]]:
    text = json.dumps({"span_event_data": [["run", {}, [[e, {}, {}] if isinstance(e, dict) else e for e in events]]]})
    return items(folder, newrelic_agent, text)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"db.statement": "SELECT 1", "db.system": "Postgres"}, ("client", "postgresql", "SELECT 1")),
        ({"component": "Redis", "name": "Datastore/operation/Redis/get"}, ("client", "redis", None)),
        ({"category": "http", "http.url": "http://a/b?secret=1"}, ("client", None, None)),
        ({"category": "generic"}, ("internal", None, None)),
        (ENTRY | {"transaction.name": "WebTransaction/x"}, ("server", None, None)),
        (ENTRY | {"transaction.name": "OtherTransaction/Celery/a.b"}, ("consumer", None, None)),
    ],
    ids=["SQL", "redis", "request", "function", "web", "task"],
)  # fmt: skip
def test_a_span(tmp_path: Path, fields: dict[str, Any], expected: tuple[str | None, ...]) -> None:
    (span,), lost = spans(tmp_path, event(**fields))
    assert (span.kind, span.db_system, span.statement) == expected
    assert (span.trace_id, span.span_id, span.parent_id) == ("tt", "aa", "pp")
    assert (span.start_ns, span.duration_ns, lost) == (1_000_000_000, 500_000_000, ())
    assert "secret" not in repr(span)


def test_a_task_is_named_without_its_category(tmp_path: Path) -> None:
    fields = {
        "category": "generic",
        "nr.entryPoint": True,
        "transaction.name": "OtherTransaction/Celery/shop.tasks.pay",
    }
    (span,), _ = spans(tmp_path, event(**fields))
    assert (span.transaction, span.handler) == ("shop.tasks.pay", None)


def test_calls_of_one_millisecond_take_turns(tmp_path: Path) -> None:
    calls = [event(guid=str(n), duration=0.0002, **{"db.statement": "SELECT 1"}) for n in range(8)]
    found, _ = spans(tmp_path, *calls)
    starts = sorted(span.start_ns for span in found)
    assert starts[:5] == [1_000_000_000 + 200_000 * n for n in range(5)]
    assert max(starts) < 1_001_000_000


def test_calls_that_run_side_by_side_stay_there(tmp_path: Path) -> None:
    calls = [event(guid=str(n), timestamp=1000 + n, **{"db.statement": "SELECT 1"}) for n in range(3)]
    found, _ = spans(tmp_path, *calls)
    assert max(span.start_ns for span in found) < 1_004_000_000


def test_an_agent_that_sampled_says_so(tmp_path: Path) -> None:
    text = json.dumps({"span_event_data": [["run", {"events_seen": 9}, [[event(), {}, {}]]]]})
    assert items(tmp_path, newrelic_agent, text)[1] == (
        "the agent kept 1 of 9 span events: repeats may be more than counted",
    )


@pytest.mark.parametrize(
    ("broken", "lost"),
    [
        (event(timestamp="never"), "1 dropped: a value is out of range"),
        (event(timestamp=1e300), "1 dropped: a value is out of range"),
        (event(duration=-1), "1 dropped: a value is out of range"),
        (event(guid=None), "1 dropped: span without an id or a trace"),
        (event(traceId=""), "1 dropped: span without an id or a trace"),
        ([7], "1 dropped: a field is missing or wrong"),
        (7, "1 dropped: a field is missing or wrong"),
    ],
    ids=["no time", "a huge time", "a negative duration", "no id", "no trace", "too short", "no event"],
)
def test_a_bad_event_among_good_ones_is_dropped(tmp_path: Path, broken: object, lost: str) -> None:
    found, told = spans(tmp_path, event(), broken)
    assert (len(found), told) == (1, (lost,))


@pytest.mark.parametrize("tree", ["x", packed([1]), base64.b64encode(b"x").decode(), [], None, [[0, {}, {}], []]])
def test_a_bad_trace_is_dropped(tmp_path: Path, tree: object) -> None:
    document = payloads(DJANGO_NAME)
    document["transaction_sample_data"][0][1][0][4] = tree
    found, lost = items(tmp_path, newrelic_agent, json.dumps(document))
    assert len(of_kind(found, Span)) > 100
    assert len(lost) == 1


def test_a_trace_that_unpacks_without_end_is_dropped(tmp_path: Path) -> None:
    bomb = base64.b64encode(zlib.compress(b" " * (65 << 20))).decode()
    document = payloads(DJANGO_NAME)
    document["transaction_sample_data"][0][1][0][4] = bomb
    assert items(tmp_path, newrelic_agent, json.dumps(document))[1] == ("1 dropped: damaged packed data",)


@pytest.mark.parametrize("text", ['{"span_event_data": 7}', '{"span_event_data": [', "[1"])
def test_what_is_of_another_shape(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError):
        items(tmp_path, newrelic_agent, text)
