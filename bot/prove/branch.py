"""The branch that is checked out: what a pull request is opened against unless publish.base names another."""

import subprocess
from pathlib import Path

from bot.errors import UserError
from bot.prove.git_command import run_git


def current_branch(repository: Path) -> str:
    """The short name of the branch that HEAD is on.

    Raises:
        UserError: HEAD is detached.
    """
    try:
        return run_git("symbolic-ref", "--quiet", "--short", "HEAD", directory=repository.resolve()).strip()
    except subprocess.CalledProcessError as error:
        raise UserError(f"{repository}: HEAD is detached; check out a branch or set publish.base.") from error
