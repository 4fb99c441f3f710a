"""The fields of a row that a loop changes and saves: which ones the saves write, and that nothing else does."""

import ast
import re
from collections.abc import Iterator

from codemods._loop_gates import inside
from codemods._loops import Body
from codemods._row_writes_models import classes_of, fields_of, kind_of
from codemods._row_writes_saved import Saved
from codemods.index.django_models import DjangoModel
from codemods.index.facts import Class, dotted
from codemods.refusals import RefusedError

_READERS = frozenset({"isinstance", "len", "str", "repr", "print", "getattr", "hasattr", "bool", "type", "id"})
_IN_PLACE = frozenset({"JSONField", "ArrayField", "HStoreField"})
_UNSAVED = frozenset({"refresh_from_db", "delete"})


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
        if method in class_.methods:
            found = body.index.definitions.get((class_.path, f"{class_.qualname}.{method}"))
            return found is None or any(_changes_self(node, class_) for node in ast.walk(found))
    return not (method.startswith("get_") or method in {"clean_fields", "full_clean", "serializable_value"})


def _changes_self(node: ast.AST, class_: Class) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="self"), ctx=ast.Store() | ast.Del()):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=attr)):
            return attr in class_.methods
        case ast.Call(func=func, args=[ast.Name(id="self"), *_]):
            return dotted(func) not in _READERS | {"super"}
    return False


def saved_last(saves: list[Saved]) -> None:
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
