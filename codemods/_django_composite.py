"""A row looked up by several fields that are unique together: `Seat.objects.get(hall=hall, number=number)`."""

import ast
from collections.abc import Iterator

from codemods import _loop_edits
from codemods._lookups import Lookup, Unfit
from codemods._loop_gates import rebound
from codemods._loops import Body, names_in, targets
from codemods.index.django_models import DjangoModel


def by_fields(
    body: Body, call: ast.Call, keywords: list[ast.keyword], model: DjangoModel, rows: str, *, awaited: bool
) -> Lookup | Unfit:
    """The lookup; the fields that no round changes stay conditions of the one query, the others are the key."""
    where = f"line {call.lineno} of {body.path}"
    names = [(keyword.arg or "").removesuffix("__exact") for keyword in keywords]
    loop = body.loop(call)
    if loop is None or awaited or not _unique(body, model, names):
        return Unfit(call, "R-KEYEQ", f"{where} looks up {model.name} by {len(keywords)} fields, not by one key")
    moving = targets(loop) | rebound(body, loop)
    keys = {n: k.value for n, k in zip(names, keywords, strict=True) if names_in(k.value) & moving}
    fixed = {n: k for n, k in zip(names, keywords, strict=True) if n not in keys}
    if any(name in model.all_links() for name in keys):
        return Unfit(call, "R-KEYEQ", f"{where} looks up {model.name} by another row, not by its key")
    if empty := [name for name in fixed if _field(body, model, name, "null")]:
        return Unfit(call, "R-KEYEQ", f"`{empty[0]}` of {model.name} can be empty, and empty values are not unique")
    row = _loop_edits.fresh(body, _loop_edits.snake(model.name), "row", "found_row")
    given = "".join(f", {keyword.arg}={body.source(keyword.value)}" for keyword in fixed.values())
    fetch = (f"{row} in {rows}.filter(", f"{given})")
    key = next(iter(keys.values())) if len(keys) == 1 else ast.Tuple([*keys.values()], ast.Load())
    attribute = next(iter(keys)) if len(keys) == 1 else "key"
    return Lookup(call, key, model.name, attribute, fetch, "IN query", text_column=True, fields=tuple(keys))


def _unique(body: Body, model: DjangoModel, names: list[str]) -> bool:
    """Whether some fields that are unique together, or one that is unique, are among the names."""
    links = {f"{link.name}_id": link.name for link in model.all_links().values() if link.column}
    asked = {links.get(name, name) for name in names}
    known = {*links.values(), *(name for name in names if _field(body, model, name))}
    return asked <= known and any(set(one) <= asked for one in _sets(body, model))


def _sets(body: Body, model: DjangoModel) -> Iterator[tuple[str, ...]]:
    calls = body.index.calls
    for one in model.lineage():
        meta = (one.path, f"{one.qualname}.Meta")
        together = calls.class_value(meta, "unique_together")
        groups = together.elts if isinstance(together, ast.List | ast.Tuple | ast.Set) else []
        constraints = calls.class_value(meta, "constraints")
        if groups and all(isinstance(group, ast.Constant) for group in groups):
            groups = [ast.Tuple(groups)]
        for made in constraints.elts if isinstance(constraints, ast.List | ast.Tuple) else []:
            if isinstance(made, ast.Call) and ast.unparse(made.func).endswith("UniqueConstraint"):
                given = {keyword.arg: keyword.value for keyword in made.keywords}
                groups = [*groups, *([given["fields"]] if "fields" in given and "condition" not in given else [])]
        for group in groups:
            parts = group.elts if isinstance(group, ast.List | ast.Tuple) else []
            if parts and all(isinstance(part, ast.Constant) for part in parts):
                yield tuple(str(part.value) for part in parts if isinstance(part, ast.Constant))
        yield from ((name,) for name in one.unique)


def _field(body: Body, model: DjangoModel, name: str, option: str = "") -> bool:
    """Whether the model declares a field of the name, with an option that is not `False` where one is given."""
    link = next((link for link in model.all_links().values() if name in {link.name, f"{link.name}_id"}), None)
    value = body.index.calls.class_value((model.path, model.qualname), link.name if link else name)
    if not isinstance(value, ast.Call) or not ast.unparse(value.func).endswith(("Field", "ForeignKey")):
        return False
    given = {k.arg: k.value for k in value.keywords}
    return not option or (option in given and ast.unparse(given[option]) != "False")
