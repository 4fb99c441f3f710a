"""Datadog against a server that plays its API: aggregate, search with a cursor, trace by id, metrics."""

import json
import os
import subprocess
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from guards.libraries import ENVIRONMENTS
from rig.live import NOW_S, SECRET, Run, asked
from rig.loopback import Asked, Says, Server, serving
from rig.spans import sample

from bot.errors import UserError
from bot.hotspots.live import datadog

AGGREGATE = json.loads(sample("api/datadog_flask_spans_aggregate.json.gz"))
SPANS = json.loads(sample("api/datadog_flask_spans_search.json.gz"))["data"]
TRACE = json.loads(sample("api/datadog_flask_trace_by_id.json.gz"))
ORDERS = "6b03f712000000007ed96ef19f2e4b69"
RIG = Path(__file__).parents[3] / "rig"
WEEK_MS = 7 * 86_400_000
SERIES = {
    "metric": "trace.flask.request.hits", "scope": "resource_name:get_/orders,service:shop", "interval": 3600,
    "tag_set": ["resource_name:get_/orders", "service:shop"],
    "pointlist": [[NOW_S * 1000 - WEEK_MS, 70_000.0], [NOW_S * 1000 - 1000, None], [NOW_S * 1000, 6_650.0]],
}  # fmt: skip


def entries(resource: str) -> list[dict[str, Any]]:
    return [s for s in SPANS if s["attributes"]["resource_name"] == resource and s["attributes"]["type"] == "web"]


def api(request: Asked) -> Says:
    match request.path:
        case "/api/v2/spans/analytics/aggregate":
            return Says(AGGREGATE)
        case "/api/v2/spans/events/search":
            wanted = request.document["data"]["attributes"]
            orders = 'resource_name:"GET /orders"' in wanted["filter"]["query"]
            if "cursor" not in wanted["page"]:
                return Says({"data": [], "meta": {"page": {"after": "next="} if orders else {}}})
            assert wanted["page"]["cursor"] == "next="
            return Says({"data": entries("GET /orders"), "meta": {"page": {}}})
        case "/api/v1/query":
            return Says({"series": [SERIES], "from_date": int(NOW_S) * 1000 - WEEK_MS, "to_date": int(NOW_S) * 1000})
    assert request.path == f"/api/v2/trace/{ORDERS}"
    return Says(TRACE)


def environment(server: Server) -> dict[str, str]:
    return {"DATADOG_HOST": server.url, "DD_API_KEY": SECRET, "DD_APP_KEY": f"app-{SECRET}"}


def run(folder: Path, answer: Any = api, **how: Any) -> tuple[Run, Server]:
    with serving(answer) as server:
        return asked("datadog", folder, environment(server), **how), server


def test_the_dearest_resource_to_a_hotspot_with_its_volume(tmp_path: Path) -> None:
    found, server = run(tmp_path)
    (hotspot,) = found.hotspots
    assert (hotspot.kind, hotspot.entry.route_canonical) == ("n_plus_one_db", "orders")
    assert sorted(p.count.max for p in hotspot.patterns) == [25, 25]
    assert hotspot.metrics.requests_per_month is not None
    assert hotspot.metrics.requests_per_month.value == pytest.approx(76_650 / 7 * 730 / 24)
    assert hotspot.source.sampling == "a metric counts the requests"
    assert found.inputs == ["aggregate", "trace", "hits"]
    assert found.said == [f"{len(server.asked)} of 60 calls used."]
    assert len(server.asked) == 1 + 5 + 1 + 1 + 1  # aggregate, five resources, one second page, trace, metrics


def test_what_is_asked(tmp_path: Path) -> None:
    _, server = run(tmp_path, hours=2)
    assert {(a.headers["dd-api-key"], a.headers["dd-application-key"]) for a in server.asked} == {
        (SECRET, f"app-{SECRET}")
    }
    first = server.asked[0].document["data"]
    assert first["type"] == "aggregate_request"
    assert first["attributes"]["filter"] == {
        "from": "2026-11-24T04:00:00Z", "to": "2026-11-24T06:00:00Z", "query": 'service:"shop" type:(web OR worker)',
    }  # fmt: skip
    assert [c["aggregation"] for c in first["attributes"]["compute"]] == ["count", "sum", "pc99"]
    assert server.asked[1].document["data"]["attributes"]["filter"]["query"] == (
        'resource_name:"GET /orders" type:(web OR worker)'
    )
    assert server.asked[-1].query == {
        "from": [str(int(NOW_S) - 7 * 86_400)], "to": [str(int(NOW_S))],
        "query": ["sum:trace.flask.request.hits{service:shop} by {service,resource_name}.as_count()"],
    }  # fmt: skip


def test_a_trace_that_is_gone_is_passed_over(tmp_path: Path) -> None:
    def without(request: Asked) -> Says:
        return Says({"errors": ["gone"]}, 404) if "/trace/" in request.path else api(request)

    found, _ = run(tmp_path, without)
    assert found.hotspots == []
    assert found.inputs == ["aggregate", "hits"]


def test_a_quote_in_a_service_stays_in_it(tmp_path: Path) -> None:
    _, server = run(tmp_path, service='a" OR service:"b')
    assert 'service:"a\\" OR service:\\"b" type:' in server.asked[0].document["data"]["attributes"]["filter"]["query"]
    assert "{service:a__or_service:_b}" in server.asked[-1].query["query"][0]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"DD_API_KEY": ""}, "DD_API_KEY or DATADOG_API_KEY is not set"),
        ({"DD_APP_KEY": ""}, "DD_APP_KEY or DD_APPLICATION_KEY or DATADOG_APP_KEY is not set"),
        ({"DD_API_KEY": f"{SECRET}\r\nX: y"}, "DD_API_KEY holds characters that no key has"),
        ({"DATADOG_HOST": "http://example.org"}, "DATADOG_HOST or DD_SITE leads to http and another machine"),
        ({"DATADOG_HOST": "", "DD_SITE": "x@evil.example/"}, "DATADOG_HOST or DD_SITE is no address"),
    ],
)
def test_a_wrong_environment(changed: dict[str, str], message: str) -> None:
    with pytest.raises(UserError) as error:
        datadog.access({"DATADOG_HOST": "http://127.0.0.1:1", "DD_API_KEY": SECRET, "DD_APP_KEY": SECRET} | changed)
    assert str(error.value).startswith(message)
    assert SECRET not in str(error.value)


def test_the_site_is_the_host() -> None:
    keys = {"DD_API_KEY": SECRET, "DD_APP_KEY": SECRET}
    assert datadog.access(keys | {"DD_SITE": "us5.datadoghq.com"}).base == "https://api.us5.datadoghq.com"
    assert datadog.access(keys).base == "https://api.datadoghq.com"


def exchanged(server: Server) -> list[tuple[str, str, Any, Any]]:
    return [(a.method, a.path, a.query, a.document if a.body else None) for a in server.asked]


def test_datadogs_own_client_asks_the_same_and_knows_the_answers(tmp_path: Path) -> None:
    environment = ENVIRONMENTS / "datadog"
    if not (environment / "built").exists():
        reason = "no environment with Datadog's client: run `make .venvs/.ready`"
        pytest.fail(reason) if os.environ.get("COSTMOD_REQUIRE_GUARDS") else pytest.skip(reason)

    def limited() -> Callable[[Asked], Says]:
        """Refuses the second call at first, as a used up rate limit does."""
        calls = count(1)
        left = {"X-RateLimit-Limit": "300", "X-RateLimit-Period": "3600", "X-RateLimit-Remaining": "0"}
        return lambda one: Says({}, 429, {**left, "X-RateLimit-Reset": "1"}) if next(calls) == 2 else api(one)

    found, ours = run(tmp_path, limited())
    assert found.slept == [1.0]
    calls = [asked_[1:] for number, asked_ in enumerate(exchanged(ours)) if number != 1]
    with serving(limited()) as theirs:
        command = [environment / "bin" / "python", RIG / "datadog_client.py", theirs.url]
        done = subprocess.run(command, input=json.dumps(calls), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    search = "SpansListResponse"
    expected = ["SpansAggregateResponse", search, search, "TraceResponse", *[search] * 4, "MetricsQueryResponse"]
    assert done.stdout == f"{expected}\n"
    assert exchanged(theirs) == exchanged(ours)
