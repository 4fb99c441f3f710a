"""The detector over a whole table of spans at once: the statements of `bot.hotspots.plaintraces`, for DuckDB.

They read the view `rows` (the columns of `bot.hotspots.rows`) and keep, with ids as 64-bit hashes, what the rules need.
Two ids with one hash look like a span that was exported twice, or like a trace with two roots: such a trace is left to
the detector that reads span by span, as is every other that is not plain.
"""

from bot.hotspots.rows import COLUMNS, TEXT

CALL = "kind IN ('db', 'http', 'cache', 'client')"
ENTRY = "kind IN ('server', 'queue', 'consumer')"
LONGEST_ID = 100  # bytes
LATEST = 1 << 61  # nanoseconds; two of them add up within 64 bits
# What makes two spans the same but for their ids and times: a call does not say who made it, others call nothing.
_CALLED = ("db_system", "statement", "rpc_system", "operation", "url_template")
_CALLING = (
    "name", "service", "env", "release", "route_raw", "status", "transaction", "handler", "handler_file",
    "handler_line",
)  # fmt: skip
_EITHER = ("kind", "method", "url", "code_file", "code_line", "code_func", "code_source")


def described(columns: frozenset[str]) -> dict[str, str]:
    """The expression for each column that describes a span, of those that the table has."""
    told = {name: f"CASE WHEN {CALL} THEN {name} END" for name in _CALLED}
    told |= {name: f"CASE WHEN {CALL} THEN NULL ELSE {name} END" for name in _CALLING}
    return {name: told.get(name, name) for name in COLUMNS if name in columns & {*told, *_EITHER}}


def _shape(columns: frozenset[str]) -> str:
    """One number for all that describes a span."""
    called, calling = (", ".join(name for name in (*_EITHER, *more) if name in columns) for more in (_CALLED, _CALLING))
    return f"CASE WHEN {CALL} THEN hash({called}) ELSE hash({calling}) END"


_SHAPES_IN = "SELECT count(DISTINCT {shape}) FROM (FROM rows LIMIT {rows})"
_LONGEST = "SELECT max(greatest({texts})) FROM shapes"
_SHAPES = """
CREATE TEMP TABLE shapes AS SELECT {shape} AS shape, {named} FROM (SELECT {seen} FROM rows GROUP BY ALL) GROUP BY ALL
"""
_SLIM = """
CREATE TEMP TABLE slim AS
SELECT hash(lower(trace_id)) AS trace, hash(lower(span_id)) AS span,
       CASE WHEN trim(parent_id, '0') <> '' AND lower(parent_id) <> lower(span_id) THEN hash(lower(parent_id)) END
         AS parent,
       CASE WHEN {call} THEN 0 WHEN {entry} THEN 1 ELSE 2 END::UTINYINT AS kind,
       try_cast(start_ns AS BIGINT) AS start, try_cast(dur_ns AS BIGINT) AS dur, {shape} AS shape,
       CASE WHEN {weight} BETWEEN 1 AND 1e9 THEN {weight}::DOUBLE END AS weight,
       coalesce(strlen(trace_id) BETWEEN 1 AND {longest} AND strlen(span_id) BETWEEN 1 AND {longest}
                AND strlen(coalesce(parent_id, '')) <= {longest} AND start_ns BETWEEN 0 AND {latest}
                AND dur_ns BETWEEN 0 AND {latest}, false) AS good
FROM rows
"""


def shapes_in(columns: frozenset[str], rows: int) -> str:
    """How many different spans there are in the first rows."""
    return _SHAPES_IN.format(shape=_shape(columns), rows=rows)


def longest(columns: frozenset[str]) -> str:
    """The bytes of the longest text of any shape."""
    return _LONGEST.format(texts=", ".join(f"strlen({name})" for name in described(columns) if COLUMNS[name] == TEXT))


def load(columns: frozenset[str]) -> tuple[str, str]:
    """What the shapes of spans stand for (`shapes`), and the spans as numbers (`slim`)."""
    told, shape = described(columns), _shape(columns)
    seen = ", ".join(told[name] + " AS name" if name == "name" else name for name in told)  # names differ most
    named = ", ".join(f"{expression} AS {name}" for name, expression in told.items())
    weight = "weight" if "weight" in columns else "NULL"
    slim = _SLIM.format(shape=shape, weight=weight, call=CALL, entry=ENTRY, longest=LONGEST_ID, latest=LATEST)
    return _SHAPES.format(shape=shape, named=named, seen=seen), slim


# A trace is plain when its ids and times are good, no span comes twice, one entry is its root, every call is made by an
# entry or by a span inside one, and of all that is inside one entry at most one handler can be the outermost.
PLAIN = (
    "CREATE TEMP TABLE callers AS SELECT trace, span, parent, kind, start, dur, shape, weight FROM slim WHERE kind > 0",
    """
CREATE TEMP TABLE odd AS
SELECT trace FROM slim WHERE NOT good
UNION ALL SELECT trace FROM (SELECT trace, span FROM slim GROUP BY ALL HAVING count(*) > 1)
UNION ALL SELECT trace FROM slim ANTI JOIN callers ON callers.trace = slim.trace AND callers.span = slim.parent
          WHERE slim.kind <> 1
""",
    """
CREATE TEMP TABLE roots AS
SELECT trace, span FROM (
  SELECT trace, span, parent FROM callers
  ANTI JOIN callers AS above ON above.trace = callers.trace AND above.span = callers.parent WHERE callers.kind = 1
) AS entries ANTI JOIN slim ON slim.trace = entries.trace AND slim.span = entries.parent
""",
    """
INSERT INTO odd
SELECT trace FROM (SELECT DISTINCT trace FROM slim) ANTI JOIN roots USING (trace)
UNION ALL SELECT trace FROM roots GROUP BY trace HAVING count(*) > 1
""",
    """
CREATE TEMP TABLE up AS
SELECT trace, span, CASE WHEN kind = 1 THEN span ELSE parent END AS entry, kind = 1 AS done, handler
FROM callers JOIN known USING (shape)
""",
)
LEVELS = 6  # each doubles how deep a span may be inside its entry
CLIMB = """
CREATE OR REPLACE TEMP TABLE up AS
SELECT up.trace, up.span, CASE WHEN up.done THEN up.entry ELSE above.entry END AS entry,
       up.done OR coalesce(above.done, false) AS done, coalesce(above.handler, up.handler) AS handler
FROM up LEFT JOIN up AS above ON above.trace = up.trace AND above.span = up.entry
"""
PLAIN_AT_LAST = (
    """
INSERT INTO odd
SELECT trace FROM up WHERE NOT done
UNION ALL SELECT trace FROM up GROUP BY trace, entry HAVING count(DISTINCT handler) > 1
""",
    "DELETE FROM slim USING odd WHERE slim.trace = odd.trace",
    "DELETE FROM callers USING odd WHERE callers.trace = odd.trace",
    """
CREATE TEMP TABLE nodes AS
SELECT slim.trace, up.entry, parent, up.handler, start, dur, call, category, vals, route, controller, code
FROM slim JOIN up ON up.trace = slim.trace AND up.span = slim.parent JOIN known USING (shape)
WHERE slim.kind = 0 AND category IS NOT NULL
""",
)
# What the rules of bot.hotspots.loops find: `loops` has a row for each call under one parent that repeats, or is slow.
LOOPS = """
CREATE TEMP TABLE loops AS
SELECT trace, entry, parent, call, any_value(category) AS category, any_value(handler) AS handler, count(*) AS n,
       sum(dur) AS total, sum(follows::INT) AS in_sequence, count(*) - 1 AS pairs,
       min(vals) = max(vals) AND count(vals) = count(*) AS identical, false AS slow
FROM (
  SELECT nodes.*, coalesce(start >= max(start + dur) OVER (
           PARTITION BY nodes.trace, nodes.parent, nodes.call ORDER BY start, dur DESC
           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), false) AS follows
  FROM nodes SEMI JOIN (
    SELECT trace, parent, call FROM nodes WHERE call IS NOT NULL GROUP BY ALL HAVING count(*) >= {repeats}
  ) AS many ON many.trace = nodes.trace AND many.parent = nodes.parent AND many.call = nodes.call
) GROUP BY trace, entry, parent, call HAVING in_sequence >= {least} * pairs
"""
SLOW = """
INSERT INTO loops
SELECT trace, entry, parent, call, 'db', any_value(handler), count(*), sum(dur), 0, 0, count(vals) = count(*), true
FROM nodes ANTI JOIN loops ON loops.trace = nodes.trace AND loops.entry = nodes.entry AND loops.call = nodes.call
WHERE category = 'db' AND call IS NOT NULL AND dur >= {slow_ns} GROUP BY trace, entry, parent, call
"""
REQUESTS = """
CREATE TEMP TABLE requests AS
SELECT callers.trace, callers.span AS entry, shape, route, controller, dur, weight, coalesce(db, 0) AS db,
       coalesce(http, 0) AS http, dur - coalesce(covered, 0) AS self
FROM callers
LEFT JOIN (
  SELECT trace, entry, sum(dur) FILTER (category = 'db') AS db, sum(dur) FILTER (category = 'http') AS http,
         min(route) AS route, min(controller) AS controller
  FROM nodes GROUP BY ALL
) AS called ON called.trace = callers.trace AND called.entry = callers.span
LEFT JOIN (
  SELECT trace, entry, sum(greatest(0, stop - greatest(start, zero, coalesce(before, zero)))) AS covered FROM (
    SELECT slim.trace, callers.span AS entry, slim.start, callers.start AS zero,
           least(slim.start + slim.dur, callers.start + callers.dur) AS stop,
           max(least(slim.start + slim.dur, callers.start + callers.dur)) OVER (
             PARTITION BY slim.trace, callers.span ORDER BY slim.start ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
           ) AS before
    FROM slim JOIN callers ON callers.kind = 1 AND callers.trace = slim.trace AND callers.span = slim.parent
  ) GROUP BY ALL
) AS inside ON inside.trace = callers.trace AND inside.entry = callers.span
WHERE kind = 1
"""
# The answers; the first three columns say which requests a row is about.
ENTRIES = """
SELECT shape, route, controller, list(dur), list(weight) FILTER (weight IS NOT NULL), sum(self), sum(db), sum(http)
FROM requests GROUP BY shape, route, controller
"""
CALLS = """
SELECT shape, route, controller, call, slow, any_value(category), list(n), sum(total), sum(in_sequence), sum(pairs),
       bool_and(identical)
FROM (
  SELECT trace, entry, call, slow, any_value(category) AS category, sum(n)::BIGINT AS n, sum(total) AS total,
         sum(in_sequence) AS in_sequence, sum(pairs) AS pairs, bool_and(identical) AS identical
  FROM loops GROUP BY trace, entry, call, slow
) JOIN requests USING (trace, entry) GROUP BY shape, route, controller, call, slow
"""
HANDLERS = """
SELECT shape, route, controller, call, slow, handler, count(*)
FROM (SELECT trace, entry, call, slow, max(handler) AS handler FROM loops GROUP BY trace, entry, call, slow)
JOIN requests USING (trace, entry) WHERE handler IS NOT NULL GROUP BY ALL
"""
LINES = """
SELECT requests.shape, requests.route, requests.controller, loops.call, slow, code, count(*)
FROM nodes JOIN loops ON loops.trace = nodes.trace AND loops.parent = nodes.parent AND loops.call = nodes.call
JOIN requests ON requests.trace = nodes.trace AND requests.entry = nodes.entry
WHERE code IS NOT NULL AND (NOT slow OR nodes.dur >= {slow_ns}) GROUP BY ALL
"""
CALLERS = """
SELECT requests.shape, requests.route, requests.controller, call, slow, code, count(*)
FROM (
  SELECT DISTINCT trace, entry, call, slow, span
  FROM (SELECT trace, entry, call, slow, unnest([parent, entry]) AS span FROM loops)
) AS ends
JOIN requests USING (trace, entry) JOIN callers ON callers.trace = ends.trace AND callers.span = ends.span
JOIN (SELECT shape, code FROM known WHERE code IS NOT NULL) AS coded ON coded.shape = callers.shape
GROUP BY ALL
"""
SEEN = "SELECT shape, count(*), min(start), max(start + dur) FROM slim GROUP BY shape"
REST = "hash(lower(trace_id)) IN (SELECT trace FROM odd)"  # of the rows, those that are left
