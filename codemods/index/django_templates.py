"""Templates (Django and Jinja2): the attribute paths that a template and what it includes read on each variable."""

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path

from codemods.index.looking_git import look
from codemods.index.template_files import template
from codemods.index.template_text import as_jinja
from codemods.index.trace import Answer, Question

_TAG = re.compile(r"\{\{(.*?)\}\}|\{%-?\s*(.*?)\s*-?%\}", re.DOTALL)
_NAME = re.compile(r"(?<![\w.\"'])([a-zA-Z_]\w*(?:\.\w+(?:\(\))?)+)")
_LOOP = re.compile(r"for\s+([\w\s,]+?)\s+in\s+([\w.()]+)")
_REGROUP = re.compile(r"regroup\s+([\w.()]+)\s+by\s+([\w.]+)\s+as\s+(\w+)")
_SHOWN = re.compile(r"\s*([a-zA-Z_][\w.]*)\s*((?:\|[^|]*)*)$")
_WORDS = re.compile(r"\"[^\"]*\"|'[^']*'|[^\s]+")
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
_DEPTH = 5
_ALIKE = 3  # files of one name up to which each is taken for what is shown
_BINDS = ("with", "set", "blocktrans")  # tags that give a name to a value for what follows
Reads = dict[str, set[tuple[str, ...]]]
Handed = set[tuple[str, int, tuple[str, ...]]]


class Templates:
    """The template files of a checkout, found by the name that code gives them."""

    def __init__(self, root: Path, note: Callable[[Question, Answer], None] = lambda _, __: None) -> None:
        self._root = root
        self._note = note  # is told what is read
        self._read: dict[str, str] = {}
        self._found: dict[str, tuple[Reads, Handed]] = {}

    @cached_property
    def _files(self) -> list[str]:
        done = look(self._root, "ls-files", "-z", "--", *_SUFFIXES)
        return sorted(done.stdout.decode("utf-8", "replace").split("\0")[:-1])

    def reads(self, name: str) -> Reads:
        """Root variable -> attribute paths read on it, loop variables followed to what they run over.

        A value that is put out as it is reads its `__str__`.
        """
        return self._of(name)[0]

    def handed(self, name: str) -> Handed:
        """What is given to filters and tags: (name of it, position of the argument, path from its root variable)."""
        return self._of(name)[1]

    def _of(self, name: str) -> tuple[Reads, Handed]:
        if name not in self._found:
            found: tuple[Reads, Handed] = {}, set()
            self._collect(name, {}, found, _DEPTH)
            self._found[name] = found
        return self._found[name]

    def _collect(self, name: str, names: dict[str, tuple[str, ...]], found: tuple[Reads, Handed], depth: int) -> None:
        for path in self._paths(name) if depth else ():
            self._collect_file(self._text(path), dict(names), found, depth)

    def _collect_file(
        self, text: str, names: dict[str, tuple[str, ...]], found: tuple[Reads, Handed], depth: int
    ) -> None:
        reads, handed = found
        for shown, tag in _TAG.findall(text):
            for dots in _NAME.findall(shown or tag):
                root, *path = _resolve(dots, names)
                reads.setdefault(root, set()).add(tuple(path))
            handed |= set(_handed(shown, tag, names))
            if value := _SHOWN.match(shown):
                root, *path = _resolve(value[1], names)
                reads.setdefault(root, set()).add((*path, "__str__"))
            if loop := _LOOP.match(tag):
                for target in re.findall(r"\w+", loop[1]):
                    names[target] = _resolve(loop[2], names)
                    reads.setdefault(names[target][0], set()).add(names[target][1:])
            elif group := _REGROUP.match(tag):
                names[group[3]] = _resolve(group[1], names)
                reads.setdefault(names[group[3]][0], set()).add((*names[group[3]][1:], *group[2].split(".")))
            inner = dict(names)
            for alias, source in [*_WITH.findall(tag), *((a, s) for s, a in _ALIAS.findall(tag))]:
                inner[alias] = _resolve(source, names)
            if included := _INCLUDE.match(tag):
                if not tag.startswith("extends"):  # what macros take is named in their own file
                    self._collect(included[1], inner if tag.startswith("include") else {}, found, depth - 1)
            elif tag.startswith(_BINDS):
                names = inner

    def _paths(self, name: str) -> list[str]:
        """The files of that name below some folders, one of which hides the others; else the one that ends like it."""
        name = name.rpartition(":")[2]
        whole = [p for p in self._files if p == name or p.endswith(f"/{name}")]
        if whole:
            return whole if len(whole) <= _ALIKE else whole[:1]
        parts = name.split("/")
        for cut in range(1, len(parts)):
            tail = "/".join(parts[cut:])
            if found := [p for p in self._files if p == tail or p.endswith(f"/{tail}")]:
                return found if len(found) == 1 else []
        return []

    def _text(self, path: str) -> str:
        if path not in self._read:
            text = template(self._root, path)
            self._note(("template", path), text)
            self._read[path] = as_jinja(text)
        return self._read[path]


def _resolve(dots: str, names: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    head, *rest = dots.replace("()", "").split(".")
    return (*names.get(head, (head,)), *("all()" if part == "all" else part for part in rest if not part.isdigit()))


def _handed(shown: str, tag: str, names: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    for value, filters in re.findall(r"([a-zA-Z_][\w.]*)((?:\|\w+(?::[^\s|]+)?)+)", shown or tag):
        for name in re.findall(r"\|(\w+)", filters):
            yield name, 0, _resolve(value, names)
    word, *given = _WORDS.findall(tag) or [""]
    for position, argument in enumerate(given):
        value = argument.partition("=")[2] or argument
        if re.fullmatch(r"[a-zA-Z_][\w.]*", value):
            yield word, position, _resolve(value, names)
