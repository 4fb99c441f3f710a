"""`costmod scan`: its formats, its exit codes, and that it edits nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from rig import sarif as official
from rig.blog import blog_repository, commit_all, diff

from bot.cli import _main
from bot.show.findings import schema


@pytest.fixture
def blog(tmp_path: Path) -> Path:
    return blog_repository(tmp_path)


def test_text_with_a_closing_count(blog: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _main(["scan", str(blog)]) == 0
    printed = capsys.readouterr()
    heads = [line for line in printed.out.splitlines() if line and line[0] != " "]
    assert heads == [
        "blog/feed.py:10 in entries [sqlalchemy-eager-load d6b8c8dfa1d6]",
        "blog/feed.py:16 in latest [sqlalchemy-eager-load 3f8dc4c28285]",
        "blog/posts.py:7 in front_page [sqlalchemy-eager-load 165c24d7d98b]",
        "blog/posts.py:27 in archive [sqlalchemy-eager-load a724a3846c88]",
        "4 findings, 4 reached from a route, a task or a command",
        "Only a trace tells what they cost: `costmod fix --hotspots` edits what it confirms.",
    ]
    assert printed.err.startswith("costmod: scanning ")
    assert diff(blog) == ""


def test_the_edits_on_request_apply(blog: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _main(["scan", str(blog), "--diff", "--exclude", "blog/feed.py", "--exclude", "none/"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("--- a/blog/posts.py") == 2
    assert "feed" not in shown


def test_json_follows_its_schema(blog: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _main(["scan", str(blog), "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, schema())
    assert len(document["findings"]) == 4


def test_sarif_into_a_file_is_replaced(blog: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "costmod.sarif"
    for _ in range(2):
        assert _main(["scan", str(blog), "--format", "sarif", "--out", str(out)]) == 0
        assert capsys.readouterr().out == ""
    document = json.loads(out.read_text())
    official.validate(document)
    assert len(document["runs"][0]["results"]) == 4


def test_below_the_top_the_fingerprint_is_that_of_the_whole_path(
    blog: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mono").mkdir()
    (blog / ".git").rename(tmp_path / "old")
    blog.rename(tmp_path / "mono" / "shop")
    commit_all(tmp_path / "mono")
    assert _main(["scan", str(tmp_path / "mono" / "shop"), "--format", "sarif"]) == 0
    places = [r["locations"][0]["physicalLocation"] for r in json.loads(capsys.readouterr().out)["runs"][0]["results"]]
    assert {p["artifactLocation"]["uri"] for p in places} == {"shop/blog/feed.py", "shop/blog/posts.py"}


def test_the_settings_leave_paths_out(blog: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (blog / "costmod.toml").write_text('exclude = ["blog/"]\n')
    assert _main(["scan", str(blog), "--fail-on-findings"]) == 0
    assert capsys.readouterr().out == "no findings\n"


def test_findings_fail_only_on_request(blog: Path) -> None:
    assert (_main(["scan", str(blog)]), _main(["scan", str(blog), "--fail-on-findings"])) == (0, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["{tmp}/none"], "{tmp}/none: no such folder; name a git repository.", id="no folder"),
        pytest.param(["{tmp}/plain"], "{tmp}/plain: ", id="no git repository"),
        pytest.param(["{tmp}/blog", "--format", "xml"], "argument --format: invalid choice: 'xml'", id="a format"),
        pytest.param(["{tmp}/blog", "--out", "{tmp}/no/x"], "{tmp}/no/x: cannot be written", id="no folder for it"),
        pytest.param(
            ["{tmp}/blog", "--out", "{tmp}/blog/blog/feed.py"], "{tmp}/blog/blog/feed.py: belongs to", id="a source"
        ),
    ],
)  # fmt: skip
def test_wrong_use(
    arguments: list[str], message: str, blog: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plain").mkdir()
    capsys.readouterr()
    assert _main(["scan", *(a.format(tmp=tmp_path) for a in arguments)]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert printed.err.startswith(f"costmod: {message.format(tmp=tmp_path)}")


def test_the_same_commit_gives_the_same_bytes(blog: Path) -> None:
    runs = [
        subprocess.run(
            [sys.executable, "-m", "bot.cli", "scan", str(blog), "--format", output],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for output in ("json", "sarif")
        for seed in ("1", "2")
    ]  # fmt: skip
    assert (runs[0], runs[2]) == (runs[1], runs[3])
