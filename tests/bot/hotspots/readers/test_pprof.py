"""pprof files of ddtrace and of other tools, packed in any way; live memory over a series of them; damaged ones."""

import gzip
from pathlib import Path

import pytest
from rig.profiles import LEAK, files, hotspots_in, places, sample

from bot.errors import UserError
from bot.hotspots.document import dump
from bot.hotspots.readers import pprof

PARTS = [sample(f"ddtrace_profile_{number}.pprof") for number in (1, 2, 3)]
ORDERS = {("n_plus_one_db", "orders", 18, "exact_line"), ("n_plus_one_db", "orders", 19, "exact_line")}
STRATEGIES = "/venv/lib/python3.11/site-packages/sqlalchemy/orm/strategies.py"


def varint(number: int) -> bytes:
    number %= 1 << 64
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def profile(
    types: list[tuple[str, str]], samples: list[tuple[list[tuple[str, str, int]], list[int]]], **more: int
) -> bytes:
    """A profile as other tools write it: values one by one, ids not from 1, all functions in one location."""
    texts = [""]

    def text(value: str) -> int:
        if value not in texts:
            texts.append(value)
        return texts.index(value)

    out = b"".join(field(1, field(1, text(name)) + field(2, text(unit))) for name, unit in types)
    functions: dict[tuple[str, str], int] = {}
    locations = b""
    for number, (stack, values) in enumerate(samples, 100):
        lines = b""
        for file, function, line in reversed(stack):
            identity = functions.setdefault((file, function), 7 + len(functions))
            lines += field(4, field(1, identity) + field(2, line))
        locations += field(4, field(1, number) + lines)
        label = field(3, field(1, text("local root span id")) + field(3, -5))
        out += field(2, field(1, number) + b"".join(field(2, value) for value in values) + label)
    out += locations
    for (file, function), identity in functions.items():
        out += field(5, field(1, identity) + field(2, text(function)) + field(4, text(file)))
    out += b"".join(field(6, value.encode()) for value in texts)
    return out + field(9, more.get("time", 1_000)) + field(10, 60_000_000_000)


STACK = [("/srv/app/a.py", "view", 7), (STRATEGIES, "LazyLoader._load_for_state", 1)]


@pytest.mark.parametrize("part", PARTS, ids=["1", "2", "3"])
def test_one_file_gives_the_lines_of_its_entry(tmp_path: Path, part: bytes) -> None:
    found = hotspots_in(tmp_path, part)
    assert places(found) == ORDERS
    assert files(found) == {"shop/services.py"}
    assert found[0].metrics.cpu_ns is not None
    assert found[0].metrics.cpu_ns < found[0].metrics.total_ns
    assert found[0].metrics.requests_in_window > 50


def test_packed_in_any_way_it_is_the_same(tmp_path: Path) -> None:
    zstandard = pytest.importorskip("zstandard")
    expected = dump(hotspots_in(tmp_path, PARTS[0]))
    assert dump(hotspots_in(tmp_path, gzip.compress(PARTS[0]))) == expected
    assert dump(hotspots_in(tmp_path, zstandard.compress(PARTS[0]))) == expected


def test_live_memory_over_three_files_names_the_leak(tmp_path: Path) -> None:
    found = hotspots_in(tmp_path, *PARTS)
    assert places(found) == ORDERS | LEAK
    assert files(found) == {"shop/services.py"}
    memory = found[-1].memory
    assert memory is not None
    assert (memory["live_objects"], memory["growth_bytes"], memory["r2"]) == (496, 3_647_316, 1.0)
    assert memory["growth_bytes_per_hour"] == pytest.approx(3_647_316 / (14.116 / 3600), rel=0.001)


def test_the_order_of_the_files_does_not_show(tmp_path: Path) -> None:
    expected = dump(hotspots_in(tmp_path, *PARTS))
    for order in ((2, 0, 1), (1, 2, 0), (2, 1, 0)):
        assert dump(hotspots_in(tmp_path, *(PARTS[number] for number in order))) == expected


def test_two_files_are_no_series(tmp_path: Path) -> None:
    assert places(hotspots_in(tmp_path, *PARTS[:2])) == ORDERS


@pytest.mark.parametrize(
    ("sizes", "grows"),
    [
        ([1, 2, 3], True),
        ([1, 3, 5, 7], True),
        ([3, 2, 4], False),
        ([1, 5, 5], False),
        ([9, 9, 9], False),
        ([3, 2, 1], False),
    ],
    ids=["rises", "rises over four", "falls in between", "rose once", "stays", "falls"],
)  # fmt: skip
def test_growth_is_a_steady_rise(tmp_path: Path, sizes: list[int], grows: bool) -> None:
    held = [("/srv/app/a.py", "keep", 7)]
    parts = [
        profile([("inuse_objects", "count"), ("inuse_space", "bytes")], [(held, [size, size << 20])], time=10**9 * n)
        for n, size in enumerate(sizes, 1)
    ]
    assert places(hotspots_in(tmp_path, *parts)) == ({("memory_growth", None, 7, "exact_line")} if grows else set())


@pytest.mark.parametrize(
    ("types", "values", "cpu_ns", "total_ns"),
    [
        ([("samples", "count"), ("cpu", "nanoseconds")], [50, 500_000_000], 500_000_000, 500_000_000),
        ([("wall", "microseconds")], [500_000], None, 500_000_000),
        ([("WALL-TIME", "milliseconds"), ("cpu_time", "seconds")], [700, 1], 1_000_000_000, 700_000_000),
        ([("lock-acquire-wait", "nanoseconds"), ("samples", "count")], [9, 50], None, 0),
    ],
    ids=["Go's style", "wall alone", "both, other units", "samples alone"],
)
def test_values_are_chosen_by_name(
    tmp_path: Path, types: list[tuple[str, str]], values: list[int], cpu_ns: int | None, total_ns: int
) -> None:
    (hotspot,) = hotspots_in(tmp_path, profile(types, [(STACK, values)] * 10))
    total = 10 * (total_ns or 0)
    assert places([hotspot]) == {("n_plus_one_db", None, 7, "exact_line")}
    assert (hotspot.metrics.cpu_ns, hotspot.metrics.total_ns) == (cpu_ns and cpu_ns * 10, total)
    assert hotspot.metrics.requests_in_window == 1  # -5 is one id, signed as it is


def test_without_a_line_the_function_is_named(tmp_path: Path) -> None:
    stack = [("/srv/app/a.py", "view", 0), (STRATEGIES, "LazyLoader._load_for_state", 0)]
    found = hotspots_in(tmp_path, profile([("cpu", "nanoseconds")], [(stack, [10**8])] * 10))
    assert places(found) == {("n_plus_one_db", None, "view", "function")}


def test_other_profiles_hold_nothing(tmp_path: Path) -> None:
    assert hotspots_in(tmp_path, profile([("lock-acquire", "count")], [(STACK, [10**8])] * 10)) == []


GOOD = profile([("cpu", "nanoseconds")], [(STACK, [10**8])] * 10)


@pytest.mark.parametrize(
    "content",
    [
        GOOD[:-9], GOOD[: len(GOOD) // 2], GOOD + b"\x0a", GOOD + field(2, field(1, 4711) + field(2, 1)),
        GOOD + field(5, field(2, 1)), GOOD + field(1, field(1, 10**6)), GOOD + b"\x7b", GOOD + b"\xff" * 12,
        GOOD + field(4, b""), GOOD + field(2, field(1, b"\xff")),
    ],
    ids=["end missing", "half", "field without a value", "no such location", "function without an id", "no such text",
         "a group", "a number without an end", "location without an id", "packed without an end"],
)  # fmt: skip
def test_damaged_files(tmp_path: Path, content: bytes) -> None:
    assert pprof.sniff(content)
    with pytest.raises(UserError) as raised:
        hotspots_in(tmp_path, content)
    assert str(raised.value) == f"{tmp_path / 'export-0'} is a damaged or truncated pprof file; write it again."


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\x0a",
        field(1, field(1, field(1, 1))),
        field(1, 5),
        field(200, b""),
        field(6, b"text"),
        b"\x00" * 9,
        b"{" * 99,
    ],
    ids=["nothing", "a byte", "OTLP", "a number", "another message", "texts alone", "zeros", "braces"],
)  # fmt: skip
def test_other_content_is_not_claimed(head: bytes) -> None:
    assert not pprof.sniff(head)


def test_a_message_whose_texts_come_first_is_known(tmp_path: Path) -> None:
    turned = field(6, b"") + field(6, b"cpu") + field(6, b"nanoseconds") + field(1, field(1, 1) + field(2, 2))
    assert pprof.sniff(turned)
    assert hotspots_in(tmp_path, turned) == []
