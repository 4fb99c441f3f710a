"""The libraries under test: each version in its own environment (`make .venvs/.ready`), run by a child process."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parents[1] / ".venvs"
VERSIONS = {"sqlalchemy": ("1.4", "2.0", "2.1"), "django": ("4.2", "5.2", "6.1")}
DATABASES = ("sqlite", "postgresql")

Rows = Mapping[str, Sequence[Mapping[str, object]]]


@dataclass(frozen=True)
class Run:
    """What `view` returned or which error it raised, its SELECTs and writes, and how many rows the SELECTs fetched."""

    value: Any
    error: str | None
    selects: list[str]
    writes: list[str]
    fetched: int


class Library:
    """One version of a library on one database; `orm` is "sqlalchemy" or "django"."""

    def __init__(self, orm: str, version: str, database: str, url: str) -> None:
        self.orm, self.version, self.database = orm, version, database
        python = ENVIRONMENTS / f"{orm}-{version}" / "bin" / "python"
        self._child = subprocess.Popen(
            [python, HERE / f"run_{orm}.py", url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, models: str, app: str, rows: Rows) -> Run:
        """Run the module `app` on a fresh database with these rows."""
        assert self._child.stdin and self._child.stdout
        self._child.stdin.write(json.dumps({"models": models, "app": app, "rows": rows}) + "\n")
        self._child.stdin.flush()
        answer = self._child.stdout.readline()
        assert answer, f"the child with {self.orm} {self.version} on {self.database} died"
        return Run(**json.loads(answer))

    def close(self) -> None:
        """End the child: it stops at the end of its input."""
        self._child.communicate(timeout=30)


def why_not(orm: str, version: str) -> str | None:
    """Why this version cannot be run here; None when it can."""
    environment = ENVIRONMENTS / f"{orm}-{version}"
    if (environment / "built").exists():
        return None
    if (environment / "missing").exists():
        return f"{orm} {version}: {(environment / 'missing').read_text().strip()}"
    return f"no environment with {orm} {version}: run `make .venvs/.ready`"


def libraries(orm: str) -> list[tuple[str, str, str]]:
    """(ORM, version, database) of every library of an ORM."""
    return [(orm, version, database) for version in VERSIONS[orm] for database in DATABASES]


def outermost(orm: str) -> list[tuple[str, str, str]]:
    """The oldest and the newest version on every database: enough where loops run on much hostile data."""
    return [library for library in libraries(orm) if library[1] != VERSIONS[orm][1]]
