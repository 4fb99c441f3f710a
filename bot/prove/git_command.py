"""git as a child process that takes nothing from the user's, the system's or an attacker's configuration."""

import os
import subprocess
from pathlib import Path

from bot.errors import UserError

TIMEOUT_SECONDS = 300


def run_git(*arguments: str, directory: Path) -> str:
    """Standard output of one git command in `directory`.

    Raises:
        UserError: git is not installed, or did not answer within five minutes.
        subprocess.CalledProcessError: git refused; stderr says why.
    """
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=directory,
            env=_environment(directory),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=TIMEOUT_SECONDS,
            encoding="utf-8",
            errors="surrogateescape",
        )
    except FileNotFoundError as error:
        if not directory.is_dir():
            raise UserError(f"{directory}: no such directory; name the repository to work on.") from error
        raise UserError("git was not found on PATH; install git.") from error
    except NotADirectoryError as error:
        raise UserError(f"{directory}: not a directory; name the repository to work on.") from error
    except subprocess.TimeoutExpired as error:
        raise UserError(f"{directory}: git did not answer within {TIMEOUT_SECONDS} s; check the disk.") from error
    return done.stdout


def _environment(directory: Path) -> dict[str, str]:
    settings = {
        "core.hooksPath": os.devnull,
        "core.fsmonitor": "false",
        "core.protectNTFS": "true",
        "core.protectHFS": "true",
        "credential.helper": "",
        "gc.auto": "0",
        "protocol.allow": "never",
        "safe.bareRepository": "explicit",
        # The user named this directory, and its tests are about to run: who owns it adds nothing. A repository found
        # in a parent directory keeps git's own check.
        "safe.directory": str(directory),
    }
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.devnull,
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_CONFIG_COUNT": str(len(settings)),
    }
    for number, (key, value) in enumerate(settings.items()):
        environment |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return environment
