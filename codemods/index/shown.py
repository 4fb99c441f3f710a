"""What serializers read of the rows they are given: marshmallow schemas, pydantic and dataclass-like models."""

import ast
import re
from collections.abc import Iterable, Iterator

from codemods.index.calls import Calls, Key
from codemods.index.definitions import Definitions
from codemods.index.facts import Class, dotted
from codemods.index.names import Names
from codemods.index.rowflow import RowFlow
from codemods.index.rows import Path
from codemods.index.tree import Tree

_DEPTH = 4
_METHOD_FIELDS = frozenset({"Method", "SerializerMethodField"})


class Shown:
    """Field paths of serializer classes."""

    def __init__(self, tree: Tree, names: Names, calls: Calls, definitions: Definitions, flow: RowFlow) -> None:
        self._tree = tree
        self._names = names
        self._calls = calls
        self._definitions = definitions
        self._flow = flow
        self._paths: dict[Key, frozenset[Path]] = {}

    def of(self, name: str, key: Key) -> frozenset[Path]:
        """The paths read by the serializer that a callee or a class name means in a function; empty for others."""
        found: set[Path] = set()
        for class_ in self._classes(name, key):
            found |= self.paths(class_)
        return frozenset(found)

    def paths(self, class_: Key, depth: int = _DEPTH) -> frozenset[Path]:
        """The paths that a serializer class reads on what it is given, nested ones included."""
        if class_ not in self._paths and depth:
            self._paths[class_] = frozenset()  # a schema that nests itself ends here
            self._paths[class_] = frozenset(self._read(class_, depth))
        return self._paths.get(class_, frozenset())

    def _classes(self, name: str, key: Key) -> Iterator[Key]:
        function = self._calls.function(key)
        head = name.partition("()")[0].partition("[")[0]
        for candidate in dict.fromkeys((head, head.rpartition(".")[0])):
            first = candidate.partition(".")[0]
            made = (function.instances.get(candidate) or function.instances.get(first)) if function else None
            for spelled in filter(None, (made, candidate)):
                found = self._names.resolve(key[0], spelled, key[1])
                if found and self._calls.is_class(found):
                    yield found
                elif found and (made_by := self._calls.made_by(found)):
                    yield made_by

    def _read(self, class_: Key, depth: int) -> Iterator[Path]:
        listed: set[str] = set()
        for path, name in self._calls.lineage(class_):
            classes = module.classes if (module := self._tree.module(path)) else {}
            if meta := classes.get(f"{name}.Meta"):
                listed |= _texts(meta.values.get("fields")) | _texts(meta.values.get("additional"))
            yield from self._fields(classes[name], depth)
            yield from self._methods(classes[name])
        yield from ((name,) for name in sorted(listed))

    def _fields(self, class_: Class, depth: int) -> Iterator[Path]:
        for name, value in class_.values.items():
            if not isinstance(value, ast.Call):
                continue
            kind = dotted(value.func).rpartition(".")[2]
            if kind in _METHOD_FIELDS or kind[:1].islower():
                continue  # methods are read as such; `Field(default=...)` of pydantic is an annotation's
            own = _texts(_keyword(value, "attribute")) | _texts(_keyword(value, "source"))
            path = tuple(next(iter(own), name).split("."))
            yield path
            for nested in self._nested(class_, value):
                yield from ((*path, *more) for more in self.paths(nested, depth - 1))
            for function in (n for n in ast.walk(value) if isinstance(n, ast.Lambda)):
                yield from _lambda(function)
        for name, annotation in class_.annotations.items():
            yield (name,)
            for nested in self._nested(class_, annotation):
                yield from ((name, *more) for more in self.paths(nested, depth - 1))

    def _nested(self, class_: Class, node: ast.expr) -> Iterator[Key]:
        words = [dotted(n) for n in ast.walk(node) if isinstance(n, ast.Name | ast.Attribute)]
        words += [w for text in _texts(node) for w in re.findall(r"[A-Z][\w.]*", text)]
        for word in dict.fromkeys(w for w in words if w.rpartition(".")[2][:1].isupper()):
            found = self._names.resolve(class_.path, word, class_.qualname)
            if found and self._calls.is_class(found):
                yield found

    def _methods(self, class_: Class) -> Iterator[Path]:
        """What `def get_x(self, row)`, validators and dumpers read on the row that they are given."""
        for method in sorted(class_.methods):
            key = (class_.path, f"{class_.qualname}.{method}")
            node = self._definitions.get(key)
            if node is not None and len(node.args.args) > 1 and not method.startswith("__"):
                seen = self._flow.of_names(key, {node.args.args[1].arg: ()})
                yield from seen.paths
                for name, where, path in seen.handed:
                    yield from ((*path, *more) for more in self.of(name, where))


def _lambda(node: ast.Lambda) -> Iterator[Path]:
    names = {a.arg for a in node.args.args}
    for part in ast.walk(node.body):
        head, *rest = dotted(part).split(".") if isinstance(part, ast.Attribute) else [""]
        if head in names and rest:
            yield tuple(rest)


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((k.value for k in call.keywords if k.arg == name), None)


def _texts(node: ast.expr | None) -> set[str]:
    nodes: Iterable[ast.AST] = ast.walk(node) if node is not None else ()
    return {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}
