"""Queries and admin lists on the way from an entry, each with the model of its rows and what is read on them."""

import ast
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from codemods._cst import offsets
from codemods._django_chains import Chain, Reading, Use, Via, returns
from codemods._django_policy import NO_ENTITIES, SINGLE
from codemods._django_reads import DjangoReads
from codemods._django_view_models import ViewModels
from codemods._django_views import GenericViews
from codemods.api import Reached, Sighting
from codemods.index import Index
from codemods.index.accesses import Span
from codemods.index.calls import Key
from codemods.index.django_models import DjangoModel, Link
from codemods.index.facts import CLASS_BODY, Call, Function, Query, dotted
from codemods.index.managers import OWN_MODEL

_PROPERTIES = frozenset({"property", "cached_property"})
ONE_OF = frozenset({"get_object_or_404", "aget_object_or_404"})
_GUESSED = 2  # calls from the entry to what is found by its name alone: names on the way tell nothing about it
_FEEDS = frozenset({"get_queryset", "queryset", "get_query_set", CLASS_BODY})


class Place(msgspec.Struct, eq=False):
    """Where rows of a model come from: a query in a function, or an admin class or a generic view without one.

    `near` are the chains seen on these very rows, `far` those that a template or serializer on the way reads.
    """

    reached: Reached
    model: DjangoModel
    query: Query | None = None
    function: Function | None = None
    admin: Key | None = None
    view: Key | None = None
    query_of_class: Query | None = None  # the query that Django makes for a view
    single: bool = False
    one: bool = False  # a single row, whatever the query says: `get_object_or_404(Post.objects.all(), ...)`
    near: set[Chain] = msgspec.field(default_factory=set)
    far: set[Chain] = msgspec.field(default_factory=set)
    through: set[Key] = msgspec.field(default_factory=set)  # functions and serializers that get rows of it
    below: dict[Key, set[Chain]] = msgspec.field(default_factory=dict)  # of these, where rows of it surely lead there
    used: dict[Chain, set[str]] = msgspec.field(default_factory=dict)  # manager methods called at the end of a chain
    form: int = 0  # among equals: a queryset hook, a class attribute, anything else

    def see(self, readings: Iterable[Reading], *, near: bool) -> None:
        """Take readings on rows of this place."""
        for reading in readings:
            if isinstance(last := reading[-1], Via):
                self.through.add(last.key)
                if near:
                    self.below.setdefault(last.key, set()).add(_straight(p for p in reading if isinstance(p, Link)))
                continue
            chain = _straight(part for part in reading if isinstance(part, Link))
            if not chain:
                continue
            (self.near if near else self.far).add(chain)
            if isinstance(last, Use):
                self.used.setdefault(chain, set()).add(last.method)

    @property
    def declared(self) -> Key | None:
        """The class that says which model it lists, if the place is one."""
        return self.admin or self.view

    @property
    def where(self) -> str:
        """For a sentence."""
        return f"{self.reached.path}:{self.reached.qualname}"


def _straight(links: Iterable[Link]) -> Chain:
    """The chain without ways to related rows and back."""
    chain: Chain = ()
    for link in links:
        chain = chain[:-1] if chain and returns(chain[-1], link) else (*chain, link)
    return chain


class Places:
    """All places of a sighting."""

    def __init__(self, index: Index, sighting: Sighting) -> None:
        self.index = index
        self.reads = DjangoReads(index)
        self.about = ViewModels(self.reads)
        self.reads.types.class_model = self.about.class_model
        self.views = GenericViews(self.reads)
        self.sighting = sighting
        self.keys = {(r.path, r.qualname): r for r in sighting.reached}
        self.keys |= dict(self._properties())
        self.classes = self._classes()
        self.templates = {t for key in self.keys for t in self.reads.classes.templates_of(key)}
        self.serializers = set(self._serializers())
        self.found: list[Place] = []

    def all(self) -> list[Place]:
        """Every place, with its evidence."""
        found = self.found = [*self._queries(), *self._declared()]
        for place in found:
            place.see(self.reads.pages.rendered(self.templates, place.model), near=False)
            for serializer in self.serializers:
                if self.about.fits(serializer, place.model):
                    place.see(self.reads.serializers.serialized(serializer, place.model), near=False)
        return found

    def words(self) -> set[str]:
        """Every attribute name that a function on the way reads."""
        functions = (self.index.calls.function(key) for key in self.keys)
        return {read.attr for function in functions if function for read in function.reads}

    def _properties(self) -> Iterator[tuple[Key, Reached]]:
        """Properties with queries that an entry reads on an object of unknown type, where few have the name."""
        for key, reached in self.keys.items():
            function = self.index.calls.function(key) if not reached.distance else None
            for read in function.reads if function else ():
                for found in self.index.calls.guesses(Call(f"{read.base}.{read.attr}", read.line)):
                    given = self.index.calls.function(found)
                    if found not in self.keys and given and given.queries and self.index.calls.is_property(found):
                        yield found, Reached(*found, _GUESSED, f"{reached.via}, which reads `{found[1]}` in {found[0]}")

    def _classes(self) -> dict[Key, Reached]:
        """Classes that are entries themselves, or that own a function on the way."""
        found: dict[Key, Reached] = {}
        for key, reached in self.keys.items():
            function = self.index.calls.function(key)
            owner = (key[0], function.owner) if function and function.owner else key
            if self.reads.classes.class_(owner):
                found.setdefault(owner, reached)
        return found

    def _functions(self) -> Iterator[tuple[Reached, Function]]:
        seen = set()
        for key, reached in self.keys.items():
            if function := self.index.calls.function(key):
                seen.add(key)
                yield reached, function
        for (path, name), reached in self.classes.items():
            key = (path, f"{name}.{CLASS_BODY}")
            if key not in seen and (function := self.index.calls.function(key)):
                yield Reached(*key, reached.distance, reached.via), function

    def _queries(self) -> Iterator[Place]:
        for reached, known in self._functions():
            function = self.reads.types.read(known)
            looped = {name for loop in function.loops for name in loop.targets}
            for query in function.queries:
                steps = {s.name for s in query.steps}
                first = self._own_steps(function.path, query)
                if query.style != "manager" or first & NO_ENTITIES or query.root.partition(".")[0] in looped:
                    continue
                own = query.entities[0] == OWN_MODEL
                owner = (function.path, function.owner) if function.owner else None
                feeds = self.about.class_model(owner) or self.index.django.get(*owner) if owner else None
                model = feeds if own else self.index.django.get(function.path, query.entities[0], function.qualname)
                if model is None:
                    continue
                place = Place(reached, model, query, function, single=bool(first & SINGLE))
                place.one = place.single or self._of_one(function, query)
                name = function.qualname.rpartition(".")[2]
                place.form = 0 if name in _FEEDS - {CLASS_BODY} else 1 if name == CLASS_BODY else 2 if own else 0
                place.see(self._read(model, function, dict.fromkeys(query.rows, ()), query.chain, set()), near=True)
                if owner and name in _FEEDS and (feeds is None or feeds in model.lineage() or model in feeds.lineage()):
                    fed = [class_ for class_ in self.classes if owner in self.index.calls.lineage(class_)]
                    place.one = place.one or (bool(fed) and all(map(self.views.shows_one, fed)))
                    for class_ in fed:
                        place.see(self._class_reads(class_, model), near=True)
                if place.near or not steps & NO_ENTITIES:
                    yield place

    def _own_steps(self, path: str, query: Query) -> set[str]:
        """The methods called in the query expression itself; others are called later on the name it is kept in."""
        line, column, end_line, end_column = query.chain
        text = self.index.tree.lines(path, line, end_line)
        start, end = offsets(text, (1, column, end_line - line + 1, end_column))
        calls = (n for n in ast.walk(ast.parse(f"({text[start:end]})", mode="eval")) if isinstance(n, ast.Call))
        names = {n.func.attr for n in calls if isinstance(n.func, ast.Attribute)}
        return {s.name for s in query.steps if s.name in names}

    def _read(
        self, model: DjangoModel, function: Function, names: Mapping[str, tuple[str, ...]], span: Span | None,
        seen: set[Key],
    ) -> set[Reading]:  # fmt: skip
        """The chains that a function reads on rows, and its callers on the way when it gives the rows back."""
        key = (function.path, function.qualname)
        found = set(self.reads.rows(model, function, names, span))
        read = self.reads.read(function, names, span)
        if read is None or key in seen or len(seen) > 8:
            return found
        seen.add(key)
        for caller, spelled in self._users(key, function) if () in read.returned else ():
            found |= self._read(model, caller, {spelled: ()}, None, seen)
        if function.owner:
            held = {name: path for name, path in read.kept if not path}
            for member in self.index.calls.members((function.path, function.owner)) if held else ():
                if (other := self.index.calls.function(member)) and member != key:
                    found |= self.reads.rows(model, other, held)
        return found

    def _users(self, key: Key, function: Function) -> Iterator[tuple[Function, str]]:
        """Functions on the way that call a function or read a property, with the expression that stands for it."""
        name = key[1].rpartition(".")[2]
        as_property = any(dotted(d).rpartition(".")[2] in _PROPERTIES for d in function.decorators)
        for other in self.keys:
            caller = self.index.calls.function(other)
            if caller is None or other == key:
                continue
            if as_property:
                for base in sorted({read.base for read in caller.reads if read.attr == name}):
                    yield caller, f"{base}.{name}"
                continue
            for call in caller.calls:
                if call.callee.rpartition(".")[2] == name and key in self.index.calls.targets(caller, call):
                    yield caller, f"{call.callee}()"

    def _of_one(self, function: Function, query: Query) -> bool:
        """Whether a call that gives one row takes the query."""
        read = self.reads.read(function, {}, query.chain)
        return read is not None and any(c.rpartition(".")[2] in ONE_OF and not p for c, _, p in read.passed)

    def _declared(self) -> Iterator[Place]:
        """Classes that say which model they list, and leave the query to Django."""
        for key, reached in self.classes.items():
            model = self.about.class_model(key)
            if model is not None and self.about.is_admin(key):
                place = Place(reached, model, admin=key, form=3)
            elif model is not None and self.views.is_declared(key):
                place = Place(reached, model, view=key, query_of_class=self.views.query(key, model), form=3)
                place.one = self.views.shows_one(key)
            else:
                continue
            place.see(self._class_reads(key, model), near=True)
            yield place

    def _class_reads(self, owner: Key, model: DjangoModel) -> set[Reading]:
        listed = self.about.is_admin(owner)
        found = self.reads.serializers.listed(owner, model) if listed else set(self.views.shown(owner, model))
        for serializer in self.about.serializers_of(owner):
            if self.about.fits(serializer, model):
                found |= self.reads.serializers.serialized(serializer, model)
        return found

    def _serializers(self) -> Iterator[Key]:
        for owner in self.classes:
            yield from self.about.serializers_of(owner)
            yield from self.about.chosen_serializers(owner)
        for key in self.keys:
            function = self.index.calls.function(key)
            for call in function.calls if function else ():
                name = call.callee.partition("(")[0]
                found = self.index.names.resolve(key[0], name, key[1]) if "Serializer" in name else None
                if found and self.reads.classes.class_(found):
                    yield found
