"""What an exact line says where the source has no statement: what repeats is an attribute that is read there."""

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from bot.plan.paths import repository_paths
from bot.records import Hotspot, Pattern
from codemods.api import Codemod, Repeat
from codemods.index import Index

_OF_TEMPLATE = re.compile(r"\.([^\W\d]\w*)")  # what is no relationship of a model is of no matter


def attributes_at(index: Index, hotspot: Hotspot) -> frozenset[str]:
    """The names of all attributes that are read on the exact lines; a file that can be two of the tree says nothing."""
    files = index.tree.files + index.tree.templates
    return frozenset(
        name
        for place in hotspot.locations
        if place.precision == "exact_line" and place.line is not None
        for paths in [repository_paths(files, place.file)]
        if len(paths) == 1
        for name in _read(index, paths[0], place.line)
    )


def loads_of(
    index: Index, attributes: frozenset[str], codemods: list[Codemod], seen: Sequence[Pattern]
) -> tuple[Repeat, ...]:
    """The statements that reading one of the attributes on a row of some model can repeat, each once.

    Of `seen` statements, whose columns the source hides, those are counted that are the only ones of their table.
    """
    found = (repeat for codemod in codemods for repeat in _named(index, attributes, codemod))
    distinct = {repeat.fingerprint: repeat for repeat in found}.values()
    tables = Counter(repeat.tables[0] for repeat in distinct)
    counted = {p.tables[0]: p for p in seen if p.tables and tables[p.tables[0]] == 1}
    return tuple(_counted(repeat, counted.get(repeat.tables[0])) for repeat in distinct)


def _counted(repeat: Repeat, pattern: Pattern | None) -> Repeat:
    if pattern is None:
        return repeat
    return replace(repeat, fingerprint=pattern.fingerprint, count=pattern.count.p50)


def _named(index: Index, attributes: frozenset[str], codemod: Codemod) -> Iterator[Repeat]:
    loads_named = getattr(codemod, "loads_named", None)
    yield from loads_named(index, attributes) if loads_named and attributes else ()


def _read(index: Index, path: str, line: int) -> Iterator[str]:
    if path in index.tree.templates:
        text = (index.tree.source(path) or "").splitlines()[line - 1 : line]
        yield from _OF_TEMPLATE.findall("".join(text))
        return
    tree = index.tree.parsed(path)
    attributes = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute)) if tree else ()
    for node in attributes:
        if isinstance(node.ctx, ast.Load) and node.lineno <= line <= (node.end_lineno or node.lineno):
            yield node.attr
