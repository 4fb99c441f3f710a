"""Methods of a model that give back a part of a row's collection, the same part for every row."""

import ast
from collections.abc import Iterator

import msgspec

from codemods._cst import offsets
from codemods._django_reads import DjangoReads
from codemods.api import Repeat
from codemods.index.calls import Key
from codemods.index.definitions import Definition
from codemods.index.django_models import DjangoModel, Link, loads
from codemods.index.facts import dotted

_STEPS = frozenset({"filter", "exclude", "order_by", "distinct", "select_related", "all"})
_DECORATORS = frozenset({"property", "cached_property"})
_MANAGERS = frozenset({"objects", "_default_manager"})


class OwnQuery(msgspec.Struct, frozen=True, eq=False):
    """`return self.comments.filter(hidden=False)`, or the same from the model of the rows.

    `queryset` is what a `Prefetch` takes to load that part for all rows, `names` are parts of the names it asks by;
    `attribute` is where the method looks for the rows first, if it does.
    """

    key: Key
    link: Link
    queryset: str
    names: frozenset[str]
    line: int  # of the return
    attribute: str | None

    @property
    def name(self) -> str:
        """Of the method."""
        return self.key[1].rpartition(".")[2]

    def issues(self, repeat: Repeat) -> bool:
        """Whether the method issues the statement: every column that it asks by is one that the method names."""
        columns = (column.rpartition(".") for column in repeat.columns)
        keys = (self.link.column,) if self.link.through is None else ()
        named = {name for table, _, name in columns if table in ("", *self.link.target.tables()) and name not in keys}
        told = all({name, name.removesuffix("_id")} & self.names for name in named)
        return told and loads(self.link, repeat.tables, repeat.columns)


def own_query(reads: DjangoReads, model: DjangoModel, key: Key) -> OwnQuery | None:
    """What the method gives back, if it does nothing else and asks by nothing of the row but its key."""
    node = reads.index.definitions.get(key)
    if node is None or reads.classes.definition(model, key[1].rpartition(".")[2]) != (key[0], node):
        return None
    returned, attribute = _returned(node)
    found = list(_chain(returned)) if returned else []
    steps, root = found[:-1][::-1], found[-1] if found else None
    if not isinstance(root, ast.Attribute) or not isinstance(steps[0] if steps else None, ast.Call):
        return None
    return _Reader(reads, model, key).read(root, [s for s in steps if isinstance(s, ast.Call)], attribute)


def _returned(node: Definition) -> tuple[ast.expr | None, str | None]:
    """The one expression that a method without arguments is, and the attribute that it gives where it is there."""
    arguments = node.args
    alone = len(arguments.args) == 1 and not (arguments.vararg or arguments.kwonlyargs or arguments.kwarg)
    plain = all(dotted(d).rpartition(".")[2] in _DECORATORS for d in node.decorator_list)
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    match body if isinstance(node, ast.FunctionDef) and alone and plain else []:
        case [ast.Return(value=value)]:
            return value, None
        case [ast.If() as known, ast.Return(value=value)] if (attribute := _given(known)) is not None:
            return value, attribute
    return None, None


def _given(node: ast.If) -> str | None:
    """The attribute of `if hasattr(self, "shown"): return self.shown`."""
    match node:
        case ast.If(
            test=ast.Call(func=ast.Name(id="hasattr"), args=[ast.Name(id="self"), ast.Constant(value=str(name))]),
            body=[ast.Return(value=ast.Attribute(value=ast.Name(id="self"), attr=attr))],
            orelse=[],
        ) if attr == name:
            return attr
    return None


def _chain(node: ast.expr) -> Iterator[ast.expr]:
    """The calls of a chain, the last one first, and what they start from."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        yield node
        node = node.func.value
    yield node


class _Reader:
    def __init__(self, reads: DjangoReads, model: DjangoModel, key: Key) -> None:
        self.reads, self.model, self.key = reads, model, key
        self.text = reads.index.tree.source(key[0]) or ""
        self.names: set[str] = set()
        self.link: Link | None = None

    def read(self, root: ast.Attribute, calls: list[ast.Call], attribute: str | None) -> OwnQuery | None:
        """The query of a chain of calls from `self.comments` or `Comment.objects`."""
        target: DjangoModel | None = None
        if isinstance(root.value, ast.Name) and root.value.id == "self":
            self.link = self.model.all_links().get(root.attr)
        elif root.attr in _MANAGERS:
            target = self.reads.index.django.get(self.key[0], dotted(root.value), self.key[1])
        steps = [self._step(call, target) for call in calls]
        if self.link is None or self.link.kind not in ("reverse fk", "m2m") or None in steps or not self.names:
            return None
        links = self.link.target.all_links()
        if self.link.kind == "m2m" and any(links[name].many for name in self.names & links.keys()):
            return None  # a manager of many-to-many rows asks by them in the same join, a prefetch in another
        manager = root.attr if target else self.reads.classes.default_manager(self.link.target)
        queryset = f"{self.link.target.name}.{manager}{''.join(filter(None, steps))}"
        return OwnQuery(self.key, self.link, queryset, frozenset(self.names), calls[-1].lineno, attribute)

    def _step(self, call: ast.Call, target: DjangoModel | None) -> str | None:
        """The call as a `Prefetch` takes it, without the row itself; None where it asks by something else of a row."""
        assert isinstance(call.func, ast.Attribute)
        name, given = call.func.attr, []
        if name not in _STEPS:
            return None
        for value, named in [*((a, None) for a in call.args), *((k.value, k) for k in call.keywords)]:
            if named and target and name == "filter" and isinstance(value, ast.Name) and value.id == "self":
                self.link = self.link or self._back(target, named.arg or "")
                if self.link is None:
                    return None
                continue
            if not _fixed(value) or (named and not named.arg):
                return None
            given.append(f"{named.arg}={self._source(value)}" if named else self._source(value))
            spelled = named.arg if named else value.value if isinstance(value, ast.Constant) else ""
            self.names |= set(str(spelled).lstrip("-").split("__"))
        return f".{name}({', '.join(given)})" if given or name == "distinct" else ""

    def _back(self, target: DjangoModel, name: str) -> Link | None:
        """The collection that a key of the target is the other side of."""
        key = target.all_links().get(name)
        if key is None or key.kind != "fk" or key.target not in self.model.lineage():
            return None
        links = self.model.all_links().values()
        return next((n for n in links if n.kind == "reverse fk" and (n.target, n.column) == (target, key.column)), None)

    def _source(self, node: ast.expr) -> str:
        span = (node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0)
        start, end = offsets(self.text, span)
        return self.text[start:end]


def _fixed(node: ast.expr) -> bool:
    """Whether an argument is the same for every row, wherever it stands."""
    match node:
        case ast.Constant():
            return True
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return all(map(_fixed, elements))
        case ast.UnaryOp(operand=ast.Constant()):
            return True
    return False
