"""Zipkin v2 JSON, read into the one row."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from rig.spans import STABLE, sample, without_source

from bot.config import Config
from bot.errors import UserError
from bot.hotspots import read
from bot.hotspots.readers import zipkin
from bot.hotspots.source import opened
from bot.hotspots.span import Span

CAPTURE = sample("api/zipkin_flask_v2.json.gz")
SPAN: dict[str, Any] = {
    "traceId": "1", "id": "2", "name": "x", "timestamp": 3, "duration": 4, "localEndpoint": None,
}  # fmt: skip
SQL = "SELECT a.b FROM a WHERE a.id = ?"


def spans_of(tmp_path: Path, document: Any) -> tuple[list[Span], tuple[str, ...]]:
    (tmp_path / "export").write_text(json.dumps(document))
    with opened(str(tmp_path / "export"), 1) as source:
        assert zipkin.sniff(source.head)
        return list(zipkin.read(source)), source.losses.sentences()


def span_of(tmp_path: Path, **fields: Any) -> Span:
    ((span,), losses) = spans_of(tmp_path, [SPAN | fields])
    assert losses == ()
    return span


def test_capture_gives_the_ground_truth(tmp_path: Path) -> None:
    (tmp_path / "export").write_bytes(CAPTURE)
    hotspots = read([str(tmp_path / "export")], Config())
    assert {
        (h.kind, h.entry.route_canonical): sorted((p.count.max, p.where_columns) for p in h.patterns) for h in hotspots
    } == {
        ("n_plus_one_db", "orders"): [(25, ("customers.id",)), (25, ("items.order_id",))],
        ("n_plus_one_http", "customers/{}/prices"): [(12, ())],
    }
    assert {h.id for h in hotspots} == {h.id for h in read([str(STABLE)], Config())}
    assert {h.source.service for h in hotspots} == {"shop"}


def lowered(spans: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As a Zipkin server gives them back: names in lower case."""
    return [
        span | {"name": span["name"].lower(), "localEndpoint": {"serviceName": "shop", "ipv4": "127.0.0.1"}}
        for span in spans
    ]


def test_order_and_layout_do_not_show(tmp_path: Path) -> None:
    spans = json.loads(CAPTURE)
    (tmp_path / "plain").write_bytes(CAPTURE)
    expected = without_source(read([str(tmp_path / "plain")], Config()))
    random.Random(1).shuffle(spans)
    traces: dict[str, list[dict[str, Any]]] = {}
    for span in spans:
        traces.setdefault(span["traceId"], []).append(span)
    layouts = (
        json.dumps(spans, sort_keys=True, indent=2),
        json.dumps(list(traces.values())),
        "\n".join(json.dumps(trace) for trace in traces.values()),
        json.dumps([span | {"traceId": span["traceId"][16:]} if n % 2 else span for n, span in enumerate(spans)]),
    )
    for layout in layouts:
        (tmp_path / "other").write_text(layout)
        assert without_source(read([str(tmp_path / "other")], Config())) == expected
    (tmp_path / "other").write_text(json.dumps(lowered(spans)))
    assert [h.id for h in read([str(tmp_path / "other")], Config())] == [
        h.id for h in read([str(tmp_path / "plain")], Config())
    ]


def test_fields(tmp_path: Path) -> None:
    found = span_of(
        tmp_path,
        traceId="ABCDEF0123456789ABCDEF0123456789",
        parentId="1",
        kind="SERVER",
        name="get /a/{id}",
        localEndpoint={"serviceName": "shop", "port": 80},
        remoteEndpoint=None,
        annotations=[{"timestamp": 1, "value": "x"}],
        tags={"http.method": "GET", "http.path": "/a/1", "http.status_code": "200", "service.version": "1"},
    )
    assert found == Span(
        trace_id="abcdef0123456789", span_id="0000000000000002", parent_id="0000000000000001", kind="server",
        name="get /a/{id}", start_ns=3000, duration_ns=4000, service="shop", release="1", method="GET",
        route="/a/{id}", url="/a/1", status=200,
    )  # fmt: skip


def test_the_tag_spells_the_service_as_it_is(tmp_path: Path) -> None:
    tags = {"service.name": "Shop"}
    assert span_of(tmp_path, tags=tags, localEndpoint={"serviceName": "shop"}).service == "Shop"
    assert span_of(tmp_path, localEndpoint={"serviceName": "shop"}).service == "shop"
    assert span_of(tmp_path).service is None


def test_brave_names_the_statement(tmp_path: Path) -> None:
    found = span_of(tmp_path, kind="CLIENT", name="select", tags={"sql.query": SQL})
    assert (found.statement, found.operation) == (SQL, "select")


def shared_trace(repeats: int) -> list[dict[str, Any]]:
    """`front` calls `back` over one shared id; `back` runs a loop of statements under that id."""
    front = SPAN | {
        "id": "a",
        "kind": "SERVER",
        "name": "get /front",
        "duration": 1000,
        "localEndpoint": {"serviceName": "front"},
        "tags": {"http.method": "GET", "http.route": "/front"},
    }
    call = SPAN | {
        "id": "b",
        "parentId": "a",
        "kind": "CLIENT",
        "timestamp": 4,
        "duration": 900,
        "localEndpoint": {"serviceName": "front"},
        "tags": {"http.method": "GET", "http.url": "http://back/items"},
    }
    back = SPAN | {
        "id": "b",
        "parentId": "a",
        "kind": "SERVER",
        "shared": True,
        "timestamp": 5,
        "duration": 800,
        "localEndpoint": {"serviceName": "back"},
        "tags": {"http.method": "GET", "http.route": "/items"},
    }
    statements = [
        SPAN | {"id": f"c{n}", "parentId": "b", "kind": "CLIENT", "timestamp": 10 + 10 * n, "duration": 5,
                "localEndpoint": {"serviceName": "back"}, "tags": {"db.system": "sqlite", "db.statement": SQL}}
        for n in range(repeats)
    ]  # fmt: skip
    return [*statements, back, call, front]


@pytest.mark.parametrize("seed", range(4))
def test_a_shared_id_is_two_spans(tmp_path: Path, seed: int) -> None:
    spans = shared_trace(6)
    random.Random(seed).shuffle(spans)
    (tmp_path / "export").write_text(json.dumps(spans))
    (hotspot,) = read([str(tmp_path / "export")], Config())
    assert (hotspot.source.service, hotspot.entry.route_canonical) == ("back", "items")
    assert [p.count.max for p in hotspot.patterns] == [6]


def test_the_caller_of_a_shared_span_may_be_missing(tmp_path: Path) -> None:
    all_spans = shared_trace(6)
    without_call = [span for span in all_spans if span["id"] != "b" or "shared" in span]
    only_back = [span for span in all_spans if span["localEndpoint"]["serviceName"] == "back"]
    for spans in (without_call, only_back):
        (tmp_path / "export").write_text(json.dumps(spans))
        (hotspot,) = read([str(tmp_path / "export")], Config())
        assert (hotspot.source.service, hotspot.entry.route_canonical) == ("back", "items")


@pytest.mark.parametrize(
    ("bad", "loss"),
    [
        ({key: value for key, value in SPAN.items() if key != "timestamp"}, "1 dropped: a field is missing or wrong"),
        (SPAN | {"timestamp": -1}, "1 dropped: a span without a valid time or id"),
        (SPAN | {"timestamp": 10**18}, "1 dropped: a span without a valid time or id"),
        (SPAN | {"id": "xyz"}, "1 dropped: a span without a valid time or id"),
        (SPAN | {"tags": [1]}, "1 dropped: a field is missing or wrong"),
        ("span", "1 dropped: a field is missing or wrong"),
        ([7], "1 dropped: a field is missing or wrong"),
    ],
)
def test_a_bad_span_is_dropped(tmp_path: Path, bad: Any, loss: str) -> None:
    found, losses = spans_of(tmp_path, [SPAN, bad])
    assert (len(found), losses) == (1, (loss,))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (CAPTURE[:200], "X: line 1 is truncated JSON; export it again."),
        (json.dumps([SPAN | {"timestamp": "3"}]).encode(),
         "X: a span: the field timestamp is wrong (expected `int`, got `str`); check what wrote the file."),
    ],
    ids=["truncated", "nothing good"],
)  # fmt: skip
def test_nothing_good(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "export").write_bytes(content)
    with pytest.raises(UserError) as raised:
        read([str(tmp_path / "export")], Config())
    assert str(raised.value) == message.replace("X", str(tmp_path / "export"))
