"""A span as Datadog's tracer writes it, to the one row; the agent's files and two of the vendor's answers hold it.

The SQL text is the `resource` of a `sql` span; ids are decimal. Source: the ddtrace tracer and ddapm-test-agent.
"""

from collections.abc import Mapping
from math import prod

import msgspec

from bot.hotspots.span import Code, Span, SpanKind
from bot.hotspots.values import hexadecimal, is_project_file, nanoseconds, small_number
from bot.records import Handler

NO_STATEMENT = "stop the tracer or agent from replacing the `resource` of sql spans"
ORIGIN = "_dd.code_origin.frames.0"
SAMPLING_STAGES = ("_sample_rate", "_dd.rule_psr", "_dd.limit_psr", "_dd.agent_psr")
LOWEST_RATE = 1e-9  # below it, and above 1, a number is no sampling rate
KINDS: dict[str, SpanKind] = {"server": "server", "consumer": "consumer", "client": "client", "producer": "internal"}
KIND_OF_TYPE: dict[str, SpanKind] = {"web": "server", "serverless": "server", "worker": "consumer"}
CALL_TYPES = frozenset({"sql", "http", "redis", "memcached", "mongodb", "cassandra", "elasticsearch", "cache", "db"})
DATABASE_TYPES = CALL_TYPES - {"http", "cache", "db"}


class AgentSpan(msgspec.Struct, gc=False):
    """A span as the tracer sends it to the agent; `start` and `duration` are nanoseconds."""

    trace_id: int | str
    span_id: int | str
    start: int | str
    duration: int | str
    name: str = ""
    resource: str | None = None
    service: str | None = None
    parent_id: int | str | None = None
    type: str | None = None
    meta: dict[str, str | int | float | bool | None] | None = None
    metrics: dict[str, float | None] | None = None


def row(span: AgentSpan, where: str) -> Span:
    """The row of a span; `where` names the file and the item in an error.

    Raises:
        UserError: an id or a time that is none.
    """
    meta = {key: str(value) for key, value in (span.meta or {}).items() if value not in (None, "")}
    kind = KINDS.get(meta.get("span.kind", "")) or _kind_of_type(span.type)
    return Span(
        trace_id=hexadecimal(span.trace_id, f"{where}: trace_id"),  # the high half stands on one span of a trace only
        span_id=hexadecimal(span.span_id, f"{where}: span_id"),
        parent_id=hexadecimal(span.parent_id, f"{where}: parent_id") if span.parent_id not in (None, 0, "0") else None,
        kind=kind,
        name=span.name,
        start_ns=nanoseconds(span.start, f"{where}: start"),
        duration_ns=nanoseconds(span.duration, f"{where}: duration"),
        service=meta.get("_dd.base_service") or span.service,
        environment=meta.get("env"),
        release=meta.get("version"),
        weight=_weight(span.metrics or {}),
        method=meta.get("http.method"),
        route=meta.get("http.route"),
        url=meta.get("http.url"),
        status=small_number(meta.get("http.status_code")),
        transaction=None if kind == "client" else _transaction(span, meta),
        handler=_handler(span, meta),
        db_system=_database(span, meta),
        statement=_statement(span),
        rpc_system="aws-api" if "aws.operation" in meta else None,
        operation=meta.get("aws.operation") or span.name.rpartition(".")[2],
        code=_code(meta),
    )


def _kind_of_type(span_type: str | None) -> SpanKind:
    return "client" if span_type in CALL_TYPES else KIND_OF_TYPE.get(span_type or "", "internal")


def _transaction(span: AgentSpan, meta: Mapping[str, str]) -> str | None:
    return meta.get("flask.endpoint") or meta.get("django.view") or span.resource


def _handler(span: AgentSpan, meta: Mapping[str, str]) -> Handler | None:
    if meta.get("_dd.code_origin.type") == "entry" and f"{ORIGIN}.method" in meta:
        return Handler(
            module=meta.get(f"{ORIGIN}.type"),
            qualname=meta[f"{ORIGIN}.method"],
            file=meta.get(f"{ORIGIN}.file"),
            line=small_number(meta.get(f"{ORIGIN}.line")),
        )
    if span.name == "django.view" and span.resource:
        module, _, name = span.resource.rpartition(".")
        return Handler(module=module or None, qualname=name)
    return None


def _code(meta: Mapping[str, str]) -> Code | None:
    """The line of an exit span; on an entry span the origin is the handler, never the line of a query."""
    file = meta.get(f"{ORIGIN}.file")
    if not file or meta.get("_dd.code_origin.type") != "exit" or not is_project_file(file):
        return None
    function = ".".join(filter(None, (meta.get(f"{ORIGIN}.type"), meta.get(f"{ORIGIN}.method"))))
    return Code(file, small_number(meta.get(f"{ORIGIN}.line")), function or None, f"datadog.{ORIGIN}")


def _database(span: AgentSpan, meta: Mapping[str, str]) -> str | None:
    if "db.system" in meta:
        return meta["db.system"]
    if span.type == "sql":
        return "other_sql"
    return span.type if span.type in DATABASE_TYPES else None


def _statement(span: AgentSpan) -> str | None:
    """The resource, where it is a statement: fetch spans repeat the text of the query they belong to."""
    text = span.resource or ""
    if span.type not in DATABASE_TYPES or ".fetch" in span.name or text == span.name or " " not in text.strip():
        return None
    return None if text.startswith("Non-parsable SQL") else text


def _weight(metrics: Mapping[str, float | None]) -> float | None:
    """One over the product of the sampling stages that left a rate; None where none did, or no possible one."""
    rates = [rate for stage in SAMPLING_STAGES if (rate := metrics.get(stage)) is not None]
    if not rates or not all(LOWEST_RATE <= rate <= 1 for rate in rates):
        return None
    return 1 / prod(rates)
