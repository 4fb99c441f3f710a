"""The codemods: one per file, found by location; third parties add theirs by the entry point `costmod.codemods`."""

import importlib
import pkgutil
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from codemods.api import Codemod


def discover() -> "dict[str, Codemod]":
    """Every codemod by its id: the public modules of this package that have a META, then entry points."""
    from importlib.metadata import entry_points  # it takes longer to import than all of the above

    modules = [
        importlib.import_module(f"{__name__}.{found.name}")
        for found in pkgutil.iter_modules(__path__)
        if not found.ispkg and not found.name.startswith("_")
    ]
    modules += [entry.load() for entry in entry_points(group="costmod.codemods")]
    return {module.META.id: cast("Codemod", module) for module in modules if hasattr(module, "META")}
