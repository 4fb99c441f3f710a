"""Of which class of the tree a value is, read off assignments, constructors and what functions return."""

import ast
import re
from collections.abc import Iterable, Iterator

from codemods.index.calls import Calls, Key
from codemods.index.definitions import Definitions
from codemods.index.facts import Call, Function, callee_of, dotted

_DEPTH = 6  # steps from a name to its class: assignments, containers, calls
_SHORT = 3  # letters: such names can stand for anything
_TAKES_ONE = frozenset({"pop", "get", "popleft", "setdefault"})
_SAME_ITEMS = frozenset({"list", "tuple", "set", "sorted", "reversed", "deque", "values", "copy", "iter"})

_RETURN = "return"  # what a function returns, as if it were a name

_Given = tuple[ast.expr, bool]  # what a name is given, and whether the name is an item of it


class Instances:
    """Classes of values in functions."""

    def __init__(self, calls: Calls, definitions: Definitions) -> None:
        self._calls = calls
        self._definitions = definitions
        self._given: dict[Key, dict[str, list[_Given]]] = {}
        self._known: dict[tuple[str, int, int, int | None, str], list[Key]] = {}

    def methods(self, function: Function, receiver: ast.expr, name: str) -> list[Key]:
        """The methods of that name that a value in a function has, overrides included; empty when no type tells."""
        asked = (function.path, receiver.lineno, receiver.col_offset, receiver.end_col_offset, name)
        if asked not in self._known:
            classes = dict.fromkeys(self._of(function, receiver, _DEPTH))
            found = dict.fromkeys(key for class_ in classes for key in self._calls.methods(class_, name))
            self._known[asked] = list(found)
        return self._known[asked]

    def _of(self, function: Function, node: ast.expr, depth: int) -> Iterator[Key]:
        """The classes that a value can be of."""
        if not depth:
            return
        match node:
            case ast.Name() | ast.Attribute():
                told = list(self._given_to(function, dotted(node), depth))
                yield from told or self._called_like(node)
            case ast.Subscript(value=value, slice=index) if not isinstance(index, ast.Slice):
                yield from self._inside(function, value, depth - 1)
            case ast.Await(value=value):
                yield from self._of(function, value, depth)
            case ast.IfExp(body=one, orelse=other):
                yield from self._any_of(function, (one, other), depth)
            case ast.BoolOp(values=values):
                yield from self._any_of(function, values, depth)
            case ast.Call(func=func):
                if class_ := self._calls.class_named(function, dotted(func)):
                    yield class_
                elif isinstance(func, ast.Attribute) and func.attr in _TAKES_ONE:
                    yield from self._inside(function, func.value, depth - 1)
                for place, value in self._returned(function, node):
                    yield from self._of(place, value, depth - 1)

    def _given_to(self, function: Function, name: str, depth: int) -> Iterator[Key]:
        for place, value, item in self._values(function, name):
            yield from (self._inside if item else self._of)(place, value, depth - 1)

    def _called_like(self, node: ast.expr) -> list[Key]:
        """The class that a plain name is spelled like, `formatter` for Formatter, where the tree has one such class."""
        name = "".join(word.capitalize() for word in node.id.split("_")) if isinstance(node, ast.Name) else ""
        return self._calls.classes_called(name) if len(name) > _SHORT else []

    def _any_of(self, function: Function, nodes: Iterable[ast.expr], depth: int) -> Iterator[Key]:
        for node in nodes:
            yield from self._of(function, node, depth)

    def _inside(self, function: Function, node: ast.expr, depth: int) -> Iterator[Key]:
        """The classes that the items of a container can be of."""
        if not depth:
            return
        match node:
            case ast.List(elts=values) | ast.Tuple(elts=values) | ast.Set(elts=values) | ast.Dict(values=values):
                yield from self._any_of(function, values, depth - 1)
            case ast.ListComp(elt=value) | ast.SetComp(elt=value) | ast.GeneratorExp(elt=value):
                yield from self._of(function, value, depth - 1)
            case ast.Name() | ast.Attribute():
                name = dotted(node)
                yield from self._annotated(function, name)
                for place, value, _ in self._values(function, f"{name}[]"):
                    yield from self._of(place, value, depth - 1)
                for place, value, item in self._values(function, name):
                    yield from self._inside(place, value, depth - 1) if not item else ()
            case ast.Subscript(value=value, slice=ast.Slice()):
                yield from self._inside(function, value, depth)
            case ast.Call(func=func, args=arguments):
                name = func.attr if isinstance(func, ast.Attribute) else dotted(func)
                if name in _SAME_ITEMS:
                    for value in [*arguments, *([func.value] if isinstance(func, ast.Attribute) else [])]:
                        yield from self._inside(function, value, depth - 1)
                for place, value in self._returned(function, node):
                    yield from self._inside(place, value, depth - 1)

    def _annotated(self, function: Function, name: str) -> Iterator[Key]:
        """The class in `frames: list[Timeframe]` of a parameter."""
        words = re.findall(r"[A-Z]\w*", function.params.get(name) or "")
        yield from filter(None, (self._calls.class_named(function, word) for word in words))

    def _returned(self, function: Function, node: ast.Call) -> Iterator[tuple[Function, ast.expr]]:
        keys = self._calls.targets(function, Call(callee_of(node.func), node.lineno))
        for target in filter(None, map(self._calls.function, keys)):
            for value, _ in self._names_of((target.path, target.qualname)).get(_RETURN, ()):
                yield target, value

    def _values(self, function: Function, name: str) -> Iterator[tuple[Function, ast.expr, bool]]:
        """What a name is given in its function, or an attribute of `self` in any method of the class."""
        owner = self._calls.owner(function) if name.startswith("self.") else None
        keys = self._calls.members(owner) if owner else [(function.path, function.qualname)]
        for place in filter(None, map(self._calls.function, keys)):
            for value, item in self._names_of((place.path, place.qualname)).get(name, ()):
                yield place, value, item

    def _names_of(self, key: Key) -> dict[str, list[_Given]]:
        if key not in self._given:
            found = self._given[key] = {}
            definition = self._definitions.get(key)
            for node in ast.walk(definition) if definition else ():
                for name, value, item in _bindings(node):
                    found.setdefault(name, []).append((value, item))
        return self._given[key]


def _bindings(node: ast.AST) -> Iterator[tuple[str, ast.expr, bool]]:
    """(name, value, whether the name is an item of the value); `name[]` for what a container is given."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                container = target.value if isinstance(target, ast.Subscript) else None
                yield (f"{dotted(container)}[]" if container else dotted(target)), value, False
        case ast.Return(value=ast.expr() as value):
            yield _RETURN, value, False
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield dotted(target), value, False
        case ast.For(target=ast.Name(id=name), iter=value) | ast.comprehension(target=ast.Name(id=name), iter=value):
            yield name, value, True
        case ast.Call(func=ast.Attribute(value=container, attr="append" | "add"), args=[value]):
            yield f"{dotted(container)}[]", value, False
