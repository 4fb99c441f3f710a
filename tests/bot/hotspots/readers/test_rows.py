"""Spans written as rows and read back give the same hotspots, and no value of theirs leaves."""

import csv
import gzip
import io
from pathlib import Path
from typing import Any

import duckdb
import pytest
from msgspec.structs import replace
from rig.spans import SAMPLES, STABLE

from bot.config import Config
from bot.errors import UserError
from bot.hotspots import read
from bot.hotspots.readers import reader_for, rows_parquet
from bot.hotspots.rows import COLUMNS, REQUIRED, write
from bot.hotspots.source import opened
from bot.hotspots.span import Code, Span
from bot.hotspots.statement import normalise
from bot.records import Handler

CAPTURES = sorted(SAMPLES.glob("*_*.gz"))
FULL = Span(
    trace_id="ab" * 16, span_id="cd" * 8, parent_id="ef" * 8, kind="server", name="GET /a", start_ns=1, duration_ns=2,
    service="shop", environment="test", release="1", weight=2.5, method="GET", route="/a/{id}",
    url="http://h/a/{redacted}", url_template="/a/{id}", status=200, transaction="list_a",
    handler=Handler(module="m", qualname="f.<locals>.g", file="/srv/m.py", line=7), db_system="postgresql",
    statement="SELECT a.b FROM a WHERE a.c = ?", rpc_system="aws-api", operation="SELECT",
    code=Code("/srv/m.py", 8, "m.f", "otel.code.line.number"),
)  # fmt: skip
BARE = Span(trace_id="a", span_id="b", parent_id=None, kind="internal", name="", start_ns=0, duration_ns=0)


def spans_of(path: Path) -> list[Span]:
    with opened(str(path), 512) as source:
        return list(reader_for(source).read(source))  # type: ignore[arg-type]


def records_of(path: Path) -> list[dict[str, Any]]:
    result = duckdb.connect().execute("SELECT * FROM read_parquet(?)", [str(path)])
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def as_csv(*rows: dict[str, Any], delimiter: str = ",") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(key for row in rows for key in row)), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
@pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.name)
def test_what_is_written_gives_the_same_hotspots(tmp_path: Path, capture: Path, suffix: str) -> None:
    rows = tmp_path / f"rows{suffix}"
    write(iter(spans_of(capture)), rows)
    expected = read([str(capture)], Config())
    found = read([str(rows)], Config())
    assert [(h.id, h.patterns, h.locations, h.metrics) for h in found] == [
        (h.id, h.patterns, h.locations, h.metrics) for h in expected
    ]
    assert [h.entry.handler for h in found] == [h.entry.handler for h in expected]


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_every_field_comes_back(tmp_path: Path, suffix: str) -> None:
    write([FULL, BARE], tmp_path / f"rows{suffix}")
    assert spans_of(tmp_path / f"rows{suffix}") == [FULL, BARE]


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_the_same_spans_give_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    for name in ("one", "two"):
        write(spans_of(STABLE), tmp_path / f"{name}{suffix}")
    assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes()


@pytest.mark.parametrize(
    ("system", "statement", "written"),
    [
        ("sqlite", "SELECT a FROM \"order\" WHERE b = 'secret' -- x", 'SELECT a FROM "order" WHERE b = ?'),
        ("mysql", "SELECT a FROM `order` WHERE b = \"secret\"", "SELECT a FROM `order` WHERE b = ?"),
        ("mssql", "SELECT a FROM [order] WHERE b = N'secret'", 'SELECT a FROM "order" WHERE b = ?'),
        ("postgresql", "SELECT a FROM b WHERE c IN ('secret', 2) /*route='/a',traceparent='00-secret-01'*/",
         "SELECT a FROM b WHERE c IN (?) /*route='/a'*/"),
        ("redis", "SET secret 7", "SET ?"),
        ("redis", "PING", "PING"),
        (None, "SELECT 'secret\nsecret, \"secret\"'", "SELECT ?"),
    ],
)  # fmt: skip
def test_no_literal_leaves(tmp_path: Path, system: str | None, statement: str, written: str) -> None:
    client = replace(BARE, kind="client", name="secret")
    spans = [
        replace(client, db_system=system, statement=statement),
        replace(client, method="GET", url="https://user:secret@h/a/secret7?token=secret#secret"),
        replace(BARE, kind="server", name="GET", url="/a/secret7?token=secret"),
    ]
    path = tmp_path / "rows.parquet"
    write(spans, path)
    records = records_of(path)
    assert list(records[0]) == list(COLUMNS)
    assert records[0]["statement"] == written
    is_sql = system != "redis"
    assert records[0]["statement_id"] == (normalise(statement, system).fingerprint if is_sql else None)
    assert not is_sql or normalise(written, system).fingerprint == records[0]["statement_id"]
    assert [record["url"] for record in records] == [None, "https://h/a/{redacted}", "/a/{redacted}"]
    assert "secret" not in str(records)


@pytest.mark.parametrize(
    ("span", "kind"),
    [
        (FULL, "server"),
        (BARE, "internal"),
        (replace(BARE, kind="consumer"), "queue"),
        (replace(BARE, kind="client", statement="SELECT 1"), "db"),
        (replace(BARE, kind="client", db_system="redis"), "cache"),
        (replace(BARE, kind="client", url="http://h/"), "http"),
        (replace(BARE, kind="client"), "client"),
    ],
)  # fmt: skip
def test_kinds(tmp_path: Path, span: Span, kind: str) -> None:
    write([span], tmp_path / "rows.parquet")
    assert [record["kind"] for record in records_of(tmp_path / "rows.parquet")] == [kind]
    assert [found.kind for found in spans_of(tmp_path / "rows.parquet")] == [span.kind]


ROW: dict[str, Any] = {"trace_id": "A", "span_id": "B", "parent_id": "", "kind": "db", "start_ns": 1, "dur_ns": 2}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_of_another_hand(tmp_path: Path, delimiter: str) -> None:
    rows = [ROW | {"statement": "SELECT \"a\",\n'b;\tc'", "unknown": 7}, ROW | {"parent_id": "0000"}]
    text = as_csv(*rows, delimiter=delimiter)
    for raw in (
        text.encode(),
        b"\xef\xbb\xbf" + text.encode(),
        gzip.compress(text.encode()),
        text.replace("\r", "").encode(),
    ):
        (tmp_path / "export").write_bytes(raw)
        found = spans_of(tmp_path / "export")
        assert [(s.trace_id, s.span_id, s.parent_id, s.kind, s.db_system) for s in found] == [
            ("a", "b", None, "client", "other_sql")
        ] * 2
        assert (found[0].statement or "").splitlines() == ['SELECT "a",', "'b;\tc'"]


def parquet(tmp_path: Path, select: str, name: str = "export") -> Path:
    path = tmp_path / name
    duckdb.connect().execute(f"COPY (SELECT {select}) TO '{tmp_path}/made' (FORMAT parquet)")
    (tmp_path / "made").rename(path)
    return path


SELECT = "'a' AS trace_id, 'b' AS span_id, NULL AS parent_id, 'server' AS kind, 1 AS start_ns, 2 AS dur_ns"


@pytest.mark.parametrize("name", ["export", "a[1]*?.parquet", "x=1"])
def test_parquet_of_another_hand(tmp_path: Path, name: str) -> None:
    path = parquet(
        tmp_path, f"{SELECT}, 7 AS \"unknown\", 'shop' AS service, '200' AS status, 5::UTINYINT AS weight", name
    )
    expected = [Span(trace_id="a", span_id="b", parent_id=None, kind="server", name="", start_ns=1, duration_ns=2,
                     service="shop", status=200, weight=5.0)]  # fmt: skip
    assert spans_of(path) == expected
    (tmp_path / "packed.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert spans_of(tmp_path / "packed.gz") == expected


@pytest.mark.parametrize("dropped", [("start_ns",), ("kind", "dur_ns"), ("parent_id",)])
def test_missing_columns_are_named(tmp_path: Path, dropped: tuple[str, ...]) -> None:
    plural = "s" if len(dropped) > 1 else ""
    message = f"{tmp_path / 'export'} lacks the column{plural} {', '.join(dropped)}; export it too."
    text = as_csv({key: value for key, value in ROW.items() if key not in dropped})
    kept = ", ".join(part for part in SELECT.split(", ") if part.split()[-1] not in dropped)
    for make in (lambda: (tmp_path / "export").write_text(text), lambda: parquet(tmp_path, kept)):
        make()
        with pytest.raises(UserError) as raised:
            read([str(tmp_path / "export")], Config())
        assert str(raised.value) == message


BAD_CELLS = [
    {"start_ns": "soon"},
    {"start_ns": -1},
    {"dur_ns": ""},
    {"dur_ns": 10**25},
    {"trace_id": ""},
    {"span_id": ""},
]


@pytest.mark.parametrize("bad", BAD_CELLS)
def test_a_bad_row_is_dropped(tmp_path: Path, bad: dict[str, Any]) -> None:
    (tmp_path / "export").write_text(as_csv(ROW, ROW | bad, ROW))
    with opened(str(tmp_path / "export"), 1) as source:
        assert len(list(reader_for(source).read(source))) == 2
        assert source.losses.sentences() == ("1 dropped: a row without a valid time or id",)
    ((column, value),) = bad.items()
    cells = SELECT.replace("1 AS start_ns", "'1' AS start_ns").replace("2 AS dur_ns", "'2' AS dur_ns")
    changed = ", ".join(f"'{value}' AS {column}" if c.endswith(f" {column}") else c for c in cells.split(", "))
    path = parquet(tmp_path, f"{cells} UNION ALL SELECT {changed}", "rows")
    with opened(str(path), 1) as source:
        assert len(list(rows_parquet.read(source))) == 1
        assert source.losses.sentences() == ("1 dropped: a row without a valid time or id",)


def test_cells_that_say_nothing(tmp_path: Path) -> None:
    odd = {"status": "4x4", "weight": "-3", "code_line": "x", "handler": "no colon:", "code_func": "f", "kind": "odd"}
    (tmp_path / "export").write_text(as_csv(ROW | odd))
    (span,) = spans_of(tmp_path / "export")
    assert (span.status, span.weight, span.handler, span.code, span.kind) == (None, None, None, None, "internal")


def test_a_short_row_and_a_huge_cell(tmp_path: Path) -> None:
    text = as_csv(ROW) + "a,b\n" + f'"{"x" * 1_100_000}",b,,db,1,2\n' + "A,B,,db,1,2\n"
    (tmp_path / "export").write_text(text)
    with opened(str(tmp_path / "export"), 3) as source:
        assert len(list(reader_for(source).read(source))) == 2
        assert source.losses.sentences() == (
            "1 dropped: a row that is no CSV", "1 dropped: a row without a valid time or id",
        )  # fmt: skip


def test_damaged_parquet(tmp_path: Path) -> None:
    path = parquet(tmp_path, SELECT)
    whole = path.read_bytes()
    for raw in (whole[:-20], whole[:40] + b"\xff" * 40 + whole[80:], b"PAR1" + b"x" * 100 + b"PAR1"):
        path.write_bytes(raw)
        with pytest.raises(UserError) as raised:
            read([str(path)], Config())
        assert str(raised.value) == (
            f"{path} is a damaged Parquet file, or one of its values is huge; export it again."
        )


def test_a_table_that_packs_without_end_is_refused(tmp_path: Path) -> None:
    path = parquet(tmp_path, f"{SELECT} FROM range(5_000_000)")
    with pytest.raises(UserError, match="holds 5000000 rows in too few bytes to be spans"):
        read([str(path)], Config())


def test_long_texts_are_cut(tmp_path: Path) -> None:
    path = parquet(tmp_path, f"{SELECT}, repeat('x', 100_000) AS statement, repeat('y', 100_000) AS service")
    ((span,)) = spans_of(path)
    assert (len(span.statement or ""), len(span.service or "")) == (20_000, 2_000)


def test_required_columns_are_columns() -> None:
    assert set(REQUIRED) <= set(COLUMNS)
