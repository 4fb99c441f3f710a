"""The detector as SQL finds in a table of spans what the detector finds in the spans."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from guards.libraries import ENVIRONMENTS

from bot.config import Config
from bot.errors import UserError
from bot.hotspots import read
from bot.hotspots.readers import reader_for
from bot.hotspots.rows import write
from bot.hotspots.source import opened
from bot.hotspots.span import Span
from bot.hotspots.warehouse import grouping
from bot.records import Hotspot

SAMPLES = Path(__file__).parents[2] / "samples" / "hotspots"
CAPTURES = [
    "otel_flask_stable.jsonl.gz",
    "otel_django_stable.jsonl.gz",
    "otel_fastapi_stable_codeorigin.jsonl.gz",
    "datadog_flask_sqlite.traces.json.gz",
]


def spans(path: Path) -> Iterator[Span]:
    with opened(str(path), 100) as source:
        yield from (item for item in reader_for(source).read(source) if isinstance(item, Span))


def duckdb_rows(table: Path, folder: Path) -> Path:
    import duckdb

    relation = duckdb.connect().sql(grouping("duckdb", "rows", f"'{table}'", 5))
    out = folder / "rows.jsonl"
    rows = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
    out.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return out


def clickhouse_rows(table: Path, folder: Path) -> Path:
    clickhouse = ENVIRONMENTS / "clickhouse"
    if not (clickhouse / "built").exists():
        reason = "no environment with ClickHouse (chDB): run `make .venvs/.ready`"
        pytest.fail(reason) if os.environ.get("COSTMOD_REQUIRE_GUARDS") else pytest.skip(reason)
    statement = grouping("clickhouse", "rows", f"file('{table}', Parquet)", 5)
    ask = "import sys, chdb; sys.stdout.buffer.write(chdb.query(sys.argv[1], 'JSONEachRow').bytes())"
    out = folder / "rows.jsonl"
    with out.open("wb") as file:
        subprocess.run([clickhouse / "bin" / "python", "-c", ask, statement], stdout=file, check=True)
    return out


def essence(found: list[Hotspot]) -> dict[tuple[str, str | None], list[tuple[str, int, int, int]]]:
    return {
        (h.kind, h.entry.route_canonical): [(p.fingerprint, p.count.p50, p.count.max, p.traces) for p in h.patterns]
        for h in found
    }


@pytest.mark.parametrize("engine", [duckdb_rows, clickhouse_rows], ids=["DuckDB", "ClickHouse"])
@pytest.mark.parametrize("name", CAPTURES)
def test_the_same_loops_as_the_detector(name: str, engine: object, tmp_path: Path) -> None:
    assert callable(engine)
    write(spans(SAMPLES / name), tmp_path / "spans.parquet")
    found = read([str(engine(tmp_path / "spans.parquet", tmp_path))], Config())
    expected = [h for h in read([str(tmp_path / "spans.parquet")], Config()) if h.kind != "repeated_identical"]
    assert essence(found) == essence(expected)
    assert found


def test_rows_as_csv(tmp_path: Path) -> None:
    write(spans(SAMPLES / CAPTURES[0]), tmp_path / "spans.parquet")
    lines = duckdb_rows(tmp_path / "spans.parquet", tmp_path)
    rows = [json.loads(line) for line in lines.read_text().splitlines()]
    table = tmp_path / "rows.csv"
    quoted = [[f'"{"" if value is None else value}"' for value in row.values()] for row in rows]
    table.write_text("\n".join([",".join(rows[0]), *map(",".join, quoted)]))
    assert read([str(table)], Config()) == read([str(lines)], Config())


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("service,repeats_p50,repeats_p95,repeats_max,entry_ns\nshop,1,1,1,1\n")
    with pytest.raises(UserError) as raised:
        read([str(file)], Config())
    assert str(raised.value) == (
        f"{file}: row 1: Object missing required field `method`; export every column of `costmod sql`."
    )


def test_an_unknown_dialect() -> None:
    with pytest.raises(UserError, match="--dialect klingon is unknown; use one of athena, bigquery"):
        grouping("klingon", "rows", "spans", 5)
