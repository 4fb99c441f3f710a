"""Who calls whom, resolved by name: imports, `self`, class attributes, instances, subclass overrides."""

import ast
from collections import deque
from collections.abc import Iterator, Mapping

import msgspec

from codemods.index.facts import CLASS_BODY, Call, Class, Function, dotted
from codemods.index.hooks import run_before
from codemods.index.names import Names
from codemods.index.remember import remembered
from codemods.index.tree import Tree
from codemods.index.types import Types

Key = tuple[str, str]  # path, qualified name
_CLASSES = 3  # that one expression can be an instance of
_RARE = 2  # definitions of a name up to which a call of it by name alone is taken for one of them
# Names that every object, container, string, query or session has: alone they mean nothing.
_EVERYWHERE = frozenset(
    {name for kind in (dict, list, set, str, bytes, object) for name in dir(kind)}
    | {"all", "filter", "filter_by", "first", "one", "query", "execute", "commit", "rollback", "flush", "delete"}
    | {
        "save",
        "order_by",
        "options",
        "scalars",
        "scalar",
        "create",
        "read",
        "write",
        "close",
        "open",
        "send",
        "run",
        "load",
    }
)


class Hop(msgspec.Struct, frozen=True):
    """A function on the way from an entry: how many calls away, and through which caller."""

    function: Function
    distance: int
    caller: Key | None


class Calls:
    """The call graph, built on demand from the functions that are asked about."""

    def __init__(self, tree: Tree, names: Names) -> None:
        self._tree = tree
        self._names = names
        self._targets: dict[tuple[str, str, str], list[Key]] = {}
        self.types = Types(tree, names, self)

    def function(self, key: Key) -> Function | None:
        """The function or method of that path and name."""
        module = self._tree.module(key[0])
        return module.functions.get(key[1]) if module else None

    def reach(self, starts: list[Key], depth: int, objects: Mapping[Key, Key] | None = None) -> dict[Key, Hop]:
        """Every function that the starts reach in at most `depth` calls, nearest first.

        `objects` are the classes of `self` in those starts that are methods of one known class: what they call on it is
        its own, not that of every class beside it.
        """
        reached: dict[Key, Hop] = {}
        seen: set[tuple[Key, Key | None]] = set()
        known = objects or {}
        queue: deque[tuple[Key, int, Key | None, Key | None]] = deque((k, 0, None, known.get(k)) for k in starts)
        while queue:
            key, distance, caller, object_ = queue.popleft()
            function = self.function(key)
            if (key, object_) in seen or function is None:
                continue
            seen.add((key, object_))
            reached.setdefault(key, Hop(function, distance, caller))
            if distance < depth:
                called = self._called_on(function, object_)
                queue.extend((callee, distance + 1, key, on) for callee, on in called)
        return reached

    def _called_on(self, function: Function, object_: Key | None) -> list[tuple[Key, Key | None]]:
        """The functions that one function calls, and the class of `self` in them when it stays the same."""
        owner = self.owner(function)
        if object_ is None or owner is None or owner not in self.lineage(object_):
            return [(key, None) for key in self.callees(function)]
        found: dict[tuple[Key, Key | None], None] = {}
        for call in function.calls:
            head, _, method = call.callee.partition(".")
            if head in ("self", "cls", "cls()") and method.isidentifier() and (own := self.member(object_, method)):
                found.setdefault((own, object_))
                continue
            keys = self.targets(function, call) or self.guesses(call)
            above = head[:1].isupper() or head.startswith("super()")  # `Base.method(self)`
            own_keys = [key for key in keys if above and self._is_of(key, object_)]
            named = self._class(function, head.removesuffix("()")) if above and not own_keys else None
            if named and method.isidentifier() and (own := self.member(named, method)):
                found.setdefault((own, named))  # `Page.render()`: that very class
                continue
            found |= dict.fromkeys((key, object_ if own_keys else None) for key in own_keys or keys)
        return list(found)

    def _is_of(self, key: Key, class_: Key) -> bool:
        """Whether a function is a method of the class or of one above it."""
        function = self.function(key)
        return function is not None and function.owner is not None and (key[0], function.owner) in self.lineage(class_)

    def callees(self, function: Function) -> list[Key]:
        """The functions that one function calls, in source order, each once; then those that run before it."""
        seen: dict[Key, None] = {}
        for call in function.calls:
            for key in self.targets(function, call) or self.guesses(call):
                seen.setdefault(key)
        seen |= dict.fromkeys((hook.path, hook.qualname) for hook in run_before(self._tree, function))
        return list(seen)

    def targets(self, function: Function, call: Call) -> list[Key]:
        """The definitions that one call can mean; nothing when it leaves the tree."""
        asked = (function.path, function.qualname, call.callee)
        if asked not in self._targets:
            self._targets[asked] = list(self._find_targets(function, call))
        return self._targets[asked]

    def _find_targets(self, function: Function, call: Call) -> Iterator[Key]:
        new, _, method = call.callee.rpartition("().")
        if new:  # Posts().page(), super().page()
            yield from self._of_new(function, new, method)
            return
        head, _, rest = call.callee.partition(".")
        if head in ("self", "cls") and (owner := self.owner(function)):
            if rest and "." not in rest:
                yield from self._methods(owner, rest)
            elif rest:
                yield from self._on_instances(function, call.callee)
            return
        if rest and (found := list(self._on_instances(function, call.callee))):
            yield from found
        elif head not in function.params:  # a parameter hides a definition of its name
            yield from self._named(function, call.callee)

    def guesses(self, call: Call) -> list[Key]:
        """The methods that a call can mean by its name alone, where no type tells: only when few have the name."""
        receiver, dot, name = call.callee.rpartition(".")
        if not dot or receiver in ("self", "cls", "super()") or name in _EVERYWHERE:
            return []
        return self._rare_methods(name)

    @remembered
    def _rare_methods(self, name: str) -> list[Key]:
        paths = self._tree.naming(f"def {name}(")
        modules = filter(None, map(self._tree.module, paths if len(paths) <= _RARE else ()))
        found = [(f.path, f.qualname) for m in modules for f in m.functions.values() if f.owner]
        found = [key for key in found if key[1].rpartition(".")[2] == name]
        return found if len(found) <= _RARE else []

    def callers(self, key: Key) -> list[Key]:
        """Functions anywhere in the tree that call this one."""
        name = key[1].rpartition(".")[2]
        return [
            (path, function.qualname)
            for path in self._tree.naming(f"{name}(")
            for function, calls in self._calling(path).get(name, ())
            if any(key in self.targets(function, call) for call in calls)
        ]

    @remembered
    def _calling(self, path: str) -> dict[str, list[tuple[Function, list[Call]]]]:
        """Last part of a callee -> the functions of the file that call it, with those calls."""
        found: dict[str, list[tuple[Function, list[Call]]]] = {}
        module = self._tree.module(path)
        for function in module.functions.values() if module else ():
            by_name: dict[str, dict[str, Call]] = {}
            for call in function.calls:
                by_name.setdefault(call.callee.rpartition(".")[2], {}).setdefault(call.callee, call)
            for name, calls in by_name.items():
                found.setdefault(name, []).append((function, list(calls.values())))
        return found

    def is_property(self, key: Key) -> bool:
        """Whether reading the attribute calls the function."""
        function = self.function(key)
        return function is not None and _is_property(function)

    def is_static(self, key: Key) -> bool:
        """Whether a method is given no object."""
        function = self.function(key)
        return function is not None and any(dotted(d) == "staticmethod" for d in function.decorators)

    def below(self, class_: Key) -> list[Key]:
        """Every class below one, nearest first."""
        found = [class_]
        for one in found:
            found += [sub for sub in self._subclasses(one) if sub not in found]
        return found[1:]

    def is_class(self, key: Key) -> bool:
        """Whether the place is a class."""
        return self._definition(key) is not None

    def members(self, class_: Key) -> list[Key]:
        """The methods of a class as it has them, inherited ones included, and the class bodies that hold queries."""
        found: dict[str, Key] = {}
        for path, owner in self.lineage(class_):
            definition = self._definition((path, owner))
            for name in sorted(definition.methods) if definition else ():
                found.setdefault(name, (path, f"{owner}.{name}"))
            body = (path, f"{owner}.{CLASS_BODY}")
            if self.function(body):
                found.setdefault("/".join(body), body)
        return list(found.values())

    def member(self, class_: Key, name: str) -> Key | None:
        """The method or property of that name as the class has it."""
        return next(iter(self._inherited(class_, name)), None)

    def methods(self, class_: Key, name: str) -> list[Key]:
        """The methods that a call on an instance of the class can mean: its own, and overrides below it."""
        return self._methods(class_, name)

    def class_named(self, function: Function, name: str) -> Key | None:
        """The class of the tree that a name means in a function."""
        return self._class(function, name)

    @remembered
    def classes_called(self, name: str) -> list[Key]:
        """The one class of that name that the tree has; empty when it has several."""
        modules = filter(None, map(self._tree.module, self._tree.naming(f"class {name}")))
        found = [(c.path, c.qualname) for module in modules for c in module.classes.values()]
        found = [key for key in found if key[1].rpartition(".")[2] == name]
        return found if len(found) == 1 else []

    @remembered
    def methods_called(self, class_: str, method: str) -> list[Key]:
        """The methods of that name of all classes of a name."""
        modules = filter(None, map(self._tree.module, self._tree.naming(f"class {class_}")))
        found = [(c.path, c.qualname) for module in modules for c in module.classes.values()]
        return [own for key in found if key[1].rpartition(".")[2] == class_ and (own := self.member(key, method))]

    def class_value(self, class_: Key, name: str) -> ast.expr | None:
        """What the body of the class, or of one above it, assigns to the name."""
        return self.class_values(class_).get(name)

    def made_by(self, key: Key) -> Key | None:
        """The class of a module-level instance: `posts_schema = PostSchema(many=True)`."""
        module = self._tree.module(key[0])
        body = module.functions.get("<module>") if module else None
        return self._class(body, body.instances[key[1]]) if body and key[1] in body.instances else None

    def class_values(self, class_: Key) -> dict[str, ast.expr]:
        """The attributes that the body of a class assigns, inherited ones included."""
        merged: dict[str, ast.expr] = {}
        for definition in filter(None, map(self._definition, reversed(self.lineage(class_)))):
            merged |= definition.values
        return merged

    def holders(self, class_: Key) -> list[Key]:
        """Classes whose attributes name the class: the viewset of a serializer, the view of a form."""
        found = []
        for path in self._tree.naming(class_[1].rpartition(".")[2]):
            module = self._tree.module(path)
            for holder in module.classes.values() if module else ():
                names = {dotted(n) for value in holder.values.values() for n in ast.walk(value)} - {""}
                if any(self._names.resolve(path, name, holder.qualname) == class_ for name in names):
                    found.append((path, holder.qualname))
        return found

    @remembered
    def possible_callers(self, key: Key) -> list[Key]:
        """Those who can be given its result, and who makes the object that it is a method of."""
        function = self.function(key)
        if function is None:
            return []
        found = dict.fromkeys(self.takers(key))
        if function.owner:
            found |= dict.fromkeys(self._users(function.owner.rpartition(".")[2], as_property=False))
        found.pop(key, None)
        return list(found)

    @remembered
    def takers(self, key: Key) -> list[Key]:
        """Who is given its result: callers, and by name alone, where types cannot tell, those of a rare name."""
        function = self.function(key)
        if function is None:
            return []
        owner, _, name = key[1].rpartition(".")
        found = dict.fromkeys(self.callers(key))
        if owner == function.owner and name in ("__init__", "__call__", "__iter__"):
            name = ""
        if name and self._definitions(name) <= _RARE:
            found |= dict.fromkeys(self._users(name, as_property=_is_property(function)))
        found.pop(key, None)
        return list(found)

    @remembered
    def reading(self, name: str) -> list[Key]:
        """Functions that read a dotted name: `g.posts`."""
        base, _, attr = name.rpartition(".")
        modules = filter(None, map(self._tree.module, self._tree.containing(name)))
        return [
            (function.path, function.qualname)
            for module in modules
            for function in module.functions.values()
            if any((read.base, read.attr) == (base, attr) for read in function.reads)
        ]

    @remembered
    def _definitions(self, name: str) -> int:
        modules = filter(None, map(self._tree.module, self._tree.naming(f"def {name}(")))
        return sum(qualname.rpartition(".")[2] == name for module in modules for qualname in module.functions)

    def _users(self, name: str, *, as_property: bool) -> Iterator[Key]:
        """Functions that call something of that name, or read it as an attribute."""
        for path in sorted({*self._tree.naming(f".{name}"), *self._tree.naming(f"{name}(")}):
            module = self._tree.module(path)
            calling = {function.qualname for function, _ in self._calling(path).get(name, ())}
            for function in module.functions.values() if module else ():
                called = function.qualname in calling
                if called or (as_property and any(read.attr == name for read in function.reads)):
                    yield path, function.qualname

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
        else:
            body = module.functions["<module>"]
            class_ = self._class(body, body.instances[owner]) if owner in body.instances else None
            yield from self._methods(class_, method) if class_ else ()

    def _of_new(self, function: Function, made_by: str, method: str) -> Iterator[Key]:
        if made_by != "super":
            yield from self._on_instances(function, f"{made_by}().{method}")
        elif owner := self.owner(function):
            definition = self._definition(owner)
            bases = (self._base(definition, base) for base in definition.bases) if definition else ()
            yield from next((found for base in bases if base and (found := self._inherited(base, method))), [])

    def owner(self, function: Function) -> Key | None:
        """The class whose `self` a function sees: its own, or that of the method around it."""
        module = self._tree.module(function.path)
        scopes = function.qualname.split(".")
        around = (".".join(scopes[:n]) for n in range(len(scopes), 0, -1))
        owners = (module.functions[name].owner for name in around if module and name in module.functions)
        return next(((function.path, owner) for owner in owners if owner), None)

    def _definition(self, class_: Key) -> Class | None:
        module = self._tree.module(class_[0])
        return module.classes.get(class_[1]) if module else None

    def _class(self, function: Function, name: str) -> Key | None:
        found = self._names.resolve(function.path, name.strip("'\""), function.qualname)
        module = self._tree.module(found[0]) if found else None
        return found if found and module and found[1] in module.classes else None

    def _on_instances(self, function: Function, callee: str) -> Iterator[Key]:
        """A method of what an expression is an instance of: `self.repos.posts.page`."""
        instance, _, method = callee.rpartition(".")
        for made in self.types.of(function, instance)[:_CLASSES]:
            yield from self._methods(made, method)

    @remembered
    def _methods(self, class_: Key, method: str) -> list[Key]:
        """The method as the class or its nearest base defines it, then every override below the class."""
        return [*self._inherited(class_, method), *self._overrides(class_, method)]

    def _inherited(self, class_: Key, method: str) -> list[Key]:
        for path, name in self.lineage(class_):
            definition = self._definition((path, name))
            if definition and method in definition.methods:
                return [(path, f"{name}.{method}")]
        return []

    @remembered
    def lineage(self, class_: Key) -> list[Key]:
        """The class and those above it, depth first from the left."""
        seen: dict[Key, None] = {}
        stack = [class_]
        while stack:
            key = stack.pop()
            definition = self._definition(key)
            if key not in seen and definition:
                seen[key] = None
                stack += filter(None, (self._base(definition, base) for base in reversed(definition.bases)))
        return list(seen)

    def _overrides(self, class_: Key, method: str) -> Iterator[Key]:
        """Where the classes below define the method, depth first."""
        for key in self._all_below(class_):
            definition = self._definition(key)
            if definition and method in definition.methods:
                yield key[0], f"{key[1]}.{method}"

    @remembered
    def _all_below(self, class_: Key) -> list[Key]:
        seen = {class_: None}
        stack = self._subclasses(class_)[::-1]
        while stack:
            key = stack.pop()
            if key not in seen:
                seen[key] = None
                stack += reversed(self._subclasses(key))
        return list(seen)[1:]

    @remembered
    def _subclasses(self, class_: Key) -> list[Key]:
        """The classes directly below one, in path order."""
        modules = filter(None, map(self._tree.module, self._tree.deriving(class_[1].rpartition(".")[2])))
        classes = (below for module in modules for below in module.classes.values())
        found = [b for b in classes if any(self._base(b, base) == class_ for base in b.bases)]
        return [(below.path, below.qualname) for below in found]

    def _base(self, class_: Class, base: str) -> Key | None:
        return self._names.resolve(class_.path, base.partition("[")[0], class_.qualname.rpartition(".")[0])


def _is_property(function: Function) -> bool:
    return any(dotted(d).rpartition(".")[2] in _PROPERTIES for d in function.decorators)


_PROPERTIES = frozenset({"property", "cached_property", "hybrid_property", "reify", "memoized_property"})
