"""Request counts that are no spans: Datadog's trace metrics and Prometheus's counters."""

import json
from pathlib import Path
from typing import Any

import pytest
from rig.readings import items

from bot.errors import UserError
from bot.hotspots.readers import datadog_metrics, prometheus, readers
from bot.hotspots.traffic import Traffic

HITS = "trace.flask.request.hits"


def hits(resource: str, *points: Any, metric: str = HITS, **more: Any) -> dict[str, Any]:
    return {
        "metric": metric,
        "pointlist": list(points),
        "tag_set": [f"resource_name:{resource}", "service:shop"],
        **more,
    }


def datadog(*series: Any, **more: Any) -> str:
    return json.dumps({"from_date": 1000, "to_date": 9000.0, "series": list(series), **more})


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("get_/orders", ("GET", "/orders", None)),
        ("get_/orders/_id", ("GET", "/orders/{}", None)),
        ("post_/customers/_int:cid_/prices", ("POST", "/customers/{}/prices", None)),
        ("get_/", ("GET", "/", None)),
        ("app.tasks.report", (None, None, "app.tasks.report")),
        ("get_404", (None, None, "get_404")),
    ],
)
def test_a_resource_as_a_tag_spells_it(tmp_path: Path, resource: str, expected: tuple[str | None, ...]) -> None:
    ((found,), losses) = items(tmp_path, datadog_metrics, datadog(hits(resource, [1000, 2.0], [2000, None], [3000, 3])))
    assert losses == ()
    assert (found.method, found.route, found.transaction) == expected
    assert (found.requests, found.service, found.basis) == (5.0, "shop", "metric")
    assert (found.start_ns, found.end_ns) == (1_000_000_000, 9_000_000_000)


def test_what_is_no_count_of_hits_is_left_out(tmp_path: Path) -> None:
    text = datadog(
        hits("get_/a", [1, 1.0], metric="trace.flask.request.duration"), hits("get_/b", [1, -1.0], [2, 1e30]),
        hits("get_/c", [1, "x"]), {"pointlist": []}, 7,
        hits("get_/d", [1, 4.0], tag_set=[], scope="resource_name:get_/d"),
        hits("", [1, 1.0]),
    )  # fmt: skip
    found, losses = items(tmp_path, datadog_metrics, text)
    assert [(t.route, t.requests, t.service) for t in found] == [("/d", 4.0, None)]
    assert losses == ("3 dropped: a field is missing or wrong",)
    ((found,), _) = items(tmp_path, datadog_metrics, datadog(hits("get_/a", [1, 1.0]), from_date=-1, to_date=1e30))
    assert (found.start_ns, found.end_ns) == (None, None)


def counter(name: str, values: Any, **labels: str) -> dict[str, Any]:
    return {"metric": {"__name__": name, **labels}, "values": values}


def matrix(*series: Any) -> str:
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": list(series)}})


STABLE, OLD = prometheus.COUNTERS[:2]
POINTS = [[100, "5"], [160.5, "9"], [220, "2"], [280, "4"]]


def test_counters_add_up_over_restarts_and_instances(tmp_path: Path) -> None:
    text = matrix(
        counter(STABLE, POINTS, http_route="/a", http_request_method="get", job="team/shop", instance="1"),
        counter(STABLE, [[100, "0"], [340, "1"]], http_route="/a", http_request_method="GET", job="team/shop", pod="2"),
    )
    (found,), losses = items(tmp_path, prometheus, text)
    assert found == Traffic(
        requests=9.0, service="shop", method="GET", route="/a", start_ns=100 * 10**9, end_ns=340 * 10**9
    )
    assert losses == ()


def test_two_names_for_the_same_requests_count_once(tmp_path: Path) -> None:
    text = matrix(*(counter(n, POINTS, http_route="/a", service_name="shop") for n in (STABLE, OLD)))
    (found,), _ = items(tmp_path, prometheus, text)
    assert found.requests == 8.0


def test_a_view_stands_in_for_a_route(tmp_path: Path) -> None:
    text = matrix(counter(prometheus.COUNTERS[-1], POINTS, view="book-list", method="GET", app_name="shop"))
    (found,), _ = items(tmp_path, prometheus, text)
    assert (found.route, found.transaction, found.service) == (None, "book-list", "shop")


def test_what_counts_no_requests_is_left_out(tmp_path: Path) -> None:
    text = matrix(
        counter("process_resident_memory_bytes", POINTS, http_route="/a"), counter(STABLE, POINTS),
        counter(STABLE, [], http_route="/a"), {"metric": {}}, "x", counter(STABLE, [[1, 2]], http_route="/b"),
        counter(STABLE, [[1, "NaN"], [2, "+Inf"], [3, "-1"], [4, "x"], [5, "1"], [6, "3"]], http_route="/c"),
        counter(STABLE, [[-1, "1"], [1e30, "3"]], http_route="/d", job="z"),
    )  # fmt: skip
    found, losses = items(tmp_path, prometheus, text)
    assert [(t.route, t.requests) for t in found] == [("/c", 2.0), ("/d", 2.0)]
    assert losses == ("3 dropped: a field is missing or wrong",)


@pytest.mark.parametrize("reader", [datadog_metrics, prometheus])
def test_no_json(tmp_path: Path, reader: Any) -> None:
    with pytest.raises(UserError):
        items(tmp_path, reader, "{")


@pytest.mark.parametrize(
    ("text", "format_"),
    [(datadog(hits("get_/a", [1, 1.0])), "metrics-v1"), (matrix(counter(STABLE, POINTS)), "query-range")],
)
def test_one_reader_knows_them(text: str, format_: str) -> None:
    for layout in (text, json.dumps(json.loads(text), indent=2), json.dumps(json.loads(text), sort_keys=True)):
        assert [reader.FORMAT for reader in readers() if reader.sniff(layout.encode())] == [format_]
