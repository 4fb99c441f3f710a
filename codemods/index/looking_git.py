"""git that only looks: the checkout's own configuration could name programs to run, and none of them is needed."""

import os
import subprocess
from pathlib import Path

_FLAGS = (
    "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", "-c", "safe.bareRepository=explicit",
    "--no-pager",
)  # fmt: skip
# No GIT_DIR or GIT_INDEX_FILE of a hook or a wrapper, which would list another repository's files; no secret.
_INHERITED = ("PATH", "HOME", "XDG_CONFIG_HOME", "USERPROFILE", "SYSTEMROOT", "TMPDIR", "TEMP")


def look(root: Path, *arguments: str, seconds: float | None = None) -> "subprocess.CompletedProcess[bytes]":
    """What one git command says in a folder, whatever its exit status.

    Raises:
        OSError: git cannot run.
        subprocess.TimeoutExpired: it takes longer than `seconds`.
    """
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return subprocess.run(
        ["git", *_FLAGS, *arguments],
        cwd=root, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=seconds,
    )  # fmt: skip
