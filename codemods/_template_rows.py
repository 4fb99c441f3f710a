"""What a template (Django, Jinja) reads on every row of a variable that it loops over; nothing under a condition."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from codemods.index.tree import Tree

Path = tuple[str, ...]
Where = tuple[str, int]
_HIDDEN = re.compile(r"\{#.*?#\}|\{%-?\s*(comment|raw|verbatim)\b.*?end\1\s*-?%\}", re.DOTALL)
_TAG = re.compile(r"\{\{(?P<shown>.*?)\}\}|\{%-?\s*(?P<tag>\w+)\b(?P<rest>.*?)-?%\}", re.DOTALL)
_NAME = re.compile(r"(?<![\w.\"'])([a-zA-Z_]\w*(?:\.\w+(?:\(\))?)*)")
_FOR = re.compile(r"\s*(\w+)\s+in\s+([\w.]+)(?:\(\))?\s*(?:\|[\w|:\"', -]*)?(?:reversed)?\s*$")
_TEXT = re.compile(r"\"[^\"]*\"|'[^']*'")
_AS = re.compile(r"(\w+)=(\w+)")
_NO_READS = frozenset({"extends", "import", "from", "block", "macro", "set", "with", "load"})
_SAME = frozenset({"items", "object_list"})  # of a page of rows
_INCLUDES = 4


class TemplateRows:
    """Reads templates on demand."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def reads(self, template: str, variable: str) -> Iterator[tuple[Path, Where]]:
        """Attribute paths below one row of the variable, each with the place that reads it on every row.

        `all` stands for the rows of the manager before it.
        """
        yield from self._reads(template, {}, variable, _INCLUDES)

    def _reads(self, template: str, rows: dict[str, Path], variable: str, depth: int) -> Iterator[tuple[Path, Where]]:
        path = self._file(template)
        text = self._tree.source(path) if path and depth else None
        if text is None or path is None:
            return
        text = _HIDDEN.sub(lambda found: "\n" * found[0].count("\n"), text)
        scopes: list[tuple[str, dict[str, Path]]] = []  # open blocks with the names before each
        for tag in _TAG.finditer(text):
            where = (path, text.count("\n", 0, tag.start()) + 1)
            word, rest = tag["tag"] or "", tag["shown"] or tag["rest"] or ""
            if word.startswith("end"):
                if scopes and word.removeprefix("end") == scopes[-1][0]:
                    rows = scopes.pop()[1]
            elif word == "for":
                scopes.append((word, rows))
                loop = _FOR.match(rest)
                over = _below(loop[2], rows, variable) if loop else None
                rows = {name: at for name, at in rows.items() if not loop or name != loop[1]}
                rows |= {loop[1]: over} if loop and over is not None else {}
                if over:
                    yield over, where
            elif word in ("if", "elif", "else", "ifchanged", "empty"):
                test = re.split(r"\b(?:and|or)\b", rest)[0]
                yield from ((p, where) for p in _paths(test, rows) if word == "if")
                if word in ("if", "ifchanged"):
                    scopes.append((word, rows))
                rows = {}  # from here on some rows only
            elif word == "include":
                included = re.match(r"\s*[\"']([^\"']+)[\"']", rest)
                inner = rows | {name: rows[at] for name, at in _AS.findall(rest) if at in rows}
                yield from self._reads(included[1], inner, variable, depth - 1) if included else ()
            elif word not in _NO_READS:
                yield from ((p, where) for p in _paths(rest, rows))

    def _file(self, name: str) -> str | None:
        """The one file whose path ends with the name."""
        wanted = PurePosixPath(name.rpartition(":")[2]).parts
        found = [p for p in self._tree.templates if PurePosixPath(p).parts[-len(wanted) :] == wanted]
        return found[0] if len(found) == 1 else None


def _below(dots: str, rows: dict[str, Path], variable: str) -> Path | None:
    """What a loop runs over, seen from a row; () for the rows themselves."""
    root, *rest = dots.split(".")
    if root in rows:
        return (*rows[root], *rest)
    return () if root == variable and (not rest or (len(rest) == 1 and rest[0] in _SAME)) else None


def _paths(text: str, rows: dict[str, Path]) -> Iterator[Path]:
    for dots in _NAME.findall(_TEXT.sub('""', text)):
        root, *rest = dots.replace("()", "").split(".")
        if root in rows and rest:
            yield (*rows[root], *rest)
