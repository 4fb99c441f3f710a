"""Which classes a name for a model can stand for: what subclasses, constructor calls and callers give it.

`session.query(self.model)` in a base class, `select(model)` in a helper: whoever derives or calls names the model.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from codemods.index.calls import Calls, Key
from codemods.index.definitions import Definitions
from codemods.index.facts import Call, Function, callee_of, dotted
from codemods.index.names import Names
from codemods.index.remember import remembered
from codemods.index.tree import Tree

_DEPTH = 4  # functions that hand on what they are given
_MOST = 80  # bindings of one name, and files that make instances of one class


@dataclass(frozen=True, slots=True)
class Given:
    """A call that hands a model in: the function that holds it, and the call."""

    key: Key
    call: ast.Call


@dataclass(frozen=True, slots=True)
class Bound:
    """One class that the name stands for.

    Attributes:
        holder: the class on whose instances it does, for an attribute of self.
        calls: the calls that hand it in, nearest to the name first, for a parameter.
    """

    model: Key
    holder: Key | None = None
    calls: tuple[Given, ...] = ()


class Bindings:
    """Bindings of names in functions."""

    def __init__(self, tree: Tree, names: Names, calls: Calls, definitions: Definitions) -> None:
        self._tree = tree
        self._names = names
        self._calls = calls
        self._definitions = definitions

    @remembered
    def of(self, key: Key, name: str) -> tuple[Bound, ...]:
        """What `model`, `self.model` or `cls.model` stands for in a function; empty when nothing tells."""
        function = self._calls.function(key)
        found = self._of(function, name, _DEPTH) if function else iter(())
        return tuple(dict.fromkeys(found))[:_MOST]

    def _of(self, function: Function, name: str, depth: int) -> Iterator[Bound]:
        head, _, attribute = name.partition(".")
        owner = self._calls.owner(function)
        if not depth:
            return
        if head in ("self", "cls") and owner and attribute.isidentifier():
            for class_ in [owner, *self._calls.below(owner)]:
                yield from (Bound(model, class_) for model in self._of_class(class_, attribute))
        elif name in function.params:
            yield from self._of_parameter(function, name, depth)
        elif name.isidentifier():
            for value in self._assigned(function, name):
                yield from self._of_value(function, value, depth)

    def _of_value(self, function: Function, value: ast.expr, depth: int) -> Iterator[Bound]:
        """What an expression stands for: a class as it is written, or a name for one."""
        match value:
            case ast.BoolOp(values=values):
                parts = values
            case ast.IfExp(body=body, orelse=orelse):
                parts = [body, orelse]
            case _:
                parts = [value]
        for part in parts:
            if class_ := self._class(function.path, dotted(part), function.qualname):
                yield Bound(class_)
            elif dotted(part):
                yield from self._of(function, dotted(part), depth - 1)

    def _class(self, path: str, name: str, scope: str) -> Key | None:
        found = self._names.resolve(path, name, scope) if name else None
        return found if found and self._calls.is_class(found) else None

    def _assigned(self, function: Function, name: str) -> list[ast.expr]:
        definition = self._definitions.get((function.path, function.qualname))
        assigned = [node for node in ast.walk(definition) if isinstance(node, ast.Assign)] if definition else []
        return [node.value for node in assigned if any(isinstance(t, ast.Name) and t.id == name for t in node.targets)]

    # ---- attributes of self ----

    def _of_class(self, class_: Key, attribute: str) -> list[Key]:
        """The classes that the attribute of instances of one class can be, most telling source first."""
        for source in (self._in_body, self._by_property, self._by_constructor, self._by_generic):
            if found := list(dict.fromkeys(source(class_, attribute))):
                return found
        return []

    def _in_body(self, class_: Key, attribute: str) -> Iterator[Key]:
        for path, owner in self._calls.lineage(class_):
            module = self._tree.module(path)
            value = module.classes[owner].values.get(attribute) if module else None
            if value is not None:
                if found := self._class(path, dotted(value), owner):
                    yield found
                return

    def _by_property(self, class_: Key, attribute: str) -> Iterator[Key]:
        member = self._calls.member(class_, attribute)
        function = self._calls.function(member) if member else None
        for name in sorted(function.returned) if function else ():
            if function and (found := self._class(function.path, name, function.qualname)):
                yield found

    def _by_constructor(self, class_: Key, attribute: str) -> Iterator[Key]:
        """What `__init__` is given for it: by subclasses through `super()`, else by whoever makes an instance."""
        above: list[Key] = []
        for path, owner in self._calls.lineage(class_):
            key = (path, f"{owner}.__init__")
            if parameter := self._kept_as(key, attribute):
                given = [found for init in above for found in self._arguments(init, key, parameter)]
                yield from given or self._made(class_, key, parameter)
                return
            above.append(key)

    def _kept_as(self, init: Key, attribute: str) -> str | None:
        """The parameter that a constructor keeps as `self.attribute`."""
        definition, function = self._definitions.get(init), self._calls.function(init)
        for node in ast.walk(definition) if definition and function else ():
            match node:
                case ast.Assign(targets=[target], value=ast.Name(id=name)) if dotted(target) == f"self.{attribute}":
                    return name if function and name in function.params else None
        return None

    def _arguments(self, init: Key, target: Key, parameter: str) -> Iterator[Key]:
        """What one constructor hands to another one above it."""
        definition, function = self._definitions.get(init), self._calls.function(init)
        for node in ast.walk(definition) if definition and function else ():
            if isinstance(node, ast.Call) and callee_of(node.func).endswith(".__init__"):
                value = self._argument(
                    target, parameter, node, explicit_self=not callee_of(node.func).startswith("super")
                )
                if value is not None and (found := self._class(init[0], dotted(value), init[1])):
                    yield found

    def _made(self, class_: Key, init: Key, parameter: str) -> Iterator[Key]:
        """What calls of the class itself give."""
        name = class_[1].rpartition(".")[2]
        for path in self._tree.naming(f"{name}(")[:_MOST]:
            for node in ast.walk(self._tree.parsed(path) or ast.Module([], [])):
                if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] == name:
                    value = self._argument(init, parameter, node)
                    made = value is not None and self._names.resolve(path, dotted(node.func)) == class_
                    if value is not None and made and (found := self._class(path, dotted(value), "")):
                        yield found

    def _by_generic(self, class_: Key, _: str) -> Iterator[Key]:
        """`class Posts(Repo[Post, PostSchema])`: every class among the parameters."""
        module = self._tree.module(class_[0])
        for base in module.classes[class_[1]].bases if module else ():
            inner = ast.parse(base, mode="eval").body
            for node in ast.walk(inner.slice) if isinstance(inner, ast.Subscript) else ():
                if found := self._class(class_[0], dotted(node), class_[1].rpartition(".")[0]):
                    yield found

    # ---- parameters ----

    def _of_parameter(self, function: Function, name: str, depth: int) -> Iterator[Bound]:
        key = (function.path, function.qualname)
        for caller_key in self._calls.callers(key)[:_MOST]:
            caller, definition = self._calls.function(caller_key), self._definitions.get(caller_key)
            for node in ast.walk(definition) if definition and caller else ():
                if caller and isinstance(node, ast.Call) and self._means(caller, node, key):
                    value = self._argument(key, name, node)
                    given = self._of_value(caller, value, depth) if value is not None else iter(())
                    here = Given(caller_key, node)
                    yield from (replace(bound, calls=(here, *bound.calls)) for bound in given)

    def _means(self, caller: Function, node: ast.Call, key: Key) -> bool:
        callee = callee_of(node.func)
        named = callee.rpartition(".")[2] == key[1].rpartition(".")[2]
        return named and key in self._calls.targets(caller, Call(callee, node.lineno))

    def _argument(self, target: Key, parameter: str, call: ast.Call, *, explicit_self: bool = False) -> ast.expr | None:
        """The argument that a call gives to a parameter of a function."""
        function = self._calls.function(target)
        if function is None or any(isinstance(a, ast.Starred) for a in call.args):
            return None
        names = list(function.params)
        if function.owner and not explicit_self and not self._calls.is_static(target):
            names = names[1:]
        named = next((k.value for k in call.keywords if k.arg == parameter), None)
        given = dict(zip(names, call.args, strict=False))
        return named if named is not None else given.get(parameter)
