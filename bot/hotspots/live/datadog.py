"""Datadog: which resources cost most, a few whole traces of each, and how often each runs, unsampled.

The number of requests comes from the trace metrics of a week or more: a count of spans counts what retention kept.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from bot.hotspots.live.access import Access, Environment, checked, optional, secret
from bot.hotspots.live.exchange import Conversation, Question, decoded, get, post, quoted
from bot.hotspots.live.session import Vendor

VENDOR = Vendor(
    "Datadog", "DD_API_KEY and DD_APP_KEY of the site DD_SITE, with the scopes apm_read and timeseries_query"
)
SITE = "datadoghq.com"
RESOURCES = 10
TRACES = 3  # of each resource
PAGE = 25
PAGES = 3  # of one search
OPERATIONS = 3
VOLUME_S = 7 * 86_400
LOST = frozenset({404})  # a trace that is kept no longer
ENTRIES = "type:(web OR worker)"
_SITE = re.compile(r"[a-z0-9.-]+")
_OPERATION = re.compile(r"[A-Za-z0-9_.]+")


class Bucket(msgspec.Struct):
    """One resource of a service."""

    by: Mapping[str, str | int | float | None] = {}


class Span(msgspec.Struct):
    """The attributes of a span that was found."""

    trace_id: str = ""
    custom: Mapping[str, object] = {}


class BucketItem(msgspec.Struct):
    """An item of an aggregate."""

    attributes: Bucket


class SpanItem(msgspec.Struct):
    """An item of a search."""

    attributes: Span


class Page(msgspec.Struct):
    """Where the next page starts."""

    after: str | None = None


class Meta(msgspec.Struct):
    """What stands beside the data."""

    page: Page = msgspec.field(default_factory=Page)


class Buckets(msgspec.Struct):
    """The answer of an aggregate."""

    data: list[BucketItem] = []


class Spans(msgspec.Struct):
    """The answer of a search."""

    data: list[SpanItem] = []
    meta: Meta = msgspec.field(default_factory=Meta)


def access(environment: Environment) -> Access:
    """The keys, and the address of the site."""
    key = secret(environment, "DD_API_KEY", "DATADOG_API_KEY")
    application = secret(environment, "DD_APP_KEY", "DD_APPLICATION_KEY", "DATADOG_APP_KEY")
    site = optional(environment, "DD_SITE", "DATADOG_SITE") or SITE
    host = optional(environment, "DATADOG_HOST") or (f"https://api.{site}" if _SITE.fullmatch(site) else "")
    base = checked(host, "DATADOG_HOST or DD_SITE").rstrip("/")
    return Access(base, {"DD-API-KEY": key, "DD-APPLICATION-KEY": application}, (key, application))


def ask(question: Question, where: Access) -> Conversation:
    """The calls: an aggregate, then a search and up to three traces for each resource, then the metrics."""
    base = where.base
    window = {"from": _time(question.start_s), "to": _time(question.end_s)}
    services = f"service:{quoted(question.service)} {ENTRIES}" if question.service else ENTRIES
    dearest = {"type": "measure", "aggregation": "sum", "metric": "@duration", "order": "desc"}
    computed = [{"aggregation": "count", "type": "total"}]
    computed += [{"aggregation": name, "metric": "@duration", "type": "total"} for name in ("sum", "pc99")]
    groups = [{"facet": name, "limit": RESOURCES, "sort": dearest} for name in ("service", "resource_name")]
    aggregate = {"filter": {**window, "query": services}, "compute": computed, "group_by": groups}
    answer = yield post("aggregate", f"{base}/api/v2/spans/analytics/aggregate", _data("aggregate_request", aggregate),
                        keep=True)  # fmt: skip
    operations: dict[str, None] = {}
    for item in decoded(answer, Buckets, VENDOR.title).data[:RESOURCES]:
        by = item.attributes.by
        names = " ".join(f"{name}:{quoted(str(by[name]))}" for name in ("service", "resource_name") if by.get(name))
        found: dict[str, None] = {}
        cursor: str | None = None
        for _ in range(PAGES):
            page = {"limit": PAGE} | ({"cursor": cursor} if cursor else {})
            search = {"filter": {**window, "query": f"{names} {ENTRIES}"}, "sort": "-timestamp", "page": page}
            answer = yield post("search", f"{base}/api/v2/spans/events/search", _data("search_request", search))
            spans = decoded(answer, Spans, VENDOR.title)
            found |= dict.fromkeys(span.attributes.trace_id for span in spans.data if span.attributes.trace_id)
            named = (str(span.attributes.custom.get("operation_name", "")) for span in spans.data)
            operations |= dict.fromkeys(name for name in named if _OPERATION.fullmatch(name))
            cursor = spans.meta.page.after
            if len(found) >= TRACES or not cursor:
                break
        for trace in list(found)[:TRACES]:
            if trace.isalnum():
                yield get("trace", f"{base}/api/v2/trace/{trace}", keep=True, without=LOST)
    scope = f"service:{_tag(question.service)}" if question.service else "*"
    for operation in list(operations)[:OPERATIONS]:
        query = f"sum:trace.{operation}.hits{{{scope}}} by {{service,resource_name}}.as_count()"
        start = min(question.start_s, question.end_s - VOLUME_S)
        yield get("hits", f"{base}/api/v1/query", {"from": start, "to": question.end_s, "query": query}, keep=True,
                  without=LOST)  # fmt: skip


def _data(kind: str, attributes: object) -> object:
    return {"data": {"type": kind, "attributes": attributes}}


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _tag(service: str) -> str:
    """A service as tags spell it: lower case, other characters as underscores."""
    return re.sub(r"[^a-z0-9_:./-]", "_", service.lower())
