"""When no test reaches the site: a program of our own, on rows from the repository's models, before and after."""

import ast
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.prove.suite import Suite
from bot.records import Patch, Slope

LABEL = "harness, not a test of the repository"
_ROWS = (3, 6)
_ADDED = ("options", "select_related", "prefetch_related", "fetch_mode")
_SETTINGS = re.compile(r"DJANGO_SETTINGS_MODULE[\"']?\s*[,=:]\s*[\"']?([A-Za-z_][\w.]*)")
_SETTINGS_FILES = ("manage.py", "pytest.ini", "pyproject.toml", "setup.cfg", "tox.ini")
_Run = Callable[[dict[str, str], bool], Suite]  # settings of the harness, whether patched


def run_harness(patch: Patch, tree: Path, run: _Run) -> tuple[Slope | None, str]:
    """What the harness counted at two numbers of rows, and a sentence that says what it is, or why it did not run."""
    calls = _added_calls(patch)
    paths = [load.path.split(".") for load in patch.loads]
    if not calls or any(load.batched for load in patch.loads) or any(len(path) != 2 for path in paths):
        return None, f"No {LABEL}: the patch does not add options to one query."
    settings = {
        "module": _module(patch.site.file),
        "root": paths[0][0],
        "edges": paths,
        "rows": _ROWS,
        "settings": "" if any(name == "options" for name, _ in calls) else _django_settings(tree),
    }
    counts: list[tuple[int, int]] = []
    for patched in (False, True):
        suite = run({"COSTMOD_HARNESS": json.dumps({**settings, "calls": calls if patched else []})}, patched)
        found = Counter({row.test: 0 for row in suite.rows})
        for row in suite.rows:
            if row.kind == "sql" and row.phase == "call":
                found[row.test] += row.count
        few, many = (found[f"harness {number}"] for number in _ROWS)
        if suite.run.exit_status or not few or not many:
            said = f" ({suite.last_words})" if suite.last_words else ""
            return None, f"The {LABEL}, could not run{said}."
        counts.append((few, many))
    slope = Slope(test=LABEL, rows=_ROWS, before=counts[0], after=counts[1])
    seen = ", ".join(
        f"{before} -> {after} SQL statements at {rows} rows of {paths[0][0]}"
        for before, after, rows in zip(*counts, _ROWS, strict=True)
    )
    return slope, f"{LABEL.capitalize()}: {seen}, made from the models and read with the patch's options."


def _added_calls(patch: Patch) -> list[tuple[str, str]]:
    """The query methods, with their arguments as written, that the patched function has and the one before has not."""
    change = next((change for change in patch.changes if change.path == patch.site.file), None)
    if change is None:
        return []
    before = Counter(_calls(change.before, patch.site.function))
    after = list(_calls(change.after, patch.site.function))
    return [call for call in dict.fromkeys(after) if after.count(call) > before[call]]


def _calls(text: str, function: str) -> Iterator[tuple[str, str]]:
    names = [name for name in function.split(".") if not name.startswith("<")]
    scope: ast.AST = ast.parse(text)
    for name in names:
        scope = next((node for node in ast.walk(scope) if getattr(node, "name", None) == name), scope)
    for node in ast.walk(scope):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ADDED:
            arguments = [ast.unparse(one) for one in node.args]
            arguments += [f"{one.arg}={ast.unparse(one.value)}" for one in node.keywords if one.arg]
            yield node.func.attr, ", ".join(arguments)


def _module(file: str) -> str:
    name = file.removeprefix("src/").removesuffix(".py").replace("/", ".")
    return name.removesuffix(".__init__")


def _django_settings(tree: Path) -> str:
    for name in _SETTINGS_FILES:
        file = tree / name
        if file.is_file() and (found := _SETTINGS.search(file.read_text(encoding="utf-8", errors="replace"))):
            return found[1]
    return "settings"
