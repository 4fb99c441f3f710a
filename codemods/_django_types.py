"""Which model an expression of a function is a row of, and the queries that start at a manager of such a row."""

import ast
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from functools import cached_property

from codemods.index import Index
from codemods.index.calls import Key
from codemods.index.django_models import DjangoModel, Link
from codemods.index.facts import Class, Function, dotted
from codemods.index.managers import QUERYSET
from codemods.index.queries import QueryReader
from codemods.index.roots import Root, down

Definition = ast.FunctionDef | ast.AsyncFunctionDef
_ONE_ROW = frozenset(
    {"get", "first", "last", "latest", "earliest", "create", "aget", "afirst", "alast", "acreate", "get_or_create"}
    | {"update_or_create", "get_or_404", "get_object_or_404", "aget_object_or_404", "get_by_natural_key"}
)
_DEPTH = 4


class DjangoTypes:
    """Answers from declarations, assignments and annotations; a name that spells a model is the last resort."""

    def __init__(self, index: Index, definitions: Callable[[str], Mapping[str, Definition]]) -> None:
        self.index = index
        self._definitions = definitions  # path -> qualname -> node
        self._read: dict[Key, Function] = {}
        self.class_model: Callable[[Key], DjangoModel | None] = _unknown

    # ---- rows ----

    def row(self, function: Function, node: ast.expr, depth: int = _DEPTH) -> DjangoModel | None:
        """The model that the expression is one row of."""
        if not depth:
            return None
        match node:
            case ast.Await(value=value) | ast.NamedExpr(value=value):
                return self.row(function, value, depth)
            case ast.Name(id=name):
                return self._name(function, name, depth)
            case ast.Attribute(value=ast.Name(id="self"), attr=attr):
                return self._own_attribute(function, attr, depth)
            case ast.Attribute(value=value, attr="user") if dotted(value).endswith("request"):
                return self.index.django.user
            case ast.Attribute(value=value, attr=attr):
                link = self._link(self.row(function, value, depth - 1), attr)
                return link.target if link and not link.many else None
            case ast.Subscript(value=value):
                return self.rows(function, value, depth - 1)
            case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr="get_object")):
                return self._of_class(function)
            case ast.Call(func=func, args=args):
                last = func.attr if isinstance(func, ast.Attribute) else dotted(func)
                if last in _ONE_ROW:
                    of = func.value if isinstance(func, ast.Attribute) and "404" not in last else None
                    of = of if of is not None else next(iter(args), None)
                    return None if of is None else self.rows(function, of, depth - 1)
                return self.model(function, dotted(func))
        return None

    def rows(self, function: Function, node: ast.expr, depth: int = _DEPTH) -> DjangoModel | None:
        """The model that the expression gives rows of: a class, its manager, a related manager, a query on one."""
        if not depth:
            return None
        for inner in down(node):
            match inner:
                case ast.Attribute(value=owner, attr="objects" | "_default_manager" | "all_objects"):
                    return self.model(function, dotted(owner))
                case ast.Attribute(value=owner, attr=attr):
                    link = self._link(self.row(function, owner, depth - 1), attr)
                    if link and link.many:
                        return link.target
                case ast.Call(func=ast.Name(), args=[first, *_]):
                    return self.rows(function, first, depth - 1)
                case ast.Name(id=name):
                    if found := self.model(function, name):
                        return found
                    value = self._assigned(function, name)
                    return self.rows(function, value, depth - 1) if value is not None else None
        return None

    def model(self, function: Function, name: str) -> DjangoModel | None:
        """The model class behind a dotted name."""
        if name in ("self.model", "cls", "self.queryset.model", "type(self)"):
            return self._of_class(function)
        if not name or not (name.rpartition(".")[2][:1].isupper()):
            return None
        return self.index.django.get(function.path, name, function.qualname)

    def _name(self, function: Function, name: str, depth: int) -> DjangoModel | None:
        if name == "self":
            return self._of_class(function, own=True)
        if annotation := function.params.get(name):
            for word in annotation.replace("|", " ").replace("[", " ").replace("]", " ").split():
                if found := self.model(function, word.strip("'\",")):
                    return found
        value = self._assigned(function, name)
        if value is not None and (found := self.row(function, value, depth - 1)):
            return found
        over = self._looped(function, name)
        if over is not None and (found := self.rows(function, over, depth - 1)):
            return found
        return self._spelled(name) if value is None and over is None else None

    def _own_attribute(self, function: Function, attr: str, depth: int) -> DjangoModel | None:
        model = self._of_class(function, own=True)
        if model is not None:
            link = self._link(model, attr)
            return link.target if link and not link.many else None
        if attr in ("object", "instance"):
            return self._of_class(function)
        for method in self._methods(function):
            node = self._node(method)
            for statement in ast.walk(node) if node else ():
                if not (isinstance(statement, ast.Assign) and f"self.{attr}" in map(dotted, statement.targets)):
                    continue
                if found := self.row(method, statement.value, depth - 1):
                    return found
        return self._spelled(attr)

    def _methods(self, function: Function) -> Iterator[Function]:
        module = self.index.tree.module(function.path)
        for other in module.functions.values() if module else ():
            if other.owner == function.owner and other.owner:
                yield other

    def _of_class(self, function: Function, *, own: bool = False) -> DjangoModel | None:
        """The model that the class around a function is, or with `own` false also the one it works on."""
        if not function.owner:
            return None
        model = self.index.django.get(function.path, function.owner)
        return model if model or own else self.class_model((function.path, function.owner))

    def _spelled(self, name: str) -> DjangoModel | None:
        """The only model whose name is spelled like a variable: `blog_post` for `BlogPost`."""
        wanted = name.lower().replace("_", "")
        found = [m for m in self.index.django.all if m.table and m.name.lower() == wanted]
        return found[0] if len(found) == 1 else None

    @staticmethod
    def _link(model: DjangoModel | None, name: str) -> Link | None:
        return model.all_links().get(name) if model else None

    # ---- bindings ----

    def _node(self, function: Function) -> Definition | None:
        return self._definitions(function.path).get(function.qualname)

    def _assigned(self, function: Function, name: str) -> ast.expr | None:
        """The first value that a plain assignment gives the name; of a tuple, where the call gives a row first."""
        node = self._node(function)
        for statement in ast.walk(node) if node else ():
            if isinstance(statement, ast.Assign):
                for target in statement.targets:
                    first = target.elts[0] if isinstance(target, ast.Tuple) and target.elts else target
                    if isinstance(first, ast.Name) and first.id == name and name not in _names(statement.value):
                        return statement.value
        return None

    def _looped(self, function: Function, name: str) -> ast.expr | None:
        """What a loop or comprehension that binds the name runs over."""
        node = self._node(function)
        for part in ast.walk(node) if node else ():
            if not isinstance(part, ast.For | ast.AsyncFor | ast.comprehension):
                continue
            if isinstance(part.target, ast.Name) and part.target.id == name:
                return part.iter
        return None

    # ---- queries ----

    def read(self, function: Function) -> Function:
        """The function with the queries that start at a related manager, beside those that it has."""
        key = (function.path, function.qualname)
        if key not in self._read:
            self._read[key] = self._again(function)
        return self._read[key]

    def _again(self, function: Function) -> Function:
        node = self._node(function)
        if node is None or not any(self.related(function, n) for n in ast.walk(node)):
            return function
        fresh = copy(function)
        for name in ("calls", "reads", "queries", "loops"):
            setattr(fresh, name, [])
        fresh.templates, fresh.instances = set(), {}
        module = self.index.tree.module(function.path)
        owner = module.classes.get(function.owner) if module and function.owner else None
        _Reader(self, function, fresh, owner).read(node.body)
        return fresh

    def related(self, function: Function, node: ast.AST) -> DjangoModel | None:
        """The model of the rows of `post.tags` or `post.recent()` where a method of querysets is called on it."""
        match node:
            case ast.Call(func=ast.Attribute(value=inner, attr=method)) if self._of_rows(method):
                return self._given_by_row(function, inner)
        return None

    def _of_rows(self, method: str) -> bool:
        return method in QUERYSET or method in self.index.django.rows_methods

    def _given_by_row(self, function: Function, node: ast.expr) -> DjangoModel | None:
        """The model of the rows that a manager, property or method of a row gives."""
        match node:
            case ast.Attribute(value=owner, attr=attr) | ast.Call(func=ast.Attribute(value=owner, attr=attr)):
                called = isinstance(node, ast.Call)
                givers = self._givers.get((attr, called), {})
                model = self.row(function, owner) if givers or attr in self.index.django.accessors else None
                if model is None and not called and not givers:  # it has methods of querysets: a manager
                    return self.index.django.only_accessors.get(attr)
                link = self._link(model, attr)
                if model is None or (link and link.many):
                    return link.target if link and not called else None
                return next((givers[m.key] for m in model.lineage() if m.key in givers), None)
        return None

    @cached_property
    def _givers(self) -> dict[tuple[str, bool], dict[str, DjangoModel]]:
        """What models give back queries by: (name, whether it is called) -> key of the model -> model of the rows."""
        found: dict[tuple[str, bool], dict[str, DjangoModel]] = {}
        for model in self.index.django.all:
            module = self.index.tree.module(model.path) if model.path else None
            for function in module.functions.values() if module else ():
                if not function.returns_query or function.owner != model.qualname:
                    continue
                queries = [q for q in function.queries if q.style == "manager"]
                rows = self.index.django.get(model.path, queries[0].entities[0], function.qualname) if queries else None
                if rows is not None and len({q.entities for q in queries}) == 1:
                    called = not self.index.calls.is_property((model.path, function.qualname))
                    found.setdefault((function.qualname.rpartition(".")[2], called), {})[model.key] = rows
        return found


class _Reader(QueryReader):
    """Reads one function anew, related managers of typed rows being roots too."""

    def __init__(self, types: DjangoTypes, asked: Function, fresh: Function, owner: Class | None) -> None:
        super().__init__(_Scopes(), fresh, owner, ())
        self.types = types
        self.asked = asked

    def _root(self, node: ast.expr) -> Root | None:
        hops: list[ast.expr] = []
        for inner in down(node):
            above = hops[-2] if len(hops) > 1 else None
            rows = self.types.related(self.asked, above) if isinstance(above, ast.Call) else None
            if rows and hops[-1] is above.func:  # type: ignore[union-attr]
                return Root("manager", inner, (rows.key,), node, hops[::-1])
            hops.append(inner)
        return super()._root(node)


class _Scopes:
    """Nested definitions and imports are known already."""

    class module:  # noqa: N801 - as the reader names it
        registrations: list[ast.Call] = []  # noqa: RUF012 - never read
        rounds: list[dict[str, ast.expr]] = []  # noqa: RUF012 - never read
        values: dict[str, ast.expr] = {}  # noqa: RUF012 - never read

    def definition(self, *_: object) -> None: ...
    def class_(self, *_: object) -> None: ...
    def import_(self, *_: object) -> None: ...


def _unknown(_class: Key) -> DjangoModel | None:
    return None


def _names(node: ast.expr) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
