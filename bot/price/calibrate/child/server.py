"""The CPU of the process that serves our connection, where it runs on this host and may be looked at."""

from typing import Any

LOCAL = {"", "localhost", "127.0.0.1", "::1"}


def cpu_reader(the: Any) -> "tuple[Any, str]":
    """A function that gives the nanoseconds so far, or None; and in words why not."""
    if the.system == "sqlite":
        return None, "the database runs inside the application"
    if the.system != "postgresql":
        return None, f"a connection of {the.system} has no process of its own"
    host = the.host or ""
    if host not in LOCAL and not host.startswith("/"):
        return None, "the database runs on another host"
    pid = the.scalar("SELECT pg_backend_pid()")
    path = f"/proc/{pid}/schedstat"

    def read() -> int:
        with open(path) as file:  # noqa: PTH123 - it is read thousands of times
            return int(file.read().split()[0])

    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:  # noqa: PTH123
            name = file.read()
        before = read()
        for _ in range(50):
            the.select_1(1, 0)
        moved = read() - before
    except (OSError, ValueError, IndexError):
        return None, "the process of the database cannot be looked at"
    if b"postgres" not in name or moved <= 0:  # in a container of its own it has another number out here
        return None, "the process of the database runs in another container"
    return read, ""
