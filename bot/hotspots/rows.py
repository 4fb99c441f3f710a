"""Spans as rows of a table (Parquet, CSV): the columns, a row to a span, and the writer, which lets no literal out."""

import csv
import shutil
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, urlsplit

from bot.errors import UserError
from bot.hotspots.route import call_target, canonical_of_url
from bot.hotspots.span import Code, Span, SpanKind
from bot.hotspots.statement import BACKSLASH_SYSTEMS, comment_of, normalise
from bot.hotspots.traces import NOT_SQL
from bot.hotspots.values import LATEST_NS, nanoseconds
from bot.records import Handler

TEXT, INTEGER, FLOAT = "VARCHAR", "BIGINT", "DOUBLE"
# What a column holds and its SQL type. docs/inputs.md describes them; others in a file are ignored.
COLUMNS = {
    "trace_id": TEXT, "span_id": TEXT, "parent_id": TEXT, "service": TEXT, "env": TEXT, "release": TEXT, "kind": TEXT,
    "name": TEXT, "start_ns": INTEGER, "dur_ns": INTEGER, "route_raw": TEXT, "method": TEXT, "url": TEXT,
    "url_template": TEXT, "status": INTEGER, "transaction": TEXT, "handler": TEXT, "handler_file": TEXT,
    "handler_line": INTEGER, "db_system": TEXT, "statement_id": TEXT, "statement": TEXT, "rpc_system": TEXT,
    "operation": TEXT, "code_file": TEXT, "code_line": INTEGER, "code_func": TEXT, "code_source": TEXT,
    "weight": FLOAT, "seq": INTEGER,
}  # fmt: skip
REQUIRED = ("trace_id", "span_id", "parent_id", "kind", "start_ns", "dur_ns")
CALLS = frozenset({"db", "http", "cache", "client"})
CACHES = frozenset({"redis", "valkey", "memcached"})
MEMORY_LIMIT = "256MB"


def missing_columns(columns: Iterable[str], label: str) -> UserError | None:
    """The error for a table without the columns that every row needs; None where it has them."""
    missing = [name for name in REQUIRED if name not in set(columns)]
    names = ", ".join(missing)
    return UserError(f"{label} lacks the column{'s' * (len(missing) > 1)} {names}; export it too.") if missing else None


def span_of(record: Mapping[str, object]) -> Span:
    """The span of a row; empty text counts as no value.

    Raises:
        UserError: an id, a time or a number that is none; the message names the column.
    """
    kind, handler, statement = _text(record, "kind"), _text(record, "handler"), _text(record, "statement")
    module, _, qualname = (handler or "").rpartition(":")
    system, file, line = _text(record, "db_system"), _text(record, "code_file"), _number(record, "code_line")
    return Span(
        trace_id=_needed(record, "trace_id").lower(),
        span_id=_needed(record, "span_id").lower(),
        parent_id=parent.lower() if (parent := _text(record, "parent_id")) and parent.strip("0") else None,
        kind=_kind(kind),
        name=_text(record, "name") or "",
        start_ns=nanoseconds(_needed(record, "start_ns"), "start_ns"),
        duration_ns=nanoseconds(_needed(record, "dur_ns"), "dur_ns"),
        service=_text(record, "service"),
        environment=_text(record, "env"),
        release=_text(record, "release"),
        weight=_weight(record),
        method=_text(record, "method"),
        route=_text(record, "route_raw"),
        url=_text(record, "url"),
        url_template=_text(record, "url_template"),
        status=_number(record, "status"),
        transaction=_text(record, "transaction"),
        handler=Handler(
            module=module or None,
            qualname=qualname,
            file=_text(record, "handler_file"),
            line=_number(record, "handler_line"),
        )
        if qualname
        else None,
        db_system=system or ("other_sql" if kind == "db" else None),
        statement=statement,
        rpc_system=_text(record, "rpc_system"),
        operation=_text(record, "operation"),
        code=Code(file, line, _text(record, "code_func"), _text(record, "code_source") or "code_line")
        if file
        else None,
    )


def write(spans: Iterable[Span], path: Path) -> None:
    """Writes the spans to a Parquet file, or to CSV where the name ends in `.csv`, in constant memory.

    Statements are normalised, variable parts of URLs masked and query strings dropped; `statement_id` is the
    fingerprint. That calls repeated the very same values is lost with the values.
    """
    with TemporaryDirectory(prefix="costmod-rows-") as folder:
        table = Path(folder) / "spans.csv"
        with table.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(chain([list(COLUMNS)], map(_cells, spans, _counted())))
        if path.suffix == ".csv":
            shutil.move(table, path)
            return
        import duckdb  # here, because it is heavy

        with duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "temp_directory": folder}) as database:
            rows = database.read_csv(str(table), header=True, columns=COLUMNS, quotechar='"', escapechar='"')
            rows.write_parquet(f"{folder}/spans.parquet", compression="zstd")
        shutil.move(f"{folder}/spans.parquet", path)


def _counted() -> Iterator[int]:
    number = 0
    while True:
        yield number
        number += 1


def _cells(span: Span, number: int) -> list[object]:
    handler, code = span.handler, span.code
    identity, statement = _statement(span)
    return [
        span.trace_id, span.span_id, span.parent_id, span.service, span.environment, span.release, _kind_name(span),
        None if span.kind == "client" else span.name, span.start_ns, span.duration_ns, span.route, span.method,
        _masked(span.url) if span.url else None, span.url_template, span.status, span.transaction,
        f"{handler.module or ''}:{handler.qualname}" if handler else None, handler and handler.file,
        handler and handler.line, span.db_system, identity, statement, span.rpc_system, span.operation,
        code and code.file, code and code.line, code and code.function, code and code.provenance, span.weight, number,
    ]  # fmt: skip


def _statement(span: Span) -> tuple[str | None, str | None]:
    """Fingerprint and normalised text, with the route and controller that a comment of the statement named."""
    if span.statement is None:
        return None, None
    if span.db_system in NOT_SQL:
        words = span.statement.split()
        return None, " ".join([*words[:1], *("?" for _ in words[1:2])])
    normal = normalise(span.statement, span.db_system)
    text = normal.parseable.replace('"', "`") if span.db_system in BACKSLASH_SYSTEMS else normal.parseable
    comment = comment_of(span.statement)
    known = (("route", comment.route), ("controller", comment.controller)) if comment else ()
    notes = ",".join(f"{key}='{quote(value)}'" for key, value in known if value)
    return normal.fingerprint, f"{text} /*{notes}*/" if notes else text


def _masked(url: str) -> str:
    """The URL without its query string, its variable-looking segments as {redacted}."""
    scheme, found, _ = url.partition("://")
    plain = f"{scheme}://{call_target(url)}" if found else f"/{canonical_of_url(urlsplit(url).path)}"
    return plain.replace("{}", "{redacted}")


def _kind_name(span: Span) -> str:
    if span.kind != "client":
        return "queue" if span.kind == "consumer" else span.kind
    if span.db_system or span.statement:
        return "cache" if span.db_system in CACHES else "db"
    return "http" if span.url or span.rpc_system else "client"


def _kind(name: str | None) -> SpanKind:
    if name in CALLS:
        return "client"
    if name in ("queue", "consumer"):
        return "consumer"
    return "server" if name == "server" else "internal"


def _text(record: Mapping[str, object], column: str) -> str | None:
    value = record.get(column)
    return None if value is None or value == "" else str(value)


def _needed(record: Mapping[str, object], column: str) -> str:
    text = _text(record, column)
    if text is None:
        raise UserError(f"{column} is empty; check what wrote the file.")
    return text


def _number(record: Mapping[str, object], column: str) -> int | None:
    text = _text(record, column)
    return int(text) if text and text.isascii() and text.isdigit() and int(text) <= LATEST_NS else None


def _weight(record: Mapping[str, object]) -> float | None:
    try:
        weight = float(_text(record, "weight") or 0)
    except ValueError:
        return None
    return weight if 1 <= weight <= 1e9 else None
