"""Makes the applications of this room importable, and runs `costmod record` on one of them."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.cli import _main

sys.path.insert(0, str(Path(__file__).parent))

Run = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Writes the files into a repository, records a Python command there; the hotspots of the document."""

    def run(files: Mapping[str, str], *command: str) -> list[dict[str, Any]]:
        tree = tmp_path / "app"
        for name, content in files.items():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_text(content)
        subprocess.run(["git", "init", "-q", str(tree)], check=True)
        monkeypatch.chdir(tree)
        monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
        monkeypatch.delenv("PYTHONPATH", raising=False)
        out = tmp_path / "hotspots.json"
        assert _main(["record", "--out", str(out), "--", sys.executable, *command]) == 0
        document = json.loads(out.read_text())
        assert document["schema"] == "costmod.hotspots/1"
        found: list[dict[str, Any]] = document["hotspots"]
        return found

    return run
