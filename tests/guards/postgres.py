"""A throw-away PostgreSQL: a cluster of its own in a temporary folder, on a UNIX socket only."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def binaries() -> Path | None:
    """The folder with `initdb` and `pg_ctl` of the newest PostgreSQL installed; None without one."""
    found = [*Path("/usr/lib/postgresql").glob("*/bin/initdb"), *Path("/opt/homebrew/bin").glob("initdb")]
    on_path = shutil.which("initdb")
    newest = max(found, key=lambda p: (len(p.parts[4]), p.parts[4]), default=Path(on_path) if on_path else None)
    return newest.parent if newest else None


@contextmanager
def cluster(at: Path) -> Iterator[str]:
    """Start a server with the binaries at that place; its SQLAlchemy URL. It is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="costmod-pg-"))
    owner: dict[str, object] = {}
    if os.geteuid() == 0:  # initdb refuses root
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        owner = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}

    def call(*command: str) -> None:
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, **owner)  # type: ignore[call-overload]

    data = str(folder / "data")
    settings = f"-F -c listen_addresses='' -c unix_socket_directories={folder} -c shared_buffers=16MB -c jit=off"
    try:
        call(str(at / "initdb"), "-D", data, "-U", "costmod", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        call(str(at / "pg_ctl"), "-D", data, "-o", settings, "-l", str(folder / "log"), "-w", "start")
        try:
            yield f"postgresql+psycopg2://costmod@/postgres?host={folder}"
        finally:
            call(str(at / "pg_ctl"), "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
