"""Samples of profilers and databases, and small profiles that a test writes itself."""

import gzip
from collections.abc import Sequence
from pathlib import Path

from bot.config import Config
from bot.hotspots import read
from bot.hotspots.frames import Frame
from bot.records import Hotspot

SAMPLES = Path(__file__).parents[1] / "samples" / "profiles"
ORM = "/venv/lib/python3.11/site-packages/sqlalchemy/orm"
WEB = Frame("/venv/lib/python3.11/site-packages/flask/app.py", "Flask.dispatch_request", 902)
VIEW = Frame("/srv/app/shop/views.py", "list_orders", 12)
LOADER = Frame(f"{ORM}/strategies.py", "LazyLoader._load_for_state", 970)
EXECUTE = Frame(f"{ORM.replace('orm', 'engine')}/cursor.py", "execute", 5)


def sample(name: str) -> bytes:
    """The content of a sample, uncompressed."""
    return gzip.decompress((SAMPLES / f"{name}.gz").read_bytes())


def sample_path(name: str) -> str:
    return str(SAMPLES / f"{name}.gz")


def hotspots_in(tmp_path: Path, *contents: bytes) -> list[Hotspot]:
    """The hotspots of files with these contents."""
    paths = [tmp_path / f"export-{number}" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return read([str(path) for path in paths], Config())


def places(hotspots: Sequence[Hotspot]) -> set[tuple[str, str | None, int | str | None, str]]:
    """Kind, route, and every location's line (the function where there is none) with its precision."""
    return {
        (h.kind, h.entry.route_canonical, at.line or at.function, at.precision) for h in hotspots for at in h.locations
    }


def files(hotspots: Sequence[Hotspot]) -> set[str]:
    """The last two parts of every location's path."""
    return {"/".join(at.file.split("/")[-2:]) for h in hotspots for at in h.locations}


N_PLUS_ONE = {("n_plus_one_db", None, 18, "exact_line"), ("n_plus_one_db", None, 19, "exact_line")}
LEAK = {("memory_growth", None, 34, "exact_line")}
