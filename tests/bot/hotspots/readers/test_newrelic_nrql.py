"""Rows of NRQL: the NerdGraph envelope, a bare list, CSV; Span and Transaction."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from rig.readings import ORDERS, hotspots, items, plain, sample, shown

from bot.errors import UserError
from bot.hotspots.readers import newrelic_nrql, reader_for
from bot.hotspots.source import opened
from bot.hotspots.span import Span
from bot.hotspots.traffic import Traffic

SPANS, TRANSACTIONS = "newrelic_flask_nrql_span.json", "newrelic_flask_nrql_transaction.json"


def rows(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(plain(name))["data"]["actor"]["account"]["nrql"]["results"]
    return found


def as_csv(table: list[dict[str, Any]]) -> str:
    columns = sorted({name for row in table for name in row})
    text = io.StringIO()
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue()


def test_spans_give_the_ground_truth_and_the_id_of_other_vendors() -> None:
    found = sample(SPANS)
    assert shown(found) == ORDERS
    assert [h.id for h in found] == ["277db2a1598e8d73"]  # that of the OpenTelemetry samples


@pytest.mark.parametrize(
    "shape",
    [
        json.dumps,
        lambda table: json.dumps(table, indent=2),
        lambda table: json.dumps({"results": table}),
        lambda table: json.dumps({"results": [{"events": table}]}),
        lambda table: "\n".join(map(json.dumps, table)),
        lambda table: "\ufeff" + as_csv(table),
        lambda table: json.dumps({"data": {"actor": {"a": {"nrql": {"results": table[:9]}}, "b": [table[9:]]}}}),
    ],
    ids=["list", "indented", "results", "events", "lines", "CSV", "two accounts"],
)
@pytest.mark.parametrize("name", [SPANS, TRANSACTIONS])
def test_any_envelope_gives_the_same(tmp_path: Path, shape: Any, name: str) -> None:
    assert hotspots(tmp_path, shape(rows(name))) == sample(name)


def test_the_order_of_rows_does_not_show(tmp_path: Path) -> None:
    assert hotspots(tmp_path, json.dumps(rows(SPANS)[::-1])) == sample(SPANS)


def test_transactions_give_counts_and_a_hint() -> None:
    found = sample(TRANSACTIONS)
    assert shown(found) == {
        ("n_plus_one_db", "orders"): {(53, "", "other")},
        ("n_plus_one_http", "customers/{}/prices"): {(12, "", "other")},
    }
    assert {h.trust.confidence for h in found} == {0.3}


def test_a_hint_gives_way_to_spans(tmp_path: Path) -> None:
    found = hotspots(tmp_path, plain(TRANSACTIONS), plain(SPANS))
    assert [(h.kind, bool(h.patterns[0].statement)) for h in found if h.entry.route_canonical == "orders"] == [
        ("n_plus_one_db", True)
    ]


def test_counts_of_a_transaction(tmp_path: Path) -> None:
    found, _ = items(tmp_path, newrelic_nrql, plain(TRANSACTIONS))
    counted = {t.transaction: t for t in found if isinstance(t, Traffic)}
    orders = counted["shop.flask_app:create_app.<locals>.list_orders"]
    assert (orders.requests, orders.service, orders.method, orders.basis) == (3.0, "shop", "GET", "metric")
    assert orders.total_ns is not None
    assert orders.p50_ns is not None
    assert orders.p50_ns <= orders.total_ns


def test_facets_are_counts(tmp_path: Path) -> None:
    facet = {"facet": "WebTransaction/Function/a:b", "count": 12, "sum.duration": 1.5, "average.databaseCallCount": 9.0}
    text = json.dumps({"data": {"actor": {"account": {"nrql": {"results": [facet, facet | {"facet": ["c", 1]}]}}}}})
    found, _ = items(tmp_path, newrelic_nrql, text)
    assert [(t.transaction, t.requests, t.total_ns) for t in found] == [
        ("a:b", 12.0, 1_500_000_000), ("c", 12.0, 1_500_000_000),
    ]  # fmt: skip


def test_a_full_answer_says_so(tmp_path: Path) -> None:
    table = [rows(SPANS)[0]] * 5000
    assert items(tmp_path, newrelic_nrql, json.dumps(table))[1] == (
        "a query returns 5000 rows at most: more spans may have been there",
    )


@pytest.mark.parametrize("bad", [{"timestamp": "never"}, {"timestamp": 1e300}, {"duration.ms": -5}])
@pytest.mark.parametrize("name", [SPANS, TRANSACTIONS])
def test_a_bad_row_among_good_ones_is_dropped(tmp_path: Path, bad: dict[str, Any], name: str) -> None:
    table = rows(name)
    found, lost = items(tmp_path, newrelic_nrql, json.dumps([*table, table[0] | bad]))
    assert lost[0].endswith("dropped: a value is out of range")
    kind = Span if name == SPANS else Traffic
    assert [type(item) for item in found if isinstance(item, kind)]


def test_dates_of_a_download_are_read(tmp_path: Path) -> None:
    row = rows(SPANS)[0] | {"timestamp": "2026-11-23T08:47:37.384Z"}
    (span,), _ = items(tmp_path, newrelic_nrql, as_csv([row]))
    assert span.start_ns == 1_795_423_657_384_000_000


@pytest.mark.parametrize("text", ['[{"timestamp": 1, "totalTime"', "[" * 3000 + "]" * 3000])
def test_what_is_no_json(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError):
        items(tmp_path, newrelic_nrql, text)


@pytest.mark.parametrize("tail", [b'\n"' + b"x" * 200_000, b"\n\xff,1"])
def test_what_is_no_csv(tmp_path: Path, tail: bytes) -> None:
    with pytest.raises(UserError, match=r"is no CSV|not valid UTF-8"):
        items(tmp_path, newrelic_nrql, b"timestamp,traceId,category" + tail)


def test_the_columns_of_a_csv_decide(tmp_path: Path) -> None:
    path = tmp_path / "download.json"
    path.write_text(as_csv(rows(SPANS)))
    with opened(str(path), 1) as source:
        assert reader_for(source).FORMAT == "newrelic-nrql"
