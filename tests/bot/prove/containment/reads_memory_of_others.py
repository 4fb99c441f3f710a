"""Looks for a canary in the memory of the processes above this one."""

import os
from pathlib import Path

NEEDLE = b"costmod-" + b"canary"
pid = os.getpid()
for _ in range(2):
    try:
        pid = int(Path(f"/proc/{pid}/status").read_text().partition("PPid:")[2].split()[0])
        with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
            for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
                if "[heap]" not in line and "[stack]" not in line:
                    continue
                start, end = (int(part, 16) for part in line.split()[0].split("-"))
                memory.seek(start)
                if NEEDLE in memory.read(end - start):
                    print("REACHED")
    except OSError as error:
        print(error)
