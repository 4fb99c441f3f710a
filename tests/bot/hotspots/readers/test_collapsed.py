"""Collapsed stacks of py-spy, Austin and perf."""

import random
from pathlib import Path

import pytest
from rig.profiles import N_PLUS_ONE, files, hotspots_in, places, sample

from bot.errors import UserError
from bot.hotspots.document import dump
from bot.hotspots.readers import collapsed

PY_SPY = sample("pyspy_raw.txt")
LOADER = "/v/lib/python3.11/site-packages/sqlalchemy/orm/strategies.py"
AUSTIN = (
    "# austin: 3.6.0\n# interval: 100\n# mode: {mode}\n"
    + f"P12;T0:34;/srv/app/a.py:view:7;{LOADER}:_load_for_state:9 50000\n" * 10
    + "P12;T0:34;/usr/lib/python3.11/threading.py:wait:9 9000000\n\n"
)
IDLE = f"P12;T0:34;/srv/app/b.py:other:7;{LOADER}:_load_for_state:9 50000,1,0\n" * 50
PERF = "python;_start;py::view:/srv/app/a.py;_PyEval_Vector;py::LazyLoader._load_for_state:" + LOADER + " 1000\n"


def test_py_spy_gives_the_lines(tmp_path: Path) -> None:
    found = hotspots_in(tmp_path, PY_SPY)
    assert places(found) == N_PLUS_ONE
    assert files(found) == {"shop/services.py"}
    (hotspot,) = found
    assert hotspot.entry.handler is not None
    assert (hotspot.entry.handler.file, hotspot.entry.handler.qualname) == (
        "shop/flask_app.py", "create_app.<locals>.list_orders",
    )  # fmt: skip
    assert (hotspot.metrics.cpu_ns, hotspot.metrics.total_ns) == (None, 0)  # counts are no time
    assert hotspot.metrics.share_of_service == 0.6505
    assert collapsed.SHORT_PATHS in hotspot.trust.limits


def test_the_order_of_the_lines_does_not_show(tmp_path: Path) -> None:
    lines = PY_SPY.splitlines(keepends=True)
    random.Random(1).shuffle(lines)
    assert dump(hotspots_in(tmp_path, b"".join(lines))) == dump(hotspots_in(tmp_path, PY_SPY))


@pytest.mark.parametrize(("mode", "cpu"), [("wall", False), ("cpu", True)])
def test_austin_measures_what_it_says(tmp_path: Path, mode: str, cpu: bool) -> None:
    (hotspot,) = hotspots_in(tmp_path, (AUSTIN + IDLE).replace("{mode}", mode).encode())
    assert places([hotspot]) == {("n_plus_one_db", None, 7, "exact_line")}
    assert hotspot.metrics.total_ns == 500_000_000
    assert hotspot.metrics.cpu_ns == (500_000_000 if cpu else None)


def test_austin_with_columns_and_windows_paths(tmp_path: Path) -> None:
    line = f"P1;T2;C:\\app\\a.py:view:7:7:3:9;{LOADER}:_load_for_state:9:9:1:2 50000\n"
    assert places(hotspots_in(tmp_path, line.encode() * 10)) == {("n_plus_one_db", None, 7, "exact_line")}


def test_perf_names_functions(tmp_path: Path) -> None:
    assert places(hotspots_in(tmp_path, PERF.encode())) == {("n_plus_one_db", None, "view", "function")}


def test_bad_lines_among_good_ones_are_counted(tmp_path: Path) -> None:
    lines = PY_SPY.splitlines(keepends=True)
    (hotspot,) = hotspots_in(
        tmp_path, b"".join(lines[:60]) + b"no number\n" + b"".join(lines[60:]) + b"<module> (run.p"
    )
    assert places([hotspot]) == N_PLUS_ONE
    assert "2 dropped: line that is no stack with a number" in hotspot.trust.limits


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (AUSTIN.replace("{mode}", "memory"), "Austin measured 'memory'; record again in its wall or CPU time mode."),
        ("a (b.py:1) 0\n" + "12\n", None),
    ],
)
def test_nothing_usable(tmp_path: Path, content: str, message: str | None) -> None:
    if message is None:
        assert hotspots_in(tmp_path, content.encode()) == []
        return
    with pytest.raises(UserError) as raised:
        hotspots_in(tmp_path, content.encode())
    assert str(raised.value) == f"{tmp_path / 'export-0'}: {message}"


@pytest.mark.parametrize(
    "head",
    [b"", b"12\n", b"a b c 12\n", b"main;run;stop 12\n", b"a,b\n1,2\n", b"f (a.py:1) 3\nbut this is text\nx\n", b"{}"],
    ids=["nothing", "a number", "words", "C frames", "CSV", "text after a stack", "JSON"],
)  # fmt: skip
def test_other_content_is_not_claimed(head: bytes) -> None:
    assert not collapsed.sniff(head)


def test_hostile_lines_end_soon(tmp_path: Path) -> None:
    line = b"a (b.py:1);" * 50_000 + b"x" * 200_000 + b" 99999999999999999999999\n"
    good = b"<module> (/srv/app/a.py:1) 3\n"
    spaces = b"a" + b" " * 500_000 + b"x\n" + b"a (" * 200_000 + b"b.py:1) x\n" + b"py::" * 200_000 + b" x\n"
    assert hotspots_in(tmp_path, good + line + spaces) == []
