"""Datadog: spans name the handler; the profiler names the lines."""

from collections.abc import Iterator

from bot.doctor.check import Check
from bot.doctor.evidence import Evidence
from bot.doctor.vendors import is_on

TOPIC = "datadog"


def is_used(evidence: Evidence) -> bool:
    """Package, launcher or import."""
    return evidence.has("ddtrace") or "ddtrace-run" in evidence.launchers or "ddtrace" in evidence.imports


def examine(evidence: Evidence) -> Iterator[Check]:
    """The switches of ddtrace."""
    get = evidence.settings.get
    starts = "ddtrace-run" in evidence.launchers or "ddtrace" in evidence.imports
    if starts:
        yield Check(TOPIC, "ok", "the tracer is started; its spans carry the statements")
    else:
        yield Check(TOPIC, "missing", "nothing starts the tracer", "start the app by `ddtrace-run COMMAND`")
    profiled = is_on(get("DD_PROFILING_ENABLED")) or evidence.call("ddtrace.profiling.Profiler") is not None
    if profiled and get("DD_PROFILING_OUTPUT_PPROF"):
        yield Check(TOPIC, "ok", "the profiler writes pprof files, which name the exact lines")
    else:
        yield Check(
            TOPIC,
            "missing",
            "exact lines: spans name the handler only" + (", and the profiler writes no files" if profiled else ""),
            ("" if profiled else "DD_PROFILING_ENABLED=true and ")
            + "DD_PROFILING_OUTPUT_PPROF=/tmp/pprof/app; give the files to costmod beside the traces",
        )
    if is_on(get("DD_CODE_ORIGIN_FOR_SPANS_ENABLED"), default=True):
        yield Check(TOPIC, "ok", "code origin is on: the handler's file is named")
    else:
        yield Check(TOPIC, "missing", "the handler: code origin is off", "DD_CODE_ORIGIN_FOR_SPANS_ENABLED=true")
    rate = get("DD_TRACE_SAMPLE_RATE")
    if rate or get("DD_TRACE_SAMPLING_RULES"):
        yield Check(TOPIC, "ok", "sampling is set; spans carry its weight")
    else:
        yield Check(
            TOPIC,
            "advice",
            "the agent samples by its own rates",
            "export request counts too (spans aggregate), so that the volume is not a guess",
        )
