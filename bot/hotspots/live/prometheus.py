"""Prometheus: how often routes ran, from the counters of OpenTelemetry and of the exporters for web frameworks."""

import re

from bot.hotspots.live.access import Access, Environment, address, bearer, optional, secret
from bot.hotspots.live.exchange import Conversation, Question, get, quoted
from bot.hotspots.live.session import Vendor
from bot.hotspots.readers.prometheus import COUNTERS

VENDOR = Vendor(
    "Prometheus", "a token in PROMETHEUS_TOKEN, or a user and password in PROMETHEUS_URL, where it is protected"
)
VOLUME_S = 7 * 86_400
POINTS = 1_000  # of one series; a server refuses 11 000
LEAST_STEP_S = 60
SERVICE_LABELS = ("service_name", "job", "app", "service")


def access(environment: Environment) -> Access:
    """The address, and what opens it, if anything has to."""
    token = secret(environment, "PROMETHEUS_TOKEN") if optional(environment, "PROMETHEUS_TOKEN") else None
    return bearer(address(environment, "PROMETHEUS_URL"), token)


def ask(question: Question, where: Access) -> Conversation:
    """One call: the counters over a week or more."""
    start = min(question.start_s, question.end_s - VOLUME_S)
    step = max(LEAST_STEP_S, -(-(question.end_s - start) // POINTS))
    names = f"__name__=~{quoted('|'.join(COUNTERS))}"
    selector = f"{{{names}}}"
    if question.service:
        matched = quoted(f"(.+/)?{re.escape(question.service)}")
        selector = " or ".join(f"{{{names},{label}=~{matched}}}" for label in SERVICE_LABELS)
    query = {"query": selector, "start": start, "end": question.end_s, "step": step}
    yield get("requests", f"{where.base}/api/v1/query_range", query, keep=True)
