"""Prometheus's `query_range` of request counters: how often each route ran, restarts taken into account.

Counters of the same requests under two names (an instrumentation's old and new one) count once. What a counter held
before its first point is not counted.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import fsum, isfinite

import msgspec

from bot.hotspots.jsontext import documents, part
from bot.hotspots.source import Source
from bot.hotspots.traffic import Traffic
from bot.hotspots.values import LATEST_NS

TITLE = "Prometheus query_range of request counters"
VENDOR = "prometheus"
FORMAT = "query-range"
NO_STATEMENT = ""
NS = 1_000_000_000

COUNTERS = (
    "http_server_request_duration_seconds_count", "http_server_duration_milliseconds_count",  # OpenTelemetry
    "http_requests_total", "starlette_requests_total", "flask_http_request_duration_seconds_count",
    "django_http_requests_total_by_view_transport_method_total",
)  # fmt: skip
ROUTES = ("http_route", "route", "handler", "path", "url_rule")
METHODS = ("http_request_method", "http_method", "method")
SERVICES = ("service_name", "app_name", "app", "service", "job")


class Series(msgspec.Struct):
    """One series: its labels, its points as (seconds, value as text)."""

    metric: dict[str, str]
    values: list[tuple[float, str]]


class Data(msgspec.Struct, rename="camel"):
    """The result."""

    result_type: str = ""
    result: list[msgspec.Raw] = []


class Answer(msgspec.Struct):
    """The answer."""

    data: Data = msgspec.field(default_factory=Data)


_ANSWER = msgspec.json.Decoder(Answer)
_SERIES = msgspec.json.Decoder(Series)


def sniff(head: bytes) -> bool:
    """Whether the first bytes hold a matrix of series."""
    return b'"resultType"' in head and b'"matrix"' in head


def read(source: Source) -> Iterator[Traffic]:
    """The requests of every route or view; other series are left out, a bad one is dropped.

    Raises:
        UserError: no JSON at all.
    """
    counted: dict[tuple[str, str, str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    times: list[float] = []
    for answer in documents(source, _ANSWER):
        for index, raw in enumerate(answer.data.result):
            series = part(raw, _SERIES, source, f"{source.label}: result[{index}]")
            name = series.metric.get("__name__", "") if series else ""
            key = _key(series.metric) if series and name in COUNTERS else None
            if series is not None and series.values and key is not None:
                counted[key][name].append(_increase(series.values))
                times += [t for t, _ in (series.values[0], series.values[-1]) if 0 <= t * NS <= LATEST_NS]
    for (service, method, route, view), names in sorted(counted.items()):
        yield Traffic(
            requests=max(fsum(increases) for increases in names.values()),
            service=service or None,
            method=method or None,
            route=route or None,
            transaction=view or None,
            start_ns=round(min(times) * NS) if times else None,
            end_ns=round(max(times) * NS) if times else None,
        )


def _key(labels: Mapping[str, str]) -> tuple[str, str, str, str] | None:
    """Service, method, route and view; None where neither of the last two is known."""
    route, view = _first(labels, ROUTES), labels.get("view", "")
    if not route and not view:
        return None
    return _first(labels, SERVICES).rpartition("/")[2], _first(labels, METHODS).upper(), route, "" if route else view


def _first(labels: Mapping[str, str], names: Sequence[str]) -> str:
    return next((labels[name] for name in names if labels.get(name)), "")


def _increase(values: Sequence[tuple[float, str]]) -> float:
    """By how much a counter rose; one that falls has started again from nothing."""
    numbers = [number for _, text in values if (number := _number(text)) is not None]
    return fsum(after - before if after >= before else after for before, after in pairwise(numbers))


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) and number >= 0 else None
