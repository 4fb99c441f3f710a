"""The codemods: one per file, found by location; third parties add theirs by the entry point `costmod.codemods`."""

import importlib
import pkgutil
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from codemods.api import Answer, Codemod, Sighting
    from codemods.index import Index


GROUP = "costmod.codemods"


def discover() -> "dict[str, Codemod]":
    """Every codemod by its id: the public modules of this package that have a META, then entry points."""
    modules = [
        importlib.import_module(f"{__name__}.{found.name}")
        for found in pkgutil.iter_modules(__path__)
        if not found.ispkg and not found.name.startswith("_")
    ]
    if announced():
        from importlib.metadata import entry_points  # it takes longer to import than all of the above

        modules += [entry.load() for entry in entry_points(group=GROUP)]
    return {module.META.id: cast("Codemod", module) for module in modules if hasattr(module, "META")}


def turns(codemods: "Iterable[Codemod]") -> "list[list[Codemod]]":
    """The codemods in the order in which they are asked: each after those that fix its sites better."""
    known = sorted(codemods, key=lambda codemod: codemod.META.last)
    ids = {codemod.META.id for codemod in known}
    return [
        [*(better for better in known if better.META.instead_of == codemod.META.id), codemod]
        for codemod in known
        if codemod.META.instead_of not in ids
    ]


def ask(turn: "list[Codemod]", index: "Index", sighting: "Sighting") -> "list[Answer]":
    """The answers of a turn: what one codemod declines is asked of the next, and the last one says why not."""
    from msgspec.structs import replace

    from codemods.api import No

    found: list[Answer] = []
    declined: list[No] = []
    repeats = sighting.repeats
    for codemod in turn:
        answers = codemod.find(index, replace(sighting, repeats=repeats))
        found += [answer for answer in answers if not isinstance(answer, No)]
        declined = [answer for answer in answers if isinstance(answer, No)]
        repeats = tuple(repeat for no in declined for repeat in no.repeats)
        if not repeats:
            break
    return [*found, *declined]


def announced() -> bool:
    """Whether some installed distribution can have entry points of ours; what is packed in an archive always can."""
    for folder in map(Path, sys.path):
        if folder.is_file():
            return True
        for file in (*folder.glob("*.dist-info/entry_points.txt"), *folder.glob("*.egg-info/entry_points.txt")):
            with suppress(OSError):
                if GROUP.encode() in file.read_bytes():
                    return True
    return False
