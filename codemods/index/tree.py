"""The Python files of a checkout, read once, each skip with its reason."""

import ast
import os
import re
import subprocess
import warnings
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from codemods.index.facts import TEMPLATE_SUFFIXES, Module, module_facts

MAX_BYTES = 1_000_000
MAX_LINES = 20_000
_TEST = re.compile(
    r"(^|/)(tests?|testing|migrations|alembic/versions|node_modules|site-packages|\.?venv)/|(^|/)(test_[^/]*|[^/]*_test|tests|conftest)\.py$"
)


class _SkipError(Exception):
    """Why a file is not read."""


class Tree:
    """Tracked regular `.py` files below `root`, without symbolic links, submodules and test code.

    Attributes:
        root: the folder.
        files: repository-relative paths with forward slashes, sorted.
        templates: the same for Jinja, Django, Mako and Genshi templates, by their suffix.
        skipped: path -> why it was not read; "" when git lists no files at all.

    An overlay (path -> text) stands for files that an earlier edit has changed already.
    """

    def __init__(self, root: Path, exclude: tuple[str, ...] = (), overlay: Mapping[str, str] | None = None) -> None:
        self.root = root
        tracked, reason = _tracked(root)
        kept = [p for p in tracked if not is_test(p) and not p.startswith(exclude or ("\0",))]
        self.files = tuple(p for p in kept if p.endswith(".py"))
        self.templates = tuple(p for p in kept if p.endswith(TEMPLATE_SUFFIXES))
        self.skipped: dict[str, str] = {"": reason} if reason else {}
        self._sources: dict[str, str | None] = dict(overlay or {})
        self._modules: dict[str, Module | None] = {}
        self._found: dict[tuple[str, ...], list[str]] = {}

    def source(self, path: str) -> str | None:
        """The text with its line ends kept, or None when the file is skipped."""
        if path not in self._sources:
            try:
                self._sources[path] = self._read(path)
            except _SkipError as skip:
                self._sources[path] = None
                self.skipped[path] = str(skip)
        return self._sources[path]

    def module(self, path: str) -> Module | None:
        """The facts of one file, or None when it is skipped."""
        if path not in self._modules:
            self._modules[path] = self._parse(path)
        return self._modules[path]

    def containing(self, *words: str) -> list[str]:
        """Paths of files whose text holds one of the words: a cheap screen before any parsing."""
        if words not in self._found:
            pattern = re.compile("|".join(map(re.escape, words)))
            self._found[words] = [p for p in self.files if (text := self.source(p)) and pattern.search(text)]
        return self._found[words]

    def _read(self, path: str) -> str:
        try:
            if (self.root / path).is_symlink():
                raise _SkipError("a symbolic link")
            raw = (self.root / path).read_bytes()
        except OSError as error:
            raise _SkipError(f"unreadable: {error.strerror}") from error
        if len(raw) > MAX_BYTES or raw.count(b"\n") > MAX_LINES:
            raise _SkipError("too large to be hand-written code")
        if b"\0" in raw or raw.startswith(b"\xef\xbb\xbf"):
            raise _SkipError("a NUL byte or a byte order mark")
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise _SkipError("not UTF-8") from error

    def _parse(self, path: str) -> Module | None:
        text = self.source(path)
        if text is None:
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return module_facts(path, ast.parse(text))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            self.skipped[path] = f"not parsed: {error}"
            return None


def is_test(path: str) -> bool:
    """Whether a path is test code, a migration or somebody else's package: never planned on."""
    return bool(_TEST.search(path))


@cache
def _git_flags() -> tuple[str, ...]:
    # The repository's own configuration could name programs to run; none is needed to list files.
    return ("git", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}")


def _environment() -> dict[str, str]:
    # A hook or a wrapper sets GIT_DIR or GIT_INDEX_FILE: those would list another repository's files.
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


def _tracked(root: Path) -> tuple[list[str], str]:
    """The files, or why there are none."""
    try:
        done = subprocess.run(
            [*_git_flags(), "ls-files", "-s", "-z", "--", *(f"*{s}" for s in (".py", *TEMPLATE_SUFFIXES))],
            cwd=root,
            env=_environment(),
            capture_output=True,
            check=False,
        )
    except OSError as error:
        return [], f"git cannot run: {error.strerror}"
    if done.returncode:
        return [], f"git lists no files: {done.stderr.decode('utf-8', 'replace').strip()}"
    paths = []
    for row in done.stdout.decode("utf-8", "surrogateescape").split("\0"):
        mode, _, path = row.partition("\t")
        if mode.startswith(("100644", "100755")) and path.isprintable():
            paths.append(path)
    return sorted(set(paths)), ""
