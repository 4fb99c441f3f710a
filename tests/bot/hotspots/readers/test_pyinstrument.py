"""pyinstrument's JSON."""

import json
from pathlib import Path

import pytest
from rig.profiles import files, hotspots_in, places, sample

from bot.errors import UserError
from bot.hotspots.readers import pyinstrument

SESSION = json.loads(sample("pyinstrument.json"))


@pytest.mark.parametrize("indent", [None, 2])
def test_the_function_is_named(tmp_path: Path, indent: int | None) -> None:
    turned = dict(reversed(SESSION.items()))
    (hotspot,) = hotspots_in(tmp_path, json.dumps(turned, indent=indent).encode())
    assert places([hotspot]) == {("n_plus_one_db", None, "order_report", "function")}
    assert files([hotspot]) == {"shop/services.py"}
    assert hotspot.entry.handler is not None
    assert hotspot.entry.handler.qualname == "list_orders"
    assert (hotspot.metrics.cpu_ns, hotspot.metrics.total_ns) == (None, 2_902_363_000)
    assert hotspot.source.window_start == "2026-11-23T08:19:46.338Z"


NODE = {"function": "f", "file_path": None, "line_no": 1, "time": 1.0, "children": []}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"root_frame": None, "line_no": 0}, " holds no sample; record again while the application works."),
        ({"root_frame": NODE | {"time": "1"}},
         ": the field root_frame.time is wrong (expected `float`, got `str`); check what wrote the file."),
    ],
)  # fmt: skip
def test_broken_files(tmp_path: Path, document: object, message: str) -> None:
    with pytest.raises(UserError) as raised:
        hotspots_in(tmp_path, json.dumps(document).encode())
    assert str(raised.value) == f"{tmp_path / 'export-0'}{message}"


def test_nesting_without_end(tmp_path: Path) -> None:
    opening = b'{"function":"f","line_no":1,"time":1,"children":['
    with pytest.raises(UserError, match="is nested too deeply"):
        hotspots_in(tmp_path, b'{"root_frame":' + opening * 5_000 + b"]}" * 5_000 + b"}")


@pytest.mark.parametrize("times", [(-1.0, 0.0), (1e300, 1e300), (0.0, 5.0)])
def test_odd_times_are_no_samples(tmp_path: Path, times: tuple[float, float]) -> None:
    root = NODE | {"time": times[0], "children": [NODE | {"time": times[1]}]}
    assert hotspots_in(tmp_path, json.dumps({"root_frame": root}).encode()) == []


@pytest.mark.parametrize("head", [b"", b"{}", b'{"root_frame": 1}', b'[{"root_frame": {"line_no": 1}}]'])
def test_other_content_is_not_claimed(head: bytes) -> None:
    assert not pyinstrument.sniff(head)
