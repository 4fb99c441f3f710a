"""The bundled blog as a git repository of its own, and its traces."""

import shutil
import subprocess
from pathlib import Path

from bot.shipped import shipped

OTEL = shipped("examples/blog") / "traces" / "otel.jsonl"
DATADOG = shipped("examples/blog") / "traces" / "datadog.json"


def blog_repository(folder: Path) -> Path:
    """A copy of the blog with one commit."""
    blog = folder / "blog"
    shutil.copytree(shipped("examples/blog"), blog, ignore=shutil.ignore_patterns("__pycache__", "capture", "traces"))
    commit_all(blog)
    return blog


def commit_all(repository: Path) -> None:
    """Commit everything in a folder, made a repository first when it is none."""
    if not (repository / ".git").exists():
        subprocess.run(["git", "init", "-q", "-b", "main"], cwd=repository, check=True)
    for command in (["add", "-A"], ["commit", "-q", "-m", "state", "--allow-empty"]):
        identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
        subprocess.run(["git", *identity, *command], cwd=repository, check=True)


def diff(repository: Path) -> str:
    """The work tree against HEAD, without context lines."""
    done = subprocess.run(["git", "diff", "-U0", "HEAD"], cwd=repository, check=True, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    return "\n".join(line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---"))
