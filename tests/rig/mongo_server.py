"""A throw-away server of MongoDB's wire protocol for the real driver: NX-27017, which stores documents in SQLite.

MongoDB itself is in no registry that CI reaches. What the driver does is real: encoding, batches, cursors, errors. What
only a server decides is not shown here: locks, sharding, sort order, collations.
"""

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path


def missing() -> bool:
    """Whether the server or the driver is not installed."""
    return find_spec("nx_27017") is None or find_spec("pymongo") is None


@contextmanager
def server() -> Iterator[str]:
    """Start it, its documents in memory; its address. It is gone afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="costmod-mongo-") as folder:
        files = ["--log-file", str(Path(folder) / "log"), "--pid-file", str(Path(folder) / "pid")]
        command = [sys.executable, "-m", "nx_27017.nx_27017", "--db", "memory", "--port", str(port), *files]
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(500):
                with socket.socket() as probe:
                    if process.poll() is not None or probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.02)
            assert process.poll() is None, "the server did not start"
            yield f"mongodb://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)
