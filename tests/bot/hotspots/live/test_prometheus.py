"""Prometheus against a server that plays `query_range`; with traces beside it, it gives them their volume."""

from pathlib import Path
from typing import Any

import pytest
from rig.live import NOW_S, SECRET, asked
from rig.loopback import Says, serving
from rig.spans import SAMPLES

from bot.config import Config
from bot.hotspots import read

WEEK_S = 7 * 86_400
START = int(NOW_S) - WEEK_S


def series(route: str, *values: str, **labels: str) -> dict[str, Any]:
    metric = {"__name__": "http_server_request_duration_seconds_count", "http_route": route, "service_name": "shop"}
    step = WEEK_S / (len(values) - 1)
    return {"metric": metric | labels, "values": [[START + step * n, v] for n, v in enumerate(values)]}


def matrix(*found: dict[str, Any]) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": "matrix", "result": list(found)}}


def test_counters_give_traces_their_volume(tmp_path: Path) -> None:
    found = matrix(
        series("/orders", "100", "70100", "84100", http_request_method="GET"),
        series("/orders", "0", "84000", "5", http_request_method="GET", instance="other"),
        series("/healthz", "0", "1"),
    )
    with serving(lambda _: Says(found)) as server:
        run = asked("prometheus", tmp_path / "live", {"PROMETHEUS_URL": server.url, "PROMETHEUS_TOKEN": SECRET})
    (asked_,) = server.asked
    assert (asked_.path, asked_.headers["authorization"]) == ("/api/v1/query_range", f"Bearer {SECRET}")
    assert (asked_.query["start"], asked_.query["end"]) == ([str(START)], [str(int(NOW_S))])
    assert WEEK_S / int(asked_.query["step"][0]) <= 1_000
    assert '",service_name=~"(.+/)?shop"} or {' in asked_.query["query"][0]
    assert run.hotspots == []
    traces = str(SAMPLES / "otel_flask_stable.jsonl.gz")
    both = read([*sorted(str(p) for p in (tmp_path / "live").glob("*.json")), traces], Config())
    volumes = {h.entry.route_canonical: h.metrics.requests_per_month for h in both}
    assert volumes["orders"] is not None
    assert volumes["orders"].value == pytest.approx((84_000 + 84_005) / 7 * 730 / 24)
    assert volumes["orders"].basis == "metric"
    assert volumes["customers/{}/prices"] is None


def test_a_service_is_quoted_for_the_expression_and_for_the_text(tmp_path: Path) -> None:
    with serving(lambda _: Says(matrix(series("/a", "0", "1")))) as server:
        asked("prometheus", tmp_path, {"PROMETHEUS_URL": server.url}, service='a.b"} or up{x="')
    assert r'job=~"(.+/)?a\\.b\"\\}\\ or\\ up\\{x=\""' in server.asked[0].query["query"][0]
