"""Runs one vendor against a server on this machine, and checks that its recording replays to the same document."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from rig.loopback import StoppedClock

from bot.config import Config
from bot.hotspots import read
from bot.hotspots.document import dump
from bot.hotspots.live import CALLS, Name, fetch
from bot.hotspots.live.transport import Http
from bot.records import Hotspot

NOW_S = 1_795_500_000.0  # a day after the samples were made
SECRET = "s3cr3t-0f-the-test-0123456789"


class Run(NamedTuple):
    """What a run found, said and waited."""

    hotspots: list[Hotspot]
    document: str
    said: list[str]
    slept: list[float]
    folder: Path

    @property
    def inputs(self) -> list[str]:
        """The names of the recorded inputs without their numbers."""
        return [path.stem.partition("-")[2] for path in sorted(self.folder.glob("*.json"))]


def asked(vendor: Name, folder: Path, environment: Mapping[str, str], **how: Any) -> Run:
    """One run; the replay of its recording by `FOLDER/*` has to give the same bytes."""
    folder.mkdir(exist_ok=True)
    clock, said = StoppedClock(NOW_S), list[str]()
    how = {"service": "shop", "most_calls": CALLS, "transport": Http(64, 0.5, 2.0)} | how
    files = fetch(vendor, folder, environment, limit_mb=64, say=said.append, clock=clock, **how)
    found = read(files, Config())
    replayed = read([str(path) for path in sorted(folder.iterdir()) if path.name[0] != "."], Config())  # FOLDER/*
    assert dump(replayed) == dump(found)
    for path in folder.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes()
    return Run(found, dump(found), said, clock.slept, folder)
