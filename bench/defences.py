"""Takes each defence of docs/security.md away, one at a time, in a copy of the tree; its test must go red.

    python bench/defences.py [ROW ...] [--write]

`defences.toml` names by row the file, the exact text and what replaces it, and the test. `--write` puts what went red
into docs/security.md. Exit status 1 when some test stayed green, or went red for another reason than a failed test.
"""

import importlib
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "bench" / "defences.toml"
DOCUMENT = ROOT / "docs" / "security.md"
LINT = "lint-imports"
BEGIN = "| # | taken away | went red |\n|---|---|---|\n"
_FAILED = re.compile(r"^FAILED (?:tests/)?(\S+?)(?:\[.*?\])?(?: - (.*))?$", re.MULTILINE)
_LIBRARIES = ("github", "git", "jinja2", "jsonschema", "libcst", "markdown_it", "msgspec", "numpy",
              "pydantic", "rich", "sqlglot", "yaml", "openapi_schema_validator", "sqlalchemy")  # fmt: skip
_ACCIDENTS = ("NameError", "SyntaxError", "IndentationError", "ImportError", "ModuleNotFoundError")


_CLOCK = itertools.count(int(time.time()))


def defences() -> list[dict[str, Any]]:
    """The table: row, what, test and edits (file, old, new), in order of the rows."""
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))["defence"]


def copy_of_the_tree(folder: Path) -> None:
    """The files that git knows of, with what is not committed yet."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def edited(folder: Path, one: dict[str, Any]) -> dict[Path, str]:
    """Take the defence away; the texts as they were."""
    before: dict[Path, str] = {}
    for edit in one["edits"]:
        path = folder / edit["file"]
        text = path.read_text(encoding="utf-8")
        before.setdefault(path, text)
        if edit["old"] not in text:
            raise SystemExit(f"{one['row']}: {edit['file']} holds no {edit['old']!r}")
        write(path, text.replace(edit["old"], edit["new"]))
    return before


def write(path: Path, text: str) -> None:
    """Write a text whose bytecode is never taken for that of the text before: each is a second newer."""
    path.write_text(text, encoding="utf-8")
    when = next(_CLOCK)
    os.utime(path, (when, when))


def tested(folder: Path, tests: list[str]) -> tuple[int, str]:
    """Exit status and output of pytest, forked from here so that libraries are imported once; of lint-imports."""
    if tests == [LINT]:
        command = [str(Path(sys.executable).with_name(LINT)), "--no-cache"]
        environment = {**os.environ, "PYTHONPATH": str(folder)}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout
    with tempfile.TemporaryFile("w+") as said:
        child = os.fork()
        if not child:
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
            os.chdir(folder)
            sys.path.insert(0, str(folder))
            os.environ |= {"PYTHONPATH": str(folder), "COLUMNS": "300"}
            words = ["-q", "-x", "--tb=no", "--no-header", "-p", "no:cacheprovider", "-n", "0"]
            os._exit(int(pytest.main([*words, *(f"tests/{test}" for test in tests)])))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said.seek(0)
        return status, said.read()


def verdict(status: int, output: str, test: str) -> tuple[bool, str]:
    """Whether it went red for the right reason, and what did."""
    if test == LINT:
        return status == 1, LINT
    found = _FAILED.search(output)
    if status != 1 or found is None or (found[2] or "").startswith(_ACCIDENTS):
        return False, f"status {status}: {(found[0] if found else output.strip().rpartition(chr(10))[2])[:200]}"
    return True, f"{found[1]}{f' - {found[2]}' if found[2] else ''}"


def main(words: list[str]) -> int:
    """Run the rows that are named, or all; the exit status."""
    chosen = [one for one in defences() if not set(words) - {"--write"} or str(one["row"]) in words]
    rows, bad = [], 0
    for library in _LIBRARIES:
        importlib.import_module(library)
    with tempfile.TemporaryDirectory(prefix="costmod-defences-") as name:
        folder = Path(name)
        copy_of_the_tree(folder)
        status, output = tested(folder, sorted({one["test"] for one in chosen} - {LINT}))
        if status:
            raise SystemExit(f"the tests do not pass as they are:\n{output[-2000:]}")
        for one in chosen:
            before = edited(folder, one)
            status, output = tested(folder, [one["test"]])
            for path, text in before.items():
                write(path, text)
            red, what = verdict(status, output, one["test"])
            bad += not red
            sys.stdout.write(f"{one['row']:>3} {'red  ' if red else 'GREEN'} {one['what']}: {what[:200]}\n")
            sys.stdout.flush()
            rows.append(f"| {one['row']} | {one['what']} | `{what.partition(' - ')[0]}` |\n")
    if "--write" in words and not bad:
        text = DOCUMENT.read_text(encoding="utf-8")
        DOCUMENT.write_text(text.partition(BEGIN)[0] + BEGIN + "".join(rows), encoding="utf-8")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
