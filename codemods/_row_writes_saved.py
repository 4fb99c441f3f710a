"""A row of a Django model that a loop changes and saves: which one, and where it comes from."""

import ast
import re
from collections.abc import Iterator

import msgspec

from codemods._loop_gates import iterated
from codemods._loops import Body
from codemods._row_writes_models import is_written
from codemods.api import Repeat
from codemods.index.django_models import DjangoModel
from codemods.index.facts import dotted

_STEPS = frozenset(
    {"all", "filter", "exclude", "using", "order_by", "select_related", "prefetch_related", "select_for_update"}
    | {"distinct", "only", "defer", "annotate", "reverse", "none", "alias"}
)
_LIST_MAKERS = frozenset({"list", "sorted", "reversed", "tuple", "set"})


class Saved(msgspec.Struct):
    """A `save()` of a row.

    `queryset` is what the rows come from, as far as it is seen, `manager` the source of its root: "Item.objects".
    """

    call: ast.Call
    statement: ast.stmt
    model: DjangoModel
    row: str
    loop: ast.For
    queryset: ast.expr | None
    name: str | None
    manager: str | None


def saved(body: Body, call: ast.Call, repeat: Repeat) -> Saved | None:
    """The save that a call is, of a row that a loop goes over, of the table that the statement names."""
    match call.func:
        case ast.Attribute(attr="save", value=ast.Name(id=row)):
            pass
        case _:
            return None
    loop = next((above for above in _loops_above(body, call) if _target(above) == row), None)
    if loop is None:
        return None
    queryset, statement = queryset_of(body, iterated(loop)), body.statement(call)
    root = root_of(queryset) if queryset is not None else None
    if root is not None:
        name, manager = root
        model = body.index.django.get(body.path, name, body.function.qualname)
        if model is None or not is_written(body.index, model, repeat):
            return None
        return Saved(call, statement, model, row, loop, queryset, name, manager)
    related = _related(body, iterated(loop), repeat)
    if related is not None:
        return Saved(call, statement, related, row, loop, iterated(loop), None, None)
    only = model_of(body, repeat) if _sets(call, row, repeat, loop) else None
    return Saved(call, statement, only, row, loop, None, None, None) if only is not None else None


def saves_one(body: Body, call: ast.Call, repeat: Repeat) -> bool:
    """Whether a call saves a row that the function is given, with the fields that the statement sets."""
    match call.func:
        case ast.Attribute(attr="save", value=ast.Name(id=row)) if body.loop(call) is None:
            given = any(isinstance(bound, ast.arg) for bound in body.bindings(row))
            return given and model_of(body, repeat) is not None and _sets(call, row, repeat, body.definition)
    return False


def model_of(body: Body, repeat: Repeat) -> DjangoModel | None:
    """The only model, proxies left out, whose rows the statement writes."""
    known = [one for one in body.index.django.all if one.path and is_written(body.index, one, repeat)]
    own = [one for one in known if not any(base.table == one.table for base in one.lineage()[1:])]
    return own[0] if len(own) == 1 else None


def _sets(call: ast.Call, row: str, repeat: Repeat, where: ast.AST) -> bool:
    """Whether the statement sets what the code does: the attributes that it sets, or those that it names."""
    columns = set(re.findall(r"\w+", repeat.statement.lower().partition(" set ")[2].partition(" where ")[0]))
    names = {n.value for n in ast.walk(call) if isinstance(n, ast.Constant) and isinstance(n.value, str)} or {
        node.attr
        for node in ast.walk(where)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and dotted(node.value) == row
    }
    return bool(names) and all(name in columns or f"{name}_id" in columns for name in names)


def _loops_above(body: Body, node: ast.AST) -> Iterator[ast.For]:
    return (above for above in body.parents(node) if isinstance(above, ast.For))


def _target(loop: ast.For) -> str | None:
    match loop.target:
        case ast.Name(id=name):
            return name
        case ast.Tuple(elts=[_, ast.Name(id=name)]) if dotted(getattr(loop.iter, "func", loop.iter)) == "enumerate":
            return name
    return None


def queryset_of(body: Body, node: ast.expr) -> ast.expr | None:
    """The expression that gives the rows, seen through a name, `list(...)` and slices."""
    match node:
        case ast.Name(id=name):
            value = body.value(name)
            return queryset_of(body, value) if value is not None and not isinstance(value, ast.Name) else None
        case ast.Subscript(value=value):
            return node if root_of(value) else queryset_of(body, value)
        case ast.Call(func=ast.Name(id=name), args=[inner, *_]) if name in _LIST_MAKERS | {"enumerate"}:
            return queryset_of(body, inner)
    return node if root_of(node) else None


def root_of(node: ast.expr) -> tuple[str, str] | None:
    """The model's name and the manager, "Item" and "Item.objects", of a queryset written in one expression."""
    while True:
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in _STEPS:
                node = value
            case ast.Subscript(value=value):
                node = value
            case ast.Attribute(value=(ast.Name() | ast.Attribute()) as owner) if name := dotted(owner):
                return (name, f"{name}.{node.attr}") if name.rpartition(".")[2][:1].isupper() else None
            case _:
                return None


def _related(body: Body, node: ast.expr, repeat: Repeat) -> DjangoModel | None:
    """The model of `order.items.filter(...)`, where only relations to it have the name."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _STEPS:
        node = node.func.value
    if not isinstance(node, ast.Attribute):
        return None
    links = [link for one in body.index.django.all for link in one.links.values() if link.name == node.attr]
    models = {id(link.target): link.target for link in links if link.many}
    found = next(iter(models.values()), None)
    return found if len(models) == 1 and found and is_written(body.index, found, repeat) else None


def writes_many(body: Body, call: ast.Call, repeat: Repeat) -> bool:
    """Whether a call writes many rows of the table, not once per round."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in ("bulk_update", "update"):
        return False
    if call.func.attr == "update" and body.loop(call) is not None:
        return False
    if _related(body, call.func.value, repeat) is not None:
        return True
    queryset = queryset_of(body, call.func.value)
    root = root_of(queryset) if queryset is not None else None
    model = body.index.django.get(body.path, root[0], body.function.qualname) if root else None
    return model is not None and is_written(body.index, model, repeat)


def may_repeat(body: Body, save: Saved) -> bool:
    """Whether the query may give one row twice: it joins rows of which there are many."""
    if save.queryset is None:
        return False
    words = {n.attr for n in ast.walk(save.queryset) if isinstance(n, ast.Attribute)}
    many = {link.name for one in body.index.django.all for link in one.links.values() if link.kind != "fk"}
    given = {k.arg for n in ast.walk(save.queryset) if isinstance(n, ast.Call) for k in n.keywords if k.arg}
    return "distinct" not in words and any(part in many for name in given for part in name.split("__"))
