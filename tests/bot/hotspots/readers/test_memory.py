"""Memory that stays: memray's leaks and statistics, tracemalloc's differences."""

import json
import pickle
import random
from pathlib import Path
from typing import Any

import pytest
from rig.profiles import LEAK, files, hotspots_in, places, sample

from bot.errors import UserError
from bot.hotspots.document import dump
from bot.hotspots.readers import memray_leaks, memray_stats, tracemalloc_diff

LEAKS = sample("memray_leaks.csv")
STATISTICS = json.loads(sample("memray_stats.json"))
DIFFERENCE = json.loads(sample("tracemalloc_diff.json"))
HEADER = "allocator,num_allocations,size,tid,thread_name,stack_trace\n"


def encoded(document: Any) -> bytes:
    return json.dumps(document).encode()


def test_all_name_the_one_leak(tmp_path: Path) -> None:
    contents = (LEAKS, encoded(STATISTICS), encoded(DIFFERENCE))
    found = [hotspots_in(tmp_path, content) for content in contents]
    assert [places(hotspots) for hotspots in found] == [LEAK] * 3
    assert [files(hotspots) for hotspots in found] == [{"shop/services.py"}] * 3
    assert len({hotspot.id for hotspots in found for hotspot in hotspots}) == 1
    assert [h.trust.confidence for hotspots in found for h in hotspots] == [0.85, 0.3, 0.85]
    (together,) = hotspots_in(tmp_path, *contents)
    assert together.trust.confidence == 0.85


def test_memray_counts_what_was_never_freed(tmp_path: Path) -> None:
    (hotspot,) = hotspots_in(tmp_path, LEAKS)
    assert hotspot.memory == {"growth_bytes": 12_845_252.0, "live_objects": 196.0}
    assert hotspot.entry.handler is not None
    assert (hotspot.entry.handler.qualname, hotspot.entry.handler.line) == ("leak", 54)
    assert (hotspot.metrics.total_ns, hotspot.metrics.cpu_ns) == (0, None)


def test_tracemalloc_knows_the_requests_and_the_time(tmp_path: Path) -> None:
    (hotspot,) = hotspots_in(tmp_path, encoded(DIFFERENCE | {"seconds_between": 1800}))
    assert hotspot.memory == {
        "growth_bytes": 13_124_712.0,
        "live_objects": 441.0,
        "growth_bytes_per_request": 32_811.78,
        "growth_bytes_per_hour": 26_249_424.0,
    }


def test_the_order_of_rows_does_not_show(tmp_path: Path) -> None:
    header, *rows = LEAKS.splitlines(keepends=True)
    random.Random(2).shuffle(rows)
    assert dump(hotspots_in(tmp_path, header + b"".join(rows))) == dump(hotspots_in(tmp_path, LEAKS))
    turned = DIFFERENCE | {"stats": DIFFERENCE["stats"][::-1]}
    assert dump(hotspots_in(tmp_path, encoded(turned))) == dump(hotspots_in(tmp_path, encoded(DIFFERENCE)))


def rows(*allocations: tuple[int, str]) -> bytes:
    return (HEADER + "".join(f"MALLOC,2,{size},1,0x1,{stack}\n" for size, stack in allocations)).encode()


APP = "keep;/srv/app/a.py;7|run;/srv/app/b.py;9"
IMPORT = "exec_module;<frozen importlib._bootstrap_external>;940|<module>;/srv/app/a.py;7"


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (rows((5 << 20, APP)), {7}),
        (rows((3 << 20, APP), (2 << 20, APP)), {7}),
        (rows((3 << 20, APP)), set()),
        (rows((5 << 20, IMPORT)), set()),
        (rows((5 << 20, "f;/v/site-packages/x.py;1")), set()),
        (rows((5 << 20, APP), (90 << 20, APP.replace("7", "8"))), {8}),
        (rows((5 << 20, APP), (90 << 20, IMPORT)), {7}),
    ],
    ids=["much", "two rows of one line", "little", "an import", "no project", "a small part", "imports left out"],
)
def test_what_counts_as_a_leak(tmp_path: Path, content: bytes, lines: set[int]) -> None:
    assert {at.line for h in hotspots_in(tmp_path, content) for at in h.locations} == lines


def test_shrinking_is_no_growth(tmp_path: Path) -> None:
    stats = [stat | {"size_diff": -stat["size_diff"]} for stat in DIFFERENCE["stats"]]
    assert hotspots_in(tmp_path, encoded({"stats": stats})) == []


def test_bad_rows_among_good_ones_are_counted(tmp_path: Path) -> None:
    bad = b"MALLOC,x,1,1,0x1,f;/a.py;1\nMALLOC,1,,1,0x1,f;/a.py;1\nMALLOC,1,5\nMALLOC,1,99999999999999999999,1,0x1,f\n"
    (hotspot,) = hotspots_in(tmp_path, LEAKS + bad)
    assert places([hotspot]) == LEAK
    assert "4 dropped: row without a size or a stack" in hotspot.trust.limits


def test_statistics_name_only_a_place_of_the_project_that_allocates_much(tmp_path: Path) -> None:
    import_first = {"location": "<module>:/srv/app/shop/models.py:3", "size": 30 << 20}
    ranked = STATISTICS | {"top_allocations_by_size": [import_first, *STATISTICS["top_allocations_by_size"]]}
    assert places(hotspots_in(tmp_path, encoded(ranked))) == LEAK
    assert hotspots_in(tmp_path, encoded(STATISTICS | {"total_bytes_allocated": 10**12})) == []
    assert hotspots_in(tmp_path, encoded(STATISTICS | {"top_allocations_by_size": []})) == []
    colons = [{"location": ":" * 500_000, "size": 10**12}]
    assert hotspots_in(tmp_path, encoded(STATISTICS | {"top_allocations_by_size": colons})) == []


def test_a_dumped_snapshot_is_refused_and_not_loaded(tmp_path: Path) -> None:
    class Tracemalloc:  # as a snapshot, its pickle names tracemalloc
        def __reduce__(self) -> tuple[Any, tuple[str]]:
            return Path.mkdir, (tmp_path / "tracemalloc-was-loaded",)  # type: ignore[return-value]

    with pytest.raises(UserError) as raised:
        hotspots_in(tmp_path, pickle.dumps(Tracemalloc()))
    assert str(raised.value) == (
        f"{tmp_path / 'export-0'} is a dumped snapshot, a pickle, which costmod does not load because loading can run "
        "code; write the difference of two snapshots as JSON (docs/inputs.md, tracemalloc)."
    )
    assert not (tmp_path / "tracemalloc-was-loaded").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (HEADER.encode(), " holds no allocation; write it again with `memray transform --leaks csv`."),
        (HEADER.encode() + b"a,b\n", " holds no allocation; write it again with `memray transform --leaks csv`."),
        (encoded(STATISTICS | {"top_allocations_by_size": [{"location": 5}]}),
         ": the field top_allocations_by_size[0].location is wrong (expected `str`, got `int`); "
         "check what wrote the file."),
        (encoded(DIFFERENCE | {"stats": [DIFFERENCE["stats"][0] | {"size_diff": "1"}]}),
         ": the field stats[0].size_diff is wrong (expected `int`, got `str`); check what wrote the file."),
    ],
    ids=["no row", "no good row", "statistics", "difference"],
)  # fmt: skip
def test_broken_files(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(UserError) as raised:
        hotspots_in(tmp_path, content)
    assert str(raised.value) == f"{tmp_path / 'export-0'}{message}"


@pytest.mark.parametrize("head", [b"", b"{}", b"[]", b"size,stack_trace\n", b"\x80\x04pickle", b'{"size_diff": 1}'])
@pytest.mark.parametrize("reader", [memray_leaks, memray_stats, tracemalloc_diff], ids=lambda r: r.FORMAT)
def test_other_content_is_not_claimed(reader: Any, head: bytes) -> None:
    assert not reader.sniff(head)
