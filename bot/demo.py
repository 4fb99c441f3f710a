"""`costmod demo`: the main job on a copy of the bundled blog, in an environment of the blog's own."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bot.config import load
from bot.errors import UserError
from bot.hotspots import read
from bot.pipeline import run
from bot.publish.local import LocalForge
from bot.records import Result
from bot.shipped import shipped
from bot.show.console import Screen

# The same commit on every machine, so that the same branch and pull request come out.
_IDENTITY = {
    "GIT_AUTHOR_NAME": "Blog Author", "GIT_AUTHOR_EMAIL": "author@blog.example",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_NAME": "Blog Author", "GIT_COMMITTER_EMAIL": "author@blog.example",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
}  # fmt: skip


def play(out: Path | None) -> int:
    """Run the main job on the example in `out` (or a new temporary folder) and say what to try next.

    Raises:
        UserError: the folder cannot be written, or the blog's environment cannot be made.
    """
    screen = Screen()
    if shutil.which("git") is None:
        raise UserError("git was not found on PATH; install git.")
    folder = _folder(out)
    blog = folder / "blog"
    if not os.path.lexists(blog):
        _copy(shipped("examples/blog"), blog)
    elif blog.is_symlink() or not ((blog / ".git").is_dir() and (blog / "traces" / "otel.jsonl").is_file()):
        raise UserError(f"{blog}: is there already, but is not the example; move it away or choose another --out.")
    with screen.step("an environment for the blog: Flask, SQLAlchemy, pytest"):
        _link_environment(blog)
    traces = blog / "traces" / "otel.jsonl"
    screen.line(("costmod demo", "bold"), f": a Flask + SQLAlchemy blog in {blog},")
    screen.line("with a trace that the OpenTelemetry SDK took of it.")
    config = load(blog)
    forge = LocalForge(folder / "forge")
    results = run(blog, read([str(traces)], config), config, forge, screen)
    screen.results(results)
    _what_next(screen, folder, results)
    return 0 if any(r.outcome == "published" for r in results) else 1


def _folder(out: Path | None) -> Path:
    try:
        if out is None:
            return Path(tempfile.mkdtemp(prefix="costmod-demo-"))
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{out or 'the temporary folder'}: cannot be written ({error.strerror}); choose --out."
        ) from error
    return out.resolve()


def _copy(example: Path, blog: Path) -> None:
    """The example as a git repository with one commit."""
    ignored = shutil.ignore_patterns("__pycache__", "instance", ".venv", ".pytest_cache")
    try:
        shutil.copytree(example, blog, ignore=ignored)
        for command in (
            ["init", "-q", "-b", "main"],
            ["add", "-A"],
            ["commit", "-q", "-m", "The blog as it runs today"],
        ):
            subprocess.run(["git", *command], cwd=blog, check=True, env={**os.environ, **_IDENTITY})
    except (OSError, subprocess.CalledProcessError) as error:
        shutil.rmtree(blog, ignore_errors=True)
        raise UserError(f"{blog}: the example cannot be copied there ({error}); choose another --out.") from error


def _link_environment(blog: Path) -> None:
    """`blog/.venv` with the blog's own requirements; made once per machine and Python, then reused."""
    import platformdirs

    requirements = blog / "requirements.txt"
    key = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:12]
    environment = Path(platformdirs.user_cache_dir("costmod")) / "demo" / key
    ready = environment / "ready"
    if not ready.exists():
        shutil.rmtree(environment, ignore_errors=True)
        _quietly([sys.executable, "-m", "venv", str(environment)])
        pip = [str(_python(environment)), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        _quietly([*pip, "-r", str(requirements)])
        ready.touch()
    link = blog / ".venv"
    if not link.exists():
        link.unlink(missing_ok=True)  # it may point to an environment that is gone
        link.symlink_to(environment, target_is_directory=True)


def _python(environment: Path) -> Path:
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _quietly(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no output"]
        raise UserError(f"the demo's environment could not be made (`{' '.join(command[1:4])}`: {lines[-1]}).")


def _what_next(screen: Screen, folder: Path, results: list[Result]) -> None:
    blog, bare = folder / "blog", folder / "forge" / "forge.git"
    screen.heading("what is where")
    for r in results:
        if (request := r.pull_request) and request.number:
            page = folder / "forge" / "pull-requests" / str(request.number)
            screen.line(f"  branch     {request.branch} in {bare}")
            screen.line(f"  body       {page}.md")
            screen.line(f"  page       {page}.html")
    screen.heading("try next")
    trace = blog / "traces" / "datadog.json"
    screen.line(f"  costmod hotspots {trace}")
    screen.line(f"  costmod fix {blog} --hotspots {trace}")
    screen.line("  costmod run YOUR_REPOSITORY --hotspots YOUR_TRACE --dry-run")
