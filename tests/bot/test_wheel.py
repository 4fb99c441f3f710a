"""The built wheel in an empty environment runs the demo outside the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(PROJECT)]
    subprocess.run(build, check=True, capture_output=True)
    (built,) = out.glob("costmod-*.whl")
    return built


def test_what_ships(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"bot", "codemods"}
    assert "bot/shipped/templates/pull_request.md.j2" in names
    assert "bot/shipped/examples/blog/traces/otel.jsonl" in names
    assert {f"bot/show/{name}.schema.json" for name in ("report", "scan", "verification")} <= set(names)
    assert [n for n in names if "__pycache__" in n or n.endswith((".db", ".pyc")) or "/.venv/" in n] == []


@pytest.mark.slow
def test_demo_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    python = tmp_path / "env" / "bin" / "python"
    home = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    uv = [sys.executable, "-m", "uv", "-q"]
    subprocess.run([*uv, "venv", "--python", sys.executable, str(tmp_path / "env")], check=True)
    subprocess.run([*uv, "pip", "install", "--python", str(python), str(wheel)], check=True, capture_output=True)
    command = [str(python.parent / "costmod"), "demo", "--out", str(tmp_path / "demo")]
    done = subprocess.run(command, cwd=tmp_path, env=home, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert "proven: 51 -> 1 SQL statements" in done.stdout
    assert {p.name for p in (tmp_path / "demo" / "forge" / "pull-requests").glob("1.*")} == {"1.json", "1.md", "1.html"}
