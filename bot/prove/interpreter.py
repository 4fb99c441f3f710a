"""Which Python runs the repository's tests: its own, never the one that costmod itself runs in by accident."""

import os
import shutil
import sys
from pathlib import Path

from bot.config import Config
from bot.errors import UserError
from bot.prove.environments import interpreters


def find_interpreter(repository: Path, config: Config, directory: str = "") -> Path:
    """The `python` setting, else the environment of `directory` or what is around it, else the active one, else PATH.

    Links are kept: a virtual environment is recognised by the path its interpreter is called by.

    Raises:
        UserError: the setting names nothing executable, or there is no Python at all.
    """
    if config.python is not None:
        return _configured(repository, config.python)
    project = repository / directory
    around = [project, *(parent for parent in project.parents if parent.is_relative_to(repository))]
    for python in interpreters(around, os.environ):
        if not _is_own_environment(python.parent.parent):
            return python
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if (active := os.environ.get(variable)) and not _is_own_environment(Path(active)):
            for path in (Path(active, "bin", "python"), Path(active, "Scripts", "python.exe")):
                if _is_executable(path):
                    return path
    for name in ("python3", "python"):
        if found := shutil.which(name, path=search_path()):
            return Path(found)
    raise UserError("No Python was found for the tests; set `python` in [tool.costmod] to the project's interpreter.")


def search_path() -> str:
    """PATH without the programs of the environment that costmod runs in."""
    entries = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(
        entry for entry in entries if entry and not (_is_own_environment(Path(entry).parent) and Path(entry).name)
    )


def _configured(repository: Path, setting: str) -> Path:
    path = repository / Path(setting).expanduser()
    if _is_executable(path):
        return path
    if os.sep not in setting and (found := shutil.which(setting, path=search_path())):
        return Path(found)
    raise UserError(f"python: {setting!r} is no executable file; set `python` in [tool.costmod] to an interpreter.")


def _is_own_environment(directory: Path) -> bool:
    # Installed without a virtual environment, costmod shares the machine's interpreter with everyone.
    return sys.prefix != sys.base_prefix and directory.resolve() == Path(sys.prefix).resolve()


def _is_executable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)
