"""SQLAlchemy queries whose every row is seen to read a lazy relationship, without a trace that says so."""

import re
from collections.abc import Iterator

from codemods._existing_options import existing_options
from codemods._loader_policy import NO_ENTITIES
from codemods._row_suspects import repeat_of, suspect, trace_rows, untouched
from codemods._row_trace import Sources, Trace, Way, Where
from codemods._row_values import HANDFUL
from codemods.api import Repeat, Suspect
from codemods.index import Index
from codemods.index.calls import Key
from codemods.index.facts import Function, Query
from codemods.index.models import Model, Relationship, foreign_keys
from codemods.index.queries import SINGLE_ROW
from codemods.index.relations import Relation, lazy_loads

_MARKS = (".query", "select(")
_LOADED_AHEAD = frozenset({"joined", "selectin", "subquery", "immediate"})
_FILTERS = frozenset({"filter", "filter_by", "where"})


class _Mapper:
    """What SQLAlchemy knows about a model."""

    managed = False

    def relation(self, model: Model, name: str) -> tuple[Model, bool] | None:
        """The target and whether it is a collection; None for what is no plain relationship."""
        found = model.all_relationships().get(name)
        if found is None or found.lazy not in {"select", *_LOADED_AHEAD}:
            return None
        return found.target, found.many is True

    def place(self, model: Model) -> Key:
        """Where the class stands."""
        return model.path, model.qualname


def suspects(index: Index) -> Iterator[Suspect]:
    """Every query of one entity whose rows are looped over, with the relationships that every row reads."""
    sources = Sources(index)
    for path in index.tree.containing(*_MARKS):
        module = index.tree.module(path)
        for function in list(module.functions.values()) if module else ():
            for query in function.queries:
                model = _model(index, function, query)
                if model is not None and model.all_relationships():
                    trace = trace_rows(sources, _Mapper(), model, function, query)
                    if found := suspect(trace, query, _loads(index, trace, model, query)):
                        yield found


def loads_named(index: Index, names: frozenset[str]) -> Iterator[Repeat]:
    """The lazy loads of all relationships of these names; count unknown."""
    for owner in index.models.all:
        for relationship in owner.relationships.values():
            repeat = _lazy_load(Relation(owner, relationship)) if relationship.name in names else None
            if repeat is not None:
                yield repeat


def _model(index: Index, function: Function, query: Query) -> Model | None:
    """The entity of a query of whole rows, more than a handful of them."""
    steps = {step.name for step in query.steps}
    if query.style == "manager" or len(query.entities) != 1 or steps & (NO_ENTITIES | SINGLE_ROW):
        return None
    if any(name.endswith("()") for name in steps):  # a function of the project changed it, and may load as well
        return None
    limits = [int(a) for step in query.steps if step.name == "limit" for a in step.args if a.isdecimal()]
    if limits and min(limits) < HANDFUL:
        return None
    return index.models.get(function.path, query.entities[0], function.qualname)


def _loads(index: Index, trace: Trace[Model], model: Model, query: Query) -> dict[str, tuple[Repeat, Where]]:
    eager = existing_options(query.steps).eager
    loads: dict[str, tuple[Repeat, Where]] = {}
    for way in untouched(trace):
        hops = _hops(model, way)
        last = hops[-1]
        if way in eager or last.relationship.lazy in _LOADED_AHEAD or _in_session(query, hops):
            continue
        repeat = _lazy_load(last)
        if repeat and any(last.relationship is r.relationship for r in lazy_loads(index.models, *_key(repeat))):
            loads[".".join((query.entities[0], *way))] = (repeat, trace.reads[way])
    return loads


def _key(repeat: Repeat) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return repeat.tables, repeat.columns


def _hops(model: Model, way: Way) -> list[Relation]:
    hops: list[Relation] = []
    for name in way:
        owner = next(m for m in model.lineage() if name in m.relationships)
        hops.append(Relation(owner, owner.relationships[name]))
        model = owner.relationships[name].target
    return hops


def _in_session(query: Query, hops: list[Relation]) -> bool:
    """Whether a to-one finds its row in the session already, so that no statement is issued.

    It leads back to where its owner came from, to the queried model itself, or to rows that the query is filtered by.
    """
    last = hops[-1]
    if last.relationship.many is not False:
        return False
    target = last.relationship.target
    behind = [hop.owner for hop in hops]
    if any(target in owner.lineage() or owner in target.lineage() for owner in behind):
        return True
    names = {last.relationship.name, *_keys(last.owner, last.relationship)}
    parents = [a.rpartition(".")[2] for step in query.steps if step.name == "with_parent" for a in step.args[:1]]
    if any(parent.endswith(last.relationship.name) for parent in parents):
        return True
    filters = [step for step in query.steps if step.name in _FILTERS]
    return len(hops) == 1 and any(_compares(step.args, step.keywords, names) for step in filters)


def _compares(args: tuple[str, ...], keywords: tuple[tuple[str, str], ...], names: set[str]) -> bool:
    of_key = "|".join(map(re.escape, sorted(names)))
    # Conditions that are kept elsewhere can say anything.
    compared = re.compile(rf"\.(?:{of_key})(?:\s*==|\.in_\()|\bwith_parent\(|^\(?\*")
    return any(name in names for name, _ in keywords) or any(compared.search(source) for source in args)


def _keys(owner: Model, relationship: Relationship) -> set[str]:
    """Attribute and column names of the foreign keys that a to-one goes over."""
    keys = foreign_keys(owner, relationship.target, relationship.join)
    return {name for name, column in owner.all_columns().items() if column in keys} | {c.name for c in keys}


def _lazy_load(relation: Relation) -> Repeat | None:
    """The statement that reading the relationship on one row issues, as a source would report it; count unknown."""
    owner, relationship = relation.owner, relation.relationship
    target = relationship.target
    table = next((m.table for m in target.lineage() if m.table), None)
    if table is None:
        return None
    if relationship.secondary:
        tables: tuple[str, ...] = (table, relationship.secondary)
        return repeat_of(tables, f"{relationship.secondary}.{owner.name.lower()}_id", "link_table")
    children = foreign_keys(target, owner, relationship.join)
    if relationship.many is not False and children:
        return repeat_of((table,), f"{table}.{children[0].name}", "parameter_equals_column")
    names = target.tables() | {m.name for m in target.lineage()}
    references = [
        reference.rpartition(".")[2]
        for column in foreign_keys(owner, target, relationship.join)
        for reference in column.references
        if reference.rpartition(".")[0] in names
    ]
    key = next(iter([*references, *target.primary_key()]), "id")
    return repeat_of((table,), f"{table}.{key}", "column_equals_parameter")
