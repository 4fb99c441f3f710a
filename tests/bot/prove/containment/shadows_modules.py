"""Writes down whose environment it was imported in: copied to the names of modules that costmod itself imports."""

import os
from pathlib import Path

if "COSTMOD_CANARY" in os.environ:
    (Path(__file__).parent / "REACHED").touch()
