"""What manifests and locks of Python projects say about one library; nothing is run, so what is computed is unknown.

Every reader takes the text and the normalised name, and gives the statements found; none for what cannot be read.
"""

import ast
import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from configparser import ConfigParser
from configparser import Error as ConfigError
from typing import Any

from codemods.index.versions import UNKNOWN, Versions, allowed, either, exactly

_LOCKED = r'^name = "{}"\r?\nversion = "([^"\n]+)"'  # so in poetry.lock, uv.lock and pdm.lock
_CLASSIFIER = re.compile(r"Framework :: Django :: (\d+\.\d+)")
_COMMENT = re.compile(r"(^|\s)#.*$")
_OPTION = re.compile(r"\s--?\w.*$")  # `--hash=...` behind a requirement
_EGG = re.compile(r"[#&]egg=([\w.-]+)")


def spelled(name: str) -> str:
    """A pattern for a normalised name as people write it."""
    return "[-_.]+".join(map(re.escape, name.split("-")))


def locked(text: str, name: str) -> list[Versions]:
    """Of poetry.lock, uv.lock, pdm.lock: one per version, as different platforms may get different ones."""
    return [exactly(v) for v in re.findall(_LOCKED.format(spelled(name)), text, re.MULTILINE | re.IGNORECASE)]


def pipfile_locked(text: str, name: str) -> list[Versions]:
    """Of Pipfile.lock."""
    try:
        sections = json.loads(text)
    except (ValueError, RecursionError):
        return []
    found = [_table(_table(sections).get(s)).get(name) for s in ("default", "develop")]
    return [_specified(_table(entry).get("version")) for entry in found if entry is not None]


def requirement_file(text: str, name: str) -> list[Versions]:
    """Of requirements.txt or constraints.txt."""
    joined = re.sub(r"\\\r?\n", " ", text)
    lines = (_OPTION.sub("", _COMMENT.sub("", line)).strip() for line in joined.splitlines() if "egg=" not in line)
    eggs = [UNKNOWN for egg in _EGG.findall(joined) if re.fullmatch(spelled(name), egg, re.IGNORECASE)]
    return [*requirements(lines, name), *eggs]


def requirements(lines: Iterable[object], name: str) -> list[Versions]:
    """Of `Django>=4.2; python_version < "3.12"` and the like; what a URL or a path gives is unknown."""
    named = re.compile(rf"{spelled(name)}(?![\w.-])", re.IGNORECASE)
    return [_requirement(line) for line in lines if isinstance(line, str) and named.match(line)]


def _requirement(line: str) -> Versions:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return allowed(Requirement(line).specifier)
    except InvalidRequirement:
        return UNKNOWN


def pyproject(text: str, name: str) -> tuple[list[Versions], list[Versions]]:
    """The statements of the main dependencies of pyproject.toml, and those of its groups and extras."""
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return [], []
    project, tool = _table(data.get("project")), _table(data.get("tool"))
    poetry = _table(tool.get("poetry"))
    groups = [
        *_table(project.get("optional-dependencies")).values(), *_table(data.get("dependency-groups")).values(),
        *_table(_table(tool.get("pdm")).get("dev-dependencies")).values(),
        _table(tool.get("uv")).get("dev-dependencies"),
    ]  # fmt: skip
    tables = [poetry.get("dev-dependencies")]
    tables += [_table(group).get("dependencies") for group in _table(poetry.get("group")).values()]
    main = requirements(_list(project.get("dependencies")), name) + _poetry(poetry.get("dependencies"), name)
    others = [v for group in groups for v in requirements(_list(group), name)]
    return main, others + [v for table in tables for v in _poetry(table, name)]


def _poetry(table: object, name: str) -> list[Versions]:
    """Of `Django = "^4.2"`, of `{version = "^4.2"}` and of lists of such."""
    found: list[Versions] = []
    for key, value in _table(table).items():
        if re.fullmatch(spelled(name), key, re.IGNORECASE):
            entries = value if isinstance(value, list) else [value]
            found += [_specified(entry.get("version") if isinstance(entry, dict) else entry) for entry in entries]
    return found


def _specified(text: object) -> Versions:
    """The bounds of Poetry's `^4.2`, `~4.2`, `4.2.*`, `4.2` and `a || b`, and of what pip takes."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    if not isinstance(text, str):
        return UNKNOWN
    found = []
    for choice in text.split("||"):
        parts = [part for part in (p.strip() for p in choice.split(",")) if part not in ("", "*")]
        try:
            found.append(allowed(SpecifierSet(",".join(map(_as_pip, parts)))))
        except InvalidSpecifier:
            found.append(UNKNOWN)
    return either(found) or UNKNOWN


def _as_pip(part: str) -> str:
    match = re.fullmatch(r"([\^~]?)\s*(\d+(?:\.\d+)*)(\.\*)?", part)
    if match is None:
        return part
    mark, numbers, wild = match.groups()
    if not mark:
        return f"=={numbers}{wild or ''}"
    release = [int(n) for n in numbers.split(".")]
    significant = next((i for i, n in enumerate(release) if n), len(release) - 1)
    at = significant if mark == "^" else min(1, len(release) - 1)
    return f">={numbers},<{'.'.join(map(str, [*release[:at], release[at] + 1]))}"


def setup_cfg(text: str, name: str) -> tuple[list[Versions], list[Versions]]:
    """The statements of install_requires, and those of the extras."""
    config = ConfigParser(interpolation=None)
    try:
        config.read_string(text)
    except ConfigError:
        return [], []
    main = config.get("options", "install_requires", fallback="")
    extras = config["options.extras_require"].values() if config.has_section("options.extras_require") else []
    return requirement_file(main, name), [v for extra in extras for v in requirement_file(extra, name)]


def setup_py(tree: ast.Module, text: str, name: str) -> list[Versions]:
    """The statements of `setup(install_requires=[...])`; unknown where the file names the library elsewhere."""
    values = {
        t.id: n.value for n in tree.body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)
    }
    found = [v for strings in _install_requires(tree, values) for v in requirements(strings, name)]
    if not found and re.search(rf"[\"']{spelled(name)}(?![\w.-])", text, re.IGNORECASE):
        return [UNKNOWN]
    return found


def _install_requires(tree: ast.Module, values: dict[str, ast.expr]) -> Iterator[list[str]]:
    for node in ast.walk(tree):
        for keyword in node.keywords if isinstance(node, ast.Call) else ():
            if keyword.arg == "install_requires":
                value = values.get(keyword.value.id) if isinstance(keyword.value, ast.Name) else keyword.value
                constants = (n for n in ast.walk(value) if isinstance(n, ast.Constant)) if value is not None else ()
                yield [n.value for n in constants if isinstance(n.value, str)]


def classified(text: str) -> list[Versions]:
    """The Django series that a package says it supports."""
    return [v for series in _CLASSIFIER.findall(text) for v in [_specified(f"{series}.*")]]


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
