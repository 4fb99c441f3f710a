"""Writes one file of eight MiB."""

from pathlib import Path

with Path("large").open("wb") as file:
    for _ in range(8):
        file.write(bytes(1 << 20))
        file.flush()
print("REACHED")
