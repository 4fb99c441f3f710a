"""pg_stat_statements: when sums look like a loop, and when they do not."""

import csv
import io
from pathlib import Path

import pytest
from rig.profiles import hotspots_in, sample

from bot.errors import UserError
from bot.hotspots.document import dump
from bot.hotspots.readers import pg_stat_statements
from bot.records import Hotspot

CAPTURE = sample("pg_stat_statements.csv")
BY_ID = "SELECT b.id FROM b WHERE b.id = $1"
ITEMS = "SELECT c.id FROM c WHERE $1 = c.b_id"
LIST = "SELECT a.id FROM a ORDER BY a.id LIMIT $1"
COMMENT = " /*controller='orders',route='/orders/<int:id>'*/"
TO_ONE, TO_MANY = "column_equals_parameter", "parameter_equals_column"


def view(*rows: tuple[object, ...], names: str = "queryid,query,calls,rows,total_exec_time,toplevel") -> bytes:
    """Rows of query, calls, rows, milliseconds, toplevel."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(names.split(","))
    writer.writerows([(7, *row, "t")[:6] for row in rows])
    return out.getvalue().encode()


def repeats(hotspots: list[Hotspot]) -> list[tuple[str, str | None, int, str]]:
    return [(h.kind, h.entry.route_canonical, p.count.max, p.shape) for h in hotspots for p in h.patterns]


def test_the_capture(tmp_path: Path) -> None:
    (hotspot,) = hotspots_in(tmp_path, CAPTURE)
    assert sorted(repeats([hotspot])) == [
        ("n_plus_one_db", "orders", 25, TO_ONE),
        ("n_plus_one_db", "orders", 25, TO_MANY),
    ]
    assert (hotspot.entry.transaction_name, hotspot.metrics.requests_in_window) == ("list_orders", 3)
    assert hotspot.trust.confidence == 0.4
    assert len(hotspot.trust.limits) == 2


@pytest.mark.parametrize(
    "names", ["queryid,query,calls,rows,total_time,toplevel", 'queryid,"query",calls,rows,"total_exec_time"']
)
def test_older_names_and_quoted_ones(tmp_path: Path, names: str) -> None:
    content = view((BY_ID + COMMENT, 250, 250, 5.0), (LIST + COMMENT, 10, 250, 5.0)).split(b"\r\n", 1)[1]
    found = hotspots_in(tmp_path, names.encode() + b"\r\n" + content)
    assert repeats(found) == [("n_plus_one_db", "orders/{}", 25, TO_ONE)]


SILENT = {
    "few calls per call": [(BY_ID + COMMENT, 40, 40, 5.0), (LIST + COMMENT, 10, 250, 5.0)],
    "a key that many rows have": [(BY_ID + COMMENT, 250, 2500, 5.0), (LIST + COMMENT, 10, 250, 5.0)],
    "two columns": [(BY_ID + " AND b.x = $2" + COMMENT, 250, 250, 5.0), (LIST + COMMENT, 10, 250, 5.0)],
    "a constraint's own query": [(BY_ID + COMMENT, 250, 250, 5.0, "f"), (LIST + COMMENT, 10, 250, 5.0)],
    "a write": [("UPDATE b SET x = $1 WHERE id = $2" + COMMENT, 250, 250, 5.0), (LIST + COMMENT, 10, 250, 5.0)],
    "alone, once per request": [(BY_ID, 9_000, 9_000, 5.0), (LIST, 9_000, 90_000, 5.0)],
    "alone, not often": [(BY_ID, 999, 999, 5.0), (LIST, 10, 250, 5.0)],
    "slow on average, not in sum": [(LIST, 2, 2, 2_000.0)],
    "slow in sum, not on average": [(LIST, 100_000, 2, 9_000_000.0 / 200)],
    "upkeep": [("VACUUM ANALYZE a", 10, 0, 90_000.0), (LIST, 10, 250, 5.0)],
}  # fmt: skip


@pytest.mark.parametrize("rows", SILENT.values(), ids=SILENT)
def test_what_is_no_hotspot(tmp_path: Path, rows: list[tuple[object, ...]]) -> None:
    assert hotspots_in(tmp_path, view(*rows)) == []


def test_without_comments_only_what_dwarfs_all_other_queries(tmp_path: Path) -> None:
    (hotspot,) = hotspots_in(tmp_path, view((BY_ID, 90_000, 90_000, 900.0), (LIST, 1_000, 25_000, 5.0)))
    assert repeats([hotspot]) == [("n_plus_one_db", None, 90, TO_ONE)]
    assert (hotspot.entry.type, hotspot.trust.confidence) == ("unknown", 0.3)


def test_users_and_databases_are_added_up_and_order_does_not_show(tmp_path: Path) -> None:
    rows = [(BY_ID + COMMENT, 125, 125, 2.5), (ITEMS + COMMENT, 250, 500, 9.0), (BY_ID + COMMENT, 125, 125, 2.5),
            (LIST + COMMENT, 10, 250, 5.0)]  # fmt: skip
    found = hotspots_in(tmp_path, view(*rows))
    assert repeats(found) == [("n_plus_one_db", "orders/{}", 25, TO_MANY), ("n_plus_one_db", "orders/{}", 25, TO_ONE)]
    assert dump(hotspots_in(tmp_path, view(*reversed(rows)))) == dump(found)
    assert found[0].metrics.total_ns == 14_000_000
    assert found[0].metrics.avoidable_ns_per_request == 1_400_000 - 36_000 - 20_000


def test_a_slow_statement(tmp_path: Path) -> None:
    (hotspot,) = hotspots_in(tmp_path, view(("SELECT count(*) FROM a WHERE x = 'secret'", 10, 10, 9_000.0)))
    assert (hotspot.kind, hotspot.patterns[0].mean_ns, hotspot.metrics.total_ns) == (
        "slow_query",
        900_000_000,
        9 * 10**9,
    )
    assert "secret" not in dump([hotspot])


def test_bad_rows_among_good_ones_are_counted(tmp_path: Path) -> None:
    bad = [("", 1, 1, 1.0), (BY_ID, "x", 1, 1.0), (BY_ID, 0, 1, 1.0), (BY_ID, 1, 1, "nan"), (BY_ID, 1, 1, 1e300)]
    content = view(*bad, (BY_ID + COMMENT, 250, 250, 5.0), (LIST + COMMENT, 10, 250, 5.0))
    (hotspot,) = hotspots_in(tmp_path, content + b"7,only two\r\n")
    assert "6 dropped: row without a statement or its numbers" in hotspot.trust.limits


def test_no_row(tmp_path: Path) -> None:
    with pytest.raises(UserError) as raised:
        hotspots_in(tmp_path, view())
    assert str(raised.value) == f"{tmp_path / 'export-0'} holds no statement; export the view with a header."


@pytest.mark.parametrize(
    "head",
    [b"", b"query,calls\n", b"calls,rows,total_time\n", b'{"query": 1, "calls": 1}', b"query;calls;rows;total_time\n"],
)
def test_other_content_is_not_claimed(head: bytes) -> None:
    assert not pg_stat_statements.sniff(head)
