"""A throw-away redis: Debian's server on a UNIX socket of its own, nothing kept on disk."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def binary() -> str | None:
    """The server's program; None where none is installed."""
    return shutil.which("redis-server")


@contextmanager
def server(program: str) -> Iterator[str]:
    """Start it; the path of its socket. It is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="costmod-redis-") as folder:
        socket = Path(folder) / "redis.sock"
        options = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no", "--dir", folder]
        process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
        try:
            for _ in range(500):
                if socket.exists():
                    break
                time.sleep(0.01)
            yield str(socket)
        finally:
            process.terminate()
            process.wait(10)
