"""OpenTelemetry spans one by one, in the names of several writers, give the hotspots of the OTLP file."""

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rig.spans import CLIENT, SERVER, STABLE, captured, without_source

from bot.config import Config
from bot.errors import UserError
from bot.hotspots import read
from bot.hotspots.instants import instant
from bot.hotspots.readers import otel_flat
from bot.hotspots.source import opened
from bot.hotspots.span import Span

RESOURCE, SPANS = captured()
KINDS = {SERVER: "SERVER", CLIENT: "CLIENT"}
Row = dict[str, Any]


def iso(nanoseconds: str, digits: int) -> str:
    seconds, rest = divmod(int(nanoseconds), 10**9)
    date = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{date}.{str(rest).rjust(9, '0')[:digits]}"


def duration(span: Row) -> int:
    return int(span["endTimeUnixNano"]) - int(span["startTimeUnixNano"])


def transaction_search(span: Row) -> Row:
    return {
        "resource": {"attributes": RESOURCE},
        "scope": {"name": "x"},
        "traceId": span["traceId"],
        "spanId": span["spanId"],
        "parentSpanId": span.get("parentSpanId", ""),
        "name": span["name"],
        "kind": KINDS.get(span["kind"], "INTERNAL"),
        "startTimeUnixNano": int(span["startTimeUnixNano"]),
        "endTimeUnixNano": int(span["endTimeUnixNano"]),
        "durationNano": duration(span),
        "attributes": span["attributes"],
        "status": {"code": "UNSET"},
    }


def console(span: Row) -> Row:
    parent = span.get("parentSpanId")
    return {
        "name": span["name"],
        "context": {"trace_id": f"0x{span['traceId']}", "span_id": f"0x{span['spanId']}", "trace_state": "[]"},
        "kind": f"SpanKind.{KINDS.get(span['kind'], 'INTERNAL')}",
        "parent_id": f"0x{parent}" if parent else None,
        "start_time": iso(span["startTimeUnixNano"], 9) + "Z",
        "end_time": iso(span["endTimeUnixNano"], 9) + "Z",
        "status": {"status_code": "UNSET"},
        "attributes": span["attributes"],
        "events": [],
        "links": [],
        "resource": {"attributes": RESOURCE, "schema_url": ""},
    }


def clickhouse(span: Row) -> Row:
    return {
        "Timestamp": iso(span["startTimeUnixNano"], 9).replace("T", " "),
        "TraceId": span["traceId"],
        "SpanId": span["spanId"],
        "ParentSpanId": span.get("parentSpanId", ""),
        "TraceState": "",
        "SpanName": span["name"],
        "SpanKind": KINDS.get(span["kind"], "Internal").capitalize(),
        "ServiceName": RESOURCE["service.name"],
        "ResourceAttributes": {key: str(value) for key, value in RESOURCE.items()},
        "SpanAttributes": {key: str(value) for key, value in span["attributes"].items()},
        "Duration": str(duration(span)),
        "Events": [],
    }


def honeycomb(span: Row) -> Row:
    parent = span.get("parentSpanId")
    return {
        "time": iso(span["startTimeUnixNano"], 9) + "Z",
        "trace.trace_id": span["traceId"],
        "trace.span_id": span["spanId"],
        "name": span["name"],
        "span.kind": KINDS.get(span["kind"], "internal").lower(),
        "duration_ms": duration(span) / 1e6,
        **RESOURCE,
        **span["attributes"],
    } | ({"trace.parent_id": parent} if parent else {})


def as_otlp(span: Row) -> Row:
    attributes = [{"key": key, "value": {"stringValue": str(value)}} for key, value in span["attributes"].items()]
    resource = [{"key": key, "value": {"stringValue": value}} for key, value in RESOURCE.items()]
    return span | {"attributes": attributes, "resource": {"attributes": resource}}


def in_lines(rows: list[Row]) -> str:
    return "\n".join(map(json.dumps, rows))


WRITERS: dict[str, Callable[[], str]] = {
    "Transaction Search": lambda: in_lines([transaction_search(span) for span in SPANS]),
    "Transaction Search, a list": lambda: json.dumps([transaction_search(span) for span in SPANS]),
    "CloudWatch events": lambda: json.dumps(
        {"events": [{"timestamp": 1, "message": json.dumps(transaction_search(span))} for span in SPANS]}
    ),
    "CloudWatch query results": lambda: json.dumps(
        {
            "results": [
                [{"field": "@timestamp", "value": "x"}, {"field": "@message", "value": json.dumps(row)}]
                for row in map(transaction_search, SPANS)
            ]
        }
    ),
    "X-Ray, retrieved traces": lambda: json.dumps(
        {"Traces": [{"Id": "1", "Spans": [{"Id": "2", "Document": json.dumps(transaction_search(s))} for s in SPANS]}]}
    ),
    "OTLP spans without the envelope": lambda: in_lines([as_otlp(span) for span in SPANS]),
    "console": lambda: "\n".join(json.dumps(console(span), indent=4) for span in SPANS),
    "console in lines": lambda: in_lines([console(span) for span in SPANS]),
    "ClickHouse": lambda: in_lines([clickhouse(span) for span in SPANS]),
    "Honeycomb": lambda: in_lines([honeycomb(span) for span in SPANS]),
    "Honeycomb query": lambda: json.dumps({"data": [{"data": honeycomb(span)} for span in SPANS]}),
    "Honeycomb, Timestamp": lambda: in_lines([honeycomb(span) for span in SPANS]).replace('"time"', '"Timestamp"'),
}  # fmt: skip


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("seed", [None, 1], ids=["in order", "shuffled"])
def test_the_writer_does_not_show(
    tmp_path: Path, writer: str, seed: int | None, capsys: pytest.CaptureFixture[str]
) -> None:
    if seed is not None:
        random.Random(seed).shuffle(SPANS)
    (tmp_path / "export").write_text(WRITERS[writer]())
    found = read([str(tmp_path / "export")], Config())
    assert without_source(found) == without_source(read([str(STABLE)], Config()))
    assert {h.source.format for h in found} == {"flat-json"}
    assert capsys.readouterr().err == ""


ROW = {"traceId": "a", "spanId": "b", "name": "x", "startTimeUnixNano": 10, "endTimeUnixNano": 30}


def spans_of(tmp_path: Path, *rows: Any) -> tuple[list[Span], tuple[str, ...]]:
    (tmp_path / "export").write_text("\n".join(map(json.dumps, rows)))
    with opened(str(tmp_path / "export"), 1) as source:
        assert otel_flat.sniff(source.head)
        return list(otel_flat.read(source)), source.losses.sentences()


@pytest.mark.parametrize(("rate", "weight"), [(None, None), (1, 1.0), (20, 20.0), (0, None), ("20", None), (0.5, None)])
def test_sample_rate_is_the_weight(tmp_path: Path, rate: Any, weight: float | None) -> None:
    row = {"time": 1, "trace.trace_id": "a", "trace.span_id": "b", "duration_ms": 1.5, "SampleRate": rate}
    ((span,), _) = spans_of(tmp_path, row)
    assert (span.weight, span.duration_ns) == (weight, 1_500_000)


@pytest.mark.parametrize("kind", [2, "2", "SERVER", "SpanKind.SERVER", "Server", "SPAN_KIND_SERVER", "server"])
def test_kinds(tmp_path: Path, kind: Any) -> None:
    assert [span.kind for span in spans_of(tmp_path, ROW | {"kind": kind})[0]] == ["server"]


def test_values(tmp_path: Path) -> None:
    attributes = {
        "http.response.status_code": 200.0,
        "db.system.name": True,
        "url.path": ["/a", "/b"],
        "http.request": {"method": "GET"},
        "db.query.text": {"stringValue": "SELECT 1"},
        "http.route": None,
    }
    served, called = spans_of(tmp_path, *(ROW | {"kind": kind, "attributes": attributes} for kind in ("SERVER", "")))[0]
    assert (served.status, served.url, served.method, served.route) == (200, "/a", "GET", None)
    assert (called.kind, called.db_system, called.statement) == ("client", "true", "SELECT 1")


@pytest.mark.parametrize(
    ("bad", "loss"),
    [
        (ROW | {"startTimeUnixNano": "soon"}, "1 dropped: a span without a valid time or id"),
        (ROW | {"startTimeUnixNano": None}, "1 dropped: a span without a valid time or id"),
        (ROW | {"endTimeUnixNano": 10**30}, "1 dropped: a span without a valid time or id"),
        (ROW | {"spanId": 7}, "1 dropped: a span without a valid time or id"),
        (ROW | {"traceId": ""}, "1 dropped: a span without a valid time or id"),
        (ROW | {"traceId": "="}, "1 dropped: a span without a valid time or id"),
        (
            {key: value for key, value in ROW.items() if "end" not in key},
            "1 dropped: a span without a valid time or id",
        ),
        ({"spanId": "b"}, "1 dropped: a record that is no span"),
        (7, "1 dropped: a field is missing or wrong"),
        ({"message": "no JSON"}, "1 dropped: no JSON"),
    ],
)
def test_a_bad_row_is_dropped(tmp_path: Path, bad: Any, loss: str) -> None:
    found, losses = spans_of(tmp_path, ROW, bad)
    assert (len(found), losses) == (1, (loss,))


def test_nothing_good(tmp_path: Path) -> None:
    (tmp_path / "export").write_text(json.dumps(ROW | {"startTimeUnixNano": "soon"}))
    with pytest.raises(UserError) as raised:
        read([str(tmp_path / "export")], Config())
    assert str(raised.value) == (
        f"{tmp_path / 'export'}: startTimeUnixNano is 'soon', expected a time; check what wrote the file."
    )


T = 1795421970_328123456


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (T, T),
        (str(T), T),
        (T // 10**3, T // 10**3 * 10**3),
        (T // 10**6, T // 10**6 * 10**6),
        (T // 10**9, T // 10**9 * 10**9),
        (1795421970.25, 1795421970_250000000),
        ("2026-11-23T08:19:30.328123456Z", T),
        ("2026-11-23 08:19:30.328123456", T),
        ("2026-11-23T09:19:30.328123456+01:00", T),
        ("2026-11-23T03:19:30.328123456789-0500", T),
        ("2026-11-23t08:19:30z", T // 10**9 * 10**9),
        (0, 0),
        (30, 30_000_000_000),
    ],
)
def test_instants(value: Any, expected: int) -> None:
    assert instant(value, "x") == expected


@pytest.mark.parametrize(
    "value",
    ["", "soon", "2026-13-45T00:00:00Z", "2026-11-23", "9" * 19 + "0", -1, True, None, [], float("nan"), float("inf"),
     10**19, "1066-10-14T09:00:00Z", "9999-12-31T23:59:59-23:59", "２０２６"],
)  # fmt: skip
def test_no_instants(value: Any) -> None:
    with pytest.raises(UserError, match="expected a time"):
        instant(value, "x")
