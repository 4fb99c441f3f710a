"""CloudWatch alarms: what they narrow, and what they leave alone."""

import json
from pathlib import Path
from typing import Any

import pytest
from rig.readings import SAMPLES, hotspots, items, plain

from bot.config import Config
from bot.errors import UserError
from bot.hotspots import read
from bot.hotspots.focus import Alarm, Focus, focus_of, in_focus
from bot.hotspots.readers import cloudwatch

SECOND = 1_000_000_000
GROUP = ("TargetGroup", "targetgroup/shop/abc")
PAIR = {"Name": GROUP[0], "Value": GROUP[1]}
KNOWN = {"TargetGroup=targetgroup/shop/abc": "shop"}
CHANGED = 1_795_423_681_144_000_000  # 2026-11-23 08:48:01.144
NAME = "cloudwatch_alarms.json"
XRAY = "xray_flask_inline.jsonl"  # around 08:05 on that day, in seconds 1795421102
AT_TRAFFIC = "2026-11-23 08:05:05+00:00"


def described(**fields: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(plain(NAME))
    document["MetricAlarms"][0] |= fields
    return document


EVENT = {
    "source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change",
    "detail": {
        "alarmName": "orders-p99",
        "state": {"value": "ALARM", "timestamp": "2026-11-23T08:48:01.144+0000",
                  "reasonData": json.dumps({"startDate": "2026-11-23T08:43:01.144+0000"})},
        "configuration": {"metrics": [{"metricStat": {"metric": {"dimensions": dict([GROUP])}, "period": 60}}]},
    },
}  # fmt: skip
MESSAGE = {
    "AlarmName": "orders-p99", "NewStateValue": "ALARM", "StateChangeTime": "2026-11-23T08:48:01.144+0000",
    "Trigger": {"Period": 60, "EvaluationPeriods": 5, "Dimensions": [{"name": GROUP[0], "value": GROUP[1]}]},
}  # fmt: skip
EXPECTED = Alarm("orders-p99", (GROUP,), CHANGED - 300 * SECOND, CHANGED)


@pytest.mark.parametrize(
    "document",
    [
        described(),
        [described()],
        described()["MetricAlarms"],
        EVENT,
        MESSAGE,
        {"Type": "Notification", "Message": json.dumps(MESSAGE)},
        {"Records": [{"Sns": {"Message": json.dumps(MESSAGE)}}]},
        described(Dimensions=[], Metrics=[{"MetricStat": {"Metric": {"Dimensions": [PAIR]}}}]),
    ],
    ids=["described", "list", "alarms", "EventBridge", "SNS message", "SNS notification", "Lambda", "metric math"],
)  # fmt: skip
def test_an_alarm_in_any_form(tmp_path: Path, document: object) -> None:
    assert items(tmp_path, cloudwatch, json.dumps(document, indent=1)) == ([EXPECTED], ())


@pytest.mark.parametrize("state", ["OK", "INSUFFICIENT_DATA", None, 7])
def test_an_alarm_that_is_not_in_alarm_is_counted(tmp_path: Path, state: object) -> None:
    found, lost = items(tmp_path, cloudwatch, json.dumps(described(StateValue=state)))
    assert (found, lost) == ([], ("1 dropped: alarm that is not in ALARM",))


@pytest.mark.parametrize(
    "fields",
    [
        {"StateUpdatedTimestamp": None},
        {"StateUpdatedTimestamp": "never"},
        {"StateUpdatedTimestamp": -5},
        {"StateUpdatedTimestamp": 1e300},
    ],
)
def test_an_alarm_without_a_time_is_an_error(tmp_path: Path, fields: dict[str, Any]) -> None:
    with pytest.raises(UserError):
        items(tmp_path, cloudwatch, json.dumps(described(**fields)))


def test_a_period_without_end_looks_back_a_week(tmp_path: Path) -> None:
    (alarm,), _ = items(tmp_path, cloudwatch, json.dumps(described(Period=10**8)))
    assert alarm.end_ns - alarm.start_ns == 7 * 86_400 * SECOND


def test_a_dimension_names_the_service() -> None:
    other = Alarm("cpu", (("InstanceId", "i-1"), ("Region", "x")), 1, 2)
    bare = Alarm("composite", (), 1, 2)
    focus, unknown = focus_of([EXPECTED, other, bare, EXPECTED], KNOWN)
    assert focus == (Focus("shop", EXPECTED.start_ns, EXPECTED.end_ns, 'the alarm "orders-p99"'),)
    assert unknown == (
        'the alarm "composite" narrows nothing: name the service of a dimension, of which it has none in '
        "[tool.costmod.alarm-services]",
        'the alarm "cpu" narrows nothing: name the service of "InstanceId=i-1" or "Region=x" in '
        "[tool.costmod.alarm-services]",
    )


@pytest.mark.parametrize(
    ("service", "start", "end", "expected"),
    [
        ("shop", 10, 20, True),
        ("shop", 20, 30, True),
        ("shop", 21, 30, False),
        ("shop", 0, 9, False),
        ("other", 12, 13, False),
        (None, 12, 13, True),
        ("shop", None, None, True),
    ],
)
def test_in_focus(service: str | None, start: int | None, end: int | None, expected: bool) -> None:
    assert in_focus((Focus("shop", 10, 20, ""),), service, start, end) is expected
    assert in_focus((), service, start, end)


def narrowed(folder: Path, alarm: dict[str, Any], **settings: Any) -> list[str]:
    path = folder / "alarm"
    path.write_text(json.dumps(alarm))
    return [h.kind for h in read([str(path), str(SAMPLES / f"{XRAY}.gz")], Config(**settings))]


def test_an_alarm_narrows_an_export(tmp_path: Path) -> None:
    both = ["n_plus_one_db", "n_plus_one_http"]
    now = described(StateUpdatedTimestamp=AT_TRAFFIC)
    assert sorted(narrowed(tmp_path, now, alarm_services=KNOWN)) == both
    assert narrowed(tmp_path, described(), alarm_services=KNOWN) == []  # 43 minutes later
    assert narrowed(tmp_path, now, alarm_services={next(iter(KNOWN)): "billing"}) == []


def test_an_unknown_dimension_narrows_nothing_and_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(narrowed(tmp_path, described())) == 2
    assert capsys.readouterr().err == (
        'costmod: the alarm "orders-p99" narrows nothing: name the service of "TargetGroup=targetgroup/shop/abc" in '
        "[tool.costmod.alarm-services]\n"
    )


def test_an_alarm_alone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="name an export of traces beside it"):
        hotspots(tmp_path, json.dumps(described()))
