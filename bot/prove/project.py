"""Which directory of a repository the tests of a site run in: the nearest project that has a set-up of its own."""

import configparser
from pathlib import Path, PurePosixPath

from bot.prove.declared import declared, pyproject

_PYTEST_FILES = ("pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml")
_CONFTESTS = ("conftest.py", "tests/conftest.py")
_PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg", "manage.py", "requirements.txt", "Pipfile")


def nearest_project(tree: Path, file: str) -> str:
    """The directory, "" for the top: where a tool or pytest is set up; else where a project keeps its tests."""
    around = [str(parent) for parent in PurePosixPath(file).parents] if (tree / file).parent.is_dir() else []
    for has in (_says_how, _has_its_own_tests):
        for parent in around:
            if has(tree / parent):
                return "" if parent == "." else parent
    return ""


def _says_how(directory: Path) -> bool:
    return has_pytest_section(directory) or declared(directory) is not None


def _has_its_own_tests(directory: Path) -> bool:
    if (directory / "manage.py").is_file():
        return True
    return any((directory / name).is_file() for name in _PROJECT_FILES) and has_test_files(directory)


def names_pytest(directory: Path) -> bool:
    """Whether a file is there that only pytest reads, or a settings file has its section."""
    return has_pytest_section(directory) or any((directory / name).is_file() for name in _CONFTESTS)


def has_pytest_section(directory: Path) -> bool:
    """Whether pytest is configured in this very directory."""
    if any((directory / name).is_file() for name in _PYTEST_FILES) or "pytest" in pyproject(directory):
        return True
    sections = (("tox.ini", "pytest"), ("setup.cfg", "tool:pytest"), ("setup.cfg", "pytest"))
    return any(_has_section(directory / name, section) for name, section in sections)


def _has_section(path: Path, section: str) -> bool:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return False
    return parser.has_section(section)


def has_test_files(directory: Path) -> bool:
    """Whether there is a file that pytest would collect: here, below tests, or below tests of a package."""
    folders = ("", "tests/**/", "*/tests/**/", "src/*/tests/**/")
    patterns = (folder + name for folder in folders for name in ("test_*.py", "*_test.py"))
    return any(next(directory.glob(pattern), None) is not None for pattern in patterns)
