"""The loops of a function as syntax: what they go over, what stands in them, what they depend on."""

import ast
import copy
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import takewhile

from codemods import _cst
from codemods.index import Index
from codemods.index.calls import Key
from codemods.index.definitions import Definition
from codemods.index.facts import Function, dotted

Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Loop = ast.For | ast.AsyncFor | ast.While | Comprehension
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


class Body:
    """The syntax of one function, with the way from a node up to the function."""

    def __init__(self, index: Index, function: Function, definition: Definition) -> None:
        self.index = index
        self.function = function
        self.definition = definition
        self.path = function.path
        self.text = index.tree.source(function.path) or ""
        self.moving = frozenset(function.params)  # of a helper: what its caller gives it anew in every round

    def asked_with(self, moving: frozenset[str]) -> "Body":
        """The same function as one whose caller gives it only these parameters anew."""
        asked = copy.copy(self)
        asked.moving = moving
        return asked

    @cached_property
    def _above(self) -> dict[int, ast.AST]:
        return {id(child): node for node in ast.walk(self.definition) for child in ast.iter_child_nodes(node)}

    def parents(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around a node, innermost first, up to the function that it belongs to; a nested one is its own."""
        while (above := self._above.get(id(node))) is not None and not isinstance(above, _SCOPES):
            yield above
            node = above

    def own(self) -> Iterator[ast.AST]:
        """All nodes of the function, none of the functions and classes inside it, in source order."""
        todo: list[ast.AST] = list(reversed(self.definition.body))
        while todo:
            node = todo.pop()
            yield node
            if not isinstance(node, _SCOPES):
                todo += reversed(list(ast.iter_child_nodes(node)))

    def calls(self) -> Iterator[ast.Call]:
        """All calls of the function itself."""
        return (node for node in self.own() if isinstance(node, ast.Call))

    def loop(self, node: ast.AST) -> Loop | None:
        """The innermost loop that runs the node once per round."""
        child = node
        for above in self.parents(node):
            if isinstance(above, ast.For | ast.AsyncFor) and child in above.body:
                return above
            if isinstance(above, ast.While) and child not in above.orelse:
                return above
            if isinstance(above, Comprehension) and child is not above.generators[0]:
                return above
            if isinstance(above, ast.comprehension) and child is not above.iter:
                holder = self._above[id(above)]
                assert isinstance(holder, Comprehension)
                return holder
            child = above
        return None

    def statement(self, node: ast.AST) -> ast.stmt:
        """The statement that holds a node, itself included."""
        found = node if isinstance(node, ast.stmt) else next(n for n in self.parents(node) if isinstance(n, ast.stmt))
        assert isinstance(found, ast.stmt)
        return found

    def within(self, node: ast.AST, kinds: type[ast.AST] | tuple[type[ast.AST], ...], top: ast.AST) -> list[ast.AST]:
        """The nodes of some kinds between a node and one around it, innermost first."""
        between = takewhile(lambda above: above is not top, self.parents(node))
        return [above for above in between if isinstance(above, kinds)]

    def source(self, node: ast.expr) -> str:
        """The text of an expression as it is written; on one line where it was written on several, or nowhere."""
        if not hasattr(node, "lineno"):
            return ast.unparse(node)
        start, end = self.offsets(node)
        written = self.text[start:end]
        return written if "\n" not in written else _on_one_line(written, node)

    def offsets(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Character offsets of a node in the file."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return _cst.offsets(self.text, (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset))

    def bindings(self, name: str) -> list[ast.AST]:
        """The nodes that bind a name in the function; a parameter is its `ast.arg`."""
        arguments = self.definition.args
        given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        parameters: list[ast.AST] = [argument for argument in given if argument and argument.arg == name]
        return parameters + [node for node in self.own() if _binds(node, name)]

    def value(self, name: str) -> ast.expr | None:
        """The expression behind a name that the function binds once, by a plain assignment."""
        bound = self.bindings(name)
        if len(bound) != 1 or not isinstance(bound[0], ast.Name):
            return None
        statement = self._above.get(id(bound[0]))
        match statement:
            case ast.Assign(targets=[ast.Name()], value=value):
                return value
            case ast.AnnAssign(target=ast.Name(), value=ast.expr() as given):
                return given
        return None

    def taken(self) -> set[str]:
        """The names that the file binds or reads: a new name is none of them."""
        return self._taken

    @cached_property
    def _taken(self) -> set[str]:
        return set().union(*map(_named, ast.walk(self.index.tree.syntax(self.text))))


def _on_one_line(written: str, node: ast.expr) -> str:
    """The text of an expression with its lines joined; as the standard library writes it where that changes it."""
    joined = re.sub(r"\s*\n\s*", "", re.sub(r",\s*\n\s*", ", ", written))
    joined = re.sub(r", ?([)\]}])", r"\1", joined)
    try:
        is_same = ast.dump(ast.parse(joined, mode="eval").body) == ast.dump(node)
    except SyntaxError:
        is_same = False
    return joined if is_same else ast.unparse(node)


def bodies(index: Index, keys: Iterable[Key]) -> Iterator[Body]:
    """The functions of these places that can be parsed."""
    known: dict[Key, Body | None] = index.__dict__.setdefault("_bodies", {})  # every sighting asks for them again
    for key in keys:
        if key not in known:
            function, definition = index.calls.function(key), index.definitions.get(key)
            known[key] = Body(index, function, definition) if function and definition else None
        if (body := known[key]) is not None:
            yield body


def targets(loop: Loop) -> set[str]:
    """The names that a loop binds anew in every round."""
    if isinstance(loop, ast.While):
        return set()
    parts = [loop.target] if isinstance(loop, ast.For | ast.AsyncFor) else [g.target for g in loop.generators]
    return {node.id for part in parts for node in ast.walk(part) if isinstance(node, ast.Name)}


def names_in(node: ast.AST) -> set[str]:
    """The names that an expression reads."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def imported_as(index: Index, path: str, node: ast.expr) -> str:
    """The dotted name that an expression stands for, its import spelled out: "requests.get"; "" if it is no name."""
    name = dotted(node)
    head, _, rest = name.partition(".")
    module = index.tree.module(path)
    if module is None or head not in module.imports:
        return ""
    level, source, attribute = module.imports[head]
    return "" if level else ".".join(filter(None, [source, attribute, rest]))


def _named(node: ast.AST) -> set[str]:
    match node:
        case ast.Name(id=name) | ast.arg(arg=name):
            return {name}
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.alias(name=imported, asname=alias):
            return {(alias or imported).partition(".")[0]}
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return {name}
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            return set(names)
    return set()


def _binds(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Name(id=bound, ctx=ast.Store() | ast.Del()):
            return bound == name
        case ast.FunctionDef(name=bound) | ast.AsyncFunctionDef(name=bound) | ast.ClassDef(name=bound):
            return bound == name
        case ast.ExceptHandler(name=bound) | ast.MatchAs(name=bound) | ast.MatchStar(name=bound):
            return bound == name
        case ast.alias(name=imported, asname=alias):
            return (alias or imported).partition(".")[0] == name
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            return name in names
    return False
