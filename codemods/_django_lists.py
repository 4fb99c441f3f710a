"""Where Django lists rows without a loop of the project's own: admin change lists, views with a serializer."""

import ast
from collections.abc import Iterator

import msgspec

from codemods._django_places import Places
from codemods._django_policy import NO_ENTITIES, SINGLE, existing
from codemods._django_reads import DjangoReads
from codemods.index import Index
from codemods.index.calls import Key
from codemods.index.django_models import DjangoModel, Link
from codemods.index.facts import CLASS_BODY, Query
from codemods.index.managers import OWN_MODEL

_LIST_VIEWS = frozenset(
    {"ListAPIView", "ListCreateAPIView", "ModelViewSet", "ReadOnlyModelViewSet", "ListModelMixin", "ListView"}
)
_FEEDS = frozenset({"get_queryset", CLASS_BODY})


class List(msgspec.Struct, frozen=True):
    """Where the rows of a list come from: a query in a hook of the class, or an admin class without one."""

    path: str
    qualname: str
    line: int
    model: DjangoModel
    query: Query | None = None


def list_classes(index: Index) -> Iterator[Key]:
    """Admin classes, and views that list rows with a serializer."""
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


def lists_of(index: Index, places: Places, key: Key) -> list[List]:
    """The change list of an admin class; the queryset that a view begins with: in `get_queryset`, else in its body."""
    about = places.about.class_model(key)
    if places.about.is_admin(key):
        return [List(*key, 1, about)] if about else []
    hooks: list[List] = []
    bodies: list[List] = []
    for path, name in index.calls.members(key):
        function = index.calls.function((path, name)) if name.rpartition(".")[2] in _FEEDS else None
        for query in function.queries if function else ():
            model = index.django.get(path, query.entities[0], name)
            whole = query.style == "manager" and not {step.name for step in query.steps} & (NO_ENTITIES | SINGLE)
            if whole and model and (about is None or about in model.lineage() or model in about.lineage()):
                found = bodies if name.endswith(f".{CLASS_BODY}") else hooks
                found.append(List(path, name, query.line, model, query))
    return hooks or bodies


def loaded_ahead(index: Index, places: Places, key: Key) -> frozenset[str] | None:
    """Paths that some hook of the class loads for all of its queries; None where that cannot be read."""
    found: frozenset[str] = frozenset()
    members = index.calls.members(key)
    bodies = [member for member in members if member[1].endswith(f".{CLASS_BODY}")]
    if "queryset" in places.reads.classes.values(key) and not bodies:
        return None  # made by a function
    for member in members:
        function = index.calls.function(member)
        name = member[1].rpartition(".")[2]
        own = any(q.entities[0] == OWN_MODEL for q in function.queries) if function else False
        if name == "get_list_select_related" or (name == "get_queryset" and own and not bodies):
            return None
        for query in function.queries if function and name in _FEEDS else ():
            done = existing(query.steps, places.reads.classes.loaded_by)
            if not done.readable or any(step.name.endswith("()") for step in query.steps):
                return None
            found |= done.paths
    return found


def joined_by_admin(reads: DjangoReads, admin: Key, model: DjangoModel) -> bool:
    """Whether a column is a foreign key itself: the change list then joins every one that is not null."""
    listed = reads.classes.values(admin).get("list_display")
    names = {n.value for n in ast.walk(listed) if isinstance(n, ast.Constant)} if listed is not None else set()
    return any(link.name in names and not link.many for link in model.all_links().values())


def is_required(index: Index, link: Link) -> bool:
    """Whether a relation is a foreign key that is declared without `null=True`."""
    for owner in link.owner.lineage():
        module = index.tree.module(owner.path) if owner.path else None
        value = module.classes[owner.qualname].values.get(link.name) if module else None
        if isinstance(value, ast.Call):
            return not any(k.arg == "null" and ast.unparse(k.value) == "True" for k in value.keywords)
    return False
