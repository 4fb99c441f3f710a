"""Where the tools of Python projects keep a project's environment; looked up, never created."""

import base64
import hashlib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

_BESIDE = (".venv", "venv", "env", ".env")
_PYTHON = (Path("bin", "python"), Path("Scripts", "python.exe"))
_OWN_TESTS = ("hatch-test*", "test*", "dev")  # names of environments that are made to run tests


def interpreters(directories: list[Path], environ: Mapping[str, str]) -> Iterator[Path]:
    """Existing interpreters of the environments of these directories, best first: the project, then what is around."""
    for directory in directories:
        beside = [directory / name for name in _BESIDE]
        if named := environ.get("UV_PROJECT_ENVIRONMENT"):
            beside.insert(0, directory / named)
        for environment in (*beside, *_in_files(directory, environ)):
            yield from _of(environment)
        yield from _of_pdm(directory)
        for tool in (_of_poetry, _of_hatch, _of_pipenv, _of_tox_and_nox):
            for environment in tool(directory, environ):
                yield from _of(environment)


def _of(environment: Path) -> Iterator[Path]:
    for path in _PYTHON:
        if (python := environment / path).is_file() and os.access(python, os.X_OK):
            yield python


def _in_files(directory: Path, environ: Mapping[str, str]) -> list[Path]:
    """A file `.venv` names a directory, or an environment among those of virtualenvwrapper and pipenv."""
    try:
        name = (directory / ".venv").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return []
    return [directory / name, _home(environ, "WORKON_HOME", ".local/share/virtualenvs") / name] if name else []


def _of_pdm(directory: Path) -> Iterator[Path]:
    try:
        python = Path((directory / ".pdm-python").read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError):
        return
    if python.is_absolute() and python.is_file() and os.access(python, os.X_OK):
        yield python


def _of_poetry(directory: Path, environ: Mapping[str, str]) -> list[Path]:
    """`NAME-HASH-pyX.Y` in poetry's folder; the minor version that `poetry env use` chose first, else the newest."""
    name = project_name(directory)
    if not name:
        return []
    folder = _home(environ, "POETRY_VIRTUALENVS_PATH", _cache("pypoetry/virtualenvs"))
    cleaned = re.sub(r'[ $`!*@"\\\r\n\t]', "_", name.lower())[:42]
    stem = f"{cleaned}-{_digest(os.path.realpath(directory))}"
    try:
        chosen = tomllib.loads((folder / "envs.toml").read_text(encoding="utf-8"))[stem]["minor"]
    except (OSError, ValueError, KeyError, TypeError):
        chosen = None
    newest_first = sorted(folder.glob(f"{stem}-py*"), key=_version, reverse=True)
    return sorted(newest_first, key=lambda path: path.name != f"{stem}-py{chosen}")


def _version(environment: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", environment.name.rpartition("-py")[2])]


def _of_hatch(directory: Path, environ: Mapping[str, str]) -> list[Path]:
    """Environments for tests first, then the default one, which is named after the project."""
    name = project_name(directory)
    if not name:
        return []
    data = _home(environ, "HATCH_DATA_DIR", _data("hatch"))
    folder = data / "env" / "virtual" / name / _digest(str(directory))
    order = [sorted(folder.glob(pattern), reverse=True) for pattern in _OWN_TESTS]
    return [*(path for paths in order for path in paths), folder / name]


def _of_pipenv(directory: Path, environ: Mapping[str, str]) -> list[Path]:
    pipfile = directory / "Pipfile"
    if not pipfile.is_file():
        return []
    name = re.sub(r'[ &$`!*@"()\[\]\\\r\n\t]', "_", directory.name)[:42]
    return [_home(environ, "WORKON_HOME", ".local/share/virtualenvs") / f"{name}-{_digest(str(pipfile))}"]


def _of_tox_and_nox(directory: Path, _environ: Mapping[str, str]) -> list[Path]:
    found = []
    for folder, patterns in ((".tox", ("py3*", "test*", "py", "unit*")), (".nox", ("test*", "unit*", "pytest*"))):
        for pattern in patterns:
            found += sorted((directory / folder).glob(pattern), reverse=True)
    return found


def project_name(directory: Path) -> str:
    """The name in pyproject.toml; empty without one."""
    try:
        data = tomllib.loads((directory / "pyproject.toml").read_text(encoding="utf-8"))
        names = (data.get("project", {}).get("name"), data.get("tool", {}).get("poetry", {}).get("name"))
    except (OSError, ValueError, AttributeError):
        return ""
    return next((name for name in names if isinstance(name, str) and re.fullmatch(r"[\w .-]+", name)), "")


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()[:8]


def _home(environ: Mapping[str, str], variable: str, below: str) -> Path:
    return Path(environ[variable]).expanduser() if environ.get(variable) else Path.home() / below


def _cache(name: str) -> str:
    return f"Library/Caches/{name}" if os.uname().sysname == "Darwin" else f".cache/{name}"


def _data(name: str) -> str:
    return f"Library/Application Support/{name}" if os.uname().sysname == "Darwin" else f".local/share/{name}"
