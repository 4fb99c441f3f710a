"""The test command that a project's own tools name: tox, nox, scripts of pyproject.toml, make. Read, never run."""

import ast
import configparser
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bot.prove.spoken import Spoken, read_line, read_words

_TARGETS = ("test", "tests", "unittest", "unittests", "unit-test", "unit-tests", "test-unit", "pytest", "check")
_MAX_BYTES = 1 << 20
_FACTOR = re.compile(r"^[\w!,.{}-]+:\s+")
_POSARGS = re.compile(r"\{(?:posargs|args)(?::([^{}]*))?\}")
_PLACES = re.compile(r"\{(?:toxinidir|tox_root|toxworkdir/\.\.)\}/?")
_ENVIRON = re.compile(r"\{env:[A-Za-z0-9_]+:([^{}]*)\}")
_MAKE_NAME = re.compile(r"\$[({]([A-Za-z0-9_]+)[)}]")


def declared(directory: Path) -> Spoken | None:
    """The one test command that the first of the tools names; None where none does, or several commands run tests."""
    for tool in (_tox, _nox, _scripts, _make):
        spoken = tool(directory)
        if len({(found.words, found.directory) for found in spoken}) == 1:
            return spoken[0]
    return None


def _text(path: Path) -> str:
    try:
        return path.read_bytes()[:_MAX_BYTES].decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def pyproject(directory: Path) -> dict[str, Any]:
    """`[tool]` of pyproject.toml; empty when there is none that can be read."""
    try:
        tools = tomllib.loads(_text(directory / "pyproject.toml")).get("tool", {})
    except ValueError:
        return {}
    return tools if isinstance(tools, dict) else {}


# ---- tox -------------------------------------------------------------------------------------------------------------


def _tox(directory: Path) -> list[Spoken]:
    tool = pyproject(directory).get("tox", {})
    base = tool.get("env_run_base") if isinstance(tool, dict) else None
    if isinstance(base, dict):
        return _tox_table(base)
    legacy = tool.get("legacy_tox_ini") if isinstance(tool, dict) else None
    for text, prefix in ((_text(directory / "tox.ini"), ""), (_text(directory / "setup.cfg"), "tox:"), (legacy, "")):
        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read_string(text if isinstance(text, str) else "")
        except configparser.Error:
            continue
        if parser.has_section(f"{prefix}testenv"):
            return _tox_section(dict(parser[f"{prefix}testenv"]))
    return []


def _tox_table(base: dict[str, Any]) -> list[Spoken]:
    """Since tox 4.21: commands are lists of words, and tables stand for substitutions."""
    spoken = []
    for command in base.get("commands", []):
        words = [word for word in command if isinstance(word, str)] if isinstance(command, list) else []
        spoken.append(read_words([filled for word in words if (filled := _filled(word))]))
    variables = {key: value for key, value in base.get("set_env", {}).items() if isinstance(value, str)}
    return _with_settings(spoken, variables, str(base.get("change_dir", "")))


def _tox_section(section: dict[str, str]) -> list[Spoken]:
    lines = section.get("commands", "").replace("\\\n", " ").splitlines()
    spoken = [read_line(_filled(_FACTOR.sub("", line))) for line in lines]
    pairs = (line.partition("=") for line in section.get("setenv", section.get("set_env", "")).splitlines())
    variables = {name.strip(): value.strip() for name, equals, value in pairs if equals and name.strip().isidentifier()}
    return _with_settings(spoken, variables, section.get("changedir", section.get("change_dir", "")))


def _with_settings(spoken: Iterable[Spoken | None], variables: dict[str, str], directory: str) -> list[Spoken]:
    filled = {name: _filled(value) for name, value in variables.items()}
    known = {name: value for name, value in filled.items() if "{" not in value}
    place = _filled(directory).strip("/")
    if "{" in place:
        return []
    return [Spoken(found.words, {**known, **found.variables}, found.directory or place) for found in spoken if found]


def _filled(text: str) -> str:
    """The text with tox's substitutions in place; one that is not known stays, and its braces refuse the line."""
    text = _PLACES.sub("./", _ENVIRON.sub(r"\1", _POSARGS.sub(lambda found: found[1] or "", text)))
    return text.replace("{envpython}", "python").replace("{/}", "/").replace("{:}", ":").replace(" ./ ", " . ")


# ---- nox -------------------------------------------------------------------------------------------------------------


def _nox(directory: Path) -> list[Spoken]:
    try:
        module = ast.parse(_text(directory / "noxfile.py"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    sessions = [node for node in module.body if isinstance(node, ast.FunctionDef) and _is_session(node)]
    return [spoken for session in sessions for call in ast.walk(session) if (spoken := _nox_run(call)) is not None]


def _is_session(function: ast.FunctionDef) -> bool:
    names = [ast.unparse(node.func if isinstance(node, ast.Call) else node) for node in function.decorator_list]
    return any(name.rpartition(".")[2] == "session" for name in names) and "test" in function.name


def _nox_run(node: ast.AST) -> Spoken | None:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "run"):
        return None
    words = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
    if len(words) < sum(not isinstance(argument, ast.Starred) for argument in node.args):
        return None  # a word that only running the file tells
    spoken = read_words([word for word in words if isinstance(word, str)])
    variables = next((keyword.value for keyword in node.keywords if keyword.arg == "env"), None)
    if spoken is None or not isinstance(variables, ast.Dict | None):
        return spoken
    pairs = zip(variables.keys, variables.values, strict=True) if variables else ()
    known = {
        key.value: value.value
        for key, value in pairs
        if isinstance(key, ast.Constant) and isinstance(value, ast.Constant)
        if isinstance(key.value, str) and isinstance(value.value, str)
    }
    return Spoken(spoken.words, {**known, **spoken.variables})


# ---- scripts and make ------------------------------------------------------------------------------------------------


def _scripts(directory: Path) -> list[Spoken]:
    """Scripts named test of hatch's environments, pdm and poe."""
    tools = pyproject(directory)
    environments = tools.get("hatch", {}).get("envs", {}) if isinstance(tools.get("hatch"), dict) else {}
    tables = [env.get("scripts") for env in environments.values() if isinstance(env, dict)]
    for tool, table in (("pdm", "scripts"), ("poe", "tasks")):
        if isinstance(tools.get(tool), dict):
            tables.append(tools[tool].get(table))
    entries = [table[name] for table in tables if isinstance(table, dict) for name in _TARGETS if name in table]
    lines = [entry.get("cmd") if isinstance(entry, dict) else entry for entry in entries]
    return [found for line in lines if isinstance(line, str) and (found := read_line(_filled(line))) is not None]


def _make(directory: Path) -> list[Spoken]:
    text = next((text for name in ("GNUmakefile", "makefile", "Makefile") if (text := _text(directory / name))), "")
    lines = text.replace("\\\n", " ").splitlines()
    names: dict[str, str] = {}
    for line in lines:
        if found := re.match(r"(?:export\s+)?([A-Za-z0-9_]+)\s*[:?]?=\s*(.*)$", line):
            names.setdefault(found[1], re.sub(r"\s+#.*", "", found[2]).strip().strip("\"'"))
    for target in _TARGETS:
        spoken = [read_line(_substituted(line, names)) for line in _recipe(lines, target)]
        if any(spoken):
            return [found for found in spoken if found]
    return []


def _recipe(lines: list[str], target: str) -> list[str]:
    for position, line in enumerate(lines):
        if re.match(rf"(?:[\w-]+\s+)*{re.escape(target)}(?:\s+[\w-]+)*\s*:(?!=)", line):
            rest = lines[position + 1 :]
            length = next(
                (n for n, below in enumerate(rest) if below.strip() and not below.startswith("\t")), len(rest)
            )
            return [below.strip() for below in rest[:length] if below.strip()]
    return []


def _substituted(line: str, names: dict[str, str]) -> str:
    for _ in range(3):  # a name may stand for another
        line = _MAKE_NAME.sub(lambda found: names.get(found[1], "" if "ARG" in found[1].upper() else found[0]), line)
    return line
