"""`costmod run`: the whole story on the blog, the same pull request again, sub-projects, single steps."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from rig.blog import OTEL, blog_repository, commit_all

from bot.cli import _main
from bot.show.report import schema

pytestmark = pytest.mark.slow


@pytest.fixture
def blog(tmp_path: Path) -> Path:
    """The blog with an environment that has what it needs: that of this test run."""
    blog = blog_repository(tmp_path)
    _use_this_python(blog)
    return blog


def _use_this_python(project: Path) -> None:
    """Without its plugins, and without what a proof does besides, which tests/bot/prove looks at."""
    settings = project / "pyproject.toml"
    own = f'python = "{sys.executable}"\nregression-test = "off"\n'
    text = settings.read_text().replace("[tool.costmod]\n", f"[tool.costmod]\n{own}")
    settings.write_text(text.replace('"python -m pytest -q"', '"PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 python -m pytest -q"'))
    commit_all(project)


def run(repo: Path, tmp_path: Path, *more: str) -> tuple[int, dict[str, dict[str, object]]]:
    """Exit code, and the report's result per route."""
    report = tmp_path / "report.json"
    forge = ["--forge", "local", "--forge-folder", str(tmp_path / "forge")]
    code = _main(["run", str(repo), "--hotspots", str(OTEL), *forge, "--report", str(report), *more])
    content = json.loads(report.read_text())
    jsonschema.validate(content, schema())
    return code, {r["hotspot"]["entry"]["route_raw"]: r for r in content["results"]}


def changed_on(branch: str, bare: Path) -> list[str]:
    shown = subprocess.run(
        ["git", "show", "--name-only", "--format=", branch], cwd=bare, capture_output=True, check=True
    )
    return shown.stdout.decode().split()


def test_the_most_costly_hotspot_becomes_a_pull_request(blog: Path, tmp_path: Path) -> None:
    code, results = run(blog, tmp_path)
    assert code == 0
    assert {route: r["outcome"] for route, r in results.items()} == {
        "/posts": "published", "/feed": "deferred", "/archive": "deferred", "/api/latest": "deferred",
    }  # fmt: skip
    posts = results["/posts"]
    assert posts["proof"]["verdict"] == "proven"
    assert [(q["before"], q["after"]) for q in posts["proof"]["operations"]] == [(51, 1)]
    assert posts["saving"]["grade"] == "C"
    assert posts["pull_request"]["operation"] == "created"
    assert changed_on(posts["pull_request"]["branch"], tmp_path / "forge" / "forge.git") == ["blog/posts.py"]

    code, again = run(blog, tmp_path)
    assert code == 0
    assert again["/posts"]["pull_request"]["operation"] == "unchanged"
    assert again["/posts"]["pull_request"]["number"] == posts["pull_request"]["number"]
    assert len(list((tmp_path / "forge" / "pull-requests").glob("*.md"))) == 1


def test_a_sub_project_is_published_from_the_top(blog: Path, tmp_path: Path) -> None:
    mono = tmp_path / "mono"
    shutil.rmtree(blog / ".git")
    shutil.copytree(blog, mono / "services" / "blog")
    commit_all(mono)
    code, results = run(mono / "services" / "blog", tmp_path)
    assert code == 0
    assert results["/posts"]["proof"]["verdict"] == "proven"
    request = results["/posts"]["pull_request"]
    assert changed_on(request["branch"], tmp_path / "forge" / "forge.git") == ["services/blog/blog/posts.py"]
    assert "services/blog/blog/posts.py" in request["body"]


def test_a_test_that_failed_before_is_named_and_does_not_block(blog: Path, tmp_path: Path) -> None:
    (blog / "tests" / "test_red.py").write_text("def test_red():\n    assert False\n")
    commit_all(blog)
    code, results = run(blog, tmp_path)
    assert (code, results["/posts"]["outcome"]) == (0, "published")
    assert results["/posts"]["proof"]["verdict"] == "proven"
    assert "1 test failed before the patch too: tests/test_red.py::test_red" in results["/posts"]["proof"]["reason"]


def test_a_baseline_that_cannot_run_publishes_nothing(blog: Path, tmp_path: Path) -> None:
    (blog / "tests" / "conftest.py").write_text("raise RuntimeError('no database')\n")
    commit_all(blog)
    code, results = run(blog, tmp_path)
    assert (code, results["/posts"]["outcome"]) == (1, "stopped")
    assert results["/posts"]["proof"]["verdict"] == "unprovable"
    assert list((tmp_path / "forge" / "pull-requests").glob("*.md")) == []
    code, results = run(blog, tmp_path, "--dry-run")
    assert (code, results["/posts"]["outcome"]) == (1, "planned")


def test_a_reader_that_leaves_stops_nothing(blog: Path, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "bot.cli", "run", str(blog), "--hotspots", str(OTEL)]
    forge = ["--forge", "local", "--forge-folder", str(tmp_path / "forge")]
    done = subprocess.run([*command, *forge], stdout=writer, stderr=writer, check=False)
    os.close(writer)
    assert done.returncode == 0
    assert [p.name for p in (tmp_path / "forge" / "pull-requests").glob("*.md")] == ["1.md"]


def test_a_detached_head_needs_a_base_only_to_publish(
    blog: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    subprocess.run(["git", "checkout", "-q", "--detach"], cwd=blog, check=True)
    code, results = run(blog, tmp_path, "--dry-run")
    assert code == 0
    assert results["/posts"]["proof"]["verdict"] == "proven"
    capsys.readouterr()
    command = ["run", str(blog), "--hotspots", str(OTEL), "--forge", "local", "--forge-folder", str(tmp_path / "forge")]
    assert _main(command) == 2
    assert capsys.readouterr().err == (
        f"costmod: {blog}: no branch is checked out; set `base` in [tool.costmod.publish].\n"
    )


def test_dry_run_publishes_nothing(blog: Path, tmp_path: Path) -> None:
    code, results = run(blog, tmp_path, "--dry-run")
    assert code == 0
    assert results["/posts"]["proof"]["verdict"] == "proven"
    assert results["/posts"]["pull_request"] is None
    assert not (tmp_path / "forge").exists()


def test_step_by_step_through_a_plan_folder(blog: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, forge = str(tmp_path / "plan"), str(tmp_path / "forge")

    def step(*arguments: str) -> str:
        assert _main(list(arguments)) == 0
        return capsys.readouterr().out.split()[-1]

    digest = step("plan", str(blog), "--hotspots", str(OTEL), "--out", folder)
    digest = step("prove", folder, "--repo", str(blog), "--digest", digest)
    digest = step("price", folder, "--repo", str(blog), "--digest", digest)
    step("publish", folder, "--repo", str(blog), "--digest", digest, "--forge-folder", forge)
    assert [p.name for p in (tmp_path / "forge" / "pull-requests").glob("*.md")] == ["1.md"]
    assert _main(["publish", folder, "--repo", str(blog), "--digest", "0" * 64]) == 2
