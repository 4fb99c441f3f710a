"""The command that runs the repository's tests: the `test-command` setting, or what the repository's files say."""

import configparser
import re
import shlex
import shutil
import subprocess
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from bot.config import Config
from bot.errors import UserError
from bot.prove.interpreter import find_interpreter, search_path

_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_PYTHON = re.compile(r"python(\d+(\.\d+)?)?")
_PYTEST = ("pytest", "py.test")


@dataclass(frozen=True)
class TestCommand:
    """What to run, and how to speak of it."""

    __test__ = False  # pytest collects classes by their name

    interpreter: Path
    words: tuple[str, ...]  # as a reader of the proof would type it: "python" stands for the interpreter
    variables: dict[str, str] = field(default_factory=dict)  # NAME=value words in front of the command

    @property
    def argv(self) -> tuple[str, ...]:
        """The words with the interpreter in place."""
        return (str(self.interpreter), *self.words[1:]) if self.words[0] == "python" else self.words

    @property
    def takes_test_ids(self) -> bool:
        """Whether pytest ids can be appended: pytest itself, with options but without a selection of its own."""
        return self.words[:3] == ("python", "-m", "pytest") and all(word.startswith("-") for word in self.words[3:])

    def only(self, tests: tuple[str, ...]) -> "TestCommand":
        """The command for these tests alone, or the whole command where it cannot be narrowed."""
        return TestCommand(self.interpreter, (*self.words, *tests), self.variables) if self.takes_test_ids else self


def find_command(tree: Path, repository: Path, config: Config) -> TestCommand:
    """The test command for the work tree `tree` of `repository`.

    Raises:
        UserError: the `test-command` or `python` setting names something that cannot be run.
    """
    interpreter = find_interpreter(repository, config)
    if config.test_command is not None:
        return _configured(config.test_command, interpreter, tree)
    return TestCommand(interpreter, ("python", *_detected(tree, interpreter)))


def _configured(setting: str | list[str], interpreter: Path, tree: Path) -> TestCommand:
    try:
        words = shlex.split(setting) if isinstance(setting, str) else list(setting)
    except ValueError as error:
        raise UserError(
            f"test-command: {setting!r} cannot be split into words ({error}); correct the quotes."
        ) from error
    variables = {}
    while words and _ASSIGNMENT.match(words[0]):
        name, _, value = words.pop(0).partition("=")
        variables[name] = value
    if not words:
        raise UserError("test-command: it names no program; write for example `pytest` or leave the setting out.")
    if words[0] in _PYTEST:
        words = ["python", "-m", "pytest", *words[1:]]
    elif _PYTHON.fullmatch(words[0]):
        words[0] = "python"
    elif shutil.which(str(tree / words[0]) if "/" in words[0] else words[0], path=tool_path(interpreter)) is None:
        raise UserError(f"test-command: {words[0]!r} was not found; install it or correct the setting.")
    return TestCommand(interpreter, tuple(words), variables)


def tool_path(interpreter: Path) -> str:
    """PATH for the tests: the interpreter's own programs first."""
    return f"{interpreter.parent}:{search_path()}"


def _detected(tree: Path, interpreter: Path) -> tuple[str, ...]:
    if _names_pytest(tree):
        return ("-m", "pytest")
    if (tree / "manage.py").is_file():
        return ("manage.py", "test")
    if _has_test_files(tree) and _can_import_pytest(interpreter):
        return ("-m", "pytest")
    tests = tree / "tests"
    if tests.is_dir() and not (tests / "__init__.py").exists():  # discovery from the top enters packages only
        return ("-m", "unittest", "discover", "-s", "tests")
    return ("-m", "unittest", "discover")


def _names_pytest(tree: Path) -> bool:
    """Whether a file is there that only pytest reads, or a settings file has its section."""
    names = ("pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "conftest.py", "tests/conftest.py")
    if any((tree / name).is_file() for name in names):
        return True
    sections = (("tox.ini", "pytest"), ("setup.cfg", "tool:pytest"), ("setup.cfg", "pytest"))
    return "pytest" in _pyproject_tools(tree) or any(_has_section(tree / name, section) for name, section in sections)


def _pyproject_tools(tree: Path) -> dict[str, object]:
    try:
        data = tomllib.loads((tree / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}
    tools = data.get("tool", {})
    return tools if isinstance(tools, dict) else {}


def _has_section(path: Path, section: str) -> bool:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return False
    return parser.has_section(section)


def _has_test_files(tree: Path) -> bool:
    patterns = ("test_*.py", "*_test.py", "tests/**/test_*.py", "tests/**/*_test.py")
    return any(next(tree.glob(pattern), None) is not None for pattern in patterns)


def _can_import_pytest(interpreter: Path) -> bool:
    question = "import importlib.util, sys; sys.exit(importlib.util.find_spec('pytest') is None)"
    try:
        answer = subprocess.run([interpreter, "-I", "-c", question], check=False, capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0
