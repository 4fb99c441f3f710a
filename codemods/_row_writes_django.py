"""What `save()` does for a Django model beside writing its row, which the bulk methods leave out."""

import ast
import re
from collections.abc import Iterator

from codemods._row_writes_models import classes_of
from codemods._row_writes_receivers import receivers
from codemods.index import Index
from codemods.index.django_models import DjangoModel
from codemods.index.facts import Class, dotted
from codemods.refusals import RefusedError

_HARMLESS = frozenset({"super", "isinstance", "type", "str", "repr", "hasattr", "getattr"})
_CHECKS = frozenset({"save", "save_base", "full_clean"})
_PLAIN_BASES = frozenset({"models.Model", "Model", "object", "db.models.Model"})
_VALUES = re.compile(r"Field$|Key$|Manager$|Index$|Constraint$|GenericRelation$|^(as_manager|property|gettext_lazy|_)$")
_HOOKS = {  # packages that follow every save of every model, or of those registered by settings
    "easyaudit": "django-easy-audit",
    "haystack.signals": "django-haystack",
    "django_elasticsearch_dsl": "django-elasticsearch-dsl",
    "auditlog": "django-auditlog",
}


def skipped(index: Index, model: DjangoModel, method: str) -> list[str]:
    """What `bulk_create` or `bulk_update` would leave out: a sentence each; none when the model is seen to be inert.

    Raises:
        RefusedError: the row that is written would be another, or the library refuses the model.
    """
    if any(base.table and base.table != model.table for base in model.lineage()[1:]):
        raise RefusedError(
            "R-SAVE", f"{model.name} is spread over several tables, where {method} is refused or partial"
        )
    found = [*_overrides(index, model, method), *receivers(index, model, method), *_unknown(index, model, method)]
    return list(dict.fromkeys(found))


def _overrides(index: Index, model: DjangoModel, method: str) -> Iterator[str]:
    classes = classes_of(index, model)
    for class_ in classes:
        for name in sorted(class_.methods & {"save", "save_base"}):
            definition = index.definitions.get((class_.path, f"{class_.qualname}.{name}"))
            where = f"`{class_.qualname}.{name}` ({class_.path}:{definition.lineno if definition else class_.line})"
            if definition is None or _writes_self(index, classes, definition, 1):
                raise RefusedError("R-SAVE", f"{where} sets values of the row, and {method} does not call it")
            yield f"{where} does not run: {method} skips it"
    for class_ in classes:
        outside = [b for b in class_.bases if b not in _PLAIN_BASES and not index.names.resolve(class_.path, b)]
        if outside:
            yield f"`{outside[0]}`, a base of {class_.qualname}, is not in the repository: its `save` would not run"


def _writes_self(index: Index, classes: list[Class], definition: ast.AST, depth: int) -> bool:
    return any(_writes(index, classes, node, depth) for node in ast.walk(definition))


def _writes(index: Index, classes: list[Class], node: ast.AST, depth: int) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="self"), ctx=ast.Store()):
            return True
        case ast.Call(func=ast.Name(id=name), args=args) if name not in _HARMLESS:
            return any(isinstance(argument, ast.Name) and argument.id == "self" for argument in args)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=attr)) if depth and attr not in _CHECKS:
            owners = [class_ for class_ in classes if attr in class_.methods][:1]
            inner = [index.definitions.get((class_.path, f"{class_.qualname}.{attr}")) for class_ in owners]
            return any(one is None or _writes_self(index, classes, one, depth - 1) for one in inner)
    return False


def _unknown(index: Index, model: DjangoModel, method: str) -> Iterator[str]:
    for class_ in classes_of(index, model):
        for name, value in class_.values.items():
            if (
                name != "objects"
                and isinstance(value, ast.Call)
                and not _VALUES.search(dotted(value.func).rpartition(".")[2])
            ):
                made = dotted(value.func) or "a call"
                yield f"`{class_.qualname}.{name}` is made by `{made}`, which may follow saves"
        if len(class_.decorators):
            yield f"{class_.qualname} is decorated: what follows its saves there does not see these"
        own = class_.values.get("objects")
        yield from _manager(index, class_, own, method) if own is not None else ()
    for word, package in _HOOKS.items():
        if index.tree.containing(word):
            yield f"{package} is used: what it does at each save it does not do for these rows"


def _manager(index: Index, class_: Class, value: ast.expr, method: str) -> Iterator[str]:
    """What is not known of the class behind `objects`.

    Raises:
        RefusedError: it creates rows in a way of its own.
    """
    names = {dotted(n) for n in ast.walk(value) if isinstance(n, ast.Name | ast.Attribute)}
    for name in sorted(n for n in names if n and n not in {"models", "models.Manager", "Manager"}):
        base = name.removesuffix(".as_manager").removesuffix(".from_queryset")
        found = index.names.resolve(class_.path, base)
        module = index.tree.module(found[0]) if found else None
        manager = module.classes.get(found[1]) if found and module else None
        if manager is not None and manager.methods & {"create", "bulk_create", "bulk_update", "update"}:
            raise RefusedError(
                "R-SAVE", f"`{manager.qualname}` ({manager.path}) creates or updates rows in its own way"
            )
        if manager is not None and "get_queryset" in manager.methods and method == "bulk_update":
            yield f"`{manager.qualname}` narrows the rows that it gives, and {method} writes no others"
        if manager is None and base[:1].isupper() and not base.startswith(("models.", "Manager")):
            yield f"`{base}`, the manager of {class_.qualname}, is not in the repository"
