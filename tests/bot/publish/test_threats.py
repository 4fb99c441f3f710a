"""Rows of docs/security.md that have no other home."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rig import sample
from rig.fake_github import TOKEN

from bot.config import Config
from bot.publish import fresh, git, suggest
from bot.records import Change

ROOT = Path(__file__).parents[3]
LINES = st.lists(st.sampled_from(["a", "b", "c", "", "  d", "+++ b/x", "@@ -1 +9 @@"]), max_size=8)


def test_export_holds_regular_files_only(repository: Path, tmp_path: Path) -> None:
    (repository / "link.py").symlink_to("/etc/passwd")
    (repository / "run.py").write_text("x = 1\n")
    (repository / "run.py").chmod(0o755)
    (repository / "large.py").write_text("x\n" * git.LARGEST_FILE)
    sample.run(repository, "add", "-A")
    sample.run(repository, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    sample.run(repository, "commit", "--quiet", "--message", "feat: odd things")
    commit = sample.run(repository, "rev-parse", "HEAD")
    with git.private_copy(repository, commit) as copy:
        copy.export(commit, tmp_path / "out")
    found = {str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*") if ".git" not in p.parts}
    assert found == {"README.md", "blog", "blog/views.py", "run.py"}
    assert (tmp_path / "out" / "run.py").stat().st_mode & 0o111 == 0


@pytest.mark.parametrize("path", ["../x", "a/../b", ".git/hooks/x", "a/.GIT/x", "", "/x", "a//b", "a/./b"])
def test_paths_that_are_never_written(path: str) -> None:
    assert git._is_plain(path) is False


def test_repository_inside_of_the_tree_runs_nothing(repository: Path, tmp_path: Path) -> None:
    """A folder of the tree that looks like a repository, with a configuration that would run a program."""
    mark = tmp_path / "mark"
    inner = repository / "blog"
    for name, text in {
        "HEAD": "ref: refs/heads/main\n", "objects/keep": "", "refs/keep": "",
        "config": f"[core]\n\tbare = true\n\tfsmonitor = \"touch {mark}\"\n\thooksPath = {tmp_path}\n",
    }.items():  # fmt: skip
        sample.write(inner, name, text)
    commit = sample.commit_all(repository, "feat: a trap")
    with git.private_copy(repository, commit) as copy:
        fresh.findings_at(copy, commit, Config(), "blog/")
    assert not mark.exists()


def test_settings_and_code_of_a_commit_are_read_and_never_run(repository: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    for name in ("conftest.py", "sitecustomize.py", "setup.py", "jinja2.py", "blog/models.py"):
        sample.write(repository, name, f"open({str(mark)!r}, 'w')\n")
    sample.write(repository, "costmod.toml", "minimum-repeats = 7\n")
    commit = sample.commit_all(repository, "feat: traps")
    with git.private_copy(repository, commit) as copy:
        assert fresh.settings_at(copy, commit).minimum_repeats == 7
        fresh.introduced(copy, commit, commit, Config(), today=__import__("datetime").date(2026, 1, 1))
    assert not mark.exists()


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LINES, LINES)
def test_suggestions_make_the_edit_and_nothing_else(before: list[str], after: list[str]) -> None:
    change = Change(path="x.py", before="".join(f"{x}\n" for x in before), after="".join(f"{x}\n" for x in after))
    lines = change.before.splitlines(keepends=True)
    for first, last, text in sorted(suggest.blocks(change), reverse=True):
        assert 1 <= first <= last <= len(lines)
        lines[first - 1 : last] = [text]
    assert "".join(lines) == (change.after if before else "")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("a\nb\n", "a\n", id="deletes-a-line"),
        pytest.param("a\r\n", "b\r\n", id="crlf"),
        pytest.param("a\n", "b\u202e\n", id="hidden-character"),
        pytest.param("a\n", "b\n\n", id="ends-blank"),
        pytest.param("a\n", "b" * 6_000 + "\n", id="long"),
    ],
)
def test_text_that_a_suggestion_would_not_give_back_is_not_suggested(before: str, after: str) -> None:
    from bot.records import Finding

    finding = Finding(fingerprint="f", codemod="c", tier="A", title="t", file="x.py", function="f", line=1, query="q",
                      loads=(), changes=(Change(path="x.py", before=before, after=after),), diff="")  # fmt: skip
    assert suggest.suggestions(finding, {"x.py": {1, 2}}, "lead") == ()


def test_lines_of_a_diff_that_look_like_its_headers(repository: Path, commit: str) -> None:
    text = "".join(f"++ b/other{n}\n@@ -1 +99 @@\n" for n in range(3))
    sample.write(repository, "x.txt", text)
    head = sample.commit_all(repository, "feat: x")
    with git.private_copy(repository, head) as copy:
        assert copy.lines_in_diff(commit, head) == {"x.txt": {1, 2, 3, 4, 5, 6}}


def test_linter_sees_an_expression_in_a_script(tmp_path: Path) -> None:
    """What CI runs on our own workflows would find the classic mistake."""
    bad = tmp_path / "bad.yml"
    bad.write_text(
        "on: issue_comment\njobs:\n  x:\n    runs-on: ubuntu-24.04\n    steps:\n"
        "      - run: echo ${{ github.event.comment.body }}\n"
    )
    zizmor = Path(sys.executable).with_name("zizmor")
    done = subprocess.run([zizmor, "--offline", "--format=plain", bad], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "template-injection" in done.stdout
    assert "dangerous-triggers" in done.stdout


def test_gitpython_only_executes_and_nobody_reads_yaml() -> None:
    """What of GitPython has advisories is never reached; a bomb in YAML meets no parser."""
    used = set()
    for path in (*ROOT.glob("bot/**/*.py"), *ROOT.glob("codemods/**/*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {name.partition(".")[0] for name in names} & {"yaml", "ruamel"}, path
            assert "git" not in {name.partition(".")[0] for name in names} or path.name == "git.py", path
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "git":
                used |= {node.attr} if path.name == "git.py" else set()
    assert used == {"Git"}
    assert re.findall(r"git\.Git\(os\.sep\)\.(\w+)", (ROOT / "bot/publish/git.py").read_text()) == ["execute"]


@pytest.mark.parametrize("hook", ["reference-transaction", "post-index-change"])
def test_hook_in_our_own_copy_does_not_run(repository: Path, commit: str, tmp_path: Path, hook: str) -> None:
    """The copy is ours alone; should somebody write to it all the same, git is told of no hooks."""
    with git.private_copy(repository, commit) as copy:
        program = copy.folder / "hooks" / hook
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        program.chmod(0o755)
        copy.commit_on(commit, {sample.PATH: sample.AFTER.encode()}, "perf: x\n")
        git.run("update-ref", "refs/heads/x", commit, git_dir=copy.folder)
        assert not (tmp_path / "ran").exists()
        sample.run(copy.folder, "read-tree", commit)
        sample.run(copy.folder, "update-ref", "refs/heads/y", commit)
        assert (tmp_path / "ran").exists() or hook == "post-index-change"


def test_settings_of_the_user_and_the_machine_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".gitconfig").write_text("[x]\n\tcanary = 1\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    git.create_bare(tmp_path / "copy.git")
    assert b"canary" not in git.run("config", "--list", git_dir=tmp_path / "copy.git")
    assert b"x.canary=1" in subprocess.run(["git", "config", "--list"], check=True, capture_output=True).stdout


def test_interpreter_that_drops_assertions_gets_no_token() -> None:
    code = f"from bot.publish.github import GithubForge; GithubForge('a/b', {TOKEN!r})"
    done = subprocess.run([sys.executable, "-O", "-c", code], capture_output=True, text=True, check=False)
    assert "python -O: drops the checks that keep the token on one host; run without -O." in done.stderr
