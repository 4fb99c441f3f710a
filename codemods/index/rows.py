"""What is known of rows that are followed: attribute paths, and where and under which conditions they are read."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from codemods.index.calls import Calls, Key
from codemods.index.facts import Function
from codemods.index.instances import Instances

Path = tuple[str, ...]
Span = tuple[int, int, int, int]
Context = tuple[str, ...]  # the branches around a read, outermost first; empty when every row comes there

# Methods that hand out the same rows: of queries, results, managers and containers.
SAME_ROWS = frozenset(
    {"all", "filter", "filter_by", "where", "order_by", "options", "join", "outerjoin", "limit", "offset", "distinct"}
    | {"first", "one", "one_or_none", "scalars", "scalar", "unique", "fetchall", "partitions", "yield_per", "slice"}
    | {"first_or_404", "get_or_404", "paginate", "with_for_update", "execution_options", "params", "reverse", "copy"}
    | {"get", "values", "items", "pop", "popitem", "append", "add", "extend", "insert", "setdefault", "union"}
    | {"exclude", "annotate", "select_related", "prefetch_related", "iterator", "only", "defer", "last"}
)


@dataclass
class Seen:
    """What is read on the rows of one origin.

    Attributes:
        paths: attribute path -> the contexts in which it is read.
        keys: names under which rows are handed to templates, with what they stand for.
        visited: the functions that rows pass through.
        handed: (class or instance as written, function that writes it, path): what serializers are given.
    """

    paths: dict[Path, set[Context]] = field(default_factory=dict)
    keys: dict[str, set[Path]] = field(default_factory=dict)
    visited: set[Key] = field(default_factory=set)
    handed: set[tuple[str, Key, Path]] = field(default_factory=set)
    returned: set[Path] = field(default_factory=set)


class Run(Protocol):
    """One origin's run through the tree, as the readers of single functions see it.

    Attributes:
        sources: functions that return rows, and what of them.
        attributes: properties that do.
        closures: what nested functions see of the names around them.
    """

    calls: Calls
    instances: Instances
    seen: Seen
    sources: dict[Key, Path]
    attributes: dict[str, Path]
    closures: dict[Key, dict[str, Path]]

    def down(self, key: Key, names: dict[str, Path], depth: int, context: Context) -> set[Path]:
        """What a function that is handed rows returns of them."""

    def keep(self, function: Function, name: str, path: Path, depth: int) -> None:
        """`self.name = rows`: every method of the class sees them."""

    def share(self, key: Key, name: str, path: Path, depth: int) -> None:
        """`g.name = rows`, Flask's object of a request: every function that reads it sees them."""


def first_of(paths: Iterable[Path | None]) -> Path | None:
    """The first path that is known."""
    return next((path for path in paths if path is not None), None)


def span_of(node: ast.expr) -> Span:
    """The source offsets of an expression."""
    return node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0
