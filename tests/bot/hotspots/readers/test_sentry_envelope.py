"""Sentry envelopes: transactions, span batches of version 2, and everything between and around them."""

import json
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rig.readings import BOOKS, FLASK, ORDERS, hotspots, items, lines, plain, sample, shown

from bot.errors import UserError
from bot.hotspots.document import dump
from bot.hotspots.frames import Frame
from bot.hotspots.readers import sentry_envelope
from bot.hotspots.span import Code, Span

TRUTH = {
    "sentry_flask_default.envelopes": FLASK,
    "sentry_flask_querysource0.envelopes": FLASK,
    "sentry_flask_profile.envelopes": FLASK,
    "sentry_flask_stream.envelopes": ORDERS,
    "sentry_django_querysource0.envelopes": BOOKS,
}
SPAN = {"span_id": "AB-CD", "parent_span_id": "0F", "start_timestamp": 10.5, "timestamp": "1970-01-01T00:00:11Z"}
TRANSACTION = {
    "type": "transaction", "transaction": "list_orders", "transaction_info": {"source": "component"},
    "contexts": {"trace": {"trace_id": "AA-BB", "span_id": "0f", "parent_span_id": None, "op": "http.server"},
                 "response": {"status_code": 200}},
    "start_timestamp": "1970-01-01T00:00:10Z", "timestamp": 12.0, "release": "1.2", "environment": "live",
    "request": {"url": "http://shop/orders?secret=1", "method": "GET"}, "spans": [],
}  # fmt: skip


def envelope(payload: object, kind: str = "transaction", rate: object = "0.25", length: int | None = None) -> bytes:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    item = {"type": kind, "content_type": "application/json", "length": len(body) if length is None else length}
    header = {"event_id": "e", "sent_at": "2026-01-01T00:00:00Z", "trace": {"sample_rate": rate}}
    return b"\n".join([json.dumps(header).encode(), json.dumps(item).encode(), body, b""])


def one(folder: Path, **fields: Any) -> Span:
    """The span of a transaction that has one."""
    (_, span), lost = items(folder, sentry_envelope, envelope(TRANSACTION | {"spans": [SPAN | fields]}))
    assert lost == ()
    assert isinstance(span, Span)
    return span


@pytest.mark.parametrize("name", sorted(TRUTH))
def test_sample_gives_the_ground_truth(name: str) -> None:
    assert shown(sample(name)) == TRUTH[name]


@pytest.mark.parametrize("name", ["sentry_flask_querysource0.envelopes", "sentry_flask_stream.envelopes"])
def test_query_source_gives_the_lines(name: str) -> None:
    assert lines(sample(name))["orders"] == [("shop/services.py", 18), ("shop/services.py", 19)]


def test_query_source_gives_the_lines_of_django_and_of_requests() -> None:
    assert lines(sample("sentry_django_querysource0.envelopes")) == {
        "api/books": [("djshop/reports.py", 10), ("djshop/reports.py", 11)]
    }
    assert lines(sample("sentry_flask_querysource0.envelopes"))["customers/{}/prices"] == [("shop/services.py", 28)]
    assert set(map(tuple, lines(sample("sentry_flask_default.envelopes")).values())) == {()}


def test_two_protocols_have_one_id() -> None:
    (streamed,) = sample("sentry_flask_stream.envelopes")
    assert streamed.id in {h.id for h in sample("sentry_flask_querysource0.envelopes")}


def test_the_order_of_envelopes_and_spans_does_not_show(tmp_path: Path) -> None:
    events = [json.loads(line) for line in plain("sentry_flask_default.envelopes").splitlines() if b'"spans"' in line]
    expected = dump(hotspots(tmp_path, b"".join(map(envelope, events))))
    for seed in range(3):
        random.Random(seed).shuffle(events)
        for event in events:
            random.Random(seed).shuffle(event["spans"])
        assert dump(hotspots(tmp_path, *map(envelope, events))) == expected


def test_a_transaction_is_its_root_span(tmp_path: Path) -> None:
    (span,), lost = items(tmp_path, sentry_envelope, envelope(TRANSACTION))
    assert (span.trace_id, span.span_id, span.parent_id, span.kind) == ("aabb", "0f", None, "server")
    assert (span.start_ns, span.duration_ns, span.weight) == (10_000_000_000, 2_000_000_000, 4.0)
    assert (span.method, span.route, span.status, span.transaction) == ("GET", None, 200, "list_orders")
    assert (span.environment, span.release, lost) == ("live", "1.2", ())
    assert "secret" not in repr(span)


@pytest.mark.parametrize(
    ("name", "source", "route"),
    [
        ("/orders/{id}", "route", "/orders/{id}"),
        ("/orders/7", "url", None),
        ("generic WSGI request", "route", None),
        ("list_orders", "component", None),
        ("/orders/{id}", None, "/orders/{id}"),
        ("/orders/7", None, None),
    ],
)
def test_only_a_route_is_a_route(tmp_path: Path, name: str, source: str | None, route: str | None) -> None:
    info = {"source": source} if source else None
    event = TRANSACTION | {"transaction": name, "transaction_info": info}
    (span,), _ = items(tmp_path, sentry_envelope, envelope(event))
    assert span.route == route


@pytest.mark.parametrize("rate", ["0", "2", "x", None, "-0.5", "nan", 1e-300])
def test_what_is_no_sampling_rate_gives_no_weight(tmp_path: Path, rate: object) -> None:
    (span,), _ = items(tmp_path, sentry_envelope, envelope(TRANSACTION, rate=rate))
    assert span.weight is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"op": "db", "description": "SELECT 1"}, ("client", "other_sql", "SELECT 1", None, None)),
        ({"op": "db.sql.query", "description": "SELECT 1"}, ("client", "other_sql", "SELECT 1", None, None)),
        ({"op": "db", "description": "short", "data": {"db.query.text": "SELECT 2", "db.system": "PostgreSQL"}},
         ("client", "postgresql", "SELECT 2", None, None)),
        ({"op": "db.redis", "description": "SET 'k' [Filtered]"}, ("client", "redis", "SET 'k' ?", None, None)),
        ({"op": "cache.get", "description": "k"}, ("client", None, None, None, None)),
        ({"op": "http.client", "description": "GET http://a/b"}, ("client", None, None, "GET", "http://a/b")),
        ({"op": "http.client", "description": "GET", "data": {"url": "http://a/b#f", "method": "POST"}},
         ("client", None, None, "POST", "http://a/b")),
        ({"op": "http.client", "description": "aws.s3.GetObject"}, ("client", None, None, None, None)),
        ({"op": "rpc.client", "description": "/shop.Api/Get"}, ("client", None, None, None, None)),
        ({"op": "template.render", "description": "page.html"}, ("internal", None, None, None, None)),
        ({"op": "queue.process", "description": "task"}, ("consumer", None, None, None, None)),
        ({"op": None, "description": None, "data": None}, ("internal", None, None, None, None)),
    ],
    ids=["SQL", "an operation below db", "SQL in data", "redis", "cache", "request", "request in data", "aws", "rpc",
         "template", "task", "nulls"],
)  # fmt: skip
def test_a_span(tmp_path: Path, fields: dict[str, Any], expected: tuple[Any, ...]) -> None:
    span = one(tmp_path, **fields)
    assert (span.kind, span.db_system, span.statement, span.method, span.url) == expected
    assert (span.trace_id, span.span_id, span.parent_id) == ("aabb", "abcd", "0f")
    assert (span.start_ns, span.duration_ns) == (10_500_000_000, 500_000_000)


def test_only_the_statement_carries_sql(tmp_path: Path) -> None:
    secret = "SELECT * FROM users WHERE name = 'secret'"
    span = one(tmp_path, op="db", description=secret)
    assert span.statement == secret
    assert "secret" not in repr(msgspec.structs.replace(span, statement=None))
    attributes = {"sentry.op": {"value": "db"}, "http.route": {"value": "/x"}}
    batch = {"items": [SPAN | {"trace_id": "aabb", "name": secret, "is_segment": True, "attributes": attributes}]}
    (segment,), _ = items(tmp_path, sentry_envelope, envelope(batch, kind="span"))
    assert (segment.kind, segment.transaction, segment.route) == ("client", None, None)
    assert "secret" not in repr(msgspec.structs.replace(segment, statement=None))


def test_calls_without_a_url_are_known_by_their_operation(tmp_path: Path) -> None:
    amazon = one(tmp_path, op="http.client", description="aws.s3.GetObject")
    assert (amazon.rpc_system, amazon.operation) == ("aws-api", "GetObject")


def test_a_query_string_is_a_hash(tmp_path: Path) -> None:
    spans = [
        one(tmp_path, op="http.client", description="GET http://a/b", data={"url": "http://a/b", "http.query": query})
        for query in ("secret=1", "secret=1", "secret=2")
    ]
    urls = [span.url or "" for span in spans]
    assert urls[0] == urls[1] != urls[2]
    assert "secret" not in repr(spans)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"code.filepath": "shop/a.py", "code.lineno": 7, "code.namespace": "shop.a", "code.function": "f"},
         Code("shop/a.py", 7, "shop.a.f", "sentry.code.lineno")),
        ({"code.file.path": "shop/a.py", "code.line.number": 7.0, "code.function.name": "shop.a.f"},
         Code("shop/a.py", 7, "shop.a.f", "sentry.code.lineno")),
        ({"code.filepath": "/venv/site-packages/driver.py", "code.lineno": 7}, None),
        ({"code.lineno": 7}, None),
    ],
    ids=["old names", "new names", "a library", "no file"],
)  # fmt: skip
def test_code(tmp_path: Path, data: dict[str, Any], code: Code | None) -> None:
    assert one(tmp_path, op="db", description="SELECT 1", data=data).code == code


def test_a_span_of_version_2(tmp_path: Path) -> None:
    attributes = {
        "sentry.op": "http.server", "http.route": "/orders", "http.request.method": "GET", "sentry.release": "1.2",
        "sentry.environment": "live", "http.response.status_code": 200, "url.full": "http://shop/orders?secret=1",
    }  # fmt: skip
    segment = {
        "trace_id": "AABB", "span_id": "0F", "name": "list_orders", "is_segment": True, "start_timestamp": 10.0,
        "end_timestamp": 12.0, "attributes": {name: {"value": value} for name, value in attributes.items()},
    }  # fmt: skip
    batch = {"version": 2, "items": [segment, 7, segment | {"end_timestamp": "never"}]}
    (span,), lost = items(tmp_path, sentry_envelope, envelope(batch, kind="span"))
    assert (span.kind, span.route, span.method, span.status, span.transaction) == (
        "server", "/orders", "GET", 200, "list_orders",
    )  # fmt: skip
    assert (span.weight, span.release, span.environment, span.duration_ns) == (4.0, "1.2", "live", 2_000_000_000)
    assert "secret" not in repr(span)
    assert lost == ("1 dropped: a field is missing or wrong", "1 dropped: a value is out of range")


def test_a_span_by_itself(tmp_path: Path) -> None:
    text = envelope(SPAN | {"trace_id": "AABB", "op": "db", "description": "SELECT 1"}, kind="span")
    (span,), _ = items(tmp_path, sentry_envelope, text)
    assert (span.trace_id, span.statement) == ("aabb", "SELECT 1")


def test_other_items_are_passed_over(tmp_path: Path) -> None:
    text = b"".join(
        [
            envelope({"aggregates": []}, kind="sessions"),
            envelope(b'two\n{"type": "transaction", "length": 3}\nlines', kind="attachment"),
            b"{}\n",
            envelope(TRANSACTION),
        ]
    )
    spans, lost = items(tmp_path, sentry_envelope, text)
    assert (len(spans), lost) == (1, ())


PROFILE: dict[str, Any] = {
    "version": "1", "timestamp": "1970-01-01T00:00:10Z",
    "transactions": [{"name": "list_orders", "trace_id": "aabb", "active_thread_id": "7"}],
    "profile": {
        "frames": [{"function": "load", "abs_path": "/venv/site-packages/orm.py", "lineno": 9},
                   {"function": "view", "filename": "shop/a.py", "lineno": 3}, {}],
        "stacks": [[0, 1], [2]],
        "samples": [{"stack_id": 0, "thread_id": "7"}, {"stack_id": 1, "thread_id": "8"},
                    {"stack_id": 0, "thread_id": 7}],
    },
}  # fmt: skip


def test_a_profile_gives_the_samples_of_its_transactions_thread(tmp_path: Path) -> None:
    (profile,), lost = items(tmp_path, sentry_envelope, envelope(PROFILE, kind="profile"))
    stack = (Frame("shop/a.py", "view", 3), Frame("/venv/site-packages/orm.py", "load", 9))
    assert (profile.measure, profile.start_ns, lost) == ("running", 10_000_000_000, ())
    assert [(s.stack, s.count, s.entry, s.request) for s in profile.samples] == [(stack, 1, "list_orders", "aabb")] * 2


def test_a_profile_of_a_stretch_of_time_has_all_threads(tmp_path: Path) -> None:
    chunk = {"version": "2", "profile": PROFILE["profile"]}
    (profile,), _ = items(tmp_path, sentry_envelope, envelope(chunk, kind="profile_chunk"))
    assert (len(profile.samples), profile.start_ns) == (3, None)


def test_profiles_alone_give_the_lines(tmp_path: Path) -> None:
    found = [json.loads(line) for line in plain("sentry_flask_profile.envelopes").splitlines() if b'"stacks"' in line]
    orders = [item for item in found if item["transactions"][0]["name"] == "list_orders"]
    more = b"".join(envelope(item, kind="profile") for item in orders for _ in range(20))
    exact = {p.line for h in hotspots(tmp_path, more) for p in h.locations if p.precision == "exact_line"}
    assert exact == {18, 19}


@pytest.mark.parametrize(
    ("broken", "lost"),
    [
        ({"stacks": [[0, 99]]}, "1 dropped: profile with a value out of range"),
        ({"samples": [{"stack_id": -1}]}, "1 dropped: profile with a value out of range"),
        ({"samples": 7}, "1 dropped: a field is missing or wrong"),
    ],
)
def test_a_bad_profile_is_dropped(tmp_path: Path, broken: dict[str, Any], lost: str) -> None:
    text = envelope({"profile": PROFILE["profile"] | broken}, kind="profile") + envelope(TRANSACTION)
    found, told = items(tmp_path, sentry_envelope, text)
    assert (len(found), told) == (1, (lost,))


def test_a_length_that_is_missing_or_no_longer_right_ends_with_the_line(tmp_path: Path) -> None:
    text = envelope(TRANSACTION, length=5) + envelope(TRANSACTION).replace(b'"length"', b'"width"')
    assert len(items(tmp_path, sentry_envelope, text)[0]) == 2


@pytest.mark.parametrize("cut", [1, 5, 200])
def test_a_file_that_was_cut_off_gives_what_is_whole(tmp_path: Path, cut: int) -> None:
    text = envelope(TRANSACTION) + envelope(TRANSACTION | {"release": "2"})
    spans, lost = items(tmp_path, sentry_envelope, text[: -cut - 1])
    assert ([span.release for span in spans], lost) == (["1.2"], ("1 dropped: truncated item of an envelope",))


@pytest.mark.parametrize("length", [10**18, -1])
def test_a_length_that_is_no_length(tmp_path: Path, length: int) -> None:
    spans, lost = items(tmp_path, sentry_envelope, envelope(TRANSACTION) + envelope(TRANSACTION, length=length))
    assert len(spans) + len(lost) == 2


@pytest.mark.parametrize(
    "broken", [{"contexts": None}, {"timestamp": None}, {"timestamp": 1e300}, {"spans": 7}, {"transaction": 7}]
)
def test_a_bad_transaction_among_good_ones_is_dropped(tmp_path: Path, broken: dict[str, Any]) -> None:
    spans, lost = items(tmp_path, sentry_envelope, envelope(TRANSACTION) + envelope(TRANSACTION | broken))
    assert (len(spans), len(lost)) == (1, 1)


def test_a_header_that_is_no_json(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="line 4 is no JSON"):
        items(tmp_path, sentry_envelope, envelope(TRANSACTION) + b"oops\n")
