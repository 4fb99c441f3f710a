"""Leaves a mark when it is imported: copied to the names of modules that costmod itself imports."""

from pathlib import Path

(Path(__file__).parent / "REACHED").touch()
