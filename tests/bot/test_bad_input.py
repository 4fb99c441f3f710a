"""What a user can get wrong ends in one sentence, exit code 2, and nothing changed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rig.blog import OTEL, blog_repository, commit_all, diff

from bot.cli import _main
from bot.config import Config, load
from codemods.index.endpoints import Endpoint

SPAN = {
    "traceId": "01" * 16, "spanId": "02" * 8, "name": "SELECT", "kind": 3,
    "startTimeUnixNano": "1", "endTimeUnixNano": "2",
    "attributes": [{"key": "db.system", "value": {"stringValue": "x"}}],
}  # fmt: skip
NO_SQL = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [SPAN]}]}]}) + "\n"

FILES: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: None,
    "a folder": lambda path: path.mkdir(),
    "empty": lambda path: path.write_text(""),
    "truncated": lambda path: path.write_bytes(OTEL.read_bytes()[:300]),
    "foreign": lambda path: path.write_text("time,level\n1,info\n"),
    "binary": lambda path: path.write_bytes(bytes(range(256)) * 20),
    "huge": lambda path: path.write_bytes(b" " * 3_000_000),
    "nested": lambda path: path.write_text('{"resourceSpans":' + "[" * 100_000),
    "without SQL text": lambda path: path.write_text(NO_SQL),
    "another schema": lambda path: path.write_text('{"schema": "costmod.hotspots/9", "hotspots": []}'),
}


@pytest.fixture
def blog(tmp_path: Path) -> Path:
    blog = blog_repository(tmp_path)
    settings = blog / "pyproject.toml"
    settings.write_text(settings.read_text().replace("[tool.costmod]\n", "[tool.costmod]\nmax-input-mb = 2\n"))
    commit_all(blog)
    return blog


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on stderr of a command that must end with 2."""
    capsys.readouterr()
    assert _main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert printed.err.startswith("costmod: ")
    assert "Traceback" not in printed.err
    return printed.err


@pytest.mark.parametrize("make", FILES.values(), ids=FILES.keys())
@pytest.mark.parametrize("command", ["fix", "run", "plan"])
def test_unreadable_input(
    blog: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], make: Callable[[Path], object], command: str
) -> None:
    trace = tmp_path / "trace.json"
    make(trace)
    extra = ["--write"] if command == "fix" else []
    assert str(trace) in refused([command, str(blog), "--hotspots", str(trace), *extra], capsys)
    assert diff(blog) == ""
    assert not (tmp_path / "costmod-plan").exists()


def test_no_sql_text_names_the_attribute(blog: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "trace.json").write_text(NO_SQL)
    assert "db.query.text" in refused(["fix", str(blog), "--hotspots", str(tmp_path / "trace.json")], capsys)


def test_no_git_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "code").mkdir()
    assert str(tmp_path / "code") in refused(["fix", str(tmp_path / "code"), "--hotspots", str(OTEL)], capsys)
    assert str(tmp_path / "nowhere") in refused(["run", str(tmp_path / "nowhere"), "--hotspots", str(OTEL)], capsys)


def test_dirty_work_tree(blog: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (blog / "blog" / "views.py").write_text("changed = True\n")
    before = diff(blog)
    assert "blog/views.py" in refused(["fix", str(blog), "--hotspots", str(OTEL), "--write"], capsys)
    assert diff(blog) == before


def test_a_file_that_cannot_be_written(
    blog: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Root may write everything, and tests run as root in CI: the answer of the system is what is replaced here.
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "posts.py")
    assert "blog/posts.py" in refused(["fix", str(blog), "--hotspots", str(OTEL), "--write"], capsys)
    assert diff(blog) == ""
    assert [p.name for p in (blog / "blog").iterdir() if p.name.startswith(".costmod")] == []


def dangling(path: Path) -> Path:
    path.symlink_to(path.with_name("elsewhere.json"))
    return path


REPORTS: dict[str, Callable[[Path, Path, Path], tuple[Path, str]]] = {
    "in no folder": lambda tmp, blog, trace: (tmp / "no" / "r.json", "cannot be written (No such file or directory)"),
    "a device": lambda tmp, blog, trace: (
        Path("/dev/full"), "is no regular file, so the report cannot be written there"),
    "a folder": lambda tmp, blog, trace: (tmp, "is no regular file, so the report cannot be written there"),
    "a dangling link": lambda tmp, blog, trace: (
        dangling(tmp / "link.json"), "is no regular file, so the report cannot be written there"),
    "an export": lambda tmp, blog, trace: (trace, "is an input of this command, and the report would overwrite it"),
    "a tracked file": lambda tmp, blog, trace: (
        blog / "README.md", "belongs to the repository, and the report would overwrite it"),
    "git's own": lambda tmp, blog, trace: (
        blog / ".git" / "config", "belongs to the repository, and the report would overwrite it"),
}  # fmt: skip


@pytest.mark.parametrize("where", REPORTS.values(), ids=REPORTS.keys())
@pytest.mark.parametrize("command", [["fix", "--write"], ["fix"], ["run"]], ids=["fix --write", "fix", "run"])
def test_a_report_that_would_be_lost_or_overwrite_something(
    blog: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    where: Callable[[Path, Path, Path], tuple[Path, str]],
    command: list[str],
) -> None:
    trace = tmp_path / "trace.jsonl"
    trace.write_bytes(OTEL.read_bytes())
    (blog / "README.md").touch()
    commit_all(blog)
    report, why = where(tmp_path, blog, trace)
    name, *options = command
    said = refused([name, str(blog), *options, "--hotspots", str(trace), "--report", str(report)], capsys)
    assert said == f"costmod: {report}: {why}; choose another --report.\n"
    assert diff(blog) == ""
    assert trace.read_bytes() == OTEL.read_bytes()
    assert not (tmp_path / "elsewhere.json").exists()


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ('test-command = "no-such-program --all"', "test-command"),
        ('python = "no/such/python"', "python"),
    ],
)
def test_a_test_command_that_does_not_exist(
    blog: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], setting: str, named: str
) -> None:
    (blog / "costmod.toml").write_text(setting + "\n")
    commit_all(blog)
    command = ["run", str(blog), "--hotspots", str(OTEL), "--forge-folder", str(tmp_path / "forge")]
    capsys.readouterr()
    assert _main(command) == 2
    (last,) = [line for line in capsys.readouterr().err.splitlines() if not line.endswith("...")]
    assert named in last
    assert list((tmp_path / "forge" / "pull-requests").glob("*.json")) == []


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("minimum-repeats = 1", "minimum-repeats"),
        ("unknown = 1", "unknown"),
        ("test-command = ", "costmod.toml"),
        ("[publish]\nlabels = 3", "publish.labels"),
        ('[price.requests-per-month]\n"GET /posts" = inf', "price.requests-per-month.GET /posts"),
        ('[price.requests-per-month]\n"GET /posts" = -1', "price.requests-per-month.GET /posts"),
        ("[price]\ncross-az-share = nan", "price.cross-az-share"),
        ("[price]\nminimum-monthly = inf", "price.minimum-monthly"),
        ("[price]\nround-trip-ms = 10001", "price.round-trip-ms"),
        ("test-timeout-seconds = 86401", "test-timeout-seconds"),
    ],
    ids=[
        "out of range",
        "unknown key",
        "no TOML",
        "wrong type",
        "infinite",
        "negative",
        "not a number",
        "infinite amount",
        "a round trip of seconds",
        "a run of days",
    ],
)
def test_settings(blog: Path, capsys: pytest.CaptureFixture[str], text: str, field: str) -> None:
    (blog / "costmod.toml").write_text(text + "\n")
    said = refused(["fix", str(blog), "--hotspots", str(OTEL)], capsys)
    assert "costmod.toml" in said
    assert field in said


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("tool = 3", "tool"),
        ("tool = []", "tool"),
        ("[[tool]]", "tool"),
        ("[tool]\ncostmod = 3", "costmod"),
        ("[tool]\ncostmod = 0", "costmod"),
        ("[tool]\ncostmod = []", "costmod"),
    ],
)
def test_settings_that_are_no_table(blog: Path, capsys: pytest.CaptureFixture[str], text: str, key: str) -> None:
    (blog / "pyproject.toml").write_text(text + "\n")
    assert refused(["fix", str(blog), "--hotspots", str(OTEL)], capsys) == (
        f"costmod: {blog / 'pyproject.toml'}: {key}: should be a table; write [tool.costmod] above the settings.\n"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('single = "GET /users"\nmany = "GET /users?ids="', 'single: should read like "GET /users/{id}"'),
        ('single = "GET /users/{id}"\nmany = "GET /users"', 'many: should read like "GET /users?ids="'),
        ('single = "GET /users/{id}"', "many: field required"),
        ('single = "GET /u/{id}"\nmany = "GET /u?q="\nlimit = 0', "limit: input should be greater than or equal to 1"),
        ('single = "GET /u/{id}"\nmany = "GET /u?q="\nstyle = "x"', "style: input should be 'repeated' or 'comma'"),
    ],
)
def test_endpoints_for_many_that_say_too_little(
    blog: Path, capsys: pytest.CaptureFixture[str], text: str, problem: str
) -> None:
    (blog / "pyproject.toml").write_text(f"[[tool.costmod.batch]]\n{text}\n")
    assert refused(["fix", str(blog), "--hotspots", str(OTEL)], capsys) == (
        f"costmod: {blog / 'pyproject.toml'}: tool.costmod.batch.0.{problem}; see `costmod --help` or docs/config.md.\n"
    )


def test_endpoints_for_many(tmp_path: Path) -> None:
    text = '[[batch]]\nsingle = "GET /v1/users/{id}/rights"\nmany = "GET /rights?user="\nstyle = "comma"\nlimit = 9\n'
    (tmp_path / "costmod.toml").write_text(text)
    assert load(tmp_path).endpoints() == (Endpoint("/v1/users/{}/rights", "/rights", "user", "comma", "", "id", 9),)


@pytest.mark.parametrize(
    "text",
    ["", "[tool]", "[tool.other]\nx = 1", "[tool.costmod]"],
    ids=["empty", "no tools", "another's", "no settings"],
)
def test_no_settings_are_the_defaults(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text + "\n")
    assert load(tmp_path) == Config()


@pytest.mark.parametrize(
    "arguments",
    [["nope"], ["fix"], ["fix", ".", "--no-such-option"], ["hotspots", "x", "--by", "colour"], ["codemods", "nope"]],
    ids=["unknown command", "no hotspots", "unknown option", "unknown ranking", "unknown codemod"],
)
def test_wrong_use(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    refused(arguments, capsys)


def test_ctrl_c_leaves_nothing(blog: Path, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    (blog / "costmod.toml").write_text(
        f'python = "{sys.executable}"\ntest-command = "python -c \'import time; time.sleep(60)\'"\n'
    )
    commit_all(blog)
    command = [sys.executable, "-m", "bot.cli", "run", str(blog), "--hotspots", str(OTEL), "--dry-run"]
    environment = {**os.environ, "TMPDIR": str(scratch)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr is not None
        assert child.stderr.readline().startswith("costmod: tests before and after")
        time.sleep(0.5)
        child.send_signal(signal.SIGINT)
        said = child.stderr.read()
        assert child.wait(20) == 130
    assert said == (
        "costmod: interrupted; temporary work trees are removed, and the same command picks up where it stopped.\n"
    )
    assert list(scratch.iterdir()) == []
    worktrees = subprocess.run(["git", "worktree", "list"], cwd=blog, capture_output=True, text=True, check=True)
    assert worktrees.stdout.count("\n") == 1
