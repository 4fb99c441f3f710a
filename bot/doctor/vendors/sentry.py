"""Sentry: spans name their line when they are slow; at 0 ms all of them do."""

from collections.abc import Iterator

from bot.doctor.calls import Call
from bot.doctor.check import Check
from bot.doctor.evidence import Evidence

TOPIC = "sentry"
_SOURCES = {"db_query_source_threshold_ms": "queries", "http_request_source_threshold_ms": "outbound requests"}
_DEFAULT_MS = 100


def is_used(evidence: Evidence) -> bool:
    """Package or import."""
    return evidence.has("sentry-sdk") or "sentry_sdk" in evidence.imports


def examine(evidence: Evidence) -> Iterator[Check]:
    """What `sentry_sdk.init` is given."""
    init = evidence.call("sentry_sdk.init")
    if init is None:
        yield Check(
            TOPIC, "missing", "no call of sentry_sdk.init was found", "call sentry_sdk.init where the app starts"
        )
        return
    place = f"sentry_sdk.init in {init.path}:{init.line}"
    missing = [name for name in _SOURCES if not _is_zero(init, name)]
    for name in missing:
        value = init.keywords.get(name, _DEFAULT_MS)
        shown = f"{value} ms" if value is not None else "a value that only a run knows"
        state = "may hide" if init.open or value is None else "hides"
        yield Check(
            TOPIC,
            "advice" if state == "may hide" else "missing",
            f"exact lines of {_SOURCES[name]}: {name} is {shown} and {state} those that repeat quickly",
            f"{name}=0 in {place}",
        )
    if not missing:
        yield Check(TOPIC, "ok", f"every query and outbound request names its line ({place})")
    yield _sampling(init, evidence, place)


def _sampling(init: Call, evidence: Evidence, place: str) -> Check:
    traced = "traces_sample_rate" in init.keywords or "traces_sampler" in init.keywords
    if not traced and not init.open and "SENTRY_TRACES_SAMPLE_RATE" not in evidence.settings:
        return Check(TOPIC, "missing", "tracing is off: there are no spans", f"traces_sample_rate=0.1 in {place}")
    if init.keywords.get("traces_sample_rate") == 0:
        return Check(TOPIC, "missing", "traces_sample_rate is 0: there are no spans", f"a rate above 0 in {place}")
    return Check(TOPIC, "ok", "tracing is on; transactions carry their sampling rate, spans their statements")


def _is_zero(init: Call, name: str) -> bool:
    value = init.keywords.get(name, _DEFAULT_MS)
    return isinstance(value, int | float) and value == 0
