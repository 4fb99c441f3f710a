"""Jaeger's query JSON, read into the one row."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from rig.spans import STABLE, sample, without_source

from bot.config import Config
from bot.errors import UserError
from bot.hotspots import read
from bot.hotspots.readers import jaeger
from bot.hotspots.source import opened
from bot.hotspots.span import Span

CAPTURE = sample("api/jaeger_flask_api_traces.json.gz")
SPAN: dict[str, Any] = {"traceID": "1", "spanID": "2", "operationName": "x", "startTime": 3, "duration": 4}


def spans_of(tmp_path: Path, document: Any) -> tuple[list[Span], tuple[str, ...]]:
    (tmp_path / "export").write_text(json.dumps(document))
    with opened(str(tmp_path / "export"), 1) as source:
        assert jaeger.sniff(source.head)
        return list(jaeger.read(source)), source.losses.sentences()


def answer(*spans: Any, **processes: Any) -> dict[str, Any]:
    return {"data": [{"traceID": "1", "spans": list(spans), "processes": processes}]}


def span_of(tmp_path: Path, **fields: Any) -> Span:
    ((span,), losses) = spans_of(tmp_path, answer(SPAN | fields))
    assert losses == ()
    return span


def tags(**values: Any) -> list[dict[str, Any]]:
    return [{"key": key.replace("__", "."), "type": "string", "value": value} for key, value in values.items()]


def test_capture_gives_the_ground_truth(tmp_path: Path) -> None:
    (tmp_path / "export").write_bytes(CAPTURE)
    (hotspot,) = read([str(tmp_path / "export")], Config())
    assert [
        (p.count.max, p.where_columns, p.shape) for p in sorted(hotspot.patterns, key=lambda p: p.where_columns)
    ] == [
        (25, ("customers.id",), "column_equals_parameter"),
        (25, ("items.order_id",), "parameter_equals_column"),
    ]
    assert (hotspot.entry.method, hotspot.entry.route_raw, hotspot.source.service) == ("GET", "/orders", "shop")
    assert hotspot.id in {h.id for h in read([str(STABLE)], Config())}


def test_order_and_layout_do_not_show(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(CAPTURE)
    expected = without_source(read([str(tmp_path / "plain")], Config()))
    document = json.loads(CAPTURE)
    random.Random(1).shuffle(document["data"])
    for trace in document["data"]:
        random.Random(2).shuffle(trace["spans"])
    layouts = (
        json.dumps(document, sort_keys=True, indent=1),
        json.dumps({"errors": None, "limit": 0} | document),
        "\n".join(json.dumps({"data": [trace]}) for trace in document["data"]),
        "\n".join(json.dumps(trace) for trace in document["data"]),
    )
    for layout in layouts:
        (tmp_path / "other").write_text(layout)
        assert without_source(read([str(tmp_path / "other")], Config())) == expected


def test_fields(tmp_path: Path) -> None:
    span = SPAN | {
        "traceID": "00000000000000ABde5bfc1856413628",
        "processID": "p1",
        "tags": [
            {"key": "span.kind", "type": "string", "value": "server"},
            {"key": "http.method", "type": "string", "value": "GET"},
            {"key": "http.status_code", "type": "int64", "value": 200},
            {"key": "http.url", "type": "string", "value": "http://h/a/1?b=c"},
            {"key": "error", "type": "bool", "value": False},
            {"key": "internal.span.format", "type": "binary", "value": None},
        ],
    }
    process = {"serviceName": "shop", "tags": tags(service__version="1", deployment__environment="test")}
    (found,), losses = spans_of(tmp_path, answer(span, p1=process))
    assert losses == ()
    assert found == Span(
        trace_id="de5bfc1856413628", span_id="0000000000000002", parent_id=None, kind="server", name="x",
        start_ns=3000, duration_ns=4000, service="shop", environment="test", release="1", method="GET",
        url="http://h/a/1?b=c", status=200,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "parent"),
    [
        ({}, None),
        ({"references": None}, None),
        ({"parentSpanID": "A"}, "000000000000000a"),
        ({"parentSpanID": "0"}, None),
        ({"references": [{"refType": "CHILD_OF", "traceID": "1", "spanID": "a"}]}, "000000000000000a"),
        ({"references": [{"refType": "FOLLOWS_FROM", "spanID": "b"}]}, "000000000000000b"),
        (
            {
                "references": [
                    {"refType": "FOLLOWS_FROM", "traceID": "1", "spanID": "b"},
                    {"refType": "CHILD_OF", "traceID": "1", "spanID": "a"},
                ]
            },
            "000000000000000a",
        ),
        ({"references": [{"refType": "CHILD_OF", "traceID": "9", "spanID": "a"}]}, None),
    ],
)
def test_parent(tmp_path: Path, fields: dict[str, Any], parent: str | None) -> None:
    assert span_of(tmp_path, **fields).parent_id == parent


@pytest.mark.parametrize(
    ("values", "weight"),
    [
        ({}, None),
        ({"sampler__type": "probabilistic", "sampler__param": 0.25}, 4.0),
        ({"sampler__type": "probabilistic", "sampler__param": "0.5"}, 2.0),
        ({"sampler__type": "probabilistic", "sampler__param": 0}, None),
        ({"sampler__type": "probabilistic", "sampler__param": 7}, None),
        ({"sampler__type": "probabilistic", "sampler__param": "x"}, None),
        ({"sampler__type": "probabilistic"}, None),
        ({"sampler__type": "const", "sampler__param": True}, 1.0),
        ({"sampler__type": "ratelimiting", "sampler__param": 2}, None),
        ({"w3c__tracestate": "ot=th:8"}, 2.0),
    ],
)
def test_weight(tmp_path: Path, values: dict[str, Any], weight: float | None) -> None:
    assert span_of(tmp_path, tags=tags(**values)).weight == weight


@pytest.mark.parametrize(
    ("bad", "loss"),
    [
        (SPAN | {"startTime": "x"}, "1 dropped: a field is missing or wrong"),
        (SPAN | {"startTime": -1}, "1 dropped: a span without a valid time or id"),
        (SPAN | {"duration": 10**18}, "1 dropped: a span without a valid time or id"),
        (SPAN | {"spanID": ""}, "1 dropped: a span without a valid time or id"),
        (SPAN | {"traceID": "xyz"}, "1 dropped: a span without a valid time or id"),
        (SPAN | {"tags": {"a": 1}}, "1 dropped: a field is missing or wrong"),
        (7, "1 dropped: a field is missing or wrong"),
    ],
)
def test_a_bad_span_is_dropped(tmp_path: Path, bad: Any, loss: str) -> None:
    found, losses = spans_of(tmp_path, answer(SPAN, bad))
    assert (len(found), losses) == (1, (loss,))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (CAPTURE[:5000], "X: line 1 is truncated JSON; export it again."),
        (json.dumps(answer(SPAN | {"duration": "4"})).encode(),
         "X: a span: the field duration is wrong (expected `int`, got `str`); check what wrote the file."),
        (b'{"data": [], "x": ["spanID", "operationName", "startTime"]}',
         "X holds no span; export a window with traffic."),
    ],
    ids=["truncated", "nothing good", "empty"],
)  # fmt: skip
def test_nothing_good(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "export").write_bytes(content)
    with pytest.raises(UserError) as raised:
        read([str(tmp_path / "export")], Config())
    assert str(raised.value) == message.replace("X", str(tmp_path / "export"))
