"""Takes memory in as many processes as it is told: MiB of each, number."""

import os
import sys
import time

size, number = int(sys.argv[1]) << 20, int(sys.argv[2])
for _ in range(number - 1):
    if os.fork() == 0:
        break
kept = bytearray(size)
time.sleep(2)
print("REACHED", len(kept), flush=True)
