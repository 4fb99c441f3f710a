"""New Relic: backtraces of slow SQL and slow transactions name the line, above thresholds."""

import configparser
from collections.abc import Iterator

from bot.doctor.check import Check
from bot.doctor.evidence import Evidence

TOPIC = "newrelic"
_SECTION = "newrelic"
_THRESHOLDS = ("transaction_tracer.stack_trace_threshold", "transaction_tracer.explain_threshold")


def is_used(evidence: Evidence) -> bool:
    """Package, launcher, import or settings file."""
    found = evidence.has("newrelic") or "newrelic-admin" in evidence.launchers
    return found or "newrelic" in evidence.imports or "newrelic.ini" in evidence.texts


def examine(evidence: Evidence) -> Iterator[Check]:
    """The agent's settings file."""
    started = "newrelic-admin" in evidence.launchers or evidence.call("newrelic.agent.initialize") is not None
    if started:
        yield Check(TOPIC, "ok", "the agent is started")
    else:
        yield Check(
            TOPIC, "missing", "nothing starts the agent", "start the app by `newrelic-admin run-program COMMAND`"
        )
    settings = _settings(evidence.texts.get("newrelic.ini", ""))
    high = [name for name in _THRESHOLDS if not _is_zero(settings.get(name))]
    if high:
        yield Check(
            TOPIC,
            "missing",
            "exact lines: backtraces start at 0.5 s by default",
            "in newrelic.ini: " + ", ".join(f"{name} = 0" for name in high),
        )
    else:
        yield Check(TOPIC, "ok", "slow SQL of any duration has a backtrace, which names the exact line")
    if settings.get("transaction_tracer.record_sql", "obfuscated").strip().lower() == "off":
        yield Check(
            TOPIC,
            "missing",
            "statements: record_sql is off",
            "transaction_tracer.record_sql = obfuscated in newrelic.ini",
        )
    else:
        yield Check(TOPIC, "ok", "statements are captured, without values")
    yield Check(
        TOPIC,
        "advice",
        "spans are sampled without a weight",
        "export Transaction counts too (NRQL: SELECT count(*), sum(duration) FACET name)",
    )


def _settings(text: str) -> dict[str, str]:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return {}
    return dict(parser.items(_SECTION)) if parser.has_section(_SECTION) else {}


def _is_zero(value: str | None) -> bool:
    try:
        return value is not None and float(value) == 0
    except ValueError:
        return False
