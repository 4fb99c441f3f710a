"""Sentry events: the spans of an issue through our detector, and Sentry's own finding as a reason."""

import json
from pathlib import Path
from typing import Any

import pytest
from rig.readings import FLASK, ORDERS, hotspots, items, lines, plain, sample, shown

from bot.errors import UserError
from bot.hotspots.readers import sentry_event
from bot.hotspots.verdict import Verdict

NAME = "sentry_flask_issue_event.json"
SAID = 'Sentry\'s own detector reports it as "N+1 Query"'


def event() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(plain(NAME))
    return found


def snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def test_sample_gives_the_ground_truth_and_the_lines() -> None:
    found = sample(NAME)
    assert shown(found) == ORDERS
    assert lines(found)["orders"] == [("shop/services.py", 18), ("shop/services.py", 19)]
    assert found[0].id in {h.id for h in sample("sentry_flask_querysource0.envelopes")}
    assert found[0].source.env == "test"


def test_sentrys_finding_is_a_reason(tmp_path: Path) -> None:
    (with_finding,) = sample(NAME)
    (without,) = hotspots(tmp_path, json.dumps(event() | {"occurrence": None}))
    assert with_finding.trust.reasons == (*without.trust.reasons, SAID)
    assert with_finding.trust.confidence == pytest.approx(without.trust.confidence + 0.04)


def test_the_store_writes_snake_case(tmp_path: Path) -> None:
    document = event()
    evidence = document["occurrence"].pop("evidenceData")
    document["occurrence"]["evidence_data"] = {snake(name): value for name, value in evidence.items()}
    assert hotspots(tmp_path, json.dumps(document)) == sample(NAME)


def test_a_list_of_events_and_an_event_twice(tmp_path: Path) -> None:
    assert hotspots(tmp_path, json.dumps([event(), event()])) == sample(NAME)
    assert hotspots(tmp_path, json.dumps(event(), indent=2)) == sample(NAME)


def test_a_stored_transaction(tmp_path: Path) -> None:
    text = plain("sentry_flask_querysource0.envelopes").splitlines()
    stored = [json.loads(line) for line in text if line.startswith(b'{"type":"transaction"')]
    assert shown(hotspots(tmp_path, json.dumps(stored))) == FLASK


@pytest.mark.parametrize(
    "tags",
    [
        {"transaction": "t", "environment": "live", "release": "1"},
        [["transaction", "t"], ["environment", "live"], ["release", "1"]],
        [
            {"key": "transaction", "value": "t"},
            {"key": "environment", "value": "live"},
            {"key": "release", "value": "1"},
        ],
    ],
    ids=["mapping", "pairs", "objects"],
)
def test_tags_name_what_the_event_does_not(tmp_path: Path, tags: object) -> None:
    found, _ = items(tmp_path, sentry_event, json.dumps(event() | {"tags": tags}))
    assert (found[0].transaction, found[0].environment, found[0].release) == ("t", "live", "1")


def test_release_as_an_object_and_times_of_the_api(tmp_path: Path) -> None:
    more = {"release": {"version": "2"}, "startTimestamp": 10.0, "endTimestamp": 12.0}
    found, _ = items(tmp_path, sentry_event, json.dumps(event() | more))
    assert (found[0].release, found[0].start_ns, found[0].duration_ns) == ("2", 10_000_000_000, 2_000_000_000)


def test_an_event_that_lost_its_trace_context_has_the_parent_of_the_finding(tmp_path: Path) -> None:
    (found,) = hotspots(tmp_path, json.dumps(event() | {"contexts": None}))
    assert shown([found]) == ORDERS


@pytest.mark.parametrize("kind", [1015, None, 0])
def test_other_findings_are_no_reason(tmp_path: Path, kind: int | None) -> None:
    document = event()
    document["occurrence"]["type"] = kind
    found, _ = items(tmp_path, sentry_event, json.dumps(document))
    assert not any(isinstance(item, Verdict) for item in found)


@pytest.mark.parametrize(
    ("broken", "lost"),
    [
        ({"entries": []}, "1 dropped: event without spans"),
        ({"entries": None}, "1 dropped: event without spans"),
        ({"entries": [{"type": "spans", "data": 7}]}, "1 dropped: a field is missing or wrong"),
        ({"entries": 7}, "1 dropped: a field is missing or wrong"),
        ({"occurrence": "x"}, "1 dropped: a field is missing or wrong"),
    ],
    ids=["no entries", "null", "spans of another type", "entries of another type", "finding of another type"],
)
def test_a_bad_event_among_good_ones_is_dropped(tmp_path: Path, broken: dict[str, Any], lost: str) -> None:
    found, told = items(tmp_path, sentry_event, json.dumps([event(), event() | broken]))
    assert len(found) == 53
    assert lost in told


def test_a_bad_span_is_dropped(tmp_path: Path) -> None:
    document = event()
    document["entries"][0]["data"] += [7, {"span_id": "x", "start_timestamp": "never", "timestamp": 1}]
    found, lost = items(tmp_path, sentry_event, json.dumps(document))
    assert len(found) == 53
    assert any("out of range" in sentence for sentence in lost)


def test_what_is_no_json(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is truncated JSON"):
        items(tmp_path, sentry_event, plain(NAME)[:-10])
