"""cProfile statistics: opened in another process, whatever is in them."""

import cProfile
import marshal
import pstats
from pathlib import Path
from typing import Any

import pytest
from rig.profiles import files, hotspots_in, places, sample

from bot.errors import UserError
from bot.hotspots.readers import cprofile

STATISTICS = sample("cprofile.pstats")
LOADER = ("/v/lib/python3.11/site-packages/sqlalchemy/orm/strategies.py", 9, "_load_for_state")
GETTER = ("/v/lib/python3.11/site-packages/sqlalchemy/orm/attributes.py", 5, "__get__")
EXECUTE = ("~", 0, "<method 'execute' of 'sqlite3.Cursor' objects>")
VIEW = ("/srv/app/a.py", 7, "view")
LIST = ("/srv/app/a.py", 9, "<listcomp>")


def test_the_function_is_named(tmp_path: Path) -> None:
    (hotspot,) = hotspots_in(tmp_path, STATISTICS)
    assert places([hotspot]) == {("n_plus_one_db", None, "order_report", "function")}
    assert files([hotspot]) == {"shop/services.py"}
    assert hotspot.metrics.cpu_ns is None


def dumped(graph: dict[Any, Any]) -> bytes:
    return marshal.dumps(graph)


def chain(seconds: float) -> dict[Any, Any]:
    """view, a comprehension in it, the attribute, the loader, the driver; the loader calls itself, too."""
    whole = (25, 25, 0.0, seconds)
    return {
        VIEW: (1, 1, 0.01, seconds, {}),
        LIST: (*whole, {VIEW: whole}),
        GETTER: (*whole, {LIST: whole}),
        LOADER: (*whole, {GETTER: whole, LOADER: (3, 3, 0.0, seconds)}),
        EXECUTE: (25, 25, seconds, seconds, {LOADER: (25, 25, seconds, seconds)}),
    }


def test_time_goes_up_to_the_project_function_around_a_comprehension(tmp_path: Path) -> None:
    (hotspot,) = hotspots_in(tmp_path, dumped(chain(0.5)))
    assert places([hotspot]) == {("n_plus_one_db", None, "view", "function")}
    assert hotspot.metrics.total_ns == 510_000_000


def test_a_little_time_is_no_hotspot(tmp_path: Path) -> None:
    assert hotspots_in(tmp_path, dumped(chain(0.05))) == []


def test_statistics_of_this_python_are_read(tmp_path: Path) -> None:
    with cProfile.Profile() as profile:
        sorted(range(1000))
    pstats.Stats(profile).dump_stats(tmp_path / "out")
    content = (tmp_path / "out").read_bytes()
    assert cprofile.sniff(content)
    assert hotspots_in(tmp_path, content) == []


@pytest.mark.parametrize(
    "content",
    [
        STATISTICS[:-50],
        STATISTICS[:9],
        dumped({VIEW: (1, 1)}),
        dumped({VIEW: (1, 1, "x", 1.0, {})}),
        dumped({VIEW: 5}),
        dumped({("a", "b", "c"): (1, 1, 1.0, 1.0, {})}),
        b"{)\x03" + b"\xff" * 100,
        b"{)\x03" + b"(\xff\xff\xff\x7f" * 40,
    ],
    ids=["truncated", "beginning", "short", "text", "number", "no line", "no code", "a huge tuple"],
)
def test_damaged_files(tmp_path: Path, content: bytes) -> None:
    assert cprofile.sniff(content)
    with pytest.raises(UserError) as raised:
        hotspots_in(tmp_path, content)
    expected = "is damaged, or no statistics of cProfile; write it again with `python -m cProfile -o`."
    assert str(raised.value) == f"{tmp_path / 'export-0'} {expected}"


def test_not_a_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is damaged"):
        hotspots_in(tmp_path, dumped(chain(float("nan"))))


def test_the_file_is_never_opened_in_this_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marshal, "loads", pytest.fail)
    assert len(hotspots_in(tmp_path, STATISTICS)) == 1


@pytest.mark.parametrize("head", [b"", b"{", b"{}", b'{"a": 1}', b"{)\x02", b"\xfb\xa9", b"\x80\x04\x95"])
def test_other_content_is_not_claimed(head: bytes) -> None:
    assert not cprofile.sniff(head)
