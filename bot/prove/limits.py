"""How much one run of the tests may take."""

import os
from dataclasses import dataclass
from pathlib import Path

from bot.config import Config

MAX_OUTPUT_BYTES = 4 << 20
_CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_SHARE = 0.75  # of the machine, so that what runs the tests stays alive
_UNKNOWN_BYTES = 8 << 30


@dataclass(frozen=True)
class Limits:
    """Of the whole process tree; `file_bytes` of each file that is written."""

    seconds: float
    memory: int = 64 << 30  # bytes
    processes: int = 1024
    file_bytes: int = 4 << 30

    def words(self) -> tuple[str, ...]:
        """The limits as a proof tells them."""
        return (
            f"time {self.seconds:g} s",
            f"memory {self.memory >> 20} MiB",
            f"processes {self.processes}",
            f"file size {self.file_bytes >> 30} GiB, output {MAX_OUTPUT_BYTES >> 20} MiB",
        )


def limits_for(config: Config) -> Limits:
    """The limits that the settings give."""
    memory = config.test_memory_mb << 20 if config.test_memory_mb else _memory_of_the_machine()
    return Limits(config.test_timeout_seconds, memory)


def _memory_of_the_machine() -> int:
    try:
        whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return _UNKNOWN_BYTES
    for file in _CGROUP_LIMITS:
        try:
            whole = min(whole, int(Path(file).read_text(encoding="ascii")))
        except (OSError, ValueError):  # "max"
            continue
    return int(whole * _SHARE)
