"""Jaeger's query service: the latest traces of a service, in windows that end where the one before began."""

import msgspec

from bot.hotspots.live.access import Access, Environment, address, bearer, optional, secret
from bot.hotspots.live.exchange import Conversation, Question, decoded, get
from bot.hotspots.live.session import Vendor

VENDOR = Vendor("Jaeger", "a token in JAEGER_TOKEN, or a user and password in JAEGER_URL, where it is protected")
TRACES = 100  # of one answer
WINDOWS = 5  # of one service
SERVICES = 10
MICROSECONDS = 1_000_000


class Span(msgspec.Struct):
    """When a span began, in microseconds."""

    start: int = msgspec.field(name="startTime", default=0)


class Trace(msgspec.Struct):
    """A trace."""

    spans: list[Span] = []


class Traces(msgspec.Struct):
    """The answer."""

    data: list[Trace] | None = None


class Services(msgspec.Struct):
    """The answer to which services there are."""

    data: list[str] | None = None


def access(environment: Environment) -> Access:
    """The address, and what opens it, if anything has to."""
    token = secret(environment, "JAEGER_TOKEN") if optional(environment, "JAEGER_TOKEN") else None
    return bearer(address(environment, "JAEGER_URL"), token)


def ask(question: Question, where: Access) -> Conversation:
    """The calls: the services, where none is named, then up to five windows of each."""
    services = [question.service] if question.service else []
    if not services:
        answer = yield get("services", f"{where.base}/api/services")
        services = sorted(decoded(answer, Services, VENDOR.title).data or [])[:SERVICES]
    start = question.start_s * MICROSECONDS
    for service in services:
        end = question.end_s * MICROSECONDS
        for _ in range(WINDOWS):
            query = {"service": service, "start": start, "end": end, "limit": TRACES}
            answer = yield get("traces", f"{where.base}/api/traces", query, keep=True)
            traces = decoded(answer, Traces, VENDOR.title).data or []
            begun = min((span.start for trace in traces for span in trace.spans), default=start)
            if len(traces) < TRACES or begun >= end or begun <= start:
                break
            end = begun
