"""Ranked hotspots from millions of spans, beside DuckDB's own JSON reader doing the same grouping.

    python bench/spans.py make 3000000 spans.jsonl
    python bench/spans.py compare spans.jsonl [--rounds 3]
    python bench/spans.py parquet spans.jsonl spans.parquet
    python bench/spans.py rows spans.parquet [--rounds 3]

`make` writes OTLP JSON lines of a shop with 60 routes, some of which loop over queries or calls, values in the text.
`compare` runs `costmod hotspots FILE` and the grouping in DuckDB one after the other, in processes of their own, and
prints wall time, CPU time and peak memory of each; costmod's workers count together. `parquet` writes the spans as rows
with fingerprints; `rows` runs `costmod hotspots` on those, the same span by span, with the same hotspots, and
the statement of `costmod sql` in DuckDB.
"""

import argparse
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

Json = dict[str, Any]
BATCH = 512
GROUPING = r"""
WITH raw AS (
  SELECT unnest(resourceSpans) AS process FROM read_json('{file}', format='newline_delimited',
    maximum_object_size=67108864, columns={{resourceSpans: 'STRUCT(scopeSpans STRUCT(spans STRUCT(
      traceId VARCHAR, spanId VARCHAR, parentSpanId VARCHAR, kind TINYINT, startTimeUnixNano VARCHAR,
      endTimeUnixNano VARCHAR, attributes STRUCT("key" VARCHAR, "value" STRUCT(stringValue VARCHAR))[])[])[])[]'}})),
scopes AS (SELECT unnest(process.scopeSpans) AS scope FROM raw),
parts AS (SELECT unnest(scope.spans) AS s FROM scopes),
spans AS (
  SELECT s.traceId AS trace_id, s.parentSpanId AS parent_id, s.kind AS kind,
         s.endTimeUnixNano::BIGINT - s.startTimeUnixNano::BIGINT AS dur_ns,
         list_filter(s.attributes, lambda a: a.key = 'db.query.text')[1].value.stringValue AS statement,
         list_filter(s.attributes, lambda a: a.key = 'url.full')[1].value.stringValue AS url,
         list_filter(s.attributes, lambda a: a.key = 'http.route')[1].value.stringValue AS route FROM parts),
calls AS (
  SELECT trace_id, parent_id, dur_ns,
         CASE WHEN statement IS NULL
         THEN regexp_replace(regexp_replace(url, '\?.*$', ''), '/[^/]*[0-9][^/]*', '/{{}}', 'g')
         ELSE trim(regexp_replace(regexp_replace(regexp_replace(regexp_replace(statement, '/\*.*?\*/', '', 'g'),
           '''[^'']*''|\b[0-9]+\b|%\([a-z0-9_]+\)s|\$[0-9]+', '?', 'g'), '\(\?(\s*,\s*\?)*\)', '(?)', 'g'),
           '\s+', ' ', 'g')) END AS call
  FROM spans WHERE kind = 3 AND (statement IS NOT NULL OR url IS NOT NULL)),
loops AS (SELECT trace_id, parent_id, call, count(*) AS n, sum(dur_ns) AS total FROM calls GROUP BY ALL HAVING n >= 5),
entries AS (SELECT trace_id, any_value(route) AS route, max(dur_ns) AS dur_ns FROM spans WHERE kind = 2 GROUP BY 1)
SELECT route, call, count(*) AS traces, max(n), sum(total), quantile_disc(entries.dur_ns, 0.99)
FROM loops JOIN entries USING (trace_id) GROUP BY ALL ORDER BY 5 DESC
"""


def main() -> None:
    """Reads the arguments and does the one thing or the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    make_ = commands.add_parser("make")
    make_.add_argument("spans", type=int)
    make_.add_argument("file", type=Path)
    compare_ = commands.add_parser("compare")
    compare_.add_argument("file", type=Path)
    compare_.add_argument("--rounds", type=int, default=3)
    parquet_ = commands.add_parser("parquet")
    parquet_.add_argument("file", type=Path)
    parquet_.add_argument("table", type=Path)
    rows_ = commands.add_parser("rows")
    rows_.add_argument("file", type=Path)
    rows_.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    if arguments.command == "make":
        make(arguments.spans, arguments.file)
    elif arguments.command == "parquet":
        parquet(arguments.file, arguments.table)
    elif arguments.command == "rows":
        rows(arguments.file, arguments.rounds)
    else:
        compare(arguments.file, arguments.rounds)


class Route(NamedTuple):
    """An entry of the shop: what it does besides one query, how often, on which table."""

    method: str
    path: str
    kind: str
    size: int
    table: int


def make(count: int, file: Path) -> None:
    """Writes about that many spans, the same every time."""
    chance = random.Random(1)
    routes = [_route(chance, number) for number in range(60)]
    weights = [chance.random() ** 3 * 10 + 0.05 for _ in routes]
    start = 1_790_000_000_000_000_000
    batch: list[Json] = []
    written = 0
    with file.open("w", encoding="ascii") as out:
        while written < count:
            start += chance.randint(1_000_000, 20_000_000)
            spans = list(_request(chance, chance.choices(routes, weights)[0], start))
            batch += spans
            written += len(spans)
            if len(batch) >= BATCH:
                out.write(_line(batch))
                batch = []
        out.write(_line(batch))
    sys.stdout.write(f"{written} spans, {file.stat().st_size / 1e9:.2f} GB\n")


def _route(chance: random.Random, number: int) -> Route:
    kind = chance.choices(["queries", "calls", "clean"], [15, 7, 78])[0]
    path = f"/api/v1/things{number}/{{id}}" if number % 3 else f"/api/v1/things{number}"
    return Route(chance.choice(["GET", "GET", "POST"]), path, kind, chance.randint(8, 60), chance.randrange(40))


def _request(chance: random.Random, route: Route, start: int) -> Iterator[Json]:
    trace, root, view = (f"{chance.getrandbits(bits):0{bits // 4}x}" for bits in (128, 64, 64))
    at = start + 500_000
    for call in _calls(chance, route, f"/*route='{route.path}',traceparent='00-{trace}-{root}-01'*/"):
        length = chance.randint(300_000, 4_000_000)
        yield _span((trace, f"{chance.getrandbits(64):016x}", view), "call", 3, (at, length), call)
        at += length + 50_000
    yield _span((trace, view, root), "view", 1, (start + 200_000, at - start), {})
    path = route.path.replace("{id}", str(chance.randint(1, 99_999)))
    named = {"http.request.method": route.method, "http.route": route.path, "url.path": path}
    yield _span((trace, root, ""), f"{route.method} {route.path}", 2, (start, at - start + 1_000_000), named)


def _calls(chance: random.Random, route: Route, comment: str) -> Iterator[dict[str, str]]:
    first, second = f"t{route.table}", f"u{route.table}"
    yield _query(f"SELECT {first}.id, {first}.name FROM {first} WHERE {first}.org_id = %(org_id_1)s LIMIT %(param_1)s")
    repeats = max(2, round(chance.gauss(route.size, route.size / 4)))
    if route.kind == "queries":
        for _ in range(repeats):
            key = chance.randint(1, 10**6)
            yield _query(f"SELECT {second}.id, {second}.name FROM {second} WHERE {second}.id = {key}")
    elif route.kind == "calls":
        for number in range(repeats // 2):
            url = f"http://prices/item/SKU-{chance.randint(1, 10**6)}?v={number}"
            yield {"url.full": url, "http.request.method": "GET"}
    else:
        for number in range(chance.randint(0, 6)):
            yield _query(f"SELECT v{number}.id FROM v{number} WHERE v{number}.k IN (%(k_1)s, %(k_2)s) {comment}")


def _query(text: str) -> dict[str, str]:
    return {
        "db.query.text": text,
        "db.system.name": "postgresql",
        "db.operation.name": "SELECT",
        "server.address": "db",
    }


def _span(ids: tuple[str, str, str], name: str, kind: int, when: tuple[int, int], given: dict[str, str]) -> Json:
    trace, span, parent = ids
    return {
        "traceId": trace, "spanId": span, "parentSpanId": parent, "flags": 256, "name": name, "kind": kind,
        "startTimeUnixNano": str(when[0]), "endTimeUnixNano": str(sum(when)), "status": {},
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in given.items()],
    }  # fmt: skip


def _line(spans: list[Json]) -> str:
    process = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
    request = {"resourceSpans": [{"resource": process, "scopeSpans": [{"spans": spans}]}]}
    return json.dumps(request, separators=(",", ":")) + "\n"


def compare(file: Path, rounds: int) -> None:
    """Runs both, alternately, and prints a table."""
    query = f"import duckdb; print(len(duckdb.sql({GROUPING.format(file=file)!r}).fetchall()), 'groups')"
    commands = {
        "costmod": [sys.executable, "-m", "bot.cli", "hotspots", str(file), "--format", "json"],
        "DuckDB": [sys.executable, "-c", query],
    }
    best = _table(file, commands, rounds)
    sys.stdout.write(f"\ncostmod / DuckDB: {best['costmod'] / best['DuckDB']:.2f} (wall)\n")


def parquet(file: Path, table: Path) -> None:
    """Writes the spans of an export as rows with fingerprints."""
    from bot.hotspots.readers import reader_for
    from bot.hotspots.rows import write
    from bot.hotspots.source import opened
    from bot.hotspots.span import Span

    with opened(str(file), 1 << 14) as source:
        write((item for item in reader_for(source).read(source) if isinstance(item, Span)), table)


def rows(file: Path, rounds: int) -> None:
    """Runs the table as a whole, span by span, and the statement of `costmod sql`, alternately."""
    from bot.hotspots.warehouse import grouping

    whole = f"import sys; from bot.cli import main; sys.argv[1:] = ['hotspots', {str(file)!r}, '--format', 'json']"
    singly = f"{whole}; import bot.hotspots.readers.rows_parquet as rows; rows.LEAST_ROWS = 1 << 60; sys.exit(main())"
    statement = grouping("duckdb", "rows", f"'{file}'", 5)
    commands = {
        "costmod": [sys.executable, "-c", f"{whole}; sys.exit(main())"],
        "costmod, span by span": [sys.executable, "-c", singly],
        "`costmod sql` in DuckDB": [sys.executable, "-c", f"import duckdb; duckdb.sql({statement!r}).fetchall()"],
    }
    found = [subprocess.run(commands[name], check=True, stdout=subprocess.PIPE).stdout for name in list(commands)[:2]]
    sys.stdout.write(f"{'the same' if found[0] == found[1] else 'OTHER'} hotspots span by span\n")
    best = _table(file, commands, rounds)
    sys.stdout.write(f"\nspan by span / costmod: {best['costmod, span by span'] / best['costmod']:.1f} (wall)\n")


def _table(file: Path, commands: dict[str, list[str]], rounds: int) -> dict[str, float]:
    """Runs the commands, alternately, prints a table of the best runs and gives their wall times in seconds."""
    best: dict[str, tuple[float, float, float]] = {}
    for _ in range(rounds):
        for name, command in commands.items():
            found = _timed(command)
            best[name] = min(best.get(name, found), found)
    size = file.stat().st_size / 1e9
    sys.stdout.write(f"{size:.2f} GB\n\n| | wall, s | CPU, s | peak of a process, MB |\n|---|---|---|---|\n")
    for name, (wall, cpu, peak) in best.items():
        sys.stdout.write(f"| {name} | {wall:.1f} | {cpu:.1f} | {peak:.0f} |\n")
    return {name: wall for name, (wall, _, _) in best.items()}


def _timed(command: list[str]) -> tuple[float, float, float]:
    """Wall and CPU seconds of a command with its children, and the peak of the largest of them in MB."""
    script = (
        "import resource, subprocess, sys, time\n"
        "start = time.monotonic()\n"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(time.monotonic() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, *command], check=True, stdout=subprocess.PIPE, text=True)
    wall, cpu, peak = map(float, done.stdout.split())
    return wall, cpu, peak


if __name__ == "__main__":
    main()
