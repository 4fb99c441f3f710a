"""Request counts of metrics and logs reach the hotspots of their entries."""

from pathlib import Path

import msgspec
import pytest

from bot.config import Config
from bot.hotspots import read
from bot.hotspots.traffic import Traffic
from bot.hotspots.volume import with_traffic
from bot.records import Hotspot, Volume

CAPTURE = Path(__file__).parents[2] / "samples" / "hotspots" / "otel_flask_stable.jsonl.gz"
DAY = 86_400 * 10**9


@pytest.fixture(scope="module")
def orders() -> Hotspot:
    found = read([str(CAPTURE)], Config())
    return next(hotspot for hotspot in found if hotspot.kind == "n_plus_one_db")


def test_requests_of_the_route_become_a_volume(orders: Hotspot) -> None:
    week = Traffic(requests=7000, service="shop", method="GET", route="/orders", start_ns=0, end_ns=7 * DAY)
    other = Traffic(requests=5, service="shop", method="POST", route="/orders", start_ns=0, end_ns=7 * DAY)
    (found,) = with_traffic([orders], [week, other])
    assert found.metrics.requests_per_month == Volume(value=round(7000 * 730 / 168, 3), basis="metric")
    assert found.source.sampling == "a metric counts the requests"


@pytest.mark.parametrize(
    "item",
    [
        Traffic(requests=70, transaction="GET /orders", start_ns=0, end_ns=7 * DAY),
        Traffic(requests=70, service="shop", route="/orders/", start_ns=0, end_ns=7 * DAY),
    ],
    ids=["resource name", "edge slash, no method"],
)
def test_an_entry_has_many_names(orders: Hotspot, item: Traffic) -> None:
    (found,) = with_traffic([orders], [item])
    assert found.metrics.requests_per_month == Volume(value=round(70 * 730 / 168, 3), basis="metric")


@pytest.mark.parametrize(
    "item",
    [
        Traffic(requests=70, service="billing", route="/orders", start_ns=0, end_ns=7 * DAY),
        Traffic(requests=70, route="/orders/{id}", start_ns=0, end_ns=7 * DAY),
        Traffic(requests=70, transaction="POST /orders", start_ns=0, end_ns=7 * DAY),
    ],
    ids=["another service", "another route", "another method"],
)
def test_traffic_of_other_entries_says_nothing(orders: Hotspot, item: Traffic) -> None:
    assert list(with_traffic([orders], [item])) == [orders]


def test_a_short_or_unknown_window_stays_unknown(orders: Hotspot) -> None:
    for window in ((0, DAY), (None, None)):
        item = Traffic(requests=70, route="/orders", start_ns=window[0], end_ns=window[1])
        (found,) = with_traffic([orders], [item])
        assert found.metrics == msgspec.structs.replace(orders.metrics, requests_per_month=None)
        assert found.source.sampling == ("a metric counts the requests, but its window is unknown or under 3 days")
