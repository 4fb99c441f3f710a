"""Django: rows are cloned on the connection, and in the atomic block, that the application reads with."""

# No error of the probe may reach the target.

from __future__ import annotations

import functools
from typing import Any

from .factories import made_by_django
from .spec import MAX_DESCRIBED, MAX_ROWS, CannotGrowError, Digest, Growth, clones, key


def instrument(module: Any, growth: Growth) -> None:
    """Wrap the one method by which query sets take their rows; `module` is django.db.models.query."""
    rows = _Rows(growth)
    original = module.QuerySet._fetch_all

    @functools.wraps(original)
    def _fetch_all(self: Any) -> Any:
        if self._result_cache is None:
            rows.before_query(self)
        return original(self)

    module.QuerySet._fetch_all = _fetch_all


def commits(module: Any, growth: Growth) -> None:
    """Clones never outlive the transaction that they were made in; `module` is django.db.backends.base.base."""
    original = module.BaseDatabaseWrapper._commit

    @functools.wraps(original)
    def _commit(self: Any) -> Any:
        made, _made[:] = list(_made), []
        growth.counter.muted = True
        try:
            for model, alias, keys in reversed(made):
                model._base_manager.using(alias).filter(pk__in=keys)._raw_delete(alias)
        except Exception:  # the block is broken already: its rows go by themselves
            made = []
        finally:
            growth.counter.muted = False
        return original(self)

    module.BaseDatabaseWrapper._commit = _commit


_made: list[Any] = []  # model, database and keys of the clones


class _Rows:
    def __init__(self, growth: Growth) -> None:
        self._growth = growth
        self._number = 0
        self._edges: set[tuple[str, str]] = set()

    def before_query(self, query: Any) -> None:
        """Measure, grow, measure again; then the application's query runs on what there is now."""
        growth = self._growth
        try:
            if query.model.__name__ != growth.root or growth.counter.muted or not growth.due():
                return
        except Exception:
            return
        growth.attempt(lambda: self._grow(query))

    def _grow(self, query: Any) -> None:
        connections = __import__("django.db", fromlist=["connections"]).connections
        apps = __import__("django.apps", fromlist=["apps"]).apps
        models = {model.__name__: model for model in apps.get_models()}
        self._edges = self._growth.edges(lambda owner, name: _relation(models[owner], name).related_model.__name__)
        connection = connections[query.db]
        if not connection.in_atomic_block:
            raise CannotGrowError("the test reads outside of a transaction")
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA reverse_unordered_selects = 1")
        self._growth.tell("size", "1", self._described(query)[1])
        objects = list(query.model._base_manager.using(query.db).all()[:MAX_ROWS])
        try:
            for _ in range(clones(len(objects))):
                self._clone(query.model, objects, query.db, {})
        except CannotGrowError:
            if not self._made_by_factory(query, len(objects) * clones(len(objects))):
                raise
        digest, second = self._described(query)
        self._growth.tell("size", "2", second)
        strict, loose = digest.values(ordered=bool(query.ordered))
        self._growth.tell("digest", strict)
        self._growth.tell("loose", loose)

    def _made_by_factory(self, query: Any, number: int) -> bool:
        rows = query.model._base_manager.using(query.db)
        before = set(rows.values_list("pk", flat=True))
        if query.db != "default" or not made_by_django(query.model, number):
            return False
        keys = list(set(rows.values_list("pk", flat=True)) - before)
        _made.extend((model, query.db, keys) for model in (*query.model._meta.get_parent_list(), query.model))
        return True

    def _described(self, query: Any) -> tuple[Digest, int]:
        digest, number = Digest(), 0
        for row in query._chain():
            number += 1
            if number <= MAX_DESCRIBED:
                digest.add(self._description(row, ()))
        return digest, number

    def _description(self, value: Any, above: tuple[Any, ...]) -> Any:
        meta = getattr(type(value), "_meta", None)
        if meta is None:
            return value
        if any(value is one for one in above):
            return "again"
        columns = [(field.attname, value.__dict__.get(field.attname)) for field in meta.concrete_fields]
        relations = []
        for name in sorted(attribute for owner, attribute in self._edges if owner == type(value).__name__):
            related: Any = getattr(value, name, None)
            many = hasattr(related, "all")
            each = [self._description(one, (*above, value)) for one in (related.all() if many else [related])]
            relations.append((name, sorted(each, key=repr)))
        return [type(value).__name__, columns, relations]

    def _clone(self, model: Any, objects: list[Any], alias: str, given: dict[str, dict[Any, Any]]) -> dict[Any, Any]:
        """New rows like these; `given` maps values of a column to others. Old primary keys to new ones."""
        meta = model._meta
        if meta.parents or meta.proxy:
            raise CannotGrowError(f"{model.__name__} is kept in several tables")
        wanted = [_relation(model, name) for owner, name in sorted(self._edges) if owner == model.__name__]
        given = dict(given)
        for relation in wanted:
            if relation.concrete and not relation.many_to_many and relation.attname not in given:
                given[relation.attname] = self._targets(relation, objects, alias)
        clones = [self._copy(model, one, given) for one in objects]
        made = model._base_manager.using(alias).bulk_create(clones)
        if any(one.pk is None for one in made):
            raise CannotGrowError("the database does not tell the keys of new rows")
        _made.append((model, alias, [one.pk for one in made]))
        new = {old.pk: clone.pk for old, clone in zip(objects, made)}  # noqa: B905 - strict: Python 3.10
        for relation in wanted:
            if relation.many_to_many:
                self._links(relation, new, alias)
            elif not relation.concrete:
                field = relation.field
                children = relation.related_model._base_manager.using(alias).filter(
                    **{f"{field.attname}__in": list(new)}
                )
                self._clone(relation.related_model, list(children[:MAX_ROWS]), alias, {field.attname: new})
        return new

    def _targets(self, field: Any, objects: list[Any], alias: str) -> dict[Any, Any]:
        old = {getattr(one, field.attname) for one in objects} - {None}
        if not field.target_field.primary_key:
            raise CannotGrowError(f"{field} leads to a column that is no primary key")
        found = field.related_model._base_manager.using(alias).filter(pk__in=sorted(old, key=repr))
        return self._clone(field.related_model, list(found), alias, {})

    def _links(self, relation: Any, new: dict[Any, Any], alias: str) -> None:
        field = relation if relation.concrete else relation.field
        through = field.remote_field.through
        name = field.m2m_field_name() if relation.concrete else field.m2m_reverse_field_name()
        attribute = through._meta.get_field(name).attname
        rows = through._base_manager.using(alias).filter(**{f"{attribute}__in": list(new)})
        self._clone(through, list(rows[:MAX_ROWS]), alias, {attribute: new})

    def _copy(self, model: Any, one: Any, given: dict[str, dict[Any, Any]]) -> Any:
        self._number += 1
        values = {}
        for field in model._meta.concrete_fields:
            value = getattr(one, field.attname)
            if getattr(field, "generated", False) or (field.primary_key and "Auto" in field.get_internal_type()):
                continue
            if field.attname in given:
                value = given[field.attname].get(value, value)
            elif field.primary_key or (field.unique and value is not None):
                value = key(value, self._number)
                if isinstance(value, str) and field.max_length:
                    value = value[: field.max_length]
            values[field.attname] = value
        for names in _together(model):
            fields = [model._meta.get_field(name) for name in names]
            if any(f.attname in given or f.unique or values.get(f.attname) is None for f in fields):
                continue
            field = next((f for f in fields if isinstance(values[f.attname], str)), fields[-1])
            if field.is_relation:
                raise CannotGrowError(f"{model.__name__} is unique in {', '.join(names)}")
            values[field.attname] = key(values[field.attname], self._number)
        return model(**values)


def _together(model: Any) -> list[tuple[str, ...]]:
    constraints = [getattr(one, "fields", ()) for one in model._meta.constraints]
    return [tuple(names) for names in (*model._meta.unique_together, *constraints) if names]


def _relation(model: Any, name: str) -> Any:
    """The field, or the relation from the other side under the name that reads it."""
    for field in model._meta.get_fields():
        accessor = field.name if field.concrete else getattr(field, "get_accessor_name", lambda: None)()
        if field.is_relation and name in (accessor, field.name):
            return field
    raise CannotGrowError(f"{model.__name__} has no relation {name}")
