"""A PostgreSQL of our own in the run's temporary directory, for models whose columns only PostgreSQL has."""

# No pathlib, and programs by their path: this runs in the target's own interpreter.
# ruff: noqa: PTH118, PTH120, PTH207

from __future__ import annotations

import atexit
import glob
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time

_SECONDS = 30
_DRIVERS = (("psycopg2", "psycopg2"), ("psycopg", "psycopg"))


def url() -> str:
    """Where it listens, as SQLAlchemy writes it.

    Raises:
        RuntimeError: the host has no PostgreSQL, the project no driver, or the server does not come up.
    """
    driver = next((name for name, module in _DRIVERS if importlib.util.find_spec(module)), None)
    found = shutil.which("initdb") or next(
        iter(sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), reverse=True)), None
    )
    if driver is None or found is None:
        raise RuntimeError("the columns are PostgreSQL's, and there is none here")
    directory = tempfile.mkdtemp(prefix="pg")
    data = os.path.join(directory, "data")
    null = subprocess.DEVNULL
    if subprocess.call([found, "-D", data, "-U", "harness", "-A", "trust", "-N"], stdout=null, stderr=null):
        raise RuntimeError("PostgreSQL cannot be set up here (not as root)")
    server = [os.path.join(os.path.dirname(os.path.realpath(found)), "postgres"), "-D", data, "-k", directory]
    running = subprocess.Popen([*server, "-c", "listen_addresses=", "-c", "fsync=off"], stdout=null, stderr=null)
    atexit.register(running.wait)
    atexit.register(running.send_signal, signal.SIGINT)  # fast: it does not wait for pooled connections
    end = time.monotonic() + _SECONDS
    while not glob.glob(os.path.join(directory, ".s.PGSQL.*[0-9]")):
        if time.monotonic() > end or running.poll() is not None:
            raise RuntimeError("PostgreSQL does not come up")
        time.sleep(0.05)
    return f"postgresql+{driver}://harness@/postgres?host={directory}"
