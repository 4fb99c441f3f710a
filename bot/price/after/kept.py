"""Whether the code of a patch is still there: a saving of code that was rewritten is not its own any more."""

from pathlib import Path

from bot.records import Patch

MOST_LINES = 20
_LEAST_LETTERS = 8  # of a line: "else:" and brackets stand everywhere


def added(patch: Patch) -> tuple[str, ...]:
    """The lines that a patch adds to the file of its site, without indentation, those that say something."""
    found, inside = [], False
    for line in patch.diff.splitlines():
        if line.startswith("+++ "):
            inside = line[4:].split("\t")[0].removeprefix("b/") == patch.site.file
        elif inside and line.startswith("+") and sum(map(str.isalnum, line)) >= _LEAST_LETTERS:
            found.append(line[1:].strip())
    return tuple(dict.fromkeys(found))[:MOST_LINES]


def is_there(repository: Path, file: str, lines: tuple[str, ...]) -> bool:
    """Whether one of the lines still stands in the file; so is code of which no line is known."""
    if not lines:
        return True
    path = (repository / file).resolve()
    if not path.is_relative_to(repository.resolve()):
        return False
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return not {line.strip() for line in text.splitlines()}.isdisjoint(lines)
