"""One capture in every framing of OpenTelemetry gives the same hotspots, byte for byte."""

import gzip
import json
import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from rig.spans import STABLE, attribute, field, fixed64, otlp, sample, traces_data, without_source

from bot.config import Config
from bot.errors import UserError
from bot.hotspots import read
from bot.hotspots.readers import otel, otel_proto, reader_for
from bot.hotspots.source import opened
from bot.hotspots.span import Code, Span

JSON = gzip.decompress(STABLE.read_bytes())
FRAMED = sample("api/otel_flask_stable.lenprefix.pb.gz")
BODY = FRAMED[4:]
ZSTD = zstandard.ZstdCompressor()


def framed(*contents: bytes) -> bytes:
    return b"".join(struct.pack(">I", len(content)) + content for content in contents)


def lines(per_line: int) -> list[bytes]:
    """The capture as many requests."""
    (process,) = json.loads(JSON)["resourceSpans"]
    spans = [span for scope in process["scopeSpans"] for span in scope["spans"]]
    random.Random(7).shuffle(spans)
    resource = process["resource"]["attributes"]
    return [otlp(*spans[n : n + per_line], resource=resource) for n in range(0, len(spans), per_line)]


def base64_ids(text: bytes) -> bytes:
    import base64

    document = json.loads(text)
    for span in (span for scope in document["resourceSpans"][0]["scopeSpans"] for span in scope["spans"]):
        for key in ("traceId", "spanId", "parentSpanId"):
            if span.get(key):
                span[key] = base64.b64encode(bytes.fromhex(span[key])).decode()
    return json.dumps(document).encode()


FRAMINGS: dict[str, Callable[[], bytes]] = {
    "indented": lambda: json.dumps(json.loads(JSON), indent=2).encode(),
    "keys in another order": lambda: json.dumps(json.loads(JSON), sort_keys=True).encode(),
    "lines": lambda: b"".join(lines(10)),
    "zstd of lines": lambda: ZSTD.compress(b"".join(lines(10))),
    "zstd, legacy": lambda: sample("api/otel_flask_stable.lenprefix.json.zst.gz"),
    "zstd, legacy, many messages": lambda: framed(*(ZSTD.compress(line) for line in lines(50))),
    "zstd, legacy, of protobuf": lambda: framed(ZSTD.compress(BODY)),
    "zstd of protobuf": lambda: ZSTD.compress(FRAMED),
    "protobuf": lambda: FRAMED,
    "protobuf twice": lambda: FRAMED + FRAMED,
    "protobuf in gzip": lambda: gzip.compress(FRAMED),
    "request body": lambda: BODY,
    "request body in gzip": lambda: gzip.compress(BODY),
    "ids in base64": lambda: base64_ids(JSON),
    "Tempo": lambda: base64_ids(JSON).replace(b'"resourceSpans"', b'"batches"'),
    "Tempo, v2": lambda: json.dumps({"trace": json.loads(base64_ids(JSON)), "metrics": {}}).encode(),
    "Jaeger, v3": lambda: json.dumps({"result": json.loads(JSON)}).encode(),
    "scopes under their old name": lambda: JSON.replace(b'"scopeSpans"', b'"instrumentationLibrarySpans"'),
    "kinds by name": lambda: JSON.replace(b'"kind":2', b'"kind":"SPAN_KIND_SERVER"').replace(
        b'"kind":3', b'"kind":"SPAN_KIND_CLIENT"'
    ),
    "ids in capitals": lambda: __import__("re").sub(rb'"[0-9a-f]{16,32}"', lambda m: m[0].upper(), JSON),
}


@pytest.mark.parametrize("framing", FRAMINGS)
def test_framing_does_not_show(tmp_path: Path, framing: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plain").write_bytes(JSON)
    (tmp_path / "framed").write_bytes(FRAMINGS[framing]())
    expected = read([str(tmp_path / "plain")], Config())
    assert [len(h.patterns) for h in expected] == [2, 1]
    assert without_source(read([str(tmp_path / "framed")], Config())) == without_source(expected)
    assert capsys.readouterr().err == ""


NAMES = {  # stable -> deprecated
    "db.query.text": "db.statement",
    "db.system.name": "db.system",
    "http.request.method": "http.method",
    "http.response.status_code": "http.status_code",
    "url.full": "http.url",
}


@pytest.mark.parametrize("both", [False, True])
def test_attribute_names_do_not_show(tmp_path: Path, both: bool) -> None:
    document = json.loads(JSON)
    for span in (span for scope in document["resourceSpans"][0]["scopeSpans"] for span in scope["spans"]):
        old = [item | {"key": NAMES[item["key"]]} for item in span["attributes"] if item["key"] in NAMES]
        kept = [item for item in span["attributes"] if both or item["key"] not in NAMES]
        span["attributes"] = old + kept
    (tmp_path / "plain").write_bytes(JSON)
    (tmp_path / "renamed").write_text(json.dumps(document))
    renamed = read([str(tmp_path / "renamed")], Config())
    assert without_source(renamed) == without_source(read([str(tmp_path / "plain")], Config()))


@pytest.mark.parametrize("wrap", [lambda d: d, lambda d: {"trace": d}, lambda d: {"batches": d["resourceSpans"]}])
def test_one_bad_span_in_any_envelope_is_dropped(tmp_path: Path, wrap: Callable[[Any], Any]) -> None:
    document = json.loads(JSON)
    spans = document["resourceSpans"][0]["scopeSpans"][0]["spans"]
    spans.append(spans[0] | {"name": 7})
    (tmp_path / "export").write_text(json.dumps(wrap(document)))
    (tmp_path / "plain").write_bytes(JSON)
    found = read([str(tmp_path / "export")], Config())
    assert {h.trust.limits[-1] for h in found} == {"1 dropped: a field is missing or wrong"}
    assert [h.metrics for h in found] == [h.metrics for h in read([str(tmp_path / "plain")], Config())]


TIMES = fixed64(7, 10) + fixed64(8, 30)
IDS = field(1, bytes(range(16))) + field(2, bytes(range(8)))
GOOD = IDS + TIMES
LATE = IDS + fixed64(7, 1 << 63) + fixed64(8, 1)


def proto_spans(tmp_path: Path, raw: bytes) -> tuple[list[Span], tuple[str, ...]]:
    (tmp_path / "export").write_bytes(raw)
    with opened(str(tmp_path / "export"), 1) as source:
        reader = reader_for(source)
        assert reader.FORMAT == "otlp-proto"
        return list(reader.read(source)), source.losses.sentences()  # type: ignore[arg-type]


def json_span(tmp_path: Path, **fields: Any) -> Span:
    span = {"traceId": "a", "spanId": "b", "startTimeUnixNano": 10, "endTimeUnixNano": "30"} | fields
    (tmp_path / "export").write_bytes(otlp(span))
    with opened(str(tmp_path / "export"), 1) as source:
        (found,) = otel.read(source)
        assert source.losses.sentences() == ()
    return found


def test_protobuf_fields(tmp_path: Path) -> None:
    texts = {
        "http.request.method": field(1, "GET"),
        "http.response.status_code": field(3, 200),
        "code.file.path": field(1, "/srv/app/a.py"),
        "code.function.name": field(1, "a.f"),
        "url.path": field(5, field(1, field(1, "/a")) + field(1, field(1, "/b"))),
        "db.system.name": field(2, 1),
        "url.full": field(7, b"bytes"),
    }
    texts["code.line.number"] = fixed64(4, struct.unpack("<Q", struct.pack("<d", 7.0))[0])
    attributes = b"".join(field(9, attribute(key, value)) for key, value in texts.items())
    parent = field(4, b"\x01" * 8)
    (span,), losses = proto_spans(
        tmp_path,
        traces_data(
            attributes + TIMES + field(6, 2) + field(5, "GET /a") + field(3, "ot=th:8") + parent + IDS,
            resource=field(1, attribute("service.name", field(1, "shop"))) + field(2, 3),
        ),
    )
    assert losses == ()
    assert span == Span(
        trace_id=bytes(range(16)).hex(),
        span_id=bytes(range(8)).hex(),
        parent_id="01" * 8,
        kind="server",
        name="GET /a",
        start_ns=10,
        duration_ns=20,
        service="shop",
        weight=2.0,
        method="GET",
        url="/a",
        status=200,
        code=Code("/srv/app/a.py", 7, "a.f", "otel.code.line.number"),
    )


@pytest.mark.parametrize(
    ("value", "status"),
    [({"intValue": "200"}, 200), ({"intValue": 200}, 200), ({"doubleValue": 200.0}, 200), ({"stringValue": "200"}, 200),
     ({"boolValue": True}, None), ({"arrayValue": {"values": []}}, None), ({}, None), ({"doubleValue": "NaN"}, None),
     ({"kvlistValue": {"values": []}}, None), ({"bytesValue": "AA=="}, None)],
)  # fmt: skip
def test_json_values(tmp_path: Path, value: dict[str, Any], status: int | None) -> None:
    attributes = [{"key": "http.response.status_code", "value": value}, {"key": "other"}]
    assert json_span(tmp_path, attributes=attributes).status == status


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(1, "internal"), (2, "server"), (3, "client"), (4, "internal"), (5, "consumer"), (0, "internal"), (77, "internal"),
     ("SPAN_KIND_SERVER", "server"), ("SPAN_KIND_CLIENT", "client"), ("SPAN_KIND_CONSUMER", "consumer"),
     ("SPAN_KIND_INTERNAL", "internal"), ("Client", "client"), ("3", "client"), ("", "internal")],
)  # fmt: skip
def test_json_kinds(tmp_path: Path, kind: int | str, expected: str) -> None:
    assert json_span(tmp_path, kind=kind).kind == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("AB" * 16, "ab" * 16), ("q6urq6urq6urq6urq6urqw==", "ab" * 16), ("q6urq6urq6s=", "ab" * 8), ("0xAb", "ab")],
)
def test_json_ids(tmp_path: Path, text: str, expected: str) -> None:
    found = json_span(tmp_path, traceId=text, spanId=text, parentSpanId=text)
    assert (found.trace_id, found.span_id, found.parent_id) == (expected,) * 3


@pytest.mark.parametrize("parent", [None, "", "0000000000000000"])
def test_json_root(tmp_path: Path, parent: str | None) -> None:
    assert json_span(tmp_path, parentSpanId=parent).parent_id is None


def test_route_in_the_name_of_a_server_span(tmp_path: Path) -> None:
    method = [{"key": "http.request.method", "value": {"stringValue": "GET"}}]
    for name, route in (("GET /a/{id}", "/a/{id}"), ("get /a/<int:id>", "/a/<int:id>"), ("GET /a/17", None)):
        assert json_span(tmp_path, kind=2, name=name, attributes=method).route == route
    assert json_span(tmp_path, kind=2, name="GET /a/{id}").route is None
    assert json_span(tmp_path, kind=3, name="GET /a/{id}", attributes=method).route is None


@pytest.mark.parametrize(
    ("raw", "spans", "losses"),
    [
        (traces_data(GOOD, GOOD), 2, ()),
        (framed(traces_data(GOOD), b"", traces_data(GOOD)), 2, ()),
        (framed(traces_data(GOOD), traces_data(GOOD))[:-5], 1, ("1 dropped: truncated message",)),
        (framed(traces_data(GOOD), b"\x0a\xff", traces_data(GOOD)), 2, ("1 dropped: damaged protobuf message",)),
        (framed(traces_data(GOOD), b"\x0b", traces_data(GOOD)), 2, ("1 dropped: damaged protobuf message",)),
        (framed(traces_data(GOOD), field(1, 7)), 1, ("1 dropped: damaged protobuf message",)),
        (traces_data(GOOD, TIMES), 1, ("1 dropped: a span without a valid time or id",)),
        (traces_data(GOOD, LATE), 1, ("1 dropped: a span without a valid time or id",)),
        (traces_data(GOOD, GOOD + field(5, 7)), 1, ("1 dropped: a span without a valid time or id",)),
        (traces_data(GOOD, GOOD + b"\x4a\x7f"), 1, ("1 dropped: a span without a valid time or id",)),
        (traces_data(GOOD, GOOD + field(9, attribute("k" * 300, field(1, "v" * 300)))), 2, ()),
        (traces_data(GOOD, resource=b""), 1, ()),
        (traces_data(IDS), 1, ()),
    ],
    ids=["body", "empty message", "cut", "no message", "group", "number", "no id", "time", "name", "cut attribute",
         "long", "no resource", "no time"],
)  # fmt: skip
def test_bad_protobuf(tmp_path: Path, raw: bytes, spans: int, losses: tuple[str, ...]) -> None:
    found, sentences = proto_spans(tmp_path, raw)
    assert (len(found), sentences) == (spans, losses)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (BODY[:5000], "X: message 1 is no OTLP protobuf (a field is cut off); export it again."),
        (FRAMED[:5000], "X ends inside a message; export it again."),
        (traces_data(TIMES), "X: message 1: a span is damaged (a span without an id); export it again."),
        (traces_data(), "X holds no span; export a window with traffic."),
    ],
    ids=["body cut", "first message cut", "no id", "no span"],
)
def test_no_good_protobuf(tmp_path: Path, raw: bytes, message: str) -> None:
    (tmp_path / "export").write_bytes(raw)
    with pytest.raises(UserError) as raised:
        read([str(tmp_path / "export")], Config())
    assert str(raised.value) == message.replace("X", str(tmp_path / "export"))


@pytest.mark.parametrize(
    "head",
    [
        b"\n{\n}\n[\n", b'\n{"a":1}\n', b"\n\n\n\n\n\n", b"\n1\n2\n3\n4\n5\n6\n", b"\x00\x00\x00\x05hello",
        field(1, field(1, 1) + field(2, 2)) + field(2, b"x"),  # a profile in protobuf opens so
        b"\x0a", b"\x00\x00\x00\x00",
    ],
)  # fmt: skip
def test_what_is_no_otlp_protobuf(head: bytes) -> None:
    assert not otel_proto.sniff(head)
