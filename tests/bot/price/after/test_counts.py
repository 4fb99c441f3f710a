"""Calls per request from exports of every vendor, also where the statement does not repeat any more."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace
from rig.blog import OTEL
from rig.spans import SAMPLES

from bot.config import Config
from bot.hotspots import read
from bot.hotspots.loops import EntryKey
from bot.price.after.counts import is_of, of_exports, of_hotspot
from bot.records import Entry, Hotspot

CONFIG = Config()
ORDERS = (
    "otel_flask_stable.jsonl.gz",
    "datadog_flask_sqlite.traces.json.gz",
    "api/jaeger_flask_api_traces.json.gz",
    "api/zipkin_flask_v2.json.gz",
    "vendors/sentry_flask_stream.envelopes.gz",
    "vendors/newrelic_flask_nrql_span.json.gz",
    "vendors/xray_flask_inline.jsonl.gz",
)


def first(path: str) -> Hotspot:
    return read([path], CONFIG)[0]


@pytest.mark.parametrize("name", ORDERS)
def test_every_vendor_counts_the_same(name: str) -> None:
    path = str(SAMPLES / name)
    hotspot = first(path)
    counts = of_exports([path], hotspot, CONFIG)
    assert counts is not None
    assert counts.requests == hotspot.metrics.requests_in_window
    assert {counts.calls[pattern.fingerprint] for pattern in hotspot.patterns} == {25.0}
    assert counts.every == 51.0
    assert set(counts.seen.values()) == {1.0}


def test_before_and_after_may_come_from_two_vendors() -> None:
    hotspot = first(str(SAMPLES / ORDERS[1]))
    counts = of_exports([str(SAMPLES / ORDERS[0])], hotspot, CONFIG)
    assert counts is not None
    assert [counts.calls[pattern.fingerprint] for pattern in hotspot.patterns] == [25.0, 25.0]


def test_a_source_of_whole_hotspots_shows_what_repeats() -> None:
    path = str(SAMPLES / "vendors" / "newrelic_flask_nrql_transaction.json.gz")
    hotspot = first(path)
    counts = of_exports([path], hotspot, CONFIG)
    assert counts == of_hotspot(hotspot)
    assert counts is not None
    assert (counts.every, list(counts.calls.values())) == (None, [12.0])


def test_another_entry_is_not_shown() -> None:
    hotspot = first(str(OTEL))
    elsewhere = replace(hotspot, entry=replace(hotspot.entry, route_canonical="nowhere"))
    assert of_exports([str(OTEL)], elsewhere, CONFIG) is None


def test_an_entry_without_any_call_counts_as_a_request(tmp_path: Path) -> None:
    request = json.loads(OTEL.read_text().splitlines()[0])
    for scope in (scope for process in request["resourceSpans"] for scope in process["scopeSpans"]):
        scope["spans"] = [span for span in scope["spans"] if "db.system.name" not in json.dumps(span)]
    (tmp_path / "after.jsonl").write_text(json.dumps(request) + "\n")
    counts = of_exports([str(tmp_path / "after.jsonl")], first(str(OTEL)), CONFIG)
    assert counts is not None
    assert (counts.requests > 0, counts.calls, counts.every) == (True, {}, 0.0)


ROUTE = Entry(type="http", method="GET", route_canonical="posts/{}")
TASK = Entry(type="task", transaction_name="send")


@pytest.mark.parametrize(
    ("key", "entry", "expected"),
    [
        (EntryKey("shop", "http", "GET", "posts/{}", None), ROUTE, True),
        (EntryKey(None, "http", None, "posts/{}", None), ROUTE, True),
        (EntryKey("other", "http", "GET", "posts/{}", None), ROUTE, False),
        (EntryKey("shop", "http", "POST", "posts/{}", None), ROUTE, False),
        (EntryKey("shop", "http", "GET", "posts", None), ROUTE, False),
        (EntryKey("shop", "task", None, None, "send"), ROUTE, False),
        (EntryKey("shop", "task", None, None, "send"), TASK, True),
        (EntryKey("shop", "task", None, None, "receive"), TASK, False),
        (EntryKey("shop", "task", None, None, None), Entry(type="unknown"), False),
    ],
)
def test_whose_requests_they_are(key: EntryKey, entry: Entry, expected: bool) -> None:
    assert is_of(key, entry, "shop") is expected
