"""Which versions of a library the code of a file runs on, as the project around it says: a range, or unknown.

The nearest folder above the file that names the library decides, so that the projects of a monorepo stay apart. A lock
file that fits what the manifests allow is more exact than they are. Statements that differ count together: only what
holds under all of them is told. Python packages that list the Django series they support are not narrowed by a lock.
"""

import re
from collections.abc import Iterator

from codemods.index.installed import home
from codemods.index.manifests import (
    classified,
    locked,
    pipfile_locked,
    pyproject,
    requirement_file,
    setup_cfg,
    setup_py,
)
from codemods.index.remember import remembered
from codemods.index.tree import Tree
from codemods.index.versions import UNKNOWN, Versions, both, either

_LOCKS = frozenset({"poetry.lock", "uv.lock", "pdm.lock"})
_DECLARES = frozenset({"pyproject.toml", "setup.cfg", "setup.py"})
_CONSTRAINTS = re.compile(r"(?:.*[-_.])?constraints?(?:[-_.].*)?\.txt")


class Libraries:
    """Answers from the tracked manifests of a checkout, read when somebody asks."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._files: dict[str, list[str]] = {}  # folder -> what is said there
        for path in tree.manifests:
            self._files.setdefault(home(path), []).append(path)

    def versions(self, path: str, library: str) -> Versions:
        """The versions of a library (its name on PyPI) that the code of the file can meet."""
        return self._in(path.rpartition("/")[0], re.sub(r"[-_.]+", "-", library).lower())

    @remembered
    def _in(self, folder: str, name: str) -> Versions:
        declared: Versions | None = None
        claimed: list[Versions] = []
        for above in self._above(folder):
            claimed = claimed or (self._claimed(above) if name == "django" else [])
            declared = declared or self._declared(above, name)
            lock = self._locked(above, name)
            if lock and (declared is None or both(lock, declared) == lock):
                return either([lock, *claimed]) or lock
        return either([declared, *claimed]) or UNKNOWN if declared else UNKNOWN

    def _above(self, folder: str) -> Iterator[str]:
        """The folders that say anything, nearest first."""
        at: str | None = folder
        while at is not None:
            if at in self._files:
                yield at
            at = at.rpartition("/")[0] if at else None

    def _texts(self, folder: str) -> Iterator[tuple[str, str, str]]:
        """Path, file name and text."""
        for path in self._files[folder]:
            if (text := self._tree.source(path)) is not None:
                yield path, path.rpartition("/")[2], text

    def _locked(self, folder: str, name: str) -> Versions | None:
        found: list[Versions] = []
        for _, file, text in self._texts(folder):
            if file in _LOCKS:
                found += locked(text, name)
            elif file == "Pipfile.lock":
                found += pipfile_locked(text, name)
        return either(found)

    def _declared(self, folder: str, name: str) -> Versions | None:
        main: list[Versions] = []
        groups: list[Versions] = []
        required: list[Versions] = []
        constrained: list[Versions] = []
        for path, file, text in self._texts(folder):
            if file == "pyproject.toml":
                found = pyproject(text, name)
                main, groups = main + found[0], groups + found[1]
            elif file == "setup.cfg":
                found = setup_cfg(text, name)
                main, groups = main + found[0], groups + found[1]
            elif file == "setup.py":
                tree = self._tree.parsed(path)
                main += setup_py(tree, text, name) if tree else []
            elif file.endswith(".txt"):
                (constrained if _CONSTRAINTS.fullmatch(file) else required).extend(requirement_file(text, name))
        limits = either(constrained)
        if limits and (required or not main):
            required = [both(v, limits) for v in required or [UNKNOWN]]
        return either(main + required) or either(groups)

    def _claimed(self, folder: str) -> list[Versions]:
        return [v for _, file, text in self._texts(folder) if file in _DECLARES for v in classified(text)]
