"""A line by which people run their tests, read without a shell: `poetry run coverage run -m pytest -q tests`."""

import re
import shlex
from dataclasses import dataclass, field

_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_PYTHON = re.compile(r"(.*/)?python(\d+(\.\d+)?)?")
_SHELL = re.compile(r"[|;<>`$(){}&\\\n]")
# Tools that run the rest of the line in the project's environment, which is the one at hand.
_RUNNERS = {"poetry", "uv", "pipenv", "pdm", "hatch", "rye", "docker-compose", "docker compose"}
_RUN = {"run", "exec"}
_WORDS_BEFORE = {"time", "nice", "env", "exec"}
_COVERAGE_VALUES = {"--source", "--rcfile", "--omit", "--include", "--context", "--data-file", "--concurrency"}


@dataclass(frozen=True)
class Spoken:
    """A command that runs tests: "python" stands for the interpreter."""

    words: tuple[str, ...]
    variables: dict[str, str] = field(default_factory=dict)
    directory: str = ""  # below the one that the line was found in


def read_line(line: str) -> Spoken | None:
    """The test command in a line; None when it is none, or does what only a shell can."""
    directory = ""
    found: list[Spoken] = []
    for part in line.split("&&"):
        words = _split(part)
        if words[:1] == ["cd"] and len(words) == 2 and not found:
            directory = words[1]
        elif (spoken := read_words(words)) is not None:
            found.append(spoken)
    if len(found) != 1 or directory.startswith(("/", "~")) or ".." in directory.split("/"):
        return None
    return Spoken(found[0].words, found[0].variables, directory.strip("/").removeprefix("./"))


def _split(part: str) -> list[str]:
    text = part.strip().lstrip("@-+").strip()
    if _SHELL.search(text):
        return []
    try:
        return shlex.split(text)
    except ValueError:
        return []


def read_words(given: list[str]) -> Spoken | None:
    """The test command in the words of a line."""
    words, variables = list(given), {}
    while words and (words[0] in _WORDS_BEFORE or _ASSIGNMENT.match(words[0])):
        name, equals, value = words.pop(0).partition("=")
        if equals:
            variables[name] = value
    if words[:2] == ["docker", "compose"]:
        words = ["docker compose", *words[2:]]
    if len(words) > 1 and words[0] in _RUNNERS and words[1] in _RUN:
        words = _behind_options(words[2:])
    if words[:3] == ["python", "-m", "coverage"]:
        words = words[2:]
    if words[:2] == ["coverage", "run"]:
        words = _behind_coverage(words[2:])
    words = _with_python(words)
    return Spoken(tuple(words), variables) if _runs_tests(words) else None


def _behind_options(words: list[str]) -> list[str]:
    """What a runner is told to run: the first word that is neither an option nor, perhaps, an option's value."""
    for position, word in enumerate(words):
        if _with_python([word])[:1] == ["python"] or word == "coverage":
            return words[position:]
    return []


def _behind_coverage(words: list[str]) -> list[str]:
    rest = list(words)
    while rest and rest[0].startswith("-") and rest[0] != "-m":
        rest = rest[2 if rest[0] in _COVERAGE_VALUES else 1 :]
    return ["python", *rest] if rest else []


def _with_python(words: list[str]) -> list[str]:
    match words:
        case ["pytest" | "py.test", *rest]:
            return ["python", "-m", "pytest", *rest]
        case ["django-admin", *rest]:
            return ["python", "-m", "django", *rest]
        case [("manage.py" | "./manage.py") as script, *rest]:
            return ["python", script.removeprefix("./"), *rest]
        case [program, *rest] if _PYTHON.fullmatch(program):
            return ["python", *(rest[position:] if (position := _module_at(rest)) else rest)]
    return words


def _module_at(words: list[str]) -> int:
    """Where `-m` stands behind options of the interpreter such as `-W error`; 0 where it does not."""
    position = 0
    while position < len(words) and words[position].startswith("-") and words[position] != "-m":
        position += 2 if words[position] in {"-W", "-X"} else 1
    return position if words[position : position + 1] == ["-m"] else 0


def _runs_tests(words: list[str]) -> bool:
    match words:
        case ["python", "-m", "pytest" | "unittest", *_]:
            return True
        case ["python", "-m", "django", "test", *_]:
            return True
        case ["python", script, "test", *_] if script.rpartition("/")[2] == "manage.py":
            return True
        case ["python", script, *_] if script.rpartition("/")[2] in {"runtests.py", "run_tests.py"}:
            return True
    return False
