"""Looks for a canary in the environment of the processes above this one."""

import os
from pathlib import Path

pid = os.getpid()
for _ in range(2):
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        pid = int(status.partition("PPid:")[2].split()[0])
        if b"costmod-canary" in Path(f"/proc/{pid}/environ").read_bytes():
            print("REACHED")
    except OSError as error:
        print(error)
