"""action.yml and the example workflows, run step by step: on a schedule, by an alarm or comment, on a pull request."""

import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from rig import sample
from rig.blog import OTEL, blog_repository
from rig.events import comment_event, examples
from rig.fake_github import TOKEN, FakeGithub
from rig.runner import ROOT, Runner, evaluate, fill, outputs_of

from bot import action
from bot.cli import _main

WORKFLOWS = sorted((ROOT / "examples" / "workflows").glob("*.yml"))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The blog with a committed export and settings that need no test to be published as a draft."""
    blog = blog_repository(tmp_path)
    (blog / ".costmod").mkdir()
    shutil.copy(OTEL, blog / ".costmod" / "hotspots.json")
    (blog / "costmod.toml").write_text(f"python = {json.dumps(sys.executable)}\n")
    for name in ("github", "git", "libcst", "msgspec", "costmod"):  # -I: none of them stands for ours
        (blog / f"{name}.py").write_text("raise SystemExit('shadowed')\n")
    sample.run(blog, "remote", "add", "origin", "http://127.0.0.1/acme/blog.git")
    sample.commit_all(blog, "feat: an export")
    return blog


@pytest.fixture
def github(tmp_path: Path, repository: Path) -> Iterator[FakeGithub]:
    bare = tmp_path / "server" / "acme" / "blog.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", str(repository), str(bare)], check=True)
    sample.run(bare, "config", "http.receivepack", "true")
    with FakeGithub(tmp_path / "server") as fake:
        sample.run(repository, "remote", "set-url", "origin", f"{fake.url}/acme/blog.git")
        fake.state.roles = {"ann": ("write", "write")}
        yield fake
    assert fake.contract.violations == []


def runner(name: str, tmp_path: Path, repository: Path, github: FakeGithub, event: dict[str, Any], kind: str) -> Runner:
    workflow = yaml.safe_load((ROOT / "examples" / "workflows" / name).read_text())
    context = {"event_name": kind, "event": event, "token": TOKEN, "repository": "acme/blog"}
    return Runner(tmp_path / "runs", repository, workflow, context, {"GITHUB_API_URL": github.url})


def test_three_jobs_open_a_pull_request(tmp_path: Path, repository: Path, github: FakeGithub) -> None:
    run = runner("schedule.yml", tmp_path, repository, github, {}, "schedule")
    run.run()
    assert {job: result["result"] for job, result in run.results.items()} == {
        "plan": "success", "prove": "success", "publish": "success",
    }, run.log  # fmt: skip
    assert [(pull.title, pull.state) for pull in github.state.pulls] == [
        ("perf(posts): load Post.author eagerly in front_page", "open")
    ], run.log
    assert re.search(r"^::notice file=blog/posts.py,line=\d+,title=costmod::GET /posts: perf", run.log, re.MULTILINE)
    assert f"| [#1]({github.url}/acme/blog/pull/1) " in run.summary
    assert TOKEN not in run.log + run.summary


def test_alarm_starts_a_plan(tmp_path: Path, repository: Path, github: FakeGithub) -> None:
    event = examples("repository_dispatch", "on-demand-test")[0] | {"action": "costmod-alarm"}
    run = runner("alarm.yml", tmp_path, repository, github, event, "repository_dispatch")
    run.run("plan")
    assert run.results["plan"]["result"] == "success", run.log
    assert run.results["plan"]["outputs"]["findings"] == "4"
    assert [call for call in github.calls if not call.startswith("GET ")] == []


def test_other_alarms_start_nothing(tmp_path: Path, repository: Path, github: FakeGithub) -> None:
    event = examples("repository_dispatch", "on-demand-test")[0]
    run = runner("alarm.yml", tmp_path, repository, github, event, "repository_dispatch")
    run.run()
    assert {result["result"] for result in run.results.values()} == {"skipped"}
    assert github.calls == []


@pytest.mark.parametrize("which", ["patch", "proof-digest", "plan-digest"])
def test_what_untrusted_code_changed_is_not_published(
    which: str, tmp_path: Path, repository: Path, github: FakeGithub, capsys: pytest.CaptureFixture[str]
) -> None:
    plan, proof = tmp_path / "plan", tmp_path / "proof"
    assert _main(["plan", str(repository), f"--hotspots={OTEL}", "--out", str(plan)]) == 0
    digest = capsys.readouterr().out.split()[-1]
    report = json.loads((plan / "costmod-plan.json").read_text())
    for result in report["results"]:
        result["proof"] = {"verdict": "proven", "reason": "r", "commit": report["commit"]}
    if which == "patch":
        report["results"][0]["patch"]["changes"][0]["after"] += "import os\n"
    proof.mkdir()
    (proof / "costmod-plan.json").write_text(json.dumps(report))
    wrong = {"proof-digest": ["--digest", "0" * 64], "plan-digest": ["--plan-digest", "0" * 64]}.get(which, [])
    given = ["publish", str(proof), "--repo", str(repository), "--plan", str(plan), "--forge", "local",
             "--forge-folder", str(tmp_path / "forge"), *(wrong or ["--plan-digest", digest])]  # fmt: skip
    assert _main(given) == 2
    assert "somebody changed" in capsys.readouterr().err
    assert not list((tmp_path / "forge").rglob("*.json"))


def test_comment_is_answered_without_a_checkout(tmp_path: Path, repository: Path, github: FakeGithub) -> None:
    from datetime import UTC, datetime

    from rig.github_state import Pull

    github.state.pulls.append(Pull(1, "t", "", "main", "main", draft=False, author="ann"))
    said = github.state.say(1, "/costmod help", "ann", "User")
    event = comment_event("/costmod help", number=1, author="ann", comment=said.id)
    event["comment"]["created_at"] = datetime.now(UTC).isoformat()
    run = runner("command.yml", tmp_path, repository, github, event, "issue_comment")
    run.run()
    assert run.results["command"]["result"] == "success", run.log
    assert [content for _, content in said.reactions] == ["eyes", "rocket"]
    assert "done: help" in run.log
    assert list((tmp_path / "runs" / "command" / "work").iterdir()) == []


@pytest.mark.parametrize("action_name", ["created", "edited", "deleted"])
def test_official_comment_events_on_issues_start_nothing(
    action_name: str, tmp_path: Path, repository: Path, github: FakeGithub
) -> None:
    for event in examples("issue_comment", action_name):
        event["comment"]["body"] = "/costmod help"
        run = runner("command.yml", tmp_path, repository, github, event, "issue_comment")
        run.run()
        assert run.results["command"]["result"] == "skipped"


@pytest.mark.parametrize("fork", [False, True])
def test_pull_request_that_introduces_one_gets_one_comment(
    fork: bool, tmp_path: Path, repository: Path, github: FakeGithub
) -> None:
    from rig.github_state import Pull

    base = sample.run(repository, "rev-parse", "HEAD")
    feed = (repository / "blog" / "feed.py").read_text()
    sample.write(repository, "blog/again.py", feed.replace("entries", "again").partition("def latest")[0])
    head = sample.commit_all(repository, "feat: again")
    sample.run(repository, "push", "--quiet", str(github.state.bare), "HEAD:topic")
    github.state.pulls.append(Pull(1, "t", "", "topic", "main", draft=False, author="ann"))
    event = examples("pull_request", "opened")[0]
    event["pull_request"] |= {"number": 1}
    event["pull_request"]["base"]["sha"], event["pull_request"]["head"]["sha"] = base, head
    event["pull_request"]["head"]["repo"]["fork"] = fork
    for name in ("one",) if fork else ("one", "two"):
        run = runner("check.yml", tmp_path / name, repository, github, event, "pull_request")
        run.run()
        assert run.results["check"]["result"] == "success", run.log
        assert "`again` in `blog/again.py`" in run.summary
    told = [comment.body.splitlines()[0] for comment in github.state.comments]
    expected = "This change introduces a query whose every row runs a statement of its own (N+1)."
    assert told == ([] if fork else [expected])


# ---- the step itself -------------------------------------------------------------------------------------------------


def step(tmp_path: Path, capsys: pytest.CaptureFixture[str], **inputs: str) -> tuple[int, str]:
    given = {"RUNNER_TEMP": str(tmp_path)} | {f"COSTMOD_{name.upper()}": value for name, value in inputs.items()}
    return action.run(given), capsys.readouterr().out


@pytest.mark.parametrize(
    ("inputs", "sentence"),
    [
        ({"mode": "merge"}, "mode: 'merge' is none of plan, prove, publish, all, command, check."),
        ({"mode": "all"}, "hotspots: names no file; give one path per line."),
        ({"mode": "all", "hotspots": "x", "dry_run": "yes"}, "dry-run: must be true or false."),
        ({"mode": "check"}, "base: is needed for mode check."),
        ({"mode": "command"}, "github_event_path: is needed for mode command."),
    ],
)
def test_wrong_inputs_are_one_error(
    inputs: dict[str, str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert step(tmp_path, capsys, **inputs) == (2, f"::error::{sentence}\n")


def test_what_commands_print_cannot_command_the_runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither on standard output nor on standard error: the runner reads both."""
    hostile = "x\n::add-mask::a\n::set-output name=digest::b\n##[error]c"

    def command(arguments: list[str]) -> int:
        sys.stdout.write(f"{hostile}\nsha256 {'0' * 64}")
        sys.stderr.write(f"{hostile}\n")
        return 2

    both = io.StringIO()
    monkeypatch.setattr(sys, "stderr", both)
    monkeypatch.setattr(sys, "stdout", both)
    monkeypatch.setattr(action, "main_with", command)
    assert action.run({"RUNNER_TEMP": str(tmp_path), "COSTMOD_MODE": "plan", "COSTMOD_HOTSPOTS": "h.json"}) == 2
    said = both.getvalue()
    begin = re.match(r"::stop-commands::([0-9a-f]{32})\n", said)
    assert begin is not None
    inside, end, after = said[begin.end() :].partition(f"\n::{begin[1]}::\n")
    assert (inside.count(hostile), end != "", after) == (2, True, "")


def test_output_cannot_be_ended_by_its_value(tmp_path: Path) -> None:
    file = tmp_path / "out"
    file.write_text(action._output("a", "x\ncostmod-0\nb=evil") + action._output("c", "d"))
    assert outputs_of(file) == {"a": "x\ncostmod-0\nb=evil", "c": "d"}


def test_summary_is_cut_before_github_drops_it() -> None:
    whole = action._summary((), "line\n" * 400_000)
    assert len(whole.encode()) <= action.LONGEST_SUMMARY + 16
    assert whole.endswith("    line\n\n(cut)\n")


@pytest.mark.parametrize(
    "file", [*WORKFLOWS, *(ROOT / ".github/workflows").glob("*.yml"), ROOT / "action.yml"], ids=lambda path: path.name
)
def test_workflows_are_pinned_and_hold_no_expression_in_a_script(file: Path) -> None:
    text = file.read_text()
    parsed = yaml.safe_load(text)
    jobs = parsed.get("jobs", {"": parsed.get("runs")})
    steps = [step for job in jobs.values() for step in job["steps"]]
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"]) for step in steps if "uses" in step)
    assert [step for step in steps if "${{" in step.get("run", "")] == []
    assert "cache" not in text
    assert all(step["with"]["persist-credentials"] is False for step in steps if "checkout" in step.get("uses", ""))
    for job in jobs.values():
        given = [step.get("with", {}) for step in job["steps"]]
        if any(with_.get("mode") == "prove" for with_ in given):  # untrusted code runs here
            assert (job["permissions"], "token" in str(given) + str(job.get("env"))) == ({"contents": "read"}, False)
    if file.name == "command.yml":
        assert "checkout" not in {step["uses"].split("@")[0].split("/")[1] for step in steps}
        assert parsed[True] == {"issue_comment": {"types": ["created"]}}  # YAML 1.1 reads `on` so


def test_expressions_of_the_runner() -> None:
    context = {"github": {"event": {"a": True, "b": "x"}}, "needs": {"p": {"outputs": {"n": "0"}}}}
    assert [
        evaluate("github.event.a && '' || 'no'", context), evaluate("needs.p.outputs.n != '0'", context),
        evaluate("!github.event.zzz", context), fill("<${{ github.event.b }}>", context),
    ] == ["no", False, True, "<x>"]  # fmt: skip
    with pytest.raises(AssertionError, match="names nothing"):
        fill("${{ needs.q }}", context)
