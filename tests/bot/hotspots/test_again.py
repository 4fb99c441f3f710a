"""An export that was read before is known by its content; what is told on standard error is told every time."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from rig.blog import OTEL

from bot.config import Config
from bot.errors import UserError
from bot.hotspots import read
from bot.hotspots.again import read_again
from bot.records import Hotspot
from codemods import cache


class Reader:
    """Reads, and counts how often."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, paths: Sequence[str], config: Config) -> list[Hotspot]:
        self.times += 1
        return read(paths, config)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache" / "exports"


def test_the_same_export(tmp_path: Path) -> None:
    reader, config = Reader(), Config()
    export = tmp_path / "export"
    export.write_bytes(OTEL.read_bytes())
    first = read_again([str(export)], config, reader)
    assert (read_again([str(export)], config, reader), reader.times) == (first, 1)
    assert first == read([str(export)], config)
    assert repr(first) == repr(read_again([str(export)], config, reader))
    read_again([str(export)], replace(config, minimum_repeats=7), reader)
    assert reader.times == 2
    export.write_bytes(OTEL.read_bytes() + b"\n")
    read_again([str(export)], config, reader)
    assert reader.times == 3


def test_what_is_told_is_told_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reader = Reader()
    export = tmp_path / "export"
    export.write_bytes(OTEL.read_bytes() + b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "no id"}]}]}]}\n')
    told = []
    for _ in range(2):
        read_again([str(export)], Config(), reader)
        told.append(capsys.readouterr().err)
    assert told[0] and told[0] == told[1] and reader.times == 2


@pytest.mark.parametrize("path", ["-", "none", "."])
def test_what_is_no_file_is_left_to_the_reader(path: str, folder: Path) -> None:
    def refuse(paths: Sequence[str], _: Config) -> list[Hotspot]:
        raise UserError(paths[0])

    with pytest.raises(UserError, match=path):
        read_again([path], Config(), refuse)
    assert not folder.exists()


def test_a_file_that_changes_while_it_is_read(tmp_path: Path, folder: Path) -> None:
    export = tmp_path / "export"
    export.write_bytes(OTEL.read_bytes())

    def touching(paths: Sequence[str], config: Config) -> list[Hotspot]:
        found = read(paths, config)
        export.write_bytes(OTEL.read_bytes() + b"\n")
        return found

    assert read_again([str(export)], Config(), touching)
    assert not folder.exists()


def test_damage_and_no_cache(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader()
    first = read_again([str(OTEL)], Config(), reader)
    (kept,) = folder.glob("*.facts")
    kept.write_bytes(cache.stamp() + b"\x81\xa8hotspots\xc4\x01x")
    assert (read_again([str(OTEL)], Config(), reader), reader.times) == (first, 2)
    monkeypatch.setenv(cache.VARIABLE, "off")
    assert (read_again([str(OTEL)], Config(), reader), reader.times) == (first, 3)
