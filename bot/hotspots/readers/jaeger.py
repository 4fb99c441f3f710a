"""Jaeger traces as its query service and UI give them: `{"data": [{"spans": [...], "processes": {...}}]}`.

Tags are those of OpenTelemetry or OpenTracing. Source: Jaeger's internal/uimodel.
"""

import re
from collections.abc import Iterator

import msgspec

from bot.errors import UserError
from bot.hotspots import semconv
from bot.hotspots.jsontext import documents, part
from bot.hotspots.mending import Records
from bot.hotspots.semconv import Attributes, Core
from bot.hotspots.source import Source
from bot.hotspots.span import Span
from bot.hotspots.values import low_half, microseconds

TITLE = "Jaeger traces JSON (query service, UI)"
VENDOR = "jaeger"
FORMAT = "query-json"
NO_STATEMENT = semconv.NO_STATEMENT


class Tag(msgspec.Struct, gc=False):
    """A tag; its type says how the value is written, and the value shows it too."""

    key: str
    value: str | int | float | bool | None = None


class Reference(msgspec.Struct, rename={"ref_type": "refType", "trace_id": "traceID", "span_id": "spanID"}):
    """A link to the parent, or to a span that this one follows from."""

    span_id: str
    trace_id: str | None = None
    ref_type: str = "CHILD_OF"


class JaegerSpan(
    msgspec.Struct,
    rename={
        "trace_id": "traceID",
        "span_id": "spanID",
        "parent_span_id": "parentSpanID",
        "operation_name": "operationName",
        "start_time": "startTime",
        "process_id": "processID",
    },
):
    """A span; times are microseconds."""

    trace_id: str
    span_id: str
    start_time: int
    duration: int
    operation_name: str = ""
    references: list[Reference] | None = None
    parent_span_id: str | None = None
    tags: list[Tag] | None = None
    process_id: str | None = None


class Process(msgspec.Struct, rename={"service_name": "serviceName"}):
    """What sent the spans."""

    service_name: str = ""
    tags: list[Tag] | None = None


class Trace(msgspec.Struct):
    """One trace; its spans stay text, so that a bad one can be dropped alone."""

    spans: list[msgspec.Raw] = []
    processes: dict[str, Process] = {}


class Answer(msgspec.Struct):
    """The answer of the query service, or one trace by itself."""

    data: list[msgspec.Raw] | None = None
    spans: list[msgspec.Raw] = []
    processes: dict[str, Process] = {}


_ANSWER = msgspec.json.Decoder(Answer)
_TRACE = msgspec.json.Decoder(Trace)
_SPAN = msgspec.json.Decoder(JaegerSpan)
LOWEST_RATE = 1e-9  # below it, and above 1, a number is no sampling rate
_CHILD = re.compile("child.?of", re.IGNORECASE)


def sniff(head: bytes) -> bool:
    """Whether the spans have Jaeger's names."""
    return all(key in head for key in (b'"spanID"', b'"operationName"', b'"startTime"'))


def read(source: Source) -> Iterator[Span]:
    """Every span of the stream; a bad trace or span is dropped.

    Raises:
        UserError: no JSON at all.
    """
    for answer in documents(source, _ANSWER, records=Records((b'"data"',))):
        if answer.data is None:
            yield from _spans(Trace(answer.spans, answer.processes), source)
        for raw in answer.data or []:
            trace = part(raw, _TRACE, source, f"{source.label}: a trace")
            yield from _spans(trace or Trace(), source)


def _spans(trace: Trace, source: Source) -> Iterator[Span]:
    resources = {name: _resource(process) for name, process in trace.processes.items()}
    for raw in trace.spans:
        span = part(raw, _SPAN, source, f"{source.label}: a span")
        if span is not None:
            try:
                yield _row(span, resources.get(span.process_id or "", {}))
            except UserError as error:
                source.drop("a span without a valid time or id", UserError(f"{source.label}: {error}"))


def _resource(process: Process) -> Attributes:
    return _attributes(process.tags) | ({"service.name": process.service_name} if process.service_name else {})


def _attributes(tags: list[Tag] | None) -> Attributes:
    return semconv.stable((tag.key, tag.value) for tag in tags or [])


def _row(span: JaegerSpan, resource: Attributes) -> Span:
    attributes = _attributes(span.tags)
    core = Core(
        low_half(span.trace_id, "traceID"),
        low_half(span.span_id, "spanID"),
        _parent(span),
        semconv.kind_of(attributes.get("span.kind", "")),
        span.operation_name,
        microseconds(span.start_time, "startTime"),
        microseconds(span.duration, "duration"),
    )
    row = semconv.row(core, attributes, resource, attributes.get("w3c.tracestate"))
    return row if row.weight is not None else msgspec.structs.replace(row, weight=_weight(attributes))


def _weight(attributes: Attributes) -> float | None:
    """One over the probability with which Jaeger's own client sampled the trace."""
    if attributes.get("sampler.type") == "const":
        return 1.0
    try:
        rate = float(attributes["sampler.param"]) if attributes.get("sampler.type") == "probabilistic" else 0.0
    except (KeyError, ValueError):
        return None
    return 1 / rate if LOWEST_RATE <= rate <= 1 else None


def _parent(span: JaegerSpan) -> str | None:
    """The span of the same trace that this one is a child of, else the one that it follows from."""
    own = [link for link in span.references or [] if link.trace_id in (None, span.trace_id)]
    own.sort(key=lambda link: _CHILD.fullmatch(link.ref_type) is None)
    found = own[0].span_id if own else span.parent_span_id
    return low_half(found, "spanID") if found and found.strip("0") else None
