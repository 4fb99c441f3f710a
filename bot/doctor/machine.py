"""What the steps after the traces need: repository, tests, sandbox, forge, price."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from bot.config import Config
from bot.doctor.check import Check
from bot.errors import UserError
from bot.prove.checkout import head_commit, require_clean
from bot.prove.command import find_command
from bot.prove.sandbox import best_sandbox

_TOKENS = ("COSTMOD_TOKEN", "GITHUB_TOKEN")


def repository(folder: Path) -> Check:
    """A commit, and nothing that differs from it."""
    try:
        commit = head_commit(folder)
        require_clean(folder)
    except (UserError, subprocess.CalledProcessError) as error:
        text, _, fix = str(error).rpartition("; ")
        return Check("repository", "missing", text or str(error), fix.rstrip("."))
    return Check("repository", "ok", f"clean at {commit[:12]}")


def tests(folder: Path, config: Config) -> Check:
    """The command that proves an edit."""
    try:
        command = find_command(folder, folder, config)
    except UserError as error:
        return Check("tests", "missing", str(error), "set test-command in [tool.costmod]")
    words = " ".join(command.words)
    if config.test_command is None and "unittest" in words and not any(_test_files(folder)):
        return Check("tests", "missing", "no tests were found", "set test-command in [tool.costmod]")
    how = "as set" if config.test_command is not None else "detected"
    return Check("tests", "ok", f"`{words}` ({how})")


def _test_files(folder: Path) -> tuple[Path | None, ...]:
    return tuple(next(folder.glob(pattern), None) for pattern in ("test*.py", "**/tests/**/*.py", "**/test*.py"))


def sandbox() -> Check:
    """How far this machine fences tests in."""
    level = best_sandbox()
    if level.processes and level.network:
        return Check("sandbox", "ok", "tests run in process and network namespaces of their own")
    return Check(
        "sandbox",
        "advice",
        "tests are not fenced in here: " + ("the network stays open" if level.processes else "no namespaces"),
        "run on Linux with user namespaces, or only code that you trust",
    )


def forge(environ: Mapping[str, str]) -> Check:
    """Whether a token is there; its value is never read further."""
    named = [name for name in _TOKENS if environ.get(name)]
    if named:
        return Check("forge", "ok", f"{named[0]} is set: pull requests go to GitHub")
    return Check("forge", "advice", "no token: pull requests go to a local forge", f"set {_TOKENS[0]} for GitHub")


def price(config: Config) -> Check:
    """What a saving in money needs."""
    lacking = []
    if not config.price.bill and config.price.application == "none" and config.price.database == "none":
        lacking.append("where it runs (application, database; or a bill)")
    if not config.price.requests_per_month:
        lacking.append("how often (requests-per-month)")
    if lacking:
        fix = "set [tool.costmod.price]; traces with weights or request counts also give the volume"
        return Check("price", "advice", f"no setting says {' or '.join(lacking)}", fix)
    return Check(
        "price", "ok", f"application {config.price.application}, database {config.price.database}, volumes set"
    )
