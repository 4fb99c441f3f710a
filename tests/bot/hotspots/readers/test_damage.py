"""Whatever happens to a file, reading it ends in hotspots or in one sentence."""

import gzip
import random
from pathlib import Path

import pytest
from rig.spans import SAMPLES

from bot.config import Config
from bot.errors import UserError
from bot.hotspots import read

PATHS = sorted(SAMPLES.rglob("*.gz"))


def damaged(content: bytes, choice: random.Random) -> bytes:
    raw = bytearray(content)
    for _ in range(choice.choice((1, 10, 100))):
        place = choice.randrange(len(raw))
        match choice.randrange(5):
            case 0:
                raw[place] = choice.randrange(256)
            case 1:
                del raw[place : place + choice.randrange(1, 200)]
            case 2:
                raw[place:place] = raw[place : place + 50]
            case 3:
                raw[place:place] = choice.choice((b"[", b"{", b'"', b"null", b"-1", b"\n", b"\x00", b"9" * 40, b"\xff"))
            case _:
                del raw[place:]
        if len(raw) < 100:
            break
    return bytes(raw)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_damage_ends_in_hotspots_or_one_sentence(tmp_path: Path, path: Path) -> None:
    content = gzip.decompress(path.read_bytes())
    for seed in range(12):
        raw = damaged(content, random.Random(seed))
        (tmp_path / "export").write_bytes(raw)
        try:
            read([str(tmp_path / "export")], Config(max_input_mb=8))
        except UserError as error:
            assert str(error).count("\n") == 0
            assert str(error).endswith(".")
