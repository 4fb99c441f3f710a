"""A row of a Django model that a call creates: `create(...)` of a manager, or `save()` of a new object."""

import ast

import msgspec

from codemods._loops import Body
from codemods._row_writes_models import is_written, named_in
from codemods._row_writes_text import nested
from codemods.api import Repeat
from codemods.index.django_models import DjangoModel, Link
from codemods.index.facts import dotted

_STEPS = frozenset({"all", "filter", "exclude", "using", "order_by", "select_related", "prefetch_related"})
_CREATES = frozenset({"create", "bulk_create", "get_or_create", "update_or_create"})
_MANAGERS = frozenset({"objects", "_default_manager"})
_DEPTH = 2  # names behind which the manager is
_PROPERTIES = frozenset({"property", "cached_property"})


class Created(msgspec.Struct):
    """One creation.

    `name` is how the file names the model, `manager` the source of what inserts many. `row` is the name that holds the
    object: one that is made before `call`, its `save()`, or that `call` gives. `more` are arguments that the new object
    needs and `create` gave itself. `way` is the method that is called.
    """

    call: ast.Call
    statement: ast.stmt
    model: DjangoModel
    name: str
    manager: str
    row: str | None = None
    made: ast.expr | None = None
    more: str = ""
    way: str = "create"
    doubts: list[str] = msgspec.field(default_factory=list)

    def collected(self, body: Body, rows: str) -> str:
        """The statement that appends the object to the list `rows`."""
        if self.made is not None:
            return f"{rows}.append({self.row})"
        return nested(body, self.call, f"{rows}.append(", self.name, ")", self.more)


def created(body: Body, call: ast.Call, repeat: Repeat) -> Created | None:
    """The creation that a call is, of a row of the table that the statement names."""
    match call.func:
        case ast.Attribute(attr=attr, value=manager) if attr in _CREATES:
            found = _managed(body, manager) or _related(body, manager, repeat)
            if found is None or not is_written(body.index, found[0], repeat):
                return None
            model, name, source, more = found
            row = _bound(body, call)
            statement = body.statement(call)
            return Created(call, statement, model, name, source, row, more=more, way=attr)
        case ast.Attribute(attr="save", value=ast.Name(id=row)):
            made = body.value(row)
            if not isinstance(made, ast.Call):
                return None
            model_of = body.index.django.get(body.path, dotted(made.func), body.function.qualname)
            if model_of is None or not is_written(body.index, model_of, repeat):
                return None
            name = dotted(made.func)
            return Created(call, body.statement(call), model_of, name, f"{name}.objects", row, made, way="save")
    return None


def _managed(body: Body, node: ast.expr, depth: int = _DEPTH) -> tuple[DjangoModel, str, str, str] | None:
    """The model whose rows a manager or a queryset gives, the model's name and the source of the expression."""
    inner = node
    while isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute) and inner.func.attr in _STEPS:
        inner = inner.func.value
    if isinstance(inner, ast.Attribute) and inner.attr in _MANAGERS:
        name = dotted(inner.value)
        model = body.index.django.get(body.path, name, body.function.qualname) if name else None
        return (model, name, body.source(node) if depth == _DEPTH else "", "") if model else None
    value: ast.expr | None = None
    if isinstance(inner, ast.Name):
        value = body.value(inner.id)
    elif isinstance(inner, ast.Attribute) and dotted(inner.value) == "self":
        value = _property(body, inner.attr)
    if value is None or not depth:
        return None
    found = _managed(body, value, depth - 1)
    return (*found[:2], body.source(node) if depth == _DEPTH else "", "") if found else None


def _property(body: Body, name: str) -> ast.expr | None:
    """What a property of the method's class returns, where it returns one expression."""
    found = body.index.definitions.get((body.path, f"{body.function.owner}.{name}"))
    if found is None or not any(dotted(d).rpartition(".")[2] in _PROPERTIES for d in found.decorator_list):
        return None
    returned = [node.value for node in ast.walk(found) if isinstance(node, ast.Return)]
    return returned[0] if len(returned) == 1 else None


def _related(body: Body, node: ast.expr, repeat: Repeat) -> tuple[DjangoModel, str, str, str] | None:
    """The same for `parent.children`, whose `create` also gives the parent."""
    if not isinstance(node, ast.Attribute):
        return None
    back = [
        link
        for owner in body.index.django.all
        for link in owner.links.values()
        if link.name == node.attr and link.kind == "reverse fk" and is_written(body.index, link.target, repeat)
    ]
    keys = [key for link in back for key in _forward(link)]
    if len({(id(key.owner), key.name) for key in keys}) != 1:
        return None
    model = back[0].target
    name = named_in(body, model)
    return (model, name, f"{name}.objects", f"{keys[0].name}={body.source(node.value)}") if name else None


def _forward(back: Link) -> list[Link]:
    links = back.target.all_links().values()
    return [k for k in links if k.kind == "fk" and k.column == back.column and k.target is back.owner]


def _bound(body: Body, call: ast.Call) -> str | None:
    match body.statement(call):
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is call:
            return name
    return None
