"""How far this host can fence the tests in: namespaces where a real trial shows that they work, words for the proof."""

import functools
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import bot
from bot.config import SandboxMode
from bot.errors import UserError
from bot.prove.limits import Limits

_PACKAGES = Path(bot.__file__).resolve().parents[1]
# At the end of the path, so that nothing here stands in front of the standard library.
_START = "import sys; sys.path.append(sys.argv.pop(1)); from bot.prove.launch import main; sys.exit(main(sys.argv[1:]))"
# The user keeps their own id: as root, even of a namespace only, PostgreSQL and others refuse to start.
_NAMESPACES = ("--user", "--map-current-user", "--keep-caps", "--pid", "--fork", "--kill-child", "--mount-proc")
_TRIAL_SECONDS = 10
_TRIAL = """
import socket
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname(), timeout=5).close()
"""
_SWITCHES = {  # why a kernel refuses user namespaces: file, value that refuses, how people know it
    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1",
    "/proc/sys/kernel/unprivileged_userns_clone": "0",
    "/proc/sys/user/max_user_namespaces": "0",
}


@dataclass(frozen=True)
class Paths:
    """What of the file system a run may write, may not write, may not see; only where `Sandbox.files` holds."""

    own: tuple[str, ...] = ()  # the run's directories
    writable: tuple[str, ...] = ()  # temporary directories of the machine
    frozen: tuple[str, ...] = ()  # below these, and still not to be written
    hidden: tuple[str, ...] = ()  # credentials


@dataclass(frozen=True)
class Sandbox:
    """One level of isolation."""

    processes: bool = False  # own process namespace: nothing outlives the run, no other process can be looked into
    network: bool = False  # own network namespace with loopback only
    files: bool = False  # own mount namespace: read-only outside of the run's directories, credentials hidden
    rights: bool = True  # capabilities dropped, no new rights by setuid programs
    why: str = ""  # why network or files are open

    def wrap(self, command: tuple[str, ...], limits: Limits, paths: Paths) -> list[str]:
        """The command as a child of its caretaker, in the namespaces of this level."""
        order = {**asdict(limits), **asdict(paths), "network": self.network, "files": self.files, "rights": self.rights}
        caretaker = [sys.executable, "-I", "-S", "-c", _START, str(_PACKAGES), json.dumps(order), *command]
        if not self.processes:
            return caretaker
        return ["unshare", *_NAMESPACES, *(["--net"] if self.network else []), "--", *caretaker]

    def words(self, limits: Limits) -> tuple[str, ...]:
        """What held the run, in words."""
        return (
            *limits.words(),
            "process namespace" if self.processes else "no process namespace here: processes ended by a sweep",
            "network limited to loopback" if self.network else f"network not limited: {self.why}",
            "files read-only outside of the work tree, credentials hidden"
            if self.files
            else f"files not limited: {self.why}",
            "no new rights" if self.rights else "rights not limited: --sandbox off",
        )

    def opened(self, why: str) -> "tuple[Sandbox, ...]":
        """The same level with the network open, then with files open too; none where there is nothing to open."""
        network, both = replace(self, network=False, why=why), replace(self, network=False, files=False, why=why)
        return tuple(
            level
            for level in dict.fromkeys((network, both))
            if (level.network, level.files) != (self.network, self.files)
        )


def sandbox_for(mode: SandboxMode) -> Sandbox:
    """The level that `--sandbox` asks for.

    Raises:
        UserError: "require", and this host has no process and network namespaces.
    """
    if mode == "off":
        return Sandbox(rights=False, why="--sandbox off")
    best = best_sandbox()
    if mode == "require" and not (best.processes and best.network):
        raise UserError(
            f"--sandbox require: the tests cannot be fenced in here ({best.why}); run on Linux with user namespaces, "
            "or leave it to `--sandbox auto`."
        )
    return best


@functools.cache
def best_sandbox() -> Sandbox:
    """The strongest level that works here, tried once per process."""
    full = Sandbox(processes=True, network=True, files=True)
    levels = (full, replace(full, files=False, why="no own mounts here"), Sandbox(processes=True, why=_why_not()))
    return next((level for level in levels if _works(level)), Sandbox(why=_why_not()))


def _works(level: Sandbox) -> bool:
    with tempfile.TemporaryDirectory() as own, tempfile.TemporaryDirectory(dir=own) as hidden:
        paths = Paths(own=(own,), hidden=(hidden,))
        program = _TRIAL if level.network else ""
        trial = level.wrap((sys.executable, "-I", "-S", "-c", program), Limits(_TRIAL_SECONDS), paths)
        try:
            path = {"PATH": os.environ.get("PATH", os.defpath)}
            done = subprocess.run(trial, check=False, capture_output=True, timeout=2 * _TRIAL_SECONDS, env=path)
        except (OSError, subprocess.TimeoutExpired):
            return False
    return done.returncode == 0


def _why_not() -> str:
    if sys.platform != "linux":
        return "namespaces are a part of Linux"
    for file, refusing in _SWITCHES.items():
        try:
            if Path(file).read_text(encoding="ascii").strip() == refusing:
                return f"the kernel refuses user namespaces: {file.removeprefix('/proc/sys/')} is {refusing}"
        except OSError:
            continue
    return "no user namespaces here"
