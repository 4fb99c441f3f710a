"""The detector as one SQL statement, for spans that are too many or too dear to move: it runs where they are kept.

It is written once, in DuckDB's dialect, and translated. Of the detector's rules it keeps those that need no whole
trace: equal calls under one parent span, one entry per service and trace, and loops told from fan-out by the time that
they take together. Values are masked before they are grouped, so none leaves the warehouse. The rows that it returns
are an input like any other (`readers/grouped.py`).
"""

from typing import Literal

from bot.errors import UserError

Store = Literal["rows", "clickhouse-otel"]

# What reads the spans of a store. `call` is what repeats, None for a span that calls nothing; times are nanoseconds.
_ROWS = """
SELECT trace_id, parent_id, COALESCE(service, '') AS service, kind = 'server' AS is_entry,
       COALESCE(method, '') AS method, COALESCE(route_raw, url, name, '') AS route, start_ns, dur_ns,
       CASE WHEN kind IN ('db', 'http', 'cache', 'client')
            THEN COALESCE(statement_id, rpc_system || ' ' || operation, method || ' ' || url) END AS call,
       COALESCE(statement, rpc_system || ' ' || operation, method || ' ' || url) AS shown, db_system AS system
FROM {table}
"""
# The table of the OpenTelemetry Collector's ClickHouse exporter; `since` keeps the scan within its partitions.
_CLICKHOUSE_OTEL = r"""
SELECT TraceId AS trace_id, ParentSpanId AS parent_id, ServiceName AS service,
       SpanKind IN ('Server', 'SPAN_KIND_SERVER') AS is_entry,
       if(SpanAttributes['http.request.method'] != '', SpanAttributes['http.request.method'],
          SpanAttributes['http.method']) AS method,
       SpanAttributes['http.route'] AS route, toUnixTimestamp64Nano(Timestamp) AS start_ns,
       toInt64(Duration) AS dur_ns,
       if(SpanAttributes['db.query.text'] != '', SpanAttributes['db.query.text'],
          SpanAttributes['db.statement']) AS text,
       nullIf(trimBoth(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(replaceRegexpAll(text,
           '(?s)/\\*.*?\\*/', ' '), '''[^'']*''|\\b[0-9]+(\\.[0-9]+)?\\b', '?'), '\\((\\s*\\?\\s*,?)+\\)', '(?)'),
           '\\s+', ' ')), '') AS call, call AS shown,
       if(SpanAttributes['db.system.name'] != '', SpanAttributes['db.system.name'],
          SpanAttributes['db.system']) AS system
FROM {table}
WHERE Timestamp > now() - INTERVAL {hours} HOUR
"""
_GROUPING = """
WITH spans AS ({spans}),
groups AS (
  SELECT trace_id, parent_id, service, call, MIN(shown) AS statement, MIN(system) AS system, COUNT(*) AS repeats,
         SUM(dur_ns) AS total_ns
  FROM spans WHERE NOT call IS NULL
  GROUP BY trace_id, parent_id, service, call
  HAVING COUNT(*) >= {repeats} AND SUM(dur_ns) <= MAX(start_ns + dur_ns) - MIN(start_ns)
),
loops AS (
  SELECT trace_id, service, call, MIN(statement) AS statement, MIN(system) AS system, SUM(repeats) AS repeats,
         SUM(total_ns) AS total_ns
  FROM groups GROUP BY trace_id, service, call
),
entries AS (
  SELECT trace_id, service, MIN(method) AS method, MIN(route) AS route, MIN(start_ns) AS start_ns, MAX(dur_ns) AS dur_ns
  FROM spans WHERE is_entry GROUP BY trace_id, service
),
totals AS (
  SELECT service, method, route, COUNT(*) AS requests, SUM(dur_ns) AS entry_ns, QUANTILE_DISC(dur_ns, 0.5) AS p50_ns,
         QUANTILE_DISC(dur_ns, 0.95) AS p95_ns, QUANTILE_DISC(dur_ns, 0.99) AS p99_ns, MIN(start_ns) AS first_ns,
         MAX(start_ns + dur_ns) AS last_ns
  FROM entries GROUP BY service, method, route
),
found AS (
  SELECT entries.service AS service, entries.method AS method, entries.route AS route, loops.call AS call,
         MIN(loops.statement) AS statement, MIN(loops.system) AS system, COUNT(*) AS traces,
         QUANTILE_DISC(loops.repeats, 0.5) AS repeats_p50, QUANTILE_DISC(loops.repeats, 0.95) AS repeats_p95,
         MAX(loops.repeats) AS repeats_max, SUM(loops.repeats) AS spans, SUM(loops.total_ns) AS total_ns
  FROM loops JOIN entries ON loops.trace_id = entries.trace_id AND loops.service = entries.service
  GROUP BY entries.service, entries.method, entries.route, loops.call
)
SELECT found.service AS service, found.method AS method, found.route AS route, found.statement AS statement,
       found.system AS system, found.traces AS traces, found.repeats_p50 AS repeats_p50,
       found.repeats_p95 AS repeats_p95, found.repeats_max AS repeats_max, found.spans AS spans,
       found.total_ns AS total_ns, totals.requests AS requests,
       totals.entry_ns AS entry_ns, totals.p50_ns AS p50_ns, totals.p95_ns AS p95_ns, totals.p99_ns AS p99_ns,
       totals.first_ns AS first_ns, totals.last_ns AS last_ns
FROM found JOIN totals ON found.service = totals.service AND found.method = totals.method AND found.route = totals.route
ORDER BY found.total_ns DESC LIMIT {top}
"""


def grouping(dialect: str, store: Store, table: str, repeats: int, *, hours: int = 24, top: int = 200) -> str:
    """The statement in a dialect of sqlglot; `table` is what FROM names there, `hours` how far back it looks.

    Raises:
        UserError: sqlglot knows no such dialect.
    """
    import sqlglot

    try:
        sqlglot.Dialect.get_or_raise(dialect)
    except ValueError:
        known = ", ".join(sorted(name for name in sqlglot.Dialect.classes if name))
        raise UserError(f"--dialect {dialect} is unknown; use one of {known}.") from None

    rest = _GROUPING.format(spans="SELECT 1 AS spans", repeats=repeats, top=top)
    if dialect == "clickhouse":  # sqlglot has no exact quantile for it
        rest = rest.replace("QUANTILE_DISC(", "QUANTILE(")
    translated = sqlglot.transpile(rest, read="duckdb", write=dialect, pretty=True)[0]
    if dialect == "clickhouse":
        translated = translated.replace("quantile(", "quantileExactLow(")
    source = _ROWS if store == "rows" else _CLICKHOUSE_OTEL
    spans = source.format(table=table, hours=hours).strip()
    before, _, after = translated.partition("SELECT\n    1 AS spans")
    return f"{before}{spans}{after}\n"
