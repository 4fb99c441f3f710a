"""What single vendors write, read into the one row."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.hotspots import readers
from bot.hotspots.readers import datadog, reader_for
from bot.hotspots.source import opened
from bot.hotspots.span import Code, Span
from bot.records import Handler


def agent_span(tmp_path: Path, **fields: Any) -> Span:
    path = tmp_path / "export"
    path.write_text(json.dumps([[{"trace_id": 1, "span_id": 2, "start": 3, "duration": 4, "name": "x"} | fields]]))
    with opened(str(path), 1) as source:
        (span,) = datadog.read(source)
    return span


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"type": "sql", "name": "postgres.query", "resource": "SELECT 1"}, "SELECT 1"),
        ({"type": "sql", "name": "postgres.query.fetchall", "resource": "SELECT 1"}, None),
        ({"type": "sql", "name": "postgres.query", "resource": "Non-parsable SQL query"}, None),
        ({"type": "web", "name": "flask.request", "resource": "GET /orders"}, None),
    ],
    ids=["query", "fetch", "obfuscated away", "request"],
)
def test_datadog_statement(tmp_path: Path, fields: dict[str, Any], expected: str | None) -> None:
    assert agent_span(tmp_path, **fields).statement == expected


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"type": "web", "meta": {"span.kind": "server"}}, "server"),
        ({"type": "web"}, "server"),
        ({"type": "worker"}, "consumer"),
        ({"type": "sql"}, "client"),
        ({"type": "http", "meta": {"span.kind": "client"}}, "client"),
        ({"type": ""}, "internal"),
        ({"type": None, "meta": None, "metrics": None, "parent_id": None}, "internal"),
    ],
)
def test_datadog_kind(tmp_path: Path, fields: dict[str, Any], kind: str) -> None:
    assert agent_span(tmp_path, **fields).kind == kind


@pytest.mark.parametrize(
    ("metrics", "weight"),
    [
        ({"_dd.rule_psr": 0.5, "_dd.agent_psr": 0.5}, 4.0),
        ({"_sample_rate": 0.25}, 4.0),
        ({"_dd.agent_psr": 1.0}, 1.0),
        ({"_sampling_priority_v1": 1.0}, None),
        ({"_dd.agent_psr": 0.0}, None),
        ({"_dd.agent_psr": -0.5}, None),
        ({"_dd.agent_psr": -0.5, "_dd.rule_psr": -0.5}, None),
        ({"_dd.agent_psr": 5e-324}, None),
        ({"_dd.agent_psr": 1e-200, "_dd.rule_psr": 1e-200}, None),
        ({"_dd.agent_psr": 0.5, "_dd.rule_psr": 0.0}, None),
        ({"_dd.agent_psr": 2.0}, None),
        ({"_dd.agent_psr": 0.5, "_dd.rule_psr": None}, 2.0),
    ],
)
def test_datadog_weight(tmp_path: Path, metrics: dict[str, float | None], weight: float | None) -> None:
    assert agent_span(tmp_path, metrics=metrics).weight == weight


@pytest.mark.parametrize("number", [2**64 - 1, -1, "18446744073709551615"])
def test_datadog_ids_are_64_bits_whatever_the_spelling(tmp_path: Path, number: int | str) -> None:
    assert agent_span(tmp_path, span_id=number).span_id == "f" * 16


def test_datadog_code_origin_of_an_exit_span_is_a_line(tmp_path: Path) -> None:
    origin = {"file": "/srv/app/a.py", "line": "7", "type": "a", "method": "C.f"}
    meta = {f"_dd.code_origin.frames.0.{key}": value for key, value in origin.items()}
    leaving = agent_span(tmp_path, meta=meta | {"_dd.code_origin.type": "exit"})
    assert (leaving.code, leaving.handler) == (
        Code("/srv/app/a.py", 7, "a.C.f", "datadog._dd.code_origin.frames.0"),
        None,
    )
    entering = agent_span(tmp_path, meta=meta | {"_dd.code_origin.type": "entry"})
    assert (entering.code, entering.handler) == (
        None,
        Handler(module="a", qualname="C.f", file="/srv/app/a.py", line=7),
    )


def test_datadog_django_view_names_the_handler_without_code_origin(tmp_path: Path) -> None:
    span = agent_span(tmp_path, name="django.view", resource="shop.views.book_list")
    assert span.handler == Handler(module="shop.views", qualname="book_list")


def test_every_file_in_the_folder_is_a_reader() -> None:
    files = sorted(path.stem for path in Path(readers.__path__[0]).glob("*.py") if path.stem != "__init__")
    assert [reader.__name__.rpartition(".")[2] for reader in readers.readers()] == files  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("head", "vendor"),
    [
        (b'{"resourceSpans":[]}', "opentelemetry"),
        (b'[[{"trace_id":1,"span_id":2,"start":1,"duration":1}]]', "datadog"),
        (b'[\n [],\n [ {"duration":1,"start":1,"span_id":2,"trace_id":1} ] ]', "datadog"),
        (b'{"schema": "costmod.hotspots/1", "hotspots": []}', "costmod"),
    ],
)
def test_the_content_decides(tmp_path: Path, head: bytes, vendor: str) -> None:
    path = tmp_path / "misleading.name.csv"
    path.write_bytes(head)
    with opened(str(path), 1) as source:
        assert vendor == reader_for(source).VENDOR
