"""PostgreSQL's logs in their three forms, alone: which request a statement belongs to, and what is no statement."""

import csv
import io
import json
import random
from pathlib import Path

import pytest
from rig.profiles import hotspots_in, sample

from bot.errors import UserError
from bot.hotspots import pglog
from bot.hotspots.document import dump
from bot.hotspots.readers import postgres_csvlog, postgres_jsonlog, postgres_log
from bot.records import Hotspot

TEXT = sample("postgres_slowlog_stderr.log")
CSV = sample("postgres_slowlog_csvlog.csv")
JSON = sample("postgres_slowlog_jsonlog.jsonl")
ALL = {"text": TEXT, "CSV": CSV, "JSON": JSON}


def repeats(hotspots: list[Hotspot]) -> list[tuple[str, str | None, int, str]]:
    return [(h.kind, h.entry.route_canonical, p.count.max, p.shape) for h in hotspots for p in h.patterns]


TO_ONE, TO_MANY = "column_equals_parameter", "parameter_equals_column"
ORDERS = [("n_plus_one_db", "orders", 25, TO_ONE), ("n_plus_one_db", "orders", 25, TO_MANY)]


@pytest.mark.parametrize("content", ALL.values(), ids=ALL)
def test_the_loop_is_found_without_any_apm(tmp_path: Path, content: bytes) -> None:
    found = hotspots_in(tmp_path, content)
    assert sorted(repeats(found)) == ORDERS
    (hotspot,) = found
    assert (hotspot.entry.route_raw, hotspot.entry.transaction_name) == ("/orders", "list_orders")
    assert all(pattern.sequential == 1.0 for pattern in hotspot.patterns)
    assert not any(mark in dump(found) for mark in ("traceparent", "7037e4f3", "psycopg2"))  # neither comments nor ids


def test_all_forms_and_the_statistics_see_one_problem(tmp_path: Path) -> None:
    contents = [*ALL.values(), sample("pg_stat_statements.csv")]
    assert len({hotspot.id for content in contents for hotspot in hotspots_in(tmp_path, content)}) == 1


def test_the_order_of_json_lines_does_not_show(tmp_path: Path) -> None:
    lines = JSON.splitlines(keepends=True)
    random.Random(3).shuffle(lines)
    assert dump(hotspots_in(tmp_path, b"".join(lines))) == dump(hotspots_in(tmp_path, JSON))


@pytest.mark.parametrize("content", ALL.values(), ids=ALL)
def test_a_log_given_twice_counts_once(tmp_path: Path, content: bytes) -> None:
    assert hotspots_in(tmp_path, content, content) == hotspots_in(tmp_path, content)


@pytest.mark.parametrize("content", ALL.values(), ids=ALL)
def test_a_log_that_is_cut_off_is_read_up_to_there(tmp_path: Path, content: bytes) -> None:
    (hotspot,) = hotspots_in(tmp_path, content[:-100])
    assert hotspot.entry.route_canonical == "orders"


SELECT = "SELECT a.id FROM a WHERE a.b_id = {}"


def entries(prefix: str, bodies: list[str], start: int = 0) -> bytes:
    return "".join(
        prefix.format(second=f"{(start + n) // 1000:02}.{(start + n) % 1000:03}", n=n) + body + "\n"
        for n, body in enumerate(bodies)
    ).encode()


def statements(count: int) -> list[str]:
    return [f"LOG:  duration: 0.100 ms  statement: {SELECT.format(n)}" for n in range(count)]


PREFIXES = [
    "2026-11-23 08:35:{second} UTC [25595] ",
    "2026-11-23 08:35:{second} UTC:10.0.0.1(47458):app@shop:[25595]:",
    "[25595]: [{n}-1] user=app,db=shop,app=web,client=10.0.0.1 2026-11-23 08:35:{second} UTC ",
    "1795422955.{n:03} 6b03faea.63fb ",
    "2026-11-23T08:35:{second}+01:00 pid=25595 ",
]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_any_prefix(tmp_path: Path, prefix: str) -> None:
    found = hotspots_in(tmp_path, entries(prefix, statements(9)))
    assert repeats(found) == [("n_plus_one_db", None, 9, TO_ONE)]
    assert found[0].source.window_start is not None
    assert found[0].source.window_start.startswith("2026-11-23T0")


def logged(bodies: list[str], transaction: str = "") -> bytes:
    return entries("2026-11-23 08:35:{second} UTC [25595] " + (f"{transaction} " if transaction else ""), bodies)


BEGIN = "LOG:  duration: 0.010 ms  statement: BEGIN"
COMMIT = "LOG:  duration: 0.010 ms  statement: COMMIT"


def test_transactions_of_one_session_are_told_apart(tmp_path: Path) -> None:
    request = [BEGIN, *statements(6), COMMIT]
    assert repeats(hotspots_in(tmp_path, logged(request * 3))) == [
        ("n_plus_one_db", None, 6, "column_equals_parameter")
    ]


def test_a_pause_ends_what_belongs_together(tmp_path: Path) -> None:
    prefix = "2026-11-23 08:35:{second} UTC [25595] "
    three = entries(prefix, statements(3)) + entries(prefix, statements(3), start=5_000)
    assert hotspots_in(tmp_path, three) == []


def test_virtual_transactions_group_and_separate(tmp_path: Path) -> None:
    together = logged(statements(6), "3/222")
    assert repeats(hotspots_in(tmp_path, together)) == [("n_plus_one_db", None, 6, TO_ONE)]
    apart = b"".join(
        entries("2026-11-23 08:35:{second} UTC [25595] " + f"3/{n} ", [body], start=n)
        for n, body in enumerate(statements(9))
    )
    assert hotspots_in(tmp_path, apart) == []


def test_bound_values_tell_a_loop_from_a_repetition(tmp_path: Path) -> None:
    def executed(values: list[int]) -> bytes:
        return logged(
            [
                text
                for value in values
                for text in (
                    "LOG:  duration: 0.010 ms  parse <unnamed>: " + SELECT.format("$1"),
                    "LOG:  duration: 0.010 ms  bind <unnamed>: " + SELECT.format("$1"),
                    "LOG:  duration: 0.100 ms  execute <unnamed>: " + SELECT.format("$1"),
                    f"DETAIL:  parameters: $1 = '{value}'",
                )
            ]
        )

    assert [h.kind for h in hotspots_in(tmp_path, executed(list(range(7))))] == ["n_plus_one_db"]
    (same,) = hotspots_in(tmp_path, executed([4711] * 7))
    assert (same.kind, same.patterns[0].count.max) == ("repeated_identical", 7)
    assert "4711" not in dump([same])


def test_statement_and_duration_may_come_one_after_the_other(tmp_path: Path) -> None:
    bodies = [text for n in range(6) for text in (f"LOG:  statement: {SELECT.format(n)}", "LOG:  duration: 0.100 ms")]
    assert repeats(hotspots_in(tmp_path, logged(bodies))) == [("n_plus_one_db", None, 6, TO_ONE)]


def test_a_slow_statement_is_a_hotspot_by_itself(tmp_path: Path) -> None:
    body = "LOG:  duration: 2500.000 ms  statement: SELECT count(*) FROM a JOIN b ON true\n\tWHERE a.name = 'secret'"
    (hotspot,) = hotspots_in(tmp_path, logged([body]))
    assert (hotspot.kind, hotspot.patterns[0].mean_ns) == ("slow_query", 2_500_000_000)
    assert "secret" not in dump([hotspot])


def test_datadogs_comment_names_service_and_request(tmp_path: Path) -> None:
    comment = "/*dddbs='shop',dde='prod',ddps='shop-web',ddpv='7',traceparent='00-{trace:032x}-{n:016x}-01'*/"
    bodies = [
        f"LOG:  duration: 0.1 ms  statement: {comment.format(trace=1 + n // 6, n=n)} {SELECT.format(n)}"
        for n in range(12)
    ]
    (hotspot,) = hotspots_in(tmp_path, logged(bodies))
    assert (hotspot.patterns[0].count.max, hotspot.patterns[0].traces) == (6, 2)
    assert (hotspot.source.service, hotspot.source.env, hotspot.source.release) == ("shop-web", "prod", "7")


def test_other_entries_are_no_statements(tmp_path: Path) -> None:
    bodies = [
        "LOG:  database system is ready to accept connections",
        'ERROR:  relation "x" does not exist at character 15',
        "STATEMENT:  SELECT * FROM x",
        "LOG:  duration: 0.1 ms  execute fetch from C_1: SELECT 1",
        "LOG:  duration: 12.5 ms  plan:\n\tQuery Text: SELECT 1",
        "LOG:  duration: abc ms  statement: SELECT 1",
    ]
    with pytest.raises(UserError, match="holds no span; export a window with traffic"):
        hotspots_in(tmp_path, logged(bodies))


def as_csv(message: str, columns: int = 26) -> str:
    row = [
        "2026-11-23 08:35:55.605 UTC",
        "app",
        "shop",
        "1",
        "",
        "6b.1",
        "1",
        "",
        "",
        "3/2",
        "0",
        "LOG",
        "00000",
        message,
    ]
    out = io.StringIO()
    csv.writer(out).writerow((row + [""] * 26)[:columns])
    return out.getvalue()


def test_records_with_too_few_columns_are_counted(tmp_path: Path) -> None:
    (hotspot,) = hotspots_in(tmp_path, CSV + as_csv("x", 14).encode())
    assert "1 dropped: record with too few columns" in hotspot.trust.limits


@pytest.mark.parametrize(
    "line",
    [{"pid": "x"}, {"message": 5}, {"line_num": None}],
    ids=["pid", "message", "number"],
)
def test_a_wrong_line_among_good_ones_is_counted(tmp_path: Path, line: dict[str, object]) -> None:
    bad = json.dumps(json.loads(JSON.splitlines()[0]) | line).encode() + b"\n"
    (hotspot,) = hotspots_in(tmp_path, JSON + bad)
    assert "1 dropped: a field is missing or wrong" in hotspot.trust.limits
    with pytest.raises(UserError, match="is wrong"):
        hotspots_in(tmp_path, bad)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23 08:35:55.605 UTC", 1_795_422_955_605_000_000),
        ("2026-11-23 08:35:55 GMT", 1_795_422_955_000_000_000),
        ("2026-11-23 09:35:55.605+01", 1_795_422_955_605_000_000),
        ("2026-11-23 05:05:55.605 -03:30", 1_795_422_955_605_000_000),
        ("2026-11-23T08:35:55.123456Z", 1_795_422_955_123_456_000),
        ("2026-99-23 08:35:55", 0),
        ("no time", 0),
        ("1900-01-01 00:00:00", 0),
    ],
)
def test_times(text: str, expected: int) -> None:
    assert pglog.time_ns(text) == expected


@pytest.mark.parametrize("name", ALL)
def test_one_reader_knows_each_form(name: str) -> None:
    readers = {"text": postgres_log, "CSV": postgres_csvlog, "JSON": postgres_jsonlog}
    assert [key for key, reader in readers.items() if reader.sniff(ALL[name][: 1 << 16])] == [name]
