"""AWS X-Ray: segments inline and streamed, in any order, and inside the answer of BatchGetTraces."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from rig.readings import FLASK, hotspots, items, plain, sample, shown

from bot.errors import UserError
from bot.hotspots.document import dump
from bot.hotspots.readers import xray

TRACE = "1-6b03f3ae-49ae17741718efd6aa7119a7"
SEGMENT = {
    "id": "A39DADAA4DA274D1", "trace_id": TRACE, "name": "shop", "start_time": 1795421102.25, "end_time": 1795421102.75,
    "http": {"request": {"method": "get", "url": "http://shop/orders?secret=1"}, "response": {"status": 200}},
    "service": {"version": "1.2.3"},
}  # fmt: skip


def segment(**fields: Any) -> dict[str, Any]:
    return SEGMENT | fields


def below(**fields: Any) -> str:
    """A segment with one subsegment."""
    sub = {"id": "b" * 16, "start_time": 1795421102.3, "end_time": 1795421102.4, "type": "subsegment"} | fields
    return json.dumps(segment(subsegments=[sub]))


@pytest.mark.parametrize(
    "name", ["xray_flask_inline.jsonl", "xray_flask_streamed.jsonl", "xray_flask_batch_get_traces.json"]
)
def test_sample_gives_the_ground_truth(name: str) -> None:
    assert shown(sample(name)) == FLASK


def test_inline_and_streamed_have_the_ids_of_other_vendors() -> None:
    names = ("xray_flask_inline.jsonl", "xray_flask_streamed.jsonl", "xray_flask_batch_get_traces.json")
    assert {frozenset(h.id for h in sample(name)) for name in names} == {
        frozenset({"277db2a1598e8d73", "c924e6ea4d9d475a"})  # those of the OpenTelemetry samples
    }


@pytest.mark.parametrize("name", ["xray_flask_inline.jsonl", "xray_flask_streamed.jsonl"])
def test_the_order_of_documents_does_not_show(tmp_path: Path, name: str) -> None:
    documents = plain(name).splitlines()
    expected = dump(hotspots(tmp_path, b"\n".join(documents)))
    for seed in range(3):
        random.Random(seed).shuffle(documents)
        half = len(documents) // 2
        assert dump(hotspots(tmp_path, b"\n".join(documents[half:]), b"\n".join(documents[:half]))) == expected


def test_a_list_an_indented_answer_and_the_daemons_header_are_read(tmp_path: Path) -> None:
    documents = [json.loads(line) for line in plain("xray_flask_inline.jsonl").splitlines()]
    batch = json.loads(plain("xray_flask_batch_get_traces.json"))
    assert shown(hotspots(tmp_path, json.dumps(documents, indent=2))) == FLASK
    turned = {"UnprocessedTraceIds": [], "Traces": [dict(reversed(trace.items())) for trace in batch["Traces"]]}
    assert shown(hotspots(tmp_path, json.dumps(turned, indent=4))) == FLASK
    datagrams = b'{"format": "json", "version": 1}\n'.join(plain("xray_flask_inline.jsonl").splitlines(keepends=True))
    assert shown(hotspots(tmp_path, datagrams)) == FLASK


def test_a_segment_is_a_server_span(tmp_path: Path) -> None:
    (span,), lost = items(tmp_path, xray, json.dumps(segment()))
    assert (span.trace_id, span.span_id, span.parent_id) == (
        "6b03f3ae49ae17741718efd6aa7119a7",
        "a39dadaa4da274d1",
        None,
    )
    assert (span.kind, span.service, span.release, span.method, span.status) == ("server", "shop", "1.2.3", "GET", 200)
    assert (span.start_ns, span.duration_ns) == (1_795_421_102_250_000_000, 500_000_000)
    assert span.weight is None
    assert "secret" not in repr(span)
    assert lost == ()


SQL = {"sql": {"sanitized_query": "SELECT 1", "database_type": "PostgreSQL"}}
QUEUE = {"namespace": "aws", "name": "SQS", "aws": {"operation": "SendMessage"}}
TABLE = {"namespace": "aws", "name": "DynamoDB", "aws": {"operation": "GetItem"}}
NULLS = dict.fromkeys(["name", "namespace", "sql", "http", "aws", "end_time", "subsegments", "parent_id"])


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (SQL, ("client", "postgresql", "SELECT 1", None, None)),
        ({"namespace": "remote", "sql": {"user": None}}, ("client", "other_sql", None, None, None)),
        (QUEUE, ("client", None, None, "aws-api", "SendMessage")),
        (TABLE, ("client", "dynamodb", None, "aws-api", "GetItem")),
        ({"namespace": "remote", "name": "api"}, ("client", None, None, None, None)),
        ({"name": "render"}, ("internal", None, None, None, None)),
        (NULLS, ("internal", None, None, None, None)),
    ],
    ids=["SQL", "SQL without text", "queue", "table", "HTTP", "own work", "nulls"],
)
def test_a_subsegment(tmp_path: Path, fields: dict[str, Any], expected: tuple[Any, ...]) -> None:
    (_, span), lost = items(tmp_path, xray, below(**fields))
    assert (span.kind, span.db_system, span.statement, span.rpc_system, span.operation) == expected
    assert (span.parent_id, span.trace_id) == ("a39dadaa4da274d1", "6b03f3ae49ae17741718efd6aa7119a7")
    assert lost == ()


def test_a_segment_without_a_request_is_a_task(tmp_path: Path) -> None:
    (span,), _ = items(tmp_path, xray, json.dumps(segment(http=None, parent_id="c" * 16)))
    assert (span.kind, span.parent_id) == ("consumer", "c" * 16)


def test_what_x_ray_left_out_is_told(tmp_path: Path) -> None:
    answer = json.loads(plain("xray_flask_batch_get_traces.json"))
    answer["Traces"][0]["LimitExceeded"] = True
    answer |= {"UnprocessedTraceIds": [TRACE], "NextToken": "x"}
    assert items(tmp_path, xray, json.dumps(answer))[1] == (
        "X-Ray did not return 1 of the traces that were asked for",
        "the answer of X-Ray is one page of several",
        "X-Ray cut a trace at its size limit: repeats may be more than counted",
    )


GOOD = json.dumps(segment())


@pytest.mark.parametrize(
    ("bad", "lost"),
    [
        ({"id": None}, ("1 dropped: segment without id",)),
        ({"trace_id": None}, ("1 dropped: segment without trace_id",)),
        ({"start_time": None}, ("1 dropped: segment without start_time",)),
        ({"start_time": "now"}, ("1 dropped: a field is missing or wrong",)),
        ({"start_time": 1e300}, ("1 dropped: a value is out of range",)),
        ({"start_time": -1}, ("1 dropped: a value is out of range",)),
        ({"subsegments": [7]}, ("1 dropped: a field is missing or wrong",)),
    ],
    ids=lambda value: next(iter(value.items())).__repr__() if isinstance(value, dict) else "",
)
def test_a_bad_segment_among_good_ones_is_dropped(tmp_path: Path, bad: dict[str, Any], lost: tuple[str, ...]) -> None:
    spans, told = items(tmp_path, xray, "\n".join([GOOD, json.dumps(segment(**bad))]))
    assert (len(spans), told) == (1, lost)


@pytest.mark.parametrize("text", ['{"start_time": 1, "subsegments": [', "[" * 100_000])
def test_what_is_no_json_is_one_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError, match=r"truncated JSON|nested too deeply|is no JSON"):
        items(tmp_path, xray, text)


def test_a_document_that_is_no_json_is_dropped(tmp_path: Path) -> None:
    answer = {"Traces": [{"Id": TRACE, "Segments": [{"Id": "1", "Document": "{"}, {"Id": "2", "Document": GOOD}]}]}
    spans, lost = items(tmp_path, xray, json.dumps(answer))
    assert (len(spans), len(lost)) == (1, 1)
