"""The answers of Datadog's API: spans search, trace by id and aggregate."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from rig.spans import SAMPLES, sample, without_source

from bot.config import Config
from bot.errors import UserError
from bot.hotspots import read
from bot.hotspots.readers import datadog_aggregate, datadog_search, datadog_trace
from bot.hotspots.source import opened
from bot.hotspots.span import Span
from bot.hotspots.ticks import settled
from bot.hotspots.traffic import Traffic
from bot.records import Handler, Hotspot

SEARCH = sample("api/datadog_flask_spans_search.json.gz")
TRACE = sample("api/datadog_flask_trace_by_id.json.gz")
AGGREGATE = sample("api/datadog_flask_spans_aggregate.json.gz")
DB = ("n_plus_one_db", "orders", ((25, "customers.id", 1.0), (25, "items.order_id", 1.0)))
HTTP = ("n_plus_one_http", "customers/{}/prices", ((12, "", 1.0),))


def seen(hotspots: list[Hotspot]) -> set[Any]:
    return {
        (
            h.kind,
            h.entry.route_canonical,
            tuple(sorted((p.count.max, "".join(p.where_columns), p.sequential) for p in h.patterns)),
        )
        for h in hotspots
    }


def items_of(tmp_path: Path, reader: Any, document: Any) -> tuple[list[Any], tuple[str, ...]]:
    (tmp_path / "export").write_text(json.dumps(document))
    with opened(str(tmp_path / "export"), 1) as source:
        assert reader.sniff(source.head)
        return list(reader.read(source)), source.losses.sentences()


@pytest.mark.parametrize(("content", "truth"), [(SEARCH, {DB, HTTP}), (TRACE, {DB})], ids=["search", "trace"])
def test_sample_gives_the_ground_truth(tmp_path: Path, content: bytes, truth: set[Any]) -> None:
    (tmp_path / "export").write_bytes(content)
    found = read([str(tmp_path / "export")], Config())
    assert seen(found) == truth
    agent = read([str(SAMPLES / "datadog_flask_postgres_dbm_full.traces.json.gz")], Config())
    assert {h.id for h in found} <= {h.id for h in agent}
    assert {h.entry.transaction_name for h in found} <= {"list_orders", "customer_prices"}
    assert {h.source.service for h in found} == {"shop"}


def test_only_the_search_keeps_the_code_origin(tmp_path: Path) -> None:
    handlers = []
    for content in (SEARCH, TRACE):
        (tmp_path / "export").write_bytes(content)
        handlers.append(next(h for h in read([str(tmp_path / "export")], Config()) if "db" in h.kind).entry.handler)
    name = "create_app.<locals>.list_orders"
    assert handlers == [
        Handler(module="shop.flask_app", qualname=name, file="/srv/app/shop/flask_app.py", line=39),
        None,
    ]


def test_order_and_layout_of_a_search_do_not_show(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(SEARCH)
    expected = without_source(read([str(tmp_path / "plain")], Config()))
    document = json.loads(SEARCH)
    for seed in range(3):
        random.Random(seed).shuffle(document["data"])
        for layout in (
            json.dumps(document, indent=1),
            json.dumps({"meta": {}, "data": document["data"]}, sort_keys=True),
        ):
            (tmp_path / "other").write_text(layout)
            assert without_source(read([str(tmp_path / "other")], Config())) == expected
    by_trace: dict[str, list[Any]] = {}
    for item in document["data"]:
        by_trace.setdefault(item["attributes"]["trace_id"][-16:], []).append(item)
    (tmp_path / "pages").write_text("\n".join(json.dumps({"data": page}) for page in by_trace.values()))
    assert seen(read([str(tmp_path / "pages")], Config())) == {DB, HTTP}


def test_order_of_a_trace_does_not_show(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(TRACE)
    expected = without_source(read([str(tmp_path / "plain")], Config()))
    document = json.loads(TRACE)
    random.Random(1).shuffle(document["data"]["attributes"]["spans"])
    for layout in (json.dumps(document, indent=1), json.dumps(document, sort_keys=True)):
        (tmp_path / "other").write_text(layout)
        assert without_source(read([str(tmp_path / "other")], Config())) == expected


def test_a_truncated_trace_is_a_limit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(TRACE)
    document["data"]["attributes"]["is_truncated"] = True
    path = tmp_path / "export"
    path.write_text(json.dumps(document))
    (hotspot,) = read([str(path)], Config())
    assert hotspot.trust.limits[-1] == datadog_trace.TRUNCATED
    assert capsys.readouterr().err == f"costmod: {path}: {datadog_trace.TRUNCATED}.\n"


FOUND: dict[str, Any] = {
    "trace_id": "7", "span_id": "255", "start_timestamp": "2026-11-23T08:19:30.328Z",
    "end_timestamp": "2026-11-23T08:19:30.386Z", "resource_name": "GET /a", "type": "web",
}  # fmt: skip
START = 1795421970328000000


def search(*found: Any) -> dict[str, Any]:
    return {"data": [{"type": "spans", "id": "x", "attributes": attributes} for attributes in found]}


def found_span(tmp_path: Path, **fields: Any) -> Span:
    ((span,), losses) = items_of(tmp_path, datadog_search, search(FOUND | fields))
    assert losses == ()
    return span


def test_search_fields(tmp_path: Path) -> None:
    custom = {
        "http": {"method": "GET", "status_code": "200", "route": "/a", "url": "http://h/a?b=c"},
        "_dd": {"base_service": "shop", "deep": {"er": {"x": [1], "y": None, "z": True}}},
        "span": {"kind": "server"},
        "duration": 58177480.0,
        "operation_name": "flask.request",
    }
    tags = ["env:other", "version:1.2", "odd"]
    found = found_span(tmp_path, custom=custom, service="db", env="test", parent_id="0", tags=tags)
    assert found == Span(
        trace_id="0000000000000007", span_id="00000000000000ff", parent_id=None, kind="server", name="flask.request",
        start_ns=START, duration_ns=58177480, service="shop", environment="test", release="1.2", method="GET",
        route="/a", url="http://h/a?b=c", status=200, transaction="GET /a", operation="request",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("6b03f71200000000" + "7ed96ef19f2e4b69", "7ed96ef19f2e4b69"),
        ("9140458902761917289", "7ed96ef19f2e4b69"),
        ("7ed96ef19f2e4b69", "7ed96ef19f2e4b69"),
        ("1" * 32, "1" * 16),
        ("-1", "f" * 16),
    ],
)
def test_ids(tmp_path: Path, text: str, expected: str) -> None:
    assert found_span(tmp_path, trace_id=text).trace_id == expected


@pytest.mark.parametrize(
    ("time", "start"),
    [
        ("2026-11-23T08:19:30.328Z", START),
        ("2026-11-23T08:19:30.328", START),
        ("2026-11-23T09:19:30.328+01:00", START),
        ("2026-11-23T08:19:30Z", START - 328_000_000),
        ("2026-11-23T08:19:30.328123Z", START + 123_000),
    ],
)
def test_times(tmp_path: Path, time: str, start: int) -> None:
    span = found_span(tmp_path, start_timestamp=time)
    assert (span.start_ns, span.duration_ns) == (start, START + 58_000_000 - start)


@pytest.mark.parametrize(
    ("bad", "loss"),
    [
        (FOUND | {"start_timestamp": 7}, "1 dropped: a field is missing or wrong"),
        (FOUND | {"start_timestamp": "1066-10-14T09:00:00Z"}, "1 dropped: a span without a valid time or id"),
        (FOUND | {"span_id": "x"}, "1 dropped: a span without a valid time or id"),
        (FOUND | {"span_id": ""}, "1 dropped: a span without a valid time or id"),
        (FOUND | {"trace_id": "9" * 40}, "1 dropped: a span without a valid time or id"),
        (FOUND | {"custom": {"duration": "long"}}, "1 dropped: a span without a valid time or id"),
        (FOUND | {"custom": []}, "1 dropped: a field is missing or wrong"),
        ({}, "1 dropped: a field is missing or wrong"),
    ],
)
def test_a_bad_item_of_a_search_is_dropped(tmp_path: Path, bad: Any, loss: str) -> None:
    found, losses = items_of(tmp_path, datadog_search, search(FOUND, bad))
    assert (len(found), losses) == (1, (loss,))


def test_tags_nested_without_end_are_cut(tmp_path: Path) -> None:
    nested: Any = "x"
    for _ in range(500):
        nested = {"a": nested}
    assert found_span(tmp_path, custom={"b": nested, "operation_name": "kept"}).name == "kept"


AGENT: dict[str, Any] = {"traceID": 7, "spanID": 2, "parentID": 0, "startTime": 3, "duration": 4, "resource": "GET /a"}


@pytest.mark.parametrize(
    ("bad", "loss"),
    [
        (AGENT | {"spanID": "x"}, "1 dropped: a span without a valid time or id"),
        (AGENT | {"duration": -4}, "1 dropped: a span without a valid time or id"),
        (AGENT | {"startTime": None}, "1 dropped: a field is missing or wrong"),
        ({}, "1 dropped: a field is missing or wrong"),
    ],
)
def test_a_bad_span_of_a_trace_is_dropped(tmp_path: Path, bad: Any, loss: str) -> None:
    document = {"data": {"id": "x", "type": "trace", "attributes": {"spans": [AGENT, bad]}}}
    found, losses = items_of(tmp_path, datadog_trace, document)
    assert ([span.span_id for span in found], losses) == (["0000000000000002"], (loss,))


def bucket(resource: str | None, service: str | None = None, **compute: Any) -> dict[str, Any]:
    return {"type": "bucket", "attributes": {"by": {"resource_name": resource, "service": service}, "compute": compute}}


def test_aggregate_sample_is_traffic(tmp_path: Path) -> None:
    (tmp_path / "export").write_bytes(AGGREGATE)
    with opened(str(tmp_path / "export"), 1) as source:
        found = list(datadog_aggregate.read(source))
    assert found[0] == Traffic(
        requests=3.0, method="GET", route="/orders", basis="log", total_ns=127183003, p99_ns=58177480
    )
    assert [(t.requests, t.route) for t in found] == [
        (3.0, "/orders"), (3.0, "/customers/<int:cid>/prices"), (2.0, "/leak"), (1.0, "/healthz"),
    ]  # fmt: skip
    assert read([str(tmp_path / "export")], Config()) == []


BOOKS = Traffic(requests=2.0, service="shop", method="GET", route="api/books/", basis="log")
MAIL = Traffic(requests=2.0, transaction="shop.tasks.mail", basis="log")


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (bucket("GET api/books/", "shop", c0=2), [BOOKS]),
        (bucket("shop.tasks.mail", c0=2.0, c1="x", c2=-1), [MAIL]),
        (bucket("GET 404", c0=2), []),
        (bucket("SELECT a FROM b WHERE c = 'secret'", c0=2), []),
        (bucket("", c0=2), []),
        (bucket(None, c0=2), []),
    ],
    ids=["route", "task", "unrouted", "SQL", "no name", "null"],
)  # fmt: skip
def test_aggregate_items(tmp_path: Path, item: Any, expected: list[Traffic]) -> None:
    found, losses = items_of(tmp_path, datadog_aggregate, {"data": [item]})
    assert (found, losses) == (expected, (datadog_aggregate.LOWER_BOUND,))


@pytest.mark.parametrize("compute", [{}, {"c0": 2.5}, {"c0": "2"}, {"c0": True}, {"c0": -1}, {"c0": [{"time": 1}]}])
def test_a_bucket_without_a_count_is_dropped(tmp_path: Path, compute: dict[str, Any]) -> None:
    document = {"data": [bucket("GET /a", **compute), bucket("GET /b", c0=1)]}
    found, losses = items_of(tmp_path, datadog_aggregate, document)
    assert [traffic.route for traffic in found] == ["/b"]
    assert losses == ("1 dropped: a bucket without a count in c0", datadog_aggregate.LOWER_BOUND)


@pytest.mark.parametrize(
    "content", [SEARCH[:60_000], TRACE[:30_000], AGGREGATE[:500]], ids=["search", "trace", "aggregate"]
)
def test_a_truncated_answer_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "export").write_bytes(content)
    with pytest.raises(UserError) as raised:
        read([str(tmp_path / "export")], Config())
    assert str(raised.value) == f"{tmp_path / 'export'}: line 1 is truncated JSON; export it again."


def span(span_id: str, start_ns: int, duration_ns: int, parent_id: str | None = "p") -> Span:
    return Span(
        trace_id="t", span_id=span_id, parent_id=parent_id, kind="client", name="", start_ns=start_ns,
        duration_ns=duration_ns,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("spans", "starts"),
    [
        ([("a", 0, 3), ("b", 0, 3), ("c", 0, 3)], {"a": 0, "b": 3, "c": 6}),
        ([("b", 0, 30), ("a", 0, 30)], {"a": 0, "b": 0}),
        ([("a", 10, 3), ("b", 20, 3)], {"a": 10, "b": 20}),
        ([("a", 10, 13), ("b", 20, 3)], {"a": 10, "b": 23}),
        ([("a", 10, 25), ("b", 20, 3)], {"a": 10, "b": 20}),
        ([("a", 0, 3), ("b", 0, 3, "other")], {"a": 0, "b": 0}),
    ],
    ids=["same tick", "really parallel", "apart", "next tick", "inside", "other parent"],
)
def test_spans_settle_within_their_tick(spans: list[Any], starts: dict[str, int]) -> None:
    found = settled([span(*each) for each in spans], 10)
    assert {each.span_id: each.start_ns for each in found} == starts
