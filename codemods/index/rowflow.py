"""Where the rows of a query go, and which attribute paths are read on them on the way.

An abstract run: it starts at a query expression, follows its rows through names, loops, containers and objects, into
the functions they are handed to, and up into the callers they are returned to. A path is what is read from a row on,
for example ("author", "address", "city"); a method stands as "name()". Containers are transparent: a list of rows, a
dictionary of rows and a row are one path. What it cannot see it leaves out.
"""

import ast
from collections.abc import Collection, Container, Iterator, Mapping
from typing import cast

from codemods.index.calls import Calls, Key
from codemods.index.definitions import Definition, Definitions
from codemods.index.facts import Function, Query, dotted
from codemods.index.instances import Instances
from codemods.index.row_statements import Statements
from codemods.index.rows import Context, Path, Seen, Span

_DOWN, _UP, _VISITS, _CALLERS = 6, 4, 400, 12


class RowFlow:
    """Runs of rows through a tree."""

    def __init__(self, calls: Calls, definitions: Definitions) -> None:
        self._calls = calls
        self._definitions = definitions
        self._instances = Instances(calls, definitions)
        self._runs: dict[tuple[Key, Span], list[_Run]] = {}
        self._named: dict[tuple[Key, frozenset[tuple[str, Path]]], Seen] = {}

    def of_query(self, key: Key, query: Query, through: Collection[Key]) -> Seen:
        """What is read on the rows of a query of a function; callers outside `through` do not count.

        The same object for other callers too, as long as they agree on all functions that the rows come to.
        """
        runs = self._runs.setdefault((key, query.chain), [])
        for known in runs:
            if known.through.agrees(through):
                return known.seen
        run = _Run(self._calls, self._definitions, self._instances, through)
        run.start(key, {query.chain: query.depth})
        runs.append(run)
        return run.seen

    def of_names(self, key: Key, names: Mapping[str, Path]) -> Seen:
        """What one function reads on names, for example on `self`, with what it calls."""
        asked = (key, frozenset(names.items()))
        if asked not in self._named:
            run = _Run(self._calls, self._definitions, self._instances, frozenset())
            run.seen.returned = run.down(key, dict(names), 0, ())
            self._named[asked] = run.seen
        return self._named[asked]


class _Through(Container[Key]):
    """The callers that count, and the answers of those that were asked for."""

    def __init__(self, callers: Collection[Key]) -> None:
        self._callers = callers
        self._limited = bool(callers)
        self._answers: dict[Key, bool] = {}

    def __bool__(self) -> bool:
        return self._limited

    def __contains__(self, key: object) -> bool:
        found = key in self._callers
        self._answers[cast("Key", key)] = found
        return found

    def agrees(self, others: Collection[Key]) -> bool:
        """Whether others would have given the same answers."""
        return others is self._callers or (
            bool(others) == self._limited and all((key in others) == found for key, found in self._answers.items())
        )


class _Run:
    """One origin's run: visits each function once per binding."""

    def __init__(self, calls: Calls, definitions: Definitions, instances: Instances, through: Collection[Key]) -> None:
        self.calls = calls
        self.definitions = definitions
        self.instances = instances
        self.through = _Through(through)
        self.seen = Seen()
        self.sources: dict[Key, Path] = {}  # functions that return rows
        self.attributes: dict[str, Path] = {}  # properties that do
        self.closures: dict[Key, dict[str, Path]] = {}
        self._memo: dict[tuple[Key, frozenset[tuple[str, Path]], Context], tuple[int, set[Path]]] = {}
        self._kept: set[tuple[Key, str, Path]] = set()
        self._left = _VISITS

    def start(self, key: Key, spans: Mapping[Span, int]) -> None:
        """Run the function that holds the origin, then the callers that its rows are returned to."""
        level = {key: self._visit(key, {}, spans, (), 0)}
        for _ in range(_UP):
            level = dict(self._up(level))

    def _up(self, level: dict[Key, set[Path]]) -> Iterator[tuple[Key, set[Path]]]:
        for key, returned in level.items():
            if not returned:
                continue
            self.sources[key] = min(returned, key=len)
            if self.calls.is_property(key):
                self.attributes[key[1].rpartition(".")[2]] = self.sources[key]
            takers = [*self.calls.takers(key), *self._around(key)]
            callers = [c for c in takers if c in self.through] if self.through else takers
            for caller in callers[:_CALLERS]:
                yield caller, self._visit(caller, {}, {}, (), 1)

    def _around(self, key: Key) -> list[Key]:
        """The function that a nested one is defined in, and which may hand it on."""
        outer = (key[0], key[1].rpartition(".")[0])
        return [outer] if self.calls.function(outer) else []

    def down(self, key: Key, names: dict[str, Path], depth: int, context: Context) -> set[Path]:
        """What a function that is handed rows returns of them."""
        return self._visit(key, names, {}, context, depth + 1) if depth < _DOWN else set()

    def keep(self, function: Function, name: str, path: Path, depth: int) -> None:
        """`self.name = rows`: every method of the class sees them."""
        owner = self.calls.owner(function)
        if owner is None or (owner, name, path) in self._kept or depth >= _DOWN:
            return
        self._kept.add((owner, name, path))
        methods = dict.fromkeys(m for class_ in [owner, *self.calls.below(owner)] for m in self.calls.members(class_))
        methods.pop((function.path, function.qualname), None)
        for method in [m for m in methods if m in self.through] or methods:
            self._visit(method, {f"self.{name}": path}, {}, (), depth + 1)

    def share(self, key: Key, name: str, path: Path, depth: int) -> None:
        """`g.name = rows`, Flask's object of a request: every function that reads it sees them."""
        if (key, name, path) in self._kept or depth >= _DOWN:
            return
        self._kept.add((key, name, path))
        readers = [reader for reader in self.calls.reading(name) if not self.through or reader in self.through]
        for reader in readers[:_CALLERS]:
            if reader != key:
                self._visit(reader, {name: path}, {}, (), depth + 1)

    def _visit(
        self, key: Key, names: dict[str, Path], spans: Mapping[Span, int], context: Context, depth: int
    ) -> set[Path]:
        function, node = self.calls.function(key), self.definitions.get(key)
        asked = (key, frozenset(names.items()), context)
        known = self._memo.get(asked)
        if known and known[0] <= depth and not (self.sources and not names):
            return known[1]  # nearer to the origin, a function is followed further
        if function is None or node is None or not self._left:
            return set()
        self._left -= 1
        if names or spans:
            self.seen.visited.add(key)
        self._memo[asked] = depth, set()  # a function that calls itself ends here
        reader = Statements(self, function, {**self.closures.get(key, {}), **names}, spans, depth)
        reader.context = context
        reader.block(node.body)
        if reader.returned:
            self.seen.visited.add(key)
            self.seen.handed |= {(word, key, path) for word in _promised(node) for path in reader.returned}
        self._memo[asked] = depth, reader.returned
        return reader.returned


def _promised(node: Definition) -> set[str]:
    """Names of classes in the decorators and the return annotation of a function: what its result is shown through."""
    nodes = [*node.decorator_list, *([node.returns] if node.returns else [])]
    names = {dotted(part) for top in nodes for part in ast.walk(top) if isinstance(part, ast.Name | ast.Attribute)}
    return {name for name in names if name.rpartition(".")[2][:1].isupper()}
