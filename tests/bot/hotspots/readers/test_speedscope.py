"""speedscope files of py-spy and of pyinstrument, and broken ones."""

import json
from pathlib import Path
from typing import Any

import pytest
from rig.profiles import N_PLUS_ONE, files, hotspots_in, places, sample

from bot.errors import UserError
from bot.hotspots.readers import speedscope

PY_SPY = json.loads(sample("pyspy_speedscope.json"))
LOADER = {"name": "_load_for_state", "file": "/v/lib/python3.11/site-packages/sqlalchemy/orm/strategies.py", "line": 9}
VIEW = {"name": "view", "file": "/srv/app/a.py", "line": 7}
ROOT = {"name": "main", "file": "/srv/app/a.py", "line": 70}


def document(thread: dict[str, Any], **more: Any) -> bytes:
    frames = [ROOT, VIEW, LOADER, VIEW | {"line": 8}]
    base = {"$schema": "https://www.speedscope.app/file-format-schema.json", "shared": {"frames": frames}}
    return json.dumps(base | {"profiles": [{"unit": "milliseconds", "startValue": 0} | thread]} | more).encode()


SAMPLED: dict[str, Any] = {"type": "sampled", "samples": [[0, 1, 2]] * 20, "weights": [10] * 20}
EVENTS = [("O", 0, 0), ("O", 0, 1), ("O", 10, 2), ("C", 400, 2), ("C", 410, 1), ("C", 420, 0)]
EVENTED: dict[str, Any] = {
    "type": "evented", "events": [{"type": kind, "at": at, "frame": frame} for kind, at, frame in EVENTS],
}  # fmt: skip
LINE = {("n_plus_one_db", None, 7, "exact_line")}


def test_py_spy_gives_the_lines(tmp_path: Path) -> None:
    found = hotspots_in(tmp_path, json.dumps(PY_SPY).encode())
    assert places(found) == N_PLUS_ONE
    assert files(found) == {"shop/services.py"}
    assert (found[0].metrics.total_ns, found[0].metrics.cpu_ns) == (3_420_000_000, None)


def test_raw_and_speedscope_of_py_spy_see_one_problem(tmp_path: Path) -> None:
    (raw,), (scope,) = (
        hotspots_in(tmp_path, sample("pyspy_raw.txt")),
        hotspots_in(tmp_path, json.dumps(PY_SPY).encode()),
    )
    assert raw.id == scope.id


def test_keys_in_another_order_and_indented(tmp_path: Path) -> None:
    turned = json.dumps(dict(reversed(PY_SPY.items())), indent=2).encode()
    assert places(hotspots_in(tmp_path, turned)) == N_PLUS_ONE


@pytest.mark.parametrize("thread", [SAMPLED, EVENTED], ids=["sampled", "evented"])
def test_both_kinds_of_profile(tmp_path: Path, thread: dict[str, Any]) -> None:
    (hotspot,) = hotspots_in(tmp_path, document(thread))
    assert places([hotspot]) == LINE
    assert hotspot.metrics.total_ns == (200 if thread is SAMPLED else 420) * 1_000_000


def test_pyinstrument_names_functions(tmp_path: Path) -> None:
    found = hotspots_in(tmp_path, document(EVENTED, exporter="pyinstrument"))
    assert places(found) == {("n_plus_one_db", None, "view", "function")}


def test_a_function_at_one_line_only_may_be_its_first_line(tmp_path: Path) -> None:
    found = hotspots_in(tmp_path, document(SAMPLED, shared={"frames": [ROOT, VIEW, LOADER]}))
    assert places(found) == {("n_plus_one_db", None, "view", "function")}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (document(SAMPLED | {"weights": [1]}),
         ": the field weights has another length than samples; write the file again."),
        (document(SAMPLED | {"samples": [[0, 9]] * 20}),
         ": a sample names a frame that the file does not hold; write it again."),
        (document(SAMPLED | {"samples": [[0, -1]] * 20}),
         ": a sample names a frame that the file does not hold; write it again."),
        (document(EVENTED | {"events": [{"type": "C", "at": 0, "frame": 0}]}),
         ": the field events closes frames in another order than it opens them; write it again."),
        (document(SAMPLED | {"unit": "bytes"}), " measures no time; record CPU or wall time."),
        (document(SAMPLED, shared={}),
         ": the field shared is wrong (object missing required field `frames`); check what wrote the file."),
        (document(SAMPLED)[:-9], ": line 1 is truncated JSON; export it again."),
    ],
    ids=["weights", "frame", "negative frame", "events", "bytes", "no frames", "truncated"],
)  # fmt: skip
def test_broken_files(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(UserError) as raised:
        hotspots_in(tmp_path, content)
    assert str(raised.value) == f"{tmp_path / 'export-0'}{message}"


@pytest.mark.parametrize("head", [b"", b"[]", b"{}", b'{"profiles":[]}', b'{"frames":[]}', b'["speedscope.app"]'])
def test_other_content_is_not_claimed(head: bytes) -> None:
    assert not speedscope.sniff(head)


def test_huge_values_stay_in_bounds(tmp_path: Path) -> None:
    (hotspot,) = hotspots_in(tmp_path, document(SAMPLED | {"weights": [1e308] * 20}))
    assert places([hotspot]) == LINE
