"""Who calls whom, resolved by name: imports, `self`, class attributes, instances, subclass overrides."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from codemods.index.facts import Call, Class, Function
from codemods.index.names import Names
from codemods.index.tree import Tree

Key = tuple[str, str]  # path, qualified name


@dataclass(frozen=True, slots=True)
class Hop:
    """A function on the way from an entry: how many calls away, and through which caller."""

    function: Function
    distance: int
    caller: Key | None


class Calls:
    """The call graph, built on demand from the functions that are asked about."""

    def __init__(self, tree: Tree, names: Names) -> None:
        self._tree = tree
        self._names = names

    def function(self, key: Key) -> Function | None:
        """The function or method of that path and name."""
        module = self._tree.module(key[0])
        return module.functions.get(key[1]) if module else None

    def reach(self, starts: list[Key], depth: int) -> dict[Key, Hop]:
        """Every function that the starts reach in at most `depth` calls, nearest first."""
        reached: dict[Key, Hop] = {}
        queue: deque[tuple[Key, int, Key | None]] = deque((key, 0, None) for key in starts)
        while queue:
            key, distance, caller = queue.popleft()
            function = self.function(key)
            if key in reached or function is None:
                continue
            reached[key] = Hop(function, distance, caller)
            if distance < depth:
                queue.extend((callee, distance + 1, key) for callee in self.callees(function))
        return reached

    def callees(self, function: Function) -> list[Key]:
        """The functions that one function calls, in source order, each once."""
        seen: dict[Key, None] = {}
        for call in function.calls:
            for key in self.targets(function, call):
                seen.setdefault(key)
        return list(seen)

    def targets(self, function: Function, call: Call) -> Iterator[Key]:
        """The definitions that one call can mean; nothing when it leaves the tree."""
        head, _, rest = call.callee.partition(".")
        if head in ("self", "cls") and function.owner:
            if rest and "." not in rest:
                yield from self._methods((function.path, function.owner), rest)
            elif rest:
                attribute, _, method = rest.rpartition(".")
                if made := self._attribute_class(function, f"self.{attribute}"):
                    yield from self._methods(made, method)
            return
        made_by = function.params[head] if head in function.params else function.instances.get(head)
        if made_by and rest and "." not in rest and (made := self._class(function, made_by)):
            yield from self._methods(made, rest)
            return
        yield from self._named(function, call.callee)

    def callers(self, key: Key) -> list[Key]:
        """Functions anywhere in the tree that call this one."""
        name = key[1].rpartition(".")[2]
        found = []
        for path in self._tree.containing(f"{name}("):
            module = self._tree.module(path)
            for function in module.functions.values() if module else ():
                calls = [c for c in function.calls if c.callee.rpartition(".")[2] == name]
                if any(key in self.targets(function, call) for call in calls):
                    found.append((path, function.qualname))
        return found

    def _named(self, function: Function, name: str) -> Iterator[Key]:
        found = self._names.resolve(function.path, name, function.qualname)
        if found is None:
            return
        if self.function(found):
            yield found
            return
        module = self._tree.module(found[0])
        if module is None:
            return
        owner, _, method = found[1].rpartition(".")
        if found[1] in module.classes:
            for special in ("__init__", "__call__"):
                yield from self._methods(found, special)
        elif owner in module.classes:
            yield from self._methods((found[0], owner), method)
        elif (made := module.functions.get("<module>")) and owner in made.instances:
            if class_ := self._class(made, made.instances[owner]):
                yield from self._methods(class_, method)

    def _class(self, function: Function, name: str) -> Key | None:
        found = self._names.resolve(function.path, name.strip("'\""), function.qualname)
        module = self._tree.module(found[0]) if found else None
        return found if found and module and found[1] in module.classes else None

    def _attribute_class(self, function: Function, attribute: str) -> Key | None:
        module = self._tree.module(function.path)
        assert module is not None
        for other in module.functions.values():
            if other.owner == function.owner and attribute in other.instances:
                return self._class(other, other.instances[attribute])
        return None

    def _methods(self, class_: Key, method: str) -> Iterator[Key]:
        """The method as the class or its nearest base defines it, then every override below the class."""
        yield from self._inherited(class_, method, set())
        yield from self._overrides(class_, method)

    def _inherited(self, class_: Key, method: str, seen: set[Key]) -> Iterator[Key]:
        module = self._tree.module(class_[0])
        if module is None or class_ in seen or class_[1] not in module.classes:
            return
        seen.add(class_)
        definition = module.classes[class_[1]]
        if method in definition.methods:
            yield class_[0], f"{class_[1]}.{method}"
            return
        for base in definition.bases:
            found = self._base(definition, base)
            if found:
                before = len(seen)
                results = list(self._inherited(found, method, seen))
                yield from results
                if results or len(seen) == before:
                    return

    def _overrides(self, class_: Key, method: str) -> Iterator[Key]:
        name = class_[1].rpartition(".")[2]
        for path in self._tree.containing(f"({name}", f", {name}", f".{name}"):
            module = self._tree.module(path)
            for other in module.classes.values() if module else ():
                if method in other.methods and any(self._base(other, base) == class_ for base in other.bases):
                    yield path, f"{other.qualname}.{method}"

    def _base(self, class_: Class, base: str) -> Key | None:
        return self._names.resolve(class_.path, base.partition("[")[0], class_.qualname.rpartition(".")[0])
