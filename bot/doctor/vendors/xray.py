"""AWS X-Ray: no switch names a line or a handler; the URL and the statement locate."""

from collections.abc import Iterator

from bot.doctor.check import Check
from bot.doctor.evidence import Evidence

TOPIC = "x-ray"


def is_used(evidence: Evidence) -> bool:
    """Package or import."""
    return evidence.has("aws-xray-sdk") or "aws_xray_sdk" in evidence.imports


def examine(evidence: Evidence) -> Iterator[Check]:
    """Lines, statements."""
    yield Check(
        TOPIC,
        "advice",
        "exact lines: X-Ray has no switch for them; the URL finds the route, the statement the query",
        "for exact lines record the tests (`costmod record -- pytest`) or send spans through OpenTelemetry",
    )
    configured = evidence.call("aws_xray_sdk.core.xray_recorder.configure")
    if configured and configured.keywords.get("stream_sql") is False:
        yield Check(TOPIC, "missing", "statements: stream_sql is False", "xray_recorder.configure(stream_sql=True)")
    else:
        yield Check(TOPIC, "ok", "statements are captured where the database is patched")
    yield Check(
        TOPIC,
        "advice",
        "the sampling rule's rate is not in the documents",
        "set requests-per-month, or give request counts of the load balancer",
    )
