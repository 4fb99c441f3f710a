"""Makes the project's modules come from the work tree, not from an editable install of the original."""

# No pathlib: the probe starts in every interpreter of the run.
# ruff: noqa: PTH110, PTH112, PTH118

from __future__ import annotations

import os
import sys


def prefer_tree(root: str, origin: str, project: str = "") -> None:
    """Put the work tree (and its src) in front of site-packages, and move path entries of the original over to it.

    `project` is a directory of the tree that has sources of its own, which then come first.

    Not in front of everything: a project directory named like a standard module would break the interpreter.
    """
    moved = [_moved(entry, root, origin) for entry in sys.path]
    tops = dict.fromkeys((os.path.join(root, project) if project else root, root))
    wanted = [entry for top in tops for entry in (top, os.path.join(top, "src")) if os.path.isdir(entry)]
    position = next((index for index, entry in enumerate(moved) if _is_installed(entry)), len(moved))
    # The original stays, at the end: only there is what an editable install wrote beside its sources, as its metadata.
    originals = [entry for entry, there in zip(sys.path, moved) if entry != there]  # noqa: B905 - Python 3.8
    ordered = moved[:position] + wanted + moved[position:] + originals
    sys.path[:] = list(dict.fromkeys(ordered))


def _moved(entry: str, root: str, origin: str) -> str:
    real = os.path.realpath(entry) if entry else entry
    if not origin or not _is_below(real, origin) or _is_below(real, root):
        return entry
    there = os.path.join(root, os.path.relpath(real, origin))
    return there if os.path.isdir(there) else entry


def loaded_from(origin: str, root: str) -> list[str]:
    """Files of the original repository that were imported although the work tree has them too, relative."""
    found = []
    folders: dict[str, str] = {}  # following links costs, and most modules lie beside others
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if not isinstance(path, str) or not origin:
            continue
        folder, name = os.path.split(path)
        if folder not in folders:
            folders[folder] = os.path.realpath(folder)
        real = os.path.join(folders[folder], name)
        if _is_below(real, origin) and not _is_below(real, root) and not _is_installed(real):
            relative = os.path.relpath(real, origin)
            if os.path.exists(os.path.join(root, relative)):
                found.append(relative.replace(os.sep, "/"))
    return sorted(set(found))


def _is_below(path: str, directory: str) -> bool:
    return path == directory or path.startswith(directory + os.sep)


def _is_installed(path: str) -> bool:
    return "site-packages" in path or "dist-packages" in path
