"""The codemods: one per file, found by location; third parties add theirs by the entry point `costmod.codemods`."""

import importlib
import pkgutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from codemods.api import Codemod


GROUP = "costmod.codemods"


def discover() -> "dict[str, Codemod]":
    """Every codemod by its id: the public modules of this package that have a META, then entry points."""
    modules = [
        importlib.import_module(f"{__name__}.{found.name}")
        for found in pkgutil.iter_modules(__path__)
        if not found.ispkg and not found.name.startswith("_")
    ]
    if _announced():
        from importlib.metadata import entry_points  # it takes longer to import than all of the above

        modules += [entry.load() for entry in entry_points(group=GROUP)]
    return {module.META.id: cast("Codemod", module) for module in modules if hasattr(module, "META")}


def _announced() -> bool:
    """Whether some installed distribution can have entry points of ours; what is packed in an archive always can."""
    for folder in map(Path, sys.path):
        if folder.is_file():
            return True
        for file in (*folder.glob("*.dist-info/entry_points.txt"), *folder.glob("*.egg-info/entry_points.txt")):
            with suppress(OSError):
                if GROUP.encode() in file.read_bytes():
                    return True
    return False
