"""Django querysets whose every row is seen to read a relation, without a trace that says so."""

import ast
import itertools
from collections.abc import Iterable, Iterator

from codemods._django_chains import Chain
from codemods._django_lists import List, is_required, joined_by_admin, list_classes, lists_of, loaded_ahead
from codemods._django_places import Places
from codemods._django_policy import NO_ENTITIES, SINGLE
from codemods._django_shown import Shown
from codemods._row_suspects import KIND, distinct, repeat_of, suspect, trace_rows, untouched, writes_below
from codemods._row_trace import Rows, Sources, Trace, Way, Where
from codemods.api import Reached, Repeat, Sighting, Suspect
from codemods.index import Index
from codemods.index.calls import Key
from codemods.index.django_models import DjangoModel, Link
from codemods.index.facts import Function, Query, dotted
from codemods.index.managers import OWN_MODEL

_MARKS = ("objects", "_default_manager", ".filter(", ".all(", ".exclude(")
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
                    if found := suspect(trace, query, _loads(trace, model, query)):
                        yield found
    for key in dict.fromkeys(list_classes(index)):
        yield from _of_class(index, sources, key)


def loads_named(index: Index, names: frozenset[str]) -> Iterator[Repeat]:
    """The lazy loads of all relations of these names; count unknown."""
    links = (link for model in index.django.all for link in model.links.values() if link.name in names)
    yield from filter(None, map(_lazy_load, links))


# ---- functions ----


def _model(index: Index, function: Function, query: Query) -> DjangoModel | None:
    """The model of a queryset of whole rows."""
    steps = {step.name for step in query.steps}
    if query.style != "manager" or query.entities[0] == OWN_MODEL or steps & (NO_ENTITIES | SINGLE):
        return None
    if any(name.endswith("()") for name in steps):  # a function of the project changed it, and may load as well
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


def _loads(trace: Trace[DjangoModel], model: DjangoModel, query: Query) -> dict[str, tuple[Repeat, Where]]:
    opaque = _own_querysets(query)
    found = ((_chain(model, way), trace.reads[way]) for way in untouched(trace))
    return _named(model, ((chain, where) for chain, where in found if not _below(chain, opaque)))


def _own_querysets(query: Query) -> frozenset[str]:
    """The paths of `Prefetch("author", queryset=...)`, whose queryset may load more below them."""
    calls = [
        call
        for step in query.steps
        for source in step.args
        if step.name == "prefetch_related" and isinstance(call := ast.parse(source, mode="eval").body, ast.Call)
    ]
    texts = (call.args[0] for call in calls if call.args and (len(call.args) > 1 or call.keywords))
    return frozenset(text.value for text in texts if isinstance(text, ast.Constant) and isinstance(text.value, str))


def _below(chain: Chain, paths: frozenset[str]) -> bool:
    names = [link.name for link in chain]
    return any("__".join(names[:n]) in paths for n in range(1, len(names) + 1))


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
    pairs = itertools.pairwise(chain)
    return any(
        before.owner in after.target.lineage() or after.target in before.owner.lineage() for before, after in pairs
    )


def _lazy_load(link: Link) -> Repeat | None:
    """The statement that reading the relation on one row issues, as a source would report it; count unknown."""
    table = link.target.table or next(iter(sorted(link.target.tables())), None)
    if table is None or (link.kind == "m2m" and link.through is None):
        return None
    if link.kind == "m2m" and link.through is not None:
        return repeat_of((table, link.through), f"{link.through}.{link.owner.name.lower()}_id", "link_table")
    column = link.column if link.kind in ("reverse fk", "reverse o2o") else link.to_field or link.target.pk
    return repeat_of((table,), f"{table}.{column}", "column_equals_parameter")


# ---- classes ----


def _of_class(index: Index, sources: Sources, key: Key) -> Iterator[Suspect]:
    module = index.tree.module(key[0])
    if module is None or key[1] not in module.classes:
        return
    via = f"every row that `{key[1]}` in {key[0]} lists is read"
    reached = (Reached(*key, 0, via), *(Reached(*member, 0, via) for member in index.calls.members(key)))
    places = Places(index, Sighting(KIND, (), reached))
    ahead = loaded_ahead(index, places, key)
    where = (key[0], module.classes[key[1]].line)
    for list_ in lists_of(index, places, key) if ahead is not None else ():
        trace: Trace[DjangoModel] = Trace(sources, _Mapper(), key)
        shown, row = Shown(trace, places.reads, where), Rows(list_.model, each=True)
        if list_.query is None:
            shown.admin(key, row)
        for serializer in places.about.serializers_of(key) if list_.query else ():
            shown.serializer(serializer, row)
        loads = _named(list_.model, _of_list(index, places, trace, list_, ahead or frozenset()))
        if loads and not writes_below(trace):
            sighting = Sighting(KIND, distinct(r for r, _ in loads.values()), reached)
            names = {name: at for name, (_, at) in loads.items()}
            yield Suspect(sighting, list_.path, list_.qualname, list_.line, names)


def _of_list(
    index: Index, places: Places, trace: Trace[DjangoModel], list_: List, ahead: frozenset[str]
) -> Iterator[tuple[Chain, Where]]:
    """What is read and not loaded ahead."""
    query = list_.query
    if query is not None and _loads_by_itself(index, list_.model, query):
        return
    opaque = _own_querysets(query) if query else frozenset()
    joined = query is None and joined_by_admin(places.reads, (list_.path, list_.qualname), list_.model)
    for way in untouched(trace):
        chain = _chain(list_.model, way)
        if "__".join(way) in ahead or _below(chain, opaque) or (joined and all(is_required(index, c) for c in chain)):
            continue
        yield chain, trace.reads[way]
