"""Django: the tables that the root needs, on SQLite in memory, with the project's own settings for all else."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from typing import Any

from .values import value

_KINDS = {
    "bool": ("BooleanField", "NullBooleanField"),
    "int": ("IntegerField", "BigIntegerField", "SmallIntegerField", "PositiveIntegerField", "PositiveSmallIntegerField",
            "PositiveBigIntegerField"),
    "float": ("FloatField",),
    "Decimal": ("DecimalField",),
    "bytes": ("BinaryField",),
    "dict": ("JSONField",),
    "datetime": ("DateTimeField",),
    "date": ("DateField",),
    "time": ("TimeField",),
    "timedelta": ("DurationField",),
    "UUID": ("UUIDField",),
}  # fmt: skip


def prepare(given: dict[str, Any]) -> Callable[[int], Callable[[], None]]:
    """What makes so many rows and returns what reads them."""
    os.environ["DJANGO_SETTINGS_MODULE"] = given["settings"]
    settings = importlib.import_module("django.conf").settings
    settings.DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
    settings.DATABASE_ROUTERS = []
    importlib.import_module("django").setup()
    namespace = vars(importlib.import_module(given["module"]))
    models = {model.__name__: model for model in importlib.import_module("django.apps").apps.get_models()}
    root, db = models[given["root"]], importlib.import_module("django.db")
    query = root._base_manager.all()
    for name, arguments in given["calls"]:
        query = eval(f"query.{name}({arguments})", dict(namespace), {"query": query})  # noqa: S307 # nosec B307 - the patch's own text, in the sandbox
    rows = _Rows(db.connection, {tuple(edge) for edge in given["edges"]})

    def read(number: int) -> Callable[[], None]:
        while root._base_manager.count() < number if rows.has(root) else True:
            rows.make(root, {})

        def reading() -> None:
            for row in query.all():
                rows.touch(row)

        return reading

    return read


class _Rows:
    def __init__(self, connection: Any, edges: set[tuple[str, str]]) -> None:
        self._connection, self._edges = connection, edges
        self._number = 0
        self._tables: set[str] = set()

    def has(self, model: Any) -> bool:
        """Whether its table is there."""
        return model._meta.db_table in self._tables

    def make(self, model: Any, given: dict[str, Any]) -> Any:
        """An object with what the edges lead to: one to the one side, two to the many."""
        if model._meta.parents:
            raise TypeError(f"{model.__name__} is kept in several tables")
        self._create(model)
        self._number += 1
        values = dict(given)
        relations = [self._relation(model, name) for owner, name in sorted(self._edges) if owner == model.__name__]
        for field in model._meta.concrete_fields:
            if field.attname in values or (field.primary_key and "Auto" in field.get_internal_type()):
                continue
            if field.is_relation:
                if field in relations or not field.null:
                    values[field.attname] = getattr(self.make(field.related_model, {}), field.target_field.attname)
            elif not field.null and not field.has_default() and not getattr(field, "generated", False):
                values[field.attname] = _of(field, self._number)
        made = model(**values)
        model._base_manager.bulk_create([made])
        for relation in relations:
            for _ in range(2):
                self._many(relation, made)
        return made

    def touch(self, row: Any, seen: frozenset[int] = frozenset()) -> None:
        """Read the edges, and those of what they lead to."""
        for owner, name in self._edges:
            if owner == type(row).__name__ and id(row) not in seen:
                related = getattr(row, name)
                for one in related.all() if hasattr(related, "all") else [related]:
                    if one is not None:
                        self.touch(one, seen | {id(row)})

    def _many(self, relation: Any, made: Any) -> None:
        if relation.many_to_many:
            field = relation if relation.concrete else relation.field
            through = field.remote_field.through
            near, far = field.m2m_field_name(), field.m2m_reverse_field_name()
            near, far = (near, far) if relation.concrete else (far, near)
            target = self.make(relation.related_model, {})
            fields = through._meta.get_field(near).attname, through._meta.get_field(far).attname
            self.make(through, {fields[0]: made.pk, fields[1]: target.pk})
        elif not relation.concrete:
            self.make(relation.related_model, {relation.field.attname: made.pk})

    def _create(self, model: Any) -> None:
        if self.has(model):
            return
        self._tables.add(model._meta.db_table)
        for field in model._meta.concrete_fields:
            if field.is_relation:
                self._create(field.related_model)
        for field in model._meta.local_many_to_many:
            if field.remote_field.through._meta.auto_created:
                self._tables.add(field.remote_field.through._meta.db_table)
                self._create(field.related_model)
        with self._connection.schema_editor() as editor:
            editor.create_model(model)

    def _relation(self, model: Any, name: str) -> Any:
        for field in model._meta.get_fields():
            accessor = field.name if field.concrete else getattr(field, "get_accessor_name", lambda: None)()
            if field.is_relation and name in (accessor, field.name):
                return field
        raise TypeError(f"{model.__name__} has no relation {name}")


def _of(field: Any, number: int) -> Any:
    if field.choices and not callable(field.choices):
        return field.flatchoices[0][0]
    internal = field.get_internal_type()
    kinds = importlib.import_module("builtins"), *map(importlib.import_module, ("decimal", "datetime", "uuid"))
    for kind, names in _KINDS.items():
        if internal in names:
            found = next(getattr(module, kind) for module in kinds if hasattr(module, kind))
            return value(found, number, None)
    return value(str, number, field.max_length)
