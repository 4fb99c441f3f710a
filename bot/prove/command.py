"""The command that runs the repository's tests: the `test-command` setting, or what the repository's files say."""

import re
import shlex
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.config import Config
from bot.errors import UserError
from bot.prove.declared import declared
from bot.prove.environment import allowed_environment
from bot.prove.interpreter import find_interpreter, search_path
from bot.prove.limits import Limits
from bot.prove.narrow import narrowed
from bot.prove.project import has_test_files, names_pytest, nearest_project
from bot.prove.sandbox import Paths, best_sandbox
from bot.prove.spoken import Spoken

_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_PYTHON = re.compile(r"python(\d+(\.\d+)?)?")
_PYTEST = ("pytest", "py.test")
_PYTEST_MODULE = ("python", "-m", "pytest")
_QUESTION_SECONDS = 60


@dataclass(frozen=True)
class TestCommand:
    """What to run, and how to speak of it."""

    __test__ = False  # pytest collects classes by their name

    interpreter: Path
    words: tuple[str, ...]  # as a reader of the proof would type it: "python" stands for the interpreter
    variables: dict[str, str] = field(default_factory=dict)  # NAME=value words in front of the command
    directory: str = ""  # below the work tree, where it is run

    @property
    def argv(self) -> tuple[str, ...]:
        """The words with the interpreter in place."""
        return (str(self.interpreter), *self.words[1:]) if self.words[0] == "python" else self.words

    @property
    def as_typed(self) -> tuple[str, ...]:
        """The words, from the top of the repository."""
        return ("cd", self.directory, "&&", *self.words) if self.directory else self.words

    def only(self, tests: tuple[str, ...], tree: Path) -> "TestCommand | None":
        """The command for these tests alone; None where it cannot be narrowed."""
        words = narrowed(self.words, tests, tree / self.directory, tree)
        return replace(self, words=words) if words is not None else None


def find_command(tree: Path, repository: Path, config: Config, file: str = "") -> TestCommand:
    """The test command for the work tree `tree` of `repository`, or of the project in it that holds `file`.

    Raises:
        UserError: a setting names something that is not there or cannot be run.
    """
    directory = config.test_directory
    if directory is None:
        directory = "" if config.test_command is not None else nearest_project(tree, file)
    elif not _is_inside(tree, directory):
        raise UserError(f"test-directory: {directory!r} is no directory of the repository; correct the setting.")
    interpreter = find_interpreter(repository, config, directory)
    if config.test_command is not None:
        return replace(_configured(config.test_command, interpreter, tree / directory), directory=directory)
    spoken = declared(tree / directory)
    if spoken is None or (spoken.words[:3] == _PYTEST_MODULE and not _has_pytest(tree / directory, interpreter)):
        spoken = Spoken(("python", *_guessed(tree / directory, interpreter)))
    place = "/".join(filter(None, (directory, spoken.directory.rstrip("/."))))
    if not _is_inside(tree, place):
        spoken, place = Spoken(("python", *_guessed(tree / directory, interpreter))), directory
    return TestCommand(interpreter, _pinned(spoken.words), spoken.variables, place)


def _is_inside(tree: Path, directory: str) -> bool:
    return (tree / directory).is_dir() and (tree / directory).resolve().is_relative_to(tree.resolve())


def _pinned(words: tuple[str, ...]) -> tuple[str, ...]:
    """Django draws a seed for `--shuffle` unless it is given one; baseline and patch shall run in the same order."""
    following = (*words[1:], "")
    return tuple(
        "--shuffle=1" if word == "--shuffle" and not after.isdigit() else word
        for word, after in zip(words, following, strict=True)
    )


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
    return TestCommand(interpreter, _pinned(tuple(words)), variables)


def tool_path(interpreter: Path) -> str:
    """PATH for the tests: the interpreter's own programs first."""
    return f"{interpreter.parent}:{search_path()}"


def _guessed(tree: Path, interpreter: Path) -> tuple[str, ...]:
    if names_pytest(tree) and _has_pytest(tree, interpreter):
        return ("-m", "pytest")
    if (tree / "manage.py").is_file():
        return ("manage.py", "test", "--noinput")  # a test database that an ended run left is made anew
    if has_test_files(tree) and _can_import_pytest(interpreter):
        return ("-m", "pytest")
    tests = tree / "tests"
    if tests.is_dir() and not (tests / "__init__.py").exists():  # discovery from the top enters packages only
        return ("-m", "unittest", "discover", "-s", "tests")
    return ("-m", "unittest", "discover")


def _has_pytest(tree: Path, interpreter: Path) -> bool:
    """Asked where there is a choice; where there is none, the run itself says what is missing."""
    return not (tree / "manage.py").is_file() or _can_import_pytest(interpreter)


def _can_import_pytest(interpreter: Path) -> bool:
    """Asked under the same fence as the tests: the interpreter may be one that the repository brought."""
    packages = interpreter.parent.parent / "lib"
    if next(packages.glob("python3*/site-packages/pytest/__init__.py"), None) is not None:
        return True
    question = "import importlib.util, sys; sys.exit(importlib.util.find_spec('pytest') is None)"
    with tempfile.TemporaryDirectory() as own:
        wrapped = best_sandbox().wrap(
            (str(interpreter), "-I", "-c", question), Limits(_QUESTION_SECONDS), Paths(own=(own,))
        )
        environment = {**allowed_environment({}, ()), "HOME": own, "PATH": tool_path(interpreter)}
        try:
            answer = subprocess.run(
                wrapped,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=2 * _QUESTION_SECONDS,
                env=environment,
                cwd=own,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
    return answer.returncode == 0
