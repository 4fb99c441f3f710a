"""Asks whether a setuid program could give it rights, and as root whether it may mount."""

import ctypes
import os
from pathlib import Path

if "NoNewPrivs:\t1" not in Path("/proc/self/status").read_text():
    print("REACHED: setuid programs work")
Path("point").mkdir()
if ctypes.CDLL(None).mount(b"tmpfs", os.fsencode(Path("point").resolve()), b"tmpfs", 0, None) == 0:
    print("REACHED: mounted")
