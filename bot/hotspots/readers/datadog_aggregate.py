"""Datadog's v2 spans aggregate: request counts by resource, `{"data": [{"type": "bucket", "attributes": {...}}]}`.

The answer does not say what it computed nor over which window: `c0` is taken as the count, `c1` as the sum and `c2` as
the 99th percentile of `@duration`, the order in which costmod asks. The spans counted are those that retention filters
kept, so a count is a lower bound.
"""

import re
from collections.abc import Iterator

import msgspec

from bot.hotspots.jsontext import documents, part
from bot.hotspots.source import Source
from bot.hotspots.traffic import Traffic

TITLE = "Datadog spans aggregate (API v2)"
VENDOR = "datadog"
FORMAT = "aggregate-v2"
NO_STATEMENT = ""
LOWER_BOUND = "Datadog counts retained spans only, so its number of requests is a lower bound"

_RESOURCE = re.compile(r"([A-Z]+) (\S+)")


class Bucket(msgspec.Struct):
    """One group: what it is grouped by, and the numbers in the order of the question."""

    by: dict[str, str | int | float | None] = {}
    compute: dict[str, object] = {}


class Item(msgspec.Struct):
    """One item of the answer."""

    attributes: Bucket


class Answer(msgspec.Struct):
    """One page of the answer."""

    data: list[msgspec.Raw] = []


_ANSWER = msgspec.json.Decoder(Answer)
_ITEM = msgspec.json.Decoder(Item)
_TYPE = re.compile(rb'"type"\s*:\s*"bucket"')


def sniff(head: bytes) -> bool:
    """Whether items of the type `bucket` hold computed values."""
    return _TYPE.search(head) is not None and b'"compute"' in head


def read(source: Source) -> Iterator[Traffic]:
    """The requests of every resource that is a route or a task; a bad item is dropped.

    Raises:
        UserError: no JSON at all.
    """
    source.note(LOWER_BOUND)
    for answer in documents(source, _ANSWER):
        for index, raw in enumerate(answer.data):
            item = part(raw, _ITEM, source, f"{source.label}: data[{index}]")
            if item is not None and (traffic := _traffic(item.attributes, source)) is not None:
                yield traffic


def _traffic(bucket: Bucket, source: Source) -> Traffic | None:
    requests = _number(bucket.compute.get("c0"))
    if requests is None or not requests.is_integer():
        source.drop("a bucket without a count in c0")
        return None
    resource = str(bucket.by.get("resource_name") or "")
    method, route = found.groups() if (found := _RESOURCE.fullmatch(resource)) else (None, None)
    if route == "404" or (route is None and (not resource or " " in resource)):  # unrouted, or SQL and the like
        return None
    total, p99 = _number(bucket.compute.get("c1")), _number(bucket.compute.get("c2"))
    service = bucket.by.get("service")
    return Traffic(
        requests=requests,
        service=str(service) if service else None,
        method=method,
        route=route,
        transaction=None if route else resource,
        basis="log",
        total_ns=None if total is None else round(total),
        p99_ns=None if p99 is None else round(p99),
    )


def _number(value: object) -> float | None:
    known = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 2**63
    return float(value) if known and isinstance(value, int | float) else None
