"""Whatever way the spans take through memory, disk and processes, the hotspots are the same."""

import gzip
import json
import random
from pathlib import Path

import pytest

from bot.config import Config
from bot.hotspots import ingest, read
from bot.hotspots.document import dump
from bot.hotspots.source import parts_of

SAMPLE = Path(__file__).parents[2] / "samples" / "hotspots" / "otel_flask_stable.jsonl.gz"


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    """The capture with every span on a line of its own."""
    return [
        json.dumps({"resourceSpans": [{"resource": process["resource"], "scopeSpans": [{"spans": [span]}]}]}).encode()
        + b"\n"
        for process in json.loads(gzip.decompress(SAMPLE.read_bytes()))["resourceSpans"]
        for scope in process["scopeSpans"]
        for span in scope["spans"]
    ]


@pytest.fixture(scope="module")
def expected(lines: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("whole") / "spans.jsonl"
    file.write_bytes(b"".join(lines))
    return dump(read([str(file)], Config()))


def test_spans_that_go_to_disk(
    lines: list[bytes], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "HELD_NODES", 20)
    (tmp_path / "spans.jsonl").write_bytes(b"".join(lines))
    assert dump(read([str(tmp_path / "spans.jsonl")], Config())) == expected


def test_a_file_that_is_read_in_parts(
    lines: list[bytes], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "BYTES_PER_PROCESS", 1 << 14)
    file = tmp_path / "spans.jsonl"
    file.write_bytes(b"".join(lines))
    assert len(parts_of(str(file), 1 << 14, 2)) == 2
    assert dump(read([str(file)], Config())) == expected


def test_many_files_are_bounded_together(
    lines: list[bytes], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "HELD_NODES", 100)
    shuffled = random.Random(1).sample(lines, len(lines))
    files = []
    for number, line in enumerate(shuffled):
        files.append(str(tmp_path / f"{number}.jsonl"))
        Path(files[-1]).write_bytes(line)
    assert dump(read(files, Config())) == expected


def test_what_is_dropped_in_a_part_is_counted(
    lines: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ingest, "BYTES_PER_PROCESS", 1 << 14)
    wrong = b'{"resourceSpans": [{"scopeSpans": 7}]}\n'
    file = tmp_path / "spans.jsonl"
    file.write_bytes(b"".join([wrong, *lines, wrong]))
    found = read([str(file)], Config())
    assert {"2 dropped: a field is missing or wrong"} == {limit for h in found for limit in h.trust.limits}
    assert capfd.readouterr().err == f"costmod: {file}: 2 dropped: a field is missing or wrong.\n"


def test_parts_start_where_lines_start(tmp_path: Path) -> None:
    file = tmp_path / "lines"
    file.write_bytes(b"".join(b"%d\n" % number for number in range(1000)))
    parts = parts_of(str(file), 100, 7)
    assert [start for start, _ in parts[1:]] == [end for _, end in parts[:-1]]
    assert (parts[0][0], parts[-1][1]) == (0, file.stat().st_size)
    assert all(file.read_bytes()[start - 1 : start] == b"\n" for start, _ in parts[1:])


@pytest.mark.parametrize(
    "content", [b"short\n", gzip.compress(random.Random(1).randbytes(1000))], ids=["small", "gzip"]
)
def test_what_is_not_read_in_parts(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    assert parts_of(str(file), 100, 4) == []
