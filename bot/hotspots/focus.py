"""An alarm says when and where to look, not at what: it narrows a reading to one service and a window of time."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple


class Alarm(NamedTuple):
    """An alarm that went off: its dimensions (name, value), and when, in nanoseconds since 1970."""

    name: str
    dimensions: tuple[tuple[str, str], ...]
    start_ns: int
    end_ns: int


class Focus(NamedTuple):
    """The requests that an alarm is about; `reason` names the alarm."""

    service: str
    start_ns: int
    end_ns: int
    reason: str


def focus_of(alarms: Iterable[Alarm], services: Mapping[str, str]) -> tuple[tuple[Focus, ...], tuple[str, ...]]:
    """What the alarms are about, and a sentence for each of which that is not known.

    `services` maps a dimension, written "Name=Value", to a service, as `[tool.costmod.alarm-services]` does.
    """
    found: list[Focus] = []
    unknown: list[str] = []
    for alarm in sorted(set(alarms)):
        names = [f"{name}={value}" for name, value in alarm.dimensions]
        known = sorted({services[name] for name in names if name in services})
        found += [Focus(s, alarm.start_ns, alarm.end_ns, f'the alarm "{alarm.name}"') for s in known]
        if not known:
            which = " or ".join(f'"{name}"' for name in names) or "a dimension, of which it has none"
            where = "[tool.costmod.alarm-services]"
            unknown.append(f'the alarm "{alarm.name}" narrows nothing: name the service of {which} in {where}')
    return tuple(found), tuple(unknown)


def in_focus(focus: Sequence[Focus], service: str | None, start_ns: int | None, end_ns: int | None) -> bool:
    """Whether something that ran from `start_ns` to `end_ns` is what an alarm is about; what is unknown can be."""
    return not focus or any(
        service in (None, one.service)
        and (start_ns is None or start_ns <= one.end_ns)
        and (end_ns is None or end_ns >= one.start_ns)
        for one in focus
    )
