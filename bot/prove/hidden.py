"""Places that hold credentials on a developer's or a runner's machine: the tests shall find them empty."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from bot.errors import UserError
from bot.prove.git_command import run_git

_OF_A_HOME = (
    ".netrc", ".git-credentials", ".gitconfig", ".config/git", ".config/gh", ".config/hub", ".config/glab-cli", ".ssh",
    ".gnupg", ".aws", ".azure", ".config/gcloud", ".boto", ".kube", ".docker", ".config/containers", ".pypirc",
    ".npmrc",
    ".config/pip", ".pip", ".config/pypoetry", ".config/uv", ".cargo/credentials.toml", ".pgpass", ".my.cnf",
    ".vault-token", ".terraform.d", ".config/op", ".local/share/keyrings", ".password-store", ".bash_history",
)  # fmt: skip
_OF_A_MACHINE = ("/run/docker.sock", "/var/run/docker.sock", "/run/podman", "/run/containerd", "/run/secrets")
# Files by which a step speaks to the GitHub runner, and where the runner keeps them.
_OF_A_RUNNER = (
    "GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY", "GITHUB_EVENT_PATH",
    "RUNNER_TEMP",
)  # fmt: skip


def hidden_places(environ: Mapping[str, str], repository: Path) -> tuple[str, ...]:
    """Existing paths to hide, none of them around what the tests need."""
    home = Path(environ.get("HOME") or Path.home())
    agents = [Path(value).parent for name in ("SSH_AUTH_SOCK", "GNOME_KEYRING_CONTROL") if (value := environ.get(name))]
    places = [
        *(home / name for name in _OF_A_HOME),
        *map(Path, _OF_A_MACHINE),
        Path(f"/run/user/{os.getuid()}"),
        *(Path(value) for name in _OF_A_RUNNER if (value := environ.get(name))),
        *(place for place in agents if len(place.parts) > 2 and place != home),  # never all of a place that many use
        *_git_settings(repository),
    ]
    return tuple(dict.fromkeys(str(place) for place in places if place.exists()))


def _git_settings(repository: Path) -> tuple[Path, ...]:
    """Settings of the user's own repository: a checkout step may have left its token there."""
    try:
        names = [
            run_git("rev-parse", "--git-path", name, directory=repository).rstrip("\n")
            for name in ("config", "config.worktree")
        ]
    except (subprocess.CalledProcessError, UserError):
        return ()
    return tuple(repository / name for name in names)
