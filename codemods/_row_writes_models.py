"""The classes and fields of a model, and whether a statement writes its rows."""

import ast
import re
from collections.abc import Iterator

from codemods._loops import Body
from codemods.api import Repeat
from codemods.index import Index
from codemods.index.django_models import DjangoModel
from codemods.index.facts import Class, dotted
from codemods.index.models import MOST_ABOVE, Model

_FIELDS = frozenset(
    {"AutoField", "BigAutoField", "BigIntegerField", "BinaryField", "BooleanField", "CharField", "DateField"}
    | {"DateTimeField", "DecimalField", "DurationField", "EmailField", "FileField", "FilePathField", "FloatField"}
    | {"ForeignKey", "GenericIPAddressField", "ImageField", "IntegerField", "JSONField", "ManyToManyField"}
    | {"NullBooleanField", "OneToOneField", "PositiveBigIntegerField", "PositiveIntegerField", "SlugField", "TextField"}
    | {"PositiveSmallIntegerField", "SmallAutoField", "SmallIntegerField", "TimeField", "URLField", "UUIDField"}
    | {"ArrayField", "HStoreField", "CIText", "CICharField", "CITextField", "GenericForeignKey"}
)


def classes_of(index: Index, model: DjangoModel | Model) -> list[Class]:
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
        fields |= {
            name: value
            for name, value in class_.values.items()
            if isinstance(value, ast.Call) and re.search(r"(Field|Key)$", dotted(value.func))
        }
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


def named_in(body: Body, model: DjangoModel) -> str | None:
    """The name of the model in a file, if it is bound there."""
    found = body.index.django.get(body.path, model.name, body.function.qualname)
    return model.name if found is model else None


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not node.value
