"""Datadog's metrics query (v1) of `trace.<operation>.hits` by `resource_name`: unsampled request counts.

Metric tags spell a resource in lower case, with underscores for what a tag cannot hold: `GET /orders/{id}` is
`get_/orders/_id`. A segment that opens with an underscore is therefore read as a parameter.
"""

import re
from collections.abc import Iterator
from math import fsum

import msgspec

from bot.hotspots.jsontext import documents, part
from bot.hotspots.source import Source
from bot.hotspots.traffic import Traffic
from bot.hotspots.values import LATEST_NS

TITLE = "Datadog metrics query of trace hits (API v1)"
VENDOR = "datadog"
FORMAT = "metrics-v1"
NO_STATEMENT = ""
NS_PER_MS = 1_000_000

_RESOURCE = re.compile(r"([a-z]+)_(/\S*)")
_PARAMETER = re.compile(r"(?<=/)_[^/]*")
_HITS = re.compile(r"trace\.[\w.]+\.hits(?:\.by_\w+)?")


class Series(msgspec.Struct):
    """One series: its tags as "name:value", its points as (milliseconds, value)."""

    metric: str
    pointlist: list[tuple[float, float | None]] = []
    tag_set: list[str] = []
    scope: str = ""


class Answer(msgspec.Struct):
    """The answer, with the window that was asked for, in milliseconds."""

    series: list[msgspec.Raw] = []
    from_date: float | None = None
    to_date: float | None = None


_ANSWER = msgspec.json.Decoder(Answer)
_SERIES = msgspec.json.Decoder(Series)


def sniff(head: bytes) -> bool:
    """Whether the names are those of a series of points."""
    return all(key in head for key in (b'"pointlist"', b'"metric"', b'"tag_set"'))


def read(source: Source) -> Iterator[Traffic]:
    """The requests of every resource; series of other metrics are left out, a bad one is dropped.

    Raises:
        UserError: no JSON at all.
    """
    for answer in documents(source, _ANSWER):
        window = _nanoseconds(answer.from_date), _nanoseconds(answer.to_date)
        for index, raw in enumerate(answer.series):
            series = part(raw, _SERIES, source, f"{source.label}: series[{index}]")
            if series is not None and _HITS.fullmatch(series.metric):
                yield from _traffic(series, window)


def _traffic(series: Series, window: tuple[int | None, int | None]) -> Iterator[Traffic]:
    tags = dict(tag.split(":", 1) for tag in series.tag_set or series.scope.split(",") if ":" in tag)
    resource = tags.get("resource_name", "")
    requests = fsum(value for _, value in series.pointlist if value is not None and 0 <= value < 2**63)
    if not resource or not requests:
        return
    found = _RESOURCE.fullmatch(resource)
    yield Traffic(
        requests=requests,
        service=tags.get("service"),
        method=found[1].upper() if found else None,
        route=_PARAMETER.sub("{}", found[2]) if found else None,
        transaction=None if found else resource,
        start_ns=window[0],
        end_ns=window[1],
    )


def _nanoseconds(milliseconds: float | None) -> int | None:
    known = milliseconds is not None and 0 <= milliseconds * NS_PER_MS <= LATEST_NS
    return round(milliseconds * NS_PER_MS) if known and milliseconds is not None else None
