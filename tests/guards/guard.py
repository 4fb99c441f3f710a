"""A guard: an edit that looks right and is not, what a library does with it, and what costmod does instead."""

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from guards.libraries import Rows, Run

from bot.hotspots.sql import read_statement
from bot.hotspots.statement import normalise
from codemods import ask, discover, turns
from codemods.api import Answer, Reached, Repeat, Sighting
from codemods.index import Index

RIGHT = "right"
OTHER_ROWS = "other rows"
OTHER_WRITES = "other writes"
ADDS = "adds statements"
SAVES_NOTHING = "saves nothing"
MORE_ROWS = "fetches more rows"
STILL_GROWS = "still grows with the rows"
SIZE = 12  # parents
MODELS_AT = {"sqlalchemy": "models.py", "django": "blog/models.py"}


@dataclass(frozen=True)
class Guard:
    """`before`, `naive` and `ours` are texts of the module with `view`; `ours` may be a refusal code instead.

    `does` tells what the naive edit does: a verdict for "" (everywhere), for a version, a database, or for both
    ("1.4 postgresql"); the longest name that fits holds. `repeat` stands in where the code before cannot run, or
    where what repeats is no lazy load. `since` is the first version that has the feature.
    """

    name: str
    models: str
    before: str
    naive: str
    does: Mapping[str, str]
    ours: str
    rows: Callable[[int], Rows]
    tier: str = "B"
    repeat: Repeat | None = None
    since: str = ""
    fails: str | None = None  # the error of the code before
    repeats: bool = True  # whether something repeats at all
    wrong: str = ""  # what costmod does wrong today
    requires: str = ""  # what the project says about its libraries

    def expected(self, version: str, database: str) -> str:
        """The verdict on the naive edit."""
        names = ("", version, database, f"{version} {database}")
        return next(self.does[name] for name in reversed(names) if name in self.does)


def verdict(before: Run, after: Run) -> str:
    """What an edit did, by what it changed."""
    if after.error:
        return f"raises {after.error}"
    if after.value != before.value:
        return OTHER_ROWS
    if len(after.writes) != len(before.writes):
        return OTHER_WRITES
    if len(after.selects) > len(before.selects):
        return ADDS
    if len(after.selects) >= len(before.selects) - 1:
        return SAVES_NOTHING
    return MORE_ROWS if after.fetched > 1.5 * before.fetched else RIGHT


def measured(run: Run, least: int = 3) -> tuple[Repeat, ...]:
    """What a trace of the run shows: every statement that it issued at least so many times."""
    counts: dict[str, int] = {}
    normals = {}
    for select in run.selects:
        normal = normalise(select)
        normals[normal.fingerprint] = normal
        counts[normal.fingerprint] = counts.get(normal.fingerprint, 0) + 1
    found = []
    for fingerprint, count in counts.items():
        normal = normals[fingerprint]
        reading = read_statement(normal.parseable, normal.operation)
        if count >= least:
            found.append(
                Repeat(fingerprint, reading.tables, reading.where_columns, count, reading.shape, normal.statement)
            )
    return tuple(found)


def find(orm: str, files: Mapping[str, str], repeats: tuple[Repeat, ...], root: Path) -> list[Answer]:
    """What the codemods of an ORM answer to repeats under `view` of app.py, in a checkout of these files at `root`."""
    for name, text in files.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    subprocess.run(["git", "add", "-A"], cwd=root, check=True)
    index = Index(root)
    hops = index.calls.reach([("app.py", "view")], 6).items()
    reached = tuple(Reached(*key, hop.distance, "the entry") for key, hop in hops)
    (turn,) = (turn for turn in turns(discover().values()) if turn[-1].META.id == f"{orm}-eager-load")
    return ask(turn, index, Sighting("n_plus_one_db", repeats, reached))
