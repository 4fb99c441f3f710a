"""What `save()` does for a Django model beside writing its row, which the bulk methods leave out."""

import ast
import re
from collections.abc import Iterator

from codemods._loops import Body
from codemods._row_writes import RefusedError
from codemods.api import Repeat
from codemods.index import Index
from codemods.index.django_models import DjangoModel
from codemods.index.facts import Class, dotted
from codemods.index.models import MOST_ABOVE

_SIGNALS = frozenset({"pre_save", "post_save", "pre_init", "post_init"})
_PLAIN_BASES = frozenset({"models.Model", "Model", "object", "db.models.Model"})
_VALUES = re.compile(r"Field$|Key$|Manager$|Index$|Constraint$|GenericRelation$|^(as_manager|property|gettext_lazy|_)$")
_FIELDS = frozenset(
    {"AutoField", "BigAutoField", "BigIntegerField", "BinaryField", "BooleanField", "CharField", "DateField"}
    | {"DateTimeField", "DecimalField", "DurationField", "EmailField", "FileField", "FilePathField", "FloatField"}
    | {"ForeignKey", "GenericIPAddressField", "ImageField", "IntegerField", "JSONField", "ManyToManyField"}
    | {"NullBooleanField", "OneToOneField", "PositiveBigIntegerField", "PositiveIntegerField", "SlugField", "TextField"}
    | {"PositiveSmallIntegerField", "SmallAutoField", "SmallIntegerField", "TimeField", "URLField", "UUIDField"}
    | {"ArrayField", "HStoreField", "CIText", "CICharField", "CITextField", "GenericForeignKey"}
)
_HOOKS = {  # packages that follow every save of every model, or of those registered by settings
    "easyaudit": "django-easy-audit",
    "haystack.signals": "django-haystack",
    "django_elasticsearch_dsl": "django-elasticsearch-dsl",
    "auditlog": "django-auditlog",
}


def classes_of(index: Index, model: DjangoModel) -> list[Class]:
    """The classes that make up a model, its own first, as far as they are in the tree."""
    found: list[Class] = []
    places = [(model.path, model.qualname)]
    while places and len(found) < MOST_ABOVE:
        path, qualname = places.pop(0)
        module = index.tree.module(path) if path else None
        class_ = module.classes.get(qualname) if module else None
        if class_ is not None and class_ not in found:
            found.append(class_)
            places += filter(None, (index.names.resolve(path, base) for base in class_.bases))
    return found


def is_written(index: Index, model: DjangoModel, repeat: Repeat) -> bool:
    """Whether a statement writes rows of the model; a label of its app that is set out of sight does not hide it."""
    table = repeat.tables[0] if repeat.tables else ""
    if any(one.table == table for one in index.django.all):
        return model.table == table
    named = [one for one in index.django.all if one.table and table.endswith(f"_{one.name.lower()}")]
    return named == [model]


def fields_of(index: Index, model: DjangoModel) -> dict[str, ast.Call]:
    """Field name -> its declaration."""
    fields: dict[str, ast.Call] = {}
    for class_ in reversed(classes_of(index, model)):
        for name, value in class_.values.items():
            if isinstance(value, ast.Call) and re.search(r"(Field|Key)$", dotted(value.func)):
                fields[name] = value
    return fields


def kind_of(field: ast.Call) -> str:
    """For example "DateTimeField"."""
    return dotted(field.func).rpartition(".")[2]


def is_automatic(field: ast.Call) -> bool:
    """Whether the field has a new value at every save."""
    return any(k.arg == "auto_now" and not _is_false(k.value) for k in field.keywords) or kind_of(field) in {
        "ModificationDateTimeField", "AutoLastModifiedField", "MonitorField",
    }  # fmt: skip


def automatic(index: Index, model: DjangoModel, written: list[str], plain: bool) -> Iterator[str]:
    """Sentences on fields that `save()` gives a value of its own, which `bulk_update` does not.

    `plain` is a `save()` of every field, not of those named alone.
    """
    for name, field in fields_of(index, model).items():
        if is_automatic(field) and (plain or name in written):
            yield f"`{name}` has a new value at every save, and keeps its old one in bulk_update"
        elif kind_of(field) not in _FIELDS and (plain or name in written):
            yield f"`{name}` is a {kind_of(field)}: what it does at a save does not happen in bulk_update"


def skipped(index: Index, model: DjangoModel, method: str) -> list[str]:
    """What `bulk_create` or `bulk_update` would leave out: a sentence each; none when the model is seen to be inert.

    Raises:
        RefusedError: the row that is written would be another, or the library refuses the model.
    """
    if any(base.table and base.table != model.table for base in model.lineage()[1:]):
        raise RefusedError(
            "R-SAVE", f"{model.name} is spread over several tables, where {method} is refused or partial"
        )
    found = [*_overrides(index, model, method), *_receivers(index, model, method), *_unknown(index, model, method)]
    return list(dict.fromkeys(found))


# ---- save() of the model and its bases ----


def _overrides(index: Index, model: DjangoModel, method: str) -> Iterator[str]:
    for class_ in classes_of(index, model):
        for name in sorted(class_.methods & {"save", "save_base"}):
            definition = index.definitions.get((class_.path, f"{class_.qualname}.{name}"))
            where = f"`{class_.qualname}.{name}` ({class_.path}:{definition.lineno if definition else class_.line})"
            if definition is None or _writes_self(index, class_, definition, 1):
                raise RefusedError("R-SAVE", f"{where} sets values of the row, and {method} does not call it")
            yield f"{where} does not run: {method} skips it"
    for class_ in classes_of(index, model):
        outside = [b for b in class_.bases if b not in _PLAIN_BASES and not index.names.resolve(class_.path, b)]
        if outside:
            yield f"`{outside[0]}`, a base of {class_.qualname}, is not in the repository: its `save` would not run"


def _writes_self(index: Index, class_: Class, definition: ast.AST, depth: int) -> bool:
    for node in ast.walk(definition):
        match node:
            case ast.Attribute(value=ast.Name(id="self"), ctx=ast.Store()):
                return True
            case ast.Call(func=ast.Name(id=name), args=[*args]) if any(
                isinstance(a, ast.Name) and a.id == "self" for a in args
            ):
                if name not in {"super", "isinstance", "type", "str", "repr", "hasattr", "getattr"}:
                    return True
            case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=attr)) if depth and attr in class_.methods:
                inner = index.definitions.get((class_.path, f"{class_.qualname}.{attr}"))
                if attr not in {"save", "full_clean"} and (
                    inner is None or _writes_self(index, class_, inner, depth - 1)
                ):
                    return True
    return False


# ---- receivers ----


def _receivers(index: Index, model: DjangoModel, method: str) -> Iterator[str]:
    for path in index.tree.matching(r"(pre|post)_save\b", r"post_init\b"):
        parsed = index.tree.parsed(path)
        for node in ast.walk(parsed) if parsed is not None else ():
            for call, name in _connections(node):
                signals = {dotted(n).rpartition(".")[2] for a in _given(call) for n in ast.walk(a)} & _SIGNALS
                sender = next((k.value for k in call.keywords if k.arg == "sender"), None)
                if not signals or not _is_sender(index, path, sender, model):
                    continue
                where = f"`{name}` ({path}:{call.lineno})"
                of = "every model" if sender is None else model.name
                if "pre_save" in signals and sender is not None:
                    raise RefusedError(
                        "R-SIGNALS", f"{where} gets {model.name} before it is saved, and {method} sends nothing"
                    )
                yield f"{where}, which receives {' and '.join(sorted(signals))} of {of}, is not called"


def _connections(node: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """The calls that register a receiver: `@receiver(...)`, `signal.connect(...)`; each with the receiver's name."""
    match node:
        case ast.FunctionDef(decorator_list=decorators, name=name) | ast.ClassDef(decorator_list=decorators, name=name):
            for decorator in decorators:
                if isinstance(decorator, ast.Call) and dotted(decorator.func).rpartition(".")[2] == "receiver":
                    yield decorator, name
        case ast.Call(func=ast.Attribute(attr="connect"), args=[handler, *_]):
            yield node, dotted(handler) or "a receiver"


def _given(call: ast.Call) -> list[ast.expr]:
    return [call.func.value] if isinstance(call.func, ast.Attribute) and call.func.attr == "connect" else call.args


def _is_sender(index: Index, path: str, sender: ast.expr | None, model: DjangoModel) -> bool:
    """Whether a receiver for the sender gets the model; what cannot be told apart is one."""
    if sender is None:
        return True
    if isinstance(sender, ast.Constant) and isinstance(sender.value, str):
        return sender.value.rpartition(".")[2].lower() == model.name.lower()
    name = dotted(sender)
    known = index.django.get(path, name)
    if known is not None:
        return known is model
    last = name.rpartition(".")[2]
    return last == model.name or not last[:1].isupper()


# ---- what nobody can see ----


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


def named_in(body: Body, model: DjangoModel) -> str | None:
    """The name of the model in a file, if it is bound there."""
    found = body.index.django.get(body.path, model.name, body.function.qualname)
    return model.name if found is model else None


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not node.value
