"""Exactly one reader knows a file by its content, however the file is called or indented."""

import json
from pathlib import Path

import pytest
from rig.readings import SAMPLES, plain

from bot.hotspots.readers import Reader, readers

CAPTURES = Path(__file__).parents[5] / "shared" / "captures"
FORMATS = {
    "xray": "xray-segments", "cloudwatch": "cloudwatch-alarm", "sentry": "sentry-envelope",
    "newrelic_flask.agent": "newrelic-agent", "newrelic_django.agent": "newrelic-agent",
    "newrelic_flask_nrql": "newrelic-nrql", "sentry_flask_issue": "sentry-event",
}  # fmt: skip
NAMES = sorted(path.name.removesuffix(".gz") for path in SAMPLES.glob("*.gz"))


def claims(head: bytes) -> list[str]:
    return [reader.FORMAT for reader in readers() if reader.sniff(head[: 1 << 16])]


def format_of(name: str) -> str:
    return max((prefix, format_) for prefix, format_ in FORMATS.items() if name.startswith(prefix))[1]


@pytest.mark.parametrize("name", NAMES)
def test_one_reader_knows_a_sample(name: str) -> None:
    assert claims(plain(name)) == [format_of(name)]


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(".json")])
def test_indented_and_with_its_keys_turned_around(name: str) -> None:
    document = json.loads(plain(name))
    assert claims(json.dumps(document, indent=4).encode()) == [format_of(name)]
    turned = dict(reversed(document.items()))
    assert claims(json.dumps(turned, indent=1).encode()) == [format_of(name)]


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="the captures are not beside the project")
@pytest.mark.parametrize(
    "path", sorted(p for p in CAPTURES.rglob("*") if p.is_file() and "app" not in p.parts), ids=str
)
def test_no_two_readers_know_a_capture(path: Path) -> None:
    assert len(claims(path.read_bytes())) <= 1


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"null", b"a,b\n1,2\n", b"{\n", b"\xff\xfe\x00", b"{" * 70_000])
@pytest.mark.parametrize("reader", readers(), ids=lambda reader: reader.FORMAT)
def test_nobody_knows_what_is_nothing(reader: Reader, text: bytes) -> None:
    assert not reader.sniff(text)


OF_OTHERS = [
    b'[{"traceId":"a","id":"b","parentId":"c","kind":"SERVER","timestamp":1,"duration":2,"tags":{}}]',
    b'{"data":[{"traceID":"a","spans":[{"spanID":"b","startTime":1,"duration":2,"tags":[]}]}]}',
    b"trace_id,span_id,parent_id,name,start_ns,duration_ns\n",
    b'{"data":[{"id":"x","type":"spans","attributes":{"trace_id":"1","start_timestamp":"2026","custom":{}}}]}',
    b'{"version":"1.0","results":[{"timestamp":1,"message":"duration: 1 ms"}]}',
]


@pytest.mark.parametrize("text", OF_OTHERS, ids=["Zipkin", "Jaeger", "rows", "Datadog search", "a log"])
def test_vendors_here_leave_alone_what_is_of_others(text: bytes) -> None:
    assert not set(claims(text)) & set(FORMATS.values())
