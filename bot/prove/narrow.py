"""The same test command for a few tests alone."""

import os
import re
from pathlib import Path

_MOST_TESTS = 300  # more are no narrower than the whole, and a command line has an end
# Options that take the next word; of other options it is not known, so a word behind them ends the attempt.
_VALUED = {
    "pytest": {
        "-n", "-k", "-m", "-p", "-c", "-o", "-W", "--numprocesses", "--dist", "--tb", "--ds", "--settings", "--dc",
        "--cov-report", "--cov-config", "--ignore", "--ignore-glob", "--deselect", "--durations", "--rootdir",
        "--basetemp", "--color", "--timeout", "--reruns", "--import-mode", "--log-level", "--confcutdir", "--junitxml",
    },
    "test": {
        "--settings", "--pythonpath", "--parallel", "--verbosity", "-v", "--testrunner", "-t", "--top-level-directory",
        "-p", "--pattern", "--tag", "--exclude-tag", "-k", "--durations",
    },
}  # fmt: skip
_FLAG = re.compile(
    r"-[xsvql]+|-r\w+|--(verbose|quiet|exitfirst|strict|strict-markers|strict-config|no-cov|nomigrations|no-migrations|"
    r"reuse-db|create-db|disable-warnings|showlocals|noinput|no-input|keepdb|failfast|buffer|timing|debug-mode|reverse)"
)


def narrowed(words: tuple[str, ...], tests: tuple[str, ...], directory: Path, tree: Path) -> tuple[str, ...] | None:
    """The words with these tests for a selection; None where the command cannot be narrowed for sure."""
    if not 0 < len(tests) <= _MOST_TESTS:
        return None
    if words[:3] == ("python", "-m", "unittest"):
        return (*words, *(word for test in tests for word in ("-k", test))) if all(map(_is_dotted, tests)) else None
    if words[:3] == ("python", "-m", "pytest"):
        kept = _without_selection(words[3:], "pytest", directory)
        return None if kept is None else (*words[:3], *kept, *(_from_here(test, directory, tree) for test in tests))
    position = 2 if words[:1] == ("python",) and words[1].rpartition("/")[2] == "manage.py" else 3
    is_django = position == 2 or words[:3] == ("python", "-m", "django")
    if is_django and words[position : position + 1] == ("test",) and all(map(_is_dotted, tests)):
        kept = _without_selection(words[position + 1 :], "test", directory)
        return None if kept is None else (*words[: position + 1], *kept, *tests)
    return None


def _is_dotted(test: str) -> bool:
    return re.fullmatch(r"\w+(\.\w+)+", test) is not None and not test.startswith("unittest.loader.")


def _without_selection(words: tuple[str, ...], tool: str, directory: Path) -> tuple[str, ...] | None:
    kept: list[str] = []
    before = ""  # the option in front
    for word in words:
        if word.startswith("-") or before in _VALUED[tool]:
            kept.append(word)
            before = "" if before in _VALUED[tool] else word
        elif (before and not ("=" in before or _FLAG.fullmatch(before))) or not _selects(word, tool, directory):
            return None
        else:
            before = ""
    return tuple(kept)


def _selects(word: str, tool: str, directory: Path) -> bool:
    path = word.replace(".", "/") if tool == "test" else word.partition("::")[0]
    return (directory / path).exists() or (directory / f"{path}.py").exists()


def _from_here(test: str, directory: Path, tree: Path) -> str:
    """A test by its path from here: the names that pytest gives begin at its root, which may be further up."""
    file, separator, rest = test.partition("::")
    if (directory / file).exists() or not (tree / file).exists():
        return test
    return os.path.relpath(tree / file, directory) + separator + rest
