"""What New Relic's span events mean, whether an agent sent them or NRQL returned them as flat rows.

The agent masks quoted text in statements; where a database quotes identifiers, whole tables are gone (`FROM ?`). The
table is known apart, as the span's collection, and put back, so that two tables do not become one statement.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from msgspec.structs import replace

from bot.errors import UserError
from bot.hotspots.items import kept
from bot.hotspots.masked import masked_url
from bot.hotspots.moments import moment
from bot.hotspots.source import Source
from bot.hotspots.span import Code, Span, SpanKind
from bot.hotspots.values import is_project_file, small_number
from bot.records import Handler

NO_STATEMENT = "set `transaction_tracer.record_sql` of the agent to obfuscated"

Row = Mapping[str, object]
Lines = Mapping[tuple[str, str], Code]  # (transaction, statement) -> where the statement is issued
HIGHEST = 1e18
CLOCK_NS = 1_000_000  # the start of an event is cut to milliseconds, its duration is not
KINDS: dict[str, SpanKind] = {"datastore": "client", "http": "client"}
SYSTEMS = {"postgres": "postgresql"}
_HIDDEN_TABLE = re.compile(r"(\b(?:from|into|update)\s+)\?(?:\.\?)?(?![\w.])", re.I)
_LAST_WORD = re.compile(r"[^\s,]*$")
_FUNCTION = re.compile(r"(?:Web|Other)Transaction/Function/(?:(?P<module>[\w.]+):)?(?P<name>[\w.<>]+)")


def spans_of(rows: Sequence[Row], lines: Lines, source: Source) -> Iterator[Span]:
    """The rows as spans: the handler from the transaction's name, its file from the span inside that names it too."""
    names = {text(row, "transactionId"): transaction for row in rows if (transaction := text(row, "transaction.name"))}
    handlers = {text(row, "name"): code for row in rows if (code := _own_code(row))}
    siblings: dict[tuple[str, str | None], list[Span]] = defaultdict(list)
    for row in rows:
        if not text(row, "guid", "id") or not text(row, "traceId", "trace.id"):
            error = UserError(f"{source.label}: a span has no id or no trace; check what wrote the file.")
            source.drop("span without an id or a trace", error)
            continue
        transaction = text(row, "transaction.name") or names.get(text(row, "transactionId"), "")
        for span in kept(partial(_span, row, transaction, handlers, lines, source.label), source):
            if span.kind == "client":
                siblings[span.trace_id, span.parent_id].append(span)
            else:
                yield span
    for calls in siblings.values():
        yield from _one_after_the_other(calls)


def statement_of(sql: str, collection: str | None) -> str:
    """A statement with its first table put back where it was masked, and completed up to it where it was cut short."""
    if not collection or re.search(rf"(?<!\w){re.escape(collection)}(?!\w)", sql):
        return sql
    if sql.endswith("...") and not re.search(r"\bfrom\b", sql, re.I):
        return f"{_LAST_WORD.sub('', sql[:-3]).rstrip(' ,')} FROM {collection}"
    return _HIDDEN_TABLE.sub(lambda found: found[1] + collection, sql, count=1)


def handler_of(transaction: str) -> Handler | None:
    """The function that a transaction is named after: `WebTransaction/Function/shop.views:list_orders`."""
    found = _FUNCTION.fullmatch(transaction)
    return Handler(module=found["module"], qualname=found["name"]) if found else None


def short_name(transaction: str) -> str | None:
    """A transaction's name without its category: `shop.views:list_orders`, the name of a Celery task."""
    return transaction.split("/", 2)[-1] or None


def collection_of(metric: str) -> str | None:
    """The table in a metric name: `Datastore/statement/SQLite/orders/select`."""
    parts = metric.split("/")
    return parts[-2] if metric.startswith("Datastore/statement/") and len(parts) >= 5 else None


def text(row: Row, *names: str) -> str | None:
    """The first of the named values that is there, as text."""
    found = next((row[name] for name in names if row.get(name) not in (None, "")), None)
    if isinstance(found, float) and found.is_integer():
        found = int(found)
    return str(found) if isinstance(found, str | int | float) else None


def number(row: Row, *names: str) -> float | None:
    """The first of the named values that is a number below a million million million, or text that says one."""
    for name in names:
        try:
            value = float(row[name])  # type: ignore[arg-type]
        except (KeyError, TypeError, ValueError, OverflowError):
            continue
        if abs(value) < HIGHEST:
            return value
    return None


def start_of(row: Row, where: str) -> int:
    """When an event began, in nanoseconds: New Relic writes milliseconds, a download of the query page also dates."""
    milliseconds = number(row, "timestamp")
    return moment(milliseconds / 1_000 if milliseconds is not None else text(row, "timestamp") or "", where)


def duration_of(row: Row, where: str) -> int:
    """How long it took, in nanoseconds."""
    milliseconds = number(row, "duration.ms")
    return moment(milliseconds / 1_000 if milliseconds is not None else number(row, "duration") or 0.0, where)


def _span(row: Row, transaction: str, handlers: Mapping[str | None, Code], lines: Lines, label: str) -> Span:
    kind = KINDS.get(text(row, "category") or "") or _kind(row)
    called = kind == "client"
    database = called and text(row, "category") == "datastore"
    metric = text(row, "name") or ""
    sql, collection = text(row, "db.statement"), text(row, "db.collection") or collection_of(metric)
    statement = statement_of(sql, collection) if database and sql else None
    system = (text(row, "db.system", "component") or "other_sql").lower()
    entry = kind in ("server", "consumer")
    url = text(row, "http.url", "url.full") if called else text(row, "request.uri")
    return Span(
        trace_id=(text(row, "traceId", "trace.id") or "").lower(),
        span_id=(text(row, "guid", "id") or "").lower(),
        parent_id=(text(row, "parentId", "parent.id") or "").lower() or None,
        kind=kind,
        name=metric,
        start_ns=start_of(row, f"{label}: timestamp"),
        duration_ns=duration_of(row, f"{label}: duration"),
        service=text(row, "appName", "service.name", "entity.name"),
        environment=text(row, "environment", "deployment.environment"),
        release=text(row, "tags.service.version", "service.version"),
        method=text(row, "http.method", "request.method"),
        url=masked_url(url) if url else None,
        status=small_number(text(row, "http.statusCode", "response.status", "httpResponseCode")),
        transaction=short_name(transaction) if entry else None,
        handler=_handler(transaction, handlers) if entry else None,
        db_system=SYSTEMS.get(system, system) if database else None,
        statement=statement,
        operation=text(row, "db.operation") or (metric.rpartition("/")[2] if database else None),
        code=lines.get((transaction, statement)) if statement else None,
    )


def _kind(row: Row) -> SpanKind:
    """The entry point is the span of the transaction as a whole."""
    if text(row, "nr.entryPoint") not in ("True", "true", "1"):
        return "internal"
    return "consumer" if (text(row, "transaction.name") or "").startswith("OtherTransaction") else "server"


def _handler(transaction: str, handlers: Mapping[str | None, Code]) -> Handler | None:
    """The handler, with the file of the span inside that carries its name: the entry itself points at a framework."""
    handler = handler_of(transaction)
    code = handlers.get("Function/" + transaction.partition("Transaction/Function/")[2])
    return replace(handler, file=code.file, line=code.line) if handler and code else handler


def _own_code(row: Row) -> Code | None:
    """Where the code of a span stands, when that is in the project; drivers and frameworks are not."""
    file = text(row, "code.filepath", "code.file.path")
    if not file or text(row, "category") != "generic" or not is_project_file(file):
        return None
    line = small_number(text(row, "code.lineno", "code.line.number"))
    return Code(file, line, text(row, "code.function"), "newrelic.code.lineno")


def _one_after_the_other(calls: Sequence[Span]) -> Iterator[Span]:
    """Calls of one parent: of those that began in one millisecond none tells which was first, so they take turns."""
    free = 0
    for call in sorted(calls, key=lambda span: (span.start_ns, span.duration_ns, span.span_id)):
        start = max(call.start_ns, min(free, call.start_ns + CLOCK_NS - 1))
        free = max(free, start + call.duration_ns)
        yield replace(call, start_ns=start)
