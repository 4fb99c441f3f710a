"""Reads a file of the real home; then once more after undoing mounts, also from a namespace of its own."""

import ctypes
import subprocess
import sys
from pathlib import Path

secret = sys.argv[1]
AGAIN = "import ctypes,sys; ctypes.CDLL(None).umount2(sys.argv[1].encode(), 2); print(open(sys.argv[1]).read())"


def look() -> None:
    if "costmod-canary" in Path(secret).read_text():
        print("REACHED")


look()
ctypes.CDLL(None).umount2(secret.encode(), 2)
look()
inside = subprocess.run(
    ["unshare", "--user", "--map-root-user", "--mount", sys.executable, "-c", AGAIN, secret],
    check=False,
    capture_output=True,
    text=True,
)
if "costmod-canary" in inside.stdout:
    print("REACHED from a namespace")
