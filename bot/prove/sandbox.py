"""How far this host can fence the tests in: namespaces where a real trial shows that they work, words for the proof."""

import functools
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bot.prove.launch import MAX_FILE_BYTES, MAX_PROCESSES

_LAUNCHER = (sys.executable, "-I", "-S", str(Path(__file__).with_name("launch.py")))
# The user keeps their own id: as root, even of a namespace only, PostgreSQL and others refuse to start.
_PROCESSES = [
    "unshare",
    "--user",
    "--map-current-user",
    "--keep-caps",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
]
_TRIAL_SECONDS = 10
_TRIAL = """
import socket
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname(), timeout=5).close()
"""


@dataclass(frozen=True)
class Sandbox:
    """One level of isolation."""

    processes: bool  # own process namespace: nothing outlives the run, no other process can be looked into
    network: bool  # own network namespace with loopback only
    why_network: str = ""  # why the network is not limited

    def wrap(self, command: tuple[str, ...], seconds: int) -> list[str]:
        """The command as a child of its caretaker, in the namespaces of this level."""
        namespaces = [*_PROCESSES, "--mount-proc", *(["--net"] if self.network else []), "--"] if self.processes else []
        return [*namespaces, *_LAUNCHER, str(seconds), "loopback" if self.network else "-", *command]

    def limits(self, seconds: int) -> tuple[str, ...]:
        """What held the run, in words."""
        return (
            f"time {seconds} s",
            f"processes {MAX_PROCESSES}, file size {MAX_FILE_BYTES >> 30} GiB",
            "memory not limited",
            "process namespace" if self.processes else "no process namespace here: processes ended by a sweep",
            "network limited to loopback" if self.network else f"network not limited: {self.why_network}",
        )

    def with_network(self, why: str) -> "Sandbox":
        """The same level with the network left open."""
        return Sandbox(self.processes, network=False, why_network=why)


@functools.cache
def best_sandbox() -> Sandbox:
    """The strongest level that works here, tried once per process."""
    reason = "no network namespace here"
    levels = (Sandbox(processes=True, network=True), Sandbox(True, False, reason), Sandbox(False, False, reason))
    return next(level for level in levels if not level.processes or _works(level))


def _works(level: Sandbox) -> bool:
    trial = level.wrap((sys.executable, "-I", "-S", "-c", _TRIAL), _TRIAL_SECONDS)
    try:
        return subprocess.run(trial, check=False, capture_output=True, timeout=2 * _TRIAL_SECONDS).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
