"""Django querysets whose every row is seen to read a relation, without a trace that says so."""

import ast
from collections.abc import Iterable, Iterator

from codemods._django_places import Place, Places
from codemods._django_policy import NO_ENTITIES, SINGLE
from codemods._django_reads import Chain, DjangoReads
from codemods._row_suspects import KIND, distinct, suspect, trace_rows, untouched
from codemods._row_trace import Sources, Trace, Way, Where
from codemods.api import Reached, Repeat, Sighting, Suspect
from codemods.index import Index
from codemods.index.calls import Key
from codemods.index.django_models import DjangoModel, Link
from codemods.index.facts import Function, Query, dotted
from codemods.index.managers import OWN_MODEL

_MARKS = ("objects", "_default_manager", ".filter(", ".all(", ".exclude(")
_LIST_VIEWS = frozenset(
    {"ListAPIView", "ListCreateAPIView", "ModelViewSet", "ReadOnlyModelViewSet", "ListModelMixin", "ListView"}
)
_LOADERS = frozenset({"select_related", "prefetch_related"})


class _Mapper:
    """What Django knows about a model."""

    managed = True

    def relation(self, model: DjangoModel, name: str) -> tuple[DjangoModel, bool] | None:
        """The target and whether it is a collection; None for what is no relation of known tables."""
        link = model.all_links().get(name)
        return (link.target, link.many) if link and link.kind != "generic" else None

    def place(self, model: DjangoModel) -> Key:
        """Where the class stands; no path for a model of another package."""
        return model.path, model.qualname


def suspects(index: Index) -> Iterator[Suspect]:
    """Querysets in functions, in list views with their serializer, and the change lists of admin classes."""
    sources = Sources(index)
    for path in index.tree.containing(*_MARKS) if index.django.all else ():
        module = index.tree.module(path)
        for function in list(module.functions.values()) if module else ():
            for query in function.queries:
                model = _model(index, function, query)
                if model is not None and model.all_links() and not _loads_by_itself(index, model, query):
                    trace = trace_rows(sources, _Mapper(), model, function, query)
                    if found := suspect(trace, query, _loads(trace, model)):
                        yield found
    for key in dict.fromkeys(_classes(index)):
        yield from _of_class(index, key)


# ---- functions ----


def _model(index: Index, function: Function, query: Query) -> DjangoModel | None:
    """The model of a queryset of whole rows."""
    steps = {step.name for step in query.steps}
    if query.style != "manager" or query.entities[0] == OWN_MODEL or steps & (NO_ENTITIES | SINGLE):
        return None
    return index.django.get(function.path, query.entities[0], function.qualname)


def _loads_by_itself(index: Index, model: DjangoModel, query: Query) -> bool:
    """Whether the manager of the query may load relations of its own accord."""
    name = query.root.rpartition(".")[2]
    for above in model.lineage():
        module = index.tree.module(above.path) if above.path else None
        value = module.classes[above.qualname].values.get(name) if module else None
        if value is None:
            continue
        made_by = [dotted(n) for n in ast.walk(value) if isinstance(n, ast.Name | ast.Attribute) and dotted(n)]
        managers = [key for n in made_by if (key := index.names.resolve(above.path, n, above.qualname))]
        return any(_calls_loader(index, above_) for manager in managers for above_ in index.calls.lineage(manager))
    return False


def _calls_loader(index: Index, class_: Key) -> bool:
    function = index.calls.function((class_[0], f"{class_[1]}.get_queryset"))
    named = {call.callee.rpartition(".")[2] for call in function.calls} if function else set()
    steps = {step.name for query in function.queries for step in query.steps} if function else set()
    return bool(_LOADERS & (named | steps))


def _loads(trace: Trace[DjangoModel], model: DjangoModel) -> dict[str, tuple[Repeat, Where]]:
    found = ((_chain(model, way), trace.reads[way]) for way in untouched(trace))
    return _named(model, found)


def _named(model: DjangoModel, found: Iterable[tuple[Chain, Where]]) -> dict[str, tuple[Repeat, Where]]:
    loads: dict[str, tuple[Repeat, Where]] = {}
    for chain, where in found:
        repeat = _lazy_load(chain[-1])
        if repeat is not None and not _turns_back(chain):
            loads[".".join((model.name, *(link.name for link in chain)))] = (repeat, where)
    return loads


def _chain(model: DjangoModel, way: Way) -> Chain:
    links: list[Link] = []
    for name in way:
        links.append(model.all_links()[name])
        model = links[-1].target
    return tuple(links)


def _turns_back(chain: Chain) -> bool:
    """Whether some relation leads to the row that the one before it came from: Django keeps that one."""
    pairs = zip(chain, chain[1:], strict=False)
    return any(
        before.owner in after.target.lineage() or after.target in before.owner.lineage() for before, after in pairs
    )


def _lazy_load(link: Link) -> Repeat | None:
    """The statement that reading the relation on one row issues, as a source would report it; count unknown."""
    table = link.target.table or next(iter(sorted(link.target.tables())), None)
    if table is None:
        return None
    tables, column, shape = (table,), f"{table}.{link.to_field or link.target.pk}", "column_equals_parameter"
    if link.kind in ("reverse fk", "reverse o2o"):
        column = f"{table}.{link.column}"
    elif link.kind == "m2m":
        if link.through is None:
            return None
        tables, column, shape = (table, link.through), f"{link.through}.{link.owner.name.lower()}_id", "link_table"
    statement = f"SELECT ... FROM {', '.join(tables)} WHERE {column} = ?"
    return Repeat(statement, tables, (column,), 0, shape, statement)


# ---- classes ----


def _classes(index: Index) -> Iterator[Key]:
    yield from (key for _, key in index.urls.admins)
    for path in index.tree.containing("serializer_class"):
        module = index.tree.module(path)
        for name, class_ in module.classes.items() if module else ():
            if "serializer_class" in class_.values and _lists(index, (path, name)):
                yield path, name


def _lists(index: Index, key: Key) -> bool:
    """Whether the class is a view of many rows that always uses its one serializer."""
    bases = set()
    for path, name in index.calls.lineage(key):
        module = index.tree.module(path)
        class_ = module.classes[name] if module else None
        bases |= {base.rpartition(".")[2] for base in class_.bases} if class_ else set()
        if class_ and {"get_serializer_class", "list"} & class_.methods:
            return False
    return bool(bases & _LIST_VIEWS)


def _of_class(index: Index, key: Key) -> Iterator[Suspect]:
    module = index.tree.module(key[0])
    if module is None or key[1] not in module.classes:
        return
    via = f"every row that `{key[1]}` in {key[0]} lists is read"
    members = tuple(Reached(*member, 0, via) for member in index.calls.members(key))
    reached = (Reached(*key, 0, via), *members)
    places = Places(index, Sighting(KIND, (), reached))
    where = (key[0], module.classes[key[1]].line)
    for place in places.all():
        chains = _shown(index, places, place)
        loads = _named(place.model, ((chain, where) for chain in sorted(chains, key=_names)))
        if loads and not (place.query and _loads_by_itself(index, place.model, place.query)):
            sighting = Sighting(KIND, distinct(r for r, _ in loads.values()), reached)
            line = place.query.line if place.query else 1
            names = {name: at for name, (_, at) in loads.items()}
            yield Suspect(sighting, place.reached.path, place.reached.qualname, line, names)


def _shown(index: Index, places: Places, place: Place) -> set[Chain]:
    """The chains of relations that the class surely shows on every row."""
    if not place.admin:
        feeds = place.function is not None and place.form < 2 and not place.single
        return {chain for chain in place.near if feeds}
    joined = _joined_by_admin(index, places.reads, place.admin, place.model)
    return {chain for chain in place.near if not (joined and all(_required(index, link) for link in chain))}


def _joined_by_admin(index: Index, reads: DjangoReads, admin: Key, model: DjangoModel) -> bool:
    """Whether a column is a foreign key itself: the change list then joins every one that is not null."""
    listed = reads.values(admin).get("list_display")
    names = {n.value for n in ast.walk(listed) if isinstance(n, ast.Constant)} if listed is not None else set()
    return any(link.name in names and not link.many for link in model.all_links().values())


def _required(index: Index, link: Link) -> bool:
    """Whether a relation is a foreign key that is declared without `null=True`."""
    for owner in link.owner.lineage():
        module = index.tree.module(owner.path) if owner.path else None
        value = module.classes[owner.qualname].values.get(link.name) if module else None
        if isinstance(value, ast.Call):
            return not any(k.arg == "null" and ast.unparse(k.value) == "True" for k in value.keywords)
    return False


def _names(chain: Chain) -> tuple[str, ...]:
    return tuple(link.name for link in chain)
