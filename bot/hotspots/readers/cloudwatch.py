"""CloudWatch alarms: the answer of DescribeAlarms, or an alarm event as EventBridge or SNS delivers it.

An alarm is no hotspot. Its dimensions and its evaluation say which service to look at, and when.
"""

import json
from collections.abc import Iterator, Mapping

import msgspec

from bot.errors import UserError
from bot.hotspots.focus import Alarm
from bot.hotspots.items import items
from bot.hotspots.jsontext import decode
from bot.hotspots.moments import moment
from bot.hotspots.source import Source

TITLE = "CloudWatch alarms (DescribeAlarms JSON, or an alarm event of EventBridge or SNS)"
VENDOR = "aws-cloudwatch"
FORMAT = "cloudwatch-alarm"
NO_STATEMENT = ""  # nothing is expected of it but the alarm

DEPTH = 6  # of messages inside messages
MOST_SECONDS = 7 * 86_400  # that an alarm looks back
NANOSECONDS = 1_000_000_000
Json = Mapping[str, object]
_ANY = msgspec.json.Decoder()


def sniff(head: bytes) -> bool:
    """Whether the first bytes are alarms."""
    described = b'"MetricAlarms"' in head or b'"CompositeAlarms"' in head
    event = b"CloudWatch Alarm State Change" in head and b"alarmName" in head
    message = all(key in head for key in (b"AlarmName", b"NewStateValue", b"Trigger"))
    return head.lstrip()[:1] in (b"{", b"[") and (described or event or message)


def read(source: Source) -> Iterator[Alarm]:
    """Every alarm that is in ALARM.

    Raises:
        UserError: no JSON, or an alarm without a time.
    """
    for item in items(source):
        yield from _alarms(decode(item, _ANY, source.label), source, DEPTH)


def _alarms(value: object, source: Source, depth: int) -> Iterator[Alarm]:
    if isinstance(value, list):
        for item in value if depth else ():
            yield from _alarms(item, source, depth - 1)
    if not isinstance(value, dict) or not depth:
        return
    if "StateValue" in value:
        yield from _described(value, source)
    elif "NewStateValue" in value:
        yield from _notified(value, source)
    elif isinstance(detail := value.get("detail"), dict) and "alarmName" in detail:
        yield from _event(detail, source)
    else:
        for name in ("MetricAlarms", "CompositeAlarms", "Records", "Sns"):
            yield from _alarms(value.get(name), source, depth - 1)
        yield from _alarms(_json(value.get("Message")), source, depth - 1)


def _described(alarm: Json, source: Source) -> Iterator[Alarm]:
    metrics = [_dict(_dict(_dict(m).get("MetricStat")).get("Metric")) for m in _list(alarm.get("Metrics"))]
    pairs = [_dict(d) for metric in (alarm, *metrics) for d in _list(metric.get("Dimensions"))]
    dimensions = tuple((str(d.get("Name")), str(d.get("Value"))) for d in pairs)
    when = alarm.get("StateTransitionedTimestamp") or alarm.get("StateUpdatedTimestamp")
    seconds = _number(alarm.get("Period"), 60) * _number(alarm.get("EvaluationPeriods"), 1)
    data = _dict(_json(alarm.get("StateReasonData")))
    yield from _alarm(alarm.get("AlarmName"), alarm.get("StateValue"), dimensions, (when, seconds, data), source)


def _notified(alarm: Json, source: Source) -> Iterator[Alarm]:
    trigger = _dict(alarm.get("Trigger"))
    metrics = [_dict(_dict(_dict(m).get("MetricStat")).get("Metric")) for m in _list(trigger.get("Metrics"))]
    pairs = [_dict(d) for metric in (trigger, *metrics) for d in _list(metric.get("Dimensions"))]
    dimensions = tuple((str(d.get("name")), str(d.get("value"))) for d in pairs)
    seconds = _number(trigger.get("Period"), 60) * _number(trigger.get("EvaluationPeriods"), 1)
    changed = alarm.get("StateChangeTime")
    yield from _alarm(alarm.get("AlarmName"), alarm.get("NewStateValue"), dimensions, (changed, seconds, {}), source)


def _event(detail: Json, source: Source) -> Iterator[Alarm]:
    state = _dict(detail.get("state"))
    stats = [_dict(_dict(m).get("metricStat")) for m in _list(_dict(detail.get("configuration")).get("metrics"))]
    pairs = [d for stat in stats for d in _dict(_dict(stat.get("metric")).get("dimensions")).items()]
    dimensions = tuple((str(name), str(value)) for name, value in pairs)
    seconds = max((_number(stat.get("period"), 60) for stat in stats), default=60.0)
    when = (state.get("timestamp"), seconds, _dict(_json(state.get("reasonData"))))
    yield from _alarm(detail.get("alarmName"), state.get("value"), dimensions, when, source)


def _alarm(
    name: object,
    state: object,
    dimensions: tuple[tuple[str, str], ...],
    when: tuple[object, float, Json],
    source: Source,
) -> Iterator[Alarm]:
    """An alarm in ALARM; `when` is the change of its state, the seconds that it looks back, and the reason's data."""
    if state != "ALARM":
        source.drop("alarm that is not in ALARM")
        return
    changed, seconds, data = when
    if not isinstance(changed, str | float | int):
        raise UserError(f"{source.label}: an alarm has no time of its change; check what wrote the file.")
    end = moment(changed, f"{source.label}: the time of an alarm")
    back = round(min(MOST_SECONDS, max(0.0, seconds)) * NANOSECONDS)
    began = data.get("startDate")
    start = moment(began, f"{source.label}: startDate") if isinstance(began, str) else max(0, end - back)
    yield Alarm(str(name or "unnamed"), tuple(dict.fromkeys(dimensions)), min(start, end), end)


def _json(value: object) -> object:
    """JSON inside a string; nothing for anything else."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return None


def _dict(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _number(value: object, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) and abs(value) < 1e9 else otherwise
