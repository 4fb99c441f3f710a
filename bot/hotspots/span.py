"""The one row that every trace reader emits."""

from typing import Literal, NamedTuple

import msgspec

from bot.records import Handler

SpanKind = Literal["server", "consumer", "client", "internal"]


class Code(NamedTuple):
    """Where in the code a span says it was started; `provenance` names the field that said so."""

    file: str
    line: int | None
    function: str | None
    provenance: str


class Span(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One span of any vendor: ids as text, times in integer nanoseconds (since 1970 for the start).

    `weight` is how many requests one sampled request stands for, None where the export does not say. `statement` is the
    text as sent, comments included; `operation` stands in for it where a call has none (an AWS method, a Redis verb).
    `lane` names what does one call at a time (a database session): two calls in it never overlap, however coarse the
    clock of the export.
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    kind: SpanKind
    name: str
    start_ns: int
    duration_ns: int
    service: str | None = None
    environment: str | None = None
    release: str | None = None
    weight: float | None = None
    method: str | None = None
    route: str | None = None
    url: str | None = None
    url_template: str | None = None
    status: int | None = None
    transaction: str | None = None
    handler: Handler | None = None
    db_system: str | None = None
    statement: str | None = None
    rpc_system: str | None = None
    operation: str | None = None
    code: Code | None = None
    lane: str | None = None
