"""Which class an expression is an instance of: attributes, properties, factories and annotations.

`self.repos.posts.of_group()` is walked part by part. Several classes where a factory has several returns; none where
nothing tells.
"""

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from codemods.index.facts import Function, dotted
from codemods.index.names import Names
from codemods.index.tree import Tree

if TYPE_CHECKING:
    from codemods.index.calls import Calls, Key

_DEPTH = 6  # functions that return what another one returns
_UNIONS = frozenset({"Optional", "Union", "Annotated", "Final", "ClassVar"})


class Types:
    """Classes of expressions, each a dotted name with "()" after what is called: `self.repo`, `repos().posts`."""

    def __init__(self, tree: Tree, names: Names, calls: "Calls") -> None:
        self._tree = tree
        self._names = names
        self._calls = calls
        self._answers: dict[tuple[str, str, str, Key | None], tuple[Key, ...]] = {}

    def of(
        self, function: Function, expression: str, receiver: "Key | None" = None, depth: int = _DEPTH
    ) -> "tuple[Key, ...]":
        """The classes that an expression of a function can be of; `receiver` is the class of `self`, if known."""
        asked = (function.path, function.qualname, expression, receiver)
        if asked not in self._answers:
            self._answers[asked] = ()  # what is made of itself ends here
            self._answers[asked] = tuple(dict.fromkeys(self._of(function, expression, receiver, depth)))
        return self._answers[asked]

    def _of(self, function: Function, expression: str, receiver: "Key | None", depth: int) -> "Iterator[Key]":
        head, *parts = expression.split(".")
        # A dotted name can be one of a module: `repos.posts()`.
        whole = [] if head in ("self", "cls") or head in function.params else self._named(function, expression, depth)
        if whole:
            yield from whole
            return
        at = list(self._head(function, head, receiver, depth)) if depth else []
        for part in parts:
            at = [found for class_ in at for found in self._part(class_, part, depth)]
        yield from at

    def _head(self, function: Function, head: str, receiver: "Key | None", depth: int) -> "Iterator[Key]":
        owner = receiver or self._calls.owner(function)
        if head in ("self", "cls") and owner:
            yield owner
        elif made_by := function.instances.get(head):
            yield from self._made(function, made_by, receiver, depth)
        elif annotation := function.params.get(head):
            yield from self._annotated(function.path, function.qualname, _parsed(annotation))
        elif head not in function.params:
            yield from self._named(function, head, depth)

    def _made(self, function: Function, made_by: str, receiver: "Key | None", depth: int) -> "Iterator[Key]":
        """What a callee, or the annotation of a parameter that is kept, makes."""
        if made_by.replace(".", "").isidentifier():
            yield from self.of(function, f"{made_by}()", receiver, depth - 1)
        else:
            yield from self._annotated(function.path, function.qualname, _parsed(made_by))

    def _named(self, function: Function, name: str, depth: int) -> "list[Key]":
        """What a name that the file defines or imports makes when it is called; a module's own instance otherwise."""
        key = self._names.resolve(function.path, name.removesuffix("()"), function.qualname)
        if key is None or "()" in name.removesuffix("()"):
            return []
        if not name.endswith("()"):
            return [made] if (made := self._calls.made_by(key)) else []
        if self._calls.is_class(key):
            return [key]
        return list(self._result(key, None, depth))

    def _part(self, class_: "Key", part: str, depth: int) -> "Iterator[Key]":
        name = part.removesuffix("()")
        member = self._calls.member(class_, name)
        if member and (part != name or self._calls.is_property(member)):
            yield from self._result(member, class_, depth)
        elif part == name:
            yield from self._attribute(class_, name, depth)

    def _attribute(self, class_: "Key", name: str, depth: int) -> "Iterator[Key]":
        """What the bodies and methods of a class and of those above it say that an attribute is."""
        for path, owner in self._calls.lineage(class_):
            module = self._tree.module(path)
            assert module is not None
            body = module.classes[owner]
            found = list(self._annotated(path, owner, body.annotations[name])) if name in body.annotations else []
            for function in module.functions.values() if not found else ():
                if function.owner == owner and (made_by := function.instances.get(f"self.{name}")):
                    found += self._made(function, made_by, class_, depth)
            if not found and isinstance(value := body.values.get(name), ast.Call):
                named = self._names.resolve(path, dotted(value.func), owner)
                found += [named] if named and self._calls.is_class(named) else []
            if found:
                yield from found
                return

    def _result(self, key: "Key", receiver: "Key | None", depth: int) -> "Iterator[Key]":
        function = self._calls.function(key)
        if function is None or not depth:
            return
        if function.returned_type is not None:
            if receiver and (function.returned_type in (function.params.get("self"), "Self")):
                yield receiver
            yield from self._annotated(function.path, function.qualname, _parsed(function.returned_type))
            return
        for expression in sorted(function.returned):
            if expression == "self" and receiver:
                yield receiver
            else:
                yield from self.of(function, expression, receiver, depth - 1)

    def _annotated(self, path: str, scope: str, node: ast.expr | None) -> "Iterator[Key]":
        """The classes that an annotation names: of `Repo[Post] | None` it is Repo."""
        match node:
            case ast.Constant(value=str(text)):
                yield from self._annotated(path, scope, _parsed(text))
            case ast.BinOp(left=left, right=right):
                yield from self._annotated(path, scope, left)
                yield from self._annotated(path, scope, right)
            case ast.Subscript(value=value, slice=inner):
                union = dotted(value).rpartition(".")[2] in _UNIONS
                parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
                for part in parts if union else [value]:
                    yield from self._annotated(path, scope, part)
            case ast.Name() | ast.Attribute():
                found = self._names.resolve(path, dotted(node), scope)
                if found and self._calls.is_class(found):
                    yield found


def _parsed(annotation: str) -> ast.expr | None:
    try:
        return ast.parse(annotation.strip("'\""), mode="eval").body
    except SyntaxError:
        return None
