"""Templates (Django and Jinja2): the attribute paths that a template and what it includes read on each variable."""

import re
import subprocess
from functools import cached_property
from pathlib import Path

from codemods.index.template_text import as_jinja

_TAG = re.compile(r"\{\{(.*?)\}\}|\{%-?\s*(.*?)\s*-?%\}", re.DOTALL)
_NAME = re.compile(r"(?<![\w.\"'])([a-zA-Z_]\w*(?:\.\w+(?:\(\))?)+)")
_LOOP = re.compile(r"for\s+([\w\s,]+?)\s+in\s+([\w.()]+)")
_INCLUDE = re.compile(r"(?:include|extends|import|from)\s+[\"']([^\"']+)[\"']")
_WITH = re.compile(r"(\w+)\s*=\s*([a-zA-Z_][\w.]*)")
_ALIAS = re.compile(r"([a-zA-Z_][\w.]*)\s+as\s+(\w+)")
_SUFFIXES = (
    "*.html",
    "*.htm",
    "*.txt",
    "*.xml",
    "*.jinja",
    "*.jinja2",
    "*.j2",
    "*.csv",
    "*.tex",
    "*.djhtml",
    "*.mako",
    "*.pt",
)
_MAX_BYTES = 500_000
_DEPTH = 5
Reads = dict[str, set[tuple[str, ...]]]


class Templates:
    """The template files of a checkout, found by the name that code gives them."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._read: dict[str, str] = {}

    @cached_property
    def _files(self) -> list[str]:
        done = subprocess.run(
            ["git", "ls-files", "-z", "--", *_SUFFIXES], cwd=self._root, capture_output=True, check=False
        )
        return sorted(done.stdout.decode("utf-8", "replace").split("\0")[:-1])

    def reads(self, name: str) -> Reads:
        """Root variable -> attribute paths read on it, loop variables followed to what they run over."""
        found: Reads = {}
        self._collect(name, {}, found, _DEPTH)
        return found

    def _collect(self, name: str, names: dict[str, tuple[str, ...]], found: Reads, depth: int) -> None:
        text = self._text(name)
        if text is None or not depth:
            return
        names = dict(names)
        for shown, tag in _TAG.findall(text):
            body = shown or tag
            for dots in _NAME.findall(body):
                root, *path = _resolve(dots, names)
                found.setdefault(root, set()).add(tuple(path))
            if loop := _LOOP.match(tag):
                for target in re.findall(r"\w+", loop[1]):
                    names[target] = _resolve(loop[2], names)
                    found.setdefault(names[target][0], set()).add(names[target][1:])
            inner = dict(names)
            for alias, source in [*_WITH.findall(tag), *((a, s) for s, a in _ALIAS.findall(tag))]:
                inner[alias] = _resolve(source, names)
            if included := _INCLUDE.match(tag):
                if not tag.startswith("extends"):  # what macros take is named in their own file
                    self._collect(included[1], inner if tag.startswith("include") else {}, found, depth - 1)
            elif tag.startswith("with"):
                names = inner

    def _path(self, name: str) -> str | None:
        """The file of that name below some folder; else the one that ends most like it, when only one does."""
        name = name.rpartition(":")[2]
        if whole := next((p for p in self._files if p == name or p.endswith(f"/{name}")), None):
            return whole
        parts = name.split("/")
        for cut in range(1, len(parts)):
            tail = "/".join(parts[cut:])
            if found := [p for p in self._files if p == tail or p.endswith(f"/{tail}")]:
                return found[0] if len(found) == 1 else None
        return None

    def _text(self, name: str) -> str | None:
        path = self._path(name)
        if path is None:
            return None
        if path not in self._read:
            file = self._root / path
            too_large = file.is_symlink() or not file.is_file() or file.stat().st_size > _MAX_BYTES
            self._read[path] = "" if too_large else as_jinja(file.read_text(encoding="utf-8", errors="replace"))
        return self._read[path]


def _resolve(dots: str, names: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    head, *rest = dots.replace("()", "").split(".")
    return (*names.get(head, (head,)), *("all()" if part == "all" else part for part in rest))
