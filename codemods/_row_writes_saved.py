"""A row of a Django model that a loop changes and saves: which one, where it comes from, which fields it writes."""

import ast
import re
from collections.abc import Iterator

import msgspec

from codemods._loop_gates import inside, iterated
from codemods._loops import Body
from codemods._row_writes import RefusedError
from codemods._row_writes_django import classes_of, fields_of, is_written, kind_of
from codemods.api import Repeat
from codemods.index.django_models import DjangoModel
from codemods.index.facts import dotted

_STEPS = frozenset(
    {"all", "filter", "exclude", "using", "order_by", "select_related", "prefetch_related", "select_for_update"}
    | {"distinct", "only", "defer", "annotate", "reverse", "none", "alias"}
)
_LIST_MAKERS = frozenset({"list", "sorted", "reversed", "tuple", "set"})
_READERS = frozenset({"isinstance", "len", "str", "repr", "print", "getattr", "hasattr", "bool", "type", "id"})
_IN_PLACE = frozenset({"JSONField", "ArrayField", "HStoreField"})
_UNSAVED = frozenset({"refresh_from_db", "delete"})


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
    only = model_of(body, repeat) if _sets(body, call, row, repeat, loop) else None
    return Saved(call, statement, only, row, loop, None, None, None) if only is not None else None


def saves_one(body: Body, call: ast.Call, repeat: Repeat) -> bool:
    """Whether a call saves a row that the function is given, with the fields that the statement sets."""
    match call.func:
        case ast.Attribute(attr="save", value=ast.Name(id=row)) if body.loop(call) is None:
            given = any(isinstance(bound, ast.arg) for bound in body.bindings(row))
            return given and model_of(body, repeat) is not None and _sets(body, call, row, repeat, body.definition)
    return False


def model_of(body: Body, repeat: Repeat) -> DjangoModel | None:
    """The only model, proxies left out, whose rows the statement writes."""
    known = [one for one in body.index.django.all if one.path and is_written(body.index, one, repeat)]
    own = [one for one in known if not any(base.table == one.table for base in one.lineage()[1:])]
    return own[0] if len(own) == 1 else None


def _sets(body: Body, call: ast.Call, row: str, repeat: Repeat, where: ast.AST) -> bool:
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


# ---- the fields ----


def written(body: Body, saves: list[Saved]) -> list[str]:
    """Names of the fields that the saves write, in the order of the code.

    Raises:
        RefusedError: which they are is not shown, or one of them cannot be written in bulk.
    """
    one = saves[0]
    where = f"line {one.call.lineno} of {body.path}"
    given = [_update_fields(save) for save in saves]
    if any(save.call.args for save in saves) or any(fields is None for fields in given):
        raise RefusedError("R-SHAPE", f"{where} saves the row in a way of its own")
    if len({tuple(sorted(fields or ())) for fields in given}) > 1:
        raise RefusedError("R-SHAPE", f"{where} and others save different fields of the row")
    fields = fields_of(body.index, one.model)
    changed = list(dict.fromkeys(_changed(body, one, fields)))
    names = list(given[0] or [])
    if not names:
        _only_there(body, one, where)
        names = [_field(name, fields) for name in changed]
    keys = {"pk", "id", one.model.pk, one.model.pk.removesuffix("_id")}
    if not names or keys & {*names, *changed}:
        raise RefusedError("R-SHAPE", f"{where} saves a row whose fields are not set in the loop, or its key")
    for name in names:
        declared = fields.get(name)
        if declared is None:
            raise RefusedError("R-UNRESOLVED", f"`{name}`, which {where} saves, is no field that is seen in the model")
        if re.search(r"(File|Image)Field$|ManyToMany", dotted(declared.func)):
            raise RefusedError("R-SAVE", f"`{name}`, which {where} saves, is a file: saving the row stores it")
    return list(dict.fromkeys(names))


def _update_fields(save: Saved) -> list[str] | None:
    """The literal names; empty without the argument; None when they, or another argument, are not known."""
    if not save.call.keywords:
        return []
    match save.call.keywords:
        case [ast.keyword(arg="update_fields", value=ast.List(elts=elts) | ast.Tuple(elts=elts) | ast.Set(elts=elts))]:
            names = [e.value for e in elts if isinstance(e, ast.Constant) and isinstance(e.value, str)]
            return names if names and len(names) == len(elts) else None
    return None


def _field(name: str, fields: dict[str, ast.Call]) -> str:
    stem = name.removesuffix("_id")
    return stem if name not in fields and stem in fields else name


def _changed(body: Body, save: Saved, fields: dict[str, ast.Call]) -> Iterator[str]:
    """Attributes of the row that the loop sets, in source order, and those whose values can be changed in place."""
    nodes = [n for n in inside(save.loop) if isinstance(n, ast.Attribute)]
    for node in sorted(nodes, key=lambda n: (n.lineno, n.col_offset)):
        if not isinstance(node.value, ast.Name) or node.value.id != save.row:
            continue
        above = next(body.parents(node))
        within = isinstance(above, ast.Subscript) and not isinstance(above.ctx, ast.Load)
        in_place = node.attr in fields and kind_of(fields[node.attr]) in _IN_PLACE
        if not isinstance(node.ctx, ast.Load) or within or in_place:
            yield node.attr


def _only_there(body: Body, save: Saved, where: str) -> None:
    """Nothing else changes the row: a plain `save()` writes every field, and only those that are seen would be written.

    Raises:
        RefusedError: something may.
    """
    for node in inside(save.loop):
        if not (isinstance(node, ast.Name) and node.id == save.row and isinstance(node.ctx, ast.Load)):
            continue
        above = next(body.parents(node))
        if isinstance(above, ast.Attribute):
            holder = next(body.parents(above))
            calls = isinstance(holder, ast.Call) and holder.func is above
            if not calls or above.attr == "save" or not _may_change(body, save.model, above.attr):
                continue
        elif (
            not isinstance(above, ast.keyword | ast.Call | ast.Assign | ast.List | ast.Tuple | ast.Dict | ast.Yield)
            or (isinstance(above, ast.Call) and dotted(above.func).rpartition(".")[2] in _READERS | {"append"})
            or dotted(getattr(_called(body, above), "func", above)).rpartition(".")[2][:1].isupper()
        ):
            continue
        raise RefusedError("R-SHAPE", f"line {node.lineno} may change fields of the row that {where} saves")


def _called(body: Body, node: ast.AST) -> ast.AST:
    return next(body.parents(node)) if isinstance(node, ast.keyword) else node


def _may_change(body: Body, model: DjangoModel, method: str) -> bool:
    for class_ in classes_of(body.index, model):
        if method not in class_.methods:
            continue
        found = body.index.definitions.get((class_.path, f"{class_.qualname}.{method}"))
        if found is None:
            return True
        for node in ast.walk(found):
            match node:
                case ast.Attribute(value=ast.Name(id="self"), ctx=ast.Store() | ast.Del()):
                    return True
                case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=attr)) if attr in class_.methods:
                    return True
                case ast.Call(args=[ast.Name(id="self"), *_]) if dotted(node.func) not in _READERS | {"super"}:
                    return True
        return False
    return not (method.startswith("get_") or method in {"clean_fields", "full_clean", "serializable_value"})


def saved_last(body: Body, saves: list[Saved]) -> None:
    """In a round nothing is done to the row once it is saved that the later write would take with it.

    Raises:
        RefusedError: something is.
    """
    row = saves[0].row
    first = min((save.statement.lineno, save.statement.col_offset) for save in saves)
    for node in inside(saves[0].loop):
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name) or node.value.id != row:
            continue
        later = (node.lineno, node.col_offset) > first
        if (later and isinstance(node.ctx, ast.Store | ast.Del)) or node.attr in _UNSAVED:
            raise RefusedError("R-CARRY", f"`{row}` is changed or reloaded around its save (line {node.lineno})")
    for node in inside(saves[0].loop):
        if isinstance(node, ast.Name) and node.id == row and not isinstance(node.ctx, ast.Load):
            raise RefusedError("R-CARRY", f"`{row}` is bound again inside the loop (line {node.lineno})")
