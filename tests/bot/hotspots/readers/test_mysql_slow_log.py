"""The slow query logs of MySQL, MariaDB and Percona."""

from pathlib import Path

import pytest
from rig.profiles import hotspots_in

from bot.errors import UserError
from bot.hotspots.document import dump
from bot.hotspots.readers import mysql_slow_log
from bot.records import Hotspot

SERVER = (
    "/usr/sbin/mysqld, Version: 8.0.36 (MySQL Community Server - GPL). started with:\n"
    "Tcp port: 3306  Unix socket: /var/run/mysqld/mysqld.sock\n"
    "Time                 Id Command    Argument\n"
)
MYSQL = (
    "# Time: 2026-11-23T08:35:55.{n:06}Z\n"
    "# User@Host: app[app] @ web [10.0.0.1]  Id:    {session}\n"
    "# Query_time: {seconds}  Lock_time: 0.000001 Rows_sent: 1  Rows_examined: 1\n"
    "SET timestamp=1795422955;\n"
    "{text};\n"
)
MARIADB = (
    "# Time: 261123  8:35:55\n"
    "# User@Host: app[app] @ web [10.0.0.1]\n"
    "# Thread_id: {session}  Schema: shop  QC_hit: No\n"
    "# Query_time: {seconds}  Lock_time: 0.000001  Rows_sent: 1  Rows_examined: 1\n"
    "# Rows_affected: 0  Bytes_sent: 66\n"
    "use shop;\n"
    "SET timestamp=1795422955;\n"
    "{text};\n"
)
SELECT = "SELECT name\nFROM customers WHERE id = {}"
TO_ONE = "column_equals_parameter"


def entries(form: str, texts: list[str], session: int = 12, seconds: str = "0.000123") -> bytes:
    return "".join(
        form.format(n=n, session=session, seconds=seconds, text=text) for n, text in enumerate(texts)
    ).encode()


def selects(count: int) -> list[str]:
    return [SELECT.format(n) for n in range(count)]


def repeats(hotspots: list[Hotspot]) -> list[tuple[str, str | None, int, str]]:
    return [(h.kind, h.entry.route_canonical, p.count.max, p.shape) for h in hotspots for p in h.patterns]


@pytest.mark.parametrize("form", [MYSQL, MARIADB], ids=["MySQL", "MariaDB"])
def test_a_loop_in_one_transaction(tmp_path: Path, form: str) -> None:
    content = SERVER.encode() + entries(form, ["START TRANSACTION", *selects(7), "COMMIT"] * 2)
    (hotspot,) = hotspots_in(tmp_path, content)
    assert repeats([hotspot]) == [("n_plus_one_db", None, 7, TO_ONE)]
    assert (hotspot.patterns[0].traces, hotspot.patterns[0].total_ns) == (2, 14 * 123_000)
    assert hotspot.patterns[0].dialect == "mysql"
    assert hotspot.source.window_start == "2026-11-23T08:35:54.999Z"


def test_a_comment_names_the_request(tmp_path: Path) -> None:
    comment = " /*controller='list_orders',route='/orders',traceparent='00-{0:032x}-{0:016x}-03'*/"
    texts = [SELECT.format(n) + comment.format(1 + n // 6) for n in range(12)]
    (hotspot,) = hotspots_in(tmp_path, entries(MYSQL, texts))
    assert repeats([hotspot]) == [("n_plus_one_db", "orders", 6, TO_ONE)]
    assert (hotspot.entry.transaction_name, hotspot.patterns[0].traces) == ("list_orders", 2)


def test_sessions_are_told_apart(tmp_path: Path) -> None:
    parts = [entries(MYSQL, selects(3), session=session) for session in (1, 2, 3)]
    assert hotspots_in(tmp_path, b"".join(parts)) == []


def test_a_slow_statement_is_a_hotspot_by_itself(tmp_path: Path) -> None:
    text = "SELECT COUNT(*)\nFROM orders\n# a remark of the query\nWHERE note = 'secret'"
    (hotspot,) = hotspots_in(tmp_path, entries(MYSQL, [text], seconds="2.500000"))
    assert (hotspot.kind, hotspot.patterns[0].mean_ns) == ("slow_query", 2_500_000_000)
    assert "secret" not in dump([hotspot])


def test_a_log_that_is_cut_off_or_given_twice(tmp_path: Path) -> None:
    content = entries(MYSQL, selects(7))
    assert hotspots_in(tmp_path, content, content) == hotspots_in(tmp_path, content)
    assert repeats(hotspots_in(tmp_path, content[:-60])) == [("n_plus_one_db", None, 6, TO_ONE)]


def test_a_log_without_statements(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no span; export a window with traffic"):
        hotspots_in(tmp_path, entries(MYSQL, [""]))


def test_administrator_commands_are_no_statements(tmp_path: Path) -> None:
    content = entries(MYSQL, selects(7)).replace(
        b"SELECT name\nFROM customers WHERE id = 3;", b"# administrator command: Quit;"
    )
    assert repeats(hotspots_in(tmp_path, content)) == [("n_plus_one_db", None, 6, TO_ONE)]


@pytest.mark.parametrize(
    "head", [b"", b"{}", b"# Time: 2026-11-23\n", b"# Query_time: 1\n", b'["# Query_time: 1 Rows_sent: 1"]']
)
def test_other_content_is_not_claimed(head: bytes) -> None:
    assert not mysql_slow_log.sniff(head)
