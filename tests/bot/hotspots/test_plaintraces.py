"""A table that is added up as a whole gives the very hotspots that it gives span by span."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from rig.spans import SAMPLES

from bot.config import Config
from bot.hotspots import read
from bot.hotspots.document import dump
from bot.hotspots.loops import Limits
from bot.hotspots.plaintraces import MOST_SHAPES, Plain
from bot.hotspots.readers import reader_for, rows_parquet
from bot.hotspots.rows import write
from bot.hotspots.source import opened
from bot.hotspots.span import Code, Span
from bot.records import Handler

SLOW_MS = 2
LIMITS = Limits(5, SLOW_MS * 1_000_000)
CAPTURES = sorted(SAMPLES.glob("*_*.gz"))


def both(table: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> list[str]:
    """What is found, and said, span by span and as a whole."""
    found = []
    for least in (10**9, 0):
        monkeypatch.setattr(rows_parquet, "LEAST_ROWS", least)
        capfd.readouterr()
        found.append(dump(read([str(table)], Config(slow_statement_ms=SLOW_MS))) + capfd.readouterr().err)
    return found


def apart(table: Path) -> tuple[list[Plain], list[Span]]:
    with opened(str(table), 100) as source:
        items = list(rows_parquet.read_whole(source, LIMITS))
    return [item for item in items if isinstance(item, Plain)], [item for item in items if isinstance(item, Span)]


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.name)
def test_captures(
    capture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "spans.parquet"
    with opened(str(capture), 100) as source:
        write((item for item in reader_for(source).read(source) if isinstance(item, Span)), table)
    alone, together = both(table, monkeypatch, capfd)
    assert (together == alone) is True  # no diff: they are long
    monkeypatch.setattr(rows_parquet, "LEAST_ROWS", 0)
    plain, rest = apart(table)
    assert (len(plain), rest) == (1, [])


def traces(chance: random.Random) -> Iterator[Span]:  # noqa: C901
    """Traces of two services, most of them damaged in one way or another."""
    handlers = [None, Handler(module="m", qualname="view"), Handler(module="m", qualname="other", file="m.py", line=3)]
    for number in range(120):
        trace, start = f"{number:032x}", 1_790_000_000_000_000_000 + number * 10**9
        spans: list[Span] = []

        def span(kind: str, parent: str | None, at: int, length: int, **more: object) -> str:
            identity = f"{len(spans) + 1:016x}"  # noqa: B023
            spans.append(  # noqa: B023
                Span(trace_id=trace, span_id=identity, parent_id=parent, kind=kind, name=f"{kind} span",  # type: ignore[arg-type] # noqa: B023
                     start_ns=start + at * 1000, duration_ns=length * 1000, service="shop", **more)  # type: ignore[arg-type] # noqa: B023
            )  # fmt: skip
            return identity

        def work(parent: str, service: str) -> None:
            statements = ("SELECT a.b FROM a WHERE a.c = ?", "SELECT d.e FROM d", "SELECT f FROM g /*route='/of/{x}'*/")
            for at in range(chance.choice([0, 3, 6, 14])):
                overlapping = chance.random() < 0.2
                code = chance.choice([None, Code("m.py", chance.randint(1, 3), "f", "otel.code")])
                length = chance.choice([50, 90, 90, SLOW_MS * 1000 + 7])
                text = statements[min(2, int(chance.random() * 3.2))] if chance.random() < 0.7 else statements[0]
                if chance.random() < 0.2:
                    where = f"http://price/v1/item/{{redacted}}{'?q=1' if at % 2 else ''}"
                    span("client", parent, at * 100, length, url=where, method="GET")
                else:
                    span("client", parent, at * 40 if overlapping else at * 100, length, db_system="postgresql",
                         statement=text, code=code)  # fmt: skip

        weight = chance.choice([None, 4.0])
        root = span(
            chance.choice(["server", "server", "server", "consumer", "internal"]), None, 0, 20_000, method="GET",
            route=chance.choice(["/a/{id}", "/b", None]), status=chance.choice([200, 404, None]), weight=weight,
            url="/b/{redacted}", handler=chance.choice(handlers), code=chance.choice([None, Code("v.py", 9, "v", "x")]),
        )  # fmt: skip
        inner = root
        for _ in range(chance.randint(0, 4)):
            inner = span("internal", inner, 1, 9_000, handler=chance.choice([None, None, None, *handlers]))
        work(inner, "shop")
        if chance.random() < 0.5:
            work(root, "shop")
        if chance.random() < 0.4:
            out = span("client", inner, 5_000, 3_000, url="http://stock/x", method="GET")
            there = span("server", out, 5_100, 2_000, method="POST", route="/x", handler=chance.choice(handlers))
            work(there, "stock")
        if chance.random() < 0.2:  # an HTTP library inside a call that says what it is already
            outer = span("client", inner, 6_000, 500, db_system="dynamodb", operation="GetItem")
            span("client", outer, 6_010, 400, url="http://dynamodb/", method="POST")
        damage = chance.randrange(12)
        if damage == 0:
            spans.append(spans[-1])
        elif damage == 1:
            del spans[chance.randrange(len(spans))]
        elif damage == 2:
            span("server", "f" * 16, 7_000, 100, method="GET", route="/lost")
        elif damage == 3:
            one = span("internal", f"{len(spans) + 2:016x}", 1, 1)
            work(span("internal", one, 1, 1), "shop")
        yield from spans


@pytest.mark.parametrize("seed", range(2))
def test_any_traces(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(seed)
    spans = list(traces(chance))
    chance.shuffle(spans)
    table = tmp_path / "spans.parquet"
    write(spans, table)
    alone, together = both(table, monkeypatch, capfd)
    assert (together == alone) is True  # no diff: they are long
    plain, rest = apart(table)
    assert plain and plain[0].totals
    assert 0 < len(rest) < 0.8 * len(spans)


def test_bad_rows_are_counted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import duckdb

    table, damaged = tmp_path / "spans.parquet", tmp_path / "damaged.parquet"
    write(traces(random.Random(7)), table)
    duckdb.sql(f"""
        SELECT * REPLACE (CASE seq % 97 WHEN 0 THEN '' WHEN 1 THEN NULL ELSE trace_id END AS trace_id,
                          CASE seq % 89 WHEN 0 THEN -1 WHEN 1 THEN 9000000000000000000 ELSE start_ns END AS start_ns,
                          CASE seq % 83 WHEN 0 THEN NULL ELSE dur_ns END AS dur_ns)
        FROM '{table}'""").write_parquet(str(damaged))
    alone, together = both(damaged, monkeypatch, capfd)
    assert (together == alone) is True  # no diff: they are long
    assert "dropped: a row without a valid time or id" in together


def test_spans_that_differ_too_much_go_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import duckdb

    table, raw = tmp_path / "spans.parquet", tmp_path / "raw.parquet"
    write(traces(random.Random(8)), table)
    monkeypatch.setattr(rows_parquet, "LEAST_ROWS", 0)
    monkeypatch.setattr("bot.hotspots.plaintraces.MOST_SHAPES", 5)
    assert MOST_SHAPES > 5
    assert apart(table)[0] == []
    monkeypatch.undo()
    monkeypatch.setattr(rows_parquet, "LEAST_ROWS", 0)
    texts = "SELECT * REPLACE (start_ns::VARCHAR AS start_ns)"
    duckdb.sql(f"{texts} FROM '{table}'").write_parquet(str(raw))
    plain, rest = apart(raw)
    assert (plain, len(rest)) == ([], len(list(traces(random.Random(8)))))


def test_a_text_that_would_be_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_parquet, "LEAST_ROWS", 0)
    table = tmp_path / "spans.parquet"
    write([*traces(random.Random(9)), Span(trace_id="a", span_id="b", parent_id=None, kind="internal", name="n" * 3000,
           start_ns=0, duration_ns=0)], table)  # fmt: skip
    assert apart(table)[0] == []
