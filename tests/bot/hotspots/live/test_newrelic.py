"""New Relic against a server that plays NerdGraph: the screen, the traces, the counts of a week."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rig.live import NOW_S, SECRET, Run, asked
from rig.loopback import Asked, Says, Server, serving
from rig.readings import plain

from bot.errors import UserError
from bot.hotspots.live import newrelic

ORDERS = "WebTransaction/Function/shop.flask_app:create_app.<locals>.list_orders"
SPANS = json.loads(plain("newrelic_flask_nrql_span.json"))["data"]["actor"]["account"]["nrql"]["results"]
TRACE = "c5a80f1905d4a762cf3ace203fab2cff"
NOW_MS = int(NOW_S) * 1000
WEEK_MS = 7 * 86_400_000


def graph(rows: list[dict[str, Any]], **more: Any) -> Says:
    return Says({"data": {"actor": {"account": {"nrql": {"results": rows, **more}}}}})


def nerdgraph(request: Asked) -> Says:
    query = request.document["variables"]["nrql"]
    if "average(databaseCallCount)" in query:
        quiet = {"facet": "WebTransaction/Function/a:quiet", "count": 9, "average.databaseCallCount": 1.0}
        chatty = {"facet": ORDERS, "count": 3, "sum.duration": 0.14, "average.databaseCallCount": 53.0}
        return graph([quiet, chatty])
    if query.startswith("FROM Transaction SELECT traceId"):
        assert f"name = '{ORDERS}' AND sampled IS TRUE AND appName = 'shop'" in query
        return graph([{"traceId": "ab", "databaseCallCount": 3}, {"traceId": TRACE, "databaseCallCount": 53}])
    if "FACET trace.id" in query:
        assert f"trace.id IN ('{TRACE}', 'ab')" in query
        return graph([
            {"facet": ["ab", "1", "x"], "trace.id": "ab", "count": 3},
            {"facet": [TRACE, "8a", "Datastore/statement/SQLite/items/select"], "trace.id": TRACE, "count": 25},
        ])  # fmt: skip
    if "FROM Span SELECT *" in query:
        assert f"trace.id IN ('{TRACE}', 'ab')" in query
        return graph(SPANS)
    row = {"facet": [ORDERS, "shop"], "name": ORDERS, "appName": "shop", "count": 168_000, "sum.duration": 7_000.0}
    return graph([row], metadata={"timeWindow": {"begin": NOW_MS - WEEK_MS, "end": NOW_MS}})


def environment(server: Server) -> dict[str, str]:
    return {"NEW_RELIC_API_URL": server.url, "NEW_RELIC_USER_KEY": SECRET, "NEW_RELIC_ACCOUNT_ID": "1234567"}


def run(folder: Path, answer: Callable[[Asked], Says] = nerdgraph, **how: Any) -> tuple[Run, Server]:
    with serving(answer) as server:
        return asked("newrelic", folder, environment(server), **how), server


def test_a_chatty_transaction_to_a_hotspot_with_its_volume(tmp_path: Path) -> None:
    found, server = run(tmp_path)
    (hotspot,) = found.hotspots
    assert (hotspot.kind, hotspot.entry.route_canonical) == ("n_plus_one_db", "orders")
    assert hotspot.id == "277db2a1598e8d73"  # as from files of every vendor
    assert hotspot.metrics.requests_per_month is not None
    assert hotspot.metrics.requests_per_month.value == pytest.approx(168_000 / 7 * 730 / 24)
    assert found.inputs == ["spans", "counts"]
    assert [f.name for f in sorted((tmp_path / ".steps").iterdir())] == [
        "0001-screen.json", "0002-transactions.json", "0003-calls.json",
    ]  # fmt: skip
    assert found.said == ["5 of 60 calls used."]
    assert {(a.method, a.path, a.headers["api-key"]) for a in server.asked} == {("POST", "/graphql", SECRET)}
    assert {a.document["variables"]["account"] for a in server.asked} == {1234567}
    assert f"SINCE {NOW_MS - 86_400_000} UNTIL {NOW_MS}" in server.asked[0].document["variables"]["nrql"]
    assert f"SINCE {NOW_MS - WEEK_MS} UNTIL {NOW_MS}" in server.asked[-1].document["variables"]["nrql"]


def test_a_quiet_service_costs_two_calls(tmp_path: Path) -> None:
    def quiet(request: Asked) -> Says:
        return graph([{"facet": "WebTransaction/Function/a:b", "count": 9}])

    found, _ = run(tmp_path, quiet)
    assert (found.hotspots, found.said) == ([], ["2 of 60 calls used."])


def test_a_quote_in_a_service_stays_in_it(tmp_path: Path) -> None:
    _, server = run(tmp_path, lambda _: graph([{"facet": "WebTransaction/Function/a:b", "count": 9}]), service="o'\\x")
    assert "appName = 'o\\'\\\\x' FACET" in server.asked[0].document["variables"]["nrql"]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            {"errors": [{"message": "NRQL Syntax Error"}]},
            "New Relic refuses a query (NRQL Syntax Error); it takes a user",
        ),
        ({"data": {"actor": {"account": None}}}, "New Relic knows no such account; it takes a user key"),
        ({"data": None}, "New Relic knows no such account"),
        ([], "New Relic answered in a shape"),
    ],
)
def test_what_comes_back_as_200_and_is_none(tmp_path: Path, document: object, message: str) -> None:
    with pytest.raises(UserError) as error:
        run(tmp_path, lambda _: Says(document))
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"NEW_RELIC_ACCOUNT_ID": "mine"}, "NEW_RELIC_ACCOUNT_ID is no account"),
        ({"NEW_RELIC_REGION": "moon"}, "NEW_RELIC_REGION is no region"),
        ({"NEW_RELIC_API_KEY": "with blank"}, "NEW_RELIC_API_KEY holds characters"),
    ],
)
def test_a_wrong_environment(changed: dict[str, str], message: str) -> None:
    with pytest.raises(UserError, match=f"^{message}"):
        newrelic.access({"NEW_RELIC_API_KEY": SECRET, "NEW_RELIC_ACCOUNT_ID": "1"} | changed)


def test_the_region_is_the_host() -> None:
    keys = {"NEW_RELIC_API_KEY": SECRET, "NEW_RELIC_ACCOUNT_ID": "1"}
    assert newrelic.access(keys | {"NEW_RELIC_REGION": "EU"}).base == "https://api.eu.newrelic.com/graphql"
    assert newrelic.access(keys).base == "https://api.newrelic.com/graphql"
