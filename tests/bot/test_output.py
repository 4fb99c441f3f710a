"""A reader that leaves early or a full disk behind standard output: the work is done, the exit code is right."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rig.blog import OTEL, blog_repository, diff

COSTMOD = [sys.executable, "-m", "bot.cli"]
FULL = Path("/dev/full")  # every write fails with ENOSPC

needs_full = pytest.mark.skipif(not FULL.exists(), reason="the system has no /dev/full")


def unread(arguments: list[str], *, both: bool = False) -> subprocess.CompletedProcess[str]:
    """The command with standard output (and standard error) going to a reader that has left."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        errors = writer if both else subprocess.PIPE
        return subprocess.run([*COSTMOD, *arguments], stdout=writer, stderr=errors, text=True, check=False)
    finally:
        os.close(writer)


def test_fix_edits_and_reports_when_nobody_reads(tmp_path: Path) -> None:
    blog, report = blog_repository(tmp_path), tmp_path / "report.json"
    done = unread(["fix", str(blog), "--hotspots", str(OTEL), "--write", "--report", str(report)])
    assert (done.returncode, done.stderr) == (0, "")
    assert diff(blog) != ""
    assert {r["outcome"] for r in json.loads(report.read_text())["results"]} == {"fixed"}


@pytest.mark.parametrize("both", [False, True], ids=["stdout", "stdout and stderr"])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["hotspots", str(OTEL)], 0),
        (["hotspots", str(OTEL), "--format", "json"], 0),
        (["codemods"], 0),
        (["--version"], 0),
        (["codemods", "nope"], 2),
    ],
    ids=["table", "JSON", "codemods", "version", "wrong use"],
)
def test_the_exit_code_when_nobody_reads(arguments: list[str], code: int, both: bool) -> None:
    done = unread(arguments, both=both)
    assert done.returncode == code
    assert code or not done.stderr


def test_scan_ends_quietly_when_nobody_reads(tmp_path: Path) -> None:
    done = unread(["scan", str(blog_repository(tmp_path)), "--fail-on-findings"])
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)  # the line of progress


@needs_full
@pytest.mark.parametrize(
    "arguments",
    [["hotspots", str(OTEL)], ["hotspots", str(OTEL), "--format", "json"], ["codemods"]],
    ids=["table", "JSON", "codemods"],
)
def test_a_full_disk(arguments: list[str]) -> None:
    with FULL.open("w") as full:
        done = subprocess.run([*COSTMOD, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        2,
        "costmod: standard output or a temporary file: cannot be written (No space left on device); "
        "make room and run the command again.\n",
    )
