"""Bad input ends in one sentence that names the file, the field and what to do; good input of any framing is read."""

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.config import Config
from bot.errors import UserError
from bot.hotspots import read

SAMPLES = Path(__file__).parents[2] / "samples" / "hotspots"
OTEL = gzip.decompress((SAMPLES / "otel_flask_stable.jsonl.gz").read_bytes())
DATADOG = gzip.decompress((SAMPLES / "datadog_flask_sqlite.traces.json.gz").read_bytes())
NO_FORMAT = "X is in no format that costmod reads; export it in one of those in docs/inputs.md."


def otlp(*spans: dict[str, Any]) -> bytes:
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}).encode()


def agent(**fields: Any) -> bytes:
    return json.dumps([[{"trace_id": 1, "span_id": 1, "start": 1, "duration": 1} | fields]]).encode()


SPAN: dict[str, Any] = {"traceId": "a", "spanId": "b", "startTimeUnixNano": "1", "endTimeUnixNano": "2"}
TEXTLESS = SPAN | {"kind": 3, "name": "SELECT", "attributes": [{"key": "db.system", "value": {"stringValue": "mysql"}}]}
SWITCH_OTEL = (
    "switch statement capture on in the instrumentation, and stop the Collector from redacting db.query.text "
    "(or the older db.statement)"
)

BAD: list[tuple[str, bytes, str]] = [
    ("empty", b"", "X is empty; export the traces again."),
    ("blank", b" \n\n", "X is empty; export the traces again."),
    ("truncated in the first span", OTEL[:600], "X: line 1 is truncated JSON; export it again."),
    ("all lines truncated", OTEL[:500] + b"\n" + OTEL[:600], "X: line 1 is no JSON; export it again."),
    (
        "truncated while indented",
        json.dumps(json.loads(OTEL), indent=1).encode()[:900],
        "X: line 52 is truncated JSON; export it again.",
    ),
    ("text", b"hello", NO_FORMAT),
    ("binary", bytes(range(256)), NO_FORMAT),
    ("no UTF-8", OTEL.replace(b"customers", b"cust\xffmers"), "X is not valid UTF-8; export it again as UTF-8."),
    (
        "deep",
        b'[[{"trace_id":1,"span_id":1,"start":1,"duration":1,"x":' + b"[" * 200_000,
        "X: line 1 is nested too deeply; check what wrote the file.",
    ),
    (
        "wrong type",
        b'{"resourceSpans":{"a":1}}',
        "X: the field resourceSpans is wrong (expected `array`, got `object`); check what wrote the file.",
    ),
    (
        "no time",
        otlp({"traceId": "a", "spanId": "b"}),
        "X: the field resourceSpans[0].scopeSpans[0].spans[0] is wrong (object missing required field "
        "`startTimeUnixNano`); check what wrote the file.",
    ),
    (
        "time is no number",
        otlp(SPAN | {"startTimeUnixNano": "x"}),
        "X: startTimeUnixNano is 'x', expected nanoseconds; check what wrote the file.",
    ),
    (
        "time beyond all calendars",
        otlp(SPAN | {"endTimeUnixNano": "9" * 30}),
        f"X: endTimeUnixNano is '{'9' * 30}', expected nanoseconds; check what wrote the file.",
    ),
    ("no span", b'{"resourceSpans":[]}', "X holds no span; export a window with traffic."),
    (
        "no span, Datadog",
        b'[[{"trace_id":1,"span_id":1,"start":1,"duration":-1}]]',
        "X: item 0: duration is '-1', expected nanoseconds; check what wrote the file.",
    ),
    (
        "Datadog id",
        agent(trace_id="x"),
        "X: item 0: trace_id is 'x', expected a decimal id; check what wrote the file.",
    ),
    ("no SQL text", otlp(TEXTLESS), f"X: database spans carry no SQL text; {SWITCH_OTEL}."),
    (
        "no SQL text, Datadog",
        agent(type="sql", name="postgres.query", resource="postgres.query"),
        "X: database spans carry no SQL text; stop the tracer or agent from replacing the `resource` of sql spans.",
    ),
    ("gzip truncated", gzip.compress(OTEL)[:3000], "X is a truncated gzip file; export it again."),
    ("gzip damaged", gzip.compress(OTEL)[:-8] + b"x" * 8, "X is a damaged gzip file; export it again."),
    (
        "gzip bomb",
        gzip.compress(b'{"resourceSpans":[' + b" " * 3_000_000),
        "X decompresses to more than 2 MiB, the limit; export a shorter window or raise `max-input-mb`.",
    ),
    ("large", b" " * 3 * 2**20, "X has 3.0 MiB, the limit is 2 MiB; export a shorter window or raise `max-input-mb`."),
    (
        "other version",
        b'{"schema":"costmod.hotspots/2","hotspots":[]}',
        'X: the field schema is "costmod.hotspots/2", costmod reads "costmod.hotspots/1"; write it with this version.',
    ),
    (
        "wrong field",
        b'{"schema":"costmod.hotspots/1","hotspots":[{"id":1}]}',
        "X: the field hotspots[0].id is wrong (expected `str`, got `int`); check what wrote the file.",
    ),
]


@pytest.mark.parametrize(("content", "message"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_bad_input(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "export"
    path.write_bytes(content)
    with pytest.raises(UserError) as raised:
        read([str(path)], Config(max_input_mb=2))
    assert str(raised.value) == message.replace("X", str(path), 1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path, "{} does not exist; check the path."),
        (lambda path: path.parent, "{} is a directory; name the export files in it."),
    ],
    ids=["missing", "directory"],
)
def test_bad_path(tmp_path: Path, make: Callable[[Path], Path], message: str) -> None:
    path = make(tmp_path / "missing")
    with pytest.raises(UserError) as raised:
        read([str(path)], Config())
    assert str(raised.value) == message.format(path)


def lines_of_traces(content: bytes) -> bytes:
    return b"\n".join(json.dumps([trace]).encode() for trace in json.loads(content))


GOOD: list[tuple[str, bytes, bytes]] = [
    ("gzip", OTEL, gzip.compress(OTEL)),
    ("indented", OTEL, json.dumps(json.loads(OTEL), indent=2).encode()),
    ("byte order mark", OTEL, b"\xef\xbb\xbf" + OTEL),
    ("Windows line ends and blank lines", OTEL, b"\r\n\r\n" + OTEL.replace(b"\n", b"\r\n") + b"\r\n"),
    (
        "both dialects at once",
        OTEL,
        OTEL.replace(
            b'{"key":"db.query.text"', b'{"key":"db.statement","value":{"stringValue":"other"}},{"key":"db.query.text"'
        ),
    ),
    ("lines", DATADOG, lines_of_traces(DATADOG)),
    ("flat list", DATADOG, json.dumps([span for trace in json.loads(DATADOG) for span in trace]).encode()),
    ("ids as text", DATADOG, DATADOG.replace(b'"parent_id": 0', b'"parent_id": "0"')),
]


@pytest.mark.parametrize(("plain", "framed"), [case[1:] for case in GOOD], ids=[case[0] for case in GOOD])
def test_framing_does_not_matter(tmp_path: Path, plain: bytes, framed: bytes) -> None:
    (tmp_path / "plain").write_bytes(plain)
    (tmp_path / "framed").write_bytes(framed)
    expected = read([str(tmp_path / "plain")], Config())
    assert len(expected) == 2
    assert read([str(tmp_path / "framed")], Config()) == expected


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(OTEL)))
    assert read(["-"], Config()) == read([str(SAMPLES / "otel_flask_stable.jsonl.gz")], Config())


def test_standard_input_has_the_same_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(OTEL * 10)))
    with pytest.raises(UserError) as raised:
        read(["-"], Config(max_input_mb=1))
    assert str(raised.value) == (
        "standard input is larger than 1 MiB, the limit; export a shorter window or raise `max-input-mb`."
    )


@pytest.mark.parametrize(
    "content",
    [
        otlp(SPAN),
        otlp(SPAN | {"name": "connect", "kind": 3}),
        agent(type="web"),
        b'{"schema":"costmod.hotspots/1","hotspots":[]}',
    ],
    ids=["one span", "connect only", "one web span", "no hotspot"],
)
def test_nothing_wrong_is_an_empty_list(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "export").write_bytes(content)
    assert read([str(tmp_path / "export")], Config()) == []


def test_two_vendors_seeing_one_problem_give_it_once() -> None:
    otel, datadog = (
        str(SAMPLES / name) for name in ("otel_flask_stable.jsonl.gz", "datadog_flask_sqlite.traces.json.gz")
    )
    both = read([otel, datadog], Config())
    assert [h.id for h in both] == [h.id for h in read([datadog], Config())]
    assert both == read([datadog, otel], Config())
